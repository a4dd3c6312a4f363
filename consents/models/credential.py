"""Certificates and tokens that a connection lives by, and that end on a known day."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from audit.guards import Guard, Kept
from catalog.models import Service
from tenants.models import TenantOwned, TenantRecords


class Credential(TenantOwned):
    """A certificate or token at a third party, as entered or as the last import saw it."""

    class Kind(models.TextChoices):
        APNS_CERTIFICATE = "apns_certificate", "Apple push certificate"
        DEP_TOKEN = "dep_token", "Enrollment program token"
        VPP_TOKEN = "vpp_token", "Volume purchase token"

    class Source(models.TextChoices):
        HAND = "hand", "Entered by hand"
        IMPORT = "import", "Imported"

    kind = models.CharField(max_length=24, choices=Kind)
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", editable=False)
    connection = models.CharField(
        max_length=100, blank=True, help_text="Which connection uses it, where there are several."
    )
    external_id = models.CharField(
        max_length=200, help_text="Its id at the source, for example in Microsoft Graph."
    )
    name = models.CharField(max_length=200, help_text="How people call it.")
    account = models.CharField(
        max_length=254, blank=True, help_text="The account that made it, which is needed to renew it."
    )
    serial_number = models.CharField(max_length=100, blank=True)
    expires_at = models.DateTimeField(help_text="When it stops working.")
    grace_days = models.PositiveSmallIntegerField(
        default=0, help_text="For how many days after its end it can still be renewed as the same."
    )
    source = models.CharField(max_length=8, choices=Source, default=Source.HAND, editable=False)
    seen_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when it is of no interest any more."
    )

    history = TenantRecords(category="consents", label="name")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="credential_is_kept", message="A certificate or token is retired, not deleted."),
    )

    class Meta:
        ordering = ("expires_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "kind", "external_id"),
                name="credential_is_known_once",
                violation_error_message="This certificate or token is in the list already.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def last_day_to_renew(self) -> object:
        return self.expires_at + timedelta(days=self.grace_days)
