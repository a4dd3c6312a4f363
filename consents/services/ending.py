"""Ending the sharing for good: the checklist that a withdrawal opens, and its steps."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from consents.checklists import steps_to_end
from consents.models import Consent, EndingStep


def open_checklist(consent: Consent) -> list[EndingStep]:
    """The steps that end the sharing through the consent's service; each is due so many days from today."""
    today = timezone.localdate()
    steps = [
        EndingStep(
            tenant=consent.tenant,
            consent=consent,
            code=step.code,
            position=position,
            title=step.title,
            instructions=step.instructions,
            source=step.source,
            due_on=today + timedelta(days=step.due_days),
        )
        for position, step in enumerate(steps_to_end(consent.service), start=1)
    ]
    for step in steps:
        step.save()
    return steps
