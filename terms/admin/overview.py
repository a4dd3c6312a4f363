"""How far each of some policies has come, in as many queries for all of them as for one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from terms.counting import Question
from terms.models import TermsPolicy, TermsVersion
from terms.standing import versions_asked
from terms.tallying import present


@dataclass(frozen=True)
class Overview:
    """The version that is asked for, of how many, and how many of them accepted it; None: nothing is asked."""

    version: TermsVersion | None = None
    asked: int = 0
    accepted: int = 0


def overviews(policies: Collection[TermsPolicy], now: datetime) -> dict[int, Overview]:
    """The overview of each policy, by its key; it agrees with `terms.progress.progress`."""
    versions = versions_asked(policies, now)
    asking = [policy for policy in policies if policy.pk in versions and not policy.is_retired]
    numbers = present([Question(policy, versions[policy.pk], now) for policy in asking])
    found = {policy.pk: Overview(versions.get(policy.pk)) for policy in policies}
    for key, progress in numbers.items():
        found[key] = Overview(versions[key], progress.asked, progress.accepted_latest)
    return found
