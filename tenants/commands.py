"""The base of every command: who is acting, whether it is kept, how results and refusals are told."""

from __future__ import annotations

import difflib
import json
import os
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self, TextIO

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, IntegrityError, models, transaction
from django.utils import timezone

from audit.context import Origin, acting, identify
from audit.refusals import refusal_of
from privacy_console.errors import Refused
from privacy_console.outage import is_outage
from privacy_console.timestamps import utc_text
from tenants.access import NotAllowed, Principal, Shell
from tenants.models import Tenant, TenantOwned, User
from tenants.refusals import note_refusal

Row = Mapping[str, Any]

EXPECTED = (
    ValidationError, PermissionDenied, Refused, ObjectDoesNotExist, DatabaseError, OSError
)  # fmt: skip
NOT_SET_UP = ("no such table", "no such column", "does not exist")


class Error(CommandError):
    """What a command was refused for; Django prints the class's name before the message."""


class ConsoleCommand(BaseCommand):
    """A command of the console: declare options in `add_options`, do the deed in `perform`, tell with `show`.

    Every command takes `--json`. One that `changes` something also takes `--actor`, `--reason` and `--dry-run`, and
    is one transaction (unless `atomic` says otherwise): all of it is kept, or nothing.

    Exit codes: 0 done; 1 refused or failed, with one line on stderr (`--traceback` shows where); 2 usage.
    """

    changes: ClassVar[bool] = False
    atomic: ClassVar[bool] = True
    # What is wrong with the installation is for `check` to say, and costs each command half a second.
    requires_system_checks: ClassVar[list[str]] = []  # type: ignore[misc]
    suppressed_base_arguments: ClassVar[set[str]] = {  # type: ignore[misc]
        "--version", "--settings", "--pythonpath", "--no-color", "--force-color", "--skip-checks"
    }  # fmt: skip

    actor: Principal
    reason: str
    is_dry_run: bool
    as_json: bool

    def add_options(self, parser: CommandParser) -> None:
        """Declare the command's own options."""

    def perform(self, *args: Any, **options: Any) -> None:
        """Do it. Raise Refused, ValidationError, PermissionDenied or CommandError where it cannot be done."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_options(parser)
        common = parser.add_argument_group("common to all commands")
        common.add_argument(
            "--json", action="store_true", help="Print the result as JSON, for other programs."
        )
        if self.changes:
            _add_changing_options(common)

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            output = super().execute(*args, **options)
            self.stdout.flush()
            return output
        except BrokenPipeError:
            # Whoever read our output has seen enough (`… | head`); Python would complain when it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(1) from None
        except KeyboardInterrupt as interrupt:
            kept = "Stopped. Nothing was changed." if self.atomic else "Stopped."
            raise Error(kept, returncode=130) from interrupt
        except EXPECTED as error:
            raise Error(one_line(readable(error))) from error

    def handle(self, *args: Any, **options: Any) -> None:
        self.as_json = options.pop("json")
        self.is_dry_run = self.changes and options.pop("dry_run")
        self.reason = options.pop("reason") if self.changes else ""
        self.actor = self._actor(options.pop("actor") if self.changes else "")
        whole = self.one_transaction() if self.changes and self.atomic else nullcontext()
        with acting(origin=Origin.COMMAND, reason=self.reason), self._noting_refusals(), whole:
            identify(**self.actor.as_actor())
            self.perform(*args, **options)

    @contextmanager
    def _noting_refusals(self) -> Iterator[None]:
        """What the actor's role does not allow is recorded, after the transaction ended with nothing kept."""
        try:
            yield
        except NotAllowed as refusal:
            if not self.is_dry_run:
                note_refusal(refusal, type(self).__module__.rpartition(".")[2])
            raise

    @contextmanager
    def one_transaction(self) -> Iterator[None]:
        """All that happens inside is kept, or nothing; with `--dry-run` nothing, and it says so."""
        with transaction.atomic():
            yield
            if self.is_dry_run:
                transaction.set_rollback(True)
        if self.is_dry_run:
            self.remark("Dry run: nothing was kept.")

    def _actor(self, username: str) -> Principal:
        if not username:
            return Shell()
        user: User = self.find(User.objects.all(), "username", username.strip().lower(), "person")
        if not user.is_active:
            raise Refused("not_active", f"{user.username} may not sign in any more, and so cannot act here.")
        return user

    # --- Finding what the person named ---

    def find(self, among: models.QuerySet[Any], field: str, value: str, noun: str) -> Any:
        """The one object whose `field` is `value`. Raises Refused that lists similar ones otherwise."""
        found = among.filter(**{field: value}).first()
        if found is not None:
            return found
        known = [str(name) for name in among.order_by(field).values_list(field, flat=True)[:10_000]]
        raise Refused("not_found", f"There is no {noun} “{value}”. {_suggestion(value, known)}".strip())

    def owned(self, model: type[TenantOwned], pk: int, noun: str, *related: str, listed_by: str) -> Any:
        """The row with this id, in a tenant that exists for the actor, who acts in their role there.

        related: foreign keys to fetch along. listed_by: the command that shows ids. Raises Refused.
        """
        rows = model.objects.for_user(self.actor).select_related("tenant", *related)
        found = rows.filter(pk=pk).first()
        if found is None:
            raise Refused("not_found", f"There is no {noun} {pk}. {listed_by} shows them.")
        self.tenant(found.tenant.slug)
        return found

    def tenant(self, slug: str) -> Tenant:
        """The tenant with this short name, among those that exist for the actor, who acts in their role there."""
        tenant: Tenant = self.find(self.actor.tenants(), "slug", slug, "tenant")
        identify(**self.actor.as_actor(tenant))
        return tenant

    # --- Telling ---

    def show(self, result: Row | Sequence[Row], text: str | None = None) -> None:
        """Print the result: as JSON where asked, otherwise `text`, or a table or list made of the result."""
        if self.as_json:
            self.stdout.write(as_json(result))
        else:
            self.stdout.write(text if text is not None else as_text(result))

    def remark(self, text: str) -> None:
        """Say something beside the result, so that other programs can read the result alone."""
        self.stderr.write(text, self.style.NOTICE)

    def progress(self, label: str, total: int) -> Progress:
        """A progress bar on a terminal, nothing elsewhere: `with self.progress("Loading", n) as bar: bar.advance()`."""
        return Progress(label, total)


def _add_changing_options(group: Any) -> None:
    group.add_argument(
        "--actor",
        default="",
        metavar="USERNAME",
        help="Who does this; their role decides whether they may. Otherwise you act as the system, and may everything.",
    )
    group.add_argument("--reason", default="", metavar="TEXT", help="Why; it is kept in the audit trail.")
    group.add_argument(
        "--dry-run", action="store_true", help="Try it and say what happens, but keep nothing."
    )


def _suggestion(value: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(value, known, n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"There are: {', '.join(known)}." if 0 < len(known) <= 10 else ""


# --- Words for what went wrong ---


def readable(error: BaseException) -> str:
    """What the person at the command line reads of an error, without its inner workings."""
    if isinstance(error, ValidationError):
        return _validation_text(error)
    broken = refusal_of(error) if isinstance(error, IntegrityError) else None
    if broken is not None:
        return broken.detail
    if isinstance(error, DatabaseError):
        return _database_text(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return str(error) or "Your role does not allow this."


def _validation_text(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        message if field == "__all__" else f"{field}: {message}"
        for field, messages in error.message_dict.items()
        for message in messages
    )


def _database_text(error: DatabaseError) -> str:
    first = next(iter(str(error).splitlines()), type(error).__name__)
    if any(sign in first for sign in NOT_SET_UP):
        return f"The database is not set up, or not up to date ({first}). Run: ./console manage setup"
    return f"The database {'cannot be used' if is_outage(error) else 'refuses it'}: {first}"


def one_line(text: str) -> str:
    """The text on one line, with nothing in it that a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))


# --- Results ---


def as_json(result: Any) -> str:
    """Times in UTC, ISO 8601; ids as they are."""
    return json.dumps(result, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def as_text(result: Row | Sequence[Row]) -> str:
    """One object as lines of name and value, several as a table."""
    if isinstance(result, Mapping):
        width = max((len(name) for name in result), default=0)
        return "\n".join(f"{_words(name):{width}}  {_cell(value)}".rstrip() for name, value in result.items())
    return _table(result) if result else "Nothing found."


def _table(rows: Sequence[Row]) -> str:
    names = list(rows[0])
    lines = [[_words(name) for name in names]] + [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(names))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_cell, value))
    return "" if value is None else one_line(str(value))


# --- Values people type ---


def moment(text: str) -> datetime:
    """An instant from `2027-01-31` (the start of that day), an ISO 8601 time, or `90d` from now; for `type=`."""
    if text.endswith("d") and text[:-1].isdecimal() and len(text) <= 6:
        return timezone.now() + timedelta(days=int(text[:-1]))
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(
            f"“{text}” is no date: write 2027-01-31, or 90d for 90 days from now."
        ) from None
    return given if timezone.is_aware(given) else timezone.make_aware(given)


def day(text: str) -> date:
    """A calendar day from `2027-01-31`; for `type=`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no day: write 2027-01-31.") from None


# --- Long work ---


class Progress:
    """A bar on stderr, drawn at most ten times a second, and only where a person sees it."""

    WIDTH = 30
    PAUSE = 0.1

    def __init__(self, label: str, total: int, stream: TextIO | None = None) -> None:
        self.label, self.total, self.done = label, total, 0
        self.stream = stream or sys.stderr
        self.is_shown = self.stream.isatty() and total > 0
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.is_shown and self._drawn_at:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def advance(self, steps: int = 1) -> None:
        self.done += steps
        now = time.monotonic()
        if self.is_shown and now - self._drawn_at >= self.PAUSE:
            self._drawn_at = now
            self._draw()

    def _draw(self) -> None:
        share = min(self.done / self.total, 1.0)
        bar = "█" * round(share * self.WIDTH)
        self.stream.write(f"\r{self.label} {bar:░<{self.WIDTH}} {self.done:,} of {self.total:,}")
        self.stream.flush()
