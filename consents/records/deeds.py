"""Taking one consent away as its record or its receipt."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from consents.models import Consent
from consents.records.receipts import receipt_of
from consents.records.writing import record_of
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.exports import as_of_or_now, note_download
from tenants.roles import Permission

MEDIA_TYPE = "application/ld+json"


@dataclass(frozen=True)
class Export:
    """A file to be taken away."""

    content: bytes
    media_type: str
    filename: str


def export_record(*, consent: Consent, by: Principal, as_of: datetime | None = None) -> Export:
    """The consent's record as known now or at `as_of`; recorded as `export.downloaded`.

    Raises PermissionDenied, and Refused for an instant that has not come or at which the consent was not known.
    """
    require(by, Permission.EXPORT, consent.tenant)
    instant = as_of_or_now(as_of)
    known = _as_known(consent, instant)
    return _taken(consent, "record", record_of(known, instant), instant)


def export_receipt(*, consent: Consent, by: Principal, as_of: datetime | None = None) -> Export:
    """The receipt for whoever gave the consent; recorded as `export.downloaded`.

    Raises PermissionDenied, and Refused as `export_record` does, and for a consent that nobody has granted.
    """
    require(by, Permission.EXPORT, consent.tenant)
    instant = as_of_or_now(as_of)
    known = _as_known(consent, instant)
    if known.granted_at is None:
        raise Refused("not_granted", "A receipt is for a consent that was given, and this one was not.")
    return _taken(consent, "receipt", receipt_of(known, instant), instant)


def _as_known(consent: Consent, as_of: datetime) -> Consent:
    """The consent as it was known at the instant."""
    rows: Any = Consent.history.for_tenant(consent.tenant_id).known_at(as_of)
    found: Consent | None = rows.filter(id=consent.pk).as_instances().first()
    if found is None:
        raise Refused("not_known_then", f"Nothing was known of consent {consent.pk} then.")
    found.tenant = consent.tenant
    return found


def _taken(consent: Consent, what: str, document: dict[str, Any], as_of: datetime) -> Export:
    content = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8", errors="replace")
    digest = hashlib.sha256(content).hexdigest()
    resource: Model = consent
    note_download(consent.tenant, f"consent {what}", as_of, "jsonld", digest, "consents", resource)
    return Export(content, MEDIA_TYPE, f"consent-{what}-{consent.record_id}.jsonld")
