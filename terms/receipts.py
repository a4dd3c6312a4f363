"""Receipts: what an employee takes away, and anybody can check with the installation's public key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from audit.signing import is_signed, public_key
from terms.models import Acceptance

FORMAT = "privacy-console/terms-receipt/1"


def receipt_of(acceptance: Acceptance) -> dict[str, Any]:
    """Everything that the signature covers, as JSON can hold it."""
    return {
        "format": FORMAT,
        "receipt_id": str(acceptance.receipt_id),
        "tenant": {
            # Not its name: it may change, and the receipt must be the same for ever.
            "directory_id": str(acceptance.tenant.directory_id),
            "slug": acceptance.tenant.slug,
        },
        "employee": {
            "directory_id": acceptance.directory_id,
            "user_principal_name": acceptance.user_principal_name,
            "display_name": acceptance.display_name,
        },
        "policy": str(acceptance.policy_id),
        "version": acceptance.version.number,
        "revision": acceptance.revision.number if acceptance.revision else None,
        "language": acceptance.language,
        "text_sha256": acceptance.text_sha256,
        "shown_at": _utc(acceptance.shown_at),
        "decided_at": _utc(acceptance.decided_at),
        "decision": acceptance.decision,
        "valid_until": _utc(acceptance.valid_until),
        "button": acceptance.button,
        "surface": acceptance.surface,
        "key_id": acceptance.key_id,
    }


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def canonical(content: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8 (RFC 8785 for what stands in receipts: texts, numbers, null)."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def signed_bytes(acceptance: Acceptance) -> bytes:
    return canonical(receipt_of(acceptance))


def document(acceptance: Acceptance) -> dict[str, Any]:
    """The receipt with its signature, to be taken away."""
    return receipt_of(acceptance) | {"signature": acceptance.signature}


def is_genuine(receipt: Mapping[str, Any], by: bytes | None = None) -> bool:
    """Whether a receipt that somebody brings is exactly what was signed. by: a public key; else this console's."""
    content = {name: value for name, value in receipt.items() if name != "signature"}
    try:
        signed = canonical(content)
    except (TypeError, ValueError):
        # What no receipt holds: half a character, an endless number.
        return False
    return is_signed(signed, str(receipt.get("signature", "")), by or public_key())
