"""The forms behind adding and amending an entry by hand: the keys of the file format, as fields."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest

from catalog.kinds import KINDS, Kind
from catalog.models import Catalog, Collection, Entry
from catalog.services import add_entry, amend_entry, remove_entry
from tenants.access import signed_in
from tenants.pages.deeds import Deed, DeedForm, ReasonForm
from tenants.roles import Permission

# Rules of what is never collected come with a file, which is checked as a whole.
NOT_BY_HAND = frozenset({"never_phrases", "never_scope", "override"})


class CodesField(forms.CharField):
    """Several codes, with commas between them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [code.strip() for code in (super().to_python(value) or "").split(",") if code.strip()]


class EntryForm(ReasonForm):
    """What every kind of entry has in common. kind: a list of the file format."""

    kind: ClassVar[str]

    def prepare(self) -> None:
        reason = self.fields.pop("reason")
        if self.subject is None:
            catalogs = Catalog.objects.all()
            self.fields["catalog"] = forms.ModelChoiceField(
                catalogs, initial=catalogs.first(), empty_label=None
            )
        for key in self.keys:
            self.fields[key] = self._field(key)
            if self.subject is not None:
                self.fields[key].initial = _present(self.subject, KINDS[self.kind], key)
        if self.kind == "elements":
            self._add_override()
        self.fields["reason"] = reason

    @property
    def keys(self) -> list[str]:
        is_fixed = NOT_BY_HAND | ({"code"} if self.subject is not None else set())
        return [key for key in KINDS[self.kind].keys if key not in is_fixed]

    def _field(self, key: str) -> forms.Field:
        kind = KINDS[self.kind]
        column = _column(kind, key)
        if isinstance(column, models.ManyToManyField):
            rows = column.related_model._default_manager.current()  # type: ignore[attr-defined]
            if self.kind == "features":
                rows = rows.filter(collection=Collection.OPTIONAL)
            return forms.ModelMultipleChoiceField(
                rows, required=False, help_text="Which data of the catalog belongs to it."
            )
        if isinstance(column, models.JSONField):
            return CodesField(
                required=False, label=_label(column), help_text="Codes, with commas between them."
            )
        field: Any = column.formfield()
        if hasattr(field, "queryset"):
            field.queryset = field.queryset.current()
        if isinstance(field, forms.DateField):
            field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return field  # type: ignore[no-any-return]

    def _add_override(self) -> None:
        self.fields["override_rule"] = forms.CharField(
            label="Never-rule set aside",
            required=False,
            help_text="Only where a rule of what is never collected matches.",
        )
        self.fields["override_reason"] = forms.CharField(label="Why it is set aside", required=False)

    def values(self) -> dict[str, Any]:
        """The entry's values, as the service takes them."""
        given = {key: self.cleaned_data[key] for key in self.keys}
        return {key: "" if value is None else value for key, value in given.items()}

    def override(self) -> dict[str, str] | None:
        rule = self.cleaned_data.get("override_rule")
        return {"rule": rule, "reason": self.cleaned_data.get("override_reason", "")} if rule else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            cleaned["_values"], cleaned["_override"] = self.values(), self.override()
        return cleaned


def _column(kind: Kind, key: str) -> models.Field[Any, Any]:
    name = kind.columns.get(key, key)
    try:
        return kind.model._meta.get_field(name)  # type: ignore[return-value]
    except FieldDoesNotExist as unknown:
        raise LookupError(f"The {kind.label} has no column for {key}.") from unknown


def _label(column: models.Field[Any, Any]) -> str:
    words = str(column.verbose_name)
    return words[:1].upper() + words[1:]


def _present(entry: Entry, kind: Kind, key: str) -> Any:
    value = getattr(entry, kind.columns.get(key, key))
    return value.all() if key == "elements" else value


def _add(kind: str, request: HttpRequest, data: dict[str, Any]) -> Entry:
    return add_entry(
        catalog=data["catalog"],
        kind=kind,
        values=data["_values"],
        by=signed_in(request),
        reason=data["reason"],
        override=data["_override"],
    )


def _amend(request: HttpRequest, entry: Entry, data: dict[str, Any]) -> Entry:
    return amend_entry(
        entry=entry,
        values=data["_values"],
        by=signed_in(request),
        reason=data["reason"],
        override=data["_override"],
    )


def _remove(request: HttpRequest, entry: Entry, data: dict[str, Any]) -> Entry:
    return remove_entry(entry=entry, by=signed_in(request), reason=data["reason"])


def _is_amendable(entry: Entry) -> bool:
    return entry.by_hand and entry.is_current


def _what_removal_does(entry: Entry) -> list[str]:
    return [
        f"{entry} is no longer part of the catalog, from a new edition on.",
        "Its past stays readable, in older editions and in the history.",
    ]


def form_for(kind: str) -> type[DeedForm]:
    return type(f"{kind.title()}Form", (EntryForm,), {"kind": kind})


def adding(kind: str, label: str) -> Deed:
    """The deed behind the add page of one kind of entry."""
    return Deed(
        "add",
        label,
        Permission.EDIT_CATALOG,
        lambda request, _, data: _add(kind, request, data),
        form=form_for(kind),
        done="{subject} is in the catalog now, as an edition of its own.",
        icon="add",
    )


def hand_deeds(kind: str) -> tuple[Deed, ...]:
    """What can be done with an entry made by hand."""
    return (
        Deed(
            "amend",
            "Amend",
            Permission.EDIT_CATALOG,
            _amend,
            form=form_for(kind),
            is_offered=_is_amendable,
            done="{subject} is amended; this is a new edition.",
            icon="edit",
        ),
        Deed(
            "remove",
            "Remove",
            Permission.EDIT_CATALOG,
            _remove,
            is_offered=_is_amendable,
            consequences=_what_removal_does,
            done="{subject} is removed from the catalog.",
            icon="delete",
            tone="danger",
        ),
    )
