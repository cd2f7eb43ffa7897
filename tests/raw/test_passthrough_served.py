"""The passthrough in the real server: two sockets with Jumpgate's worker processes between them."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jumpgate.common.config import SERVICE_NAMES
from tests.support.served import Served
from tests.support.service import Exchange, Service, chunks, reply, running_service
from tests.support.waiting import wait_until

FILE = "/image/v2/images/i/file"
BLOCK = b"x" * 65_536


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(reads=False) as running:
        yield running


@pytest.fixture
def connection(service: Service, serve: Callable[..., Served], tmp_path: Path) -> Iterator[http.client.HTTPConnection]:
    """A connection to a server that passes everything on to `service`."""
    config = tmp_path / "jumpgate.conf"
    endpoints = "".join(f"{name}_endpoint={service.url}/{name}\n" for name in SERVICE_NAMES)
    config.write_text(f"[openstack]\n{endpoints}read_timeout=5\n[server]\nworkers=1\n")
    address = urlsplit(serve("--config", str(config)).url)
    client = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    yield client
    client.close()


def test_a_request_and_its_answer_go_through(service: Service, connection: http.client.HTTPConnection) -> None:
    def answer(exchange: Exchange) -> None:
        body = exchange.rfile.read(int(exchange.headers["Content-Length"]))
        link = b'{"links": {"self": "%s/compute/v2.1"}, "was": "%s %s"}' % (
            service.url.encode(),
            exchange.path.encode(),
            body,
        )
        reply(exchange, 202, link, ("Content-Type", "application/json"), ("X-Compute-Request-Id", "req-behind"))

    service.script = answer

    connection.request("POST", "/compute/v2.1/os-keypairs/a%20b%C3%A9?limit=%2F", b"body")
    response = connection.getresponse()

    here = f"http://{connection.host}:{connection.port}"
    assert (response.status, response.headers["X-Compute-Request-Id"]) == (202, "req-behind")
    assert response.read().decode() == (
        f'{{"links": {{"self": "{here}/compute/v2.1"}}, "was": "/compute/v2.1/os-keypairs/a%20b%C3%A9?limit=%2F body"}}'
    )


def test_an_image_streams_both_ways(service: Service, connection: http.client.HTTPConnection) -> None:
    """Neither side ends before the other has begun."""
    received = threading.Semaphore(0)

    def echo(exchange: Exchange) -> None:
        if exchange.command == "GET":
            exchange.wfile.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: %d\r\n\r\n" % (2 * len(BLOCK))
            )
            exchange.wfile.write(BLOCK)
            assert received.acquire(timeout=10)
            exchange.wfile.write(BLOCK)
        else:
            for _ in chunks(exchange):
                received.release()
            reply(exchange, 204)

    service.script = echo

    connection.request("GET", FILE)
    response = connection.getresponse()
    assert response.read(len(BLOCK)) == BLOCK
    received.release()
    assert response.read() == BLOCK

    def pieces() -> Iterator[bytes]:
        for _ in range(4):
            yield BLOCK
            assert received.acquire(timeout=10)

    connection.request("PUT", FILE, pieces(), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
    assert connection.getresponse().status == 204


def test_a_download_that_breaks_off_closes_the_clients_connection(
    service: Service, connection: http.client.HTTPConnection
) -> None:
    def half(exchange: Exchange) -> None:
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 9000000\r\n\r\n" + BLOCK)
        exchange.close_connection = True

    service.script = half

    connection.request("GET", FILE)
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        connection.getresponse().read()


def test_a_client_that_goes_away_ends_the_download(service: Service, connection: http.client.HTTPConnection) -> None:
    ended = threading.Event()

    def endless(exchange: Exchange) -> None:
        try:
            exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 99999999999\r\n\r\n")
            while True:
                exchange.wfile.write(BLOCK)
        finally:
            ended.set()

    service.script = endless

    connection.request("GET", FILE)
    response = connection.getresponse()
    assert response.read(len(BLOCK)) == BLOCK
    response.close()
    connection.close()

    assert ended.wait(10)
    assert wait_until(lambda: service.open_connections == 0, timeout_s=5)


def test_a_client_that_goes_away_leaves_no_complete_upload(
    service: Service, connection: http.client.HTTPConnection
) -> None:
    ends: list[int] = []
    service.script = lambda exchange: ends.append(len(exchange.rfile.read(1_000_000)))

    connection.putrequest("PUT", FILE)
    connection.putheader("Content-Length", "1000000")
    connection.endheaders(BLOCK)
    connection.close()

    assert wait_until(lambda: ends != [], timeout_s=10)
    assert ends[0] < 1_000_000


def test_a_service_that_is_away_is_said_so(service: Service, connection: http.client.HTTPConnection) -> None:
    service.script = lambda exchange: exchange.connection.shutdown(2)

    connection.request("POST", "/network/v2.0/networks", b"{}")
    response = connection.getresponse()

    assert response.status == 503
    assert b"NeutronError" in response.read()
