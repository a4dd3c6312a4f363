"""Importing acceptances through the pages, in two steps: what the files come to, then keeping it.

Between the steps the files are not kept: the page carries them, signed for the person and the policy.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from consents.admin.importing import FilesField
from tenants.access import signed_in
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, OptionalReasonForm
from tenants.pages.parts import Badge, Code, Link, Panel, Table, admin_url, facts, link_to
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute
from terms.imports.dates import DateOrder
from terms.imports.reading import How, Reading, document_of, versions_of
from terms.models import Acceptance, AcceptanceImport, TermsPolicy
from terms.services.imports import import_acceptances, line_of, preview_import, sentence_of

LARGEST_UPLOAD = 20 * 1024 * 1024
LARGEST_CARRIED = 2 * 1024 * 1024
GOOD_FOR = timedelta(hours=1)
PROBLEMS_SHOWN = 200
TOO_MUCH = "This is too much for a page: use the command import_acceptances, or the API."
COUNTS = {
    "records": "Records",
    "recorded": "New",
    "already_recorded": "There already",
    "left_out": "Left out",
}


class ImportForm(OptionalReasonForm):
    """First the files and how to read them; then, with what they come to at hand, only the confirmation."""

    documents = FilesField(
        label="Files",
        error_messages={"required": "Choose at least one file."},
        help_text="The report of the other product as CSV, as it was exported; or what Microsoft Graph answers for "
        "acceptanceStatuses of this policy, as JSON, all pages.",
    )
    dates = forms.ChoiceField(
        label="Dates such as 03/04/2026",
        required=False,
        choices=[("", "The file leaves no doubt"), *DateOrder.choices],
    )
    time_zone = forms.CharField(
        max_length=100,
        required=False,
        help_text="Of times that name none, for example Europe/Berlin; empty: UTC.",
    )
    versions = forms.CharField(
        label="Versions with another number here",
        max_length=1000,
        required=False,
        help_text="There and here: 5=1, 6=2. Empty: they have the same numbers.",
    )
    carried = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("documents", "dates", "time_zone", "versions", "reason")

    def prepare(self) -> None:
        self.outcome: AcceptanceImport | None = None
        self.fields["documents"].required = not self.data.get("carried")

    def clean_versions(self) -> dict[int, int]:
        try:
            return versions_of(self.cleaned_data["versions"])
        except ValidationError as mistakes:
            raise ValidationError(mistakes.message_dict["versions"]) from None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.errors:
            return given
        return {**given, **(self._carried() if given["carried"] else self._uploaded(given)), "form": self}

    @property
    def _salt(self) -> str:
        return f"acceptances.import:{self.subject.pk}:{signed_in(self.request).as_actor()['actor_id']}"

    def _carried(self) -> dict[str, Any]:
        try:
            data = signing.loads(self.cleaned_data["carried"], salt=self._salt, max_age=GOOD_FOR)
        except signing.BadSignature:
            raise ValidationError(
                "The preview is too old, or of another policy. Choose the files again."
            ) from None
        files = [(name, zlib.decompress(base64.b64decode(packed))) for name, packed in data["files"]]
        versions = {int(there): here for there, here in data["versions"].items()}
        return {
            "files": files,
            "how": How(data["dates"], data["time_zone"], versions),
            "reason": data["reason"],
        }

    def _uploaded(self, given: dict[str, Any]) -> dict[str, Any]:
        uploads = given["documents"]
        if sum(file.size or 0 for file in uploads) > LARGEST_UPLOAD:
            raise ValidationError({"documents": f"Together more than {LARGEST_UPLOAD >> 20} MB. {TOO_MUCH}"})
        how = How(given["dates"], given["time_zone"].strip(), given["versions"])
        how.check()
        return {"files": [(str(file.name)[:200], file.read()) for file in uploads], "how": how}

    def show(self, outcome: AcceptanceImport, data: dict[str, Any]) -> None:
        """Ask to confirm what the files come to. Raises ValidationError where it is too much for a page."""
        files = [(name, base64.b64encode(zlib.compress(content)).decode()) for name, content in data["files"]]
        how: How = data["how"]
        kept = {**vars(how), "versions": dict(how.versions), "files": files, "reason": data["reason"]}
        text = signing.dumps(kept, salt=self._salt)
        if len(text) > LARGEST_CARRIED:
            raise ValidationError(TOO_MUCH)
        self.outcome = outcome
        given: Any = self.data.copy()  # type: ignore[attr-defined]
        given["carried"] = text
        self.data = given
        self.fields = {"carried": self.fields["carried"]}


def run(request: HttpRequest, policy: TermsPolicy, data: dict[str, Any]) -> AcceptanceImport | ImportForm:
    """The import where it was confirmed; before that, the form with what it would come to."""
    reading = Reading([document_of(name, content) for name, content in data["files"]], data["how"])
    by = signed_in(request)
    if data["carried"]:
        return import_acceptances(policy=policy, by=by, reading=reading, reason=data["reason"])
    form: ImportForm = data["form"]
    form.show(preview_import(policy=policy, by=by, reading=reading), data)
    return form


def consequences(policy: TermsPolicy) -> list[str]:
    return [
        "First you see what the files come to. Nothing is kept before you confirm it.",
        "Employees are recognised by their user name, or by the directory's id; import the employees first.",
        "An imported acceptance is the other product's word: it has no receipt, and says nothing of the words.",
        "Whoever accepted the version in force is asked no more.",
        "It lasts as long as the policy says now, from the day on which it was given.",
    ]


def what_it_comes_to(outcome: AcceptanceImport) -> list[str]:
    """The same page, in its second step."""
    return [
        sentence_of(outcome),
        "What is left out is named below, and stays in the record of the import."
        if outcome.left_out
        else "Everything matches.",
    ]


IMPORT = Deed(
    "import",
    "Import acceptances",
    Permission.CHASE_TERMS,
    run,
    form=ImportForm,
    is_offered=lambda policy: not policy.is_retired,
    consequences=consequences,
    done="{subject} is imported.",
    icon="upload",
    template="admin/terms/import.html",
)


def panels_of(made: AcceptanceImport) -> list[Panel]:
    """The counts, and what was left out."""
    counts = [[label, f"{getattr(made, name):,}"] for name, label in COUNTS.items()]
    return [Panel("What the files come to", table=Table(("Acceptances", "Number"), counts)), *_left_out(made)]


def _left_out(made: AcceptanceImport) -> list[Panel]:
    if not made.problems:
        return []
    shown = made.problems[:PROBLEMS_SHOWN]
    rows = [[_place(problem), problem["record"], problem["detail"]] for problem in shown]
    return [Panel(f"{made.left_out:,} left out", table=Table(("Where", "Who", "Why"), rows), tone="warn")]


def _place(problem: dict[str, Any]) -> str:
    return line_of(problem | {"record": "", "detail": ""})


@admin.register(AcceptanceImport)
class AcceptanceImportAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_TERMS
    list_title = "Imported acceptances"
    intro = "What was read of acceptances that were given elsewhere, and what could not be taken over."
    empty_text = "No import yet. Open a policy and import what the other product tells of its acceptances."
    related = ("policy",)
    list_display = (
        "name", "into", "records", "recorded", "already", "not_taken", "tenant_name", "imported", "by"
    )  # fmt: skip
    list_filter = ("policy",)
    search_fields = ("name", "imported_by", "sha256")
    search_help_text = "File, person or SHA-256."
    ordering = ("-imported_at", "-id")

    @column(description="Into", ordering="policy__name")
    def into(self, made: AcceptanceImport) -> str:
        return made.policy.name

    @column(description="There already", ordering="already_recorded")
    def already(self, made: AcceptanceImport) -> int:
        return made.already_recorded

    @column(description="Left out", ordering="left_out")
    def not_taken(self, made: AcceptanceImport) -> int:
        return made.left_out

    @column(description="Imported", ordering="imported_at")
    def imported(self, made: AcceptanceImport) -> str:
        return minute(made.imported_at)

    @column(description="By", ordering="imported_by")
    def by(self, made: AcceptanceImport) -> str:
        return made.imported_by

    def headline(self, request: HttpRequest, obj: AcceptanceImport) -> Sequence[Any]:
        if obj.left_out:
            return [Badge(f"{obj.left_out:,} left out", "warn")]
        return [Badge("Everything matched", "good")]

    def panels(self, request: HttpRequest, obj: AcceptanceImport) -> list[Panel]:
        url = f"{admin_url(Acceptance, 'changelist')}?source__id__exact={obj.pk}"
        about = [
            ("Imported", [obj.imported_at, f"by {obj.imported_by}"]),
            ("Into", link_to(obj.policy)),
            ("Files", [[file["name"], Code(file["sha256"])] for file in obj.files[:PROBLEMS_SHOWN]]),
            ("SHA-256 of all files", Code(obj.sha256) if len(obj.files) > 1 else ""),
            ("Read with", _settings(obj)),
            ("What it brought", Link("The acceptances", url) if obj.recorded else None),
        ]
        return [Panel("The import", facts(about)), *panels_of(obj)]


def _settings(made: AcceptanceImport) -> list[str]:
    told = made.settings
    versions = [f"version {there} there is {here} here" for there, here in told.get("versions", {}).items()]
    order = [DateOrder(told["dates"]).label] if told.get("dates") else []
    return [f"times without a zone in {told.get('time_zone', 'UTC')}", *order, *versions]
