"""The pages of imports, differences, certificates and tokens."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any, ClassVar

from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from consents.models import ConsentImport, Credential, Drift
from consents.services.credentials import add_credential, retire_credential
from consents.services.drift import resolve_drift
from consents.services.imports import record_import
from tenants.models import Tenant
from tests.admin.suite import TenantPageSuite, Writing, at_work
from tests.consents.graph.samples import FOLDER, SECRETS, TENANT, page, reading, token

_numbers = itertools.count(1)
DECIDERS = frozenset({"admin", "officer", "operator"})


class DriftPageTests(TenantPageSuite):
    model = Drift
    writings = (
        Writing(
            "resolve",
            {"resolution": "accepted", "reason": "Known."},
            "drift.resolved",
            DECIDERS,
            wrong={"resolution": "forgotten", "reason": "Known."},
        ),
    )

    def make(self, tenant: Tenant, name: str) -> Drift:
        made, _ = record_import(
            tenant=tenant, by=self.operator, reading=reading(token(f"{name}-{next(_numbers)}"))
        )
        drift: Drift = Drift.objects.for_tenant(tenant).get(first_import=made)
        return drift

    def make_many(self, tenant: Tenant) -> None:
        tokens = [token(f"number-{next(_numbers)}") for _ in range(30)]
        record_import(tenant=tenant, by=self.operator, reading=reading(*tokens))

    def test_what_is_missing_here_leads_to_the_request(self) -> None:
        drift = self.one()
        self.enter("admin")
        shown = self.client.get(self.url("change", drift.pk))
        self.assertContains(
            shown, f"/admin/consents/consent/add/?service=vpp&amp;connection={drift.connection}"
        )
        self.enter("auditor")
        self.assertNotContains(self.client.get(self.url("change", drift.pk)), "/admin/consents/consent/add/")

    def test_a_closed_one_is_not_resolved_again(self) -> None:
        drift = self.one()
        self.enter("admin")
        self.client.post(self.url("resolve", drift.pk), {"resolution": "misread", "reason": "Old file."})
        again = self.client.post(
            self.url("resolve", drift.pk), {"resolution": "accepted", "reason": "Again."}
        )
        self.assertContains(again, "closed already", status_code=409)
        self.assertContains(self.client.get(self.url("change", drift.pk)), "Old file.")

    def test_the_past_is_as_it_was(self) -> None:
        before = timezone.now().isoformat()
        drift = self.one()
        was_open = timezone.now().isoformat()
        with at_work():
            resolve_drift(drift=drift, resolution="misread", reason="Old file.", by=self.officer)
        self.enter("officer")
        for state, is_there in (("open", True), ("resolved", False)):
            shown = self.client.get(self.url("changelist"), {"as_of": was_open, "state": state})
            check: Any = self.assertContains if is_there else self.assertNotContains
            check(shown, self.url("change", drift.pk))
        past = self.client.get(self.url("change", drift.pk), {"as_of": was_open})
        self.assertContains(past, "Open")
        self.assertNotContains(past, "Old file.")
        self.assertContains(self.client.get(self.url("change", drift.pk), {"as_of": before}), "Not found yet")


class ImportPageTests(TenantPageSuite):
    model = ConsentImport
    writings = (
        Writing(
            "add",
            {"carried": lambda suite: suite.carried()},
            "consents.imported",
            frozenset({"admin", "officer"}),
            wrong={"carried": "made up"},
        ),
    )
    file: ClassVar[str] = "tenant/vppTokens.json"

    def make(self, tenant: Tenant, name: str) -> ConsentImport:
        number = next(_numbers)
        made, _ = record_import(tenant=tenant, by=self.operator, reading=reading(token(f"{name}-{number}")))
        return made

    def carried(self) -> str:
        """What the first step would send along for whoever is signed in."""
        key = self.client.session.get("_auth_user_id") if self.client.session else None
        text = reading(page("vppToken", token("Berlin"))).as_data()
        return signing.dumps(text, salt=f"consents.import:{self.contoso.pk}:user:{key}", compress=True)

    def upload(self, *names: str, **more: Any) -> Any:
        files = [SimpleUploadedFile(name.rpartition("/")[2], (FOLDER / name).read_bytes()) for name in names]
        return self.client.post(self.url("add"), {"documents": files, **more})

    def kept(self) -> Any:
        return ConsentImport.objects.for_tenant(self.contoso)

    def test_first_the_differences_then_the_import(self) -> None:
        self.enter("admin")
        self.assertContains(self.client.get(self.url("add")), "Show what it comes to")
        shown = self.upload(*(f"tenant/{file.name}" for file in sorted(TENANT.iterdir())))
        for words in ("München", "Switched on there, not granted here", "Keep this import", "10 records"):
            self.assertContains(shown, words)
        assert not self.kept().exists()
        assert not any(secret in shown.content.decode() for secret in SECRETS)
        done = self.client.post(
            self.url("add"), {"carried": shown.context["form"]["carried"].value()}, follow=True
        )
        self.assertContains(done, "is imported")
        self.assertContains(done, "München")
        assert self.kept().get().imported_by == "admin@contoso.example"

    def test_what_was_shown_is_kept_for_that_person_and_tenant_only(self) -> None:
        self.enter("admin")
        text = self.upload(self.file).context["form"]["carried"].value()
        self.enter("officer")
        self.assertContains(self.client.post(self.url("add"), {"carried": text}), "Choose the files again")
        self.enter("fabrikam_admin")
        self.assertContains(self.client.post(self.url("add"), {"carried": text}), "Choose the files again")
        self.enter("admin")
        self.assertContains(
            self.client.post(self.url("add"), {"carried": text[:-1]}), "Choose the files again"
        )
        assert not self.kept().exists()

    def test_an_operator_says_for_which_tenant(self) -> None:
        self.enter("operator")
        shown = self.upload(self.file, tenant=self.contoso.pk)
        text = shown.context["form"]["carried"].value()
        other = self.client.post(self.url("add"), {"carried": text, "tenant": self.fabrikam.pk})
        self.assertContains(other, "of another tenant")
        self.client.post(self.url("add"), {"carried": text, "tenant": self.contoso.pk})
        assert self.kept().count() == 1

    def test_what_cannot_be_used_is_said(self) -> None:
        self.enter("admin")
        for names, words in (
            ((), "Choose at least one file"),
            (("wrong/broken.json",), "line 3, column"),
            (("wrong/refused.json",), "Forbidden"),
            (("wrong/utf16.json",), "UTF-16"),
        ):
            shown = self.upload(*names)
            self.assertContains(shown, words)
            self.assertContains(shown, 'role="alert"')
        self.assertContains(self.upload("wrong/records.json"), "granted is missing")
        assert not self.kept().exists()

    def test_more_than_a_page_can_carry_is_for_the_command(self) -> None:
        self.enter("admin")
        noise = random.Random(7).randbytes
        tokens = [token(noise(45).hex(), appleId=noise(100).hex()) for _ in range(12_000)]
        file = SimpleUploadedFile("many.json", json.dumps(page("vppToken", *tokens)).encode())
        shown = self.client.post(self.url("add"), {"documents": [file]})
        assert "use the command import_consents" in shown.content.decode()
        assert not self.kept().exists()


class CredentialPageTests(TenantPageSuite):
    model = Credential
    writings = (
        Writing(
            "add",
            {
                "kind": "vpp_token",
                "name": "Berlin {by}",
                "connection": "Berlin",
                "expires_at": "2096-01-01T00:00",
                "reason": "Renewed.",
            },
            "credential.added",
            frozenset({"admin", "officer"}),
            wrong={
                "kind": "apns_certificate",
                "name": "x",
                "connection": "x",
                "expires_at": "2096-01-01T00:00",
            },
        ),
        Writing(
            "correct",
            {"name": "Berlin", "expires_at": "2097-01-01T00:00", "reason": "Renewed."},
            "credential.changed",
            DECIDERS,
            wrong={"name": "Berlin", "expires_at": "soon"},
        ),
        Writing("retire", {"reason": "Closed."}, "credential.retired", DECIDERS, wrong={"reason": " "}),
    )

    def make(self, tenant: Tenant, name: str) -> Credential:
        given: Any = {
            "kind": "vpp_token",
            "name": f"{name}-{next(_numbers)}",
            "expires_at": "2096-01-01T00:00:00Z",
        }
        credential = add_credential(tenant=tenant, by=self.operator, **given)
        credential.refresh_from_db()
        return credential

    def test_an_imported_one_offers_no_change(self) -> None:
        with at_work():
            record_import(tenant=self.contoso, by=self.operator, reading=reading(token("Berlin")))
        credential = Credential.objects.for_tenant(self.contoso).get()
        self.enter("admin")
        shown = self.client.get(self.url("change", credential.pk))
        self.assertNotContains(shown, self.url("correct", credential.pk))
        self.assertContains(shown, self.url("retire", credential.pk))

    def test_the_past_is_as_it_was(self) -> None:
        before = timezone.now().isoformat()
        credential = self.one()
        in_use = timezone.now().isoformat()
        with at_work():
            retire_credential(credential=credential, by=self.officer, reason="Closed.")
        self.enter("auditor")
        for state, is_there in (("valid", True), ("retired", False)):
            shown = self.client.get(self.url("changelist"), {"as_of": in_use, "state": state})
            check: Any = self.assertContains if is_there else self.assertNotContains
            check(shown, self.url("change", credential.pk))
        page = self.url("change", credential.pk)
        self.assertContains(self.client.get(page, {"as_of": in_use}), "Valid")
        self.assertContains(self.client.get(page), "Retired")
        self.assertContains(self.client.get(page, {"as_of": before}), "Not known yet")

    def test_the_list_says_what_ends(self) -> None:
        self.one()
        self.enter("auditor")
        for state, is_there in (("valid", True), ("soon", False), ("expired", False), ("retired", False)):
            shown = self.client.get(self.url("changelist"), {"state": state})
            check: Any = self.assertContains if is_there else self.assertNotContains
            check(shown, "/change/")
