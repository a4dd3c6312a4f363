"""Taking consents away from the pages: the register of a tenant, and the record and receipt of one consent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)

from audit.context import identify
from consents.exports import export_register
from consents.models import Consent
from consents.records import export_receipt, export_record
from privacy_console.errors import Refused
from privacy_console.rest.files import file_response
from tenants.access import require, signed_in
from tenants.choice import tenants_allowing, visible_tenants
from tenants.exports import Download
from tenants.models import Tenant
from tenants.pages.exporting import ExportForm, asked_for, export_page
from tenants.pages.moments import Moment, moment_of
from tenants.pages.parts import Link, Panel, Table, admin_url
from tenants.roles import Permission

if TYPE_CHECKING:
    from consents.admin.pages import ConsentAdmin

INTRO = (
    "Every consent of the tenant in one file, as it stands now or was known at an earlier moment. The audit trail "
    "records who took it, with the file's SHA-256."
)
FILES = {"record": export_record, "receipt": export_receipt}


class RegisterForm(ExportForm):
    """Whose register, as which kind of file, as of when."""

    def __init__(self, tenants: QuerySet[Tenant], *args: Any, **kwargs: Any) -> None:
        self.tenants = tenants
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        self.fields["tenant"] = forms.ModelChoiceField(self.tenants, to_field_name="slug", empty_label=None)


def export_pages(page: ConsentAdmin) -> list[tuple[str, Any, str]]:
    """The addresses of the files, for the pages of consents."""
    one = [
        (f"<path:object_id>/{what}/", _file_view(page, what), f"consents_consent_{what}") for what in FILES
    ]
    return [("export/", _register_view(page), "consents_consent_export"), *one]


def _register_view(page: ConsentAdmin) -> Any:
    def register(request: HttpRequest) -> HttpResponseBase:
        """The register: what to choose, or, once it is chosen, the file."""
        tenants = tenants_allowing(signed_in(request), Permission.EXPORT, visible_tenants(request))
        if not tenants.exists():
            raise PermissionDenied
        return export_page(
            page,
            request,
            RegisterForm(tenants, asked_for(request)),
            lambda chosen: _register_of(request, chosen),
            title="Export the register of consents",
            intro=INTRO,
            back_url=admin_url(Consent, "changelist"),
        )

    return register


def _register_of(request: HttpRequest, chosen: dict[str, Any]) -> Download:
    identify(**signed_in(request).as_actor(chosen["tenant"]))
    return export_register(
        tenant=chosen["tenant"],
        format_name=chosen["export_format"],
        by=signed_in(request),
        as_of=chosen["as_of"],
    )


def _file_view(page: ConsentAdmin, what: str) -> Any:
    def view(request: HttpRequest, object_id: str) -> HttpResponse:
        """One consent as a file, as known now or at `?as_of=`."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        consent = page.required_object(request, object_id)
        require(signed_in(request), Permission.EXPORT, consent.tenant)
        identify(**signed_in(request).as_actor(consent.tenant))
        try:
            return file_response(
                FILES[what](consent=consent, by=signed_in(request), as_of=moment_of(request).asked)
            )
        except Refused as refusal:
            messages.error(request, refusal.detail)
            return HttpResponseRedirect(admin_url(consent, "change", consent.pk))

    return view


def files_panels(request: HttpRequest, consent: Consent, moment: Moment) -> list[Panel]:
    """The panel that offers the record and, once the consent was given, the receipt; to whoever may take them."""
    if not signed_in(request).may(Permission.EXPORT, consent.tenant):
        return []
    asked = f"?as_of={moment.asked.isoformat().replace('+', '%2B')}" if moment.asked else ""
    rows = [
        [
            Link("Consent record", admin_url(consent, "record", consent.pk) + asked),
            "Everything on this page as one file for a regulator or another console (ISO/IEC TS 27560, JSON-LD)",
        ]
    ]
    if consent.granted_at is not None:
        rows.append(
            [
                Link("Receipt", admin_url(consent, "receipt", consent.pk) + asked),
                "For whoever gave the consent: in short what was agreed, and which record says the rest",
            ]
        )
    return [Panel("Take it away", table=Table(("File", "For"), rows))]
