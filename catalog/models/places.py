"""Where data is stored."""

from __future__ import annotations

from django.db import models

from audit.history import AuditedRecords
from catalog.models.edition import Entry


class Region(Entry):
    """A storage geography, or a boundary such as the EU Data Boundary."""

    class Kind(models.TextChoices):
        GEOGRAPHY = "geography", "Geography"
        LOCAL = "local", "Local geography"
        MACRO = "macro", "Macro region"
        BOUNDARY = "boundary", "Data boundary"

    kind = models.CharField(max_length=16, choices=Kind)
    provider = models.CharField(max_length=50)
    countries = models.JSONField(default=list, blank=True, help_text="ISO 3166-1 alpha-2 codes.")

    history = AuditedRecords(category="catalog", label="name")


class Datacentre(Entry):
    """A place where data is stored."""

    country = models.CharField(max_length=2)
    geography = models.CharField(max_length=100)
    city = models.CharField(max_length=100)

    history = AuditedRecords(category="catalog", label="name")
