"""Importing through the pages, in two steps: what the files come to, then keeping it.

The page carries what was read of the files, not the files themselves: they hold secrets.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from django.http import HttpRequest

from consents.graph.observations import Reading
from consents.graph.planning import Plan
from consents.graph.reading import read_content
from consents.graph.telling import rows_of, sentence_of
from consents.models import ConsentImport
from consents.services.imports import preview_import, record_import
from privacy_console.graph.places import Problem
from tenants.access import signed_in
from tenants.pages.deeds import Deed, InTenantForm
from tenants.pages.parts import Panel, Table
from tenants.pages.two_steps import FilesField, TwoStepForm
from tenants.roles import Permission

ROWS_SHOWN = 200
HEADINGS = ("What", "Difference", "Service", "Connection", "There", "Here")


class ImportForm(TwoStepForm, InTenantForm):
    purpose = "consents.import"
    command = "import_consents"
    documents = FilesField(
        label="Files",
        error_messages={"required": "Choose at least one file."},
        help_text="What Microsoft Graph answered, as JSON: pages, lists and single objects. You see what they come to "
        "before anything is kept.",
    )
    outcome: Plan

    def read(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"reading": read_content([(str(file.name), file.read()) for file in given["documents"]])}

    def unpack(self, carried: Any) -> dict[str, Any]:
        return {"reading": Reading.from_data(carried)}

    def consequences(self) -> list[str]:
        return [
            sentence_of(self.outcome),
            "New differences wait in the list until somebody settles them; certificates and tokens get their ends.",
        ]

    def panels(self) -> list[Panel]:
        """The differences, and what could not be read."""
        problems = self.outcome.reading.problems
        return [differences_panel(self.outcome), *([problems_panel(problems)] if problems else [])]


def run(request: HttpRequest, _: Any, data: dict[str, Any]) -> ConsentImport | TwoStepForm:
    """The import where it was confirmed; before that, the form with what it would come to."""
    by, tenant, reading = signed_in(request), data["tenant"], data["reading"]
    if data["carried"]:
        made, _plan = record_import(tenant=tenant, by=by, reading=reading)
        return made
    _made, plan = preview_import(tenant=tenant, by=by, reading=reading)
    form: ImportForm = data["form"]
    return form.confirm(plan, carried=reading.as_data())


def differences_panel(plan: Plan) -> Panel:
    rows = [
        [row["what"], row["difference"], row["service"], row["connection"], row["there"], row["here"]]
        for row in islice(rows_of(plan), ROWS_SHOWN)
    ]
    return Panel("The differences", table=Table(HEADINGS, rows, "The service and the register agree."))


def problems_panel(problems: Sequence[Problem]) -> Panel:
    rows = [[str(problem.place), problem.detail] for problem in problems[:ROWS_SHOWN]]
    return Panel("What could not be read", table=Table(("Where", "Why"), rows), tone="warn")


IMPORT = Deed(
    "add",
    "Import answers",
    Permission.IMPORT_CONSENTS,
    run,
    form=ImportForm,
    consequences=lambda form: [
        "The files are compared with the register. Nothing of them is kept but what is shown next.",
        "Tokens, certificates and enrollment codes in them are not looked at.",
    ],
    done="{subject} is imported.",
    icon="upload",
    template="admin/console/two_steps.html",
)
