"""What holds for every command, each tried on an example."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import load_command_class
from django.db import models

from audit.models import AuditEvent
from tenants.commands import ConsoleCommand
from tenants.directory import import_people
from terms.receipts import document
from terms.services import create_policy
from tests.cast import Cast
from tests.commands.running import our_commands, run
from tests.consents.graph.samples import TENANT
from tests.consents.subcontracting import agent, announced
from tests.elections.stories import switched, with_four_eyes
from tests.residency.making import elected, seen
from tests.terms.stories import colleague, decided, published

REASON = "Agreed in the privacy meeting"
CONTOSO = ("--tenant", "contoso")
APNS = (*CONTOSO, "--service", "apns")
JAMF = (*CONTOSO, "--service", "jamf_compliance")
SAMPLES = Path(__file__).resolve().parent.parent / "terms" / "samples"
LOCATIONS = Path(__file__).resolve().parent.parent / "residency" / "locations.csv"
PEOPLE, BODY, ACCEPTED = SAMPLES / "people.csv", SAMPLES / "terms.md", SAMPLES / "accepted.csv"
RECEIPT = Path(tempfile.mkdtemp()) / "receipt.json"
WORDS = ("--title", "Phones", "--summary", "You agree.")
WHY = ("--task", "Hosts mail", "--source", "Bulletin 9")

# Who does it, the command, and the deed that it leaves in the timeline.
CHANGING: dict[str, tuple[str, tuple[str, ...], str]] = {
    "create_tenant": (
        "operator",
        ("tailspin", "--name", "Tailspin", "--directory-id", "new", "--country", "FR"),
        "tenant.created",
    ),
    "add_member": (
        "admin@contoso.example",
        (*CONTOSO, "--user", "new@contoso.example", "--role", "auditor"),
        "member.added",
    ),
    "remove_member": (
        "admin@contoso.example",
        (*CONTOSO, "--user", "auditor@contoso.example"),
        "member.removed",
    ),
    "create_token": (
        "admin@contoso.example",
        (*CONTOSO, "--role", "service", "--name", "sync"),
        "token.created",
    ),
    "revoke_token": ("admin@contoso.example", ("old sync", *CONTOSO), "token.revoked"),
    "request_consent": ("admin@contoso.example", (*CONTOSO, "--service", "vpp"), "consent.requested"),
    "grant_consent": ("officer@contoso.example", APNS, "consent.granted"),
    "withdraw_consent": (
        "officer@contoso.example",
        (*CONTOSO, "--service", "managed_google_play"),
        "consent.withdrawn",
    ),
    "assign_step": (
        "admin@contoso.example",
        ("terminate", *JAMF, "--owner", "officer@contoso.example"),
        "endingstep.assigned",
    ),
    "complete_step": (
        "admin@contoso.example",
        ("terminate", *JAMF, "--proof", "Case 4711"),
        "endingstep.done",
    ),
    "set_consent_policy": (
        "officer@contoso.example",
        (*CONTOSO, "--four-eyes", "on", "--reminder-days", "90", "30"),
        "consentpolicy.changed",
    ),
    "set_identity_provider": (
        "admin@contoso.example",
        (*CONTOSO, "--issuer", "https://login.contoso.example/v2.0", "--claim", "upn"),
        "identityprovider.changed",
    ),
    "announce_subcontractor": (
        "operator",
        ("northwind", "--change", "leaves", "--effective-on", "2030-01-01", "--notice-days", "30", *WHY),
        "subcontractor.announced",
    ),
    "raise_objection": ("officer@contoso.example", ("northwind", *CONTOSO), "objection.raised"),
    "import_consents": ("admin@contoso.example", (str(TENANT), *CONTOSO), "consents.imported"),
    "resolve_drift": (
        "officer@contoso.example",
        ("--as", "accepted", *CONTOSO, "--service", "asm_dep"),
        "drift.resolved",
    ),
    "add_credential": (
        "admin@contoso.example",
        (*CONTOSO, "--kind", "vpp_token", "--name", "Berlin", "--expires-at", "365d"),
        "credential.added",
    ),
    "import_employees": ("admin@contoso.example", (str(PEOPLE), *CONTOSO), "directory.imported"),
    "create_terms": ("admin@contoso.example", ("Tablets", *CONTOSO), "terms.created"),
    "draft_terms": (
        "admin@contoso.example",
        ("Phones", *CONTOSO, "--language", "de", *WORDS, "--body", str(BODY)),
        "terms.written",
    ),
    "publish_terms": (
        "officer@contoso.example",
        ("Phones", *CONTOSO, "--effective-from", "30d", "--grace-days", "7"),
        "terms.published",
    ),
    "assign_terms": (
        "admin@contoso.example",
        ("Phones", *CONTOSO, "--groups", "Sales", "--without", "Berlin"),
        "terms.assigned",
    ),
    "import_acceptances": (
        "admin@contoso.example",
        (str(ACCEPTED), *CONTOSO, "--policy", "Laptops"),
        "terms.acceptances_imported",
    ),
    "remind_terms": ("admin@contoso.example", ("Laptops", *CONTOSO), "terms.reminded"),
    "load_catalog": ("operator", (), "catalog.loaded"),
    "elect_region": (
        "admin@contoso.example",
        (*CONTOSO, "--region", "CH", "--effective-from", "30d"),
        "storage.elected",
    ),
    "elect_collection": (
        "admin@contoso.example",
        (*CONTOSO, "--on", "device_query", "client_diagnostics"),
        "collection.elected",
    ),
    "approve_election": ("admin@contoso.example", ("collection", *CONTOSO), "election.approved"),
    "reject_election": ("admin@contoso.example", ("collection", *CONTOSO), "election.rejected"),
    "withdraw_election": ("admin@contoso.example", ("collection", *CONTOSO), "election.withdrawn"),
    "import_locations": ("admin@contoso.example", (str(LOCATIONS), *CONTOSO), "location.observed"),
    "resolve_location_drift": (
        "officer@contoso.example",
        ("--as", "accepted", *CONTOSO),
        "location_drift.resolved",
    ),
    "set_election_policy": (
        "officer@contoso.example",
        (*CONTOSO, "--four-eyes", "on", "--recipients", "boundary"),
        "electionpolicy.changed",
    ),
    "export_catalog": ("operator", ("--output", os.devnull), "catalog.exported"),
    "export_consents": ("auditor@contoso.example", (*CONTOSO, "--output", os.devnull), "export.downloaded"),
    "export_acceptances": (
        "auditor@contoso.example",
        ("Laptops", *CONTOSO, "--output", os.devnull),
        "export.downloaded",
    ),
    "export_consent_record": (
        "auditor@contoso.example",
        (*CONTOSO, "--service", "managed_google_play", "--output", os.devnull),
        "export.downloaded",
    ),
}
READING: dict[str, tuple[str, ...]] = {
    "compare_editions": ("1",),
    "list_tenants": (),
    "list_consents": (),
    "list_steps": CONTOSO,
    "list_subcontractors": (),
    "list_drift": CONTOSO,
    "list_credentials": CONTOSO,
    "show_events": CONTOSO,
    # What they do, the jobs do: in transactions of their own, as the worker.
    "list_jobs": (),
    "run_jobs": ("work.clear",),
    "run_worker": ("--once",),
    "worklist": CONTOSO,
    "list_expiries": CONTOSO,
    "list_terms": CONTOSO,
    "list_elections": CONTOSO,
    "list_location_drift": CONTOSO,
    "residency_verdict": CONTOSO,
    "verify_receipt": (str(RECEIPT),),
    "decide": (*CONTOSO, "--service", "managed_google_play", "--third-party", "apple"),
}
# What changes nothing but the trail is for every member.
FOR_MEMBERS = {"export_catalog"}
# What every role that has commands at all may; who may not is tried in consents/test_export.py, test_records.py,
# terms/test_export.py.
FOR_READERS = {"export_acceptances", "export_consents", "export_consent_record"}
# Tried where there is nothing yet: test_demo.py, and test_alone.py in a process of its own; or, because it needs a
# file that is made first: consents/test_restoring.py.
ELSEWHERE = ("demo", "setup", "restore_consents")

pytestmark = pytest.mark.django_db
where_something_is = pytest.mark.usefixtures("something_there")


@pytest.fixture
def something_there(cast: Cast, request: pytest.FixtureRequest) -> None:
    """What the examples work on: a token, a consent in each state, a subcontractor."""
    name = request.node.callspec.params.get("name", "") if hasattr(request.node, "callspec") else ""
    if name == "resolve_location_drift":
        elected(cast.contoso, "EU")
        seen(cast.contoso, cast.admin, "Japan")
    if name.endswith("_election"):
        with_four_eyes(cast.contoso)
        switched(cast.contoso, cast.officer, device_query=True)
    assert run("create_token", *CONTOSO, "--role", "service", "--name", "old sync").code == 0
    assert run("request_consent", *APNS).code == 0
    google = (*CONTOSO, "--service", "managed_google_play", "--reason", "Needed.")
    assert run("grant_consent", *google).code == 0
    for done in ("grant_consent", "withdraw_consent"):
        assert run(done, *JAMF, "--reason", REASON).code == 0
    announced(agent("northwind"))
    assert run("import_consents", str(TENANT / "depOnboardingSettings.json"), *CONTOSO).code == 0
    terms_there(cast)


def terms_there(cast: Cast) -> None:
    """A policy with a draft, the groups that it can be for, and the receipt of another policy."""
    first = PEOPLE.read_text().replace("Ada,", "Before,")
    import_people(tenant=cast.contoso, content=first.encode(), by=cast.admin, source="people.csv")
    assert run("create_terms", "Phones", *CONTOSO).code == 0
    assert run("draft_terms", "Phones", *CONTOSO, *WORDS, "--body", str(BODY)).code == 0
    other = create_policy(tenant=cast.contoso, name="Laptops", by=cast.officer)
    published(other, cast.officer)
    RECEIPT.write_text(json.dumps(document(decided(colleague(cast.contoso), other))))


def rows() -> dict[str, int]:
    """How many rows each table has."""
    managed: list[type[models.Model]] = apps.get_models(include_auto_created=True)
    return {model._meta.label: model._base_manager.count() for model in managed}


def command(name: str) -> Any:
    return load_command_class(our_commands()[name], name)


def test_all_commands_are_of_the_one_base_and_have_an_example() -> None:
    others = [name for name in our_commands() if not isinstance(command(name), ConsoleCommand)]
    assert others == []
    assert {name for name in our_commands() if command(name).changes} == {*CHANGING, *ELSEWHERE}
    assert {name for name in our_commands() if not command(name).changes} == set(READING)


@pytest.mark.parametrize("name", [*CHANGING, *READING, *ELSEWHERE])
def test_each_guides_the_person(name: str) -> None:
    asked = command(name)
    assert re.match(r"[A-Z].*\.", asked.help), "help is sentences"
    text = asked.create_parser("manage.py", name).format_help()
    wanted = {"--json"} | ({"--actor", "--reason", "--dry-run"} if asked.changes else set())
    assert all(option in text for option in wanted)


@where_something_is
@pytest.mark.parametrize("name", CHANGING)
def test_each_change_is_the_actors_with_its_reason(name: str, tmp_path: Path) -> None:
    actor, arguments, activity = CHANGING[name]
    newest = AuditEvent.objects.across_tenants().latest("id").pk
    if name == "load_catalog":
        arguments = (another_catalog(tmp_path),)
    ran = run(name, *arguments, "--actor", actor, "--reason", REASON, "--json")
    assert ran.code == 0, ran.err
    assert ran.data
    event = AuditEvent.objects.across_tenants().filter(id__gt=newest, activity=activity).earliest("id")
    by = event.attribution
    assert (by.actor_name, by.actor_type, by.origin, by.reason) == (actor, "user", "command", REASON)
    assert by.actor_role == ("operator" if actor == "operator" else ROLES[actor.partition("@")[0]])


def another_catalog(folder: Path) -> str:
    """A small catalog of another service."""
    file = folder / "own.json"
    header = {"code": "own", "name": "Own", "processor": "Contoso", "description": ""}
    edition = {"released_on": "2026-11-01", "note": ""}
    category = {"code": "device", "name": "Device", "collection": "required"}
    document = {"format": "privacy-console/catalog/1", "catalog": header, "edition": edition}
    file.write_text(json.dumps(document | {"categories": [category]}))
    return str(file)


ROLES = {"admin": "tenant_admin", "officer": "privacy_officer", "auditor": "auditor"}


@where_something_is
@pytest.mark.parametrize("name", CHANGING)
def test_a_dry_run_leaves_nothing(name: str) -> None:
    _, arguments, _ = CHANGING[name]
    before = rows()
    ran = run(name, *arguments, "--reason", REASON, "--dry-run")
    assert (ran.code, ran.err.strip()) == (0, "Dry run: nothing was kept.")
    assert ran.out
    assert rows() == before


@where_something_is
@pytest.mark.parametrize("name", [*CHANGING, *READING])
def test_each_tells_a_person_and_a_program(name: str) -> None:
    arguments = (*CHANGING[name][1], "--reason", REASON, "--dry-run") if name in CHANGING else READING[name]
    told, data = run(name, *arguments), run(name, *arguments, "--json")
    assert told.code == data.code == 0, told.err + data.err
    assert told.out.strip()
    assert data.data or told.out.strip() == "Nothing found."


@where_something_is
@pytest.mark.parametrize("name", [name for name in CHANGING if name not in FOR_READERS])
def test_nobody_does_what_their_role_does_not_allow(name: str) -> None:
    """Nothing is kept but the record that it was asked for; a dry run does not even leave that."""
    _, arguments, _ = CHANGING[name]
    before = rows()
    nobody = "employee@contoso.example" if name in FOR_MEMBERS else "auditor@contoso.example"
    asked = (name, *arguments, "--actor", nobody, "--reason", REASON)
    assert run(*asked, "--dry-run").code == 1
    assert rows() == before
    ran = run(*asked)
    assert ran.code == 1
    assert "Your role does not allow" in ran.err
    assert len(ran.err.splitlines()) == 1
    more = {label: count - before[label] for label, count in rows().items() if count != before[label]}
    assert more == {"audit.AuditEvent": 1, "audit.Attribution": 1}
    event = AuditEvent.objects.across_tenants().latest("id")
    assert (event.activity, event.result, event.resource_name) == ("access.refused", "failure", name)
    by = event.attribution
    assert (by.actor_name, by.origin, by.reason) == (nobody, "command", REASON)
    assert (event.tenant and event.tenant.slug) == (None if name in FOR_MEMBERS else "contoso")


@where_something_is
@pytest.mark.parametrize("name", [name for name, (_, args, _) in CHANGING.items() if "--tenant" in args])
def test_another_tenant_does_not_exist(name: str) -> None:
    _, arguments, _ = CHANGING[name]
    ran = run(name, *arguments, "--actor", "admin@fabrikam.example", "--reason", REASON)
    missing = ["tailspin" if word == "contoso" else word for word in arguments]
    same = run(name, *missing, "--actor", "admin@fabrikam.example", "--reason", REASON)
    assert ran.code == 1
    assert ran.err.replace("contoso", "tailspin") == same.err


@pytest.mark.parametrize("name", CHANGING)
def test_an_unknown_actor_is_refused_with_who_comes_near(name: str, cast: Cast) -> None:
    ran = run(name, *CHANGING[name][1], "--actor", "offcer@contoso.example")
    assert ran.code == 1
    assert "Did you mean officer@contoso.example" in ran.err


def test_somebody_switched_off_cannot_act(cast: Cast) -> None:
    type(cast.admin).objects.filter(pk=cast.admin.pk).update(is_active=False)
    ran = run("request_consent", *CONTOSO, "--service", "vpp", "--actor", cast.admin.username)
    assert (ran.code, "may not sign in" in ran.err) == (1, True)


def test_without_an_actor_it_is_the_system(cast: Cast) -> None:
    ran = run("request_consent", *CONTOSO, "--service", "vpp")
    assert ran.code == 0
    by = AuditEvent.objects.across_tenants().filter(activity="consent.requested").latest("id").attribution
    assert (by.actor_type, by.origin) == ("system", "command")
    assert "@" in by.actor_name
