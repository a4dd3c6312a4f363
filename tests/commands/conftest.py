"""Databases that a command run in a process of its own can use."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import environ
import psycopg
import pytest
from django.db import connection

from tests.commands.running import Ran, run_watched


def _beside(url: str, name: str) -> str:
    """Another database on the server of this one."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _on_server(statement: str) -> None:
    settings = connection.settings_dict
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
    known = {ours: settings[django] for django, ours in names.items() if settings.get(django)}
    host = settings.get("OPTIONS", {}).get("host")
    known |= {"host": host} if host else {}
    with psycopg.connect(dbname="postgres", autocommit=True, **known) as server:
        server.execute(statement)  # type: ignore[arg-type,unused-ignore]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database without tables, on the engine of this run."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'console.sqlite3'}"
        return
    name = f"commands_{uuid.uuid4().hex}"
    _on_server(f"CREATE DATABASE {name}")
    yield _beside(environ.Env().str("DATABASE_URL"), name)
    _on_server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def first_setup(empty_database: str) -> Ran:
    """What the first `setup` on that database said, and showed on a terminal."""
    return run_watched(empty_database, "setup")


@pytest.fixture(scope="session")
def own_database(empty_database: str, first_setup: Ran) -> str:
    """The URL of a database that is set up, for processes of their own."""
    assert first_setup.code == 0, first_setup.err
    return empty_database


@pytest.fixture
def read_only(own_database: str) -> str:
    """The same database, which then refuses every change."""
    if own_database.startswith("sqlite"):
        return f"{own_database}?init_command=PRAGMA query_only = ON"
    mark = "&" if "?" in own_database else "?"
    return f"{own_database}{mark}options=-c default_transaction_read_only=on"


@pytest.fixture
def gone(tmp_path: Path, own_database: str) -> str:
    """A database that is not there."""
    if own_database.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'no such folder' / 'console.sqlite3'}"
    return f"postgres://postgres@/postgres?host={tmp_path}"
