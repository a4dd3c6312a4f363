"""Which elements an entry has: a row for each, so that the history of the rows is that of the entry's elements."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from catalog.models.edition import Edition


class ElementPair(models.Model):
    """owner: the foreign key to the entry that has the element."""

    owner: ClassVar[str]

    class Meta:
        abstract = True

    @classmethod
    def in_edition(cls, edition: Edition | None) -> models.QuerySet[Any]:
        """The pairs after an edition's last event, as history rows, or those of now."""
        pairs: models.QuerySet[Any] = (
            cls.history.up_to_event(edition.last_event)  # type: ignore[attr-defined]
            if edition
            else cls._default_manager.all()
        )
        return pairs
