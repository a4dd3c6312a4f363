"""The deeds of tenancy. Each is one function, one transaction, one check of the role."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from audit.context import Action, deed
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import held, set_given
from tenants.models import AccessToken, Membership, Tenant, User
from tenants.roles import Permission, Role, is_allowed

USE_IS_NOTED_EVERY = timedelta(minutes=1)
EARLIEST = date(1970, 1, 1)


@transaction.atomic
def create_tenant(
    *,
    slug: str,
    name: str,
    directory_id: UUID | str,
    country: str,
    by: Principal,
    since: date | None = None,
) -> Tenant:
    """A new, active tenant, which exists in its directory `since` then (from now on, where not given).

    Raises PermissionDenied, or ValidationError naming the fields.
    """
    require(by, Permission.MANAGE_TENANT)
    tenant = Tenant(slug=slug, name=name, directory_id=directory_id, country=country.upper(), since=since)
    _check_since(since)
    tenant.full_clean()
    with deed("tenant.created", on=Tenant, action=Action.CREATE):
        tenant.save()
    return tenant


def _check_since(since: date | None) -> None:
    """Raise ValidationError for a day that cannot be: to come, or a filler such as 0001-01-01."""
    if since is not None and not EARLIEST <= since <= timezone.localdate():
        raise ValidationError({"since": "Give a day from 1970 to today: since when the directory exists."})


@transaction.atomic
def change_tenant(
    *,
    tenant: Tenant,
    by: Principal,
    reason: str = "",
    name: str | None = None,
    country: str | None = None,
    since: date | None = None,
    status: str | None = None,
) -> Tenant:
    """Rename a tenant, correct its country or age, or move it to active, closing or closed; what is None stays."""
    require(by, Permission.MANAGE_TENANT, tenant)
    tenant = held(tenant)
    status_before = tenant.status
    set_given(tenant, name=name, country=country, since=since, status=status)
    _check_since(since)
    tenant.full_clean()
    activity = "tenant.updated" if tenant.status == status_before else f"tenant.{tenant.status}"
    with deed(activity, on=Tenant, action=Action.UPDATE, reason=reason):
        tenant.save()
    return tenant


@transaction.atomic
def add_member(
    *, tenant: Tenant, username: str, role: str, by: Principal, display_name: str = "", reason: str = ""
) -> Membership:
    """Give a person a role in the tenant; whoever has no account gets one, without a password to sign in with.

    Raises ValidationError where the person is a member already or the role is unknown, Refused in a closed tenant.
    """
    require(by, Permission.MANAGE_MEMBERS, tenant)
    _refuse_where_closed(tenant)
    membership = Membership(tenant=tenant, user=_person(username, display_name), role=role)
    membership.full_clean()
    with deed("member.added", on=Membership, action=Action.ASSIGN, reason=reason):
        membership.save()
    return membership


def _refuse_where_closed(tenant: Tenant) -> None:
    if tenant.status == Tenant.Status.CLOSED:
        raise Refused("tenant_closed", f"{tenant} is closed: nobody and nothing new gets in.")


def _person(username: str, display_name: str) -> User:
    name = username.strip().lower()
    found = User.objects.filter(username=name).first()
    if found is not None:
        return found
    email = name if "@" in name else ""
    return User.objects.create_user(name, email=email, display_name=display_name)


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: Principal, reason: str = "") -> Membership:
    """Give a member another role. Raises Refused for the tenant's last administrator."""
    require(by, Permission.MANAGE_MEMBERS, membership.tenant)
    if role != Role.TENANT_ADMIN:
        _keep_an_admin(membership)
    membership.role = role
    membership.full_clean()
    with deed("member.role_changed", on=Membership, action=Action.ASSIGN, reason=reason):
        membership.save()
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, by: Principal, reason: str = "") -> None:
    """Take a person's role away; the account stays. Raises Refused for the tenant's last administrator."""
    require(by, Permission.MANAGE_MEMBERS, membership.tenant)
    _keep_an_admin(membership)
    with deed("member.removed", on=Membership, action=Action.ASSIGN, reason=reason):
        membership.delete()


def _keep_an_admin(membership: Membership) -> None:
    # The tenant's row is the lock: two admins removing each other at once must not both succeed.
    held(membership.tenant)
    admins = Membership.objects.for_tenant(membership.tenant).filter(role=Role.TENANT_ADMIN)
    if membership.role == Role.TENANT_ADMIN and not admins.exclude(pk=membership.pk).exists():
        raise Refused("last_admin", "This is the tenant's last administrator. Make somebody else one first.")


@transaction.atomic
def create_token(
    *,
    tenant: Tenant,
    name: str,
    role: str,
    by: Principal,
    expires_at: datetime | None = None,
    reason: str = "",
) -> tuple[AccessToken, str]:
    """A new access token, and its secret: the only time that it can be seen.

    Without MANAGE_TOKENS one may only make tokens of one's own role. Raises PermissionDenied, ValidationError,
    Refused in a closed tenant.
    """
    require(by, Permission.MANAGE_OWN_TOKENS, tenant)
    if role != by.role_in(tenant):
        require(by, Permission.MANAGE_TOKENS, tenant)
    _refuse_where_closed(tenant)
    now = timezone.now()
    prefix, secret = AccessToken.new_secret()
    token = AccessToken(
        tenant=tenant,
        name=name,
        role=role,
        prefix=prefix,
        digest=AccessToken.digest_of(secret),
        created_at=now,
        created_by=_person_behind(by),
        expires_at=expires_at or now + AccessToken.DEFAULT_LIFETIME,
    )
    token.full_clean()
    if token.expires_at > now + AccessToken.LONGEST_LIFETIME:
        raise ValidationError({"expires_at": "A token lives a year at most. Choose an earlier date."})
    with deed("token.created", on=AccessToken, action=Action.CREATE, reason=reason):
        token.save()
    return token, secret


def _person_behind(by: Principal) -> User | None:
    """Who answers for a token: the person who makes it, or who made the token that does."""
    return by.created_by if isinstance(by, AccessToken) else by if isinstance(by, User) else None


@transaction.atomic
def revoke_token(*, token: AccessToken, by: Principal, reason: str = "") -> AccessToken:
    """Make a token stop working at once. Revoking a revoked one changes nothing."""
    is_own = isinstance(by, User) and token.created_by_id == by.pk
    require(by, Permission.MANAGE_OWN_TOKENS if is_own else Permission.MANAGE_TOKENS, token.tenant)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        with deed("token.revoked", on=AccessToken, action=Action.UPDATE, reason=reason):
            token.save(update_fields=["revoked_at"])
    return token


def authenticate_token(secret: str) -> AccessToken | None:
    """The valid token behind a secret; None for anything else: unknown, revoked, expired, of a closed tenant, or made
    by somebody who could not make it any more."""
    now = timezone.now()
    token = _token_with(secret)
    if token is None or not token.is_valid(now) or token.tenant.status == Tenant.Status.CLOSED:
        return None
    if not _maker_could_make_it(token):
        return None
    if token.last_used_at is None or now - token.last_used_at > USE_IS_NOTED_EVERY:
        AccessToken.objects.for_tenant(token.tenant_id).filter(pk=token.pk).update(last_used_at=now)
    valid: AccessToken = token
    return valid


def _token_with(secret: str) -> Any:
    """The token, with the role that its maker has in the tenant now: one query, as every request asks it."""
    # The digest of 256 random bits is looked up as a whole: nothing of it can be guessed from how long that takes.
    of_maker = Membership.objects.across_tenants().filter(
        user=OuterRef("created_by"), tenant=OuterRef("tenant")
    )
    tokens = AccessToken.objects.across_tenants().select_related("tenant", "created_by")
    tokens = tokens.annotate(maker_role=Subquery(of_maker.values("role")[:1]))
    return tokens.filter(digest=AccessToken.digest_of(secret)).first()


def _maker_could_make_it(token: Any) -> bool:
    """Whoever made a token knows its secret: it must not give back a role that was taken away from them."""
    maker = token.created_by
    if maker is None or maker.is_operator:
        return True
    has_role = token.maker_role == token.role and is_allowed(token.role, Permission.MANAGE_OWN_TOKENS)
    return maker.is_active and (has_role or is_allowed(token.maker_role, Permission.MANAGE_TOKENS))
