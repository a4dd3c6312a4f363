from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from privacy_console.errors import Refused
from tenants.commands import moment
from terms.management.base import TermsCommand, draft_of, revision_row
from terms.models import TermsRevision
from terms.models.version import Publication
from terms.services import publish_revision, publish_version


class Command(TermsCommand):
    help = (
        "Publish the draft of a policy: a version asks everybody whom the policy is for, a correction asks nobody. "
        "It needs a --reason."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        self.add_policy(parser)
        parser.add_argument(
            "--effective-from", type=moment, metavar="DATE|30d", help="When it is asked for; else at once."
        )
        parser.add_argument(
            "--grace-days",
            type=int,
            default=0,
            metavar="N",
            help="For how many days the one before still counts.",
        )
        parser.add_argument(
            "--expires-at", type=moment, metavar="DATE|365d", help="When it holds no longer; else never."
        )

    def perform(self, *, tenant: str, name: str, **when: Any) -> None:
        policy = self.policy(self.tenant(tenant), name)
        revision = draft_of(policy)
        if revision is None:
            raise Refused("not_drafted", f"Nothing of {policy} is drafted. draft_terms begins a draft.")
        if revision.version.status == Publication.PUBLISHED:
            revision = self._correction(revision, **when)
        else:
            self._version(revision, **when)
        revision.refresh_from_db()
        self.show(revision_row(revision), f"{revision} is published.")

    def _version(
        self, revision: TermsRevision, *, effective_from: datetime | None, grace_days: int,
        expires_at: datetime | None, **_: Any,
    ) -> None:  # fmt: skip
        revision.version = publish_version(
            version=revision.version,
            by=self.actor,
            reason=self.reason,
            effective_from=effective_from,
            grace_days=grace_days,
            expires_at=expires_at,
        )

    def _correction(self, revision: TermsRevision, **when: Any) -> TermsRevision:
        if when["effective_from"] or when["grace_days"] or when["expires_at"]:
            raise Refused(
                "no_dates", "The draft is a correction: it holds at once, and as long as its version."
            )
        return publish_revision(revision=revision, by=self.actor, reason=self.reason)
