"""What a tenant can switch on, and which collected data that brings."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from audit.history import AuditedRecords
from catalog.models.edition import Entry
from catalog.models.elements import Element
from catalog.models.pairs import ElementPair


class Feature(Entry):
    """An optional feature: off for every tenant until it elects to switch it on."""

    class RoleChange(models.TextChoices):
        """Who answers for the data once the feature is on (GDPR Art. 4(7) and (8))."""

        PROCESSOR_TO_CONTROLLER = "processor_to_controller", "The tenant becomes the controller"

    statement = models.TextField("what it does", blank=True)
    condition = models.TextField(blank=True, help_text="For which devices or licences it can be switched on.")
    role_change = models.CharField(max_length=32, choices=RoleChange, blank=True)
    elements = models.ManyToManyField(Element, through="FeatureElement", related_name="features", blank=True)

    history = AuditedRecords(category="catalog", label="name")


class FeatureElement(ElementPair):
    """Which optional element is collected when a feature is on."""

    owner: ClassVar[str] = "feature"

    feature = models.ForeignKey(Feature, models.PROTECT, related_name="brings")
    element = models.ForeignKey(Element, models.PROTECT, related_name="brought_by")

    history = AuditedRecords(category="catalog", part=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("feature", "element"), name="feature_brings_an_element_once"),
        )

    def __str__(self) -> str:
        return f"{self.feature} brings {self.element}"
