"""The pages of what ends the sharing, and of how a tenant wants its consents handled."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from consents.models import Consent, ConsentPolicy, EndingStep
from consents.services import set_consent_policy
from tenants.models import Tenant
from tests.admin.suite import TenantPageSuite, Writing, at_work
from tests.consents.lives import withdrawn

DECIDERS = frozenset({"admin", "officer", "operator"})
_days = itertools.count(3)
OFFICERS = frozenset({"officer", "operator"})


class EndingStepPageTests(TenantPageSuite):
    model = EndingStep
    writings = (
        Writing(
            "assign",
            {"owner": lambda suite: suite.admin.pk, "due_on": "2026-11-21", "reason": "Nearest to it."},
            "endingstep.assigned",
            DECIDERS,
            wrong={"due_on": "soon"},
        ),
        Writing("complete", {"proof": "Ticket 4711"}, "endingstep.done", DECIDERS, wrong={"proof": " "}),
    )

    def make(self, tenant: Tenant, name: str) -> EndingStep:
        number = Consent.objects.for_tenant(tenant).count()
        consent = withdrawn(tenant, self.operator, connection=f"{name}-{number}")
        step: EndingStep = EndingStep.objects.for_tenant(tenant).filter(consent=consent).earliest("position")
        return step

    def test_a_step_is_given_to_somebody_done_and_closed(self) -> None:
        step = self.one()
        self.enter("officer")
        today = timezone.localdate().isoformat()
        self.client.post(self.url("assign", step.pk), {"owner": self.admin.pk, "due_on": today})
        self.assertContains(self.client.get(self.url("changelist"), {"progress": "open"}), str(self.admin))
        self.enter("admin")
        self.assertContains(self.client.get(self.url("changelist"), {"progress": "mine"}), str(step))
        self.client.post(self.url("complete", step.pk), {"proof": "Apple confirmed on 3 November."})
        page = self.client.get(self.url("change", step.pk))
        self.assertContains(page, "Apple confirmed on 3 November.")
        again = self.client.post(self.url("complete", step.pk), {"proof": "Twice."})
        self.assertContains(again, "is done, and its proof stays", status_code=409)
        step.refresh_from_db()
        assert (step.status, step.proof, step.done_by) == (
            "done",
            "Apple confirmed on 3 November.",
            self.admin.username,
        )

    def test_only_people_who_can_do_it_are_offered(self) -> None:
        step = self.one()
        self.enter("officer")
        page = self.client.get(self.url("assign", step.pk))
        for person, offered in ((self.admin, True), (self.auditor, False), (self.fabrikam_admin, False)):
            check: Any = self.assertContains if offered else self.assertNotContains
            check(page, f">{person}</option>")
        refused = self.client.post(
            self.url("assign", step.pk), {"owner": self.fabrikam_admin.pk, "due_on": "2026-12-01"}
        )
        self.assertContains(refused, "not one of the available choices")

    def test_what_is_late_is_said(self) -> None:
        step = self.one()
        with at_work():
            late = timezone.localdate() - timedelta(days=1)
            EndingStep.objects.for_tenant(self.contoso).filter(pk=step.pk).update(due_on=late)
        self.enter("auditor")
        self.assertContains(self.client.get(self.url("change", step.pk)), "Overdue")
        self.assertContains(self.client.get(self.url("changelist"), {"progress": "overdue"}), str(step))
        self.assertNotContains(
            self.client.get(self.url("changelist"), {"progress": "done"}), self.url("change", step.pk)
        )

    def test_the_past(self) -> None:
        before = timezone.now().isoformat()
        step = self.one()
        open_then = timezone.now().isoformat()
        self.enter("admin")
        self.client.post(self.url("complete", step.pk), {"proof": "Ticket 4711"})
        for url, at, words in (
            (self.url("change", step.pk), before, "There was no such step yet"),
            (self.url("change", step.pk), open_then, "Open"),
            (self.url("changelist"), open_then, "Open"),
        ):
            page = self.client.get(url, {"as_of": at})
            self.assertContains(page, words)
            self.assertNotContains(page, "Ticket 4711")
        self.assertNotContains(
            self.client.get(self.url("changelist"), {"as_of": open_then, "progress": "done"}),
            self.url("change", step.pk),
        )
        self.assertNotContains(
            self.client.get(self.url("changelist"), {"as_of": before}), self.url("change", step.pk)
        )


class ConsentPolicyPageTests(TenantPageSuite):
    model = ConsentPolicy
    reader = "officer"
    WHOLE = {"four_eyes": "on", "log_decisions": "denied", "reminder_days": "90, 30; 7", "reason": "By law."}
    writings = (
        Writing(
            "add",
            WHOLE
            # Where nothing changes nothing is recorded: each time another number of days.
            | {"tenant": lambda suite: suite.contoso.pk, "reminder_days": lambda _: str(next(_days))},
            "consentpolicy.changed",
            OFFICERS,
            frozenset({"auditor", "admin"}),
            {"log_decisions": "some", "reminder_days": "often"},
        ),
        Writing(
            "set",
            WHOLE,
            "consentpolicy.changed",
            OFFICERS,
            frozenset({"auditor", "admin"}),
            {"log_decisions": "all", "reminder_days": "0"},
        ),
    )

    def make(self, tenant: Tenant, name: str) -> ConsentPolicy:
        return set_consent_policy(tenant=tenant, by=self.operator, four_eyes=False, reason="Trial.")

    def make_many(self, tenant: Tenant) -> None:
        """One for each tenant is all there can be: the operator's list has as many as there are tenants."""
        self.make(self.fabrikam, "another")

    def test_what_is_not_ticked_is_off(self) -> None:
        policy = self.one()
        self.enter("officer")
        self.client.post(self.url("set", policy.pk), self.WHOLE)
        policy.refresh_from_db()
        assert (policy.four_eyes, policy.log_decisions, policy.reminder_days) == (True, "denied", [90, 30, 7])
        again = {"log_decisions": "off", "reminder_days": "1", "reason": "Back."}
        self.client.post(self.url("set", policy.pk), again)
        policy.refresh_from_db()
        assert (policy.four_eyes, policy.log_decisions, policy.reminder_days) == (False, "off", [1])

    def test_defaults_are_said_where_nothing_was_set(self) -> None:
        self.enter("auditor")
        self.assertContains(self.client.get(self.url("changelist")), "The defaults hold")

    def test_the_past(self) -> None:
        before = timezone.now().isoformat()
        policy = self.one()
        then = timezone.now().isoformat()
        self.enter("officer")
        self.client.post(self.url("set", policy.pk), self.WHOLE)
        page = self.url("change", policy.pk)
        self.assertContains(self.client.get(page), "90, 30, 7 days before")
        self.assertContains(self.client.get(page, {"as_of": then}), "60, 30, 14, 7, 1 days before")
        self.assertContains(self.client.get(page, {"as_of": before}), "The defaults held")

    def test_an_admin_is_offered_no_change(self) -> None:
        policy = self.one()
        self.enter("admin")
        self.assertNotContains(self.client.get(self.url("change", policy.pk)), self.url("set", policy.pk))
        assert (
            reverse("admin:consents_consentpolicy_add")
            not in self.client.get(self.url("changelist")).content.decode()
        )
