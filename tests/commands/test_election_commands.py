"""The commands about elections, as far as they say more than their deeds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from elections.models import CollectionElection, StorageElection
from elections.services import begin_storage
from tenants.access import Shell
from tests.cast import Cast
from tests.commands.running import run
from tests.elections.stories import moved, switched, with_four_eyes

pytestmark = pytest.mark.django_db
CONTOSO = ("--tenant", "contoso")
WHY = ("--reason", "Agreed.")


def test_a_dry_run_shows_what_a_move_means_before_it_is_confirmed(cast: Cast) -> None:
    begin_storage(tenant=cast.contoso, by=Shell())
    asked = ("elect_region", *CONTOSO, "--region", "NA", *WHY)
    shown = run(*asked, "--dry-run", "--json").data
    assert (shown["before"], shown["needs_confirmation"], shown["needs_transfer_assessment"]) == (
        "EU",
        True,
        True,
    )
    assert any("24 months" in each and "2025-06-25" in each for each in shown["consequences"])
    refused = run(*asked)
    assert (refused.code, "24 months" in refused.err) == (1, True)
    assert StorageElection.objects.for_tenant(cast.contoso).count() == 1
    done = run(*asked, "--confirm", "--transfer-assessment", "Assessment 12", "--assessed-on", "2026-03-01")
    assert (done.code, "is in force" in done.out) == (0, True)


def test_a_dry_run_shows_which_data_starts_being_collected(cast: Cast) -> None:
    asked = ("elect_collection", *CONTOSO, "--on", "windows_diagnostic_data", *WHY)
    shown = run(*asked, "--dry-run", "--json").data
    assert shown["starts"] == shown["personal"] == ["opt_feature.windows_diag_processor"]
    assert shown["role_changes"] == ["windows_diagnostic_data: becomes_controller"]
    assert not CollectionElection.objects.for_tenant(cast.contoso).exists()
    both = run("elect_collection", *CONTOSO, "--on", "device_query", "--off", "device_query", *WHY)
    assert (both.code, "not both" in both.err) == (2, True)
    unknown = run("elect_collection", *CONTOSO, "--on", "telepathy", *WHY)
    assert (unknown.code, "telepathy" in unknown.err) == (1, True)


def test_an_election_is_named_by_its_id_or_by_the_tenant_whose_proposal_waits(cast: Cast) -> None:
    with_four_eyes(cast.contoso)
    election = moved(cast.contoso, "CH", cast.officer, timezone.now() + timedelta(days=1))
    by_id = ("storage", str(election.pk))
    assert (
        "There is no storage election"
        in run("approve_election", *by_id, "--actor", cast.fabrikam_admin.username).err
    )
    assert run("approve_election", "storage").code == 2
    assert "waits for a decision" in run("approve_election", "collection", *CONTOSO).err
    assert run("approve_election", "storage", *CONTOSO, "--actor", cast.admin.username).code == 0
    withdrawn = run("withdraw_election", *by_id, "--actor", cast.admin.username, *WHY, "--json")
    assert (withdrawn.code, withdrawn.data["state"]) == (0, "withdrawn")


def test_they_are_listed_by_kind_and_state(cast: Cast) -> None:
    begin_storage(tenant=cast.contoso, by=Shell())
    moved(cast.contoso, "CH", cast.admin)
    switched(cast.contoso, cast.admin, device_query=True)
    listed = run("list_elections", *CONTOSO, "--json").data
    assert [(row["kind"], row["state"]) for row in listed] == [
        ("collection", "in_force"), ("storage", "in_force"), ("storage", "superseded"),
    ]  # fmt: skip
    assert listed[0]["features"] == {"device_query": True}
    chosen = run("list_elections", "--kind", "storage", "--state", "superseded", "--json").data
    assert [row["region"] for row in chosen] == ["EU"]
    outside = run("list_elections", "--json", "--kind", "storage").data
    assert {row["tenant"] for row in outside} == {"contoso"}
