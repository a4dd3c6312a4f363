"""The admin pages of residency."""

from residency.admin import drift, imports, observed

__all__ = ["drift", "imports", "observed"]
