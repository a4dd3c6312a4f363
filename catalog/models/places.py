"""Where data is stored, and what the law says of countries."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from audit.history import AuditedRecords
from catalog.models.edition import Entry
from catalog.querysets import AdequacyQuerySet


class Region(Entry):
    """A storage geography, a boundary such as the EU Data Boundary, or the area in which a law applies."""

    class Kind(models.TextChoices):
        GEOGRAPHY = "geography", "Geography"
        LOCAL = "local", "Local geography"
        MACRO = "macro", "Macro region"
        BOUNDARY = "boundary", "Data boundary"
        LEGAL = "legal", "Area of a law"

    kind = models.CharField(max_length=16, choices=Kind)
    provider = models.CharField(max_length=50)
    countries = models.JSONField(default=list, blank=True, help_text="ISO 3166-1 alpha-2 codes.")
    opened_on = models.DateField(
        null=True,
        blank=True,
        help_text="The first day; empty where the source names none. New geographies take new tenants only.",
    )
    closed_on = models.DateField(
        null=True, blank=True, help_text="From this day on it takes nobody new; empty where it is open."
    )

    history = AuditedRecords(category="catalog", label="name")

    class Meta(Entry.Meta):
        constraints = (
            *Entry.Meta.constraints,
            models.CheckConstraint(
                condition=Q(opened_on__isnull=True)
                | Q(closed_on__isnull=True)
                | Q(closed_on__gt=F("opened_on")),
                name="region_closes_after_it_opens",
                violation_error_message="A region closes after it opens.",
            ),
        )


class Datacentre(Entry):
    """A place where data is stored."""

    country = models.CharField(max_length=2)
    geography = models.CharField(max_length=100)
    city = models.CharField(max_length=100)

    history = AuditedRecords(category="catalog", label="name")


class BoundaryPhase(Entry):
    """Which data a boundary keeps inside since when."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="phases")
    starts_on = models.DateField(help_text="From this day on the data stays inside.")
    covers = models.TextField(help_text="Which data.")

    history = AuditedRecords(category="catalog", label="name")


class AtRestException(Entry):
    """What may be stored outside the elected geography, and where, as far as the provider says."""

    covers = models.TextField(help_text="Which data, and on which occasion.")
    regions = models.JSONField(
        default=list, blank=True, help_text="Codes of the regions it is an exception from; empty for all."
    )
    countries = models.JSONField(
        default=list,
        blank=True,
        help_text="ISO 3166-1 alpha-2 codes of where it may be; empty where the source names none.",
    )

    history = AuditedRecords(category="catalog", label="name")


class AdequacyDecision(Entry):
    """The European Commission finds that a country protects personal data adequately (GDPR Art. 45)."""

    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2.")
    reference = models.CharField(max_length=200, help_text="The number of the decision.")
    decided_on = models.DateField()
    ends_on = models.DateField(
        null=True, blank=True, help_text="From this day on it no longer holds; empty where it has no end."
    )
    partial = models.BooleanField(
        default=False, help_text="Holds for some recipients in the country only: see its scope."
    )
    scope = models.TextField(blank=True, help_text="For which recipients it holds.")

    objects: ClassVar[AdequacyQuerySet] = AdequacyQuerySet.as_manager()  # type: ignore[assignment]
    history = AuditedRecords(category="catalog", label="name")

    class Meta(Entry.Meta):
        constraints = (
            *Entry.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("decided_on")),
                name="adequacy_ends_after_it_was_decided",
                violation_error_message="A decision ends after it was made.",
            ),
            models.CheckConstraint(
                condition=Q(partial=False) | ~Q(scope=""),
                name="partial_adequacy_says_its_scope",
                violation_error_message="Say for which recipients the decision holds.",
            ),
        )
