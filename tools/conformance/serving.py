"""Running a Jumpgate of its own while the tests run."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Return a TCP port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(arguments: Sequence[str], port: int, workers: int, log: Path) -> Iterator[None]:
    """Run a Jumpgate while the block lasts; it answers when that begins."""
    command = [sys.executable, "-m", "jumpgate.cli", "serve", "--port", str(port), "--workers", str(workers)]
    with log.open("wb") as output:
        server = subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=output, stderr=output)
    try:
        _wait(server, port, log)
        yield
    finally:
        server.terminate()
        server.wait(30)


def _wait(server: subprocess.Popen[bytes], port: int, log: Path, *, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthcheck", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The server does not answer:\n{log.read_text()}")
