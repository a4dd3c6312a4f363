"""Recording by hand where the provider says the data is."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from residency.models import ObservedLocation
from residency.places import Gazetteer
from residency.reading import Row
from residency.services.book import Book
from tenants.access import Principal, require
from tenants.deeds import held, require_one_line
from tenants.models import Tenant
from tenants.roles import Permission


@transaction.atomic
def observe_location(
    *, tenant: Tenant, observed_on: date, place: str, source: str, by: Principal, reason: str = ""
) -> ObservedLocation:
    """Record what the provider showed on a day, by hand.

    place: a region or country by its exact name or code, also with the part's number, as in “Europe 0201”. source:
    where it was seen. Raises ValidationError, PermissionDenied.
    """
    require(by, Permission.OBSERVE_LOCATIONS, tenant)
    place, source = " ".join(place.split()), " ".join(source.split())
    require_one_line(place=place, source=source)
    if observed_on > timezone.localdate():
        raise ValidationError({"observed_on": "This day lies ahead: nothing was observed then."})
    if not source:
        raise ValidationError({"source": "Say where it was seen."})
    spot = Gazetteer().find(place)
    if spot is None:
        raise ValidationError({"place": f"“{place}” is no region or country that the catalog knows."})
    # Two at once would both find the same difference new.
    tenant = held(tenant, no_key=True)
    book = Book(tenant, by, ObservedLocation.Origin.BY_HAND)
    with deed("location.observed", on=ObservedLocation, action=Action.CREATE, reason=reason):
        book.keep([Row(observed_on, place, spot, source)])
    if not book.found.added:
        raise ValidationError("This place was recorded for this day, from this source, already.", "known")
    book.settle()
    mine = ObservedLocation.objects.for_tenant(tenant).select_related("region", "elected")
    found: ObservedLocation = mine.get(observed_on=observed_on, place=place, source=source)
    return found
