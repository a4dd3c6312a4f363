"""The timelines through the API."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from audit.timeline import describe
from catalog.models import Service
from consents.services import grant_consent, request_consent
from tenants.models import Membership, Tenant, User
from tenants.roles import Permission, Role
from tenants.services import add_member, change_role
from tests.api import suite


class TestTenantEvents(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/audit-events/"
    permission = Permission.VIEW_EVENTS
    queries = 4

    def make(self, count: int) -> None:
        """One kind of event, newest, so that every page holds the same."""
        with self.door():
            for number in range(count):
                Tenant.objects.filter(pk=self.contoso.pk).update(name=f"Contoso {number} {count}")

    def foreign(self) -> str:
        return str(AuditEvent.objects.for_tenant(self.fabrikam).latest("id").pk)

    def test_past_states_are_shown_as_known_then(self) -> None:
        before = AuditEvent.objects.for_tenant(self.contoso).latest("id")
        self.make(1)
        shown = self.reader.get(self.path, {"as_of": before.occurred_at.isoformat(), "page_size": "1"}).json()
        assert shown["results"][0]["id"] == str(before.pk)

    def test_the_shape_of_an_event(self) -> None:
        with self.door():
            member = Membership.objects.for_tenant(self.contoso).get(user=self.auditor)
            change_role(
                membership=member, role="privacy_officer", by=self.operator, reason="Covers the holidays"
            )
        event = self.reader.get(self.path, {"activity": "member.role_changed"}).json()["results"][0]
        shown = "id occurred_at action activity category result actor origin reason correlation_id"
        assert set(event) == {*shown.split(), "resources", "details", "seal"}
        assert (event["action"], event["category"], event["result"]) == ("assign", "members", "success")
        actor = {"type": "user", "id": f"user:{self.operator.pk}", "name": "operator", "role": "operator"}
        assert event["actor"] == {**actor, "ip_address": "", "on_behalf_of": ""}
        assert (event["reason"], event["seal"]) == ("Covers the holidays", None)
        assert event["occurred_at"].endswith("Z")
        (resource,) = event["resources"]
        assert (resource["type"], resource["id"]) == ("tenants.membership", str(member.pk))
        change = {"name": "role", "old_value": "auditor", "new_value": "privacy_officer"}
        assert resource["modified_properties"] == [change]

    def test_creation_has_nothing_before_and_removal_nothing_after(self) -> None:
        with self.door():
            member = add_member(tenant=self.contoso, username="guest", role="auditor", by=self.operator)
            key = str(member.pk)
            member.delete()
        newest = self.reader.get(
            self.path, {"resource_type": "tenants.membership", "resource_id": key}
        ).json()
        removed, added = (
            {
                p["name"]: (p["old_value"], p["new_value"])
                for p in event["resources"][0]["modified_properties"]
            }
            for event in newest["results"]
        )
        assert (added["role"], removed["role"]) == ((None, "auditor"), ("auditor", None))
        assert (added["user"], removed["user"]) == ((None, "guest"), ("guest", None))

    def test_filters(self) -> None:
        with self.door():
            Tenant.objects.filter(pk=self.contoso.pk).update(country="AT")
        newest = self.reader.get(self.path, {"page_size": 1}).json()["results"][0]
        for query in (
            {"actor": "operator", "activity": "tenant.updated"},
            {"actor": newest["actor"]["id"], "category": "tenants"},
            {"action": "update", "resource_type": "tenants.tenant", "resource_id": str(self.contoso.pk)},
            {"correlation_id": newest["correlation_id"]},
            {"occurred_after": newest["occurred_at"]},
            {"search": "contoso tenant.updated"},
            {"origin": "command", "result": "success"},
        ):
            with self.subTest(query):
                found = self.reader.get(self.path, query).json()["results"]
                assert found[0]["id"] == newest["id"]
        earlier = self.reader.get(self.path, {"occurred_before": newest["occurred_at"], "page_size": 500})
        assert newest["id"] not in [event["id"] for event in earlier.json()["results"]]
        later = (timezone.now() + timedelta(days=1)).isoformat()
        assert self.reader.get(self.path, {"occurred_after": later}).json()["results"] == []

    def test_a_page_of_every_kind_is_described_in_a_bounded_number_of_queries(self) -> None:
        with self.door():
            for number in range(3):
                service = Service.objects.get(code="vpp")
                asked = request_consent(
                    tenant=self.contoso, service=service, connection=str(number), by=self.operator
                )
                grant_consent(consent=asked, by=self.operator, reason="Agreed")
        events = list(
            AuditEvent.objects.for_tenant(self.contoso).order_by("-id").select_related("attribution")
        )
        kinds = {event.resource_type for event in events}
        with CaptureQueriesContext(connection) as captured:
            described = describe(events)
        assert [d.event for d in described] == events
        assert len(captured) <= 2 * len(kinds) + 5

    def test_words_for_people(self) -> None:
        with self.door():
            member = Membership.objects.for_tenant(self.contoso).get(user=self.auditor)
            change_role(membership=member, role="privacy_officer", by=self.operator)
        newest = AuditEvent.objects.for_tenant(self.contoso).latest("id")
        (described,) = describe([newest])
        (change,) = described.changes
        assert (change.label, change.old_words, change.new_words) == ("Role", "Auditor", "Privacy officer")
        assert (described.activity_words, described.resource_words) == ("Member: role changed", "membership")


class TestPlatformEvents(suite.ListSuite):
    path = "/api/v1/audit-events/"
    permission = Permission.MANAGE_TENANT
    queries = 5

    def setUp(self) -> None:
        self.browser = Client()
        self.browser.force_login(self.operator)

    @property
    def reader(self) -> Client:
        """Signed in once: signing in is an event, too."""
        return self.browser

    def make(self, count: int) -> None:
        """One kind of event, newest, so that every page holds the same."""
        with self.door():
            for number in range(count):
                User.objects.filter(pk=self.officer.pk).update(display_name=f"{number} of {count}")

    def test_only_the_platforms_own_events_are_here(self) -> None:
        with self.door():
            self.officer.display_name = "Officer"
            self.officer.save()
            Tenant.objects.filter(pk=self.contoso.pk).update(country="AT")
        newest = self.reader.get(self.path, {"page_size": 500}).json()["results"]
        assert "user.updated" in [event["activity"] for event in newest]
        ids = [int(event["id"]) for event in newest]
        assert not AuditEvent.objects.for_tenants([self.contoso, self.fabrikam]).filter(pk__in=ids).exists()

    def test_a_tenants_event_is_not_found_here(self) -> None:
        event = AuditEvent.objects.for_tenant(self.contoso).latest("id")
        self.assert_problem(self.reader.get(f"{self.path}{event.pk}/"), 404)
        self.assert_problem(self.role(Role.AUDITOR).get(f"{self.path}{event.pk}/"), 403)
