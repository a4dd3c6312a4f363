"""The executable `console`: what it takes from the environment, what it refuses, and in which words."""

import argparse
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ("DEBUG", "SECRET_KEY", "HOST", "PORT", "DEMO")


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, in an empty folder and with none of its settings in the environment."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    loader = SourceFileLoader("console_script", str(ROOT / "console"))
    spec = spec_from_loader(loader.name, loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VAR", tmp_path / "var")
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    return module


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def execute(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in SETTINGS} | settings
    command = [sys.executable, str(ROOT / "console"), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=240)


class TestSettings:
    def test_development_gets_debug_and_a_key_that_stays(self, console: ModuleType) -> None:
        first, second = console.development_environment(), console.development_environment()
        assert first["DEBUG"] == "true"
        assert len(first["SECRET_KEY"]) >= 50
        assert first["SECRET_KEY"] == second["SECRET_KEY"]

    def test_the_key_is_for_its_owner_only(self, console: ModuleType) -> None:
        console.development_environment()
        assert stat.S_IMODE((console.VAR / "secret_key").stat().st_mode) == 0o600

    @pytest.mark.parametrize("value", ["false", "False", "0", "no", "off"])
    def test_real_use_gets_no_key_that_was_made_up(
        self, console: ModuleType, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        monkeypatch.setenv("DEBUG", value)
        assert "SECRET_KEY" not in console.development_environment()
        assert not console.VAR.exists()

    def test_a_key_of_ones_own_is_kept(self, console: ModuleType) -> None:
        (console.ROOT / ".env").write_text("SECRET_KEY=from-the-file\n")
        # Django reads the file itself: the environment must not cover it.
        assert "SECRET_KEY" not in console.development_environment()

    def test_debug_from_the_file_counts(self, console: ModuleType) -> None:
        (console.ROOT / ".env").write_text("DEBUG=false\n")
        assert console.development_environment()["DEBUG"] == "false"

    def test_the_environment_goes_before_the_file(
        self, console: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (console.ROOT / ".env").write_text("PORT=8001\nHOST=0.0.0.0\n")
        monkeypatch.setenv("PORT", "8002")
        assert console.address(console.given_settings()) == ("0.0.0.0", 8002)  # noqa: S104

    @pytest.mark.parametrize(
        ("line", "value"),
        [
            ("PORT=8001", "8001"),
            ("export PORT=8001", "8001"),
            ("  PORT = 8001  ", "8001"),
            ("PORT='8001'", "8001"),
            ('PORT="80 # 01"', "80 # 01"),
            ("PORT=8001 # beside the other one", "8001"),
            ("PORT=", ""),
        ],
    )
    def test_lines_of_the_file(self, console: ModuleType, line: str, value: str) -> None:
        (console.ROOT / ".env").write_text(f"# a comment\n\n{line}\nno line at all\n")
        assert console.read_env_file(console.ROOT / ".env") == {"PORT": value}

    def test_tests_see_no_settings_of_the_machine(
        self, console: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DEBUG", "false")
        monkeypatch.setenv("TRUSTED_PROXIES", "3")
        monkeypatch.setenv("DATABASE_URL", "postgres://db.contoso.example/console")
        env = console.suite_environment()
        assert (env["DEBUG"], env["TRUSTED_PROXIES"]) == ("true", "0")
        assert env["DATABASE_URL"].startswith("sqlite:////")


class TestAddress:
    def test_default(self, console: ModuleType) -> None:
        assert console.address({}) == ("127.0.0.1", 8000)

    def test_version_6_is_shown_in_brackets(self, console: ModuleType) -> None:
        host, port = console.address({"HOST": "[::1]", "PORT": "8001"})
        assert (host, port) == ("::1", 8001)
        assert "[::1]:8001" in console.server_options(host, port)

    @pytest.mark.parametrize("port", ["0", "65536", "-1", "80a", "8000.0"])
    def test_no_port(self, console: ModuleType, port: str) -> None:
        with pytest.raises(console.Refused, match=r"from 1 to 65535"):
            console.address({"PORT": port})

    def test_a_taken_port_is_one_readable_line(self, taken_port: int) -> None:
        result = execute("run", PORT=str(taken_port))
        assert result.returncode == 1
        assert result.stdout == ""
        assert re.fullmatch(
            rf"console: port {taken_port} on 127\.0\.0\.1 is in use; .* PORT=\d+ \./console run\n",
            result.stderr,
        )

    def test_an_address_of_another_machine(self) -> None:
        # Set aside for documentation by RFC 5737: no machine has it.
        result = execute("run", HOST="192.0.2.1")
        assert (result.returncode, result.stderr.count("\n")) == (1, 1)
        assert "192.0.2.1:8000" in result.stderr


def beside(folder: Path, worker: str) -> "subprocess.Popen[str]":
    """A server that does nothing, and beside it the keeper of a worker that runs this code."""
    program = f"""
import os, sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
loader = SourceFileLoader("console_script", {str(ROOT / "console")!r})
console = module_from_spec(spec_from_loader(loader.name, loader))
loader.exec_module(console)
console.Keeper.PAUSE = 0.1
console.keep_a_worker([sys.executable, "-c", {WORKER + worker!r}, {str(folder)!r}], dict(os.environ))
console.become([sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ))
"""
    return subprocess.Popen([sys.executable, "-c", program], text=True)


WORKER = """
import os, pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
def end(*_):
    (folder / f"{os.getpid()}.ended").touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
(folder / f"{os.getpid()}.began").touch()
"""


def seen(folder: Path, pattern: str, number: int = 1) -> list[Path]:
    """The files, as soon as there are so many."""
    until = time.monotonic() + 120
    while len(found := sorted(folder.glob(pattern))) < number and time.monotonic() < until:
        time.sleep(0.05)
    assert len(found) >= number, f"{pattern} in {list(folder.iterdir())}"
    return found


class TestWorkerBesideTheServer:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
    def test_it_ends_with_the_server_however_that_ends(self, tmp_path: Path, number: int) -> None:
        with beside(tmp_path, "time.sleep(60)") as server:
            worker = seen(tmp_path, "*.began")[0]
            server.send_signal(number)
            assert server.wait(120) == -number
        assert seen(tmp_path, "*.ended")[0].stem == worker.stem

    def test_one_that_crashes_is_started_anew(self, tmp_path: Path) -> None:
        with beside(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)") as server:
            assert len(seen(tmp_path, "*.began", 3)) >= 3
            assert server.poll() is None
            server.kill()

    def test_the_signal_for_new_server_processes_leaves_it_alone(self, tmp_path: Path) -> None:
        with beside(tmp_path, "time.sleep(60)") as server:
            worker = int(seen(tmp_path, "*.began")[0].stem)
            keeper = psutil.Process(worker).ppid()
            os.kill(keeper, signal.SIGHUP)
            os.kill(worker, signal.SIGHUP)
            time.sleep(0.5)
            assert psutil.pid_exists(worker)
            server.kill()
        seen(tmp_path, "*.ended")


class TestInstalling:
    def test_what_is_installed_is_not_installed_again(
        self, console: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lock = console.ROOT / "requirements.txt"
        lock.write_text("django==5.2\n")
        console.VENV.mkdir()
        console.stamp(lock.name).write_text(console.digest(lock.name))
        monkeypatch.setattr(console, "PYTHON", Path(sys.executable))
        # There is neither pip nor uv in that folder: installing anything would fail.
        console.ensure_environment(lock.name)

    def test_another_lock_is_another_digest(self, console: ModuleType) -> None:
        lock = console.ROOT / "requirements.txt"
        lock.write_text("django==5.2\n")
        console.VENV.mkdir()
        console.stamp(lock.name).write_text(console.digest(lock.name))
        lock.write_text("django==5.2.1\n")
        assert console.installed_digest(lock.name) != console.digest(lock.name)

    def test_both_locks_name_the_same_versions(self) -> None:
        runtime, development = (pinned(ROOT / name) for name in ("requirements.txt", "requirements-dev.txt"))
        assert runtime
        assert runtime.items() <= development.items()


def pinned(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.\[\],-]+)==(\S+)", lock.read_text(), flags=re.MULTILINE))


class TestStaticFiles:
    def test_a_changed_file_is_another_digest_and_gathered_ones_do_not_count(
        self, console: ModuleType
    ) -> None:
        (console.ROOT / "requirements.txt").write_text("django==5.2\n")
        style = console.ROOT / "privacy_console" / "static" / "console.css"
        gathered = console.VAR / "static" / "console.css"
        for file in (style, gathered):
            file.parent.mkdir(parents=True)
        style.write_text("a {}")
        first = console.static_digest()
        gathered.write_text("a {}")
        assert console.static_digest() == first
        style.write_text("b {}")
        assert console.static_digest() != first


class TestSuite:
    REPORT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'

    def test_counts(self, console: ModuleType) -> None:
        report = console.ROOT / "report.xml"
        report.write_text(self.REPORT.format(10, 2, 1, 3))
        assert console.read_counts(report) == {"passed": 4, "failed": 2, "skipped": 3, "errors": 1}

    def test_a_run_without_tests_has_not_passed(self, console: ModuleType) -> None:
        assert not console.Outcome("sqlite", 0, {"passed": 0}, 1.0).passed
        assert not console.Outcome("sqlite", 0, console.read_counts(console.ROOT / "none.xml"), 1.0).passed
        assert not console.Outcome("sqlite", 1, {"passed": 3, "failed": 1}, 1.0).passed
        assert console.Outcome("sqlite", 0, {"passed": 3}, 1.0).passed

    def test_the_closing_line_reads_like_pytests(self, console: ModuleType) -> None:
        line = console.Outcome("postgresql", 0, {"passed": 3, "failed": 0, "skipped": 1}, 61.2).line()
        assert re.fullmatch(r"=+ PostgreSQL: 3 passed, 1 skipped in 61\.20s =+", line)

    @pytest.mark.parametrize(
        "rest", [["-n", "4"], ["-n4"], ["--numprocesses=1"], ["--pdb"], ["-p", "no:xdist"]]
    )
    def test_ones_own_number_of_workers(self, console: ModuleType, rest: list[str]) -> None:
        assert console.workers(rest) == []

    def test_two_workers_otherwise(self, console: ModuleType) -> None:
        assert console.workers(["-k", "no_one", "tests/test_engine.py"]) == ["-n", "2", "--dist", "worksteal"]

    def test_what_uses_no_database_runs_once_in_a_whole_run(self, console: ModuleType) -> None:
        whole, one = argparse.Namespace(only=None), argparse.Namespace(only="postgresql")
        assert console.left_out("postgresql", whole, ["-q"]) == ["-p", "tests.once_plugin"]
        assert console.left_out("sqlite", whole, []) == []
        assert console.left_out("postgresql", whole, ["tests/test_docs.py"]) == []
        assert console.left_out("postgresql", one, []) == []

    def test_a_browser_that_is_none(self) -> None:
        result = execute("test", CHROMIUM="/nowhere/chromium")
        assert result.returncode == 1
        assert result.stderr.startswith("console: CHROMIUM is '/nowhere/chromium'")


class TestCommandLine:
    @pytest.mark.parametrize(
        "arguments", [[], ["unknown"], ["run", "more"], ["check", "--only", "unknown"], ["lock", "more"]]
    )
    def test_wrong_usage(self, arguments: list[str]) -> None:
        result = execute(*arguments)
        assert result.returncode == 2
        assert "Traceback" not in result.stderr

    def test_help_names_every_command(self) -> None:
        result = execute("--help")
        assert result.returncode == 0
        for name in ("run", "test", "check", "bench", "lock", "manage"):
            assert re.search(rf"^ +{name} ", result.stdout, flags=re.MULTILINE)

    def test_what_is_not_ours_reaches_pytest_in_its_order(self, console: ModuleType) -> None:
        arguments = ["test", "-k", "grant and not withdraw", "--only", "sqlite", "-x", "tests/consents"]
        options, rest = console.parser().parse_known_args(arguments)
        assert options.only == "sqlite"
        assert rest == ["-k", "grant and not withdraw", "-x", "tests/consents"]
