"""In which geography a tenant's customer data is stored."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.db import models
from django.db.models import Min, Q

from audit.guards import Guard, OnlyAhead
from catalog.models import Region
from elections.models.election import Election, life_of
from elections.querysets import storage_holding
from tenants.models import TenantRecords

FROZEN = (
    "region_id", "region_record", "code", "name", "origin", "leaves_boundary", "transfer_assessment", "assessed_on",
)  # fmt: skip


class StorageElection(Election):
    """A tenant's geography from an instant on, until the next election begins: so at most one holds at any instant."""

    class Origin(models.TextChoices):
        FOLLOWS_COUNTRY = "follows_country", "Follows the directory's country"
        FIRST = "first", "First one, entered"
        MOVE = "move", "Move"

    region = models.ForeignKey(
        Region, models.PROTECT, related_name="elections", help_text="The geography of the catalog that is elected."
    )  # fmt: skip
    region_record = models.BigIntegerField(
        editable=False, help_text="The region's history row (and audit event) that was agreed to."
    )
    code = models.CharField(max_length=200, editable=False)
    name = models.CharField(max_length=300, editable=False, help_text="The region, as it was called then.")
    origin = models.CharField(max_length=16, choices=Origin, editable=False)
    leaves_boundary = models.BooleanField(
        default=False, editable=False, help_text="A tenant inside the EU Data Boundary elects a region outside it."
    )  # fmt: skip
    transfer_assessment = models.TextField(
        blank=True,
        help_text="Where the region lies outside the EU Data Boundary and your directory inside: what was assessed of "
        "the transfer, and where the assessment is kept (GDPR Art. 44 to 46).",
    )
    assessed_on = models.DateField(null=True, blank=True, help_text="The date of that assessment.")

    history = TenantRecords(category="elections", label="name")

    guards: ClassVar[tuple[Guard, ...]] = (
        *life_of("storage_election", *FROZEN),
        OnlyAhead(
            name="storage_election_rewrites_nothing",
            message="A later election is in force already; what lies before it is not rewritten.",
            same=("tenant_id",),
            state=("status", "approved"),
            start="effective_from",
            by="decided_at",
        ),
    )

    class Meta(Election.Meta):
        constraints = (
            *Election.Meta.constraints,
            models.UniqueConstraint(
                fields=("tenant", "effective_from"),
                condition=Q(status="approved"),
                name="storage_elections_begin_apart",
                violation_error_message="Another storage election begins at this instant: choose another one.",
            ),
            models.CheckConstraint(
                condition=Q(leaves_boundary=False) | (~Q(transfer_assessment="") & Q(assessed_on__isnull=False)),
                name="leaving_the_boundary_is_assessed",
                violation_error_message="Say what was assessed of the transfer out of the EU Data Boundary, and when.",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @classmethod
    def holding(cls, at: datetime, others: Any) -> Q:
        return storage_holding(at, others)

    @cached_property
    def ends_at(self) -> datetime | None:
        if self.effective_from is None:
            return None
        later = type(self).objects.for_tenant(self.tenant_id).scheduled(self.effective_from)
        return later.aggregate(next=Min("effective_from"))["next"]  # type: ignore[no-any-return]
