"""Browsing the catalog, entering by hand, comparing editions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.urls import reverse

from audit.models import AuditEvent
from catalog.exports import Format
from catalog.models import (
    AdequacyDecision,
    AtRestException,
    BoundaryPhase,
    Catalog,
    Category,
    Datacentre,
    Edition,
    Element,
    Entry,
    Feature,
    Flow,
    Region,
    Service,
    ThirdParty,
)
from catalog.services import add_entry
from tenants.models import Tenant
from tests.admin.suite import MANY, PlatformPageSuite, Writing
from tests.cast import CastTestCase

MEMBERS = frozenset({"auditor", "officer", "admin"})
OPERATOR = frozenset({"operator"})


def _intune(_: Any = None) -> Catalog:
    return Catalog.objects.get(code="intune")


def _service(_: Any = None) -> int:
    return Service.objects.get(catalog__code="intune", code="vpp").pk


def _category(_: Any = None) -> int:
    return Category.objects.get(catalog__code="intune", code="hardware").pk


class EntryPageSuite(PlatformPageSuite):
    kind: ClassVar[str]
    values: ClassVar[dict[str, Any]]

    def make(self, tenant: Tenant, name: str) -> Entry:
        """An entry as by hand: the row and its edition, without the checks that the deeds' own tests ask for."""
        entry: Any = self._entry(_edition_by_hand(), name, self.model._base_manager.count())
        entry.save()
        return entry  # type: ignore[no-any-return]

    def make_many(self, tenant: Tenant) -> None:
        edition, many = _edition_by_hand(), range(1000, 1000 + MANY)
        self.model._base_manager.bulk_create(
            self._entry(edition, f"number-{number}", number) for number in many
        )

    def _entry(self, edition: Edition, name: str, number: int) -> Any:
        columns = {field.name: field for field in self.model._meta.concrete_fields}
        given = {key: value(self) if callable(value) else value for key, value in self.values.items()}
        values = {columns[key].attname: value for key, value in given.items() if key in columns}
        if "name" in columns:
            values["name"] = f"{name} {number}"
        return self.model(
            catalog=edition.catalog,
            code=f"0{number}.{name}",  # the first of the list
            by_hand=True,
            added_in=edition,
            changed_in=edition,
            **values,
        )


def _edition_by_hand() -> Edition:
    catalog = _intune()
    last: Edition = catalog.editions.order_by("number").last()  # type: ignore[assignment]
    return Edition.objects.create(
        catalog=catalog, number=last.number + 1, released_on=last.released_on, last_event=last.last_event
    )


def _writings(values: dict[str, Any]) -> tuple[Writing, ...]:
    new = {"catalog": lambda _: _intune().pk, "code": "by_hand.{by}", "name": "By hand", **values}
    return (
        Writing(
            "add",
            new | {"reason": "Ours."},
            "catalog.entry_added",
            OPERATOR,
            MEMBERS,
            {"code": "a b", "name": ""},
        ),
        Writing(
            "amend",
            {"name": "By hand, amended", **values, "note": "Seen.", "reason": "Better."},
            "catalog.entry_amended",
            OPERATOR,
            MEMBERS,
            {"name": ""},
        ),
        Writing("remove", {"reason": "Gone."}, "catalog.entry_removed", OPERATOR, MEMBERS, {"reason": ""}),
    )


ELEMENT = {
    "category": _category,
    "collection": "required",
    "classification": "personal",
    "identifiability": "identifiable",
    "purpose": "support",
}


class ElementPageTests(EntryPageSuite):
    model, kind, values = Element, "elements", ELEMENT
    writings = _writings(ELEMENT)

    def test_the_page_says_what_why_and_where_it_flows(self) -> None:
        element = Element.objects.get(catalog__code="intune", code="hardware.serial_number")
        self.enter("auditor")
        page = self.client.get(self.url("change", element.pk))
        for words in (element.source, "Apple", "<svg", "ISO/IEC 19944-1", "Data Privacy Vocabulary", "pd:"):
            self.assertContains(page, words)
        for flow in element.flows.current():
            self.assertContains(page, reverse("admin:catalog_flow_change", args=[flow.pk]))

    def test_what_is_never_collected_says_so(self) -> None:
        self.enter("auditor")
        rule = Element.objects.never_collected()[0]
        self.assertContains(self.client.get(self.url("change", rule.pk)), "Nowhere: it is never collected")

    def test_the_list_shows_all_158_and_filters(self) -> None:
        self.enter("auditor")
        assert self.client.get(self.url("changelist")).context["cl"].result_count == 158
        counts = {
            "collection__exact=required": 76,
            "collection__exact=optional": 71,
            "collection__exact=never": 11,
        }
        for query, count in counts.items():
            assert self.client.get(f"{self.url('changelist')}?{query}").context["cl"].result_count == count

    def test_a_never_rule_needs_an_override_with_a_reason(self) -> None:
        self.enter("operator")
        data = {"catalog": _intune().pk, "code": "hardware.photos", "name": "Photos", "reason": "Why not?"}
        data |= {key: value(self) if callable(value) else value for key, value in ELEMENT.items()}
        self.assertContains(self.client.post(self.url("add"), data), "never.photos")
        assert not Element.objects.filter(code="hardware.photos").exists()
        data |= {"override_rule": "never.photos", "override_reason": "The works council agreed."}
        self.client.post(self.url("add"), data)
        page = self.client.get(self.url("change", Element.objects.get(code="hardware.photos").pk))
        self.assertContains(page, "The works council agreed.")

    def test_rows_of_a_file_are_not_amended(self) -> None:
        element = Element.objects.get(catalog__code="intune", code="hardware.serial_number")
        self.enter("operator")
        self.assertNotContains(self.client.get(self.url("change", element.pk)), self.url("amend", element.pk))
        data = {"name": "Other", "reason": "x", **ELEMENT, "category": _category()}
        answer = self.client.post(self.url("amend", element.pk), data)
        self.assertContains(answer, "comes from a file", status_code=409)

    def test_removed_entries_are_found_where_asked_for(self) -> None:
        element = self.one()
        self.enter("operator")
        self.client.post(self.url("remove", element.pk), {"reason": "Gone."})
        self.assertNotContains(
            self.client.get(f"{self.url('changelist')}?q=keepsake"), self.url("change", element.pk)
        )
        removed = self.client.get(f"{self.url('changelist')}?q=keepsake&presence=removed")
        self.assertContains(removed, self.url("change", element.pk))
        self.assertContains(self.client.get(self.url("change", element.pk)), "No longer in the catalog")


class CategoryPageTests(EntryPageSuite):
    model, kind, values = Category, "categories", {"collection": "optional"}
    writings = _writings(values)


class FlowPageTests(EntryPageSuite):
    model, kind = Flow, "flows"
    values = {"service": _service, "direction": "to_third_party", "personal": True}
    writings = _writings(values)

    def test_it_names_the_elements_it_carries(self) -> None:
        flow = Flow.objects.get(catalog__code="intune", code="apple.out.vpp.serial_number")
        self.enter("auditor")
        self.assertContains(self.client.get(self.url("change", flow.pk)), "Serial number")


class FeaturePageTests(EntryPageSuite):
    model, kind, values = Feature, "features", {"statement": "Tells more.", "condition": "New devices"}
    writings = _writings(values)

    def test_it_names_what_it_brings_and_which_role_changes(self) -> None:
        feature = Feature.objects.get(code="windows_diagnostic_data")
        self.enter("auditor")
        page = self.client.get(self.url("change", feature.pk))
        for words in (
            "The tenant becomes the controller",
            "Off, until a tenant elects it",
            feature.statement,
        ):
            self.assertContains(page, words)
        element = Element.objects.get(code="opt_feature.windows_diag_processor")
        self.assertContains(page, reverse("admin:catalog_element_change", args=[element.pk]))
        back = self.client.get(reverse("admin:catalog_element_change", args=[element.pk]))
        self.assertContains(back, self.url("change", feature.pk))

    def test_by_hand_it_brings_optional_elements_only(self) -> None:
        self.enter("operator")
        required = Element.objects.filter(collection="required")[0]
        data = {
            "catalog": _intune().pk,
            "code": "own",
            "name": "Own",
            "reason": "Ours.",
            "elements": [required.pk],
        }
        self.assertContains(self.client.post(self.url("add"), data), 'role="alert"')
        assert not Feature.objects.filter(code="own").exists()
        optional = Element.objects.filter(collection="optional")[0]
        self.client.post(self.url("add"), data | {"elements": [optional.pk]})
        assert list(Feature.objects.get(code="own").elements.all()) == [optional]


class ServicePageTests(EntryPageSuite):
    model, kind = Service, "services"
    values = {
        "third_party": lambda _: ThirdParty.objects.get(code="apple").pk,
        "per_tenant": "one",
    }
    writings = _writings(values)


class ThirdPartyPageTests(EntryPageSuite):
    model, kind, values = ThirdParty, "third_parties", {"country": "DE"}
    writings = _writings(values)

    def test_configuration_manager_says_that_nothing_is_shared(self) -> None:
        party = ThirdParty.objects.get(shares_data=False)
        self.enter("auditor")
        page = self.client.get(self.url("change", party.pk))
        for words in (f"Nothing is shared with {party}", party.statement, party.source, "1 Sep 2020"):
            self.assertContains(page, words)
        self.assertNotContains(page, "only with the tenant")


class RegionPageTests(EntryPageSuite):
    model, kind = Region, "regions"
    values = {"kind": "local", "provider": "own"}
    writings = _writings(values)

    def test_it_lists_its_datacentres(self) -> None:
        self.enter("auditor")
        page = self.client.get(self.url("change", Region.objects.get(code="AU").pk))
        self.assertContains(page, "Sydney")


class DatacentrePageTests(EntryPageSuite):
    model, kind = Datacentre, "datacentres"
    values = {"country": "AT", "geography": "Austria", "city": "Vienna"}
    writings = tuple(
        Writing(
            w.name,
            {k: v for k, v in w.data.items() if k != "name"},
            w.activity,
            w.allowed,
            w.denied,
            {"city": ""},
        )
        if w.name != "remove"
        else w
        for w in _writings(values)
    )


def _boundary(_: Any = None) -> int:
    return Region.objects.get(catalog__code="intune", code="EUDB").pk


class BoundaryPhasePageTests(EntryPageSuite):
    model, kind = BoundaryPhase, "boundary_phases"
    values = {"region": _boundary, "starts_on": "2026-01-01", "covers": "Logs"}
    writings = _writings(values)

    def test_a_boundary_says_what_it_keeps_inside(self) -> None:
        self.enter("auditor")
        page = self.client.get(reverse("admin:catalog_region_change", args=[_boundary()]))
        for words in ("Pseudonymized personal data", "Network transit", "Switzerland"):
            self.assertContains(page, words)


class AtRestExceptionPageTests(EntryPageSuite):
    model, kind = AtRestException, "at_rest_exceptions"
    values = {"covers": "What the help desk reads."}
    writings = _writings({**values, "countries": "US, IE", "regions": "EU"})


class AdequacyDecisionPageTests(EntryPageSuite):
    model, kind = AdequacyDecision, "adequacy_decisions"
    values = {"country": "AA", "reference": "Decision 1", "decided_on": "2026-05-01"}  # first of the list
    writings = _writings(values)

    def test_a_partial_one_says_for_whom_it_holds(self) -> None:
        self.enter("auditor")
        decision = AdequacyDecision.objects.get(code="US.dpf")
        page = self.client.get(self.url("change", decision.pk))
        self.assertContains(page, "Data Privacy Framework List")
        self.assertContains(self.client.get(self.url("changelist")), "Some recipients")


class EditionPageTests(PlatformPageSuite):
    model = Edition

    def make(self, tenant: Tenant, name: str) -> Edition:
        number = Category.objects.count()
        values = {"code": f"c{number}.{name}", "name": f"{name} {number}", "collection": "optional"}
        entry = add_entry(catalog=_intune(), kind="categories", values=values, by=self.operator, reason=name)
        return entry.added_in

    def make_many(self, tenant: Tenant) -> None:
        for _ in range(MANY):
            _edition_by_hand()

    def test_two_editions_side_by_side(self) -> None:
        first = Edition.objects.get(number=1)
        second = self.one()
        self.enter("auditor")
        page = self.client.get(
            reverse("admin:catalog_edition_compare"), {"before": first.pk, "after": second.pk}
        )
        self.assertContains(page, "1 added, 0 changed, 0 removed")
        back = self.client.get(
            reverse("admin:catalog_edition_compare"), {"before": second.pk, "after": first.pk}
        )
        self.assertContains(back, "0 added, 0 changed, 1 removed")
        same = self.client.get(
            reverse("admin:catalog_edition_compare"), {"before": first.pk, "after": first.pk}
        )
        self.assertContains(same, "hold the same")

    def test_editions_that_do_not_exist_are_not_compared(self) -> None:
        self.enter("auditor")
        for query in ({"before": 987_654}, {"before": "x", "after": "'"}, {"before": "", "after": ""}):
            answer = self.client.get(reverse("admin:catalog_edition_compare"), query)
            self.assertContains(answer, "Choose two editions")

    def test_it_is_taken_away_in_every_format_and_the_trail_says_so(self) -> None:
        edition = Edition.objects.get(number=1)
        self.enter("auditor")
        url = self.url("export", edition.pk)
        for format_name in Format.values:
            answer = self.client.get(url, {"format": format_name})
            assert answer.status_code == 200, format_name
            assert "attachment" in answer.headers["Content-Disposition"]
            event = AuditEvent.objects.of_platform().filter(activity="catalog.exported").latest("id")
            assert (event.details or {})["format"] == format_name
            assert event.attribution.actor_name == self.auditor.username

    def test_formats_that_do_not_exist_are_said_so(self) -> None:
        edition = Edition.objects.get(number=1)
        self.enter("auditor")
        for query in ({}, {"format": "pdf"}, {"format": "csv", "kind": "users"}):
            answer = self.client.get(self.url("export", edition.pk), query, follow=True)
            self.assertContains(answer, "There is no")
        assert self.client.get(self.url("export", 987_654), {"format": "json"}).status_code == 404

    def test_its_page_counts_what_it_held(self) -> None:
        self.one()
        self.enter("auditor")
        page = self.client.get(self.url("change", Edition.objects.get(number=1).pk))
        for count in ("158", "131", "23"):
            self.assertContains(page, f"<div>{count}</div>")


class HistoryOfTheCatalogTests(CastTestCase):
    def test_members_see_what_changed_and_not_the_operators_address(self) -> None:
        self.client.force_login(self.operator)
        url = reverse("admin:catalog_category_add")
        data = {
            "catalog": _intune().pk,
            "code": "x",
            "name": "X",
            "collection": "optional",
            "reason": "Ours.",
        }
        self.client.post(url, data, REMOTE_ADDR="192.0.2.9")
        history = reverse("admin:catalog_category_history", args=[Category.objects.get(code="x").pk])
        self.assertContains(self.client.get(history), "192.0.2.9")
        self.client.force_login(self.auditor)
        page = self.client.get(history)
        self.assertContains(page, "Ours.")
        self.assertNotContains(page, "192.0.2.9")
        event = page.context["events"][0].event
        self.assertNotContains(page, reverse("admin:audit_auditevent_change", args=[event.pk]))
