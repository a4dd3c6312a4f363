"""What only one engine can do is tried on that engine."""

from __future__ import annotations

from django.db import connection

collect_ignore = ["test_on_postgresql.py" if connection.vendor == "sqlite" else "test_on_sqlite.py"]
