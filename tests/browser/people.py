"""Contoso at work: what the pages of the browser tests have to show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.utils import timezone

from audit.context import Origin, acting, identify
from catalog.models import Service
from consents.services import grant_consent, request_consent
from tenants.services import create_token


@contextmanager
def at_work(person: Any, tenant: Any) -> Iterator[None]:
    """What a person does at the admin pages."""
    with acting(origin=Origin.ADMIN):
        identify(**person.as_actor(tenant))
        yield


def contoso_with_consents(cast: Any) -> None:
    """One consent in force that ends in three weeks, one that waits, and a token that expires next week."""
    services = Service.objects.current()
    with at_work(cast.admin, cast.contoso):
        apns = request_consent(tenant=cast.contoso, service=services.get(code="apns"), by=cast.admin)
        request_consent(tenant=cast.contoso, service=services.get(code="managed_google_play"), by=cast.admin)
        create_token(
            tenant=cast.contoso,
            name="nightly export",
            role="service",
            by=cast.admin,
            expires_at=timezone.now() + timedelta(days=7),
        )
    with at_work(cast.officer, cast.contoso):
        end = timezone.now() + timedelta(days=21)
        grant_consent(
            consent=apns, by=cast.officer, reason="Checked with the works council.", effective_until=end
        )
