"""What the database itself refuses about consents, whoever writes and however: each rule, in its own words."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from audit import triggers
from audit.refusals import refusal_of
from catalog.models import Edition, Flow, Service
from consents.models import Consent, CoveredFlow
from consents.models.consent import DECIDED_FIELDS, REQUESTED_FIELDS, WITHDRAWN_FIELDS
from consents.services import decline_consent, grant_consent, request_consent, withdraw_consent
from tests.audit.test_every_way_of_writing import CHANGES, REMOVALS, insert_raw
from tests.audit.trail import recording
from tests.cast import Cast

pytestmark = pytest.mark.django_db
State = Consent.State
WAYS = [way for way in CHANGES if way.__name__ not in ("change_by_expression", "change_by_upsert")]
every_way = pytest.mark.parametrize("way", WAYS)


def requested(cast: Cast, connection: str = "sales", **given: Any) -> Consent:
    service = Service.objects.get(code="vpp")
    return request_consent(
        tenant=cast.contoso, service=service, connection=connection, by=cast.admin, **given
    )


def granted(cast: Cast, connection: str = "sales", **given: Any) -> Consent:
    asked = requested(cast, connection)
    return grant_consent(consent=asked, by=cast.admin, reason="Agreed", **given)


def refused(write: Callable[[], object]) -> str:
    """The name of the rule that refuses the write; nothing is left of it."""
    with recording() as trail, pytest.raises(IntegrityError) as told, transaction.atomic():
        write()
    assert (trail.events, trail.records) == ([], [])
    refusal = refusal_of(told.value)
    assert refusal is not None, told.value
    assert refusal.detail.endswith(".")
    return refusal.code


def another(row: Consent, name: str) -> Any:
    """A value that the column does not have, as `change_raw` and the ORM take it."""
    field: Any = next(f for f in Consent._meta.concrete_fields if f.attname == name)
    now = getattr(row, name)
    if isinstance(field, models.ForeignKey):
        others = field.related_model._base_manager.exclude(pk=now).exclude(pk=row.pk)
        return None if now else others.values_list("pk", flat=True).first()
    if isinstance(field, models.UUIDField):
        return uuid.uuid4().hex
    if isinstance(field, models.DateTimeField):
        return datetime(2025, 6, 1, tzinfo=UTC) if now is None else now - timedelta(days=9)
    return date(2025, 6, 1) if isinstance(field, models.DateField) else "another"


@every_way
def test_what_was_decided_never_changes(way: Callable[..., None], cast: Cast) -> None:
    consent, _ = granted(cast), granted(cast, "another connection")
    assert Edition.objects.count() >= 1
    for name in REQUESTED_FIELDS + DECIDED_FIELDS:
        row = Consent.objects.for_tenant(cast.contoso).get(pk=consent.pk)
        rule = refused(lambda row=row, name=name: way(row, name, another(row, name)))  # type: ignore[misc]
        assert rule in ("consent_is_frozen", "one_consent_in_force"), name


@every_way
def test_neither_does_what_was_declined(way: Callable[..., None], cast: Cast) -> None:
    consent = decline_consent(consent=requested(cast), by=cast.admin, reason="Not needed")
    for name in ("decline_reason", "justification", "declined_at"):
        row = Consent.objects.for_tenant(cast.contoso).get(pk=consent.pk)
        rule = refused(lambda row=row, name=name: way(row, name, another(row, name)))  # type: ignore[misc]
        assert rule == "consent_is_frozen"


@every_way
def test_a_withdrawal_is_final(way: Callable[..., None], cast: Cast) -> None:
    consent = withdraw_consent(consent=granted(cast), by=cast.admin, reason="Enough")
    for name in WITHDRAWN_FIELDS:
        row = Consent.objects.for_tenant(cast.contoso).get(pk=consent.pk)
        rule = refused(lambda row=row, name=name: way(row, name, another(row, name)))  # type: ignore[misc]
        assert rule == "consent_is_withdrawn_once"


@pytest.mark.parametrize("way", REMOVALS)
def test_a_consent_in_any_state_is_kept(way: Callable[..., None], cast: Cast) -> None:
    held = granted(cast)
    ended = withdraw_consent(consent=granted(cast, "other"), by=cast.admin, reason="Enough")
    for consent in (held, ended, requested(cast, "third")):
        # Django asks first whether something else refers to it, in words of its own.
        with recording() as trail, pytest.raises(IntegrityError), transaction.atomic():
            way(consent)
        assert trail.events == []
    assert refused(lambda: REMOVALS[2](held)) == "consent_is_kept"
    covered = CoveredFlow.objects.for_tenant(cast.contoso).earliest("pk")
    assert refused(lambda: way(covered)) == "covered_flow_kept"


@every_way
def test_an_end_is_brought_forward_and_never_put_off(way: Callable[..., None], cast: Cast) -> None:
    end = timezone.now() + timedelta(days=30)
    consent = granted(cast, effective_until=end)
    for value in (end + timedelta(days=1), None):
        row = Consent.objects.for_tenant(cast.contoso).get(pk=consent.pk)
        assert refused(lambda row=row, v=value: way(row, "ends_at", v)) == "consent_is_not_prolonged"  # type: ignore[misc]
    row = Consent.objects.for_tenant(cast.contoso).get(pk=consent.pk)
    way(row, "ends_at", end - timedelta(days=1))
    assert Consent.objects.for_tenant(cast.contoso).get(pk=consent.pk).ends_at == end - timedelta(days=1)


MOVES = {State.REQUESTED: {State.GRANTED, State.DECLINED}, State.GRANTED: {State.WITHDRAWN, State.EXPIRED}}


def in_state(cast: Cast, state: str) -> Consent:
    if state == State.REQUESTED:
        return requested(cast)
    if state == State.DECLINED:
        return decline_consent(consent=requested(cast), by=cast.admin, reason="No")
    consent = granted(cast)
    if state == State.WITHDRAWN:
        return withdraw_consent(consent=consent, by=cast.admin, reason="Enough")
    if state == State.EXPIRED:
        Consent.objects.for_tenant(cast.contoso).filter(pk=consent.pk).update(status="expired")
    return consent


@pytest.mark.parametrize("state", State.values)
def test_nothing_goes_back(state: str, cast: Cast) -> None:
    consent = in_state(cast, state)
    rows = Consent.objects.for_tenant(cast.contoso).filter(pk=consent.pk)
    for following in set(State.values) - {state} - MOVES.get(State(state), set()):
        assert refused(lambda f=following: rows.update(status=f)) == "consent_follows_its_life"  # type: ignore[misc]


def test_what_is_covered_is_written_down_at_the_grant_alone(cast: Cast) -> None:
    consent = granted(cast)
    covered = CoveredFlow.objects.for_tenant(cast.contoso).filter(consent=consent)
    flow = Flow.objects.exclude(pk__in=covered.values("flow")).earliest("pk")
    late = CoveredFlow(
        tenant=cast.contoso,
        consent=consent,
        flow=flow,
        flow_record=1,
        code=flow.code,
        name=flow.name,
        direction=flow.direction,
        personal=False,
    )
    for write in (
        late.save,
        lambda: insert_raw(late),
        lambda: CoveredFlow.objects.for_tenant(cast.contoso).bulk_create([late]),
    ):
        assert refused(write) == "covered_flow_joins_at_grant"
    assert refused(lambda: covered.update(personal=False, name="Something else")) == "covered_flow_frozen"


# --- Never two in the same period ------------------------------------------------------------------------------------

DAY = datetime(2026, 6, 1, tzinfo=UTC)


def held(cast: Cast, start: int | None, end: int | None, connection: str = "sales", **values: Any) -> Consent:
    """A consent of days counted from DAY, as somebody would write it past every deed."""
    given: dict[str, Any] = {
        "tenant": cast.contoso,
        "service": Service.objects.get(code="vpp"),
        "connection": connection,
        "name": "VPP",
        "requested_by": "somebody",
        "status": "granted",
        "granted_at": DAY,
        "edition": Edition.objects.latest("number"),
        "effective_from": None if start is None else DAY + timedelta(days=start),
        "ends_at": None if end is None else DAY + timedelta(days=end),
    }
    return Consent(**given | values)


WRITES: list[Callable[[Consent], object]] = [
    lambda row: row.save(),
    insert_raw,
    lambda row: Consent.objects.for_tenant(row.tenant).bulk_create([row]),
]


@pytest.mark.parametrize("write", WRITES, ids=["save", "raw", "bulk"])
@pytest.mark.parametrize(
    ("start", "end"),
    [(10, 20), (5, 11), (19, 25), (5, 25), (12, 13), (5, None), (15, None), (19, None), (10, None)],
)
def test_two_never_hold_at_once(start: int, end: int | None, write: Any, cast: Cast) -> None:
    held(cast, 10, 20).save()
    assert refused(lambda: write(held(cast, start, end))) == "one_consent_in_force"


@pytest.mark.parametrize(("start", "end"), [(10, 20), (20, None), (500, 501)])
def test_nothing_follows_what_has_no_end(start: int, end: int | None, cast: Cast) -> None:
    held(cast, 10, None).save()
    assert refused(lambda: held(cast, start, end).save()) == "one_consent_in_force"


def test_what_does_not_touch_stands_side_by_side(cast: Cast) -> None:
    held(cast, 10, 20).save()
    for start, end in ((20, 30), (5, 10), (30, None)):
        held(cast, start, end).save()
    held(cast, 10, 20, "other").save()
    held(cast, 10, 20, tenant=cast.fabrikam).save()
    held(cast, 10, 20, service=Service.objects.get(code="asm_dep")).save()


def test_empty_periods_are_no_periods(cast: Cast) -> None:
    """A consent that was withdrawn before it began held at no time."""
    held(cast, 10, 20).save()
    held(cast, 15, 15).save()
    held(cast, 18, 12).save()
    held(cast, 25, 22).save()
    held(cast, 21, 30).save()


def test_two_in_one_statement(cast: Cast) -> None:
    rows = [held(cast, 10, 20), held(cast, 15, 25)]
    assert (
        refused(lambda: Consent.objects.for_tenant(cast.contoso).bulk_create(rows)) == "one_consent_in_force"
    )


def test_a_period_does_not_grow_into_another(cast: Cast) -> None:
    first = held(cast, 10, 20, status="requested")
    first.save()
    held(cast, 20, 30).save()
    rows = Consent.objects.for_tenant(cast.contoso).filter(pk=first.pk)
    for value in (DAY + timedelta(days=21), None):
        assert refused(lambda v=value: rows.update(ends_at=v)) == "one_consent_in_force"  # type: ignore[misc]
    assert rows.update(ends_at=DAY + timedelta(days=15)) == 1


def test_what_meets_another_already_can_still_end(cast: Cast) -> None:
    """Rows of a time without the rule: whatever is wrong with them, they must be able to end."""
    rows = [held(cast, 10, None), held(cast, 15, None)]
    triggers.take_down(connection)
    for row in rows:
        row.save()
    triggers.install(connection)
    for row in rows:
        row.ends_at = DAY + timedelta(days=20)
        row.save()
    assert refused(lambda: held(cast, 12, 13).save()) == "one_consent_in_force"


# --- In words ---------------------------------------------------------------------------------------------------------


def test_named_constraints_have_their_sentences_too(cast: Cast) -> None:
    requested(cast)
    twice = held(cast, None, None, status="requested", edition=None, granted_at=None)
    assert refused(twice.save) == "one_consent_requested"
    assert refused(held(cast, None, None, "other").save) == "granted_consent_is_complete"


def test_what_is_no_rule_has_no_sentence(cast: Cast) -> None:
    assert refusal_of(IntegrityError("FOREIGN KEY constraint failed")) is None
    assert refusal_of(IntegrityError("somebody: is no rule of ours.")) is None
