"""How a tenant's employees sign in by its identity provider: one object. Its secret goes in, never out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.models import IdentityProvider
from portal.providers import LONGEST_SECRET, return_address, set_identity_provider
from privacy_console.rest.serializers import InputSerializer, ReasonField, SingleSerializer
from tenants.api.viewsets import OneForTenantViewSet
from tenants.roles import Permission

SETTINGS = ("issuer", "client_id", "scopes", "claim", "directory", "joins", "is_on")


def _help(name: str) -> str:
    return str(IdentityProvider._meta.get_field(name).help_text)  # type: ignore[union-attr]


class IdentityProviderSerializer(SingleSerializer):
    """The provider, without its secret."""

    return_address = serializers.SerializerMethodField(
        help_text="What is registered at the provider as redirect URI."
    )

    class Meta:
        model = IdentityProvider
        fields = (*SETTINGS, "secret_set_at", "return_address")

    def get_return_address(self, provider: IdentityProvider) -> str:
        return return_address(provider.tenant)


class ProviderChangeSerializer(InputSerializer):
    """What changes; what is left out stays."""

    issuer = serializers.CharField(
        required=False, allow_blank=True, max_length=300, help_text=_help("issuer")
    )
    client_id = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text=_help("client_id")
    )
    client_secret = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_SECRET,
        write_only=True,
        help_text="Kept encrypted and never shown again; empty forgets it. After another issuer or client id it is "
        "needed anew.",
    )
    scopes = serializers.CharField(required=False, max_length=200, help_text=_help("scopes"))
    claim = serializers.ChoiceField(
        required=False, choices=IdentityProvider.Claim.choices, help_text=_help("claim")
    )
    directory = serializers.UUIDField(required=False, allow_null=True, help_text=_help("directory"))
    joins = serializers.BooleanField(required=False, help_text=_help("joins"))
    is_on = serializers.BooleanField(required=False, help_text=_help("is_on"))
    reason = ReasonField(required=False, allow_blank=True)


class IdentityProviderViewSet(OneForTenantViewSet):
    """The tenant's provider: the stored one, or one that is off where nobody has set any."""

    model = IdentityProvider
    permissions_needed = {"retrieve": Permission.VIEW_SIGN_IN, "partial_update": Permission.SET_SIGN_IN}
    serializer_class = IdentityProviderSerializer
    input_serializers = {"partial_update": ProviderChangeSerializer}

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change how employees sign in. For administrators."""
        given = self.given()
        if "directory" in given and given["directory"] is None:
            given["directory"] = ""
        return self.change(request, set_identity_provider, given)
