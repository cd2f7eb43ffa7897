"""How a console's websocket is left; no LXD is needed for it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from websockets.frames import Close, Frame, Opcode
from websockets.server import ServerProtocol

from jumpgate.clouds.lxd.sockets import ByteSocket

EMPTY_TEXT = Frame(Opcode.TEXT, b"").serialize(mask=False)
GOODBYE = Frame(Opcode.CLOSE, Close(1000, "").serialize()).serialize(mask=False)


class Console:
    """LXD's end of a console that is over: it has said so, and takes its time to answer a goodbye."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.has_answered = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        protocol = ServerProtocol()
        connection, _ = self._listener.accept()
        with connection:
            protocol.receive_data(connection.recv(4096))
            (request,) = protocol.events_received()
            protocol.send_response(protocol.accept(request))  # type: ignore[arg-type]
            connection.sendall(b"".join(protocol.data_to_send()) + EMPTY_TEXT)
            assert connection.recv(4096)[0] & 0x0F == Opcode.CLOSE
            time.sleep(0.3)
            self.has_answered = True
            connection.sendall(GOODBYE)

    def end(self) -> None:
        self._thread.join(timeout=10)
        self._listener.close()


@pytest.fixture
def console() -> Iterator[Console]:
    made = Console()
    yield made
    made.end()


def test_a_goodbye_is_waited_for_though_there_is_no_more_to_read(console: Console) -> None:
    mine = ByteSocket(f"ws://127.0.0.1:{console.port}/")
    mine.connect()
    assert mine.read() == b""

    mine.end()

    assert console.has_answered
    assert mine.sock is None
