"""The deeds of residency: recording where data was seen, and settling where it should not be."""

from residency.services.drift import resolve_location_drift
from residency.services.observing import Imported, import_locations, observe_location, sentence_of

__all__ = ["Imported", "import_locations", "observe_location", "resolve_location_drift", "sentence_of"]
