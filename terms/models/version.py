"""The wording: versions that ask again, revisions that do not, and their texts in each language.

What was published is never changed: its bytes and their SHA-256 stay.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audit.guards import Frozen, Guard, JoinsOnly, Kept, Moves
from tenants.models import TenantOwned, TenantRecords
from terms.models.policy import TermsPolicy, language_tag

LONGEST_TEXT = 512 * 1024


class Publication(models.TextChoices):
    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"


DRAFT = ("status", ("draft",))


class TermsVersion(TenantOwned):
    """A version: publishing it asks everybody whom the policy is for."""

    policy = models.ForeignKey(TermsPolicy, models.PROTECT, related_name="versions", editable=False)
    number = models.PositiveIntegerField(editable=False)
    status = models.CharField(max_length=12, choices=Publication, default=Publication.DRAFT, editable=False)
    effective_from = models.DateTimeField(
        null=True, blank=True, help_text="From when it is asked for; until then the version before it holds."
    )
    grace_days = models.PositiveSmallIntegerField(
        default=0, help_text="For how many days from then the version before it still counts."
    )
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When it holds no longer; empty: never."
    )
    published_at = models.DateTimeField(null=True, editable=False)

    history = TenantRecords(category="terms", label="policy__name")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="terms_version_is_kept", message="A version stays, also the draft of one."),
        Moves(
            name="terms_version_is_published_once",
            message="What was published stays published; retire the policy instead.",
            field="status",
            allowed={"draft": ("published",)},
        ),
        Frozen(
            name="terms_version_is_frozen",
            message="A published version never changes; draft a new one.",
            fields=("policy_id", "number", "effective_from", "grace_days", "expires_at", "published_at"),
            until=DRAFT,
        ),
    )

    class Meta:
        ordering = ("policy", "-number")
        constraints = (
            models.UniqueConstraint(fields=("policy", "number"), name="version_number_is_unique"),
            models.UniqueConstraint(
                fields=("policy",),
                condition=Q(status="draft"),
                name="one_version_is_drafted",
                violation_error_message="A version of this policy is being drafted already.",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(effective_from__isnull=False, published_at__isnull=False),
                name="published_version_says_when",
                violation_error_message="A published version says from when it holds.",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True)
                | Q(effective_from__isnull=True)
                | Q(expires_at__gt=models.F("effective_from")),
                name="version_expires_after_it_starts",
                violation_error_message="A version expires after it starts.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.policy}, version {self.number}"

    @property
    def asked_until(self) -> datetime | None:
        """Until when the version before it still counts."""
        return None if self.effective_from is None else self.effective_from + timedelta(days=self.grace_days)


class TermsRevision(TenantOwned):
    """A wording of a version. The first is number 0; the next ones are small corrections that ask nobody again."""

    version = models.ForeignKey(TermsVersion, models.PROTECT, related_name="revisions", editable=False)
    number = models.PositiveIntegerField(editable=False)
    note = models.TextField(
        blank=True, help_text="What was corrected, and why it changes nothing in the matter."
    )
    status = models.CharField(max_length=12, choices=Publication, default=Publication.DRAFT, editable=False)
    drafted_at = models.DateTimeField(default=timezone.now, editable=False)
    drafted_by = models.CharField(max_length=254, editable=False)
    drafted_by_id = models.CharField(max_length=64, editable=False, help_text="Who wrote in it last.")
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = models.CharField(max_length=254, blank=True, editable=False)
    publish_reason = models.TextField(blank=True, editable=False)

    history = TenantRecords(category="terms")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="terms_revision_is_kept", message="A revision stays, also the draft of one."),
        Moves(
            name="terms_revision_is_published_once",
            message="What was published stays published.",
            field="status",
            allowed={"draft": ("published",)},
        ),
        Frozen(
            name="terms_revision_is_frozen",
            message="A published revision never changes; draft another one.",
            fields=(
                "version_id", "number", "note", "drafted_at", "drafted_by", "drafted_by_id",
                "published_at", "published_by", "publish_reason",
            ),
            until=DRAFT,
        ),
    )  # fmt: skip

    class Meta:
        ordering = ("version", "-number")
        constraints = (
            models.UniqueConstraint(fields=("version", "number"), name="revision_number_is_unique"),
            models.UniqueConstraint(
                fields=("version",),
                condition=Q(status="draft"),
                name="one_revision_is_drafted",
                violation_error_message="A revision of this version is being drafted already.",
            ),
            models.CheckConstraint(
                condition=Q(number=0) | Q(status="draft") | ~Q(note=""),
                name="revision_says_what_it_corrects",
                violation_error_message="Say what was corrected.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.version}.{self.number}"


class TermsText(TenantOwned):
    """The words themselves, in one language. Markdown, of which only a safe part is shown (terms/markdown.py)."""

    revision = models.ForeignKey(TermsRevision, models.PROTECT, related_name="texts", editable=False)
    language = models.CharField(max_length=16, validators=[language_tag], editable=False)
    title = models.CharField(max_length=200)
    summary = models.TextField(help_text="What accepting means, in a few sentences.")
    body = models.TextField(help_text="The terms.")
    privacy_statement = models.TextField(blank=True)
    status = models.CharField(max_length=12, choices=Publication, default=Publication.DRAFT, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)

    history = TenantRecords(category="terms", label="title", part=True)

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="terms_text_is_kept", message="A text stays, also the draft of one."),
        Frozen(
            name="terms_text_stays_where_it_is",
            message="A text belongs to the revision that it was written for.",
            fields=("revision_id",),
        ),
        Frozen(
            name="terms_text_is_frozen",
            message="Published words never change; draft a revision or a new version.",
            fields=(
                "revision_id", "language", "title", "summary", "body", "privacy_statement", "status", "sha256"
            ),
            until=DRAFT,
        ),
        JoinsOnly(
            name="terms_text_joins_a_draft",
            message="A language is added to a draft, not to what was published.",
            key="revision_id",
            to_table="terms_termsrevision",
            field="status",
            values=("draft",),
        ),
    )  # fmt: skip

    class Meta:
        ordering = ("revision", "language")
        constraints = (
            models.UniqueConstraint(
                fields=("revision", "language"),
                name="text_is_there_once_in_a_language",
                violation_error_message="There is a text in this language already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.language})"

    @property
    def content(self) -> bytes:
        """The bytes that are hashed, shown and kept: JSON with sorted keys, UTF-8, no spaces (RFC 8785 for texts)."""
        names = ("language", "title", "summary", "body", "privacy_statement")
        words = {name: getattr(self, name) for name in names}
        return json.dumps(words, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()
