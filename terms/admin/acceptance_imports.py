"""Importing acceptances through the pages, in two steps: what the files come to, then keeping it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from tenants.access import signed_in
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, OptionalReasonForm
from tenants.pages.parts import Badge, Code, Link, Panel, Table, admin_url, facts, link_to
from tenants.pages.two_steps import FilesField, TwoStepForm, packed, unpacked
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute
from terms.imports.dates import DateOrder
from terms.imports.reading import How, Reading, document_of, versions_of
from terms.models import Acceptance, AcceptanceImport, TermsPolicy
from terms.services.imports import import_acceptances, line_of, preview_import, sentence_of

PROBLEMS_SHOWN = 200
COUNTS = {
    "records": "Records",
    "recorded": "New",
    "already_recorded": "There already",
    "left_out": "Left out",
}


class ImportForm(TwoStepForm, OptionalReasonForm):
    purpose = "acceptances.import"
    command = "import_acceptances"
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
    field_order = ("documents", "dates", "time_zone", "versions", "reason")

    outcome: AcceptanceImport

    def clean_versions(self) -> dict[int, int]:
        try:
            return versions_of(self.cleaned_data["versions"])
        except ValidationError as mistakes:
            raise ValidationError(mistakes.message_dict["versions"]) from None

    def read(self, given: dict[str, Any]) -> dict[str, Any]:
        how = How(given["dates"], given["time_zone"].strip(), given["versions"])
        how.check()
        return {"files": [(str(file.name)[:200], file.read()) for file in given["documents"]], "how": how}

    def unpack(self, carried: Any) -> dict[str, Any]:
        versions = {int(there): here for there, here in carried["versions"].items()}
        return {
            "files": [(name, unpacked(content)) for name, content in carried["files"]],
            "how": How(carried["dates"], carried["time_zone"], versions),
            "reason": carried["reason"],
        }

    def consequences(self) -> list[str]:
        left_out = "What is left out is named below, and stays in the record of the import."
        return [sentence_of(self.outcome), left_out if self.outcome.left_out else "Everything matches."]

    def panels(self) -> list[Panel]:
        return panels_of(self.outcome)


def run(request: HttpRequest, policy: TermsPolicy, data: dict[str, Any]) -> AcceptanceImport | TwoStepForm:
    """The import where it was confirmed; before that, the form with what it would come to."""
    how: How = data["how"]
    reading = Reading([document_of(name, content) for name, content in data["files"]], how)
    by = signed_in(request)
    if data["carried"]:
        return import_acceptances(policy=policy, by=by, reading=reading, reason=data["reason"])
    form: ImportForm = data["form"]
    files = [(name, packed(content)) for name, content in data["files"]]
    carried = {**vars(how), "versions": dict(how.versions), "files": files, "reason": data["reason"]}
    return form.confirm(preview_import(policy=policy, by=by, reading=reading), carried)


IMPORT = Deed(
    "import",
    "Import acceptances",
    Permission.CHASE_TERMS,
    run,
    form=ImportForm,
    is_offered=lambda policy: not policy.is_retired,
    consequences=lambda policy: [
        "First you see what the files come to. Nothing is kept before you confirm it.",
        "Employees are recognised by their user name, or by the directory's id; import the employees first.",
        "An imported acceptance is the other product's word: it has no receipt, and says nothing of the words.",
        "Whoever accepted the version in force is asked no more.",
        "It lasts as long as the policy says now, from the day on which it was given.",
    ],
    done="{subject} is imported.",
    icon="upload",
    template="admin/console/two_steps.html",
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
