"""The pages of storage elections: in which geography a tenant's customer data is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from catalog.countries import country_names
from catalog.geographies import geographies, protected_countries
from catalog.models import Region
from elections.admin.base import ElectionAdmin, StateFilter
from elections.admin.electing import ElectForm, sentence_of
from elections.admin.words import sources_table, state_panel
from elections.consequences import StorageConsequences, reference, region_consequences
from elections.models import StorageElection
from elections.rules import check_open, offered_region
from elections.services import elect_region
from elections.services.storage import what_region_means
from elections.storing import set_storage_ends, storage_at
from privacy_console.errors import Refused
from tenants.access import signed_in
from tenants.models import Tenant
from tenants.pages.columns import column
from tenants.pages.deeds import DayField, Deed, DeedForm
from tenants.pages.moments import Moment
from tenants.pages.parts import Panel, facts, link_to
from tenants.roles import Permission

NAMED = 6
RULES = ("follows_country", "move_by_support", "opens_to_new", "leaves_boundary")


def _help(name: str) -> str:
    return str(StorageElection._meta.get_field(name).help_text)  # type: ignore[union-attr]


@dataclass(frozen=True)
class Offer:
    """A geography as the page offers it. refusal: why it is not open to the tenant."""

    region: Region
    is_elected: bool
    refusal: str
    is_inside: bool

    @property
    def countries(self) -> str:
        """Their names, where they are few enough to be read."""
        number = len(self.region.countries)
        return f"{number} countries" if number > NAMED else ", ".join(country_names(self.region.countries))

    @property
    def is_open(self) -> bool:
        return not (self.is_elected or self.refusal)


def offers(tenant: Tenant, elected: StorageElection | None) -> list[Offer]:
    """Every geography of the catalog; those that are not open say why."""
    inside, now = protected_countries(), timezone.now()
    return [
        Offer(
            region,
            is_elected=elected is not None and elected.region_id == region.pk,
            refusal=_closed(tenant, region, now),
            is_inside=inside.issuperset(region.countries),
        )
        for region in geographies()
    ]


def _closed(tenant: Tenant, region: Region, now: datetime) -> str:
    try:
        check_open(tenant, region, now)
    except Refused as refusal:
        return refusal.detail
    return ""


class ElectRegionForm(ElectForm):
    """A geography, chosen first, so that one reads what it means before one decides."""

    kind = StorageElection

    transfer_assessment = forms.CharField(
        widget=forms.Textarea,
        max_length=10_000,
        help_text=_help("transfer_assessment"),
        error_messages={
            "required": "Out of the EU Data Boundary: record what was assessed of the transfer (GDPR Art. 44 to 46)."
        },
    )
    assessed_on = DayField(
        label="Assessed on",
        help_text=_help("assessed_on"),
        error_messages={"required": "Say on which day the transfer was assessed."},
    )
    confirmed = forms.BooleanField(
        label="I have read what this move means",
        required=False,
        help_text="All of what stands above. It is kept with the election, word for word.",
    )
    field_order = (
        "tenant",
        "region",
        "effective_from",
        "transfer_assessment",
        "assessed_on",
        "reason",
        "confirmed",
    )

    def prepare(self) -> None:
        super().prepare()
        self.fields["region"] = forms.CharField(max_length=200, widget=forms.HiddenInput)
        self.meaning = self._meaning() if self.only_tenant and self.asked("region") else None
        if self.meaning is not None:
            self._ask_only_what_is_needed(self.meaning)
        self.order_fields(self.field_order)

    def _meaning(self) -> StorageConsequences | None:
        """What the choice means; None, with the refusal, where it cannot be made. What is sent, the deed checks."""
        tenant: Any = self.only_tenant
        try:
            region = offered_region(self.asked("region"))
            if self.is_bound:
                return region_consequences(tenant, region, self.begins() or timezone.now())
            return what_region_means(tenant, region, self.begins())
        except (Refused, ValidationError) as error:
            self.refusal = sentence_of(error)
            return None

    def _ask_only_what_is_needed(self, meaning: StorageConsequences) -> None:
        if not meaning.needs_confirmation:
            del self.fields["confirmed"]
        if not meaning.leaves_boundary:
            del self.fields["transfer_assessment"], self.fields["assessed_on"]


ELECT = Deed(
    "add",
    "Elect a storage geography",
    Permission.PROPOSE_ELECTION,
    lambda request, _, data: elect_region(by=signed_in(request), **data),
    form=ElectRegionForm,
    done="It is decided: customer data is stored in {subject}.",
    icon="public",
    template="admin/elections/region.html",
)


@admin.register(StorageElection)
class StorageElectionAdmin(ElectionAdmin):
    list_title = "Storage elections"
    intro = "In which geography the tenant's customer data is stored: from when on, who decided it and why."
    empty_text = (
        "Nothing is recorded yet. Where one geography alone lists the directory's country it is recorded by itself; "
        "otherwise elect the one that the provider's tenant status shows."
    )
    related = ("edition__catalog", "region")
    list_display = ("region_name", "state_badge", "begins", "until", "tenant_name", "proposed")
    list_filter = (StateFilter, "region", "origin", "leaves_boundary")
    search_fields = ("name", "code", "reason", "proposed_by", "decided_by")
    search_help_text = "Geography, reason or person."
    adding = ELECT

    def set_ends(self, elections: list[Any], among: Any) -> None:
        set_storage_ends(elections, among)

    def related_queryset(self, model: Any, request: HttpRequest) -> Any:
        return geographies() if model is Region else super().related_queryset(model, request)

    @column(description="Geography", ordering="name")
    def region_name(self, election: StorageElection) -> str:
        return election.name

    def record_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        return super().record_context(request, obj) | {"title": f"Storage in {obj}"}

    def subject_panels(self, election: StorageElection, moment: Moment) -> list[Panel]:
        first = state_panel(
            election,
            moment.at,
            ("Geography", link_to(election.region)),
            ("How it came", election.get_origin_display()),
        )
        return [first, *_difference(election, moment), *_assessment(election)]

    def deed_context(self, request: HttpRequest, deed: Deed, obj: Any, form: DeedForm) -> dict[str, Any]:
        context = super().deed_context(request, deed, obj, form)
        if not isinstance(form, ElectRegionForm) or form.only_tenant is None:
            return context
        elected = storage_at(form.only_tenant)
        return context | {
            "before": [in_force_panel(form.only_tenant, elected)],
            "offers": offers(form.only_tenant, elected),
            "countries": country_names(form.meaning.region.countries) if form.meaning else [],
            "rules": Panel("The rules", table=sources_table(reference()[code] for code in RULES)),
        }


def in_force_panel(tenant: Tenant, elected: StorageElection | None) -> Panel:
    """Where the data is stored now, and what is to follow."""
    if elected is None:
        text = (
            f"Where the data is stored is not recorded yet. The directory's country is {tenant.country}: elect the "
            "geography that the provider's tenant status shows."
        )
        return Panel("Nothing is elected", text=text, tone="warn")
    follows = (
        StorageElection.objects.for_tenant(tenant)
        .scheduled(timezone.now())
        .order_by("effective_from")
        .first()
    )
    about = [
        ("Since", elected.effective_from),
        ("Proposed by", elected.proposed_by),
        ("Why", elected.reason),
        ("Followed by", [link_to(follows), follows.effective_from] if follows else None),
    ]
    link = link_to(elected, "See the election")
    return Panel(f"In force: {elected}", facts(about), link=link, tone="good")


def _difference(election: StorageElection, moment: Moment) -> list[Panel]:
    """What it changes against the geography before it."""
    begins = election.effective_from or moment.at
    before = storage_at(election.tenant, begins - timedelta(microseconds=1), moment.asked)
    if before is None or before.pk == election.pk:
        return []
    was, becomes = set(before.region.countries), set(election.region.countries)
    about = [
        ("Before it", link_to(before)),
        ("Countries that are left", _listed(was - becomes)),
        ("Countries that are new", _listed(becomes - was)),
        ("Countries that stay", _listed(was & becomes)),
    ]
    return [Panel(f"What changes: {before} to {election}", facts(about))]


def _listed(countries: set[str]) -> str:
    return ", ".join(country_names(countries))


def _assessment(election: StorageElection) -> Sequence[Panel]:
    if not election.leaves_boundary:
        return []
    about = [("Assessed", election.transfer_assessment), ("On", election.assessed_on)]
    return [Panel("A transfer out of the EU Data Boundary", facts(about), tone="warn")]
