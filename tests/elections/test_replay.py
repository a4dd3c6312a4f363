"""Any sequence of elections, approvals, rejections and withdrawals, against a plain model of what must hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from elections.collecting import features_on
from elections.models import CollectionElection, StorageElection
from elections.services import (
    approve_election,
    begin_storage,
    elect_collection,
    elect_region,
    reject_election,
    set_election_policy,
    withdraw_election,
)
from elections.storing import set_storage_ends, storage_at
from privacy_console.errors import Refused
from tenants.access import Shell
from tests.cast import Cast
from tests.elections.stories import ASSESSED, REASON

HOUR = timedelta(hours=1)
DEEDS = ("elect", "propose", "approve", "reject", "withdraw")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(DEEDS), st.sampled_from(("EU", "CH", "NA")), st.integers(-48, 48), st.integers(0, 9)
    ),
    min_size=1,
    max_size=8,
)
SWITCHES = st.lists(
    st.tuples(
        st.sampled_from(("on", "off", "withdraw")),
        st.sets(st.sampled_from(("device_query", "enhanced_inventory")), min_size=1),
        st.integers(-48, 48),
    ),
    min_size=1,
    max_size=8,
)
PROFILE = settings(max_examples=10, suppress_health_check=list(HealthCheck))


class Replay(TestCase):
    cast: Cast

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = Cast.assemble()

    @PROFILE
    @given(STEPS)
    def test_exactly_one_region_holds_at_every_instant(self, steps: list[tuple[str, str, int, int]]) -> None:
        began = begin_storage(tenant=self.cast.contoso, by=Shell())
        assert began is not None
        for step in steps:
            known = timezone.now()
            before = self.answers(known)
            if self.done(step):
                self.look(known)
            # What was known before the step is known still.
            assert self.answers(known, known) == before

    def done(self, step: tuple[str, str, int, int]) -> bool:
        """Whether the deed was done; a refusal leaves everything as it was."""
        rows = StorageElection.objects.for_tenant(self.cast.contoso)
        before = list(rows.order_by("id").values())
        try:
            with transaction.atomic():
                self.do(*step)
        except (Refused, ValidationError):
            assert list(rows.order_by("id").values()) == before
            return False
        return True

    def do(self, deed: str, region: str, hours: int, which: int) -> None:
        contoso, officer = self.cast.contoso, self.cast.officer
        if deed in ("elect", "propose"):
            set_election_policy(tenant=contoso, four_eyes=deed == "propose", by=officer)
            begins = timezone.now() + hours * HOUR if hours else None
            elect_region(
                tenant=contoso, region=region, by=self.cast.admin, reason=REASON, effective_from=begins,
                confirmed=True, **ASSESSED,
            )  # fmt: skip
            return
        rows = list(StorageElection.objects.for_tenant(contoso).order_by("-id"))
        election: Any = rows[which % len(rows)]
        if deed == "approve":
            approve_election(election=election, by=officer)
        else:
            {"reject": reject_election, "withdraw": withdraw_election}[deed](
                election=election, by=officer, reason=REASON
            )

    def instants(self, now: datetime) -> list[datetime]:
        rows = StorageElection.objects.for_tenant(self.cast.contoso).filter(effective_from__isnull=False)
        edges = {row.effective_from for row in rows} | {now}
        before = {edge - timedelta(milliseconds=1) for edge in edges}
        return sorted({*edges, *before, now + 100 * 365 * timedelta(days=1)})

    def answers(self, now: datetime, known_at: datetime | None = None) -> list[int | None]:
        """What holds at a few instants around now."""
        at = [now + hours * HOUR for hours in (-49, -24, -1, 0, 1, 24, 49)]
        found = [storage_at(self.cast.contoso, instant, known_at) for instant in at]
        return [each.pk if each else None for each in found]

    def look(self, now: datetime) -> None:
        own = StorageElection.objects.for_tenant(self.cast.contoso)
        everything = list(own)
        set_storage_ends(everything, own)
        approved = [row for row in everything if row.status == "approved"]
        for instant in self.instants(now):
            begun = [row for row in approved if row.effective_from <= instant]
            expected = {max(begun, key=lambda row: row.effective_from).pk} if begun else set()
            assert (instant < self.cast.contoso.exists_since) == (not expected)
            assert {row.pk for row in own.in_force(instant)} == expected
            assert {row.pk for row in everything if row.is_in_force(instant)} == expected
            at = storage_at(self.cast.contoso, instant)
            assert {at.pk if at else None} == (expected or {None})
        for state in StorageElection.State.values:
            of_rows = {row.pk for row in everything if row.state_at(now) == state}
            assert {row.pk for row in own.in_state(state, now)} == of_rows, state

    @PROFILE
    @given(SWITCHES)
    def test_of_each_feature_one_decision_holds(self, steps: list[tuple[str, set[str], int]]) -> None:
        contoso = self.cast.contoso
        for deed, codes, hours in steps:
            try:
                with transaction.atomic():
                    self.switch(deed, codes, hours)
            except (Refused, ValidationError):
                continue
        rows = CollectionElection.objects.for_tenant(contoso)
        approved = list(rows.approved().prefetch_related("parts").order_by("effective_from", "id"))
        for instant in {row.effective_from for row in approved} | {timezone.now()}:
            state: dict[int, tuple[int, bool]] = {}
            for row in (row for row in approved if row.effective_from <= instant):
                state |= {part.feature_id: (row.pk, part.is_on) for part in row.parts.all()}
            assert features_on(contoso, instant) == {key for key, (_, is_on) in state.items() if is_on}
            assert {row.pk for row in rows.in_force(instant)} == {pk for pk, _ in state.values()}
            assert {row.pk for row in rows if row.is_in_force(instant)} == {pk for pk, _ in state.values()}

    def switch(self, deed: str, codes: set[str], hours: int) -> None:
        contoso, admin = self.cast.contoso, self.cast.admin
        if deed == "withdraw":
            last = CollectionElection.objects.for_tenant(contoso).order_by("-id").first()
            if last is None:
                return
            withdraw_election(election=last, by=admin, reason=REASON)
            return
        elect_collection(
            tenant=contoso,
            features=dict.fromkeys(codes, deed == "on"),
            by=admin,
            reason=REASON,
            effective_from=timezone.now() + hours * HOUR,
        )
