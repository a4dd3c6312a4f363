"""`worklist/` and `expiries/`: pages over many sources, filters, roles, and nothing of another tenant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from audit.context import Origin, acting
from tenants.models import AccessToken
from tenants.roles import Permission, Role
from tests.work import items_suite, waiting
from tests.work.waiting import changed, days
from work.worklist import kinds


class TestWorklist(items_suite.ItemsSuite):
    path = "/api/v1/tenants/contoso/worklist/"
    permission = Permission.VIEW_WORKLIST
    queries = 28
    good = {
        "kind": "consents.steps",
        "due_before": "2027-01-01T00:00:00Z",
        "overdue": "false",
        "owner": "me",
    }
    bad = {"kind": "consents", "due_before": "2027-01-01", "overdue": "yes", "owner": "officer"}

    def make(self, count: int) -> None:
        """Dated and undated, of several kinds; those of the steps share their days."""
        makers: list[Callable[[], Any]] = [
            lambda: waiting.requested(self.contoso, self.admin),
            lambda: waiting.withdrawn(self.contoso, self.admin),
            lambda: waiting.credential(self.contoso, self.admin, days(5)),
            lambda: waiting.granted(self.contoso, self.admin, contract_ends_on=waiting.today_and(7)),
            lambda: waiting.drift(self.contoso, self.admin),
        ]
        for number in range(count):
            makers[number % len(makers)]()

    def test_an_item_says_what_where_and_until_when(self) -> None:
        row = waiting.credential(self.contoso, self.admin, days(5))
        (shown,) = self.reader.get(self.path).json()["results"]
        assert shown["key"] == f"consents.credentials:{row.pk}"
        assert shown["kind"] == "consents.credentials"
        assert shown["resource_type"] == "consents.credential"
        assert shown["resource_id"] == str(row.pk)
        assert shown["due"] == row.expires_at.isoformat().replace("+00:00", "Z")
        assert (shown["since"], shown["owner"]) == (None, None)
        assert (shown["urgency"], shown["severity"]) == ("week", "high")
        assert shown["page"].startswith("/admin/")

    def test_the_dated_come_first_and_the_nearest_of_them(self) -> None:
        self.make(10)
        rows = self.reader.get(self.path).json()["results"]
        dated = [row["due"] for row in rows if row["due"]]
        undated = [row["since"] for row in rows if not row["due"]]
        assert [row["due"] for row in rows] == dated + [None] * len(undated)
        assert dated == sorted(dated)
        assert undated == sorted(undated)
        assert len(dated) > 3
        assert len(undated) > 3

    def test_filters(self) -> None:
        late = waiting.credential(self.contoso, self.admin, days(-1))
        soon = waiting.credential(self.contoso, self.admin, days(3))
        waiting.requested(self.contoso, self.admin)
        late_key, soon_key = f"consents.credentials:{late.pk}", f"consents.credentials:{soon.pk}"
        assert self.keys(overdue="true") == [late_key]
        assert self.keys(kind="consents.credentials") == [late_key, soon_key]
        assert self.keys(due_before=days(1).isoformat()) == [late_key]
        assert self.keys(due_before=days(-2).isoformat(), overdue="true") == []
        assert len(self.keys(overdue="false")) == 3

    def test_a_day_is_due_until_it_ends(self) -> None:
        consent = waiting.withdrawn(self.contoso, self.admin)
        step = waiting.first_step(consent)
        changed(step, self.admin, due_on=waiting.today_and(0))
        key = f"consents.steps:{step.pk}"
        assert key not in self.keys(overdue="true")
        changed(step, self.admin, due_on=waiting.today_and(-1))
        assert self.keys(overdue="true") == [key]

    def test_mine_are_those_that_i_see_to(self) -> None:
        consent = waiting.withdrawn(self.contoso, self.admin)
        step = waiting.first_step(consent)
        changed(step, self.admin, owner=self.admin)
        browser = Client()
        with acting(origin=Origin.API, actor_name="the test"):
            browser.force_login(self.admin)
        mine = browser.get(self.path, {"owner": "me"}).json()["results"]
        assert [(row["resource_id"], row["owner"]) for row in mine] == [(str(step.pk), self.admin.username)]
        assert self.keys(owner="me") == []

    def test_a_token_that_no_person_made_owns_nothing(self) -> None:
        secret = self.secrets[Role.AUDITOR]
        AccessToken.objects.for_tenant(self.contoso).filter(digest=AccessToken.digest_of(secret)).update(
            created_by=None
        )
        answer = self.bearer(secret).get(self.path, {"owner": "me"})
        self.assert_problem(answer, 400, "?owner", "nobody")

    def test_the_description_names_every_kind(self) -> None:
        description = Client().get("/api/schema/?format=json").json()
        parameters = description["paths"]["/api/v1/tenants/{tenant}/worklist/"]["get"]["parameters"]
        (kind,) = [each for each in parameters if each["name"] == "kind"]
        assert kind["schema"]["enum"] == [code for code, _ in kinds()]


class TestExpiries(items_suite.ItemsSuite):
    path = "/api/v1/tenants/contoso/expiries/"
    permission = Permission.VIEW_SHARING
    queries = 6
    good = {"kind": "grace", "until": "2027-01-01T00:00:00Z"}
    bad = {"kind": "consents.ending", "until": "tomorrow"}

    def make(self, count: int) -> None:
        makers: list[Callable[[], Any]] = [
            lambda: waiting.granted(self.contoso, self.admin, until=days(100)),
            lambda: waiting.granted(self.contoso, self.admin, contract_ends_on=waiting.today_and(7)),
            lambda: waiting.credential(self.contoso, self.admin, days(5), grace=30),
        ]
        for number in range(count):
            makers[number % len(makers)]()

    def test_until_and_kind_narrow_it(self) -> None:
        row = waiting.credential(self.contoso, self.admin, days(5), grace=30)
        assert self.keys() == [f"credential:{row.pk}", f"grace:{row.pk}"]
        assert self.keys(until=(timezone.now() + timedelta(days=6)).isoformat()) == [f"credential:{row.pk}"]
        assert self.keys(kind="grace") == [f"grace:{row.pk}"]
