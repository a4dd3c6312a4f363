"""The register of a tenant's consents, as it was known at an instant.

It is read from the history only, so it is a function of tenant and instant: whoever asks again gets the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from catalog.models import Edition, Service, ThirdParty
from consents.models import Consent, CoveredFlow, EndingStep
from tenants.exports import tenant_as_known
from tenants.models import Tenant

CHUNK = 500
"""How many consents are in memory at a time."""


@dataclass(frozen=True)
class Entry:
    """A consent with what belongs to it, as known at the register's instant."""

    consent: Consent
    state: str
    service: Service
    third_party: ThirdParty
    edition: Edition | None
    flows: Sequence[CoveredFlow]
    steps: Sequence[EndingStep]

    @property
    def personal(self) -> int:
        """How many of the flows carry personal data."""
        return sum(flow.personal for flow in self.flows)

    @property
    def open_steps(self) -> int:
        return sum(step.status == EndingStep.Status.OPEN for step in self.steps)


class Register:
    """A tenant's consents as known at `as_of`, oldest first."""

    what, noun, stem, category = "consent register", "consents", "consents", "consents"

    def __init__(self, tenant: Tenant, as_of: datetime) -> None:
        self.as_of = as_of
        self._id = tenant.pk
        self.tenant = tenant_as_known(tenant, as_of)

    def __len__(self) -> int:
        return int(self._rows(Consent).count())

    def __iter__(self) -> Iterator[Entry]:
        """The entries, read in portions."""
        last = 0
        while portion := list(self._rows(Consent).filter(id__gt=last).order_by("id").as_instances()[:CHUNK]):
            yield from self._entries(portion)
            last = portion[-1].pk

    def _entries(self, consents: Sequence[Consent]) -> Iterator[Entry]:
        keys = [consent.pk for consent in consents]
        flows = _by_consent(parts_of(CoveredFlow, self._id, keys, self.as_of).order_by("code", "id"))
        steps = _by_consent(parts_of(EndingStep, self._id, keys, self.as_of).order_by("position", "id"))
        for consent in consents:
            service = self._services[consent.service_id]
            yield Entry(
                consent=consent,
                state=consent.state_at(self.as_of),
                service=service,
                third_party=self._third_parties[service.third_party_id],
                edition=self._editions.get(consent.edition_id) if consent.edition_id else None,
                flows=flows[consent.pk],
                steps=steps[consent.pk],
            )

    def _rows(self, model: Any) -> Any:
        return model.history.for_tenant(self._id).known_at(self.as_of)

    @cached_property
    def _services(self) -> dict[int, Service]:
        return _known(Service, self.as_of)

    @cached_property
    def _third_parties(self) -> dict[int, ThirdParty]:
        return _known(ThirdParty, self.as_of)

    @cached_property
    def _editions(self) -> dict[int, Edition]:
        """An edition never changes, so the rows at hand will do."""
        return {edition.pk: edition for edition in Edition.objects.select_related("catalog")}


def parts_of(model: Any, tenant: int, consents: Sequence[int], as_of: datetime) -> Any:
    """What belongs to the consents, as history rows known at the instant.

    Found through the rows of now, which are never deleted: history has no index by consent.
    """
    now = model.objects.for_tenant(tenant).filter(consent__in=consents)
    return model.history.for_tenant(tenant).known_at(as_of).filter(id__in=now.values("id"))


def _known(model: Any, as_of: datetime) -> dict[int, Any]:
    return {row.pk: row for row in model.history.known_at(as_of).as_instances()}


def _by_consent(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows.as_instances():
        found[row.consent_id].append(row)
    return found


# --- What the files say of an entry; the names are those of the API ---


def as_row(entry: Entry) -> dict[str, Any]:
    """One consent as a line."""
    consent = entry.consent
    plain = {name: getattr(consent, name) for name in PLAIN}
    about = {
        "record_id": str(consent.record_id),
        "id": str(consent.pk),
        "service": entry.service.code,
        "service_name": entry.service.name,
        "connection": consent.connection,
        "third_party": entry.third_party.code,
        "third_party_name": entry.third_party.name,
        "country": entry.third_party.country,
        "state": entry.state,
    }
    counted = {
        "catalog_edition": entry.edition.number if entry.edition else None,
        "flows_covered": len(entry.flows),
        "personal_flows_covered": entry.personal,
        "open_steps": entry.open_steps,
    }
    return about | plain | counted


PLAIN = (
    "justification", "requested_at", "requested_by", "granted_at", "granted_by", "granted_role", "grant_reason",
    "effective_from", "effective_until", "ends_at", "declined_at", "declined_by", "decline_reason", "withdrawn_at",
    "withdrawn_by", "withdraw_reason", "legal_basis", "safeguard", "safeguard_reference", "contract_reference",
    "contract_parties", "contract_signed_on", "contract_ends_on", "terms_url", "terms_sha256", "restored_from",
)  # fmt: skip
ABOUT = (
    "record_id", "id", "service", "service_name", "connection", "third_party", "third_party_name", "country", "state",
)  # fmt: skip
COUNTED = ("catalog_edition", "flows_covered", "personal_flows_covered", "open_steps")
COLUMNS = (*ABOUT, *PLAIN, *COUNTED)
FLOW_COLUMNS = ("code", "name", "direction", "personal")
STEP_COLUMNS = ("code", "title", "due_on", "status", "proof", "done_at", "done_by")


def flow_rows(entry: Entry) -> list[dict[str, Any]]:
    return [{name: getattr(flow, name) for name in FLOW_COLUMNS} for flow in entry.flows]


def step_rows(entry: Entry) -> list[dict[str, Any]]:
    return [{name: getattr(step, name) for name in STEP_COLUMNS} for step in entry.steps]


def lines(entries: Iterable[Entry]) -> Iterator[list[Any]]:
    for entry in entries:
        yield list(as_row(entry).values())
