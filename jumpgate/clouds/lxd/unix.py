"""HTTP over a Unix socket with connections that stay open.

The client library's own adapter keeps a pool of one connection for each URL, which is none for a server of many URLs.
"""

from __future__ import annotations

import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection

MOST_KEPT = 32


class UnixAdapter(HTTPAdapter):
    """Sends every request to one socket, whatever host its URL names."""

    def __init__(self, path: str) -> None:
        self._pool = HTTPConnectionPool("localhost", maxsize=MOST_KEPT)
        self._pool.ConnectionCls = _connection_to(path)
        super().__init__()

    def get_connection_with_tls_context(self, *arguments: Any, **named: Any) -> Any:
        return self._pool

    def request_url(self, request: Any, proxies: Any) -> str:
        return str(request.path_url)

    def close(self) -> None:
        self._pool.close()


def _connection_to(path: str) -> type[HTTPConnection]:
    class UnixConnection(HTTPConnection):
        """One connection to the socket."""

        def _new_conn(self) -> socket.socket:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            # The pool sets the timeout in seconds before it connects.
            made.settimeout(self.timeout if isinstance(self.timeout, int | float) else None)
            made.connect(path)
            return made

    return UnixConnection
