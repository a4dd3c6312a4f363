"""What waits for the reader, or will end unless the reader acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from consents.models import Consent
from privacy_console.dashboard.reader import SHOWN, Reader
from tenants.models import AccessToken
from tenants.pages.parts import admin_url

# How long before its end something is worth a look: a contract takes weeks to renew, a token minutes.
CONSENT_NOTICE = timedelta(days=30)
TOKEN_NOTICE = timedelta(days=14)


@dataclass(frozen=True)
class Task:
    """Something that waits for the reader, or will end unless the reader acts."""

    title: str
    about: str
    url: str
    due: datetime | None = None
    since: datetime | None = None

    @property
    def urgency(self) -> str:
        """The colour of the deadline: late, soon or calm."""
        if self.due is None:
            return "calm"
        left = self.due - timezone.now()
        return "late" if left < timedelta(days=3) else "soon"


def tasks_of(reader: Reader) -> list[Task]:
    """Deadlines first, the nearest first; then what waits without one, the longest first."""
    now = timezone.now()
    ending = reader.own(Consent).in_force(now).filter(effective_until__lte=now + CONSENT_NOTICE)
    tokens = reader.own(AccessToken).filter(
        revoked_at__isnull=True, expires_at__gt=now, expires_at__lte=now + TOKEN_NOTICE
    )
    waiting = reader.own(Consent).awaiting_decision().order_by("requested_at")
    with_names = ("service__third_party", "tenant")
    dated = [
        *(ending_consent(consent) for consent in ending.select_related(*with_names)[:SHOWN]),
        *(ending_token(token) for token in tokens.select_related("tenant").order_by("expires_at")[:SHOWN]),
    ]
    undated = [awaited_decision(consent) for consent in waiting.select_related(*with_names)[:SHOWN]]
    return sorted(dated, key=lambda task: task.due or now) + undated


def ending_consent(consent: Consent) -> Task:
    return Task(
        f"{consent} ends",
        f"{consent.tenant} · sharing with {consent.service.third_party} stops unless a new consent follows",
        admin_url(consent, "change", consent.pk),
        due=consent.effective_until,
    )


def ending_token(token: AccessToken) -> Task:
    return Task(
        f"Token “{token.name}” expires",
        f"{token.tenant} · whatever uses it will be refused",
        admin_url(token, "change", token.pk),
        due=token.expires_at,
    )


def awaited_decision(consent: Consent) -> Task:
    return Task(
        f"Decide on {consent}",
        f"{consent.tenant} · {consent.service.third_party} · requested by {consent.requested_by}",
        admin_url(consent, "change", consent.pk),
        since=consent.requested_at,
    )
