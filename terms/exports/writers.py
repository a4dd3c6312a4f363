"""The report as CSV, XLSX and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from privacy_console.tabular import Table, pour_csv, write_xlsx
from tenants.exports import documents
from terms.exports.report import COLUMNS, Report, as_row

FORMAT = "privacy-console/acceptance-report/1"


def table_of(report: Report) -> Table:
    """One line for each employee."""
    return Table(COLUMNS, (list(as_row(line).values()) for line in report))


def pour_csv_report(report: Report, out: IO[bytes]) -> None:
    pour_csv(table_of(report), out)


def pour_xlsx_report(report: Report, out: IO[bytes]) -> None:
    out.write(write_xlsx({"acceptances": table_of(report)}))


def pour_json_report(report: Report, out: IO[bytes]) -> None:
    """Everybody, one by one: a report of any length is written, and can be read, in portions."""
    for piece in json_pieces(report):
        out.write(piece.encode())


def json_pieces(report: Report) -> Iterator[str]:
    header: dict[str, Any] = {
        "format": FORMAT,
        "tenant": documents.about(report.tenant),
        "policy": {"id": str(report.policy.pk), "name": report.policy.name},
        "version": report.version.number if report.version else None,
        "as_of": report.as_of,
    }
    return documents.pieces(header, "people", map(as_row, report))


def json_digest(report: Report) -> str:
    """SHA-256 of the JSON file: the same for the same policy and instant, so that other files can name it."""
    return documents.digest(json_pieces(report))
