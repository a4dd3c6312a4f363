"""What every admin page must keep, inherited by the tests of each: scope, roles, queries, lookups, bad input, trail."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.contrib import admin
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.context import Origin, acting
from audit.models import AuditEvent
from tenants.models import Tenant, User
from tests.cast import CastTestCase

MISSING = 987_654_321
MANY = 30
# A page of ten rows shows what one of fifty shows, and is sooner made.
ROWS = 10
KEEPSAKE = "keepsake"


@contextmanager
def at_work() -> Iterator[None]:
    """A door for what a test prepares."""
    with acting(origin=Origin.COMMAND, actor_name="the test"):
        yield


@dataclass(frozen=True)
class Writing:
    """A deed's page with what is sent to it: who may, and what the timeline calls it."""

    name: str
    data: Mapping[str, Any]
    activity: str
    allowed: frozenset[str] = frozenset({"admin", "operator"})
    denied: frozenset[str] = frozenset({"auditor"})
    wrong: Mapping[str, Any] = field(default_factory=dict)


class AdminPageSuite(CastTestCase):
    """Inherit, name the model, and say how to make one and many."""

    model: ClassVar[type[models.Model]]
    readers: ClassVar[tuple[str, ...]] = ("officer", "admin", "auditor", "operator")
    strangers: ClassVar[tuple[str, ...]] = ()
    writings: ClassVar[tuple[Writing, ...]] = ()
    in_steps: ClassVar[tuple[str, ...]] = ()  # deeds of several pages, which tests of their own try
    reader: ClassVar[str] = "admin"
    history: ClassVar[bool] = True
    __test__ = False

    def __init_subclass__(cls, **options: Any) -> None:
        """A suite is no test of its own: only what names a model is."""
        super().__init_subclass__(**options)
        cls.__test__ = hasattr(cls, "model")

    def make(self, tenant: Tenant, name: str) -> Any:
        """One more object of the tenant."""
        raise NotImplementedError

    def make_many(self, tenant: Tenant) -> None:
        """So many that a list which asks for each of its rows would be found out."""
        for number in range(MANY):
            self.make(tenant, f"number-{number}")

    def setUp(self) -> None:
        super().setUp()
        self.shows(ROWS)

    def shows(self, rows: int) -> None:
        """How many rows a page of the list has, until the test is over."""
        self.addCleanup(setattr, self.page, "list_per_page", self.page.list_per_page)
        self.page.list_per_page = rows

    # --- helpers ---

    def url(self, page: str, *args: Any) -> str:
        return reverse(f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_{page}", args=args)

    def enter(self, name: str) -> User:
        user: User = getattr(self, name)
        with at_work():
            self.client.force_login(user)
        return user

    def one(self) -> Any:
        with at_work():
            return self.make(self.contoso, KEEPSAKE)

    @property
    def page(self) -> Any:
        return admin.site.get_model_admin(self.model)

    def object_pages(self, key: Any) -> list[str]:
        return [self.url("change", key), self.url("history", key), self.url("delete", key)] + [
            self.url(deed.name, key) for deed in self.page.deeds
        ]

    # --- what each page must keep ---

    def test_readers_see_list_and_page(self) -> None:
        thing = self.one()
        for name in self.readers:
            self.enter(name)
            self.assertContains(
                self.client.get(self.url("changelist")), self.url("change", thing.pk), msg_prefix=name
            )
            assert self.client.get(self.url("change", thing.pk)).status_code == 200, name

    def test_strangers_to_the_page_are_refused(self) -> None:
        thing = self.one()
        for name in self.strangers:
            self.enter(name)
            for url in (self.url("changelist"), self.url("change", thing.pk)):
                assert self.client.get(url).status_code == 403, f"{name}: {url}"

    def test_whoever_is_no_member_is_sent_to_sign_in(self) -> None:
        self.enter("employee")
        for url in (self.url("changelist"), self.url("add"), *self.object_pages(self.one().pk)):
            self.assertRedirects(
                self.client.get(url), f"/admin/login/?next={url}", fetch_redirect_response=False
            )

    def test_missing_objects_are_404(self) -> None:
        self.enter("operator")
        for key in (MISSING, "abc", "9" * 40, "1'--", "_add"):
            for url in self.object_pages(key):
                assert self.client.get(url).status_code == 404, url

    def test_history_tells_who_and_when(self) -> None:
        thing = self.one()
        self.enter(self.reader)
        answer = self.client.get(self.url("history", thing.pk))
        assert answer.status_code == (200 if self.history else 404)
        if self.history:
            self.assertContains(answer, "UTC")

    def test_nothing_is_written_in_place_or_deleted(self) -> None:
        thing = self.one()
        self.enter("operator")
        before = self.model._base_manager.filter(pk=thing.pk).values().get()
        assert self.client.post(self.url("change", thing.pk), {"name": "other"}).status_code == 403
        assert self.client.post(self.url("delete", thing.pk), {"post": "yes"}).status_code == 403
        selection = {"action": "delete_selected", "_selected_action": thing.pk, "post": "yes"}
        assert self.client.post(self.url("changelist"), selection).status_code == 405
        assert self.model._base_manager.filter(pk=thing.pk).values().get() == before

    def test_the_list_asks_as_often_for_many_as_for_one(self) -> None:
        self.one()
        self.enter(self.reader)
        self.shows(2 * MANY)
        few = self._queries(self.url("changelist"))
        with at_work():
            self.make_many(self.contoso)
        assert self._queries(self.url("changelist")) == few

    def _queries(self, url: str) -> int:
        self.client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert self.client.get(url).status_code == 200
        return len(captured)

    def test_lookups_nobody_declared_are_refused(self) -> None:
        """Every one by the rule that the list asks; and for each field once, that the list does ask it."""
        self.enter(self.reader)
        lookups = itertools.cycle(("startswith", "gt", "regex", "contains"))
        for field_ in self.model._meta.concrete_fields:
            for lookup in ("startswith", "gt", "regex", "contains"):
                assert not self.page.lookup_allowed(f"{field_.name}__{lookup}", "a"), (
                    f"{field_.name}__{lookup}"
                )
            url = f"{self.url('changelist')}?{field_.name}__{next(lookups)}=a"
            assert self.client.get(url).status_code == 400, url
        assert self.client.get(f"{self.url('changelist')}?tenant__name__startswith=F").status_code == 400

    def test_bad_input_is_answered(self) -> None:
        self.one()
        self.shows(1)
        self.enter(self.reader)
        for query in (
            "p=abc",
            "p=99999999",
            "o=99",
            "o=-x.y",
            f"q={'w' * 5000}",
            "q=%00",
            "q=%27%22%25_",
            "all=1",
            "e=1",
        ):
            answer = self.client.get(f"{self.url('changelist')}?{query}")
            assert answer.status_code in (200, 302, 400), query
        for query in (f"{name}=%27no" for name in self._declared_parameters()):
            answer = self.client.get(f"{self.url('changelist')}?{query}")
            assert answer.status_code in (200, 302, 400), query

    def _declared_parameters(self) -> set[str]:
        return {name for declared in self.page.list_filter for name in self.page._parameters_of(declared)}

    # --- the deeds ---

    def _subject(self, writing: Writing) -> Any:
        return None if writing.name == "add" else self.one()

    def _address(self, writing: Writing, subject: Any) -> str:
        return self.url("add") if subject is None else self.url(writing.name, subject.pk)

    def test_deeds_are_done_and_recorded(self) -> None:
        for writing in self.writings:
            for name in sorted(writing.allowed):
                with self.subTest(deed=writing.name, by=name):
                    subject = self._subject(writing)
                    person = self.enter(name)
                    before = AuditEvent.objects.across_tenants().order_by("-id").first()
                    assert self.client.get(self._address(writing, subject)).status_code == 200
                    answer = self.client.post(self._address(writing, subject), self._data(writing, name))
                    assert answer.status_code in (200, 302), answer.content[:2000]
                    self.assertNotContains(answer, "errorlist", status_code=answer.status_code)
                    self._assert_recorded(writing, person, before.pk if before else 0)

    def _data(self, writing: Writing, name: str) -> dict[str, Any]:
        given = {key: value(self) if callable(value) else value for key, value in writing.data.items()}
        return {
            key: value.format(by=name) if isinstance(value, str) else value for key, value in given.items()
        }

    def _assert_recorded(self, writing: Writing, person: User, after: int) -> None:
        event = AuditEvent.objects.across_tenants().filter(pk__gt=after, activity=writing.activity).last()
        assert event is not None, f"{writing.activity} left no event"
        assert event.attribution.actor_id == f"user:{person.pk}"
        assert event.attribution.origin == Origin.ADMIN
        assert event.attribution.actor_role == (
            "operator" if person.is_operator else person.role_in(self.contoso)
        )
        if "reason" in writing.data:
            assert event.attribution.reason == writing.data["reason"]

    def test_deeds_a_role_may_not_do_are_refused(self) -> None:
        for writing in self.writings:
            for name in sorted(writing.denied):
                subject = self._subject(writing)
                self.enter(name)
                before = self._done()
                for answer in (
                    self.client.get(self._address(writing, subject)),
                    self.client.post(self._address(writing, subject), self._data(writing, name)),
                ):
                    assert answer.status_code == 403, f"{writing.name} by {name}"
                assert self._done() == before

    @staticmethod
    def _done() -> int:
        """How much stands in the trail, beside that somebody tried what they may not."""
        return AuditEvent.objects.across_tenants().exclude(activity="access.refused").count()

    def test_mistakes_are_shown_and_nothing_is_written(self) -> None:
        for writing in self.writings:
            subject = self._subject(writing)
            self.enter("operator" if "operator" in writing.allowed else self.reader)
            before = AuditEvent.objects.across_tenants().count()
            answer = self.client.post(self._address(writing, subject), writing.wrong or {})
            if writing.wrong:
                self.assertContains(answer, 'role="alert"')
                assert AuditEvent.objects.across_tenants().count() == before


class TenantPageSuite(AdminPageSuite):
    """For what belongs to a tenant: to everybody of another one it does not exist."""

    foreign_reader: ClassVar[str] = "fabrikam_admin"

    def test_another_tenants_objects_do_not_exist(self) -> None:
        thing = self.one()
        self.enter(self.foreign_reader)
        self.assertNotContains(self.client.get(self.url("changelist")), self.url("change", thing.pk))
        for foreign, missing in zip(self.object_pages(thing.pk), self.object_pages(MISSING), strict=True):
            for method in (self.client.get, self.client.post):
                answers = [method(foreign), method(missing)]
                assert [answer.status_code for answer in answers] == [404, 404], foreign
                texts = [
                    a.content.decode().replace(str(thing.pk), "?").replace(str(MISSING), "?") for a in answers
                ]
                assert str(thing) not in texts[0]

    def test_the_switcher_narrows_the_list_and_leaves_addresses_working(self) -> None:
        thing = self.one()
        self.enter("operator")
        self.client.post(reverse("admin:choose_tenant"), {"tenant": "fabrikam"})
        self.assertNotContains(self.client.get(self.url("changelist")), f'"{self.url("change", thing.pk)}')
        assert self.client.get(self.url("change", thing.pk)).status_code == 200


class PlatformPageSuite(AdminPageSuite):
    """For what all tenants share."""

    readers = ("officer", "admin", "auditor", "operator", "fabrikam_auditor")
