"""Which optional features are on: several in one decision, each decided by the latest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from catalog.models import Element, Feature
from elections.collecting import (
    Standing,
    changes_ahead,
    collected_at,
    deciding,
    features_on,
    set_collection_ends,
)
from elections.models import CollectionElection, ElectedFeature
from elections.services import approve_election, elect_collection, withdraw_election
from elections.services.collection import what_features_mean
from tests.elections.stories import DAY, REASON, ElectionsTestCase, code_of, switched, with_four_eyes


class CollectionTest(ElectionsTestCase):
    def on_at(self, *clocks: Any) -> set[str]:
        return {feature.code for feature in Feature.objects.filter(pk__in=features_on(self.contoso, *clocks))}

    def standing(self, code: str, *clocks: Any) -> Standing:
        elements = collected_at(self.contoso, *clocks).elements
        return next(each.standing for each in elements if each.element.code == code)

    def test_everything_optional_is_off_at_first(self) -> None:
        assert self.on_at() == set()
        found = collected_at(self.contoso)
        assert not any(standing.is_on for standing in found.features.values())
        by_collection = {each.element.collection: each.standing for each in found.elements}
        assert by_collection == {"required": "required", "optional": "not_elected", "never": "never"}
        assert len(found.elements) == Element.objects.current().count()

    def test_several_features_are_one_decision(self) -> None:
        election = switched(self.contoso, self.admin, device_query=True, client_diagnostics=True)
        assert (election.state, str(election)) == ("in_force", "Client diagnostics on, Device query on")
        assert self.on_at() == {"device_query", "client_diagnostics"}
        part = election.parts.get(code="device_query")
        assert (
            part.feature_record == Feature.history.filter(code="device_query").latest("history_id").history_id
        )
        events = {event.activity: event.action for event in self.events(election)}
        assert events == {"collection.elected": "assign", "election.approved": "manage"}

    def events(self, election: CollectionElection) -> Any:
        return type(self.event_about(election)).objects.for_tenant(self.contoso).about(election)

    def test_of_each_feature_the_latest_decision_holds(self) -> None:
        first = switched(
            self.contoso, self.admin, self.now - 9 * DAY, device_query=True, enhanced_inventory=True
        )
        second = switched(self.contoso, self.admin, self.now - 5 * DAY, device_query=False)
        third = switched(self.contoso, self.admin, self.now + DAY, enhanced_inventory=False)
        at = {days: self.on_at(self.now + days * DAY) for days in (-10, -6, -4, 2)}
        assert at == {
            -10: set(),
            -6: {"device_query", "enhanced_inventory"},
            -4: {"enhanced_inventory"},
            2: set(),
        }
        own = CollectionElection.objects.for_tenant(self.contoso)
        assert set(own.in_force(self.now)) == {first, second}
        assert set(own.in_state("superseded", self.now + 2 * DAY)) == {first}
        rows = list(own.order_by("id"))
        with self.assertNumQueries(2):
            set_collection_ends(rows, own)
        assert [row.ends_at for row in rows] == [self.now + DAY, None, None]
        for one in (first, second, third):
            asked = [each.ends_at for each in one.parts.order_by("code")]
            (listed,) = (row for row in rows if row == one)
            assert asked == [each.ends_at for each in listed.parts_shown]
            assert one.ends_at == listed.ends_at

    def test_what_is_decided_already_changes_later(self) -> None:
        """device_query brings what enhanced_inventory brings too: that neither starts nor stops with it."""
        switched(self.contoso, self.admin, enhanced_inventory=True)
        on, off, again = (self.now + days * DAY for days in (1, 2, 3))
        first = switched(self.contoso, self.admin, on, device_query=True)
        switched(self.contoso, self.admin, off, device_query=False, enhanced_inventory=False)
        withdraw_election(
            election=switched(self.contoso, self.admin, again, client_diagnostics=True),
            by=self.admin,
            reason="Not yet.",
        )
        now = collected_at(self.contoso)
        with self.assertNumQueries(2):
            changes = changes_ahead(self.contoso, now)
        assert [change.at for change in changes] == [on, off]
        assert [{each.feature.code: each.is_on for each in change.features} for change in changes] == [
            {"device_query": True},
            {"device_query": False, "enhanced_inventory": False},
        ]
        for change in changes:
            before, after = (
                {
                    e.pk
                    for e in collected_at(self.contoso, change.at - step).elected_by(
                        self.on_at(change.at - step)
                    )
                }
                for step in (timedelta(microseconds=1), timedelta(0))
            )
            assert {e.pk for e in change.starts} == after - before
            assert {e.pk for e in change.stops} == before - after
        assert changes_ahead(self.contoso, now, known_at=first.proposed_at) == ()
        assert changes_ahead(self.fabrikam, collected_at(self.fabrikam)) == ()

    def test_what_is_on_already_does_not_change_when_it_is_switched_on_again(self) -> None:
        switched(self.contoso, self.admin, self.now + DAY, device_query=True)
        switched(self.contoso, self.admin, device_query=True)
        assert changes_ahead(self.contoso, collected_at(self.contoso)) == ()

    def test_the_later_record_decides_where_two_begin_together(self) -> None:
        begins = self.now + DAY
        switched(self.contoso, self.admin, begins, device_query=True)
        switched(self.contoso, self.admin, begins, device_query=False)
        assert self.on_at(begins) == set()
        states = CollectionElection.objects.for_tenant(self.contoso).order_by("id")
        assert [each.state_at(begins) for each in states] == ["superseded", "in_force"]
        assert [each.pk for each in states.in_force(begins)] == [states[1].pk]

    def test_an_element_that_two_features_bring_stays_until_both_are_off(self) -> None:
        switched(self.contoso, self.admin, device_query=True, enhanced_inventory=True)
        meaning = what_features_mean(self.contoso, {"device_query": False}, None)
        stops = {element.code for element in meaning.stops}
        assert "opt_platform.process" in stops
        assert "opt_platform.cpu" not in stops
        switched(self.contoso, self.admin, device_query=False)
        assert self.standing("opt_platform.cpu") == Standing.ELECTED
        assert self.standing("opt_platform.process") == Standing.NOT_ELECTED

    def test_what_is_known_of_the_past_stays_what_was_known(self) -> None:
        known = timezone.now()
        switched(self.contoso, self.admin, self.now - 3 * DAY, device_query=True)
        then = self.now - DAY
        assert self.standing("opt_platform.process", then) == Standing.ELECTED
        assert self.standing("opt_platform.process", then, known) == Standing.NOT_ELECTED
        assert self.on_at(then, known) == set()

    def test_who_elected_it_and_since_when(self) -> None:
        begins = self.now - DAY
        switched(self.contoso, self.admin, begins, device_query=True)
        found = collected_at(self.contoso)
        process = next(each for each in found.elements if each.element.code == "opt_platform.process")
        (feature,) = process.features
        assert (feature.feature.code, feature.since) == ("device_query", begins)
        assert feature.election is not None
        assert feature.election.proposed_by == "admin@contoso.example"

    def test_reading_costs_the_same_however_much_was_decided(self) -> None:
        for turn in range(8):
            switched(self.contoso, self.admin, device_query=turn % 2 == 0)
        with self.assertNumQueries(5):
            assert collected_at(self.contoso).elements[0].element.category.name
        with self.assertNumQueries(5):
            assert collected_at(self.contoso, None, timezone.now()).elements[0].element.category.name
        with self.assertNumQueries(2):
            deciding(self.contoso)

    def test_the_role_changes_with_windows_diagnostic_data(self) -> None:
        meaning = what_features_mean(self.contoso, {"windows_diagnostic_data": True}, None)
        assert [each.role_change for each in meaning.role_changes] == ["becomes_controller"]
        election = switched(self.contoso, self.admin, windows_diagnostic_data=True)
        kept = {each["code"]: each["sentence"] for each in election.consequences}
        assert "becomes the controller" in kept["becomes_controller"]
        assert kept["starts"] == "1 kind of data starts being collected, 1 of them personal data."
        back = what_features_mean(self.contoso, {"windows_diagnostic_data": False}, None)
        assert [each.role_change for each in back.role_changes] == ["ceases_as_controller"]


class WhatIsRefusedTest(ElectionsTestCase):
    def refused(self, features: dict[str, Any], begins: Any = None) -> tuple[str, str]:
        given = {"features": features, "effective_from": begins, "by": self.admin, "reason": REASON}
        before = CollectionElection.objects.for_tenant(self.contoso).count()
        found = code_of(elect_collection, tenant=self.contoso, **given)
        assert CollectionElection.objects.for_tenant(self.contoso).count() == before
        assert (
            ElectedFeature.objects.for_tenant(self.contoso).exclude(election__status="approved").count() == 0
        )
        return found

    def test_what_cannot_be_switched(self) -> None:
        assert self.refused({}) == ("features", "required")
        assert self.refused({"telepathy": True}) == ("features", "unknown_feature")
        assert self.refused({"device_query": "on"}) == ("features", "invalid")
        assert self.refused({"device_query": False}) == ("", "already_so")
        assert self.refused({"client_diagnostics": True, "device_query": False}) == ("", "already_so")

    def test_instants_that_cannot_be(self) -> None:
        on = {"device_query": True}
        assert self.refused(on, self.contoso.exists_since - DAY) == ("effective_from", "before_tenant")
        assert self.refused(on, self.now + timedelta(days=3654)) == ("effective_from", "too_far")
        switched(self.contoso, self.admin, self.now - DAY, device_query=True)
        assert self.refused({"device_query": False}, self.now - 2 * DAY) == (
            "effective_from",
            "before_in_force",
        )
        assert self.refused({"enhanced_inventory": True, "device_query": False}, self.now - 2 * DAY)[1] == (
            "before_in_force"
        )

    def test_by_whoever_may_not(self) -> None:
        for person in (self.auditor, *self.outsiders):
            with pytest.raises(PermissionDenied):
                switched(self.contoso, person, device_query=True)

    def test_what_is_so_by_the_time_of_the_approval(self) -> None:
        with_four_eyes(self.contoso)
        election = switched(self.contoso, self.admin, device_query=True)
        assert code_of(switched, self.contoso, self.officer, client_diagnostics=True) == (
            "",
            "proposal_waits",
        )
        Feature.objects.filter(code="device_query").update(removed_in=election.edition)
        assert code_of(approve_election, election=election, by=self.officer) == (
            "features",
            "feature_removed",
        )
        assert withdraw_election(election=election, by=self.admin, reason="Gone.").state == "withdrawn"


class IsolationTest(ElectionsTestCase):
    def test_another_tenants_elections_change_nothing_here(self) -> None:
        switched(self.fabrikam, self.fabrikam_admin, device_query=True)
        assert features_on(self.contoso) == frozenset()
        assert not CollectionElection.objects.for_user(self.officer).exists()
        own = CollectionElection.objects.for_tenant(self.fabrikam)
        assert own.in_force().count() == 1
        assert CollectionElection.objects.across_tenants().in_force().count() == 1
