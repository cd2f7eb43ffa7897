"""Requests to an HTTP/1.1 service from an event loop: connections that are kept, and the exchange on one of them.

Bytes go through as they are: nothing is followed, decoded, repeated or added. What fails is one of the exceptions
below; a caller can tell whether the service may have seen the request.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import httptools

MOST_IDLE = 128
# Something on the way may have forgotten a connection that was idle for longer.
LONGEST_IDLE_S = 30.0
# Held of an answer before the service has to wait, and of a request before the client has to.
MOST_HELD_BYTES = 512 * 1024


_BODILESS = frozenset({204, 304})
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class Failure(Exception):
    """A service has not done its part."""


class Unreachable(Failure):
    """No connection could be made, so the service has seen nothing."""


class Slow(Failure):
    """A connected service did not take or send the next piece in time."""


class Broken(Failure):
    """The connection ended too early, or what came is not HTTP."""


class Answer(NamedTuple):
    """The head of an answer: its status and its headers as they came."""

    status: int
    headers: list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a service listens; `tls` is None for plain HTTP."""

    host: str
    port: int
    tls: Callable[[], ssl.SSLContext] | None = None


class Pool:
    """The connections to one service. Those that are not in use are kept, the latest first in line.

    Belongs to the event loop in which it is used. A connection that the service closes leaves by itself.
    """

    def __init__(self, address: Address, *, connect_timeout_s: float, read_timeout_s: float) -> None:
        self._address = address
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s
        self._idle: deque[Connection] = deque()
        self._tls: ssl.SSLContext | None = None
        self.open = 0

    def kept(self) -> Connection | None:
        """Return a connection that has served a moment ago, None where there is none."""
        if not self._idle:
            return None
        connection = self._idle.pop()
        if asyncio.get_running_loop().time() - connection.idle_since < LONGEST_IDLE_S:
            return connection
        # It was the latest, so the others have been idle for longer.
        connection.abort()
        self.close()
        return None

    async def connect(self) -> Connection:
        """Make a connection; raise Unreachable."""
        address = self._address
        if address.tls is not None and self._tls is None:
            self._tls = address.tls()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                _, connection = await loop.create_connection(
                    lambda: Connection(self, loop, self._read_timeout_s), address.host, address.port, ssl=self._tls
                )
        except (OSError, UnicodeError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error
        return connection

    def keep(self, connection: Connection) -> None:
        """Take a connection back whose exchange is over."""
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.append(connection)
        if len(self._idle) > MOST_IDLE:
            self._idle.popleft().abort()

    def forget(self, connection: Connection) -> None:
        """Note that a connection has ended."""
        if connection in self._idle:
            self._idle.remove(connection)

    def close(self) -> None:
        """Close what is not in use."""
        while self._idle:
            self._idle.pop().abort()


class Connection(asyncio.Protocol):
    """One connection, and the exchange that is on it: `begin`, `write`, `answer`, `read`, and `release` in any case."""

    def __init__(self, pool: Pool, loop: asyncio.AbstractEventLoop, timeout_s: float) -> None:
        self._pool = pool
        self._loop = loop
        self._timeout_s = timeout_s
        self._transport: Any = None
        self._failure: Failure | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._writable: asyncio.Future[None] | None = None
        self._is_paused = False
        self.idle_since = 0.0
        self._reset(is_head=False)

    def _reset(self, *, is_head: bool) -> None:
        self._is_head = is_head
        self._answered: asyncio.Future[Answer] | None = None
        self._invited: asyncio.Future[None] | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._blocks: deque[bytes] = deque()
        self._held = 0
        self._readable: asyncio.Future[None] | None = None
        self._length = 0
        self._left = 0
        self._has_ended = False
        self._may_be_kept = False
        self._ends_with_connection = False
        self._is_reading = True
        self.has_been_sent = False

    # What the relay calls.

    def begin(self, head: bytes, *, is_head: bool) -> None:
        """Send a request's first bytes. An answer to HEAD has no body whatever it says."""
        self._reset(is_head=is_head)
        self._parser = httptools.HttpResponseParser(self)
        self._answered = self._loop.create_future()
        if self._failure is not None:
            self._fail(self._failure)
        else:
            self._transport.write(head)

    async def write(self, block: bytes) -> None:
        """Send a piece of the request's body; raise Slow when the service takes none of it in time, or Broken."""
        if self._failure is not None:
            raise self._failure
        self._transport.write(block)
        if self._is_paused:
            self._writable = self._loop.create_future()
            await self._in_time(self._writable)

    @property
    def has_answered(self) -> bool:
        """Tell whether the head of the answer is there, or never will be."""
        return self._answered is not None and self._answered.done()

    async def invitation(self, patience_s: float) -> None:
        """Wait until the service wants the body, or has answered without, or is taken not to know of the question."""
        assert self._answered is not None
        self._invited = self._loop.create_future()
        waiting: set[asyncio.Future[Any]] = {self._invited, self._answered}
        await asyncio.wait(waiting, timeout=patience_s, return_when="FIRST_COMPLETED")

    async def answer(self) -> Answer:
        """Return the head of the answer; raise Slow or Broken."""
        assert self._answered is not None
        return self._answered.result() if self._answered.done() else await self._in_time(self._answered)

    async def answer_or(self, other: asyncio.Task[None]) -> bool:
        """Wait for the head of the answer or for `other`; tell whether there is an answer."""
        assert self._answered is not None
        waiting: set[asyncio.Future[Any]] = {self._answered, other}
        await asyncio.wait(waiting, return_when="FIRST_COMPLETED")
        return self._answered.done()

    async def read(self) -> bytes:
        """Return the next piece of the answer's body, empty at its end; raise Slow or Broken."""
        if not self._blocks:
            if self._has_ended:
                return b""
            if self._failure is not None:
                raise self._failure
            self._readable = self._loop.create_future()
            await self._in_time(self._readable)
            return await self.read()
        block = self._blocks.popleft()
        self._held -= len(block)
        if not self._is_reading and self._held < MOST_HELD_BYTES // 2:
            self._is_reading = True
            self._transport.resume_reading()
        return block

    def release(self) -> None:
        """End the exchange: the connection is kept where both sides have said all, closed where not."""
        if self._has_ended and self._may_be_kept and self.has_been_sent and self._failure is None and not self._blocks:
            self._pool.keep(self)
        else:
            self.abort()

    def abort(self, failure: Failure | None = None) -> None:
        """Close the connection; whoever waits on it gets `failure`."""
        self._fail(failure or Broken("given up"))
        if self._transport is not None:
            self._transport.abort()

    async def _in_time(self, future: asyncio.Future[Any]) -> Any:
        expiry = self._loop.call_later(self._timeout_s, _expire, future)
        try:
            return await future
        finally:
            expiry.cancel()

    def _fail(self, failure: Failure) -> None:
        self._failure = self._failure or failure
        for future in (self._answered, self._readable, self._writable):
            if future is not None and not future.done():
                future.set_exception(self._failure)
                future.exception()  # it is no mistake if nobody waits

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._transport.set_write_buffer_limits(high=MOST_HELD_BYTES)
        self._pool.open += 1

    def connection_lost(self, error: Exception | None) -> None:
        self._pool.open -= 1
        if self._ends_with_connection and error is None and not self._has_ended and self._failure is None:
            self.on_message_complete()
        self._fail(Broken(str(error or "the connection was closed")))
        self._pool.forget(self)

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._left > 0:
            self._take(data)
            return
        if self._parser is None:
            self.abort(Broken("it sent what nobody asked for"))
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.abort(Broken("it changed the protocol"))
        except httptools.HttpParserError as error:
            self.abort(Broken(f"what it sent is not HTTP: {error}"))
        # The parser has seen all of a body that has come so far, and what is left of a known length needs none.
        self._left = self._length
        if self._has_ended or self._left > 0:
            self._parser = None

    def _take(self, data: bytes) -> None:
        """Take the rest of a body of known length, which needs no parser and no copy."""
        self._left -= len(data)
        if self._left < 0:
            data, self._may_be_kept = data[: self._left], False
        self._hold(data)
        if self._left <= 0:
            self._left = 0
            self._end()

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        assert self._answered is not None
        status = self._parser.get_status_code()
        headers, self._headers = self._headers, []
        if status < 200:
            if self._invited is not None and not self._invited.done():
                self._invited.set_result(None)
            return
        if self._answered.done():
            self._may_be_kept = False
            return
        self._may_be_kept = self._parser.should_keep_alive()
        framing = {name.lower(): value for name, value in headers if name.lower() in _FRAMING}
        self._ends_with_connection = not framing
        self._length = int(framing.get(b"content-length", 0)) if b"transfer-encoding" not in framing else 0
        self._answered.set_result(Answer(status, headers))
        if self._is_head or status in _BODILESS:
            self._length = 0
            self._end()

    def on_body(self, body: bytes) -> None:
        if self._has_ended:
            self._may_be_kept = False
            return
        self._hold(body)
        if self._length:
            self._length -= len(body)

    def _hold(self, body: bytes) -> None:
        self._blocks.append(body)
        self._held += len(body)
        self._wake()
        if self._held > MOST_HELD_BYTES and self._is_reading:
            self._is_reading = False
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        if self._answered is not None and self._answered.done():
            self._end()

    def _end(self) -> None:
        self._has_ended = True
        self._wake()

    def _wake(self) -> None:
        if self._readable is not None and not self._readable.done():
            self._readable.set_result(None)


def _expire(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_exception(Slow("it did not answer in time"))
