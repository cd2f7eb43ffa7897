"""A small HTTP service on loopback: it records what it is sent and answers as a test says."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.ports import LOOPBACK

Exchange = BaseHTTPRequestHandler
Script = Callable[[Exchange], object]


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived: `target` is the path and query as sent."""

    method: str
    target: str
    headers: Message
    body: bytes


@dataclass
class Service:
    """The service's side of the exchanges. `script` answers each request; by default with 200 and no body.

    `invites` says whether it asks for the body of a request that waits for that.
    """

    url: str = ""
    script: Script = field(default=lambda exchange: reply(exchange))
    received: list[Received] = field(default_factory=list)
    invites: bool = True
    connections: int = 0
    open_connections: int = 0

    @property
    def last(self) -> Received:
        """The latest request."""
        return self.received[-1]

    def answers(self, status: int, body: bytes = b"", *headers: tuple[str, str], reason: str | None = None) -> None:
        """Answer every request in the same way."""
        self.script = lambda exchange: reply(exchange, status, body, *headers, reason=reason)


def reply(
    exchange: Exchange, status: int = 200, body: bytes = b"", *headers: tuple[str, str], reason: str | None = None
) -> None:
    """Send a whole answer, with a type and a length where an answer of this status has them."""
    exchange.send_response_only(status, reason)
    given = {name.lower() for name, _ in headers}
    for name, value in headers:
        exchange.send_header(name, value)
    if status not in (204, 304):
        if "content-type" not in given:
            exchange.send_header("Content-Type", "text/plain")
        if "transfer-encoding" not in given:
            exchange.send_header("Content-Length", str(len(body)))
    exchange.end_headers()
    if exchange.command != "HEAD":
        exchange.wfile.write(body)


def read_body(exchange: Exchange) -> bytes:
    """Read a request's body, chunked or of a known length; raise EOFError when it is cut off."""
    if exchange.headers.get("Transfer-Encoding", "").lower() == "chunked":
        return b"".join(chunks(exchange))
    length = int(exchange.headers.get("Content-Length") or 0)
    body = exchange.rfile.read(length)
    if len(body) < length:
        raise EOFError
    return body


def chunks(exchange: Exchange) -> Iterator[bytes]:
    """Yield the chunks of a request's body as they come."""
    while True:
        line = exchange.rfile.readline()
        if not line:
            raise EOFError
        size = int(line, 16)
        chunk = exchange.rfile.read(size)
        exchange.rfile.readline()
        if size == 0:
            return
        yield chunk


class _Server(ThreadingHTTPServer):
    """One that many may connect to at once."""

    daemon_threads = True
    request_queue_size = 256


@contextmanager
def running_service(*, reads: bool = True, tls: ssl.SSLContext | None = None) -> Iterator[Service]:
    """Run a service as long as the block; with `reads` false a script reads the request's body itself."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        disable_nagle_algorithm = True

        def setup(self) -> None:
            service.connections += 1
            service.open_connections += 1
            super().setup()

        def finish(self) -> None:
            service.open_connections -= 1
            super().finish()

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            try:
                body = read_body(self) if reads else b""
                service.received.append(Received(self.command, self.path, self.headers, body))
                service.script(self)
                self.wfile.flush()
            except (EOFError, OSError):
                self.close_connection = True

        def handle_expect_100(self) -> bool:
            return super().handle_expect_100() if service.invites else True

        def log_message(self, format: str, *arguments: object) -> None:
            """Tests read what was received instead."""

    server = _Server((LOOPBACK, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    service.url = f"{'http' if tls is None else 'https'}://{LOOPBACK}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
