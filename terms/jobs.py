"""What the console does by itself about terms."""

from __future__ import annotations

from datetime import time

from terms.services.reminders import remind_due
from work.jobs import Running, job


@job("terms.remind", daily_at=time(7, 0), title="Remind employees of terms")
def remind_employees(run: Running) -> str:
    sent = remind_due()
    return f"Reminded {sent:,} employees." if sent else "Nobody has to be reminded."
