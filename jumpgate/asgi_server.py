"""Serving a port that passes requests through or has websockets: uvicorn in workers that share a listening socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import multiprocessing.connection
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from types import FrameType

import uvicorn
import uvloop

from jumpgate.api import Jumpgate
from jumpgate.common.gateway import Gateway
from jumpgate.common.sockets import LARGEST_MESSAGE_BYTES
from jumpgate.uvicorn_protocol import Protocol

LOG = logging.getLogger(__name__)

BACKLOG = 2048
KEEP_ALIVE_S = 75
# A worker that ends sooner than this after its start is not started again at once.
SHORTEST_LIFE_S = 1.0
# The requests to a service behind that have to be WSGI, a hook's for one: each waits in a thread.
PASSTHROUGH_THREADS = 64

_ENDS = (signal.SIGTERM, signal.SIGINT)


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
        for number in _ENDS:
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
            with _signals_held():
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


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Hold signals back. A process that is forked meanwhile begins so, and gets its signals when its server can act."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Server(uvicorn.Server):
    """Ends by a signal, by one too that came before it ran."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
            yield


def _work(app: Jumpgate, listener: socket.socket, own: int | None, threads: int, drain_s: int) -> None:
    """Serve in this process until SIGTERM."""
    # uvicorn raises the signal that ended it once more, for whoever handled it before.
    for number in _ENDS:
        signal.signal(number, lambda *_: None)
    # What it has to say of requests that no client should send is no line for each.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    app.start()
    pools = {False: ThreadPoolExecutor(threads), True: ThreadPoolExecutor(max(threads, PASSTHROUGH_THREADS))}
    gateway = app.gateway(pools, own)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            has_sockets = any(disp.sockets for disp in app.dispatchers())
            config = settings(gateway, drain_s=drain_s, has_sockets=has_sockets)
            runner.run(run(Server(config), listener, gateway))
    finally:
        app.stop()
        for pool in pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


def settings(gateway: Gateway, *, drain_s: int, has_sockets: bool = False) -> uvicorn.Config:
    """Return how uvicorn serves: it adds nothing to an answer and believes nobody's headers, that is `Front`'s part."""
    return uvicorn.Config(
        gateway,
        http=Protocol,
        ws="websockets-sansio" if has_sockets else "none",
        ws_max_size=LARGEST_MESSAGE_BYTES,
        ws_per_message_deflate=False,
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
