"""Serving a port that passes requests through: uvicorn in worker processes that share one listening socket."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import multiprocessing.connection
import re
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from types import FrameType

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from jumpgate.api import Jumpgate
from jumpgate.common.exchange import MOST_HELD_BYTES
from jumpgate.common.gateway import Gateway

LOG = logging.getLogger(__name__)

BACKLOG = 2048
KEEP_ALIVE_S = 75
# A token with a catalog in a header is the largest that a client has to send.
LARGEST_HEAD_BYTES = 128 * 1024
HEAD_PATIENCE_S = 60.0
LARGEST_CORKED_BYTES = 16 * 1024
# A worker that ends sooner than this after its start is not started again at once.
SHORTEST_LIFE_S = 1.0
# The requests to a service behind that have to be WSGI, a hook's for one: each waits in a thread.
PASSTHROUGH_THREADS = 64


def serve(app: Jumpgate, *, host: str, port: int, own: int | None, workers: int, threads: int, drain_s: int) -> None:
    """Serve until SIGINT or SIGTERM, then finish the requests at hand; a worker that dies is replaced.

    `own` is the port if it belongs to one service alone. Requests at hand get `drain_s` seconds to end.
    """
    listener = _listen(host, port)

    def work() -> None:
        _work(app, listener, own, threads, drain_s)

    Supervisor(work, workers, drain_s).run()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.set_inheritable(True)
    return listener


class Supervisor:
    """Keeps a number of worker processes alive until it is asked to stop."""

    def __init__(self, work: Callable[[], None], workers: int, drain_s: int) -> None:
        self._work = work
        self._wanted = workers
        self._drain_s = drain_s
        self._workers: dict[BaseProcess, float] = {}
        self._stop = threading.Event()
        self._woken, self._wake = multiprocessing.Pipe(duplex=False)

    def run(self) -> None:
        """Start the workers, replace those that die, and end them all when a signal comes."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        while not self._stop.is_set():
            self._fill()
            multiprocessing.connection.wait([self._woken, *(worker.sentinel for worker in self._workers)])
            self._bury()
        self._end()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()
        self._wake.send(None)

    def _fill(self) -> None:
        while len(self._workers) < self._wanted and not self._stop.is_set():
            worker = multiprocessing.Process(target=self._work, name="worker")
            worker.start()
            self._workers[worker] = time.monotonic()

    def _bury(self) -> None:
        for worker, started in list(self._workers.items()):
            if worker.is_alive() or self._stop.is_set():
                continue
            LOG.error("Worker %s ended with %s and is replaced.", worker.pid, worker.exitcode)
            del self._workers[worker]
            if time.monotonic() - started < SHORTEST_LIFE_S:
                self._stop.wait(SHORTEST_LIFE_S)

    def _end(self) -> None:
        for worker in self._workers:
            worker.terminate()
        deadline = time.monotonic() + self._drain_s + 5
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
            if worker.is_alive():
                worker.kill()
                worker.join()


def _work(app: Jumpgate, listener: socket.socket, own: int | None, threads: int, drain_s: int) -> None:
    """Serve in this process until SIGTERM."""
    # uvicorn raises the signal that ended it once more, for whoever handled it before.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    # What it has to say of requests that no client should send is no line for each.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    app.start()
    pools = {False: ThreadPoolExecutor(threads), True: ThreadPoolExecutor(max(threads, PASSTHROUGH_THREADS))}
    gateway = app.gateway(pools, own)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(uvicorn.Server(settings(gateway, drain_s=drain_s)), listener, gateway))
    finally:
        app.stop()
        for pool in pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


class Corked:
    """A transport that sends what is written in one turn of the loop at once: the head of a small answer and its body.

    That is a system call and a packet less for each request, of which there are three.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
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
            if not data.isascii():
                line, end, rest = data.partition(b"\r\n")
                data = _NOT_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], line) + end + rest
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

    def on_message_begin(self) -> None:
        self._is_between_requests = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_has_come()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_between_requests = True
        super().on_message_complete()


def settings(gateway: Gateway, *, drain_s: int) -> uvicorn.Config:
    """Return how uvicorn serves: it adds nothing to an answer and believes nobody's headers, that is `Front`'s part."""
    return uvicorn.Config(
        gateway,
        http=Protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=drain_s,
    )


async def run(server: uvicorn.Server, listener: socket.socket, gateway: Gateway) -> None:
    """Serve until the server is asked to exit."""
    try:
        await server.serve(sockets=[listener])
    finally:
        gateway.close()
