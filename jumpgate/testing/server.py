"""A server in a thread: an application on a free loopback port, and tokens that stand for callers.

with serve(app, tokens={"alice": alice}) as url:
    requests.get(f"{url}/compute/v2.1/servers", headers={"X-Auth-Token": "alice"})
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from jumpgate.common.context import Context
from jumpgate.common.errors import Unauthorized

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate

LOOPBACK = "127.0.0.1"


class _Server(ThreadingMixIn, WSGIServer):
    """Answers each connection in a thread of its own."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the application has its own log."""


class Tokens:
    """Takes names for tokens: whoever sends one is the caller that it stands for."""

    def __init__(self, callers: Mapping[str, Context]) -> None:
        self._callers = callers

    def authenticate(self, token: str) -> Context:
        try:
            return self._callers[token]
        except KeyError:
            raise Unauthorized("The token is unknown.") from None


@contextmanager
def serve(app: Jumpgate, *, tokens: Mapping[str, Context] | None = None, port: int = 0) -> Iterator[str]:
    """Serve an application while the block lasts, and give its URL without a path.

    `tokens` are taken in place of those that the identity service knows. `port` 0 is any free one.
    """
    before = app.authenticator
    if tokens is not None:
        app.authenticator = Tokens(tokens)
    try:
        with make_server(LOOPBACK, port, app, server_class=_Server, handler_class=_Quiet) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            try:
                yield f"http://{LOOPBACK}:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()
    finally:
        app.authenticator = before
