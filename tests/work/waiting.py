"""Things that wait and things that end, one function each; all of contoso unless told otherwise."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from audit.context import Origin, acting, identify
from catalog.models import Catalog, Edition, Flow, Service, ThirdParty
from consents.models import (
    Consent,
    ConsentImport,
    ConsentPolicy,
    Credential,
    Drift,
    EndingStep,
    Objection,
    SubcontractorNotice,
)
from consents.services import grant_consent, request_consent, withdraw_consent
from tenants.access import Shell
from tenants.models import AccessToken, Employee, Group, GroupMember, Tenant
from tenants.services import create_token
from terms import services as terms_services
from terms.models import TermsPolicy, TermsRevision, TermsVersion
from work.worklist import Asked, Item, worklist

numbers = itertools.count(1)


@contextmanager
def at_work(person: Any, tenant: Any) -> Iterator[None]:
    """What a person does at the admin pages."""
    with acting(origin=Origin.ADMIN):
        identify(**person.as_actor(tenant))
        yield


def days(number: float) -> Any:
    """So many days from now."""
    return timezone.now() + timedelta(days=number)


def service(code: str = "vpp") -> Service:
    found: Service = Service.objects.current().get(code=code)
    return found


def requested(tenant: Tenant, by: Any, code: str = "vpp", **about: Any) -> Consent:
    connection = about.pop("connection", f"number {next(numbers)}" if code == "vpp" else "")
    with at_work(by, tenant):
        return request_consent(tenant=tenant, service=service(code), connection=connection, by=by, **about)


def granted(tenant: Tenant, by: Any, until: Any = None, begins: Any = None, **about: Any) -> Consent:
    """In force, with a safeguard unless told otherwise."""
    asked = requested(tenant, by, **{"safeguard": "standard_clauses", **about})
    with at_work(by, tenant):
        return grant_consent(
            consent=asked, by=by, reason="needed", effective_from=begins, effective_until=until
        )


def withdrawn(tenant: Tenant, by: Any, **about: Any) -> Consent:
    consent = granted(tenant, by, **about)
    with at_work(by, tenant):
        return withdraw_consent(consent=consent, by=by, reason="over")


def first_step(consent: Consent) -> EndingStep:
    """Of what ends its sharing."""
    return consent.ending_steps.earliest("position")


def drift(tenant: Tenant, by: Any, kind: str = "still_on") -> Drift:
    with at_work(by, tenant):
        read = ConsentImport.objects.for_tenant(tenant).create(
            tenant=tenant, name="answers.json", sha256="0" * 64, imported_by=by.username
        )
        key = f"vpp/{next(numbers)}"
        row: Drift = Drift.objects.for_tenant(tenant).create(
            tenant=tenant, kind=kind, key=key, service=service(), first_import=read, last_import=read
        )
    return row


def credential(tenant: Tenant, by: Any, ends: Any, grace: int = 0, kind: str = "vpp_token") -> Credential:
    name = f"token {next(numbers)}"
    with at_work(by, tenant):
        row: Credential = Credential.objects.for_tenant(tenant).create(
            tenant=tenant,
            kind=kind,
            service=service(),
            external_id=name,
            name=name,
            expires_at=ends,
            grace_days=grace,
        )
    return row


def notice(effective_in: int = 20) -> SubcontractorNotice:
    today = timezone.localdate()
    with acting(origin=Origin.ADMIN, actor_name="the operator"):
        return SubcontractorNotice.objects.create(
            third_party=ThirdParty.objects.get(code="apple"),
            change="joins",
            announced_on=today - timedelta(days=next(numbers)),
            effective_on=today + timedelta(days=effective_in),
            notice_days=10,
            task="Stores backups",
            source="The processor's list",
        )


def objection(tenant: Tenant, by: Any, to: SubcontractorNotice) -> Objection:
    with at_work(by, tenant):
        row: Objection = Objection.objects.for_tenant(tenant).create(
            tenant=tenant, notice=to, reason="Not needed", raised_by=by.username
        )
    return row


def token(tenant: Tenant, by: Any, ends: Any) -> AccessToken:
    with at_work(by, tenant):
        made, _ = create_token(tenant=tenant, name="nightly export", role="service", by=by, expires_at=ends)
    return made


def policy(tenant: Tenant, by: Any, reminder_days: list[int]) -> ConsentPolicy:
    with at_work(by, tenant):
        row: ConsentPolicy = ConsentPolicy.objects.for_tenant(tenant).create(
            tenant=tenant, reminder_days=reminder_days
        )
    return row


def changed(row: Any, by: Any, **values: Any) -> None:
    with at_work(by, row.tenant):
        type(row).objects.for_tenant(row.tenant_id).filter(pk=row.pk).update(**values)


def waits(person: Any, kind: str, **how: Any) -> list[Item]:
    """What of one kind the person sees."""
    return worklist(person, person.tenants(), how.pop("at", None), Asked(kinds=frozenset({kind}), **how))


def today_and(number: int) -> date:
    return timezone.localdate() + timedelta(days=number)


def more_flows_than_agreed(code: str = "vpp") -> None:
    """A newer edition of the catalog, in which the service sends something more."""
    with acting(origin=Origin.ADMIN, actor_name="the operator"):
        catalog = Catalog.objects.get(code="intune")
        edition = Edition.objects.create(
            catalog=catalog,
            number=99,
            released_on=timezone.localdate(),
            last_event=Flow.history.latest("history_id").history_id + 1000,
        )
        Flow.objects.create(
            catalog=catalog,
            code=f"apple.out.{code}.made_up",
            name="Made up",
            service=service(code),
            direction="to_third_party",
            personal=True,
            added_in=edition,
            changed_in=edition,
        )


def terms(tenant: Tenant, by: Any, **settings: Any) -> TermsPolicy:
    with at_work(by, tenant):
        return terms_services.create_policy(tenant=tenant, name=f"terms {next(numbers)}", by=by, **settings)


def words(policy: TermsPolicy, by: Any, language: str = "en") -> None:
    """In the draft at hand, else in a new one."""
    draft = TermsRevision.objects.for_tenant(policy.tenant_id).filter(version__policy=policy, status="draft")
    written = {"title": "Phones", "summary": "You agree.", "body": "Lock it."}
    with at_work(by, policy.tenant):
        revision = draft.first() or terms_services.draft_version(policy=policy, by=by)
        terms_services.write_text(revision=revision, language=language, by=by, **written)


def published(policy: TermsPolicy, by: Any, **when: Any) -> TermsVersion:
    """As somebody does who did not write it; where there is nobody else, without the four eyes."""
    version = TermsVersion.objects.for_tenant(policy.tenant_id).get(policy=policy, status="draft")
    with at_work(by, policy.tenant):
        changed_policy = TermsPolicy.objects.for_tenant(policy.tenant_id).get(pk=policy.pk)
        if changed_policy.four_eyes:
            terms_services.change_policy(policy=changed_policy, by=Shell(), four_eyes=False)
        return terms_services.publish_version(version=version, by=Shell(), reason="agreed", **when)


def retired(policy: TermsPolicy, by: Any) -> None:
    with at_work(by, policy.tenant):
        terms_services.retire_policy(policy=policy, by=Shell(), reason="over")


def employee(tenant: Tenant, by: Any, group: str = "") -> Employee:
    name = f"colleague{next(numbers)}"
    with at_work(by, tenant):
        made: Employee = Employee.objects.for_tenant(tenant).create(
            tenant=tenant, directory_id=name, user_principal_name=f"{name}@{tenant.slug}.example"
        )
        if group:
            GroupMember.objects.for_tenant(tenant).create(
                tenant=tenant, employee=made, group=_group(tenant, group)
            )
    return made


def _group(tenant: Tenant, name: str) -> Group:
    found: Group = Group.objects.for_tenant(tenant).get_or_create(
        name=name, defaults={"tenant": tenant, "directory_id": name}
    )[0]
    return found


def assigned(policy: TermsPolicy, by: Any, group: str, without: str) -> None:
    tenant = policy.tenant
    with at_work(by, tenant):
        terms_services.assign_policy(
            policy=policy,
            by=by,
            everybody=False,
            groups=[_group(tenant, group)],
            excluded=[_group(tenant, without)],
        )


def left(employee: Employee, by: Any) -> None:
    changed(employee, by, status="left", left_at=timezone.now())
