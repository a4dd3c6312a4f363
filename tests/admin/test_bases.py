"""The traps other products fell into, each tried against a page that takes no care of its own."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest
from django.test import RequestFactory
from django.urls import reverse

import tests.admin
from catalog.models import Edition, Service
from consents.models import Consent, CoveredFlow
from consents.services import grant_consent, request_consent
from privacy_console.navigation import GROUPS, way_to
from tenants.choice import chosen_tenant, visible_tenants
from tenants.models import AccessToken, Membership, Tenant, User
from tenants.pages.bases import PlatformModelAdmin, TenantModelAdmin
from tenants.pages.lists import CappedPaginator
from tenants.pages.past import PastModelAdmin
from tenants.roles import Permission, Role
from tests.admin.suite import AdminPageSuite, at_work
from tests.cast import CastTestCase


class CarelessAdmin(TenantModelAdmin):
    """Declares nothing but what is asked of it."""

    view_permission = Permission.VIEW_CONSENTS
    list_filter = ("consent", "direction")
    search_fields = ("code",)


class TrapTests(CastTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        service = Service.objects.get(catalog__code="intune", code="vpp")
        with at_work():
            for tenant in (cls.contoso, cls.fabrikam):
                consent = request_consent(
                    tenant=tenant, service=service, by=cls.operator, connection=tenant.name
                )
                grant_consent(consent=consent, by=cls.operator, reason="Checked.")

    @property
    def page(self) -> CarelessAdmin:
        return CarelessAdmin(CoveredFlow, admin.site)

    def request(self, user: User, **query: str) -> HttpRequest:
        request = RequestFactory().get("/admin/", query)
        request.user, request.session = user, SessionStore()
        return request

    def test_the_list_holds_ones_own(self) -> None:
        rows = self.page.get_queryset(self.request(self.admin))
        assert {row.tenant for row in rows} == {self.contoso}

    def test_foreign_keys_offer_ones_own(self) -> None:
        field = self.page.formfield_for_foreignkey(
            CoveredFlow._meta.get_field("consent"), self.request(self.admin)
        )
        assert {row.tenant for row in field.queryset} == {self.contoso}

    def test_a_given_queryset_is_narrowed_too(self) -> None:
        everything = Consent.objects.across_tenants()
        field = self.page.formfield_for_foreignkey(
            CoveredFlow._meta.get_field("consent"), self.request(self.admin), queryset=everything
        )
        assert {row.tenant for row in field.queryset} == {self.contoso}

    def test_many_to_many_fields_offer_what_foreign_keys_do(self) -> None:
        offered = self.page._scoped(_Pointing(AccessToken), self.request(self.admin), {})["queryset"]
        assert not offered.exclude(tenant=self.contoso).exists()

    def test_people_and_tenants_are_those_one_knows(self) -> None:
        request = self.request(self.admin)
        assert set(self.page.related_queryset(Tenant, request)) == {self.contoso}
        assert set(self.page.related_queryset(User, request)) == {self.officer, self.admin, self.auditor}

    def test_filters_offer_ones_own_and_say_nothing_of_others(self) -> None:
        request = self.request(self.admin)
        assert str(self.fabrikam.name) not in self._filter_choices(request)
        assert str(self.contoso.name) in self._filter_choices(self.request(self.operator))
        assert str(self.fabrikam.name) in self._filter_choices(self.request(self.operator))
        foreign = Consent.objects.for_tenant(self.fabrikam).get()
        for key in (foreign.pk, 987_654):
            changelist = self.page.get_changelist_instance(
                self.request(self.admin, consent__id__exact=str(key))
            )
            assert changelist.result_count == 0

    def _filter_choices(self, request: HttpRequest) -> str:
        field, filter_class = self.page.get_list_filter(request)[0]
        spec = filter_class(
            CoveredFlow._meta.get_field(field), request, {}, CoveredFlow, self.page, field_path=field
        )
        return " ".join(label for _, label in spec.lookup_choices)

    def test_only_declared_lookups_are_answered(self) -> None:
        request = self.request(self.admin)
        assert self.page.lookup_allowed("consent__id__exact", "1", request)
        assert self.page.lookup_allowed("direction__exact", "x", request)
        for lookup in (
            "code",
            "code__startswith",
            "tenant__slug",
            "consent__justification__regex",
            "id__gt",
            "consent",
        ):
            assert not self.page.lookup_allowed(lookup, "a", request), lookup

    def test_autocomplete_answers_with_ones_own(self) -> None:
        """Even where a page that offers it is reached by hand."""
        query = {"term": "", "app_label": "consents", "model_name": "coveredflow", "field_name": "consent"}
        self.client.force_login(self.admin)
        answer = self.client.get(reverse("admin:autocomplete"), query)
        assert answer.status_code in (200, 403)
        self.assertNotContains(answer, "Fabrikam", status_code=answer.status_code)

    def test_no_page_uses_raw_ids_or_autocomplete(self) -> None:
        for model, page in admin.site._registry.items():
            assert (page.raw_id_fields, page.autocomplete_fields, page.inlines) == ((), (), ()), model

    def test_another_tenants_object_is_missing_whatever_the_address_says(self) -> None:
        foreign = CoveredFlow.objects.for_tenant(self.fabrikam).first()
        request = self.request(self.admin)
        assert self.page.get_object(request, str(foreign.pk)) is None
        assert self.page.get_object(request, foreign.code, from_field="code") is None
        with pytest.raises(Http404):
            self.page.required_object(request, str(foreign.pk))

    def test_ones_own_that_the_role_may_not_see_is_refused_not_missing(self) -> None:
        with at_work():
            Membership.objects.for_tenant(self.contoso).filter(user=self.auditor).update(role=Role.SERVICE)
        page = type("MembersOnly", (CarelessAdmin,), {"view_permission": Permission.VIEW_TOKENS})(
            CoveredFlow, admin.site
        )
        request = self.request(User.objects.get(pk=self.auditor.pk))
        mine = CoveredFlow.objects.for_tenant(self.contoso).first()
        assert not page.get_queryset(request).exists()
        with pytest.raises(PermissionDenied):
            page.required_object(request, str(mine.pk))

    def test_deletion_summaries_name_only_what_was_asked_for(self) -> None:
        consent = Consent.objects.for_tenant(self.contoso).get()
        page = admin.site.get_model_admin(Consent)
        names, _, _, protected = page.get_deleted_objects([consent], self.request(self.operator))
        assert names == [str(consent)]
        assert protected == ["other records"]

    def test_two_tenants_are_both_seen_until_one_is_chosen(self) -> None:
        with at_work():
            Membership.objects.for_tenant(self.fabrikam).create(
                tenant=self.fabrikam, user=self.admin, role=Role.AUDITOR
            )
        admin_now = User.objects.get(pk=self.admin.pk)
        request = self.request(admin_now)
        assert chosen_tenant(request) is None
        assert set(visible_tenants(request)) == {self.contoso, self.fabrikam}
        request = self.request(admin_now)
        request.session["tenant"] = "fabrikam"
        assert {row.tenant for row in self.page.get_queryset(request)} == {self.fabrikam}

    def test_a_choice_that_is_no_longer_ones_own_counts_as_none(self) -> None:
        request = self.request(self.admin)
        request.session["tenant"] = "fabrikam"
        assert chosen_tenant(request) == self.contoso

    def test_choosing_needs_a_tenant_of_ones_own_and_leads_nowhere_else(self) -> None:
        self.client.force_login(self.admin)
        url = reverse("admin:choose_tenant")
        for slug in ("fabrikam", "no-such"):
            assert self.client.post(url, {"tenant": slug}).status_code == 404
        assert self.client.get(url).status_code == 405
        for onward in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
            answer = self.client.post(url, {"tenant": "contoso", "next": onward})
            self.assertRedirects(answer, reverse("admin:index"), fetch_redirect_response=False)

    def test_djangos_own_log_is_not_written(self) -> None:
        self.client.force_login(self.admin)
        data = {"username": "new@contoso.example", "role": "auditor"}
        self.client.post(reverse("admin:tenants_membership_add"), data)
        assert not LogEntry.objects.exists()

    def test_counting_stops_at_ten_thousand_and_one(self) -> None:
        paginator = CappedPaginator(CoveredFlow.objects.across_tenants().order_by("pk"), 10)
        paginator.LIMIT = 3
        assert paginator.count == 4


class _Pointing:
    """A field that points to a model."""

    def __init__(self, model: type[models.Model]) -> None:
        self.related_model: Any = model


def suites() -> list[Any]:
    """Every suite of a page in this folder."""
    names = [module.name for module in pkgutil.iter_modules(tests.admin.__path__)]
    modules = [import_module(f"tests.admin.{name}") for name in names if name.startswith("test_")]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    return [suite for suite in found if hasattr(suite, "model")]


# PastModelAdmin shows past moments; it is tried as a base of its own in test_consent_pages.
SAFE_BASES = (PlatformModelAdmin, TenantModelAdmin, PastModelAdmin)


class RegistryTests(CastTestCase):
    def test_every_registered_page_stands_on_a_safe_base(self) -> None:
        for model, page in admin.site._registry.items():
            assert isinstance(page, (PlatformModelAdmin, TenantModelAdmin)), model

    def test_what_has_a_tenant_stands_on_the_tenants_base(self) -> None:
        for model, page in admin.site._registry.items():
            owned = model is Tenant or any(field.name == "tenant" for field in model._meta.get_fields())
            assert isinstance(page, TenantModelAdmin) == owned, model

    def test_no_page_loosens_what_the_base_keeps(self) -> None:
        kept = (
            "lookup_allowed",
            "get_actions",
            "has_change_permission",
            "has_delete_permission",
            "change_view",
            "delete_view",
            "history_view",
            "required_object",
            "_get_obj_does_not_exist_redirect",
            "log_addition",
        )
        for model, page in admin.site._registry.items():
            for name in kept:
                safe = {getattr(base, name) for base in SAFE_BASES}
                assert getattr(type(page), name) in safe, f"{model.__name__}.{name}"

    def test_every_page_has_a_suite(self) -> None:
        tried = {suite.model for suite in suites() if issubclass(suite, AdminPageSuite)}
        assert tried == set(admin.site._registry)

    def test_every_write_of_a_page_is_tried(self) -> None:
        writing_suites = [suite for suite in suites() if hasattr(suite, "writings")]
        tried = {(suite.model, writing.name) for suite in writing_suites for writing in suite.writings}
        pages: dict[Any, Any] = dict(admin.site._registry)
        tried |= {(suite.model, name) for suite in writing_suites for name in suite.in_steps}
        offered = {(model, d.name) for model, page in pages.items() for d in page.deeds}
        offered |= {(model, "add") for model, page in pages.items() if page.adding}
        assert offered - tried == set()

    def test_the_way_to_every_page_names_each_step_once(self) -> None:
        pages: dict[Any, Any] = dict(admin.site._registry)
        for model, page in pages.items():
            titles = [step.title for step in way_to(model._meta)]
            others = {p.title for _, pages in GROUPS for p in pages if p.model == model._meta.label}
            assert titles[-1] in {page.list_title, *others}, model
            assert len(set(titles)) == len(titles) == 2, model

    def test_a_page_of_the_sidebar_stands_beside_its_models_list(self) -> None:
        for group, page in ((group, page) for group, pages in GROUPS for page in pages if page.called):
            way = way_to(apps.get_model(page.model)._meta, here=page.called)
            assert [step.title for step in way] == [group, page.called]
        export = way_to(apps.get_model("consents.Consent")._meta, here="Export")
        assert [step.title for step in export] == ["Consents", "Sharing consents", "Export"]

    def test_groups_and_their_permissions_have_no_page(self) -> None:
        assert not admin.site.is_registered(Group)
        assert admin.site.is_registered(Edition)
