"""Lists that take `?as_of=`: the rows as they were, found and named by their history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from tenants.access import signed_in
from tenants.choice import tenants_allowing, visible_tenants
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.lists import ConsoleChangeList
from tenants.pages.moments import Moment, as_they_were, moment_of


class PastChangeList(ConsoleChangeList):
    """The rows of a page, as they were at the moment asked for."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        admin: PastModelAdmin = self.model_admin
        moment = moment_of(request)
        if moment.is_past:
            self.result_list = admin.as_at(request, list(self.result_list), moment)


class MomentFilter(SimpleListFilter):
    """Takes `as_of`, which the page itself asks for, so that the list does not take it for a lookup."""

    title = "past date"
    parameter_name = "as_of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return []

    def has_output(self) -> bool:
        return False

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset


def seen_at(obj: Any) -> datetime:
    """The instant that a list shows the object at."""
    return getattr(obj, "_shown_at", None) or timezone.now()


def filtered_then(request: HttpRequest, queryset: Any, condition: Q) -> Any:
    """The rows that the condition held for at the moment asked for."""
    moment = moment_of(request)
    if not moment.is_past:
        return queryset.filter(condition)
    then = queryset.model.history.across_tenants().known_at(moment.asked).filter(condition)
    return queryset.filter(pk__in=then.values("id"))


class PastModelAdmin(TenantModelAdmin):
    """Pages of what belongs to tenants and has a past that one can look at."""

    change_list_template = "admin/console/past_list.html"
    page_template = "admin/console/past_record.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PastChangeList]:
        return PastChangeList

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [*super().get_list_filter(request), MomentFilter]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == MomentFilter.parameter_name or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        moment = moment_of(request)
        return rows.filter(pk__in=self.known_at(request, moment).values("id")) if moment.is_past else rows

    def known_at(self, request: HttpRequest, moment: Moment) -> Any:
        """The history rows of what the reader may see in lists, at a past moment."""
        person = signed_in(request)
        tenants = tenants_allowing(person, self.view_permission, visible_tenants(request))
        return moment.rows(self.model, tenants)

    def as_at(self, request: HttpRequest, present: list[Any], moment: Moment) -> list[Any]:
        """The same objects as they were, in the same order, with what the list shows of their relations."""
        then = {was.pk: was for was in as_they_were(self.known_at(request, moment).filter(
            id__in=[each.pk for each in present]))}  # fmt: skip
        for each in present:
            self.carry_over(each, then[each.pk])
            then[each.pk]._shown_at = moment.at
        return [then[each.pk] for each in present]

    def carry_over(self, present: Any, past: Any) -> None:
        """What never changes is taken from the object as it is, without another query."""
        for name, related in present._state.fields_cache.items():
            if getattr(past, f"{name}_id", None) == getattr(present, f"{name}_id", None):
                past._state.fields_cache[name] = related

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        moment = moment_of(request)
        answer = super().changelist_view(request, {"moment": moment} | (extra_context or {}))
        if moment.problem and isinstance(answer, TemplateResponse):
            answer.status_code = moment.status
        return answer

    def at_moment(self, obj: Any, moment: Moment) -> Any:
        """The object as it was; None where it did not exist yet."""
        if not moment.is_past:
            return obj
        past = next(
            iter(as_they_were(moment.rows(self.model, [self.tenant_of(obj)]).filter(id=obj.pk))), None
        )
        if past is not None:
            self.carry_over(obj, past)
        return past

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        answer = super().change_view(request, object_id, form_url, extra_context)
        answer.status_code = moment_of(request).status
        return answer

    def record_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """The object's page at the moment; the past is only looked at."""
        moment = moment_of(request)
        found = {**super().record_context(request, obj), "moment": moment}
        return found | {"deeds": []} if moment.is_past else found
