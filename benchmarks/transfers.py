"""An image of a size, up and down: how fast, with which checksum, and what it costs a worker in memory."""

from __future__ import annotations

import hashlib
import http.client
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

MIB = 1024 * 1024
BLOCK = random.Random(0).randbytes(MIB)
_PATIENCE_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One way of an image: MiB a second, and the SHA-256 of what was sent or has arrived."""

    mib_per_second: float
    checksum: str


def checksum(mib: int) -> str:
    """Return the SHA-256 of an image of so many MiB."""
    digest = hashlib.sha256()
    for _ in range(mib):
        digest.update(BLOCK)
    return digest.hexdigest()


def upload(url: str, headers: Mapping[str, str], mib: int) -> Transfer:
    """Send an image; the checksum is said by whoever stored it, where that is known."""
    connection = _connect(url)
    blocks = (BLOCK for _ in range(mib))
    given = {"Content-Type": "application/octet-stream", "Content-Length": str(mib * MIB), **headers}
    began = time.perf_counter()
    connection.request("PUT", urlsplit(url).path, blocks, given)
    answer = connection.getresponse()
    text = answer.read()
    seconds = time.perf_counter() - began
    connection.close()
    if answer.status != 204:
        raise RuntimeError(f"PUT {url}: {answer.status} {text!r}")
    return Transfer(mib_per_second=mib / seconds, checksum=checksum(mib))


def download(url: str, headers: Mapping[str, str]) -> Transfer:
    """Receive an image."""
    connection = _connect(url)
    digest, size = hashlib.sha256(), 0
    began = time.perf_counter()
    connection.request("GET", urlsplit(url).path, headers=dict(headers))
    answer = connection.getresponse()
    for block in _blocks(answer):
        digest.update(block)
        size += len(block)
    seconds = time.perf_counter() - began
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"GET {url}: {answer.status}")
    return Transfer(mib_per_second=size / MIB / seconds, checksum=digest.hexdigest())


def _blocks(answer: http.client.HTTPResponse) -> Iterator[bytes | memoryview]:
    buffer = memoryview(bytearray(MIB))
    while size := answer.readinto(buffer):
        yield buffer[:size]


def _connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_S, blocksize=MIB)


class Peak:
    """The most memory that a process has held since this was made, over what it held then."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        # Resets what the kernel remembers as the most.
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        self._before = self._mib("VmRSS")

    def growth_mib(self) -> float:
        """Return the growth."""
        return self._mib("VmHWM") - self._before

    def _mib(self, name: str) -> float:
        lines = self._status.read_text().splitlines()
        return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) / 1024
