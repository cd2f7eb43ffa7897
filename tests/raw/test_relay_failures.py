"""The relay when the service behind it is away, slow, breaks off or talks nonsense."""

from __future__ import annotations

import gc
import itertools
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jumpgate.common import exchange, relay
from tests.raw.relayed import BLOCK, FILE, PATHS, QUICK, in_front_of, message
from tests.support.gateway import application, serving
from tests.support.ports import LOOPBACK
from tests.support.service import Exchange, Service, chunks, read_body, reply, running_service
from tests.support.waiting import wait_until
from tests.support.wire import ask, chunk, receive, send


@pytest.fixture
def service() -> Iterator[Service]:
    """A service whose scripts read the request's body themselves."""
    with running_service(reads=False) as running:
        yield running


@pytest.mark.parametrize("name", PATHS)
def test_an_unreachable_service_is_503_in_the_services_format(name: str) -> None:
    with in_front_of(None) as relayed, relayed.connect() as client:
        answer = ask(client, f"POST {PATHS[name]}", "Accept: application/json", "Content-Length: 2", body=b"{}")

        assert answer.status == 503
        assert answer.all("Retry-After") == ["5"]
        assert message(answer) == f"The {name} service behind this one cannot be reached."
        assert "127.0.0.1" not in message(answer)
        assert answer.all("x-openstack-request-id")[0].startswith("req-")
        assert ask(client, f"GET {PATHS[name]}").status == 503


@pytest.mark.parametrize("name", PATHS)
def test_a_service_that_takes_too_long_is_504_in_the_services_format(service: Service, name: str) -> None:
    given_up = threading.Event()
    service.script = lambda exchange: given_up.wait(10)

    with in_front_of(service, QUICK) as relayed, relayed.connect() as client:
        answer = ask(client, f"POST {PATHS[name]}", "Accept: application/json")
        given_up.set()

        assert answer.status == 504
        assert message(answer) == f"The {name} service behind this one did not answer in time."
        assert wait_until(lambda: relayed.open_connections(name) == 0, timeout_s=5)


def test_a_service_that_stops_taking_the_body_is_504(service: Service) -> None:
    given_up = threading.Event()
    service.script = lambda exchange: given_up.wait(10)

    with in_front_of(service, QUICK) as relayed, relayed.connect() as client:
        send(client, f"PUT {FILE}", "Content-Length: 64000000", "Accept: application/json")
        sender = threading.Thread(target=flood, args=(client, 64_000_000))
        sender.start()
        answer = receive(client)
        given_up.set()
        sender.join(10)

    assert answer.status == 504


def flood(client: socket.socket, size: int) -> None:
    """Send a body as fast as it is taken."""
    for _ in range(size // 64_000):
        client.sendall(b"x" * 64_000)


def test_a_slow_body_takes_its_time(service: Service) -> None:
    """The timeout is for each piece, and the client's slowness is not the service's."""
    pieces: list[bytes] = []

    def slow(exchange: Exchange) -> None:
        pieces.extend(chunks(exchange))
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            threading.Event().wait(0.2)
            exchange.wfile.write(chunk(b"out"))
        exchange.wfile.write(chunk(b""))

    service.script = slow
    with in_front_of(service, QUICK) as relayed, relayed.connect() as client:
        send(client, f"PUT {FILE}", "Transfer-Encoding: chunked")
        for _ in range(3):
            threading.Event().wait(0.4)
            client.sendall(chunk(b"in"))
        client.sendall(chunk(b""))
        answer = receive(client)

    assert (pieces, answer.body, answer.is_whole) == ([b"in"] * 3, b"outoutout", True)


def hang_up(exchange: Exchange) -> None:
    """Close the connection with a reset, without an answer."""
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    exchange.close_connection = True
    exchange.connection.close()


NONSENSE = [
    b"",
    b"HTTP/1.1 20",
    b"not HTTP at all\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    b"\x16\x03\x01\x02\x00",
]


@pytest.mark.parametrize("answer", NONSENSE)
@pytest.mark.parametrize("name", ["compute", "network"])
def test_a_service_without_an_answer_is_503_and_nobody_is_told_to_try_again(
    service: Service, answer: bytes, name: str
) -> None:
    def close(exchange: Exchange) -> None:
        read_body(exchange)
        exchange.wfile.write(answer)
        exchange.close_connection = True

    service.script = close
    with in_front_of(service, QUICK) as relayed, relayed.connect() as client:
        found = ask(client, f"POST {PATHS[name]}", "Content-Length: 2", body=b"{}")

        assert (found.status, found.all("Retry-After")) == (503, [])
        assert message(found) == f"The {name} service behind this one broke off without an answer."
        assert len(service.received) == 1
        assert wait_until(lambda: relayed.open_connections(name) == 0, timeout_s=5)


def test_a_document_that_breaks_off_is_503(service: Service) -> None:
    def half(exchange: Exchange) -> None:
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[1")
        exchange.close_connection = True

    service.script = half
    with in_front_of(service) as relayed, relayed.connect() as client:
        assert ask(client, f"GET {PATHS['compute']}").status == 503


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_the_services_own_error_is_the_answer(service: Service, status: int, method: str) -> None:
    service.answers(status, b"it hurts", ("Retry-After", "7"))

    with in_front_of(service) as relayed, relayed.connect() as client:
        answer = ask(client, f"{method} {PATHS['compute']}")

    assert (answer.status, answer.body, answer.all("Retry-After")) == (status, b"it hurts", ["7"])
    assert len(service.received) == 1


@pytest.mark.parametrize(
    ("method", "body", "asked", "status"),
    [
        ("GET", b"", 2, 200),
        ("HEAD", b"", 2, 200),
        ("OPTIONS", b"", 2, 200),
        ("GET", b"{}", 1, 503),
        ("POST", b"", 1, 503),
        ("POST", b"{}", 1, 503),
        ("PUT", b"{}", 1, 503),
        ("PATCH", b"{}", 1, 503),
        ("DELETE", b"", 1, 503),
    ],
)
def test_only_what_is_safe_is_asked_again_when_a_kept_connection_dies(
    service: Service, method: str, body: bytes, asked: int, status: int
) -> None:
    attempts = itertools.count()

    def die_second(exchange: Exchange) -> None:
        read_body(exchange)
        if next(attempts) == 1:
            hang_up(exchange)
        else:
            reply(exchange)

    service.script = die_second
    headers = [f"Content-Length: {len(body)}"] if body else []
    with in_front_of(service) as relayed, relayed.connect() as client:
        ask(client, f"GET {PATHS['compute']}")
        answer = ask(client, f"{method} {PATHS['compute']}", *headers, body=body)

    assert answer.status == status
    assert len(service.received) == 1 + asked


def test_a_request_that_dies_on_a_new_connection_is_not_asked_again(service: Service) -> None:
    service.script = hang_up

    with in_front_of(service) as relayed, relayed.connect() as client:
        assert ask(client, f"GET {PATHS['compute']}").status == 503

    assert len(service.received) == 1


def test_a_connection_that_was_closed_meanwhile_is_replaced(service: Service) -> None:
    def close_after(exchange: Exchange) -> None:
        reply(exchange)
        exchange.close_connection = True

    service.script = close_after
    with in_front_of(service) as relayed, relayed.connect() as client:
        for _ in range(3):
            assert ask(client, f"POST {PATHS['compute']}").status == 200
            assert wait_until(lambda: relayed.open_connections("compute") == 0, timeout_s=5)


BROKEN = {
    "with a length": b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 9000000\r\n\r\n" + BLOCK,
    "chunked": b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(BLOCK),
    "within a chunk": b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nxxx",
    "with a bad chunk": b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcz\r\n",
}


@pytest.mark.parametrize("framing", BROKEN)
@pytest.mark.parametrize("end", ["closes", "resets", "stalls"])
def test_a_download_that_breaks_off_does_so_for_the_client(service: Service, framing: str, end: str) -> None:
    given_up = threading.Event()

    def half(exchange: Exchange) -> None:
        exchange.wfile.write(BROKEN[framing])
        if end == "stalls":
            given_up.wait(10)
        elif end == "resets":
            hang_up(exchange)
        exchange.close_connection = True

    service.script = half
    with in_front_of(service, QUICK) as relayed, relayed.connect() as client:
        try:
            answer = ask(client, f"GET {FILE}")
            assert (answer.status, answer.is_whole) == (200, False)
        except EOFError:
            assert end == "resets"
        given_up.set()
        assert wait_until(lambda: relayed.open_connections("image") == 0, timeout_s=5)


def test_a_connection_that_was_idle_for_long_is_not_trusted(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    with in_front_of(service) as relayed, relayed.connect() as client:
        for _ in range(2):
            ask(client, f"POST {PATHS['compute']}")
        assert service.connections == 1

        monkeypatch.setattr(exchange, "LONGEST_IDLE_S", 0.0)
        ask(client, f"POST {PATHS['compute']}")
        assert service.connections == 2


def test_nobody_behind_a_blackhole_is_waited_for_longer_than_the_connect_timeout() -> None:
    full = socket.create_server((LOOPBACK, 0), backlog=0)
    waiting = [socket.socket() for _ in range(4)]
    for other in waiting:
        other.setblocking(False)
        other.connect_ex(full.getsockname())
    app = application("connect_timeout=0.2\nread_timeout=30\n", compute=f"http://{LOOPBACK}:{full.getsockname()[1]}")

    with serving(app) as relayed, relayed.connect() as client:
        assert ask(client, f"GET {PATHS['compute']}").status == 503
    for each in (full, *waiting):
        each.close()


def open_files() -> int:
    return len(list(Path(f"/proc/{os.getpid()}/fd").iterdir()))


def in_memory() -> int:
    """How many exchanges somebody still holds."""
    gc.collect()
    return sum(isinstance(item, (exchange.Connection, relay.Transfer)) for item in gc.get_objects())


def test_nothing_is_left_after_many_failures(service: Service) -> None:
    """Sockets, threads, memory and tasks: `serving` fails when a task is left at its end."""
    attempts = itertools.count()
    contents = [b"", b"HTTP/1.1 204 No Content\r\n\r\n", BROKEN["chunked"], NONSENSE[2]]

    def fail(exchange: Exchange) -> None:
        exchange.wfile.write(contents[next(attempts) % 4])
        hang_up(exchange)

    service.script = fail
    with in_front_of(service, QUICK) as relayed:
        few = threads = 0
        for number in range(200):
            with relayed.connect() as client:
                send(client, f"POST {FILE}")
                if number % 5:
                    try:
                        receive(client)
                    except (EOFError, ConnectionResetError):
                        continue
            if number == 20:
                gc.collect()
                few, threads = open_files(), threading.active_count()
        assert wait_until(lambda: relayed.open_connections("image") <= 1, timeout_s=5)
        assert wait_until(lambda: open_files() <= few + 3, timeout_s=5), (few, open_files())
        assert wait_until(lambda: threading.active_count() <= threads + 3, timeout_s=5)
        assert wait_until(lambda: in_memory() <= 3, timeout_s=5), in_memory()
