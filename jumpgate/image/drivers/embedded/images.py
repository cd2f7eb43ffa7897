"""The embedded cloud's images."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, Forbidden, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.image import counts
from jumpgate.image.contract import Images, Stream
from jumpgate.image.drivers.embedded import rows
from jumpgate.image.drivers.embedded.imports import Imports
from jumpgate.image.drivers.embedded.limits import Limits
from jumpgate.image.drivers.embedded.transfers import Transfers
from jumpgate.image.models import Download, Image, ImageSpec, ImportTask
from jumpgate.store.engine import Store
from jumpgate.store.tables.image import images

_UNTOUCHED_WITH_DATA = ("disk_format", "container_format")


class EmbeddedImages(Images):
    """Images whose records are in the store and whose data is in a directory."""

    def __init__(self, store: Store, transfers: Transfers, imports: Imports, limits: Limits) -> None:
        self._store = store
        self._transfers = transfers
        self._imports = imports
        self._limits = limits

    def revision(self, ctx: Context) -> int:
        return self._store.revision("image")

    def find(self, ctx: Context, query: Query) -> Iterable[Image]:
        with self._store.read() as connection:
            return rows.find(connection, ctx, query)

    def get(self, ctx: Context, resource_id: str) -> Image:
        with self._store.read() as connection:
            return rows.image_from(rows.get(connection, ctx, resource_id))

    def create(self, ctx: Context, spec: ImageSpec) -> Image:
        tags = unique(spec.tags)
        check_counts(tags, spec.properties)
        owner = spec.owner or ctx.project
        now = utcnow()
        values: dict[str, Any] = {
            "id": spec.id or str(uuid.uuid4()),
            "name": spec.name,
            "status": "queued",
            "visibility": spec.visibility,
            "owner": owner,
            "protected": spec.protected,
            "hidden": spec.hidden,
            "disk_format": spec.disk_format,
            "container_format": spec.container_format,
            "min_disk_gib": spec.min_disk_gib,
            "min_ram_mib": spec.min_ram_mib,
            "tags": tags,
            "properties": dict(spec.properties),
            "created_at": now,
            "updated_at": now,
        }
        with self._store.write("image") as connection:
            self._limits.check(connection, owner, "image_count_total", 1)
            self._insert(connection, values)
            return rows.image_from(_row(connection, values["id"]))

    def _insert(self, connection: sa.Connection, values: Mapping[str, Any]) -> None:
        try:
            connection.execute(images.insert().values(values))
        except IntegrityError:
            raise Conflict(f"Image ID {values['id']} already exists!") from None

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Image:
        with self._store.write("image") as connection:
            row = rows.get(connection, ctx, resource_id)
            values = _changed(row, changes)
            check_counts(
                values["tags"] if values.get("tags") != row.tags and "tags" in values else (),
                values["properties"] if set(values.get("properties", ())) - set(row.properties) else {},
            )
            return _write(connection, row.id, values)

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write("image") as connection:
            row = rows.get(connection, ctx, resource_id)
            if row.protected:
                raise Forbidden(f"Image {row.id} is protected and cannot be deleted.")
            connection.execute(images.delete().where(images.c.id == row.id))
            self._transfers.drop(row.data)

    def upload(self, ctx: Context, image_id: str, stream: Stream, *, size_bytes: int | None = None) -> None:
        self._transfers.upload(ctx, image_id, stream, size_bytes)

    def download(self, ctx: Context, image_id: str, *, offset: int = 0, length: int | None = None) -> Download | None:
        return self._transfers.download(ctx, image_id, offset, length)

    def deactivate(self, ctx: Context, image_id: str) -> None:
        self._switch(ctx, image_id, "deactivate", "active", "deactivated")

    def reactivate(self, ctx: Context, image_id: str) -> None:
        self._switch(ctx, image_id, "reactivate", "deactivated", "active")

    def _switch(self, ctx: Context, image_id: str, verb: str, before: str, after: str) -> None:
        with self._store.write("image") as connection:
            row = rows.get(connection, ctx, image_id)
            if row.status not in (before, after):
                raise Forbidden(f"Not allowed to {verb} image in status '{row.status}'")
            if row.status == before:
                _write(connection, row.id, {"status": after})

    def add_tag(self, ctx: Context, image_id: str, tag: str) -> None:
        with self._store.write("image") as connection:
            row = rows.get(connection, ctx, image_id)
            tags = unique((*row.tags, tag))
            check_counts(tags, {})
            _write(connection, row.id, {"tags": tags})

    def remove_tag(self, ctx: Context, image_id: str, tag: str) -> None:
        with self._store.write("image") as connection:
            row = rows.get(connection, ctx, image_id)
            if tag not in row.tags:
                raise NotFound("The resource could not be found.")
            _write(connection, row.id, {"tags": [each for each in row.tags if each != tag]})

    def stage(self, ctx: Context, image_id: str, stream: Stream, *, size_bytes: int | None = None) -> None:
        self._transfers.stage(ctx, image_id, stream, size_bytes)

    def import_from(self, ctx: Context, image_id: str, url: str) -> ImportTask:
        return self._imports.begin_download(ctx, image_id, url)

    def import_staged(self, ctx: Context, image_id: str) -> ImportTask:
        return self._imports.begin(ctx, image_id)


def unique(tags: Iterable[str]) -> list[str]:
    """Return each tag once, in order."""
    return list(dict.fromkeys(tags))


def check_counts(tags: Iterable[str], properties: Mapping[str, object]) -> None:
    """Raise TooLarge for more tags or additional properties than an image may have."""
    counts.check("tags", len(list(tags)))
    counts.check("properties", len(properties))


def _changed(row: sa.Row[Any], changes: Changes) -> dict[str, Any]:
    """Return the columns that an update sets; raise Forbidden for a format that the data has settled."""
    values = dict(changes)
    for name in _UNTOUCHED_WITH_DATA:
        if name in values and row.status not in ("queued", "importing"):
            raise Forbidden(f"Attribute {name} can be only replaced for a queued image.")
    if "tags" in values:
        values["tags"] = unique(values["tags"])
    if "properties" in values:
        merged = {**row.properties, **values["properties"]}
        values["properties"] = {name: value for name, value in merged.items() if value is not None}
    return values


def _row(connection: sa.Connection, image_id: str) -> sa.Row[Any]:
    return connection.execute(sa.select(images).where(images.c.id == image_id)).one()


def _write(connection: sa.Connection, image_id: str, values: Mapping[str, Any]) -> Image:
    changed = {**values, "updated_at": utcnow()}
    connection.execute(images.update().where(images.c.id == image_id).values(changed))
    return rows.image_from(_row(connection, image_id))
