"""A verdict as data, for the API and for commands. The names are those of the API."""

from __future__ import annotations

from typing import Any

from catalog.countries import country_name
from residency.verdict import Judgement, Place, Recipient, StoredIn, Verdict


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """The whole verdict."""
    return {
        "tenant": verdict.tenant.slug,
        "at": verdict.when.at,
        "known_at": verdict.when.known_at,
        "is_inside": verdict.is_inside,
        "storage": _storage(verdict),
        "categories": [
            {
                "code": each.category.code,
                "name": each.category.name,
                "elements": each.elements,
                "collected": each.collected,
                "personal": each.personal,
            }
            for each in verdict.collected
        ],
        "recipients": [_recipient(recipient) for recipient in verdict.recipients],
        "exceptions": [
            {"code": each.code, "name": each.name, "covers": each.covers, "countries": each.countries}
            for each in verdict.exceptions
        ],
        "countries": [_place(place) for place in verdict.places],
    }


def _storage(verdict: Verdict) -> dict[str, Any] | None:
    election = verdict.election
    if election is None:
        return None
    return {
        "election": str(election.pk),
        "region": election.code,
        "name": election.name,
        "holds_from": election.effective_from,
        "countries": [_stored(stored) for stored in verdict.stored],
        "kept_inside": [
            {"code": phase.code, "starts_on": phase.starts_on, "covers": phase.covers}
            for phase in verdict.phases
        ],
    }


def _stored(stored: StoredIn) -> dict[str, Any]:
    return {
        "country": stored.country,
        "name": country_name(stored.country),
        "datacentres": list(stored.datacentres),
        **_judgement(stored.judgement),
    }


def _recipient(recipient: Recipient) -> dict[str, Any]:
    party = recipient.service.third_party
    return {
        "third_party": party.code,
        "service": recipient.service.code,
        "connection": recipient.connection,
        "consent": str(recipient.consent.pk) if recipient.consent else None,
        "country": recipient.country,
        "flows_out": recipient.flows.out,
        "personal_out": recipient.flows.personal,
        "flows_in": recipient.flows.back,
        **_judgement(recipient.judgement),
    }


def _judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        "standing": judgement.standing.value,
        "ground": judgement.ground.value,
        "detail": judgement.detail,
        "is_transfer": judgement.is_transfer,
        "reference": judgement.reference,
        "since": judgement.since,
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "country": place.country,
        "name": place.name,
        "is_stored": place.is_stored,
        "is_exception": place.is_exception,
        "standing": place.standing.value if place.standing else None,
        "reasons": place.reasons,
    }
