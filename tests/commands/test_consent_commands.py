"""Sharing consents from the command line."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from consents.models import Consent
from tenants.models import Tenant
from tests.cast import Cast
from tests.commands.running import Ran, run

APNS = ("--tenant", "contoso", "--service", "apns")
VPP = ("--tenant", "contoso", "--service", "vpp", "--connection", "sales")
WHY = ("--reason", "Checked against the agreement")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def everybody(cast: Cast) -> Cast:
    return cast


def done(ran: Ran) -> dict[str, object]:
    assert ran.code == 0, ran.err
    data: dict[str, object] = ran.data
    return data


def consents(contoso: Tenant) -> list[tuple[str, str]]:
    found = Consent.objects.for_tenant(contoso).order_by("pk")
    return list(found.values_list("service__code", "status"))


def test_requested_granted_withdrawn_by_id(cast: Cast) -> None:
    asked = done(run("request_consent", *APNS, "--justification", "For the iPhones", "--json"))
    assert (asked["state"], asked["flows"], asked["justification"]) == ("requested", [], "For the iPhones")
    pk = str(asked["id"])
    granted = done(run("grant_consent", pk, *WHY, "--actor", cast.officer.username, "--json"))
    assert (granted["state"], granted["granted_by"]) == ("granted", cast.officer.username)
    assert granted["flows"]
    ended = done(run("withdraw_consent", pk, *WHY, "--actor", cast.admin.username, "--json"))
    assert (ended["state"], ended["withdrawn_by"]) == ("withdrawn", cast.admin.username)
    assert ended["flows"] == granted["flows"]
    assert consents(cast.contoso) == [("apns", "withdrawn")]


def test_grant_requests_in_the_same_go_where_nobody_has(cast: Cast) -> None:
    granted = done(run("grant_consent", *VPP, *WHY, "--contract-reference", "C-7", "--json"))
    assert (granted["connection"], granted["contract_reference"]) == ("sales", "C-7")
    assert granted["justification"] == WHY[1]
    assert consents(cast.contoso) == [("vpp", "granted")]


def test_grant_takes_up_the_request_that_waits(cast: Cast) -> None:
    asked = done(run("request_consent", *VPP, "--json"))
    assert done(run("grant_consent", *VPP, *WHY, "--json"))["id"] == asked["id"]
    assert consents(cast.contoso) == [("vpp", "granted")]


def test_a_second_grant_is_refused_and_leaves_no_request(cast: Cast) -> None:
    done(run("grant_consent", *APNS, *WHY, "--json"))
    ran = run("grant_consent", *APNS, *WHY)
    assert (ran.code, ran.out) == (1, "")
    assert "holds in that period already" in ran.err
    assert consents(cast.contoso) == [("apns", "granted")]


def test_a_grant_can_begin_and_end_on_a_day() -> None:
    granted = done(run("grant_consent", *APNS, *WHY, "--effective-until", "365d", "--json"))
    assert granted["effective_from"] is not None
    end = datetime.fromisoformat(str(granted["effective_until"]))
    assert abs(end - timezone.now() - timedelta(days=365)) < timedelta(minutes=1)


@pytest.mark.parametrize("name", ["grant_consent", "withdraw_consent"])
def test_without_a_reason_it_is_refused(name: str, cast: Cast) -> None:
    if name == "withdraw_consent":
        run("grant_consent", *APNS, *WHY)
    before = consents(cast.contoso)
    ran = run(name, *APNS)
    assert ran.code == 1
    assert ran.err.startswith("reason: ")
    assert consents(cast.contoso) == before


def test_a_service_that_does_not_exist_lists_what_comes_near() -> None:
    ran = run("request_consent", "--tenant", "contoso", "--service", "apn")
    assert ran.code == 1
    assert "There is no service “apn”. Did you mean apns?" in ran.err


def test_a_service_without_connections_takes_none() -> None:
    ran = run("request_consent", *APNS, "--connection", "second")
    assert ran.code == 1
    assert ran.err.startswith("connection: ")


def test_nothing_granted_nothing_withdrawn() -> None:
    ran = run("withdraw_consent", *APNS, *WHY)
    assert ran.code == 1
    assert "list_consents" in ran.err


def test_a_consent_of_another_tenant_does_not_exist(cast: Cast) -> None:
    pk = str(done(run("request_consent", *APNS, "--json"))["id"])
    stranger = ("--actor", cast.fabrikam_officer.username)
    foreign, missing = (
        run("grant_consent", pk, *WHY, *stranger),
        run("grant_consent", "999999", *WHY, *stranger),
    )
    assert foreign.code == missing.code == 1
    assert foreign.err.replace(pk, "999999") == missing.err


def test_a_selection_is_needed() -> None:
    assert run("withdraw_consent", "--tenant", "contoso", *WHY).code == 2


def test_the_list_and_its_filters(cast: Cast) -> None:
    run("request_consent", *APNS)
    run("grant_consent", *VPP, *WHY)
    run("request_consent", "--tenant", "fabrikam", "--service", "apns")

    def listed(*filters: str) -> list[tuple[str, str, str]]:
        rows = run("list_consents", *filters, "--json").data
        return sorted((row["tenant"], row["service"], row["state"]) for row in rows)

    assert len(listed()) == 3
    assert listed("--tenant", "fabrikam") == [("fabrikam", "apns", "requested")]
    assert listed("--service", "vpp") == listed("--state", "granted") == [("contoso", "vpp", "granted")]
    assert listed("--state", "declined") == []
    assert len(run("list_consents").out.splitlines()) == 4


def test_the_list_calls_an_ended_grant_expired(cast: Cast) -> None:
    ago = (timezone.now() - timedelta(days=2)).isoformat()
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    done(run("grant_consent", *APNS, *WHY, "--effective-from", ago, "--effective-until", yesterday, "--json"))
    assert [row["state"] for row in run("list_consents", "--state", "expired", "--json").data] == ["expired"]


def test_the_list_takes_few_queries(django_assert_max_num_queries: object) -> None:
    for number in range(5):
        done(run("grant_consent", *VPP[:-1], f"connection {number}", *WHY, "--json"))
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        assert len(run("list_consents", "--json").data) == 5
