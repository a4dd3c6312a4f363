"""Officers are told what is announced of subcontractors, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.context import Origin, acting
from consents.subcontractor_news import tell_officers
from tenants.models import Membership, Tenant, User
from tests.cast import Cast
from tests.consents.subcontracting import agent, announced, today
from work.models import Message
from work.registry import Running, declaration_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def door() -> Any:
    with acting(origin=Origin.COMMAND, actor_name="the test"):
        yield


def told() -> set[tuple[str, str]]:
    """Tenant and address of every message."""
    return set(Message.objects.across_tenants().values_list("tenant__slug", "to"))


def promote(person: User) -> None:
    Membership.objects.across_tenants().filter(user=person).update(role="privacy_officer")


def test_the_officers_of_every_tenant_are_told_once(cast: Cast) -> None:
    notice = announced(agent(), notice_days=45)
    assert tell_officers() == 2
    assert told() == {("contoso", "officer@contoso.example"), ("fabrikam", "officer@fabrikam.example")}
    message = Message.objects.for_tenant(cast.contoso).get()
    assert message.subject.startswith("Northwind becomes a subcontractor of Microsoft")
    for words in (
        "Answers support calls",
        "IE",
        "Service bulletin 7",
        "later than the 45 days",
        str(notice.pk),
    ):
        assert words in message.body
    assert f"/admin/consents/subcontractornotice/{notice.pk}/change/" in message.body
    assert tell_officers() == 0
    announced(notice.third_party, change="leaves")
    assert tell_officers() == 2


def test_a_new_officer_is_told_of_what_still_runs(cast: Cast) -> None:
    announced(agent())
    announced(agent("tailspin"), announced_on=today(-90), effective_on=today(-60))
    assert tell_officers() == 4
    promote(cast.admin)
    assert tell_officers(timezone.now() + timedelta(days=25)) == 2
    promote(cast.auditor)
    assert tell_officers(timezone.now() + timedelta(days=60)) == 0


def test_nobody_is_written_to_who_cannot_read_it(cast: Cast) -> None:
    Tenant.objects.filter(pk=cast.fabrikam.pk).update(status="closed")
    User.objects.filter(pk=cast.officer.pk).update(email="")
    announced(agent())
    assert tell_officers() == 0
    User.objects.filter(pk=cast.officer.pk).update(email="officer@contoso.example", is_active=False)
    assert tell_officers() == 0


def test_long_names_still_make_one_line(cast: Cast) -> None:
    announced(agent(name="N" * 300))
    assert tell_officers() == 2


def test_the_job_says_what_it_did(cast: Cast) -> None:
    job = declaration_of("consents.tell_of_subcontractors")
    assert job is not None
    announced(agent())
    run = Running(code=job.code)
    assert job.work(run) == "Posted 2 messages about subcontractors."
    assert job.work(run) == "Everybody has been told."


def test_it_asks_as_often_for_many_tenants_as_for_one(cast: Cast, django_assert_num_queries: Any) -> None:
    announced(agent())
    tell_officers()
    with django_assert_num_queries(3):
        assert tell_officers() == 0
