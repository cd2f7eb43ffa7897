"""The serial console of an embedded server: what stands in its log, and what comes to it while somebody watches."""

from __future__ import annotations

import threading

import sqlalchemy as sa

from jumpgate.common.config import Option, flag
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict
from jumpgate.common.sockets import ByteStream
from jumpgate.compute.drivers.embedded.servers import EmbeddedServers
from jumpgate.compute.models import PAUSED, RUNNING, Server
from jumpgate.store.engine import Store
from jumpgate.store.tables.compute import servers

SERIAL_CONSOLE = Option(
    "compute",
    "serial_console",
    flag,
    "false",
    "Whether servers of the embedded cloud have serial consoles, as Nova's [serial_console] enabled.",
)
OPTIONS = (SERIAL_CONSOLE,)
# How soon a line that another process has written is seen.
_LOOKS_EVERY_S = 0.3
_SWITCHED_ON = (RUNNING, PAUSED)


class EmbeddedServersWithConsoles(EmbeddedServers):
    """Servers whose consoles can be watched."""

    def serial_console(self, ctx: Context, server_id: str) -> ByteStream:
        return SerialConsole(self._store, self.get(ctx, server_id))


class SerialConsole:
    """The lines of a server from its first start on. There is no guest to read what is typed."""

    def __init__(self, store: Store, server: Server) -> None:
        if server.power_state not in _SWITCHED_ON:
            raise Conflict("The server does not run, so nothing comes from its console; start it first.")
        self._store = store
        self._server_id = server.id
        self._seen = 0
        self._left = threading.Event()

    def read(self) -> bytes:
        """Wait for lines, which end as a terminal wants them to."""
        while not self._left.is_set():
            text, is_on = self._look()
            if text or not is_on:
                self._seen += len(text)
                return text.replace("\n", "\r\n").encode()
            self._left.wait(_LOOKS_EVERY_S)
        return b""

    def _look(self) -> tuple[str, bool]:
        """Return what has been written since the last time, and whether more may come."""
        fresh = sa.func.substr(servers.c.console, self._seen + 1)
        wanted = sa.select(fresh.label("text"), servers.c.power_state, servers.c.deleted)
        with self._store.read() as connection:
            row = connection.execute(wanted.where(servers.c.id == self._server_id)).one_or_none()
        if row is None:
            return "", False
        return row.text, row.power_state in _SWITCHED_ON and not row.deleted

    def write(self, data: bytes) -> None:
        """Take what is typed, as a machine does on which no program listens."""

    def close(self) -> None:
        """Let whoever reads come to the end."""
        self._left.set()
