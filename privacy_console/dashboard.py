"""The first screen: to each role the answer to its own first question, from what the database holds now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from audit.history import part_types
from audit.models import AuditEvent
from catalog.models import Collection, Edition, Element, Flow, Service
from consents.models import Consent, CoveredFlow
from tenants.admin_pages import admin_url
from tenants.choice import chosen_tenant, visible_tenants
from tenants.models import AccessToken, Membership, Tenant, User
from tenants.roles import Permission, Role

# How long before its end something is worth a look: a contract takes weeks to renew, a token minutes.
CONSENT_NOTICE = timedelta(days=30)
TOKEN_NOTICE = timedelta(days=14)
SHOWN = 8

# The rows behind one deed: they belong to its page, and would drown everything else here.


@dataclass(frozen=True)
class Figure:
    """A number to be seen from afar."""

    label: str
    value: Any
    note: str = ""
    url: str = ""
    warn: bool = False


@dataclass(frozen=True)
class Task:
    """Something that waits for the reader, or will end unless the reader acts."""

    title: str
    about: str
    url: str
    due: datetime | None = None
    since: datetime | None = None

    @property
    def urgency(self) -> str:
        """The colour of the deadline: late, soon or calm."""
        if self.due is None:
            return "calm"
        left = self.due - timezone.now()
        return "late" if left < timedelta(days=3) else "soon"


@dataclass(frozen=True)
class Bar:
    """A row of a chart: its name, its number, and how much of the widest row it fills, in percent."""

    name: str
    number: int
    width: float
    kind: str


@dataclass(frozen=True)
class Coverage:
    """A service as the tenants at hand use it: how many connections, and whether all that flows was agreed to."""

    service: Service
    connections: int
    waiting: int
    flows: int
    personal: int
    uncovered: int

    @property
    def url(self) -> str:
        return admin_url(self.service, "change", self.service.pk)


@dataclass(frozen=True)
class Reader:
    """Whose screen it is, and which tenants it is about."""

    person: User
    tenants: QuerySet[Tenant]
    chosen: Tenant | None

    @property
    def role(self) -> str:
        """`operator` for the platform as a whole; otherwise the weightiest role held in the tenants at hand."""
        if self.person.is_operator:
            return "operator"
        held = {self.person.role_in(tenant) for tenant in self.tenants}
        return next((role for role in Role if role in held), Role.AUDITOR)

    def own(self, model: Any) -> Any:
        """The model's rows that belong to the tenants at hand."""
        return model.objects.for_user(self.person).filter(tenant__in=self.tenants)

    def may(self, permission: Permission) -> bool:
        return self.person.may(permission, self.chosen)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds to the index page's context what `templates/admin/index.html` shows. The theme calls it."""
    reader = Reader(request.user, visible_tenants(request), chosen_tenant(request))  # type: ignore[arg-type]
    role = reader.role
    tasks, coverages = tasks_of(reader), coverage_of(reader)
    elements, flows = collection_bars(), flow_bars()
    shared = {
        "reader": reader,
        "role": role,
        "columns": COLUMNS[role],
        "tasks": tasks,
        "coverages": [row for row in coverages if row.connections or row.waiting],
        "on": sum(row.connections > 0 for row in coverages),
        "uncovered": sum(row.uncovered for row in coverages),
        "switched_off": [row.service for row in coverages if not row.connections and not row.waiting],
        "consents": consents_in_force(reader),
        "events": recent_events(reader),
        "element_bars": elements,
        "flow_bars": flows,
        "edition": Edition.objects.select_related("catalog").order_by("-loaded_at", "-id").first(),
        "links": links(),
        "figures": FIGURES[role](reader, tasks, coverages),
    }
    return context | shared | (platform_facts() if role == "operator" else {})


# --- What waits ----------------------------------------------------------------------------------------------------


def tasks_of(reader: Reader) -> list[Task]:
    """Deadlines first, the nearest first; then what waits without one, the longest first."""
    now = timezone.now()
    ending = reader.own(Consent).in_force(now).filter(effective_until__lte=now + CONSENT_NOTICE)
    tokens = reader.own(AccessToken).filter(
        revoked_at__isnull=True, expires_at__gt=now, expires_at__lte=now + TOKEN_NOTICE
    )
    waiting = reader.own(Consent).awaiting_decision().order_by("requested_at")
    with_names = ("service__third_party", "tenant")
    dated = [
        *(ending_consent(consent) for consent in ending.select_related(*with_names)[:SHOWN]),
        *(ending_token(token) for token in tokens.select_related("tenant").order_by("expires_at")[:SHOWN]),
    ]
    undated = [awaited_decision(consent) for consent in waiting.select_related(*with_names)[:SHOWN]]
    return sorted(dated, key=lambda task: task.due or now) + undated


def ending_consent(consent: Consent) -> Task:
    return Task(
        f"{consent} ends",
        f"{consent.tenant} · sharing with {consent.service.third_party} stops unless a new consent follows",
        admin_url(consent, "change", consent.pk),
        due=consent.effective_until,
    )


def ending_token(token: AccessToken) -> Task:
    return Task(
        f"Token “{token.name}” expires",
        f"{token.tenant} · whatever uses it will be refused",
        admin_url(token, "change", token.pk),
        due=token.expires_at,
    )


def awaited_decision(consent: Consent) -> Task:
    return Task(
        f"Decide on {consent}",
        f"{consent.tenant} · {consent.service.third_party} · requested by {consent.requested_by}",
        admin_url(consent, "change", consent.pk),
        since=consent.requested_at,
    )


# --- What is switched on ---------------------------------------------------------------------------------------------


def coverage_of(reader: Reader) -> list[Coverage]:
    """Every service that needs consent, with what is agreed to, and what flows today without having been."""
    now = timezone.now()
    in_force, waiting = (
        _per_service(reader.own(Consent).in_force(now)),
        _per_service(reader.own(Consent).awaiting_decision()),
    )
    agreed = _agreed(reader, now)
    services = (
        Service.objects.current()
        .filter(needs_consent=True)
        .select_related("third_party")
        .annotate(flows_now=Count("flows", filter=Q(flows__removed_in__isnull=True)))
        .order_by("third_party__name", "name")
    )
    return [
        _coverage(row, in_force.get(row.pk, 0), waiting.get(row.pk, 0), agreed.get(row.pk))
        for row in services
    ]


def _per_service(consents: Any) -> dict[int, int]:
    return dict(consents.order_by().values_list("service").annotate(Count("pk")))


def _agreed(reader: Reader, now: datetime) -> dict[int, dict[str, int]]:
    """By service: the flows under the consents in force, how many are personal, how many still in the catalog."""
    consents = reader.own(Consent).in_force(now).order_by()
    covered = reader.own(CoveredFlow).filter(consent__in=consents).order_by()
    rows = covered.values("consent__service").annotate(
        flows=Count("flow", distinct=True),
        personal=Count("flow", filter=Q(personal=True), distinct=True),
        current=Count("pk", filter=Q(flow__removed_in__isnull=True)),
    )
    return {row["consent__service"]: row for row in rows}


def _coverage(service: Service, connections: int, waiting: int, agreed: dict[str, int] | None) -> Coverage:
    agreed = agreed or {"flows": 0, "personal": 0, "current": 0}
    flowing: int = service.flows_now * connections  # type: ignore[attr-defined]
    uncovered = max(0, flowing - agreed["current"])
    return Coverage(service, connections, waiting, agreed["flows"], agreed["personal"], uncovered)


def consents_in_force(reader: Reader) -> Any:
    """The newest consents in force, each with its numbers of flows."""
    consents = reader.own(Consent).in_force().with_coverage()
    return consents.select_related("service__third_party", "tenant").order_by("-granted_at", "-id")[:SHOWN]


# --- The trail -------------------------------------------------------------------------------------------------------


def recent_events(reader: Reader) -> list[AuditEvent]:
    """The latest entries of the timelines at hand; of the platform's for an operator who chose no tenant.

    Without those who merely signed in or out: they would be all one sees.
    """
    if reader.role == "operator" and reader.chosen is None:
        events = AuditEvent.objects.of_platform().filter(
            ~Q(category="catalog") | Q(resource_type="catalog.edition")
        )
    else:
        events = AuditEvent.objects.for_tenants(reader.tenants).exclude(resource_type__in=part_types())
    events = events.exclude(category="sign-in", result=AuditEvent.Result.SUCCESS)
    latest = list(events.select_related("attribution", "tenant")[:SHOWN])
    _name_consents(reader, latest)
    return latest


def _name_consents(reader: Reader, events: list[AuditEvent]) -> None:
    """The trail names a consent by its connection alone, which most have none of."""
    of_consents = [event for event in events if event.resource_type == "consents.consent"]
    named = (
        reader.own(Consent)
        .select_related("service")
        .in_bulk([int(event.resource_id) for event in of_consents])
    )
    for event in of_consents:
        event.resource_name = str(named.get(int(event.resource_id), event.resource_name))


def changes_since(reader: Reader, since: datetime) -> int:
    events = AuditEvent.objects.for_tenants(reader.tenants).exclude(resource_type__in=part_types())
    return events.filter(occurred_at__gte=since).count()


# --- The catalog -----------------------------------------------------------------------------------------------------


def bars(rows: Sequence[tuple[str, int, str]]) -> list[Bar]:
    """Rows of name, number and kind as bars against the widest."""
    widest = max((number for _, number, _ in rows), default=0) or 1
    return [Bar(name, number, round(100 * number / widest, 1), kind) for name, number, kind in rows]


def collection_bars() -> list[Bar]:
    counts = dict(Element.objects.current().order_by().values_list("collection").annotate(Count("pk")))
    names = {
        Collection.REQUIRED: "Always",
        Collection.OPTIONAL: "When switched on",
        Collection.NEVER: "Never",
    }
    return bars([(name, counts.get(kind, 0), kind) for kind, name in names.items()])


def flow_bars() -> list[tuple[str, Bar, Bar]]:
    """By third party: what goes out, and what comes in."""
    rows = (
        Flow.objects.current()
        .order_by()
        .values(party=F("service__third_party__name"))
        .annotate(
            out=Count("pk", filter=Q(direction=Flow.Direction.TO_THIRD_PARTY)),
            into=Count("pk", filter=Q(direction=Flow.Direction.FROM_THIRD_PARTY)),
        )
        .order_by("-out", "party")
    )
    flat = bars(
        [(row["party"], row[key], kind) for row in rows for key, kind in (("out", "out"), ("into", "in"))]
    )
    return [(out.name, out, into) for out, into in zip(flat[::2], flat[1::2], strict=True)]


# --- Figures -----------------------------------------------------------------------------------------------


def _consent_figures(reader: Reader, coverages: list[Coverage]) -> list[Figure]:
    """What is switched on and how much of it is personal data: of interest to everybody."""
    on = [row for row in coverages if row.connections]
    flows, personal = sum(row.flows for row in on), sum(row.personal for row in on)
    address = f"{links()['consents']}?state=granted"
    return [
        Figure("Consents in force", sum(row.connections for row in on), f"services: {len(on)}", address),
        Figure("Data agreed to flow", flows, f"{personal} of them personal data", address),
    ]


def officer_figures(reader: Reader, tasks: list[Task], coverages: list[Coverage]) -> list[Figure]:
    waiting, requested = sum(row.waiting for row in coverages), f"{links()['consents']}?state=requested"
    ending = sum(task.due is not None for task in tasks)
    return [
        Figure("Waiting for a decision", waiting, "requested consents", requested, warn=waiting > 0),
        Figure("Ending soon", ending, "consents in 30 days, tokens in 14", warn=ending > 0),
        *_consent_figures(reader, coverages),
    ]


def admin_figures(reader: Reader, tasks: list[Task], coverages: list[Coverage]) -> list[Figure]:
    uncovered = sum(row.uncovered for row in coverages)
    ending = sum(task.due is not None for task in tasks)
    return [
        *_consent_figures(reader, coverages),
        Figure("Flowing without consent", uncovered, "data added since the consent", warn=uncovered > 0),
        Figure("Ending soon", ending, "consents in 30 days, tokens in 14", warn=ending > 0),
    ]


def auditor_figures(reader: Reader, tasks: list[Task], coverages: list[Coverage]) -> list[Figure]:
    since = timezone.now() - timedelta(days=7)
    members = reader.own(Membership).count()
    return [
        Figure(
            "Recorded in 7 days",
            changes_since(reader, since),
            "changes, sign-ins and refusals",
            links()["events"],
        ),
        *_consent_figures(reader, coverages),
        Figure("Members", members, "people with a role", links()["members"]),
    ]


def operator_figures(reader: Reader, tasks: list[Task], coverages: list[Coverage]) -> list[Figure]:
    states = dict(reader.tenants.order_by().values_list("status").annotate(Count("pk")))
    people = User.objects.aggregate(all=Count("pk"), active=Count("pk", filter=Q(is_active=True)))
    active = states.pop(Tenant.Status.ACTIVE, 0)
    return [
        Figure("Active tenants", active, f"{sum(states.values())} closing or closed", links()["tenants"]),
        Figure(
            "Accounts",
            people["active"],
            f"{people['all'] - people['active']} may not sign in",
            links()["users"],
        ),
        *_consent_figures(reader, coverages),
    ]


def platform_facts() -> dict[str, Any]:
    """For the operator: the editions, and what tells that something is wrong."""
    day_ago = timezone.now() - timedelta(days=1)
    recent = AuditEvent.objects.of_platform().filter(occurred_at__gte=day_ago).order_by()
    signs = recent.aggregate(
        failed_sign_ins=Count("pk", filter=Q(activity="sign_in.failed")),
        unattributed=Count("pk", filter=Q(attribution__origin="database")),
    )
    return {
        "editions": Edition.objects.select_related("catalog").order_by("-loaded_at", "-id")[:4],
        "signs": signs,
        "database": {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[connection.vendor],
    }


def links() -> dict[str, str]:
    """Addresses of the lists that the first screen leads to."""
    lists = {
        "consents": Consent,
        "events": AuditEvent,
        "elements": Element,
        "flows": Flow,
        "members": Membership,
        "tenants": Tenant,
        "users": User,
        "editions": Edition,
        "services": Service,
    }
    return {name: admin_url(model, "changelist") for name, model in lists.items()} | {
        "request": admin_url(Consent, "add")
    }


FIGURES = {
    Role.PRIVACY_OFFICER: officer_figures,
    Role.TENANT_ADMIN: admin_figures,
    Role.AUDITOR: auditor_figures,
    Role.SERVICE: auditor_figures,
    "operator": operator_figures,
}
# Left and right, each in the order of the reader's own questions.
COLUMNS = {
    Role.PRIVACY_OFFICER: (("tasks", "events"), ("consents", "collection", "flows")),
    Role.TENANT_ADMIN: (("coverage", "events"), ("tasks", "flows", "collection")),
    Role.AUDITOR: (("events",), ("evidence", "consents", "flows")),
    Role.SERVICE: (("events",), ("consents",)),
    "operator": (("tasks", "coverage", "events"), ("health", "editions", "collection", "flows")),
}
