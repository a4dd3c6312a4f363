"""Jobs for the test that kills workers: each takes tokens away, and writes to somebody about each."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db import transaction

from tenants.access import Shell
from tenants.models import AccessToken
from tenants.services import revoke_token
from work.jobs import Running, job
from work.mail import post

BY_SCHEDULE, ONE_BY_ONE = "by schedule", "one by one"
# Longer than it would take: more kills hit the middle of a unit than its edges.
UNIT = 0.002


@job("kill.scheduled", every=timedelta(seconds=1), title="Take tokens away by schedule")
def take_all_away(run: Running) -> str:
    waiting = AccessToken.objects.across_tenants().filter(name=BY_SCHEDULE, revoked_at=None).order_by("pk")
    return f"Took {sum(take_away(key) for key in waiting.values_list('pk', flat=True))} tokens away."


@job("kill.single", title="Take one token away")
def take_one_away(run: Running) -> str:
    return f"Took {take_away(run.arguments['token'])} tokens away."


@transaction.atomic
def take_away(key: int) -> bool:
    """One unit: the token, its record and the message about it, or nothing."""
    token = AccessToken.objects.across_tenants().select_for_update().select_related("tenant").get(pk=key)
    if token.revoked_at is not None:
        return False
    revoke_token(token=token, by=Shell())
    time.sleep(UNIT)
    about = f"token:{key}"
    post(tenant=token.tenant, to="admin@contoso.example", subject=f"Gone: {about}", body=about, key=about)
    return True
