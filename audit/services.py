"""Deeds of the trail itself: recording what changed no row."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from audit.context import ATTRIBUTION_FIELDS, Action, Context, current
from audit.models import Attribution, AuditEvent


def _attribution_of(context: Context) -> Attribution:
    values = {name: getattr(context, name) for name in ATTRIBUTION_FIELDS}
    attribution, _ = Attribution.objects.get_or_create(id=context.id, defaults=values)
    return attribution


def record(
    activity: str,
    *,
    category: str,
    action: str = Action.MANAGE,
    tenant: models.Model | int | None = None,
    resource: models.Model | None = None,
    resource_id: str = "",
    resource_name: str = "",
    result: str = AuditEvent.Result.SUCCESS,
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append a deed that changed no row (an export, a sign-in, a refusal) to a timeline.

    tenant: whose timeline; None for the platform's. resource: the object it was about; where it was about none,
    resource_id and resource_name say what within the category. Returns the event. The actor is the open door's.
    """
    context = current() or Context()
    return AuditEvent.objects.across_tenants().create(
        tenant_id=tenant.pk if isinstance(tenant, models.Model) else tenant,
        attribution=_attribution_of(context),
        occurred_at=timezone.now(),
        action=action,
        activity=activity,
        category=category,
        result=result,
        actor_id=context.actor_id,
        resource_type=resource._meta.label_lower if resource else category,
        resource_id=str(resource.pk) if resource else resource_id,
        resource_name=(resource_name or (str(resource) if resource else ""))[:254],
        details=details,
    )
