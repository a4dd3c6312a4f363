"""What an admin page about one object consists of: facts, tables and pictures, in panels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.urls import reverse


@dataclass(frozen=True)
class Link:
    """A word that leads somewhere."""

    text: Any
    url: str


@dataclass(frozen=True)
class Badge:
    """A word in a coloured pill. tone: good, bad, warn, info or plain."""

    text: Any
    tone: str = "plain"


@dataclass(frozen=True)
class Code:
    """Text to be read letter by letter: codes, digests, addresses."""

    text: str


@dataclass(frozen=True)
class Several:
    """Values one after the other in one place."""

    values: Sequence[Any]


@dataclass(frozen=True)
class Fact:
    """One line of a panel. hint: what the label means, for whoever does not know."""

    label: str
    value: Any
    hint: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under headings; `empty` is said where there are none."""

    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    empty: str = "Nothing here."
    caption: str = ""

    @property
    def labelled_rows(self) -> list[list[tuple[str, Any]]]:
        """Each value with its heading: a narrow screen shows them one under the other."""
        return [list(zip(self.headings, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Panel:
    """A titled part of a page."""

    title: str
    facts: Sequence[Fact] = ()
    table: Table | None = None
    text: str = ""
    template: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    link: Link | None = None
    tone: str = ""


def admin_url(model: type[models.Model] | models.Model, page: str, *args: Any) -> str:
    """The address of a page of the model's admin: `admin_url(Consent, "changelist")`."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def link_to(instance: models.Model | None, text: Any = None) -> Link | None:
    """A link to an object's own page."""
    if instance is None:
        return None
    return Link(text or str(instance), admin_url(instance, "change", instance.pk))


def facts(pairs: Iterable[tuple[str, Any]]) -> list[Fact]:
    """Facts from label and value; what is empty is left out."""
    return [Fact(label, value) for label, value in pairs if value not in ("", None, [], ())]
