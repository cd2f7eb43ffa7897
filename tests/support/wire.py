"""HTTP/1.1 by hand, for what clients would mend or refuse to send."""

from __future__ import annotations

import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came. `is_whole` is false when its body breaks off before the end that it announces."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    is_whole: bool

    def all(self, name: str) -> list[str]:
        """Return the values of every header of a name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


def send(connection: socket.socket, line: str, *headers: str, body: bytes = b"") -> None:
    """Send a request; nothing is added to it but Host."""
    head = "\r\n".join([f"{line} HTTP/1.1", "Host: cloud", *headers, "", ""])
    connection.sendall(head.encode("latin-1") + body)


def chunk(block: bytes) -> bytes:
    """Return one chunk of a chunked body; an empty one ends it."""
    return b"%x\r\n%b\r\n" % (len(block), block)


def read_head(connection: socket.socket) -> tuple[int, list[tuple[str, str]], bytes]:
    """Read the head of an answer; return status, headers and what came after it. Raises EOFError."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more:
            raise EOFError(data)
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (text.partition(":") for text in lines)]
    return int(line.split()[1]), headers, rest


def receive(connection: socket.socket, *, method: str = "GET") -> Reply:
    """Read one answer with its body."""
    status, headers, rest = read_head(connection)
    names = {name.lower(): value for name, value in headers}
    if method == "HEAD" or status in (204, 304):
        return Reply(status, headers, rest, rest == b"")
    if names.get("transfer-encoding") == "chunked":
        return _chunked(connection, status, headers, rest)
    length = int(names["content-length"])
    while len(rest) < length and (more := _more(connection)):
        rest += more
    return Reply(status, headers, rest, len(rest) == length)


def _chunked(connection: socket.socket, status: int, headers: list[tuple[str, str]], rest: bytes) -> Reply:
    body = b""
    while True:
        while b"\r\n" not in rest:
            more = _more(connection)
            if not more:
                return Reply(status, headers, body, False)
            rest += more
        line, _, rest = rest.partition(b"\r\n")
        size = int(line, 16)
        while len(rest) < size + 2:
            more = _more(connection)
            if not more:
                return Reply(status, headers, body + rest, False)
            rest += more
        if size == 0:
            return Reply(status, headers, body, True)
        body, rest = body + rest[:size], rest[size + 2 :]


def _more(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except ConnectionResetError:
        return b""


def ask(connection: socket.socket, line: str, *headers: str, body: bytes = b"") -> Reply:
    """Send a request and read its answer."""
    send(connection, line, *headers, body=body)
    return receive(connection, method=line.split()[0])
