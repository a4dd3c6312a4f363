"""The ground the suite stands on: a test that really commits leaves nothing behind."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import TransactionTestCase

from audit import triggers
from audit.models import AuditEvent
from catalog.models import Catalog
from tenants.models import Tenant, User
from tests.cast import Cast, CastTestCase


class ACommittedTest(TransactionTestCase):
    def _commit_the_cast(self) -> None:
        assert not Tenant.objects.exists()
        events = AuditEvent.objects.across_tenants().count()
        Cast.assemble()
        assert AuditEvent.objects.across_tenants().count() > events
        assert Catalog.objects.exists()
        assert triggers.differences(connection) == []

    def test_once(self) -> None:
        self._commit_the_cast()

    def test_and_again_as_if_it_never_happened(self) -> None:
        self._commit_the_cast()


class TheCast(CastTestCase):
    def test_is_there(self) -> None:
        assert User.objects.count() == 8
        assert self.officer.role_in(self.contoso) == "privacy_officer"
        assert not any(self.contoso in person.tenants() for person in self.outsiders)


@pytest.mark.django_db
def test_the_cast_as_fixtures(cast: Cast, officer: User, contoso: Tenant) -> None:
    assert officer.tenants().get() == contoso == cast.contoso
