"""The decisions on a consent: granting, declining, withdrawing."""

from __future__ import annotations

from django.utils import timezone

from consents.admin.flows import amounts, what_flows
from consents.admin.requesting import RENEW
from consents.admin.words import period_of
from consents.checklists import steps_to_end
from consents.models import Consent, ConsentPolicy
from consents.services import decline_consent, grant_consent, withdraw_consent
from consents.transfers import needs_safeguard
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
        *_what_stands_beside(consent),
        *_policy_notes(consent),
    ]


def _what_stands_beside(consent: Consent) -> list[str]:
    """What becomes of the consent that it renews; or which one stands in its way."""
    old = consent.supersedes
    if old is not None and old.is_in_force():
        return [f"It renews {old}, {period_of(old)}: that ends when this begins."]
    same = Consent.objects.for_tenant(consent.tenant).for_service(consent.service, consent.connection)
    held = same.overlapping(timezone.now(), None).order_by("effective_from").first()
    if held is None:
        return []
    way = "Let this one begin when that has ended" if held.ends_at else "Withdraw that one first"
    return [
        f"Another consent holds for it {period_of(held)}, and two never hold at once. {way}, or renew that one instead."
    ]


def _what_declining_does(consent: Consent) -> list[str]:
    return [f"Nothing may flow through {consent.service}. A new request can be made at any time."]


def _steps_in_words(consent: Consent) -> str:
    return "; ".join(step.title[:1].lower() + step.title[1:] for step in steps_to_end(consent.service))


def _what_withdrawing_does(consent: Consent) -> list[str]:
    party = consent.service.third_party
    return [
        f"From this moment nothing may flow to or from {party} through {consent.service}.",
        f"What {party} has already received stays there under your contract; ask {party} to erase it.",
        f"A checklist opens that ends the sharing at {party}: {_steps_in_words(consent)}.",
        "The consent stays in the record and cannot be taken up again; a new one has to be requested.",
    ]


def _policy_notes(consent: Consent) -> list[str]:
    """What the tenant's policy asks for, said before anybody has typed a reason."""
    policy, party = ConsentPolicy.of(consent.tenant), consent.service.third_party
    found = []
    if policy.four_eyes:
        found.append(
            f"{consent.requested_by} requested it: by the tenant's policy of four eyes somebody else grants it."
        )
    if needs_safeguard(consent.tenant, party) and not consent.safeguard:
        asks = (
            "The tenant's policy refuses that." if policy.safeguard_required else "Consider asking for one."
        )
        found.append(
            f"{party} is outside the EU and EFTA, and the request names no transfer safeguard (GDPR Art. 44). {asks}"
        )
    return found


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
    RENEW,
)
