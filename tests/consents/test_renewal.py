"""Where the catalog moves on, consents in force that cover less are found, with the difference."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Service
from consents.models import Consent
from consents.renewal import Difference, difference, differences, needing_renewal
from consents.services import grant_consent, request_consent, withdraw_consent
from tenants.models import Tenant
from tests.api.suite import moment
from tests.cast import Cast
from tests.catalog.documents import load
from tests.consents.fleet import fleet

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
Document = dict[str, Any]


@pytest.fixture(autouse=True)
def first_edition(db: None) -> None:
    load(fleet())


def granted(tenant: Tenant, by: Any, connection: str = "Berlin", **period: Any) -> Consent:
    service = Service.objects.get(code="repairs")
    asked = request_consent(tenant=tenant, service=service, connection=connection, by=by)
    return grant_consent(consent=asked, by=by, reason="Agreed", **period)


def second_edition(change: Callable[[Document], object]) -> None:
    document = fleet()
    change(document)
    load(document)


def another_flow(document: Document) -> None:
    given = {"code": "depot.back.cost", "name": "Cost", "direction": "from_third_party", "elements": []}
    document["flows"].append({**document["flows"][0], **given})


def without_names(document: Document) -> None:
    del document["flows"][1]


def carries_more(document: Document) -> None:
    document["flows"][0]["elements"].append("person.name")


def becomes_personal(document: Document) -> None:
    document["flows"][0]["personal"] = True


def carries_less(document: Document) -> None:
    document["flows"][1]["elements"] = []


def other_words(document: Document) -> None:
    document["flows"][0]["purpose_text"] = "Mends faster."
    document["services"][0]["purpose_text"] = "Mends faster."


def told(found: Difference) -> dict[str, Any]:
    return {
        "added": [flow.code for flow in found.added],
        "removed": [flow.code for flow in found.removed],
        "changed": [(flow.after.code, flow.keys) for flow in found.changed],
    }


SAME: dict[str, Any] = {"added": [], "removed": [], "changed": []}
CASES: list[tuple[Callable[[Document], object], bool, dict[str, Any]]] = [
    (another_flow, True, {"added": ["depot.back.cost"]}),
    (without_names, False, {"removed": ["depot.out.name"]}),
    (carries_more, True, {"changed": [("depot.out.serial", ["elements"])]}),
    (becomes_personal, True, {"changed": [("depot.out.serial", ["personal"])]}),
    (carries_less, False, {"changed": [("depot.out.name", ["elements"])]}),
    (other_words, False, {}),
]


@pytest.mark.parametrize(
    ("change", "needs_renewal", "expected"), CASES, ids=lambda c: getattr(c, "__name__", "")
)
def test_what_a_new_edition_changes(
    change: Callable[[Document], object], needs_renewal: bool, expected: dict[str, Any], cast: Cast
) -> None:
    consent = granted(cast.contoso, cast.admin)
    assert not difference(consent)
    second_edition(change)
    found = difference(consent)
    assert told(found) == SAME | expected
    assert found.needs_renewal == needs_renewal
    consents = Consent.objects.for_tenant(cast.contoso)
    assert list(needing_renewal(consents)) == ([consent] if needs_renewal else [])


def test_a_renewal_settles_it(cast: Cast) -> None:
    old = granted(cast.contoso, cast.admin)
    second_edition(another_flow)
    asked = request_consent(
        tenant=cast.contoso, service=old.service, connection=old.connection, renews=old, by=cast.admin
    )
    new = grant_consent(consent=asked, by=cast.admin, reason="Covers the cost too")
    assert not difference(new)
    old.refresh_from_db()
    assert not difference(old), "what has ended needs no renewal"
    assert not needing_renewal(Consent.objects.for_tenant(cast.contoso)).exists()


def test_only_what_holds_or_will_hold(cast: Cast) -> None:
    start = timezone.now() - 9 * DAY
    granted(cast.contoso, cast.admin, "over", effective_from=start, effective_until=start + DAY)
    later = granted(cast.contoso, cast.admin, "later", effective_from=timezone.now() + DAY)
    ended = granted(cast.contoso, cast.admin, "ended")
    withdraw_consent(consent=ended, by=cast.admin, reason="Enough")
    second_edition(another_flow)
    consents = Consent.objects.for_tenant(cast.contoso)
    assert list(needing_renewal(consents)) == [later]
    assert {c.connection for c in consents if differences([c])[c.pk]} == {"later"}


def test_an_edition_that_comes_back_to_what_was_agreed(cast: Cast) -> None:
    consent = granted(cast.contoso, cast.admin)
    second_edition(without_names)
    assert difference(consent)
    load(fleet())
    assert not difference(consent)


def test_the_past(cast: Cast) -> None:
    consent = granted(cast.contoso, cast.admin)
    then = timezone.datetime.fromisoformat(moment())  # type: ignore[attr-defined]
    second_edition(another_flow)
    assert not difference(consent, then)
    assert difference(consent).needs_renewal
    assert not needing_renewal(Consent.objects.for_tenant(cast.contoso), then).exists()


def test_what_was_restored_from_a_file_is_compared_by_what_it_covers(cast: Cast) -> None:
    service = Service.objects.get(code="repairs")
    consent = request_consent(tenant=cast.contoso, service=service, by=cast.admin, connection="restored")
    consent.restored_from = "register.json"
    consent.save()
    consent = grant_consent(consent=consent, by=cast.admin, reason="Agreed")
    second_edition(another_flow)
    assert list(needing_renewal(Consent.objects.for_tenant(cast.contoso))) == [consent]


def test_many_take_the_queries_of_one(cast: Cast) -> None:
    def queries() -> tuple[int, int]:
        consents = Consent.objects.for_tenant(cast.contoso).select_related("edition")
        with CaptureQueriesContext(connection) as each:
            found = differences(consents)
        assert all(found.values())
        with CaptureQueriesContext(connection) as flagged:
            assert len(needing_renewal(consents)) == len(found)
        return len(each), len(flagged)

    granted(cast.contoso, cast.admin)
    second_edition(another_flow)
    few = queries()
    load(fleet())
    for number in range(20):
        granted(cast.contoso, cast.admin, f"number {number}")
    second_edition(another_flow)
    assert queries() == few == (6, 7)
