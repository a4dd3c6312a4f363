"""The outbox: a message is a row in the transaction of what it tells about, and is sent afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction

from audit.context import Action, deed
from work.jobs import enqueue
from work.models import Message, Run

if TYPE_CHECKING:
    from tenants.models import Tenant

SEND_MAIL = "work.send_mail"


def post(*, tenant: Tenant, to: str, subject: str, body: str, key: str) -> Message | None:
    """Put an e-mail into the tenant's outbox, in the caller's transaction; it is sent soon after that commits.

    key: what it tells, unique in the tenant: the same key again posts nothing and gives None. Raises ValidationError
    for an address that is none, and for a subject of several lines, which could smuggle headers.
    """
    if Message.objects.for_tenant(tenant).filter(key=key).exists():
        return None
    message = Message(tenant=tenant, to=to, subject=subject, body=body, key=key)
    message.clean_fields(exclude={"tenant"})
    try:
        with transaction.atomic(), deed("message.posted", on=Message, action=Action.CREATE):
            message.save()
    except IntegrityError:
        # Somebody else was posting the same at this moment; anything else that is wrong is wrong still.
        if Message.objects.for_tenant(tenant).filter(key=key).exists():
            return None
        raise
    _send_soon()
    return message


def post_all(messages: Sequence[Message]) -> None:
    """Put many e-mails into the outbox by one statement, in the caller's transaction.

    Raises ValidationError as `post` does, and IntegrityError where one of the keys was posted already: who calls this
    has made sure that none was, and posts nothing otherwise.
    """
    for message in messages:
        message.clean_fields(exclude={"tenant"})
    with deed("message.posted", on=Message, action=Action.CREATE):
        Message.objects.across_tenants().bulk_create(messages)
    if messages:
        _send_soon()


def _send_soon() -> None:
    """Ask for one sending after the commit, however many messages it brings."""
    if not any(entry[1] is ask_to_send for entry in connection.run_on_commit):
        transaction.on_commit(ask_to_send, robust=True)


def ask_to_send() -> None:
    """Have the outbox sent now; a run that still waits will find everything, too."""
    if not Run.objects.of(SEND_MAIL).ready().exists():
        enqueue(SEND_MAIL)
