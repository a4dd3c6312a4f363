"""What somebody wanted to change and may not is in the timeline, too."""

from __future__ import annotations

from typing import Any

from audit.context import identify
from audit.models import AuditEvent
from audit.services import record
from tenants.access import NotAllowed
from tenants.models import Tenant

LONGEST = 1000
READING = ("GET", "HEAD", "OPTIONS", "TRACE")


def note_refused_write(error: Exception, request: Any) -> None:
    """Record the refusal of a request that would have changed something; trying to look leaves nothing."""
    if isinstance(error, NotAllowed) and request.method not in READING:
        note_refusal(error, f"{request.method} {request.path}")


def note_refusal(refusal: NotAllowed, asked: str) -> None:
    """Record that a deed was refused for the role of who asked for it (`access.refused`).

    asked: what, as the door knows it: an address with its method, or a command. It stands in the tenant's timeline;
    where the deed was about none, in those of the tenants that the principal belongs to, as their signing in does.
    Called by each door outside of the deed's transaction, which ends with nothing kept.
    """
    for tenant in _timelines_of(refusal):
        identify(**refusal.principal.as_actor(tenant))
        record(
            "access.refused",
            category="access",
            tenant=tenant,
            resource_name=asked,
            result=AuditEvent.Result.FAILURE,
            details={"asked": asked[:LONGEST], "permission": refusal.permission.value},
        )


def _timelines_of(refusal: NotAllowed) -> list[Tenant] | list[None]:
    if refusal.tenant is not None:
        return [refusal.tenant]
    return list(refusal.principal.tenants()) or [None]
