"""When an election can be made. Asked when it is proposed, and again when it is approved: things change in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import NoReturn

from django.core.exceptions import ValidationError
from django.utils import timezone

from catalog.geographies import geographies
from catalog.kinds import REFERENCE_CATALOG
from catalog.models import Feature, Region
from elections.collecting import deciding
from elections.consequences import Switched, shown
from elections.growth import added_to
from elections.models import StorageElection
from elections.storing import storage_at
from privacy_console.errors import Refused
from tenants.models import Tenant

FURTHEST = timedelta(days=3653)


def refuse_value(field: str, code: str, sentence: str) -> NoReturn:
    """Raise ValidationError for what somebody gave."""
    raise ValidationError({field: ValidationError(sentence, code)})


# --- From when ---


def check_beginning(tenant: Tenant, begins: datetime, now: datetime) -> None:
    """Raise ValidationError for an instant before the tenant, without a zone, or decades ahead."""
    if timezone.is_naive(begins):
        refuse_value("effective_from", "no_zone", "Say in which time zone.")
    if begins < tenant.exists_since:
        sentence = f"{tenant} exists since {shown(tenant.exists_since)}; nothing can hold before that."
        refuse_value("effective_from", "before_tenant", sentence)
    if begins > now + FURTHEST:
        refuse_value("effective_from", "too_far", "Choose an instant within the next ten years.")


def check_nothing_rewritten(what: str, since: datetime | None, begins: datetime) -> None:
    """Raise ValidationError for an instant before the start of what holds now: what came before it stays as it was."""
    if since is not None and begins <= since:
        sentence = (
            f"{what} since {shown(since)}; what lies before that is not rewritten. Choose a later instant."
        )
        refuse_value("effective_from", "before_in_force", sentence)


# --- Where data is stored ---


def offered_region(code: str) -> Region:
    """The geography of the current edition that has this code. Raises ValidationError."""
    found: Region | None = geographies().filter(code=code).first()
    if found is not None:
        return found
    regions = Region.objects.filter(catalog__code=REFERENCE_CATALOG, code=code)
    among = ", ".join(geographies().values_list("code", flat=True))
    known: Region | None = regions.first()
    if known is None:
        refuse_value("region", "unknown_region", f"The catalog has no geography “{code}”; there are {among}.")
    if not known.is_current:
        sentence = f"“{code}” is no longer in the catalog: it belongs to an older edition. There are {among}."
        refuse_value("region", "region_removed", sentence)
    sentence = f"{known} is no geography that Intune stores data in; there are {among}."
    refuse_value("region", "not_a_geography", sentence)


def check_region(tenant: Tenant, region: Region, begins: datetime, now: datetime) -> None:
    """Raise ValidationError or Refused where the tenant cannot have its data stored there from the instant on."""
    check_beginning(tenant, begins, now)
    offered_region(region.code)
    check_open(tenant, region, begins)
    holding = storage_at(tenant, now)
    if holding is not None:
        check_nothing_rewritten(f"{holding} is elected", holding.effective_from, begins)
    before = storage_at(tenant, begins)
    if before is not None and before.region_id == region.pk:
        raise Refused("already_so", f"{region} is elected already at {shown(begins)}.")
    begun = StorageElection.objects.for_tenant(tenant).approved().filter(effective_from=begins)
    if begun.exists():
        raise Refused(
            "begins_already", "Another storage election begins at this instant: choose another one."
        )


def check_open(tenant: Tenant, region: Region, begins: datetime) -> None:
    """Raise Refused for a geography that opened after the tenant was made, or that has closed by then."""
    opened, closed = region.opened_on, region.closed_on
    if opened is not None and tenant.exists_since < _start_of(opened):
        raise Refused(
            "region_closed",
            f"{region} opened on {opened:%Y-%m-%d} and takes only tenants made after that; {tenant} exists since "
            f"{shown(tenant.exists_since)}.",
        )
    if closed is not None and begins >= _start_of(closed):
        raise Refused("region_closed", f"{region} takes no new tenants since {closed:%Y-%m-%d}.")


def check_assessed(region: Region, assessment: str) -> None:
    """Raise ValidationError where a transfer out of the EU Data Boundary was not assessed."""
    if not assessment.strip():
        sentence = (
            f"{region} lies outside the EU Data Boundary and the directory inside: record what was assessed of the "
            "transfer (GDPR Art. 44 to 46)."
        )
        refuse_value("transfer_assessment", "assessment_missing", sentence)


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


# --- What is collected ---


def switched_features(features: Mapping[str, bool]) -> tuple[Switched, ...]:
    """The features of the current edition with these codes, by code. Raises ValidationError."""
    if not features:
        refuse_value("features", "required", "Name at least one feature, and whether it is to be on or off.")
    rows = Feature.objects.current().filter(catalog__code=REFERENCE_CATALOG)
    known = {feature.code: feature for feature in rows}
    for code, is_on in features.items():
        if code not in known:
            among = ", ".join(sorted(known))
            refuse_value(
                "features", "unknown_feature", f"The catalog has no feature “{code}”; there are {among}."
            )
        if not isinstance(is_on, bool):
            refuse_value("features", "invalid", f"{known[code]} is to be on (true) or off (false).")
    return tuple(Switched(known[code], features[code]) for code in sorted(features))


def check_features(tenant: Tenant, switched: Iterable[Switched], begins: datetime, now: datetime) -> None:
    """Raise ValidationError or Refused where the features cannot be switched from the instant on.

    What is on can be elected anew where the catalog added to it since.
    """
    check_beginning(tenant, begins, now)
    holding, before = deciding(tenant, now), deciding(tenant, begins)
    for each in switched:
        feature = each.feature
        if not feature.is_current:
            refuse_value("features", "feature_removed", f"{feature} is no longer in the catalog.")
        decided = holding.get(feature.pk)
        if decided is not None:
            check_nothing_rewritten(f"{decided} is elected", decided.election.effective_from, begins)
        standing = before.get(feature.pk)
        is_confirmed = each.is_on and standing is not None and added_to([standing])
        if (standing is not None and standing.is_on) == each.is_on and not is_confirmed:
            word = "on" if each.is_on else "off"
            raise Refused("already_so", f"{feature} is {word} already at {shown(begins)}.")
