"""What the tests of terms have in common: employees, policies that live, a clock that can be set."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from privacy_console.errors import Refused
from tenants.models import Employee, Group, GroupMember, Tenant
from terms import services
from terms.models import Acceptance, TermsPolicy, TermsRevision, TermsVersion
from terms.services.acceptances import Circumstances, Shown
from tests.cast import CastTestCase

DAY = timedelta(days=1)
WORDS = {
    "title": "Use of company phones",
    "summary": "You agree to what is written here.",
    "body": "# Rules\n\nKeep it locked.",
    "privacy_statement": "We see the model, never your photos.",
}
number = itertools.count(1)


@contextmanager
def clock(at: datetime) -> Iterator[datetime]:
    """Everything in the console that asks for the time is told this one."""
    with (
        patch("django.utils.timezone.now", return_value=at),
        patch("django.core.signing.time.time", return_value=at.timestamp()),
    ):
        yield at


def colleague(tenant: Tenant, *groups: Group, **fields: Any) -> Employee:
    name = f"colleague{next(number)}"
    given = {"directory_id": name, "user_principal_name": f"{name}@{tenant.slug}.example"} | fields
    employee: Employee = Employee.objects.for_tenant(tenant).create(tenant=tenant, **given)
    for group in groups:
        GroupMember.objects.for_tenant(tenant).create(tenant=tenant, group=group, employee=employee)
    return employee


def a_group(tenant: Tenant, name: str = "Sales") -> Group:
    group: Group = Group.objects.for_tenant(tenant).create(
        tenant=tenant, directory_id=f"group {next(number)}", name=name
    )
    return group


def drafted(policy: TermsPolicy, by: Any, *languages: str, **words: str) -> TermsRevision:
    """The next version, written in these languages (English where none is named)."""
    revision = services.draft_version(policy=policy, by=by)
    for language in languages or ("en",):
        services.write_text(revision=revision, language=language, by=by, **(WORDS | words))
    return revision


def published(policy: TermsPolicy, by: Any, *languages: str, words: Any = None, **when: Any) -> TermsVersion:
    revision = drafted(policy, by, *languages, **(words or {}))
    return services.publish_version(version=revision.version, by=by, reason="Agreed", **when)


def corrected(version: TermsVersion, by: Any, **words: str) -> TermsRevision:
    """A revision of the version, published."""
    revision = services.draft_revision(version=version, note="A comma", by=by)
    services.write_text(revision=revision, language="en", by=by, **(WORDS | words))
    return services.publish_revision(revision=revision, by=by, reason="Typing error")


def shown(employee: Employee, policy: TermsPolicy, *languages: str) -> Shown:
    return services.show(employee=employee, policy=policy, languages=list(languages))


def decided(employee: Employee, policy: TermsPolicy, decision: str = "accepted", **given: Any) -> Acceptance:
    """The employee reads and clicks; ticket: of what was read before."""
    ticket = given.pop("ticket", None) or shown(employee, policy).ticket
    circumstances = Circumstances(**({"button": "I accept"} | given))
    return services.decide(
        employee=employee, policy=policy, ticket=ticket, decision=decision, circumstances=circumstances
    )


def on_paper(who: Employee, version: TermsVersion, decision: str = "accepted", **given: Any) -> Acceptance:
    """A decision that was taken over from elsewhere, about any version, at any time."""
    rows = Acceptance.objects.for_tenant(who.tenant_id)
    acceptance = Acceptance(
        **{
            "tenant": who.tenant, "employee": who, "policy": version.policy, "version": version, "surface": "paper",
            "directory_id": who.directory_id, "user_principal_name": who.user_principal_name, "trigger": "new",
            "decided_at": timezone.now(), "decision": decision, "round": rows.count() + 100,
        }
        | given
    )  # fmt: skip
    acceptance.save(force_insert=True)
    return acceptance


def refusal(deed: Any, *args: Any, **given: Any) -> str:
    """The code of the refusal, or the names of the wrong fields."""
    with pytest.raises((Refused, ValidationError)) as told:
        deed(*args, **given)
    error: Any = told.value
    return error.code if isinstance(error, Refused) else ",".join(sorted(error.message_dict))


class TermsTestCase(CastTestCase):
    def a_policy(self, **settings: Any) -> TermsPolicy:
        given: dict[str, Any] = {"name": f"Phones {next(number)}", "by": self.officer} | settings
        return services.create_policy(tenant=given.pop("tenant", self.contoso), **given)

    def in_force(self, **settings: Any) -> TermsPolicy:
        policy = self.a_policy(**settings)
        published(policy, self.officer)
        return policy

    @property
    def later(self) -> datetime:
        return timezone.now() + DAY
