"""What exists for the reader: in lists, at addresses, in choices and in messages."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from tenants.access import signed_in
from tenants.choice import visible_tenants
from tenants.models import Tenant, TenantOwned, User
from tenants.pages.permissions import Permitted
from tenants.scoping import validating


class Reaching(Permitted):
    """Objects are found among the rows that the reader can reach; what is not there is missing for everybody alike."""

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


def _people_known_to(request: HttpRequest) -> QuerySet[User]:
    """Everybody for an operator; for others, the members of the tenants in view."""
    person = signed_in(request)
    if person.is_operator:
        return User.objects.all()
    return User.objects.filter(memberships__tenant__in=visible_tenants(request)).distinct()
