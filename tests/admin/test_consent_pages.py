"""The pages of sharing consents; first of all the main job, from the grant to the auditor."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from audit.models import AuditEvent
from catalog.models import Flow, Service
from consents.models import Consent, CoveredFlow
from consents.services import grant_consent, request_consent
from tenants.models import Tenant
from tests.admin.suite import MISSING, TenantPageSuite, Writing, at_work

DECIDERS = frozenset({"admin", "officer", "operator"})


def _vpp() -> Service:
    service: Service = Service.objects.select_related("third_party").get(catalog__code="intune", code="vpp")
    return service


class ConsentPageTests(TenantPageSuite):
    model = Consent
    writings = (
        Writing(
            "add",
            {
                "service": lambda _: _vpp().pk,
                "connection": "berlin {by}",
                "justification": "Apps for schools.",
            },
            "consent.requested",
            frozenset({"admin", "officer"}),
            wrong={"service": lambda _: _vpp().pk, "terms_url": "javascript:alert(1)"},
        ),
        Writing(
            "grant", {"reason": "Checked."}, "consent.granted", DECIDERS, wrong={"effective_from": "soon"}
        ),
        Writing("decline", {"reason": "Not needed."}, "consent.declined", DECIDERS, wrong={"reason": " "}),
    )

    def make(self, tenant: Tenant, name: str) -> Consent:
        number = Consent.objects.for_tenant(tenant).count()
        return request_consent(tenant=tenant, service=_vpp(), by=self.operator, connection=f"{name}-{number}")

    def granted(self) -> Consent:
        with at_work():
            return grant_consent(consent=self.one(), by=self.operator, reason="Checked.")

    # --- The main job ---

    def test_grant_see_withdraw_and_show_the_auditor(self) -> None:
        self.enter("admin")
        tiles = self.client.get(self.url("add"))
        self.assertContains(tiles, f"?service={_vpp().pk}")

        asked = self.client.get(self.url("add"), {"service": _vpp().pk})
        for flow in Flow.objects.current().filter(service=_vpp()):
            self.assertContains(asked, flow.name)
        self.client.post(
            self.url("add"), {"service": _vpp().pk, "connection": "Berlin", "justification": "Apps"}
        )
        consent = Consent.objects.for_tenant(self.contoso).get(service=_vpp())

        before_grant = self.client.get(self.url("grant", consent.pk))
        self.assertContains(before_grant, "Would flow to Apple")
        granted = self.client.post(
            self.url("grant", consent.pk), {"reason": "Contract 7 covers it."}, follow=True
        )
        self.assertContains(granted, "is granted")
        self.assertContains(granted, "May flow to Apple")

        self.assertContains(
            self.client.get(self.url("withdraw", consent.pk)), "From this moment nothing may flow"
        )
        withdrawn = self.client.post(
            self.url("withdraw", consent.pk), {"reason": "The pilot ended."}, follow=True
        )
        self.assertContains(withdrawn, "Withdrawn: nothing may flow")
        self.assertContains(withdrawn, "Was agreed to flow to Apple")
        consent.refresh_from_db()
        assert consent.state == "withdrawn"

        self.enter("auditor")
        page = self.client.get(self.url("change", consent.pk))
        for words in ("Apps", "Contract 7 covers it.", "The pilot ended.", "admin@contoso.example", "UTC"):
            self.assertContains(page, words)
        timeline = self.client.get(reverse("admin:audit_auditevent_changelist"))
        for words in (
            "Consent: requested",
            "Consent: granted",
            "Consent: withdrawn",
            "Apple Volume Purchase Program",
        ):
            self.assertContains(timeline, words)

    def test_what_was_agreed_stays_as_it_was_agreed(self) -> None:
        consent = self.granted()
        covered = CoveredFlow.objects.for_tenant(self.contoso).filter(consent=consent)
        self.enter("auditor")
        page = self.client.get(self.url("change", consent.pk))
        self.assertContains(page, f"({covered.filter(direction='to_third_party').count()}, of which")
        for flow in covered:
            self.assertContains(page, flow.name)

    # --- Refusals are never successes ---

    def test_what_the_state_forbids_is_said_and_not_done(self) -> None:
        consent = self.granted()
        self.enter("admin")
        answer = self.client.post(self.url("grant", consent.pk), {"reason": "Again."})
        self.assertContains(answer, "Only a requested consent can be granted", status_code=409)
        self.assertNotContains(answer, "The consent for", status_code=409)
        asked = self.client.get(self.url("grant", consent.pk), follow=True)
        self.assertContains(asked, "not possible in the present state")

    def test_a_reason_is_asked_for(self) -> None:
        consent = self.granted()
        self.enter("admin")
        self.assertContains(
            self.client.post(self.url("withdraw", consent.pk), {"reason": "  "}), "This field is required"
        )
        consent.refresh_from_db()
        assert consent.state == "granted"

    def test_the_same_request_twice_is_explained(self) -> None:
        first = self.one()
        self.enter("admin")
        answer = self.client.post(self.url("add"), {"service": _vpp().pk, "connection": first.connection})
        self.assertContains(answer, "waits for a decision already")

    def test_a_closing_tenant_agrees_to_nothing_new_and_can_withdraw(self) -> None:
        consent = self.granted()
        with at_work():
            Tenant.objects.filter(pk=self.contoso.pk).update(status="closing")
        self.enter("admin")
        refused = self.client.post(self.url("add"), {"service": _vpp().pk, "connection": "new"})
        self.assertContains(refused, "nothing new can be agreed to", status_code=409)
        self.client.post(self.url("withdraw", consent.pk), {"reason": "Closing."})
        consent.refresh_from_db()
        assert consent.state == "withdrawn"

    def test_services_that_do_not_exist_lead_back_to_the_choice(self) -> None:
        self.enter("admin")
        for service in (str(MISSING), "'", "9" * 40, "²", "no-such"):
            self.assertContains(
                self.client.get(self.url("add"), {"service": service}), "Choose what is to be switched on"
            )
        self.assertContains(
            self.client.post(self.url("add"), {"service": MISSING}), "not one of the available choices"
        )

    def test_a_link_cannot_fill_in_a_decision(self) -> None:
        consent = self.one()
        self.enter("admin")
        page = self.client.get(self.url("grant", consent.pk), {"reason": "Slipped in."})
        self.assertNotContains(page, "Slipped in.")

    def test_a_service_is_found_by_its_code_too(self) -> None:
        self.enter("admin")
        self.assertContains(self.client.get(self.url("add"), {"service": "vpp"}), "Would flow to Apple")

    # --- What the page asks of the database ---

    def test_the_page_asks_as_often_for_many_flows_as_for_few(self) -> None:
        consent = self.granted()
        self.enter("auditor")
        with self.assertNumQueries(self._queries(self.url("change", consent.pk))):
            self.client.get(self.url("change", consent.pk))
        assert self._queries(self.url("change", consent.pk)) < 32

    def test_states_filter_the_list(self) -> None:
        consent = self.granted()
        self.enter("auditor")
        for state, is_there in (
            ("granted", True),
            ("requested", False),
            ("expired", False),
            ("withdrawn", False),
        ):
            page = self.client.get(self.url("changelist"), {"state": state})
            check: Any = self.assertContains if is_there else self.assertNotContains
            check(page, self.url("change", consent.pk))

    def test_an_auditor_is_offered_no_deed(self) -> None:
        consent = self.granted()
        self.enter("auditor")
        page = self.client.get(self.url("change", consent.pk))
        self.assertNotContains(page, self.url("withdraw", consent.pk))
        self.assertNotContains(self.client.get(self.url("changelist")), self.url("add"))

    def test_terms_are_shown_as_text(self) -> None:
        self.enter("admin")
        data = {"service": _vpp().pk, "terms_text": "<script>alert(1)</script>", "connection": "x"}
        self.client.post(self.url("add"), data)
        consent = Consent.objects.for_tenant(self.contoso).get(connection="x")
        page = self.client.get(self.url("change", consent.pk))
        self.assertNotContains(page, "<script>alert(1)")
        self.assertContains(page, consent.terms_sha256)
        assert AuditEvent.objects.about(consent).exists()
