"""Who the tests are about.

contoso (DE) has an officer, an admin and an auditor; its employee is no member of anything. fabrikam (US) has its
own three, who must see nothing of contoso. The operator runs the platform.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, fields
from importlib.util import find_spec
from typing import Any

from django.test import TestCase

from audit.context import Origin, acting
from tenants.models import Membership, Tenant, User
from tenants.roles import Role

CONTOSO_DIRECTORY = uuid.UUID("72f988bf-0000-4000-8000-00000000c047")
FABRIKAM_DIRECTORY = uuid.UUID("72f988bf-0000-4000-8000-00000000fab1")
PASSWORD = "a long enough password"
SINCE = datetime.date(2024, 1, 1)


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
            return cls(
                contoso=contoso,
                officer=member("officer@contoso.example", contoso, Role.PRIVACY_OFFICER),
                admin=member("admin@contoso.example", contoso, Role.TENANT_ADMIN),
                auditor=member("auditor@contoso.example", contoso, Role.AUDITOR),
                employee=person("employee@contoso.example"),
                fabrikam=fabrikam,
                fabrikam_officer=member("officer@fabrikam.example", fabrikam, Role.PRIVACY_OFFICER),
                fabrikam_admin=member("admin@fabrikam.example", fabrikam, Role.TENANT_ADMIN),
                fabrikam_auditor=member("auditor@fabrikam.example", fabrikam, Role.AUDITOR),
                operator=person("operator", is_superuser=True),
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
    if find_spec("catalog.services") is None:
        _small_catalog_by_hand()
        return
    from catalog.kinds import REFERENCE_FILE
    from catalog.services import load_catalog
    from tenants.access import Shell

    load_catalog(content=REFERENCE_FILE.read_bytes(), by=Shell())


def _small_catalog_by_hand() -> None:
    import datetime

    from catalog.models import Catalog, Category, Edition, Element, Flow, Service, ThirdParty

    day = datetime.date(2026, 11, 1)
    catalog = Catalog.objects.create(code="intune", name="Intune", processor="Microsoft")
    edition = Edition.objects.create(catalog=catalog, number=1, released_on=day)
    common: dict[str, Any] = {"catalog": catalog, "added_in": edition, "changed_in": edition}
    category = Category.objects.create(code="identity", name="Identity", collection="required", **common)
    element = Element.objects.create(
        code="identity.user_name",
        name="User name",
        category=category,
        collection="required",
        classification="personal",
        identifiability="identifiable",
        purpose="service_provision",
        **common,
    )
    apple = ThirdParty.objects.create(code="apple", name="Apple", **common)
    for code in ("apns", "vpp"):
        service = Service.objects.create(code=code, name=code.upper(), third_party=apple, **common)
        flow = Flow.objects.create(
            code=f"apple.out.{code}.user_name",
            name="User name",
            service=service,
            direction="to_third_party",
            personal=True,
            **common,
        )
        flow.elements.add(element)
