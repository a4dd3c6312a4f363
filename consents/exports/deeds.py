"""Taking the register away: who may, what is written, and the event that says that it was taken."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from django.db import models
from django.utils import timezone

from audit.services import record
from consents.exports.pdf import pour_pdf
from consents.exports.register import Register
from consents.exports.writers import pour_csv_register, pour_json_register, pour_xlsx_register
from privacy_console.errors import Refused
from privacy_console.timestamps import utc_text
from tenants.access import Principal, require
from tenants.models import Tenant
from tenants.roles import Permission

IN_MEMORY = 4 * 1024 * 1024
"""Longer files are written to disk while they are made."""


class Format(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX (consents, flows and steps)"
    JSON = "json", "JSON (everything)"
    PDF = "pdf", "PDF (to read and to file)"


@dataclass(frozen=True)
class Kind:
    """How one format is written, and how many consents a file of it can hold."""

    pour: Callable[[Register, IO[bytes]], None]
    media_type: str
    most: int | None = None


KINDS: dict[str, Kind] = {
    Format.CSV: Kind(pour_csv_register, "text/csv; charset=utf-8"),
    Format.XLSX: Kind(
        pour_xlsx_register, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 20_000
    ),
    Format.JSON: Kind(pour_json_register, "application/json"),
    Format.PDF: Kind(pour_pdf, "application/pdf", 2_000),
}


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


def export_register(
    *, tenant: Tenant, format_name: str, by: Principal, as_of: datetime | None = None
) -> Download:
    """The tenant's consents, as known now or at `as_of`, as a file; recorded as `export.downloaded`.

    format_name: one of `Format`. Raises PermissionDenied, and Refused for a format that there is not, an instant that
    has not come, and more consents than the format holds.
    """
    require(by, Permission.EXPORT, tenant)
    kind = _kind(format_name)
    register = Register(tenant, as_of_or_now(as_of))
    _check_size(register, format_name, kind)
    body = cast("IO[bytes]", SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - whoever sends it closes it
    kind.pour(register, body)
    download = _closed(body, kind.media_type, _filename(register, format_name))
    note_download(tenant, "consent register", register.as_of, format_name, download.sha256)
    return download


def as_of_or_now(as_of: datetime | None) -> datetime:
    """The instant in UTC. Raises Refused for one that has not come: nobody knows yet what will be known then."""
    now = timezone.now()
    if as_of is not None and as_of > now:
        raise Refused(
            "in_the_future", "Nobody knows yet what will be known then: give an instant that has passed."
        )
    return (as_of or now).astimezone(UTC)


def _kind(format_name: str) -> Kind:
    if format_name not in Format.values:
        raise Refused(
            "unknown_format", f"There is no format “{format_name}”; there are {', '.join(Format.values)}."
        )
    return KINDS[format_name]


def _check_size(register: Register, format_name: str, kind: Kind) -> None:
    if kind.most is not None and len(register) > kind.most:
        raise Refused(
            "too_many",
            f"The register has {len(register):,} consents, and {format_name.upper()} holds {kind.most:,} at most: "
            "take CSV or JSON.",
        )


def _closed(body: IO[bytes], media_type: str, filename: str) -> Download:
    size = body.tell()
    body.seek(0)
    digest = hashlib.sha256()
    while portion := body.read(io.DEFAULT_BUFFER_SIZE):
        digest.update(portion)
    body.seek(0)
    return Download(body, size, digest.hexdigest(), media_type, filename)


def _filename(register: Register, format_name: str) -> str:
    return f"consents-{register.tenant.slug}-{register.as_of:%Y%m%dT%H%M%SZ}.{format_name}"


def note_download(
    tenant: Tenant,
    what: str,
    as_of: datetime,
    format_name: str,
    sha256: str,
    resource: models.Model | None = None,
) -> None:
    """Record that somebody took a file away, and by its digest which."""
    record(
        "export.downloaded",
        category="consents",
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
