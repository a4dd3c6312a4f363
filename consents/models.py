"""Sharing consents: what a tenant authorised to flow to a third party, when, by whom and under which terms."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.models import Edition, Flow, Service
from consents.querysets import ConsentManager
from tenants.models import TenantOwned, TenantRecords


class Consent(TenantOwned):
    """One authorisation: for a tenant, a service and a connection. A new one follows an ended one; none is reused."""

    class State(models.TextChoices):
        REQUESTED = "requested", "Requested"
        GRANTED = "granted", "Granted"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "Expired"
        DECLINED = "declined", "Declined"

    service = models.ForeignKey(
        Service,
        models.PROTECT,
        related_name="consents",
        help_text="What will be switched on at the third party.",
    )
    connection = models.CharField(
        max_length=100,
        blank=True,
        help_text="Which connection, where the tenant can have several (one for each token); empty otherwise.",
    )
    name = models.CharField(
        max_length=402,
        editable=False,
        help_text="The service and the connection, as they were called when requested.",
    )
    status = models.CharField(max_length=16, choices=State, default=State.REQUESTED, editable=False)
    contract_reference = models.CharField(
        max_length=200,
        blank=True,
        help_text="Your own contract with the third party, which governs the data there.",
    )
    terms_url = models.URLField(
        max_length=500, blank=True, help_text="Where the third party publishes its terms."
    )
    terms_text = models.TextField(
        blank=True, help_text="The terms themselves, so that they can be shown later."
    )
    terms_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    justification = models.TextField(blank=True, help_text="Why the organisation needs this service.")

    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    requested_by = models.CharField(max_length=254, editable=False)
    granted_at = models.DateTimeField(null=True, editable=False)
    granted_by = models.CharField(max_length=254, blank=True, editable=False)
    grant_reason = models.TextField(blank=True, editable=False)
    effective_from = models.DateTimeField(null=True, blank=True, editable=False)
    effective_until = models.DateTimeField(null=True, blank=True, editable=False)
    edition = models.ForeignKey(
        Edition, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="catalog edition"
    )
    declined_at = models.DateTimeField(null=True, editable=False)
    declined_by = models.CharField(max_length=254, blank=True, editable=False)
    decline_reason = models.TextField(blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.CharField(max_length=254, blank=True, editable=False)
    withdraw_reason = models.TextField(blank=True, editable=False)

    objects: ClassVar[ConsentManager] = ConsentManager()
    history = TenantRecords(category="consents", label="name")

    class Meta:
        ordering = ("-requested_at", "-id")
        indexes = (models.Index(fields=("tenant", "service", "connection"), name="consent_by_service"),)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "service", "connection"),
                condition=Q(status="granted"),
                name="one_consent_in_force",
                violation_error_message="A consent for this service and connection is in force already. "
                "Withdraw it before granting another.",
            ),
            models.UniqueConstraint(
                fields=("tenant", "service", "connection"),
                condition=Q(status="requested"),
                name="one_consent_requested",
                violation_error_message="A consent for this service and connection waits for a decision already.",
            ),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True) | Q(effective_until__gt=F("effective_from")),
                name="consent_ends_after_it_starts",
                violation_error_message="A consent must end after it starts.",
            ),
            models.CheckConstraint(
                condition=~Q(status="granted")
                | (Q(granted_at__isnull=False) & Q(effective_from__isnull=False) & Q(edition__isnull=False)),
                name="granted_consent_is_complete",
                violation_error_message="A granted consent says when, from when and against which catalog edition.",
            ),
            models.CheckConstraint(
                condition=~Q(status="withdrawn") | (Q(withdrawn_at__isnull=False) & ~Q(withdraw_reason="")),
                name="withdrawal_has_a_reason",
                violation_error_message="A withdrawal says when and why.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def state_at(self, at: datetime) -> str:
        """The state at an instant, as recorded now: a grant whose end has passed has expired."""
        has_ended = self.effective_until is not None and self.effective_until <= at
        return self.State.EXPIRED if self.status == self.State.GRANTED and has_ended else self.status

    @property
    def state(self) -> str:
        return self.state_at(timezone.now())

    def is_in_force(self, at: datetime | None = None) -> bool:
        """Whether it authorises anything at the instant."""
        at = at or timezone.now()
        has_begun = self.effective_from is not None and self.effective_from <= at
        return has_begun and self.state_at(at) == self.State.GRANTED


class CoveredFlow(TenantOwned):
    """A flow that a consent covers, exactly as the catalog described it when the consent was granted."""

    consent = models.ForeignKey(Consent, models.PROTECT, related_name="covered_flows")
    flow = models.ForeignKey(Flow, models.PROTECT, related_name="+")
    flow_record = models.BigIntegerField(
        help_text="The flow's history row (and audit event) that was agreed to."
    )
    code = models.CharField(max_length=200)
    name = models.CharField(max_length=300)
    direction = models.CharField(max_length=20, choices=Flow.Direction)
    personal = models.BooleanField()

    history = TenantRecords(category="consents", label="code", part=True)

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(fields=("consent", "flow"), name="consent_covers_a_flow_once"),
        )

    def __str__(self) -> str:
        return self.code
