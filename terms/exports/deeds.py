"""Taking the acceptance report away: who may, and how it is written."""

from __future__ import annotations

from datetime import datetime

from tenants.access import Principal, require
from tenants.exports import Download, Format, Kind, as_of_or_now, export
from tenants.exports.files import MEDIA_TYPES
from tenants.roles import Permission
from terms.exports.pdf import pour_pdf
from terms.exports.report import Report
from terms.exports.writers import pour_csv_report, pour_json_report, pour_xlsx_report
from terms.models import TermsPolicy

KINDS: dict[str, Kind] = {
    Format.CSV: Kind(pour_csv_report, MEDIA_TYPES[Format.CSV]),
    Format.XLSX: Kind(pour_xlsx_report, MEDIA_TYPES[Format.XLSX], 20_000),
    Format.JSON: Kind(pour_json_report, MEDIA_TYPES[Format.JSON]),
    Format.PDF: Kind(pour_pdf, MEDIA_TYPES[Format.PDF], 2_000),
}


def export_acceptances(
    *, policy: TermsPolicy, format_name: str, by: Principal, as_of: datetime | None = None
) -> Download:
    """Where everybody stands with the policy, as known now or at `as_of`, as a file; recorded as `export.downloaded`.

    format_name: one of `Format`. Raises PermissionDenied, and Refused for a format that there is not, an instant that
    has not come or at which the policy was not known, and more people than the format holds.
    """
    require(by, Permission.EXPORT, policy.tenant)
    return export(Report(policy, as_of_or_now(as_of)), format_name, KINDS, policy)
