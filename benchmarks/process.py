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

from jumpgate.api import load_service
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
        return [_weigh(pid) for pid in self.worker_pids()]

    def worker_pids(self) -> list[int]:
        """Return the processes that it has started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children]


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
def bare(recordings: Path, *, threads: int, port: int | None = None) -> Iterator[Running]:
    """Serve recorded answers with one worker."""
    port = port or find_free_port()
    command = [sys.executable, "-m", "benchmarks.bare", str(port), str(threads), str(recordings)]
    with _running(command, port, "/", recordings.with_suffix(".log")) as found:
        yield found


@contextmanager
def passthrough(url: str, folder: Path, *, mounted: bool = False) -> Iterator[Running]:
    """Serve what passes everything on to `url` with one worker; `mounted` says that a Jumpgate is there."""
    config, port = folder / "passthrough.conf", find_free_port()
    mounts = {name: load_service(name).mount if mounted else "" for name in SERVICE_NAMES}
    endpoints = "".join(f"{name}_endpoint = {url}{mount}\n" for name, mount in mounts.items())
    config.write_text(f"[openstack]\n{endpoints}[server]\nworkers = 1\n")
    command = [sys.executable, "-m", "jumpgate.cli", "serve", "--config", str(config), "--port", str(port)]
    with _running(command, port, "/healthcheck", folder / "passthrough.log") as found:
        yield found


@contextmanager
def session_proxy(url: str, folder: Path, *, threads: int) -> Iterator[Running]:
    """Serve the proxy that opens a session for each request."""
    port = find_free_port()
    command = [sys.executable, "-m", "benchmarks.session_proxy", str(port), str(threads), url]
    with _running(command, port, "/", folder / "session_proxy.log") as found:
        yield found


_NGINX = """daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream behind {{ server {netloc}; keepalive 64; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://behind;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"""


@contextmanager
def nginx(url: str, folder: Path) -> Iterator[Running]:
    """Serve with nginx, which keeps its connections to `url`."""
    port, config = find_free_port(), folder.absolute() / "nginx.conf"
    config.write_text(_NGINX.format(folder=config.parent, port=port, netloc=url.removeprefix("http://")))
    command = ["nginx", "-c", str(config), "-p", str(config.parent)]
    with _running(command, port, "/", folder / "nginx.log") as found:
        yield found
