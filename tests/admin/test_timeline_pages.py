"""The timeline's pages: one timeline at a time, its filters, an entry's differences, and who may see which."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.context import Origin, acting
from audit.models import AuditEvent
from audit.services import record
from tenants.models import Tenant
from tenants.services import change_tenant
from tests.admin.suite import MANY, TenantPageSuite, at_work

FILTERS = {
    "action__exact": ("update", "delete"),
    "activity": ("tenant.updated", "tenant.closed"),
    "category": ("tenants", "consents"),
    "actor": ("user:{operator}", "user:0"),
    "origin": ("command", "portal"),
    "result__exact": ("success", "failure"),
    "kind": ("tenants.tenant", "consents.consent"),
    "period": ("1", None),
    "since": ("2020-01-01", "2999-01-01"),
    "until": ("2999-01-01", "2020-01-01"),
    "request": ("{request}", "0f0e0d0c-0000-4000-8000-000000000000"),
    "q": ("Renamed", "nothing-like-it"),
}


class TimelinePageTests(TenantPageSuite):
    model = AuditEvent
    history = False
    readers = ("officer", "admin", "auditor")

    def make(self, tenant: Tenant, name: str) -> AuditEvent:
        return record(
            "export.downloaded", category="catalog", tenant=tenant, resource=tenant, resource_name=name
        )

    def renamed(self) -> AuditEvent:
        actor: Any = self.operator.as_actor()
        with acting(origin=Origin.COMMAND, ip_address="192.0.2.7", **actor):
            change_tenant(tenant=self.contoso, by=self.operator, name="Renamed", reason="Merger <b>")
        event: Any = AuditEvent.objects.for_tenant(self.contoso).filter(activity="tenant.updated").last()
        assert event is not None
        return event  # type: ignore[no-any-return]

    def test_the_switcher_narrows_the_list_and_leaves_addresses_working(self) -> None:
        """Without a choice an operator sees the platform's own timeline; with one, that tenant's."""
        mine = self.one()
        self.enter("operator")
        self.assertNotContains(self.client.get(self.url("changelist")), self.url("change", mine.pk))
        self.client.post(reverse("admin:choose_tenant"), {"tenant": "contoso"})
        self.assertContains(self.client.get(self.url("changelist")), self.url("change", mine.pk))

    def test_the_platforms_timeline_is_for_operators(self) -> None:
        with at_work():
            event = record("catalog.exported", category="catalog")
        url = f"{self.url('changelist')}?timeline=platform"
        self.enter("operator")
        self.assertContains(self.client.get(url), self.url("change", event.pk))
        self.enter("auditor")
        self.assertNotContains(self.client.get(url), self.url("change", event.pk))
        assert self.client.get(self.url("change", event.pk)).status_code == 404

    def test_another_tenants_timeline_is_as_empty_as_a_missing_one(self) -> None:
        event = self.one()
        self.enter("fabrikam_auditor")
        for slug in ("contoso", "no-such"):
            answer = self.client.get(f"{self.url('changelist')}?timeline={slug}")
            self.assertNotContains(answer, self.url("change", event.pk))
            assert answer.context["cl"].result_count == 0

    def test_each_filter_finds_and_hides(self) -> None:
        event = self.renamed()
        self.enter("auditor")
        for parameter, (finds, hides) in FILTERS.items():
            values = {"operator": self.operator.pk, "request": event.attribution.correlation_id}
            found = self.client.get(self.url("changelist"), {parameter: finds.format(**values)})
            self.assertContains(found, self.url("change", event.pk), msg_prefix=parameter)
            if hides:
                hidden = self.client.get(self.url("changelist"), {parameter: hides})
                self.assertNotContains(hidden, self.url("change", event.pk), msg_prefix=parameter)

    def test_periods_at_the_ends_of_the_calendar_and_no_numbers_are_answered(self) -> None:
        event = self.renamed()
        self.enter("auditor")
        for zone in ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
            for query, finds in {
                "until=9999-12-31": True,
                "until=0001-01-01": False,
                "since=0001-01-01": True,
                "since=9999-12-31": False,
                "period=%C2%B2": True,
            }.items():
                with self.subTest(f"{zone} {query}"), override_settings(TIME_ZONE=zone):
                    answer = self.client.get(f"{self.url('changelist')}?{query}")
                    assert answer.status_code == 200
                    assert (self.url("change", event.pk) in answer.content.decode()) is finds

    def test_an_entry_shows_old_and_new_and_who_from_where_and_why(self) -> None:
        self.enter("auditor")
        page = self.client.get(self.url("change", self.renamed().pk))
        for words in (
            "<del>Contoso</del>",
            "<ins>Renamed</ins>",
            "192.0.2.7",
            "Merger &lt;b&gt;",
            "Command line",
            "UTC",
        ):
            self.assertContains(page, words)

    def test_the_history_of_the_tenant_says_the_same(self) -> None:
        event = self.renamed()
        self.enter("auditor")
        page = self.client.get(reverse("admin:tenants_tenant_history", args=[self.contoso.pk]))
        for words in ("<del>Contoso</del>", "<ins>Renamed</ins>", "192.0.2.7", "Merger &lt;b&gt;"):
            self.assertContains(page, words)
        self.assertContains(page, self.url("change", event.pk))

    def test_everything_that_one_request_did_is_together(self) -> None:
        with at_work():
            first, second = (
                record(f"export.part_{n}", category="catalog", tenant=self.contoso) for n in (1, 2)
            )
        self.enter("auditor")
        page = self.client.get(self.url("change", first.pk))
        self.assertContains(page, self.url("change", second.pk))

    def test_pages_of_the_history_follow_each_other(self) -> None:
        with at_work():
            for number in range(MANY):
                change_tenant(tenant=self.contoso, by=self.operator, name=f"Contoso {number}")
        self.enter("auditor")
        url = reverse("admin:tenants_tenant_history", args=[self.contoso.pk])
        self.assertContains(self.client.get(url), "Page 1 of 2")
        self.assertContains(self.client.get(url, {"p": 2}), "Newer")
        for page in ("abc", "-1", "999999"):
            assert self.client.get(url, {"p": page}).status_code == 200
        assert self._queries(url) < 15

    def test_sorting_is_by_time_only(self) -> None:
        self.enter("auditor")
        assert self.page.get_sortable_by(None) == ("time",)

    def test_it_is_called_timeline_and_an_entry_what_it_says(self) -> None:
        self.enter("auditor")
        self.assertContains(self.client.get(self.url("changelist")), "<title> Timeline | Privacy Console")
        page = self.client.get(self.url("change", self.renamed().pk))
        self.assertContains(page, '">Timeline</a>')
        self.assertContains(page, 'change/">Tenant: updated: Renamed</a>')

    def test_what_the_filters_offer_takes_one_question_however_much_there_is(self) -> None:
        with at_work():
            for number in range(MANY):
                self.make(self.contoso, f"number-{number}")
        request = RequestFactory().get(self.url("changelist"))
        request.user, request.session = self.auditor, SessionStore()
        with CaptureQueriesContext(connection) as asked:
            for _ in range(3):
                rows = self.page.recent_values(request)
        assert len([query for query in asked if "audit_auditevent" in query["sql"]]) == 1
        assert len([row for row in rows if row["activity"] == "export.downloaded"]) == 1
