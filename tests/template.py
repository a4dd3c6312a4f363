"""The test database of an earlier run, so that a run on SQLite does not begin with every migration anew.

Its name holds a digest of what makes it: migrations, trail and catalog. `migrate` runs all the same, and puts right
what models have changed meanwhile without a migration: their triggers.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
MADE_FROM = ("requirements.txt", "*/migrations/*.py", "audit/**/*.py", "catalog/**/*.py", "catalog/**/*.json")


def folder() -> Path:
    found: Path = settings.VAR_DIR / "test-databases"
    return found


def path() -> Path:
    files = sorted(file for pattern in MADE_FROM for file in ROOT.glob(pattern))
    parts = (f"{file.relative_to(ROOT)}\0{file.read_text('utf-8')}" for file in files)
    return folder() / f"{hashlib.sha256(''.join(parts).encode()).hexdigest()}.sqlite3"


def take() -> bool:
    """Have the database in place where an earlier run made it; whether it did."""
    if connection.vendor != "sqlite" or not path().exists():
        return False
    shutil.copyfile(path(), connection.settings_dict["TEST"]["NAME"])
    return True


def keep() -> None:
    """Keep the database at hand for the runs to come, in place of those that nothing makes any more."""
    if connection.vendor != "sqlite" or path().exists():
        return
    folder().mkdir(parents=True, exist_ok=True)
    half = folder() / f"{os.getpid()}.half"
    half.unlink(missing_ok=True)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM INTO '{half}'")
    for old in folder().glob("*.sqlite3"):
        old.unlink(missing_ok=True)
    half.rename(path())
