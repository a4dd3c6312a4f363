"""Gives a test run on SQLite a file of its own: ``python -m pytest -p tests.sqlite_plugin``.

Two runs in one checkout would otherwise share ``var/test.sqlite3``, and each would delete the other's.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

FOLDER_VARIABLE = "TEST_SQLITE_FOLDER"


def pytest_configure(config: pytest.Config) -> None:
    from django.db import connections

    # Workers of pytest-xdist inherit the folder; each adds its own suffix to the file's name.
    if FOLDER_VARIABLE not in os.environ:
        os.environ[FOLDER_VARIABLE] = folder = tempfile.mkdtemp(prefix="privacy-console-sqlite-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    test = connections["default"].settings_dict["TEST"]
    test["NAME"] = str(Path(os.environ[FOLDER_VARIABLE]) / "test.sqlite3")
