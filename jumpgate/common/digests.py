"""What is learned of an image's data while it streams by: its size, its hashes, and how large a disk it describes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, Protocol

from jumpgate.common.errors import BadRequest, TooLarge

HASH_ALGORITHM = "sha512"
# Glance's image_size_cap.
MOST_BYTES = 2**40

# Enough for the headers of all the formats below: an ISO's stands behind 32 KiB.
_HEAD_BYTES = 64 * 1024

# Large enough that hashing a piece outlasts handing it to a thread and waiting for the interpreter afterwards.
_PIECE_BYTES = 1024 * 1024


class Stream(Protocol):
    """Data on its way."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, `size` at most, and none at the end; raise OSError."""


@dataclass(frozen=True, slots=True)
class Digest:
    """The size in bytes, the MD5, the SHA-512 and the first bytes of some data."""

    size_bytes: int
    checksum: str
    hash_value: str
    head: bytes


def digest(stream: Stream, write: Callable[[bytes], object], *, most_bytes: int = MOST_BYTES) -> Digest:
    """Read `stream` to its end, hand each piece to `write`, and return what it was.

    Raises TooLarge past `most_bytes`, and BadRequest when the data cannot be read.
    """
    # The checksum is Glance's, for clients that compare it; the SHA-512 is the one to trust.
    checksum, secure, head, size = hashlib.md5(usedforsecurity=False), hashlib.new(HASH_ALGORITHM), b"", 0
    with ThreadPoolExecutor(1, "image-checksum") as beside:
        while chunk := _read(stream):
            size += len(chunk)
            if size > most_bytes:
                raise TooLarge("The incoming image is too large: The provided image is too large.")
            summed = beside.submit(checksum.update, chunk)
            secure.update(chunk)
            if len(head) < _HEAD_BYTES:
                head += chunk[: _HEAD_BYTES - len(head)]
            write(chunk)
            summed.result()
    return Digest(size, checksum.hexdigest(), secure.hexdigest(), head)


def _read(stream: Stream) -> bytes:
    try:
        return stream.read(_PIECE_BYTES)
    except OSError as error:
        raise BadRequest(f"The image data could not be read: {error}") from error


def _qcow2(read: Digest) -> int | None:
    return _number(read, b"QFI\xfb", 0, slice(24, 32), "big")


def _vhd(read: Digest) -> int | None:
    return _number(read, b"conectix", 0, slice(48, 56), "big")


def _vdi(read: Digest) -> int | None:
    return _number(read, b"\x7f\x10\xda\xbe", 64, slice(368, 376), "little")


def _vmdk(read: Digest) -> int | None:
    """The capacity of a sparse extent, in sectors; a descriptor alone says nothing."""
    sectors = _number(read, b"KDMV", 0, slice(12, 20), "little")
    return None if sectors is None else sectors * 512


def _number(read: Digest, magic: bytes, at: int, where: slice, order: Literal["big", "little"]) -> int | None:
    """Return a number in a header, None where the header is another format's or too short."""
    is_whole = read.head.startswith(magic, at) and len(read.head) >= where.stop
    return int.from_bytes(read.head[where], order) if is_whole else None


def _iso(read: Digest) -> int | None:
    return read.size_bytes if read.head.startswith(b"CD001", 32769) else None


def _raw(read: Digest) -> int | None:
    return read.size_bytes or None


_VIRTUAL_SIZES: Mapping[str, Callable[[Digest], int | None]] = {
    "qcow2": _qcow2,
    "vhd": _vhd,
    "vdi": _vdi,
    "vmdk": _vmdk,
    "iso": _iso,
    "raw": _raw,
}


def known_of(read: Digest, container_format: str | None, disk_format: str | None) -> dict[str, object]:
    """Return what is known of an image by its data, by the names of `Image`."""
    return {
        "size_bytes": read.size_bytes,
        "virtual_size_bytes": virtual_size(container_format, disk_format, read),
        "checksum": read.checksum,
        "hash_algorithm": HASH_ALGORITHM,
        "hash_value": read.hash_value,
    }


def virtual_size(container_format: str | None, disk_format: str | None, read: Digest) -> int | None:
    """Return the size in bytes of the disk that bare data of a format describes, None where it cannot be told."""
    measure = _VIRTUAL_SIZES.get(disk_format or "") if container_format == "bare" else None
    return None if measure is None else measure(read)
