"""LXD's websockets: its events, and the consoles of instances."""

from __future__ import annotations

import contextlib
import socket
import ssl
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from jumpgate.clouds.lxd.sdk import Client, WebSocketBaseClient
from jumpgate.common.errors import CloudUnreachable

S = TypeVar("S", bound="Socket")


class Socket(WebSocketBaseClient):  # type: ignore[misc]
    """One websocket, which the thread that reads it drives."""

    def handshake_ok(self) -> None:
        """Nothing is sent: LXD talks first."""


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

    def received_message(self, message: Any) -> None:
        self._received.append(message.data)
        self._has_ended = self._has_ended or not message.data

    def read(self) -> bytes:
        """Wait for bytes and return them; none at the end."""
        while not self._received and not self._has_ended:
            if not self.once():
                self._has_ended = True
        data, self._received = b"".join(self._received), []
        return data

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self.send(data, binary=True)

    def end(self) -> None:
        """Close, and let go whoever reads."""
        held: socket.socket | None = self.sock
        if held is not None:
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
        self.close_connection()
