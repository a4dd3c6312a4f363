"""An edition of a catalog as a file: in its own format, as tables, and in two public vocabularies.

JSON is the catalog file itself, so that what was exported can be loaded again. What of a catalog the two vocabularies
can say stands in `catalog.fideslang` and `catalog.dpv`; the rest is left out rather than bent.
The same edition always gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from audit.services import record
from catalog.dpv import write_dpv
from catalog.fideslang import write_fideslang
from catalog.held import Held
from catalog.kinds import FORMAT, KINDS, Kind, Record, header_of, state_of
from catalog.models import Catalog, Edition
from privacy_console.errors import Refused
from privacy_console.tabular import Table, write_csv, write_xlsx
from tenants.access import Principal, require
from tenants.roles import Permission


class Format(models.TextChoices):
    JSON = "json", "JSON (catalog file)"
    CSV = "csv", "CSV (one kind)"
    XLSX = "xlsx", "XLSX (a sheet for each kind)"
    FIDESLANG = "fideslang", "fideslang (YAML)"
    DPV = "dpv", "Data Privacy Vocabulary (JSON-LD)"


MEDIA_TYPES = {
    Format.JSON: ("application/json", "json"),
    Format.CSV: ("text/csv; charset=utf-8", "csv"),
    Format.XLSX: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    Format.FIDESLANG: ("application/yaml", "fideslang.yml"),
    Format.DPV: ("application/ld+json", "dpv.jsonld"),
}


@dataclass(frozen=True)
class Export:
    """A file to be taken away."""

    content: bytes
    media_type: str
    filename: str


def export_catalog(
    *,
    catalog: Catalog,
    format_name: str,
    by: Principal,
    edition: Edition | None = None,
    kind: str = "",
) -> Export:
    """An edition as a file; the taking away is recorded (`catalog.exported`).

    format_name: one of `Format`. edition: the latest where not given. kind: for CSV, which table ("elements" where not
    given). Raises PermissionDenied, and Refused where there is no such format, kind or edition.
    """
    require(by, Permission.VIEW_CATALOG)
    held, chosen, kind = _held(catalog, edition), _format(format_name), _kind(format_name, kind)
    content = _WRITERS[chosen](held, kind)
    media_type, ending = MEDIA_TYPES[chosen]
    middle = f"-{kind}" if kind else ""
    record(
        "catalog.exported",
        category="catalog",
        resource=held.edition,
        details={"format": chosen.value, "edition": held.edition.number, **({"kind": kind} if kind else {})},
    )
    return Export(content, media_type, f"{catalog.code}-edition-{held.edition.number}{middle}.{ending}")


def _held(catalog: Catalog, edition: Edition | None) -> Held:
    chosen = edition or catalog.latest_edition
    if chosen is None or chosen.catalog_id != catalog.pk:
        raise Refused("no_edition", f"The catalog “{catalog.code}” has no such edition.")
    return Held(catalog, chosen, header_of(catalog, chosen), state_of(catalog, chosen))


def _format(name: str) -> Format:
    if name not in Format.values:
        raise Refused("unknown_format", f"There is no format “{name}”; there are {', '.join(Format.values)}.")
    return Format(name)


def _kind(format_name: str, kind: str) -> str:
    if format_name != Format.CSV:
        return ""
    if kind and kind not in KINDS:
        raise Refused("unknown_kind", f"There is no kind “{kind}”; there are {', '.join(KINDS)}.")
    return kind or "elements"


# --- The catalog file ---


def catalog_document(held: Held) -> dict[str, Any]:
    """The edition as a catalog file says it."""
    edition = {"released_on": held.edition.released_on.isoformat(), "note": held.edition.note}
    lists = {name: list(held.records(name)) for name in KINDS}
    return {"format": FORMAT, "catalog": held.header, "edition": edition, **lists}


def write_document(document: dict[str, Any]) -> bytes:
    """The document with each record on a line of its own, so that an error in the file can name its line."""
    parts = [f" {_dumped(key)}: {_lines(value)}" for key, value in document.items()]
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def _lines(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _dumped(value)
    return "[\n" + ",\n".join(f"  {_dumped(each)}" for each in value) + "\n ]"


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# --- Tables ---


def table_of(kind: Kind, records: Iterable[Record]) -> Table:
    """A kind as a table; an override takes two columns."""
    columns = [name for key in kind.keys for name in _columns(key)]
    return Table(
        columns, [[cell for key in kind.keys for cell in _cells(key, each[key])] for each in records]
    )


def _columns(key: str) -> tuple[str, ...]:
    return ("override_rule", "override_reason") if key == "override" else (key,)


def _cells(key: str, value: Any) -> tuple[Any, ...]:
    if key == "override":
        return (value["rule"], value["reason"]) if value else ("", "")
    return (value,)


def _as_csv(held: Held, kind: str) -> bytes:
    return write_csv(table_of(KINDS[kind], held.records(kind)))


def _as_xlsx(held: Held, _: str) -> bytes:
    return write_xlsx({name: table_of(kind, held.records(name)) for name, kind in KINDS.items()})


_WRITERS: dict[Format, Callable[[Held, str], bytes]] = {
    Format.JSON: lambda held, _: write_document(catalog_document(held)),
    Format.CSV: _as_csv,
    Format.XLSX: _as_xlsx,
    Format.FIDESLANG: lambda held, _: write_fideslang(held),
    Format.DPV: lambda held, _: write_dpv(held),
}
