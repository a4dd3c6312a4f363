"""The log of a policy: who accepted or declined which words, and the receipt of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import FileResponse
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from privacy_console.errors import Refused
from privacy_console.rest.files import FileRenderer, pouring_response
from privacy_console.rest.filters import ChoiceFilter, FilterSet, InstantFilter, TextFilter
from privacy_console.rest.viewsets import Parameter
from tenants.api.exporting import EXPORT_FORMAT, asked_format
from tenants.api.viewsets import AS_OF
from tenants.roles import Permission
from terms.api.base import PolicyPartViewSet
from terms.api.serializers.acceptances import AcceptanceSerializer, ReceiptSerializer
from terms.exports import KINDS, export_acceptances
from terms.models import Acceptance
from terms.receipts import document


class AcceptanceFilters(FilterSet):
    decision = ChoiceFilter(choices=Acceptance.Decision.choices)
    surface = ChoiceFilter(choices=Acceptance.Surface.choices)
    employee = TextFilter(field_name="directory_id", help_text="An employee's id in the directory.")
    user_principal_name = TextFilter(lookup_expr="iexact", help_text="As it was then.")
    decided_after = InstantFilter(
        field_name="decided_at", lookup_expr="gte", help_text="From this instant on."
    )
    decided_before = InstantFilter(
        field_name="decided_at", lookup_expr="lt", help_text="Before this instant."
    )


class AcceptancesViewSet(PolicyPartViewSet):
    """Every decision about one policy, the newest first. It only grows."""

    model = Acceptance
    related = ("version", "revision")
    permissions_needed = {
        "list": Permission.VIEW_TERMS,
        "retrieve": Permission.VIEW_TERMS,
        "receipt": Permission.VIEW_TERMS,
    }
    serializer_class = AcceptanceSerializer
    response_serializers = {"receipt": ReceiptSerializer}
    unversioned = ("receipt",)
    filterset_class = AcceptanceFilters
    ordering = ("-decided_at",)
    ordering_fields = ("decided_at", "user_principal_name")

    @action(detail=True)
    def receipt(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The receipt that the employee has too: signed, so that it verifies anywhere."""
        acceptance = self.get_object()
        if not acceptance.signature:
            raise Refused(
                "not_signed", "It was recorded without a signature, as what comes from elsewhere is."
            )
        return Response(document(acceptance))


class AcceptanceFilesViewSet(PolicyPartViewSet):
    """Where everybody stands with the policy, as a file."""

    model = Acceptance
    permissions_needed = {"export": Permission.EXPORT}
    files = {"export": [kind.media_type for kind in KINDS.values()]}
    renderer_classes = (FileRenderer,)

    def query_parameters(self) -> Iterable[Parameter]:
        return (EXPORT_FORMAT, AS_OF)

    def export(self, request: Request, *args: Any, **kwargs: Any) -> FileResponse:
        """Take the acceptance report away, as known now or at an instant; that it was taken is recorded."""
        return pouring_response(
            export_acceptances(
                policy=self.policy, format_name=asked_format(request), by=self.principal, as_of=self.as_of
            )
        )
