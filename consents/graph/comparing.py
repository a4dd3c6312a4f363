"""Where the service says one thing and the register another. Reads the register, changes nothing.

The rules, for each service and connection:

- on there, and no consent in force: `still_on` where one was in force before, else `unknown_here`;
- on there by the hand of somebody whom the consent does not name: `other_admin`;
- in force here, and off there: `missing_there`; that it is only absent counts where the whole set was read;
- a certificate or token past its end: `expired_credential`;
- a name that is not in the list of known ones: `unknown_service`.

A consent that was given there for a service as a whole is compared with the consents of all its connections; where the
connections themselves were read, they speak for themselves.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.utils import timezone

from catalog.models import Service
from consents.graph.kinds import SPEAKS_FOR
from consents.graph.names import plain
from consents.graph.observations import Observation, Reading
from consents.models import Consent, Drift
from privacy_console.timestamps import utc_text
from tenants.models import Tenant

KEY_LENGTH, CONNECTION_LENGTH = 300, 200
SOURCES_KEPT = 50
Kind = Drift.Kind
Facts = dict[str, Any]


@dataclass
class Difference:
    """One difference, as a drift records it. observed, recorded: what either side says, without what moves alone."""

    kind: str
    key: str
    service: str = ""
    service_id: int | None = None
    connection: str = ""
    consent_id: int | None = None
    observed: Facts = field(default_factory=dict)
    recorded: Facts = field(default_factory=dict)

    @property
    def identity(self) -> tuple[str, str]:
        return self.kind, self.key

    @property
    def facts(self) -> tuple[Facts, Facts]:
        return self.observed, self.recorded


class Recorded(NamedTuple):
    """A consent, as far as it is compared."""

    id: int
    record_id: Any
    service: str
    connection: str
    status: str
    effective_from: datetime | None
    ends_at: datetime | None
    granted_by: str
    requested_by: str

    def holds(self, at: datetime) -> bool:
        has_begun = self.effective_from is not None and self.effective_from <= at
        return has_begun and (self.ends_at is None or self.ends_at > at)

    def has_held(self, at: datetime) -> bool:
        return self.effective_from is not None and self.effective_from <= at

    def facts(self, at: datetime) -> Facts:
        ended = self.status if self.status == Consent.State.WITHDRAWN else Consent.State.EXPIRED
        state = Consent.State.GRANTED if self.holds(at) else ended
        ends = {"ended_at": iso(self.ends_at)} if state != Consent.State.GRANTED else {}
        return {"state": str(state), "consent": str(self.record_id), "granted_by": self.granted_by, **ends}


def compare(tenant: Tenant, reading: Reading, at: datetime | None = None) -> list[Difference]:
    """The differences between what was read and the tenant's consents at the instant (now, where none is given).

    Two queries, however much was read. Each difference is there once.
    """
    services = known_services()
    return _Comparison(reading, _Register(tenant, at or timezone.now()), services).differences()


def known_services() -> dict[str, Service]:
    """The current services by code; of the catalog loaded first, where several know one."""
    services = Service.objects.current().order_by("-catalog_id", "-id")
    return {service.code: service for service in services}


def iso(moment: datetime | None) -> str:
    return utc_text(moment) if moment else ""


def short_key(key: str) -> str:
    """The key, or as much of it as there is room for with a digest of it all."""
    if len(key) <= KEY_LENGTH:
        return key
    return f"{key[: KEY_LENGTH - 17]}#{hashlib.sha256(key.encode()).hexdigest()[:16]}"


class _Register:
    """The tenant's consents, by service and connection."""

    def __init__(self, tenant: Tenant, at: datetime) -> None:
        self.at = at
        self.by_connection: dict[tuple[str, str], list[Recorded]] = defaultdict(list)
        self.by_service: dict[str, list[Recorded]] = defaultdict(list)
        for consent in _consents_of(tenant):
            self.by_connection[consent.service, plain(consent.connection)].append(consent)
            self.by_service[consent.service].append(consent)

    def best(self, consents: Iterable[Recorded]) -> Recorded | None:
        """The one in force; else the one that ended last; None where none has ever held."""
        held = [one for one in consents if one.has_held(self.at)]
        return max(held, key=lambda one: (one.holds(self.at), one.effective_from, one.id), default=None)

    def for_names(self, service: str, names: Iterable[str]) -> Recorded | None:
        """The consent for a connection that has several names: one in force under any of them comes first."""
        found = [self.best(self.by_connection.get((service, plain(name)), ())) for name in names]
        known = [one for one in found if one is not None]
        return next((one for one in known if one.holds(self.at)), known[0] if known else None)


def _consents_of(tenant: Tenant) -> Iterator[Recorded]:
    columns = ("id", "record_id", "service__code", "connection", "status", "effective_from", "ends_at")
    rows = Consent.objects.for_tenant(tenant).order_by("id")
    named = rows.values_list(*columns, "granted_by", "requested_by")
    return (Recorded(*row) for row in named.iterator(chunk_size=5_000))


class _Comparison:
    def __init__(self, reading: Reading, register: _Register, services: Mapping[str, Service]) -> None:
        self.reading, self.register, self.services = reading, register, services
        self.found: dict[tuple[str, str], Difference] = {}
        self.seen_on: set[int] = set()
        self.seen_off: dict[int, list[Facts]] = {}

    def differences(self) -> list[Difference]:
        for observation in self.reading.observations:
            if observation.service in self.services:
                self._compare(observation)
            else:
                self._unknown(observation)
        self._missing()
        for difference in self.found.values():
            difference.observed["sources"] = _few(difference.observed["sources"])
        return [self.found[identity] for identity in sorted(self.found)]

    @cached_property
    def switched_on(self) -> set[str]:
        """The services of which some connection of its own was seen to be on."""
        return {one.service for one in self.reading.observations if one.on and one.names}

    # --- One observation ---

    def _unknown(self, observation: Observation) -> None:
        if observation.kind == "deviceManagementPartner" and not observation.on:
            return  # the service lists partners that nobody has connected, too
        self._add(
            Kind.UNKNOWN_SERVICE,
            f"{observation.kind}/{plain(observation.called)}",
            observation,
            observed={"name": observation.called},
        )

    def _compare(self, observation: Observation) -> None:
        if observation.names:
            consent = self.register.for_names(observation.service, observation.names)
        elif self.services[observation.service].connections == Service.Connections.ONE:
            consent = self.register.for_names(observation.service, ("",))
        else:
            self._compare_whole_service(observation)
            return
        self._judge(observation, consent)
        self._end(observation)

    def _compare_whole_service(self, observation: Observation) -> None:
        consents = self.register.by_service.get(observation.service, [])
        if observation.on and observation.service not in self.switched_on:
            self._judge_on(observation, self.register.best(consents), is_whole=True)

    def _judge(self, observation: Observation, consent: Recorded | None) -> None:
        if observation.on:
            self._judge_on(observation, consent)
        elif consent is not None and consent.holds(self.register.at):
            self.seen_off.setdefault(consent.id, []).append(_source(observation))

    def _judge_on(
        self, observation: Observation, consent: Recorded | None, *, is_whole: bool = False
    ) -> None:
        key = f"{observation.service}/{plain(observation.connection)}"
        if consent is None:
            self._add(Kind.UNKNOWN_HERE, key, observation, recorded={"state": "none"})
        elif not consent.holds(self.register.at):
            self._add(Kind.STILL_ON, key, observation, consent)
        else:
            self.seen_on.add(consent.id)
            if not is_whole and _is_other_admin(observation, consent):
                self._add(Kind.OTHER_ADMIN, key, observation, consent)

    def _end(self, observation: Observation) -> None:
        ends = observation.expires
        if not observation.credential or ends is None or ends > self.register.at:
            return
        key = f"{observation.credential}/{observation.external_id}"
        facts = {"expires_at": iso(ends)}
        self._add(Kind.EXPIRED_CREDENTIAL, key, observation, observed=facts, recorded={})

    # --- What is in force here and off there ---

    def _missing(self) -> None:
        for service, consents in self.register.by_service.items():
            if service not in self.services:
                continue
            for consent in consents:
                if consent.holds(self.register.at) and self._is_missing(service, consent):
                    self._add_missing(service, consent)

    def _is_missing(self, service: str, consent: Recorded) -> bool:
        if consent.id in self.seen_on:
            return False
        if consent.id in self.seen_off:
            return True
        is_unnamed = self.services[service].connections == Service.Connections.MANY and not consent.connection
        if is_unnamed and service in self.switched_on:
            return False  # it does not say which connection it is about; those that are on are listed
        return SPEAKS_FOR.get(service) in self.reading.complete

    def _add_missing(self, service: str, consent: Recorded) -> None:
        difference = Difference(
            Kind.MISSING_THERE,
            short_key(f"{service}/{plain(consent.connection)}"),
            service,
            self.services[service].pk,
            consent.connection,
            consent.id,
            observed={"on": False, "sources": self._who_says_so(service, consent)},
            recorded=consent.facts(self.register.at),
        )
        self.found[difference.identity] = difference

    def _who_says_so(self, service: str, consent: Recorded) -> list[Facts]:
        """The records that say it is off; where there are none, the kind of those that would say it is on."""
        whole = {"kind": SPEAKS_FOR.get(service, ""), "id": ""}
        return self.seen_off.get(consent.id, [whole])

    # --- Putting differences together ---

    def _add(
        self,
        kind: str,
        key: str,
        observation: Observation,
        consent: Recorded | None = None,
        observed: Facts | None = None,
        recorded: Facts | None = None,
    ) -> None:
        """A difference; where several records show the same one, what they say together."""
        source = _source(observation)
        known = self.found.get((kind, short_key(key)))
        if known is not None:
            known.observed["sources"].append(source)
            _complete(known.observed, _facts_of(observation))
            return
        service = self.services.get(observation.service)
        difference = Difference(
            kind,
            short_key(key),
            observation.service,
            service.pk if service else None,
            (observation.connection or ("" if service else observation.called))[:CONNECTION_LENGTH],
            consent.id if consent else None,
            observed={**_facts_of(observation), **(observed or {}), "sources": [source]},
            recorded=recorded if consent is None and recorded is not None else self._facts(consent),
        )
        self.found[difference.identity] = difference

    def _facts(self, consent: Recorded | None) -> Facts:
        return consent.facts(self.register.at) if consent else {}


def _is_other_admin(observation: Observation, consent: Recorded) -> bool:
    """Whether somebody agreed there whom the consent names neither as who granted it nor as who asked for it."""
    named = {plain(consent.granted_by), plain(consent.requested_by)}
    return bool(observation.by) and plain(observation.by) not in named


def _source(observation: Observation) -> Facts:
    return {"kind": observation.kind, "id": observation.external_id}


def _order(source: Facts) -> tuple[str, str]:
    return source["kind"], source["id"]


def _facts_of(observation: Observation) -> Facts:
    facts = {
        "name": observation.called or observation.connection,
        "by": observation.by,
        "since": iso(observation.since),
        "account": observation.account,
    }
    return {"on": observation.on, **{name: value for name, value in facts.items() if value}}


def _complete(known: Facts, more: Facts) -> None:
    """Add what another record of the same difference knows beside."""
    known["on"] = known["on"] or more["on"]
    for name, value in more.items():
        known.setdefault(name, value)


def _few(sources: list[Facts]) -> list[Facts]:
    """The records in a fixed order; of very many the first, and that the rest of their kinds stands for the others."""
    ordered = sorted(sources, key=_order)
    rest = {one["kind"] for one in ordered[SOURCES_KEPT:]}
    return [*ordered[:SOURCES_KEPT], *({"kind": kind, "id": ""} for kind in sorted(rest))]
