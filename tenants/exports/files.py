"""A file that is taken away: its format, how it is written, and the event that says that it was taken."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Protocol, cast

from django.db import models
from django.utils import timezone

from audit.services import record
from privacy_console.errors import Refused
from privacy_console.timestamps import utc_text
from tenants.models import Tenant

IN_MEMORY = 4 * 1024 * 1024
"""Longer files are written to disk while they are made."""


class Format(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX (for a spreadsheet)"
    JSON = "json", "JSON (everything)"
    PDF = "pdf", "PDF (to read and to file)"


MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
    Format.PDF: "application/pdf",
}


class Report(Protocol):
    """What is written: a tenant's rows as known at an instant. what: what it is called; noun: what it has many of."""

    tenant: Tenant
    as_of: datetime
    what: str
    noun: str
    category: str

    @property
    def stem(self) -> str:
        """What the file is called, before tenant and instant."""
        ...

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Kind:
    """How one format is written, and how many rows a file of it can hold."""

    pour: Callable[[Any, IO[bytes]], None]
    media_type: str
    most: int | None = None


@dataclass(frozen=True)
class Download:
    """A file to be taken away: open, at its beginning. sha256: of its bytes, as the trail has it."""

    body: IO[bytes]
    size: int
    sha256: str
    media_type: str
    filename: str

    @property
    def content(self) -> bytes:
        """All of it."""
        self.body.seek(0)
        return self.body.read()


def export(
    report: Report, format_name: str, kinds: Mapping[str, Kind], resource: models.Model | None = None
) -> Download:
    """The report as a file, recorded as `export.downloaded`. resource: what it is about, where it is about one object.

    Raises Refused for a format that there is not, and for more rows than the format holds.
    """
    kind = _kind(format_name, kinds)
    _check_size(report, format_name, kind)
    body = cast("IO[bytes]", SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - whoever sends it closes it
    kind.pour(report, body)
    filename = f"{report.stem}-{report.tenant.slug}-{report.as_of:%Y%m%dT%H%M%SZ}.{format_name}"
    download = _closed(body, kind.media_type, filename)
    note_download(
        report.tenant, report.what, report.as_of, format_name, download.sha256, report.category, resource
    )
    return download


def as_of_or_now(as_of: datetime | None) -> datetime:
    """The instant in UTC. Raises Refused for one that has not come: nobody knows yet what will be known then."""
    now = timezone.now()
    if as_of is not None and as_of > now:
        raise Refused(
            "in_the_future", "Nobody knows yet what will be known then: give an instant that has passed."
        )
    return (as_of or now).astimezone(UTC)


def tenant_as_known(tenant: Tenant, as_of: datetime) -> Tenant:
    """The tenant under the name it had then; as it is now, where it was not known yet."""
    rows: Any = Tenant.history.known_at(as_of).filter(id=tenant.pk).as_instances()
    found: Tenant | None = rows.first()
    return found or tenant


def _kind(format_name: str, kinds: Mapping[str, Kind]) -> Kind:
    if format_name not in kinds:
        raise Refused(
            "unknown_format", f"There is no format “{format_name}”; there are {', '.join(Format.values)}."
        )
    return kinds[format_name]


def _check_size(report: Report, format_name: str, kind: Kind) -> None:
    if kind.most is not None and len(report) > kind.most:
        raise Refused(
            "too_many",
            f"The {report.what} has {len(report):,} {report.noun}, and {format_name.upper()} holds {kind.most:,} at "
            "most: take CSV or JSON.",
        )


def _closed(body: IO[bytes], media_type: str, filename: str) -> Download:
    size = body.tell()
    body.seek(0)
    digest = hashlib.sha256()
    while portion := body.read(io.DEFAULT_BUFFER_SIZE):
        digest.update(portion)
    body.seek(0)
    return Download(body, size, digest.hexdigest(), media_type, filename)


def note_download(
    tenant: Tenant,
    what: str,
    as_of: datetime,
    format_name: str,
    sha256: str,
    category: str,
    resource: models.Model | None = None,
) -> None:
    """Record that somebody took a file away, and by its digest which."""
    record(
        "export.downloaded",
        category=category,
        tenant=tenant,
        resource=resource,
        resource_name="" if resource else what,
        details={
            "what": what,
            "format": format_name,
            "as_of": utc_text(as_of),
            "sha256": sha256,
        },
    )
