"""What ends when: each kind of end, its month, its page and its command; reminders at the lead times, once each."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.context import Origin, acting
from consents.admin.ends import months_of
from consents.expiries import expiries
from consents.services import withdraw_consent
from tests.cast import Cast
from tests.commands.running import run
from tests.work import waiting
from tests.work.waiting import at_work, changed, days
from work.places import day_of
from work.worklist import Asked

pytestmark = pytest.mark.django_db
PAGE = "/admin/consents/consent/ends/"


def ends(person: Any, **how: Any) -> list[tuple[str, str]]:
    """Kind and tenant of what ends."""
    return [(item.kind, item.tenant.slug) for item in expiries(person, person.tenants(), **how)]


def enter(client: Any, person: Any) -> None:
    with acting(origin=Origin.ADMIN, actor_name="the test"):
        client.force_login(person)


def everything_ends(cast: Cast, name: str = "sales") -> None:
    contract_end = waiting.today_and(200)
    waiting.granted(cast.contoso, cast.admin, until=days(100), contract_ends_on=contract_end, connection=name)
    waiting.credential(cast.contoso, cast.admin, days(300), grace=30, kind="apns_certificate")
    waiting.credential(cast.fabrikam, cast.fabrikam_admin, days(50))


class TestTheList:
    def test_every_kind_of_end_the_nearest_first(self, cast: Cast) -> None:
        everything_ends(cast)
        theirs = [(kind, "contoso") for kind in ("consent", "contract", "credential", "grace")]
        assert ends(cast.officer) == theirs
        assert ends(cast.fabrikam_officer) == [("credential", "fabrikam")]
        assert ends(cast.operator) == [("credential", "fabrikam"), *theirs]
        assert ends(cast.employee) == []

    def test_only_what_is_to_come(self, cast: Cast) -> None:
        consent = waiting.granted(cast.contoso, cast.admin, until=days(100))
        waiting.granted(cast.contoso, cast.admin)
        waiting.granted(cast.contoso, cast.admin, contract_ends_on=waiting.today_and(-1))
        waiting.credential(cast.contoso, cast.admin, days(-40), grace=30)
        assert ends(cast.officer) == [("consent", "contoso")]
        with at_work(cast.admin, cast.contoso):
            withdraw_consent(consent=consent, by=cast.admin, reason="over")
        assert ends(cast.officer) == []

    def test_one_that_is_to_begin_ends_too(self, cast: Cast) -> None:
        waiting.granted(cast.contoso, cast.admin, begins=days(10), until=days(20))
        assert ends(cast.officer) == [("consent", "contoso")]

    def test_grace_lasts_beyond_the_end(self, cast: Cast) -> None:
        row = waiting.credential(cast.contoso, cast.admin, days(-10), grace=30)
        (item,) = expiries(cast.officer, cast.officer.tenants())
        assert item.due == row.expires_at + timedelta(days=30)
        changed(row, cast.admin, retired_at=timezone.now())
        assert ends(cast.officer) == []

    def test_until(self, cast: Cast) -> None:
        everything_ends(cast)
        assert ends(cast.officer, until=days(150)) == [("consent", "contoso")]
        assert ends(cast.officer, until=days(-150)) == []
        assert ends(cast.officer, at=days(90), until=days(250)) == [
            ("consent", "contoso"),
            ("contract", "contoso"),
        ]

    def test_it_costs_the_same_for_one_tenant_and_for_many(self, cast: Cast) -> None:
        counts = []
        for connection_name in ("sales", "stores"):
            everything_ends(cast, connection_name)
            with CaptureQueriesContext(connection) as captured:
                ends(cast.operator, asked=Asked(limit=1000))
            counts.append(len(captured))
        assert counts[0] == counts[1] == 4


class TestMonths:
    def test_each_month_is_there_also_the_empty_ones(self, cast: Cast) -> None:
        waiting.credential(cast.contoso, cast.admin, days(40), grace=3)
        items = expiries(cast.officer, cast.officer.tenants())
        first = timezone.localdate()
        months = months_of(items, first, first + timedelta(days=364))
        assert months[0].first == first.replace(day=1)
        assert len(months) in (12, 13)
        assert sum(month.number for month in months) == 2
        assert max(month.width for month in months) == 100.0
        due = items[0].due
        assert due is not None
        (full,) = [month for month in months if month.first == day_of(due).replace(day=1)]
        assert "certificate or token: 1" in full.words

    def test_three_years_are_enough(self) -> None:
        months = months_of([], date(2026, 11, 20), date(8999, 1, 1))
        assert (len(months), months[-1].first, months[0].width) == (36, date(2029, 10, 1), 0.0)


class TestThePage:
    def test_members_see_the_months_and_each_end(self, cast: Cast, client: Any) -> None:
        everything_ends(cast)
        for person in (cast.officer, cast.admin, cast.auditor):
            enter(client, person)
            page = client.get(PAGE).content.decode()
            assert "Month by month" in page
            assert "Last day to renew" in page
            assert "<svg" in page
            assert "style=" not in page.split('id="content-main"')[1]
            assert "fabrikam" not in page.lower()

    def test_it_can_be_narrowed(self, cast: Cast, client: Any) -> None:
        everything_ends(cast)
        enter(client, cast.officer)
        near = client.get(PAGE, {"until": waiting.today_and(150).isoformat()}).content.decode()
        assert "(sales) ends" in near
        assert "Last day to renew" not in near
        grace = client.get(PAGE, {"kind": "grace"}).content.decode()
        assert "Last day to renew" in grace
        assert "(sales) ends" not in grace

    @pytest.mark.parametrize("query", ["until=tomorrow", "until=9999-12-31", "until=0001-01-01", "kind=x"])
    def test_nonsense_is_said_to_be_that(self, cast: Cast, client: Any, query: str) -> None:
        enter(client, cast.officer)
        answer = client.get(f"{PAGE}?{query}")
        assert answer.status_code == 400
        assert 'role="alert"' in answer.content.decode()

    def test_the_empty_one_says_so(self, cast: Cast, client: Any) -> None:
        enter(client, cast.officer)
        assert "Nothing ends in this time." in client.get(PAGE).content.decode()

    def test_strangers_are_sent_to_sign_in(self, cast: Cast, client: Any) -> None:
        enter(client, cast.employee)
        assert client.get(PAGE).status_code == 302


class TestTheCommand:
    def test_it_lists_them(self, cast: Cast) -> None:
        everything_ends(cast)
        rows = json.loads(run("list_expiries", "--tenant", "contoso", "--until", "150d", "--json").out)
        assert [row["kind"] for row in rows] == ["consent"]
        assert run("list_expiries", "--tenant", "nobody").code == 1
        assert len(run("list_expiries").out.splitlines()) == 6
