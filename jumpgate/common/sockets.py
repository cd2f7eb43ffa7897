"""Websockets: a client's, in the event loop, joined to a stream of bytes that a driver has opened.

A dispatcher says at which of its paths there are any (`Dispatcher.set_socket`). Everything that waits for the stream
does so in threads of the socket's own, since it may last for hours.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from jumpgate.common.bridge import Receive, Send
from jumpgate.common.errors import JumpgateError, NotFound

LOG = logging.getLogger(__name__)

# The largest message that a client may send; what a person types or pastes is less.
LARGEST_MESSAGE_BYTES = 256 * 1024
# The name by which clients of consoles ask for bytes as they are.
_BINARY = "binary"
_ENDED, _FAILED = 1000, 1011


class ByteStream(Protocol):
    """Bytes in both directions. Reading and writing happen in different threads, and `close` ends a `read`."""

    def read(self) -> bytes:
        """Wait for bytes and return them; none at the end."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def close(self) -> None:
        """End the stream; more than once does no harm."""


Opener = Callable[[Mapping[str, Any]], ByteStream]
"""Opens the stream of a websocket whose request is a WSGI environment, or raises a `JumpgateError`."""


async def serve(
    opener: Opener | None, scope: Mapping[str, Any], env: dict[str, Any], receive: Receive, send: Send
) -> int:
    """Serve one websocket until either side ends, and return the HTTP status of its handshake."""
    await receive()
    with _threads() as threads:
        try:
            if opener is None:
                raise NotFound("There is no websocket at this path.")
            stream = await asyncio.get_running_loop().run_in_executor(threads, opener, env)
        except JumpgateError as error:
            return await _refuse(send, error.status, error.message)
        except Exception:
            LOG.exception("A websocket could not be opened.")
            return await _refuse(send, 500, "The websocket could not be opened; the log says why.")
        try:
            await send(
                {"type": "websocket.accept", "subprotocol": _BINARY if _BINARY in scope["subprotocols"] else None}
            )
            await _join(stream, threads, receive, send)
        finally:
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(threads, stream.close))
    return 101


@contextlib.contextmanager
def _threads() -> Any:
    """Give the threads of a socket, to read, to write and to close; nobody waits for their end."""
    threads = ThreadPoolExecutor(3, thread_name_prefix="socket")
    try:
        yield threads
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


async def _refuse(send: Send, status: int, message: str) -> int:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": message.encode()})
    return status


async def _join(stream: ByteStream, threads: ThreadPoolExecutor, receive: Receive, send: Send) -> None:
    loop = asyncio.get_running_loop()

    async def towards_client() -> int:
        while data := await loop.run_in_executor(threads, stream.read):
            await send({"type": "websocket.send", "bytes": data})
        return _ENDED

    async def from_client() -> None:
        while (message := await receive())["type"] == "websocket.receive":
            data = message.get("bytes") or (message.get("text") or "").encode()
            await loop.run_in_executor(threads, stream.write, data)

    ways = [loop.create_task(towards_client()), loop.create_task(from_client())]
    done, others = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in others:
        way.cancel()
    codes = [_FAILED if way.exception() is not None else way.result() for way in done]
    # A client that has gone need not be told.
    with contextlib.suppress(OSError):
        for code in codes:
            if code is not None:
                await send({"type": "websocket.close", "code": code})
