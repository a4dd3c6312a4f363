"""What holds for every endpoint: inherited once for each, with its facts."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.context import Origin, acting
from audit.models import AuditEvent
from tenants.models import Tenant
from tenants.roles import ALLOWED, Permission, Role
from tenants.services import create_token
from tests.cast import CastTestCase

PROBLEM = "application/problem+json"
ROWS = 30


def moment() -> str:
    """An instant with nothing close to it: SQLite keeps thousandths of a second."""
    time.sleep(0.005)
    now = timezone.now().isoformat()
    time.sleep(0.005)
    return now


@dataclass(frozen=True)
class Write:
    """One way of changing something: where, with what, who may, and what the timeline calls it.

    path: from the suite's list address on; `{id}` is a fresh object's. needs_tag: whether If-Match is required.
    """

    method: str
    permission: Permission
    activity: str
    path: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    needs_tag: bool = False
    text_field: str = ""


class ApiTestCase(CastTestCase):
    """Clients for every role of contoso, for a stranger and for the neighbour."""

    secrets: ClassVar[dict[Role, str]]
    foreign_secret: ClassVar[str]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with cls.door():
            cls.secrets = {role: cls.secret_for(cls.contoso, role) for role in Role}
            cls.foreign_secret = cls.secret_for(cls.fabrikam, Role.TENANT_ADMIN)

    @classmethod
    def door(cls) -> Any:
        actor: Any = cls.operator.as_actor()
        return acting(origin=Origin.COMMAND, **actor)

    @classmethod
    def secret_for(cls, tenant: Tenant, role: Role, **options: Any) -> str:
        _, secret = create_token(
            tenant=tenant, name=f"{role} of {tenant}", role=role, by=cls.operator, **options
        )
        return secret

    def role(self, role: Role) -> Client:
        return self.bearer(self.secrets[role])

    def bearer(self, secret: str) -> Client:
        return Client(headers={"Authorization": f"Bearer {secret}"})

    @property
    def neighbour(self) -> Client:
        return self.bearer(self.foreign_secret)

    def send(self, client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
        content = body if isinstance(body, bytes | str) else json.dumps({} if body is None else body)
        return client.generic(method, path, content, "application/json", headers=headers)

    def assert_problem(self, response: Any, status: int, pointer: str = "", code: str = "") -> dict[str, Any]:
        """The answer is a problem document of that status, naming the pointer and code where given."""
        assert response.status_code == status, response.content[:2000]
        assert response["Content-Type"] == PROBLEM
        body: dict[str, Any] = response.json()
        assert {"type", "title", "status", "detail"} <= body.keys()
        assert body["status"] == status
        if pointer:
            assert pointer in [error["pointer"] for error in body["errors"]]
        if code:
            assert code in [body.get("code"), *[error["code"] for error in body.get("errors", ())]]
        return body


class ListSuite(ApiTestCase):
    """Facts: path, permission, queries (of a page, by token), orderings; `make(n)` adds objects where there are few."""

    path: ClassVar[str] = ""
    permission: ClassVar[Permission]
    queries: ClassVar[int]
    key: ClassVar[str] = "id"
    readers: ClassVar[frozenset[Role] | None] = None

    def make(self, count: int) -> None:
        """More objects for the list."""

    @property
    def reader(self) -> Client:
        return self.role(sorted(self.allowed)[0])

    @property
    def allowed(self) -> frozenset[Role]:
        return ALLOWED[self.permission] if self.readers is None else self.readers

    def view(self) -> Any:
        """The viewset that answers."""
        answer: Any = self.reader.get(self.path)
        return answer.resolver_match.func.cls

    def pages(self, query: str = "", client: Client | None = None) -> Iterator[dict[str, Any]]:
        url: str | None = f"{self.path}?{query}"
        while url:
            page = (client or self.reader).get(url)
            assert page.status_code == 200, page.content
            yield page.json()
            url = page.json()["next"]

    def test_without_a_token_it_is_401_and_says_how(self) -> None:
        response = Client().get(self.path)
        self.assert_problem(response, 401)
        assert response["WWW-Authenticate"] == "Bearer"

    def test_each_role_reads_what_the_table_says(self) -> None:
        for role in Role:
            with self.subTest(role):
                expected = 200 if role in self.allowed else 403
                assert self.role(role).get(self.path).status_code == expected

    def test_an_operator_reads_it_by_session(self) -> None:
        browser = Client()
        browser.force_login(self.operator)
        assert browser.get(self.path).status_code == 200

    def test_pages_hold_every_object_once_and_lead_back(self) -> None:
        self.make(7)
        whole = [row[self.key] for page in self.pages("page_size=500") for row in page["results"]]
        size = max(len(whole) // 3, 1)
        pages = list(self.pages(f"page_size={size}"))
        assert [row[self.key] for page in pages for row in page["results"]] == whole
        assert len(set(whole)) == len(whole)
        assert pages[0]["previous"] is None
        for earlier, later in itertools.pairwise(pages):
            assert self.reader.get(later["previous"]).json()["results"] == earlier["results"]

    def test_every_ordering_holds_every_object_once(self) -> None:
        self.make(3)
        view = self.view()
        everything = {row[self.key] for page in self.pages("page_size=500") for row in page["results"]}
        for name in [sign + name for name in view.ordering_fields for sign in ("", "-")]:
            with self.subTest(name):
                size = max(len(everything) // 2, 1)
                found = [
                    r[self.key] for p in self.pages(f"ordering={name}&page_size={size}") for r in p["results"]
                ]
                assert sorted(found) == sorted(everything)

    def test_what_is_not_declared_is_an_error(self) -> None:
        for query, pointer in {
            "colour=red": "?colour",
            "page_size=0": "?page_size",
            "page_size=501": "?page_size",
            "page_size=many": "?page_size",
            "page_size=5&page_size=6": "?page_size",
            "ordering=digest": "?ordering",
            "cursor=nonsense": "?cursor",
            "cursor=%00": "?cursor",
            "page_size=": "?page_size",
            "format=xml": "?format",
        }.items():
            with self.subTest(query):
                self.assert_problem(self.reader.get(f"{self.path}?{query}"), 400, pointer)

    def test_filters_refuse_what_they_cannot_use_and_take_the_rest(self) -> None:
        view = self.view()
        for name, one in view.filterset_class.base_filters.items():
            with self.subTest(name):
                self.assert_problem(self.reader.get(self.path, {name: "x\0"}), 400, f"?{name}")
                self.assert_problem(self.reader.get(self.path, {name: "x" * 301}), 400, f"?{name}")
                value = one.schema.get("enum", [FORMATS.get(one.schema.get("format"), "x")])[0]
                assert self.reader.get(self.path, {name: value}).status_code == 200

    def test_a_page_takes_the_same_queries_for_one_and_for_many(self) -> None:
        self.make(1)
        few = self._queries("?page_size=1")
        self.make(ROWS)
        many = self._queries(f"?page_size={ROWS}")
        assert few == many
        assert many == self.queries

    def _queries(self, query: str) -> int:
        reader = self.reader
        reader.get(self.path)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert reader.get(self.path + query).status_code == 200
        return len(captured)

    def test_other_methods_and_media_types_are_problems(self) -> None:
        self.assert_problem(self.send(self.reader, "PUT", self.path), 405)
        self.assert_problem(self.send(self.reader, "OPTIONS", self.path), 405)
        self.assert_problem(self.reader.get(self.path, headers={"Accept": "text/html"}), 406)
        self.assert_problem(self.reader.get(f"{self.path}99999999999999999999/"), 404)


FORMATS = {"date-time": "2026-01-01T00:00:00Z", "uuid": "72f988bf-0000-4000-8000-00000000c047"}


class EndpointSuite(ListSuite):
    """A list under `/tenants/contoso/`. Facts besides: writes, `foreign()` (an object's id in fabrikam).

    writer: a role that may do all the writes.
    """

    writes: ClassVar[tuple[Write, ...]] = ()
    writer: ClassVar[Role] = Role.TENANT_ADMIN
    has_past: ClassVar[bool] = True

    def fresh(self, write: Write) -> str:
        """The id of an object that the write can be done to."""
        raise NotImplementedError

    def foreign(self) -> str:
        """The id of an object of fabrikam."""
        raise NotImplementedError

    def own(self) -> str:
        """The id of an object of contoso."""
        return str(self.reader.get(self.path).json()["results"][0]["id"])

    def test_another_tenants_list_is_like_a_missing_one(self) -> None:
        missing = self.path.replace("contoso", "nobody")
        bodies = [self.assert_problem(self.neighbour.get(path), 404) for path in (self.path, missing)]
        for body in bodies:
            body.pop("instance", None)
        assert bodies[0] == bodies[1]

    def test_another_tenants_object_is_like_a_missing_one(self) -> None:
        self.make(1)
        foreign = self.foreign()
        for client, id_ in ((self.reader, foreign), (self.neighbour, self.own()), (self.reader, "987654321")):
            self.assert_problem(client.get(f"{self.path}{id_}/"), 404)

    def test_foreign_objects_cannot_be_written(self) -> None:
        for write in self.writes:
            with self.subTest(write.path or write.method):
                path = self.path + write.path.format(id=self.foreign() if "{id}" in write.path else "")
                client = self.neighbour if "{id}" not in write.path else self.role(self.writer)
                headers = {"If-Match": "*"} if write.needs_tag else {}
                self.assert_problem(self.send(client, write.method, path, write.body, **headers), 404)

    def test_each_role_writes_what_the_table_says(self) -> None:
        for write in self.writes:
            for role in Role:
                with self.subTest(f"{role} {write.method} {write.path}"):
                    answer = self.do(write, self.role(role))
                    if role in ALLOWED[write.permission]:
                        assert answer.status_code not in (401, 403, 404), answer.content
                    else:
                        self.assert_problem(answer, 403)

    def do(self, write: Write, client: Client, body: Any = None, **headers: str) -> Any:
        path = self.path + (write.path.format(id=self.fresh(write)) if "{id}" in write.path else write.path)
        tag = {"If-Match": "*"} if write.needs_tag else {}
        return self.send(client, write.method, path, write.body if body is None else body, **(tag | headers))

    def test_every_write_leaves_its_record(self) -> None:
        for write in self.writes:
            with self.subTest(write.activity):
                answer = self.do(write, self.role(self.writer))
                assert answer.status_code in (200, 201, 204), answer.content
                events = AuditEvent.objects.for_tenant(self.contoso).select_related("attribution")
                event = events.filter(activity=write.activity).order_by("-id").first()
                assert event is not None
                assert event.attribution.origin == "api"
                assert event.attribution.actor_type == "service"
                assert event.attribution.actor_role == self.writer
                assert str(event.attribution.correlation_id) == answer["X-Request-ID"]

    def test_bad_bodies_are_readable_problems(self) -> None:
        admin = self.role(self.writer)
        for write in self.writes:
            if write.method == "DELETE":
                continue
            cases: list[tuple[Any, str]] = [
                ("{", ""), ("[]", "#"), ("[" * 100_000, ""), ('{"a": 1, "a": 2}', ""), ("NaN", ""), (b"\xff", ""),
                ('"\\ud800"', "#"), ({**write.body, "colour": 1}, "#/colour"), ('{"\\ud800": 1}', ""),
            ]  # fmt: skip
            if write.text_field:
                cases += [
                    ({**write.body, write.text_field: bad}, f"#/{write.text_field}") for bad in BAD_TEXTS
                ]
            for body, pointer in cases:
                with self.subTest(f"{write.path} {str(body)[:60]}"):
                    self.assert_problem(self.do(write, admin, body), 400, pointer)

    def test_only_json_is_understood(self) -> None:
        for write in self.writes:
            if write.method == "POST" and "{id}" not in write.path:
                form = self.role(self.writer).post(self.path, {"name": "x"})
                self.assert_problem(form, 415)

    def test_updates_need_the_current_tag(self) -> None:
        admin = self.role(self.writer)
        for write in self.writes:
            with self.subTest(write.path):
                self.assert_problem(
                    self.do(write, admin, **{"If-Match": '"1"'}), 412
                ) if "{id}" in write.path else None
                if write.needs_tag:
                    path = self.path + write.path.format(id=self.fresh(write))
                    self.assert_problem(self.send(admin, write.method, path, write.body), 428)
                    tag = admin.get(path)["ETag"]
                    done = self.send(admin, write.method, path, write.body, **{"If-Match": tag})
                    assert done.status_code in (200, 204), done.content

    def test_a_tag_says_when_nothing_changed(self) -> None:
        self.make(1)
        path = f"{self.path}{self.own()}/"
        first = self.reader.get(path)
        again = self.reader.get(path, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert self.reader.get(path, headers={"If-None-Match": '"other"'}).status_code == 200

    def test_a_repeated_post_is_done_once(self) -> None:
        admin = self.role(self.writer)
        for number, write in enumerate(write for write in self.writes if write.method == "POST"):
            with self.subTest(write.path):
                path = self.path + write.path.format(id=self.fresh(write) if "{id}" in write.path else "")
                key = {"Idempotency-Key": f"key-{number}"}
                first = self.send(admin, "POST", path, write.body, **key)
                count = AuditEvent.objects.for_tenant(self.contoso).count()
                second = self.send(admin, "POST", path, write.body, **key)
                assert AuditEvent.objects.for_tenant(self.contoso).count() == count
                self.check_repetition(first, second)
                other = self.send(admin, "POST", path, {**write.body, "colour": 1}, **key)
                self.assert_problem(other, 422, code="key_reused")

    def check_repetition(self, first: Any, second: Any) -> None:
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert first["ETag"] == second["ETag"]

    def test_past_states_are_shown_as_known_then(self) -> None:
        if not self.has_past:
            return
        before = timezone.now() - timedelta(days=1)
        self.make(1)
        now = moment()
        assert self.reader.get(self.path, {"as_of": before.isoformat()}).json()["results"] == []
        past = self.reader.get(self.path, {"as_of": now, "page_size": "500"})
        assert past.json()["results"] == self.reader.get(self.path, {"page_size": 500}).json()["results"]
        path = f"{self.path}{self.own()}/"
        assert self.reader.get(path, {"as_of": now}).json() == self.reader.get(path).json()
        self.assert_problem(self.reader.get(path, {"as_of": before.isoformat()}), 404)

    def test_an_instant_needs_a_zone_and_lies_in_the_past(self) -> None:
        tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
        for text in (
            "2026-11-20T10:00:00",
            "yesterday",
            "2026-13-01T00:00:00Z",
            tomorrow,
            "0001-01-01T00:00:00+14:00",
        ):
            with self.subTest(text):
                self.assert_problem(self.reader.get(self.path, {"as_of": text}), 400, "?as_of")
        assert self.reader.get(f"{self.path}?as_of=2026-01-01T00:00:00+01:00").status_code == 200


BAD_TEXTS: tuple[Any, ...] = ("a\0b", "x" * 300_000, {"a": 1}, "\ud800")


class CatalogSuite(ListSuite):
    """A list of the shared catalog."""

    permission = Permission.VIEW_CATALOG
    queries = 2
    key = "code"

    def test_nobody_writes_here(self) -> None:
        self.assert_problem(self.send(self.role(Role.TENANT_ADMIN), "POST", self.path, {}), 405)

    def test_one_is_found_by_its_code_now_and_in_its_edition(self) -> None:
        code = self.reader.get(self.path).json()["results"][0]["code"]
        now = self.reader.get(f"{self.path}{code}/")
        assert now.json()["code"] == code
        for query in ({"edition": "1"}, {"catalog": "intune"}, {"catalog": "intune", "edition": "1"}):
            past = self.reader.get(f"{self.path}{code}/", query)
            assert (past.json(), past["ETag"]) == (now.json(), now["ETag"])
        again = self.reader.get(f"{self.path}{code}/", headers={"If-None-Match": now["ETag"]})
        assert again.status_code == 304

    def test_the_edition_reads_like_the_present_that_it_still_is(self) -> None:
        past = [row for page in self.pages("edition=1&page_size=100") for row in page["results"]]
        now = [row for page in self.pages("page_size=100") for row in page["results"]]
        assert past == now

    def test_unknown_editions_and_catalogs_do_not_exist(self) -> None:
        for query in ({"edition": "77"}, {"catalog": "jamf"}, {"catalog": "jamf", "edition": "1"}):
            self.assert_problem(self.reader.get(self.path, query), 404)
        for text in ("x", "-1", "1.5", "9" * 30):
            self.assert_problem(self.reader.get(self.path, {"edition": text}), 400, "?edition")
