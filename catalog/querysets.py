"""The reading vocabulary of the catalog."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count, Q

if TYPE_CHECKING:
    from catalog.models import Edition


def mentions(words: str) -> Q:
    """That name, code or note contains each of the words."""
    found = Q()
    for word in words.split():
        found &= Q(name__icontains=word) | Q(code__icontains=word) | Q(note__icontains=word)
    return found


def known(model: Any, at: datetime | None) -> Any:
    """The shared rows as known at a past instant (as history rows), or now."""
    return model._default_manager.all() if at is None else model.history.known_at(at)


class EntryQuerySet(models.QuerySet[Any]):
    def current(self) -> Self:
        """What the latest edition holds."""
        return self.filter(removed_in__isnull=True)

    def recorded_in(self, edition: Edition) -> Any:
        """The history rows that say what the edition held."""
        past = self.model.history.up_to_event(edition.last_event)
        return past.filter(catalog=edition.catalog_id, removed_in__isnull=True)

    def in_edition(self, edition: Edition) -> Self:
        """What the edition held, as history rows turned back into objects."""
        return self.recorded_in(edition).as_instances()  # type: ignore[no-any-return]

    def matching(self, words: str) -> Self:
        """Entries whose name, code or note contains each of the words."""
        return self.filter(mentions(words))


class ElementQuerySet(EntryQuerySet):
    def never_collected(self) -> Self:
        return self.filter(collection="never")

    def with_flow_counts(self) -> Self:
        """Adds `outgoing` and `incoming`: how many current flows carry the element, each way."""
        is_current = Q(flows__removed_in__isnull=True)
        return self.annotate(
            outgoing=Count("flows", filter=is_current & Q(flows__direction="to_third_party"), distinct=True),
            incoming=Count(
                "flows", filter=is_current & Q(flows__direction="from_third_party"), distinct=True
            ),
        )


def holding_on(day: date) -> Q:
    """That an adequacy decision was in force on a day, as a condition on decisions and on their history."""
    return Q(decided_on__lte=day) & (Q(ends_on__isnull=True) | Q(ends_on__gt=day))


class AdequacyQuerySet(EntryQuerySet):
    def in_force(self, day: date) -> Self:
        """The decisions that held on the day."""
        return self.filter(holding_on(day))
