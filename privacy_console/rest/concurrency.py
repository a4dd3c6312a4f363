"""Entity tags (RFC 9110, 8.8): made of the last record of an object, so that every way of writing moves them."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Max
from rest_framework.request import Request

from privacy_console.rest.problems import Problem

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def last_record(instance: Any) -> int:
    """The id of the history row behind an object: the one it was read from, or the last there is. One query."""
    past = getattr(instance, "_history", None)
    if past is not None:
        return int(past.history_id)
    found = instance.history.aggregate(last=Max("history_id"))
    return found["last"] or 0


def entity_tag(version: int, suffix: str = "") -> str:
    """A strong tag: the version, and what else changes the representation without a write (a state that ended)."""
    return f'"{version}.{suffix}"' if suffix else f'"{version}"'


def matches_none(request: Request, tag: str) -> bool:
    """Whether If-None-Match says that the client has this representation already."""
    header = request.headers.get("If-None-Match")
    return header is not None and (header.strip() == "*" or tag.strip('"') in _TAG.findall(header))


def check_if_match(request: Request, version: int, *, required: bool) -> None:
    """Raise 412 where If-Match names another version than the one there is, 428 where it is required and missing."""
    header = request.headers.get("If-Match")
    if header is None:
        if required:
            sentence = "Send If-Match with the ETag of the object that you are changing."
            raise Problem(428, "if_match_required", sentence)
        return
    versions = {tag.partition(".")[0] for tag in _TAG.findall(header)}
    if header.strip() != "*" and str(version) not in versions:
        sentence = "Somebody changed it in the meantime. Read it again, and send the new ETag."
        raise Problem(412, "stale", sentence)
