"""Bringing images into LXD, in either of its two forms.

A whole image is a tarball with ``metadata.yaml`` and ``rootfs``. A split one is two files, a small tarball with the
metadata and the root file system itself: of a container (a tarball or squashfs) or of a virtual machine (a disk).
Source: LXD's "Image format".
"""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
import zlib
from dataclasses import dataclass, field
from typing import BinaryIO

import yaml

from jumpgate.clouds.lxd.sdk import MultipartEncoder
from jumpgate.clouds.lxd.session import Session
from jumpgate.common.errors import Conflict

# The property of images that came through OpenStack's API.
OURS = "openstack"
# What the parts of a split image are called, in LXD's form and here.
FILES, DISK, WHOLE = "rootfs", "rootfs.img", "whole"
_SQUASHFS = b"hsqs"
_QCOW2 = b"QFI\xfb"
_MEMBERS = 50
_CHUNK_BYTES = 1024 * 1024
_BROKEN = (tarfile.TarError, EOFError, OSError, lzma.LZMAError, zlib.error)


@dataclass(frozen=True, slots=True)
class Split:
    """A split image: `part` is FILES or DISK, `rootfs` an open file, which is read from its beginning."""

    rootfs: BinaryIO
    part: str
    metadata: bytes = field(default_factory=lambda: metadata())

    @property
    def fingerprint(self) -> str:
        """What LXD will call the image: the hash of both files."""
        digest = hashlib.sha256(self.metadata)
        self.rootfs.seek(0)
        while chunk := self.rootfs.read(_CHUNK_BYTES):
            digest.update(chunk)
        return digest.hexdigest()


def metadata(architecture: str = "x86_64") -> bytes:
    """Return the tarball of the metadata of an image that has none, the same bytes each time."""
    text = yaml.safe_dump({"architecture": architecture, "creation_date": 1, "properties": {}}).encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        member = tarfile.TarInfo("metadata.yaml")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    return file.getvalue()


EMPTY = Split(io.BytesIO(), DISK)


def checked_metadata(data: bytes) -> bytes:
    """Return the metadata tarball of a split image if it is one; raise ValueError."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            names = {name.removeprefix("./") for name in tar.getnames()}
    except _BROKEN as error:
        raise ValueError(str(error)) from None
    if "metadata.yaml" not in names:
        raise ValueError("it has no metadata.yaml")
    return data


def form_of(file: BinaryIO) -> str:
    """Tell what a file is to LXD: WHOLE, FILES or DISK; what it cannot tell is a disk."""
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    if start == _SQUASHFS:
        return FILES
    if start == _QCOW2:
        return DISK
    return _form_of_tarball(file)


def _form_of_tarball(file: BinaryIO) -> str:
    try:
        with tarfile.open(fileobj=file, mode="r|*") as tar:
            names = [member.name.removeprefix("./") for member, _ in zip(tar, range(_MEMBERS), strict=False)]
    except _BROKEN:
        return DISK
    finally:
        file.seek(0)
    if "metadata.yaml" in names:
        return WHOLE
    return FILES if any(name.split("/")[0] in ("bin", "etc", "sbin", "usr") for name in names) else DISK


def send_split(session: Session, image: Split) -> str:
    """Bring a split image in, unless LXD has it, and return its fingerprint."""
    fingerprint = image.fingerprint
    image.rootfs.seek(0)
    fields = {
        "metadata": ("metadata.tar", io.BytesIO(image.metadata), "application/octet-stream"),
        image.part: ("rootfs", image.rootfs, "application/octet-stream"),
    }
    encoder = MultipartEncoder(fields=fields)
    return _sent(session, encoder, encoder.content_type, fingerprint)


def send_whole(session: Session, file: BinaryIO, sha256: str) -> str:
    """Bring a whole image in, unless LXD has it, and return its fingerprint: the hash of the file."""
    file.seek(0)
    return _sent(session, file, "application/octet-stream", sha256)


def _sent(session: Session, data: object, content_type: str, fingerprint: str) -> str:
    try:
        session.send("images", data=data, headers={"Content-Type": content_type})
        # Not by the header X-LXD-properties: LXD 5.0 dies of it when the image's own metadata has no properties.
        session.patch("images", fingerprint, body={"properties": {OURS: "yes"}})
    except Conflict:
        # The same bytes have come before.
        session.get("images", fingerprint)
    return fingerprint
