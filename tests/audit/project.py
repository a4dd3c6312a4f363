"""A small project of its own, with one more audited app, to migrate for real: files, processes, a database."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = """
from tests.settings import *

# The trail and what it stands on: each migration takes its time.
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "simple_history",
    "audit",
    "tenants",
    "garden",
]
ROOT_URLCONF = "garden"
CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"
MIDDLEWARE = TEMPLATES = []
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
    """`garden`, the app that changes; the trail and the tenants are the console's own."""

    def __init__(self, folder: Path, url: str, like: Project | None = None) -> None:
        self.folder, self.app = folder, folder / "garden"
        if like is None:
            self._lay_out()
        else:
            shutil.copytree(like.app, self.app)
            shutil.copy(like.folder / "garden_settings.py", folder)
        self.environment = os.environ | {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "garden_settings",
            "PYTHONPATH": f"{folder}:{ROOT}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def _lay_out(self) -> None:
        (self.app / "migrations").mkdir(parents=True)
        for package in (self.app, self.app / "migrations"):
            (package / "__init__.py").write_text("urlpatterns = []\n")
        (self.folder / "garden_settings.py").write_text(SETTINGS)

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
def own_database(folder: Path, like: Project | None = None) -> Iterator[str]:
    """The URL of a database on the engine of this run: an empty one, or a copy of the other project's."""
    if connection.vendor == "sqlite":
        file = folder / "garden.sqlite3"
        if like is not None:
            shutil.copy(like.folder / file.name, file)
        yield f"sqlite:///{file}"
        return
    name = f"garden_{uuid.uuid4().hex[:12]}"
    template = f" TEMPLATE {urlsplit(like.environment['DATABASE_URL']).path[1:]}" if like else ""
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}{template}")
    try:
        yield urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
