"""Serving: one server for the shared port and one for each service that has a port of its own.

Granian serves what Jumpgate answers, `jumpgate.asgi_server` what it passes through, and ports with websockets.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.util
import os
import signal
import socket
from collections.abc import Callable, Iterable
from types import FrameType
from typing import TYPE_CHECKING, Any

from granian.constants import Interfaces
from granian.server import Server

from jumpgate import asgi_server
from jumpgate.api import Jumpgate
from jumpgate.common.errors import ConfigError
from jumpgate.common.gateway import needs_event_loop
from jumpgate.memory import share_with_forks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DRAIN_S = 15


def ports(app: Jumpgate) -> list[int | None]:
    """Return the ports to serve: None stands for the shared one, where any service uses it."""
    found = {disp.mount.port for disp in app.dispatchers()}
    return sorted(found, key=lambda port: port or 0)


def check_free(host: str, wanted: Iterable[int]) -> None:
    """Raise ConfigError when an address cannot be listened on."""
    for port in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise ConfigError(
                    f"Cannot listen on {host}:{port}: {error.strerror}. Choose another --port."
                ) from error


def serve(app: Jumpgate, *, host: str, port: int, workers: int, threads: int) -> None:
    """Serve until SIGINT or SIGTERM, then finish the requests at hand."""
    app.build()
    _forget_http_variables()
    share_with_forks()
    multiprocessing.set_start_method("fork", force=True)
    runs = [lambda own=own: _run(app, host, own, port, workers, threads) for own in ports(app)]
    if len(runs) == 1:
        runs[0]()
    else:
        _run_side_by_side(runs)


def _forget_http_variables() -> None:
    """Drop this process's variables that Granian would mix with the requests' headers, HTTP_PROXY for one."""
    for name in [name for name in os.environ if name.startswith("HTTP_")]:
        del os.environ[name]


def _run(app: Jumpgate, host: str, own: int | None, shared: int, workers: int, threads: int) -> None:
    """Serve one port: what passes requests through is a matter of waiting, what answers them one of threads."""
    if needs_event_loop(app.dispatchers(), own):
        port = own or shared
        asgi_server.serve(app, host=host, port=port, own=own, workers=workers, threads=threads, drain_s=DRAIN_S)
        return
    server = Server(
        "jumpgate",
        address=host,
        port=own or shared,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        backlog=2048,
        log_enabled=False,
        workers_kill_timeout=DRAIN_S,
        respawn_failed_workers=True,
    )
    server.serve(target_loader=lambda *_: _worker(app, own), wrap_loader=False)


def _worker(app: Jumpgate, own: int | None) -> WSGIApplication:
    """Make the application of one worker process, in that process."""
    app.start()
    multiprocessing.util.Finalize(None, app.stop, exitpriority=10)
    if own is None:
        return app

    def alone(env: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        env["jumpgate.port"] = own
        return app(env, start_response)

    return alone


def _run_side_by_side(runs: Iterable[Callable[[], Any]]) -> None:
    """Run each server in a process of its own; stop all when one ends or a signal comes."""
    children = [multiprocessing.Process(target=run) for run in runs]
    for child in children:
        child.start()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for child in children:
            if child.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    multiprocessing.connection.wait([child.sentinel for child in children])
    stop(signal.SIGTERM, None)
    for child in children:
        child.join()
