"""The consent itself: what a tenant authorised to flow to a third party, when, by whom and under which terms.

Once decided, nothing of it changes but its end, and it is never deleted: the database refuses both. When it holds is a
period, [effective_from, ends_at); `status` only says what was decided last.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from audit.context import Origin
from audit.guards import Apart, Frozen, Guard, JoinsOnly, Kept, Moves, OnlyEarlier, append_only
from catalog.models import Edition, Flow, Service
from consents.querysets import ConsentManager
from tenants.models import TenantOwned, TenantRecords

UNDECIDED = ("status", ("requested",))
REQUESTED_FIELDS = (
    "record_id", "service_id", "connection", "name", "supersedes_id", "justification", "requested_at", "requested_by",
    "requested_by_id", "contract_reference", "contract_parties", "contract_signed_on", "contract_ends_on", "terms_url",
    "terms_text", "terms_sha256", "legal_basis", "safeguard", "safeguard_reference", "restored_from",
)  # fmt: skip
DECIDED_FIELDS = (
    "granted_at", "granted_by", "granted_by_id", "granted_role", "granted_origin", "granted_address", "grant_reason",
    "effective_from", "effective_until", "edition_id", "declined_at", "declined_by", "decline_reason",
)  # fmt: skip
WITHDRAWN_FIELDS = ("withdrawn_at", "withdrawn_by", "withdraw_reason")


class Consent(TenantOwned):
    """One authorisation: for a tenant, a service and a connection. A new one follows an ended one; none is reused."""

    class State(models.TextChoices):
        REQUESTED = "requested", "Requested"
        GRANTED = "granted", "Granted"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "Expired"
        DECLINED = "declined", "Declined"

    class LegalBasis(models.TextChoices):
        """GDPR Art. 6(1): on which of its letters the tenant, as controller, bases the sharing."""

        CONSENT = "consent", "Consent of the data subjects, Art. 6(1)(a)"
        CONTRACT = "contract", "Performance of a contract, Art. 6(1)(b)"
        LEGAL_OBLIGATION = "legal_obligation", "Legal obligation, Art. 6(1)(c)"
        VITAL_INTERESTS = "vital_interests", "Vital interests, Art. 6(1)(d)"
        PUBLIC_TASK = "public_task", "Public task, Art. 6(1)(e)"
        LEGITIMATE_INTERESTS = "legitimate_interests", "Legitimate interests, Art. 6(1)(f)"

    class Safeguard(models.TextChoices):
        """GDPR Chapter V: what allows the transfer to the third party's country."""

        ADEQUACY = "adequacy", "Adequacy decision, Art. 45"
        STANDARD_CLAUSES = "standard_clauses", "Standard contractual clauses, Art. 46(2)(c)"
        BINDING_RULES = "binding_rules", "Binding corporate rules, Art. 47"
        DEROGATION = "derogation", "Derogation, Art. 49"

    record_id = models.UUIDField(default=uuid.uuid4, editable=False, help_text="Names the record everywhere.")
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
    supersedes = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="renewals",
        help_text="The consent that this one renews: granting it ends that one.",
    )
    contract_reference = models.CharField(
        max_length=200,
        blank=True,
        help_text="Your own contract with the third party, which governs the data there.",
    )
    contract_parties = models.CharField(max_length=300, blank=True, help_text="Who signed that contract.")
    contract_signed_on = models.DateField(null=True, blank=True)
    contract_ends_on = models.DateField(null=True, blank=True, help_text="Empty where it has no end.")
    terms_url = models.URLField(
        max_length=500, blank=True, help_text="Where the third party publishes its terms."
    )
    terms_text = models.TextField(
        blank=True, help_text="The terms themselves, so that they can be shown later."
    )
    terms_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    justification = models.TextField(blank=True, help_text="Why the organisation needs this service.")
    legal_basis = models.CharField(max_length=32, choices=LegalBasis, blank=True)
    safeguard = models.CharField("transfer safeguard", max_length=32, choices=Safeguard, blank=True)
    safeguard_reference = models.CharField(
        max_length=300, blank=True, help_text="Which decision, clauses or assessment, with its date."
    )

    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    requested_by = models.CharField(max_length=254, editable=False)
    requested_by_id = models.CharField(max_length=64, blank=True, editable=False)
    granted_at = models.DateTimeField(null=True, editable=False)
    granted_by = models.CharField(max_length=254, blank=True, editable=False)
    granted_by_id = models.CharField(max_length=64, blank=True, editable=False)
    granted_role = models.CharField(max_length=32, blank=True, editable=False)
    granted_origin = models.CharField(max_length=16, choices=Origin, blank=True, editable=False)
    granted_address = models.CharField(max_length=45, blank=True, editable=False)
    grant_reason = models.TextField(blank=True, editable=False)
    effective_from = models.DateTimeField(null=True, blank=True, editable=False)
    effective_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="The end that was agreed; empty where there was none.",
    )
    ends_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The end as it stands: the agreed one, or the earlier one of a withdrawal or renewal.",
    )
    edition = models.ForeignKey(
        Edition, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="catalog edition"
    )
    declined_at = models.DateTimeField(null=True, editable=False)
    declined_by = models.CharField(max_length=254, blank=True, editable=False)
    decline_reason = models.TextField(blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.CharField(max_length=254, blank=True, editable=False)
    withdraw_reason = models.TextField(blank=True, editable=False)
    restored_from = models.CharField(
        max_length=254,
        blank=True,
        editable=False,
        help_text="The file that brought the record here, if one did.",
    )

    objects: ClassVar[ConsentManager] = ConsentManager()
    history = TenantRecords(category="consents", label="name")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="consent_is_kept", message="A consent is never deleted: withdraw it."),
        Apart(
            name="one_consent_in_force",
            message="A consent for this service and connection is in force already.",
            same=("tenant_id", "service_id", "connection"),
            start="effective_from",
            end="ends_at",
        ),
        Frozen(
            name="consent_is_frozen",
            message="What was decided about a consent never changes; request a new one.",
            fields=REQUESTED_FIELDS + DECIDED_FIELDS,
            until=UNDECIDED,
        ),
        Frozen(
            name="consent_is_withdrawn_once",
            message="A withdrawal is final.",
            fields=WITHDRAWN_FIELDS,
            until=("status", ("requested", "granted")),
        ),
        OnlyEarlier(
            name="consent_is_not_prolonged",
            message="A consent is never prolonged; request a renewal.",
            field="ends_at",
            until=UNDECIDED,
        ),
        Moves(
            name="consent_follows_its_life",
            message="A request is granted or declined; a granted consent is withdrawn or expires; nothing goes back.",
            field="status",
            allowed={"requested": ("granted", "declined"), "granted": ("withdrawn", "expired")},
        ),
    )

    class Meta:
        ordering = ("-requested_at", "-id")
        indexes = (models.Index(fields=("tenant", "service", "connection"), name="consent_by_service"),)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "service", "connection"),
                condition=Q(status="requested"),
                name="one_consent_requested",
                violation_error_message="A consent for this service and connection waits for a decision already.",
            ),
            models.UniqueConstraint(
                fields=("tenant", "record_id"),
                name="consent_record_is_unique",
                violation_error_message="This record is in the register already.",
            ),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True) | Q(effective_until__gt=F("effective_from")),
                name="consent_ends_after_it_starts",
                violation_error_message="A consent must end after it starts.",
            ),
            models.CheckConstraint(
                condition=Q(contract_ends_on__isnull=True)
                | Q(contract_signed_on__isnull=True)
                | Q(contract_ends_on__gt=F("contract_signed_on")),
                name="contract_ends_after_it_was_signed",
                violation_error_message="A contract ends after it was signed.",
            ),
            models.CheckConstraint(
                condition=~Q(status="granted")
                | (Q(granted_at__isnull=False) & Q(effective_from__isnull=False) & Q(edition__isnull=False)),
                name="granted_consent_is_complete",
                violation_error_message="A granted consent says when, from when and against which catalog edition.",
            ),
            models.CheckConstraint(
                condition=~Q(status="withdrawn")
                | (Q(withdrawn_at__isnull=False) & Q(ends_at__isnull=False) & ~Q(withdraw_reason="")),
                name="withdrawal_has_a_reason",
                violation_error_message="A withdrawal says when and why.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def state_at(self, at: datetime) -> str:
        """The state at an instant, as recorded now: a grant whose end has passed has expired."""
        has_ended = self.ends_at is not None and self.ends_at <= at
        return self.State.EXPIRED if self.status == self.State.GRANTED and has_ended else self.status

    @property
    def state(self) -> str:
        return self.state_at(timezone.now())

    def is_in_force(self, at: datetime | None = None) -> bool:
        """Whether it authorises anything at the instant: it has begun, and not ended."""
        at = at or timezone.now()
        has_begun = self.effective_from is not None and self.effective_from <= at
        return has_begun and (self.ends_at is None or self.ends_at > at)

    @property
    def is_yet_to_begin(self) -> bool:
        """Granted, for a time that has not come."""
        begins = self.effective_from
        return self.status == self.State.GRANTED and begins is not None and begins > timezone.now()

    @property
    def is_past_dated(self) -> bool:
        """Recorded after it began to hold."""
        began, granted = self.effective_from, self.granted_at
        return began is not None and granted is not None and began < granted


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

    guards: ClassVar[tuple[Guard, ...]] = (
        *append_only(
            "covered_flow",
            "What a consent covers never changes; request a renewal.",
            "consent_id", "flow_id", "flow_record", "code", "name", "direction", "personal",
        ),
        JoinsOnly(
            name="covered_flow_joins_at_grant",
            message="What a consent covers is written down when it is granted, and never added to.",
            key="consent_id",
            to_table="consents_consent",
            field="status",
            values=("requested",),
        ),
    )  # fmt: skip

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(fields=("consent", "flow"), name="consent_covers_a_flow_once"),
        )

    def __str__(self) -> str:
        return self.code
