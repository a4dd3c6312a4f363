from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from consents.api.asking import decision_as_json
from consents.decisions import SUBJECTS, Decision, Question, decide
from tenants.access import require
from tenants.commands import ConsoleCommand, Error, moment
from tenants.models import Tenant
from tenants.roles import Permission


class Command(ConsoleCommand):
    help = (
        "Say whether data may flow: one flow, every flow of a service, or everything to a third party. Unknown or "
        "unclear means no. Several answers are a table; --json shows each with its evidence. With --exit-code the "
        "command fails (1) where anything may not."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", required=True, help="Whose data it is.")
        parser.add_argument("--flow", action="append", default=[], metavar="CODE", help="Repeat for several.")
        parser.add_argument(
            "--service", action="append", default=[], metavar="CODE", help="Every flow of it."
        )
        parser.add_argument(
            "--third-party", action="append", default=[], metavar="CODE", help="Every flow of its services."
        )
        parser.add_argument(
            "--connection", default="", metavar="NAME", help="Which connection, where the tenant has several."
        )
        parser.add_argument("--at", type=moment, metavar="WHEN", help="When it would happen; else now.")
        parser.add_argument(
            "--known-at", type=moment, metavar="WHEN", help="As the record stood then; else as it stands now."
        )
        parser.add_argument("--exit-code", action="store_true", help="Exit 1 where anything may not.")

    def perform(
        self, *, at: datetime | None, known_at: datetime | None, exit_code: bool, **options: Any
    ) -> None:
        questions = _questions(options)
        if not questions:
            raise Error("Name a --flow, a --service or a --third-party.", returncode=2)
        tenant: Tenant = self.tenant(options["tenant"])
        require(self.actor, Permission.ASK_DECISIONS, tenant)
        answers = decide(tenant=tenant, questions=questions, at=at, known_at=known_at)
        self._tell(answers)
        if exit_code and not all(answer.allowed for answer in answers):
            raise SystemExit(1)

    def _tell(self, answers: list[Decision]) -> None:
        if self.as_json:
            self.show([{"asked": a.question.subject, **decision_as_json(a)} for a in answers])
        else:
            self.show([_row(answer) for answer in answers])


def _questions(options: dict[str, Any]) -> list[Question]:
    connection = options["connection"].strip()
    return [
        Question(**{subject: code}, connection=connection)
        for subject in SUBJECTS
        for code in options[subject]
    ]


def _row(answer: Decision) -> dict[str, Any]:
    return {
        "asked": answer.question.subject,
        "allowed": "yes" if answer.allowed else "no",
        "because": [str(reason.code) for reason in answer.reasons],
        "consent": answer.consent,
        "at": answer.at,
        "reason": " ".join(reason.detail for reason in answer.reasons),
    }
