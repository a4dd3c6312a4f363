"""The pages of jobs, runs and e-mails."""

from __future__ import annotations

from typing import Any

from django_tasks import TaskResultStatus

from tenants.models import Tenant
from tests.admin.suite import AdminPageSuite, TenantPageSuite, Writing
from work.jobs import enqueue
from work.mail import post
from work.models import Job, Message, Run
from work.planning import know_jobs
from work.presence import Presence

NOT_OPERATORS = frozenset({"officer", "admin", "auditor"})
OPERATORS = frozenset({"operator"})
WHY = {"reason": "The mail server moves."}


class JobPageTests(AdminPageSuite):
    model = Job
    readers = ("operator",)
    strangers = ("officer", "admin", "auditor", "fabrikam_admin")
    reader = "operator"
    writings = (
        Writing("run_now", WHY, "job.run_requested", OPERATORS, NOT_OPERATORS),
        Writing("pause", WHY, "job.paused", OPERATORS, NOT_OPERATORS, {"reason": ""}),
        Writing("resume", WHY, "job.resumed", OPERATORS, NOT_OPERATORS),
    )

    def setUp(self) -> None:
        super().setUp()
        self.shows(100)  # jobs that other tests declare are in the list too

    def make(self, tenant: Tenant, name: str) -> Job:
        know_jobs()
        return Job.objects.get(code="work.send_mail")

    def _subject(self, writing: Writing) -> Job:
        job: Job = super()._subject(writing)
        Job.objects.filter(pk=job.pk).update(paused=writing.name == "resume")
        return job

    def test_a_paused_job_offers_to_go_on_and_nothing_else(self) -> None:
        job = self.one()
        self.enter("operator")
        self.client.post(self.url("pause", job.pk), WHY)
        page = self.client.get(self.url("change", job.pk))
        self.assertContains(page, self.url("resume", job.pk))
        self.assertNotContains(page, self.url("run_now", job.pk))
        self.assertContains(page, "Paused")

    def test_what_two_people_ask_for_at_once_is_done_once(self) -> None:
        job = self.one()
        self.enter("operator")
        for _ in range(2):
            self.client.post(self.url("run_now", job.pk), {})
        assert Run.objects.of(job.code).waiting().count() == 1

    def test_pausing_twice_is_refused_in_words(self) -> None:
        job = self.one()
        self.enter("operator")
        self.client.post(self.url("pause", job.pk), WHY)
        self.assertContains(
            self.client.post(self.url("pause", job.pk), WHY), "paused already", status_code=409
        )

    def test_it_says_whether_anybody_works(self) -> None:
        self.one()
        self.enter("operator")
        self.assertContains(self.client.get(self.url("changelist")), "No worker is at work")
        with Presence() as worker:
            self.assertContains(self.client.get(self.url("changelist")), "1 worker is at work")
            self.assertContains(self.client.get(self.url("change", self.one().pk)), worker.name)


class RunPageTests(AdminPageSuite):
    model = Run
    readers = ("operator",)
    strangers = ("officer", "admin", "auditor", "fabrikam_admin")
    reader = "operator"
    history = False
    writings = (Writing("retry", WHY, "job.run_requested", OPERATORS, NOT_OPERATORS),)

    def make(self, tenant: Tenant, name: str) -> Run:
        know_jobs()
        run = enqueue("work.clear", tenant=tenant, arguments={"name": name}, by=self.admin)
        run.claim("a-worker")
        run.set_failed(ValueError(f"{name} could not be read"))
        return run

    def test_a_failed_run_says_why_and_is_tried_again_as_it_was(self) -> None:
        run = self.one()
        self.enter("operator")
        page = self.client.get(self.url("change", run.pk))
        self.assertContains(page, "ValueError: keepsake could not be read")
        self.assertContains(page, "admin@contoso.example")
        self.client.post(self.url("retry", run.pk), WHY)
        again = Run.objects.of(run.code).waiting().get()
        assert {**again.details, "attempt": 1} == {**run.details, "attempt": 1}
        assert again.attempt == 1

    def test_a_run_that_did_not_fail_is_not_tried_again(self) -> None:
        run = self.one()
        Run.objects.filter(pk=run.pk).update(status=TaskResultStatus.SUCCESSFUL)
        self.enter("operator")
        assert self.client.post(self.url("retry", run.pk), WHY).status_code == 409
        assert not Run.objects.of(run.code).waiting().exists()

    def test_one_job_s_runs(self) -> None:
        self.one()
        self.enter("operator")
        page = self.client.get(f"{self.url('changelist')}?job=work.clear&state=FAILED")
        self.assertContains(page, "keepsake could not be read")
        page = self.client.get(f"{self.url('changelist')}?job=work.send_mail")
        self.assertNotContains(page, "keepsake could not be read")


class MessagePageTests(TenantPageSuite):
    model = Message
    readers = ("officer", "admin", "operator")
    strangers = ("auditor",)
    writings = (
        Writing(
            "send_again",
            WHY,
            "message.retried",
            frozenset({"officer", "admin", "operator"}),
            frozenset({"auditor"}),
        ),
    )

    def make(self, tenant: Tenant, name: str) -> Message:
        message: Any = post(
            tenant=tenant, to="officer@contoso.example", subject=f"About {name}", body="Look here.", key=name
        ) or Message.objects.for_tenant(tenant).get(key=name)
        Message.objects.for_tenant(tenant).filter(pk=message.pk).update(
            state=Message.State.FAILED, error="550 no"
        )
        message.refresh_from_db(from_queryset=Message.objects.across_tenants())
        return message  # type: ignore[no-any-return]

    def test_the_page_shows_what_was_written_and_why_it_was_not_sent(self) -> None:
        message = self.one()
        self.enter("officer")
        page = self.client.get(self.url("change", message.pk))
        for text in ("Look here.", "550 no", "officer@contoso.example", self.url("send_again", message.pk)):
            self.assertContains(page, text)

    def test_the_history_does_not_hold_the_text(self) -> None:
        message = self.one()
        self.enter("officer")
        self.assertNotContains(self.client.get(self.url("history", message.pk)), "Look here.")
