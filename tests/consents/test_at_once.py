"""Many people decide at the same moment, each on a connection of their own; and the catalog changes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from audit.models import AuditEvent
from audit.refusals import refusal_of
from catalog.models import Edition, Flow, Service
from consents.models import Consent, CoveredFlow
from consents.services import grant_consent, request_consent, withdraw_consent
from privacy_console.errors import Refused
from tenants.services import create_token
from tests.cast import Cast
from tests.catalog.documents import load
from tests.consents.fleet import fleet

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 20


def at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """What each of them came to: the result, or the code of the refusal. They start together."""
    start = threading.Barrier(len(deeds))

    def done(deed: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(timeout=240)
            return deed()
        except Refused as refusal:
            return refusal.code
        except IntegrityError as error:
            broken = refusal_of(error)
            return broken.code if broken else repr(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as people:
        return list(people.map(done, deeds))


def events(cast: Cast, activity: str) -> int:
    return AuditEvent.objects.for_tenant(cast.contoso).filter(activity=activity).count()


def requested(cast: Cast, code: str = "vpp", name: str = "sales") -> Consent:
    return request_consent(
        tenant=cast.contoso, service=Service.objects.get(code=code), connection=name, by=cast.admin
    )


def test_one_of_twenty_grants_wins(cast: Cast) -> None:
    consent = requested(cast)
    results = at_once([lambda: grant_consent(consent=consent, by=cast.officer, reason="Agreed")] * CROWD)
    assert sum(isinstance(result, Consent) for result in results) == 1
    assert results.count("not_requested") == CROWD - 1
    assert events(cast, "consent.granted") == 1
    granted = Consent.objects.for_tenant(cast.contoso).get()
    flows = Flow.objects.current().filter(service=granted.service).count()
    assert CoveredFlow.objects.for_tenant(cast.contoso).count() == flows


def test_one_of_twenty_grants_through_the_api_wins(cast: Cast) -> None:
    consent = requested(cast)
    _, secret = create_token(tenant=cast.contoso, name="sync", role="tenant_admin", by=cast.admin)
    address = f"/api/v1/tenants/contoso/consents/{consent.pk}/grant/"

    def ask() -> tuple[int, str, str]:
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        answer = client.post(address, {"reason": "Agreed"}, content_type="application/json")
        body = answer.json()
        return answer.status_code, str(body.get("code", "")), answer["Content-Type"]

    results = at_once([ask] * CROWD)
    assert [status for status, _, _ in results].count(200) == 1
    others = {result for result in results if result[0] != 200}
    assert others == {(409, "not_requested", "application/problem+json")}
    assert events(cast, "consent.granted") == 1


def test_one_of_twenty_requests_waits(cast: Cast) -> None:
    results = at_once([lambda: requested(cast)] * CROWD)
    assert sum(isinstance(result, Consent) for result in results) == 1
    others = {result for result in results if not isinstance(result, Consent)}
    assert others == {"requested_already"}
    assert events(cast, "consent.requested") == 1


def test_periods_written_past_every_deed_do_not_overlap_either(cast: Cast) -> None:
    """The rule of the database alone, without the lock of a deed."""
    first = grant_consent(consent=requested(cast), by=cast.admin, reason="Agreed")

    def write(number: int) -> Any:
        row = Consent.objects.for_tenant(cast.contoso).get(pk=first.pk)
        row.pk, row.connection, row.record_id = None, "written", f"00000000-0000-4000-8000-{number:012}"
        row._state.adding = True
        row.save()
        return row

    results = at_once([lambda n=number: write(n) for number in range(CROWD)])  # type: ignore[misc]
    assert sum(isinstance(result, Consent) for result in results) == 1
    assert results.count("one_consent_in_force") == CROWD - 1


def test_a_withdrawal_beside_a_renewal_leaves_nothing_in_force_unknown(cast: Cast) -> None:
    old = grant_consent(consent=requested(cast), by=cast.admin, reason="Agreed")
    new = request_consent(
        tenant=cast.contoso, service=old.service, connection=old.connection, renews=old, by=cast.admin
    )
    withdrawn, renewed = at_once(
        [
            lambda: withdraw_consent(consent=old, by=cast.admin, reason="Enough"),
            lambda: grant_consent(consent=new, by=cast.admin, reason="Renewed"),
        ]
    )
    in_force = list(Consent.objects.for_tenant(cast.contoso).in_force())
    # Whichever came second saw the first: a renewal after the withdrawal is a decision of its own.
    assert isinstance(renewed, Consent)
    assert in_force == [new]
    assert isinstance(withdrawn, Consent) or withdrawn == "not_granted"


def test_what_is_covered_is_one_edition_whatever_is_loaded_meanwhile(cast: Cast) -> None:
    load(fleet())
    service = Service.objects.get(code="repairs")
    asked = [requested(cast, "repairs", f"number {number}") for number in range(8)]

    def edition(number: int) -> dict[str, Any]:
        document = fleet()
        for flow in document["flows"]:
            flow["name"] = f"{flow['name']} {number}"
        extra = {"code": f"depot.out.extra_{number}", "name": f"Extra {number}"}
        document["flows"].append({**document["flows"][0], **extra})
        return document

    grants = [
        lambda c=consent: grant_consent(consent=c, by=cast.admin, reason="Agreed")  # type: ignore[misc]
        for consent in asked
    ]
    loads = [lambda n=number: load(edition(n)) for number in range(4)]  # type: ignore[misc]
    results = at_once([*grants, *loads])
    granted = [result for result in results if isinstance(result, Consent)]
    assert len(granted) == len(asked), results
    assert Edition.objects.filter(catalog=service.catalog).count() == 5
    for consent in granted:
        covered = CoveredFlow.objects.for_tenant(cast.contoso).filter(consent=consent)
        assert consent.edition is not None
        held = Flow.objects.recorded_in(consent.edition).filter(service=service.pk)
        assert set(covered.values_list("flow_record", "code", "name")) == set(
            held.values_list("history_id", "code", "name")
        )
