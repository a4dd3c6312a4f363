"""The answer: what is asked is turned into what has to be read, and what was read into verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from consents.decisions import judging, keeping, reading
from consents.decisions.facts import CatalogFacts, FlowFacts, Library, ServiceFacts
from consents.decisions.judging import Recipients, Rules, Verdict, because
from consents.decisions.reading import ALL_FLOWS, Clocks, Findings, Key, Standing, read, read_standing
from consents.decisions.spool import log_answers
from consents.decisions.terms import Code, Decision, Evidence, Question, QuestionRefused, Reason
from tenants.models import Tenant

LARGEST_BATCH = 1000
FURTHEST_AHEAD = timedelta(days=3660)
LONGEST_CONNECTION = 100
# The catalog can change between its reading and the query; that it does so several times in a row is not to be.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Part:
    """What of a question concerns one service: the flows asked about, and where its consents are found."""

    service: ServiceFacts
    flows: tuple[FlowFacts, ...]
    key: Key


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the catalog understands it: in parts, or answered without any."""

    parts: tuple[Part, ...] = ()
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What the verdicts of one call have in common."""

    at: datetime
    known_at: datetime
    is_closed: bool
    library: Library
    catalog: CatalogFacts
    places: dict[Key, int]
    findings: Findings
    rules: Rules


@dataclass(frozen=True, slots=True)
class Weighed:
    """Decisions that nobody was told yet, and what the tenant wants logged of them (`ConsentPolicy.DecisionLog`)."""

    decisions: list[Decision]
    log: str


def decide(
    *,
    tenant: Tenant,
    questions: Sequence[Question],
    at: datetime | None = None,
    known_at: datetime | None = None,
    logged: bool = True,
) -> list[Decision]:
    """Say for each question whether it may happen, with reasons and evidence. Whatever is unknown or unclear may not.

    at: when it would happen; now, where not given, and at most ten years ahead. known_at: as the record stood then;
    as it stands now, where not given. logged: whether the tenant's policy on logging answers applies; a page that
    only shows how things are says False. One query for up to 500 services and connections, and one more for the past or
    where elections have a say; the catalog is read where its edition is new to this process. Raises QuestionRefused.
    """
    weighed = weigh(tenant=tenant, questions=questions, at=at, known_at=known_at)
    if logged:
        log_answers(tenant, weighed.log, weighed.decisions)
    return weighed.decisions


def weigh(
    *,
    tenant: Tenant,
    questions: Sequence[Question],
    at: datetime | None = None,
    known_at: datetime | None = None,
) -> Weighed:
    """`decide` without the logging, which is for the caller to see to once it is settled what is answered."""
    now = timezone.now()
    at = at or now
    _check(questions, at, known_at, now)
    asked, case = _looked_up(tenant, questions, at, known_at, now)
    decisions = [_decided(question, each, case) for question, each in zip(questions, asked, strict=True)]
    return Weighed(decisions, case.findings.log)


def _looked_up(
    tenant: Tenant,
    questions: Sequence[Question],
    at: datetime,
    known_at: datetime | None,
    now: datetime,
    *,
    all_flows: bool = False,
) -> tuple[list[Asked], Case]:
    """What the questions mean and what was found for them, both in the same edition of the catalog.

    all_flows: whether elections are read for any flow there is, not only for those asked about.
    """
    library, clocks = keeping.library(), Clocks.set_to(at, known_at, now)
    for _ in range(ATTEMPTS):
        catalog = keeping.catalog_of(library.latest(known_at))
        asked = [_understood(question, catalog) for question in questions]
        places = _places(asked)
        findings = read(tenant, list(places), clocks)
        if findings.mark == library.mark:
            break
        library = keeping.library(anew=True)
    asked_about = (flow for each in asked for part in each.parts for flow in part.flows)
    flows = catalog.flows.values() if all_flows else asked_about
    standing = _standing(tenant, flows, findings, clocks)
    is_closed = (standing.tenant_status or findings.tenant_status or tenant.status) == Tenant.Status.CLOSED
    rules = _rules(findings, standing, catalog, at)
    return asked, Case(at, known_at or now, is_closed, library, catalog, places, findings, rules)


def _standing(tenant: Tenant, flows: Iterable[FlowFacts], findings: Findings, clocks: Clocks) -> Standing:
    """What has to be read besides: of the past the tenant's status, and elections where they have a say."""
    wanted = {
        reading.STATUS: clocks.is_past,
        reading.STORAGE: findings.recipients == Recipients.GEOGRAPHY,
        reading.COLLECTION: any(flow.is_optional for flow in flows),
    }
    parts = [part for part, is_wanted in wanted.items() if is_wanted]
    return read_standing(tenant, parts, clocks) if parts else Standing()


def _rules(findings: Findings, standing: Standing, catalog: CatalogFacts, at: datetime) -> Rules:
    return Rules(findings.recipients, findings.policy, standing, catalog.places, at)


@dataclass(frozen=True, slots=True)
class Barriers:
    """What keeps flows of a tenant from happening, whatever was agreed to: for pages that show many consents."""

    catalog: CatalogFacts
    rules: Rules

    def against(self, flow: str, safeguards: Iterable[str] = ()) -> str:
        """The code (`Code`) that stands against the flow, or "".

        safeguards: the one that each consent in force for it names; "" where a consent names none.
        """
        found = self.catalog.flows.get(flow)
        if found is None:
            return ""
        return judging.barrier(self.catalog.services[found.service], found, safeguards, self.rules)

    def against_service(self, service: str, safeguards: Iterable[str] = ()) -> str:
        """The same for everything that goes out through the service."""
        found = self.catalog.services.get(service)
        return judging.barrier(found, None, safeguards, self.rules) if found else ""


def barriers(tenant: Tenant, at: datetime | None = None, known_at: datetime | None = None) -> Barriers:
    """Those at the instant, as known then, now where none is given. One query, or two, as `decide` takes them."""
    now = timezone.now()
    _, case = _looked_up(tenant, (), at or now, known_at, now, all_flows=True)
    return Barriers(case.catalog, case.rules)


# --- What is asked ---


def _check(questions: Sequence[Question], at: datetime, known_at: datetime | None, now: datetime) -> None:
    if len(questions) > LARGEST_BATCH:
        raise QuestionRefused("questions", "too_many", f"Ask at most {LARGEST_BATCH:,} questions at once.")
    check_instants(at, known_at, now)
    for question in questions:
        if sum(map(bool, (question.flow, question.service, question.third_party))) != 1:
            raise QuestionRefused(
                "flow", "one_of", "Ask about a flow, a service or a third party: one of them."
            )
        if len(question.connection) > LONGEST_CONNECTION or not is_text(question.connection):
            raise QuestionRefused(
                "connection", "invalid", "A connection's name has up to 100 characters of text."
            )


def check_instants(at: datetime | None, known_at: datetime | None, now: datetime) -> None:
    """Raise QuestionRefused for instants that nothing can be said about."""
    at = at or now
    if timezone.is_naive(at) or (known_at is not None and timezone.is_naive(known_at)):
        raise QuestionRefused("at", "no_zone", "An instant needs its time zone.")
    if at > now + FURTHEST_AHEAD:
        raise QuestionRefused("at", "too_far_ahead", "Ask about at most ten years ahead.")
    if known_at is not None and known_at > now:
        raise QuestionRefused("known_at", "in_the_future", "Nobody knows yet what will be known then.")


def is_text(value: str) -> bool:
    """Whether a database can hold it: no NUL, no half of a character."""
    return "\x00" not in value and value.encode("utf-8", "replace").decode() == value


def _understood(question: Question, catalog: CatalogFacts) -> Asked:
    if question.flow:
        flow = catalog.flows.get(question.flow)
        if flow is None:
            return _unknown(Code.UNKNOWN_FLOW, f"The catalog has no flow “{question.flow}”.")
        return Asked((_part(catalog.services[flow.service], question.connection, flow),))
    if question.service:
        service = catalog.services.get(question.service)
        if service is None:
            return _unknown(Code.UNKNOWN_SERVICE, f"The catalog has no service “{question.service}”.")
        return Asked((_part(service, question.connection),))
    return _understood_party(question, catalog)


def _understood_party(question: Question, catalog: CatalogFacts) -> Asked:
    party = catalog.parties.get(question.third_party)
    if party is None:
        return _unknown(Code.UNKNOWN_PARTY, f"The catalog has no third party “{question.third_party}”.")
    if (verdict := judging.by_the_party(party)) is not None:
        return Asked(verdict=verdict)
    if not party.services:
        return _unknown(Code.UNKNOWN_SERVICE, f"The catalog has no service of {party.name}.")
    connections = ("" if service.has_one_connection else question.connection for service in party.services)
    return Asked(tuple(map(_part, party.services, connections)))


def _unknown(code: Code, detail: str) -> Asked:
    return Asked(verdict=because(code, detail))


def _part(service: ServiceFacts, connection: str, flow: FlowFacts | None = None) -> Part:
    flows = service.flows if flow is None else (flow,)
    return Part(service, flows, Key(service.id, connection, ALL_FLOWS if flow is None else flow.id))


def _places(asked: Sequence[Asked]) -> dict[Key, int]:
    """Each key once, with its place in what is read."""
    keys = dict.fromkeys(part.key for each in asked for part in each.parts)
    return {key: place for place, key in enumerate(keys)}


# --- What is answered ---


def _decided(question: Question, asked: Asked, case: Case) -> Decision:
    if case.is_closed:
        closed = Reason(Code.TENANT_CLOSED.value, "The tenant is closed: nothing flows for it.")
        return _decision(question, False, (closed,), case, _general_evidence(case))
    if asked.verdict is not None:
        return _decision(question, False, asked.verdict.reasons, case, _general_evidence(case))
    judged = [(part, _verdicts(part, case)) for part in asked.parts]
    allowed, reasons = judging.together([verdict for _, verdicts in judged for verdict in verdicts])
    evidence = [judging.evidence_of(part.service, v, part.flows, case.rules) for part, v in judged]
    if len(evidence) == 1:
        return _decision(question, allowed, reasons, case, evidence[0])
    first = evidence[0]
    whole = Evidence(first.catalog, first.catalog_edition, first.catalog_event, services=tuple(evidence))
    return _decision(question, allowed, reasons, case, whole)


def _verdicts(part: Part, case: Case) -> list[Verdict]:
    """Of each flow; where the catalog lists none, of the service itself."""
    consents = case.findings.consents[case.places[part.key]]
    last_events = case.library.last_events
    return [
        judging.judged(part.service, flow, consents, case.at, last_events, case.rules)
        for flow in part.flows or (None,)
    ]


def _general_evidence(case: Case) -> Evidence:
    """Of an answer that no consent stands behind: the first catalog's edition."""
    if not case.catalog.editions:
        return Evidence()
    edition = case.catalog.editions[0]
    return Evidence(edition.catalog, edition.number, edition.last_event)


def _decision(
    question: Question, allowed: bool, reasons: tuple[Reason, ...], case: Case, evidence: Evidence
) -> Decision:
    return Decision(question, allowed, reasons, case.at, case.known_at, evidence)
