"""The steps that end a sharing after a withdrawal: who sees to them, by when, and what proves that they are done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from consents import services
from consents.models import EndingStep
from privacy_console.keys import key_of
from privacy_console.rest.filters import ChoiceFilter, FilterSet, TextFilter
from privacy_console.rest.serializers import InputSerializer, OutputSerializer, ReasonField
from tenants.api.viewsets import TenantViewSet
from tenants.models import Membership, User
from tenants.roles import Permission


class EndingStepSerializer(OutputSerializer):
    """One step of the checklist that a withdrawal opens."""

    consent = serializers.CharField(source="consent_id", read_only=True)
    service = serializers.CharField(source="consent.service.code", read_only=True)
    connection = serializers.CharField(source="consent.connection", read_only=True)
    owner = serializers.SerializerMethodField()
    is_overdue = serializers.SerializerMethodField()

    class Meta:
        model = EndingStep
        fields = (
            "id", "consent", "service", "connection", "code", "position", "title", "instructions", "source", "due_on",
            "is_overdue", "owner", "status", "proof", "done_at", "done_by",
        )  # fmt: skip

    def get_owner(self, step: EndingStep) -> str | None:
        """The user name of who sees to it; null where nobody does."""
        return step.owner.username if step.owner else None

    def get_is_overdue(self, step: EndingStep) -> bool:
        """Open, and its day is over, at the instant that the answer is about."""
        return step.is_overdue(self.context["view"].at)


class AssignmentSerializer(InputSerializer):
    """Who sees to it, by when, or both."""

    owner = serializers.CharField(max_length=254, required=False, help_text="A member's user name.")
    due_on = serializers.DateField(required=False)
    reason = ReasonField(required=False, allow_blank=True)

    def validate_owner(self, username: str) -> User:
        """The member of the tenant who is called so."""
        members = Membership.objects.for_tenant(self.context["view"].tenant).select_related("user")
        found: Membership | None = members.filter(user__username=username.strip().lower()).first()
        if found is None:
            raise serializers.ValidationError("The tenant has no member of this name.", "unknown_member")
        return found.user


class CompletionSerializer(InputSerializer):
    """What shows that it is done."""

    proof = serializers.CharField(
        max_length=10_000, help_text="A reference, an address, what was seen and when."
    )
    reason = ReasonField(required=False, allow_blank=True)


class StepFilters(FilterSet):
    status = ChoiceFilter(choices=EndingStep.Status.choices)
    consent = TextFilter(method="of_consent", help_text="A consent's id.")
    owner = TextFilter(field_name="owner__username", help_text="A member's user name.")

    def of_consent(self, steps: Any, name: str, value: str) -> Any:
        return steps.filter(consent=key_of(value))


class EndingStepsViewSet(TenantViewSet):
    """What has to be done until the sharing of withdrawn consents has really ended."""

    model = EndingStep
    related = ("consent__service", "owner")
    permissions_needed = {
        "list": Permission.VIEW_SHARING,
        "retrieve": Permission.VIEW_SHARING,
        "assign": Permission.END_SHARING,
        "complete": Permission.END_SHARING,
    }
    serializer_class = EndingStepSerializer
    input_serializers = {"assign": AssignmentSerializer, "complete": CompletionSerializer}
    filterset_class = StepFilters
    ordering = ("due_on",)
    ordering_fields = ("due_on",)

    def version_suffix(self, instance: Any) -> str:
        """A day passes by itself."""
        return str(timezone.localdate(self.at)) if instance.status == EndingStep.Status.OPEN else ""

    @action(detail=True, methods=["post"])
    def assign(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say who sees to a step, or by when; putting it off takes a reason."""
        return self._done(services.assign_step)

    @action(detail=True, methods=["post"])
    def complete(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A step is done, and this is what shows it."""
        return self._done(services.complete_step)

    def _done(self, deed: Callable[..., EndingStep]) -> Response:
        given = self.given()
        with self.changing(if_match_required=False) as step:
            done = deed(step=step, **given, by=self.principal)
            return self.answer(self.present([done])[0])
