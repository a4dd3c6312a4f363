"""The pages of sharing consents; first of all the main job, from the grant to the auditor."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from catalog.models import Flow, Service
from consents.models import Consent, CoveredFlow
from consents.services import grant_consent, request_consent, set_consent_policy, withdraw_consent
from tenants.models import Tenant
from tests.admin.suite import MISSING, TenantPageSuite, Writing, at_work
from tests.admin.test_consent_overviews import one_more_flow
from tests.cast import CastTestCase
from tests.consents.lives import exists_for_years, granted, requested, step_done, withdrawn

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
        Writing("withdraw", {"reason": "Over."}, "consent.withdrawn", DECIDERS, wrong={"reason": " "}),
        Writing(
            "renew",
            {
                "justification": "One more year.",
                "legal_basis": "contract",
                "contract_signed_on": "2026-01-31",
            },
            "consent.requested",
            DECIDERS,
            wrong={"legal_basis": "because", "contract_signed_on": "31/1"},
        ),
    )
    AFTER_A_GRANT = ("withdraw", "renew")

    def _subject(self, writing: Writing) -> Any:
        return self.granted() if writing.name in self.AFTER_A_GRANT else super()._subject(writing)

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
        self.assertContains(answer, "waits for a decision already", status_code=409)

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

    def test_the_list_says_what_is_special_about_a_state(self) -> None:
        with at_work():
            tomorrow = timezone.now() + timedelta(days=1)
            granted(self.contoso, self.officer, connection="later", effective_from=tomorrow)
            withdrawn(self.contoso, self.officer, connection="over")
        self.enter("auditor")
        page = self.client.get(self.url("changelist"))
        self.assertContains(page, "Granted, begins on ")
        self.assertContains(page, "Withdrawn, 2 steps open")

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


class ConsentFileTests(CastTestCase):
    """A consent's page reads like a file."""

    def see(self, consent: Consent, person: Any = None, **query: Any) -> str:
        with at_work():
            self.client.force_login(person or self.auditor)
        answer = self.client.get(reverse("admin:consents_consent_change", args=[consent.pk]), query)
        assert answer.status_code == 200
        return answer.content.decode()

    def test_what_was_agreed_is_told_in_full(self) -> None:
        signed: dict[str, Any] = {
            "contract_signed_on": date(2026, 1, 31),
            "contract_ends_on": date(2027, 1, 31),
        }
        consent = granted(self.contoso, self.officer, **signed)
        page = self.see(consent)
        for words in (
            consent.contract_reference,
            consent.contract_parties,
            "31 Jan 2026",
            "31 Jan 2027",
            "Legitimate interests, Art. 6(1)(f)",
            "Standard contractual clauses, Art. 46(2)(c), Clauses of 2021",
            consent.terms_sha256,
            consent.terms_text,
            str(consent.record_id),
        ):
            assert words in page, words

    def test_a_missing_safeguard_is_said_where_the_country_needs_one(self) -> None:
        here = granted(self.contoso, self.officer, safeguard="", safeguard_reference="")
        assert "Apple is in US, outside the EU and EFTA." in self.see(here)
        there = granted(self.fabrikam, self.fabrikam_officer, safeguard="", safeguard_reference="")
        assert "Not needed: Fabrikam is in US" in self.see(there, self.fabrikam_auditor)

    def test_who_decided_in_which_role_and_from_where(self) -> None:
        consent = withdrawn(self.contoso, self.officer)
        page = self.see(consent)
        table = page.split("Who decided")[1].split("</table>")[0]
        assert re.findall(r'data-label="What"><div>(\w+)</div>', table) == [
            "Requested",
            "Granted",
            "Withdrawn",
        ]
        assert "privacy officer" in table
        assert "192.0.2.7" in table
        assert "No longer needed" in table

    def test_headlines(self) -> None:
        exists_for_years(self.contoso)
        now = timezone.now()
        later = granted(self.contoso, self.officer, connection="a", effective_from=now + timedelta(days=40))
        earlier = granted(self.contoso, self.officer, connection="b", effective_from=now - timedelta(days=40))
        gone = withdrawn(self.contoso, self.officer, connection="c")
        for consent, words in (
            (later, "Granted, begins on"),
            (later, "Granted, and not yet in force"),
            (earlier, "Recorded after the fact"),
            (gone, "Withdrawn, 2 steps open"),
        ):
            assert words in self.see(consent), words
        step_done(gone, self.officer)
        assert "Withdrawn, 1 step open" in self.see(gone)
        assert "Ticket 4711" in self.see(gone)

    def test_the_difference_to_the_present_catalog(self) -> None:
        consent = granted(self.contoso, self.officer)
        before = timezone.now().isoformat()
        assert "Needs renewal" not in self.see(consent)
        with at_work():
            one_more_flow()
        page = self.see(consent)
        assert "Needs renewal: 1 not covered" in page
        assert "Needs renewal: 1 more to the third party" in page
        assert "Shoe size" in page
        assert "Shoe size" not in self.see(consent, as_of=before)

    def test_renewals_are_chained(self) -> None:
        first = granted(self.contoso, self.officer)
        self.client.force_login(self.admin)
        answer = self.client.get(reverse("admin:consents_consent_renew", args=[first.pk]))
        self.assertContains(answer, f'value="{first.contract_reference}"')
        self.client.post(
            reverse("admin:consents_consent_renew", args=[first.pk]), {"justification": "Another year."}
        )
        second = Consent.objects.for_tenant(self.contoso).get(supersedes=first)
        asked = self.client.get(reverse("admin:consents_consent_grant", args=[second.pk]))
        self.assertContains(asked, "that ends when this begins")
        assert "Renewal requested" in self.see(first)
        with at_work():
            grant_consent(consent=second, by=self.officer, reason="Checked.")
        assert "Renewed by" in self.see(first)
        assert f">{first}</a>" in self.see(second).split("<h2>Renewals</h2>")[1]

    def test_the_past_of_one_consent(self) -> None:
        before = timezone.now().isoformat()
        consent = granted(self.contoso, self.officer)
        held = timezone.now().isoformat()
        withdrawing = reverse("admin:consents_consent_withdraw", args=[consent.pk])
        assert withdrawing in self.see(consent, self.admin)
        assert withdrawing not in self.see(consent, self.admin, as_of=held), "the past is only looked at"
        with at_work():
            withdraw_consent(consent=consent, by=self.officer, reason="The pilot ended.")
        assert "There was no such record yet" in self.see(consent, as_of=before)
        past = self.see(consent, self.admin, as_of=held)
        assert "May flow to Apple" in past
        assert "The pilot ended." not in past
        self.assertContains(
            self.client.get(reverse("admin:consents_consent_change", args=[consent.pk]), {"as_of": "soon"}),
            "not understood",
            status_code=400,
        )

    def test_the_past_of_the_list(self) -> None:
        consent = granted(self.contoso, self.officer)
        held = timezone.now().isoformat()
        with at_work():
            withdraw_consent(consent=consent, by=self.officer, reason="The pilot ended.")
        requested(self.contoso, self.officer, connection="later")
        with at_work():
            self.client.force_login(self.auditor)
        url, page_of = reverse("admin:consents_consent_changelist"), "admin:consents_consent_change"
        past = self.client.get(url, {"as_of": held})
        self.assertContains(past, "Granted")
        self.assertNotContains(past, "(later)")
        for state, is_there in (("granted", True), ("withdrawn", False)):
            answer = self.client.get(url, {"as_of": held, "state": state})
            check: Any = self.assertContains if is_there else self.assertNotContains
            check(answer, reverse(page_of, args=[consent.pk]))
        assert self.client.get(url, {"as_of": "soon"}).status_code == 400

    def test_what_stands_in_the_way_is_told_before_one_grants(self) -> None:
        granted(self.contoso, self.officer)
        beside = requested(self.contoso, self.officer)
        self.client.force_login(self.admin)
        url = reverse("admin:consents_consent_grant", args=[beside.pk])
        self.assertContains(self.client.get(url), "Another consent holds")
        self.assertContains(self.client.get(url), "Withdraw that one first")
        refused = self.client.post(url, {"reason": "Once more."})
        self.assertContains(refused, "holds in that period already", status_code=409)

    def test_the_policy_is_told_before_one_grants(self) -> None:
        with at_work():
            set_consent_policy(
                tenant=self.contoso, by=self.officer, four_eyes=True, safeguard_required=True, reason="Law."
            )
        consent = requested(self.contoso, self.admin, safeguard="", safeguard_reference="")
        self.client.force_login(self.admin)
        url = reverse("admin:consents_consent_grant", args=[consent.pk])
        asked = self.client.get(url)
        self.assertContains(asked, "somebody else grants it")
        self.assertContains(asked, "policy refuses that")
        self.assertContains(
            self.client.post(url, {"reason": "Me."}), "somebody else decides", status_code=409
        )
