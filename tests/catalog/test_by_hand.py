"""Entries that operators add themselves: a small edition each, checked as a file is."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from audit.models import AuditEvent
from catalog.models import Catalog, Category, Element, Entry, Flow, Service
from catalog.services import add_entry, amend_entry, remove_entry
from privacy_console.errors import Refused
from tenants.access import Shell
from tests.cast import Cast
from tests.catalog.documents import element, load, small

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet() -> Catalog:
    load(small())
    return Catalog.objects.get(code="fleet")


@pytest.fixture
def colour(fleet: Catalog) -> Entry:
    return add(fleet, "elements", element("device.colour", "Colour"))


def add(catalog: Catalog, kind: str, values: dict[str, Any], **options: Any) -> Entry:
    return add_entry(catalog=catalog, kind=kind, values=values, by=Shell(), reason="We need it.", **options)


class TestAdding:
    def test_makes_a_small_edition(self, fleet: Catalog, colour: Entry) -> None:
        edition = fleet.latest_edition
        assert edition is not None
        assert (edition.number, edition.added, edition.note, edition.sha256) == (2, 1, "We need it.", "")
        assert edition.released_on == timezone.localdate()
        assert colour.by_hand
        assert colour.added_in == colour.changed_in == edition

    def test_is_recorded_with_its_reason(self, colour: Entry) -> None:
        event = AuditEvent.objects.of_platform().get(activity="catalog.entry_added")
        assert (event.action, event.attribution.reason) == ("create", "We need it.")
        created = AuditEvent.objects.about(colour).get()
        assert (created.activity, created.attribution.reason) == ("element.created", "We need it.")

    def test_takes_rows_and_dates_where_a_file_has_texts(self, fleet: Catalog) -> None:
        flow = add(
            fleet,
            "flows",
            {
                "code": "depot.out.colour",
                "name": "Colour",
                "service": Service.objects.get(catalog=fleet),
                "direction": "to_third_party",
                "personal": False,
                "elements": Element.objects.filter(catalog=fleet, code="device.serial"),
                "source_date": date(2026, 2, 1),
            },
        )
        assert isinstance(flow, Flow)
        assert [e.code for e in flow.elements.all()] == ["device.serial"]
        assert flow.source_date == date(2026, 2, 1)

    def test_takes_the_models_names_too(self, fleet: Catalog) -> None:
        party = fleet.thirdpartys.get()
        service = add(
            fleet,
            "services",
            {"code": "spares", "name": "Spares", "third_party": party, "connections": "many"},
        )
        assert Service.objects.get(pk=service.pk).connections == "many"

    def test_every_mistake_is_told_by_field(self, fleet: Catalog) -> None:
        values = element("device.x", " ", purpose="advertising", category="nowhere", colour="red")
        with pytest.raises(ValidationError) as refusal:
            add(fleet, "elements", values)
        assert set(refusal.value.message_dict) == {"name", "purpose", "category", "colour"}
        assert fleet.editions.count() == 1

    @pytest.mark.parametrize("kind", ["elements", "flows", "regions"])
    def test_nothing_at_all(self, fleet: Catalog, kind: str) -> None:
        with pytest.raises(ValidationError):
            add(fleet, kind, {})

    def test_a_code_that_is_taken(self, fleet: Catalog) -> None:
        with pytest.raises(ValidationError, match="this code already"):
            add(fleet, "elements", element("device.serial", "Serial number"))

    def test_without_a_reason(self, fleet: Catalog) -> None:
        with pytest.raises(ValidationError, match="Say why"):
            add_entry(catalog=fleet, kind="elements", values={}, by=Shell(), reason=" ")

    def test_by_others_than_operators(self, fleet: Catalog, cast: Cast) -> None:
        values = element("device.colour", "Colour")
        for person in (cast.admin, cast.officer, cast.auditor):
            with pytest.raises(PermissionDenied):
                add_entry(catalog=fleet, kind="elements", values=values, by=person, reason="We need it.")


class TestAmending:
    def test_changes_what_is_given(self, fleet: Catalog, colour: Entry) -> None:
        amended = amend_entry(
            entry=colour, values={"name": "Color", "note": "US"}, by=Shell(), reason="Spelling."
        )
        assert (amended.name, amended.note, amended.code) == ("Color", "US", "device.colour")
        edition = fleet.latest_edition
        assert edition is not None
        assert (edition.number, edition.changed, amended.changed_in) == (3, 1, edition)

    def test_to_the_same_makes_no_edition(self, fleet: Catalog, colour: Entry) -> None:
        amend_entry(entry=colour, values={"name": "Colour"}, by=Shell(), reason="Nothing.")
        assert fleet.editions.count() == 2

    def test_keeps_the_code(self, colour: Entry) -> None:
        with pytest.raises(ValidationError, match="never changes"):
            amend_entry(entry=colour, values={"code": "device.color"}, by=Shell(), reason="Spelling.")

    def test_only_what_was_entered_by_hand(self, fleet: Catalog) -> None:
        category = Category.objects.get(catalog=fleet, code="device")
        with pytest.raises(Refused) as amending:
            amend_entry(entry=category, values={"name": "X"}, by=Shell(), reason="Why not.")
        with pytest.raises(Refused) as removing:
            remove_entry(entry=category, by=Shell(), reason="Why not.")
        assert amending.value.code == removing.value.code == "not_entered_by_hand"


class TestRemoving:
    def test_leaves_the_past(self, fleet: Catalog, colour: Entry) -> None:
        added = fleet.latest_edition
        assert added is not None
        removed = remove_entry(entry=colour, by=Shell(), reason="No longer collected.")
        assert removed.removed_in == fleet.latest_edition
        assert colour.code in {e.code for e in Element.objects.in_edition(added)}
        with pytest.raises(Refused) as refusal:
            amend_entry(entry=colour, values={"name": "X"}, by=Shell(), reason="Again.")
        assert refusal.value.code == "removed"

    def test_not_while_others_refer_to_it(self, fleet: Catalog) -> None:
        category = add(fleet, "categories", {"code": "looks", "name": "Looks", "collection": "required"})
        look = add(fleet, "elements", element("looks.colour", "Colour"))
        with pytest.raises(ValidationError, match=r"looks\.colour"):
            remove_entry(entry=category, by=Shell(), reason="Tidy.")
        remove_entry(entry=look, by=Shell(), reason="Tidy.")
        remove_entry(entry=category, by=Shell(), reason="Tidy.")

    def test_and_adding_it_again_takes_the_same_row(self, fleet: Catalog, colour: Entry) -> None:
        remove_entry(entry=colour, by=Shell(), reason="No longer collected.")
        again = add(fleet, "elements", element("device.colour", "Colour of the case"))
        assert (again.pk, again.removed_in, again.name) == (colour.pk, None, "Colour of the case")
