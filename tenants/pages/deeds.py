"""Writing through the admin pages: each deed has a page of its own that says what will happen and asks why.

No admin page saves a model's form. A deed's page collects its arguments, shows the consequences, and calls the
one function that API and commands call too; what that refuses is shown on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import CHECKBOX_CLASSES, INPUT_CLASSES, SELECT_CLASSES, TEXTAREA_CLASSES

from audit.refusals import refusal_of
from privacy_console.errors import Refused
from privacy_console.outage import is_outage
from tenants.access import signed_in
from tenants.choice import tenants_allowing, visible_tenants
from tenants.models import Tenant
from tenants.pages.parts import Panel
from tenants.refusals import note_refused_write
from tenants.roles import Permission

LOCAL_MOMENT = "%Y-%m-%dT%H:%M"
CHANGED_MEANWHILE = "Somebody else changed this at the same moment. Look at it again, then try once more."


class MomentField(forms.DateTimeField):
    """A date and time from the browser's own picker, in the zone of the pages, which its hint names."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL_MOMENT)


class DayField(forms.DateField):
    """A day from the browser's own picker, which writes and reads ISO 8601."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _classes_of(widget: forms.Widget) -> list[str]:
    if isinstance(widget, forms.CheckboxInput):
        return CHECKBOX_CLASSES  # type: ignore[no-any-return]
    if isinstance(widget, forms.Select):
        return SELECT_CLASSES  # type: ignore[no-any-return]
    if isinstance(widget, forms.Textarea):
        return TEXTAREA_CLASSES  # type: ignore[no-any-return]
    return INPUT_CLASSES  # type: ignore[no-any-return]


class DeedForm(forms.Form):
    """The arguments of a deed. subject: the object it is about; None where one is made."""

    required_css_class = "required"

    def __init__(
        self, *args: Any, request: HttpRequest, deed: Deed, subject: Any = None, **kwargs: Any
    ) -> None:
        self.request, self.deed, self.subject = request, deed, subject
        super().__init__(*args, **kwargs)
        self.prepare()
        for field in self.fields.values():
            self._dress(field)

    def prepare(self) -> None:
        """Narrow choices and set first values, knowing who asks and about what."""

    @staticmethod
    def _dress(field: forms.Field) -> None:
        field.widget.attrs.setdefault("class", " ".join(_classes_of(field.widget)))
        if isinstance(field, MomentField):
            field.help_text = f"{field.help_text} Time zone: {timezone.localtime().tzname()}."
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = field.widget.attrs.get("data-rows", 3)


class ReasonForm(DeedForm):
    """A deed that only asks why."""

    reason = forms.CharField(
        widget=forms.Textarea,
        max_length=2000,
        help_text="Why. It becomes part of the record and cannot be changed.",
    )


class OptionalReasonForm(DeedForm):
    reason = forms.CharField(
        widget=forms.Textarea,
        max_length=2000,
        required=False,
        help_text="Why, for whoever reads the trail later.",
    )


class InTenantForm(DeedForm):
    """A deed in one of the person's tenants; where there is only one it need not be chosen."""

    def prepare(self) -> None:
        offered = visible_tenants(self.request)
        allowed = tenants_allowing(signed_in(self.request), self.deed.permission, offered)
        self.only_tenant = self._only_one(allowed)
        self.fields["tenant"] = forms.ModelChoiceField(
            allowed, help_text="For which tenant.", required=self.only_tenant is None
        )
        if self.only_tenant is not None:
            self.fields["tenant"].widget = forms.HiddenInput()
        self.order_fields(["tenant", *(name for name in self.fields if name != "tenant")])

    @staticmethod
    def _only_one(tenants: models.QuerySet[Tenant]) -> Tenant | None:
        first = list(tenants[:2])
        return first[0] if len(first) == 1 else None

    def clean_tenant(self) -> Tenant | None:
        tenant: Tenant | None = self.cleaned_data["tenant"] or self.only_tenant
        return tenant


def _always(subject: Any) -> bool:
    return True


def _nothing(request: HttpRequest, subject: Any) -> list[Panel]:
    return []


def _plainly(subject: Any) -> list[str]:
    return []


@dataclass(frozen=True)
class Deed:
    """A button on an object's page, and the page behind it.

    name: its place in the address. run: calls the service with (request, subject, the form's values).
    is_offered: whether the object's state lets it happen. consequences: sentences; panels: what to look at first.
    done: what is said afterwards, with `{subject}`.
    """

    name: str
    label: str
    permission: Permission
    run: Callable[[HttpRequest, Any, dict[str, Any]], Any]
    form: type[DeedForm] = ReasonForm
    is_offered: Callable[[Any], bool] = _always
    consequences: Callable[[Any], Sequence[str]] = _plainly
    panels: Callable[[HttpRequest, Any], Sequence[Panel]] = _nothing
    done: str = "Done."
    icon: str = "check"
    tone: str = ""
    template: str = "admin/console/deed.html"

    OK: ClassVar[int] = 200

    def attempt(self, request: HttpRequest, subject: Any, form: DeedForm) -> tuple[Any, int]:
        """Do it. Returns the result and 200, or None and the status of a page that shows the form's new errors."""
        try:
            with transaction.atomic():
                return self.run(request, subject, form.cleaned_data), self.OK
        except Refused as refusal:
            form.add_error(None, refusal.detail)
            return None, 409
        except PermissionDenied as denial:
            note_refused_write(denial, request)
            form.add_error(None, str(denial) or "Your role does not allow this.")
            return None, 403
        except ValidationError as mistakes:
            _place(mistakes, form)
            return None, 200
        except IntegrityError as clash:
            if is_outage(clash):
                raise
            broken = refusal_of(clash)
            form.add_error(None, broken.detail if broken else CHANGED_MEANWHILE)
            return None, 409


def _place(mistakes: ValidationError, form: DeedForm) -> None:
    """Put each mistake beside its field; above the form where it has no such field."""
    by_field = (
        mistakes.message_dict if hasattr(mistakes, "error_dict") else {NON_FIELD_ERRORS: mistakes.messages}
    )
    for name, messages in by_field.items():
        for message in messages:
            form.add_error(name if name in form.fields else None, message)
