"""The pages of runs: each piece of work that was in the queue lately, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django_tasks import TaskResultStatus

from tenants.access import signed_in
from tenants.models import Tenant
from tenants.pages.bases import PlatformModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, OptionalReasonForm
from tenants.pages.parts import Badge, Code, Panel, facts, link_to
from tenants.roles import Permission
from tenants.templatetags.console_pages import moment
from work.models import Job, Run
from work.registry import declared_jobs
from work.services import retry_run

WORDS = {
    TaskResultStatus.READY: "Waiting",
    TaskResultStatus.RUNNING: "Running",
    TaskResultStatus.SUCCESSFUL: "Done",
    TaskResultStatus.FAILED: "Failed",
}
TONES = {"Waiting": "plain", "Running": "info", "Done": "good", "Failed": "bad"}


def word_of(run: Run) -> str:
    return WORDS[TaskResultStatus(run.status)]


def run_badge(run: Run) -> Badge:
    return Badge(word_of(run), TONES[word_of(run)])


class JobFilter(SimpleListFilter):
    title = "job"
    parameter_name = "job"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(declared.code, declared.title) for declared in declared_jobs()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.of(self.value()) if self.value() else queryset


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status.value, word) for status, word in WORDS.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(status=self.value()) if self.value() in WORDS else queryset


@admin.register(Run)
class RunAdmin(PlatformModelAdmin):
    view_permission = Permission.MANAGE_WORK
    list_title = "Runs"
    intro = "Each piece of work that a worker did or will do. Done ones are kept for a week, failed ones for 90 days."
    empty_text = "Nothing has run yet. A worker does what is due: ./console manage run_worker."
    list_display = ("asked_for", "job_title", "state_badge", "attempt_number", "started", "ended", "said")
    list_filter = (JobFilter, StateFilter)
    ordering = ("-enqueued_at", "-id")
    deeds = (
        Deed(
            "retry",
            "Try again",
            Permission.MANAGE_WORK,
            lambda request, run, data: retry_run(run=run, by=signed_in(request), **data),
            form=OptionalReasonForm,
            is_offered=lambda run: run.is_failed,
            consequences=lambda run: ["The same work is put into the queue again; this run stays as it is."],
            done="It waits for a worker now: {subject}.",
            icon="replay",
        ),
    )

    @column(description="Asked for", ordering="enqueued_at")
    def asked_for(self, run: Run) -> SafeString:
        return moment(run.enqueued_at)

    @column(description="Job", ordering="queue_name")
    def job_title(self, run: Run) -> str:
        return _title(run)

    @column(
        description="State",
        label={"Waiting": "", "Running": "info", "Done": "success", "Failed": "danger"},
        ordering="status",
    )
    def state_badge(self, run: Run) -> str:
        return word_of(run)

    @column(description="Attempt")
    def attempt_number(self, run: Run) -> int:
        return run.attempt

    @column(description="Started", ordering="started_at", empty_value="–")
    def started(self, run: Run) -> SafeString | None:
        return moment(run.started_at) if run.started_at else None

    @column(description="Ended", ordering="finished_at", empty_value="–")
    def ended(self, run: Run) -> SafeString | None:
        return moment(run.finished_at) if run.finished_at else None

    @column(description="What it said")
    def said(self, run: Run) -> str:
        return run.line

    def headline(self, request: HttpRequest, obj: Run) -> Sequence[Any]:
        return [run_badge(obj)]

    def panels(self, request: HttpRequest, obj: Run) -> list[Panel]:
        details = obj.details
        tenant = Tenant.objects.filter(pk=details["tenant"]).first()
        job = Job.objects.filter(code=obj.code).first()
        arguments = json.dumps(details["arguments"], ensure_ascii=False) if details["arguments"] else ""
        about = [
            ("Job", link_to(job) if job else Code(obj.code)),
            ("What it said", obj.line),
            ("Tenant", link_to(tenant) if tenant else ""),
            ("Asked for by", details["asked_by"] or ("the schedule" if details["due"] else "the console")),
            ("Arguments", Code(arguments) if arguments else ""),
            ("Attempt", obj.attempt),
            ("Asked for", obj.enqueued_at),
            ("Started", obj.started_at),
            ("Ended", obj.finished_at),
            ("Workers", [Code(name) for name in obj.worker_ids]),
        ]
        panels = [Panel("The run", facts(about))]
        if obj.is_failed:
            panels.append(Panel("For whoever mends it", text=obj.traceback))
        return panels


def _title(run: Run) -> str:
    known = {declared.code: declared.title for declared in declared_jobs()}
    return known.get(run.code, run.code)
