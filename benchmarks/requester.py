"""A small load generator for machines without wrk: raw sockets, an epoll loop in each of a few processes."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import selectors
import socket
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypedDict
from urllib.parse import urlsplit

PROCESSES = max(1, min(3, (os.cpu_count() or 2) - 1))
_CHUNK_BYTES = 1 << 18
_VARY = b"{vary}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request as the bytes that go out, and where to."""

    address: tuple[str, int]
    content: bytes

    def numbered(self, start: int) -> Iterator[bytes]:
        """Yield the request for ever; where it varies, with a number of its own from `start` on."""
        if _VARY not in self.content:
            return itertools.repeat(self.content)
        return (self.content.replace(_VARY, b"%d" % number) for number in itertools.count(start))


class Result(TypedDict):
    """The fields of `benchmarks.load.Load`."""

    per_second: float
    median_ms: float
    p99_ms: float
    errors: int


def prepare(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Prepared:
    """Return a request as bytes."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"Host": parts.netloc, "Content-Length": str(len(body)), **headers}
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {text}\r\n" for name, text in sent.items())
    return Prepared((parts.hostname or "127.0.0.1", parts.port or 80), f"{head}\r\n".encode() + body)


class Connection:
    """One connection with one request on its way."""

    def __init__(self, address: tuple[str, int], requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._head = b""
        self._missing = -1
        self.is_success = False

    def send(self) -> None:
        """Send the next request."""
        self._head, self._missing = b"", -1
        self.began = time.perf_counter()
        self.socket.sendall(next(self._requests))

    def receive(self) -> bool:
        """Take what has arrived; tell whether the answer is complete. Raises OSError when the server hung up."""
        chunk = self.socket.recv(_CHUNK_BYTES)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        if self._missing < 0:
            self._head += chunk
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return False
            self.is_success = self._head[9:10] == b"2"
            self._missing = _content_length(self._head[:end]) - (len(self._head) - end - 4)
        else:
            self._missing -= len(chunk)
        return self._missing <= 0


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, text = line.partition(b":")
        if name.lower() == b"content-length":
            return int(text)
    return 0


def _loop(prepared: Prepared, connections: int, seconds: float, number: int) -> tuple[list[float], int]:
    """Keep `connections` busy; return each answer's time in seconds and the number of bad ones."""
    selector = selectors.DefaultSelector()
    # Another number than any run before had, whose answers may have been kept.
    requests = prepared.numbered((int(time.time()) % 10**6 * 10 + number) * 10**8)
    for _ in range(connections):
        connection = Connection(prepared.address, requests)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send()
    times: list[float] = []
    errors, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end and selector.get_map():
        for key, _ in selector.select(0.1):
            connection = key.data
            try:
                if connection.receive():
                    times.append(time.perf_counter() - connection.began)
                    errors += not connection.is_success
                    connection.send()
            except OSError:
                errors += 1
                selector.unregister(connection.socket)
    return times, errors


def run(prepared: Prepared, *, connections: int, seconds: float) -> Result:
    """Load the server from a few processes, each with its share of the connections."""
    processes = min(PROCESSES, connections)
    shares = [connections // processes + (index < connections % processes) for index in range(processes)]
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        jobs = [(prepared, share, seconds, number) for number, share in enumerate(shares, 1)]
        results = pool.starmap(_loop, jobs, chunksize=1)
    times = sorted(moment for found, _ in results for moment in found)
    if not times:
        raise ConnectionError(f"nothing answered at {prepared.address}")
    return Result(
        per_second=len(times) / seconds,
        median_ms=statistics.median(times) * 1000,
        p99_ms=times[int(len(times) * 0.99)] * 1000,
        errors=sum(errors for _, errors in results),
    )
