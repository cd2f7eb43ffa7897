"""One HTTP service behind Jumpgate: its URL, the connections kept open to it, and its failures as our words."""

from __future__ import annotations

import contextlib
import ssl
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

from jumpgate.common.errors import CloudTimeout, CloudUnreachable, JumpgateError
from jumpgate.common.exchange import Address, Pool

MOST_CONNECTIONS = 64
BLOCK_BYTES = 65_536

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Backend:
    """A service at `url`, which may have a path of its own and has no trailing slash.

    `connect_timeout_s` bounds making a connection, `read_timeout_s` each wait for the service: to take the next piece
    of a request, or to send the next piece of its answer. `ca_file` names the certificates to trust in place of the
    system's; `insecure` trusts whoever answers.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        connect_timeout_s: float = 5,
        read_timeout_s: float = 60,
        ca_file: str | None = None,
        insecure: bool = False,
    ) -> None:
        self.name = name
        self.url = url
        parts = urlsplit(url)
        self.path = parts.path
        self.netloc = parts.netloc.rpartition("@")[2]
        is_tls = parts.scheme == "https"
        self.is_unchecked = is_tls and insecure
        if self.is_unchecked:
            # It is said once, at start.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._address = Address(
            host=parts.hostname or "",
            port=parts.port or (443 if is_tls else 80),
            tls=(lambda: _trust(ca_file, insecure=insecure)) if is_tls else None,
        )
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s
        trust = {"ssl_context": _trust(ca_file, insecure=insecure), "assert_hostname": False if insecure else None}
        self._pool = urllib3.connection_from_url(
            f"{parts.scheme}://{parts.netloc}",
            maxsize=MOST_CONNECTIONS,
            timeout=urllib3.Timeout(connect=connect_timeout_s, read=read_timeout_s),
            retries=False,
            blocksize=BLOCK_BYTES,
            **(trust if is_tls else {}),
        )
        self._pool.ConnectionCls = _patient(self._pool.ConnectionCls, read_timeout_s)

    def pool(self) -> Pool:
        """Return new connections to the service, for an event loop."""
        return Pool(self._address, connect_timeout_s=self._connect_timeout_s, read_timeout_s=self._read_timeout_s)

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: Iterable[bytes] | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Send a request and return the answer, whose body is yet to be read; give it back with `release`.

        `target` is the path below the service's URL, with the query. Raises CloudUnreachable or CloudTimeout.
        A service may close a connection just when it is used again, so what is safe to ask twice is.
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
        return broke_off(self.name)


def broke_off(name: str) -> CloudUnreachable:
    """Return the word for a service that has ended its connection, or whose answer is not HTTP.

    Nobody can tell whether it did what was asked, so a client is not told to try again.
    """
    return CloudUnreachable(f"The {name} service behind this one broke off without an answer.", retry_after_s=None)


def _trust(ca_file: str | None, *, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


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
