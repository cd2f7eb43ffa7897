"""A real PostgreSQL server of its own: a temporary cluster on a free loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import LOOPBACK, find_free_port
from tests.support.waiting import wait_until

DEBIAN = Path("/usr/lib/postgresql")
SYSTEM_USER = "postgres"
DATABASE_USER = "jumpgate"
STARTED = b"ready"
# Durability costs time and a test's data need not survive the machine.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


class Unavailable(Exception):
    """This machine cannot run PostgreSQL; the text says what is missing."""


@contextmanager
def running_postgresql() -> Iterator[str]:
    """Run a server for as long as the block runs; give the SQLAlchemy URL of its database.

    Raises Unavailable where there are no server programs, or no user that may run them.
    """
    programs = find_programs()
    user = unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="jumpgate-postgresql-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        data = _create_cluster(programs, folder, user)
        port = find_free_port()
        server = _start(programs, data, port, user)
        try:
            yield f"postgresql+psycopg://{DATABASE_USER}@{LOOPBACK}:{port}/postgres"
        finally:
            _stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path:
    """Return the folder of the newest server's programs: Debian keeps them out of PATH."""
    debian = sorted(DEBIAN.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    found = [*([Path(on_path).resolve()] if on_path else []), *debian]
    if not found:
        raise Unavailable("no PostgreSQL server here (on Debian: apt-get install postgresql)")
    return found[-1].parent


def unprivileged_user() -> str | None:
    """Return the user who is to run the server: None for oneself, since PostgreSQL refuses only root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER).pw_name
    except KeyError:
        raise Unavailable(f"PostgreSQL refuses to run as root, and there is no user {SYSTEM_USER}") from None


def _create_cluster(programs: Path, folder: Path, user: str | None) -> Path:
    data = folder / "data"
    options = ["--username", DATABASE_USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
    created = subprocess.run(
        [programs / "initdb", "--pgdata", data, *options],
        cwd=folder,
        user=user,
        group=user,
        extra_groups=_groups(user),
        capture_output=True,
        text=True,
        check=False,
    )
    if created.returncode != 0:
        raise RuntimeError(f"initdb failed:\n{created.stdout}{created.stderr}")
    return data


def _start(programs: Path, data: Path, port: int, user: str | None) -> subprocess.Popen[bytes]:
    settings = [f"--{name}={value}" for name, value in {**SETTINGS, "port": str(port)}.items()]
    log = data.with_name("log")
    with log.open("wb") as output:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, *settings],
            cwd=data,
            user=user,
            group=user,
            extra_groups=_groups(user),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    wait_until(lambda: server.poll() is not None or _accepts(data), timeout_s=60)
    if server.poll() is not None or not _accepts(data):
        _stop(server)
        raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
    return server


def _accepts(data: Path) -> bool:
    """Say whether the server takes connections: the last line of its pid file is its status."""
    try:
        return (data / "postmaster.pid").read_bytes().rstrip().endswith(STARTED)
    except FileNotFoundError:
        return False


def _groups(user: str | None) -> list[str | int] | None:
    return None if user is None else []


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Shut down fast, which ends the sessions that are left; at once when that takes too long."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is not None:
            return
        server.send_signal(number)
        wait_until(lambda: server.poll() is not None, timeout_s=20)
