"""The admin pages of residency."""

from residency.admin import drift, observed

__all__ = ["drift", "observed"]
