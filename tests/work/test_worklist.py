"""The worklist as a whole: order, roles, pages that lose nothing; the page and the command that show it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.context import Origin, acting
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tests.cast import Cast
from tests.commands.running import run
from tests.work import waiting
from tests.work.waiting import days
from work.places import Place, end_of
from work.worklist import Asked, Item, Urgency, worklist

pytestmark = pytest.mark.django_db
PAGE = "/admin/work/calendarfeed/worklist/"


def everything_waits(cast: Cast) -> None:
    waiting.requested(cast.contoso, cast.admin)
    waiting.withdrawn(cast.contoso, cast.admin)
    waiting.drift(cast.contoso, cast.admin)
    waiting.credential(cast.contoso, cast.admin, days(-1))
    waiting.credential(cast.contoso, cast.admin, days(3))
    waiting.token(cast.contoso, cast.admin, days(10))
    waiting.granted(cast.fabrikam, cast.fabrikam_admin, until=days(20))
    waiting.notice()


def seen_by(person: Any, **asked: Any) -> list[Item]:
    return worklist(person, person.tenants(), None, Asked(**asked))


def enter(client: Any, person: Any) -> None:
    with acting(origin=Origin.ADMIN, actor_name="the test"):
        client.force_login(person)


class TestTheList:
    def test_its_order(self, cast: Cast) -> None:
        everything_waits(cast)
        found = seen_by(cast.operator)
        assert [item.place.order for item in found] == sorted(item.place.order for item in found)
        now = timezone.now()
        urgencies = [item.urgency(now) for item in found]
        assert urgencies == sorted(urgencies, key=list(Urgency).index)
        assert set(urgencies) == set(Urgency)

    def test_whoever_may_not_see_the_worklist_sees_none(self, cast: Cast) -> None:
        everything_waits(cast)
        assert seen_by(cast.employee) == []
        with acting(origin=Origin.ADMIN, actor_name="the test"):
            Membership.objects.for_tenant(cast.contoso).create(
                tenant=cast.contoso, user=cast.employee, role=Role.SERVICE
            )
        cast.employee.__dict__.pop("_roles_cache", None)
        assert list(cast.employee.tenants()) == [cast.contoso]
        assert seen_by(cast.employee) == []

    def test_nothing_of_another_tenant_whatever_is_asked_for(self, cast: Cast) -> None:
        everything_waits(cast)
        found = worklist(cast.officer, Tenant.objects.all())
        assert {item.tenant for item in found} == {cast.fabrikam, cast.contoso} - {cast.fabrikam}

    @pytest.mark.parametrize("size", [1, 4, 100])
    def test_pages_lose_nothing_and_repeat_nothing(self, cast: Cast, size: int) -> None:
        everything_waits(cast)
        everything_waits(cast)
        whole = [item.key for item in seen_by(cast.operator, limit=1000)]
        assert len(whole) == len(set(whole)) > 15
        forwards: list[str] = []
        after: Place | None = None
        while page := seen_by(cast.operator, after=after, limit=size):
            forwards += [item.key for item in page]
            after = page[-1].place
        assert forwards == whole
        backwards: list[str] = []
        while page := seen_by(cast.operator, after=after, backwards=True, limit=size):
            backwards = [item.key for item in page] + backwards
            after = page[0].place
        assert backwards == whole[:-1]

    def test_it_costs_the_same_for_one_tenant_and_for_many(self, cast: Cast) -> None:
        everything_waits(cast)
        few = self.queries(cast)
        for number in range(4):
            with acting(origin=Origin.COMMAND, actor_name="the test"):
                directory = f"72f988bf-0000-4000-8000-0000000000{number:02}"
                made = Tenant.objects.create(
                    slug=f"made-{number}", name="Made", directory_id=directory, country="DE"
                )
            waiting.withdrawn(made, cast.operator)
            waiting.policy(made, cast.operator, [30])
        many = self.queries(cast)
        # Each lead time that no other tenant has costs one comparison more in a query, and no query.
        assert many == few

    @staticmethod
    def queries(cast: Cast) -> int:
        with CaptureQueriesContext(connection) as captured:
            seen_by(cast.operator)
        return len(captured)


class TestPlaces:
    def test_they_go_out_and_come_back(self) -> None:
        place = Place(True, datetime(2026, 12, 5, 12, tzinfo=UTC), "consents.steps", 17, 4)
        assert Place.decode(place.encode()) == place

    @pytest.mark.parametrize(
        "text", ["", "x", "W10", "bnVsbA", "WzEsIjIwMjYiXQ", "é", "[" * 3000, "WzEsMSwxLDEsMV0"]
    )
    def test_what_was_never_one_is_no_place(self, text: str) -> None:
        with pytest.raises(ValueError):  # noqa: PT011
            Place.decode(text)

    def test_a_day_ends_when_the_next_begins(self) -> None:
        day = waiting.today_and(0)
        assert timezone.localtime(end_of(day)).date() == day
        assert timezone.localtime(end_of(day) + timedelta(microseconds=1)).date() == waiting.today_and(1)


class TestThePage:
    def test_members_see_it_grouped_and_with_links(self, cast: Cast, client: Any) -> None:
        everything_waits(cast)
        for person in (cast.officer, cast.admin, cast.auditor, cast.operator):
            enter(client, person)
            page = client.get(PAGE).content.decode()
            for words in ("Late", "In the next seven days", "Later", "Waiting without a date"):
                assert words in page, (person, words)
            for item in seen_by(person):
                assert item.url in page

    def test_it_is_closed_to_whoever_is_no_member(self, cast: Cast, client: Any) -> None:
        assert client.get(PAGE).status_code == 302
        enter(client, cast.employee)
        assert client.get(PAGE).status_code == 302

    def test_it_shows_nothing_of_another_tenant(self, cast: Cast, client: Any) -> None:
        everything_waits(cast)
        enter(client, cast.fabrikam_officer)
        page = client.get(PAGE).content.decode()
        assert "contoso" not in page.lower()
        assert "ends" in page

    def test_it_can_be_narrowed(self, cast: Cast, client: Any) -> None:
        everything_waits(cast)
        enter(client, cast.officer)
        late = client.get(PAGE, {"due": "late"}).content.decode()
        assert "has expired" in late
        assert "Decide on" not in late
        kind = client.get(PAGE, {"kind": "consents.awaiting"}).content.decode()
        assert "Decide on" in kind
        assert "has expired" not in kind
        assert "Nothing of this kind waits." in client.get(PAGE, {"mine": "on"}).content.decode()

    def test_nonsense_is_said_to_be_that(self, cast: Cast, client: Any) -> None:
        enter(client, cast.officer)
        assert "not one of the available choices" in client.get(PAGE, {"due": "never"}).content.decode()
        assert client.get(PAGE, {"after": "nonsense"}).status_code == 404

    def test_its_pages_can_be_turned(self, cast: Cast, client: Any, monkeypatch: Any) -> None:
        monkeypatch.setattr("work.admin.waiting.PAGE", 3)
        enter(client, cast.officer)
        for _ in range(3):
            waiting.withdrawn(cast.contoso, cast.admin)
        page = client.get(PAGE, {"kind": "consents.steps"})
        url = page.context["next_url"]
        following = client.get(PAGE + url)
        assert following.status_code == 200
        assert "kind=consents.steps" in url
        rows = [
            row[1].url
            for each in (page, following)
            for panel in each.context["panels"]
            for row in panel.table.rows
        ]
        assert rows == [item.url for item in seen_by(cast.officer)]

    def test_the_empty_one_says_so(self, cast: Cast, client: Any) -> None:
        enter(client, cast.officer)
        assert "Nothing waits" in client.get(PAGE).content.decode()

    def test_the_sidebar_leads_to_it(self, cast: Cast, client: Any) -> None:
        enter(client, cast.auditor)
        page = client.get("/admin/").content.decode()
        assert f'href="{reverse("admin:work_calendarfeed_worklist")}"' in page


class TestTheCommand:
    def test_it_prints_what_waits(self, cast: Cast) -> None:
        everything_waits(cast)
        done = run("worklist", "--tenant", "contoso")
        assert done.code == 0
        assert "Decide on" in done.out
        assert "fabrikam" not in done.out

    def test_as_json_it_says_all_of_it(self, cast: Cast) -> None:
        everything_waits(cast)
        rows = json.loads(run("worklist", "--json", "--overdue").out)
        assert [row["kind"] for row in rows] == ["consents.credentials"]
        assert rows[0]["urgency"] == "late"

    def test_as_a_person_sees_it(self, cast: Cast) -> None:
        everything_waits(cast)
        theirs = run("worklist", "--person", "officer@fabrikam.example")
        assert "contoso" not in theirs.out
        assert "consents.ending" in theirs.out
        assert run("worklist", "--person", "nobody@contoso.example").code == 1

    def test_mistakes(self, cast: Cast) -> None:
        assert run("worklist", "--tenant", "nobody").code == 1
        assert run("worklist", "--limit", "0").code == 2
