"""LXD's websockets: its events, and the consoles of instances."""

from __future__ import annotations

import contextlib
import logging
import ssl
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from jumpgate.clouds.lxd.sdk import Client, WebSocketBaseClient
from jumpgate.common.errors import CloudUnreachable

LOG = logging.getLogger(__name__)

# How long LXD may take to answer a goodbye.
_GOODBYE_S = 5.0

S = TypeVar("S", bound="Socket")


class Socket(WebSocketBaseClient):  # type: ignore[misc]
    """One websocket, which the thread that reads it drives."""

    def handshake_ok(self) -> None:
        """Nothing is sent: LXD talks first."""

    def unhandled_error(self, error: Exception) -> None:
        """The end of a connection is nothing to complain of: who reads it is told that there is no more."""
        LOG.debug("A websocket of LXD's has ended: %s", error)


def connected(kind: type[S], client: Client, resource: str) -> S:
    """Return a socket that is connected to a path of LXD's; raise what the library raises, or CloudUnreachable."""
    made = kind(client.websocket_url, ssl_options=client.ssl_options, exclude_headers=["origin"])
    made.resource = resource
    made.connect()
    _check_certificate(made, client.api.session.verify)
    return made


def _check_certificate(made: Socket, pinned: object) -> None:
    """Refuse a server that is not the one whose certificate is configured: the websocket library does not look."""
    if not isinstance(made.sock, ssl.SSLSocket):
        return
    shown = made.sock.getpeercert(binary_form=True) or b""
    known = ssl.PEM_cert_to_DER_cert(Path(str(pinned)).read_text(encoding="ascii"))
    if sha256(shown).digest() != sha256(known).digest():
        made.close_connection()
        raise CloudUnreachable("LXD's certificate is not the one of server_cert.")


class ByteSocket(Socket):
    """A websocket that carries bytes. LXD says by an empty text that there are no more."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._received: list[bytes] = []
        self._has_ended = False
        self._reading = threading.Lock()

    def received_message(self, message: Any) -> None:
        self._received.append(message.data)
        self._has_ended = self._has_ended or not message.data

    def read(self) -> bytes:
        """Wait for bytes and return them; none at the end."""
        with self._reading:
            while not self._received and not self._has_ended:
                self._take()
            data, self._received = b"".join(self._received), []
        return data

    def _take(self) -> None:
        if not self.once():
            self._has_ended = True

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self.send(data, binary=True)

    def end(self) -> None:
        """Say goodbye, wait until LXD has answered, and close; whoever reads is told the end.

        LXD 5.0 ends with all that it does ("panic: concurrent write to websocket connection") when two of its threads
        write to a console's connection while it closes. To one that has answered a goodbye it writes no more. The empty
        text at the end of a console is no answer: the thread that sent it may still be about it.
        """
        with contextlib.suppress(OSError, RuntimeError):
            self.close()
        if self.sock is not None:
            self.sock.settimeout(_GOODBYE_S)
        if self._reading.acquire(timeout=_GOODBYE_S):
            while self.sock is not None and self.once():
                pass
            self._has_ended = True
            self._reading.release()
        self.close_connection()
