"""What the tests of elections have in common: a tenant with a past, and elections that are made for it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import AuditEvent
from catalog.models import Catalog, Feature
from catalog.services import add_entry, amend_entry
from elections.models import CollectionElection, ElectionPolicy, StorageElection
from elections.services import begin_storage, elect_collection, elect_region, set_election_policy
from privacy_console.errors import Refused
from tenants.access import Principal, Shell
from tenants.models import Tenant
from tests.cast import CastTestCase

DAY = timedelta(days=1)
REASON = "The works council agreed."
OF_LENS = tuple(f"opt_client_events.{each}" for each in ("consent_state", "policy_status", "crash"))
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


def lens() -> Feature:
    """A feature of our own: only what was entered by hand is changed without loading a file."""
    values = {"code": "lens", "name": "Lens", "elements": [OF_LENS[0]]}
    catalog = Catalog.objects.get(code="intune")
    made: Any = add_entry(catalog=catalog, kind="features", values=values, by=Shell(), reason=REASON)
    return made  # type: ignore[no-any-return]


def brings(feature: Feature, number: int) -> None:
    """From a new edition on the feature brings so many of the elements."""
    amend_entry(entry=feature, values={"elements": list(OF_LENS[:number])}, by=Shell(), reason=REASON)


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
