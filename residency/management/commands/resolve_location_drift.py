from __future__ import annotations

from residency.management.rows import whole_drift_row
from residency.models import LocationDrift
from residency.services import resolve_location_drift
from tenants.drift.command import ResolveCommand


class Command(ResolveCommand):
    help = "Say how data that was somewhere else than elected was settled. It needs a --reason."
    model = LocationDrift
    related = ("region", "elected")
    deed = staticmethod(resolve_location_drift)
    row = staticmethod(whole_drift_row)
    listed_by = "list_location_drift"
    ways = (
        "The provider moved the data, the election was put right (elected), it is known and accepted, or the place was "
        "misread."
    )
