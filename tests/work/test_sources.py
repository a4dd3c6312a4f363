"""Each source: what it is about appears, disappears when it is seen to, and exists in its own tenant only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.context import Origin, acting
from catalog.models import Feature
from consents.services import decline_consent, grant_consent, withdraw_consent
from elections.services import withdraw_election
from tenants.access import Shell
from tenants.models import Tenant
from tenants.roles import Permission
from tenants.services import change_tenant
from tests.cast import Cast
from tests.elections.stories import brings, lens, moved, switched, with_four_eyes
from tests.residency.making import drifts, elected, seen
from tests.work import waiting
from tests.work.waiting import at_work, changed, days, waits
from work.places import day_of
from work.worklist import Asked, Severity, source, sources, worklist

pytestmark = pytest.mark.django_db


# Kind, how it comes about for a tenant and its officer, and how it goes away.
def awaiting(tenant: Tenant, by: Any) -> Callable[[], Any]:
    consent = waiting.requested(tenant, by)
    return lambda: decline_consent(consent=consent, by=by, reason="no")


def ending(tenant: Tenant, by: Any) -> Callable[[], Any]:
    consent = waiting.granted(tenant, by, until=days(20))
    return lambda: withdraw_consent(consent=consent, by=by, reason="over")


def contract(tenant: Tenant, by: Any) -> Callable[[], Any]:
    consent = waiting.granted(tenant, by, contract_ends_on=waiting.today_and(20))
    return lambda: withdraw_consent(consent=consent, by=by, reason="over")


def steps(tenant: Tenant, by: Any) -> Callable[[], Any]:
    consent = waiting.withdrawn(tenant, by)

    def do_all() -> None:
        for step in consent.ending_steps.all():
            changed(step, by, status="done", proof="seen", done_at=timezone.now(), done_by=by.username)

    return do_all


def drift(tenant: Tenant, by: Any) -> Callable[[], Any]:
    row = waiting.drift(tenant, by)
    return lambda: changed(row, by, status="cleared", closed_at=timezone.now())


def location_drift(tenant: Tenant, by: Any) -> Callable[[], Any]:
    known = drifts(tenant)
    if not known:
        elected(tenant, "EU")
    seen(tenant, by, ("Japan", "Canada", "Brazil")[len(known)])
    row = drifts(tenant)[-1]
    return lambda: changed(row, by, status="cleared", closed_at=timezone.now())


def safeguard(tenant: Tenant, by: Any) -> Callable[[], Any]:
    consent = waiting.granted(tenant, by, safeguard="")
    return lambda: withdraw_consent(consent=consent, by=by, reason="over")


def renewal(tenant: Tenant, by: Any) -> Callable[[], Any]:
    consent = waiting.granted(tenant, by)
    waiting.more_flows_than_agreed()
    return lambda: withdraw_consent(consent=consent, by=by, reason="over")


def credential(tenant: Tenant, by: Any) -> Callable[[], Any]:
    row = waiting.credential(tenant, by, days(20))
    return lambda: changed(row, by, expires_at=days(365))


def notice(tenant: Tenant, by: Any) -> Callable[[], Any]:
    row = waiting.notice()
    return lambda: waiting.objection(tenant, by, row)


def objection(tenant: Tenant, by: Any) -> Callable[[], Any]:
    row = waiting.objection(tenant, by, waiting.notice())
    return lambda: changed(row, by, status="answered", answer="no", closed_at=timezone.now())


def token(tenant: Tenant, by: Any) -> Callable[[], Any]:
    row = waiting.token(tenant, by, days(10))
    return lambda: changed(row, by, revoked_at=timezone.now())


def terms_drafts(tenant: Tenant, by: Any) -> Callable[[], Any]:
    policy = waiting.terms(tenant, by, four_eyes=True)
    waiting.words(policy, by)
    return lambda: waiting.published(policy, by)


def terms_grace(tenant: Tenant, by: Any) -> Callable[[], Any]:
    policy = waiting.terms(tenant, by)
    waiting.employee(tenant, by)
    waiting.words(policy, by)
    waiting.published(policy, by, grace_days=10)
    return lambda: waiting.retired(policy, by)


def proposed_region(tenant: Tenant, by: Any) -> Callable[[], Any]:
    with_four_eyes(tenant)
    election = moved(tenant, "CH", by)
    return lambda: withdraw_election(election=election, by=by, reason="no")


def proposed_features(tenant: Tenant, by: Any) -> Callable[[], Any]:
    with_four_eyes(tenant)
    election = switched(tenant, by, device_query=True)
    return lambda: withdraw_election(election=election, by=by, reason="no")


def grown_feature(tenant: Tenant, by: Any) -> Callable[[], Any]:
    feature = Feature.objects.filter(code="lens").first() or lens()
    brings(feature, 1)
    switched(tenant, by, lens=True)
    brings(feature, 2)
    return lambda: switched(tenant, by, lens=True)


def unelected(tenant: Tenant, by: Any) -> Callable[[], Any]:
    australian = change_tenant(tenant=tenant, country="AU", by=Shell())
    return lambda: moved(australian, "AU", by)


SOURCES: dict[str, Callable[[Tenant, Any], Callable[[], Any]]] = {
    "consents.awaiting": awaiting,
    "consents.contracts": contract,
    "consents.credentials": credential,
    "consents.drift": drift,
    "consents.ending": ending,
    "consents.renewals": renewal,
    "consents.safeguards": safeguard,
    "consents.steps": steps,
    "elections.features": proposed_features,
    "elections.growth": grown_feature,
    "elections.regions": proposed_region,
    "elections.unelected": unelected,
    "residency.drift": location_drift,
    "subcontractors.notices": notice,
    "subcontractors.objections": objection,
    "terms.drafts": terms_drafts,
    "terms.grace": terms_grace,
    "tokens.expiring": token,
}
KINDS = list(SOURCES)
# Of which a tenant has one at most.
ONCE = (
    "consents.renewals",
    "elections.features",
    "elections.growth",
    "elections.regions",
    "elections.unelected",
    "residency.drift",
)


def test_every_source_is_tried_here() -> None:
    assert [each.kind for each in sources()] == sorted(KINDS)


@pytest.mark.parametrize("kind", KINDS)
class TestEach:
    def test_it_appears_and_goes_away(self, cast: Cast, kind: str) -> None:
        assert waits(cast.officer, kind) == []
        see_to_it = SOURCES[kind](cast.contoso, cast.admin)
        found = waits(cast.officer, kind)
        assert found
        for item in found:
            assert item.kind == kind
            assert item.tenant == cast.contoso
            assert all((item.title, item.about, item.kind_title))
            assert item.url.startswith("/admin/")
            assert item.due or item.since
            assert item.severity in Severity.values
        with at_work(cast.admin, cast.contoso):
            see_to_it()
        assert waits(cast.officer, kind) == []

    def test_another_tenant_sees_nothing_of_it(self, cast: Cast, kind: str) -> None:
        SOURCES[kind](cast.contoso, cast.admin)
        theirs = waits(cast.fabrikam_officer, kind)
        assert {item.tenant for item in theirs} <= {cast.fabrikam}
        if kind != "subcontractors.notices":  # which concern each tenant alike
            assert theirs == []

    def test_members_see_it_and_nobody_else(self, cast: Cast, kind: str) -> None:
        SOURCES[kind](cast.contoso, cast.admin)
        for person in (cast.officer, cast.admin, cast.auditor, cast.operator):
            assert waits(person, kind), person
        assert waits(cast.employee, kind) == []

    def test_its_page_opens(self, cast: Cast, kind: str, client: Any) -> None:
        SOURCES[kind](cast.contoso, cast.admin)
        with acting(origin=Origin.ADMIN, actor_name="the test"):
            client.force_login(cast.officer)
        assert {client.get(item.url).status_code for item in waits(cast.officer, kind)} == {200}

    def test_it_costs_the_same_for_many_tenants(self, cast: Cast, kind: str) -> None:
        SOURCES[kind](cast.contoso, cast.admin)
        few = self.queries(kind)
        for number in range(5):
            with acting(origin=Origin.COMMAND, actor_name="the test"):
                made = Tenant.objects.create(
                    slug=f"made-{number}",
                    name="Made",
                    directory_id=f"72f988bf-0000-4000-8000-0000000000{number:02}",
                    country="DE",
                )
            if kind != "consents.renewals":  # one newer edition is enough for all
                SOURCES[kind](made, cast.operator)
        if kind == "consents.renewals":
            waiting.granted(cast.fabrikam, cast.fabrikam_admin)
        assert self.queries(kind) == few

    @staticmethod
    def queries(kind: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            worklist(Shell(), Tenant.objects.all(), None, Asked(frozenset({kind})))
        return len(captured)

    def test_it_reads_no_more_than_is_asked_for(self, cast: Cast, kind: str) -> None:
        for _ in range(1 if kind in ONCE else 3):
            SOURCES[kind](cast.contoso, cast.admin)
        assert len(waits(cast.officer, kind, limit=1)) == 1


def test_a_consent_that_another_one_follows_does_not_end(cast: Cast) -> None:
    first = waiting.granted(cast.contoso, cast.admin, until=days(20), connection="sales")
    follows = waiting.requested(cast.contoso, cast.admin, connection="sales", renews=first)
    with at_work(cast.admin, cast.contoso):
        grant_consent(consent=follows, by=cast.admin, reason="needed", effective_from=days(10))
    assert waits(cast.officer, "consents.ending") == []


def test_lead_times_are_the_tenants_own(cast: Cast) -> None:
    waiting.granted(cast.contoso, cast.admin, until=days(80))
    waiting.granted(cast.fabrikam, cast.fabrikam_admin, until=days(80))
    assert waits(cast.operator, "consents.ending") == []
    waiting.policy(cast.contoso, cast.officer, [10, 90])
    assert {item.tenant for item in waits(cast.operator, "consents.ending")} == {cast.contoso}
    changed(
        waiting.policy(cast.fabrikam, cast.fabrikam_officer, [5]), cast.fabrikam_officer, reminder_days=[]
    )
    assert {item.tenant for item in waits(cast.operator, "consents.ending")} == {cast.contoso}


def test_a_contract_that_has_ended_waits_as_long_as_a_consent_rests_on_it(cast: Cast) -> None:
    ended = waiting.today_and(-3)
    waiting.granted(cast.contoso, cast.admin, contract_ends_on=ended, contract_reference="C-17")
    (item,) = waits(cast.officer, "consents.contracts")
    assert "C-17" in item.title
    assert item.due is not None
    assert day_of(item.due) == ended
    assert item.urgency(timezone.now()) == "late"


def test_an_expired_certificate_stays_and_says_how_long_it_can_be_renewed(cast: Cast) -> None:
    row = waiting.credential(cast.contoso, cast.admin, days(-2), grace=30, kind="apns_certificate")
    (item,) = waits(cast.officer, "consents.credentials")
    assert "has expired" in item.title
    assert "can be renewed as the same until" in item.about
    changed(row, cast.admin, retired_at=timezone.now())
    assert waits(cast.officer, "consents.credentials") == []


def test_a_step_says_who_sees_to_it(cast: Cast) -> None:
    consent = waiting.withdrawn(cast.contoso, cast.admin)
    step = waiting.first_step(consent)
    assert "nobody sees to it yet" in waits(cast.officer, "consents.steps")[0].about
    changed(step, cast.admin, owner=cast.admin)
    mine = waits(cast.admin, "consents.steps", owner=cast.admin)
    assert [item.resource_id for item in mine] == [str(step.pk)]
    assert mine[0].owner == cast.admin
    assert waits(cast.officer, "consents.steps", owner=cast.officer) == []


def test_a_tenant_outside_the_boundary_needs_no_safeguard(cast: Cast) -> None:
    waiting.granted(cast.fabrikam, cast.fabrikam_admin, safeguard="")
    assert waits(cast.fabrikam_officer, "consents.safeguards") == []


def test_a_notice_is_due_on_the_last_day_to_object(cast: Cast) -> None:
    row = waiting.notice(effective_in=20)
    (item,) = waits(cast.officer, "subcontractors.notices")
    assert item.due is not None
    assert day_of(item.due) == row.effective_on - timedelta(days=1)
    later = timezone.now() + timedelta(days=20)
    assert waits(cast.officer, "subcontractors.notices", at=later) == []


def test_nobody_declares_a_kind_twice() -> None:
    with pytest.raises(ValueError, match="two sources"):
        source("consents.drift", title="Again", permission=Permission.VIEW_CONSENTS)(lambda look: [])


def test_a_draft_waits_for_other_eyes_only_where_the_policy_wants_them_and_it_is_written(cast: Cast) -> None:
    waiting.words(waiting.terms(cast.contoso, cast.admin), cast.admin)
    policy = waiting.terms(cast.contoso, cast.admin, four_eyes=True)
    waiting.words(policy, cast.admin, language="de")
    assert waits(cast.officer, "terms.drafts") == []
    waiting.words(policy, cast.admin)
    (item,) = waits(cast.officer, "terms.drafts")
    assert "admin@contoso.example wrote it last" in item.about


def test_grace_waits_until_everybody_whom_it_is_for_has_decided(cast: Cast) -> None:
    waiting.employee(cast.contoso, cast.admin)
    asked = waiting.employee(cast.contoso, cast.admin, group="Sales")
    excluded = waiting.employee(cast.contoso, cast.admin, group="Board")
    policy = waiting.terms(cast.contoso, cast.admin)
    waiting.words(policy, cast.admin)
    waiting.published(policy, cast.admin, grace_days=20)
    assert waits(cast.officer, "terms.grace") == []
    soon = timezone.now() + timedelta(days=7)
    (item,) = waits(cast.officer, "terms.grace", at=soon)
    assert item.due is not None
    assert day_of(item.due) == waiting.today_and(20)
    waiting.assigned(policy, cast.admin, "Sales", without="Board")
    assert waits(cast.officer, "terms.grace", at=soon)
    for employee in (asked, excluded):
        waiting.left(employee, cast.admin)
    assert waits(cast.officer, "terms.grace", at=soon) == []
