"""The register as CSV, XLSX and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from consents.exports.register import (
    COLUMNS,
    FLOW_COLUMNS,
    STEP_COLUMNS,
    Entry,
    Register,
    as_row,
    flow_rows,
    lines,
    step_rows,
)
from privacy_console.tabular import Table, pour_csv, write_xlsx
from tenants.exports import documents

FORMAT = "privacy-console/consent-register/1"


def pour_csv_register(register: Register, out: IO[bytes]) -> None:
    """One line for each consent."""
    pour_csv(Table(COLUMNS, lines(register)), out)


def pour_xlsx_register(register: Register, out: IO[bytes]) -> None:
    """A sheet for the consents, one for the flows that they cover, one for the steps after a withdrawal."""
    entries = list(register)
    sheets = {
        "consents": Table(COLUMNS, lines(entries)),
        "flows": Table(("record_id", *FLOW_COLUMNS), _parts(entries, flow_rows)),
        "steps": Table(("record_id", *STEP_COLUMNS), _parts(entries, step_rows)),
    }
    out.write(write_xlsx(sheets))


def _parts(entries: list[Entry], rows_of: Any) -> Iterator[list[Any]]:
    for entry in entries:
        for row in rows_of(entry):
            yield [entry.consent.record_id, *row.values()]


def pour_json_register(register: Register, out: IO[bytes]) -> None:
    """Everything, consent by consent: a register of any length is written, and can be read, in portions."""
    for piece in json_pieces(register):
        out.write(piece.encode())


def json_pieces(register: Register) -> Iterator[str]:
    """The text of the JSON file, each consent on a line of its own."""
    header = {"format": FORMAT, "tenant": documents.about(register.tenant), "as_of": register.as_of}
    return documents.pieces(header, "consents", map(_whole, register))


def json_digest(register: Register) -> str:
    """SHA-256 of the JSON file: the same for the same tenant and instant, so that other files can name it."""
    return documents.digest(json_pieces(register))


def _whole(entry: Entry) -> dict[str, Any]:
    texts = {"terms_text": entry.consent.terms_text}
    return as_row(entry) | texts | {"flows": flow_rows(entry), "steps": step_rows(entry)}
