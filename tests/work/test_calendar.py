"""The calendar: read back with the library, for whoever has the address, as long as its person may see the list."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from audit.context import Origin, acting
from audit.models import AuditEvent
from privacy_console.errors import Refused
from tenants.models import AccessToken
from tenants.roles import Role
from tenants.services import change_role, create_token, remove_member
from tests.cast import Cast
from tests.work import waiting
from tests.work.waiting import at_work, days
from work.models import CalendarFeed
from work.notifications import FEEDS_AT_MOST, make_feed, revoke_feed
from work.places import day_of
from work.worklist import worklist

pytestmark = pytest.mark.django_db


def feed_of(person: Any, tenant: Any) -> tuple[CalendarFeed, str]:
    """A feed and its address."""
    with at_work(person, tenant):
        feed, secret = make_feed(tenant=tenant, name="Outlook", by=person)
    return feed, reverse("calendar", args=[secret])


def read(address: str, **headers: str) -> Any:
    return Client().get(address, headers=headers)


def entries(address: str) -> dict[str, Any]:
    """What the calendar holds, by UID."""
    calendar = Calendar.from_ical(read(address).content)
    return {str(entry["uid"]): entry for entry in calendar.subcomponents}


class TestReading:
    def test_it_reads_back_as_the_worklist(self, cast: Cast) -> None:
        waiting.requested(cast.contoso, cast.admin)
        row = waiting.credential(cast.contoso, cast.admin, days(3))
        waiting.drift(cast.contoso, cast.admin)
        _, address = feed_of(cast.officer, cast.contoso)
        answer = read(address)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        calendar = Calendar.from_ical(answer.content)
        assert str(calendar["x-wr-calname"]) == "Privacy Console: Contoso"
        assert (str(calendar["version"]), str(calendar["x-published-ttl"])) == ("2.0", "PT6H")
        items = worklist(cast.officer, cast.officer.tenants())
        assert sorted(entries(address)) == sorted(f"{item.key}@contoso.privacy-console" for item in items)
        event = entries(address)[f"consents.credentials:{row.pk}@contoso.privacy-console"]
        assert event.name == "VEVENT"
        assert event["dtstart"].dt == day_of(row.expires_at)
        assert type(event["dtstart"].dt) is date
        assert (event["dtend"].dt - event["dtstart"].dt).days == 1
        assert str(event["summary"]) == f"{row} expires"
        assert str(event["url"]).startswith("http://testserver/admin/")
        todo = next(entry for key, entry in entries(address).items() if key.startswith("consents.awaiting"))
        assert todo.name == "VTODO"
        assert "due" not in todo

    def test_names_of_any_kind_come_through(self, cast: Cast) -> None:
        row = waiting.credential(cast.contoso, cast.admin, days(3))
        name = "Zoë; BEGIN:VEVENT\r\nSUMMARY:x, \\n " + "long " * 20
        waiting.changed(row, cast.admin, name=name)
        _, address = feed_of(cast.officer, cast.contoso)
        (event,) = entries(address).values()
        assert "Zoë; BEGIN:VEVENT" in str(event["summary"])
        assert len(Calendar.from_ical(read(address).content).subcomponents) == 1

    def test_uids_stay_while_dates_move(self, cast: Cast) -> None:
        row = waiting.credential(cast.contoso, cast.admin, days(3))
        _, address = feed_of(cast.officer, cast.contoso)
        before = entries(address)
        waiting.changed(row, cast.admin, expires_at=days(9))
        after = entries(address)
        assert before.keys() == after.keys()
        (uid,) = after
        assert (after[uid]["dtstart"].dt - before[uid]["dtstart"].dt).days == 6

    def test_what_did_not_change_is_not_sent_again(self, cast: Cast) -> None:
        waiting.credential(cast.contoso, cast.admin, days(3))
        _, address = feed_of(cast.officer, cast.contoso)
        tag = read(address)["ETag"]
        again = read(address, **{"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        waiting.requested(cast.contoso, cast.admin)
        assert read(address, **{"If-None-Match": tag}).status_code == 200

    def test_it_holds_one_tenant_only(self, cast: Cast) -> None:
        waiting.credential(cast.contoso, cast.admin, days(3))
        waiting.credential(cast.fabrikam, cast.fabrikam_admin, days(3))
        _, address = feed_of(cast.operator, cast.fabrikam)
        assert {uid.partition("@")[2] for uid in entries(address)} == {"fabrikam.privacy-console"}

    def test_it_costs_the_same_for_few_and_for_many(self, cast: Cast) -> None:
        _, address = feed_of(cast.officer, cast.contoso)
        waiting.requested(cast.contoso, cast.admin)
        read(address)
        few = self.queries(address)
        for _ in range(5):
            waiting.requested(cast.contoso, cast.admin)
            waiting.drift(cast.contoso, cast.admin)
        assert self.queries(address) == few

    @staticmethod
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert read(address).status_code == 200
        return len(captured)


class TestTheAddress:
    def test_only_its_digest_is_kept(self, cast: Cast) -> None:
        feed, address = feed_of(cast.officer, cast.contoso)
        secret = address.removeprefix("/calendar/").removesuffix(".ics")
        assert secret not in str(CalendarFeed.objects.for_tenant(cast.contoso).values().get())
        past = feed.history.values().get()
        assert not {"digest", "last_used_at"} & past.keys()

    def test_reading_is_noted_and_writes_no_history(self, cast: Cast) -> None:
        feed, address = feed_of(cast.officer, cast.contoso)
        events = AuditEvent.objects.about(feed).count()
        read(address)
        feed.refresh_from_db()
        assert feed.last_used_at is not None
        assert AuditEvent.objects.about(feed).count() == events

    @pytest.mark.parametrize(
        "secret", ["x" * 43, "x" * 5, "x" * 200, "%00" * 10, "..%2F..%2Fadmin" * 3, "é" * 30]
    )
    def test_what_never_was_one_is_missing(self, cast: Cast, secret: str) -> None:
        assert read(f"/calendar/{secret}.ics").status_code == 404

    def test_once_revoked_it_is_missing(self, cast: Cast) -> None:
        feed, address = feed_of(cast.officer, cast.contoso)
        with at_work(cast.officer, cast.contoso):
            revoke_feed(feed=feed, by=cast.officer)
        assert read(address).status_code == 404
        with pytest.raises(Refused), at_work(cast.officer, cast.contoso):
            revoke_feed(feed=feed, by=cast.officer)

    def test_once_its_person_is_no_member_it_is_missing(self, cast: Cast) -> None:
        _, address = feed_of(cast.officer, cast.contoso)
        membership = cast.contoso.memberships.get(user=cast.officer)
        with at_work(cast.admin, cast.contoso):
            remove_member(membership=membership, by=cast.admin)
        assert read(address).status_code == 404

    def test_once_its_person_may_no_longer_see_the_list_it_is_missing(self, cast: Cast) -> None:
        _, address = feed_of(cast.officer, cast.contoso)
        membership = cast.contoso.memberships.get(user=cast.officer)
        with at_work(cast.admin, cast.contoso):
            change_role(membership=membership, role=Role.SERVICE, by=cast.admin)
        assert read(address).status_code == 404

    def test_once_its_person_may_not_sign_in_it_is_missing(self, cast: Cast) -> None:
        _, address = feed_of(cast.officer, cast.contoso)
        with acting(origin=Origin.ADMIN, actor_name="the operator"):
            cast.officer.is_active = False
            cast.officer.save()
        assert read(address).status_code == 404

    def test_it_is_read_and_nothing_else(self, cast: Cast) -> None:
        _, address = feed_of(cast.officer, cast.contoso)
        assert Client().head(address).status_code == 200
        assert {getattr(Client(), verb)(address).status_code for verb in ("post", "put", "delete")} == {405}

    def test_a_session_is_neither_needed_nor_of_use(self, cast: Cast) -> None:
        _, address = feed_of(cast.officer, cast.contoso)
        browser = Client()
        with acting(origin=Origin.ADMIN, actor_name="the test"):
            browser.force_login(cast.fabrikam_officer)
        assert browser.get(address).content == read(address).content


class TestTheDeeds:
    def test_making_is_for_people_who_may_see_the_list(self, cast: Cast) -> None:
        with pytest.raises(PermissionDenied):
            make_feed(tenant=cast.contoso, name="x", by=cast.fabrikam_officer)
        with pytest.raises(PermissionDenied):
            make_feed(tenant=cast.contoso, name="x", by=cast.employee)
        with at_work(cast.admin, cast.contoso):
            token, _ = create_token(tenant=cast.contoso, name="x", role=Role.AUDITOR, by=cast.admin)
        assert isinstance(token, AccessToken)
        with pytest.raises(Refused):
            make_feed(tenant=cast.contoso, name="x", by=token)

    def test_there_are_not_too_many(self, cast: Cast) -> None:
        for _ in range(FEEDS_AT_MOST):
            feed_of(cast.officer, cast.contoso)
        with pytest.raises(Refused):
            feed_of(cast.officer, cast.contoso)
        feed_of(cast.admin, cast.contoso)

    def test_a_name_is_needed(self, cast: Cast) -> None:
        with pytest.raises(ValidationError), at_work(cast.officer, cast.contoso):
            make_feed(tenant=cast.contoso, name="  ", by=cast.officer)

    def test_nobody_revokes_anothers_but_an_operator(self, cast: Cast) -> None:
        feed, address = feed_of(cast.officer, cast.contoso)
        with pytest.raises(Refused):
            revoke_feed(feed=feed, by=cast.admin)
        with pytest.raises(PermissionDenied):
            revoke_feed(feed=feed, by=cast.fabrikam_admin)
        with at_work(cast.operator, cast.contoso):
            revoke_feed(feed=feed, by=cast.operator)
        assert read(address).status_code == 404

    def test_both_are_in_the_trail(self, cast: Cast) -> None:
        feed, _ = feed_of(cast.officer, cast.contoso)
        with at_work(cast.officer, cast.contoso):
            revoke_feed(feed=feed, by=cast.officer)
        told = AuditEvent.objects.about(feed).order_by("id").values_list("activity", flat=True)
        assert list(told) == ["calendar_feed.created", "calendar_feed.revoked"]

    def test_the_database_keeps_it_and_whose_it_is(self, cast: Cast) -> None:
        feed, _ = feed_of(cast.officer, cast.contoso)
        rows = CalendarFeed.objects.for_tenant(cast.contoso)
        for change in ({"user": cast.admin}, {"digest": "0" * 64}):
            with pytest.raises(IntegrityError, match="calendar_feed"), transaction.atomic():
                rows.filter(pk=feed.pk).update(**change)
        with pytest.raises(IntegrityError, match="calendar_feed_is_kept"), transaction.atomic():
            rows.filter(pk=feed.pk).delete()
        assert timezone.now() > feed.created_at
