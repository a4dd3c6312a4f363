"""Ends so far ahead that nothing can be counted from them are refused, wherever somebody enters one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from consents.models import Consent, Credential, EndingStep
from consents.services import assign_step, grant_consent, request_consent
from consents.services.credentials import add_credential, change_credential
from tests.cast import Cast
from tests.work import waiting
from tests.work.waiting import at_work, days

pytestmark = pytest.mark.django_db

FAR = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)


def refused(field: str, deed: Any, cast: Cast, **given: Any) -> None:
    with at_work(cast.admin, cast.contoso), pytest.raises(ValidationError) as refusal:
        deed(by=cast.admin, **given)
    assert list(refusal.value.message_dict) == [field]


def test_of_a_certificate(cast: Cast) -> None:
    given: Any = {"kind": "vpp_token", "name": "Far", "expires_at": FAR}
    refused("expires_at", add_credential, cast, tenant=cast.contoso, **given)
    row = waiting.credential(cast.contoso, cast.admin, days(7))
    refused("expires_at", change_credential, cast, credential=row, expires_at=FAR)
    assert Credential.objects.for_tenant(cast.contoso).filter(expires_at__gte=FAR).count() == 0


def test_of_a_consent_and_its_contract(cast: Cast) -> None:
    given: Any = {"service": waiting.service(), "contract_ends_on": date.max}
    refused("contract_ends_on", request_consent, cast, tenant=cast.contoso, **given)
    row = waiting.requested(cast.contoso, cast.admin)
    about: Any = {"consent": row, "reason": "agreed", "effective_until": FAR}
    refused("effective_until", grant_consent, cast, **about)
    assert Consent.objects.for_tenant(cast.contoso).get().state == "requested"


def test_of_a_step(cast: Cast) -> None:
    step = waiting.first_step(waiting.withdrawn(cast.contoso, cast.admin))
    given: Any = {"step": step, "due_on": date.max, "reason": "later"}
    refused("due_on", assign_step, cast, **given)
    assert EndingStep.objects.for_tenant(cast.contoso).get(pk=step.pk).due_on == step.due_on
