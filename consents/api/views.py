"""Sharing consents of a tenant: request, grant, decline, withdraw, and the trail of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.serializers import EventSerializer
from audit.models import AuditEvent
from audit.timeline import describe
from consents import services
from consents.api import serializers
from consents.models import Consent, CoveredFlow, EndingStep
from consents.querysets import in_state
from consents.renewal import difference, differences
from privacy_console.rest.filters import ChoiceFilter, FilterSet, InstantFilter, TextFilter
from privacy_console.rest.serializers import ReasonSerializer
from privacy_console.rest.viewsets import Parameter
from tenants.api.viewsets import AS_OF, TenantViewSet
from tenants.roles import Permission


class ConsentFilters(FilterSet):
    state = ChoiceFilter(choices=Consent.State.choices, method="by_state")
    service = TextFilter(field_name="service__code", help_text="A service's code.")
    third_party = TextFilter(field_name="service__third_party__code", help_text="A third party's code.")
    connection = TextFilter()
    requested_after = InstantFilter(
        field_name="requested_at", lookup_expr="gte", help_text="From this instant on."
    )
    requested_before = InstantFilter(
        field_name="requested_at", lookup_expr="lt", help_text="Before this instant."
    )

    def by_state(self, consents: Any, name: str, value: str) -> Any:
        return consents.filter(in_state(value, self.view.at))


class ConsentsViewSet(TenantViewSet):
    """What the tenant authorised to flow to third parties."""

    model = Consent
    related = ("service__third_party", "edition")
    permissions_needed = {
        "list": Permission.VIEW_CONSENTS,
        "retrieve": Permission.VIEW_CONSENTS,
        "create": Permission.REQUEST_CONSENT,
        "grant": Permission.GRANT_CONSENT,
        "decline": Permission.GRANT_CONSENT,
        "withdraw": Permission.WITHDRAW_CONSENT,
        "history": Permission.VIEW_EVENTS,
        "difference": Permission.VIEW_CONSENTS,
    }
    serializer_class = serializers.ConsentSerializer
    input_serializers = {
        "create": serializers.NewConsentSerializer,
        "grant": serializers.GrantSerializer,
        "decline": ReasonSerializer,
        "withdraw": ReasonSerializer,
    }
    response_serializers = {"history": EventSerializer, "difference": serializers.DifferenceSerializer}
    unversioned = ("difference",)
    filterset_class = ConsentFilters
    ordering = ("-requested_at",)
    ordering_fields = ("requested_at",)
    plain_lists = ("history",)

    def query_parameters(self) -> Iterable[Parameter]:
        return (*super().query_parameters(), *([AS_OF] if self.action == "difference" else []))

    def present(self, rows: list[Any]) -> list[Any]:
        """With what other tables say: the flows covered, the renewal, the open steps, what the catalog has now."""
        consents = super().present(rows)
        keys = [consent.pk for consent in consents]
        covered, renewals, steps = self._covered_by(keys), self._renewals_of(keys), self._open_steps_of(keys)
        for consent in consents:
            consent.covered = covered[consent.pk]
            consent.renewed_by = renewals.get(consent.pk)
            consent.steps_open = steps[consent.pk]
        found = differences(consents, self.as_of)
        for consent in consents:
            consent.needs_renewal = found[consent.pk].needs_renewal
        return consents

    def _rows_of(self, model: Any) -> Any:
        """The tenant's rows of another model, as known at the instant that is asked for."""
        if self.as_of is None:
            return model.objects.for_tenant(self.tenant)
        return model.history.for_tenant(self.tenant).known_at(self.as_of)

    def _covered_by(self, consents: list[int]) -> dict[int, list[Any]]:
        covered: dict[int, list[Any]] = defaultdict(list)
        for flow in self._rows_of(CoveredFlow).filter(consent__in=consents).order_by("code", "id"):
            covered[flow.consent_id].append(flow)
        return covered

    def _renewals_of(self, consents: list[int]) -> dict[int, int]:
        rows = self._rows_of(Consent).filter(supersedes__in=consents, granted_at__isnull=False)
        return dict(rows.order_by("granted_at").values_list("supersedes_id", "id"))

    def _open_steps_of(self, consents: list[int]) -> Counter[int]:
        rows = self._rows_of(EndingStep).filter(consent__in=consents, status=EndingStep.Status.OPEN)
        return Counter(rows.order_by().values_list("consent_id", flat=True))

    def version_suffix(self, instance: Any) -> str:
        """It begins and ends by itself, and other records change what is shown of it."""
        force = "+" if instance.is_in_force(self.at) else "-"
        renewed = instance.renewed_by or ""
        behind = "!" if instance.needs_renewal else ""
        return f"{instance.state_at(self.at)}{force}{behind}{instance.steps_open}/{renewed}"

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask for a service to be switched on."""
        return self._shown(
            services.request_consent(tenant=self.tenant, **self.given(), by=self.principal), 201
        )

    @action(detail=True, methods=["post"])
    def grant(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Authorise what was requested, frozen as the catalog describes it now."""
        return self._done(services.grant_consent)

    @action(detail=True, methods=["post"])
    def decline(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Refuse what was requested."""
        return self._done(services.decline_consent)

    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End a consent at once."""
        return self._done(services.withdraw_consent)

    def _done(self, deed: Callable[..., Consent]) -> Response:
        given = self.given()
        with self.changing(if_match_required=False) as consent:
            return self._shown(deed(consent=consent, **given, by=self.principal))

    def _shown(self, consent: Consent, status: int = 200) -> Response:
        return self.answer(self.present([consent])[0], status)

    @action(detail=True)
    def difference(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What the service receives now, against what the consent covers; empty for one that does not hold."""
        found = difference(self.get_object(), self.as_of)
        return Response(serializers.DifferenceSerializer(found).data)

    @action(detail=True)
    def history(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The trail of one consent: who did what to it, newest first."""
        consent = self.get_object()
        events = AuditEvent.objects.for_tenant(self.tenant).about(consent).select_related("attribution")
        described: Any = describe(self.paginate_queryset(events) or [])
        return self.get_paginated_response(EventSerializer(described, many=True).data)
