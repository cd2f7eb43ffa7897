"""LXD's events: a thread listens to its websocket, so that whoever waits for an operation need not ask again and again.

LXD forgets an operation five seconds after its end, and sends nothing twice. So the ends of the last operations are
kept for who comes late, and after each new connection those still waited for are asked after, and once more when that
has settled.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson

from jumpgate.clouds.lxd.faults import translated
from jumpgate.clouds.lxd.sdk import Client, WebSocketException
from jumpgate.clouds.lxd.sockets import Socket, connected
from jumpgate.common.errors import CloudUnreachable, JumpgateError

LOG = logging.getLogger(__name__)

Record = Mapping[str, Any]
V = TypeVar("V")
MOST_KEPT = 4096
# How long a waiter bears it that nobody can tell him anything.
AWAY_S = 15.0
# LXD answers a new listener before it has noted it, so what ends just then is told to nobody.
SETTLES_S = 1.0
RESTS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
# The status codes of an operation that goes on are 1xx.
_FIRST_FINAL = 200
_CREATED = "instance-created"
LOST: Record = {
    "status": "Lost",
    "status_code": 0,
    "err": "LXD was restarted, or forgot the operation, before it said how it ended.",
}


class Stream(Socket):
    """One connection to LXD's events; each message goes to `receive`."""

    receive: Callable[[Record], None]

    def received_message(self, message: Any) -> None:
        self.receive(orjson.loads(message.data))


class Events:
    """Knows how operations ended. The thread begins with the first wait and ends with the process."""

    def __init__(self, client: Callable[[], Client], ask: Callable[[str], Record | None]) -> None:
        """`ask` returns an operation as LXD knows it now, None for one that it has forgotten."""
        self._client = client
        self._ask = ask
        self._changed = threading.Condition()
        self._ends: OrderedDict[str, Record] = OrderedDict()
        self._made: OrderedDict[str, None] = OrderedDict()
        self._calls: dict[str, Callable[[], None]] = {}
        self._connections = 0
        self._connected = False
        self._connected_at = 0.0
        self._listener: threading.Thread | None = None

    def listen(self) -> None:
        """Begin to listen, if nobody did, and wait a moment for the connection."""
        with self._changed:
            if self._listener is None:
                self._listener = threading.Thread(target=self._listen, name="lxd-events", daemon=True)
                self._listener.start()
            self._changed.wait_for(lambda: self._connected, timeout=1.0)

    def rest(self, seconds: float) -> None:
        """Wait until something has happened in LXD, `seconds` at most: what was busy may be so no more."""
        self.listen()
        with self._changed:
            self._changed.wait(seconds)

    def wait_made(self, operation_id: str, project: str, name: str, *, timeout_s: float = 10.0) -> None:
        """Wait until the instance that an operation makes is there to be asked for, or the operation has ended."""
        source = f"/1.0/instances/{name}"
        made = f"{source}?project={project}"
        self.listen()
        with self._changed:
            self._changed.wait_for(
                lambda: operation_id in self._ends or made in self._made or not self._connected,
                timeout=min(timeout_s, self._unsettled_s() or timeout_s),
            )
            self._made.pop(made, None)

    def when_over(self, operation_id: str, call: Callable[[], None]) -> None:
        """Call, in the listening thread, when an operation is over; not where no event tells so."""
        with self._changed:
            if operation_id not in self._ends:
                self._calls[operation_id] = call
                return
        call()

    def wait(self, operation_id: str, timeout_s: float) -> Record | None:
        """Return how an operation ended, None when it has not after so long."""
        deadline = time.monotonic() + timeout_s
        self.listen()
        asked_on = None
        while True:
            with self._changed:
                ended = self._ends.get(operation_id)
                if ended is not None:
                    return ended
                connection = (self._connections, self._unsettled_s() > 0)
                if asked_on == connection:
                    if not self._await_news(deadline):
                        return None
                    continue
            asked_on = connection
            ended = self._asked(operation_id)
            if ended is not None:
                return ended

    def _await_news(self, deadline: float) -> bool:
        """Wait for the next event; raise CloudUnreachable where none can come because LXD stays away."""
        left = max(0.0, deadline - time.monotonic())
        unsettled = self._unsettled_s()
        if self._connected and 0 < unsettled < left:
            self._changed.wait(unsettled)
            return True
        if self._connected:
            return self._changed.wait(left)
        if not self._changed.wait(min(left, AWAY_S)) and not self._connected:
            raise CloudUnreachable("LXD went away while it worked on this; try again later.")
        return True

    def _unsettled_s(self) -> float:
        """Return how long it may still be that LXD's events pass a new connection by."""
        return max(0.0, self._connected_at + SETTLES_S - time.monotonic())

    def _asked(self, operation_id: str) -> Record | None:
        """Ask after an operation; None while it goes on, or while LXD does not answer."""
        try:
            known = self._ask(operation_id)
        except CloudUnreachable:
            return None
        with self._changed:
            told = self._ends.get(operation_id)
        if told is not None or known is None:
            return told or LOST
        return known if known.get("status_code", 0) >= _FIRST_FINAL else None

    def _listen(self) -> None:
        failures = 0
        while True:
            try:
                self._follow()
                failures = 0
            except (JumpgateError, WebSocketException, OSError, ValueError) as error:
                LOG.info("LXD's events cannot be followed, which is tried again: %s", error)
            with self._changed:
                failures = 0 if self._connected else failures + 1
                self._connected = False
            time.sleep(RESTS_S[min(failures, len(RESTS_S) - 1)])

    def _follow(self) -> None:
        """Connect and read until the connection ends."""
        with translated("GET /events"):
            client = self._client()
        stream = connected(Stream, client, "/1.0/events?type=operation,lifecycle&all-projects=true")
        stream.receive = self._receive
        with self._changed:
            self._connected = True
            self._connected_at = time.monotonic()
            self._connections += 1
            self._changed.notify_all()
        stream.run()

    def _receive(self, event: Record) -> None:
        told = event.get("metadata") or {}
        if event.get("type") == "operation" and told.get("status_code", 0) >= _FIRST_FINAL:
            self._keep(self._ends, told["id"], told)
            self._call(told["id"])
        elif told.get("action") == _CREATED:
            self._keep(self._made, str(told.get("source")), None)

    def _call(self, operation_id: str) -> None:
        with self._changed:
            call = self._calls.pop(operation_id, None)
        if call is not None:
            try:
                call()
            except Exception:
                LOG.exception("What waited for operation %s of LXD is not told of its end", operation_id)

    def _keep(self, kept: OrderedDict[str, V], name: str, value: V) -> None:
        with self._changed:
            kept[name] = value
            while len(kept) > MOST_KEPT:
                kept.popitem(last=False)
            self._changed.notify_all()
