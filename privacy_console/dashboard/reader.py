"""Whose first screen it is, which tenants it is about, and where it leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from audit.models import AuditEvent
from catalog.models import Edition, Element, Flow, Service
from consents.models import Consent
from elections.models import CollectionElection
from tenants.models import Membership, Tenant, User
from tenants.pages.parts import admin_url
from tenants.roles import Permission, Role
from terms.models import TermsPolicy

SHOWN = 8


@dataclass(frozen=True)
class Reader:
    """Whose screen it is, and which tenants it is about."""

    person: User
    tenants: QuerySet[Tenant]
    chosen: Tenant | None

    @property
    def role(self) -> str:
        """`operator` for the platform as a whole; otherwise the weightiest role held in the tenants at hand."""
        if self.person.is_operator:
            return "operator"
        held = {self.person.role_in(tenant) for tenant in self.tenants}
        return next((role for role in Role if role in held), Role.AUDITOR)

    def own(self, model: Any) -> Any:
        """The model's rows that belong to the tenants at hand."""
        return model.objects.for_user(self.person).filter(tenant__in=self.tenants)

    def may(self, permission: Permission) -> bool:
        return self.person.may(permission, self.chosen)


def links() -> dict[str, str]:
    """Addresses of the lists that the first screen leads to."""
    lists = {
        "consents": Consent,
        "events": AuditEvent,
        "elements": Element,
        "flows": Flow,
        "members": Membership,
        "tenants": Tenant,
        "users": User,
        "editions": Edition,
        "services": Service,
        "terms": TermsPolicy,
    }
    return {name: admin_url(model, "changelist") for name, model in lists.items()} | {
        "request": admin_url(Consent, "add"),
        "collected": admin_url(CollectionElection, "collected"),
        "worklist": reverse("admin:work_calendarfeed_worklist"),
    }
