"""The passthrough when the service behind it is away, slow or breaks off, and when the client is."""

from __future__ import annotations

import io
import itertools
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from falcon.testing import TestClient, create_environ
from urllib3.exceptions import HTTPError

from tests.raw.passthrough import NOWHERE, passing
from tests.support.ports import LOOPBACK
from tests.support.service import Exchange, Service, chunks, reply, running_service
from tests.support.waiting import wait_until

QUICK = "connect_timeout=2\nread_timeout=0.3\n"
PATHS = {
    "identity": "/identity/v3/users",
    "compute": "/compute/v2.1/servers",
    "image": "/image/v2/images",
    "block_storage": "/volume/v3/p/volumes",
    "network": "/network/v2.0/networks",
}


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


@pytest.fixture
def unread() -> Iterator[Service]:
    """A service whose scripts read the request's body themselves."""
    with running_service(reads=False) as running:
        yield running


def message(result: Any) -> str:
    """The message of a fault of any service."""
    body = result.json
    return str(body.get("message") or next(iter(body.values()))["message"])


@pytest.mark.parametrize("name", PATHS)
def test_an_unreachable_service_is_503_in_the_services_format(name: str) -> None:
    result = passing().simulate_get(PATHS[name], headers={"Accept": "application/json"})

    assert result.status_code == 503
    assert result.headers["Retry-After"] == "5"
    assert message(result) == f"The {name} service behind this one cannot be reached."
    assert NOWHERE.removeprefix("http://") not in result.text


@pytest.mark.parametrize("name", PATHS)
def test_a_service_that_takes_too_long_is_504_in_the_services_format(service: Service, name: str) -> None:
    given_up = threading.Event()
    service.script = lambda exchange: given_up.wait(10)

    result = passing(QUICK, **{name: service.url}).simulate_post(PATHS[name], headers={"Accept": "application/json"})
    given_up.set()

    assert result.status_code == 504
    assert message(result) == f"The {name} service behind this one did not answer in time."


def test_a_service_that_stops_taking_the_body_is_504(unread: Service) -> None:
    given_up = threading.Event()
    unread.script = lambda exchange: given_up.wait(10)

    result = passing(QUICK, image=unread.url).simulate_put(
        "/image/v2/images/i/file", body=b"x" * 16_000_000, headers={"Accept": "application/json"}
    )
    given_up.set()

    assert result.status_code == 504


def test_a_service_may_wait_longer_for_the_body_than_connecting_may_take(unread: Service) -> None:
    def slow(exchange: Exchange) -> None:
        threading.Event().wait(0.5)
        exchange.rfile.read(int(exchange.headers["Content-Length"]))
        reply(exchange, 204)

    unread.script = slow
    client = passing("connect_timeout=0.1\nread_timeout=10\n", image=unread.url)

    assert client.simulate_put("/image/v2/images/i/file", body=b"x" * 16_000_000).status_code == 204


def hang_up(exchange: Exchange) -> None:
    """Close the connection with a reset, without an answer."""
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    exchange.close_connection = True
    exchange.connection.close()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 20", b"not HTTP at all\r\n\r\n"])
def test_a_service_that_closes_without_an_answer_is_503(service: Service, answer: bytes) -> None:
    def close(exchange: Exchange) -> None:
        exchange.wfile.write(answer)
        exchange.close_connection = True

    service.script = close

    result = passing(compute=service.url).simulate_post(PATHS["compute"])

    assert result.status_code == 503
    assert message(result) == "The compute service behind this one broke off without an answer."
    assert "Retry-After" not in result.headers


def test_a_document_that_breaks_off_is_503(service: Service) -> None:
    def half(exchange: Exchange) -> None:
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[1")
        exchange.close_connection = True

    service.script = half

    result = passing(compute=service.url).simulate_get(PATHS["compute"])

    assert result.status_code == 503
    assert list(result.json) == ["serviceUnavailable"]


def test_a_connection_that_was_closed_meanwhile_is_replaced(service: Service) -> None:
    def close_after(exchange: Exchange) -> None:
        reply(exchange)
        exchange.close_connection = True

    service.script = close_after
    client = passing(compute=service.url)

    for _ in range(3):
        assert client.simulate_post(PATHS["compute"]).status_code == 200
        assert wait_until(lambda: service.open_connections == 0, timeout_s=5)


@pytest.mark.parametrize(("method", "asked", "status"), [("GET", 2, 200), ("HEAD", 2, 200), ("POST", 1, 503)])
def test_only_what_is_safe_is_asked_again_when_a_connection_dies(
    service: Service, method: str, asked: int, status: int
) -> None:
    attempts = itertools.count()

    def die_once(exchange: Exchange) -> None:
        if next(attempts) == 0:
            hang_up(exchange)
        else:
            reply(exchange)

    service.script = die_once

    result = passing(compute=service.url).simulate_request(method, PATHS["compute"])

    assert result.status_code == status
    assert len(service.received) == asked


def test_an_answer_before_the_body_was_taken_comes_through(unread: Service) -> None:
    def refuse(exchange: Exchange) -> None:
        reply(exchange, 401, b"who are you?")
        exchange.close_connection = True

    unread.script = refuse

    result = passing(compute=unread.url).simulate_post(PATHS["compute"], body=b"x" * 1000)

    assert (result.status_code, result.text) == (401, "who are you?")


def call(client: TestClient, env: dict[str, Any]) -> tuple[str, Any]:
    """Call the application as a server does; return the status and the body's iterable."""
    started: list[str] = []
    app: Any = client.app
    body = app(env, lambda status, headers, *_: started.append(status))
    return started[0], body


def test_a_client_that_breaks_off_leaves_no_complete_request_behind(unread: Service) -> None:
    ends: list[str] = []

    def read(exchange: Exchange) -> None:
        length = int(exchange.headers["Content-Length"])
        ends.append("whole" if len(exchange.rfile.read(length)) == length else "cut off")
        exchange.close_connection = True

    unread.script = read
    env = create_environ("/image/v2/images/i/file", method="PUT", headers={"Content-Length": "100000"})
    env["wsgi.input"] = io.BytesIO(b"x" * 70_000)

    status, body = call(passing(image=unread.url), env)
    body = b"".join(body)

    assert status.startswith("400")
    assert wait_until(lambda: ends != [], timeout_s=5)
    assert ends == ["cut off"]


class Pieces:
    """A request's body that comes piece by piece, each when the one before has been seen by the service."""

    def __init__(self, seen: threading.Semaphore, *pieces: bytes) -> None:
        self.seen = seen
        self.pieces = list(pieces)
        self.first = True

    def read(self, size: int = -1) -> bytes:
        if not self.first:
            assert self.seen.acquire(timeout=5), "the service has not seen what was sent"
        self.first = False
        return self.pieces.pop(0) if self.pieces else b""


def test_an_upload_streams(unread: Service) -> None:
    seen = threading.Semaphore(0)
    received: list[bytes] = []

    def read(exchange: Exchange) -> None:
        for chunk in chunks(exchange):
            received.append(chunk)
            seen.release()
        reply(exchange, 204)

    unread.script = read
    env = create_environ("/image/v2/images/i/file", method="PUT", headers={"Transfer-Encoding": "chunked"})
    env.update({"wsgi.input": Pieces(seen, b"first", b"second"), "wsgi.input_terminated": True})

    assert call(passing(image=unread.url), env)[0] == "204 No Content"
    assert received == [b"first", b"second"]


HEADS = {
    "with a length": b"Content-Length: 10\r\n\r\n",
    "chunked": b"Transfer-Encoding: chunked\r\n\r\n",
    "until the end": b"Connection: close\r\n\r\n",
}
BLOCKS = {
    "with a length": (b"first", b"other"),
    "chunked": (b"5\r\nfirst\r\n", b"5\r\nother\r\n0\r\n\r\n"),
    "until the end": (b"first", b"other"),
}


def write(exchange: Exchange, framing: str, blocks: int = 2, before_second: threading.Event | None = None) -> None:
    """Answer with a body of two blocks, or break off after the first."""
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n" + HEADS[framing])
    exchange.wfile.write(BLOCKS[framing][0])
    if before_second is not None:
        before_second.wait(5)
    if blocks == 2:
        exchange.wfile.write(BLOCKS[framing][1])
    if blocks == 1 or framing == "until the end":
        exchange.close_connection = True


@pytest.mark.parametrize("framing", HEADS)
def test_a_download_streams(service: Service, framing: str) -> None:
    arrived = threading.Event()
    service.script = lambda exchange: write(exchange, framing, before_second=arrived)

    status, body = call(passing(image=service.url), create_environ("/image/v2/images/i/file"))
    blocks = iter(body)
    first = next(blocks)
    arrived.set()

    assert status == "200 OK"
    assert [first, *blocks] == [b"first", b"other"]


@pytest.mark.parametrize("framing", ["with a length", "chunked"])
def test_a_download_that_breaks_off_raises_so_that_the_server_closes_the_connection(
    service: Service, framing: str, caplog: pytest.LogCaptureFixture
) -> None:
    service.script = lambda exchange: write(exchange, framing, blocks=1)
    _, body = call(passing(image=service.url), create_environ("/image/v2/images/i/file"))

    assert next(body) == b"first"
    with pytest.raises(HTTPError):
        next(body)
    body.close()
    assert "The image service broke off in the middle of an answer" in caplog.text


def test_a_download_that_stalls_raises(service: Service) -> None:
    given_up = threading.Event()
    service.script = lambda exchange: write(exchange, "with a length", before_second=given_up)
    _, body = call(passing(QUICK, image=service.url), create_environ("/image/v2/images/i/file"))

    assert next(body) == b"first"
    with pytest.raises(HTTPError):
        next(body)
    given_up.set()


def test_a_connection_is_used_again_for_whatever_came_before(service: Service) -> None:
    client = passing(compute=service.url)
    answers: list[tuple[Any, ...]] = [(200, b"[]", ("Content-Type", "application/json")), (200, b"x" * 100_000), (204,)]
    for answer in answers:
        service.answers(*answer)
        client.simulate_get(PATHS["compute"])
    client.simulate_head(PATHS["compute"])
    service.answers(200, b"3\r\nabc\r\n0\r\n\r\n", ("Transfer-Encoding", "chunked"))
    client.simulate_post(PATHS["compute"], body=b"{}")
    client.simulate_get(PATHS["compute"])

    assert (len(service.received), service.connections) == (6, 1)


def test_a_connection_is_given_back_when_the_client_goes_away(service: Service) -> None:
    gone = threading.Event()
    service.script = lambda exchange: write(exchange, "with a length", before_second=gone)
    client = passing(image=service.url)
    for _ in range(3):
        _, body = call(client, create_environ("/image/v2/images/i/file"))
        next(body)
        body.close()

    gone.set()
    pool = client.app.get_dispatcher("image").fallback.backend._pool  # type: ignore[attr-defined]
    assert wait_until(lambda: service.open_connections == 0, timeout_s=5)
    assert pool.pool.qsize() == pool.pool.maxsize


def test_a_download_that_a_hook_replaces_is_given_back(service: Service) -> None:
    service.answers(200, b"x" * 10_000_000, ("Content-Type", "a/b"))
    client = passing(image=service.url)
    app: Any = client.app

    def replace(req: Any, resp: Any) -> None:
        resp.body = {"instead": True}

    app.add_after_hook(replace)

    assert client.simulate_get("/image/v2/images/i/file").json == {"instead": True}
    assert wait_until(lambda: service.open_connections == 0, timeout_s=5)


def test_nobody_behind_a_blackhole_is_waited_for_longer_than_the_connect_timeout() -> None:
    full = socket.create_server((LOOPBACK, 0), backlog=0)
    waiting = [socket.socket() for _ in range(4)]
    for other in waiting:
        other.setblocking(False)
        other.connect_ex(full.getsockname())
    client = passing("connect_timeout=0.2\nread_timeout=30\n", compute=f"http://{LOOPBACK}:{full.getsockname()[1]}")

    result = client.simulate_get(PATHS["compute"])
    for each in (full, *waiting):
        each.close()

    assert result.status_code == 503
