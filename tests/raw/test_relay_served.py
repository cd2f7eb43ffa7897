"""`jumpgate serve` with a passthrough: its workers, ports and end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jumpgate.common.config import SERVICE_NAMES
from tests.support.ports import LOOPBACK, find_free_port
from tests.support.served import Served
from tests.support.service import Service, reply, running_service
from tests.support.waiting import wait_until
from tests.support.wire import ask, receive, send

ServeConfig = Callable[[str], Served]


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


@pytest.fixture
def serve_config(service: Service, serve: Callable[..., Served], tmp_path: Path) -> ServeConfig:
    """Serve with all services passed on to `service`, but for what the given sections say."""

    def start(sections: str) -> Served:
        file = tmp_path / "jumpgate.conf"
        endpoints = "".join(f"{name}_endpoint={service.url}/{name}\n" for name in SERVICE_NAMES)
        file.write_text(f"{sections}[openstack]\n{endpoints}")
        return serve("--config", str(file))

    return start


def connect(url: str) -> socket.socket:
    return socket.create_connection((LOOPBACK, int(url.rpartition(":")[2])), timeout=15)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_worker_that_dies_is_replaced(serve_config: ServeConfig) -> None:
    server = serve_config("[server]\nworkers=2\n")
    before = children(server.process.pid)
    assert len(before) == 2

    for pid in before:
        os.kill(pid, signal.SIGKILL)

    assert wait_until(lambda: len(set(children(server.process.pid)) - set(before)) == 2, timeout_s=10)
    assert wait_until(server.is_healthy, timeout_s=10)
    assert "ended with -9 and is replaced" in server.log
    server.stop()
    assert children_are_gone(before)


def children_are_gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_requests_at_hand_are_finished_at_the_end(serve_config: ServeConfig, service: Service) -> None:
    asked, ending = threading.Event(), threading.Event()

    def slow(exchange: object) -> None:
        asked.set()
        ending.wait(10)
        reply(exchange, 200, b"done")  # type: ignore[arg-type]

    server = serve_config("[server]\nworkers=1\n")
    service.script = slow
    with connect(server.url) as client:
        send(client, "GET /compute/x")
        assert asked.wait(10)
        server.process.terminate()
        assert not wait_until(lambda: server.process.poll() is not None, timeout_s=0.5)
        ending.set()
        assert receive(client).body == b"done"
    server.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_ends_them_in_order(serve_config: ServeConfig, number: int) -> None:
    """As Ctrl-C in a terminal does."""
    server = serve_config("[server]\nworkers=2\n")
    workers = children(server.process.pid)

    os.killpg(server.process.pid, number)

    assert server.process.wait(15) == 0, server.log
    assert children_are_gone(workers)
    assert "Traceback" not in server.log


SIGNALLED_AT_ITS_START = """
import multiprocessing, os, signal
from jumpgate import asgi_server
from tests.support.gateway import application
from tests.support.ports import LOOPBACK, find_free_port

app = application()
start = app.start

def signalled() -> None:
    for pid in (os.getpid(), os.getppid()):
        os.kill(pid, signal.SIGTERM)
    start()

app.start = signalled
multiprocessing.set_start_method("fork")
asgi_server.serve(app, host=LOOPBACK, port=find_free_port(), own=None, workers=1, threads=1, drain_s=60)
"""


def test_a_signal_that_comes_while_a_worker_starts_ends_it() -> None:
    root = Path(__file__).parents[2]
    served = subprocess.Popen([sys.executable, "-c", SIGNALLED_AT_ITS_START], cwd=root, start_new_session=True)
    try:
        assert served.wait(40) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(served.pid, signal.SIGKILL)


def test_a_passthrough_on_a_port_of_its_own_stands_beside_typed_services(
    serve_config: ServeConfig, service: Service
) -> None:
    """The shared port has no passthrough then, and is Granian's."""
    port = find_free_port()
    others = [name for name in SERVICE_NAMES if name != "image"]
    silent = "".join(f"[{name}]\ndriver=tests.support.silent\n" for name in others)
    server = serve_config(f"{silent}[image]\nport={port}\n")
    service.answers(200, b'{"next": "%s/image/v2"}' % service.url.encode(), ("Content-Type", "application/json"))
    alone = f"http://{LOOPBACK}:{port}"
    assert wait_until(lambda: can_connect(port), timeout_s=10)

    with connect(alone) as client, connect(server.url) as shared:
        assert ask(client, "GET /v2/images/a%2Fb").body == b'{"next":"http://cloud/v2"}'
        assert ask(shared, "GET /compute/v2.1/servers").status == 501

    assert service.last.target == "/image/v2/images/a%2Fb"
    server.stop()


def can_connect(port: int) -> bool:
    try:
        connect(f":{port}").close()
    except OSError:
        return False
    return True


def test_typed_and_passed_through_services_share_a_port(serve_config: ServeConfig, service: Service) -> None:
    server = serve_config("[compute]\ndriver=tests.support.silent\n")

    with connect(server.url) as client:
        assert ask(client, "GET /compute/v2.1/servers").status == 501
        assert ask(client, "GET /image/v2/images/a%2Fb").status == 200
        assert ask(client, "GET /compute/no/such").status == 404

    assert service.last.target == "/image/v2/images/a%2Fb"
    server.stop()
