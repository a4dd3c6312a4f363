"""Where a tenant's data is, and whether its going there is a transfer (GDPR Chapter V), by which safeguard.

`verdict_of(tenant, when)` answers for any instant, as known at any instant. It judges what is recorded: a country that
nobody entered is unknown, a safeguard that nobody named is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import TextChoices
from django.utils import timezone

from catalog.countries import country_name
from catalog.models import AdequacyDecision, AtRestException, BoundaryPhase, Region, Service
from consents.models import Consent
from elections.models import StorageElection
from residency.facts import Collected, Facts, Flows, When, facts_of
from tenants.models import Tenant

Safeguard = Consent.Safeguard


class Standing(TextChoices):
    """What becomes of data that goes to a place, from the best to the worst."""

    NO_TRANSFER = "no_transfer", "No transfer"
    SAFEGUARDED = "safeguarded", "Transfer with a safeguard"
    NOT_ALLOWED = "not_allowed", "Not allowed, no consent in force"
    UNKNOWN = "unknown", "Country not known"
    UNSAFEGUARDED = "unsafeguarded", "Transfer, no safeguard recorded"

    @property
    def rank(self) -> int:
        return list(Standing).index(self)


class Ground(TextChoices):
    """Why it stands so."""

    OUTSIDE_SCOPE = "outside_scope", "The tenant is outside the EEA, so its data does not leave it"
    IN_AREA = "in_area", "Inside the EEA"
    NOT_PERSONAL = "not_personal", "Nothing personal goes out"
    ADEQUACY = "adequacy", "Adequacy decision, Art. 45"
    STANDARD_CLAUSES = "standard_clauses", "Standard contractual clauses, Art. 46(2)(c)"
    BINDING_RULES = "binding_rules", "Binding corporate rules, Art. 47"
    DEROGATION = "derogation", "Derogation, Art. 49"
    ASSESSMENT = "assessment", "Transfer assessment recorded with the election"
    ADEQUACY_PARTIAL = (
        "adequacy_partial",
        "An adequacy decision covers some recipients; none is recorded for this one",
    )
    ADEQUACY_LACKING = "adequacy_lacking", "The consent rests on an adequacy decision, and none was in force"
    NONE = "none", "None recorded"
    NO_CONSENT = "no_consent", "No consent in force"
    COUNTRY_UNKNOWN = "country_unknown", "The catalog does not know the country"


@dataclass(frozen=True)
class Judgement:
    """is_transfer: None where the country is unknown. since: from when the safeguard holds. reference: which it is."""

    standing: Standing
    ground: Ground
    is_transfer: bool | None
    reference: str = ""
    since: date | None = None

    @property
    def detail(self) -> str:
        """The ground with its reference, in words."""
        return ": ".join(part for part in (str(self.ground.label), self.reference) if part)


@dataclass(frozen=True)
class StoredIn:
    """A country of the elected geography."""

    country: str
    datacentres: Sequence[str]
    judgement: Judgement


@dataclass(frozen=True)
class Recipient:
    """What goes to a third party through one service and connection, and where that party processes it."""

    service: Service
    consent: Consent | None
    flows: Flows
    judgement: Judgement

    @property
    def country(self) -> str:
        return self.service.third_party.country

    @property
    def connection(self) -> str:
        return self.consent.connection if self.consent else ""


@dataclass
class Place:
    """A country with everything that is said of it. standing: the worst of it."""

    country: str
    is_stored: bool = False
    is_exception: bool = False
    standings: list[Standing] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return country_name(self.country)

    @property
    def standing(self) -> Standing | None:
        return max(self.standings, key=lambda standing: standing.rank, default=None)


@dataclass(frozen=True)
class Verdict:
    """The answer. is_inside: whether the tenant is in the EEA, so that Chapter V asks about it."""

    tenant: Tenant
    when: When
    is_inside: bool
    election: StorageElection | None
    geography: Region | None
    stored: Sequence[StoredIn]
    collected: Sequence[Collected]
    phases: Sequence[BoundaryPhase]
    exceptions: Sequence[AtRestException]
    recipients: Sequence[Recipient]

    @property
    def places(self) -> list[Place]:
        """Every country that is spoken of, by name."""
        places: dict[str, Place] = {}
        for stored in self.stored:
            place = places.setdefault(stored.country, Place(stored.country))
            place.is_stored = True
            _tell(place, stored.judgement, "Stored here")
        for recipient in self.recipients:
            if recipient.country:
                place = places.setdefault(recipient.country, Place(recipient.country))
                _tell(place, recipient.judgement, f"{recipient.service.third_party}, {recipient.service}")
        for exception in self.exceptions:
            for country in exception.countries:
                place = places.setdefault(country, Place(country))
                place.is_exception = True
                place.reasons.append(f"May be here: {exception.name}")
        return sorted(places.values(), key=lambda place: place.name)


def _tell(place: Place, judgement: Judgement, what: str) -> None:
    place.standings.append(judgement.standing)
    place.reasons.append(f"{what}: {str(judgement.standing.label).lower()}")


def verdict_of(tenant: Tenant, when: When) -> Verdict:
    """The verdict on a tenant at an instant, as known at an instant."""
    return judged(facts_of(tenant, when))


def judged(facts: Facts) -> Verdict:
    """The verdict on what is known."""
    geography = facts.geography
    judge, boundaries = Judge(facts), {boundary.pk for boundary in facts.boundaries}
    return Verdict(
        tenant=facts.tenant,
        when=facts.when,
        is_inside=judge.is_inside,
        election=facts.election,
        geography=geography,
        stored=[judge.storage(country) for country in (geography.countries if geography else ())],
        collected=facts.collected,
        phases=[phase for phase in facts.phases if phase.region_id in boundaries],
        exceptions=[each for each in facts.exceptions if _applies(facts, each)],
        recipients=[r for service in facts.services for r in judge.recipients(service)],
    )


def _applies(facts: Facts, exception: AtRestException) -> bool:
    """Whether it is an exception from where the tenant's data is."""
    geography = facts.geography
    if geography is None:
        return not exception.regions
    here = {region.code for region in (geography, *facts.boundaries)}
    is_of_catalog = exception.catalog_id == geography.catalog_id
    return is_of_catalog and (not exception.regions or bool(here & set(exception.regions)))


class Judge:
    """Applies Chapter V to what is known of one tenant."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.area = facts.area
        self.is_inside = facts.tenant.country in self.area

    def storage(self, country: str) -> StoredIn:
        """Whether storing in a country of the geography is a transfer."""
        judgement = self._by_country(country) or self._by_assessment()
        return StoredIn(country, self.facts.datacentres.get(country, ()), judgement)

    def recipients(self, service: Service) -> Iterable[Recipient]:
        """One for each consent in force; one without, where there is none."""
        flows = self.facts.flows.get(service.pk, Flows())
        in_force: Sequence[Consent | None] = self.facts.consents.get(service.pk) or [None]
        for consent in in_force:
            yield Recipient(service, consent, flows, self._recipient(service, consent, flows))

    def _recipient(self, service: Service, consent: Consent | None, flows: Flows) -> Judgement:
        country = service.third_party.country
        if not country:
            return Judgement(Standing.UNKNOWN, Ground.COUNTRY_UNKNOWN, None)
        if consent is None and service.needs_consent:
            return Judgement(Standing.NOT_ALLOWED, Ground.NO_CONSENT, self._is_transfer(country, flows))
        if self.is_inside and country not in self.area and not flows.personal:
            return Judgement(Standing.NO_TRANSFER, Ground.NOT_PERSONAL, is_transfer=False)
        found = self._by_country(country, consent)
        return found or self._by_consent(consent, self.facts.adequacy.get(country))

    def _is_transfer(self, country: str, flows: Flows) -> bool:
        return self.is_inside and country not in self.area and flows.personal > 0

    def _by_country(self, country: str, consent: Consent | None = None) -> Judgement | None:
        """What the country alone decides; None where a safeguard has to."""
        if not self.is_inside:
            return Judgement(Standing.NO_TRANSFER, Ground.OUTSIDE_SCOPE, is_transfer=False)
        if country in self.area:
            return Judgement(Standing.NO_TRANSFER, Ground.IN_AREA, is_transfer=False)
        decision = self.facts.adequacy.get(country)
        if decision is not None and not decision.partial:
            return _adequate(decision, consent)
        return None

    def _by_consent(self, consent: Consent | None, decision: AdequacyDecision | None) -> Judgement:
        safeguard = consent.safeguard if consent else ""
        if consent is None or not safeguard:
            ground = Ground.ADEQUACY_PARTIAL if decision else Ground.NONE
            return _unsafeguarded(ground, decision.reference if decision else "")
        if safeguard == Safeguard.ADEQUACY:
            return _adequate(decision, consent) if decision else _unsafeguarded(Ground.ADEQUACY_LACKING)
        reference, since = consent.safeguard_reference, _day(consent.effective_from)
        return Judgement(Standing.SAFEGUARDED, Ground(safeguard), True, reference, since)

    def _by_assessment(self) -> Judgement:
        election = self.facts.election
        if election is None or not election.transfer_assessment:
            return _unsafeguarded(Ground.NONE)
        since = _day(election.effective_from)
        return Judgement(Standing.SAFEGUARDED, Ground.ASSESSMENT, True, election.transfer_assessment, since)


def _unsafeguarded(ground: Ground, reference: str = "") -> Judgement:
    return Judgement(Standing.UNSAFEGUARDED, ground, True, reference)


def _adequate(decision: AdequacyDecision, consent: Consent | None) -> Judgement:
    """Since the decision, and for a recipient since the consent too: the later of both."""
    days = [decision.decided_on, *([_day(consent.effective_from)] if consent else [])]
    since = max(day for day in days if day is not None)
    return Judgement(Standing.SAFEGUARDED, Ground.ADEQUACY, True, decision.reference, since)


def _day(at: datetime | None) -> date | None:
    return timezone.localtime(at).date() if at is not None else None
