"""The serial console of a running instance: LXD's console, which it gives to one client at a time."""

from __future__ import annotations

import contextlib
import time

from jumpgate.clouds.lxd.disks import server_id_of
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.clouds.lxd.sockets import ByteSocket
from jumpgate.common.errors import Conflict, JumpgateError
from jumpgate.compute.drivers.lxd.consoles import Consoles

# LXD sets the size of a terminal that nobody here knows.
_SIZE = {"width": 80, "height": 24}
_CONTROL = "control"
# LXD drops what is typed before its own process is at the console, and does not tell when that is: 40 to 80 ms later.
_ARRIVES_S = 0.5
_LEAVES_S = 5.0


class SerialConsole:
    """One client at an instance's console: the socket of the bytes, and another one that holds it."""

    def __init__(self, session: Session, record: Record, consoles: Consoles) -> None:
        if record["status"] != "Running":
            raise Conflict("The server does not run, so there is nobody at its console; start it first.")
        with contextlib.ExitStack() as held:
            held.enter_context(consoles.sit(server_id_of(record)))
            self._bytes = self._connect(session, record, held)
            self._held = held.pop_all()
        self._opened = time.monotonic()

    @staticmethod
    def _connect(session: Session, record: Record, held: contextlib.ExitStack) -> ByteSocket:
        place = ("instances", record["name"], "console")
        operation = session.begin(*place, project=record["project"], body={"type": "console", **_SIZE})
        secrets = operation["metadata"]["fds"]
        path = f"/1.0/operations/{operation['id']}/websocket?secret="
        # The last of closing: LXD takes a moment to leave the console.
        held.callback(_await_end, session, str(operation["id"]))
        control = session.connect(ByteSocket, path + secrets[_CONTROL])
        held.callback(control.end)
        data = session.connect(ByteSocket, path + secrets["0"])
        held.callback(data.end)
        return data

    def read(self) -> bytes:
        """Wait for what the guest writes."""
        return self._bytes.read()

    def write(self, data: bytes) -> None:
        """Type."""
        time.sleep(max(0.0, self._opened + _ARRIVES_S - time.monotonic()))
        self._bytes.write(data)

    def close(self) -> None:
        """Leave the console to others."""
        self._held.close()


def _await_end(session: Session, operation_id: str) -> None:
    with contextlib.suppress(JumpgateError):
        session.wait(operation_id, "the console", timeout_s=_LEAVES_S)
