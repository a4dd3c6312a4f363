"""What an import would do: which differences are new, known, accepted or gone, and what becomes of certificates and
tokens. It reads and decides; `consents.services.imports` writes it down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from catalog.models import Service
from consents.credential_kinds import credential_kinds
from consents.graph.comparing import Difference, Facts, compare, known_services
from consents.graph.kinds import CREDENTIALS
from consents.graph.observations import Observation, Reading
from consents.models import ConsentImport, Credential, Drift
from tenants.drift.base import STAYS_CLOSED
from tenants.models import Tenant

CHANGING = ("service_id", "connection", "name", "account", "serial_number", "expires_at", "grace_days")


class KnownDrift(NamedTuple):
    """A drift that is open, or was resolved."""

    id: int
    kind: str
    key: str
    service: str | None
    connection: str
    resolution: str
    observed: Facts
    recorded: Facts

    @property
    def identity(self) -> tuple[str, str]:
        return self.kind, self.key


@dataclass
class CredentialPlan:
    """new: to be added; changed: rows with their new values set; gone: imported ones that are not there any more."""

    new: list[Credential] = field(default_factory=list)
    changed: list[Credential] = field(default_factory=list)
    gone: list[Credential] = field(default_factory=list)


@dataclass
class Plan:
    """What the import comes to. known: open already, with whether the facts changed; settled: accepted before."""

    reading: Reading
    differences: list[Difference]
    opened: list[Difference]
    known: list[tuple[int, Difference, bool]]
    settled: list[Difference]
    cleared: list[KnownDrift]
    credentials: CredentialPlan


def plan_import(tenant: Tenant, reading: Reading, at: datetime | None = None) -> Plan:
    """Compare what was read with the register and with the differences that are known. Seven queries at most."""
    at = at or timezone.now()
    differences = compare(tenant, reading, at)
    drifts = Drift.objects.for_tenant(tenant).order_by("id")
    open_ones = {one.identity: one for one in _known(drifts.filter(status=Drift.Status.OPEN))}
    resolved = {one.identity: one for one in _known(drifts.filter(status=Drift.Status.RESOLVED))}
    found = {difference.identity for difference in differences}
    fresh = [one for one in differences if one.identity not in open_ones]
    return Plan(
        reading,
        differences,
        opened=[one for one in fresh if not _is_settled(one, resolved)],
        settled=[one for one in fresh if _is_settled(one, resolved)],
        known=[_with(open_ones[one.identity], one) for one in differences if one.identity in open_ones],
        cleared=_no_longer_found(open_ones.values(), found, reading),
        credentials=_plan_credentials(tenant, reading),
    )


def _known(drifts: Any) -> Iterator[KnownDrift]:
    columns = ("id", "kind", "key", "service__code", "connection", "resolution", "observed", "recorded")
    return (KnownDrift(*row) for row in drifts.values_list(*columns).iterator(chunk_size=5_000))


def _with(drift: KnownDrift, difference: Difference) -> tuple[int, Difference, bool]:
    return drift.id, difference, difference.facts != (drift.observed, drift.recorded)


def _is_settled(difference: Difference, resolved: dict[tuple[str, str], KnownDrift]) -> bool:
    """Whether the last word on this difference was that it is meant to be so, and nothing of it has changed since."""
    last = resolved.get(difference.identity)
    if last is None or last.resolution not in STAYS_CLOSED:
        return False
    return difference.facts == (last.observed, last.recorded)


def _no_longer_found(
    open_ones: Iterable[KnownDrift], found: set[tuple[str, str]], reading: Reading
) -> list[KnownDrift]:
    seen = {observation.key for observation in reading.observations}
    return [one for one in open_ones if one.identity not in found and _was_looked_at(one, reading, seen)]


def _was_looked_at(drift: KnownDrift, reading: Reading, seen: set[tuple[str, str]]) -> bool:
    """Whether what showed the difference was read again: the same record, or the whole set that it stood in."""
    sources = drift.observed.get("sources", ())
    return bool(sources) and all(
        source["kind"] in reading.complete or (source["kind"], source["id"]) in seen for source in sources
    )


# --- Certificates and tokens ---


def _plan_credentials(tenant: Tenant, reading: Reading) -> CredentialPlan:
    known = {(one.kind, one.external_id): one for one in Credential.objects.for_tenant(tenant)}
    returning = _retired_by_imports(tenant, known.values())
    plan, services, seen = CredentialPlan(), known_services(), set()
    for observation in reading.observations:
        service = services.get(observation.service)
        if not observation.credential or observation.expires is None or service is None:
            continue
        key = (observation.credential, observation.external_id)
        seen.add(key)
        seen_now = _credential(tenant, service, observation, observation.expires)
        if key not in known:
            plan.new.append(seen_now)
        elif _takes_over(known[key], seen_now, returning):
            plan.changed.append(known[key])
    plan.gone = [one for key, one in known.items() if key not in seen and _is_gone(one, reading)]
    return plan


def _retired_by_imports(tenant: Tenant, credentials: Iterable[Credential]) -> set[datetime]:
    """An import retires at its own instant: so its retirements are told from those that somebody decided."""
    instants = {one.retired_at for one in credentials if one.retired_at is not None}
    if not instants:
        return set()
    imports = ConsentImport.objects.for_tenant(tenant).filter(imported_at__in=instants)
    return set(imports.values_list("imported_at", flat=True))


def _credential(tenant: Tenant, service: Service, observation: Observation, expires: datetime) -> Credential:
    kind = Credential.Kind(observation.credential)
    return Credential(
        tenant=tenant,
        kind=kind,
        service=service,
        connection=observation.connection,
        external_id=observation.external_id,
        name=observation.called or observation.connection or kind.label,
        account=observation.account,
        serial_number=observation.serial,
        expires_at=expires,
        grace_days=credential_kinds()[kind].grace_days,
        source=Credential.Source.IMPORT,
    )


def _takes_over(known: Credential, seen: Credential, returning: set[datetime]) -> bool:
    """Set what was seen on an imported row; whether that changes it. What people entered or retired stays theirs."""
    if known.source == Credential.Source.HAND:
        return False
    is_renewed = known.expires_at != seen.expires_at
    if known.retired_at is not None and not is_renewed and known.retired_at not in returning:
        return False
    differs = [name for name in CHANGING if getattr(known, name) != getattr(seen, name)]
    for name in differs:
        setattr(known, name, getattr(seen, name))
    was_retired, known.retired_at = known.retired_at is not None, None
    return bool(differs) or was_retired


def _is_gone(credential: Credential, reading: Reading) -> bool:
    is_ours = credential.source == Credential.Source.IMPORT and credential.retired_at is None
    return is_ours and CREDENTIALS[credential.kind] in reading.complete
