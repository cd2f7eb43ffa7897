"""The application as ASGI: passthroughs are relayed in the event loop, everything else is WSGI in threads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from jumpgate.common import bridge, routing, sockets
from jumpgate.common.bridge import Receive, Scope, Send
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.front import Front
from jumpgate.common.hooks import Hooks
from jumpgate.common.passthrough import Passthrough
from jumpgate.common.relay import Relay

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Gateway:
    """Serves what `front` serves; for one event loop, on a `port` of one service or on the shared one (None).

    A dispatcher is relayed when its passthrough answers everything: a handler or hook of a driver's sees Falcon's
    request and response, which are WSGI's.
    """

    def __init__(self, front: Front, hooks: Hooks, threads: Mapping[bool, Executor], port: int | None = None) -> None:
        """`hooks` are the global ones; `threads` are for services with (True) and without a passthrough."""
        self._front = front
        self._hooks = hooks
        self._threads = threads
        self._port = port
        self._relays: dict[Dispatcher, Relay] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        env = bridge.environ(scope)
        if self._port is not None:
            env["jumpgate.port"] = self._port
        disp, app = self._front.enter(env)
        if scope["type"] == "websocket":
            await _serve_socket(disp, scope, env, receive, send)
        elif disp is not None and self._is_relayed(disp):
            await self.relay(disp)(env, scope, receive, send)
        else:
            await self._call(app, disp, env, receive, send)

    def _is_relayed(self, disp: Dispatcher) -> bool:
        hooks = self._hooks.before_hooks or self._hooks.after_hooks or disp.before_hooks or disp.after_hooks
        return passes_through(disp) and not hooks and not disp.has_handlers

    def relay(self, disp: Dispatcher) -> Relay:
        """Return what relays a passthrough's requests in this event loop."""
        relay = self._relays.get(disp)
        if relay is None:
            assert isinstance(disp.fallback, Passthrough)
            relay = self._relays[disp] = Relay(disp.fallback)
        return relay

    async def _call(
        self, app: WSGIApplication, disp: Dispatcher | None, env: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        threads = self._threads[disp is not None and passes_through(disp)]
        await bridge.serve(app, env, receive, send, threads)

    def close(self) -> None:
        """Close the connections to the services behind that are not in use."""
        for relay in self._relays.values():
            relay.pool.close()


def passes_through(disp: Dispatcher) -> bool:
    """Tell whether a dispatcher hands what it does not answer itself to a service behind it."""
    return isinstance(disp.fallback, Passthrough)


async def _serve_socket(
    disp: Dispatcher | None, scope: Scope, env: dict[str, Any], receive: Receive, send: Send
) -> None:
    """Serve a websocket. The log names its path and not its query, in which clients send secrets."""
    routing.start_request(env)
    opener = disp.sockets.get(env["PATH_INFO"]) if disp is not None else None
    status = await sockets.serve(opener, scope, env, receive, send)
    if routing.is_logged():
        routing.log_request(env, disp.service.name if disp is not None else "-", "websocket", status)


def needs_event_loop(dispatchers: Iterable[Dispatcher], port: int | None) -> bool:
    """Tell whether a port has a passthrough or websockets; None is the shared one."""
    return any(passes_through(disp) or disp.sockets for disp in dispatchers if disp.mount.port == port)
