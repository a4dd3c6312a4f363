"""The base of every command: who is acting, whether it is kept, how results and refusals are told."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import models, transaction

from audit.context import Origin, acting, identify
from privacy_console.errors import Refused
from tenants.access import NotAllowed, Principal, Shell
from tenants.commands.errors import EXPECTED, one_line, readable
from tenants.commands.progress import Progress
from tenants.commands.results import Row, as_json, as_text
from tenants.models import Tenant, TenantOwned, User
from tenants.refusals import note_refusal


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
