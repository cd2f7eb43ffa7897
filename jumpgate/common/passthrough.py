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

import urllib3
from urllib3.exceptions import HTTPError

from jumpgate.common.backend import BLOCK_BYTES, Backend, release
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import BadRequest
from jumpgate.common.http import Request, Response
from jumpgate.common.relinking import Links, Rewriter
from jumpgate.common.transit import (
    BODILESS,
    LARGEST_DOCUMENT_BYTES,
    forwarding,
    may_hold_links,
    not_forwarded,
    not_returned,
    target,
)

LOG = logging.getLogger(__name__)


class Passthrough:
    """Answers every request of a dispatcher with what a backend answers; set it with ``disp.set_fallback``."""

    def __init__(self, disp: Dispatcher, backend: Backend, links: Links) -> None:
        self.disp = disp
        self.backend = backend
        self.links = links

    def on_request(self, req: Request, resp: Response) -> None:
        """Send the request on and answer with what comes back; raise a word of ours when nothing does."""
        answer = self.backend.request(req.method, target(req.env), self._headers(req.env), _body(req))
        rewriter = self.links.seen_by(req.env, self.disp)
        _copy_head(answer, resp, rewriter)
        if req.method == "HEAD" or answer.status in BODILESS:
            answer.drain_conn()
            release(answer)
            resp.stream = iter(())
        elif _is_document(answer):
            self._answer_document(answer, resp, rewriter)
        else:
            resp.stream = Download(self.backend, answer)

    def _headers(self, env: dict[str, Any]) -> dict[str, str]:
        """Return the request's headers for the backend."""
        return {**_forwarded_headers(env), **forwarding(self.disp, self.backend.path, env)}

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


def _forwarded_headers(env: dict[str, Any]) -> dict[str, str]:
    """Return the client's headers without those of its connection and those that Jumpgate says itself."""
    # What WSGI calls HTTP_CONTENT_TYPE is some Content_Type that means nothing.
    dropped = not_forwarded(env.get("HTTP_CONNECTION", "")) | {"content-type"}
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
        # What is there goes on at once, where the server can tell it.
        read = getattr(req.stream, "read1", req.stream.read)
        return iter(lambda: read(BLOCK_BYTES), b"")
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
    resp.status = answer.status if answer.status in BODILESS else f"{answer.status} {answer.reason or ''}".strip()
    resp.typeless = True
    dropped = not_returned(answer.headers.get("Connection", ""))
    for name, value in answer.headers.iteritems():
        lower = name.lower()
        if lower not in dropped:
            resp.append_header(
                name, rewriter.in_header(lower.encode("latin-1"), value.encode("latin-1")).decode("latin-1")
            )


def _is_document(answer: urllib3.BaseHTTPResponse) -> bool:
    """Tell whether an answer may hold links."""
    headers = answer.headers
    return may_hold_links(
        headers.get("Content-Type", ""), headers.get("Content-Encoding", ""), headers.get("Content-Length", "")
    )


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
