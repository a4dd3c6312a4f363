"""The sample answers beside this file, and answers made for a test."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from consents.graph.observations import Reading
from consents.graph.reading import read_documents, read_files

FOLDER = Path(__file__).parent
TENANT = FOLDER / "tenant"
METADATA = "https://graph.microsoft.com/beta/$metadata#"
ADDRESSES = {
    "dataSharingConsent": "deviceManagement/dataSharingConsents",
    "depOnboardingSetting": "deviceManagement/depOnboardingSettings",
    "vppToken": "deviceAppManagement/vppTokens",
    "deviceManagementPartner": "deviceManagement/deviceManagementPartners",
    "applePushNotificationCertificate": "deviceManagement/applePushNotificationCertificate",
    "androidManagedStoreAccountEnterpriseSettings": "deviceManagement/androidManagedStoreAccountEnterpriseSettings",
}
SECRETS = ("eyJzZWNyZXQiOiJ2cHAifQ==", "MIIC-secret-certificate", "SECRET-ENROLLMENT", "SECRET-QR")
_numbers = itertools.count(1)


def sample(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8-sig"))


def samples(*names: str) -> Reading:
    """What the named files hold, read as the command does."""
    return read_files([FOLDER / name for name in names])


def reading(*documents: Any) -> Reading:
    return read_documents(list(documents), "the test")


def page(kind: str, *records: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A whole list, as the service answers it."""
    context = METADATA + ADDRESSES[kind]
    return {
        "@odata.context": context,
        **{f"@odata.{name}": v for name, v in more.items()},
        "value": [*records],
    }


def _record(kind: str, fields: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    identity = {"@odata.type": f"#microsoft.graph.{kind}", "id": f"{kind}-{next(_numbers)}"}
    return {**identity, **fields, **more}


def consent(name: str, **more: Any) -> dict[str, Any]:
    fields = {
        "serviceDisplayName": name,
        "granted": True,
        "grantDateTime": "2026-05-02T09:14:55Z",
        "grantedByUpn": "admin@contoso.example",
    }
    return _record("dataSharingConsent", fields, more)


def token(place: str, **more: Any) -> dict[str, Any]:
    """A volume purchase token of a location."""
    fields = {
        "vppTokenAccountType": "business",
        "appleId": "vpp@contoso.example",
        "expirationDateTime": "2096-12-31T00:00:00Z",
        "token": SECRETS[0],
        "dataSharingConsentGranted": True,
        "displayName": f"Apps of {place}",
        "locationName": place,
    }
    return _record("vppToken", fields, more)


def certificate(**more: Any) -> dict[str, Any]:
    fields = {
        "appleIdentifier": "mdm@contoso.example",
        "topicIdentifier": "com.apple.mgmt.External.1",
        "expirationDateTime": "2096-06-01T08:00:00Z",
        "certificate": SECRETS[1],
        "certificateSerialNumber": "0A1B2C3D",
    }
    return _record("applePushNotificationCertificate", fields, more)


def binding(status: str = "bound") -> dict[str, Any]:
    fields = {"bindStatus": status, "ownerUserPrincipalName": "admin@contoso.example"}
    return _record("androidManagedStoreAccountEnterpriseSettings", fields, {"id": "the one"})


def partner(name: str = "Jamf", **more: Any) -> dict[str, Any]:
    fields = {"displayName": name, "partnerState": "enabled", "isConfigured": True}
    return _record("deviceManagementPartner", fields, more)
