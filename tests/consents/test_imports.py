"""Imports compared with the register: which differences there are, how they live, what becomes of certificates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from catalog.models import Service
from consents.graph.comparing import compare
from consents.graph.observations import Reading
from consents.models import Consent, ConsentImport, Credential, Drift
from consents.services import grant_consent, request_consent, withdraw_consent
from consents.services.credentials import add_credential, change_credential, retire_credential
from consents.services.drift import resolve_drift
from consents.services.imports import import_asked_for, import_later, preview_import, record_import
from privacy_console.errors import Refused
from tests.admin.suite import at_work
from tests.cast import CastTestCase
from tests.consents.graph.samples import (
    SECRETS,
    TENANT,
    binding,
    certificate,
    consent,
    page,
    partner,
    reading,
    samples,
    token,
)
from work.models import Run
from work.queue import Outcome, claim, work_off

Kind = Drift.Kind
ENDED = "2026-01-01T00:00:00Z"


class Importing(CastTestCase):
    """A register, and what the service says beside it."""

    def setUp(self) -> None:
        door = at_work()
        door.__enter__()
        self.addCleanup(door.__exit__, None, None, None)

    def granted(self, code: str, connection_name: str = "", by: Any = None, **period: Any) -> Consent:
        by = by or self.admin
        service = Service.objects.current().get(code=code)
        asked = request_consent(tenant=self.contoso, service=service, by=by, connection=connection_name)
        return grant_consent(consent=asked, by=by, reason="Agreed", **period)

    def withdrawn(self, code: str, connection_name: str = "") -> Consent:
        return withdraw_consent(consent=self.granted(code, connection_name), by=self.admin, reason="Over")

    def found(self, *documents: Any) -> dict[str, str]:
        """The differences that the documents show: about what, and which."""
        differences = compare(self.contoso, reading(*documents))
        return {difference.key: str(difference.kind) for difference in differences}

    def imported(self, *documents: Any) -> ConsentImport:
        return record_import(tenant=self.contoso, by=self.admin, reading=reading(*documents))[0]

    def open_ones(self) -> dict[str, str]:
        drifts = Drift.objects.for_tenant(self.contoso).filter(status="open")
        return dict(drifts.values_list("key", "kind"))

    def drift(self, **about: Any) -> Drift:
        found: Drift = Drift.objects.for_tenant(self.contoso).get(**about)
        return found


class TestComparing(Importing):
    def test_what_agrees_shows_nothing(self) -> None:
        self.granted("vpp", "Berlin")
        self.granted("apns")
        self.granted("managed_google_play")
        self.granted("jamf_compliance")
        whole = page("vppToken", token("Berlin")), page("deviceManagementPartner", partner())
        assert self.found(*whole, certificate(), binding(), consent("Apple MDM Push")) == {}

    def test_on_there_and_unknown_here(self) -> None:
        assert self.found(token("Berlin"), certificate(), binding(), partner()) == {
            "vpp/berlin": Kind.UNKNOWN_HERE,
            "apns/": Kind.UNKNOWN_HERE,
            "managed_google_play/": Kind.UNKNOWN_HERE,
            "jamf_compliance/": Kind.UNKNOWN_HERE,
        }

    def test_a_request_is_no_consent_yet(self) -> None:
        service = Service.objects.current().get(code="apns")
        request_consent(tenant=self.contoso, service=service, by=self.admin)
        assert self.found(certificate()) == {"apns/": Kind.UNKNOWN_HERE}

    def test_ended_here_and_still_on_there(self) -> None:
        ended = self.withdrawn("vpp", "Berlin")
        now = timezone.now()
        period: Any = {
            "effective_from": now - timedelta(seconds=2),
            "effective_until": now - timedelta(seconds=1),
        }
        self.contoso.since = (now - timedelta(days=400)).date()
        self.contoso.save()
        self.granted("apns", **period)
        differences = {one.key: one for one in compare(self.contoso, reading(token("Berlin"), certificate()))}
        assert {key: one.kind for key, one in differences.items()} == {
            "vpp/berlin": Kind.STILL_ON,
            "apns/": Kind.STILL_ON,
        }
        assert differences["vpp/berlin"].consent_id == ended.pk
        assert differences["vpp/berlin"].recorded["state"] == "withdrawn"
        assert differences["apns/"].recorded["state"] == "expired"

    def test_one_that_begins_later_is_not_in_force(self) -> None:
        self.granted("apns", effective_from=timezone.now() + timedelta(days=1))
        assert self.found(certificate()) == {"apns/": Kind.UNKNOWN_HERE}

    def test_missing_there_only_where_the_whole_set_was_read(self) -> None:
        self.granted("vpp", "Berlin")
        assert self.found(token("Bonn")) == {"vpp/bonn": Kind.UNKNOWN_HERE}
        assert self.found(page("vppToken")) == {"vpp/berlin": Kind.MISSING_THERE}
        assert self.found(page("vppToken", token("Berlin")), page("depOnboardingSetting")) == {}
        assert self.found(page("vppToken", token("x") | {"id": 7})) == {}
        assert self.found(page("vppToken", nextLink="https://next")) == {}

    def test_what_says_of_itself_that_it_is_off_is_missing_there(self) -> None:
        self.granted("vpp", "Berlin")
        self.granted("managed_google_play")
        off = token("Berlin", dataSharingConsentGranted=False)
        assert self.found(off, binding("notBound")) == {
            "vpp/berlin": Kind.MISSING_THERE,
            "managed_google_play/": Kind.MISSING_THERE,
        }
        assert self.found(off, token("Berlin"), binding()) == {}

    def test_a_connection_is_known_by_any_of_its_names(self) -> None:
        for name in ("berlin ", "Apps of Bonn", "the id"):
            self.granted("vpp", name)
        whole = page("vppToken", token("Berlin"), token("Bonn"), token("Trier", id="the id"))
        assert self.found(whole) == {}

    def test_somebody_else_agreed_there(self) -> None:
        self.granted("apns")
        assert self.found(consent("Apple MDM Push", grantedByUpn="ADMIN@contoso.example")) == {}
        other = self.found(consent("Apple MDM Push", grantedByUpn="employee@contoso.example"))
        assert other == {"apns/": Kind.OTHER_ADMIN}
        assert self.found(consent("Apple MDM Push", grantedByUpn=None)) == {}

    def test_expired_certificates_and_tokens(self) -> None:
        self.granted("vpp", "Berlin")
        self.granted("apns")
        found = self.found(
            token("Berlin", id="t", expirationDateTime=ENDED), certificate(id="c", expirationDateTime=ENDED)
        )
        assert found == {
            "vpp_token/t": Kind.EXPIRED_CREDENTIAL,
            "apns_certificate/c": Kind.EXPIRED_CREDENTIAL,
        }

    def test_a_consent_for_a_whole_service_is_met_by_any_of_its_connections(self) -> None:
        assert self.found(consent("VPP")) == {"vpp/": Kind.UNKNOWN_HERE}
        assert self.found(consent("VPP"), token("Berlin")) == {"vpp/berlin": Kind.UNKNOWN_HERE}
        self.granted("vpp", "Berlin")
        assert self.found(consent("VPP")) == {}

    def test_names_that_are_not_known(self) -> None:
        found = self.found(consent("Future Connector"), consent("future  connector"), partner("Northwind"))
        assert found == {
            "dataSharingConsent/future connector": Kind.UNKNOWN_SERVICE,
            "deviceManagementPartner/northwind": Kind.UNKNOWN_SERVICE,
        }
        assert self.found(partner("Northwind", isConfigured=False)) == {}

    def test_a_long_name_has_a_key_of_its_own(self) -> None:
        first, second = self.found(consent("A" * 200)), self.found(consent("A" * 199 + "B"))
        assert first.keys() != second.keys()
        self.imported(consent("A" * 200), consent("A" * 199 + "B"))
        assert len(self.open_ones()) == 2

    def test_two_records_of_one_connection_are_one_difference(self) -> None:
        differences = compare(self.contoso, reading(certificate(), consent("Apple MDM Push")))
        assert [one.key for one in differences] == ["apns/"]
        assert [one["kind"] for one in differences[0].observed["sources"]] == [
            "applePushNotificationCertificate",
            "dataSharingConsent",
        ]
        assert differences[0].observed["by"] == "admin@contoso.example"

    def test_very_many_records_of_one_connection_are_still_one_difference(self) -> None:
        many = reading(page("vppToken", *(token("Berlin") for _ in range(20_000))))
        differences = compare(self.contoso, many)
        assert [one.key for one in differences] == ["vpp/berlin"]
        assert len(differences[0].observed["sources"]) == 51
        assert differences[0].observed["sources"][-1] == {"kind": "vppToken", "id": ""}

    def test_another_tenants_consents_play_no_part(self) -> None:
        service = Service.objects.current().get(code="apns")
        asked = request_consent(tenant=self.fabrikam, service=service, by=self.fabrikam_admin)
        grant_consent(consent=asked, by=self.fabrikam_admin, reason="Agreed")
        assert self.found(certificate()) == {"apns/": Kind.UNKNOWN_HERE}

    def test_comparing_asks_as_often_for_many_as_for_few(self) -> None:
        def queries(found: Reading) -> int:
            with CaptureQueriesContext(connection) as captured:
                compare(self.contoso, found)
            return len(captured)

        many = reading(*(token(f"Place {number}") for number in range(500)))
        assert queries(reading(token("Berlin"))) == queries(many) == 2


class TestDriftsLife(Importing):
    def test_opened_found_again_cleared(self) -> None:
        first = self.imported(page("vppToken", token("Berlin", id="b")))
        assert (first.found, first.opened, first.cleared) == (1, 1, 0)
        again = self.imported(page("vppToken", token("Berlin", id="b")))
        assert (again.found, again.opened, again.cleared) == (1, 0, 0)
        drift = self.drift()
        assert (drift.first_import, drift.last_import) == (first, again)
        self.granted("vpp", "Berlin")
        clean = self.imported(page("vppToken", token("Berlin", id="b")))
        assert (clean.found, clean.opened, clean.cleared) == (0, 0, 1)
        drift.refresh_from_db()
        assert (drift.status, drift.closed_by, drift.last_import) == (
            "cleared",
            "admin@contoso.example",
            clean,
        )

    def test_only_an_import_that_looked_there_clears_it(self) -> None:
        self.imported(page("vppToken", token("Berlin", id="b")), certificate())
        for document in (
            token("Bonn", id="x"),
            page("depOnboardingSetting"),
            page("vppToken", token("Bonn", id="x"), nextLink="https://next"),
        ):
            self.imported(document)
            assert "vpp/berlin" in self.open_ones()
        self.imported(token("Berlin", id="b", dataSharingConsentGranted=False))
        assert self.open_ones() == {"apns/": "unknown_here", "vpp/bonn": "unknown_here"}
        self.imported(page("vppToken"))
        assert self.open_ones() == {"apns/": "unknown_here"}

    def test_what_is_missing_there_is_cleared_when_it_is_back(self) -> None:
        self.granted("vpp", "Berlin")
        self.imported(page("vppToken"))
        assert self.open_ones() == {"vpp/berlin": "missing_there"}
        self.imported(page("vppToken", token("Berlin")))
        assert self.open_ones() == {}

    def test_the_same_file_changes_nothing_and_is_an_import(self) -> None:
        files = samples("tenant")
        first, _ = record_import(tenant=self.contoso, by=self.admin, reading=files)
        before = self._state()
        again, plan = record_import(tenant=self.contoso, by=self.admin, reading=files)
        assert self._state() == before
        assert (again.sha256, again.opened, again.cleared) == (first.sha256, 0, 0)
        assert not any(has_changed for _, _, has_changed in plan.known)
        credentials = plan.credentials
        assert (credentials.new, credentials.changed, credentials.gone) == ([], [], [])
        assert ConsentImport.objects.for_tenant(self.contoso).count() == 2

    def _state(self) -> list[Any]:
        drifts = Drift.objects.for_tenant(self.contoso).order_by("id")
        credentials = Credential.objects.for_tenant(self.contoso).order_by("id")
        unmoved = [field.name for field in Drift._meta.concrete_fields if field.name != "last_import"]
        return [*drifts.values(*unmoved), *credentials.values()]

    def test_what_changes_while_it_is_open_is_taken_over(self) -> None:
        self.imported(token("Berlin", id="b"))
        self.imported(token("Berlin", id="b", appleId="other@contoso.example"))
        drift = self.drift()
        assert (drift.status, drift.observed["account"]) == ("open", "other@contoso.example")
        assert AuditEvent.objects.about(drift).filter(activity="drift.changed").count() == 1

    def test_accepted_stays_closed_until_its_facts_change(self) -> None:
        self.imported(token("Berlin", id="b"))
        self.resolve("accepted")
        self.imported(token("Berlin", id="b"))
        assert self.open_ones() == {}
        self.imported(token("Berlin", id="b", appleId="other@contoso.example"))
        assert self.open_ones() == {"vpp/berlin": "unknown_here"}
        assert Drift.objects.for_tenant(self.contoso).count() == 2

    def test_what_was_put_right_and_is_found_again_is_open_again(self) -> None:
        for resolution in ("recorded", "ended_there"):
            self.imported(token("Berlin", id="b"))
            self.resolve(resolution)
            assert self.open_ones() == {}
        self.imported(token("Berlin", id="b"))
        assert self.open_ones() == {"vpp/berlin": "unknown_here"}
        self.resolve("misread")
        self.imported(token("Berlin", id="b"))
        assert self.open_ones() == {}

    def resolve(self, resolution: str) -> Drift:
        return resolve_drift(
            drift=self.drift(status="open"), resolution=resolution, reason="Looked at", by=self.officer
        )

    def test_resolving_wants_how_and_why_and_happens_once(self) -> None:
        self.imported(token("Berlin"))
        drift = self.drift()
        for wrong in ({"resolution": "", "reason": "x"}, {"resolution": "accepted", "reason": " "}):
            with pytest.raises(ValidationError):
                resolve_drift(drift=drift, by=self.officer, **wrong)
        for nobody in (self.auditor, self.fabrikam_admin):
            with pytest.raises(PermissionDenied):
                resolve_drift(drift=drift, resolution="accepted", reason="x", by=nobody)
        resolved = self.resolve("accepted")
        assert (resolved.closed_by, resolved.reason) == ("officer@contoso.example", "Looked at")
        with pytest.raises(Refused, match="closed already"):
            resolve_drift(drift=drift, resolution="misread", reason="x", by=self.officer)

    def test_a_preview_keeps_nothing_and_says_the_same(self) -> None:
        document = page("vppToken", token("Berlin", id="b"))
        before = AuditEvent.objects.across_tenants().count()
        _, plan = preview_import(tenant=self.contoso, by=self.admin, reading=reading(document))
        assert AuditEvent.objects.across_tenants().count() == before
        assert not Drift.objects.for_tenant(self.contoso).exists()
        _, kept = record_import(tenant=self.contoso, by=self.admin, reading=reading(document))
        assert [one.facts for one in plan.opened] == [one.facts for one in kept.opened]

    def test_who_may(self) -> None:
        for nobody in (self.auditor, self.employee, self.fabrikam_admin):
            for deed in (preview_import, record_import):
                with pytest.raises(PermissionDenied):
                    deed(tenant=self.contoso, by=nobody, reading=reading(token("Berlin")))

    def test_nothing_readable_is_no_import(self) -> None:
        for nothing in (samples("wrong/broken.json"), samples("wrong/refused.json"), reading({})):
            with pytest.raises(ValidationError, match="Nothing in"):
                record_import(tenant=self.contoso, by=self.admin, reading=nothing)
        assert not ConsentImport.objects.for_tenant(self.contoso).exists()

    def test_what_could_not_be_read_stands_with_the_import(self) -> None:
        made, _ = record_import(tenant=self.contoso, by=self.admin, reading=samples("wrong"))
        assert len(made.problems) == 8
        assert made.problems[0]["line"] == 3
        bad = [consent("VPP", id=str(number), granted="?") for number in range(600)]
        many = self.imported(consent("VPP"), *bad)
        assert (len(many.problems), many.problems[-1]["code"]) == (501, "and_more")

    def test_the_trail_tells_each_step(self) -> None:
        made = self.imported(page("vppToken", token("Berlin")))
        drift = self.drift()
        self.imported(page("vppToken"))
        told = AuditEvent.objects.about(drift).select_related("attribution")
        assert [(event.activity, event.action) for event in told] == [
            ("drift.cleared", "update"),
            ("drift.opened", "create"),
        ]
        assert AuditEvent.objects.about(made).get().activity == "consents.imported"

    def test_secrets_are_nowhere_in_the_database(self) -> None:
        record_import(tenant=self.contoso, by=self.admin, reading=samples("tenant"))
        self.imported(certificate(expirationDateTime=SECRETS[1]), token("Berlin"))
        models = (Drift, Credential, ConsentImport)
        kept = [list(model.objects.for_tenant(self.contoso).values()) for model in models]
        past = [list(model.history.for_tenant(self.contoso).values()) for model in models]
        events = list(AuditEvent.objects.for_tenant(self.contoso).values())
        assert not any(secret in repr((kept, past, events)) for secret in SECRETS)

    def test_each_tenant_has_its_own(self) -> None:
        self.imported(token("Berlin", id="b"))
        record_import(tenant=self.fabrikam, by=self.fabrikam_admin, reading=reading(page("vppToken")))
        assert self.open_ones() == {"vpp/berlin": "unknown_here"}
        assert not Drift.objects.for_tenant(self.fabrikam).exists()

    def test_statements_grow_with_the_batches_alone(self) -> None:
        def statements(count: int) -> int:
            found = reading(page("vppToken", *(token(f"P{count}-{n}") for n in range(count))))
            with CaptureQueriesContext(connection) as captured:
                record_import(tenant=self.contoso, by=self.admin, reading=found)
            return len(captured)

        statements(1)
        few, many = statements(20), statements(400)
        assert many - few < 60, f"{few} for 20, {many} for 400"


class TestCredentials(Importing):
    def known(self) -> dict[str, Credential]:
        return {one.external_id: one for one in Credential.objects.for_tenant(self.contoso)}

    def test_certificates_and_tokens_are_taken_over(self) -> None:
        record_import(tenant=self.contoso, by=self.admin, reading=samples("tenant"))
        known = {one.kind: one for one in self.known().values() if one.connection != "München"}
        assert set(known) == {"apns_certificate", "dep_token", "vpp_token"}
        apns, vpp = known["apns_certificate"], known["vpp_token"]
        assert (apns.grace_days, apns.serial_number, apns.account) == (30, "0A1B2C3D", "mdm@contoso.example")
        assert (vpp.grace_days, vpp.name, vpp.connection, vpp.source) == (0, "HQ apps", "Berlin", "import")

    def test_a_renewal_moves_the_end(self) -> None:
        self.imported(certificate(id="c", expirationDateTime=ENDED))
        assert self.open_ones()["apns_certificate/c"] == "expired_credential"
        self.imported(certificate(id="c", certificateSerialNumber="NEW"))
        renewed = self.known()["c"]
        assert (renewed.expires_at.year, renewed.serial_number) == (2096, "NEW")
        assert "apns_certificate/c" not in self.open_ones()
        assert AuditEvent.objects.about(renewed).first().activity == "credential.changed"  # type: ignore[union-attr]

    def test_one_that_is_gone_is_retired_and_comes_back_with_an_import(self) -> None:
        self.imported(page("vppToken", token("Berlin", id="b")))
        self.imported(token("Bonn", id="x"))
        assert self.known()["b"].retired_at is None
        gone = self.imported(page("vppToken", token("Bonn", id="x")))
        assert self.known()["b"].retired_at == gone.imported_at
        self.imported(page("vppToken", token("Berlin", id="b"), token("Bonn", id="x")))
        assert self.known()["b"].retired_at is None

    def test_what_people_retired_stays_so_until_it_is_renewed(self) -> None:
        self.imported(token("Berlin", id="b"))
        retire_credential(credential=self.known()["b"], by=self.admin, reason="Closed")
        self.imported(page("vppToken", token("Berlin", id="b")))
        assert self.known()["b"].retired_at is not None
        self.imported(token("Berlin", id="b", expirationDateTime="2097-01-01T00:00:00Z"))
        assert self.known()["b"].retired_at is None

    def test_what_people_entered_is_left_alone(self) -> None:
        given: Any = {"kind": "vpp_token", "name": "Mine", "expires_at": timezone.now(), "external_id": "b"}
        add_credential(tenant=self.contoso, by=self.admin, **given)
        self.imported(page("vppToken", token("Berlin", id="b")))
        self.imported(page("vppToken"))
        mine = self.known()["b"]
        assert (mine.name, mine.source, mine.retired_at) == ("Mine", "hand", None)

    def test_a_certificate_that_is_not_there_is_none(self) -> None:
        self.imported(certificate(id="c", expirationDateTime="0001-01-01T00:00:00Z"), token("Berlin"))
        assert "c" not in self.known()

    def test_by_hand(self) -> None:
        end = timezone.now() + timedelta(days=10)
        made = add_credential(
            tenant=self.contoso, kind="apns_certificate", name=" Push ", expires_at=end, by=self.officer
        )
        assert (made.name, made.grace_days, made.service.code) == ("Push", 30, "apns")
        changed = change_credential(credential=made, by=self.admin, account="mdm@contoso.example", name=None)
        assert (changed.name, changed.account) == ("Push", "mdm@contoso.example")
        with pytest.raises(TypeError, match="kind"):
            change_credential(credential=made, by=self.admin, kind="vpp_token")
        retire_credential(credential=made, by=self.admin, reason="Replaced")
        for deed in (change_credential, retire_credential):
            with pytest.raises(Refused, match="retired already"):
                deed(credential=made, by=self.admin, reason="Again")

    def test_who_may(self) -> None:
        end = timezone.now()
        for nobody in (self.auditor, self.fabrikam_admin, self.employee):
            with pytest.raises(PermissionDenied):
                add_credential(tenant=self.contoso, kind="vpp_token", name="x", expires_at=end, by=nobody)


class TestLater(Importing):
    """The same import, done by the worker in the name of who asked for it."""

    def ask(self) -> Run:
        return import_later(tenant=self.contoso, by=self.admin, paths=[TENANT])

    def test_the_worker_imports_it_once(self) -> None:
        run = self.ask()
        done = work_off_run(run)
        assert (done.code, done.succeeded) == ("consents.import", True), done
        made = ConsentImport.objects.for_tenant(self.contoso).get()
        assert (made.records, made.imported_by) == (10, "admin@contoso.example")
        event = AuditEvent.objects.about(made).select_related("attribution").get()
        assert event.attribution.on_behalf_of == "admin@contoso.example"
        again = import_asked_for(tenant=self.contoso, arguments=run.details["arguments"])
        assert again.endswith("was imported already.")
        assert ConsentImport.objects.for_tenant(self.contoso).count() == 1

    def test_who_may_not_any_more_imports_nothing(self) -> None:
        run = self.ask()
        type(self.admin).objects.filter(pk=self.admin.pk).update(is_active=False)
        assert not work_off_run(run).succeeded
        assert not ConsentImport.objects.for_tenant(self.contoso).exists()

    def test_who_may_and_what_there_is_are_looked_at_at_once(self) -> None:
        with pytest.raises(PermissionDenied):
            import_later(tenant=self.contoso, by=self.auditor, paths=[TENANT])
        with pytest.raises(FileNotFoundError):
            import_later(tenant=self.contoso, by=self.admin, paths=[TENANT / "none.json"])


def work_off_run(run: Run) -> Outcome:
    taken = claim("the test", run.pk)
    assert taken is not None
    assert taken.pk == run.pk
    return work_off(taken)
