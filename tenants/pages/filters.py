"""List filters whose choices come from the rows that the reader may see."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.admin import RelatedFieldListFilter, SimpleListFilter
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date


class ScopedRelatedFilter(RelatedFieldListFilter):
    """A foreign key's filter that offers what its ModelAdmin offers in forms: nothing of another tenant."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(row.pk, str(row)) for row in model_admin.related_queryset(field.related_model, request)]

    def has_output(self) -> bool:
        """Django leaves a filter out that offers one choice, and with it what was asked for."""
        return super().has_output() or bool(self.used_parameters)


class PeriodFilter(SimpleListFilter):
    """From a day to a day, in the pages' time zone; `field` is the time it looks at."""

    title = "period"
    parameter_name = "period"
    field = "occurred_at"
    template = "admin/console/period_filter.html"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        self.since = self._day(params, "since")
        self.until = self._day(params, "until")
        super().__init__(request, params, model, model_admin)
        self.other_parameters = [
            (key, value)
            for key, values in request.GET.lists()
            for value in values
            if key not in ("since", "until", "p")
        ]

    @staticmethod
    def _day(params: dict[str, Any], name: str) -> datetime | None:
        values = params.pop(name, None)
        try:
            day = parse_date(values[-1]) if values else None
        except ValueError:
            day = None
        return timezone.make_aware(datetime.combine(_reckonable(day), time.min)) if day else None

    @classmethod
    def parameters(cls) -> set[str]:
        return {cls.parameter_name, "since", "until"}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("1", "Last 24 hours"),
            ("7", "Last 7 days"),
            ("30", "Last 30 days"),
            ("365", "Last 365 days"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if (days := self.value()) and days.isascii() and days.isdigit() and int(days) <= 36_500:
            queryset = queryset.filter(**{f"{self.field}__gte": timezone.now() - timedelta(days=int(days))})
        if self.since:
            queryset = queryset.filter(**{f"{self.field}__gte": self.since})
        if self.until:
            queryset = queryset.filter(**{f"{self.field}__lt": self.until + timedelta(days=1)})
        return queryset


def _reckonable(day: date) -> date:
    """The day, or the nearest that has a day before and after it in every zone."""
    return min(max(day, date.min + timedelta(days=2)), date.max - timedelta(days=2))
