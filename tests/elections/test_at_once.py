"""Many people decide about one election at the same moment, each on a connection of their own."""

from __future__ import annotations

import pytest

from audit.models import AuditEvent
from elections.models import StorageElection
from elections.services import approve_election, begin_storage, elect_region
from tenants.access import Shell
from tests.cast import Cast
from tests.consents.test_at_once import CROWD, at_once
from tests.elections.stories import REASON, moved, with_four_eyes

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_of_twenty_approvals_wins_and_so_does_one_of_twenty_elections(cast: Cast) -> None:
    """Together, as making a database anew costs more than either."""
    begin_storage(tenant=cast.contoso, by=Shell())
    with_four_eyes(cast.contoso)
    election = moved(cast.contoso, "CH", cast.admin)
    results = at_once([lambda: approve_election(election=election, by=cast.officer)] * CROWD)
    assert sum(isinstance(result, StorageElection) for result in results) == 1
    assert results.count("not_proposed") == CROWD - 1
    events = AuditEvent.objects.for_tenant(cast.contoso)
    assert events.filter(activity="election.approved").count() == 1

    first = with_first_elections(cast)
    assert sum(isinstance(result, StorageElection) for result in first) == 1
    assert {result for result in first if isinstance(result, str)} == {"already_so"}
    assert StorageElection.objects.for_tenant(cast.fabrikam).count() == 1


def with_first_elections(cast: Cast) -> list[object]:
    """Twenty people elect the same for fabrikam, where nothing was elected yet."""

    def elect() -> StorageElection:
        return elect_region(tenant=cast.fabrikam, region="NA", by=cast.fabrikam_admin, reason=REASON)

    return at_once([elect] * CROWD)
