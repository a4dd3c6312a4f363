"""Reminders of what ends: one for each end, lead time and person; after missed days only the nearest."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.context import Origin, acting
from consents.reminders import send_reminders
from consents.services import withdraw_consent
from tenants.models import Tenant, User
from tests.cast import Cast
from tests.work import waiting
from tests.work.waiting import at_work, changed, days
from work.models import Message
from work.notifications import choose_mail
from work.registry import Running, declaration_of

pytestmark = pytest.mark.django_db


def send(now: datetime | None = None) -> int:
    with acting(origin=Origin.COMMAND, actor_name="the worker"):
        return send_reminders(now)


def leads_of(person: Any) -> list[int]:
    """The lead times that the person was reminded at, in order."""
    keys = (
        Message.objects.across_tenants().filter(to=person.email).order_by("id").values_list("key", flat=True)
    )
    return [int(key.split("/")[-2]) for key in keys]


def test_officers_and_admins_are_reminded_at_each_lead_time_once(cast: Cast) -> None:
    leads, until = (60, 30, 14, 7, 1), 70
    waiting.granted(cast.contoso, cast.admin, until=days(until))
    start = timezone.now()
    around = sorted({0, until, until + 5} | {until - lead + day for lead in leads for day in (-1, 0, 1)})
    posted = [send(start + timedelta(days=day)) for day in around]
    assert sum(posted) == 10
    assert max(posted) == 2
    for person in (cast.officer, cast.admin):
        assert leads_of(person) == list(leads)
    assert leads_of(cast.auditor) == []


def test_twice_on_a_day_changes_nothing(cast: Cast) -> None:
    waiting.granted(cast.contoso, cast.admin, until=days(30))
    assert [send(), send()] == [2, 0]


def test_after_missed_days_only_the_nearest_is_sent(cast: Cast) -> None:
    waiting.granted(cast.contoso, cast.admin, until=days(70))
    start = timezone.now()
    for day in (0, 59, 60, 75):  # nothing ran from the 1st to the 58th day
        send(start + timedelta(days=day))
    assert leads_of(cast.officer) == [14]


def test_the_lead_times_are_the_tenants_own(cast: Cast) -> None:
    waiting.granted(cast.contoso, cast.admin, until=days(100))
    waiting.granted(cast.fabrikam, cast.fabrikam_admin, until=days(20))
    waiting.policy(cast.contoso, cast.officer, [3, 100])
    waiting.policy(cast.fabrikam, cast.fabrikam_officer, [])
    assert send() == 2
    assert leads_of(cast.officer) == [100]
    assert leads_of(cast.fabrikam_officer) == []


def test_every_kind_of_end(cast: Cast) -> None:
    waiting.granted(cast.contoso, cast.admin, until=days(25), contract_ends_on=waiting.today_and(20))
    waiting.credential(cast.contoso, cast.admin, days(10), grace=30)
    assert send() == 8
    bodies = "\n".join(Message.objects.for_tenant(cast.contoso).values_list("body", flat=True))
    for words in ("Contract with Apple ends", "expires", "Last day to renew", "in 25 days", "/admin/"):
        assert words in bodies


def test_what_no_longer_ends_is_not_reminded_of(cast: Cast) -> None:
    consent = waiting.granted(cast.contoso, cast.admin, until=days(70))
    with at_work(cast.admin, cast.contoso):
        withdraw_consent(consent=consent, by=cast.admin, reason="over")
    assert send(days(20)) == 0


def test_an_end_that_is_put_off_is_another_end(cast: Cast) -> None:
    row = waiting.credential(cast.contoso, cast.admin, days(7))
    assert send() == 2
    changed(row, cast.admin, expires_at=days(30))
    assert send() == 2
    assert leads_of(cast.officer) == [7, 30]


def test_only_whoever_wants_it_and_can_be_reached(cast: Cast) -> None:
    waiting.granted(cast.contoso, cast.admin, until=days(7))
    with at_work(cast.officer, cast.contoso):
        choose_mail(tenant=cast.contoso, digest="daily", reminders=False, by=cast.officer)
    with acting(origin=Origin.ADMIN, actor_name="the test"):
        User.objects.filter(pk=cast.admin.pk).update(email="")
    assert send() == 0


def test_not_in_a_closed_tenant(cast: Cast) -> None:
    waiting.granted(cast.contoso, cast.admin, until=days(7))
    with acting(origin=Origin.ADMIN, actor_name="the test"):
        Tenant.objects.filter(pk=cast.contoso.pk).update(status="closed")
    assert send() == 0


def test_many_ends_are_read_in_parts(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr("consents.reminders.AT_ONCE", 2)
    for _ in range(5):
        waiting.credential(cast.contoso, cast.admin, days(7))
    assert send() == 10


def test_the_job_says_what_it_did(cast: Cast) -> None:
    declared = declaration_of("consents.remind")
    assert declared is not None
    with acting(origin=Origin.COMMAND, actor_name="the worker"):
        assert declared.work(Running("consents.remind")) == "Nobody has to be reminded."
        waiting.granted(cast.contoso, cast.admin, until=days(7))
        assert declared.work(Running("consents.remind")) == "Posted 2 reminders."


def test_what_goes_wrong_in_one_tenant_keeps_no_other_from_being_reminded(cast: Cast) -> None:
    changed(waiting.policy(cast.contoso, cast.officer, [7]), cast.officer, reminder_days=["soon"])
    waiting.granted(cast.fabrikam, cast.fabrikam_admin, until=days(7))
    with pytest.raises(TypeError):
        send()
    assert leads_of(cast.fabrikam_officer) == [7]
