"""A person at the serial console of a server on a real LXD, by the URL that `openstack console url show` names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.lxd import RunningLxd
from tests.support.served import Served
from tests.support.waiting import wait_until

OPENSTACK = Path(sys.executable).with_name("openstack")
SERIAL = ("--os-compute-api-version", "2.79", "console", "url", "show", "--serial", "typed")


class Desk:
    """A Jumpgate that serves LXD, with one server, and the command with which a user works."""

    def __init__(self, served: Served) -> None:
        self.served = served

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        config = str(self.served.state / "clouds.yaml")
        environment = {**os.environ, "OS_CLIENT_CONFIG_FILE": config, "OS_CLOUD": "jumpgate"}
        command = [str(OPENSTACK), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def openstack(self, *arguments: str) -> Any:
        done = self.run(*arguments, *(() if "delete" in arguments else ("-f", "json")))
        assert done.returncode == 0, f"{done.stderr}\n{self.served.log}"
        return json.loads(done.stdout) if done.stdout else None

    def url(self) -> str:
        return str(self.openstack(*SERIAL)["url"])


@pytest.fixture
def desk(lxd: RunningLxd, conf: Path, tarball: Path, serve: Callable[..., Served]) -> Iterator[Desk]:
    text = conf.read_text().replace("[compute]\n", "[compute]\nconsole_token_ttl = 4\n", 1)
    conf.write_text(text + "[server]\nlog_level = debug\n")
    made = Desk(serve("--config", str(conf)))
    made.openstack(
        *("image", "create", "tiny", "--disk-format", "raw", "--container-format", "bare", "--file", str(tarball))
    )
    made.openstack("server", "create", "--image", "tiny", "--flavor", "m1.nano", "--wait", "typed")
    yield made
    made.openstack("server", "delete", "--wait", "typed")
    made.openstack("image", "delete", "tiny")


@contextmanager
def terminal(url: str) -> Iterator[ClientConnection]:
    with connect(url, proxy=None, subprotocols=None, open_timeout=10) as socket:
        yield socket


def hear(socket: ClientConnection, wanted: str, *, timeout_s: float = 15) -> str:
    """Return what the guest says until it has said something."""
    heard, deadline = "", time.monotonic() + timeout_s
    while wanted not in heard and time.monotonic() < deadline:
        try:
            message = socket.recv(timeout=1)
        except TimeoutError:
            continue
        heard += message.decode(errors="replace") if isinstance(message, bytes) else message
    assert wanted in heard, heard
    return heard


def log_in(socket: ClientConnection) -> None:
    socket.send(b"\r")
    hear(socket, "login:")
    socket.send(b"root\r")
    hear(socket, "#")


def closing_code(socket: ClientConnection) -> int | None:
    """Read until the other side ends, and return the code with which it did."""
    try:
        while True:
            socket.recv(timeout=40)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else None


def refusal(url: str) -> int:
    with pytest.raises(InvalidStatus) as refused, terminal(url):
        pass
    return int(refused.value.response.status_code)


def test_a_user_logs_in_types_a_command_and_reads_the_answer(desk: Desk) -> None:
    url = desk.url()
    assert url.startswith(desk.served.url.replace("http://", "ws://") + "/compute/console?token=")
    with terminal(url) as socket:
        log_in(socket)
        socket.send(b"echo $((6 * 7)) > /root/answer; cat /root/answer; hostname\r")
        heard = hear(socket, "\ntyped\r")
        assert "\n42\r" in heard
        assert refusal(desk.url()) == 409
        socket.send(b"echo still $((50 + 1))\r")
        hear(socket, "still 51")
    # The console is free again for the next one, who finds the shell as it was left.
    with terminal(desk.url()) as socket:
        socket.send(b"echo again $((40 + 2))\r")
        hear(socket, "again 42")
    (token,) = parse_qs(urlsplit(url).query)["token"]
    assert wait_until(lambda: "compute websocket GET" in desk.served.log, timeout_s=5)
    assert token not in desk.served.log


def test_a_wrong_or_old_token_is_refused(desk: Desk) -> None:
    url = desk.url()
    assert refusal(url[:-8] + "AAAAAAA=") == 403
    assert refusal(url.partition("?")[0]) == 403
    assert refusal(url.replace("/console", "/other")) == 404
    assert wait_until(lambda: refusal_or_none(url) == 403, timeout_s=15)


def refusal_or_none(url: str) -> int | None:
    try:
        with terminal(url):
            return None
    except InvalidStatus as refused:
        return refused.response.status_code


def test_the_console_ends_with_the_server_and_a_stopped_one_has_none(desk: Desk) -> None:
    with terminal(desk.url()) as socket:
        log_in(socket)
        assert desk.run("server", "stop", "typed").returncode == 0
        assert closing_code(socket) == 1000
    assert refusal(desk.url()) == 409
    assert desk.run("server", "start", "typed").returncode == 0


def test_a_container_has_no_screen(desk: Desk) -> None:
    refused = desk.run("console", "url", "show", "--novnc", "typed")
    assert refused.returncode != 0
    assert "Unavailable console type novnc" in refused.stderr
