"""Sending what waits in the outbox. Only the job `work.send_mail` does it, and that runs alone."""

from __future__ import annotations

import smtplib
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from tenants.commands import one_line
from work.models import Message
from work.registry import LINE_LENGTH

# After the last of these pauses a message has failed, and waits for somebody to try it again.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 25, 120, 600))
AT_ONCE = 200


def send_waiting(now: datetime | None = None) -> str:
    """Send what waits, and say how many. Raises what the mail server answers where it takes nothing at all."""
    waiting = _waiting(now or timezone.now())
    if not waiting:
        return "Nothing to send."
    sent = 0
    with get_connection() as connection:
        while waiting:
            sent += sum(_try(message, connection) for message in waiting)
            last = waiting[-1]
            waiting = _waiting(now or timezone.now(), after=last.pk)
    return f"Sent {sent:,} messages." if sent != 1 else "Sent 1 message."


def _waiting(now: datetime, after: int = 0) -> list[Message]:
    messages = Message.objects.across_tenants().filter(state=Message.State.WAITING, next_try_at__lte=now)
    return list(messages.filter(pk__gt=after).order_by("pk")[:AT_ONCE])


def _try(message: Message, connection: Any) -> bool:
    """Send one and note it. Cut off between the two, it is sent again under the same Message-ID."""
    try:
        as_email(message, connection).send()
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError):
        raise
    except (smtplib.SMTPException, OSError, ValueError) as error:
        _note_failure(message, error)
        return False
    _note_sent(message)
    return True


def as_email(message: Message, connection: Any = None) -> EmailMessage:
    """The message as it goes out. Mail programs know a repetition by its Message-ID."""
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[message.to],
        connection=connection,
        headers={"Message-ID": f"<{message.reference}@{host}>", "Auto-Submitted": "auto-generated"},
    )


@transaction.atomic
def _note_sent(message: Message) -> None:
    with deed("message.sent", on=Message, action=Action.UPDATE):
        _unsent(message).update(
            state=Message.State.SENT, sent_at=timezone.now(), attempts=message.attempts + 1, error=""
        )


@transaction.atomic
def _note_failure(message: Message, error: Exception) -> None:
    attempts = message.attempts + 1
    told = {"attempts": attempts, "error": one_line(_words(error))[:LINE_LENGTH]}
    if attempts > len(PAUSES) or _is_final(error):
        with deed("message.failed", on=Message, action=Action.UPDATE):
            _unsent(message).update(state=Message.State.FAILED, **told)
    else:
        _unsent(message).update(next_try_at=timezone.now() + PAUSES[attempts - 1], **told)


def _unsent(message: Message) -> Any:
    return Message.objects.for_tenant(message.tenant_id).filter(pk=message.pk, state=Message.State.WAITING)


def _is_final(error: Exception) -> bool:
    """Whether the server says that trying again will not help (RFC 5321, 4.2.1: answers of the five hundreds)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, (smtplib.SMTPDataError, smtplib.SMTPSenderRefused)) and error.smtp_code >= 500


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_decoded(text)}" for code, text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _decoded(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text
