"""What the pages of all kinds of entries share: presence, source, editions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from catalog.models import (
    Edition,
    Entry,
)
from tenants.pages.bases import PlatformModelAdmin
from tenants.pages.columns import column
from tenants.pages.parts import Badge, Code, Fact, Panel, link_to
from tenants.roles import Permission

COLLECTION_LABELS = {"Required": "info", "Optional": "warning", "Never": "danger"}
COLLECTION_TONES = {"required": "info", "optional": "warn", "never": "bad"}
LISTED = 200
Contribution: TypeAlias = Callable[[HttpRequest, Any], Sequence[Panel]]
"""What an app above the catalog has to say on the page of an entry."""
_contributions: dict[type[Entry], list[Contribution]] = defaultdict(list)


def contributes_to(kind: type[Entry]) -> Callable[[Contribution], Contribution]:
    """Declare panels for the pages of a kind of entries: they stand after what the entry is."""

    def declare(contribution: Contribution) -> Contribution:
        _contributions[kind].append(contribution)
        return contribution

    return declare


class PresenceFilter(SimpleListFilter):
    """What the catalog holds, unless one asks for what it held."""

    title = "presence"
    parameter_name = "presence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("removed", "Removed"), ("all", "Both")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "In the catalog"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "all":
            return queryset
        return queryset.exclude(removed_in=None) if self.value() == "removed" else queryset.current()


class KnowledgeFilter(SimpleListFilter):
    """Whether the source says it, or the catalog's authors concluded it."""

    title = "how we know"
    parameter_name = "inferred"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Stated in the source"), ("yes", "Inferred by us")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(inferred=self.value() == "yes") if self.value() in ("yes", "no") else queryset


class EntryAdmin(PlatformModelAdmin):
    """What the pages of all kinds of entries share: presence, source, editions."""

    view_permission = Permission.VIEW_CATALOG
    empty_text = "The catalog is empty. An operator loads it with the command load_catalog."
    search_fields = ("name", "code", "note")
    search_help_text = "Words of the name, the code or the note."
    ordering: tuple[str, ...] = ("code", "id")
    related: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = self.model._default_manager.select_related("catalog", *self.related)
        return rows.order_by(*self.ordering)

    def reachable(self, request: HttpRequest) -> Any:
        return self.get_queryset(request).select_related(
            "added_in__catalog", "changed_in__catalog", "removed_in__catalog"
        )

    def related_queryset(self, model: Any, request: HttpRequest) -> QuerySet[Any]:
        rows = super().related_queryset(model, request)
        return rows.select_related("catalog") if model is Edition else rows

    @column(
        description="How we know", label={"Stated": "success", "Inferred": "warning"}, ordering="inferred"
    )
    def knowledge(self, entry: Entry) -> str:
        return "Inferred" if entry.inferred else "Stated"

    def headline(self, request: HttpRequest, obj: Any) -> Sequence[Any]:
        badges = [Badge("Inferred by us", "warn") if obj.inferred else Badge("Stated in the source", "good")]
        if obj.by_hand:
            badges.append(Badge("Entered by hand", "info"))
        if not obj.is_current:
            badges.append(Badge("No longer in the catalog", "bad"))
        return badges

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        return [
            self.about(obj),
            *self.contributed(request, obj),
            *self.more(request, obj),
            self.provenance(obj),
        ]

    def contributed(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """What other apps say about it to this reader."""
        return [panel for contribution in _contributions[self.model] for panel in contribution(request, obj)]

    def about(self, obj: Any) -> Panel:
        """The panel that says what it is."""
        raise NotImplementedError

    def more(self, request: HttpRequest, obj: Any) -> list[Panel]:
        return []

    @staticmethod
    def provenance(entry: Entry) -> Panel:
        about = [
            Fact("Source", entry.source or None),
            Fact("Date of the source", entry.source_date),
            Fact(
                "How we know",
                "Inferred by the catalog's authors" if entry.inferred else "Stated in the source",
                "Inferred: concluded from what the source says.",
            ),
            Fact("Note", entry.note or None),
            Fact("Code", Code(entry.code), "Never changes."),
            Fact("Catalog", entry.catalog.name),
            Fact("In the catalog since", link_to(entry.added_in)),
            Fact("Last changed in", link_to(entry.changed_in)),
        ]
        if entry.removed_in:
            about.append(Fact("Removed in", link_to(entry.removed_in)))
        return Panel("Where this comes from", about)
