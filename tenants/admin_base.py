"""The bases of all admin pages: what is safe is what one gets without asking.

- `PlatformModelAdmin`: what all tenants share, such as the catalog.
- `TenantModelAdmin`: what belongs to tenants. Lists, objects, choices, filters and history show the person's own.

Permissions come from the roles' table. Nothing is edited in place, nothing deleted, no action runs over a selection:
writing is done by deeds (`tenants.admin_deeds`), which leave their record. An object of another tenant is 404 as if
it did not exist; a deed that one's role does not allow is 403.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from audit.context import identify
from audit.models import AuditEvent
from audit.timeline import describe
from tenants.access import Principal
from tenants.admin_deeds import Deed, DeedForm
from tenants.admin_filters import ScopedRelatedFilter
from tenants.admin_pages import Panel, admin_url
from tenants.choice import chosen_tenant, tenants_allowing, visible_tenants
from tenants.models import Tenant, TenantOwned, User
from tenants.roles import Permission
from tenants.scoping import validating


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts to 10,001 at most: a full count reads the whole table, and nobody turns ten thousand pages."""

    LIMIT = 10_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: self.LIMIT + 1].count())


class ConsoleChangeList(ChangeList):
    """The theme's list, which says "of how many" only where a search or a filter hides some."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count
        self.result_list = self.model_admin.prepared(list(self.result_list))

    @property
    def is_capped(self) -> bool:
        return int(self.result_count) > CappedPaginator.LIMIT


class ConsoleModelAdmin(ModelAdmin):
    """What both bases share. Do not register it directly.

    view_permission: who sees list and pages. history_permission: who sees an object's history (the same, where not
    given). adding: the deed behind "add". deeds: those offered on an object's page.
    """

    view_permission: ClassVar[Permission]
    history_permission: ClassVar[Permission | None] = None
    adding: ClassVar[Deed | None] = None
    deeds: ClassVar[tuple[Deed, ...]] = ()
    page_template: ClassVar[str] = "admin/console/record.html"
    empty_text: ClassVar[str] = "There is nothing here yet."
    # Where no column of its own names the object, its events are shown with the object's present name.
    names_events: ClassVar[bool] = False
    intro: ClassVar[str] = ""

    actions = ()
    show_facets = ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    paginator = CappedPaginator
    save_as = False
    change_list_template = "admin/console/list.html"

    class Media:
        css = {"all": ("console/pages.css",)}

    # --- Who may --------------------------------------------------------------------------------------------

    def tenant_of(self, obj: Any) -> Tenant | None:
        """The tenant that the object belongs to; None for what the platform shares."""
        return None

    def may(self, request: HttpRequest, permission: Permission, obj: Any = None) -> bool:
        person: Principal = request.user  # type: ignore[assignment]
        return person.may(permission, None if obj is None else self.tenant_of(obj))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.view_permission, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.adding is not None and self.may(request, self.adding.permission)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_history_permission(self, request: HttpRequest, obj: Any) -> bool:
        return self.may(request, self.history_permission or self.view_permission, obj)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ConsoleChangeList]:
        return ConsoleChangeList

    def prepared(self, rows: list[Any]) -> list[Any]:
        """The rows of one page of the list, with what their columns need read for all of them at once."""
        return rows

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    # --- What exists for the reader -------------------------------------------------------------------------

    def reachable(self, request: HttpRequest) -> Any:
        """The rows whose pages the person can open; lists may show fewer."""
        return self.get_queryset(request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The object, or None; only its key finds it, whatever the address says."""
        try:
            return self.reachable(request).filter(pk=self.opts.pk.to_python(object_id)).first()
        except (ValidationError, ValueError, OverflowError):
            return None

    def required_object(self, request: HttpRequest, object_id: str) -> Any:
        """The object. Raises Http404 where there is none for the person, PermissionDenied where they may not see it."""
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404(f"There is no such {self.opts.verbose_name}.")
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        return obj

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        raise Http404(f"There is no such {opts.verbose_name}.")

    def related_queryset(self, model: type[models.Model], request: HttpRequest) -> QuerySet[Any]:
        """What a foreign key to the model offers: the person's own tenants' rows; shared rows to everybody."""
        if model is Tenant:
            return visible_tenants(request)
        if issubclass(model, TenantOwned):
            return model.objects.across_tenants().filter(tenant__in=visible_tenants(request))  # type: ignore[no-any-return]
        if model is User:
            return _people_known_to(request)
        return model._default_manager.all()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # Django builds, and never reads, the closed manager's rows before it takes ours.
        with validating():
            return super().formfield_for_foreignkey(
                db_field, request, **self._scoped(db_field, request, kwargs)
            )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        with validating():
            return super().formfield_for_manytomany(
                db_field, request, **self._scoped(db_field, request, kwargs)
            )

    def _scoped(self, db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> dict[str, Any]:
        offered = self.related_queryset(db_field.related_model, request)
        given = kwargs.get("queryset")
        return kwargs | {"queryset": offered if given is None else given.filter(pk__in=offered.values("pk"))}

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Names only what was asked for: related rows are counted, never listed."""
        _, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return [str(obj) for obj in objs], counts, lacking, ["other records"] if protected else []

    # --- Asking for rows: declared lookups only -------------------------------------------------------------

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

    # --- Pages ----------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = [self.page(address, view, name) for address, view, name in self.pages()]
        steps = [
            self.page(f"<path:object_id>/{deed.name}/", self._view_of(deed), f"{self._prefix}_{deed.name}")
            for deed in self.deeds
        ]
        return [*own, *steps, *super().get_urls()]

    def pages(self) -> Sequence[tuple[str, Callable[..., HttpResponse], str]]:
        """Pages of one's own: address, view and full name of each."""
        return ()

    @property
    def _prefix(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def page(self, address: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        """The address of a view that only people of the admin site reach."""

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return self.admin_site.admin_view(view)(request, *args, **kwargs)  # type: ignore[no-any-return]

        guarded.model_admin = self  # type: ignore[attr-defined]
        return path(address, update_wrapper(guarded, view), name=name)

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

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        title = str(self.opts.verbose_name_plural).capitalize()
        own = {"title": title, "intro": self.intro, "empty_text": self.empty_text}
        answer: HttpResponse = super().changelist_view(request, own | (extra_context or {}))
        return answer

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

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if self.adding is None or not self.has_add_permission(request):
            raise PermissionDenied
        return self.do(request, self.adding, None)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """404 before 403: whoever may not delete must not learn that it exists either."""
        self.required_object(request, object_id)
        answer: HttpResponse = super().delete_view(request, object_id, extra_context)
        return answer

    # --- Deeds ----------------------------------------------------------------------------------------------

    def offered(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        """The buttons of the object's page: what its state and the person's role allow."""
        return [
            {"deed": deed, "url": admin_url(obj, deed.name, obj.pk)}
            for deed in self.deeds
            if deed.is_offered(obj) and self.may(request, deed.permission, obj)
        ]

    def _view_of(self, deed: Deed) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            obj = self.required_object(request, object_id)
            if not self.may(request, deed.permission, obj):
                raise PermissionDenied(f"Your role does not allow: {deed.permission.label.lower()}.")
            return self.do(request, deed, obj)

        return view

    def do(self, request: HttpRequest, deed: Deed, obj: Any) -> HttpResponse:
        """A deed's page: asked with GET, done with POST, and shown again with the reasons where it is refused."""
        if obj is not None and request.method != "POST" and not deed.is_offered(obj):
            messages.warning(request, f"“{deed.label}” is not possible in the present state.")
            return HttpResponseRedirect(admin_url(obj, "change", obj.pk))
        form, status = (
            deed.form(**self.form_arguments(request, obj), request=request, deed=deed, subject=obj),
            Deed.OK,
        )
        if form.is_bound and form.is_valid():
            self._say_in_which_role(request, obj, form)
            result, status = deed.attempt(request, obj, form)
            if not form.errors:
                return self.after(request, deed, obj, result)
        return TemplateResponse(
            request, deed.template, self.deed_context(request, deed, obj, form), status=status
        )

    def _say_in_which_role(self, request: HttpRequest, obj: Any, form: DeedForm) -> None:
        """The door knows who came in; in which tenant, and so in which role, is known only now."""
        person: Principal = request.user  # type: ignore[assignment]
        tenant = form.cleaned_data.get("tenant") if obj is None else self.tenant_of(obj)
        identify(**person.as_actor(tenant))

    def form_arguments(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """POST fills the form. An address may suggest what is added, never what happens to an object at hand."""
        if request.method == "POST":
            return {"data": request.POST}
        return {"initial": request.GET.dict()} if obj is None else {}

    def deed_context(self, request: HttpRequest, deed: Deed, obj: Any, form: DeedForm) -> dict[str, Any]:
        about = obj if obj is not None else form
        return self.context(
            request,
            obj,
            title=deed.label if obj is None else f"{deed.label}: {obj}",
            deed=deed,
            form=form,
            consequences=deed.consequences(about),
            panels=deed.panels(request, about),
            back_url=admin_url(self.model, "changelist") if obj is None else admin_url(obj, "change", obj.pk),
        )

    def after(self, request: HttpRequest, deed: Deed, obj: Any, result: Any) -> HttpResponse:
        """Where a deed that was done leads: to the object's page."""
        subject = result if isinstance(result, models.Model) else obj
        messages.success(request, deed.done.format(subject=subject))
        return HttpResponseRedirect(admin_url(subject, "change", subject.pk))

    # --- History --------------------------------------------------------------------------------------------

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
        person: Principal = request.user  # type: ignore[assignment]
        tenant = self.tenant_of(obj)
        return person.is_operator if tenant is None else person.may(Permission.VIEW_EVENTS, tenant)

    # The timeline records what these pages do; Django's own log would be a second truth.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None: ...


def _people_known_to(request: HttpRequest) -> QuerySet[User]:
    """Everybody for an operator; for others, the members of the tenants in view."""
    person: Principal = request.user  # type: ignore[assignment]
    if person.is_operator:
        return User.objects.all()
    return User.objects.filter(memberships__tenant__in=visible_tenants(request)).distinct()


class PlatformModelAdmin(ConsoleModelAdmin):
    """Pages of what every tenant shares."""


class TenantModelAdmin(ConsoleModelAdmin):
    """Pages of what belongs to tenants: nothing of another tenant exists here, in any list, choice or message."""

    def scope(self, tenants: QuerySet[Tenant]) -> QuerySet[Any]:
        """The rows of these tenants."""
        return self.model.objects.across_tenants().filter(tenant__in=tenants)  # type: ignore[no-any-return]

    def tenant_of(self, obj: Any) -> Tenant | None:
        tenant: Tenant = obj.tenant
        return tenant

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What lists show: the tenants in view, where the person's role may see it."""
        person: Principal = request.user  # type: ignore[assignment]
        rows = self.scope(tenants_allowing(person, self.view_permission, visible_tenants(request)))
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def reachable(self, request: HttpRequest) -> QuerySet[Any]:
        """A page's address works in every tenant of the person, whichever the switcher shows."""
        person: Principal = request.user  # type: ignore[assignment]
        return self.scope(person.tenants())

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if self.adding is None:
            return False
        chosen = chosen_tenant(request)
        person: Principal = request.user  # type: ignore[assignment]
        return person.may(self.adding.permission, chosen)

    def events_of(self, obj: Any) -> QuerySet[AuditEvent]:
        return super().events_of(obj).filter(tenant=self.tenant_of(obj))
