"""Where all employees stand with a policy: in numbers, and as a list of those who owe it a decision."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenants.models import Group
from terms.counting import Progress, Question, asked_of, counted, members_of
from terms.models import TermsPolicy
from terms.tallying import present


def progress(policy: TermsPolicy, at: datetime | None = None, group: Group | None = None) -> Progress:
    """The numbers of a policy at an instant, of all or of one group; the directory is that of now.

    Those of all and of now are kept; any others take as long as there are employees to be counted.
    """
    question = Question.of(policy, at)
    if at is None and group is None:
        return present([question])[policy.pk]
    return counted([(question, members_of(asked_of(policy), group))]).get((policy.pk,), Progress())


def with_standing(employees: Any, policy: TermsPolicy, at: datetime | None = None) -> Any:
    """Adds `standing` (of `Standing`), which is that of `terms.standing.place_of` for each employee."""
    return employees.annotate(standing=Question.of(policy, at).standing())


def outstanding(policy: TermsPolicy, at: datetime | None = None) -> Any:
    """The employees who owe the policy a decision, or have declined it; with their `standing`."""
    question, asked = Question.of(policy, at), asked_of(policy)
    owing = asked.none() if question.version is None else question.owing(asked)
    return owing.annotate(standing=question.standing())
