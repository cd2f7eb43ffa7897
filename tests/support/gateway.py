"""An application served as `jumpgate serve` serves a passthrough, in a thread of the test's own process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
import uvloop

from jumpgate import asgi_server
from jumpgate.api import Jumpgate
from jumpgate.common.config import SERVICE_NAMES, Config
from jumpgate.common.gateway import Gateway
from tests.support.ports import LOOPBACK
from tests.support.waiting import wait_until

NOWHERE = "http://127.0.0.1:1"


@dataclass(frozen=True, slots=True)
class Relayed:
    """A running gateway: where it listens, and what is inside."""

    port: int
    app: Jumpgate
    gateway: Gateway

    def connect(self, timeout_s: float = 10) -> socket.socket:
        """Connect to it."""
        return socket.create_connection((LOOPBACK, self.port), timeout=timeout_s)

    def open_connections(self, service: str) -> int:
        """Say how many connections to a service behind it are open."""
        relay = self.gateway.relay(self.app.get_dispatcher(service))
        return relay.pool.open


def application(config: str = "", **urls: str) -> Jumpgate:
    """Make an application that passes every service on: to the URL given for it, or to nobody."""
    endpoints = "".join(f"{name}_endpoint={urls.get(name, NOWHERE)}\n" for name in SERVICE_NAMES)
    return Jumpgate(Config.from_text(f"[openstack]\n{endpoints}{config}"))


@contextmanager
def serving(app: Jumpgate) -> Iterator[Relayed]:
    """Serve an application while the block lasts; what is left running then fails the test."""
    listener = socket.create_server((LOOPBACK, 0))
    with ThreadPoolExecutor(4) as threads:
        gateway = app.gateway({True: threads, False: threads}, None)
        server = uvicorn.Server(asgi_server.settings(gateway, drain_s=2))
        loop = uvloop.new_event_loop()
        thread = threading.Thread(target=_run, args=(loop, server, listener, gateway), daemon=True)
        thread.start()
        try:
            yield Relayed(listener.getsockname()[1], app, gateway)
        finally:
            server.should_exit = True
            thread.join(10)
        assert not thread.is_alive()
        assert wait_until(lambda: not asyncio.all_tasks(loop), timeout_s=1)


def _run(loop: asyncio.AbstractEventLoop, server: uvicorn.Server, listener: socket.socket, gateway: Gateway) -> None:
    asyncio.set_event_loop(loop)
    loop.run_until_complete(asgi_server.run(server, listener, gateway))
