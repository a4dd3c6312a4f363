"""The register, the record and the receipt through the API."""

from __future__ import annotations

import json
from typing import Any

from tenants.roles import Role
from tests.api import suite
from tests.consents import lives


class TestFiles(suite.ApiTestCase):
    path = "/api/v1/tenants/contoso/consents/"

    def test_register_record_and_receipt(self) -> None:
        consent = lives.granted(self.contoso, self.operator)
        reader = self.role(Role.AUDITOR)
        answer: Any = reader.get(f"{self.path}export/")
        assert answer["Content-Type"] == "application/json"
        body = b"".join(answer.streaming_content)
        assert json.loads(body)["consents"][0]["record_id"] == str(consent.record_id)
        assert int(answer["Content-Length"]) == len(body)
        assert answer["Content-Disposition"].startswith('attachment; filename="consents-contoso-')
        for what in ("record", "receipt"):
            answer = reader.get(f"{self.path}{consent.pk}/{what}/")
            assert (answer.status_code, answer["Content-Type"]) == (200, "application/ld+json")
            assert answer.json()["@type"] == f"dpv:Consent{what.capitalize()}"

    def test_as_of_and_formats(self) -> None:
        reader = self.role(Role.AUDITOR)
        before = suite.moment()
        consent = lives.granted(self.contoso, self.operator)
        for name in ("csv", "xlsx", "json", "pdf"):
            assert reader.get(f"{self.path}export/", {"export_format": name}).status_code == 200
        past: Any = reader.get(f"{self.path}export/", {"as_of": before})
        assert json.loads(b"".join(past.streaming_content))["consents"] == []
        self.assert_problem(reader.get(f"{self.path}{consent.pk}/record/", {"as_of": before}), 404)
        for query in ("export_format=docx", "export_format=", "as_of=yesterday", "colour=red"):
            self.assert_problem(reader.get(f"{self.path}export/?{query}"), 400)

    def test_roles_and_strangers(self) -> None:
        consent = lives.granted(self.contoso, self.operator)
        own = [
            f"{self.path}{rest}" for rest in ("export/", f"{consent.pk}/record/", f"{consent.pk}/receipt/")
        ]
        for path in own:
            self.assert_problem(self.role(Role.SERVICE).get(path), 403)
            self.assert_problem(self.neighbour.get(path), 404)
            self.assert_problem(self.role(Role.AUDITOR).post(path), 405)
        foreign = lives.granted(self.fabrikam, self.operator)
        self.assert_problem(self.role(Role.AUDITOR).get(f"{self.path}{foreign.pk}/record/"), 404)

    def test_a_receipt_of_nothing_is_a_conflict(self) -> None:
        consent = lives.requested(self.contoso, self.operator)
        path = f"{self.path}{consent.pk}/receipt/"
        self.assert_problem(self.role(Role.AUDITOR).get(path), 409, code="not_granted")
