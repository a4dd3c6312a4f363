"""A consent as a record and as a receipt: what they say, and that they say it without the console."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from jsonschema import Draft202012Validator

from audit.models import AuditEvent
from catalog.dpv import purpose_concept
from catalog.models import Purpose
from consents.models import Consent
from consents.records import export_receipt, export_record
from consents.records.canonical import canonical, digest_of, is_whole
from consents.records.reading import schema
from consents.services import withdraw_consent
from privacy_console.errors import Refused
from tests.api.suite import moment
from tests.cast import Cast
from tests.consents import lives

pytestmark = pytest.mark.django_db

DPV = "https://w3id.org/dpv#"
# Terms of the Data Privacy Vocabulary 2.0 that a record may use; anything else under its name would mean nothing.
TERMS = {
    "dpv": {
        "ConsentExpired", "ConsentGiven", "ConsentReceipt", "ConsentRecord", "ConsentRefused", "ConsentRequested",
        "ConsentWithdrawn", "Contract", "DataController", "DataProcessor", "DataSubject", "DataTransferLegalBasis",
        "NonPersonalData", "Notice", "Obtain", "PersonalData", "Process", "Recipient", "Share", "StorageCondition",
        "ThirdParty", "WithdrawConsent", "hasConsentControl", "hasConsentStatus", "hasCountry", "hasData",
        "hasDataController", "hasDataExporter", "hasDataImporter", "hasDataProcessor", "hasDataSource",
        "hasDataSubject", "hasIdentifier", "hasJurisdiction", "hasLegalBasis", "hasName", "hasNotice",
        "hasPersonalData", "hasProcess", "hasProcessing", "hasPurpose", "hasRecipient", "hasStorageCondition",
    },
    "eu-gdpr": {"A6-1-f", "A46-2-c"},
    "dpv-27560": {"record", "receipt-record"},
}  # fmt: skip
PURPOSES = {purpose_concept(one) for one in Purpose.values}
STATUS = {
    "requested": "ConsentRequested",
    "granted": "ConsentGiven",
    "declined": "ConsentRefused",
    "withdrawn": "ConsentWithdrawn",
    "expired": "ConsentExpired",
}


@pytest.fixture(autouse=True)
def tenants(cast: Cast) -> None:
    lives.exists_for_years(cast.contoso)


def record(consent: Consent, cast: Cast, as_of: datetime | None = None) -> dict[str, Any]:
    with lives.door():
        found: dict[str, Any] = json.loads(
            export_record(consent=consent, by=cast.auditor, as_of=as_of).content
        )
    return found


def receipt(consent: Consent, cast: Cast, as_of: datetime | None = None) -> dict[str, Any]:
    with lives.door():
        found: dict[str, Any] = json.loads(
            export_receipt(consent=consent, by=cast.auditor, as_of=as_of).content
        )
    return found


def names(value: Any) -> Iterator[str]:
    """Every name and every reference of a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key in ("@id", "@type"):
                yield from inner if isinstance(inner, list) else [inner]
            elif key != "@context":
                yield from names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names(inner)


def test_a_record_of_every_state_fits_the_schema(cast: Cast) -> None:
    for state, consent in lives.in_every_state(cast.contoso, cast.officer).items():
        found = record(consent, cast)
        assert list(Draft202012Validator(schema()).iter_errors(found)) == []
        assert found["dpv:hasConsentStatus"] == {"@id": f"dpv:{STATUS[state]}"}
        assert is_whole(found)


def test_the_context_is_whole_and_every_term_is_one(cast: Cast) -> None:
    """JSON-LD without a look-up: each name has a prefix that the document itself explains."""
    for consent in lives.in_every_state(cast.contoso, cast.officer).values():
        documents = [record(consent, cast)]
        if consent.granted_at:
            documents.append(receipt(consent, cast))
        for document in documents:
            prefixes = document["@context"]
            assert prefixes["dpv"] == DPV
            assert all(iri.startswith(("https://w3id.org/", "http://", "urn:")) for iri in prefixes.values())
            for name in names(document):
                prefix, _, term = name.partition(":")
                if name.startswith(("@", "urn:")):
                    continue
                assert prefix in prefixes, name
                assert prefix not in TERMS or term in TERMS[prefix] or name in PURPOSES, name


def test_it_says_who_what_why_where_and_until_when(cast: Cast) -> None:
    consent = lives.granted(cast.contoso, cast.officer, connection="Berlin")
    found = record(consent, cast)
    assert found["@id"] == f"urn:uuid:{consent.record_id}"
    assert {"@id": "dpv-27560:record"} in found["dct:conformsTo"]
    controller = found["dpv:hasDataController"]
    assert (controller["dpv:hasName"], controller["dpv:hasIdentifier"]) == (
        "Contoso", str(cast.contoso.directory_id)
    )  # fmt: skip
    assert controller["dpv:hasCountry"] == {"@id": "loc:DE"}
    assert found["dpv:hasDataProcessor"]["dpv:hasName"] == "Microsoft"
    assert found["dpv:hasRecipient"]["dpv:hasName"] == "Apple"
    assert found["dpv:hasLegalBasis"] == {"@id": "eu-gdpr:A6-1-f"}
    assert found["pc:transfer"]["dpv:hasLegalBasis"] == {"@id": "eu-gdpr:A46-2-c"}
    assert found["dpv:hasJurisdiction"] == {"@id": "loc:DE"}
    assert found["dpv:hasNotice"]["pc:text"] == lives.GROUNDS["terms_text"]
    assert found["dpv:hasNotice"]["pc:sha256"] == consent.terms_sha256
    assert found["pc:contract"]["dct:identifier"] == "Apple Business Agreement 7"
    assert found["pc:agreedTo"]["pc:edition"] == 1
    assert len(found["pc:flow"]) == consent.covered_flows.count()
    personal = [one for process in found["dpv:hasProcess"] for one in process.get("dpv:hasPersonalData", ())]
    assert any(
        concept["@id"].startswith("pd:") for one in personal for concept in one.get("skos:broader", ())
    )
    given = found["pc:event"][1]
    assert (given["pc:by"], given["pc:role"], given["pc:origin"], given["pc:ipAddress"]) == (
        "officer@contoso.example", "privacy_officer", "admin", "192.0.2.7"
    )  # fmt: skip
    events = AuditEvent.objects.for_tenant(cast.contoso).about(consent).exclude(activity="export.downloaded")
    told = [event["dct:identifier"] for event in found["pc:provenance"]["pc:auditEvent"]]
    assert told == sorted((str(pk) for pk in events.values_list("pk", flat=True)), key=int)


def test_the_checklist_is_in_it(cast: Cast) -> None:
    consent = lives.withdrawn(cast.contoso, cast.officer)
    lives.step_done(consent, cast.officer, owner=cast.admin)
    first, second, *_ = record(consent, cast)["pc:endingStep"]
    assert (first["pc:status"], first["pc:proof"], first["pc:owner"]) == (
        "done", "Ticket 4711", "admin@contoso.example"
    )  # fmt: skip
    assert (second["pc:status"], "pc:proof" in second) == ("open", False)


def test_it_is_the_same_until_something_happens(cast: Cast) -> None:
    consent = lives.granted(cast.contoso, cast.officer)
    first = record(consent, cast)
    then = datetime.fromisoformat(moment())
    assert record(consent, cast) == first
    with lives.door():
        withdraw_consent(consent=consent, by=cast.officer, reason="Enough")
    assert record(consent, cast)["dpv:hasConsentStatus"] == {"@id": "dpv:ConsentWithdrawn"}
    assert record(consent, cast, then) == first
    with pytest.raises(Refused, match="Nothing was known"):
        record(consent, cast, then - timedelta(days=1))
    with pytest.raises(Refused, match="Nobody knows yet"):
        record(consent, cast, timezone.now() + timedelta(days=1))


def test_the_receipt_is_short_and_names_the_record(cast: Cast) -> None:
    consent = lives.granted(cast.contoso, cast.officer)
    whole, short = record(consent, cast), receipt(consent, cast)
    assert short["@type"] == "dpv:ConsentReceipt"
    assert short["dct:source"]["@id"] == whole["@id"]
    assert short["dct:source"]["pc:sha256"] == whole["pc:digest"]["pc:sha256"]
    assert (short["pc:givenBy"], short["pc:terms"]["pc:sha256"]) == (
        "officer@contoso.example", consent.terms_sha256
    )  # fmt: skip
    assert "pc:ipAddress" not in json.dumps(short)
    assert len(json.dumps(short)) < len(json.dumps(whole)) / 3
    assert is_whole(short)


def test_there_is_no_receipt_for_what_nobody_gave(cast: Cast) -> None:
    for consent in (
        lives.requested(cast.contoso, cast.officer),
        lives.declined(cast.contoso, cast.officer, "apns"),
    ):
        with pytest.raises(Refused, match="was given"):
            receipt(consent, cast)


def test_each_taking_is_recorded_about_the_consent(cast: Cast) -> None:
    consent = lives.granted(cast.contoso, cast.officer)
    record(consent, cast)
    receipt(consent, cast)
    events = AuditEvent.objects.for_tenant(cast.contoso).about(consent)[:2]
    assert [event.activity for event in events] == ["export.downloaded"] * 2
    assert [event.details["what"] for event in events if event.details] == [
        "consent receipt",
        "consent record",
    ]


def test_who_may_not_gets_nothing(cast: Cast) -> None:
    consent = lives.granted(cast.contoso, cast.officer)
    for export in (export_record, export_receipt):
        with pytest.raises(PermissionDenied):
            export(consent=consent, by=cast.fabrikam_officer)


def test_the_canonical_form_is_that_of_the_standard() -> None:
    """The example of RFC 8785, 3.2.2 and 3.2.3, without its fractions."""
    value = {"b": [56, {"d": True, "10": None, "1": []}], "a": '\u20ac$\x0f\nA\'B"\\\\"/'}
    assert canonical(value).decode() == (
        '{"a":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/","b":[56,{"1":[],"10":null,"d":true}]}'
    )
    assert re.fullmatch("[0-9a-f]{64}", digest_of(value))
    for odd in (1.5, 2**53, {"ä": 1}):
        with pytest.raises(ValueError, match=r"number|ASCII"):
            canonical({"a": odd})
