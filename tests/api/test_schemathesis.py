"""The published description against the running server: schemathesis finds no 5xx and no answer it does not name."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from audit.context import Origin, acting
from catalog.models import Service
from consents.services import request_consent
from tenants.services import create_token
from tests.cast import Cast

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "ignored_auth",
)
CONFIGURATION = """
[parameters]
"path.tenant" = "contoso"
"path.slug" = "contoso"

[[operations]]
include-path-regex = "/consents/.id./"
parameters = { "path.id" = %s }

[[operations]]
include-path-regex = "/editions/.id./"
parameters = { "path.id" = "1" }
"""


def _run(url: str, folder: Path, consent: str, headers: Iterable[str], *options: str) -> None:
    """Raise AssertionError with the report where schemathesis finds anything."""
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION % json.dumps(consent))
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(configuration),
        "run",
    ]
    command += [f"{url}/api/schema/", "--seed", "7", "--checks", ",".join(CHECKS), "--no-color", *options]
    for header in headers:
        command += ["-H", header]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr


@pytest.fixture(autouse=True)
def _quiet_server(caplog: pytest.LogCaptureFixture) -> None:
    """Every answer with a 4xx is a line in the log: here they are what is asked for."""
    caplog.set_level(logging.ERROR, "django.request")


def _door(cast: Cast) -> Any:
    actor: Any = cast.admin.as_actor(cast.contoso)
    return acting(origin=Origin.API, **actor)


@pytest.fixture
def consent(transactional_db: None, cast: Cast) -> str:
    """A consent that waits for a decision, so that its address leads somewhere."""
    with _door(cast):
        requested = request_consent(
            tenant=cast.contoso, service=Service.objects.get(code="vpp"), connection="Berlin", by=cast.admin
        )
    return str(requested.pk)


def token_of_an_admin(cast: Cast) -> tuple[list[str], list[str]]:
    with _door(cast):
        _, secret = create_token(tenant=cast.contoso, name="trial", role="tenant_admin", by=cast.admin)
    return [f"Authorization: Bearer {secret}"], ["-n", "3"]


def session_of_an_operator(cast: Cast) -> tuple[list[str], list[str]]:
    browser = Client()
    browser.force_login(cast.operator)
    csrf = "a" * 32
    cookies = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    headers = [f"Cookie: {cookies}; {settings.CSRF_COOKIE_NAME}={csrf}", f"X-CSRFToken: {csrf}"]
    return headers, ["-n", "2", "--exclude-checks", "ignored_auth"]


def nothing_at_all(cast: Cast) -> tuple[list[str], list[str]]:
    return [], ["-n", "1"]


CALLERS = (token_of_an_admin, session_of_an_operator, nothing_at_all)


# Who calls depends on no database: SQLite's run tries everybody, PostgreSQL's the one that reaches most.
@pytest.mark.parametrize("caller", CALLERS if connection.vendor == "sqlite" else CALLERS[:1])
def test_with(caller: Any, live_server: Any, cast: Cast, consent: str, tmp_path: Path) -> None:
    headers, options = caller(cast)
    _run(live_server.url, tmp_path, consent, headers, "--phases", "fuzzing", *options)
