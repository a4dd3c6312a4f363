"""The rules: from what the catalog says and what was agreed to a verdict, for one flow and for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from consents.decisions.facts import FlowFacts, PartyFacts, ServiceFacts
from consents.decisions.reading import Held
from consents.decisions.terms import ALLOWING, Code, Evidence, Reason


@dataclass(frozen=True, slots=True)
class Verdict:
    reasons: tuple[Reason, ...]
    consent: Held | None = None

    @property
    def allows(self) -> bool:
        return self.reasons[0].code in ALLOWING


def because(code: Code, detail: str) -> Verdict:
    return Verdict((Reason(code.value, detail),))


# --- Without any consent ---


def by_the_party(party: PartyFacts) -> Verdict | None:
    """The verdict where the third party is none that data could go to."""
    if party.shares_data:
        return None
    words = party.statement or f"Nothing is shared with {party.name}."
    return because(Code.NOTHING_SHARED, f"{words} Source: {party.source}." if party.source else words)


def by_the_catalog(service: ServiceFacts, flow: FlowFacts | None) -> Verdict | None:
    """The verdict where the catalog alone decides; None where a consent has to."""
    if (verdict := by_the_party(service.party)) is not None:
        return verdict
    if flow is not None and flow.never:
        return because(Code.NEVER_COLLECTED, f"{flow.name} carries {', '.join(flow.never)}: never collected.")
    if flow is not None and flow.is_optional:
        return because(
            Code.NOT_ELECTED,
            f"{flow.name} carries only optional data, and the tenant has not switched its collection on.",
        )
    if service.party.is_agent:
        return because(
            Code.AGENT_OF_PROCESSOR,
            f"{service.party.name} acts for the processor and stands on its list of subcontractors.",
        )
    if not service.needs_consent:
        return because(Code.NO_CONSENT_NEEDED, f"The catalog says that {service.name} needs no consent.")
    return None


# --- By consent ---


def by_consent(
    service: ServiceFacts,
    flow: FlowFacts | None,
    consents: Sequence[Held],
    at: datetime,
    last_events: Mapping[int, int],
) -> Verdict:
    """The verdict of what was agreed for the service and connection. last_events: of each edition, by its id."""
    in_force = next((held for held in consents if holds(held, at)), None)
    if in_force is None:
        return _why_none_holds(service, consents, at)
    if flow is not None and not _covers(in_force, flow, last_events):
        return _not_covered(in_force, flow)
    return Verdict((Reason(Code.GRANTED.value, f"{_since(in_force)} covers it."),), in_force)


def holds(held: Held, at: datetime) -> bool:
    has_begun = held.effective_from is not None and held.effective_from <= at
    return has_begun and (held.ends_at is None or held.ends_at > at)


def _covers(held: Held, flow: FlowFacts, last_events: Mapping[int, int]) -> bool:
    """The flow was agreed to, and is no more now than it was then (as `consents.renewal` has it): unclear means no."""
    agreed = held.covered.get(flow.id)
    if agreed is None or (agreed.name, agreed.direction) != (flow.name, flow.direction):
        return False
    if flow.personal and not agreed.personal:
        return False
    return flow.extended_at <= last_events.get(held.edition_id or 0, 0)


def _not_covered(held: Held, flow: FlowFacts) -> Verdict:
    if flow.id in held.covered:
        detail = f"{_since(held)} covers less than {flow.name} is by now: renew it."
    else:
        detail = f"{_since(held)} does not cover {flow.name}."
    return Verdict((Reason(Code.NOT_COVERED.value, detail),), held)


def _since(held: Held) -> str:
    return f"The consent in force since {_day(held.effective_from)}"


def _day(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC" if instant else "?"


def _why_none_holds(service: ServiceFacts, consents: Sequence[Held], at: datetime) -> Verdict:
    """The one that began last tells why; the one that is still to begin is told of as well."""
    granted = [held for held in consents if held.effective_from is not None]
    begun = [held for held in granted if held.effective_from <= at]  # type: ignore[operator]
    to_come = [
        held
        for held in granted
        if held not in begun and (held.ends_at is None or held.ends_at > held.effective_from)  # type: ignore[operator]
    ]
    last = max(begun, key=lambda held: (held.effective_from, held.id), default=None)
    following = min(to_come, key=lambda held: (held.effective_from, held.id), default=None)
    reasons = []
    if last is not None:
        reasons.append(_ended(last))
    if following is not None:
        begins = f"A consent was granted that begins on {_day(following.effective_from)}."
        reasons.append(Reason(Code.NOT_YET_EFFECTIVE.value, begins))
    if not reasons:
        reasons.append(_none_at_all(service, consents))
    return Verdict(tuple(reasons), last or following)


def _ended(held: Held) -> Reason:
    if held.status == "withdrawn":
        return Reason(Code.WITHDRAWN.value, f"The consent was withdrawn: it ended on {_day(held.ends_at)}.")
    return Reason(Code.EXPIRED.value, f"The consent ended on {_day(held.ends_at)}.")


def _none_at_all(service: ServiceFacts, consents: Sequence[Held]) -> Reason:
    if any(held.status == "requested" for held in consents):
        detail = f"A consent for {service.name} was requested; nobody has granted it."
    elif any(held.status == "withdrawn" for held in consents):
        return Reason(Code.WITHDRAWN.value, f"The consent for {service.name} was withdrawn before it began.")
    elif consents:
        detail = f"A consent for {service.name} was requested and declined."
    else:
        detail = f"Nobody has consented to {service.name} for this connection."
    return Reason(Code.NO_CONSENT.value, detail)


# --- Many flows ---


def together(verdicts: Sequence[Verdict]) -> tuple[bool, tuple[Reason, ...]]:
    """Allowed where all are; otherwise the reasons of those that are not, each code once."""
    against = [verdict for verdict in verdicts if not verdict.allows]
    by_code: dict[str, list[str]] = {}
    for verdict in against or verdicts:
        for reason in verdict.reasons:
            by_code.setdefault(reason.code, []).append(reason.detail)
    return not against, tuple(Reason(code, _one_of(details)) for code, details in by_code.items())


def _one_of(details: Sequence[str]) -> str:
    different = list(dict.fromkeys(details))
    return different[0] if len(different) == 1 else f"{different[0]} And {len(different) - 1} more."


def evidence_of(service: ServiceFacts, verdict: Verdict, flows: Sequence[FlowFacts]) -> Evidence:
    edition, held = service.party.edition, verdict.consent
    if held is None:
        return Evidence(edition.catalog, edition.number, edition.last_event)
    covered = tuple((flow.code, held.covered[flow.id].record) for flow in flows if flow.id in held.covered)
    return Evidence(
        edition.catalog,
        edition.number,
        edition.last_event,
        held.id,
        held.record_id,
        held.history_id,
        covered,
    )
