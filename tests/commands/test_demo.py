"""What a new console starts with."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.db import connection

from audit import triggers
from audit.models import AuditEvent
from consents.models import Consent
from tenants.models import Employee, Membership, Tenant, User
from tenants.roles import Role
from terms.models import TermsText
from terms.standing import Standing, places_of
from tests.cast import member, person
from tests.commands.running import Ran, run

PEOPLE = [
    f"{who}@{tenant}.example" for tenant in ("contoso", "fabrikam") for who in ("admin", "auditor", "officer")
]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_given_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPERATOR_PASSWORD", raising=False)
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)


def demo(*arguments: str) -> Ran:
    ran = run("demo", *arguments)
    assert ran.code == 0, ran.err
    return ran


def attributed(activity: str) -> set[tuple[str, str, str, str]]:
    """Who did this, in which role, through which door and to whose timeline."""
    events = AuditEvent.objects.across_tenants().filter(activity=activity).select_related("attribution")
    return {
        (by.actor_name, by.actor_role, by.origin, str(tenant))
        for by, tenant in ((event.attribution, event.tenant) for event in events)
    }


def test_tenants_people_and_roles() -> None:
    demo()
    facts = Tenant.objects.values_list("slug", "name", "country")
    assert list(facts) == [("contoso", "Contoso", "DE"), ("fabrikam", "Fabrikam", "US")]
    memberships = Membership.objects.across_tenants().order_by("user__username")
    assert sorted(memberships.values_list("user__username", flat=True)) == sorted(PEOPLE)
    assert all(m.user.username.endswith(f"@{m.tenant.slug}.example") for m in memberships)
    employee = User.objects.get(username="employee@contoso.example")
    assert not employee.tenants().exists()
    assert User.objects.get(username="operator").is_operator


def test_the_passwords_shown_open_the_accounts() -> None:
    passwords = demo("--json").data["passwords"]
    assert set(passwords) == {"operator", "everybody of the demo tenants"}
    assert authenticate(username="operator", password=passwords["operator"]) is not None
    for name in (*PEOPLE, "employee@contoso.example", "employee@fabrikam.example"):
        assert authenticate(username=name, password=passwords["everybody of the demo tenants"]), name


def test_passwords_from_the_environment_are_used_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATOR_PASSWORD", "open sesame 1")
    monkeypatch.setenv("DEMO_PASSWORD", "open sesame 2")
    assert "sesame" not in demo().out
    assert authenticate(username="operator", password="open sesame 1") is not None
    assert authenticate(username=PEOPLE[0], password="open sesame 2") is not None


def test_a_past_by_deeds_of_the_people_themselves() -> None:
    demo()
    found = Consent.objects.across_tenants().values_list(
        "tenant__slug", "service__code", "status", "connection"
    )
    assert sorted(found) == [
        ("contoso", "apns", "granted", ""),
        ("contoso", "managed_google_play", "requested", ""),
        ("fabrikam", "asm_dep", "granted", "headquarters"),
        ("fabrikam", "vpp", "withdrawn", "sales"),
    ]
    officers = {
        (f"officer@{slug}.example", "privacy_officer", "command", slug.title())
        for slug in ("contoso", "fabrikam")
    }
    admins = {
        (f"admin@{slug}.example", "tenant_admin", "command", slug.title()) for slug in ("contoso", "fabrikam")
    }
    assert attributed("consent.requested") == admins
    assert attributed("consent.granted") == officers
    assert attributed("consent.withdrawn") == {one for one in officers if one[3] == "Fabrikam"}
    assert admins < attributed("member.added")


def test_employees_with_terms_that_wait_for_them() -> None:
    demo()
    for slug in ("contoso", "fabrikam"):
        employee = Employee.objects.across_tenants().get(user_principal_name=f"employee@{slug}.example")
        place = places_of(employee)[0]
        assert (place.policy.name, place.standing) == ("Managed devices", Standing.OUTSTANDING)
    texts = TermsText.objects.across_tenants().filter(status="published")
    assert sorted(texts.values_list("language", flat=True)) == ["de", "de", "en", "en"]


def test_the_second_time_nothing_happens() -> None:
    demo()
    last = AuditEvent.objects.across_tenants().latest("id").pk
    again = demo()
    assert "Nothing to do" in again.out
    assert "assword" not in again.out
    assert AuditEvent.objects.across_tenants().latest("id").pk == last
    assert demo("--json").data == {"made": [], "passwords": {}}


def test_what_somebody_took_away_stays_away() -> None:
    demo()
    assert run("remove_member", "--tenant", "contoso", "--user", "auditor@contoso.example").code == 0
    demo()
    assert not Membership.objects.across_tenants().filter(user__username="auditor@contoso.example").exists()


def test_only_the_operator() -> None:
    demo("--operator-only")
    assert list(User.objects.values_list("username", flat=True)) == ["operator"]
    assert not Tenant.objects.exists()


def test_another_operator_is_enough() -> None:
    person("ada@contoso.example", is_superuser=True)
    demo("--operator-only")
    assert not User.objects.filter(username="operator").exists()


def test_a_dry_run_leaves_nothing_and_shows_no_password() -> None:
    last = AuditEvent.objects.across_tenants().latest("id").pk
    ran = demo("--dry-run")
    assert "contoso" in ran.out
    assert "Password" not in ran.out
    assert "nothing was kept" in ran.err
    assert not User.objects.exists()
    assert AuditEvent.objects.across_tenants().latest("id").pk == last


def test_by_an_operator_for_a_reason() -> None:
    person("ada", is_superuser=True)
    demo("--actor", "ada", "--reason", "To train the team")
    events = (
        AuditEvent.objects.across_tenants().filter(activity="tenant.created").select_related("attribution")
    )
    said = {(event.attribution.actor_name, event.attribution.reason) for event in events}
    assert said == {("ada", "To train the team")}


def test_not_by_anybody_else() -> None:
    tenant = Tenant.objects.create(slug="tailspin", name="Tailspin", directory_id="0" * 32, country="FR")
    member("admin@tailspin.example", tenant, Role.TENANT_ADMIN)
    ran = run("demo", "--actor", "admin@tailspin.example")
    assert (ran.code, ran.out) == (1, "")
    assert not User.objects.filter(is_superuser=True).exists()


class TestSetup:
    def test_has_nothing_to_do_but_the_people(self) -> None:
        told = run("setup", "--no-demo", "--json").data
        assert told["done"] == []
        assert list(told["passwords"]) == ["operator"]
        assert run("setup", "--no-demo").out.strip() == "Everything is set up."

    def test_passwords_from_the_environment_are_not_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPERATOR_PASSWORD", "open sesame 1")
        monkeypatch.setenv("DEMO_PASSWORD", "open sesame 2")
        ran = run("setup", "--json")
        assert ran.code == 0, ran.err
        assert ran.data["passwords"] == {}
        assert "sesame" not in ran.out
        assert User.objects.get(username="operator").check_password("open sesame 1")

    def test_puts_triggers_right_and_in_a_dry_run_only_says_so(self) -> None:
        triggers.take_down(connection)
        tried = run("setup", "--dry-run")
        assert "triggers of the audit trail" in tried.out
        assert "nothing was kept" in tried.err
        assert triggers.differences(connection) != []
        assert not User.objects.exists()
        assert run("setup", "--no-demo").code == 0
        assert triggers.differences(connection) == []
