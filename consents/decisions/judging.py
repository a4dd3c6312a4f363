"""The rules: from what the catalog says and what was agreed to a verdict, for one flow and for many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from catalog.countries import country_name
from catalog.models import Flow
from consents.decisions.facts import FlowFacts, PartyFacts, PlacesFacts, ServiceFacts
from consents.decisions.reading import ANYWHERE, Elected, Held, Standing
from consents.decisions.terms import ALLOWING, Code, ElectionEvidence, Evidence, Reason
from consents.models import Consent
from elections.models import ElectionPolicy

Recipients, Safeguard = ElectionPolicy.Recipients, Consent.Safeguard


@dataclass(frozen=True, slots=True)
class Verdict:
    """elections: those that it rests on."""

    reasons: tuple[Reason, ...]
    consent: Held | None = None
    elections: tuple[Elected, ...] = ()

    @property
    def allows(self) -> bool:
        return self.reasons[0].code in ALLOWING


@dataclass(frozen=True, slots=True)
class Rules:
    """What the tenant laid down, at the instant and as known: what it elected, and where recipients may be.

    policy: the history row of the rule. at: the instant, on whose day an adequacy decision has to hold.
    """

    recipients: str
    policy: int | None
    standing: Standing
    places: PlacesFacts
    at: datetime

    def elected_for(self, flow: FlowFacts | None) -> tuple[Elected, ...]:
        """By which elections the optional data of the flow is collected; none, where it carries other data as well."""
        if flow is None or not flow.is_optional:
            return ()
        decided = (self.standing.features.get(key) for key in flow.features)
        return tuple(each for each in decided if each is not None and each.is_on)


def because(code: Code, detail: str) -> Verdict:
    return Verdict((Reason(code.value, detail),))


def judged(
    service: ServiceFacts,
    flow: FlowFacts | None,
    consents: Sequence[Held],
    at: datetime,
    last_events: Mapping[int, int],
    rules: Rules,
) -> Verdict:
    """The verdict on a flow; without one, on the service itself. last_events: of each edition, by its id."""
    verdict = barred(service, flow, rules)
    if verdict is None:
        verdict = without_consent(service) or by_consent(service, flow, consents, at, last_events)
        verdict = _safeguarded(verdict, service.party, flow, rules)
    elections = rules.elected_for(flow)
    return _with_elections(verdict, elections) if elections else verdict


def _with_elections(verdict: Verdict, elections: tuple[Elected, ...]) -> Verdict:
    reasons = verdict.reasons
    if verdict.allows:
        on = ", ".join(f"{each.name} is on since {_day(each.since)}" for each in elections)
        first = replace(reasons[0], detail=f"{reasons[0].detail} What it carries is optional: {on}.")
        reasons = (first, *reasons[1:])
    return replace(verdict, reasons=reasons, elections=elections)


# --- Whatever is agreed to ---


def by_the_party(party: PartyFacts) -> Verdict | None:
    """The verdict where the third party is none that data could go to."""
    if party.shares_data:
        return None
    words = party.statement or f"Nothing is shared with {party.name}."
    return because(Code.NOTHING_SHARED, f"{words} Source: {party.source}." if party.source else words)


def barred(service: ServiceFacts, flow: FlowFacts | None, rules: Rules) -> Verdict | None:
    """The verdict where no consent could allow it; None where one could."""
    return by_the_party(service.party) or _by_collection(flow, rules) or _by_place(service.party, flow, rules)


def _by_collection(flow: FlowFacts | None, rules: Rules) -> Verdict | None:
    """The verdict where what the flow carries is not collected."""
    if flow is not None and flow.never:
        return because(Code.NEVER_COLLECTED, f"{flow.name} carries {', '.join(flow.never)}: never collected.")
    if flow is not None and flow.is_optional and not rules.elected_for(flow):
        off = ", ".join(_off(name, rules.standing.features.get(key)) for key, name in flow.features.items())
        return because(
            Code.NOT_ELECTED,
            f"{flow.name} carries only optional data, and the tenant has not switched its collection on"
            f"{f': {off}' if off else ''}.",
        )
    return None


def _off(name: str, decided: Elected | None) -> str:
    return f"{name} is off since {_day(decided.since)}" if decided else f"{name} is off"


def _by_place(party: PartyFacts, flow: FlowFacts | None, rules: Rules) -> Verdict | None:
    """The verdict where the tenant's rule keeps data from the recipient's country, whatever safeguard is named."""
    if rules.recipients == ANYWHERE or not _goes_out(flow):
        return None
    if not party.country:
        return _not_there(f"The catalog does not know in which country {party.name} is.", rules)
    if rules.recipients == Recipients.BOUNDARY and party.country not in rules.places.boundary:
        return _not_there(f"{_where(party)}, outside the EU Data Boundary.", rules)
    if rules.recipients == Recipients.GEOGRAPHY:
        return _by_geography(party, rules)
    return None


def _goes_out(flow: FlowFacts | None) -> bool:
    """What comes in has the tenant for its recipient."""
    return flow is None or flow.direction == Flow.Direction.TO_THIRD_PARTY


def _by_geography(party: PartyFacts, rules: Rules) -> Verdict | None:
    elected = rules.standing.geography
    region = rules.places.regions.get(elected.subject) if elected else None
    if elected is None or region is None:
        return _not_there("No geography that the catalog knows is elected for this instant.", rules)
    if party.country in region.countries:
        return None
    detail = f"{_where(party)}, outside {region.name}, elected since {_day(elected.since)}."
    return _not_there(detail, rules)


def _not_there(detail: str, rules: Rules) -> Verdict:
    label = str(Recipients(rules.recipients).label)
    allowed = f"{label[:1].lower()}{label[1:]}"
    return because(Code.REGION_NOT_ALLOWED, f"{detail} The tenant lets data go to recipients {allowed} only.")


def _where(party: PartyFacts) -> str:
    return f"{party.name} is in {country_name(party.country)}"


def _safeguarded(verdict: Verdict, party: PartyFacts, flow: FlowFacts | None, rules: Rules) -> Verdict:
    """The verdict, or that a transfer safeguard is missing, where the rule asks for one."""
    if rules.recipients != Recipients.SAFEGUARDED or not verdict.allows or not _goes_out(flow):
        return verdict
    lacks = lacking_safeguard(party, verdict.consent.safeguard if verdict.consent else "", rules)
    return replace(_not_there(lacks, rules), consent=verdict.consent) if lacks else verdict


def lacking_safeguard(party: PartyFacts, safeguard: str, rules: Rules) -> str:
    """What is missing for a transfer to the party under a consent that names this safeguard; empty for nothing.

    An adequacy decision for some recipients only counts where the consent names it: whoever granted it has seen that
    this recipient is one of them.
    """
    if party.country in rules.places.area:
        return ""
    made = [each for each in rules.places.adequacy if each.country == party.country]
    day = timezone.localtime(rules.at).date()
    decisions = [each for each in made if each.holds_on(day)]
    if any(not each.is_partial for each in decisions):
        return ""
    if safeguard == Safeguard.ADEQUACY and not decisions:
        return f"{_where(party)}; the consent names an adequacy decision, and none is in force for this day."
    if not safeguard:
        return f"{_where(party)}, a third country, and no safeguard for the transfer is recorded."
    return ""


def barrier(service: ServiceFacts, flow: FlowFacts | None, safeguards: Iterable[str], rules: Rules) -> str:
    """The code of what bars the flow, also for want of a safeguard among those that its consents name; "" for none."""
    if (verdict := barred(service, flow, rules)) is not None:
        return verdict.reasons[0].code
    if rules.recipients != Recipients.SAFEGUARDED or not _goes_out(flow):
        return ""
    named = list(safeguards) or [""] * (without_consent(service) is not None)
    is_lacking = any(lacking_safeguard(service.party, each, rules) for each in named)
    return Code.REGION_NOT_ALLOWED.value if is_lacking else ""


# --- Without consent ---


def without_consent(service: ServiceFacts) -> Verdict | None:
    """The verdict where none is needed; None where a consent decides."""
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
    """The verdict of what was agreed for the service and connection."""
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


def evidence_of(
    service: ServiceFacts, verdicts: Sequence[Verdict], flows: Sequence[FlowFacts], rules: Rules
) -> Evidence:
    """What the verdicts on a service, or on some flows of it, rest on."""
    edition = service.party.edition
    held = next((verdict.consent for verdict in verdicts if verdict.consent is not None), None)
    covered = (
        [(flow.code, held.covered[flow.id].record) for flow in flows if flow.id in held.covered]
        if held
        else ()
    )
    return Evidence(
        edition.catalog,
        edition.number,
        edition.last_event,
        held.id if held else None,
        held.record_id if held else None,
        held.history_id if held else None,
        tuple(covered),
        _election_evidence([each for verdict in verdicts for each in verdict.elections], rules),
        None if rules.recipients == ANYWHERE else rules.policy,
    )


def _election_evidence(elections: Sequence[Elected], rules: Rules) -> tuple[ElectionEvidence, ...]:
    """Each election once, as one can switch several features; with that by which recipients are measured."""
    geography = rules.standing.geography
    among = elections if geography is None else [*elections, geography]
    found = (ElectionEvidence(e.kind, e.election, e.record_id, e.history_id) for e in among)
    return tuple(dict.fromkeys(found))
