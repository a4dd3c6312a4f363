"""The page “Where data is stored and processed”: the map, and the same as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from catalog.countries import country_name, country_names
from catalog.models import AtRestException
from residency.facts import When
from residency.models import LocationDrift
from residency.picture import map_of
from residency.verdict import Judgement, Recipient, Standing, StoredIn, Verdict, verdict_of
from tenants.choice import tenant_asked_for
from tenants.models import Tenant
from tenants.pages.moments import Moment, moment_of
from tenants.pages.parts import Badge, Link, Panel, Several, Table, facts, link_to
from tenants.roles import Permission

TONES = {
    Standing.NO_TRANSFER: "good",
    Standing.SAFEGUARDED: "info",
    Standing.NOT_ALLOWED: "plain",
    Standing.UNKNOWN: "warn",
    Standing.UNSAFEGUARDED: "bad",
}


def residency_page(request: HttpRequest, permission: Permission) -> dict[str, Any]:
    """The context of the page: one tenant, out of those that the reader may see, at a moment."""
    moment = moment_of(request)
    tenants, shown = tenant_asked_for(request, permission)
    context: dict[str, Any] = {"moment": moment, "tenants": tenants, "shown": shown}
    if shown is None:
        return context
    verdict = verdict_of(shown, When(moment.at, moment.asked))
    drifts = [] if moment.is_past else [*_open_drifts(shown)]
    return context | {
        "verdict": verdict,
        "panels": [*_drift_panels(drifts), _storage(verdict, moment), *_panels(verdict)],
        "map": map_of(verdict),
    }


def _open_drifts(tenant: Tenant) -> Any:
    drifts = LocationDrift.objects.for_tenant(tenant).filter(status=LocationDrift.Status.OPEN)
    return drifts.select_related("elected").order_by("-last_seen_on")[:5]


def _drift_panels(drifts: Sequence[LocationDrift]) -> list[Panel]:
    """What contradicts the page stands first on it."""
    if not drifts:
        return []
    rows = [[link_to(drift), drift.first_seen_on, drift.last_seen_on] for drift in drifts]
    table = Table(("Seen", "First", "Last"), rows)
    return [Panel("The provider shows the data somewhere else", table=table, tone="bad")]


def _storage(verdict: Verdict, moment: Moment) -> Panel:
    election = verdict.election
    if election is None:
        text = "No storage election is recorded, so where the data is stored is not known here."
        return Panel("Where it is stored", text=text, link=_elect(), tone="warn")
    kept = ", ".join(phase.covers for phase in verdict.phases)
    about = [
        ("Geography", link_to(verdict.geography) if verdict.geography else election.name),
        ("Since", election.effective_from),
        ("The EU Data Boundary keeps inside", kept),
    ]
    headings = ("Countries", "Datacentres known", "Transfer", "By which safeguard", "Since")
    table = Table(headings, [_stored_row(group) for group in _alike(verdict.stored)])
    link = None if moment.is_past else _elect()
    return Panel("Where it is stored", facts(about), table=table, link=link)


def _alike(stored: Sequence[StoredIn]) -> Iterable[list[StoredIn]]:
    """The countries of which the same is said, together."""
    groups: dict[Judgement, list[StoredIn]] = {}
    for each in stored:
        groups.setdefault(each.judgement, []).append(each)
    return groups.values()


def _elect() -> Link | None:
    """The page of the storage elections, once there is one."""
    try:
        return Link("Storage elections", reverse("admin:elections_storageelection_changelist"))
    except NoReverseMatch:
        return None


def _stored_row(group: Sequence[StoredIn]) -> list[Any]:
    judgement = group[0].judgement
    cities = [city for stored in group for city in stored.datacentres]
    return [
        ", ".join(country_names(stored.country for stored in group)),
        ", ".join(cities) or "None listed",
        _badge(judgement.standing),
        judgement.detail,
        judgement.since,
    ]


def _badge(standing: Standing) -> Badge:
    return Badge(standing.label, TONES[standing])


def _panels(verdict: Verdict) -> list[Panel]:
    return [_recipients(verdict), _exceptions(verdict.exceptions), _collected(verdict)]


def _recipients(verdict: Verdict) -> Panel:
    headings = ("Recipient", "Service", "Country", "Goes out", "Transfer", "By which safeguard", "Since")
    rows = [_recipient_row(recipient) for recipient in verdict.recipients]
    table = Table(headings, rows, "The catalog knows no recipient.", caption=_scope(verdict))
    return Panel("Who receives it, and where", table=table)


def _scope(verdict: Verdict) -> str:
    if verdict.is_inside:
        return "Personal data that leaves the EEA is a transfer, and needs a safeguard (GDPR Art. 44 to 49)."
    return (
        f"{verdict.tenant} has its directory in {country_name(verdict.tenant.country)}, outside the EEA: its own data "
        "does not leave the EEA by going to a recipient. What other laws ask is not judged here."
    )


def _recipient_row(recipient: Recipient) -> list[Any]:
    service, judgement, flows = recipient.service, recipient.judgement, recipient.flows
    consent = link_to(recipient.consent, recipient.connection or "Consent") if recipient.consent else None
    return [
        link_to(service.third_party),
        Several([link_to(service), *([consent] if consent else [])]),
        country_name(recipient.country) if recipient.country else "Not known",
        f"{flows.out}, {flows.personal} personal",
        _badge(judgement.standing),
        judgement.detail,
        judgement.since,
    ]


def _exceptions(exceptions: Sequence[AtRestException]) -> Panel:
    rows = [
        [link_to(each), each.covers, ", ".join(map(country_name, each.countries)) or "Not named"]
        for each in exceptions
    ]
    table = Table(("Exception", "Data", "Where it may be"), rows, "The catalog knows none.")
    return Panel("What may be stored elsewhere", table=table)


def _collected(verdict: Verdict) -> Panel:
    rows = [
        [link_to(each.category), f"{each.collected} of {each.elements}", each.personal, _where(verdict)]
        for each in verdict.collected
    ]
    table = Table(("Category", "Collected", "Personal", "Stored in"), rows, "Nothing is collected.")
    return Panel("What is collected", table=table)


def _where(verdict: Verdict) -> str:
    return verdict.election.name if verdict.election else "Not known"
