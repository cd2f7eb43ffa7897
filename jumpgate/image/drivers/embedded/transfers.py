"""Images' data on its way: uploads, staging, the import of what was staged, and downloads.

The row decides. Data comes into a file of its own, and is the image's from the commit that says so in the row; until
then a crash leaves a file that nobody names, and an image whose writer is dead, which counts as queued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.digests import Digest, digest, known_of
from jumpgate.common.errors import BadRequest, Conflict, Forbidden, Gone, NotFound, RangeNotSatisfiable, TooLarge
from jumpgate.common.format import utcnow
from jumpgate.image.contract import Stream
from jumpgate.image.drivers.embedded import rows
from jumpgate.image.drivers.embedded.files import Chunks, Files, Incoming
from jumpgate.image.drivers.embedded.limits import Limits
from jumpgate.image.models import Download
from jumpgate.store.engine import Store
from jumpgate.store.tables.image import images

_NO_DATA = {"status": "queued", "size_bytes": None, "data": None}


class Transfers:
    """Moves images' data in and out."""

    def __init__(self, store: Store, files: Files, limits: Limits) -> None:
        self._store = store
        self._files = files
        self._limits = limits

    def upload(self, ctx: Context, image_id: str, stream: Stream, size_bytes: int | None) -> None:
        """Make a queued image active with what `stream` yields."""
        with self._receive(ctx, image_id, "saving", size_bytes) as (row, incoming):
            read = self._copy(stream, incoming, size_bytes)
            with self._store.write("image") as connection:
                self._limits.check(connection, row.owner, "image_size_total", read.size_bytes)
                self._settle(connection, row.id, incoming.name, stored(row, read))

    def stage(self, ctx: Context, image_id: str, stream: Stream, size_bytes: int | None) -> None:
        """Keep what `stream` yields for an import."""
        with self._receive(ctx, image_id, "uploading", size_bytes) as (row, incoming):
            read = self._copy(stream, incoming, size_bytes)
            with self._store.write("image") as connection:
                self._limits.check(connection, row.owner, "image_stage_total", read.size_bytes)
                self._settle(connection, row.id, incoming.name, {"size_bytes": read.size_bytes})

    @contextmanager
    def _receive(
        self, ctx: Context, image_id: str, status: str, size_bytes: int | None
    ) -> Iterator[tuple[sa.Row[Any], Incoming]]:
        """Yield the image, which is in `status` now, and a file for its data; queue the image again on an error."""
        if size_bytes is not None and size_bytes > self._limits.cap_bytes:
            raise TooLarge("The incoming image is too large: The provided image is too large.")
        with self._files.receive() as incoming:
            row = self._claim(ctx, image_id, status, incoming.name, size_bytes or 0)
            try:
                yield row, incoming
            except BaseException:
                self._release(row.id, incoming.name)
                raise

    def _claim(self, ctx: Context, image_id: str, status: str, name: str, size_bytes: int) -> sa.Row[Any]:
        resource = "image_size_total" if status == "saving" else "image_stage_total"
        with self._store.write("image") as connection:
            row = rows.get(connection, ctx, image_id)
            if row.status != "queued" and not self.is_abandoned(row):
                raise Conflict(f"Image status transition from {row.status} to {status} is not allowed")
            if status == "saving":
                check_formats(row)
            self._limits.check(connection, row.owner, "image_count_uploading", 1)
            self._limits.check(connection, row.owner, resource, size_bytes)
            values = {"status": status, "size_bytes": None, "data": name, "updated_at": utcnow()}
            connection.execute(images.update().where(images.c.id == row.id).values(values))
            self.drop(row.data)
        return row

    def is_abandoned(self, row: sa.Row[Any]) -> bool:
        """Tell whether an image waits for data whose writer is dead."""
        unfinished = row.status == "saving" or (row.status == "uploading" and row.size_bytes is None)
        return unfinished and not self._files.is_being_written(row.data)

    def _copy(self, stream: Stream, incoming: Incoming, size_bytes: int | None) -> Digest:
        read = digest(stream, incoming.write, most_bytes=self._limits.cap_bytes)
        if size_bytes is not None and read.size_bytes != size_bytes:
            raise BadRequest(f"The image data ended after {read.size_bytes} of {size_bytes} bytes.")
        incoming.keep()
        return read

    def _settle(self, connection: sa.Connection, image_id: str, name: str, values: dict[str, Any]) -> None:
        this = sa.and_(images.c.id == image_id, images.c.data == name)
        if connection.execute(images.update().where(this).values(**values, updated_at=utcnow())).rowcount == 0:
            raise Gone(
                f"Image {image_id} could not be found after upload. The image may have been deleted during the "
                "upload, cleaning up the chunks uploaded."
            )

    def _release(self, image_id: str, name: str) -> None:
        with self._store.write("image") as connection:
            this = sa.and_(images.c.id == image_id, images.c.data == name)
            connection.execute(images.update().where(this).values(**_NO_DATA, updated_at=utcnow()))

    def take_in(self, row: sa.Row[Any]) -> dict[str, Any]:
        """Read an image's staged data and return what makes it active; raise TooLarge or NotFound."""
        try:
            with self._files.open(row.data) as file:
                read = digest(file, lambda _: None, most_bytes=self._limits.cap_bytes)
        except FileNotFoundError:
            raise NotFound(f"The staged data of image {row.id} is gone.") from None
        return stored(row, read)

    def fetch(
        self, row: sa.Row[Any], stream: Stream, size_bytes: int | None, also: Callable[[sa.Connection], None]
    ) -> None:
        """Make an importing image active with what `stream` yields, and do `also` in the same transaction.

        An attempt before this one that ended with its process has left a file, which goes.
        """
        with self._files.receive() as incoming:
            with self._store.write("image") as connection:
                this = sa.and_(images.c.id == row.id, images.c.status == "importing")
                connection.execute(images.update().where(this).values(data=incoming.name))
                self.drop(row.data)
            read = self._copy(stream, incoming, size_bytes)
            with self._store.write("image") as connection:
                self._limits.check(connection, row.owner, "image_size_total", read.size_bytes)
                self._settle(connection, row.id, incoming.name, stored(row, read))
                also(connection)

    def give_back(self, connection: sa.Connection, row: sa.Row[Any]) -> None:
        """Queue an image again and drop its data after the commit."""
        this = sa.and_(images.c.id == row.id, images.c.data == row.data)
        connection.execute(images.update().where(this).values(**_NO_DATA, updated_at=utcnow()))
        self.drop(row.data)

    def drop(self, name: str | None) -> None:
        """Remove a file once the current transaction has been committed."""
        if name is not None:
            self._store.after_commit(lambda: self._files.remove(name))

    def download(self, ctx: Context, image_id: str, offset: int, length: int | None) -> Download | None:
        """Open an image's data."""
        with self._store.read() as connection:
            row = rows.get(connection, ctx, image_id)
        if row.status == "deactivated" and not ctx.is_admin:
            raise Forbidden("The requested image has been deactivated. Image data download is forbidden.")
        if row.status not in rows.STORED:
            return None
        left = row.size_bytes - offset
        if offset and left <= 0:
            raise RangeNotSatisfiable(f"The image has {row.size_bytes} bytes; there are none from {offset} on.")
        try:
            file = self._files.open(row.data)
        except FileNotFoundError:
            raise NotFound(f"No image found with ID {image_id}") from None
        chunks = Chunks(file, offset, left if length is None else min(length, left))
        return Download(size_bytes=row.size_bytes, checksum=row.checksum, chunks=chunks)

    def recover(self) -> None:
        """Queue the images again whose writers died, and remove the files that nobody needs."""
        self._files.make()
        with self._store.write("image") as connection:
            waiting = sa.select(images).where(images.c.status.in_(("saving", "uploading")))
            for row in connection.execute(waiting).all():
                if self.is_abandoned(row):
                    connection.execute(images.update().where(images.c.id == row.id).values(_NO_DATA))
        self._files.sweep(self._is_wanted)

    def _is_wanted(self, name: str) -> bool:
        with self._store.read() as connection:
            return connection.execute(sa.select(images.c.id).where(images.c.data == name)).first() is not None


def check_formats(row: sa.Row[Any]) -> None:
    """Raise BadRequest unless an image says how its data is to be read."""
    missing = [name for name in ("disk_format", "container_format") if not getattr(row, name)]
    if missing:
        word = "Property" if len(missing) == 1 else "Properties"
        raise BadRequest(f"{word} {', '.join(missing)} must be set prior to saving data.")


def stored(row: sa.Row[Any], read: Digest) -> dict[str, Any]:
    """Return what an image's row says once its data is there."""
    return {"status": "active", **known_of(read, row.container_format, row.disk_format)}
