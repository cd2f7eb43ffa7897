"""A `jumpgate serve` of its own: the installed program in a process group on a free loopback port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import LOOPBACK
from tests.support.waiting import wait_until

HEALTH = "/healthcheck"
# Loopback is never behind a proxy, whatever the environment says.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Served:
    """One running server. `state` is its folder: a second server with the same one takes up its work."""

    url: str
    state: Path
    process: subprocess.Popen[bytes]
    log_path: Path

    @property
    def log(self) -> str:
        """What the server has written so far, both streams in one."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def is_healthy(self) -> bool:
        """Say whether the server answers its health check with 200."""
        try:
            with _OPENER.open(self.url + HEALTH, timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        """End the server and its workers without a warning, as a crash does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self, *, timeout_s: float = 30) -> None:
        """Ask the server to end, as an operator does, and insist on a clean exit."""
        self.process.terminate()
        try:
            code = self.process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not stop in {timeout_s} s:\n{self.log}") from None
        assert code == 0, f"the server ended with {code}:\n{self.log}"


def start(
    state: Path,
    port: int,
    *arguments: str,
    environment: Mapping[str, str],
    folder: Path | None = None,
    timeout_s: float = 60,
) -> Served:
    """Start a server, in a `folder` if one is named, and wait until it is healthy.

    Raises AssertionError with its output when it never is.
    """
    state.mkdir(parents=True, exist_ok=True)
    log_path = state.with_name(f"{state.name}-{port}.log")
    command = [sys.executable, "-m", "jumpgate.cli", "serve", "--state", str(state), "--port", str(port), *arguments]
    with log_path.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**_own_environment(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    served = Served(f"http://{LOOPBACK}:{port}", state, process, log_path)
    wait_until(lambda: process.poll() is not None or served.is_healthy(), timeout_s=timeout_s)
    if process.poll() is not None or not served.is_healthy():
        code = process.poll()
        served.kill()
        ended = f"did not answer {HEALTH} in {timeout_s} s" if code is None else f"ended with {code}"
        raise AssertionError(f"{' '.join(command)} {ended}:\n{served.log}")
    return served


def _own_environment() -> dict[str, str]:
    """Return this process' environment without what would point the server or a client at another cloud."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "JUMPGATE_"))}
    return {**kept, "PYTHONUNBUFFERED": "1"}
