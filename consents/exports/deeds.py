"""Taking the register away: who may, and how it is written."""

from __future__ import annotations

from datetime import datetime

from consents.exports.pdf import pour_pdf
from consents.exports.register import Register
from consents.exports.writers import pour_csv_register, pour_json_register, pour_xlsx_register
from tenants.access import Principal, require
from tenants.exports import Download, Format, Kind, as_of_or_now, export
from tenants.exports.files import MEDIA_TYPES
from tenants.models import Tenant
from tenants.roles import Permission

KINDS: dict[str, Kind] = {
    Format.CSV: Kind(pour_csv_register, MEDIA_TYPES[Format.CSV]),
    Format.XLSX: Kind(pour_xlsx_register, MEDIA_TYPES[Format.XLSX], 20_000),
    Format.JSON: Kind(pour_json_register, MEDIA_TYPES[Format.JSON]),
    Format.PDF: Kind(pour_pdf, MEDIA_TYPES[Format.PDF], 2_000),
}


def export_register(
    *, tenant: Tenant, format_name: str, by: Principal, as_of: datetime | None = None
) -> Download:
    """The tenant's consents, as known now or at `as_of`, as a file; recorded as `export.downloaded`.

    format_name: one of `Format`. Raises PermissionDenied, and Refused for a format that there is not, an instant that
    has not come, and more consents than the format holds.
    """
    require(by, Permission.EXPORT, tenant)
    return export(Register(tenant, as_of_or_now(as_of)), format_name, KINDS)
