"""Tenants, their members and their access tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import Http404
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from privacy_console.rest.concurrency import last_record
from privacy_console.rest.filters import ChoiceFilter, FilterSet, TextFilter
from privacy_console.rest.problems import BadQuery
from privacy_console.rest.serializers import OptionalReasonSerializer
from privacy_console.rest.viewsets import Parameter
from tenants import services
from tenants.api import serializers
from tenants.api.viewsets import SLUG, PrincipalViewSet, TenantViewSet
from tenants.models import AccessToken, Membership, Tenant
from tenants.roles import Permission, Role

REASON = Parameter(
    "reason", "Why; it stands in the audit trail.", {"type": "string", "minLength": 1, "maxLength": 2000}
)


class TenantFilters(FilterSet):
    status = ChoiceFilter(choices=Tenant.Status.choices)
    country = TextFilter()
    search = TextFilter(field_name="name", lookup_expr="icontains", help_text="A part of the name.")


class TenantsViewSet(PrincipalViewSet):
    """The tenants that you may see. Operators create and change them."""

    permissions_needed = {
        "list": Permission.VIEW_TENANT,
        "retrieve": Permission.VIEW_TENANT,
        "create": Permission.MANAGE_TENANT,
        "partial_update": Permission.MANAGE_TENANT,
    }
    serializer_class = serializers.TenantSerializer
    input_serializers = {
        "create": serializers.NewTenantSerializer,
        "partial_update": serializers.TenantChangeSerializer,
    }
    filterset_class = TenantFilters
    ordering = ("name",)
    ordering_fields = ("name", "slug", "created_at")
    lookup_field = "slug"
    lookup_value_regex = SLUG
    has_past = True

    @property
    def tenant(self) -> Tenant | None:
        """404 for a tenant that does not exist for the principal comes before any 403."""
        slug = self.kwargs.get("slug")
        if slug is None:
            return None
        found = self.principal.tenants().filter(slug=slug).first()
        if found is None:
            raise Http404
        return found

    def get_queryset(self) -> Any:
        tenants = self.principal.tenants()
        if self.as_of is None:
            return tenants
        return Tenant.history.known_at(self.as_of).filter(id__in=tenants.values("id"))

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create a tenant. For operators."""
        return self.answer(services.create_tenant(**self.given(), by=self.principal), 201)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Rename a tenant, correct its country, or move it to active, closing or closed. For operators."""
        given = self.given()
        with self.changing() as tenant:
            changed = services.change_tenant(tenant=tenant, **given, by=self.principal)
            return self.answer(changed)


class MemberFilters(FilterSet):
    role = ChoiceFilter(choices=Role.choices)
    username = TextFilter(field_name="user__username")


class MembersViewSet(TenantViewSet):
    """The people who act in the tenant, each with one role."""

    model = Membership
    related = ("user",)
    permissions_needed = {
        "list": Permission.VIEW_MEMBERS,
        "retrieve": Permission.VIEW_MEMBERS,
        "create": Permission.MANAGE_MEMBERS,
        "partial_update": Permission.MANAGE_MEMBERS,
        "destroy": Permission.MANAGE_MEMBERS,
    }
    serializer_class = serializers.MemberSerializer
    input_serializers = {
        "create": serializers.NewMemberSerializer,
        "partial_update": serializers.RoleChangeSerializer,
    }
    filterset_class = MemberFilters
    ordering_fields = ("created_at", "role")

    def version(self, instance: Any) -> int:
        """The person's names are shown too."""
        return max(last_record(instance), last_record(instance.user))

    def query_parameters(self) -> Iterable[Parameter]:
        return (*super().query_parameters(), *([REASON] if self.action == "destroy" else []))

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give a person a role; whoever has no account yet gets one without a password."""
        return self.answer(services.add_member(tenant=self.tenant, **self.given(), by=self.principal), 201)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give a member another role."""
        given = self.given()
        with self.changing() as member:
            return self.answer(services.change_role(membership=member, **given, by=self.principal))

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a member's role away; the account stays."""
        reason = reason_of(request)
        with self.changing() as member:
            services.remove_member(membership=member, by=self.principal, reason=reason)
        return Response(status=204)


class TokenFilters(FilterSet):
    role = ChoiceFilter(choices=Role.choices)
    search = TextFilter(field_name="name", lookup_expr="icontains", help_text="A part of the name.")


class TokensViewSet(TenantViewSet):
    """The access tokens of machines. The secret is shown once, when a token is made."""

    model = AccessToken
    related = ("created_by",)
    permissions_needed = {
        "list": Permission.VIEW_TOKENS,
        "retrieve": Permission.VIEW_TOKENS,
        "create": Permission.MANAGE_OWN_TOKENS,
        "destroy": Permission.MANAGE_OWN_TOKENS,
        "revoke": Permission.MANAGE_OWN_TOKENS,
    }
    serializer_class = serializers.TokenSerializer
    input_serializers = {"create": serializers.NewTokenSerializer, "revoke": OptionalReasonSerializer}
    response_serializers = {"create": serializers.MadeTokenSerializer}
    secret_actions = ("create",)
    filterset_class = TokenFilters
    ordering = ("-created_at",)
    ordering_fields = ("created_at", "name", "expires_at")

    def version_suffix(self, instance: Any) -> str:
        used = instance.last_used_at
        return f"{instance.is_valid(self.at):d}{int(used.timestamp()) if used else ''}"

    def query_parameters(self) -> Iterable[Parameter]:
        return (*super().query_parameters(), *([REASON] if self.action == "destroy" else []))

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a token; the answer holds its secret, this once."""
        token, secret = services.create_token(tenant=self.tenant, **self.given(), by=self.principal)
        response = self.answer(token, 201, token=secret)
        response.headers["Cache-Control"] = "no-store"
        return response

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Revoke a token at once; what it did stays in the trail."""
        reason = reason_of(request)
        with self.changing() as token:
            services.revoke_token(token=token, by=self.principal, reason=reason)
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Revoke a token at once, with the reason in the body."""
        given = self.given()
        with self.changing(if_match_required=False) as token:
            return self.answer(services.revoke_token(token=token, **given, by=self.principal))


def reason_of(request: Request) -> str:
    """The reason of a DELETE, whose body means nothing (RFC 9110, 9.3.5). Raises BadQuery."""
    reason = request.query_params.get("reason", "")
    if len(reason) > REASON.schema["maxLength"]:
        raise BadQuery({"reason": ("max_length", "Say it in 2000 characters.")})
    return reason
