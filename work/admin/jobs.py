"""The pages of jobs: what runs by itself, whether it does, and who would do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from tenants.access import signed_in
from tenants.pages.bases import PlatformModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, OptionalReasonForm, ReasonForm
from tenants.pages.parts import Badge, Code, Link, Panel, Table, admin_url, facts, link_to
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute
from work.admin.runs import run_badge
from work.models import Job, Run, Worker
from work.presence import is_dead
from work.services import pause_job, resume_job, run_job_now

RUNS_SHOWN = 10
TONES = {"waiting": "good", "running": "info", "failing": "bad", "paused": "warn"}
NOBODY = "No worker is at work, and nothing of this runs. ./console manage run_worker starts one."


@admin.register(Job)
class JobAdmin(PlatformModelAdmin):
    view_permission = Permission.MANAGE_WORK
    list_title = "Scheduled work"
    empty_text = "No job is known yet. ./console manage migrate makes them known."
    list_display = ("title", "state_badge", "timing", "next_run", "last_run", "failures", "last_line")
    list_display_links = ("title",)
    list_filter = ("paused",)
    search_fields = ("code",)
    ordering = ("code",)
    deeds = (
        Deed(
            "run_now",
            "Run now",
            Permission.MANAGE_WORK,
            lambda request, job, data: run_job_now(job=job, by=signed_in(request), **data) and job,
            form=OptionalReasonForm,
            is_offered=lambda job: not job.paused and bool(job.declaration and job.declaration.schedule),
            consequences=lambda job: ["A worker takes it up within seconds. Its schedule stays as it is."],
            done="{subject}: it runs as soon as a worker is free.",
            icon="play_arrow",
        ),
        Deed(
            "pause",
            "Pause",
            Permission.MANAGE_WORK,
            lambda request, job, data: pause_job(job=job, by=signed_in(request), **data),
            form=ReasonForm,
            is_offered=lambda job: not job.paused,
            consequences=lambda job: [
                "It is not scheduled until it is resumed, and what waits for it goes on waiting.",
                "A run that has begun ends as usual.",
            ],
            done="{subject} is paused.",
            icon="pause",
            tone="danger",
        ),
        Deed(
            "resume",
            "Resume",
            Permission.MANAGE_WORK,
            lambda request, job, data: resume_job(job=job, by=signed_in(request), **data),
            form=OptionalReasonForm,
            is_offered=lambda job: job.paused,
            consequences=lambda job: [
                "It is scheduled from now on. Times that passed meanwhile are not made up for."
            ],
            done="{subject} is scheduled again.",
            icon="resume",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return Job.objects.declared().with_running().order_by(*self.ordering)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"intro": _who_works()} | (extra_context or {}))

    @column(description="Job", ordering="code")
    def title(self, job: Job) -> str:
        return job.title

    @column(
        description="State",
        label={"Waiting": "success", "Running": "info", "Failing": "danger", "Paused": "warning"},
    )
    def state_badge(self, job: Job) -> str:
        return str(job.state.label)

    @column(description="Runs")
    def timing(self, job: Job) -> str:
        return job.declaration.timing if job.declaration else ""

    @column(description="Next", ordering="next_run_at", empty_value="–")
    def next_run(self, job: Job) -> SafeString | None:
        return minute(job.next_run_at) if job.next_run_at and not job.paused else None

    @column(description="Last", ordering="last_run_at", empty_value="never")
    def last_run(self, job: Job) -> SafeString | None:
        return minute(job.last_run_at) if job.last_run_at else None

    def headline(self, request: HttpRequest, obj: Job) -> Sequence[Any]:
        return [Badge(obj.state.label, TONES[obj.state])]

    def panels(self, request: HttpRequest, obj: Job) -> list[Panel]:
        about = [
            ("Code", Code(obj.code)),
            ("Runs", obj.declaration.timing if obj.declaration else ""),
            ("Next run", None if obj.paused else obj.next_run_at),
            ("Last run", obj.last_run_at or "never"),
            ("Last success", obj.last_success_at or "never"),
            ("Failures since then", obj.failures),
            ("What the last run said", obj.last_line),
        ]
        return [Panel("The job", facts(about)), _runs(obj), _workers()]


def _who_works() -> str:
    number = len(_alive())
    told = NOBODY if number == 0 else f"{number} worker{' is' if number == 1 else 's are'} at work."
    return f"What the console does by itself. {told}"


def _alive() -> list[Worker]:
    return [worker for worker in Worker.objects.all() if not is_dead(worker.name)]


def _runs(job: Job) -> Panel:
    runs = Run.objects.of(job.code).order_by("-enqueued_at", "-id")[:RUNS_SHOWN]
    rows = [[link_to(run, run.enqueued_at), run_badge(run), run.attempt, run.line] for run in runs]
    table = Table(("Asked for", "State", "Attempt", "What it said"), rows, "It has not run yet.")
    return Panel("Runs", table=table, link=Link("All runs", f"{admin_url(Run, 'changelist')}?job={job.code}"))


def _workers() -> Panel:
    rows = [[Code(worker.name), worker.started_at, worker.seen_at] for worker in _alive()]
    return Panel("Workers", table=Table(("Worker", "Since", "Last heard of"), rows, NOBODY))
