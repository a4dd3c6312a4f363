"""Browsing the shared catalog: what is collected, why, and where it flows. Operators enter by hand what no file has."""

from catalog.admin import editions, elements, features, flows, parties, places

__all__ = ["editions", "elements", "features", "flows", "parties", "places"]
