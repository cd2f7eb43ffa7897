"""A client's connection: uvicorn's, with bounds, and with less to send."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from jumpgate.common.exchange import MOST_HELD_BYTES

# A token with a catalog in a header is the largest that a client has to send.
LARGEST_HEAD_BYTES = 128 * 1024
HEAD_PATIENCE_S = 60.0
LARGEST_CORKED_BYTES = 16 * 1024


class Corked:
    """A transport that sends what is written in one turn of the loop at once: the head of a small answer and its body.

    That is a system call and a packet less for each request, of which there are three.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self.whole = transport
        self._held: list[bytes] = []
        self.is_closing = transport.is_closing
        self.get_extra_info = transport.get_extra_info

    def write(self, data: bytes) -> None:
        """Send `data` before the loop turns to something else."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)
        if len(data) > LARGEST_CORKED_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, []
            self._transport.writelines(held)

    def close(self) -> None:
        """Close when all has been sent."""
        self._flush()
        self._transport.close()


_NOT_ASCII = re.compile(rb"[\x80-\xff]")


# The parser takes an offer of another protocol for the protocol, and the body for its first words. A GET that asks for
# a websocket has no body, and is meant.
_UPGRADE = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)
_WEBSOCKET = re.compile(rb"\r\nupgrade:[ \t]*websocket[ \t]*\r\n", re.IGNORECASE)


def _understandable(data: bytes, *, takes_websockets: bool) -> bytes:
    """Return the beginning of a request with a URL in ASCII, and without the offer of a protocol that nobody takes."""
    if not data.isascii():
        line, end, rest = data.partition(b"\r\n")
        data = _NOT_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], line) + end + rest
    head, end, rest = data.partition(b"\r\n\r\n")
    if takes_websockets and data.startswith(b"GET ") and _WEBSOCKET.search(head + b"\r\n"):
        return data
    return _UPGRADE.sub(b"", head) + end + rest if _UPGRADE.search(head) else data


class Protocol(HttpToolsProtocol):
    """uvicorn's, with bounds to the size and time of a request's head.

    It also listens to clients that do not encode what is no ASCII in a URL: curl is one, and OpenStack understands it.
    """

    _is_between_requests = True
    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=MOST_HELD_BYTES)
        self.transport = Corked(transport, self.loop)  # type: ignore[assignment]
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_has_come()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_between_requests:
            data = _understandable(data, takes_websockets=self.ws_protocol_class is not None)
            self._await_head()
        if self._head_timer is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_timer is not None and self._head_bytes > LARGEST_HEAD_BYTES:
            self._give_up("The request's headers are too large.")

    def _await_head(self) -> None:
        """Expect the head of a request from now on."""
        if self._head_timer is None:
            self._head_bytes = 0
            self._head_timer = self.loop.call_later(HEAD_PATIENCE_S, self._give_up, "The request did not come in time.")

    def _head_has_come(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self, message: str) -> None:
        self._head_has_come()
        if not self.transport.is_closing():
            self.send_400_response(message)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to who speaks websocket, with all that a transport can do."""
        corked: Any = self.transport
        self.transport = corked.whole
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        self._is_between_requests = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_has_come()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_between_requests = True
        super().on_message_complete()
