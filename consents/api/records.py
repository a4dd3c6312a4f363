"""The register and single records as files to be taken away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import FileResponse, HttpResponse
from rest_framework.request import Request

from consents.exports import KINDS, export_register
from consents.models import Consent
from consents.records import MEDIA_TYPE, export_receipt, export_record
from privacy_console.rest.files import FileRenderer, file_response, pouring_response
from privacy_console.rest.viewsets import Parameter
from tenants.api.exporting import EXPORT_FORMAT, asked_format
from tenants.api.viewsets import AS_OF, TenantViewSet
from tenants.roles import Permission

PLACES = {
    "export": "export",
    "record": "(?P<id>[0-9]{1,19})/record",
    "receipt": "(?P<id>[0-9]{1,19})/receipt",
}
"""By action, its address behind that of the consents."""


class ConsentFilesViewSet(TenantViewSet):
    """Consents as files: the register of all, the record and the receipt of one."""

    model = Consent
    permissions_needed = {
        "export": Permission.EXPORT, "record": Permission.EXPORT, "receipt": Permission.EXPORT
    }  # fmt: skip
    files = {
        "export": [kind.media_type for kind in KINDS.values()],
        "record": [MEDIA_TYPE],
        "receipt": [MEDIA_TYPE],
    }
    renderer_classes = (FileRenderer,)

    def query_parameters(self) -> Iterable[Parameter]:
        return (EXPORT_FORMAT, AS_OF) if self.action == "export" else (AS_OF,)

    def export(self, request: Request, *args: Any, **kwargs: Any) -> FileResponse:
        """Take the register away, as known now or at an instant; that it was taken is recorded."""
        return pouring_response(
            export_register(
                tenant=self.tenant, format_name=asked_format(request), by=self.principal, as_of=self.as_of
            )
        )

    def record(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The consent's record (ISO/IEC TS 27560, JSON-LD), whole and readable without the console."""
        return file_response(export_record(consent=self.get_object(), by=self.principal, as_of=self.as_of))

    def receipt(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """What the person who gave the consent is handed: in short what it is, and which record says the rest."""
        return file_response(export_receipt(consent=self.get_object(), by=self.principal, as_of=self.as_of))
