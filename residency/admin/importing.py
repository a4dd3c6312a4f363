"""Importing observed locations through the pages, in two steps: what the file comes to, then keeping it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest

from residency.models import LocationDrift, LocationImport, ObservedLocation
from residency.services import Findings, import_locations, preview_locations
from residency.told import sentence_of
from tenants.access import signed_in
from tenants.pages.deeds import Deed, InTenantForm
from tenants.pages.parts import Panel, Table
from tenants.pages.two_steps import TwoStepForm, packed, unpacked
from tenants.roles import Permission

ROWS_SHOWN = 200


class ImportForm(TwoStepForm, InTenantForm):
    purpose = "residency.import"
    command = "import_locations"
    chosen = "document"
    document = forms.FileField(
        label="File",
        error_messages={"required": "Choose a file."},
        help_text="CSV with a first line of names (date, location, source), or a JSON list of objects with the same. "
        "You see what it comes to before anything is kept.",
    )
    outcome: tuple[LocationImport, Findings]

    def read(self, given: dict[str, Any]) -> dict[str, Any]:
        upload = given["document"]
        return {"content": upload.read(), "name": str(upload.name)[:200]}

    def unpack(self, carried: Any) -> dict[str, Any]:
        return {"content": unpacked(carried["content"]), "name": carried["name"]}

    def consequences(self) -> list[str]:
        made, _ = self.outcome
        left_out = "Rows with a problem are named below, and left out."
        return [sentence_of(made), left_out if made.left_out else "Every row can be kept."]

    def panels(self) -> list[Panel]:
        """The problems, the differences and the rows."""
        made, found = self.outcome
        return [*problems_panels(made), _differences_panel(found), _rows_panel(found)]


def run(request: HttpRequest, _: Any, data: dict[str, Any]) -> LocationImport | TwoStepForm:
    """The import where it was confirmed; before that, the form with what it would come to."""
    do = import_locations if data["carried"] else preview_locations
    made, found = do(
        tenant=data["tenant"],
        file=io.BytesIO(data["content"]),
        source=data["name"],
        by=signed_in(request),
        skip_problems=True,
    )
    if data["carried"]:
        return made
    form: ImportForm = data["form"]
    return form.confirm((made, found), carried={"content": packed(data["content"]), "name": data["name"]})


def problems_panels(made: LocationImport) -> list[Panel]:
    """What was left out; of very many the first."""
    rows = [list(problem.partition(": ")[::2]) for problem in made.problems[:ROWS_SHOWN]]
    title = f"{made.left_out:,} left out{_first(rows, made.left_out)}"
    return [Panel(title, table=Table(("Where", "Why"), rows), tone="warn")] if rows else []


def _differences_panel(found: Findings) -> Panel:
    rows = [
        [change.label, drift.place, drift.elected.name, _days(drift)] for change, drift in found.differences
    ]
    headings = ("What", "The provider showed", "Elected was", "Seen")
    title = f"Differences from what was elected{_first(rows[:ROWS_SHOWN], len(rows))}"
    return Panel(title, table=Table(headings, rows[:ROWS_SHOWN], "No difference is new, or over."))


def _days(drift: LocationDrift) -> str:
    return " to ".join(sorted({str(drift.first_seen_on), str(drift.last_seen_on)}))


def _rows_panel(found: Findings) -> Panel:
    rows = [
        [row.where, row.observed_on, row.place, row.source, _agreement(seen)]
        for row, seen in found.rows[:ROWS_SHOWN]
    ]
    title = f"The locations{_first(rows, found.added + found.known)}"
    return Panel(title, table=Table(("Where", "Day", "Place", "Seen in", "What"), rows))


def _agreement(seen: ObservedLocation | None) -> str:
    return seen.agreement if seen else "Known already"


def _first(rows: Sequence[Any], of: int) -> str:
    return f": the first {len(rows):,}" if len(rows) < of else ""


IMPORT = Deed(
    "add",
    "Import locations",
    Permission.OBSERVE_LOCATIONS,
    run,
    form=ImportForm,
    consequences=lambda form: [
        "First you see what the file comes to. Nothing is kept before you confirm it.",
        "Each place is compared with the geography that was elected for that day.",
        "What is recorded cannot be changed afterwards. The same rows again change nothing.",
    ],
    done="{subject} is imported.",
    icon="upload",
    template="admin/console/two_steps.html",
)
