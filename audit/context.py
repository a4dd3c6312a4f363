"""Who is acting, through which door, and why.

A door (middleware, command, portal) opens an `acting(...)` block; every row the database changes inside it is
attributed to that context. A deed names what it does with `deed(...)`, so that the timeline says
`consent.granted` where a plain change of the row would say `consent.updated`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

from django.db import models


class Action(models.TextChoices):
    """The six actions that the reference service logs (Microsoft Intune, "Audit log information")."""

    ASSIGN = "assign", "Assign"
    CREATE = "create", "Create"
    DELETE = "delete", "Delete"
    MANAGE = "manage", "Manage"
    REMOTE_TASK = "remote_task", "Remote task"
    UPDATE = "update", "Update"


class Origin(models.TextChoices):
    """The door a change came through."""

    ADMIN = "admin", "Admin pages"
    API = "api", "API"
    COMMAND = "command", "Command line"
    PORTAL = "portal", "Employee portal"
    DATABASE = "database", "Database, from outside the console"


class ActorType(models.TextChoices):
    """What kind of actor it was; the names follow Microsoft Graph's auditActor."""

    USER = "user", "Person"
    SERVICE = "service", "Service"
    SYSTEM = "system", "System"
    UNKNOWN = "unknown", "Unknown"


ATTRIBUTION_FIELDS = (
    "correlation_id",
    "actor_type",
    "actor_id",
    "actor_name",
    "actor_role",
    "on_behalf_of",
    "ip_address",
    "origin",
    "reason",
)


@dataclass(frozen=True, slots=True)
class Deed:
    """What the timeline calls the changes of one model while a deed runs."""

    resource_type: str
    activity: str
    action: str


@dataclass(frozen=True, slots=True)
class Context:
    """One passage through a door: the attribution of every change made inside it."""

    NAME_LENGTH: ClassVar[int] = 254

    actor_type: str = ActorType.UNKNOWN
    actor_id: str = ""
    actor_name: str = ""
    actor_role: str = ""
    on_behalf_of: str = ""
    ip_address: str = ""
    origin: str = Origin.DATABASE
    reason: str = ""
    correlation_id: uuid.UUID = field(default_factory=uuid.uuid4)
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    deed: Deed | None = None

    def as_json(self) -> str:
        """The context as the PostgreSQL triggers read it."""
        return json.dumps({k: str(v) if isinstance(v, uuid.UUID) else v for k, v in asdict(self).items()})

    def values(self) -> dict[str, str]:
        """What the SQLite triggers ask for: each field by its name, a deed as `activity|action <resource type>`."""
        values = {name: getattr(self, name) for name in self.__slots__ if name != "deed"}
        found = {name: v.hex if isinstance(v, uuid.UUID) else str(v) for name, v in values.items()}
        if self.deed is not None:
            found[f"activity {self.deed.resource_type}"] = self.deed.activity
            found[f"action {self.deed.resource_type}"] = self.deed.action
        return found


_current: ContextVar[Context | None] = ContextVar("audit_context", default=None)


def current() -> Context | None:
    """The context of the open door, or None where nobody said who is acting."""
    return _current.get()


@contextmanager
def entered(context: Context | None) -> Iterator[Context | None]:
    """Attribute everything inside the block to `context`."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


@contextmanager
def acting(
    *,
    origin: str,
    actor_type: str = ActorType.SYSTEM,
    actor_id: str = "",
    actor_name: str = "",
    actor_role: str = "",
    on_behalf_of: str = "",
    ip_address: str = "",
    reason: str = "",
    correlation_id: uuid.UUID | None = None,
) -> Iterator[Context]:
    """Open a door: everything changed inside the block is this actor's."""
    context = Context(
        origin=origin,
        actor_type=actor_type,
        actor_id=actor_id,
        actor_name=actor_name,
        actor_role=actor_role,
        on_behalf_of=on_behalf_of,
        ip_address=ip_address,
        reason=reason,
        correlation_id=correlation_id or uuid.uuid4(),
    )
    with entered(context):
        yield context


@contextmanager
def deed(
    activity: str, *, on: type[models.Model], action: str, reason: str = "", role: str = ""
) -> Iterator[Context]:
    """Name the changes of `on` inside the block, and say why and in which role.

    The correlation id stays the door's, so that all that one request did is found together.
    """
    before = current() or Context()
    named = replace(
        before,
        id=uuid.uuid4(),
        deed=Deed(on._meta.label_lower, activity, action),
        reason=reason or before.reason,
        actor_role=role or before.actor_role,
    )
    with entered(named):
        yield named


def identify(**actor: Any) -> None:
    """Say who came through the open door, where that is learnt only inside (a token checked, a person signed in).

    actor: the actor fields of `acting`. Holds until the door closes; without an open door nothing happens.
    """
    door = current()
    if door is not None:
        _current.set(replace(door, id=uuid.uuid4(), **actor))
