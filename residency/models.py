"""Where the provider says that a tenant's data is, and where that differs from what was elected."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audit.guards import Frozen, Guard, Kept, Moves, append_only
from catalog.models import Region
from tenants.drift.base import KEPT, OPEN_ALREADY, BaseDrift, says_how
from tenants.models import TenantOwned, TenantRecords

OBSERVED = (
    "observed_on", "place", "region_id", "country", "source", "origin", "elected_id", "agrees", "recorded_at",
    "recorded_by",
)  # fmt: skip
FOUND = ("key", "place", "region_id", "country", "elected_id", "opened_at")


class ObservedLocation(TenantOwned):
    """One look at where the provider says the data is."""

    class Origin(models.TextChoices):
        BY_HAND = "by_hand", "Entered by hand"
        IMPORTED = "imported", "Imported"

    observed_on = models.DateField(help_text="The day on which the provider showed it.")
    place = models.CharField(
        max_length=200,
        help_text="The region or country, as the provider's tenant status shows it, for example Europe 0201.",
    )
    region = models.ForeignKey(Region, models.PROTECT, null=True, editable=False, related_name="+")
    country = models.CharField(max_length=2, blank=True, editable=False)
    source = models.CharField(
        max_length=200,
        help_text="Where it was seen, for example Tenant administration, Tenant status, or the file's name.",
    )
    origin = models.CharField(max_length=12, choices=Origin, editable=False)
    elected = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text="The geography that was in force on that day, as known when it was recorded.",
    )
    agrees = models.BooleanField(
        null=True,
        editable=False,
        help_text="Whether the place lies in that geography; empty where none was in force.",
    )
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    recorded_by = models.CharField(max_length=254, editable=False)

    history = TenantRecords(category="residency", label="place")

    guards: ClassVar[tuple[Guard, ...]] = append_only(
        "observed_location", "An observation is a record of what was seen: enter another one.", *OBSERVED
    )

    class Meta:
        ordering = ("-observed_on", "-id")
        indexes = (models.Index(fields=("tenant", "agrees", "observed_on"), name="observed_by_agreement"),)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "observed_on", "place", "source"),
                name="a_place_is_observed_once_a_day",
                violation_error_message="This place was recorded for this day, from this source, already.",
            ),
            models.CheckConstraint(
                condition=Q(region__isnull=False) | ~Q(country=""),
                name="observed_place_is_known",
                violation_error_message="Name a region or country that the catalog knows.",
            ),
            models.CheckConstraint(
                condition=Q(elected__isnull=True, agrees__isnull=True)
                | Q(elected__isnull=False, agrees__isnull=False),
                name="observation_is_compared_with_an_election",
                violation_error_message="Only where a geography was elected can a place agree with it or not.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.place} on {self.observed_on:%Y-%m-%d}"

    @property
    def agreement(self) -> str:
        """How the place compares with the election, in words."""
        if self.agrees is None:
            return "Nothing elected"
        return "As elected" if self.agrees else "Elsewhere"


class LocationImport(TenantOwned):
    """One reading of a file of observed locations: what it brought, and what could not be kept."""

    name = models.CharField(max_length=200, help_text="The file.")
    sha256 = models.CharField(max_length=64)
    imported_at = models.DateTimeField(default=timezone.now)
    imported_by = models.CharField(max_length=254)
    rows = models.PositiveIntegerField(default=0, help_text="Rows that can be kept.")
    added = models.PositiveIntegerField(default=0, help_text="Locations that are recorded since.")
    known = models.PositiveIntegerField(default=0, help_text="Locations that were recorded before.")
    differing = models.PositiveIntegerField(default=0, help_text="Locations elsewhere than elected.")
    opened = models.PositiveIntegerField(default=0, help_text="Differences that are new.")
    cleared = models.PositiveIntegerField(default=0, help_text="Differences that are no longer found.")
    left_out = models.PositiveIntegerField(default=0, help_text="Rows that could not be kept.")
    problems = models.JSONField(
        default=list, help_text="Rows that could not be kept, each with its line and why: the first 500."
    )

    history = TenantRecords(category="residency", label="name")

    guards: ClassVar[tuple[Guard, ...]] = append_only(
        "location_import",
        "An import is a record of what was read.",
        "name", "sha256", "imported_at", "imported_by", "rows", "added", "known", "differing", "opened", "cleared",
        "left_out", "problems",
    )  # fmt: skip

    class Meta:
        ordering = ("-imported_at", "-id")

    def __str__(self) -> str:
        return self.name


class LocationDrift(BaseDrift):
    """The data is somewhere else than elected, until somebody resolves it or a later look finds it in its place."""

    class Resolution(models.TextChoices):
        MOVED = "moved", "The provider moved the data"
        ELECTED = "elected", "The election was put right"
        ACCEPTED = "accepted", "The difference is known and accepted"
        MISREAD = "misread", "The place was misread"

    key = models.CharField(
        max_length=220, editable=False, help_text="Which region or country it is, the same at each look."
    )
    place = models.CharField(max_length=200, editable=False, help_text="As it was observed first.")
    region = models.ForeignKey(Region, models.PROTECT, null=True, editable=False, related_name="+")
    country = models.CharField(max_length=2, blank=True, editable=False)
    elected = models.ForeignKey(Region, models.PROTECT, editable=False, related_name="+")
    first_seen_on = models.DateField(editable=False)
    last_seen_on = models.DateField(editable=False)
    resolution = models.CharField(max_length=16, choices=Resolution, blank=True, editable=False)

    history = TenantRecords(category="residency", label="place")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="location_drift_is_kept", message=KEPT),
        Frozen(
            name="location_drift_is_as_found",
            message="What was found never changes: resolve the difference.",
            fields=FOUND,
        ),
        Moves(
            name="location_drift_closes_once",
            message="A closed difference stays closed; found again, it is another one.",
            field="status",
            allowed={"open": ("resolved", "cleared")},
        ),
    )

    class Meta(BaseDrift.Meta):
        indexes = (models.Index(fields=("tenant", "status"), name="location_drift_by_status"),)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "key", "elected"),
                condition=Q(status="open"),
                name="location_drift_is_open_once",
                violation_error_message=OPEN_ALREADY,
            ),
            says_how("resolved_location_drift_says_how"),
        )

    def __str__(self) -> str:
        return f"{self.place} instead of {self.elected}"
