"""Who the tests are about.

contoso (DE) has an officer, an admin and an auditor; its employee is no member of anything. fabrikam (US) has its
own three, who must see nothing of contoso. The operator runs the platform.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, fields
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import TestCase

from audit.context import Origin, acting
from catalog.kinds import REFERENCE_FILE
from catalog.services import load_catalog
from tenants.access import Shell
from tenants.models import Membership, Tenant, User
from tenants.roles import Role

CONTOSO_DIRECTORY = uuid.UUID("72f988bf-0000-4000-8000-00000000c047")
FABRIKAM_DIRECTORY = uuid.UUID("72f988bf-0000-4000-8000-00000000fab1")
PASSWORD = "a long enough password"
SINCE = datetime.date(2024, 1, 1)
COMPANIES = ("contoso.example", "fabrikam.example")
ROLES = {"officer": Role.PRIVACY_OFFICER, "admin": Role.TENANT_ADMIN, "auditor": Role.AUDITOR}


@dataclass(frozen=True)
class Cast:
    """Everybody; `assemble` puts them into the database, under a door called "the cast"."""

    contoso: Tenant
    officer: User
    admin: User
    auditor: User
    employee: User
    fabrikam: Tenant
    fabrikam_officer: User
    fabrikam_admin: User
    fabrikam_auditor: User
    operator: User

    @classmethod
    def assemble(cls) -> Cast:
        with acting(origin=Origin.COMMAND, actor_name="the cast"):
            contoso = Tenant.objects.create(
                slug="contoso", name="Contoso", directory_id=CONTOSO_DIRECTORY, country="DE", since=SINCE
            )
            fabrikam = Tenant.objects.create(
                slug="fabrikam", name="Fabrikam", directory_id=FABRIKAM_DIRECTORY, country="US", since=SINCE
            )
            people = _everybody()
            for tenant, company in zip((contoso, fabrikam), COMPANIES, strict=True):
                _join(people, tenant, company)
        return cls(
            contoso=contoso,
            officer=people["officer@contoso.example"],
            admin=people["admin@contoso.example"],
            auditor=people["auditor@contoso.example"],
            employee=people["employee@contoso.example"],
            fabrikam=fabrikam,
            fabrikam_officer=people["officer@fabrikam.example"],
            fabrikam_admin=people["admin@fabrikam.example"],
            fabrikam_auditor=people["auditor@fabrikam.example"],
            operator=people["operator"],
        )


def _everybody() -> dict[str, User]:
    """The people by their names, added at once: nearly every test begins with them."""
    password = make_password(PASSWORD)
    members = [f"{name}@{company}" for company in COMPANIES for name in ROLES]
    users = [User(username=name, email=name, password=password) for name in members]
    users.append(User(username="employee@contoso.example", password=password))
    users.append(User(username="operator", password=password, is_superuser=True))
    return {user.username: user for user in User.objects.bulk_create(users)}


def _join(people: dict[str, User], tenant: Tenant, company: str) -> None:
    Membership.objects.for_tenant(tenant).bulk_create(
        Membership(tenant=tenant, user=people[f"{name}@{company}"], role=role) for name, role in ROLES.items()
    )


def person(username: str, **fields: Any) -> User:
    """Somebody who can sign in with PASSWORD."""
    return User.objects.create_user(username, PASSWORD, **fields)


def member(username: str, tenant: Tenant, role: Role) -> User:
    user = person(username, email=username)
    Membership.objects.for_tenant(tenant).create(tenant=tenant, user=user, role=role)
    return user


class CastMixin:
    """`self.contoso`, `self.officer`, …: every name of the cast."""

    contoso: Tenant
    officer: User
    admin: User
    auditor: User
    employee: User
    fabrikam: Tenant
    fabrikam_officer: User
    fabrikam_admin: User
    fabrikam_auditor: User
    operator: User

    @property
    def outsiders(self) -> tuple[User, ...]:
        """Those to whom contoso does not exist."""
        return (self.fabrikam_officer, self.fabrikam_admin, self.fabrikam_auditor, self.employee)

    @property
    def members(self) -> tuple[User, ...]:
        return (self.officer, self.admin, self.auditor)


def assemble_on(target: Any) -> None:
    """Put the cast into the database and its names on `target` (a test class or instance)."""
    cast = Cast.assemble()
    for field in fields(cast):
        setattr(target, field.name, getattr(cast, field.name))


class CastTestCase(CastMixin, TestCase):
    """A test class with the cast in the database, made once for the class."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        assemble_on(cls)


def load_reference_catalog() -> None:
    """The packaged catalog, as `load_catalog` leaves it."""
    load_catalog(content=REFERENCE_FILE.read_bytes(), by=Shell())
