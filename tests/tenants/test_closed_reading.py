"""Tenant-owned rows are read for somebody, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from audit.models import AuditEvent
from catalog.models import Service
from consents.models import Consent
from privacy_console.errors import ScopeRequired
from tenants.models import Membership, TenantOwned, User
from tests.cast import CastTestCase

OWNED = [model for model in apps.get_models() if issubclass(model, TenantOwned)]
READING: dict[str, Any] = {
    "all": lambda manager: list(manager.all()),
    "filter": lambda manager: manager.filter(pk=1),
    "exclude": lambda manager: manager.exclude(pk=1),
    "get": lambda manager: manager.get(pk=1),
    "first": lambda manager: manager.first(),
    "count": lambda manager: manager.count(),
    "exists": lambda manager: manager.exists(),
    "values": lambda manager: manager.values("pk"),
    "iterator": lambda manager: list(manager.iterator()),
    "in_bulk": lambda manager: manager.in_bulk([1]),
    "aggregate": lambda manager: manager.aggregate(models.Max("pk")),
    "raw": lambda manager: list(manager.raw(f"SELECT * FROM {manager.model._meta.db_table}")),
    "update": lambda manager: manager.update(pk=1),
    "delete": lambda manager: manager.all().delete(),
    "get_queryset": lambda manager: manager.get_queryset(),
    "using": lambda manager: manager.using("default"),
}


class Closed(CastTestCase):
    def test_every_way_of_reading_without_saying_for_whom(self) -> None:
        managers = (
            [m.objects for m in OWNED]
            + [m.history for m in OWNED if hasattr(m, "history")]
            + [AuditEvent.objects]
        )  # type: ignore[attr-defined]
        for manager in managers:
            for name, read in READING.items():
                with self.subTest(model=manager.model, way=name), pytest.raises(ScopeRequired):
                    read(manager)

    def test_the_refusal_says_what_to_do(self) -> None:
        with pytest.raises(ScopeRequired, match="Membership belongs to tenants: say for whom"):
            Membership.objects.all()

    def test_a_person_does_not_open_a_tenant(self) -> None:
        with pytest.raises(ScopeRequired):
            self.officer.memberships.all()  # type: ignore[attr-defined]

    def test_a_catalog_row_does_not_open_a_tenant(self) -> None:
        with pytest.raises(ScopeRequired):
            Service.objects.get(code="vpp").consents.all()  # type: ignore[attr-defined]

    def test_prefetching_does_not_open_it_either(self) -> None:
        with pytest.raises(ScopeRequired):
            list(User.objects.prefetch_related("memberships"))
        with pytest.raises(ScopeRequired):
            list(Service.objects.prefetch_related("consents"))


class OpenForSomebody(CastTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        for tenant in (cls.contoso, cls.fabrikam):
            Consent(tenant=tenant, service=Service.objects.get(code="vpp"), requested_by="somebody").save()

    def test_one_tenant(self) -> None:
        ours = Membership.objects.for_tenant(self.contoso)
        assert {m.user for m in ours} == set(self.members)
        assert set(self.contoso.memberships.all()) == set(ours)  # type: ignore[attr-defined]

    def test_what_a_person_may_see(self) -> None:
        for person in self.members:
            assert {m.tenant for m in Membership.objects.for_user(person)} == {self.contoso}
            assert Consent.objects.for_user(person).get().tenant == self.contoso
        assert not Membership.objects.for_user(self.employee).exists()
        assert Membership.objects.for_user(self.operator).count() == 6

    def test_what_an_inactive_person_may_see(self) -> None:
        self.officer.is_active = False
        assert not Membership.objects.for_user(self.officer).exists()

    def test_somebody_with_roles_in_two_tenants(self) -> None:
        Membership(tenant=self.fabrikam, user=self.officer, role="auditor").save()
        both = User.objects.get(pk=self.officer.pk)
        assert Consent.objects.for_user(both).count() == 2
        assert (both.role_in(self.contoso), both.role_in(self.fabrikam)) == ("privacy_officer", "auditor")

    def test_history_of_a_tenant_and_of_a_person(self) -> None:
        history: Any = Consent.history  # type: ignore[attr-defined]
        assert history.for_tenant(self.contoso).get().tenant == self.contoso
        assert history.for_user(self.officer).get().tenant == self.contoso
        assert not history.for_user(self.employee).exists()
        assert history.across_tenants().count() == 2

    def test_history_of_an_object_at_hand(self) -> None:
        consent = Consent.objects.for_tenant(self.contoso).get()
        assert consent.history.count() == 1

    def test_past_states_keep_to_the_tenant(self) -> None:
        last = AuditEvent.objects.across_tenants().latest("pk")
        past = Consent.history.for_tenant(self.contoso).up_to_event(last.pk).as_instances()  # type: ignore[attr-defined]
        assert [consent.tenant for consent in past] == [self.contoso]

    def test_timelines(self) -> None:
        ours = AuditEvent.objects.for_tenant(self.contoso)
        assert {event.tenant_id for event in ours} == {self.contoso.pk}
        assert {e.tenant_id for e in AuditEvent.objects.for_tenants([self.contoso, self.fabrikam])} == {
            self.contoso.pk,
            self.fabrikam.pk,
        }
        assert {event.tenant_id for event in AuditEvent.objects.of_platform()} == {None}

    def test_uniqueness_is_looked_up_inside_the_tenant(self) -> None:
        again = Membership(tenant=self.contoso, user=self.officer, role="auditor")
        with pytest.raises(ValidationError, match="This person is a member already"):
            again.full_clean()
        Membership(tenant=self.fabrikam, user=self.officer, role="auditor").full_clean()
