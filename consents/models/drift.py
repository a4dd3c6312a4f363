"""Where the device-management service says one thing and the register another."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audit.guards import Guard, Kept, append_only
from catalog.models import Service
from consents.models.consent import Consent
from tenants.drift.base import KEPT, OPEN_ALREADY, BaseDrift, says_how
from tenants.models import TenantOwned, TenantRecords


class ConsentImport(TenantOwned):
    """One reading of what the service answers, compared with the register."""

    name = models.CharField(max_length=254, help_text="The file or folder.")
    sha256 = models.CharField(max_length=64)
    imported_at = models.DateTimeField(default=timezone.now)
    imported_by = models.CharField(max_length=254)
    records = models.PositiveIntegerField(default=0)
    kinds = models.JSONField(default=list, help_text="Which kinds of answers it held, by Graph's names.")
    problems = models.JSONField(default=list, help_text="What could not be read, and where.")
    found = models.PositiveIntegerField(default=0, help_text="Differences from the register, old and new.")
    opened = models.PositiveIntegerField(default=0)
    cleared = models.PositiveIntegerField(default=0)

    history = TenantRecords(category="consents", label="name")

    guards: ClassVar[tuple[Guard, ...]] = append_only(
        "consent_import",
        "An import is a record of what was read.",
        "name", "sha256", "imported_at", "imported_by", "records", "kinds", "problems", "found", "opened", "cleared",
    )  # fmt: skip

    class Meta:
        ordering = ("-imported_at", "-id")

    def __str__(self) -> str:
        return self.name


class Drift(BaseDrift):
    """A difference between the service and the register, until somebody resolves it or an import no longer finds it."""

    class Kind(models.TextChoices):
        UNKNOWN_HERE = "unknown_here", "Switched on there, not granted here"
        STILL_ON = "still_on", "Withdrawn or expired here, still on there"
        MISSING_THERE = "missing_there", "Granted here, not on there"
        EXPIRED_CREDENTIAL = "expired_credential", "Certificate or token has expired"
        OTHER_ADMIN = "other_admin", "Granted by somebody else there"
        UNKNOWN_SERVICE = "unknown_service", "A service that the catalog does not know"

    class Resolution(models.TextChoices):
        RECORDED = "recorded", "The register was put right"
        ENDED_THERE = "ended_there", "The service was put right"
        ACCEPTED = "accepted", "The difference is known and accepted"
        MISREAD = "misread", "The answer was misread"

    kind = models.CharField(max_length=24, choices=Kind, editable=False)
    key = models.CharField(
        max_length=300, editable=False, help_text="What it is about, the same in each import."
    )
    service = models.ForeignKey(Service, models.PROTECT, null=True, related_name="+", editable=False)
    connection = models.CharField(max_length=200, blank=True, editable=False)
    consent = models.ForeignKey(Consent, models.PROTECT, null=True, related_name="drifts", editable=False)
    observed = models.JSONField(default=dict, editable=False, help_text="What the service answers.")
    recorded = models.JSONField(default=dict, editable=False, help_text="What the register says.")
    first_import = models.ForeignKey(ConsentImport, models.PROTECT, related_name="+", editable=False)
    last_import = models.ForeignKey(ConsentImport, models.PROTECT, related_name="+", editable=False)
    resolution = models.CharField(max_length=16, choices=Resolution, blank=True, editable=False)

    history = TenantRecords(category="consents", label="key")

    guards: ClassVar[tuple[Guard, ...]] = (Kept(name="drift_is_kept", message=KEPT),)

    class Meta(BaseDrift.Meta):
        indexes = (models.Index(fields=("tenant", "status"), name="drift_by_status"),)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "kind", "key"),
                condition=Q(status="open"),
                name="drift_is_open_once",
                violation_error_message=OPEN_ALREADY,
            ),
            says_how("resolved_drift_says_how"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.key}"
