"""The programs under measurement: started, timed, weighed and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jumpgate.common.config import SERVICE_NAMES
from tests.support.ports import LOOPBACK, find_free_port

ROOT = Path(__file__).parent.parent
PATIENCE_S = 60
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Memory:
    """One process' share of memory, in MiB: all that is resident, and with shared pages counted by halves."""

    rss_mib: float
    pss_mib: float


@dataclass(frozen=True, slots=True)
class Running:
    """A program that answers. `first_answer_s` is the time from its start to its first answer."""

    url: str
    process: subprocess.Popen[bytes]
    first_answer_s: float

    def workers(self) -> list[Memory]:
        """Weigh each worker process, when it has done what was asked of it."""
        time.sleep(1)
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [_weigh(int(pid)) for pid in children]


def _weigh(pid: int) -> Memory:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in rollup[1:])}
    return Memory(kib["Rss"] / 1024, kib["Pss"] / 1024)


@contextmanager
def _running(command: Sequence[str], port: int, path: str, log: Path) -> Iterator[Running]:
    """Run a program while the block lasts; it answers when that begins."""
    began = time.perf_counter()
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://{LOOPBACK}:{port}"
    try:
        while not _answers(url + path):
            if process.poll() is not None or time.perf_counter() - began > PATIENCE_S:
                raise RuntimeError(f"{' '.join(command)} does not answer:\n{log.read_text()}")
            time.sleep(0.002)
        yield Running(url, process, time.perf_counter() - began)
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a program as an operator does, by force where that does not help."""
    process.terminate()
    try:
        process.wait(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(url: str) -> bool:
    try:
        with _OPENER.open(url, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False


@contextmanager
def jumpgate(state: Path, port: int, *, threads: int) -> Iterator[Running]:
    """Serve the embedded cloud with one worker; its configuration and its log are beside the state directory."""
    state.parent.mkdir(parents=True, exist_ok=True)
    config = state.with_name("jumpgate.conf")
    sections = "".join(f"[{name}]\ndriver = jumpgate.{name}.drivers.embedded\n" for name in SERVICE_NAMES)
    config.write_text(f"{sections}[server]\nworkers = 1\nthreads = {threads}\n")
    options = ["--config", str(config), "--state", str(state), "--port", str(port)]
    command = [sys.executable, "-m", "jumpgate.cli", "serve", *options]
    with _running(command, port, "/healthcheck", state.with_name("jumpgate.log")) as found:
        yield found


@contextmanager
def bare(recordings: Path, *, threads: int) -> Iterator[Running]:
    """Serve recorded answers with one worker."""
    port = find_free_port()
    command = [sys.executable, "-m", "benchmarks.bare", str(port), str(threads), str(recordings)]
    with _running(command, port, "/", recordings.with_suffix(".log")) as found:
        yield found
