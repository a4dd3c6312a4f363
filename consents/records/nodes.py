"""What the parts of a record are made of: the names of things, times as text; what is empty is left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from consents.models import Consent
from consents.records.described import Described
from privacy_console.timestamps import utc_text


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without those that say nothing."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def urn_of(consent: Consent) -> str:
    return f"urn:uuid:{consent.record_id}"


def tenant_urn(described: Described) -> str:
    return f"urn:uuid:{described.tenant.directory_id}"


def catalog_urn(described: Described, *parts: str) -> str:
    return ":".join(["urn:privacy-console", described.catalog.code, *parts])


def iso(value: datetime | date | None) -> str | None:
    """ISO 8601, times in UTC."""
    if isinstance(value, datetime):
        return utc_text(value)
    return value.isoformat() if value else None
