"""What the deeds of all apps have in common: the lock, the reason, who acts."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model

from privacy_console.errors import Refused
from tenants.access import Principal, Shell
from tenants.models import AccessToken, Tenant, TenantOwned, User

Row = TypeVar("Row", bound=TenantOwned)
LAST_YEAR = 2999
# Control characters, line and paragraph separators, and those that turn the direction of writing.
NOT_SEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def locked(row: Row) -> Row:
    """The row as it stands now, kept from everybody else until the transaction ends."""
    rows = type(row).objects.for_tenant(row.tenant_id).select_for_update()
    found: Row = rows.get(pk=row.pk)
    return found


def held(tenant: Tenant, *, no_key: bool = False) -> Tenant:
    """The tenant as it stands now; until the transaction ends, whoever else asks to hold it waits.

    no_key: who only writes rows of the tenant need not wait.
    """
    found: Tenant = Tenant.objects.select_for_update(no_key=no_key).get(pk=tenant.pk)
    return found


def set_given(row: Model, **values: Any) -> None:
    """Give the row the values that are not None."""
    for name, value in values.items():
        if value is not None:
            setattr(row, name, value)


def name_of(by: Principal, tenant: Tenant) -> str:
    return by.as_actor(tenant)["actor_name"]


def person_kept(by: Principal) -> str:
    """What work that is left to the worker keeps of who asked: the person's name to sign in with; empty for nobody."""
    return by.username if isinstance(by, User) else ""


def person_asking(kept: str) -> Principal:
    """Who asked, in whose name the worker does it. Raises User.DoesNotExist."""
    person: Principal = User.objects.get(username=kept) if kept else Shell()
    return person


def person_behind(by: Principal) -> str:
    """The id of who answers for the deed: a token acts for whoever made it, the command line where nobody is known."""
    if isinstance(by, AccessToken):
        return (by.created_by or Shell()).as_actor()["actor_id"]
    return by.as_actor()["actor_id"]


def require_reason(reason: str) -> str:
    """The reason, trimmed. Raises ValidationError where there is none."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why: the reason is part of the record."})
    return reason.strip()


def require_one_line(**texts: str) -> None:
    """Raise ValidationError for a name with line breaks or characters that are not seen."""
    for field, text in texts.items():
        if NOT_SEEN.search(text):
            raise ValidationError({field: "Use one line, without control characters."})


def require_open(tenant: Tenant) -> None:
    """Raise Refused for a tenant that can only wind down."""
    if not tenant.is_open:
        raise Refused(
            "tenant_closed",
            f"{tenant} is {tenant.get_status_display().lower()}: nothing new can be agreed to.",
        )


def require_foreseeable(**ends: date | None) -> None:
    """Raise ValidationError, under the field's name, for an end beyond what days and zones can be added to.

    One such end would make every list that counts from it fail, and the reminders with it.
    """
    for field, end in ends.items():
        if end is not None and end.year > LAST_YEAR:
            raise ValidationError(
                {field: f"Give a day until the year {LAST_YEAR}, or none where it has no end."}
            )
