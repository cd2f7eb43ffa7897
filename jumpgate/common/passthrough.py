"""Passing requests through to an OpenStack service: a reverse proxy in the form of a raw fallback handler.

Method, path, query, body, status and headers go through as they are, in blocks as they come. What changes is what a
proxy must change: the connection's own headers, Host, X-Forwarded-*, and the links in JSON documents, which name
Jumpgate instead of the service behind it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from jumpgate.common.backend import BLOCK_BYTES, Backend, release
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.http import Request, Response
from jumpgate.common.relinking import Links, Rewriter

LOG = logging.getLogger(__name__)

# A JSON document is held in memory to rewrite its links; a larger one goes through as it is.
LARGEST_DOCUMENT_BYTES = 32 * 1024 * 1024

# RFC 9110, section 7.6.1, and what belongs to a connection besides.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# Headers that Jumpgate says itself: it has met an Expect already, only its own word counts on where the client was, and
# what WSGI calls HTTP_CONTENT_LENGTH is some Content_Length that means nothing.
_OWN = frozenset(
    {
        "accept-encoding",
        "content-length",
        "content-type",
        "expect",
        "forwarded",
        "host",
        "x-forwarded-host",
        "x-forwarded-prefix",
        "x-forwarded-proto",
    }
)
_LINK_HEADERS = frozenset({"location", "content-location", "link", "www-authenticate"})
_BODILESS = frozenset({204, 304})
_REQUEST_ID = "X-Openstack-Request-Id"
_PATH_CHARACTERS = "/:@!$&'()*+,;=~"
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


class Passthrough:
    """Answers every request of a dispatcher with what a backend answers; set it with ``disp.set_fallback``."""

    def __init__(self, disp: Dispatcher, backend: Backend, links: Links) -> None:
        self.disp = disp
        self.backend = backend
        self._links = links

    def on_request(self, req: Request, resp: Response) -> None:
        """Send the request on and answer with what comes back; raise a word of ours when nothing does."""
        answer = self.backend.request(req.method, target(req.env), self._headers(req.env), _body(req))
        rewriter = self._links.seen_by(req.env)
        _copy_head(answer, resp, rewriter)
        if req.method == "HEAD" or answer.status in _BODILESS:
            answer.drain_conn()
            release(answer)
            resp.stream = iter(())
        elif _is_document(answer):
            self._answer_document(answer, resp, rewriter)
        else:
            resp.stream = Download(self.backend, answer)

    def _headers(self, env: dict[str, Any]) -> dict[str, str]:
        """Return the request's headers for the backend."""
        headers = _forwarded_headers(env)
        ours = urlsplit(self.disp.mount.base_url(env))
        headers["X-Forwarded-Proto"] = ours.scheme
        headers["X-Forwarded-Host"] = ours.netloc
        if ours.path and not self.backend.path:
            # A service that believes it puts the prefix before the path it has already.
            headers["X-Forwarded-Prefix"] = ours.path
        before = headers.get("X-Forwarded-For")
        client = env.get("REMOTE_ADDR", "")
        headers["X-Forwarded-For"] = f"{before}, {client}" if before else client
        # Links in a compressed document could not be rewritten.
        headers["Accept-Encoding"] = "identity"
        headers.setdefault(_REQUEST_ID, env["REQUEST_ID"])
        return headers

    def _answer_document(self, answer: urllib3.BaseHTTPResponse, resp: Response, rewriter: Rewriter) -> None:
        """Answer with a JSON document whose links are rewritten, unless it is too large to be held."""
        with self.backend.failures():
            head = _read(answer, LARGEST_DOCUMENT_BYTES + 1)
        if len(head) > LARGEST_DOCUMENT_BYTES:
            resp.stream = Download(self.backend, answer, head)
            return
        release(answer)
        resp.data = rewriter.in_json(head)


class Download:
    """The body of an answer on its way to the client, in blocks as they come; `head` has been read already.

    It raises when the backend breaks off, so that the server closes the connection and no client takes a part for the
    whole.
    """

    def __init__(self, backend: Backend, answer: urllib3.BaseHTTPResponse, head: bytes = b"") -> None:
        self._backend = backend
        self._answer = answer
        self._blocks = chain([head] if head else [], _blocks(answer))

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._blocks)
        except HTTPError as error:
            LOG.warning("The %s service broke off in the middle of an answer: %s", self._backend.name, error)
            raise

    def close(self) -> None:
        """Give the connection back, also when the client has gone away in the middle."""
        release(self._answer)


def target(env: dict[str, Any]) -> str:
    """Return the path and query of a request below its service, as the client encoded them.

    WSGI tells a decoded path, in which an encoded slash is a slash; servers that tell the raw one beside it are
    believed where both agree. Raises NotFound for dot segments: what lies above a backend's URL is none of ours.
    """
    path = env["PATH_INFO"]
    if not {".", ".."}.isdisjoint(path.split("/")):
        raise NotFound("The resource could not be found.")
    encoded = _raw_path(env, path) or quote(path.encode("latin-1"), safe=_PATH_CHARACTERS)
    query = env.get("QUERY_STRING")
    return f"{encoded}?{quote(query.encode('latin-1'), safe=_ASCII)}" if query else encoded


def _raw_path(env: dict[str, Any], path: str) -> str | None:
    """Return the path as the client wrote it, without the prefixes before the service's own part."""
    uri = env.get("RAW_URI") or env.get("REQUEST_URI")
    if not uri:
        return None
    raw = (uri if uri.startswith("/") else urlsplit(uri).path).partition("?")[0]
    for prefix in (env.get("SCRIPT_NAME", ""), ""):
        below = raw.removeprefix(prefix) or "/"
        if unquote_to_bytes(below) == path.encode("latin-1"):
            return below
    return None


def _forwarded_headers(env: dict[str, Any]) -> dict[str, str]:
    """Return the client's headers without those of its connection and those that Jumpgate says itself."""
    named = {name.strip().lower() for name in env.get("HTTP_CONNECTION", "").split(",")}
    dropped = _HOP_BY_HOP | _OWN | named
    headers = {}
    for key, value in env.items():
        if key.startswith("HTTP_") and not _is_inherited(key, value):
            name = key[5:].replace("_", "-")
            if name.lower() not in dropped:
                headers[name.title()] = value
    for name, key in (("Content-Type", "CONTENT_TYPE"), ("Content-Length", "CONTENT_LENGTH")):
        if env.get(key):
            headers[name] = env[key]
    if "HTTP_TRANSFER_ENCODING" in env:
        headers.pop("Content-Length", None)
        headers["Transfer-Encoding"] = "chunked"
    return headers


def _is_inherited(key: str, value: str) -> bool:
    """Tell whether an HTTP_ variable is the process's own, ``HTTP_PROXY`` say, which servers mix with the headers."""
    return os.environ.get(key) == value


def _body(req: Request) -> Iterator[bytes] | None:
    """Return the request's body in blocks, None where it has none."""
    if "HTTP_TRANSFER_ENCODING" in req.env:
        return iter(lambda: req.stream.read(BLOCK_BYTES), b"")
    length = req.content_length
    return _exactly(req, length) if length else None


def _exactly(req: Request, length: int) -> Iterator[bytes]:
    """Yield a body of a known length; raise BadRequest when the client breaks off, so that the backend sees it too."""
    while length:
        block = req.stream.read(min(length, BLOCK_BYTES))
        if not block:
            raise BadRequest(f"The request body ended {length} bytes before its Content-Length.")
        length -= len(block)
        yield block


def _copy_head(answer: urllib3.BaseHTTPResponse, resp: Response, rewriter: Rewriter) -> None:
    """Take status and headers over."""
    resp.status = answer.status if answer.status in _BODILESS else f"{answer.status} {answer.reason or ''}".strip()
    resp.typeless = True
    dropped = _HOP_BY_HOP | {name.strip().lower() for name in answer.headers.get("Connection", "").split(",")}
    for name, value in answer.headers.iteritems():
        lower = name.lower()
        if lower not in dropped:
            resp.append_header(name, rewriter.in_header(value) if lower in _LINK_HEADERS else value)


def _is_document(answer: urllib3.BaseHTTPResponse) -> bool:
    """Tell whether an answer may hold links: JSON, not compressed, and not known to be too large."""
    if "json" not in answer.headers.get("Content-Type", "").lower():
        return False
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        return False
    length = answer.headers.get("Content-Length", "")
    return not (length.isdigit() and int(length) > LARGEST_DOCUMENT_BYTES)


def _read(answer: urllib3.BaseHTTPResponse, most: int) -> bytes:
    """Read a body to its end or to `most` bytes."""
    blocks = []
    size = 0
    while size < most and (block := answer.read1(min(BLOCK_BYTES, most - size))):
        blocks.append(block)
        size += len(block)
    return b"".join(blocks)


def _blocks(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    while block := answer.read1(BLOCK_BYTES):
        yield block
