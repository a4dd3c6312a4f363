"""Where the data of a tenant is stored: elected, approved, followed, withdrawn."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from catalog.models import Edition, Region
from elections.models import StorageElection
from elections.services import (
    approve_election,
    begin_storage,
    elect_region,
    reject_election,
    set_election_policy,
    withdraw_election,
)
from elections.storing import set_storage_ends, storage_at, storage_elections
from tenants.access import Shell
from tenants.models import Tenant
from tenants.services import change_tenant, create_token
from tests.elections.stories import ASSESSED, DAY, REASON, ElectionsTestCase, code_of, moved, with_four_eyes


class TheBeginningTest(ElectionsTestCase):
    def test_the_geography_follows_the_directorys_country(self) -> None:
        assert (self.began.code, self.began.origin) == ("EU", "follows_country")
        assert self.began.effective_from == self.contoso.exists_since
        assert self.held_at(self.contoso.exists_since) == ["EU"]
        assert self.held_at(self.contoso.exists_since - timedelta(microseconds=1)) == []
        assert [each["code"] for each in self.began.consequences] == ["follows_country", "copies_stay"]
        event = self.event_about(self.began)
        assert (event.activity, event.action) == ("storage.elected", "assign")

    def test_once(self) -> None:
        assert begin_storage(tenant=self.contoso, by=Shell()) is None
        assert self.storage().count() == 1

    def test_where_several_geographies_or_none_list_the_country_somebody_has_to_elect(self) -> None:
        for country in ("AU", "CH", "IN", "BR"):
            tenant = change_tenant(tenant=self.fabrikam, country=country, by=Shell())
            assert begin_storage(tenant=tenant, by=Shell()) is None

    def test_a_geography_that_opened_later_does_not_count(self) -> None:
        swiss = change_tenant(tenant=self.fabrikam, country="CH", by=Shell())
        Region.objects.filter(code="CH").update(opened_on=date(2025, 1, 1))
        began = begin_storage(tenant=swiss, by=Shell())
        assert began is not None
        assert began.code == "EU"

    def test_a_first_election_by_a_person_is_no_move(self) -> None:
        australian = change_tenant(tenant=self.fabrikam, country="AU", by=Shell())
        first = elect_region(
            tenant=australian, region="AU", by=self.fabrikam_admin, reason="As the tenant status shows.",
            effective_from=australian.exists_since,
        )  # fmt: skip
        assert (first.status, first.origin) == ("approved", "follows_country")


class AMoveTest(ElectionsTestCase):
    def test_follows_what_held_before(self) -> None:
        election = moved(self.contoso, "CH", self.admin, self.now + DAY)
        assert (election.status, election.state, election.origin) == ("approved", "scheduled", "move")
        assert election.region_record == Region.history.filter(code="CH").latest("history_id").history_id
        assert election.edition == Edition.objects.latest()
        assert self.held_at(self.now + DAY - timedelta(microseconds=1)) == ["EU"]
        assert self.held_at(self.now + DAY) == ["CH"]
        assert self.began.ends_at == self.now + DAY
        assert self.began.state_at(self.now + 2 * DAY) == "superseded"

    def test_is_electing_and_approving_in_the_trail(self) -> None:
        election = moved(self.contoso, "CH", self.admin)
        event = self.event_about(election)
        assert (event.activity, event.action) == ("election.approved", "manage")
        elected = self.event_about(election).__class__.objects.for_tenant(self.contoso).about(election)[1]
        assert (elected.activity, elected.action) == ("storage.elected", "assign")
        assert elected.attribution.reason == REASON

    def test_holds_from_now_on_where_no_instant_is_given(self) -> None:
        election = moved(self.contoso, "CH", self.admin)
        assert storage_at(self.contoso) == election

    def test_is_confirmed_and_keeps_what_was_confirmed(self) -> None:
        given: dict[str, Any] = {"tenant": self.contoso, "region": "CH", "by": self.admin, "reason": REASON}
        assert code_of(elect_region, **given) == ("confirmed", "not_confirmed")
        kept = elect_region(**given, confirmed=True).consequences
        assert {"move_takes_long", "move_loses_data", "existing_stays"} <= {each["code"] for each in kept}
        assert all(each["sentence"] and each["source"] for each in kept)

    def test_out_of_the_boundary_takes_an_assessment_with_its_day(self) -> None:
        given: dict[str, Any] = {
            "tenant": self.contoso,
            "region": "NA",
            "by": self.admin,
            "reason": REASON,
            "confirmed": True,
        }
        assert code_of(elect_region, **given) == ("transfer_assessment", "assessment_missing")
        text = ASSESSED["transfer_assessment"]
        assert code_of(elect_region, **given, transfer_assessment=text) == (
            "assessed_on",
            "assessment_undated",
        )
        tomorrow = timezone.localdate() + DAY
        dated = {"transfer_assessment": text, "assessed_on": tomorrow}
        assert code_of(elect_region, **given, **dated) == ("assessed_on", "assessment_undated")
        election = elect_region(**given, **ASSESSED)
        assert election.leaves_boundary
        assert (election.transfer_assessment, election.assessed_on) == (text, date(2026, 3, 1))

    def test_inside_the_boundary_takes_none(self) -> None:
        election = elect_region(
            tenant=self.contoso, region="CH", by=self.admin, reason=REASON, confirmed=True
        )  # fmt: skip
        assert not election.leaves_boundary


class WhatIsRefusedTest(ElectionsTestCase):
    def refused(self, region: str = "CH", begins: datetime | None = None, **more: object) -> tuple[str, str]:
        before = self.storage().count()
        found = code_of(moved, self.contoso, region, self.admin, begins, **more)
        assert self.storage().count() == before
        return found

    def test_regions_that_cannot_be_elected(self) -> None:
        assert self.refused("XX") == ("region", "unknown_region")
        assert self.refused("EUDB") == ("region", "not_a_geography")
        assert self.refused("M365_EMEA") == ("region", "not_a_geography")
        assert self.refused("EU") == ("", "already_so")

    def test_a_region_of_an_older_edition(self) -> None:
        Region.objects.filter(code="CH").update(removed_in=Edition.objects.latest())
        assert self.refused("CH") == ("region", "region_removed")

    def test_a_region_that_opened_after_the_tenant_was_made(self) -> None:
        Region.objects.filter(code="CH").update(opened_on=date(2024, 1, 2))
        assert self.refused("CH") == ("", "region_closed")
        Region.objects.filter(code="CH").update(opened_on=date(2024, 1, 1))
        assert moved(self.contoso, "CH", self.admin).code == "CH"

    def test_a_region_that_has_closed(self) -> None:
        tomorrow = timezone.localdate() + DAY
        Region.objects.filter(code="CH").update(closed_on=tomorrow)
        assert self.refused("CH", self.now + 2 * DAY) == ("", "region_closed")
        assert moved(self.contoso, "CH", self.admin).code == "CH"

    def test_instants_that_cannot_be(self) -> None:
        since = self.contoso.exists_since
        assert self.refused(begins=since - DAY) == ("effective_from", "before_tenant")
        assert self.refused(begins=since) == ("effective_from", "before_in_force")
        assert self.refused(begins=self.now + timedelta(days=3654)) == ("effective_from", "too_far")
        assert self.refused(begins=datetime(9999, 12, 31, 23, 59, tzinfo=UTC)) == (
            "effective_from",
            "too_far",
        )
        assert self.refused(begins=datetime(2026, 1, 1)) == ("effective_from", "no_zone")  # noqa: DTZ001

    def test_rewriting_what_lies_before_what_holds(self) -> None:
        moved(self.contoso, "CH", self.admin, self.now - 10 * DAY)
        assert self.refused("EU", self.now - 11 * DAY) == ("effective_from", "before_in_force")
        assert self.refused("EU", self.now - 10 * DAY) == ("effective_from", "before_in_force")

    def test_two_that_begin_together(self) -> None:
        moved(self.contoso, "CH", self.admin, self.now + DAY)
        assert self.refused("EU", self.now + DAY) == ("", "begins_already")

    def test_without_a_reason(self) -> None:
        assert self.refused(reason=" ")[0] == "reason"

    def test_in_a_tenant_that_winds_down(self) -> None:
        change_tenant(tenant=self.contoso, status="closing", by=Shell())
        assert self.refused() == ("", "tenant_closed")

    def test_by_whoever_may_not(self) -> None:
        for person in (self.auditor, *self.outsiders):
            with pytest.raises(PermissionDenied):
                moved(self.contoso, "CH", person)


class PastDatedTest(ElectionsTestCase):
    def test_is_marked_and_leaves_what_was_known_before(self) -> None:
        known = timezone.now()
        election = moved(self.contoso, "CH", self.admin, self.now - 10 * DAY)
        assert election.is_past_dated
        yesterday = self.now - DAY
        assert [at.code for at in (storage_at(self.contoso, yesterday),) if at] == ["CH"]
        then = storage_at(self.contoso, yesterday, known_at=known)
        assert then is not None
        assert then.code == "EU"
        past = storage_elections(self.contoso, known)
        in_force = past.filter(StorageElection.in_state("in_force", yesterday, past))
        assert [row.code for row in in_force] == ["EU"]

    def test_ends_are_told_as_known_then(self) -> None:
        known = timezone.now()
        moved(self.contoso, "CH", self.admin, self.now - 10 * DAY)
        past = storage_elections(self.contoso, known)
        rows = [row.instance for row in past]
        set_storage_ends(rows, past)
        assert [row.ends_at for row in rows] == [None]
        rows = list(self.storage().order_by("effective_from"))
        with self.assertNumQueries(1):
            set_storage_ends(rows, self.storage())
        assert [row.ends_at for row in rows] == [self.now - 10 * DAY, None]


class DaylightSavingTest(ElectionsTestCase):
    def test_the_hour_that_comes_twice_is_two_instants(self) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        first = datetime(2027, 10, 31, 2, 30, tzinfo=berlin, fold=0)
        second = datetime(2027, 10, 31, 2, 30, tzinfo=berlin, fold=1)
        moved(self.contoso, "CH", self.admin, first)
        moved(self.contoso, "EU", self.admin, second)
        hour = first.astimezone(UTC)
        assert self.held_at(hour) == ["CH"]
        assert self.held_at(hour + timedelta(minutes=59)) == ["CH"]
        assert self.held_at(hour + timedelta(minutes=60)) == ["EU"]


class FourEyesTest(ElectionsTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with_four_eyes(cls.contoso)

    def test_whoever_proposed_cannot_approve_and_neither_can_their_token(self) -> None:
        election = moved(self.contoso, "CH", self.admin)
        token, _ = create_token(tenant=self.contoso, name="robot", role="tenant_admin", by=self.admin)
        assert election.state == "proposed"
        for again in (self.admin, token):
            assert code_of(approve_election, election=election, by=again) == ("", "four_eyes")
        approved = approve_election(election=election, by=self.officer, reason="Checked.")
        assert (approved.state, approved.decided_by, approved.decision_reason) == (
            "in_force", "officer@contoso.example", "Checked.",
        )  # fmt: skip

    def test_one_proposal_waits(self) -> None:
        moved(self.contoso, "CH", self.admin)
        assert code_of(moved, self.contoso, "NA", self.officer) == ("", "proposal_waits")

    def test_a_late_approval_holds_from_then_on(self) -> None:
        election = moved(self.contoso, "CH", self.admin, self.now + DAY)
        with patch("django.utils.timezone.now", return_value=self.now + 2 * DAY):
            approved = approve_election(election=election, by=self.officer)
        assert approved.effective_from == self.now + 2 * DAY

    def test_what_was_proposed_for_the_past_begins_there(self) -> None:
        election = moved(self.contoso, "CH", self.admin, self.now - DAY)
        assert approve_election(election=election, by=self.officer).effective_from == self.now - DAY

    def test_a_rejection_says_why_and_changes_nothing(self) -> None:
        election = moved(self.contoso, "CH", self.admin)
        assert code_of(reject_election, election=election, by=self.officer, reason="")[0] == "reason"
        rejected = reject_election(election=election, by=self.officer, reason="Not this year.")
        assert rejected.state == "rejected"
        assert storage_at(self.contoso) == self.began
        assert code_of(approve_election, election=election, by=self.officer) == ("", "not_proposed")
        event = self.event_about(election)
        assert (event.activity, event.action) == ("election.rejected", "manage")

    def test_the_rules_are_asked_again_when_it_is_approved(self) -> None:
        election = moved(self.contoso, "CH", self.admin)
        Region.objects.filter(code="CH").update(removed_in=Edition.objects.latest())
        assert code_of(approve_election, election=election, by=self.officer) == ("region", "region_removed")

    def test_a_tenant_that_turns_out_to_be_inside_the_boundary_needs_the_assessment_after_all(self) -> None:
        with_four_eyes(self.fabrikam)
        election = elect_region(tenant=self.fabrikam, region="NA", by=self.fabrikam_admin, reason=REASON)
        change_tenant(tenant=self.fabrikam, country="DE", by=Shell())
        again = StorageElection.objects.for_tenant(self.fabrikam).get(pk=election.pk)
        assert code_of(approve_election, election=again, by=self.fabrikam_officer) == (
            "transfer_assessment",
            "assessment_missing",
        )

    def test_giving_up_four_eyes_leaves_the_proposal_waiting(self) -> None:
        election = moved(self.contoso, "CH", self.admin)
        set_election_policy(tenant=self.contoso, four_eyes=False, by=self.officer)
        assert code_of(moved, self.contoso, "NA", self.admin) == ("", "proposal_waits")
        assert approve_election(election=election, by=self.admin).state == "in_force"


class WithdrawingTest(ElectionsTestCase):
    def test_before_it_begins_the_one_before_goes_on(self) -> None:
        election = moved(self.contoso, "CH", self.admin, self.now + DAY)
        withdrawn = withdraw_election(election=election, by=self.officer, reason="Plans changed.")
        assert withdrawn.state == "withdrawn"
        assert self.held_at(self.now + 2 * DAY) == ["EU"]
        event = self.event_about(election)
        assert (event.activity, event.action) == ("election.withdrawn", "manage")

    def test_the_instant_is_free_again(self) -> None:
        election = moved(self.contoso, "CH", self.admin, self.now + DAY)
        withdraw_election(election=election, by=self.admin, reason="Plans changed.")
        assert moved(self.contoso, "NA", self.admin, self.now + DAY).state == "scheduled"

    def test_not_once_it_holds(self) -> None:
        assert code_of(withdraw_election, election=self.began, by=self.admin, reason="No.") == (
            "",
            "has_begun",
        )

    def test_not_twice(self) -> None:
        election = moved(self.contoso, "CH", self.admin, self.now + DAY)
        withdraw_election(election=election, by=self.admin, reason="Plans changed.")
        again = code_of(withdraw_election, election=election, by=self.admin, reason="Again.")
        assert again == ("", "not_withdrawable")

    def test_in_a_closing_tenant_too(self) -> None:
        election = moved(self.contoso, "CH", self.admin, self.now + DAY)
        change_tenant(tenant=self.contoso, status="closing", by=Shell())
        election.tenant = Tenant.objects.get(slug="contoso")
        assert withdraw_election(election=election, by=self.admin, reason="Closing.").state == "withdrawn"
