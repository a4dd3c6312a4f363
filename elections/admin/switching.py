"""Switching optional features: first what is to be on, then what that means, then the decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from elections.admin.electing import ElectForm, sentence_of
from elections.admin.words import elements_panel, switch_in_words
from elections.collecting import (
    Change,
    Collected,
    FeatureStanding,
    changes_ahead,
    collected_at,
    next_switches,
)
from elections.consequences import CollectionConsequences
from elections.growth import added_to
from elections.models import CollectionElection
from elections.services import elect_collection
from elections.services.collection import what_features_mean
from privacy_console.errors import Refused
from tenants.access import signed_in
from tenants.pages.deeds import Deed
from tenants.pages.parts import Panel
from tenants.roles import Permission

NOTHING = "Nothing would change. Tick what is to be on, and untick what is to be off."


@dataclass(frozen=True)
class Switch:
    """A feature as the page offers it. is_ticked: as the reader left it. later: how it is switched next, in words.
    added: how much the catalog added since it was elected.
    """

    standing: FeatureStanding
    is_ticked: bool
    later: str
    added: int
    elements: int
    personal: int


def switches(
    collected: Collected, ticked: Iterable[str], changes: Sequence[Change], added: Mapping[str, int]
) -> list[Switch]:
    """Every feature with what it brings; of two that bring the same, each counts it."""
    ticked = set(ticked)
    later = {code: switch_in_words(each) for code, each in next_switches(changes).items()}
    personal = {element.pk for element in collected.catalog_elements if element.is_personal}
    return [
        Switch(
            standing,
            code in ticked,
            later.get(code, ""),
            added.get(code, 0),
            len(brought),
            len(brought & personal),
        )
        for code, standing in collected.features.items()
        for brought in [collected.brings[standing.feature.pk]]
    ]


class SwitchForm(ElectForm):
    """What is switched is shown before it is decided, and exactly that is decided. meaning: None before anything is
    chosen, and where it cannot be."""

    kind = CollectionElection
    field_order = ("tenant", "on", "off", "effective_from", "reason")

    def prepare(self) -> None:
        super().prepare()
        for name in ("on", "off"):
            self.fields[name] = forms.MultipleChoiceField(required=False, widget=forms.MultipleHiddenInput)
        self.collected: Collected | None = None
        self.meaning: CollectionConsequences | None = None
        if self.only_tenant is not None:
            self.collected = collected_at(self.only_tenant, self.begins())
            added = added_to(self.collected.parts)
            self.added = {
                code: len(added[each.feature.pk])
                for code, each in self.collected.features.items()
                if each.feature.pk in added
            }
            self._look(self.collected)
        self.order_fields(self.field_order)

    def _look(self, collected: Collected) -> None:
        for name in ("on", "off"):
            field: Any = self.fields[name]
            field.choices = [(code, each.feature.name) for code, each in collected.features.items()]
        self.switched = self._switched(collected)
        self.meaning = self._meaning() if self.is_bound or "preview" in self.request.GET else None
        if self.meaning is not None:
            self.fields["effective_from"].widget = forms.HiddenInput()
            self.initial["on"] = [code for code, is_on in self.switched.items() if is_on]
            self.initial["off"] = [code for code, is_on in self.switched.items() if not is_on]

    def _switched(self, collected: Collected) -> dict[str, bool]:
        """By code, what changes: what was previewed, once it is decided; before, what the ticks change."""
        if self.is_bound:
            return {code: name == "on" for name in ("on", "off") for code in self.request.POST.getlist(name)}
        if "preview" not in self.request.GET:
            return {}
        wanted = set(self.request.GET.getlist("on"))
        return {
            code: code in wanted
            for code in {*collected.features, *wanted}
            if (code in wanted) != (code in collected.on) or code in wanted & self.added.keys()
        }

    def _meaning(self) -> CollectionConsequences | None:
        """What the choice means; None, with the refusal, where there is none or it cannot be made."""
        try:
            self.fields["effective_from"].clean(self.asked("effective_from"))
            if not self.switched:
                raise ValidationError(NOTHING)
            return what_features_mean(self.only_tenant, self.switched, self.begins())  # type: ignore[arg-type]
        except (Refused, ValidationError) as error:
            self.refusal = sentence_of(error)
            return None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors and not given["on"] and not given["off"]:
            raise ValidationError(NOTHING)
        return given

    @property
    def switches(self) -> list[Switch]:
        """The first step: everything, ticked as it stands, or as the reader has ticked it already."""
        if self.collected is None:
            return []
        on = {code for code, is_on in self.switched.items() if is_on}
        off = self.switched.keys() - on
        changes = changes_ahead(self.only_tenant, self.collected, self.begins())  # type: ignore[arg-type]
        return switches(self.collected, (self.collected.on | on) - off, changes, self.added)


def _switch(request: HttpRequest, _: Any, data: dict[str, Any]) -> CollectionElection:
    on, off = data.pop("on"), data.pop("off")
    features = dict.fromkeys(on, True) | dict.fromkeys(off, False)
    return elect_collection(features=features, by=signed_in(request), **data)


def meaning_panels(meaning: CollectionConsequences) -> list[Panel]:
    """Which kinds of data start and stop being collected."""
    return [
        elements_panel("Starts being collected", meaning.starts, tone="warn" if meaning.starts else ""),
        *([elements_panel("Stops being collected", meaning.stops, tone="good")] if meaning.stops else []),
    ]


SWITCH = Deed(
    "add",
    "Switch optional data collection",
    Permission.PROPOSE_ELECTION,
    _switch,
    form=SwitchForm,
    done="It is decided: {subject}.",
    icon="toggle_on",
    template="admin/elections/features.html",
)
