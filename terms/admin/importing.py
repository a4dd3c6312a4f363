"""Importing employees through the pages, in two steps: what the file comes to, then keeping it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest

from tenants.access import signed_in
from tenants.directory import Imported, import_people
from tenants.directory.reading import read
from tenants.models import Tenant
from tenants.pages.deeds import Deed, InTenantForm
from tenants.pages.parts import Panel, Table
from tenants.pages.two_steps import TwoStepForm, packed, unpacked
from tenants.roles import Permission

PROBLEMS_SHOWN = 200
COUNTS = {
    "added": "New",
    "changed": "Changed",
    "returned": "Back",
    "left": "Left",
    "unchanged": "As before",
    "joined_groups": "Joined a group",
    "left_groups": "Left a group",
}


class ImportForm(TwoStepForm, InTenantForm):
    purpose = "directory.import"
    command = "import_employees"
    chosen = "document"
    document = forms.FileField(
        label="File",
        error_messages={"required": "Choose a file."},
        help_text="CSV with a first line of column names (id, userPrincipalName, displayName, mail, preferredLanguage, "
        "accountEnabled, groups separated by |), or what Microsoft Graph answers for users, as JSON.",
    )
    is_complete = forms.BooleanField(
        label="The whole directory",
        required=False,
        help_text="Whoever is not in the file has left. Only for a file without any problem.",
    )
    outcome: Imported

    def read(self, given: dict[str, Any]) -> dict[str, Any]:
        upload, is_complete = given["document"], given["is_complete"]
        return {
            "file": {"content": upload.read(), "name": str(upload.name)[:200], "is_complete": is_complete}
        }

    def unpack(self, carried: Any) -> dict[str, Any]:
        return {"file": {**carried, "content": unpacked(carried["content"])}}

    @property
    def is_refused(self) -> bool:
        return bool(self.outcome and self.cleaned_data["is_complete"] and self.outcome.problems)

    def consequences(self) -> list[str]:
        if self.is_refused:
            return [
                "As the whole directory the file is not taken: whoever stands in a broken line would have left.",
                "Correct the lines named below and choose the file again; or import it as a part of the directory.",
            ]
        return [
            f"It comes to: {sentence_of(self.outcome)}",
            "Lines with a problem are left out." if self.outcome.problems else "Every line can be read.",
        ]

    def panels(self) -> list[Panel]:
        """The counts and the problems."""
        counts = [[label, f"{getattr(self.outcome, name):,}"] for name, label in COUNTS.items()]
        shown = Panel("What the file comes to", table=Table(("People", "Number"), counts))
        return [shown, *_problems(self.outcome.problems)]


def run(request: HttpRequest, _: Any, data: dict[str, Any]) -> Imported | TwoStepForm:
    """The import where it was confirmed; before that, the form with what it would come to."""
    file: dict[str, Any] = data["file"]
    if data["carried"]:
        return _import(request, data["tenant"], file)
    form: ImportForm = data["form"]
    outcome = _tried(request, data["tenant"], file)
    return form.confirm(outcome, carried={**file, "content": packed(file["content"])})


def _import(request: HttpRequest, tenant: Tenant, file: dict[str, Any]) -> Imported:
    return import_people(
        tenant=tenant,
        content=file["content"],
        by=signed_in(request),
        source=file["name"],
        is_complete=file["is_complete"],
        skip_problems=not file["is_complete"],
    )


def _tried(request: HttpRequest, tenant: Tenant, file: dict[str, Any]) -> Imported:
    """What the import does, counted by doing it and taking it back."""
    if file["is_complete"] and (problems := read(file["content"]).problems):
        return Imported(problems=problems)
    with transaction.atomic():
        outcome = _import(request, tenant, file)
        transaction.set_rollback(True)
    return outcome


def sentence_of(outcome: Imported) -> str:
    """The counts that are not nothing."""
    told = [
        f"{getattr(outcome, name):,} {label.lower()}"
        for name, label in COUNTS.items()
        if getattr(outcome, name)
    ]
    problems = [f"{len(outcome.problems):,} left out"] if outcome.problems else []
    return f"{', '.join([*told, *problems]) or 'nothing to change'}."


def _problems(problems: Sequence[str]) -> list[Panel]:
    rows = [list(problem.partition(": ")[::2]) for problem in problems[:PROBLEMS_SHOWN]]
    title = f"{len(problems):,} that cannot be read"
    return [Panel(title, table=Table(("Where", "Why"), rows), tone="warn")] if problems else []


IMPORT = Deed(
    "add",
    "Import employees",
    Permission.KEEP_DIRECTORY,
    run,
    form=ImportForm,
    consequences=lambda form: [
        "First you see what the file comes to. Nothing is kept before you confirm it.",
        "People are recognised by their directory id. Nobody is deleted: whoever leaves stays, as left.",
    ],
    done="Imported.",
    icon="upload",
    template="admin/console/two_steps.html",
)
