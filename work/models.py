"""Jobs and their schedule, the workers that do them, and the messages that wait to be sent."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

from audit.history import AuditedRecords
from tenants.commands import one_line
from tenants.models import TenantOwned, TenantRecords
from work.registry import CODE_LENGTH, LINE_LENGTH, Declared, declaration_of, declared_jobs
from work.telling import CalendarFeed, MailPreference

__all__ = ["CalendarFeed", "Job", "MailPreference", "Message", "Run", "Worker"]

AT_ONCE: datetime = get_date_max()  # the queue's word for a run that waits for no time


class JobQuerySet(models.QuerySet["Job"]):
    def declared(self) -> Self:
        """Those that the present version of the console knows."""
        return self.filter(code__in=[declared.code for declared in declared_jobs()])

    def due(self, at: datetime) -> Self:
        """Those that the schedule calls for at the instant."""
        return self.declared().filter(paused=False, next_run_at__lte=at)

    def with_running(self) -> Self:
        """Each with `is_running`, asked in the same query."""
        running = DBTaskResult.objects.running().filter(queue_name=models.OuterRef("code"))
        return self.annotate(is_running=models.Exists(running))


class Job(models.Model):
    """What the console does by itself: when it runs next, and how the last run went."""

    class State(models.TextChoices):
        PAUSED = "paused", "Paused"
        RUNNING = "running", "Running"
        FAILING = "failing", "Failing"
        WAITING = "waiting", "Waiting"

    code = models.CharField(max_length=CODE_LENGTH, unique=True)
    paused = models.BooleanField(default=False, help_text="A paused job is neither scheduled nor taken up.")
    next_run_at = models.DateTimeField(null=True, help_text="Empty where it runs only when asked for.")
    last_run_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_line = models.CharField(max_length=LINE_LENGTH, blank=True, help_text="What the last run said.")
    failures = models.PositiveIntegerField(
        default=0, help_text="How many runs have failed since the last success."
    )

    objects = JobQuerySet.as_manager()
    # Pausing is a decision and stands in the trail; what happens every minute does not.
    history = AuditedRecords(
        category="work",
        label="code",
        excluded_fields=("next_run_at", "last_run_at", "last_success_at", "last_line", "failures"),
    )

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.title

    @property
    def declaration(self) -> Declared | None:
        return declaration_of(self.code)

    @property
    def title(self) -> str:
        return self.declaration.title if self.declaration else self.code

    @property
    def state(self) -> Job.State:
        if self.paused:
            return self.State.PAUSED
        if self._is_running():
            return self.State.RUNNING
        return self.State.FAILING if self.failures else self.State.WAITING

    def _is_running(self) -> bool:
        asked: bool | None = getattr(self, "is_running", None)  # by `with_running`
        return Run.objects.of(self.code).running().exists() if asked is None else asked


class RunQuerySet(models.QuerySet["Run"]):
    def of(self, code: str) -> Self:
        """The runs of one job: each job has a queue of its own."""
        return self.filter(queue_name=code)

    def waiting(self) -> Self:
        return self.filter(status=TaskResultStatus.READY)

    def ready(self) -> Self:
        """Those that wait for a worker only: at once, or because their time has come."""
        return self.waiting().filter(Q(run_after=AT_ONCE) | Q(run_after__lte=timezone.now()))

    def running(self) -> Self:
        return self.filter(status=TaskResultStatus.RUNNING)

    def unfinished(self) -> Self:
        return self.filter(status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING])

    def successful(self) -> Self:
        return self.filter(status=TaskResultStatus.SUCCESSFUL)

    def failed(self) -> Self:
        return self.filter(status=TaskResultStatus.FAILED)

    def first_in_turn(self) -> Run | None:
        """The next one, locked for the caller, past those that others have locked."""
        turn = self.order_by("-priority", "run_after", "enqueued_at")
        return turn.select_for_update(skip_locked=True).first()


class Run(DBTaskResult):  # type: ignore[type-arg]
    """One piece of work in the queue: waiting, running or finished. The queue's own table, in our words."""

    objects = RunQuerySet.as_manager()  # type: ignore[assignment,misc]

    class Meta:
        proxy = True
        ordering = ("-enqueued_at", "-id")

    def __str__(self) -> str:
        return f"{self.code}, {timezone.localtime(self.enqueued_at):%Y-%m-%d %H:%M:%S}"

    @property
    def code(self) -> str:
        return self.queue_name

    @property
    def details(self) -> dict[str, Any]:
        """What was asked: arguments, tenant, due time, attempt, who asked."""
        details: dict[str, Any] = self.args_kwargs["kwargs"]
        return details

    @property
    def attempt(self) -> int:
        return int(self.details.get("attempt", 1))

    @property
    def worker(self) -> str:
        """The worker that has it, or had it last; empty where none took it yet."""
        return str(self.worker_ids[-1]) if self.worker_ids else ""

    @property
    def is_failed(self) -> bool:
        return bool(self.status == TaskResultStatus.FAILED)

    @property
    def line(self) -> str:
        """What it did, or why it failed, in one line."""
        if not self.is_failed:
            return str(self.return_value or "")
        last = [text for text in self.traceback.splitlines() if text.strip()][-1:]
        return one_line(last[0] if last else self.exception_class_path)[:LINE_LENGTH]


class Worker(models.Model):
    """A process that does the work, and when it was last heard of."""

    audit_exempt = "Which processes live right now: rewritten every few seconds, gone when they end."

    name = models.CharField(max_length=64, unique=True)
    host = models.CharField(max_length=255)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("started_at", "id")

    def __str__(self) -> str:
        return self.name


def refuse_line_breaks(value: str) -> None:
    """A line break in a header would begin another header. Raises ValidationError."""
    if any(not character.isprintable() for character in value):
        raise ValidationError("It must be one line, without control characters.")


# Keys of messages whose text is a secret of whoever receives it begin with this.
CONFIDENTIAL = "secret:"


class Message(TenantOwned):
    """An e-mail that waits to be sent, was sent, or could not be: the outbox. Bodies stay out of the trail."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    key = models.CharField(max_length=200, help_text="What it is about; the same key is posted once.")
    reference = models.UUIDField(default=uuid.uuid4, unique=True, help_text="Its Message-ID is made of it.")
    to = models.CharField(max_length=254, validators=[validate_email])
    subject = models.CharField(max_length=200, validators=[refuse_line_breaks])
    body = models.TextField()
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=LINE_LENGTH, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    history = TenantRecords(
        category="messages", label="subject", excluded_fields=("body", "attempts", "error", "next_try_at")
    )

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "key"),
                name="message_is_posted_once",
                violation_error_message="This message was posted already.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sent", "failed"]),
                name="message_state_is_known",
                violation_error_message="A message waits, is sent, or failed.",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="message_sent_has_its_time",
                violation_error_message="A sent message says when; any other was not sent.",
            ),
        )
        indexes = (
            models.Index(fields=("next_try_at", "id"), name="message_waiting", condition=Q(state="waiting")),
        )

    def __str__(self) -> str:
        return self.subject

    @property
    def shown_body(self) -> str:
        """The text, as the outbox may show it."""
        if self.key.startswith(CONFIDENTIAL):
            return "The text holds a link that signs its receiver in; nobody else may see it."
        return self.body
