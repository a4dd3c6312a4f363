from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from privacy_console.errors import Refused
from privacy_console.graph.files import files_of
from tenants.access import require
from tenants.commands import one_line
from tenants.models import Tenant
from tenants.roles import Permission
from terms.imports.dates import DateOrder
from terms.imports.reading import How, Reading, documents_at, versions_of
from terms.management.base import TermsCommand
from terms.models import AcceptanceImport, TermsPolicy
from terms.services.imports import import_acceptances, import_acceptances_later, line_of, sentence_of

LINES_SHOWN = 50


class Command(TermsCommand):
    help = (
        "Take over who accepted a policy elsewhere: the report of the other product as CSV, or what Microsoft Graph "
        "answers for acceptanceStatuses, as files or folders of *.json. What matches nothing here is left out and told."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths", nargs="+", type=Path, metavar="FILE", help="CSV, JSON, or folders of *.json."
        )
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument(
            "--policy",
            default="",
            metavar="NAME",
            help="Which policy was accepted; not needed where only one is in use.",
        )
        parser.add_argument(
            "--dates",
            choices=DateOrder.values,
            default="",
            help="What comes first in dates such as 03/04/2026.",
        )
        parser.add_argument(
            "--time-zone",
            default="",
            metavar="ZONE",
            help="Of times without one, such as Europe/Berlin; else UTC.",
        )
        parser.add_argument(
            "--versions",
            nargs="+",
            default=(),
            metavar="THERE=HERE",
            help="Where a version has another number here: 5=1.",
        )
        parser.add_argument(
            "--later", action="store_true", help="Leave it to the worker, and say under which run it waits."
        )

    def perform(
        self,
        *,
        paths: Sequence[Path],
        tenant: str,
        policy: str,
        dates: str,
        time_zone: str,
        versions: Sequence[str],
        later: bool,
        **options: Any,
    ) -> None:
        whose = self.tenant(tenant)
        require(self.actor, Permission.CHASE_TERMS, whose)
        accepted = self.policy(whose, policy) if policy else self._only_policy(whose)
        how = How(dates, time_zone, versions_of(" ".join(versions)))
        if later:
            run = import_acceptances_later(
                policy=accepted, by=self.actor, paths=paths, how=how, reason=self.reason
            )
            self.show({"run": str(run.pk)}, f"Run {run.pk} waits for the worker. list_jobs shows it.")
            return
        self._import(accepted, paths, how)

    def _only_policy(self, tenant: Tenant) -> TermsPolicy:
        policies: list[TermsPolicy] = list(TermsPolicy.objects.for_tenant(tenant).in_use()[:10])
        if len(policies) == 1:
            return policies[0]
        there = f" There are: {', '.join(policy.name for policy in policies)}." if policies else ""
        raise Refused("which_policy", f"Name the policy that was accepted with --policy.{there}")

    def _import(self, policy: TermsPolicy, paths: Sequence[Path], how: How) -> None:
        size = sum(file.stat().st_size for file in files_of(paths))
        with self.progress("Reading", size) as bar:
            reading = Reading(documents_at(paths), how, bar.advance)
            made = import_acceptances(policy=policy, by=self.actor, reading=reading, reason=self.reason)
        for problem in made.problems[:LINES_SHOWN]:
            self.remark(one_line(line_of(problem)))
        if len(made.problems) > LINES_SHOWN:
            self.remark("There are more: --json shows them.")
        self.show(self._data(made), sentence_of(made))

    def _data(self, made: AcceptanceImport) -> dict[str, Any]:
        """The import for programs; without an id where it was not kept. The names are those of the API."""
        return {
            "id": None if self.is_dry_run else str(made.pk),
            "policy": str(made.policy_id),
            "name": made.name,
            "sha256": made.sha256,
            "files": made.files,
            "settings": made.settings,
            "records": made.records,
            "recorded": made.recorded,
            "already_recorded": made.already_recorded,
            "left_out": made.left_out,
            "problems": made.problems,
        }
