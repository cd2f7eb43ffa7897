"""One HTTP service behind Jumpgate: its URL, the connections kept open to it, and its failures as our words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import SKIP_HEADER

from jumpgate.common.errors import CloudError, CloudTimeout, CloudUnreachable, JumpgateError

MOST_CONNECTIONS = 64
BLOCK_BYTES = 65_536

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Backend:
    """A service at `url`, which may have a path of its own and has no trailing slash.

    `connect_timeout_s` bounds making a connection, `read_timeout_s` each wait for the service: to take the next piece
    of a request, or to send the next piece of its answer. `ca_file` names the certificates to trust in place of the
    system's.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        connect_timeout_s: float = 5,
        read_timeout_s: float = 60,
        ca_file: str | None = None,
    ) -> None:
        self.name = name
        self.url = url
        parts = urlsplit(url)
        self.path = parts.path
        trust = {"ca_certs": ca_file} if ca_file and parts.scheme == "https" else {}
        self._pool = urllib3.connection_from_url(
            f"{parts.scheme}://{parts.netloc}",
            maxsize=MOST_CONNECTIONS,
            timeout=urllib3.Timeout(connect=connect_timeout_s, read=read_timeout_s),
            retries=False,
            blocksize=BLOCK_BYTES,
            **trust,
        )
        self._pool.ConnectionCls = _patient(self._pool.ConnectionCls, read_timeout_s)

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: Iterable[bytes] | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Send a request and return the answer, whose body is yet to be read; give it back with `release`.

        `target` is the path below the service's URL, with the query. Raises CloudUnreachable, CloudTimeout or
        CloudError. A service may close a connection just when it is used again, so what is safe to ask twice is.
        """
        with self.failures():
            try:
                return self._send(method, target, headers, body)
            except ProtocolError as error:
                if body is not None or method not in _SAFE or _timed_out(error):
                    raise
                return self._send(method, target, headers, body)

    def _send(
        self, method: str, target: str, headers: Mapping[str, str], body: Iterable[bytes] | None
    ) -> urllib3.BaseHTTPResponse:
        names = {name.lower() for name in headers}
        unset = {name: SKIP_HEADER for name in ("Accept-Encoding", "User-Agent") if name.lower() not in names}
        return self._pool.urlopen(
            method,
            self.path + target,
            body=body,
            headers={**headers, **unset},
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )

    @contextlib.contextmanager
    def failures(self) -> Iterator[None]:
        """Turn the HTTP client's exceptions into our words, cause kept; the text tells no address."""
        try:
            yield
        except HTTPError as error:
            raise self._word(error) from error

    def _word(self, error: HTTPError) -> JumpgateError:
        if isinstance(error, (NewConnectionError, ConnectTimeoutError, SSLError)):
            return CloudUnreachable(f"The {self.name} service behind this one cannot be reached.")
        if _timed_out(error):
            return CloudTimeout(f"The {self.name} service behind this one did not answer in time.")
        return CloudError(f"The {self.name} service behind this one broke off without an answer.")


def release(answer: urllib3.BaseHTTPResponse) -> None:
    """Give an answer's connection back: for another request when the body has been read, else closed."""
    answer.close()
    answer.release_conn()


def _timed_out(error: HTTPError) -> bool:
    return isinstance(error, ReadTimeoutError) or any(isinstance(cause, TimeoutError) for cause in error.args)


def _patient(connection: Any, timeout_s: float) -> Any:
    """Return a connection class that waits `timeout_s` while a body is sent; urllib3 would wait as for connecting."""

    def endheaders(self: Any, *arguments: Any, **options: Any) -> None:
        connection.endheaders(self, *arguments, **options)
        self.sock.settimeout(timeout_s)

    return type("PatientConnection", (connection,), {"endheaders": endheaders})
