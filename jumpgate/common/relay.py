"""The passthrough in an event loop: one dispatcher's requests to its backend, with nothing in between but this.

It does what `jumpgate.common.passthrough` does under WSGI, and carries what WSGI cannot: headers that come more than
once, ``100-continue`` from end to end, an upload that breaks off, and any number of slow clients.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from jumpgate.common import exchange
from jumpgate.common.backend import broke_off
from jumpgate.common.bridge import Receive, Scope, Send, date, has_body
from jumpgate.common.errors import CloudTimeout, CloudUnreachable, JumpgateError, RequestTimeout
from jumpgate.common.exchange import Answer, Connection
from jumpgate.common.faults import Fault, fault_of
from jumpgate.common.passthrough import Passthrough
from jumpgate.common.relinking import Rewriter
from jumpgate.common.routing import UNEXPECTED, Recognizer, is_logged, log_request, start_request
from jumpgate.common.transit import (
    BODILESS,
    LARGEST_DOCUMENT_BYTES,
    encoded,
    forwarding,
    may_hold_links,
    not_forwarded,
    not_returned,
    path_of,
)

LOG = logging.getLogger(__name__)

# How long a service may think about an Expect before the body is sent all the same (RFC 9110, section 10.1.1).
EXPECT_PATIENCE_S = 1.0
# A request that takes longer is worth a look whether its client is still there.
WATCH_AFTER_S = 0.2
# How long a client may send nothing of a body that it owes, or take nothing of an answer.
CLIENT_PATIENCE_S = 300.0

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LAST_CHUNK = b"0\r\n\r\n"

Headers = list[tuple[bytes, bytes]]


class ClientGone(exchange.Failure):
    """The client has closed its connection before it had the whole answer."""


class Relay:
    """Passes the requests of a dispatcher on. One for each worker: it holds the connections to the backend."""

    def __init__(self, passthrough: Passthrough) -> None:
        self.disp = passthrough.disp
        self._backend = passthrough.backend
        self._links = passthrough.links
        self.pool = passthrough.backend.pool()
        self._known = Recognizer(self.disp)

    async def __call__(self, env: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; `env` is its WSGI environment below the service's mount."""
        start_request(env)
        transfer = Transfer(self, env, scope, receive, send)
        try:
            await transfer.run()
        except ClientGone:
            transfer.status = 499
        except (exchange.Failure, JumpgateError) as error:
            await self._fail(transfer, env, error)
        except Exception as error:
            LOG.error("%s %s failed (%s)", scope["method"], self._place(env), env["REQUEST_ID"], exc_info=error)
            await transfer.refuse(Fault(500, UNEXPECTED.format(request_id=env["REQUEST_ID"])))
        if is_logged():
            self._log(env, transfer.status)

    async def _fail(self, transfer: Transfer, env: dict[str, Any], error: Exception) -> None:
        """Answer with a fault, or break off an answer that has begun."""
        if transfer.status:
            LOG.warning("The %s service broke off in the middle of an answer: %s", self._backend.name, str(error))
            return
        word = error if isinstance(error, JumpgateError) else self._word(error)
        fault = fault_of(word, self.disp.service.answers)
        if fault.status >= 500:
            # As texts: an exception holds all that its frames hold.
            texts = (env["REQUEST_METHOD"], self._place(env), str(word), env["REQUEST_ID"], repr(word.__cause__))
            LOG.warning("%s %s: %s (%s) %s", *texts)
        await transfer.refuse(fault)

    def _word(self, error: Exception) -> JumpgateError:
        """Return a failure as one of our words; the text tells no address."""
        word: JumpgateError
        if isinstance(error, exchange.Unreachable):
            word = CloudUnreachable(f"The {self._backend.name} service behind this one cannot be reached.")
        elif isinstance(error, exchange.Slow):
            word = CloudTimeout(f"The {self._backend.name} service behind this one did not answer in time.")
        else:
            word = broke_off(self._backend.name)
        word.__cause__ = error
        return word

    def _place(self, env: dict[str, Any]) -> str:
        return self._known.find(env["PATH_INFO"])[0] or env["PATH_INFO"]

    def _log(self, env: dict[str, Any], status: int) -> None:
        template, values = self._known.find(env["PATH_INFO"])
        endpoint = self.disp.endpoint_at(template)
        env.setdefault("tenant_id", values.get("tenant_id"))
        log_request(env, self.disp.service.name, endpoint.name if endpoint else "-", status)

    def request_head(self, env: dict[str, Any], scope: Scope) -> bytes:
        """Return the request line and headers for the backend."""
        dropped = encoded(not_forwarded(env.get("HTTP_CONNECTION", "")))
        place = f"{scope['method']} {self._backend.path}{path_of(env)}".encode()
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        lines = [place, query, b" HTTP/1.1\r\nhost: ", self._backend.netloc.encode(), b"\r\n"]
        for name, value in scope["headers"]:
            if name not in dropped:
                lines += (name, b": ", value, b"\r\n")
        for key, text in forwarding(self.disp, self._backend.path, env).items():
            lines.append(f"{key}: {text}\r\n".encode("latin-1"))
        lines += _framing(env)
        lines.append(b"\r\n")
        return b"".join(lines)

    def rewriter(self, env: dict[str, Any]) -> Rewriter:
        """Return what rewrites the links of answers to a request."""
        return self._links.seen_by(env, self.disp)

    def render(self, fault: Fault, accept: str) -> tuple[bytes, Headers]:
        """Return an error's body and headers in the service's own format."""
        content, content_type = self.disp.service.faults.render(fault, accept)
        texts = {"content-type": content_type, "content-length": str(len(content)), **fault.headers}
        return content, [(name.encode(), text.encode("latin-1")) for name, text in texts.items()]


def _framing(env: dict[str, Any]) -> Iterator[bytes]:
    """Yield the headers that say where the body ends, and whether the client waits to be asked for it."""
    if "HTTP_TRANSFER_ENCODING" in env:
        yield b"transfer-encoding: chunked\r\n"
    elif "CONTENT_LENGTH" in env:
        yield f"content-length: {env['CONTENT_LENGTH']}\r\n".encode()
    if _expects(env):
        yield b"expect: 100-continue\r\n"


def _expects(env: dict[str, Any]) -> bool:
    return bool(env.get("HTTP_EXPECT", "").lower() == "100-continue")


class Transfer:
    """One request on its way there and back. `status` is that of the answer once it has begun, 0 before."""

    def __init__(self, relay: Relay, env: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
        self._relay = relay
        self._env = env
        self._scope = scope
        self._receive = receive
        self._send = send
        self._is_chunked = "HTTP_TRANSFER_ENCODING" in env
        self._has_more = has_body(env)
        self._is_body_asked_for = not _expects(env)
        self.status = 0

    async def run(self) -> None:
        """Pass the request on and its answer back; raise a failure or one of our words."""
        head = self._relay.request_head(self._env, self._scope)
        if self._has_more and self._is_body_asked_for:
            head += await self._block()
        connection, answer = await self._answered(head)
        with contextlib.closing(_Watch(self._receive, connection)) as watch:
            try:
                await self._answer(answer, connection, watch)
            finally:
                connection.release()

    async def _answered(self, head: bytes) -> tuple[Connection, Answer]:
        """Return the head of the answer and the connection on which its body will come.

        A kept connection may be closed just when it is used again, so what is safe to ask twice is asked again on a
        new one. Nothing else is.
        """
        kept = self._relay.pool.kept()
        if kept is not None:
            try:
                return kept, await self._exchange(kept, head)
            except exchange.Broken:
                if has_body(self._env) or self._scope["method"] not in _SAFE:
                    raise
        connection = await self._relay.pool.connect()
        return connection, await self._exchange(connection, head)

    # There.

    async def _exchange(self, connection: Connection, head: bytes) -> Answer:
        """Send the request and return the head of its answer; close the connection where there is none."""
        try:
            return await self._answer_to(connection, head)
        except BaseException:
            connection.abort()
            raise

    async def _answer_to(self, connection: Connection, head: bytes) -> Answer:
        connection.begin(head, is_head=self._scope["method"] == "HEAD")
        if not self._is_body_asked_for:
            await connection.invitation(EXPECT_PATIENCE_S)
            if connection.has_answered:
                return await connection.answer()
        if self._has_more:
            upload = asyncio.get_running_loop().create_task(self._upload(connection))
            try:
                if not await connection.answer_or(upload):
                    upload.result()
            finally:
                upload.cancel()
                with contextlib.suppress(exchange.Failure, asyncio.CancelledError):
                    await upload
        connection.has_been_sent = not self._has_more
        with contextlib.closing(_Watch(self._receive, connection)) as watch:
            watch.begin_later()
            return await connection.answer()

    async def _upload(self, connection: Connection) -> None:
        while self._has_more:
            await connection.write(await self._block())

    async def _block(self) -> bytes:
        """Return the next piece of the request's body as it goes to the backend; raise ClientGone."""
        self._is_body_asked_for = True
        try:
            async with asyncio.timeout(CLIENT_PATIENCE_S):
                message = await self._receive()
        except TimeoutError:
            raise RequestTimeout("The request body stopped before its end; send it again.") from None
        if message["type"] != "http.request":
            raise ClientGone
        self._has_more = message.get("more_body", False)
        block: bytes = message.get("body", b"")
        if not self._is_chunked:
            return block
        chunk = b"%x\r\n%b\r\n" % (len(block), block) if block else b""
        return chunk if self._has_more else chunk + _LAST_CHUNK

    # And back.

    async def _answer(self, answer: Answer, connection: Connection, watch: _Watch) -> None:
        rewriter = self._relay.rewriter(self._env)
        headers, facts = _returned(answer.headers, rewriter)
        if self._scope["method"] == "HEAD" or answer.status in BODILESS:
            # The server takes a length for a promise, unless it knows of a HEAD.
            self._scope["method"] = "HEAD"
            await self._begin(answer.status, headers)
        elif may_hold_links(*facts):
            await self._send_document(answer.status, headers, connection, rewriter, watch)
            return
        else:
            await self._begin(answer.status, headers)
            await self._stream(connection, watch)
        await self._send({"type": "http.response.body"})

    async def _begin(self, status: int, headers: Headers) -> None:
        if not self._is_body_asked_for or status == RequestTimeout.status:
            # Whether the body comes all the same is the client's choice, so this connection has no next request.
            headers.append((b"connection", b"close"))
        self.status = status
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _send_document(
        self, status: int, headers: Headers, connection: Connection, rewriter: Rewriter, watch: _Watch
    ) -> None:
        """Answer with a JSON document whose links are rewritten, unless it is too large to be held."""
        body = b""
        while block := await connection.read():
            body = body + block if body else block
            if len(body) > LARGEST_DOCUMENT_BYTES:
                await self._begin(status, headers)
                await self._send({"type": "http.response.body", "body": body, "more_body": True})
                await self._stream(connection, watch)
                await self._send({"type": "http.response.body"})
                return
        body = rewriter.in_json(body)
        headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        headers.append((b"content-length", b"%d" % len(body)))
        await self._begin(status, headers)
        await self._send({"type": "http.response.body", "body": body})

    async def _stream(self, connection: Connection, watch: _Watch) -> None:
        watch.begin()
        while block := await connection.read():
            try:
                async with asyncio.timeout(CLIENT_PATIENCE_S):
                    await self._send({"type": "http.response.body", "body": block, "more_body": True})
            except TimeoutError:
                raise ClientGone from None

    async def refuse(self, fault: Fault) -> None:
        """Answer with an error of our own, unless an answer has begun."""
        if self.status:
            return
        content, headers = self._relay.render(fault, self._env.get("HTTP_ACCEPT", ""))
        headers.append((b"date", date()))
        request_id = self._env["REQUEST_ID"].encode()
        headers += [(name.encode(), request_id) for name in self._relay.disp.service.request_id_headers]
        await self._begin(fault.status, headers)
        await self._send({"type": "http.response.body", "body": content})


def _returned(headers: Headers, rewriter: Rewriter) -> tuple[Headers, tuple[str, str, str]]:
    """Return an answer's headers for the client, and its content's type, encoding and length."""
    by_name = {name.lower(): value for name, value in headers}

    def text(name: bytes) -> str:
        return by_name[name].decode("latin-1") if name in by_name else ""

    dropped = encoded(not_returned(text(b"connection")))
    kept = [(name, rewriter.in_header(name.lower(), value)) for name, value in headers if name.lower() not in dropped]
    return kept, (text(b"content-type"), text(b"content-encoding"), text(b"content-length"))


class _Watch:
    """Notices that a client has gone away while nothing is received from it, and gives its exchange up."""

    def __init__(self, receive: Receive, connection: Connection) -> None:
        self._receive = receive
        self._connection = connection
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def begin_later(self) -> None:
        """Begin when the exchange takes long: most do not."""
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_S, self.begin)

    def begin(self) -> None:
        """Begin at once."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while (await self._receive())["type"] == "http.request":
            pass
        self._connection.abort(ClientGone())

    def close(self) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
