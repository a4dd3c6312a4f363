"""What the tests of elections have in common: a tenant with a past, and elections that are made for it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import AuditEvent
from elections.models import CollectionElection, ElectionPolicy, StorageElection
from elections.services import begin_storage, elect_collection, elect_region, set_election_policy
from privacy_console.errors import Refused
from tenants.access import Principal, Shell
from tenants.models import Tenant
from tests.cast import CastTestCase

DAY = timedelta(days=1)
REASON = "The works council agreed."
ASSESSED: dict[str, Any] = {
    "transfer_assessment": "Assessment 12, in the contract folder.", "assessed_on": date(2026, 3, 1)
}  # fmt: skip


def moved(
    tenant: Tenant, region: str, by: Principal, begins: datetime | None = None, **more: Any
) -> StorageElection:
    """A storage election of somebody who read everything."""
    given = {"reason": REASON, "confirmed": True, **ASSESSED, **more}
    return elect_region(tenant=tenant, region=region, by=by, effective_from=begins, **given)


def switched(
    tenant: Tenant, by: Principal, begins: datetime | None = None, **features: bool
) -> CollectionElection:
    return elect_collection(tenant=tenant, features=features, by=by, reason=REASON, effective_from=begins)


def with_four_eyes(tenant: Tenant) -> ElectionPolicy:
    return set_election_policy(tenant=tenant, four_eyes=True, by=Shell())


def code_of(deed: Any, *args: Any, **options: Any) -> tuple[str, str]:
    """What a deed is refused for: the field (empty for the whole), and the code."""
    with pytest.raises((Refused, ValidationError)) as refusal:
        deed(*args, **options)
    error: Any = refusal.value
    if isinstance(error, Refused):
        return "", error.code
    ((field, (first,)),) = error.error_dict.items()
    return field, str(first.code)


class ElectionsTestCase(CastTestCase):
    """contoso (DE), stored in Europe since it exists; fabrikam (US), of which nothing is known yet."""

    began: StorageElection
    now: datetime

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        began = begin_storage(tenant=cls.contoso, by=Shell())
        assert began is not None
        cls.began, cls.now = began, timezone.now()

    def storage(self) -> Any:
        return StorageElection.objects.for_tenant(self.contoso)

    def held_at(self, at: datetime) -> list[str]:
        return [election.code for election in self.storage().in_force(at)]

    def event_about(self, row: Any) -> AuditEvent:
        """The latest."""
        return AuditEvent.objects.for_tenant(self.contoso).about(row)[0]
