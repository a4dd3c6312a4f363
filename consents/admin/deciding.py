"""The decisions on a consent: granting, declining, withdrawing."""

from __future__ import annotations

from consents.admin.flows import amounts, what_flows
from consents.models import Consent
from consents.services import decline_consent, grant_consent, withdraw_consent
from tenants.access import signed_in
from tenants.pages.deeds import Deed, MomentField, ReasonForm
from tenants.roles import Permission


class GrantForm(ReasonForm):
    effective_from = MomentField(label="Holds from", required=False, help_text="Now, where left empty.")
    effective_until = MomentField(
        label="Holds until", required=False, help_text="Until withdrawn, where left empty."
    )


def _what_granting_does(consent: Consent) -> list[str]:
    party = consent.service.third_party
    return [
        f"{consent.service} of {party} may be used, and what stands below may flow.",
        *amounts(consent.service),
        "The list is kept as it stands now, with the edition of the catalog: a later edition adds nothing to it.",
        f"At {party} your own contract governs the data.",
    ]


def _what_declining_does(consent: Consent) -> list[str]:
    return [f"Nothing may flow through {consent.service}. A new request can be made at any time."]


def _what_withdrawing_does(consent: Consent) -> list[str]:
    party = consent.service.third_party
    return [
        f"From this moment nothing may flow to or from {party} through {consent.service}.",
        f"What {party} has already received stays there under your contract; ask {party} to erase it.",
        "The consent stays in the record and cannot be taken up again; a new one has to be requested.",
    ]


def _is_requested(consent: Consent) -> bool:
    return consent.state == Consent.State.REQUESTED


def is_granted(consent: Consent) -> bool:
    return consent.state == Consent.State.GRANTED


DECISIONS = (
    Deed(
        "grant",
        "Grant",
        Permission.GRANT_CONSENT,
        lambda request, consent, data: grant_consent(consent=consent, by=signed_in(request), **data),
        form=GrantForm,
        is_offered=_is_requested,
        consequences=_what_granting_does,
        panels=what_flows,
        done="The consent for {subject} is granted.",
        icon="check",
        tone="primary",
    ),
    Deed(
        "decline",
        "Decline",
        Permission.GRANT_CONSENT,
        lambda request, consent, data: decline_consent(consent=consent, by=signed_in(request), **data),
        is_offered=_is_requested,
        consequences=_what_declining_does,
        done="The consent for {subject} is declined.",
        icon="close",
    ),
    Deed(
        "withdraw",
        "Withdraw",
        Permission.WITHDRAW_CONSENT,
        lambda request, consent, data: withdraw_consent(consent=consent, by=signed_in(request), **data),
        is_offered=is_granted,
        consequences=_what_withdrawing_does,
        panels=what_flows,
        done="The consent for {subject} is withdrawn. From now on nothing may flow.",
        icon="block",
        tone="danger",
    ),
)
