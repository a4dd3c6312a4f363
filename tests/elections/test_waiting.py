"""What of the elections waits for somebody, and what the console does by itself."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from elections.jobs import begin
from elections.models import StorageElection
from tenants.access import Principal, Shell
from tenants.models import Tenant
from tenants.services import change_tenant
from tests.elections.stories import ElectionsTestCase, moved, switched, with_four_eyes
from work.jobs import Running
from work.worklist import Asked, worklist

OURS = frozenset({"elections.regions", "elections.features", "elections.unelected"})


class WaitingTest(ElectionsTestCase):
    def items(self, person: Principal) -> list[tuple[str, str]]:
        found = worklist(person, person.tenants(), timezone.now(), Asked(OURS))
        return [(item.kind, item.tenant.slug) for item in found]

    def test_proposals_wait_for_their_tenants_members(self) -> None:
        with_four_eyes(self.contoso)
        moved(self.contoso, "CH", self.admin)
        switched(self.contoso, self.admin, device_query=True)
        expected = [("elections.regions", "contoso"), ("elections.features", "contoso")]
        assert self.items(self.officer) == self.items(self.auditor) == expected
        assert self.items(self.fabrikam_officer) == []

    def test_tenants_whose_country_says_no_single_geography_wait_for_an_election(self) -> None:
        change_tenant(tenant=self.fabrikam, country="AU", by=Shell())
        assert self.items(self.fabrikam_admin) == [("elections.unelected", "fabrikam")]
        assert self.items(self.admin) == []
        moved(self.fabrikam, "AU", self.fabrikam_admin)
        assert self.items(self.fabrikam_admin) == []

    def test_the_job_sees_to_the_others(self) -> None:
        running: Any = Running(
            code="elections.begin", arguments={}, tenant=None, due=None, attempt=1, asked_by=""
        )
        assert begin(running) == "Recorded the geography of 1 tenants."
        american = StorageElection.objects.for_tenant(self.fabrikam).get()
        assert (american.code, american.effective_from) == (
            "NA",
            Tenant.objects.get(slug="fabrikam").exists_since,
        )
        assert begin(running) == "Every tenant has been seen to."
