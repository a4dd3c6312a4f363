"""The six kinds of records that say something about sharing, and how each is read.

Source: Microsoft Graph reference, resources dataSharingConsent, depOnboardingSetting, vppToken,
applePushNotificationCertificate, androidManagedStoreAccountEnterpriseSettings and deviceManagementPartner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from consents.graph.names import service_called
from consents.graph.observations import Observation
from privacy_console.graph.properties import Properties

ID_LENGTH, NAME_LENGTH, SERIAL_LENGTH = 200, 100, 100
ON, OFF = "on", "off"
BINDING = {"notBound": OFF, "bound": ON, "boundAndValidated": ON, "unbinding": ON}
PARTNER = {
    "unknown": ON, "unavailable": ON, "enabled": ON, "unresponsive": ON, "terminated": OFF, "rejected": OFF
}  # fmt: skip

Read = Callable[[Properties, str], Observation]


@dataclass(frozen=True)
class Kind:
    """A kind of record. address: its list or single object in Graph. marks: properties that only it has.

    speaks_for: the service whose connections these records are: all of them, when the set is whole. credential: what
    kind of certificate or token a record is, where it is one.
    """

    name: str
    address: str
    marks: frozenset[str]
    read: Read
    is_single: bool = False
    speaks_for: str = ""
    credential: str = ""


def _consent(of: Properties, external_id: str) -> Observation:
    """A consent given there, for a service as a whole."""
    called = of.text("serviceDisplayName", needed=True, longest=200)
    return Observation(
        "dataSharingConsent",
        external_id,
        service_called("dataSharingConsent", called),
        called,
        on=of.flag("granted") is True,
        since=of.instant("grantDateTime", needed=True),
        by=of.text("grantedByUpn"),
        place=of.place,
    )


def _dep_token(of: Properties, external_id: str) -> Observation:
    name = of.text("tokenName", longest=NAME_LENGTH)
    return Observation(
        "depOnboardingSetting",
        external_id,
        "asm_dep",
        name,
        on=of.flag("dataSharingConsentGranted") is True,
        names=_names(name, external_id),
        since=of.instant("lastModifiedDateTime"),
        expires=of.instant("tokenExpirationDateTime", needed=True),
        account=of.text("appleIdentifier"),
        credential="dep_token",
        place=of.place,
    )


def _vpp_token(of: Properties, external_id: str) -> Observation:
    """A token of a location. Version 1.0 has no consent flag, and nobody can make a token without having agreed."""
    place, name = (of.text(name, longest=NAME_LENGTH) for name in ("locationName", "displayName"))
    return Observation(
        "vppToken",
        external_id,
        "vpp",
        name or place,
        on=of.flag("dataSharingConsentGranted", needed=False) is not False,
        names=_names(place, name, external_id),
        expires=of.instant("expirationDateTime", needed=True),
        account=of.text("appleId"),
        credential="vpp_token",
        place=of.place,
    )


def _push_certificate(of: Properties, external_id: str) -> Observation:
    """The certificate. Where there is none, the object's end is a filler."""
    ends = of.instant("expirationDateTime", needed=True)
    return Observation(
        "applePushNotificationCertificate",
        external_id,
        "apns",
        "",
        on=ends is not None,
        names=("",),
        expires=ends,
        account=of.text("appleIdentifier"),
        serial=of.text("certificateSerialNumber", longest=SERIAL_LENGTH),
        credential="apns_certificate",
        place=of.place,
    )


def _binding(of: Properties, external_id: str) -> Observation:
    return Observation(
        "androidManagedStoreAccountEnterpriseSettings",
        external_id,
        "managed_google_play",
        "",
        on=BINDING.get(of.one_of("bindStatus", BINDING)) == ON,
        names=("",),
        account=of.text("ownerUserPrincipalName"),
        place=of.place,
    )


def _partner(of: Properties, external_id: str) -> Observation:
    called = of.text("displayName", needed=True, longest=200)
    state = of.one_of("partnerState", PARTNER)
    return Observation(
        "deviceManagementPartner",
        external_id,
        service_called("deviceManagementPartner", called),
        called,
        on=of.flag("isConfigured") is True and PARTNER.get(state) == ON,
        names=("",),
        place=of.place,
    )


def _names(*names: str) -> tuple[str, ...]:
    """Each name once; an id, which is the last, may be longer than a connection's name."""
    return tuple(dict.fromkeys(name[:NAME_LENGTH] for name in names if name))


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "dataSharingConsent",
            "dataSharingConsents",
            frozenset({"serviceDisplayName", "grantDateTime", "grantedByUpn"}),
            _consent,
            speaks_for="lifeguard_ota",
        ),
        Kind(
            "depOnboardingSetting",
            "depOnboardingSettings",
            frozenset({"tokenExpirationDateTime", "shareTokenWithSchoolDataSyncService"}),
            _dep_token,
            speaks_for="asm_dep",
            credential="dep_token",
        ),
        Kind(
            "vppToken",
            "vppTokens",
            frozenset({"vppTokenAccountType", "lastSyncStatus"}),
            _vpp_token,
            speaks_for="vpp",
            credential="vpp_token",
        ),
        Kind(
            "applePushNotificationCertificate",
            "applePushNotificationCertificate",
            frozenset({"topicIdentifier", "certificateSerialNumber", "certificateUploadStatus"}),
            _push_certificate,
            is_single=True,
            speaks_for="apns",
            credential="apns_certificate",
        ),
        Kind(
            "androidManagedStoreAccountEnterpriseSettings",
            "androidManagedStoreAccountEnterpriseSettings",
            frozenset({"bindStatus", "ownerOrganizationName", "deviceOwnerManagementEnabled"}),
            _binding,
            is_single=True,
            speaks_for="managed_google_play",
        ),
        Kind(
            "deviceManagementPartner",
            "deviceManagementPartners",
            frozenset({"partnerState", "partnerAppType", "whenPartnerDevicesWillBeRemovedDateTime"}),
            _partner,
            speaks_for="jamf_compliance",
        ),
    )
}
SPEAKS_FOR: Mapping[str, str] = {kind.speaks_for: kind.name for kind in KINDS.values()}
CREDENTIALS: Mapping[str, str] = {kind.credential: kind.name for kind in KINDS.values() if kind.credential}
_TYPES = {f"#microsoft.graph.{name}".lower(): kind for name, kind in KINDS.items()}
_ADDRESSES = {kind.address.lower(): kind for kind in KINDS.values()}
_MARKS = {mark: kind for kind in KINDS.values() for mark in kind.marks}


def kind_of_record(record: Mapping[str, Any], expected: Kind | None = None) -> Kind | None:
    """The kind that the record says it is; else the one that its page lists; else the one whose properties it has."""
    said = record.get("@odata.type")
    if isinstance(said, str):
        return _TYPES.get(said.lower())
    if expected is not None:
        return expected
    found = {_MARKS[name].name for name in record if name in _MARKS}
    return KINDS[found.pop()] if len(found) == 1 else None


def kind_of_address(context: Any) -> Kind | None:
    """The kind that an `@odata.context` names: `…/$metadata#deviceManagement/depOnboardingSettings(id)/$entity`."""
    if not isinstance(context, str) or "#" not in context:
        return None
    path = context.partition("#")[2].partition("(")[0].removesuffix("/$entity")
    return _ADDRESSES.get(path.rpartition("/")[2].lower())
