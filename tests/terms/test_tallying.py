"""Kept numbers: what is read is always what counting everybody anew would say, and reading it looks at few."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.models import Employee, Group, GroupMember
from terms import services, tallying
from terms.models import BLOCK, Acceptance, Recount, Tally, TermsPolicy, TermsTarget, TermsVersion
from terms.progress import progress
from terms.standing import place_of, version_asked
from terms.tallying import count_again, count_everywhere
from tests.terms.stories import (
    DAY,
    TermsTestCase,
    a_group,
    clock,
    colleague,
    decided,
    drafted,
    on_paper,
    published,
)
from work.registry import Running, declaration_of

FAR = 10_000_000
"""A first key of employees that no sequence reaches."""
LIVES = 2
STEPS = 30


def by_one_rule(policy: TermsPolicy, *groups: Group) -> list[dict[str, int]]:
    """The numbers of all and of each group, from `place_of` of each employee alone, without the rule in SQL."""
    now, tenant = timezone.now(), policy.tenant_id
    version = version_asked(policy, now)
    decisions = list(Acceptance.objects.for_tenant(tenant).order_by("decided_at", "pk"))
    members = set(GroupMember.objects.for_tenant(tenant).values_list("employee", "group"))
    targets = dict(
        TermsTarget.objects.for_tenant(tenant).filter(policy=policy).values_list("group", "excluded")
    )
    standings: dict[int, str] = {}
    for key in Employee.objects.for_tenant(tenant).filter(status="active").values_list("pk", flat=True):
        named = {targets[its] for employee, its in members if employee == key and its in targets}
        is_asked = not policy.is_retired and True not in named and (policy.for_everybody or False in named)
        if is_asked:
            own = [decision for decision in decisions if decision.employee_id == key]
            standings[key] = place_of(policy, version, own, now).standing
    of_groups = [[standings[key] for key in standings if (key, group.pk) in members] for group in groups]
    return [numbers_of(standings.values()), *map(numbers_of, of_groups)]


def numbers_of(standings: Collection[str]) -> dict[str, int]:
    found = Counter(standings)
    names = ("accepted_latest", "accepted_older", "declined", "outstanding")
    return {"asked": len(standings), **{name: found[name] for name in names}}


class RandomLives(TermsTestCase):
    """Two policies, employees in four blocks, and whatever changes where they stand; counted again now and then."""

    def setUp(self) -> None:
        self.groups = [a_group(self.contoso, name) for name in ("Sales", "Berlin")]
        for number in range(8):
            colleague(self.contoso, *self.groups[: number % 3], pk=FAR + number * BLOCK // 2)
        theirs = colleague(self.fabrikam)
        self.theirs = self.a_policy(tenant=self.fabrikam, by=self.fabrikam_officer)
        published(self.theirs, self.fabrikam_officer)
        decided(theirs, self.theirs)
        count_again(self.fabrikam)

    def test_the_numbers_are_those_of_the_one_rule(self) -> None:
        for seed in range(LIVES):
            with self.subTest(seed=seed), patch.object(tallying, "MOST_RUNS", 1 + seed % 2):
                self.live(random.Random(seed))
        theirs = Tally.objects.for_tenant(self.fabrikam).get()
        assert (theirs.asked, theirs.accepted_latest) == (1, 1)

    def live(self, chance: random.Random) -> None:
        policies = [self.a_policy(reaccept_months=months) for months in (None, 1)]
        deeds = [
            self.publish, self.publish, self.decide, self.decide, self.decide, self.on_paper, self.assign, self.regroup,
            self.leave_or_return, self.join, self.wait, self.count, self.count, self.count,
        ]  # fmt: skip
        now = timezone.now()
        for _ in range(STEPS):
            now += timedelta(hours=chance.randint(1, 200))
            with clock(now):
                chance.choice(deeds)(chance.choice(policies), chance)
                for policy in policies:
                    policy.refresh_from_db()
                self.compare(chance.choice(policies))
        services.retire_policy(policy=policies[0], by=self.officer, reason="Old")
        self.compare(TermsPolicy.objects.for_tenant(self.contoso).get(pk=policies[0].pk))

    def compare(self, policy: TermsPolicy) -> None:
        told = [vars(progress(policy, group=group)) for group in (None, *self.groups)]
        assert told == by_one_rule(policy, *self.groups)

    def somebody(self, chance: random.Random) -> Any:
        return chance.choice(list(Employee.objects.for_tenant(self.contoso).order_by("pk")))

    def publish(self, policy: TermsPolicy, chance: random.Random) -> None:
        newest = TermsVersion.objects.for_tenant(self.contoso).filter(policy=policy).order_by("number").last()
        begins = timezone.now() + chance.choice([0, 0, 5]) * DAY
        if newest is not None and newest.effective_from is not None:
            begins = max(begins, newest.effective_from + timedelta(hours=1))
        expires = chance.choice([None, begins + 20 * DAY])
        published(policy, self.officer, effective_from=begins, expires_at=expires)

    def decide(self, policy: TermsPolicy, chance: random.Random) -> None:
        who = self.somebody(chance)
        asked = TermsPolicy.objects.for_tenant(self.contoso).asked_of(who)
        if who.is_active and asked.filter(pk=policy.pk).exists() and version_asked(policy, timezone.now()):
            decided(who, policy, chance.choice(["accepted", "accepted", "declined"]))

    def on_paper(self, policy: TermsPolicy, chance: random.Random) -> None:
        versions = list(TermsVersion.objects.for_tenant(self.contoso).filter(policy=policy))
        if versions:
            at = timezone.now() - chance.choice([0, 30]) * DAY
            until = chance.choice([None, at + 15 * DAY, at + 32 * DAY])
            on_paper(self.somebody(chance), chance.choice(versions), decided_at=at, valid_until=until)

    def assign(self, policy: TermsPolicy, chance: random.Random) -> None:
        everybody = chance.random() < 0.5
        services.assign_policy(
            policy=policy,
            by=self.officer,
            everybody=everybody,
            groups=[] if everybody else self.groups[:1],
            excluded=chance.choice([[], self.groups[1:]]),
        )

    def regroup(self, policy: TermsPolicy, chance: random.Random) -> None:
        who, group = self.somebody(chance), chance.choice(self.groups)
        places = GroupMember.objects.for_tenant(self.contoso)
        of_them = places.filter(employee=who)
        if chance.random() < 0.3:
            of_them.update(employee=colleague(self.contoso, pk=who.pk + 1_000_000 + chance.randint(1, 10**6)))
        elif not of_them.filter(group=group).delete()[0]:
            places.bulk_create([GroupMember(tenant=self.contoso, employee=who, group=group)])

    def leave_or_return(self, policy: TermsPolicy, chance: random.Random) -> None:
        who = self.somebody(chance)
        status, at = ("left", timezone.now()) if who.is_active else ("active", None)
        Employee.objects.for_tenant(self.contoso).filter(pk=who.pk).update(status=status, left_at=at)

    def join(self, policy: TermsPolicy, chance: random.Random) -> None:
        colleague(self.contoso, *chance.sample(self.groups, chance.randint(0, 2)))

    def wait(self, policy: TermsPolicy, chance: random.Random) -> None:
        """Nothing but time passes."""

    def count(self, policy: TermsPolicy, chance: random.Random) -> None:
        count_again(self.contoso)
        if chance.random() < 0.5:
            assert count_again(self.contoso) == 0
        assert not Recount.objects.for_tenant(self.contoso).exists()


class Noted(TermsTestCase):
    """Whatever writes, the database notes what has to be counted again, and nothing else."""

    def setUp(self) -> None:
        self.policy, self.sales = self.in_force(), a_group(self.contoso)
        self.who = colleague(self.contoso, self.sales, pk=FAR)
        self.other = colleague(self.contoso, pk=FAR + BLOCK)
        count_again(self.contoso)

    def noted(self) -> set[tuple[int | None, int | None]]:
        """What was noted since it was asked before."""
        notes = Recount.objects.for_tenant(self.contoso)
        found = set(notes.values_list("policy", "block"))
        notes.delete()
        return found

    def sql(self, statement: str, *values: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)

    def test_decisions(self) -> None:
        decided(self.who, self.policy)
        assert self.noted() == {(self.policy.pk, FAR // BLOCK)}

    def test_who_comes_leaves_and_comes_back(self) -> None:
        colleague(self.contoso, pk=FAR + 2 * BLOCK)
        assert self.noted() == {(None, FAR // BLOCK + 2)}
        self.sql(
            "UPDATE tenants_employee SET status = 'left', left_at = first_seen_at WHERE id >= %s AND id <= %s",
            self.who.pk,
            self.other.pk,
        )
        assert self.noted() == {(None, FAR // BLOCK), (None, FAR // BLOCK + 1)}
        self.sql("UPDATE tenants_employee SET status = 'active', left_at = NULL WHERE id = %s", self.who.pk)
        assert self.noted() == {(None, FAR // BLOCK)}

    def test_who_joins_a_group_changes_it_and_leaves_it(self) -> None:
        places = GroupMember.objects.for_tenant(self.contoso)
        places.bulk_create(
            [GroupMember(tenant=self.contoso, employee=self.other, group=a_group(self.contoso))]
        )
        assert self.noted() == {(None, FAR // BLOCK + 1)}
        self.sql(
            "UPDATE tenants_groupmember SET employee_id = %s WHERE group_id = %s",
            self.other.pk,
            self.sales.pk,
        )
        assert self.noted() == {(None, FAR // BLOCK), (None, FAR // BLOCK + 1)}
        self.sql("DELETE FROM tenants_groupmember WHERE group_id = %s", self.sales.pk)
        assert self.noted() == {(None, FAR // BLOCK + 1)}

    def test_whom_a_policy_is_for_what_it_asks_and_its_end(self) -> None:
        everybody = {(self.policy.pk, None)}
        for deed in (
            lambda: services.assign_policy(
                policy=self.policy, by=self.officer, everybody=True, excluded=[self.sales]
            ),
            lambda: self.sql("UPDATE terms_termstarget SET excluded = %s", False),
            lambda: self.sql("DELETE FROM terms_termstarget"),
            lambda: self.sql("UPDATE terms_termspolicy SET for_everybody = %s", False),
            lambda: published(self.policy, self.officer, effective_from=self.later),
            lambda: services.retire_policy(policy=self.policy, by=self.officer, reason="Old"),
        ):
            deed()
            assert self.noted() == everybody
        new = self.a_policy()
        assert self.noted() == {(new.pk, None)}

    def test_nothing_of_what_changes_no_number(self) -> None:
        Employee.objects.for_tenant(self.contoso).update(display_name="Another", status="active")
        services.change_policy(policy=self.policy, by=self.officer, description="Another", remind_days=3)
        drafted(self.policy, self.officer)
        a_group(self.contoso)
        assert self.noted() == set()


class Kept(TermsTestCase):
    def setUp(self) -> None:
        self.policy = self.in_force()
        self.people = [colleague(self.contoso, pk=FAR + number * BLOCK) for number in range(3)]
        count_again(self.contoso)

    def queries(self) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            progress(self.policy)
        return [query["sql"] for query in captured]

    def test_nobody_is_looked_at_where_nothing_has_changed(self) -> None:
        assert not any("tenants_employee" in query for query in self.queries())
        assert len(self.queries()) == 3

    def test_only_the_block_that_changed_is_counted_again(self) -> None:
        decided(self.people[1], self.policy)
        *_, counting = self.queries()
        assert str(self.people[1].pk) in counting
        assert str(self.people[0].pk) not in counting
        assert count_again(self.contoso) == 1
        assert not any("tenants_employee" in query for query in self.queries())

    def test_many_employees_and_many_changes_take_no_more_queries(self) -> None:
        for number in range(10):
            decided(colleague(self.contoso, pk=FAR + (10 + 2 * number) * BLOCK), self.policy)
        assert len(self.queries()) == 4
        assert [vars(progress(self.policy))] == by_one_rule(self.policy)

    def test_what_is_cut_off_has_not_happened(self) -> None:
        decided(self.people[0], self.policy)
        before = self.state()
        with (
            patch.object(tallying, "_count", side_effect=self.cut_off_after(tallying._count)),
            pytest.raises(InterruptedError),
        ):
            count_again(self.contoso)
        assert self.state() == before
        assert progress(self.policy).accepted_latest == 1

    @staticmethod
    def cut_off_after(work: Any) -> Any:
        def cut_off(*args: Any) -> None:
            work(*args)
            raise InterruptedError

        return cut_off

    def state(self) -> list[Any]:
        return [
            *Tally.objects.for_tenant(self.contoso).order_by("pk").values_list(),
            *Recount.objects.for_tenant(self.contoso).order_by("pk").values_list(),
        ]

    def test_many_notes_are_worked_off_in_portions(self) -> None:
        for person in self.people:
            decided(person, self.policy)
        with patch.object(tallying, "AT_ONCE", 2):
            assert count_again(self.contoso) == 3
        assert not Recount.objects.for_tenant(self.contoso).exists()
        assert progress(self.policy).accepted_latest == 3

    def test_a_clock_that_was_set_back_has_everybody_counted(self) -> None:
        policy = self.in_force(reaccept_months=1)
        decided(self.people[0], policy)
        with clock(timezone.now() + 40 * DAY):
            count_again(self.contoso)
            assert progress(policy).accepted_latest == 0
        assert progress(policy).accepted_latest == 1
        count_again(self.contoso)
        assert progress(policy).accepted_latest == 1

    def test_the_job_counts_in_every_tenant_what_has_changed(self) -> None:
        declared = declaration_of("terms.count")
        assert declared is not None
        count_everywhere()
        decided(self.people[0], self.policy)
        colleague(self.fabrikam)
        run = Running(code="terms.count")
        assert declared.work(run) == "Counted 1 blocks of employees anew."
        assert declared.work(run) == "Nothing has changed."
