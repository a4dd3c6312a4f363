"""What the pages that elect have in common: first for which tenant, so that they can show what holds there."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property

from elections.models import Election
from elections.services.life import needs_second_person
from privacy_console.errors import Refused
from tenants.models import Tenant
from tenants.pages.deeds import InTenantForm, MomentField

TENANTS = 50


class ElectForm(InTenantForm):
    """kind: the model. refusal: why nothing can be elected so, before anybody has typed a reason."""

    kind: ClassVar[type[Election]]

    effective_from = MomentField(label="Holds from", required=False, help_text="Now, where left empty.")
    reason = forms.CharField(
        widget=forms.Textarea,
        max_length=2000,
        help_text="Why the organisation wants it so. It becomes part of the record and cannot be changed.",
    )

    def prepare(self) -> None:
        super().prepare()
        self.refusal = ""
        self.only_tenant = self.only_tenant or self._asked_tenant()
        field: Any = self.fields["tenant"]
        field.widget, field.required = forms.HiddenInput(), self.only_tenant is None
        if self.only_tenant is not None:
            self.initial["tenant"] = self.only_tenant.pk

    @property
    def tenants(self) -> list[Tenant]:
        """Those to choose from."""
        field: Any = self.fields["tenant"]
        return list(field.queryset.order_by("name", "id")[:TENANTS])

    @cached_property
    def waiting(self) -> Election | None:
        """The proposal that has to be decided first."""
        if self.only_tenant is None:
            return None
        found: Election | None = self.kind.objects.for_tenant(self.only_tenant).awaiting_decision().first()
        return found

    @cached_property
    def takes_two(self) -> bool:
        return self.only_tenant is not None and needs_second_person(self.only_tenant)

    def asked(self, name: str) -> str:
        """What the address or the form says, before anything is checked."""
        said = self.data.get(name, "") if self.is_bound else self.initial.get(name, "")
        return str(said).replace("\0", "")

    def _asked_tenant(self) -> Tenant | None:
        field: Any = self.fields["tenant"]
        try:
            found: Tenant | None = field.clean(self.asked("tenant")) if self.asked("tenant") else None
        except ValidationError:
            return None
        return found

    def begins(self) -> datetime | None:
        """The instant asked for; None for now, and for what is no instant (the field itself says so)."""
        try:
            found: datetime | None = self.fields["effective_from"].clean(self.asked("effective_from"))
        except ValidationError:
            return None
        return found


def sentence_of(error: Refused | ValidationError) -> str:
    return error.detail if isinstance(error, Refused) else " ".join(error.messages)
