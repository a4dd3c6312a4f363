"""The numbers of now, mostly read instead of counted: exact at any moment, and cheap however many employees there are.

Employees are counted a block at a time, and the numbers of each block are kept (`Tally`). What changes them is noted by
the database in the same act (`Recount`). So the numbers of now are those of the blocks that nothing is noted about, and
those of the other blocks, counted at once. `count_again` keeps the others few; where it never runs, everybody is
counted, and the answer is the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Min, Q, Sum, When
from django.utils import timezone

from tenants.models import Tenant
from terms.counting import Progress, Question, asked_of, counted
from terms.models import BLOCK, Acceptance, Recount, Tally, TermsPolicy, TermsVersion
from terms.models.version import Publication
from terms.standing import in_force

NUMBERS = tuple(number.name for number in fields(Progress))
AT_ONCE = 10_000
MOST_RUNS = 400
"""Of blocks that follow one another. More are not picked out: everybody is counted."""
Blocks = set[int | None]
"""Of employees; None among them: everybody."""


# --- Reading ---


def present(questions: Sequence[Question]) -> dict[int, Progress]:
    """The numbers of now, by the key of the policy; three queries at most.

    questions: of now, all of one instant, of one tenant or several.
    On PostgreSQL each query sees what was committed by then. So it is settled first which blocks are counted, and by
    that alone: each employee is in one number, and stood there at some moment since it was asked.
    """
    again = _noted(questions)
    kept: dict[int, Progress] = defaultdict(Progress)
    for policy, doubtful, numbers in _kept(questions, again):
        if doubtful is None:
            kept[policy] += numbers
        else:
            again[policy].add(doubtful)
    live = counted(
        (question, _within(asked_of(question.policy), again[question.policy.pk]))
        for question in questions
        if again[question.policy.pk]
    )
    nothing = Progress()
    return {
        key: live.get((key,), nothing) + (nothing if _are_all(blocks) else kept[key])
        for key, blocks in again.items()
    }


def _noted(questions: Iterable[Question]) -> dict[int, Blocks]:
    """By policy, the blocks that have to be counted again."""
    policies = {question.policy.pk: question.policy.tenant_id for question in questions}
    tenants = set(policies.values())
    notes = Recount.objects.across_tenants().filter(
        Q(policy__in=policies) | Q(policy=None), tenant__in=tenants
    )
    found: dict[int, Blocks] = {key: set() for key in policies}
    for tenant, about, block in notes.values_list("tenant", "policy", "block").distinct():
        for key in [about] if about else [key for key, owner in policies.items() if owner == tenant]:
            found[key].add(block)
    return found


def _kept(
    questions: Sequence[Question], without: dict[int, Blocks]
) -> Iterator[tuple[int, int | None, Progress]]:
    """By policy the numbers that hold, with None; and each block whose numbers hold no longer, or not yet."""
    asked = Q()
    for key in (question.policy.pk for question in questions if not _are_all(without[question.policy.pk])):
        asked |= Q(policy=key) & ~Q(block__in=without[key])
    if not asked:
        return
    rows = Tally.objects.across_tenants().filter(asked)
    doubtful = Case(When(_outdated(questions[0].instant), then=F("block")))
    grouped = rows.annotate(doubtful=doubtful).values_list("policy", "doubtful")
    for policy, block, *sums in grouped.annotate(*map(Sum, NUMBERS)):
        yield policy, block, Progress(*sums)


def _outdated(now: datetime) -> Q:
    """Of numbers: that they hold no longer; or not yet, where a clock was set back."""
    return Q(holds_until__lte=now) | Q(counted_at__gt=now)


def _are_all(blocks: Blocks) -> bool:
    return None in blocks or len(_runs(blocks)) > MOST_RUNS


def _runs(blocks: Collection[Any]) -> list[tuple[int, int]]:
    """Blocks that follow one another, each time from the first to the last."""
    runs: list[tuple[int, int]] = []
    for block in sorted(blocks):
        if runs and runs[-1][1] == block - 1:
            runs[-1] = (runs[-1][0], block)
        else:
            runs.append((block, block))
    return runs


def _within(rows: Any, blocks: Blocks, key: str = "pk") -> Any:
    """Those of the employees in the blocks; `key` names the employee's key."""
    if _are_all(blocks):
        return rows
    within = Q()
    for first, last in _runs(blocks):
        within |= Q(**{f"{key}__range": (first * BLOCK, (last + 1) * BLOCK - 1)})
    return rows.filter(within)


# --- Keeping ---


def count_everywhere() -> int:
    """Count again what is noted or holds no longer, tenant after tenant; gives the number of blocks."""
    noted = Recount.objects.across_tenants().values("tenant")
    outdated = Tally.objects.across_tenants().filter(_outdated(timezone.now())).values("tenant")
    tenants = Tenant.objects.filter(Q(pk__in=noted) | Q(pk__in=outdated))
    return sum(count_again(tenant) for tenant in tenants.order_by("pk"))


def count_again(tenant: Tenant) -> int:
    """The same in one tenant: a transaction for so many notes."""
    blocks, notes = _count_portion(tenant)
    while notes == AT_ONCE:
        more, notes = _count_portion(tenant)
        blocks += more
    return blocks


@transaction.atomic
def _count_portion(tenant: Tenant) -> tuple[int, int]:
    """How many blocks were counted, and how many notes are done with.

    The policies are held: of two that count at once, one begins when the other has ended. The notes are read before
    anything is counted, so that a change which the numbers may lack is one whose note stays.
    """
    policies = list(TermsPolicy.objects.for_tenant(tenant).order_by("pk").select_for_update(no_key=True))
    now = timezone.now()
    about_them = Recount.objects.for_tenant(tenant).filter(Q(policy__in=policies) | Q(policy=None))
    notes = list(about_them.order_by("pk").values_list("pk", "policy", "block")[:AT_ONCE])
    blocks = _outdated_blocks(tenant, now)
    for policy in policies:
        blocks[policy.pk] |= {block for _, about, block in notes if about in (policy.pk, None)}
        if blocks[policy.pk]:
            _count(policy, blocks[policy.pk], now)
    Recount.objects.for_tenant(tenant).filter(pk__in=[key for key, _, _ in notes]).delete()
    return sum(len(some) for some in blocks.values()), len(notes)


def _outdated_blocks(tenant: Tenant, now: datetime) -> dict[int, Blocks]:
    rows = Tally.objects.for_tenant(tenant).filter(_outdated(now))
    found: dict[int, Blocks] = defaultdict(set)
    for policy, block in rows.values_list("policy", "block").distinct():
        found[policy].add(block)
    return found


def _count(policy: TermsPolicy, blocks: Blocks, now: datetime) -> None:
    """Keep the numbers of the blocks as they are now, in place of those that were kept."""
    published = list(
        TermsVersion.objects.for_tenant(policy.tenant_id).filter(policy=policy, status=Publication.PUBLISHED)
    )
    question = Question(policy, in_force(published, now), now)
    asked_until = _next_turn(published, now)
    ends = _first_ends(question, blocks)
    employees = _within(asked_of(policy), blocks).annotate(block=F("pk") / BLOCK)
    rows = [
        Tally(
            tenant_id=policy.tenant_id,
            policy=policy,
            block=block,
            counted_at=now,
            holds_until=min((end for end in (asked_until, ends.get(block)) if end), default=None),
            **vars(numbers),
        )
        for (_, block), numbers in counted([(question, employees)], "block").items()
    ]
    kept = Tally.objects.for_tenant(policy.tenant_id).filter(policy=policy)
    (kept if _are_all(blocks) else kept.filter(block__in=blocks)).delete()
    kept.bulk_create(rows, batch_size=1000)


def _next_turn(published: Iterable[TermsVersion], now: datetime) -> datetime | None:
    """When a version begins to be asked for, or ends; None: none does any more."""
    turns = (turn for version in published for turn in (version.effective_from, version.expires_at) if turn)
    return min((turn for turn in turns if turn > now), default=None)


def _first_ends(question: Question, blocks: Blocks) -> dict[int, datetime]:
    """By block, when the first acceptance in it ends that holds now."""
    accepted = Acceptance.objects.for_tenant(question.policy.tenant_id).accepted().order_by()
    ending = accepted.filter(version=question.version, valid_until__gt=question.instant)
    of_blocks = (
        _within(ending, blocks, "employee__pk").annotate(block=F("employee") / BLOCK).values_list("block")
    )
    return dict(of_blocks.annotate(Min("valid_until")))
