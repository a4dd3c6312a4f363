"""The pages of deeds: what will happen, the question why, the refusal or the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from audit.context import identify
from tenants.access import NotAllowed, require, signed_in
from tenants.choice import chosen_tenant
from tenants.pages.deeds import Deed, DeedForm
from tenants.pages.parts import admin_url
from tenants.pages.records import Showing
from tenants.pages.two_steps import TwoStepForm


class Doing(Showing):
    """adding: the deed behind "add". deeds: those offered on an object's page."""

    deeds: ClassVar[tuple[Deed, ...]] = ()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if self.adding is None:
            raise PermissionDenied
        if not self.has_add_permission(request):
            raise NotAllowed(signed_in(request), self.adding.permission, chosen_tenant(request))
        return self.do(request, self.adding, None)

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
            require(signed_in(request), deed.permission, self.tenant_of(obj))
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
        person = signed_in(request)
        tenant = form.cleaned_data.get("tenant") if obj is None else self.tenant_of(obj)
        identify(**person.as_actor(tenant))

    def form_arguments(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """POST fills the form. An address may suggest what is added, never what happens to an object at hand."""
        if request.method == "POST":
            return {"data": request.POST, "files": request.FILES}
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
        """Where a deed that was done leads: to the object's page; a first step, to the second on the same page."""
        if isinstance(result, TwoStepForm):
            told = {"consequences": result.consequences(), "panels": result.panels()}
            context = self.deed_context(request, deed, obj, result) | told
            return TemplateResponse(request, deed.template, context)
        subject = result if isinstance(result, models.Model) else obj
        messages.success(request, deed.done.format(subject=subject))
        return HttpResponseRedirect(admin_url(subject, "change", subject.pk))
