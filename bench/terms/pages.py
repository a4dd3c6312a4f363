"""How long a page takes, and how many queries."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.terms import DECIDING, PAGES, WITHOUT_GOAL
from tenants.models import Employee, Tenant, User
from terms.models import BLOCK, Recount, TermsPolicy

FURTHER = 5


def time_page(asked: tuple[str, str]) -> tuple[float, int]:
    """The seconds of one answer and the queries it took, the sign-in's own included.

    asked: the tenant and the page.
    """
    way, page = asked
    policy, client = policy_of(way), officer()
    url = _further(way) if "further" in page else url_of(page, policy)
    with _decided_since(policy if "since" in page else None):
        return _timed(client, url)


def _timed(client: Client, url: str) -> tuple[float, int]:
    with CaptureQueriesContext(connection) as captured:
        started = time.perf_counter()
        answer = client.get(url)
        took = time.perf_counter() - started
    assert answer.status_code == 200, (url, answer.content[:500])
    return took, len(captured)


@cache
def officer() -> Client:
    client = Client(headers={"host": "localhost"}, raise_request_exception=True)
    client.force_login(User.objects.get(username="officer"))
    return client


@cache
def policy_of(slug: str) -> Any:
    return TermsPolicy.objects.for_tenant(Tenant.objects.get(slug=slug)).select_related("tenant").get()


def url_of(page: str, policy: Any) -> str:
    address = (PAGES | WITHOUT_GOAL)[page]
    return address.format(tenant=policy.tenant.slug, policy=policy.pk)


@cache
def _further(way: str) -> str:
    """A page further on in the list."""
    url = url_of("outstanding, API", policy_of(way))
    for _ in range(FURTHER):
        url = officer().get(url).json()["next"]
    return url


@contextmanager
def _decided_since(policy: Any) -> Iterator[None]:
    """As if employees from one end of the directory to the other had decided since everybody was counted."""
    with transaction.atomic():
        if policy is not None:
            notes = Recount.objects.for_tenant(policy.tenant)
            notes.bulk_create(
                Recount(tenant=policy.tenant, policy=policy, block=key // BLOCK)
                for key in _some(policy.tenant)
            )
        yield
        transaction.set_rollback(True)


@cache
def _some(tenant: Tenant) -> list[int]:
    """The keys of so many employees, at even distances."""
    keys = Employee.objects.for_tenant(tenant).order_by("pk")
    first, last = keys.values_list("pk", flat=True).first(), keys.values_list("pk", flat=True).last()
    return [first + (last - first) * number // DECIDING for number in range(DECIDING)]
