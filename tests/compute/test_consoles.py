"""Consoles of any cloud: URLs with tokens, and the websocket that a token opens."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from falcon.testing import Result
from websockets.exceptions import ConnectionClosedOK
from websockets.sync.client import connect

from jumpgate.common.config import SERVICE_NAMES
from jumpgate.common.errors import Conflict, Forbidden, NotFound
from jumpgate.common.sockets import ByteStream, Opener, serve
from jumpgate.compute.tokens import ConsoleTokens, Grant
from tests.compute.conftest import ComputeCloud
from tests.support.calls import log_in
from tests.support.cloud import DEMO
from tests.support.served import Served
from tests.support.waiting import wait_until

RAW = {"disk_format": "raw", "container_format": "bare"}
GRANT = Grant("a-server", "a-project", "RegionOne")


class Echo:
    """A stream that says what it is told."""

    def __init__(self) -> None:
        self.said: queue.Queue[bytes] = queue.Queue()
        self.is_closed = False

    def read(self) -> bytes:
        return self.said.get()

    def write(self, data: bytes) -> None:
        if data == b"break":
            raise Conflict("It is broken.")
        self.said.put(data)

    def close(self) -> None:
        self.is_closed = True
        self.said.put(b"")


def test_a_token_is_read_by_another_process_until_it_is_too_old(tmp_path: Path) -> None:
    now = [1000.0]
    issued = ConsoleTokens(tmp_path / "key", ttl_s=600, clock=lambda: now[0]).issue(GRANT)
    reader = ConsoleTokens(tmp_path / "key", ttl_s=600, clock=lambda: now[0])
    now[0] += 600
    assert reader.read(issued) == GRANT
    now[0] += 1
    with pytest.raises(Forbidden, match="expired"):
        reader.read(issued)


@pytest.mark.parametrize("token", ["", "x", "ü", "gAAAAA=="])
def test_what_is_no_token_is_refused(tmp_path: Path, token: str) -> None:
    with pytest.raises(Forbidden):
        ConsoleTokens(tmp_path / "key", ttl_s=600).read(token)


def test_a_token_tells_nothing_and_the_key_is_the_owners_alone(tmp_path: Path) -> None:
    tokens = ConsoleTokens(tmp_path / "state" / "key", ttl_s=600)
    issued = tokens.issue(GRANT)
    assert "server" not in issued
    assert (tmp_path / "state" / "key").stat().st_mode & 0o777 == 0o600
    other = ConsoleTokens(tmp_path / "other", ttl_s=600)
    with pytest.raises(Forbidden):
        other.read(issued)


def talk(opener: Opener | None, *said: Any, subprotocols: tuple[str, ...] = ()) -> tuple[int, list[Mapping[str, Any]]]:
    """Return a websocket's status and all that its client gets, who leaves after the last word was answered."""

    async def run() -> tuple[int, list[Mapping[str, Any]]]:
        sent: list[Mapping[str, Any]] = []
        answered = asyncio.Event()
        words = iter([{"type": "websocket.connect"}, *said])

        async def receive() -> Any:
            word = next(words, None)
            if word is None:
                await asyncio.wait_for(answered.wait(), 5)
                return {"type": "websocket.disconnect"}
            return word

        async def send(message: Any) -> None:
            sent.append(message)
            if message["type"] in ("websocket.send", "websocket.close"):
                answered.set()

        status = await serve(opener, {"subprotocols": list(subprotocols)}, {}, receive, send)
        return status, sent

    return asyncio.run(run())


def test_bytes_and_texts_go_both_ways_and_the_stream_is_closed() -> None:
    stream = Echo()
    status, sent = talk(lambda env: stream, {"type": "websocket.receive", "text": "hé"}, subprotocols=("binary",))
    assert status == 101
    assert sent[0] == {"type": "websocket.accept", "subprotocol": "binary"}
    assert {"type": "websocket.send", "bytes": "hé".encode()} in sent
    assert stream.is_closed


def test_a_stream_that_breaks_closes_the_websocket_with_an_error() -> None:
    stream = Echo()
    _, sent = talk(lambda env: stream, {"type": "websocket.receive", "bytes": b"break"})
    assert sent[-1] == {"type": "websocket.close", "code": 1011}
    assert stream.is_closed


def test_a_stream_that_ends_closes_the_websocket() -> None:
    stream = Echo()
    stream.said.put(b"")
    _, sent = talk(lambda env: stream)
    assert sent[-1] == {"type": "websocket.close", "code": 1000}


def _refuse(error: Exception) -> Opener:
    def opener(env: Mapping[str, Any]) -> Any:
        raise error

    return opener


@pytest.mark.parametrize(
    ("opener", "status"), [(None, 404), (_refuse(Forbidden("No.")), 403), (_refuse(RuntimeError("secret")), 500)]
)
def test_what_cannot_be_opened_is_an_http_answer(opener: Opener | None, status: int) -> None:
    answered, sent = talk(opener)
    assert answered == status
    assert sent[0]["status"] == status
    assert b"secret" not in sent[1]["body"]


@pytest.fixture
def typed(tmp_path: Path) -> Iterator[ComputeCloud]:
    """The embedded cloud, with consoles."""
    cloud = ComputeCloud(tmp_path, options="serial_console = true")
    yield cloud
    cloud.app.store.close()


def ask(
    cloud: ComputeCloud, server_id: str, kind: str = "serial", *, at: str = "2.79", caller: str = "alice"
) -> Result:
    protocol = {"novnc": "vnc", "webmks": "mks"}.get(kind, kind)
    body = {"remote_console": {"protocol": protocol, "type": kind}}
    return cloud.call(caller, "POST", f"/servers/{server_id}/remote-consoles", body, at=at)


def opened(cloud: ComputeCloud, url: str) -> ByteStream:
    opener = cloud.app.get_dispatcher("compute").sockets["/console"]
    return opener({"QUERY_STRING": urlsplit(url).query})


def test_a_console_has_a_url_whose_token_opens_it(typed: ComputeCloud) -> None:
    server_id = typed.boot()
    told = ask(typed, server_id).json["remote_console"]
    assert (told["protocol"], told["type"]) == ("serial", "serial")
    assert told["url"].startswith("ws://")
    assert urlsplit(told["url"]).path == "/compute/console"
    assert opened(typed, told["url"]).read().startswith(b"[")


def test_before_2_6_there_is_an_action_for_it(typed: ComputeCloud) -> None:
    server_id = typed.boot()
    told = typed.act(server_id, "os-getSerialConsole", {"type": "serial"}, at="2.5").json["console"]
    assert told["type"] == "serial"
    assert opened(typed, told["url"]).read().startswith(b"[")
    assert typed.act(server_id, "os-getSerialConsole", {"type": "serial"}, at="2.6").status_code == 404
    assert ask(typed, server_id, at="2.5").status_code == 404


def test_other_kinds_of_console_are_refused(typed: ComputeCloud) -> None:
    server_id = typed.boot()
    refused = ask(typed, server_id, "novnc")
    assert refused.status_code == 400
    assert refused.json["badRequest"]["message"] == "Unavailable console type novnc."
    assert ask(typed, server_id, "webmks").status_code == 400
    assert ask(typed, server_id, "webmks", at="2.7").status_code == 400
    assert typed.act(server_id, "os-getVNCConsole", {"type": "novnc"}, at="2.1").status_code == 400
    assert typed.act(server_id, "os-getVNCConsole", {"type": "serial"}, at="2.1").status_code == 400


def test_nobody_elses_console_is_given_out(typed: ComputeCloud) -> None:
    server_id = typed.boot()
    assert ask(typed, server_id, caller="bob").status_code == 404
    assert ask(typed, server_id, caller="reader").status_code == 403
    assert ask(typed, server_id, caller="admin").status_code == 200


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("os-getVNCConsole", "novnc"),
        ("os-getSPICEConsole", "spice-html5"),
        ("os-getRDPConsole", "rdp-html5"),
        ("os-getSerialConsole", "serial"),
    ],
)
def test_the_old_actions_ask_the_same_policy(typed: ComputeCloud, action: str, kind: str) -> None:
    refused = typed.act(typed.boot(), action, {"type": kind}, "reader", at="2.5")
    assert refused.status_code == 403
    assert "os_compute_api:os-remote-consoles" in refused.json["forbidden"]["message"]


def test_a_token_opens_only_its_own_server_while_that_is_there(typed: ComputeCloud) -> None:
    server_id = typed.boot()
    url = ask(typed, server_id).json["remote_console"]["url"]
    with pytest.raises(Forbidden):
        opened(typed, url.partition("?")[0])
    typed.call("alice", "DELETE", f"/servers/{server_id}")
    typed.settle()
    with pytest.raises(NotFound):
        opened(typed, url)


def test_a_token_of_another_project_or_region_opens_nothing(typed: ComputeCloud) -> None:
    server_id = typed.boot()
    tokens = ConsoleTokens(typed.app.config.state() / "console.key", ttl_s=600)
    for grant in (Grant(server_id, "another", "RegionOne"), Grant(server_id, DEMO, "elsewhere")):
        with pytest.raises((Forbidden, NotFound)):
            opened(typed, f"ws://x/console?token={tokens.issue(grant)}")
    good = Grant(server_id, DEMO, "RegionOne")
    assert opened(typed, f"ws://x/console?token={tokens.issue(good)}").read()


def watched(cloud: ComputeCloud, server_id: str) -> ByteStream:
    return opened(cloud, ask(cloud, server_id).json["remote_console"]["url"])


def test_whoever_watches_gets_the_log_and_then_what_is_written(typed: ComputeCloud) -> None:
    server_id = typed.boot()
    stream = watched(typed, server_id)
    shown = typed.act(server_id, "os-getConsoleOutput", {}).json["output"]
    assert stream.read().decode() == "".join(f"{line}\r\n" for line in shown.splitlines())
    stream.write(b"ls\r")
    typed.act(server_id, "reboot", {"type": "SOFT"})
    typed.settle()
    assert stream.read().endswith(b"Reboot.\r\n")


def test_the_console_ends_with_the_server_and_a_stopped_one_has_none(typed: ComputeCloud) -> None:
    server_id = typed.boot()
    stream = watched(typed, server_id)
    assert stream.read()
    typed.act(server_id, "os-stop")
    typed.settle()
    assert stream.read().endswith(b"Shut down.\r\n")
    assert stream.read() == b""
    with pytest.raises(Conflict, match="start it first"):
        watched(typed, server_id)


def test_whoever_waits_for_lines_is_let_go(typed: ComputeCloud) -> None:
    stream = watched(typed, typed.boot())
    assert stream.read()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(stream.read)
        stream.close()
        assert waiting.result(timeout=10) == b""


def test_a_cloud_without_consoles_has_no_websocket(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    assert ask(cloud, server_id).status_code == 501
    assert cloud.act(server_id, "os-getSerialConsole", {"type": "serial"}, at="2.1").status_code == 501
    assert not cloud.app.get_dispatcher("compute").sockets


def test_a_served_cloud_shows_a_console_until_its_server_stops(serve: Callable[..., Served], tmp_path: Path) -> None:
    sections = (f"[{name}]\ndriver = jumpgate.{name}.drivers.embedded\n" for name in SERVICE_NAMES)
    config = tmp_path / "jumpgate.conf"
    config.write_text("".join(sections).replace("[compute]", "[compute]\nserial_console = true"))
    login = log_in(serve("--config", str(config)).state)
    image = login.call("image", "/v2/images", "POST", {**RAW, "name": "nothing"}).json["id"]
    assert login.call("image", f"/v2/images/{image}/file", "PUT", b"nothing").status == 204

    def compute(path: str, method: str = "GET", body: Any = None) -> Any:
        headers = {"OpenStack-API-Version": "compute 2.79"}
        answer = login.call("compute", path, method, body, headers=headers)
        return answer.json if answer.body else None

    wanted = {"name": "watched", "imageRef": image, "flavorRef": "42", "networks": "none"}
    server = f"/servers/{compute('/servers', 'POST', {'server': wanted})['server']['id']}"
    assert wait_until(lambda: compute(server)["server"]["status"] == "ACTIVE", timeout_s=20)
    asked = {"remote_console": {"protocol": "serial", "type": "serial"}}
    url = compute(f"{server}/remote-consoles", "POST", asked)["remote_console"]["url"]
    with connect(url, proxy=None) as socket:
        assert b"1 CPUs, 128 MiB of memory" in socket.recv(timeout=10, decode=False)
        compute(f"{server}/action", "POST", {"os-stop": None})
        assert socket.recv(timeout=10, decode=False).endswith(b"Shut down.\r\n")
        with pytest.raises(ConnectionClosedOK):
            socket.recv(timeout=10)
