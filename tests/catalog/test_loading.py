"""Loading a catalog: what it reports, what it leaves in the database, and what it leaves in the trail."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import Max

from audit.context import Origin, acting
from audit.models import AuditEvent
from catalog.kinds import KINDS, REFERENCE_FILE
from catalog.models import Catalog, Category, Datacentre, Edition, Element, Entry, Flow, FlowElement, Service
from catalog.services import add_entry, load_catalog
from tenants.access import Shell
from tests.cast import Cast
from tests.catalog.documents import element, load, problems_of, small, written

pytestmark = pytest.mark.django_db


def last_event() -> int:
    return AuditEvent.objects.across_tenants().aggregate(last=Max("id"))["last"] or 0


def fleet() -> Catalog:
    return Catalog.objects.get(code="fleet")


class TestTheFirstTime:
    def test_everything_is_there(self) -> None:
        report = load(small())
        assert {name: len(kind.added) for name, kind in report.kinds.items() if kind.added} == {
            "categories": 2, "elements": 2, "features": 1, "third_parties": 1, "services": 1, "flows": 2, "regions": 1,
            "datacentres": 1, "at_rest_exceptions": 1, "adequacy_decisions": 1,
        }  # fmt: skip
        serial = Element.objects.get(catalog=fleet(), code="device.serial")
        assert serial.category.code == "device"
        assert serial.mam_condition == "On company devices"
        assert str(serial.source_date) == "2026-01-15"
        flow = Flow.objects.get(catalog=fleet(), code="depot.out.name")
        assert [e.code for e in flow.elements.all()] == ["person.name"]
        assert Service.objects.get(catalog=fleet()).connections == "one"
        assert Datacentre.objects.get(catalog=fleet()).name == "Berlin"

    def test_the_edition_says_what_it_is(self) -> None:
        edition = load(small()).edition
        assert edition == fleet().latest_edition
        assert (edition.number, str(edition.released_on), edition.note) == (1, "2026-01-15", "First.")
        assert (edition.added, edition.changed, edition.removed) == (13, 0, 0)
        assert len(edition.sha256) == 64
        assert load_note("Checked by the officer.") == "Checked by the officer."

    def test_it_reaches_up_to_its_last_event(self) -> None:
        before = last_event()
        with acting(origin=Origin.COMMAND):
            edition = load(small()).edition
        events = AuditEvent.objects.of_platform().filter(id__gt=before).order_by("id")
        *inside, completed = events
        assert edition.last_event == inside[-1].id
        assert completed.activity == "edition.completed"
        assert [e.action for e in events if e.activity == "catalog.loaded"] == ["create"]
        assert len({e.attribution.correlation_id for e in events}) == 1

    def test_with_nothing_in_it_is_an_edition_too(self) -> None:
        document = {key: small()[key] for key in ("format", "catalog", "edition")}
        assert load(document).edition.number == 1
        assert load(document).edition is None


def load_note(note: str) -> str:
    document = small()
    document["regions"][0]["note"] = "Changed."
    return str(load(document, note=note).edition.note)


class TestAgain:
    def test_the_same_content_changes_nothing(self) -> None:
        load(small())
        before = last_event()
        report = load(small())
        assert report.edition is None
        assert not report.has_changes
        assert last_event() == before

    def test_however_it_is_written(self) -> None:
        load(small())
        document = small()
        for name in KINDS:
            document.get(name, []).reverse()
        document["elements"][0].setdefault("mam", "")
        content = json.dumps(document, indent=4, sort_keys=True).encode()
        assert load_catalog(content=content, by=Shell()).edition is None

    def test_added_changed_and_removed_are_reported(self) -> None:
        load(small())
        document = small()
        document["elements"][0] |= {"name": "Serial", "example": ""}
        document["elements"].append(element("device.model", "Model"))
        document["regions"].clear()
        document["flows"][0]["elements"] = ["device.model"]
        document["catalog"]["name"] = "The fleet"
        report = load(document)
        assert {name: kind.as_data() for name, kind in report.kinds.items() if not kind.is_empty} == {
            "catalog": {"added": [], "changed": {"fleet": ["name"]}, "removed": []},
            "elements": {
                "added": ["device.model"],
                "changed": {"device.serial": ["name", "example"]},
                "removed": [],
            },
            "flows": {"added": [], "changed": {"depot.out.serial": ["elements"]}, "removed": []},
            "regions": {"added": [], "changed": {}, "removed": ["EU"]},
        }
        edition = report.edition
        assert (edition.number, edition.added, edition.changed, edition.removed) == (2, 1, 3, 1)
        assert Flow.objects.get(catalog=fleet(), code="depot.out.serial").changed_in == edition
        assert Flow.objects.get(catalog=fleet(), code="depot.out.name").changed_in.number == 1

    def test_only_what_changed_leaves_a_record(self) -> None:
        load(small())
        before = last_event()
        document = small()
        document["elements"][0]["name"] = "Serial"
        document["flows"][0]["elements"] = []
        load(document)
        events = AuditEvent.objects.of_platform().filter(id__gt=before)
        assert sorted(e.activity for e in events) == [
            "catalog.loaded", "edition.completed", "element.updated", "flow.updated", "flowelement.deleted",
        ]  # fmt: skip

    def test_what_is_removed_stays_and_can_come_back(self) -> None:
        load(small())
        document = small()
        document["elements"].pop()
        document["flows"].pop()
        removed = load(document).edition
        name = Element.objects.get(catalog=fleet(), code="person.name")
        assert name.removed_in == removed
        assert not Element.objects.current().filter(pk=name.pk).exists()
        report = load(small())
        assert report.kinds["elements"].added == ["person.name"]
        name.refresh_from_db()
        assert (name.removed_in, name.added_in.number, name.changed_in) == (None, 1, report.edition)
        assert FlowElement.objects.filter(element=name).count() == 1

    def test_another_catalog_is_left_alone(self) -> None:
        intune = Element.objects.current().filter(catalog__code="intune").count()
        load(small())
        document = small()
        document["elements"], document["flows"] = [], []
        load(document)
        assert Element.objects.current().filter(catalog__code="intune").count() == intune


class TestADryRun:
    def test_reports_and_keeps_nothing(self) -> None:
        before = last_event()
        report = load(small(), dry_run=True)
        assert report.count("added") == 13
        assert report.edition is None
        assert last_event() == before
        assert not Catalog.objects.filter(code="fleet").exists()


class TestBesideWhatWasEnteredByHand:
    def entered(self, code: str = "device.colour", **values: str) -> Entry:
        record = element(code, "Colour", **values)
        return add_entry(catalog=fleet(), kind="elements", values=record, by=Shell(), reason="We collect it.")

    def test_it_stays(self) -> None:
        load(small())
        entry = self.entered()
        document = small()
        document["elements"][0]["note"] = "Changed."
        load(document)
        entry.refresh_from_db()
        assert entry.is_current

    def test_a_clash_of_code_is_a_mistake_of_the_file(self) -> None:
        load(small())
        self.entered()
        document = small()
        document["elements"].append(element("device.colour", "Color"))
        (problem,) = problems_of(written(document))
        assert (problem.code, problem.pointer) == ("entered_by_hand", "/elements/2/code")

    def test_what_it_refers_to_cannot_go(self) -> None:
        load(small())
        self.entered("person.colour", collection="optional")
        document = small()
        document["categories"].pop()
        document["elements"].pop()
        document["flows"].pop()
        (problem,) = problems_of(written(document))
        assert problem.code == "still_referred_to"
        assert "person.colour" in problem.detail


class TestWhoMay:
    def test_operators_only(self, cast: Cast) -> None:
        for person in (cast.officer, cast.admin, cast.auditor, cast.employee, cast.fabrikam_admin):
            with pytest.raises(PermissionDenied):
                load_catalog(content=written(small()), by=person)
        assert not Catalog.objects.filter(code="fleet").exists()
        assert load_catalog(content=written(small()), by=cast.operator).edition

    def test_the_trail_names_them(self, cast: Cast) -> None:
        actor: dict[str, Any] = dict(cast.operator.as_actor())
        with acting(origin=Origin.COMMAND, reason="Our own service.", **actor):
            load_catalog(content=written(small()), by=cast.operator)
        event = AuditEvent.objects.of_platform().filter(activity="catalog.loaded").latest("id")
        assert event.attribution.actor_name == cast.operator.username
        assert event.attribution.reason == "Our own service."
        assert Edition.history.filter(history_id=event.pk).exists()


class TestThePackagedCatalog:
    def test_is_complete(self) -> None:
        intune = Catalog.objects.get(code="intune")
        counts = {name: k.model.objects.current().filter(catalog=intune).count() for name, k in KINDS.items()}
        assert counts == {
            "categories": 23, "elements": 158, "features": 5, "third_parties": 5, "services": 6, "flows": 131,
            "regions": 15, "datacentres": 49, "boundary_phases": 3, "at_rest_exceptions": 12, "adequacy_decisions": 19,
        }  # fmt: skip

    def test_takes_few_queries_when_nothing_changed(self, django_assert_max_num_queries: object) -> None:
        with django_assert_max_num_queries(40):  # type: ignore[operator]
            load_catalog(content=REFERENCE_FILE.read_bytes(), by=Shell())


def test_a_category_keeps_its_elements_when_it_changes() -> None:
    load(small())
    document = small()
    document["categories"][0]["condition"] = "Only at work"
    load(document)
    assert Category.objects.get(catalog=fleet(), code="device").elements.count() == 1
