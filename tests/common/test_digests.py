"""What is read off an image's data."""

from __future__ import annotations

import hashlib
import io
import struct

import pytest

from jumpgate.common.digests import Digest, digest, virtual_size
from jumpgate.common.errors import BadRequest, TooLarge

GIB = 1024**3


def read(data: bytes, most_bytes: int = 10**9) -> Digest:
    return digest(io.BytesIO(data), lambda _: None, most_bytes=most_bytes)


def test_size_and_hashes() -> None:
    data = bytes(range(256)) * 4096

    found = read(data)

    assert found.size_bytes == len(data)
    assert found.checksum == hashlib.md5(data).hexdigest()
    assert found.hash_value == hashlib.sha512(data).hexdigest()
    assert found.head == data[:65536]


def test_every_piece_is_handed_on() -> None:
    data, copy = b"x" * 1_000_000, io.BytesIO()

    digest(io.BytesIO(data), copy.write, most_bytes=10**9)

    assert copy.getvalue() == data


def test_the_head_is_put_together_from_small_pieces() -> None:
    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(7)

    data = bytes(range(256)) * 300

    assert digest(Dribble(data), lambda _: None, most_bytes=10**9).head == data[:65536]


def test_too_much_is_refused() -> None:
    assert read(b"12345", most_bytes=5).size_bytes == 5
    with pytest.raises(TooLarge):
        read(b"123456", most_bytes=5)


def test_a_stream_that_breaks_is_the_clients_fault() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError("gone")

    with pytest.raises(BadRequest):
        digest(Broken(), lambda _: None, most_bytes=5)


def _at(offset: int, data: bytes, total: int = 70_000) -> bytes:
    return bytes(offset) + data + bytes(total - offset - len(data))


QCOW2 = _at(0, b"QFI\xfb" + struct.pack(">IQII", 3, 0, 0, 16) + struct.pack(">Q", 5 * GIB))
VHD = _at(0, b"conectix" + bytes(40) + struct.pack(">Q", 2 * GIB))
VDI = bytearray(_at(64, b"\x7f\x10\xda\xbe"))
VDI[368:376] = struct.pack("<Q", 3 * GIB)
VMDK = _at(0, b"KDMV" + struct.pack("<II", 1, 3) + struct.pack("<Q", GIB // 512))
ISO = _at(32769, b"CD001")


@pytest.mark.parametrize(
    ("disk_format", "data", "size"),
    [
        ("qcow2", QCOW2, 5 * GIB),
        ("vhd", VHD, 2 * GIB),
        ("vdi", bytes(VDI), 3 * GIB),
        ("vmdk", VMDK, GIB),
        ("iso", ISO, 70_000),
        ("raw", b"12345", 5),
        ("raw", QCOW2, 70_000),
        ("raw", b"", None),
        ("qcow2", b"12345", None),
        ("qcow2", QCOW2[:31], None),
        ("vdi", bytes(VDI)[:370], None),
        ("vmdk", QCOW2, None),
        ("iso", b"12345", None),
        ("ploop", b"12345", None),
        (None, b"12345", None),
    ],
)
def test_the_virtual_size_is_read_from_the_header(disk_format: str | None, data: bytes, size: int | None) -> None:
    assert virtual_size("bare", disk_format, read(data)) == size


def test_what_is_wrapped_in_a_container_is_not_looked_into() -> None:
    assert virtual_size("ova", "qcow2", read(QCOW2)) is None
