"""The register, records and receipts from the pages."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from consents.services import withdraw_consent
from tests.api.suite import moment
from tests.cast import CastTestCase
from tests.consents import lives

EXPORT = reverse("admin:consents_consent_export")
LATER = "2999-01-01T00:00"


class TestExporting(CastTestCase):
    def sees(self, person: Any) -> Client:
        client = Client()
        client.force_login(person)
        return client

    def file(self, person: Any, what: str, pk: int, **query: Any) -> Any:
        return self.sees(person).get(reverse(f"admin:consents_consent_{what}", args=(pk,)), query)

    def test_the_list_leads_to_the_register(self) -> None:
        client = self.sees(self.auditor)
        assert EXPORT in client.get(reverse("admin:consents_consent_changelist")).content.decode()
        page = client.get(EXPORT)
        assert page.status_code == 200
        assert b'value="contoso"' in page.content
        assert b'value="fabrikam"' not in page.content

    def test_each_format_is_taken_and_recorded(self) -> None:
        consent = lives.granted(self.contoso, self.officer)
        for name in ("csv", "xlsx", "json", "pdf"):
            answer: Any = self.sees(self.auditor).get(
                EXPORT, {"tenant": "contoso", "export_format": name, "as_of": ""}
            )
            assert answer.status_code == 200
            assert answer["Content-Disposition"].endswith(f'.{name}"')
            content = b"".join(answer.streaming_content)
            assert name != "json" or str(consent.record_id) in content.decode()
            event = AuditEvent.objects.for_tenant(self.contoso).latest("id")
            by = event.attribution
            assert (event.activity, by.actor_name, by.actor_role, by.origin) == (
                "export.downloaded", "auditor@contoso.example", "auditor", "admin"
            )  # fmt: skip

    def test_what_makes_no_sense_is_explained(self) -> None:
        client = self.sees(self.auditor)
        asked = {"tenant": "contoso", "export_format": "json", "as_of": ""}
        for wrong in (
            {"tenant": "fabrikam"},
            {"export_format": "docx"},
            {"as_of": "soon"},
            {"as_of": "2999-01-01T00:00"},
        ):
            answer = client.get(EXPORT, asked | wrong)
            assert answer.status_code == 400
            assert b"pc-alert" in answer.content
        assert client.post(EXPORT, asked).status_code == 405

    def test_a_consents_page_offers_record_and_receipt(self) -> None:
        consent = lives.granted(self.contoso, self.officer)
        page = self.sees(self.auditor).get(reverse("admin:consents_consent_change", args=(consent.pk,)))
        for what, kind in (("record", "dpv:ConsentRecord"), ("receipt", "dpv:ConsentReceipt")):
            assert reverse(f"admin:consents_consent_{what}", args=(consent.pk,)) in page.content.decode()
            assert json.loads(self.file(self.auditor, what, consent.pk).content)["@type"] == kind

    def test_the_record_of_a_past_moment(self) -> None:
        consent = lives.granted(self.contoso, self.officer)
        then = moment()
        with lives.door():
            withdraw_consent(consent=consent, by=self.officer, reason="Enough")
        past = json.loads(self.file(self.auditor, "record", consent.pk, as_of=then).content)
        assert past["dpv:hasConsentStatus"] == {"@id": "dpv:ConsentGiven"}

    def test_a_receipt_of_nothing_is_explained(self) -> None:
        consent = lives.requested(self.contoso, self.officer)
        answer = self.file(self.auditor, "receipt", consent.pk)
        assert answer.status_code == 302
        page = self.sees(self.auditor).get(reverse("admin:consents_consent_change", args=(consent.pk,)))
        assert reverse("admin:consents_consent_receipt", args=(consent.pk,)) not in page.content.decode()

    def test_strangers_find_nothing(self) -> None:
        consent = lives.granted(self.contoso, self.officer)
        for what in ("record", "receipt"):
            assert self.file(self.fabrikam_officer, what, consent.pk).status_code == 404
            assert self.file(self.employee, what, consent.pk).status_code == 302
        assert self.sees(self.employee).get(EXPORT).status_code == 302
