"""Records brought back: the same consents with the same lives, all of them or none."""

from __future__ import annotations

import copy
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from audit.models import AuditEvent
from consents.models import Consent, CoveredFlow, EndingStep
from consents.records import Outcome, export_record, restore_consents
from consents.records.canonical import sealed
from consents.records.reading import Source
from consents.services import decline_consent, grant_consent
from privacy_console.errors import Refused
from tenants.access import Principal, Shell
from tenants.models import Membership, Tenant
from tests.cast import Cast
from tests.commands.running import run
from tests.consents import lives

pytestmark = pytest.mark.django_db

NOT_REPEATED = {"pc:provenance", "pc:digest"}


@pytest.fixture(autouse=True)
def tenants(cast: Cast) -> None:
    lives.exists_for_years(cast.contoso)


def exported(consent: Consent) -> dict[str, Any]:
    with lives.door():
        found: dict[str, Any] = json.loads(export_record(consent=consent, by=Shell()).content)
    return found


def reborn(cast: Cast) -> Tenant:
    """The tenant of the same directory with an empty register: as after a loss. The old one goes by another id."""
    directory, cast.contoso.directory_id = cast.contoso.directory_id, uuid.uuid4()
    with lives.door():
        cast.contoso.save()
        made = Tenant.objects.create(
            slug="contoso-again",
            name="Contoso",
            directory_id=directory,
            country="DE",
            since=cast.contoso.since,
        )
        Membership.objects.for_tenant(made).create(tenant=made, user=cast.officer, role="privacy_officer")
    return made


def restore(
    tenant: Tenant, *records: Any, by: Principal | None = None, reason: str = "Disk lost", **options: Any
) -> Outcome:
    """Each record in a file of its own; a list is one file, and bytes are one as they are."""
    sources = [
        Source(f"{n}.jsonld", one if isinstance(one, bytes) else json.dumps(one).encode())
        for n, one in enumerate(records)
    ]
    with lives.door():
        return restore_consents(tenant=tenant, sources=sources, by=by or Shell(), reason=reason, **options)


def kept(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in NOT_REPEATED}


def changed(record: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The record with other values under an honest digest: as somebody would write it who wants to be believed."""
    body = {key: value for key, value in copy.deepcopy(record).items() if key != "pc:digest"}
    return sealed(body | {name.replace("__", ":"): value for name, value in values.items()})


def test_there_and_back_it_is_the_same_record(cast: Cast) -> None:
    made = lives.in_every_state(cast.contoso, cast.officer)
    before = {state: exported(consent) for state, consent in made.items()}
    again = reborn(cast)
    outcome = restore(again, list(before.values()))
    assert outcome.remarks == []
    assert len(outcome.restored) == len(before)
    for state, record in before.items():
        restored = Consent.objects.for_tenant(again).get(record_id=record["dpv:hasIdentifier"])
        assert restored.state == state
        assert kept(exported(restored)) == kept(record)
        assert restored.restored_from.startswith("0.jsonld, SHA-256 ")
        old = made[state]
        for name in (
            "requested_by_id",
            "granted_by_id",
            "effective_from",
            "ends_at",
            "terms_text",
            "edition_id",
        ):
            assert getattr(restored, name) == getattr(
                Consent.objects.for_tenant(cast.contoso).get(pk=old.pk), name
            )
        assert coverage(restored) == coverage(old)


def coverage(consent: Consent) -> set[tuple[Any, ...]]:
    rows = CoveredFlow.objects.for_tenant(consent.tenant_id).filter(consent=consent)
    return set(rows.values_list("flow_id", "flow_record", "code", "name", "direction", "personal"))


def test_what_is_restored_lives_on(cast: Cast) -> None:
    waiting, holding = (
        lives.requested(cast.contoso, cast.officer, "apns"),
        lives.granted(cast.contoso, cast.officer),
    )
    records = exported(waiting), exported(holding)
    again = reborn(cast)
    restore(again, *records)
    rows = Consent.objects.for_tenant(again)
    with lives.door():
        grant_consent(consent=rows.get(record_id=waiting.record_id), by=cast.operator, reason="Now")
    with pytest.raises(Refused), lives.door():
        decline_consent(consent=rows.get(record_id=holding.record_id), by=cast.operator, reason="No")


def test_a_renewal_comes_after_what_it_renews(cast: Cast) -> None:
    first = lives.granted(cast.contoso, cast.officer)
    second = lives.granted(cast.contoso, cast.officer, renews=first)
    records = {consent.record_id: exported(consent) for consent in (second, first)}
    again = reborn(cast)
    with pytest.raises(Refused, match=f"it renews {first.record_id}, which has to be restored before"):
        restore(again, records[second.record_id])
    restore(again, *records.values())
    renewed = Consent.objects.for_tenant(again).get(record_id=second.record_id)
    assert renewed.supersedes is not None
    assert renewed.supersedes.record_id == first.record_id
    assert {key: kept(exported(one)) for key, one in by_record(again).items()} == {
        key: kept(record) for key, record in records.items()
    }


def by_record(tenant: Tenant) -> dict[uuid.UUID, Consent]:
    return {consent.record_id: consent for consent in Consent.objects.for_tenant(tenant)}


def test_it_is_in_the_trail_with_its_reason(cast: Cast) -> None:
    record = exported(lives.withdrawn(cast.contoso, cast.officer))
    again = reborn(cast)
    (consent,) = restore(again, record, reason="The disk of 2026-11-20 was lost").restored
    events = AuditEvent.objects.for_tenant(again).about(consent)
    assert {event.activity for event in events} == {"consent.restored"}
    assert {event.attribution.reason for event in events} == {"The disk of 2026-11-20 was lost"}


# --- Refused, with nothing kept --------------------------------------------------------------------------------------


def refused(tenant: Tenant, *records: Any, **options: Any) -> str:
    """The sentence of the refusal; nothing was kept."""
    before = Consent.objects.across_tenants().count()
    with pytest.raises(Refused) as caught:
        restore(tenant, *records, **options)
    assert Consent.objects.across_tenants().count() == before
    return caught.value.detail


def test_what_is_there_already_is_refused(cast: Cast) -> None:
    record = exported(lives.granted(cast.contoso, cast.officer))
    assert "it is in the register already" in refused(cast.contoso, record)
    again = reborn(cast)
    assert "more than once" in refused(again, record, record)


def test_a_record_that_was_changed_is_refused(cast: Cast) -> None:
    record = exported(lives.granted(cast.contoso, cast.officer))
    again = reborn(cast)
    for name, value in {
        "dct:title": "Something else",
        "dpv:hasLegalBasis": {"@id": "eu-gdpr:A6-1-a"},
        "pc:justification": "Because",
    }.items():
        assert "changed after it was written" in refused(again, record | {name: value})
    terms = record["dpv:hasNotice"] | {"pc:text": "Other terms"}
    assert "not that of their text" in refused(again, changed(record, dpv__hasNotice=terms))


def test_another_tenants_record_needs_to_be_meant(cast: Cast) -> None:
    record = exported(lives.granted(cast.contoso, cast.officer))
    lives.exists_for_years(cast.fabrikam)
    assert f"another tenant (directory {cast.contoso.directory_id})" in refused(cast.fabrikam, record)
    (consent,) = restore(cast.fabrikam, record, from_other_tenant=True, reason="Merged").restored
    theirs, ours = exported(consent), record
    of_the_tenant = {
        "dpv:hasDataController", "dpv:hasDataSubject", "dpv:hasJurisdiction", "dct:creator", "pc:transfer",
        "dpv:hasProcess",
    }  # fmt: skip
    assert {key for key in kept(ours) if theirs[key] != ours[key]} == of_the_tenant


def test_flows_that_the_catalog_lacks_are_listed(cast: Cast) -> None:
    record = exported(lives.granted(cast.contoso, cast.officer))
    again = reborn(cast)
    flows = copy.deepcopy(record["pc:flow"])
    for number in (0, 1):
        flows[number]["dct:identifier"] = f"apple.out.unheard_{number}"
    detail = refused(again, changed(record, pc__flow=flows))
    assert "no flow apple.out.unheard_0, apple.out.unheard_1" in detail
    elsewhere = record["pc:agreedTo"] | {"pc:catalog": "jamf"}
    assert "no catalog “jamf”" in refused(again, changed(record, pc__agreedTo=elsewhere))
    service = record["pc:service"] | {"dct:identifier": "fax"}
    assert "no service “fax”" in refused(again, changed(record, pc__service=service))


def test_an_edition_that_is_not_here_is_told(cast: Cast) -> None:
    record = exported(lives.granted(cast.contoso, cast.officer))
    again = reborn(cast)
    unknown = record["pc:agreedTo"] | {"pc:edition": 77, "pc:sha256": "0" * 64}
    outcome = restore(again, changed(record, pc__agreedTo=unknown))
    assert "the edition that was agreed to is not here" in outcome.remarks[0]


def test_the_flow_is_that_of_the_edition_agreed_to(cast: Cast) -> None:
    consent = lives.granted(cast.contoso, cast.officer)
    record, covered = exported(consent), coverage(consent)
    again = reborn(cast)
    flow = CoveredFlow.objects.for_tenant(cast.contoso).filter(consent=consent).earliest("code").flow
    type(flow).objects.filter(pk=flow.pk).update(note="said otherwise later")
    (restored,) = restore(again, record).restored
    assert coverage(restored) == covered


def test_periods_that_overlap_are_refused(cast: Cast) -> None:
    record = exported(lives.granted(cast.contoso, cast.officer))
    again = reborn(cast)
    other = changed(record, dpv__hasIdentifier=str(uuid.uuid4()))
    other = changed(other, **{"@id": f"urn:uuid:{other['dpv:hasIdentifier']}"})
    assert "holds in the same period" in refused(again, record, other)
    lives.granted(again, cast.operator)
    assert "holds in the same period" in refused(again, record)


def test_a_request_that_waits_is_decided_first(cast: Cast) -> None:
    record = exported(lives.granted(cast.contoso, cast.officer))
    again = reborn(cast)
    lives.requested(again, cast.operator)
    assert "waits for a decision: decide it first" in refused(again, record)


def test_dates_that_cannot_be_are_refused(cast: Cast) -> None:
    record = exported(lives.granted(cast.contoso, cast.officer))
    again = reborn(cast)
    tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    events = copy.deepcopy(record["pc:event"])
    events[1]["dct:date"] = tomorrow
    assert "not happened yet" in refused(again, changed(record, pc__event=events))
    assert "exists since" in refused(again, changed(record, pc__holds={"pc:from": "1999-01-01T00:00:00Z"}))
    odd = changed(record, pc__holds=record["pc:holds"] | {"pc:from": "2026-13-40T00:00:00Z"})
    assert "a date or an identifier is wrong" in refused(again, odd)
    ended = record["pc:holds"] | {
        "pc:agreedUntil": "2020-01-01T00:00:00Z",
        "pc:until": "2020-01-01T00:00:00Z",
    }
    assert "agreed to end before it begins" in refused(again, changed(record, pc__holds=ended))


def test_what_contradicts_itself_is_refused(cast: Cast) -> None:
    record = exported(lives.granted(cast.contoso, cast.officer))
    again = reborn(cast)
    withdrawn = changed(record, dpv__hasConsentStatus={"@id": "dpv:ConsentWithdrawn"})
    assert "says nothing of when it was withdrawn" in refused(again, withdrawn)
    for name in ("pc:holds", "pc:flow"):
        without = {key: value for key, value in record.items() if key != name}
        assert "of a consent that was granted" in refused(again, changed(without))
    twice = [*record["pc:flow"], record["pc:flow"][0]]
    assert "a flow is in it twice" in refused(again, changed(record, pc__flow=twice))
    assert "no database keeps" in refused(again, changed(record, pc__justification="a\0b"))


def test_what_is_no_record_is_refused(cast: Cast) -> None:
    record = exported(lives.granted(cast.contoso, cast.officer))
    again = reborn(cast)
    for content, words in {
        b"{": "is not JSON",
        b"[]": "holds no record",
        b"\xff\xfe": "is not JSON",
        b'{"a": NaN}': "NaN is not JSON",
        b'{"a": 1, "a": 1}': "occurs twice",
        b"[" * 100_000: "is not JSON",
        b"3": "is not of type 'object'",
        json.dumps(record | {"colour": "red"}).encode(): "colour",
    }.items():
        assert words in refused(again, content), content[:40]


def test_one_bad_record_keeps_the_others_out(cast: Cast) -> None:
    made = lives.in_every_state(cast.contoso, cast.officer)
    records = [exported(consent) for consent in made.values()]
    again = reborn(cast)
    assert "record 3" in refused(again, [*records[:2], records[2] | {"dct:title": "Changed"}, *records[3:]])
    assert EndingStep.objects.for_tenant(again).count() == 0


def test_only_operators_restore_and_say_why(cast: Cast) -> None:
    record = exported(lives.granted(cast.contoso, cast.officer))
    again = reborn(cast)
    with pytest.raises(PermissionDenied):
        restore(again, record, by=cast.officer)
    with pytest.raises(ValidationError):
        restore(again, record, reason=" ")
    restore(again, record, by=cast.operator)


# --- The commands ----------------------------------------------------------------------------------------------------


def test_out_and_in_by_command(cast: Cast, tmp_path: Any) -> None:
    consent = lives.granted(cast.contoso, cast.officer)
    file = tmp_path / "one.jsonld"
    assert run("export_consent_record", str(consent.pk), "--output", str(file)).code == 0
    again = reborn(cast)
    asked = ("restore_consents", str(file), "--tenant", again.slug, "--reason", "Disk lost")
    dry = run(*asked, "--dry-run")
    assert (dry.code, dry.err.strip()) == (0, "Dry run: nothing was kept.")
    assert f"{consent.record_id}  {consent} is granted." in dry.out
    assert Consent.objects.for_tenant(again).count() == 0
    assert run(*asked).out.endswith("1 restored.\n")
    repeated = run(*asked)
    assert (repeated.code, len(repeated.err.splitlines())) == (1, 1)
    assert "it is in the register already" in repeated.err
    assert (
        "No such file" in run("restore_consents", "none.jsonld", "--tenant", again.slug, "--reason", "x").err
    )
    receipt = run("export_consent_record", str(consent.pk), "--receipt", "--output", "-")
    assert json.loads(receipt.out)["@type"] == "dpv:ConsentReceipt"


def test_the_register_by_command(cast: Cast, tmp_path: Any) -> None:
    lives.granted(cast.contoso, cast.officer)
    file = tmp_path / "register.pdf"
    ran = run("export_consents", "--tenant", "contoso", "--format", "pdf", "--output", str(file), "--json")
    assert ran.data["bytes"] == file.stat().st_size
    assert file.read_bytes().startswith(b"%PDF")
    csv = run("export_consents", "--tenant", "contoso", "--format", "csv", "--output", "-")
    assert csv.out.startswith("record_id,id,service,")
    assert "Nobody knows yet" in run("export_consents", "--tenant", "contoso", "--as-of", "9d", "-o", "-").err
