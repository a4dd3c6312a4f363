"""Commands as a person runs them: in a process of their own, judged by exit code and what is printed."""

from __future__ import annotations

import pytest

from tests.commands.running import Ran, first_line_of, run_alone

MAKE_TOKEN = ("create_token", "--tenant", "contoso", "--role", "service", "--name", "sync")


def assert_one_line(ran: Ran, *words: str) -> None:
    """Refused, and said why on one line without a traceback."""
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    assert ran.err.startswith("Error: ")
    assert all(word in ran.err for word in words), ran.err


def test_the_first_setup_does_everything_and_shows_the_passwords_once(first_setup: Ran) -> None:
    assert first_setup.code == 0, first_setup.err
    assert "migrations" in first_setup.out
    assert "entries added" in first_setup.out
    assert "Password of operator: " in first_setup.out
    assert "changepassword" in first_setup.out


def test_the_next_setup_has_nothing_to_do(own_database: str) -> None:
    again = run_alone(own_database, "setup")
    assert (again.code, again.out.strip()) == (0, "Everything is set up.")


def test_a_token_alone_on_stdout(own_database: str) -> None:
    ran = run_alone(own_database, *MAKE_TOKEN, "--quiet")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("pc_")
    assert len(ran.out.splitlines()) == 1


def test_a_wrong_name_is_one_line_with_what_comes_near(own_database: str) -> None:
    assert_one_line(run_alone(own_database, "show_events", "--tenant", "contos"), "contos", "contoso")


def test_traceback_shows_where(own_database: str) -> None:
    ran = run_alone(own_database, "show_events", "--tenant", "contos", "--traceback")
    assert ran.code == 1
    assert "Traceback" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("create_token", "--tenant", "contoso"),
        ("create_token", "--tenant", "contoso", "--role", "king", "--name", "x"),
        (*MAKE_TOKEN, "--expires", "tomorrow"),
        ("show_events",),
        ("list_tenants", "--dry-run"),
        ("withdraw_consent", "--reason", "none named"),
    ],
)
def test_usage_is_exit_code_2(own_database: str, arguments: tuple[str, ...]) -> None:
    ran = run_alone(own_database, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err


def test_a_read_only_database_refuses_in_one_line(read_only: str) -> None:
    assert_one_line(run_alone(read_only, *MAKE_TOKEN), "The database cannot be used")


def test_a_read_only_database_can_be_read(read_only: str) -> None:
    assert "contoso" in run_alone(read_only, "list_tenants").out


def test_a_database_that_is_gone_is_one_line(gone: str) -> None:
    assert_one_line(run_alone(gone, "list_tenants"), "The database cannot be used")


def test_a_database_without_tables_is_told_to_be_set_up(tmp_path: object) -> None:
    ran = run_alone(f"sqlite:///{tmp_path}/new.sqlite3", "list_tenants")
    assert_one_line(ran, "not set up", "setup")


def test_a_reader_who_has_seen_enough_gets_no_complaint(own_database: str) -> None:
    everything = run_alone(own_database, "show_events", "--platform", "--limit", "5000", "--json")
    assert len(everything.data) > 300
    ran = first_line_of(own_database, "show_events", "--platform", "--limit", "5000", "--json")
    assert (ran.out, ran.err) == ("[\n", "")


def test_setup_dry_run_on_an_empty_database_says_what_waits(tmp_path: object) -> None:
    database = f"sqlite:///{tmp_path}/new.sqlite3"
    ran = run_alone(database, "setup", "--dry-run")
    assert ran.code == 0
    assert "migrations would be applied" in ran.out
    assert run_alone(database, "list_tenants").code == 1
