"""Signing in and out, also in vain, is in the timeline, and so is a new password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver

from audit.context import Action, ActorType, Context, identify
from audit.services import record
from tenants.models import User
from tenants.sign_in import note_failure, timelines_of


@receiver(user_logged_in, dispatch_uid="tenants.signed_in")
def signed_in(sender: Any, user: User, **kwargs: Any) -> None:
    identify(**user.as_actor())
    for tenant in timelines_of(user):
        record("sign_in.succeeded", category="sign-in", tenant=tenant, resource=user)


@receiver(user_logged_out, dispatch_uid="tenants.signed_out")
def signed_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        for tenant in timelines_of(user):
            record("sign_in.ended", category="sign-in", tenant=tenant, resource=user)


@receiver(user_login_failed, dispatch_uid="tenants.sign_in_failed")
def sign_in_failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    name = str(credentials.get("username", ""))[: Context.NAME_LENGTH]
    identify(actor_type=ActorType.UNKNOWN, actor_name=name)
    note_failure(name)


@receiver(post_save, sender=User, dispatch_uid="tenants.password_set")
def password_set(sender: Any, instance: User, created: bool, **kwargs: Any) -> None:
    """The password is no part of the history, so setting one has an entry of its own, whoever sets it and how.

    Django keeps the new password on the instance until it is saved, and not where only its hash is renewed.
    """
    if not created and getattr(instance, "_password", None) is not None:
        record("user.password_set", category="people", action=Action.UPDATE, resource=instance)
