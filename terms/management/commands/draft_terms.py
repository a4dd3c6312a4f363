from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from privacy_console.errors import Refused
from terms.management.base import TermsCommand, draft_of, revision_row, text_of
from terms.models import TermsPolicy, TermsRevision, TermsVersion
from terms.models.version import Publication
from terms.services import draft_revision, draft_version, write_text


class Command(TermsCommand):
    help = (
        "Write the draft of a policy in one language, from Markdown files. Where nothing is drafted it begins the next "
        "version, or with --revise a small correction of the newest one, which asks nobody again."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        self.add_policy(parser)
        parser.add_argument("--language", metavar="TAG", help="BCP 47; else the policy's default language.")
        parser.add_argument("--title", required=True, metavar="TEXT")
        parser.add_argument("--summary", required=True, metavar="TEXT", help="What accepting means.")
        parser.add_argument(
            "--body", required=True, type=Path, metavar="FILE", help="The terms, Markdown in UTF-8."
        )
        parser.add_argument("--privacy-statement", type=Path, metavar="FILE", help="Markdown in UTF-8.")
        parser.add_argument(
            "--revise", metavar="NOTE", help="What is corrected, and why nobody need be asked again."
        )

    def perform(
        self, *, tenant: str, name: str, language: str | None, revise: str | None, **words: Any
    ) -> None:
        policy = self.policy(self.tenant(tenant), name)
        revision = draft_of(policy) or self._begun(policy, revise)
        statement = words["privacy_statement"]
        write_text(
            revision=revision,
            language=language or policy.default_language,
            title=words["title"],
            summary=words["summary"],
            body=text_of(words["body"], "body"),
            privacy_statement=text_of(statement, "privacy_statement") if statement else "",
            by=self.actor,
        )
        self.show(revision_row(revision), f"Version {revision} is drafted; publish_terms publishes it.")

    def _begun(self, policy: TermsPolicy, note: str | None) -> TermsRevision:
        if note is None:
            return draft_version(policy=policy, by=self.actor)
        versions = TermsVersion.objects.for_tenant(policy.tenant).filter(policy=policy)
        newest = versions.filter(status=Publication.PUBLISHED).order_by("-number").first()
        if newest is None:
            raise Refused(
                "not_published", f"Nothing of {policy} is published, so there is nothing to correct."
            )
        return draft_revision(version=newest, note=note, by=self.actor)
