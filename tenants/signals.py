"""Signing in and out, also in vain, is in the timeline."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from audit.context import ActorType, Context, identify
from audit.models import AuditEvent
from audit.services import record
from tenants.models import Membership, User
from tenants.sign_in import sign_in_key


def _timelines_of(user: User | None) -> list[int | None]:
    """Those of each tenant the person belongs to; the platform's where there is none."""
    memberships = Membership.objects.across_tenants().filter(user=user) if user else ()
    return [m.tenant_id for m in memberships] or [None]


@receiver(user_logged_in, dispatch_uid="tenants.signed_in")
def signed_in(sender: Any, user: User, **kwargs: Any) -> None:
    identify(**user.as_actor())
    for tenant in _timelines_of(user):
        record("sign_in.succeeded", category="sign-in", tenant=tenant, resource=user)


@receiver(user_logged_out, dispatch_uid="tenants.signed_out")
def signed_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        for tenant in _timelines_of(user):
            record("sign_in.ended", category="sign-in", tenant=tenant, resource=user)


@receiver(user_login_failed, dispatch_uid="tenants.sign_in_failed")
def sign_in_failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    name = str(credentials.get("username", ""))[: Context.NAME_LENGTH]
    identify(actor_type=ActorType.UNKNOWN, actor_name=name)
    user = User.objects.filter(username=name.strip().lower()).first()
    for tenant in _timelines_of(user):
        record(
            "sign_in.failed",
            category="sign-in",
            tenant=tenant,
            resource_id=sign_in_key(name),
            resource_name=name,
            result=AuditEvent.Result.FAILURE,
        )
