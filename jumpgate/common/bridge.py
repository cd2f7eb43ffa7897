"""WSGI applications on an ASGI server: each request in a thread, both bodies in blocks as they come.

The WSGI environment has what WSGI servers rarely tell: the path as it was sent (``RAW_URI``), and a body that raises
BadRequest when the client breaks off in the middle of it.
"""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import Executor
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from jumpgate.common.errors import BadRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def environ(scope: Scope) -> dict[str, Any]:
    """Return the WSGI environment of a request, without a body."""
    path, query = scope["raw_path"], scope["query_string"].decode("latin-1")
    host, port = scope["server"] or ("", None)
    env = {
        # A websocket's handshake is a GET.
        "REQUEST_METHOD": scope.get("method", "GET"),
        "SCRIPT_NAME": "",
        "PATH_INFO": (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": f"{path.decode('latin-1')}?{query}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": scope["client"][0] if scope["client"] else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        key, text = _variable(name), value.decode("latin-1")
        env[key] = f"{env[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}" if key in env else text
    return env


@lru_cache(maxsize=512)
def _variable(name: bytes) -> str:
    """Return what a header is called in the environment."""
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def has_body(env: Message) -> bool:
    """Tell whether a request announces a body."""
    return "HTTP_TRANSFER_ENCODING" in env or env.get("CONTENT_LENGTH", "0") != "0"


def date() -> bytes:
    """Return the moment as the Date header has it."""
    return _date(int(time.time()))


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


async def serve(app: WSGIApplication, env: dict[str, Any], receive: Receive, send: Send, threads: Executor) -> None:
    """Answer a request with a WSGI application in one of `threads`; `env` is the request's `environ`."""
    loop = asyncio.get_running_loop()
    if has_body(env):
        # Buffered, because Falcon and many handlers take fewer bytes than they asked for as the body's end.
        env["wsgi.input"] = io.BufferedReader(_Body(receive, loop), 65_536)
    answer = _Answer(receive, send, loop)
    rest = await loop.run_in_executor(threads, answer.run, app, env)
    if rest is not None:
        await send(answer.head)
        await send({"type": "http.response.body", "body": rest})


class _Body(io.RawIOBase):
    """A request's body, to be read in a thread while the server receives it in its event loop."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive = receive
        self._loop = loop
        self._block = b""
        self._has_more = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._block and self._has_more:
            message = asyncio.run_coroutine_threadsafe(_call(self._receive), self._loop).result()
            if message["type"] != "http.request":
                raise BadRequest("The request body broke off before its end.")
            self._block = message.get("body", b"")
            self._has_more = message.get("more_body", False)
        size = min(len(buffer), len(self._block))
        buffer[:size] = self._block[:size]
        self._block = self._block[size:]
        return size


async def _call(receive: Receive) -> Message:
    return await receive()


class _Answer:
    """The answer of a WSGI application on its way to the client."""

    def __init__(self, receive: Receive, send: Send, loop: asyncio.AbstractEventLoop) -> None:
        self._receive = receive
        self._send = send
        self._loop = loop
        self._is_client_gone = False
        self.head: Message = {}

    def run(self, app: WSGIApplication, env: dict[str, Any]) -> bytes | None:
        """Call the application; return a body that is there as a whole, None when it has been sent in blocks."""
        blocks = app(env, self._start)
        try:
            if isinstance(blocks, (list, tuple)):
                return b"".join(blocks)
            self._stream(blocks)
            return None
        finally:
            getattr(blocks, "close", lambda: None)()

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], object]:
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        if not any(name.lower() == b"date" for name, _ in encoded):
            encoded.append((b"date", date()))
        self.head = {"type": "http.response.start", "status": int(status[:3]), "headers": encoded}
        return self._write

    def _write(self, block: bytes) -> None:
        raise NotImplementedError("Return the body instead of writing it.")

    def _stream(self, blocks: Iterable[bytes]) -> None:
        self._post(self.head)
        watch = asyncio.run_coroutine_threadsafe(self._notice_departure(), self._loop)
        try:
            for block in blocks:
                if self._is_client_gone:
                    return
                self._post({"type": "http.response.body", "body": block, "more_body": True})
        finally:
            watch.cancel()
        self._post({"type": "http.response.body"})

    def _post(self, message: Message) -> None:
        asyncio.run_coroutine_threadsafe(self._pass(message), self._loop).result()

    async def _pass(self, message: Message) -> None:
        await self._send(message)

    async def _notice_departure(self) -> None:
        while (await self._receive())["type"] == "http.request":
            pass
        self._is_client_gone = True
