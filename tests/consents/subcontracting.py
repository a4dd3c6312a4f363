"""Makers: an agent of the processor, and what is announced of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from catalog.models import Catalog, ThirdParty
from catalog.services import add_entry
from consents.models import SubcontractorNotice
from consents.services.subcontractors import announce
from tenants.access import Shell


def today(offset: int = 0) -> date:
    """So many days from today."""
    return timezone.localdate() + timedelta(days=offset)


def agent(code: str = "northwind", **values: Any) -> ThirdParty:
    """A third party entered by hand that acts for the processor."""
    given = {"code": code, "name": code.capitalize(), "country": "IE", "agent_of_processor": True, **values}
    catalog = Catalog.objects.get(code="intune")
    entry = add_entry(catalog=catalog, kind="third_parties", values=given, by=Shell(), reason="On its list.")
    assert isinstance(entry, ThirdParty)
    return entry


def announced(third_party: ThirdParty, **values: Any) -> SubcontractorNotice:
    """An announcement of today that takes effect in thirty days, with as many agreed, unless said otherwise."""
    given = {
        "change": "joins",
        "announced_on": today(),
        "effective_on": today(30),
        "notice_days": 30,
        "task": "Answers support calls",
        "source": "Service bulletin 7",
        "by": Shell(),
    }
    return announce(third_party=third_party, **{**given, **values})
