"""How instants are written wherever they leave the console."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_text(instant: datetime, timespec: str = "auto") -> str:
    """ISO 8601 in UTC: `2026-11-20T10:00:00Z`. timespec: as `datetime.isoformat` takes it."""
    # Not strftime: it writes early years with fewer than four figures.
    return instant.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
