"""The deeds of tenancy and of consents, each by every role: the roles' table decides, nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from audit.models import AuditEvent
from catalog.models import Service
from consents.models import Consent
from consents.services import decline_consent, grant_consent, request_consent, withdraw_consent
from privacy_console.errors import Refused
from tenants.models import Membership, Tenant, User
from tenants.roles import ALLOWED, Permission, Role, is_allowed
from tenants.services import (
    add_member,
    change_role,
    change_tenant,
    create_tenant,
    create_token,
    remove_member,
)
from tests.audit.trail import recording
from tests.cast import Cast

pytestmark = pytest.mark.django_db
PEOPLE = (
    *("officer", "admin", "auditor", "employee"),
    *("fabrikam_officer", "fabrikam_admin", "fabrikam_auditor", "operator"),
)


def _membership(cast: Cast, user: User) -> Membership:
    found: Membership = Membership.objects.for_tenant(cast.contoso).get(user=user)
    return found


def _request(cast: Cast, by: Any) -> Consent:
    service = Service.objects.get(code="apns")
    return request_consent(
        tenant=cast.contoso, service=service, by=by, terms_url="https://contoso.example/terms"
    )


def _new_tenant(cast: Cast, by: Any) -> Tenant:
    return create_tenant(slug="northwind", name="Northwind", directory_id=uuid.uuid4(), country="SE", by=by)


def _granted(cast: Cast) -> Consent:
    return grant_consent(consent=_request(cast, cast.admin), by=cast.admin, reason="needed")


DEEDS: list[tuple[str, Permission, Callable[[Cast, Any], Any]]] = [
    ("create_tenant", Permission.MANAGE_TENANT, _new_tenant),
    (
        "change_tenant",
        Permission.MANAGE_TENANT,
        lambda c, by: change_tenant(tenant=c.contoso, by=by, name="Contoso Ltd", reason="renamed"),
    ),
    (
        "add_member",
        Permission.MANAGE_MEMBERS,
        lambda c, by: add_member(tenant=c.contoso, username="new@contoso.example", role=Role.AUDITOR, by=by),
    ),
    (
        "change_role",
        Permission.MANAGE_MEMBERS,
        lambda c, by: change_role(membership=_membership(c, c.auditor), role=Role.PRIVACY_OFFICER, by=by),
    ),
    (
        "remove_member",
        Permission.MANAGE_MEMBERS,
        lambda c, by: remove_member(membership=_membership(c, c.auditor), by=by),
    ),
    ("request_consent", Permission.REQUEST_CONSENT, _request),
    (
        "grant_consent",
        Permission.GRANT_CONSENT,
        lambda c, by: grant_consent(consent=_request(c, c.admin), by=by, reason="needed"),
    ),
    (
        "decline_consent",
        Permission.GRANT_CONSENT,
        lambda c, by: decline_consent(consent=_request(c, c.admin), by=by, reason="not needed"),
    ),
    (
        "withdraw_consent",
        Permission.WITHDRAW_CONSENT,
        lambda c, by: withdraw_consent(consent=_granted(c), by=by, reason="no longer needed"),
    ),
]


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize(("deed", "permission", "do"), DEEDS, ids=[deed for deed, _, _ in DEEDS])
def test_who_may(deed: str, permission: Permission, do: Callable[..., Any], name: str, cast: Cast) -> None:
    person: User = getattr(cast, name)
    allowed = person.is_operator or is_allowed(person.role_in(cast.contoso), permission)
    if allowed:
        with recording() as trail:
            do(cast, person)
        assert trail.events
        return
    with pytest.raises(PermissionDenied, match="Your role does not allow"):
        do(cast, person)


def test_the_table_names_every_permission() -> None:
    assert set(ALLOWED) == set(Permission)
    assert all(not is_allowed(None, permission) for permission in Permission)
    assert not any(is_allowed("no such role", permission) for permission in Permission)


def test_auditors_and_services_change_nothing() -> None:
    asking = (Permission.EXPORT, Permission.ASK_DECISIONS)
    changing = [p for p in Permission if not p.value.endswith(".view") and p not in asking]
    for role in (Role.AUDITOR, Role.SERVICE):
        assert not any(is_allowed(role, permission) for permission in changing)


class TestMembers:
    def test_the_last_admin_stays(self, cast: Cast) -> None:
        membership = _membership(cast, cast.admin)
        with pytest.raises(Refused, match="last administrator"):
            remove_member(membership=membership, by=cast.admin)
        with pytest.raises(Refused, match="last administrator"):
            change_role(membership=membership, role=Role.AUDITOR, by=cast.admin)
        add_member(
            tenant=cast.contoso, username="second@contoso.example", role=Role.TENANT_ADMIN, by=cast.admin
        )
        remove_member(membership=membership, by=cast.admin)

    def test_a_new_person_cannot_sign_in_yet(self, cast: Cast) -> None:
        added = add_member(
            tenant=cast.contoso, username=" New@Contoso.example ", role=Role.AUDITOR, by=cast.admin
        )
        assert added.user.username == "new@contoso.example"
        assert not added.user.has_usable_password()
        assert AuditEvent.objects.about(added).get().activity == "member.added"

    def test_wrong_roles_and_second_roles(self, cast: Cast) -> None:
        for role in ("owner", "", "TENANT_ADMIN"):
            with pytest.raises(ValidationError):
                add_member(tenant=cast.contoso, username="x@contoso.example", role=role, by=cast.admin)
        assert not User.objects.filter(username="x@contoso.example").exists()
        with pytest.raises(ValidationError, match="a member already"):
            add_member(tenant=cast.contoso, username=cast.officer.username, role=Role.AUDITOR, by=cast.admin)


class TestNamedConstraints:
    """Each rule is the database's too, and says in the person's words what is wrong."""

    CASES: list[tuple[str, Callable[[Cast], Any], str]] = [
        ("tenant_country_is_two_letters", lambda c: _changed(c.contoso, country="D"), "two letters"),
        ("tenant_status_is_known", lambda c: _changed(c.contoso, status="gone"), "active, closing or closed"),
        (
            "user_name_is_unique",
            lambda c: User(username="OFFICER@contoso.example", password="!"),
            "already signs in",
        ),
        ("member_role_is_known", lambda c: _changed(_membership(c, c.officer), role="king"), "The role is"),
        (
            "member_has_one_role",
            lambda c: Membership(tenant=c.contoso, user=c.officer, role="auditor"),
            "a member already",
        ),
        ("withdrawal_has_a_reason", lambda c: _changed(_granted(c), status="withdrawn"), "when and why"),
        (
            "granted_consent_is_complete",
            lambda c: _changed(_request(c, c.admin), status="granted"),
            "which catalog edition",
        ),
    ]

    @pytest.mark.parametrize(("name", "make", "message"), CASES, ids=[name for name, _, _ in CASES])
    def test_holds(self, name: str, make: Callable[[Cast], Any], message: str, cast: Cast) -> None:
        row = make(cast)
        with pytest.raises(ValidationError, match=message):
            row.validate_constraints()
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


def _changed(row: Any, **values: Any) -> Any:
    for name, value in values.items():
        setattr(row, name, value)
    return row


def test_nobody_and_nothing_new_gets_into_a_closed_tenant(cast: Cast) -> None:
    change_tenant(tenant=cast.contoso, by=cast.operator, status=Tenant.Status.CLOSED)
    for get_in in (
        lambda: add_member(
            tenant=cast.contoso, username="new@contoso.example", role="auditor", by=cast.admin
        ),
        lambda: create_token(tenant=cast.contoso, name="inventory", role="service", by=cast.admin),
    ):
        cast.contoso.refresh_from_db()
        with pytest.raises(Refused, match="is closed"):
            get_in()
    assert not User.objects.filter(username="new@contoso.example").exists()
