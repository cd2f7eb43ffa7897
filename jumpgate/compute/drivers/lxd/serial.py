"""The serial console of a running instance: LXD's console, which it gives to one client at a time."""

from __future__ import annotations

import time

from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.clouds.lxd.sockets import ByteSocket
from jumpgate.common.errors import Conflict

# LXD sets the size of a terminal that nobody here knows.
_SIZE = {"width": 80, "height": 24}
_CONTROL = "control"
# LXD drops what is typed before its own process is at the console, and does not tell when that is: 40 to 80 ms later.
_ARRIVES_S = 0.5


class SerialConsole:
    """One client at an instance's console: the socket of the bytes, and another one that holds it."""

    def __init__(self, session: Session, record: Record) -> None:
        if record["status"] != "Running":
            raise Conflict("The server does not run, so there is nobody at its console; start it first.")
        place = ("instances", record["name"], "console")
        operation = session.begin(*place, project=record["project"], body={"type": "console", **_SIZE})
        secrets = operation["metadata"]["fds"]
        path = f"/1.0/operations/{operation['id']}/websocket?secret="
        self._held = session.connect(ByteSocket, path + secrets[_CONTROL])
        try:
            self._bytes = session.connect(ByteSocket, path + secrets["0"])
        except Exception:
            self._held.end()
            raise
        self._opened = time.monotonic()

    def read(self) -> bytes:
        """Wait for what the guest writes."""
        return self._bytes.read()

    def write(self, data: bytes) -> None:
        """Type."""
        time.sleep(max(0.0, self._opened + _ARRIVES_S - time.monotonic()))
        self._bytes.write(data)

    def close(self) -> None:
        """Leave the console to others."""
        self._bytes.end()
        self._held.end()
