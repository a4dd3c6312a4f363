"""The worker: looks what is due, does it, waits. Any number may run at once, on any number of machines."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from django.db import DatabaseError, close_old_connections, connection

from privacy_console.outage import is_outage
from work.planning import enqueue_due, know_jobs
from work.presence import Presence, forget_the_dead
from work.queue import Outcome, claim, give_back_lost, work_off

logger = logging.getLogger(__name__)

LONGEST_WAIT = 30.0


class Workman:
    """Does the work under a name that others can ask for: `with Workman() as worker: worker.do_what_is_due()`."""

    def __init__(self, interval: float = 1.0) -> None:
        self.interval = interval
        self.presence = Presence()
        self._stop = Event()

    def __enter__(self) -> Workman:
        know_jobs()
        forget_the_dead()
        self.presence.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self.presence.__exit__(*exc)

    @property
    def name(self) -> str:
        return self.presence.name

    def do_next(self) -> Outcome | None:
        """Do one run; None where nothing is to be done now."""
        give_back_lost(self.name)
        enqueue_due()
        run = claim(self.name)
        return None if run is None else work_off(run)

    def do_what_is_due(self) -> Iterator[Outcome]:
        """Do run after run until nothing is due any more."""
        while not self._stop.is_set() and (outcome := self.do_next()) is not None:
            yield outcome

    def do_run(self, key: Any) -> Outcome | None:
        """Do this run of the queue; None where another worker has it."""
        give_back_lost(self.name)
        run = claim(self.name, key)
        return None if run is None else work_off(run)

    def work_until_stopped(self) -> None:
        """Go on until `stop`. While the database cannot be used, wait for it."""
        wait = self.interval
        while not self._stop.is_set():
            close_old_connections()
            try:
                idle = self.do_next() is None
                wait = self.interval
            except DatabaseError as error:
                if not is_outage(error):
                    raise
                logger.warning("The database cannot be used: %s", error)
                connection.close()
                idle, wait = True, min(wait * 2, LONGEST_WAIT)
            if idle:
                self._stop.wait(wait)

    def stop(self) -> None:
        """End after the run at hand."""
        self._stop.set()

    @contextmanager
    def stopping_at_signals(self) -> Iterator[None]:
        """The first SIGTERM or Ctrl-C lets the run at hand end; the second one does not."""
        before = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: Any) -> None:
        self.stop()
        signal.signal(number, signal.SIG_DFL)
