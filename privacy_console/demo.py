"""What a new console starts with: its first operator and, to look around in, two tenants with people and a past.

Everything is done by the same deeds as anywhere else, each under the name of the person whose role it is, so that
the first look at the timeline is a true one. What exists already is left as it is.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from audit.context import Origin, acting, identify
from catalog.kinds import REFERENCE_CATALOG
from catalog.models import Service
from consents.models import Consent
from consents.services import grant_consent, request_consent, withdraw_consent
from elections.services import begin_storage, elect_collection
from residency.services import observe_location
from tenants.access import Principal, require
from tenants.directory import import_people
from tenants.models import Tenant, User
from tenants.roles import Permission, Role
from tenants.services import add_member, create_tenant
from terms.services import create_policy, draft_version, publish_version, write_text

OPERATOR = "operator"


@dataclass(frozen=True)
class Secret:
    """A password: the one that the environment names, otherwise one made here, which is shown once."""

    value: str
    was_made: bool

    @classmethod
    def from_environment(cls, variable: str) -> Secret:
        given = os.environ.get(variable, "")
        return cls(given or secrets.token_urlsafe(12), was_made=not given)


@dataclass
class Outcome:
    """What was made, and the passwords that nobody has seen yet, by what they open."""

    made: list[str] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, who: str, secret: Secret) -> None:
        self.made.append(what)
        if secret.was_made:
            self.passwords[who] = secret.value


@dataclass(frozen=True)
class Cast:
    """The demo people of one tenant."""

    tenant: Tenant
    officer: User
    admin: User


@transaction.atomic
def build_demo(*, by: Principal, operator_only: bool = False) -> Outcome:
    """Make the operator and the demo tenants, as far as they are missing.

    by: who may create tenants. Raises PermissionDenied. The second time, nothing changes.
    """
    require(by, Permission.MANAGE_TENANT)
    outcome = Outcome()
    _make_operator(outcome)
    if not operator_only:
        _make_tenants(by, outcome)
    return outcome


def _make_operator(outcome: Outcome) -> None:
    # Any operator will do: somebody may have replaced the first one by people with names.
    if User.objects.filter(is_superuser=True).exists():
        return
    secret = Secret.from_environment("OPERATOR_PASSWORD")
    _make_person(OPERATOR, "Operator", make_password(secret.value), is_superuser=True)
    outcome.note(f"the operator account “{OPERATOR}”", OPERATOR, secret)


def _make_tenants(by: Principal, outcome: Outcome) -> None:
    missing = [build for slug, build in TENANTS.items() if not Tenant.objects.filter(slug=slug).exists()]
    if not missing:
        return
    secret = Secret.from_environment("DEMO_PASSWORD")
    # Hashing is slow on purpose; they all have the same password, so once is enough.
    password = make_password(secret.value)
    for build in missing:
        tenant = build(by, password)
        people = f"officer@, admin@, auditor@ and employee@{tenant.slug}.example"
        outcome.note(f"the demo tenant {tenant.slug} with {people}", "everybody of the demo tenants", secret)


def _make_person(username: str, name: str, password: str, *, is_superuser: bool = False) -> User:
    person = User(
        username=username,
        email=username if "@" in username else "",
        display_name=name,
        password=password,
        is_superuser=is_superuser,
    )
    person.full_clean()
    person.save()
    return person


def _contoso(by: Principal, password: str) -> Tenant:
    directory = UUID("6f1d2a54-3a5e-4f0b-9c57-0c0de0c04705")
    cast = _make_tenant("contoso", "Contoso", directory, "DE", by, password)
    apns = _requested(cast, "apns", "Without a push certificate no iPhone or Mac can be managed.")
    _granted(cast, apns, "Checked against our agreement with Apple; in use since the pilot.", days_ago=45)
    _requested(cast, "managed_google_play", "Field service is to get Android devices next quarter.")
    inventory = "The help desk sees which devices need more memory; agreed with the works council."
    _elected(cast, {"enhanced_inventory": True}, inventory, days_ago=60)
    _elected(
        cast, {"client_diagnostics": True}, "Tried for a quarter, as support asked for it.", days_ago=-30
    )
    _seen(cast, "Europe 0201", days_ago=20)
    _publish_terms(cast)
    return cast.tenant


def _fabrikam(by: Principal, password: str) -> Tenant:
    directory = UUID("b2c9e7d1-8f46-4a6d-a1d3-0fab0fab1ca0")
    cast = _make_tenant("fabrikam", "Fabrikam", directory, "US", by, password)
    asm = _requested(cast, "asm_dep", "New Macs enrol by themselves at the first start.", "headquarters")
    _granted(cast, asm, "Device serial numbers only, as agreed with the works council.", days_ago=120)
    vpp = _requested(cast, "vpp", "Apps for the sales team, bought in volume.", "sales")
    _granted(cast, vpp, "Agreed for the trial of the sales apps.", days_ago=90)
    with _acting(cast.officer, cast.tenant):
        withdraw_consent(consent=vpp, by=cast.officer, reason="The trial is over and the apps are gone.")
    _elected(cast, {"device_query": True}, "Needed to look into reports of malware.", days_ago=100)
    _publish_terms(cast)
    return cast.tenant


EMPLOYEES = """id,userPrincipalName,displayName,mail,preferredLanguage,groups
{slug}-1,employee@{slug}.example,{name} employee,employee@{slug}.example,en,field service
{slug}-2,officer@{slug}.example,{name} officer,officer@{slug}.example,de,
{slug}-3,admin@{slug}.example,{name} admin,admin@{slug}.example,en,
"""
TERMS = (
    {
        "language": "en",
        "title": "Managed devices at work",
        "summary": "You agree to the management of the device that you enrol, and to keep it safe.",
        "body": "## What we ask of you\n\n- Lock the screen when you leave the device.\n"
        "- Tell the service desk within a day when it is lost.\n\n## What we promise\n\n"
        "We manage the device for work. We look neither into your pictures nor into your messages.",
        "privacy_statement": "**About me** on this portal lists what is collected, and who it is shared with.",
    },
    {
        "language": "de",
        "title": "Verwaltete Geräte bei der Arbeit",
        "summary": "Sie stimmen der Verwaltung des Geräts zu, das Sie anmelden, und halten es sicher.",
        "body": "## Worum wir Sie bitten\n\n- Sperren Sie den Bildschirm, wenn Sie das Gerät verlassen.\n"
        "- Melden Sie dem Service innerhalb eines Tages, wenn es verloren geht.\n\n## Was wir zusagen\n\n"
        "Wir verwalten das Gerät für die Arbeit. Bilder und Nachrichten sehen wir nicht an.",
        "privacy_statement": "**Über mich** in diesem Portal zeigt, was erhoben und wem es mitgeteilt wird.",
    },
)


def _publish_terms(cast: Cast) -> None:
    """The employees, and terms that wait for their decision."""
    slug, name = cast.tenant.slug, cast.tenant.name
    with _acting(cast.admin, cast.tenant):
        content = EMPLOYEES.format(slug=slug, name=name).encode()
        import_people(tenant=cast.tenant, content=content, by=cast.admin, source="demo.csv")
    with _acting(cast.officer, cast.tenant):
        policy = create_policy(tenant=cast.tenant, name="Managed devices", by=cast.officer)
        revision = draft_version(policy=policy, by=cast.officer)
        for text in TERMS:
            write_text(revision=revision, by=cast.officer, **text)
        publish_version(version=revision.version, by=cast.officer, reason="Agreed with the works council.")


TENANTS: dict[str, Callable[[Principal, str], Tenant]] = {"contoso": _contoso, "fabrikam": _fabrikam}


def _make_tenant(
    slug: str, name: str, directory_id: UUID, country: str, by: Principal, password: str
) -> Cast:
    """The tenant, its admin taken in by the operator, and the rest of its people by that admin."""
    since = timezone.localdate() - timedelta(days=730)
    tenant = create_tenant(
        slug=slug, name=name, directory_id=directory_id, country=country, since=since, by=by
    )
    roles = ("admin", "officer", "auditor", "employee")
    people = {role: _make_or_find(f"{role}@{slug}.example", f"{name} {role}", password) for role in roles}
    begin_storage(tenant=tenant, by=by)
    admin = people["admin"]
    add_member(tenant=tenant, username=admin.username, role=Role.TENANT_ADMIN, by=by)
    with _acting(admin, tenant):
        _add(tenant, people["officer"], Role.PRIVACY_OFFICER, by=admin)
        _add(tenant, people["auditor"], Role.AUDITOR, by=admin)
    return Cast(tenant, people["officer"], admin)


def _make_or_find(username: str, name: str, password: str) -> User:
    return User.objects.filter(username=username).first() or _make_person(username, name, password)


def _add(tenant: Tenant, person: User, role: Role, *, by: User) -> None:
    add_member(tenant=tenant, username=person.username, role=role, by=by)


def _requested(cast: Cast, code: str, justification: str, connection: str = "") -> Consent:
    with _acting(cast.admin, cast.tenant):
        return request_consent(
            tenant=cast.tenant,
            service=Service.objects.current().get(catalog__code=REFERENCE_CATALOG, code=code),
            connection=connection,
            justification=justification,
            by=cast.admin,
        )


def _granted(cast: Cast, consent: Consent, reason: str, *, days_ago: int) -> None:
    """Recorded today, and in force since some time ago: the two clocks that every decision has."""
    since = timezone.now() - timedelta(days=days_ago)
    with _acting(cast.officer, cast.tenant):
        grant_consent(consent=consent, by=cast.officer, reason=reason, effective_from=since)


def _elected(cast: Cast, features: dict[str, bool], reason: str, *, days_ago: int) -> None:
    since = timezone.now() - timedelta(days=days_ago)
    with _acting(cast.admin, cast.tenant):
        elect_collection(
            tenant=cast.tenant, features=features, by=cast.admin, reason=reason, effective_from=since
        )


def _seen(cast: Cast, place: str, *, days_ago: int) -> None:
    """Somebody looked at the provider's tenant status."""
    with _acting(cast.admin, cast.tenant):
        observe_location(
            tenant=cast.tenant,
            observed_on=timezone.localdate() - timedelta(days=days_ago),
            place=place,
            source="Tenant administration, Tenant status",
            by=cast.admin,
        )


@contextmanager
def _acting(person: User, tenant: Tenant) -> Iterator[None]:
    with acting(origin=Origin.COMMAND):
        identify(**person.as_actor(tenant))
        yield
