"""The page “Where data flows” of a tenant, and the same picture for the page of one consent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest

from catalog.models import Category, Entry, Service, ThirdParty
from consents.admin.words import counted
from consents.catalog_at import parties_without_data
from consents.models import Consent
from consents.picture import picture_of
from consents.streams import BACK, OUT, Standing, Stream, streams_of, totals
from consents.transfers import protected_countries
from tenants.choice import tenant_asked_for
from tenants.models import Tenant
from tenants.pages.moments import Moment, moment_of
from tenants.pages.parts import Badge, Link, Panel, Table, admin_url
from tenants.roles import Permission

TONES = {
    Standing.ALLOWED: "good",
    Standing.NOT_NEEDED: "info",
    Standing.LACKING: "warn",
    Standing.NOT_COLLECTED: "plain",
    Standing.ELSEWHERE: "bad",
    Standing.OFF: "bad",
}
WAYS = {str(OUT): "What goes out", str(BACK): "What comes in"}
EMPTY = {
    str(OUT): "Nothing goes out to a third party.",
    str(BACK): "Nothing comes in from a third party.",
}
HEADINGS = ("Collected data", "Service", "Third party", "Country", "Flows", "Personal", "May it")


def _url(model: type[Entry], key: int) -> str:
    return admin_url(model, "change", key)


def picture_panel(
    way: str, streams: Sequence[Stream], tenant: Tenant, inside: frozenset[str], *, with_table: bool
) -> Panel:
    """The picture, and the table of the same streams; the heading says how many."""
    picture = picture_of(streams, tenant, inside, _url, outgoing=way == OUT)
    if picture is None:
        return Panel(WAYS[way], table=Table((), (), EMPTY[way]))
    flows, personal = sum(s.flows for s in streams), sum(s.personal for s in streams)
    table = _table(streams) if with_table else None
    context = {"picture": picture, "totals": _totals(streams), "table": table, "name": way}
    title = f"{WAYS[way]}: {counted(flows, 'flow')}, {personal} personal"
    return Panel(title, template="admin/consents/picture_panel.html", context=context)


def _totals(streams: Iterable[Stream]) -> list[Any]:
    return [
        (standing, standing.label, flows, personal) for standing, (flows, personal) in totals(streams).items()
    ]


def _table(streams: Sequence[Stream]) -> Table:
    rows = [
        [
            Link(s.category, _url(Category, s.category_id)) if s.category_id else s.category,
            Link(s.service.name, _url(Service, s.service.pk)),
            Link(s.party.name, _url(ThirdParty, s.party.pk)),
            s.country,
            s.flows,
            s.personal,
            Badge(s.standing.label, TONES[s.standing]),
        ]
        for s in streams
    ]
    flows, personal = sum(s.flows for s in streams), sum(s.personal for s in streams)
    return Table(HEADINGS, [*rows, ["All together", None, None, None, flows, personal, None]])


def panels_for(tenant: Tenant, moment: Moment) -> list[Panel]:
    """One panel for each direction."""
    inside = protected_countries()
    return [
        picture_panel(way, streams, tenant, inside, with_table=True)
        for way, streams in streams_of(tenant, moment).items()
    ]


def consent_panels(consent: Consent, moment: Moment) -> list[Panel]:
    """What the consent allows, and does not, of its service; for the page that lists the flows itself."""
    inside = protected_countries()
    return [
        picture_panel(way, streams, consent.tenant, inside, with_table=False)
        for way, streams in streams_of(consent.tenant, moment, consent).items()
        if streams
    ]


def picture_page(request: HttpRequest, permission: Permission) -> dict[str, Any]:
    """The context of the page: one tenant, out of those that the reader may see."""
    moment = moment_of(request)
    tenants, shown = tenant_asked_for(request, permission)
    context = {"moment": moment, "tenants": tenants, "shown": shown}
    if shown is None:
        return context
    return context | {
        "panels": panels_for(shown, moment),
        "silent": parties_without_data(moment.asked),
    }
