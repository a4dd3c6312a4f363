"""Lists of dated things that come from many places: how an item is shown, and how pages are turned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from privacy_console.rest.instants import InstantField, parse_instant
from privacy_console.rest.pagination import ConsoleCursorPagination
from privacy_console.rest.problems import BadQuery
from privacy_console.rest.viewsets import Parameter
from tenants.api.viewsets import InTenant
from work.places import Place
from work.worklist import Asked, Item, Severity, Urgency

INSTANT = {"type": "string", "format": "date-time"}
MADE_BY_HAND = "Follow the links of a page instead of making cursors; start again without it."


class ItemSerializer(serializers.Serializer[Item]):
    """Something that waits, or ends."""

    key = serializers.CharField(help_text="The same for as long as it waits.")
    kind = serializers.CharField()
    kind_title = serializers.CharField()
    title = serializers.CharField()
    about = serializers.CharField()
    due = InstantField(allow_null=True, help_text="Until when; null where nothing says so.")
    since = InstantField(allow_null=True, help_text="From when on it waits, where it has no due time.")
    urgency = serializers.SerializerMethodField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    owner = serializers.SerializerMethodField()
    resource_type = serializers.CharField()
    resource_id = serializers.CharField()
    page = serializers.CharField(source="url", help_text="Where people see to it, below this host.")

    def get_urgency(self, item: Item) -> Urgency:
        """late, week (in the next seven days), later, or undated."""
        return item.urgency(self.context["view"].at)

    def get_owner(self, item: Item) -> str | None:
        """The user name of who sees to it; null where it is everybody's."""
        return item.owner.username if item.owner else None


@dataclass(frozen=True)
class Turn:
    """Where a page starts, reading on or back."""

    after: Place | None = None
    backwards: bool = False

    def encode(self) -> str:
        return f"{int(self.backwards)}{self.after.encode() if self.after else ''}"

    @classmethod
    def asked(cls, request: Request) -> Turn:
        """What `?cursor=` asks for; the beginning, where it is not given. Raises BadQuery."""
        text = request.query_params.get("cursor")
        if text is None:
            return cls()
        try:
            if text[:1] not in ("0", "1"):
                raise ValueError(text)
            return cls(Place.decode(text[1:]), text[0] == "1")
        except ValueError:
            raise BadQuery({"cursor": ("invalid_cursor", MADE_BY_HAND)}) from None


class ItemPagination(ConsoleCursorPagination):
    """The same pages as of every list, of what no single table holds."""

    def page_of(self, find: Callable[[Turn, int], Sequence[Item]], request: Request) -> Sequence[Item]:
        """find: gives the items behind a place (before it, turning back), at most so many."""
        self.url, self.size, turn = (
            request.build_absolute_uri(),
            self.page_size(request),
            Turn.asked(request),
        )
        found = find(turn, self.size + 1)
        has_more = len(found) > self.size
        page = found[-self.size :] if turn.backwards else found[: self.size]
        has_next, has_previous = (True, has_more) if turn.backwards else (has_more, turn.after is not None)
        self.next = self._to(page[-1:], backwards=False) if has_next else None
        self.previous = self._to(page[:1], backwards=True) if has_previous else None
        return page

    def _to(self, at: Sequence[Item], *, backwards: bool) -> str | None:
        if not at:
            return None
        return replace_query_param(self.url, "cursor", Turn(at[0].place, backwards).encode())


def instant_asked(request: Request, name: str) -> Any:
    """The instant of a query parameter; None where it is not given. Raises BadQuery."""
    text = request.query_params.get(name)
    try:
        return None if text is None else parse_instant(text)
    except ValueError as error:
        raise BadQuery({name: ("invalid_instant", str(error))}) from None


def one_of(request: Request, name: str, choices: Iterable[str]) -> str | None:
    """The word of a query parameter; None where it is not given. Raises BadQuery for a word that is not known."""
    text = request.query_params.get(name)
    if text is not None and text not in choices:
        raise BadQuery({name: ("invalid_choice", f"Give one of: {', '.join(choices)}.")})
    return text


def choice(name: str, description: str, choices: Iterable[str]) -> Parameter:
    return Parameter(name, description, {"type": "string", "enum": list(choices)})


class ItemsViewSet(InTenant):
    """A list of items; it is read, never written. What waits is what is recorded now: there is no `as_of`."""

    serializer_class = ItemSerializer
    pagination_class = ItemPagination

    def asked(self) -> Asked:
        """How the request narrows the list. Raises BadQuery."""
        raise NotImplementedError

    def found(self, asked: Asked) -> list[Item]:
        raise NotImplementedError

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        asked: Any = self.asked()

        def find(turn: Turn, limit: int) -> list[Item]:
            return self.found(
                Asked(asked.kinds, asked.due_before, asked.owner, turn.after, turn.backwards, limit)
            )

        paginator: Any = self.paginator
        page = paginator.page_of(find, request)
        return paginator.get_paginated_response(self.get_serializer(page, many=True).data)  # type: ignore[no-any-return]
