"""Who data flows to and comes from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol, TypeVar

from django.db import models

from audit.history import AuditedRecords
from catalog.models.edition import Entry
from catalog.models.elements import Element, no_refused_purpose
from catalog.models.pairs import ElementPair


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


class FlowElement(ElementPair):
    """Which collected element a flow carries."""

    owner: ClassVar[str] = "flow"

    flow = models.ForeignKey(Flow, models.PROTECT, related_name="carries")
    element = models.ForeignKey(Element, models.PROTECT, related_name="carried_by")

    history = AuditedRecords(category="catalog", part=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("flow", "element"), name="flow_carries_an_element_once"),
        )

    def __str__(self) -> str:
        return f"{self.flow} carries {self.element}"
