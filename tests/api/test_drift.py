"""Imports and the differences they find, through the API."""

from __future__ import annotations

import itertools
import json
from typing import Any

from consents.models import ConsentImport, Drift
from consents.services.drift import resolve_drift
from consents.services.imports import record_import
from tenants.models import Tenant
from tenants.roles import Permission, Role
from tests.api import suite
from tests.consents.graph.samples import SECRETS, page, reading, token

_number = itertools.count(1)
RESOLUTION = {"resolution": "accepted", "reason": "Known since the pilot"}


def found(tenant: Tenant, by: Any, count: int = 1) -> list[Drift]:
    """That many differences more."""
    tokens = [token(f"Place {next(_number)}") for _ in range(count)]
    made, _ = record_import(tenant=tenant, by=by, reading=reading(*tokens))
    return list(Drift.objects.for_tenant(tenant).filter(first_import=made))


class TestDrift(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/drift/"
    permission = Permission.VIEW_SHARING
    queries = 2
    writes = (
        suite.Write(
            "POST",
            Permission.IMPORT_CONSENTS,
            "drift.resolved",
            "{id}/resolve/",
            RESOLUTION,
            text_field="reason",
        ),
    )

    def make(self, count: int) -> None:
        with self.door():
            found(self.contoso, self.operator, count)

    def fresh(self, write: suite.Write) -> str:
        with self.door():
            return str(found(self.contoso, self.operator)[0].pk)

    def foreign(self) -> str:
        with self.door():
            return str(found(self.fabrikam, self.operator)[0].pk)

    def test_only_json_is_understood(self) -> None:
        path = f"{self.path}{self.fresh(self.writes[0])}/resolve/"
        self.assert_problem(self.role(Role.TENANT_ADMIN).post(path, RESOLUTION), 415)

    def test_resolved_once_with_how_and_why(self) -> None:
        path = f"{self.path}{self.fresh(self.writes[0])}/"
        admin = self.role(Role.TENANT_ADMIN)
        shown = self.send(admin, "POST", f"{path}resolve/", RESOLUTION).json()
        assert (shown["status"], shown["resolution"], shown["reason"]) == ("resolved", *RESOLUTION.values())
        assert shown["closed_by"] == "tenant_admin of Contoso"
        self.assert_problem(self.send(admin, "POST", f"{path}resolve/", RESOLUTION), 409, code="not_open")
        for wrong in ({"reason": "x"}, {"resolution": "forgotten", "reason": "x"}):
            self.assert_problem(self.send(admin, "POST", f"{path}resolve/", wrong), 400, "#/resolution")

    def test_filters_work_on_past_states(self) -> None:
        with self.door():
            drift = found(self.contoso, self.operator)[0]
            known_at = suite.moment()
            resolve_drift(drift=drift, resolution="misread", reason="Old file", by=self.operator)
        query = {"status": "open", "kind": "unknown_here", "service": "vpp"}
        assert self.reader.get(self.path, query).json()["results"] == []
        past = self.reader.get(self.path, {**query, "as_of": known_at}).json()["results"]
        assert [one["id"] for one in past] == [str(drift.pk)]


class TestImports(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/consent-imports/"
    permission = Permission.VIEW_SHARING
    queries = 2
    writes = (
        suite.Write(
            "POST",
            Permission.IMPORT_CONSENTS,
            "consents.imported",
            body={"documents": [page("vppToken", token("Berlin"))], "name": "tokens"},
            text_field="name",
        ),
    )

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                record_import(tenant=self.contoso, by=self.operator, reading=reading(token("Berlin")))

    def foreign(self) -> str:
        with self.door():
            made, _ = record_import(tenant=self.fabrikam, by=self.operator, reading=reading(token("Berlin")))
        return str(made.pk)

    def own(self) -> str:
        if not ConsentImport.objects.for_tenant(self.contoso).exists():
            self.make(1)
        return super().own()

    def ask(self, *documents: Any, query: str = "", **more: Any) -> Any:
        body = {"documents": list(documents), **more}
        return self.send(self.role(Role.TENANT_ADMIN), "POST", f"{self.path}{query}", body)

    def test_the_answer_says_what_it_came_to(self) -> None:
        answer = self.ask(page("vppToken", token("Berlin"), token("Bonn")), name="tokens.json")
        shown = answer.json()
        assert answer.status_code == 201
        assert (shown["name"], shown["records"], shown["found"], shown["opened"]) == ("tokens.json", 2, 2, 2)
        assert (shown["credentials_new"], shown["kinds"]) == (2, ["vppToken"])
        assert [row["connection"] for row in shown["differences"][:2]] == ["Berlin", "Bonn"]
        assert not shown["has_more"]
        kept = self.reader.get(f"{self.path}{shown['id']}/").json()
        assert kept.items() <= shown.items()

    def test_a_dry_run_answers_the_same_and_keeps_nothing(self) -> None:
        document = page("vppToken", token("Berlin"))
        dry = self.ask(document, query="?dry_run=true")
        assert dry.status_code == 200
        assert (dry.json()["id"], dry.json()["opened"]) == (None, 1)
        assert not ConsentImport.objects.for_tenant(self.contoso).exists()
        assert not Drift.objects.for_tenant(self.contoso).exists()
        kept = self.ask(document, query="?dry_run=false").json()
        own = ("id", "imported_at", "imported_by")
        assert {k: v for k, v in kept.items() if k not in own} == {
            k: v for k, v in dry.json().items() if k not in own
        }
        self.assert_problem(self.ask(document, query="?dry_run=perhaps"), 400, "?dry_run")

    def test_what_cannot_be_read_is_told_and_nothing_is_kept(self) -> None:
        problem = self.assert_problem(self.ask({"error": {"code": "Forbidden"}}, 3), 400, "#")
        assert "Forbidden" in problem["errors"][0]["detail"]
        self.assert_problem(self.ask(), 400, "#/documents")
        shown = self.ask({"value": [token("Berlin"), {"@odata.type": "#microsoft.graph.vppToken"}]}).json()
        assert [(p["pointer"], p["code"]) for p in shown["problems"]] == [
            ("/documents/0/value/1", "unreadable_record")
        ]
        assert not ConsentImport.objects.for_tenant(self.contoso).exclude(pk=shown["id"]).exists()

    def test_a_body_is_longer_here_and_has_its_end(self) -> None:
        long = [token(f"Place {number}", note="x" * 1000) for number in range(3_000)]
        answer = self.ask({"value": long}, query="?dry_run=true")
        assert (answer.status_code, answer.json()["has_more"]) == (200, True)
        assert len(answer.json()["differences"]) == 1_000
        self.assert_problem(self.ask({"value": ["x" * (20 << 20)]}), 413)

    def test_secrets_are_neither_kept_nor_answered(self) -> None:
        answer = self.ask(
            page("vppToken", token("Berlin"), token("Bonn", dataSharingConsentGranted=SECRETS[0]))
        )
        kept = json.dumps(list(ConsentImport.objects.for_tenant(self.contoso).values("problems", "name")))
        assert answer.json()["problems"]
        assert not any(secret in answer.content.decode() + kept for secret in SECRETS)
