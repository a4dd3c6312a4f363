"""How far the terms have come that employees are asked to accept."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from privacy_console.dashboard.charts import Bar
from privacy_console.dashboard.reader import SHOWN, Reader
from tenants.pages.parts import admin_url
from terms.admin.overview import overviews
from terms.models import TermsPolicy


def acceptance_of(reader: Reader) -> list[dict[str, Any]]:
    """The policies that ask something, by name: how many were asked, how many accepted; three queries."""
    policies = list(reader.own(TermsPolicy).in_use().select_related("tenant").order_by("name", "id")[:SHOWN])
    found = overviews(policies, timezone.now())
    return [
        {
            "policy": policy,
            "url": admin_url(policy, "course", policy.pk),
            "asked": overview.asked,
            "bar": _bar(policy.name, overview.accepted, overview.asked),
        }
        for policy in policies
        if (overview := found[policy.pk]).version is not None and overview.asked
    ]


def _bar(name: str, accepted: int, asked: int) -> Bar:
    return Bar(name, accepted, round(100 * accepted / asked, 1), "required")
