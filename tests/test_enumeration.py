"""Everything there is, walked one by one: what bypasses a safe base fails here, with its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.core.management import load_command_class
from django.db import connection, models
from django.db.models.fields.related import ForeignObjectRel
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.viewsets import ViewSetMixin

from audit.checks import every_model_has_a_stance
from audit.history import audited_models, stance_of
from audit.models import AuditEvent
from audit.querysets import EventManager
from audit.triggers import postgresql, sqlite
from audit.triggers.plan import PREFIX
from portal.views.bases import EmployeePage
from privacy_console.rest.serializers import InputSerializer, OutputSerializer
from tenants.api.permissions import MayDo
from tenants.api.viewsets import PrincipalViewSet, TenantViewSet
from tenants.commands import ConsoleCommand
from tenants.models import TenantOwned
from tenants.pages.bases import ConsoleModelAdmin, PlatformModelAdmin, TenantModelAdmin
from tenants.roles import Permission
from tenants.scoping import TenantHistoryManager, TenantManager

ROOT = Path(__file__).resolve().parent.parent
OURS = [app for app in apps.get_app_configs() if Path(app.path).parent == ROOT]
MODELS = [model for app in OURS for model in app.get_models(include_auto_created=True)]
OWNED = [model for model in MODELS if issubclass(model, TenantOwned)]
DIALECT: Any = {"sqlite": sqlite, "postgresql": postgresql}[connection.vendor]

# Answers that hold no tenant's data and need nobody signed in, each for its reason.
OPEN = {
    "privacy_console.health.healthz": "asked by whoever supervises the process",
    "privacy_console.health.readyz": "asked by whoever sends traffic",
    "privacy_console.api.SchemaView": "describes the API and holds no data",
    "privacy_console.api.documentation": "shows that description",
    "privacy_console.rest.problems.not_found": "says that there is nothing",
    "consents.api.authzen.views.configuration": "names addresses, the same for every name that is asked about",
    "portal.views.bases.Nowhere": "says that there is nothing",
    "portal.views.entry.AskForLink": "asks for an address and sends the link to it, the same answer for every address",
    "portal.views.entry.LinkSent": "says to look into one's mail",
    "portal.views.entry.Enter": "a secret address, sent to an employee, whom its button signs in",
    "portal.views.provider.Leave": "leads to the tenant's own identity provider",
    "portal.views.provider.ComeBack": "whom the identity provider vouches for is signed in",
    "django.views.generic.base.RedirectView": "leads to the admin pages, which ask",
    "work.calendar.calendar": "calendars cannot sign in: a secret address stands for a person, whose role it asks",
}
# Answers to whoever is signed in, because they only tell what the person is.
FOR_EVERYBODY = {"privacy_console.api.RootView": "lists addresses"}


def dotted(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


# --- Models ----------------------------------------------------------------------------------------------------------


class TestModels:
    def test_each_has_a_stance(self) -> None:
        assert every_model_has_a_stance(None) == []

    def test_what_points_to_a_tenant_is_owned_by_it(self) -> None:
        loose = {
            model._meta.label
            for model in MODELS
            if any(f.name == "tenant" or f.name.endswith("_tenant") for f in model._meta.concrete_fields)
            and not issubclass(model, TenantOwned)
            and not hasattr(model, "instance_type")
        }
        assert loose <= {"audit.AuditEvent", *EXEMPT_FROM_OWNERSHIP}

    @pytest.mark.parametrize("model", OWNED, ids=lambda m: m._meta.label)
    def test_owned_ones_are_closed(self, model: type[Any]) -> None:
        managers = [m for m in model._meta.managers if m.name != "_base_manager"]
        assert managers
        assert all(isinstance(m, TenantManager) for m in managers if m.name == "objects")
        assert isinstance(model._default_manager, TenantManager)
        if stance_of(model._meta.label_lower):
            assert isinstance(model.history, TenantHistoryManager)

    def test_the_timeline_is_closed(self) -> None:
        assert isinstance(AuditEvent._default_manager, EventManager)

    @pytest.mark.parametrize("model", OWNED, ids=lambda m: m._meta.label)
    def test_owned_ones_record_in_their_tenants_timeline(self, model: type[Any]) -> None:
        stance = stance_of(model._meta.label_lower)
        assert stance is None or stance.tenant_column == "tenant_id"

    @pytest.mark.django_db
    def test_the_database_guards_every_reference_between_owned_ones(self) -> None:
        installed = set(DIALECT.installed(connection))
        for model in OWNED:
            assert f"{PREFIX}stays_{model._meta.db_table}" in installed
            for field in references_to_owned(model):
                guards = {n for n in installed if n.endswith(f"_{model._meta.db_table}_{field.column}")}
                assert guards, f"{model._meta.label}.{field.name} may point into another tenant"

    def test_many_to_many_between_owned_ones_goes_through_an_owned_one(self) -> None:
        for model in OWNED:
            for field in model._meta.many_to_many:
                through: Any = field.remote_field.through  # type: ignore[union-attr]
                assert issubclass(through, TenantOwned), f"{model._meta.label}.{field.name}"

    def test_nothing_is_deleted_along_with_something_else(self) -> None:
        """A cascade would be recorded, but nobody would have decided it."""
        cascading = {
            f"{model._meta.label}.{field.name}"
            for model in MODELS
            for field in model._meta.concrete_fields
            if isinstance(field.remote_field, ForeignObjectRel)
            and getattr(field.remote_field, "on_delete", None) in (models.CASCADE, models.SET_NULL)
        }
        assert cascading == set()

    def test_every_audited_one_is_ours(self) -> None:
        assert {stance.model for stance in audited_models()} <= set(MODELS)


# Kept for a day, never listed, found only by the one who sent the request.
EXEMPT_FROM_OWNERSHIP = {"tenants.IdempotentAnswer"}


def references_to_owned(model: type[models.Model]) -> Iterator[Any]:
    for field in model._meta.concrete_fields:
        related = field.related_model
        if isinstance(related, type) and issubclass(related, TenantOwned):
            yield field


# --- Admin pages -----------------------------------------------------------------------------------------------------


class TestAdmin:
    def registered(self) -> list[tuple[type[models.Model], Any]]:
        site: AdminSite = admin.site
        return list(site._registry.items())

    def test_every_page_has_a_safe_base(self) -> None:
        for model, page in self.registered():
            assert isinstance(page, ConsoleModelAdmin), model
            base = (
                TenantModelAdmin if issubclass(model, TenantOwned) else (PlatformModelAdmin, TenantModelAdmin)
            )
            assert isinstance(page, base), model

    def test_every_page_names_who_may_see_it(self) -> None:
        for model, page in self.registered():
            assert page.view_permission in Permission, model

    def test_nothing_is_edited_or_deleted_in_place(self) -> None:
        for model, page in self.registered():
            assert not page.list_editable, model
            assert not page.actions, model
            assert not page.has_change_permission(request=None), model
            assert not page.has_delete_permission(request=None), model

    def test_no_page_has_inlines_of_its_own_base(self) -> None:
        for model, page in self.registered():
            assert not page.inlines, model

    def test_there_are_pages(self) -> None:
        labels = {model._meta.label for model, _ in self.registered()}
        assert {"consents.Consent", "tenants.Tenant", "audit.AuditEvent", "catalog.Element"} <= labels


# --- Addresses -------------------------------------------------------------------------------------------------------


def addresses(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for each in (resolver or get_resolver()).url_patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            if each.app_name != "admin":  # its pages ask through the site and the bases
                yield from addresses(each, path)
        elif isinstance(each, URLPattern):
            yield path, each.callback


def view_of(callback: Any) -> Any:
    return getattr(callback, "cls", None) or getattr(callback, "view_class", None) or callback


class TestAddresses:
    def test_each_asks_who_may(self) -> None:
        unasked = set()
        for path, callback in addresses():
            view = view_of(callback)
            classes = tuple(getattr(view, "permission_classes", ()))
            if classes == (MayDo,) or dotted(view) in OPEN:
                continue
            if isinstance(view, type) and issubclass(view, EmployeePage):
                continue  # for whoever signed in to the portal; it shows their own
            if classes == (IsAuthenticated,) and dotted(view) in FOR_EVERYBODY:
                continue
            unasked.add(f"{path} {dotted(view)} {classes}")
        assert unasked == set()

    def test_each_viewset_has_a_safe_base_and_declares_every_action(self) -> None:
        for path, callback in addresses():
            view = view_of(callback)
            if not (isinstance(view, type) and issubclass(view, ViewSetMixin)):
                continue
            assert issubclass(view, PrincipalViewSet), path
            for action in callback.actions.values():
                assert view.permissions_needed.get(action) in Permission, f"{path} {action}"

    def test_what_belongs_to_tenants_is_read_through_the_scoped_base(self) -> None:
        for path, callback in addresses():
            view = view_of(callback)
            model = getattr(getattr(view, "model", None), "_meta", None)
            if model is not None and issubclass(view.model, TenantOwned):
                assert issubclass(view, TenantViewSet), path
                assert "tenant" in path

    def test_there_are_addresses(self) -> None:
        assert len(list(addresses())) > 20


# --- Serializers -----------------------------------------------------------------------------------------------------


def all_subclasses(base: type[Any]) -> Iterator[type[Any]]:
    for each in base.__subclasses__():
        yield each
        yield from all_subclasses(each)


def our_serializers() -> list[type[Any]]:
    list(addresses())  # loads every module of the API
    packages = {app.name for app in OURS}
    return [s for s in all_subclasses(serializers.BaseSerializer) if s.__module__.split(".")[0] in packages]


class TestSerializers:
    def test_each_has_a_safe_base(self) -> None:
        bases = (InputSerializer, OutputSerializer)
        loose = [s for s in our_serializers() if not issubclass(s, bases) and s not in bases]
        assert [dotted(s) for s in loose if issubclass(s, serializers.ModelSerializer)] == []

    def test_none_looks_up_an_id_by_itself(self) -> None:
        """A related field with a queryset would answer for other tenants' ids."""
        for serializer in our_serializers():
            if getattr(getattr(serializer, "Meta", None), "abstract", False) or not issubclass(
                serializer, serializers.Serializer
            ):
                continue
            for name, field in getattr(serializer, "_declared_fields", {}).items():
                related = getattr(field, "child_relation", field)
                assert not isinstance(related, serializers.RelatedField), f"{dotted(serializer)}.{name}"

    def test_none_takes_a_tenant_from_the_body(self) -> None:
        for serializer in all_subclasses(InputSerializer):
            assert not {"tenant", "tenant_id"} & set(serializer._declared_fields), dotted(serializer)


# --- Commands --------------------------------------------------------------------------------------------------------


# Django's `migrate` under its own name, which differs in what it checks first.
DJANGOS_OWN = {("audit", "migrate")}


def our_commands() -> Iterator[tuple[str, str]]:
    for app in OURS:
        for file in Path(app.path, "management", "commands").glob("[!_]*.py"):
            yield app.name, file.stem


def test_every_command_has_the_safe_base() -> None:
    assert len(list(our_commands())) > 8
    for app, name in our_commands():
        if (app, name) in DJANGOS_OWN:
            continue
        assert isinstance(load_command_class(app, name), ConsoleCommand), f"{app} {name}"
