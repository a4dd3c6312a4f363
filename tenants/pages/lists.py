"""Lists: bounded counts, declared lookups only, nothing done to a selection."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.functional import cached_property
from unfold.views import ChangeList

from tenants.pages.filters import ScopedRelatedFilter
from tenants.pages.reach import Reaching


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts to 10,001 at most: a full count reads the whole table, and nobody turns ten thousand pages."""

    LIMIT = 10_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: self.LIMIT + 1].count())


class ConsoleChangeList(ChangeList):
    """The theme's list, which says "of how many" only where a search or a filter hides some."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count

    @property
    def is_capped(self) -> bool:
        return int(self.result_count) > CappedPaginator.LIMIT


class Listing(Reaching):
    """list_title: what people call the list. intro: what it is. empty_text: what to do where it is empty."""

    list_title: ClassVar[str]
    empty_text: ClassVar[str] = "There is nothing here yet."
    intro: ClassVar[str] = ""
    actions = ()
    show_facets = ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    paginator = CappedPaginator
    change_list_template = "admin/console/list.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ConsoleChangeList]:
        return ConsoleChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        own = {"title": self.list_title, "intro": self.intro, "empty_text": self.empty_text}
        answer: HttpResponse = super().changelist_view(request, own | (extra_context or {}))
        return answer

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [self._safe_filter(declared) for declared in super().get_list_filter(request)]

    def _safe_filter(self, declared: Any) -> Any:
        if isinstance(declared, str) and self.opts.get_field(declared).is_relation:
            return (declared, ScopedRelatedFilter)
        return declared

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what a declared filter asks: any other lookup could guess at values letter by letter."""
        return any(lookup in self._parameters_of(declared) for declared in self.list_filter)

    def _parameters_of(self, declared: Any) -> set[str]:
        if hasattr(declared, "parameters"):
            return set(declared.parameters())
        if hasattr(declared, "parameter_name"):
            return {declared.parameter_name}
        name = declared if isinstance(declared, str) else declared[0]
        field = self.opts.get_field(name)
        if field.is_relation:
            return {f"{name}__{field.related_model._meta.pk.name}__exact", f"{name}__isnull"}
        return {f"{name}__exact", f"{name}__isnull"}

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if search_term and hasattr(queryset, "matching"):
            return queryset.matching(search_term[:200]), False
        found, has_duplicates = super().get_search_results(request, queryset, search_term[:200])
        return found, has_duplicates
