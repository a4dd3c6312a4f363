"""How a tenant wants its elections handled, and what it asks of those who receive data."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from audit.guards import Guard, Kept
from tenants.models import Tenant, TenantOwned, TenantRecords


class ElectionPolicy(TenantOwned):
    """One for each tenant that has changed something; the others have the defaults (`ElectionPolicy.of`)."""

    class Recipients(models.TextChoices):
        """Where third parties may be that data goes to (GDPR Chapter V); decisions answer by it."""

        ANYWHERE = "anywhere", "Anywhere"
        SAFEGUARDED = "safeguarded", "In a third country only under a transfer safeguard"
        BOUNDARY = "boundary", "Inside the EU Data Boundary"
        GEOGRAPHY = "geography", "In a country of the elected geography"

    four_eyes = models.BooleanField(
        default=False, help_text="Whoever proposes an election cannot approve it: a second person decides."
    )
    recipients = models.CharField(
        "recipients may be",
        max_length=16,
        choices=Recipients,
        default=Recipients.ANYWHERE,
        help_text="Where those may be that data is shared with; what goes elsewhere is answered with "
        "“region_not_allowed”.",
    )

    history = TenantRecords(category="elections")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="election_policy_is_kept", message="A policy is changed, not deleted."),
    )

    class Meta:
        verbose_name = "election policy"
        verbose_name_plural = "election policies"
        constraints = (models.UniqueConstraint(fields=("tenant",), name="tenant_has_one_election_policy"),)

    def __str__(self) -> str:
        return f"Election policy of {self.tenant}"

    @classmethod
    def of(cls, tenant: Tenant) -> ElectionPolicy:
        """The tenant's policy: the stored one, or the defaults."""
        found: ElectionPolicy | None = cls.objects.for_tenant(tenant).first()
        return found or cls(tenant=tenant)
