"""When a step after a withdrawal is overdue."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.test import SimpleTestCase
from django.utils import timezone

from consents.models import EndingStep


class OverdueTests(SimpleTestCase):
    NIGHT = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)  # half past midnight of the second of June in Berlin

    def test_a_day_is_over_where_the_pages_are(self) -> None:
        step = EndingStep(due_on=date(2026, 6, 1))
        with timezone.override("Europe/Berlin"):
            assert step.is_overdue(self.NIGHT)
        with timezone.override("UTC"):
            assert not step.is_overdue(self.NIGHT)

    def test_what_is_done_is_not_overdue(self) -> None:
        step = EndingStep(due_on=date(2026, 6, 1), status=EndingStep.Status.DONE)
        assert not step.is_overdue(datetime(2027, 1, 1, tzinfo=UTC))
