"""Who saw which words and what they clicked: an append-only log."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from audit.guards import Guard, append_only
from tenants.models import Employee, TenantOwned, TenantRecords
from terms.models.acceptance_import import AcceptanceImport
from terms.models.policy import TermsPolicy
from terms.models.version import TermsRevision, TermsText, TermsVersion
from terms.querysets import AcceptanceManager

RECORDED = (
    "receipt_id", "employee_id", "policy_id", "version_id", "revision_id", "text_id", "directory_id",
    "user_principal_name", "display_name", "language", "text_sha256", "round", "shown_at", "decided_at", "decision",
    "valid_until", "button", "surface", "trigger", "device", "session", "network", "supersedes_id",
    "source_id", "imported_from", "key_id", "signature",
)  # fmt: skip


class Acceptance(TenantOwned):
    """One decision of one employee about one wording, with everything that was known when it was made."""

    class Decision(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    class Surface(models.TextChoices):
        PORTAL = "portal", "Employee portal"
        COMPANY_PORTAL = "company_portal", "Company Portal, imported"
        PAPER = "paper", "On paper"

    class Trigger(models.TextChoices):
        NEW = "new", "Asked for the first time"
        REACCEPT = "reaccept", "A new version"
        EXPIRY = "expiry", "The acceptance before had expired"
        UNKNOWN = "unknown", "Not known, as it was asked elsewhere"

    receipt_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Nothing is ever deleted, so only what is looked for has an index: a long import pays for each of them.
    employee = models.ForeignKey(Employee, models.PROTECT, related_name="acceptances", db_index=False)
    policy = models.ForeignKey(TermsPolicy, models.PROTECT, related_name="acceptances", db_index=False)
    version = models.ForeignKey(TermsVersion, models.PROTECT, related_name="acceptances", db_index=False)
    revision = models.ForeignKey(TermsRevision, models.PROTECT, null=True, related_name="+", db_index=False)
    text = models.ForeignKey(TermsText, models.PROTECT, null=True, related_name="+", db_index=False)
    # The person as they were then: the directory goes on without this record.
    directory_id = models.CharField(max_length=64)
    user_principal_name = models.CharField(max_length=254)
    display_name = models.CharField(max_length=256, blank=True)
    language = models.CharField(max_length=16, blank=True, help_text="The language that was shown.")
    text_sha256 = models.CharField(max_length=64, blank=True)
    round = models.PositiveIntegerField(
        default=1, help_text="The how manieth asking of this version, where acceptances expire."
    )
    shown_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField()
    decision = models.CharField(max_length=12, choices=Decision)
    valid_until = models.DateTimeField(
        null=True, help_text="When it has to be given again, by the policy of that day; empty: never."
    )
    button = models.CharField(max_length=100, blank=True, help_text="What stood on the button.")
    surface = models.CharField(max_length=16, choices=Surface)
    trigger = models.CharField(max_length=12, choices=Trigger)
    device = models.CharField(max_length=200, blank=True)
    session = models.CharField(max_length=64, blank=True, help_text="A digest of the sign-in session.")
    network = models.CharField(max_length=49, blank=True, help_text="The address, cut to its network.")
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    source = models.ForeignKey(AcceptanceImport, models.PROTECT, null=True, related_name="acceptances")
    imported_from = models.CharField(
        max_length=254, blank=True, help_text="The file, and the place in it, that says so."
    )
    key_id = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=128, blank=True, help_text="Ed25519 over the receipt, base64.")

    objects: ClassVar[AcceptanceManager] = AcceptanceManager()
    history = TenantRecords(category="terms", label="directory_id")

    guards: ClassVar[tuple[Guard, ...]] = append_only(
        "acceptance", "What somebody accepted or declined is a record: it never changes.", *RECORDED
    )

    class Meta:
        ordering = ("-decided_at", "-id")
        indexes = (
            # Where an employee stands: their decisions about a policy, and the last one about a version.
            models.Index(
                fields=("tenant", "employee", "policy", "version", "-decided_at", "-id"),
                name="acceptance_by_employee",
            ),
            # The log of a policy, the newest first; with the tenant, so that it is counted without looking at the rows.
            models.Index(fields=("policy", "-decided_at", "-id", "tenant"), name="acceptance_by_policy"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("version", "employee", "round"),
                condition=Q(decision="accepted"),
                name="one_acceptance_each_round",
                violation_error_message="This was accepted already.",
            ),
            models.CheckConstraint(
                condition=~Q(surface="portal")
                | Q(text__isnull=False, revision__isnull=False, shown_at__isnull=False)
                & ~Q(text_sha256="")
                & ~Q(signature=""),
                name="portal_acceptance_names_its_words",
                violation_error_message="A decision in the portal names the words that were shown.",
            ),
            models.CheckConstraint(
                condition=~Q(surface="company_portal")
                | Q(source__isnull=False, text__isnull=True, text_sha256="", signature="")
                & ~Q(imported_from=""),
                name="imported_acceptance_says_from_where",
                violation_error_message="What was imported says from where, and claims neither words nor a signature.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_principal_name} {self.get_decision_display().lower()} {self.version}"
