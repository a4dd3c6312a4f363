"""A reading of what another product says of acceptances, as a record of its own."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from audit.guards import Guard, append_only
from tenants.models import TenantOwned, TenantRecords
from terms.models.policy import TermsPolicy


class AcceptanceImport(TenantOwned):
    """One import: what was read, who read it, and what could not be taken over."""

    policy = models.ForeignKey(TermsPolicy, models.PROTECT, related_name="imports")
    name = models.CharField(max_length=254, help_text="The file or folder.")
    sha256 = models.CharField(max_length=64)
    files = models.JSONField(default=list, help_text="Each file that was read, with its SHA-256.")
    settings = models.JSONField(default=dict, help_text="How dates, time zone and versions were to be read.")
    imported_at = models.DateTimeField(default=timezone.now)
    imported_by = models.CharField(max_length=254)
    records = models.PositiveIntegerField(default=0, help_text="Acceptances that the files told of.")
    recorded = models.PositiveIntegerField(default=0, help_text="Those that are in the register since.")
    already_recorded = models.PositiveIntegerField(default=0, help_text="Those that were there before.")
    left_out = models.PositiveIntegerField(default=0, help_text="Those that could not be taken over.")
    problems = models.JSONField(default=list, help_text="What was left out, where it stands, and why.")

    history = TenantRecords(category="terms", label="name")

    guards: ClassVar[tuple[Guard, ...]] = append_only(
        "acceptance_import",
        "An import is a record of what was read.",
        "policy_id", "name", "sha256", "files", "settings", "imported_at", "imported_by", "records", "recorded",
        "already_recorded", "left_out", "problems",
    )  # fmt: skip

    class Meta:
        ordering = ("-imported_at", "-id")

    def __str__(self) -> str:
        return self.name
