"""Importing employees through the pages, in two steps: what the file comes to, then keeping it.

Between the steps the file is not kept: the page carries it, signed for the person and the tenant.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from tenants.access import signed_in
from tenants.directory import Imported, import_people
from tenants.directory.reading import read
from tenants.models import Tenant
from tenants.pages.deeds import Deed, InTenantForm
from tenants.pages.parts import Panel, Table
from tenants.roles import Permission

LARGEST_UPLOAD = 20 * 1024 * 1024
LARGEST_CARRIED = 2 * 1024 * 1024
GOOD_FOR = timedelta(hours=1)
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
TOO_MUCH = "This is too much for a page: use the command import_employees, or the API."


class ImportForm(InTenantForm):
    """First the file; then, with what it comes to at hand, only the confirmation."""

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
    carried = forms.CharField(required=False, widget=forms.HiddenInput)

    def prepare(self) -> None:
        super().prepare()
        self.outcome: Imported | None = None
        self.is_refused = False
        self.fields["document"].required = not self.data.get("carried")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.errors:
            return given
        file = self._carried() if given["carried"] else self._uploaded(given.get("document"))
        return {**given, "file": file, "form": self}

    def _salt(self) -> str:
        tenant: Tenant = self.cleaned_data["tenant"]
        return f"directory.import:{tenant.pk}:{signed_in(self.request).as_actor()['actor_id']}"

    def _carried(self) -> dict[str, Any]:
        try:
            data = signing.loads(self.cleaned_data["carried"], salt=self._salt(), max_age=GOOD_FOR)
        except signing.BadSignature:
            raise ValidationError(
                "The preview is too old, or of another tenant. Choose the file again."
            ) from None
        return {**data, "content": zlib.decompress(base64.b64decode(data["content"]))}

    def _uploaded(self, upload: Any) -> dict[str, Any]:
        if upload.size > LARGEST_UPLOAD:
            raise ValidationError({"document": f"It has more than {LARGEST_UPLOAD >> 20} MB. {TOO_MUCH}"})
        return {
            "content": upload.read(),
            "name": str(upload.name)[:200],
            "is_complete": self.cleaned_data["is_complete"],
        }

    def show(self, file: dict[str, Any], outcome: Imported) -> None:
        """Ask to confirm what the file comes to. Raises ValidationError where it is too much for a page."""
        packed = base64.b64encode(zlib.compress(file["content"])).decode()
        text = signing.dumps({**file, "content": packed}, salt=self._salt())
        if len(text) > LARGEST_CARRIED:
            raise ValidationError(TOO_MUCH)
        self.outcome, self.is_refused = outcome, bool(file["is_complete"] and outcome.problems)
        given: Any = self.data.copy()  # type: ignore[attr-defined]
        given["carried"] = text
        self.data = given
        self.fields["tenant"].widget = forms.HiddenInput()
        del self.fields["document"], self.fields["is_complete"]


def run(request: HttpRequest, _: Any, data: dict[str, Any]) -> Imported | ImportForm:
    """The import where it was confirmed; before that, the form with what it would come to."""
    if data["carried"]:
        return _import(request, data["tenant"], data["file"])
    form: ImportForm = data["form"]
    form.show(data["file"], _tried(request, data["tenant"], data["file"]))
    return form


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


def consequences(form: ImportForm) -> list[str]:
    if form.outcome is None:
        return [
            "First you see what the file comes to. Nothing is kept before you confirm it.",
            "People are recognised by their directory id. Nobody is deleted: whoever leaves stays, as left.",
        ]
    if form.is_refused:
        return [
            "As the whole directory the file is not taken: whoever stands in a broken line would have left.",
            "Correct the lines named below and choose the file again; or import it as a part of the directory.",
        ]
    return [
        f"It comes to: {sentence_of(form.outcome)}",
        "Lines with a problem are left out." if form.outcome.problems else "Every line can be read.",
    ]


def panels(request: HttpRequest, form: ImportForm) -> list[Panel]:
    """The counts and the problems, once the file was read."""
    if form.outcome is None:
        return []
    counts = [[label, f"{getattr(form.outcome, name):,}"] for name, label in COUNTS.items()]
    shown = Panel("What the file comes to", table=Table(("People", "Number"), counts))
    return [shown, *_problems(form.outcome.problems)]


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
    consequences=consequences,
    panels=panels,
    done="Imported.",
    icon="upload",
    template="admin/terms/import.html",
)
