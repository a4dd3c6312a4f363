"""Tenants, members, tokens and the trail from the command line."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from tenants.models import AccessToken, Membership, Tenant, User
from tenants.services import authenticate_token
from tests.cast import Cast
from tests.commands.running import run

CONTOSO = ("--tenant", "contoso")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def everybody(cast: Cast) -> Cast:
    return cast


def new_tenant(**changed: str) -> tuple[str, ...]:
    given = {"name": "Tailspin", "directory-id": str(uuid.uuid4()), "country": "fr"} | changed
    return ("tailspin", *(part for name, value in given.items() for part in (f"--{name}", value)))


class TestTenants:
    def test_one_is_made(self) -> None:
        directory = str(uuid.uuid4())
        made = run("create_tenant", *new_tenant(**{"directory-id": directory}), "--json").data
        tenant = Tenant.objects.get(slug="tailspin")
        assert (tenant.name, tenant.country, str(tenant.directory_id)) == ("Tailspin", "FR", directory)
        assert made["slug"] == "tailspin"
        assert made["directory_id"] == directory
        assert made["created_at"].endswith("Z")

    def test_a_new_directory_id_is_made_up_where_asked(self) -> None:
        assert run("create_tenant", *new_tenant(**{"directory-id": "new"})).code == 0
        assert Tenant.objects.get(slug="tailspin").directory_id.version == 4

    @pytest.mark.parametrize(
        ("field", "value"), [("directory-id", "no guid"), ("country", "France"), ("name", "")]
    )
    def test_a_mistake_names_the_field(self, field: str, value: str) -> None:
        ran = run("create_tenant", *new_tenant(**{field: value}))
        assert ran.code == 1
        assert ran.err.startswith(field.replace("-", "_") + ": ")
        assert "\n" not in ran.err
        assert not Tenant.objects.filter(slug="tailspin").exists()

    def test_the_list(self) -> None:
        told, data = run("list_tenants"), run("list_tenants", "--json").data
        assert [line.split()[0] for line in told.out.splitlines()] == ["slug", "contoso", "fabrikam"]
        assert [row["country"] for row in data] == ["DE", "US"]

    def test_a_name_cannot_play_tricks_on_the_terminal(self, cast: Cast) -> None:
        Tenant.objects.filter(pk=cast.contoso.pk).update(name="Con\x1b[2Jtoso\nX")
        out = run("list_tenants").out
        assert "\x1b" not in out
        assert len(out.splitlines()) == 3


class TestMembers:
    def test_a_new_person_gets_an_account_that_cannot_sign_in(self) -> None:
        ran = run(
            "add_member", *CONTOSO, "--user", "New@Contoso.example", "--role", "auditor", "--name", "Nova"
        )
        assert ran.code == 0
        person = User.objects.get(username="new@contoso.example")
        assert (person.display_name, person.has_usable_password()) == ("Nova", False)
        assert person.role_in(Tenant.objects.get(slug="contoso")) == "auditor"

    def test_nobody_joins_twice(self) -> None:
        ran = run("add_member", *CONTOSO, "--user", "admin@contoso.example", "--role", "auditor")
        assert (ran.code, ran.out) == (1, "")
        assert "member already" in ran.err

    def test_the_last_admin_stays(self) -> None:
        ran = run("remove_member", *CONTOSO, "--user", "admin@contoso.example")
        assert ran.code == 1
        assert "last administrator" in ran.err

    def test_one_leaves(self, cast: Cast) -> None:
        assert run("remove_member", *CONTOSO, "--user", "Auditor@contoso.example").code == 0
        assert not Membership.objects.for_tenant(cast.contoso).filter(user=cast.auditor).exists()
        assert User.objects.filter(pk=cast.auditor.pk).exists()

    def test_a_member_of_another_tenant_is_none_here(self) -> None:
        ran = run("remove_member", *CONTOSO, "--user", "admin@fabrikam.example")
        assert ran.code == 1
        assert "There is no member" in ran.err
        assert "Did you mean admin@contoso.example" in ran.err


class TestTokens:
    def make(self, *more: str, name: str = "sync") -> str:
        ran = run("create_token", *CONTOSO, "--role", "service", "--name", name, "--quiet", *more)
        assert ran.code == 0, ran.err
        return ran.out.strip()

    def test_the_printed_token_opens_its_tenant(self) -> None:
        token = authenticate_token(self.make())
        assert token is not None
        assert (token.tenant.slug, token.role, token.name) == ("contoso", "service", "sync")

    def test_days_and_dates(self) -> None:
        in_days = authenticate_token(self.make("--expires", "30d"))
        assert in_days is not None
        assert abs(in_days.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
        day = (timezone.now() + timedelta(days=60)).date()
        on_a_day = authenticate_token(self.make("--expires", day.isoformat()))
        assert on_a_day is not None
        assert timezone.localtime(on_a_day.expires_at).date() == day

    @pytest.mark.parametrize(
        ("expires", "words"), [("400d", "a year at most"), ("2020-01-01", "expire after")]
    )
    def test_no_life_too_long_or_over(self, expires: str, words: str) -> None:
        ran = run("create_token", *CONTOSO, "--role", "service", "--name", "x", "--expires", expires)
        assert (ran.code, ran.out) == (1, "")
        assert words in ran.err

    def test_a_dry_run_shows_no_token_that_would_open_nothing(self) -> None:
        arguments = ("create_token", *CONTOSO, "--role", "service", "--name", "x", "--dry-run")
        assert "pc_" not in run(*arguments).out
        assert run(*arguments, "--quiet").out == ""
        assert run(*arguments, "--json").data["token"] is None

    def test_an_officer_makes_none_for_another_role(self) -> None:
        officer = ("--actor", "officer@contoso.example")
        assert run("create_token", *CONTOSO, "--role", "privacy_officer", "--name", "own", *officer).code == 0
        ran = run("create_token", *CONTOSO, "--role", "tenant_admin", "--name", "other", *officer)
        assert (ran.code, ran.out) == (1, "")

    @pytest.mark.parametrize("what", ["name", "prefix", "secret"])
    def test_revoked_by(self, what: str) -> None:
        secret = self.make()
        named = {"name": "sync", "prefix": secret.split("_")[1], "secret": secret}[what]
        assert run("revoke_token", named, *CONTOSO, "--json").data["state"] == "revoked"
        assert authenticate_token(secret) is None

    def test_of_two_with_one_name_the_prefix_decides(self, cast: Cast) -> None:
        first, second = self.make(), self.make()
        ran = run("revoke_token", "sync", *CONTOSO)
        assert ran.code == 1
        assert all(secret.split("_")[1] in ran.err for secret in (first, second))
        assert not AccessToken.objects.for_tenant(cast.contoso).filter(revoked_at__isnull=False).exists()

    def test_revoking_by_name_takes_the_one_that_still_works(self) -> None:
        self.make()
        assert run("revoke_token", "sync", *CONTOSO).code == 0
        secret = self.make()
        assert run("revoke_token", "sync", *CONTOSO).code == 0
        assert authenticate_token(secret) is None

    def test_one_of_another_tenant_is_not_found(self) -> None:
        secret = self.make()
        ran = run("revoke_token", secret.split("_")[1], "--tenant", "fabrikam")
        assert ran.code == 1
        assert authenticate_token(secret) is not None


class TestEvents:
    def test_a_change_with_old_and_new(self, cast: Cast) -> None:
        run(
            "add_member",
            *CONTOSO,
            "--user",
            "x@contoso.example",
            "--role",
            "auditor",
            "--reason",
            "Audit year",
        )
        (event,) = run("show_events", *CONTOSO, "--activity", "member.added", "--json").data
        assert (event["action"], event["category"], event["result"]) == ("assign", "members", "success")
        assert (event["origin"], event["reason"]) == ("command", "Audit year")
        assert event["actor"]["type"] == "system"
        properties = {p["name"]: p for p in event["resources"][0]["modified_properties"]}
        assert properties["role"]["new_value"] == "auditor"
        assert not properties["role"]["old_value"]

    def test_one_tenant_alone(self) -> None:
        run("add_member", "--tenant", "fabrikam", "--user", "x@fabrikam.example", "--role", "auditor")
        assert run("show_events", *CONTOSO, "--activity", "member.added").out.strip() == "Nothing found."
        assert "member.added" in run("show_events", "--tenant", "fabrikam").out
        assert "member.added" not in run("show_events", "--platform").out

    def test_parts_of_a_deed_are_shown_on_request(self) -> None:
        run("grant_consent", *CONTOSO, "--service", "vpp", "--reason", "Apps")
        assert "coveredflow" not in run("show_events", *CONTOSO).out
        assert "coveredflow" in run("show_events", *CONTOSO, "--parts").out
        (granted,) = run("show_events", *CONTOSO, "--activity", "consent.granted", "--json").data
        assert (
            "coveredflow" in run("show_events", *CONTOSO, "--correlation-id", granted["correlation_id"]).out
        )

    def test_filters(self, cast: Cast) -> None:
        start = timezone.now().isoformat()
        who = ("--actor", cast.admin.username)
        run(
            "create_token",
            *CONTOSO,
            "--role",
            "auditor",
            "--name",
            "viewer",
            *who,
            "--reason",
            "For the board",
        )
        events = run("show_events", *CONTOSO, "--occurred-after", start, "--json").data
        assert [event["activity"] for event in events] == ["token.created"]
        chosen = {
            "--actor": cast.admin.username.upper(),
            "--action": "create",
            "--category": "tokens",
            "--resource-type": "tenants.accesstoken",
            "--resource-id": events[0]["resources"][0]["id"],
            "--correlation-id": events[0]["correlation_id"],
            "--search": "board viewer",
        }
        for option, value in chosen.items():
            found = run("show_events", *CONTOSO, option, value, "--occurred-after", start, "--json").data
            assert found == events, option
        assert run("show_events", *CONTOSO, "--occurred-before", "2020-01-01", "--json").data == []

    def test_the_limit_takes_the_newest(self) -> None:
        run("create_token", *CONTOSO, "--role", "auditor", "--name", "newest")
        (event,) = run("show_events", *CONTOSO, "--limit", "1", "--json").data
        assert event["resources"][0]["name"] == "newest"
