"""The summary of what waits: once a day or week, to those who want it, where anything waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings

from audit.context import Origin, acting
from tenants.models import Membership, Tenant, User
from tenants.roles import Role
from tests.cast import Cast
from tests.work import waiting
from tests.work.waiting import at_work
from work.digest import MOST, send_digests
from work.models import Message
from work.notifications import choose_mail
from work.registry import Running, declaration_of

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def send(now: datetime = FRIDAY) -> int:
    with acting(origin=Origin.COMMAND, actor_name="the worker"):
        return send_digests(now)


def written_to(person: Any) -> list[Message]:
    return list(Message.objects.across_tenants().filter(to=person.email).order_by("id"))


def choose(person: Any, tenant: Tenant, digest: str) -> None:
    with at_work(person, tenant):
        choose_mail(tenant=tenant, digest=digest, reminders=True, by=person)


def set_up(cast: Cast) -> None:
    waiting.requested(cast.contoso, cast.admin)


def test_each_member_gets_one_where_something_waits(cast: Cast) -> None:
    assert send() == 0
    set_up(cast)
    assert send() == 3
    assert {m.to for m in Message.objects.across_tenants()} == {
        person.email for person in (cast.officer, cast.admin, cast.auditor)
    }
    (message,) = written_to(cast.officer)
    assert message.tenant == cast.contoso
    assert message.subject == "Contoso: 1 matter waits"
    assert "WAITING WITHOUT A DATE" in message.body
    assert "* Decide on" in message.body
    assert "/admin/consents/consent/" in message.body


def test_once_a_day_however_often_it_runs(cast: Cast) -> None:
    set_up(cast)
    assert [send(), send(FRIDAY + timedelta(hours=9)), send(FRIDAY + DAY)] == [3, 0, 3]


def test_once_a_week_also_when_its_first_day_was_missed(cast: Cast) -> None:
    set_up(cast)
    choose(cast.officer, cast.contoso, "weekly")
    for day in range(5):  # Friday to Tuesday
        if day != 3:  # nothing ran on Monday
            send(FRIDAY + day * DAY)
    assert len(written_to(cast.officer)) == 2
    assert len(written_to(cast.admin)) == 4


def test_never_for_whoever_wants_none(cast: Cast) -> None:
    set_up(cast)
    choose(cast.officer, cast.contoso, "off")
    assert send() == 2
    assert written_to(cast.officer) == []


def test_only_to_members_who_may_see_the_list_and_can_be_reached(cast: Cast) -> None:
    set_up(cast)
    with acting(origin=Origin.ADMIN, actor_name="the test"):
        User.objects.filter(pk=cast.officer.pk).update(email="")
        User.objects.filter(pk=cast.admin.pk).update(is_active=False)
        Membership.objects.for_tenant(cast.contoso).filter(user=cast.auditor).update(role=Role.SERVICE)
    assert send() == 0


def test_nothing_of_another_tenant_and_nothing_to_a_closed_one(cast: Cast) -> None:
    set_up(cast)
    waiting.requested(cast.fabrikam, cast.fabrikam_admin)
    with acting(origin=Origin.ADMIN, actor_name="the test"):
        Tenant.objects.filter(pk=cast.contoso.pk).update(status="closed")
    assert send() == 3
    for message in Message.objects.across_tenants():
        assert message.tenant == cast.fabrikam
        assert "contoso" not in message.body.lower()


def test_a_wrong_address_keeps_nobody_else_from_being_told(cast: Cast) -> None:
    set_up(cast)
    with acting(origin=Origin.ADMIN, actor_name="the test"):
        User.objects.filter(pk=cast.officer.pk).update(email="no address")
        Tenant.objects.filter(pk=cast.contoso.pk).update(name="Con\ntoso " + "long " * 38)
    assert send() == 2


def test_whoever_has_two_tenants_gets_one_for_each(cast: Cast) -> None:
    set_up(cast)
    waiting.requested(cast.fabrikam, cast.fabrikam_admin)
    with acting(origin=Origin.ADMIN, actor_name="the test"):
        Membership.objects.for_tenant(cast.fabrikam).create(
            tenant=cast.fabrikam, user=cast.auditor, role=Role.AUDITOR
        )
    send()
    assert {message.tenant for message in written_to(cast.auditor)} == {cast.contoso, cast.fabrikam}


def test_a_long_list_is_cut_and_says_so(cast: Cast) -> None:
    for _ in range(MOST + 1):
        waiting.drift(cast.contoso, cast.admin)
    send()
    (message,) = written_to(cast.officer)
    assert message.subject == f"Contoso: more than {MOST} matters wait"
    assert message.body.count("\n* ") == MOST
    assert "The worklist shows the others" in message.body


def test_what_is_late_is_in_the_subject(cast: Cast) -> None:
    waiting.credential(cast.contoso, cast.admin, FRIDAY - DAY)
    send()
    assert written_to(cast.officer)[0].subject == "Contoso: 1 matter waits, 1 late"


def test_links_lead_where_the_console_is(cast: Cast) -> None:
    set_up(cast)
    with override_settings(CONSOLE_URL="https://privacy.contoso.example"):
        send()
    assert "https://privacy.contoso.example/admin/work/mailpreference/" in written_to(cast.officer)[0].body


def test_the_job_runs_each_morning(cast: Cast) -> None:
    declared = declaration_of("work.digest")
    assert declared is not None
    assert str(declared.schedule) == "daily at 06:00"
    with acting(origin=Origin.COMMAND, actor_name="the worker"):
        assert declared.work(Running("work.digest")) == "Nobody has to be told anything."
        set_up(cast)
        assert declared.work(Running("work.digest")) == "Posted 3 summaries."
