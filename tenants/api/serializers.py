"""Tenants, members and tokens as they are shown, and what the bodies of their deeds may say."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import InputSerializer, OutputSerializer, ReasonField
from tenants.models import AccessToken, Membership, Tenant
from tenants.roles import Role


class TenantSerializer(OutputSerializer):
    """An organisation whose devices are managed."""

    class Meta:
        model = Tenant
        fields = ("id", "slug", "name", "directory_id", "country", "since", "status", "created_at")


class NewTenantSerializer(InputSerializer):
    """What a new tenant needs."""

    slug = serializers.SlugField(max_length=50)
    name = serializers.CharField(max_length=200)
    directory_id = serializers.UUIDField()
    country = serializers.RegexField("^[A-Z]{2}$", help_text="ISO 3166-1 alpha-2.")
    since = serializers.DateField(
        required=False, help_text="Since when it exists in its directory; nothing can have held before."
    )


class TenantChangeSerializer(InputSerializer):
    """What of a tenant can change."""

    name = serializers.CharField(max_length=200, required=False)
    country = serializers.RegexField("^[A-Z]{2}$", required=False, help_text="ISO 3166-1 alpha-2.")
    since = serializers.DateField(
        required=False, help_text="Since when it exists in its directory; nothing can have held before."
    )
    status = serializers.ChoiceField(choices=Tenant.Status.choices, required=False)
    reason = ReasonField(required=False, allow_blank=True)


class MemberSerializer(OutputSerializer):
    """A person's role in the tenant."""

    username = serializers.CharField(source="user.username", read_only=True)
    display_name = serializers.CharField(source="user.display_name", read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "username", "display_name", "role", "created_at")


class NewMemberSerializer(InputSerializer):
    """Who joins, and as what."""

    username = serializers.CharField(max_length=254)
    role = serializers.ChoiceField(choices=Role.choices)
    display_name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    reason = ReasonField(required=False, allow_blank=True)


class RoleChangeSerializer(InputSerializer):
    """The role from now on."""

    role = serializers.ChoiceField(choices=Role.choices)
    reason = ReasonField(required=False, allow_blank=True)


class TokenSerializer(OutputSerializer):
    """A machine's key to one tenant in one role."""

    STATES: ClassVar = (("active", "Active"), ("expired", "Expired"), ("revoked", "Revoked"))

    state = serializers.SerializerMethodField()
    created_by = serializers.CharField(source="created_by.username", default="", read_only=True)

    class Meta:
        model = AccessToken
        fields = (
            "id", "name", "role", "prefix", "state", "created_at", "created_by", "expires_at", "revoked_at",
            "last_used_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(STATES))
    def get_state(self, token: AccessToken) -> str:
        """active, expired or revoked, at the instant that the answer is about."""
        if token.revoked_at is not None:
            return "revoked"
        return "active" if token.is_valid(self.context["view"].at) else "expired"


class NewTokenSerializer(InputSerializer):
    """What a new token needs."""

    name = serializers.CharField(max_length=100)
    role = serializers.ChoiceField(choices=Role.choices)
    expires_at = InstantField(
        required=False, help_text="90 days from now where it is not given; a year at most."
    )
    reason = ReasonField(required=False, allow_blank=True)


class MadeTokenSerializer(TokenSerializer):
    """The answer to making a token, the only one with the secret in it."""

    token = serializers.CharField(read_only=True, help_text="The secret. It is shown this once.")

    class Meta(TokenSerializer.Meta):
        fields: tuple[str, ...] = (*TokenSerializer.Meta.fields, "token")  # type: ignore[assignment]
