"""What belongs to no endpoint: problems, keys of repeated requests, the root, the description and its page."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from unittest import mock

from django.db import OperationalError
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from consents.models import Consent
from privacy_console.api import router
from tenants.api.permissions import MayDo
from tenants.models import IdempotentAnswer
from tenants.roles import Role
from tests.api import suite

CONSENTS = "/api/v1/tenants/contoso/consents/"
REQUEST = {"service": "vpp", "connection": "Munich"}


class TestKeys(suite.ApiTestCase):
    def ask(self, key: str, body: Any = REQUEST, role: Role = Role.TENANT_ADMIN, path: str = CONSENTS) -> Any:
        return self.send(self.role(role), "POST", path, body, **{"Idempotency-Key": key})

    def test_mistakes_are_answered_again_too(self) -> None:
        first, second = (self.ask("k", {"service": "fax"}) for _ in range(2))
        self.assert_problem(second, 400, "#/service")
        assert first.content == second.content
        self.assert_problem(self.ask("k"), 422, code="key_reused")

    def test_the_same_body_in_another_layout_is_the_same(self) -> None:
        first = self.ask("k")
        assert self.ask("k", json.dumps(REQUEST, indent=4)).content == first.content

    def test_a_key_belongs_to_who_sent_it(self) -> None:
        assert self.ask("k").status_code == 201
        self.assert_problem(self.ask("k", role=Role.PRIVACY_OFFICER), 409, code="requested_already")
        assert self.ask("k", {"service": "apns"}, Role.AUDITOR).status_code == 403

    def test_another_address_is_another_request(self) -> None:
        self.ask("k")
        self.assert_problem(self.ask("k", path="/api/v1/tenants/contoso/tokens/"), 422)

    def test_while_the_first_runs_the_second_is_told_so(self) -> None:
        self.ask("k")
        IdempotentAnswer.objects.update(status=None)
        self.assert_problem(self.ask("k"), 409, code="in_progress")

    def test_what_died_on_the_way_is_done_anew(self) -> None:
        self.ask("k")
        long_ago = timezone.now() - timedelta(minutes=5)
        IdempotentAnswer.objects.update(status=None, created_at=long_ago)
        self.assert_problem(self.ask("k"), 409, code="requested_already")
        assert Consent.objects.for_tenant(self.contoso).count() == 1

    def test_after_a_day_the_key_is_free(self) -> None:
        self.ask("k")
        IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
        assert self.ask("k", {"service": "apns"}).status_code == 201

    def test_malformed_keys(self) -> None:
        for key in ("", " ", "a b", "x" * 256, "ä"):
            with self.subTest(key[:5]):
                self.assert_problem(self.ask(key), 400, code="invalid_key")
        assert not IdempotentAnswer.objects.exists()

    def test_an_outage_leaves_the_key_free(self) -> None:
        with mock.patch("consents.services.request_consent", side_effect=OperationalError("disk is full")):
            answer = self.ask("k")
        self.assert_problem(answer, 503)
        assert not IdempotentAnswer.objects.exists()


class TestProblems(suite.ApiTestCase):
    def test_unknown_addresses(self) -> None:
        for path in (
            "/api/",
            "/api/v1",
            "/api/v2/",
            "/api/v1/tenants",
            "/api/v1/tenants/contoso/fax/",
            "/api/v1/%00/",
        ):
            for method in ("GET", "POST", "DELETE"):
                with self.subTest(f"{method} {path}"):
                    self.assert_problem(self.send(self.role(Role.AUDITOR), method, path), 404)

    def test_a_body_beyond_the_limit(self) -> None:
        with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
            body = {**REQUEST, "terms_text": "x" * 200}
            self.assert_problem(self.send(self.role(Role.TENANT_ADMIN), "POST", CONSENTS, body), 413)

    def test_an_unforeseen_error_is_a_problem_and_says_nothing_of_its_cause(self) -> None:
        client = self.role(Role.AUDITOR)
        client.raise_request_exception = False
        with mock.patch(
            "tenants.api.views.TenantsViewSet.get_queryset", side_effect=RuntimeError("secret detail")
        ):
            answer = client.get("/api/v1/tenants/")
        self.assert_problem(answer, 500)
        assert b"secret detail" not in answer.content
        assert answer["X-Request-ID"] in answer.json()["instance"]

    def test_an_outage_is_503_with_nothing_written(self) -> None:
        with mock.patch(
            "consents.services.request_consent", side_effect=OperationalError("database is locked")
        ):
            answer = self.send(self.role(Role.TENANT_ADMIN), "POST", CONSENTS, REQUEST)
        self.assert_problem(answer, 503)
        assert answer["Retry-After"]


class TestSurroundings(suite.ApiTestCase):
    def test_the_root_lists_what_there_is(self) -> None:
        self.assert_problem(Client().get("/api/v1/"), 401)
        links = self.role(Role.AUDITOR).get("/api/v1/").json()
        assert links["tenants"].endswith("/api/v1/tenants/")

    def test_the_description_is_openapi_3_1_and_open_to_all(self) -> None:
        answer = Client().get("/api/schema/")
        assert answer["Content-Type"] == "application/json"
        assert answer.json()["openapi"].startswith("3.1")
        yaml = Client().get("/api/schema/", headers={"Accept": "application/yaml"})
        assert yaml.content.startswith(b"openapi: 3.1")

    def test_every_body_that_is_described_takes_nothing_else(self) -> None:
        schemas = Client().get("/api/schema/").json()["components"]["schemas"]
        assert all(
            one["additionalProperties"] is False for one in schemas.values() if one.get("type") == "object"
        )

    def test_the_page_runs_no_inline_script_and_loads_nothing_from_elsewhere(self) -> None:
        page = Client().get(reverse("api-docs"))
        text = page.content.decode()
        assert all(re.findall(r"<script ([^>]*)>", text))
        assert re.findall(r"<script[^>]*>([^<]+)</script>", text) == []
        assert re.findall(r'(?:src|href)="(?:https?:)?//', text) == []
        assert "<style" not in text
        assert "style=" not in text
        assert "script-src 'self';" in page["Content-Security-Policy"] + ";"

    def test_every_viewset_asks_the_roles_table_for_every_action(self) -> None:
        registry: list[tuple[str, Any, str]] = list(router.registry)
        for prefix, viewset, _ in registry:
            with self.subTest(prefix):
                assert viewset.permission_classes == [MayDo]
                extra = {action.__name__ for action in viewset.get_extra_actions()}
                usual = {"list", "create", "retrieve", "update", "partial_update", "destroy"}
                present = {name for name in usual if hasattr(viewset, name)} | extra
                assert present == set(viewset.permissions_needed)
