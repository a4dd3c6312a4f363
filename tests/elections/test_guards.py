"""What the database refuses by itself, whatever writes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.refusals import refusal_of
from catalog.models import Feature
from elections.collecting import features_on
from elections.models import CollectionElection, ElectedFeature, StorageElection
from elections.services import set_election_policy
from tests.elections.stories import DAY, ElectionsTestCase, moved, switched, with_four_eyes


class GuardsTest(ElectionsTestCase):
    def broken(self, sql: str, *values: Any) -> str:
        """The rule that raw SQL breaks."""
        with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
        refusal = refusal_of(error.value)
        assert refusal is not None, error.value
        return refusal.code

    def changed(self, row: Any, **values: Any) -> str:
        """The rule that changing a row past every deed breaks."""
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            type(row).objects.for_tenant(row.tenant_id).filter(pk=row.pk).update(**values)
        refusal = refusal_of(error.value)
        assert refusal is not None, error.value
        return refusal.code

    def test_nothing_is_deleted(self) -> None:
        switched(self.contoso, self.admin, device_query=True)
        set_election_policy(tenant=self.contoso, four_eyes=False, by=self.officer)
        for table, rule in (
            ("storageelection", "storage_election_is_kept"),
            ("electedfeature", "elected_feature_kept"),
            ("collectionelection", "collection_election_is_kept"),
            ("electionpolicy", "election_policy_is_kept"),
        ):
            assert self.broken(f"DELETE FROM elections_{table}") == rule

    def test_what_was_proposed_and_decided_stays(self) -> None:
        update = "UPDATE elections_storageelection SET"
        assert self.broken(f"{update} code = 'NA'") == "storage_election_is_as_proposed"
        assert self.broken(f"{update} reason = 'Another.'") == "storage_election_is_as_proposed"
        assert self.broken(f"{update} consequences = '[]'") == "storage_election_is_as_proposed"
        assert self.changed(self.began, effective_from=self.now) == "storage_election_is_decided_once"
        assert self.changed(self.began, decided_by="somebody") == "storage_election_is_decided_once"
        election = switched(self.contoso, self.admin, device_query=True)
        assert self.changed(election, name="Nothing") == "collection_election_is_as_proposed"
        part = election.parts.get()
        assert self.changed(part, is_on=False) == "elected_feature_frozen"

    def test_statuses_follow_one_another(self) -> None:
        update = "UPDATE elections_storageelection SET status ="
        for status in ("proposed", "rejected"):
            assert self.broken(f"{update} '{status}'") == "storage_election_follows_its_life"
        with_four_eyes(self.contoso)
        proposed = moved(self.contoso, "CH", self.admin)
        assert self.changed(proposed, status="approved") == "approved_storageelection_is_complete"
        assert self.changed(proposed, status="withdrawn") == "withdrawn_storageelection_has_a_reason"
        assert self.changed(proposed, status="rejected") == "rejected_storageelection_has_a_reason"

    def test_what_has_begun_is_not_withdrawn(self) -> None:
        withdrawn = {"status": "withdrawn", "withdrawn_at": self.now, "withdraw_reason": "No."}
        assert self.changed(self.began, **withdrawn) == "storageelection_in_force_is_not_withdrawn"

    def test_nothing_joins_what_is_approved(self) -> None:
        election = switched(self.contoso, self.admin, device_query=True)
        part = election.parts.get()
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            ElectedFeature.objects.for_tenant(self.contoso).bulk_create(
                [
                    ElectedFeature(
                        tenant=self.contoso, election=election, feature_id=part.feature_id + 1, feature_record=1,
                        code="x", name="X", is_on=True,
                    )
                ]
            )  # fmt: skip
        refusal = refusal_of(error.value)
        assert refusal is not None
        assert refusal.code == "elected_feature_joins_a_proposal"

    def test_two_never_begin_at_the_same_instant(self) -> None:
        other = moved(self.contoso, "CH", self.admin, self.now + DAY)
        assert self.copied(other) == "storage_elections_begin_apart"

    def test_what_lies_before_what_holds_is_not_rewritten(self) -> None:
        moved(self.contoso, "CH", self.admin, self.now - 5 * DAY)
        with_four_eyes(self.contoso)
        proposed = moved(self.contoso, "NA", self.admin)
        approved = {"status": "approved", "decided_at": self.now}
        for days in (6, 5):
            begins = self.now - days * DAY
            assert (
                self.changed(proposed, **approved, effective_from=begins)
                == "storage_election_rewrites_nothing"
            )
        rows = StorageElection.objects.for_tenant(self.contoso)
        rows.filter(pk=proposed.pk).update(**approved, effective_from=self.now - 4 * DAY)
        assert self.held_at(self.now) == ["NA"]

    def test_what_lies_before_the_decision_about_a_feature_is_not_rewritten(self) -> None:
        switched(self.contoso, self.admin, self.now - 5 * DAY, device_query=True)
        switched(self.contoso, self.admin, self.now + DAY, enhanced_inventory=True)
        with_four_eyes(self.contoso)
        proposed = switched(self.contoso, self.admin, device_query=False, enhanced_inventory=True)
        approved = {"status": "approved", "decided_at": self.now}
        for days in (6, 5):
            begins = self.now - days * DAY
            assert (
                self.changed(proposed, **approved, effective_from=begins)
                == "collection_election_rewrites_nothing"
            )
        rows = CollectionElection.objects.for_tenant(self.contoso)
        rows.filter(pk=proposed.pk).update(**approved, effective_from=self.now - 4 * DAY)
        assert features_on(self.contoso) == {Feature.objects.get(code="enhanced_inventory").pk}

    def test_decisions_about_other_features_do_not_stand_in_the_way(self) -> None:
        switched(self.contoso, self.admin, self.now - 5 * DAY, device_query=True)
        earlier = switched(self.contoso, self.admin, self.now - 6 * DAY, enhanced_inventory=True)
        assert earlier.state == "in_force"

    def test_one_proposal_waits(self) -> None:
        with_four_eyes(self.contoso)
        assert self.copied(moved(self.contoso, "CH", self.admin)) == "one_storageelection_proposed"
        assert (
            self.copied(switched(self.contoso, self.admin, device_query=True))
            == "one_collectionelection_proposed"
        )

    def copied(self, row: Any) -> str:
        """The rule that a second row like this one breaks."""
        twin = type(row).objects.for_tenant(self.contoso).get(pk=row.pk)
        twin.pk, twin.record_id = None, "00000000-0000-4000-8000-000000000001"
        twin._state.adding = True
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            twin.save()
        refusal = refusal_of(error.value)
        assert refusal is not None, error.value
        return refusal.code

    def test_leaving_the_boundary_takes_its_assessment(self) -> None:
        row = moved(self.contoso, "NA", self.admin, self.now + DAY)
        twin = StorageElection.objects.for_tenant(self.contoso).get(pk=row.pk)
        twin.pk, twin.record_id = None, "00000000-0000-4000-8000-000000000002"
        twin._state.adding, twin.transfer_assessment = True, ""
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            twin.save()
        assert getattr(refusal_of(error.value), "code", "") == "leaving_the_boundary_is_assessed"

    def test_no_part_points_into_another_tenant(self) -> None:
        foreign = switched(self.fabrikam, self.fabrikam_admin, device_query=True)
        with pytest.raises(IntegrityError), transaction.atomic():
            ElectedFeature.objects.for_tenant(self.contoso).create(
                tenant=self.contoso, election=foreign, feature_id=foreign.parts.get().feature_id, feature_record=1,
                code="x", name="X", is_on=True,
            )  # fmt: skip
        assert CollectionElection.objects.for_tenant(self.contoso).count() == 0
