"""Fetching an image's data by HTTP, for an import whose client names a URL.

A URL is a client's word, and the request is ours: it goes to public addresses only, so that nobody reaches by way of
this cloud what stands beside it, unless the option ``import_networks`` of the ``[image]`` section names the network.
The address that was checked is the one that is asked, whatever the name means a moment later; each redirection is
checked like the URL itself.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3

from jumpgate.common.config import Config
from jumpgate.common.errors import BadRequest
from jumpgate.image.contract import Stream

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MOST_REDIRECTIONS = 5
_TIMEOUT = urllib3.Timeout(connect=10, read=60)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class _Body:
    """The bytes of an answer; a connection that breaks is an OSError, as for any stream."""

    def __init__(self, answer: urllib3.BaseHTTPResponse) -> None:
        self._answer = answer

    def read(self, size: int, /) -> bytes:
        try:
            return self._answer.read(size)
        except urllib3.exceptions.HTTPError as error:
            raise OSError(str(error)) from error


class Web:
    """What images may be fetched from."""

    def __init__(self, config: Config, section: str) -> None:
        self._networks = config.value(section, "import_networks")
        self._ports = config.value(section, "import_ports")

    def check(self, url: str) -> None:
        """Raise BadRequest for a URL from which nothing is fetched."""
        self._place(url)

    @contextmanager
    def open(self, url: str) -> Iterator[tuple[Stream, int | None]]:
        """Yield the data behind a URL and how many bytes are announced; raise BadRequest for what cannot be had."""
        try:
            answer = self._ask(url)
        except urllib3.exceptions.HTTPError as error:
            raise BadRequest(f"{url} could not be fetched: {error}") from error
        try:
            if answer.status != 200:
                raise BadRequest(f"{url} could not be fetched: the answer's status is {answer.status}.")
            length = answer.headers.get("Content-Length", "")
            yield _Body(answer), int(length) if length.isdecimal() else None
        finally:
            answer.close()

    def _ask(self, url: str) -> urllib3.BaseHTTPResponse:
        """Return the answer behind all redirections, its body unread."""
        for _ in range(_MOST_REDIRECTIONS):
            parts, port, address = self._place(url)
            answer = _get(parts, port, address)
            target = answer.get_redirect_location()
            if not target:
                return answer
            answer.close()
            url = urljoin(url, target)
        raise BadRequest(f"{url} could not be fetched: it redirects more than {_MOST_REDIRECTIONS} times.")

    def _place(self, url: str) -> tuple[SplitResult, int, Address]:
        """Return a URL's parts, its port and the address to ask; raise BadRequest in Glance's words."""
        refusal = BadRequest(f"URI for web-download does not pass filtering: {url}")
        try:
            parts = urlsplit(url)
            port = parts.port or _DEFAULT_PORTS[parts.scheme]
        except (ValueError, KeyError):
            raise refusal from None
        if not parts.hostname or parts.username is not None or port not in self._ports:
            raise refusal
        addresses = _resolve(parts.hostname, port)
        if not addresses or not all(map(self._is_allowed, addresses)):
            raise refusal
        return parts, port, addresses[0]

    def _is_allowed(self, address: Address) -> bool:
        if any(address in network for network in self._networks):
            return True
        return address.is_global and not address.is_multicast


def _resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a host, none where it has none. One of IPv4 in the clothes of IPv6 is of IPv4."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    addresses = [ipaddress.ip_address(str(item[4][0]).partition("%")[0]) for item in found]
    return [getattr(address, "ipv4_mapped", None) or address for address in addresses]


def _get(parts: SplitResult, port: int, address: Address) -> urllib3.BaseHTTPResponse:
    """Ask one address for what a URL names; the certificate must be that of the URL's host."""
    pool: urllib3.HTTPConnectionPool
    if parts.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(
            str(address), port, timeout=_TIMEOUT, server_hostname=parts.hostname, assert_hostname=parts.hostname
        )
    else:
        pool = urllib3.HTTPConnectionPool(str(address), port, timeout=_TIMEOUT)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc, "Accept-Encoding": "identity", "User-Agent": "jumpgate"}
    return pool.urlopen("GET", target, headers=headers, redirect=False, retries=False, preload_content=False)
