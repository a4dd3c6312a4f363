"""An object's page: it is read here; every change is a deed with a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from tenants.pages.parts import Panel, admin_url
from tenants.pages.reach import Reaching


class Showing(Reaching):
    """What a page shows about one object; `page_template` lays it out."""

    page_template: ClassVar[str] = "admin/console/record.html"
    save_as = False

    @property
    def _prefix(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def page(self, address: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        """The address of a view that only people of the admin site reach."""

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return self.admin_site.admin_view(view)(request, *args, **kwargs)  # type: ignore[no-any-return]

        guarded.model_admin = self  # type: ignore[attr-defined]
        return path(address, update_wrapper(guarded, view), name=name)

    def pages(self) -> Sequence[tuple[str, Callable[..., HttpResponse], str]]:
        """Pages of one's own: address, view and full name of each."""
        return ()

    def context(self, request: HttpRequest, obj: Any = None, **more: Any) -> dict[str, Any]:
        """What every page's template is given."""
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "model_admin": self,
            "subtitle": None,
            "object": obj,
            "original": obj,
            "tenant": self.tenant_of(obj) if obj is not None else None,
            "list_url": admin_url(self.model, "changelist"),
            **more,
        }

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The object's page. It is read here; every change is a deed with a page of its own."""
        obj = self.required_object(request, object_id)
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return TemplateResponse(request, self.page_template, self.record_context(request, obj))

    def record_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        has_history = self.has_history_permission(request, obj) and hasattr(self.model, "history")
        return self.context(
            request,
            obj,
            title=str(obj),
            panels=self.panels(request, obj),
            headline=self.headline(request, obj),
            deeds=self.offered(request, obj),
            history_url=admin_url(obj, "history", obj.pk) if has_history else "",
        )

    def headline(self, request: HttpRequest, obj: Any) -> Sequence[Any]:
        """Badges and short values under the title."""
        return ()

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        """What the object's page shows."""
        raise NotImplementedError(f"{type(self).__name__} says nothing about an object: give it panels().")

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """404 before 403: whoever may not delete must not learn that it exists either."""
        self.required_object(request, object_id)
        answer: HttpResponse = super().delete_view(request, object_id, extra_context)
        return answer
