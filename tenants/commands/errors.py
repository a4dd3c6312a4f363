"""What went wrong, as the person at the command line reads it."""

from __future__ import annotations

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError

from audit.refusals import refusal_of
from privacy_console.errors import Refused
from privacy_console.outage import is_outage

EXPECTED = (
    ValidationError, PermissionDenied, Refused, ObjectDoesNotExist, DatabaseError, OSError
)  # fmt: skip
NOT_SET_UP = ("no such table", "no such column", "does not exist")


def readable(error: BaseException) -> str:
    """What the person at the command line reads of an error, without its inner workings."""
    if isinstance(error, ValidationError):
        return _validation_text(error)
    broken = refusal_of(error) if isinstance(error, IntegrityError) else None
    if broken is not None:
        return broken.detail
    if isinstance(error, DatabaseError):
        return _database_text(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return str(error) or "Your role does not allow this."


def _validation_text(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        message if field == "__all__" else f"{field}: {message}"
        for field, messages in error.message_dict.items()
        for message in messages
    )


def _database_text(error: DatabaseError) -> str:
    first = next(iter(str(error).splitlines()), type(error).__name__)
    if any(sign in first for sign in NOT_SET_UP):
        return f"The database is not set up, or not up to date ({first}). Run: ./console manage setup"
    return f"The database {'cannot be used' if is_outage(error) else 'refuses it'}: {first}"


def one_line(text: str) -> str:
    """The text on one line, with nothing in it that a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
