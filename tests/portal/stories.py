"""What the tests of the portal have in common: employees, terms in force, somebody signed in."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.test import Client
from django.utils import timezone

from tenants.models import Employee, Tenant
from terms import services
from terms.models import TermsPolicy
from tests.cast import CastTestCase
from work.models import Message

number = itertools.count(1)
WORDS = {
    "title": "Use of company phones",
    "summary": "You agree to what is written here.",
    "body": "# Rules\n\nKeep it **locked**.<script>alert(1)</script>",
    "privacy_statement": "We see the model, never your photos.",
}
GERMAN = {
    "title": "Nutzung von Diensthandys",
    "summary": "Sie stimmen dem hier Geschriebenen zu.",
    "body": "# Regeln\n\nSperren Sie es.",
    "privacy_statement": "",
}
TICKET = re.compile(r'name="ticket" value="([^"]+)"')
LINK = re.compile(r"https?://[^/\s]+(/portal/\S+)")


def clock(ahead: timedelta) -> Any:
    return patch("django.utils.timezone.now", return_value=timezone.now() + ahead)


def colleague(tenant: Tenant, name: str = "", **fields: Any) -> Employee:
    name = name or f"colleague{next(number)}"
    given = {"directory_id": f"id-{name}", "user_principal_name": f"{name}@{tenant.slug}.example"} | fields
    made: Employee = Employee.objects.for_tenant(tenant).create(tenant=tenant, **given)
    return made


def in_force(tenant: Tenant, by: Any, *, german: bool = False, **settings: Any) -> TermsPolicy:
    """Terms that everybody is asked for."""
    policy = services.create_policy(tenant=tenant, by=by, name=f"Phones {next(number)}", **settings)
    publish(policy, by, german=german)
    return policy


def publish(policy: TermsPolicy, by: Any, *, german: bool = False, **words: str) -> None:
    revision = services.draft_version(policy=policy, by=by)
    services.write_text(revision=revision, language="en", by=by, **(WORDS | words))
    if german:
        services.write_text(revision=revision, language="de", by=by, **GERMAN)
    services.publish_version(version=revision.version, by=by, reason="Agreed")


def correct(policy: TermsPolicy, by: Any) -> None:
    """A revision of the newest version."""
    version = policy.versions.latest("number")
    revision = services.draft_revision(version=version, note="A comma", by=by)
    services.write_text(revision=revision, language="en", by=by, **(WORDS | {"body": "Keep it, locked."}))
    services.publish_revision(revision=revision, by=by, reason="Typing error")


def ask(client: Client, tenant: Tenant, address: str, **options: Any) -> Any:
    return client.post(f"/portal/{tenant.slug}/sign-in/", {"address": address}, **options)


def mailed_link(tenant: Tenant) -> str:
    """The path of the link in the last message of the outbox."""
    message = Message.objects.for_tenant(tenant).latest("id")
    found = LINK.search(message.body)
    assert found is not None, message.body
    return found[1]


def sign_in(client: Client, employee: Employee) -> None:
    """By e-mail link, as everybody does."""
    ask(client, employee.tenant, employee.user_principal_name)
    response = client.post(mailed_link(employee.tenant))
    assert response.status_code == 302, response.content


def ticket_in(response: Any) -> str:
    found = TICKET.search(response.content.decode())
    assert found is not None, response.content.decode()
    return found[1]


class PortalTestCase(CastTestCase):
    """Contoso with one employee, in a browser of their own."""

    reader: Employee
    policy: TermsPolicy
    foreigner: Employee

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.reader = colleague(cls.contoso, "reader", display_name="A Reader")
        cls.foreigner = colleague(cls.fabrikam, "foreigner")
        cls.policy = in_force(cls.contoso, cls.officer)

    def signed_in(self, employee: Employee | None = None, **headers: str) -> Client:
        client = Client(headers=headers)
        sign_in(client, employee or self.reader)
        return client
