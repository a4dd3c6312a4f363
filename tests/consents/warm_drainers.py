"""Drainers to be killed: `python -m tests.consents.warm_drainers`, see `tests.warm`."""

from __future__ import annotations

import os

import django
from django.db import connection

from tests.warm import start_and_kill


def _drain(says: int) -> None:
    from consents.decisions.draining import drain

    connection.ensure_connection()
    os.write(says, b".")
    while True:
        drain()


if __name__ == "__main__":
    django.setup()
    # Loaded before there are children, each of which would load it anew.
    __import__("consents.decisions.draining")
    start_and_kill(_drain)
