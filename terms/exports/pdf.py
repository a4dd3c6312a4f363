"""The report as PDF: a table for each standing."""

from __future__ import annotations

from collections import defaultdict
from typing import IO, Any

from tenants.exports.pdf import document, group, instant, joined, typeset
from terms.exports.report import NOT_ASKED, Line, Report
from terms.exports.writers import json_digest
from terms.models import Acceptance
from terms.standing import Standing

HEADINGS = {
    "Employee": 16, "Directory id": 12, "Waits": 12, "Last decision": 16, "Words": 20, "Receipt": 14, "Reminded": 10
}  # fmt: skip
TITLES = {standing.value: standing.label for standing in Standing} | {
    NOT_ASKED: "Decided, and not asked any more"
}


def pour_pdf(report: Report, out: IO[bytes]) -> None:
    """The report for people, with the digest of the same report as JSON."""
    out.write(typeset(_document(report)))


def _document(report: Report) -> dict[str, Any]:
    rows: dict[str, list[list[str]]] = defaultdict(list)
    for line in report:
        rows[line.standing].append(_cells(line))
    version = report.version
    asked = f"version {version.number}" if version else "nothing"
    since = f", from {instant(version.effective_from)}" if version and version.effective_from else ""
    return document(
        title=f"Acceptance report: {report.policy.name}",
        tenant=report.tenant,
        description="Who accepted which words of these terms, and who owes a decision.",
        as_of=report.as_of,
        about=[
            ("Terms", f"{report.policy.name} (policy {report.policy.pk})"),
            ("Asked for", asked + since),
            ("People", str(sum(map(len, rows.values())))),
            ("SHA-256 of this report as JSON", json_digest(report)),
        ],
        groups=[
            group(title, HEADINGS, rows[key], "Nobody.") for key, title in TITLES.items() if _shown(key, rows)
        ],
    )


def _shown(standing: str, rows: dict[str, list[list[str]]]) -> bool:
    """The four standings always; the others where there is somebody."""
    return standing not in (NOT_ASKED, Standing.NOTHING_ASKED) or bool(rows[standing])


def _cells(line: Line) -> list[str]:
    """One employee, in the order of the headings."""
    debt, decision = line.debt, line.decision
    employee = debt.employee
    return [
        joined(employee.display_name, employee.user_principal_name),
        employee.directory_id,
        _waits(line),
        _decided(line, decision) if decision else "",
        joined(decision.language, decision.text_sha256) if decision else "",
        str(decision.receipt_id) if decision and decision.signature else "",
        f"{len(debt.reminders)}, last {instant(debt.last_reminded_at)}" if debt.last_reminded_at else "",
    ]


def _waits(line: Line) -> str:
    place = line.debt.place
    if not line.is_asked or place.since is None:
        return ""
    return joined(f"since {instant(place.since)}", f"grace until {instant(place.due)}" if place.due else "")


def _decided(line: Line, decision: Acceptance) -> str:
    revision = "" if line.revision is None else f".{line.revision}"
    what = f"{decision.get_decision_display()} version {line.version}{revision}"
    valid = f"valid until {instant(decision.valid_until)}" if decision.valid_until else ""
    return joined(f"{what} {instant(decision.decided_at)}", decision.get_surface_display(), valid)
