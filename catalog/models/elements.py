"""What is collected."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from audit.history import AuditedRecords
from catalog.models.edition import Entry
from catalog.querysets import ElementQuerySet


class Collection(models.TextChoices):
    """Whether data is collected: always, when the tenant switches it on, or under no circumstances."""

    REQUIRED = "required", "Required"
    OPTIONAL = "optional", "Optional"
    NEVER = "never", "Never"


class Category(Entry):
    """A group of collected elements."""

    collection = models.CharField(max_length=16, choices=Collection)
    condition = models.TextField(blank=True, help_text="When the whole category is collected.")

    history = AuditedRecords(category="catalog", label="name")

    class Meta(Entry.Meta):
        verbose_name_plural = "categories"


class Purpose(models.TextChoices):
    """Why data is processed. Profiling, advertising and marketing are not among the purposes, and cannot be."""

    SERVICE_PROVISION = "service_provision", "Providing the service"
    SECURITY = "security", "Security"
    SERVICE_IMPROVEMENT = "service_improvement", "Improving the service"
    SUPPORT = "support", "Support"
    BILLING = "billing", "Billing"
    AUDIT = "audit", "Audit"
    LEGAL_OBLIGATION = "legal_obligation", "Legal obligation"


REFUSED_PURPOSES = ("profiling", "advertis", "marketing")


def no_refused_purpose(field: str, name: str) -> models.CheckConstraint:
    """A constraint that refuses a text naming profiling, advertising or marketing as the purpose."""
    refused = Q()
    for word in REFUSED_PURPOSES:
        refused |= Q(**{f"{field}__icontains": word})
    return models.CheckConstraint(
        condition=~refused,
        name=name,
        violation_error_message="Personal data is never processed for profiling, advertising or marketing.",
    )


class Element(Entry):
    """One kind of data that is collected, can be collected, or never is."""

    class Mam(models.TextChoices):
        """Whether mobile application management alone collects it."""

        YES = "yes", "Yes"
        NO = "no", "No"
        CONDITIONAL = "conditional", "On a condition"

    class Classification(models.TextChoices):
        PERSONAL = "personal", "Personal data"
        NON_PERSONAL = "non_personal", "Not personal data"
        ACCESS_CONTROL = "access_control", "Access control data"

    class Identifiability(models.TextChoices):
        IDENTIFIABLE = "identifiable", "Identifies a person"
        PSEUDONYMOUS = "pseudonymous", "Pseudonymous"
        ACCOUNT = "account", "Account data"
        SECRET = "secret", "Secret"
        SUPPORT = "support", "Support data"
        ORG_TENANT = "org_tenant", "About the organisation"
        SYSTEM_METADATA = "system_metadata", "System metadata"

    category = models.ForeignKey(Category, models.PROTECT, related_name="elements")
    collection = models.CharField(max_length=16, choices=Collection)
    example = models.CharField(max_length=300, blank=True)
    mam = models.CharField("collected by MAM", max_length=16, choices=Mam, blank=True)
    mam_condition = models.TextField("MAM condition", blank=True)
    collection_condition = models.TextField(blank=True)
    classification = models.CharField(max_length=16, choices=Classification)
    identifiability = models.CharField(max_length=16, choices=Identifiability)
    purpose = models.CharField(max_length=32, choices=Purpose)
    iso19944 = models.CharField("ISO/IEC 19944-1 category", max_length=64, blank=True)
    iso19944_qualifier = models.CharField("ISO/IEC 19944-1 identification", max_length=32, blank=True)
    dpv = models.JSONField("DPV concepts", default=list, blank=True)
    never_phrases = models.JSONField(default=list, blank=True)
    never_scope = models.CharField(max_length=100, blank=True)
    override_rule = models.CharField(max_length=200, blank=True)
    override_reason = models.TextField(blank=True)

    objects: ClassVar[ElementQuerySet] = ElementQuerySet.as_manager()  # type: ignore[assignment]
    history = AuditedRecords(category="catalog", label="name")

    class Meta(Entry.Meta):
        constraints = (
            *Entry.Meta.constraints,
            models.CheckConstraint(
                condition=Q(purpose__in=[p.value for p in Purpose]),
                name="element_purpose_is_allowed",
                violation_error_message="Personal data is never processed for profiling, advertising or marketing; "
                "choose one of the purposes offered.",
            ),
            models.CheckConstraint(
                condition=~Q(mam="conditional") | ~Q(mam_condition=""),
                name="element_condition_is_given",
                violation_error_message="Say on which condition mobile application management collects it.",
            ),
            models.CheckConstraint(
                condition=Q(override_rule="", override_reason="")
                | (~Q(override_rule="") & ~Q(override_reason="")),
                name="element_override_has_a_reason",
                violation_error_message="An override names the rule and the reason.",
            ),
        )

    @property
    def is_personal(self) -> bool:
        return self.classification == self.Classification.PERSONAL
