"""A small project of its own, with one more audited app, to migrate for real: files, processes, a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = """
from tests.settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "garden"]
"""
STATE = """
import json, django
django.setup()
from django.apps import apps
from django.db import connection
from audit import triggers
from audit.models import AuditEvent

model = apps.get_model("garden", "{model}")
events = AuditEvent.objects.across_tenants().filter(category="garden").order_by("pk")
print(json.dumps({{
    "differences": triggers.differences(connection),
    "rows": list(model.objects.order_by("pk").values()),
    "history": list(model.history.order_by("history_id").values()),
    "events": list(events.values_list("pk", flat=True)),
}}, default=str))
"""


class Project:
    """`garden`, the app that changes; everything else is the console as it is."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.app = folder, folder / "garden"
        (self.app / "migrations").mkdir(parents=True)
        for package in (self.app, self.app / "migrations"):
            (package / "__init__.py").touch()
        (folder / "garden_settings.py").write_text(SETTINGS)
        self.environment = os.environ | {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "garden_settings",
            "PYTHONPATH": f"{folder}:{ROOT}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def models(self, text: str) -> None:
        """What models.py says from here on."""
        (self.app / "models.py").write_text(textwrap.dedent(text))

    def migration(self, name: str, text: str) -> None:
        (self.app / "migrations" / f"{name}.py").write_text(textwrap.dedent(text))

    def run(self, *arguments: str, expected: int | None = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        assert expected is None or done.returncode == expected, done.stdout + done.stderr
        return done

    def manage(self, *arguments: str, expected: int | None = 0) -> subprocess.CompletedProcess[str]:
        return self.run(str(ROOT / "manage.py"), *arguments, expected=expected)

    def state(self, model: str) -> dict[str, Any]:
        """Rows, history and events of a model, and what is wrong with the triggers."""
        found: dict[str, Any] = json.loads(self.run("-c", STATE.format(model=model)).stdout)
        return found


@contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """The URL of an empty database on the engine of this run."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'garden.sqlite3'}"
        return
    name = f"garden_{os.getpid()}"
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
    finally:
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
