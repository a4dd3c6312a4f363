"""What an employee takes away verifies for ever, and nothing else does."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.test import override_settings

from audit.signing import key_id, public_key
from tenants.models import Employee, Tenant
from terms import services
from terms.models import Acceptance
from terms.receipts import canonical, document, is_genuine, receipt_of
from tests.terms.stories import TermsTestCase, colleague, decided

OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


class Receipts(TermsTestCase):
    def receipt(self, decision: str = "accepted") -> tuple[Acceptance, dict[str, Any]]:
        who = colleague(self.contoso, display_name="Ädä 🙂")
        done = decided(who, self.in_force(reaccept_months=3), decision)
        kept = Acceptance.objects.for_tenant(self.contoso).get(pk=done.pk)
        return kept, document(kept)

    def test_one_is_genuine_also_after_it_went_through_a_file(self) -> None:
        for decision in ("accepted", "declined"):
            done, receipt = self.receipt(decision)
            assert is_genuine(receipt)
            assert is_genuine(json.loads(json.dumps(receipt, indent=2)), by=public_key())
            assert receipt["key_id"] == key_id() == done.key_id
            assert receipt["text_sha256"] == done.text_sha256

    def test_the_auditors_guide_shows_how_it_is_checked_without_the_console(self) -> None:
        guide = (settings.BASE_DIR / "docs" / "guides" / "auditor.md").read_text(encoding="utf-8")
        (program,) = re.findall(r"```python\n(.*?)```", guide, re.S)
        _, receipt = self.receipt()
        key = base64.b64encode(public_key()).decode()
        with TemporaryDirectory() as folder:
            file = Path(folder) / "receipt.json"
            for content, code in ((receipt, 0), (receipt | {"decision": "declined"}, 1)):
                file.write_text(json.dumps(content, indent=2))
                done = subprocess.run(
                    [sys.executable, "-c", program, file, key], check=False, capture_output=True, text=True
                )
                assert done.returncode == code, done.stderr
                assert ("genuine: accepted" in done.stdout) == (code == 0)

    def test_any_change_of_any_part_is_seen(self) -> None:
        _, receipt = self.receipt()
        for name, value in receipt.items():
            for other in ("another", None, 7):
                if value != other:
                    assert not is_genuine(receipt | {name: other}), name
            assert not is_genuine({key: kept for key, kept in receipt.items() if key != name})
        assert not is_genuine(receipt | {"more": 1})
        assert not is_genuine({})
        assert not is_genuine({"signature": receipt["signature"], "name": "\ud800"})
        assert not is_genuine(receipt | {"signature": "é"})

    def test_another_key_does_not_verify_it_and_cannot_make_it(self) -> None:
        done, receipt = self.receipt()
        others = OTHER_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        assert not is_genuine(receipt, by=others)
        assert not is_genuine(receipt, by=b"short")
        with override_settings(SIGNING_KEY="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="):
            forged = document(decided(colleague(self.contoso), self.in_force()))
            assert is_genuine(forged)
            assert not is_genuine(receipt)
        assert not is_genuine(forged)
        assert done.key_id != forged["key_id"]

    def test_what_changes_later_does_not_change_it(self) -> None:
        done, receipt = self.receipt()
        Tenant.objects.filter(pk=self.contoso.pk).update(name="Contoso Holding")
        Employee.objects.for_tenant(self.contoso).update(display_name="Somebody")
        services.change_policy(policy=done.policy, by=self.officer, name="Other", reaccept_months=1)
        again = Acceptance.objects.for_tenant(self.contoso).get(pk=done.pk)
        assert document(again) == receipt
        assert is_genuine(document(again))

    def test_it_has_one_form(self) -> None:
        done, _ = self.receipt()
        content = canonical(receipt_of(done))
        assert content == canonical(dict(reversed(receipt_of(done).items())))
        assert b": " not in content
        assert "Ädä 🙂".encode() in content
