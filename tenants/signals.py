"""Signing in and out, also in vain, is in the timeline."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from audit.context import ActorType, Context, identify
from audit.models import AuditEvent
from audit.services import record
from tenants.models import Membership, User


def _record_for(user: User | None, activity: str, **options: Any) -> None:
    """In the timeline of each tenant the person belongs to; in the platform's where there is none."""
    memberships = Membership.objects.across_tenants().filter(user=user) if user else ()
    for tenant_id in [m.tenant_id for m in memberships] or [None]:
        record(activity, category="sign-in", tenant=tenant_id, resource=user, **options)


@receiver(user_logged_in, dispatch_uid="tenants.signed_in")
def signed_in(sender: Any, user: User, **kwargs: Any) -> None:
    identify(**user.as_actor())
    _record_for(user, "sign_in.succeeded")


@receiver(user_logged_out, dispatch_uid="tenants.signed_out")
def signed_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        _record_for(user, "sign_in.ended")


@receiver(user_login_failed, dispatch_uid="tenants.sign_in_failed")
def sign_in_failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    name = str(credentials.get("username", ""))[: Context.NAME_LENGTH]
    identify(actor_type=ActorType.UNKNOWN, actor_name=name)
    user = User.objects.filter(username=name.strip().lower()).first()
    _record_for(user, "sign_in.failed", result=AuditEvent.Result.FAILURE, resource_name=name)
