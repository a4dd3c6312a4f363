"""An object's history, from the timeline."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audit.models import AuditEvent
from audit.timeline import describe
from tenants.access import signed_in
from tenants.pages.lists import CappedPaginator
from tenants.pages.records import Showing
from tenants.roles import Permission


class Telling(Showing):
    """The history page of an object."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Who changed the object, when, from where and why, with each field's old and new value."""
        obj = self.required_object(request, object_id)
        if not hasattr(self.model, "history"):
            raise Http404("This is not recorded: it is the record.")
        if not self.has_history_permission(request, obj):
            raise PermissionDenied
        paginator = CappedPaginator(self.events_of(obj), 25)
        page = paginator.get_page(request.GET.get("p"))
        context = self.context(
            request,
            obj,
            title=f"History of {obj}",
            events=describe(page.object_list),
            page=page,
            sees_addresses=self.sees_events_of(request, obj),
        )
        return TemplateResponse(request, "admin/history/object.html", context)

    def events_of(self, obj: Any) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.about(obj).select_related("attribution", "tenant")

    def sees_events_of(self, request: HttpRequest, obj: Any) -> bool:
        """Whether the person may read the timeline that the object's changes stand in."""
        person = signed_in(request)
        tenant = self.tenant_of(obj)
        return person.is_operator if tenant is None else person.may(Permission.VIEW_EVENTS, tenant)

    # The timeline records what these pages do; Django's own log would be a second truth.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None: ...
