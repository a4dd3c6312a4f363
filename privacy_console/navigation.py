"""The sidebar: what the person at hand may open, in the order of their work; and the choice of the tenant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from tenants.access import signed_in
from tenants.choice import chosen_tenant
from tenants.pages.parts import admin_url

# A select with more names than this helps nobody; operators of larger platforms choose on the tenants' page.
SWITCH_LIMIT = 200


@dataclass(frozen=True)
class Page:
    """A model's list in the sidebar, or another page of its admin, then with the name that it is called by."""

    icon: str
    model: str
    for_operators: bool = False
    page: str = "changelist"
    called: str = ""

    @property
    def admin(self) -> Any:
        """The model's admin page; None where it has none."""
        return admin.site._registry.get(apps.get_model(self.model))

    @property
    def title(self) -> str:
        return self.called or str(self.admin.list_title)

    def is_open_to(self, request: HttpRequest) -> bool:
        """As the model's own admin page answers; never where it has none."""
        if self.admin is None or not self.admin.has_view_permission(request):
            return False
        return signed_in(request).is_operator or not self.for_operators

    @property
    def link(self) -> str:
        return reverse(f"admin:{self.model.lower().replace('.', '_')}_{self.page}")


GROUPS: tuple[tuple[str, tuple[Page, ...]], ...] = (
    (
        "What waits",
        (
            Page("checklist", "work.CalendarFeed", page="worklist", called="Worklist"),
            Page("event_busy", "consents.Consent", page="ends", called="What ends when"),
            Page("notifications", "work.MailPreference"),
            Page("calendar_month", "work.CalendarFeed"),
        ),
    ),
    (
        "Catalog",
        (
            Page("dataset", "catalog.Element"),
            Page("category", "catalog.Category"),
            Page("toggle_on", "catalog.Feature"),
            Page("swap_horiz", "catalog.Flow"),
            Page("domain", "catalog.ThirdParty"),
            Page("extension", "catalog.Service"),
            Page("public", "catalog.Region"),
            Page("dns", "catalog.Datacentre"),
            Page("fence", "catalog.BoundaryPhase"),
            Page("output", "catalog.AtRestException"),
            Page("balance", "catalog.AdequacyDecision"),
            Page("menu_book", "catalog.Edition"),
        ),
    ),
    (
        "Consents",
        (
            Page("grid_on", "consents.Consent", page="glance", called="Consents at a glance"),
            Page("account_tree", "consents.Consent", page="picture", called="Where data flows"),
            Page("handshake", "consents.Consent"),
            Page("task_alt", "consents.EndingStep"),
            Page("verified_user", "consents.Credential"),
            Page("difference", "consents.Drift"),
            Page("upload_file", "consents.ConsentImport"),
            Page("rule", "consents.ConsentPolicy"),
            Page("groups", "consents.SubcontractorNotice", page="subcontractors", called="Subcontractors"),
            Page("gavel", "consents.Objection"),
        ),
    ),
    (
        "Elections",
        (
            Page(
                "dataset_linked", "elections.CollectionElection", page="collected", called="What is collected"
            ),
            Page("toggle_on", "elections.CollectionElection"),
            Page("globe_location_pin", "elections.StorageElection"),
            Page("rule", "elections.ElectionPolicy"),
        ),
    ),
    (
        "Residency",
        (
            Page(
                "travel_explore",
                "residency.ObservedLocation",
                page="residency",
                called="Where data is stored",
            ),
            Page("location_on", "residency.ObservedLocation"),
            Page("wrong_location", "residency.LocationDrift"),
            Page("upload_file", "residency.LocationImport"),
        ),
    ),
    (
        "Terms",
        (
            Page("contract", "terms.TermsPolicy"),
            Page("article", "terms.TermsRevision"),
            Page("how_to_reg", "terms.Acceptance"),
            Page("upload_file", "terms.AcceptanceImport"),
            Page("badge", "tenants.Employee"),
            Page("diversity_3", "tenants.Group"),
        ),
    ),
    ("Audit trail", (Page("history", "audit.AuditEvent"),)),
    (
        "Tenant",
        (
            Page("group", "tenants.Membership"),
            Page("key", "tenants.AccessToken"),
            Page("login", "portal.IdentityProvider"),
            Page("mail", "work.Message"),
        ),
    ),
    (
        "Platform",
        (
            Page("corporate_fare", "tenants.Tenant", for_operators=True),
            Page("person", "tenants.User", for_operators=True),
            Page("schedule", "work.Job", for_operators=True),
            Page("playlist_play", "work.Run", for_operators=True),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the sidebar, in the theme's form, without the pages that would answer 403."""
    groups = [{"items": [{"title": "Today", "icon": "today", "link": reverse("admin:index")}]}]
    for title, pages in GROUPS:
        items = [
            {"title": page.title, "icon": page.icon, "link": page.link}
            for page in pages
            if page.is_open_to(request)
        ]
        if items:
            groups.append({"title": title, "items": items})  # type: ignore[dict-item]
    _mark_present(groups, request.path)
    return groups


def _mark_present(groups: list[dict[str, Any]], path: str) -> None:
    """Mark one entry: the one whose address the page's own begins with, the longest where there are several."""
    items = [item for group in groups for item in group["items"]]
    first, *others = (item["link"] for item in items)
    around = [link for link in others if path.startswith(link)]
    here = first if path == first else max(around, key=len, default="")
    for item in items:
        item["active"] = item["link"] == here


def tenant_switch(request: HttpRequest) -> dict[str, Any]:
    """`chosen_tenant` (None where the pages show them all) and `tenant_choices`, where there is anything to choose."""
    tenants = list(signed_in(request).tenants().order_by("name", "id")[:SWITCH_LIMIT])
    return {"chosen_tenant": chosen_tenant(request), "tenant_choices": tenants if len(tenants) > 1 else []}


@dataclass(frozen=True)
class Step:
    """A part of the way to the page at hand."""

    title: str
    url: str = ""


def way_to(opts: Any, obj: Any = None, title: str = "", here: str = "") -> list[Step]:
    """The group of the sidebar, the list, and the object under the title that its page bears; then the page itself.

    A page that the sidebar offers by itself stands beside the list, not under it.
    """
    group, page = _place_of(opts.label, here)
    if page is None:
        return [Step(str(opts.verbose_name_plural).capitalize())]
    above = [] if group in ("", page.title) else [Step(group)]
    steps = [*above, Step(page.title, page.link)]
    if obj is not None:
        steps.append(Step(title or str(obj), admin_url(obj, "change", obj.pk)))
    return [*steps, Step(here)] if here and here != page.title else steps


def _place_of(label: str, here: str) -> tuple[str, Page | None]:
    places = [(group, page) for group, pages in GROUPS for page in pages if page.model == label]
    own = [place for place in places if here and place[1].called == here]
    lists = [place for place in places if place[1].page == "changelist"]
    return next(iter(own or lists or places), ("", None))
