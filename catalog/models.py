"""The shared catalog: what a device-management service collects, where it can flow, where it is stored.

Rows are never deleted. Each load of a catalog is an edition, and an edition is a position in the audit trail: the
state of every row after its last event. So a past edition is read from the same history that proves every change.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol, TypeVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audit.history import AuditedRecords
from catalog.querysets import ElementQuerySet, EntryQuerySet


class Catalog(models.Model):
    """The description of one device-management service."""

    code = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)
    processor = models.CharField(
        max_length=200, help_text="Who processes the data for the tenants (GDPR Art. 4(8))."
    )
    description = models.TextField(blank=True)

    history = AuditedRecords(category="catalog", label="name")

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name

    @property
    def latest_edition(self) -> Edition | None:
        return self.editions.order_by("-number").first()


class Edition(models.Model):
    """A dated state of a catalog: made by a load or by an amendment, never changed afterwards."""

    catalog = models.ForeignKey(Catalog, models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    released_on = models.DateField(help_text="The date its sources stand for.")
    loaded_at = models.DateTimeField(default=timezone.now)
    sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the loaded file's bytes; empty for amendments."
    )
    note = models.TextField(blank=True)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    last_event = models.BigIntegerField(
        default=0, help_text="The last audit event of the load: the edition is the state after it."
    )

    history = AuditedRecords(category="catalog", label="note")

    class Meta:
        ordering = ("catalog", "-number")
        get_latest_by = "number"
        constraints = (
            models.UniqueConstraint(
                fields=("catalog", "number"),
                name="edition_number_is_unique",
                violation_error_message="Somebody else loaded this catalog at the same moment. Load it again.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.catalog.code} edition {self.number} ({self.released_on:%Y-%m-%d})"


class Entry(models.Model):
    """What every row of the catalog has: a code that never changes, a source with its date, and its editions."""

    catalog = models.ForeignKey(Catalog, models.PROTECT, related_name="%(class)ss")
    code = models.CharField(max_length=200, help_text="Never changes; scripts and consents refer to it.")
    name = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    inferred = models.BooleanField(
        default=False, help_text="Concluded by the catalog's authors, rather than stated in the source."
    )
    source = models.CharField(max_length=300, blank=True)
    source_date = models.DateField(null=True, blank=True)
    by_hand = models.BooleanField(
        "entered by hand", default=False, help_text="Added by an operator: loading a file never removes it."
    )
    added_in = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    changed_in = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    removed_in = models.ForeignKey(Edition, models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar[EntryQuerySet] = EntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True
        ordering = ("catalog", "code")
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.UniqueConstraint(
                fields=("catalog", "code"),
                name="%(class)s_code_is_unique",
                violation_error_message="This catalog has an entry with this code already.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_current(self) -> bool:
        return self.removed_in_id is None


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


class ThirdParty(Entry):
    """Somebody other than tenant and processor that data can flow to or from (GDPR Art. 4(10))."""

    agent_of_processor = models.BooleanField(
        default=False,
        help_text="Acts for the processor and is on its list of subcontractors: needs no consent.",
    )
    shares_data = models.BooleanField(default=True)
    country = models.CharField(max_length=2, blank=True)
    statement = models.TextField(blank=True)

    history = AuditedRecords(category="catalog", label="name")

    class Meta(Entry.Meta):
        verbose_name_plural = "third parties"


class Service(Entry):
    """What a tenant can switch on at a third party, and consents to."""

    class Connections(models.TextChoices):
        ONE = "one", "One for each tenant"
        MANY = "many", "Several for each tenant"

    third_party = models.ForeignKey(ThirdParty, models.PROTECT, related_name="services")
    connections = models.CharField(max_length=8, choices=Connections, default=Connections.ONE)
    needs_consent = models.BooleanField(default=True)
    purpose_text = models.TextField("purpose", blank=True)

    history = AuditedRecords(category="catalog", label="name")

    class Meta(Entry.Meta):
        constraints = (
            *Entry.Meta.constraints,
            no_refused_purpose("purpose_text", "service_purpose_is_allowed"),
        )


class Flow(Entry):
    """One datum that goes to or comes from a third party through a service."""

    class Direction(models.TextChoices):
        TO_THIRD_PARTY = "to_third_party", "To the third party"
        FROM_THIRD_PARTY = "from_third_party", "From the third party"

    service = models.ForeignKey(Service, models.PROTECT, related_name="flows")
    direction = models.CharField(max_length=20, choices=Direction)
    message = models.CharField(max_length=200, blank=True)
    group = models.CharField(max_length=200, blank=True)
    purpose_text = models.TextField("purpose", blank=True)
    allowed_values = models.CharField(max_length=300, blank=True)
    example = models.CharField(max_length=300, blank=True)
    personal = models.BooleanField("personal data", default=False)
    elements = models.ManyToManyField(Element, through="FlowElement", related_name="flows", blank=True)

    history = AuditedRecords(category="catalog", label="name")

    class Meta(Entry.Meta):
        constraints = (*Entry.Meta.constraints, no_refused_purpose("purpose_text", "flow_purpose_is_allowed"))


class Directed(Protocol):
    """A flow, or what was written down of one."""

    @property
    def direction(self) -> str: ...


Going = TypeVar("Going", bound=Directed)


def both_ways(flows: Iterable[Going]) -> tuple[list[Going], list[Going]]:
    """What goes to the third party, and what comes from it."""
    out: list[Going] = []
    back: list[Going] = []
    for flow in flows:
        (out if flow.direction == Flow.Direction.TO_THIRD_PARTY else back).append(flow)
    return out, back


class FlowElement(models.Model):
    """Which collected element a flow carries."""

    flow = models.ForeignKey(Flow, models.PROTECT, related_name="carries")
    element = models.ForeignKey(Element, models.PROTECT, related_name="carried_by")

    history = AuditedRecords(category="catalog", part=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("flow", "element"), name="flow_carries_an_element_once"),
        )

    def __str__(self) -> str:
        return f"{self.flow} carries {self.element}"

    @classmethod
    def in_edition(cls, edition: Edition | None) -> models.QuerySet[FlowElement]:
        """The pairs after an edition's last event, as history rows, or those of now."""
        pairs: models.QuerySet[FlowElement] = (
            cls.history.up_to_event(edition.last_event) if edition else cls.objects.all()
        )
        return pairs


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


ENTRY_MODELS: tuple[type[Entry], ...] = (
    Category, Element, ThirdParty, Service, Flow, Region, Datacentre
)  # fmt: skip
