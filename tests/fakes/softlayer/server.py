"""XML-RPC over HTTP: how calls reach the fake, and what is recorded of them."""

from __future__ import annotations

import dataclasses
import http.server
import threading
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.softlayer.faults import bad_key, broken, rate_limited
from tests.fakes.softlayer.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it came."""

    service: str
    method: str
    user: str
    id: Any = None
    arguments: tuple[Any, ...] = ()
    mask: str | None = None
    filter: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None
    offset: int = 0

    @property
    def name(self) -> str:
        return f"{self.service}::{self.method}"


class FakeServer:
    """The fake in a thread. `calls` are those that were made.

    `rate_limited` is how many calls are refused next for being too many, `largest_page` bounds every list, and while it
    `is_broken` the API answers nothing but errors of its own.
    """

    def __init__(self, world: World, *, port: int = 0) -> None:
        self.world = world
        self.calls: list[Call] = []
        self.rate_limited = 0
        self.largest_page: int | None = None
        self.is_broken = False
        self._lock = threading.Lock()
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> FakeServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, call: Call, key: str) -> tuple[Any, int]:
        """Return what a call is answered with, and how many objects there are in all where it is a list."""
        with self._lock:
            self.calls.append(call)
            if self.is_broken:
                raise broken()
            if self.rate_limited:
                self.rate_limited -= 1
                raise rate_limited()
            user = self.world.users.get(call.user)
            if user is None or user.key != key:
                raise bad_key()
            limit = min(filter(None, (call.limit, self.largest_page)), default=None)
            return self.world.answer(user, dataclasses.replace(call, limit=limit))

    def names(self) -> list[str]:
        """Return the names of the calls since they were last forgotten."""
        return [call.name.removeprefix("SoftLayer_") for call in self.calls]


def _handler(fake: FakeServer) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer in one piece: the second of two would wait until the client has acknowledged the first.
        wbufsize = -1

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            total: int | None = None
            try:
                call, key = _read(self.path.lstrip("/"), data)
                result, total = fake.answer(call, key)
                body = xmlrpc.client.dumps((result,), methodresponse=True, allow_none=True)
            except xmlrpc.client.Fault as fault:
                body = _fault(fault)
            self._send(body.encode(), total)

        def _send(self, body: bytes, total: int | None) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if total is not None:
                self.send_header("SoftLayer-Total-Items", str(total))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Be silent."""

    return Handler


def _fault(fault: xmlrpc.client.Fault) -> str:
    """Render a fault whose code is text, as SoftLayer's are, and the standard library's are not."""
    text = {"faultCode": fault.faultCode, "faultString": fault.faultString}
    value = xmlrpc.client.dumps((text,)).removeprefix("<params>\n<param>\n").removesuffix("</param>\n</params>\n")
    return f"<?xml version='1.0'?>\n<methodResponse>\n<fault>\n{value}</fault>\n</methodResponse>\n"


def _read(service: str, data: bytes) -> tuple[Call, str]:
    arguments, method = xmlrpc.client.loads(data.decode(), use_builtin_types=True)
    first: Any = arguments[0]
    headers = first["headers"]
    credentials = headers.get("authenticate", {})
    limit = headers.get("resultLimit", {})
    call = Call(
        service=service,
        method=str(method),
        user=credentials.get("username", ""),
        id=headers.get(f"{service}InitParameters", {}).get("id"),
        arguments=tuple(arguments[1:]),
        mask=headers.get("SoftLayer_ObjectMask", {}).get("mask"),
        filter=headers.get(f"{service}ObjectFilter", {}),
        limit=limit.get("limit"),
        offset=limit.get("offset", 0),
    )
    return call, credentials.get("apiKey", "")
