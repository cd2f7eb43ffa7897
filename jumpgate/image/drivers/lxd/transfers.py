"""Images' data: into LXD, which needs to know the form before the first byte, and out again, the same bytes."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from jumpgate.clouds.lxd.aliases import Document
from jumpgate.clouds.lxd.session import Session
from jumpgate.clouds.lxd.uploads import WHOLE, Split, checked_metadata, form_of, metadata, send_split, send_whole
from jumpgate.common.context import Context
from jumpgate.common.digests import digest, known_of
from jumpgate.common.errors import BadRequest, Conflict, Forbidden, JumpgateError, RangeNotSatisfiable
from jumpgate.image.contract import Stream
from jumpgate.image.drivers.lxd.records import Records
from jumpgate.image.models import Download

# The property with which an image whose data is a root file system has the metadata tarball of a split image.
METADATA = "lxd_metadata"
CHUNK_BYTES = 256 * 1024
# The blank line that ends the headers of a part.
_HEADERS_END = b"\r\n\r\n"


class Transfers:
    """Takes data in and gives it out. `directory` is where data waits until it is complete."""

    def __init__(self, session: Session, records: Records, directory: Path) -> None:
        self._session = session
        self._records = records
        self._directory = directory

    def upload(self, ctx: Context, image_id: str, stream: Stream, size_bytes: int | None) -> None:
        """Take an image's data in; raise Conflict unless it is queued."""
        self._records.change(ctx, image_id, _saving)
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=self._directory) as file:
                about = dict(self._records.seen(ctx, image_id).document)
                known, sha256 = _received(stream, file, size_bytes, about)
                known["form"] = form_of(file)
                target = self._send(file, known["form"], sha256, about["properties"])
            self._records.change(
                ctx, image_id, lambda document: {**document, **known, "status": "active"}, target=target
            )
        except (JumpgateError, OSError):
            self._requeue(ctx, image_id)
            raise

    def _send(self, file: IO[bytes], form: str, sha256: str, properties: Mapping[str, str]) -> str:
        """Bring a complete file into LXD and return the fingerprint."""
        if form == WHOLE:
            try:
                return send_whole(self._session, file, sha256)  # type: ignore[arg-type]
            except JumpgateError as error:
                if error.status not in (400, 502):
                    raise
                raise BadRequest(f"LXD does not take this tarball for an image: {error.message}") from error
        given = _metadata(self._session, properties)
        try:
            return send_split(self._session, Split(file, form, given))  # type: ignore[arg-type]
        except JumpgateError as error:
            if error.status not in (400, 502):
                raise
            raise BadRequest(f"LXD does not take these files for an image: {error.message}") from error

    def _requeue(self, ctx: Context, image_id: str) -> None:
        try:
            self._records.change(ctx, image_id, lambda document: {**document, "status": "queued"})
        except JumpgateError:
            # The image was deleted meanwhile.
            return

    def download(self, ctx: Context, image_id: str, offset: int, length: int | None) -> Download | None:
        """Return an image's data from `offset` on, None while it has none."""
        image = self._records.get(ctx, image_id)
        if image.status == "deactivated" and not ctx.is_admin:
            raise Forbidden("The requested image has been deactivated. Image data download is forbidden.")
        if not image.stores or image.size_bytes is None:
            return None
        size = image.size_bytes
        if offset > size or (offset == size and size):
            raise RangeNotSatisfiable(f"The image has {size} bytes.")
        end = size if length is None else min(size, offset + length)
        return Download(size_bytes=size, checksum=image.checksum, chunks=self._chunks(image_id, offset, end))

    def _place(self, image_id: str) -> tuple[str, str]:
        """Return the fingerprint of an image's data and the form in which LXD has it."""
        try:
            alias = self._records.aliases.get(image_id)
        except JumpgateError:
            return str(self._records.aliases.foreign_one(image_id)["fingerprint"]), WHOLE
        return alias.fingerprint, str(alias.document["form"])

    def _chunks(self, image_id: str, start: int, end: int) -> Iterator[bytes]:
        fingerprint, form = self._place(image_id)
        with self._session.opened("images", fingerprint, "export") as response:
            if form != WHOLE:
                _skip_to_part(response.raw, form)
            _read(response.raw, start)
            left = end - start
            while left > 0:
                chunk = response.raw.read(min(CHUNK_BYTES, left))
                if not chunk:
                    raise OSError("LXD's image ended early")
                left -= len(chunk)
                yield chunk


def _metadata(session: Session, properties: Mapping[str, str]) -> bytes:
    """Return the metadata of an image whose data is a root file system: those of its property, or made for it."""
    given = properties.get(METADATA)
    if given is None:
        return metadata(properties.get("architecture") or str(session.server["environment"]["kernel_architecture"]))
    try:
        return checked_metadata(base64.b64decode(given, validate=True))
    except ValueError as error:
        raise BadRequest(f"Property {METADATA} is no tarball with a metadata.yaml, in base64: {error}") from None


def _saving(document: Document) -> Document:
    if document["status"] != "queued":
        raise Conflict(f"Image status transition from {document['status']} to saving is not allowed")
    return {**document, "status": "saving"}


def _received(stream: Stream, file: IO[bytes], size_bytes: int | None, about: Document) -> tuple[Document, str]:
    """Write a stream to a file; return what is known of it, and its SHA-256; raise BadRequest when it ends early."""
    sha256 = hashlib.sha256()

    def write(piece: bytes) -> None:
        sha256.update(piece)
        file.write(piece)

    read = digest(stream, write)
    if size_bytes is not None and read.size_bytes != size_bytes:
        raise BadRequest(f"The data ended after {read.size_bytes} of {size_bytes} bytes; send it again.")
    return known_of(read, about["container_format"], about["disk_format"]), sha256.hexdigest()


def _skip_to_part(raw: Any, name: str) -> None:
    """Read a multipart body up to the content of the part of a name."""
    marker = f'name="{name}"'.encode()
    window = b""
    while marker not in window or not window.endswith(_HEADERS_END):
        byte = raw.read(1)
        if not byte:
            raise OSError("LXD's image lacks its root file system")
        window = (window + byte)[-4096:]


def _read(raw: Any, count: int) -> None:
    """Read and drop a number of bytes."""
    while count > 0:
        count -= len(raw.read(min(CHUNK_BYTES, count))) or count
