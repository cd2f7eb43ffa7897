"""The relay when its client breaks off, stalls, or is slow."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from jumpgate import uvicorn_protocol
from jumpgate.common import relay
from tests.raw.relayed import BLOCK, FILE, PATHS, in_front_of, message
from tests.support.service import Exchange, Service, read_body, reply, running_service
from tests.support.waiting import wait_until
from tests.support.wire import ask, chunk, read_head, receive, send


@pytest.fixture
def service() -> Iterator[Service]:
    """A service whose scripts read the request's body themselves."""
    with running_service(reads=False) as running:
        yield running


@pytest.mark.parametrize("framing", ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("is_hooked", [False, True])
def test_an_upload_that_breaks_off_does_so_for_the_service(service: Service, framing: str, is_hooked: bool) -> None:
    ends: list[str] = []

    def read(exchange: Exchange) -> None:
        try:
            read_body(exchange)
            ends.append("whole")
        except (EOFError, ValueError, OSError):
            ends.append("cut off")
        exchange.close_connection = True

    service.script = read
    with in_front_of(service) as relayed:
        if is_hooked:
            relayed.app.add_after_hook(lambda req, resp: None)
        with relayed.connect() as client:
            block = chunk(BLOCK) if "chunked" in framing else BLOCK
            send(client, f"PUT {FILE}", framing, body=block)
            assert wait_until(lambda: service.open_connections == 1, timeout_s=5)
        assert wait_until(lambda: ends == ["cut off"], timeout_s=5), ends


@pytest.mark.parametrize("is_hooked", [False, True])
def test_a_client_that_goes_away_ends_the_download(service: Service, is_hooked: bool) -> None:
    ended = threading.Event()

    def endless(exchange: Exchange) -> None:
        try:
            exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 99999999999\r\n\r\n")
            while True:
                exchange.wfile.write(BLOCK)
        finally:
            ended.set()

    service.script = endless
    with in_front_of(service) as relayed:
        if is_hooked:
            relayed.app.add_after_hook(lambda req, resp: None)
        with relayed.connect() as client:
            send(client, f"GET {FILE}")
            assert read_head(client)[0] == 200
        assert ended.wait(10)
        assert wait_until(lambda: service.open_connections == 0, timeout_s=5)


def test_a_client_that_goes_away_while_the_service_thinks_frees_its_connection(service: Service) -> None:
    asked, given_up = threading.Event(), threading.Event()

    def think(exchange: Exchange) -> None:
        asked.set()
        given_up.wait(20)

    service.script = think
    with in_front_of(service) as relayed:
        with relayed.connect() as client:
            send(client, f"GET {PATHS['compute']}")
            assert asked.wait(5)
        assert wait_until(lambda: relayed.open_connections("compute") == 0, timeout_s=5)
    given_up.set()


def test_a_client_that_takes_nothing_counts_as_gone(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "CLIENT_PATIENCE_S", 0.3)
    ended = threading.Event()

    def endless(exchange: Exchange) -> None:
        try:
            exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 99999999999\r\n\r\n")
            while True:
                exchange.wfile.write(BLOCK)
        finally:
            ended.set()

    service.script = endless
    with in_front_of(service) as relayed, relayed.connect() as client:
        send(client, f"GET {FILE}")
        assert ended.wait(10)


def test_a_client_that_stops_sending_is_told_and_the_service_freed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "CLIENT_PATIENCE_S", 0.3)
    service.script = lambda exchange: read_body(exchange)
    with in_front_of(service) as relayed, relayed.connect() as client:
        send(client, f"PUT {FILE}", "Content-Length: 1000", "Accept: application/json", body=b"x" * 10)
        answer = receive(client)

        assert (answer.status, answer.all("Connection")) == (408, ["close"])
        assert message(answer) == "The request body stopped before its end; send it again."
        assert wait_until(lambda: relayed.open_connections("image") == 0, timeout_s=5)


@pytest.mark.parametrize("sent", [b"", b"GET /compute/x HTTP/1.1\r\nHost: cloud\r\nX-Slow: "])
def test_a_client_that_never_asks_is_not_waited_for(
    service: Service, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(uvicorn_protocol, "HEAD_PATIENCE_S", 0.3)
    with in_front_of(service) as relayed, relayed.connect() as client:
        client.sendall(sent)

        assert receive(client).status == 400
        assert client.recv(1) == b""


def test_headers_without_an_end_are_not_held(service: Service) -> None:
    with in_front_of(service) as relayed, relayed.connect() as client:
        send(client, "GET /compute/x", f"X-Large: {'x' * 60_000}")
        assert receive(client).status == 200

        client.sendall(b"GET /compute/x HTTP/1.1\r\nX-Endless: " + b"x" * 300_000)
        assert receive(client).status == 400
    assert len(service.received) == 1


def test_a_slow_client_holds_nobody_up(service: Service) -> None:
    """More of them than a server of threads would have threads."""
    service.script = lambda exchange: reply(exchange, 200, BLOCK * 200, ("Content-Type", "a/b"))
    with in_front_of(service) as relayed:
        waiting = [relayed.connect() for _ in range(100)]
        for client in waiting:
            send(client, f"GET {FILE}")
        assert wait_until(lambda: len(service.received) == 100, timeout_s=10)
        with relayed.connect() as client:
            service.script = lambda exchange: reply(exchange, 200, b"quick")
            assert ask(client, f"GET {PATHS['compute']}").body == b"quick"
        for client in waiting:
            client.close()
        assert wait_until(lambda: relayed.open_connections("image") == 0, timeout_s=10)
