"""The console's settings, with one more app to measure on and the peers beside it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ.setdefault("DEBUG", "false")
os.environ.setdefault("SECRET_KEY", "for-measuring-only-" + "0123456789" * 4)

from privacy_console.settings import *  # noqa: F403
from privacy_console.settings import AUDIT_EXEMPT, DATABASES, INSTALLED_APPS

ON_POSTGRESQL = "postgresql" in DATABASES["default"]["ENGINE"]
FOLDER = os.environ.get("BENCH_FOLDER", tempfile.gettempdir())

if ON_POSTGRESQL:
    DATABASES["default"]["TEST"] = {"NAME": f"bench_{os.getpid()}"}
else:
    DATABASES["default"]["TEST"] = {"NAME": str(Path(FOLDER) / f"bench-{os.getpid()}.sqlite3")}

INSTALLED_APPS = [*INSTALLED_APPS, "auditlog", "bench.app"]
if ON_POSTGRESQL:
    INSTALLED_APPS += ["pgtrigger", "pghistory"]

MIGRATION_MODULES = {"bench": None}
PGTRIGGER_MIGRATIONS = False
AUDIT_EXEMPT = AUDIT_EXEMPT | {
    "auditlog.logentry": "A peer's own record.",
    "pghistory.context": "A peer's own record.",
}
# Pages are asked for without a server in front.
ALLOWED_HOSTS = ["localhost"]
SECURE_SSL_REDIRECT = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SILENCED_SYSTEM_CHECKS = ["audit.E001"]
LOGGING = {"version": 1, "disable_existing_loggers": True}
