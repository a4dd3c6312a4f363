"""The deeds of residency: recording where data was seen, and settling where it should not be."""

from residency.services.book import Change, Findings
from residency.services.drift import resolve_location_drift
from residency.services.importing import import_locations, preview_locations
from residency.services.observing import observe_location

__all__ = [
    "Change",
    "Findings",
    "import_locations",
    "observe_location",
    "preview_locations",
    "resolve_location_drift",
]
