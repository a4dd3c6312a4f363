"""Importing through the pages, in two steps: what the files come to, then keeping it.

Between the steps the files are not kept, as they hold secrets: the page carries what was read of them, signed for the
person and the tenant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from consents.graph.observations import Reading
from consents.graph.planning import Plan
from consents.graph.reading import read_content
from consents.graph.telling import rows_of, sentence_of
from consents.models import ConsentImport
from consents.services.imports import preview_import, record_import
from privacy_console.graph.places import Problem
from tenants.access import signed_in
from tenants.models import Tenant
from tenants.pages.deeds import Deed, InTenantForm
from tenants.pages.parts import Panel, Table
from tenants.roles import Permission

LARGEST_UPLOAD = 20 * 1024 * 1024
# The page itself is sent back with the second step, within what the settings let a form have.
LARGEST_CARRIED = 2 * 1024 * 1024
GOOD_FOR = timedelta(hours=1)
ROWS_SHOWN = 200
HEADINGS = ("What", "Difference", "Service", "Connection", "There", "Here")


class SeveralFiles(forms.FileInput):
    """A choice of files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each with something in it."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        chosen = data if isinstance(data, (list, tuple)) else [data]
        return [super(FilesField, self).clean(file, initial) for file in chosen if file] or super().clean(
            None
        )


class ImportForm(InTenantForm):
    """First the files; then, with what was read of them at hand, only the confirmation."""

    documents = FilesField(
        label="Files",
        error_messages={"required": "Choose at least one file."},
        help_text="What Microsoft Graph answered, as JSON: pages, lists and single objects. You see what they come to "
        "before anything is kept.",
    )
    carried = forms.CharField(required=False, widget=forms.HiddenInput)

    def prepare(self) -> None:
        super().prepare()
        self.plan: Plan | None = None
        self.fields["documents"].required = not self.data.get("carried")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.errors:
            return given
        given["reading"] = self._carried() if given["carried"] else self._read(given.get("documents") or [])
        return {**given, "form": self}

    def _salt(self) -> str:
        tenant: Tenant = self.cleaned_data["tenant"]
        return f"consents.import:{tenant.pk}:{signed_in(self.request).as_actor()['actor_id']}"

    def _carried(self) -> Reading:
        try:
            data = signing.loads(self.cleaned_data["carried"], salt=self._salt(), max_age=GOOD_FOR)
        except signing.BadSignature:
            raise ValidationError(
                "The preview is too old, or of another tenant. Choose the files again."
            ) from None
        return Reading.from_data(data)

    def _read(self, files: Sequence[UploadedFile[bytes]]) -> Reading:
        if sum(file.size or 0 for file in files) > LARGEST_UPLOAD:
            size = f"{LARGEST_UPLOAD >> 20} MB"
            raise ValidationError(
                {"documents": f"Together they have more than {size}: use the command import_consents."}
            )
        return read_content([(str(file.name), file.read()) for file in files])

    def show(self, plan: Plan) -> None:
        """Ask to confirm what the files come to. Raises ValidationError where it is too much for a page."""
        text = signing.dumps(plan.reading.as_data(), salt=self._salt(), compress=True)
        if len(text) > LARGEST_CARRIED:
            raise ValidationError(
                "This is too much for a page to carry: use the command import_consents, or the API."
            )
        self.plan = plan
        given: Any = self.data.copy()  # type: ignore[attr-defined]
        given["carried"] = text
        self.data = given
        self.fields["tenant"].widget = forms.HiddenInput()
        del self.fields["documents"]


def run(request: HttpRequest, _: Any, data: dict[str, Any]) -> ConsentImport | ImportForm:
    """The import where it was confirmed; before that, the form with what it would come to."""
    by, tenant, reading = signed_in(request), data["tenant"], data["reading"]
    if data["carried"]:
        made, _plan = record_import(tenant=tenant, by=by, reading=reading)
        return made
    form: ImportForm = data["form"]
    _would_be, plan = preview_import(tenant=tenant, by=by, reading=reading)
    form.show(plan)
    return form


def consequences(form: ImportForm) -> list[str]:
    if form.plan is None:
        return [
            "The files are compared with the register. Nothing of them is kept but what is shown next.",
            "Tokens, certificates and enrollment codes in them are not looked at.",
        ]
    return [
        sentence_of(form.plan),
        "New differences wait in the list until somebody settles them; certificates and tokens get their ends.",
    ]


def panels(request: HttpRequest, form: ImportForm) -> list[Panel]:
    """The differences and what could not be read, once the files were."""
    if form.plan is None:
        return []
    problems = form.plan.reading.problems
    return [differences_panel(form.plan), *([problems_panel(problems)] if problems else [])]


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
    consequences=consequences,
    panels=panels,
    done="{subject} is imported.",
    icon="upload",
    template="admin/consents/import.html",
)
