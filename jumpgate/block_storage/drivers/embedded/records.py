"""Volumes as records: finding them, and changing what is only written down."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.contract import Volumes
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud
from jumpgate.block_storage.drivers.embedded.quotas import StorageQuotas
from jumpgate.block_storage.drivers.embedded.rows import (
    SELECT_VOLUMES,
    VOLUME_COLUMNS,
    Row,
    Values,
    attachments_of,
    save,
    volume_row,
    volumes_of,
    with_mappings,
)
from jumpgate.block_storage.errors import InvalidVolume
from jumpgate.block_storage.models import StatusChanges, Volume, VolumeSummary
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.listing import Applied, Query
from jumpgate.common.resource import Changes
from jumpgate.store.listing import condition, rows, supports
from jumpgate.store.tables.block_storage import volume_attachments, volumes

_MAPPINGS = {"metadata": volumes.c.metadata, "image_metadata": volumes.c.image_metadata}


class VolumeRecords(Volumes):
    """What is read of volumes, and what is only written to their rows."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._cloud = cloud
        self._store = cloud.store
        self._quotas = StorageQuotas(cloud.store)

    @contextlib.contextmanager
    def _editing(self, ctx: Context, volume_id: str) -> Iterator[tuple[sa.Connection, Row]]:
        """Yield a write transaction and the volume's row in it."""
        with self._store.write(TOPIC) as connection:
            yield connection, volume_row(connection, ctx, volume_id)

    def revision(self, ctx: Context) -> Hashable:
        return self._store.revision(TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Volume]:
        columns = with_mappings(VOLUME_COLUMNS, query, _MAPPINGS)
        statement = _visible(SELECT_VOLUMES, ctx, query)
        with self._store.read() as connection:
            if supports(columns, query):
                return Applied(volumes_of(connection, rows(connection, statement, columns, query)))
            return volumes_of(connection, connection.execute(statement).all())

    def get(self, ctx: Context, resource_id: str) -> Volume:
        with self._store.read() as connection:
            return volumes_of(connection, [volume_row(connection, ctx, resource_id)])[0]

    def count(self, ctx: Context, query: Query) -> int | None:
        columns = with_mappings(VOLUME_COLUMNS, query, _MAPPINGS)
        if not supports(columns, Query(filters=query.filters)):
            return None
        statement = _visible(SELECT_VOLUMES, ctx, query).with_only_columns(sa.func.count())
        with self._store.read() as connection:
            return connection.execute(statement.where(*(condition(columns, item) for item in query.filters))).scalar()

    def summarize(self, ctx: Context, query: Query) -> VolumeSummary | None:
        columns = with_mappings(VOLUME_COLUMNS, query, _MAPPINGS)
        if not supports(columns, Query(filters=query.filters)):
            return None
        wanted = (condition(columns, item) for item in query.filters)
        statement = _visible(sa.select(volumes.c.size_gib, volumes.c.metadata), ctx, query).where(*wanted)
        count, size_gib, values = 0, 0, defaultdict[str, dict[str, None]](dict)
        with self._store.read() as connection:
            for row in connection.execute(statement):
                count, size_gib = count + 1, size_gib + row.size_gib
                for key, value in row.metadata.items():
                    values[key].setdefault(value)
        return VolumeSummary(
            count=count, size_gib=size_gib, metadata={key: tuple(seen) for key, seen in values.items()}
        )

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Volume:
        with self._editing(ctx, resource_id) as (connection, row):
            save(connection, volumes, row.id, changes)
        return self.get(ctx, resource_id)

    def set_metadata(
        self, ctx: Context, volume_id: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> Mapping[str, str]:
        with self._editing(ctx, volume_id) as (connection, row):
            _require_no_upload(row, "Updating")
            merged = dict(metadata) if replace else {**row.metadata, **metadata}
            save(connection, volumes, row.id, {"metadata": merged})
        return merged

    def delete_metadata(self, ctx: Context, volume_id: str, key: str) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            if key not in row.metadata:
                raise NotFound(f"Volume {volume_id} has no metadata with key {key}.")
            _require_no_upload(row, "Deleting")
            save(connection, volumes, row.id, {"metadata": _without(row.metadata, key)})

    def set_image_metadata(self, ctx: Context, volume_id: str, metadata: Mapping[str, str]) -> Mapping[str, str]:
        with self._editing(ctx, volume_id) as (connection, row):
            _require_no_upload(row, "Updating")
            merged = {**row.image_metadata, **metadata}
            save(connection, volumes, row.id, {"image_metadata": merged})
        return merged

    def delete_image_metadata(self, ctx: Context, volume_id: str, key: str) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            if key not in row.image_metadata:
                raise NotFound(f"Glance metadata for volume/snapshot {volume_id} cannot be found.")
            _require_no_upload(row, "Deleting")
            save(connection, volumes, row.id, {"image_metadata": _without(row.image_metadata, key)})

    def set_bootable(self, ctx: Context, volume_id: str, bootable: bool) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            save(connection, volumes, row.id, {"bootable": bootable})

    def set_read_only(self, ctx: Context, volume_id: str, read_only: bool) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            if row.status != "available":
                raise InvalidVolume(
                    f"Volume {row.id} status must be available to update readonly flag, "
                    f"but current status is: {row.status}."
                )
            save(connection, volumes, row.id, {"flags": {**row.flags, "readonly": str(read_only)}})

    def reset_status(self, ctx: Context, volume_id: str, changes: StatusChanges) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            attachments = attachments_of(connection, row.id)
            _check_reset(changes, has_attachments=bool(attachments))
            save(connection, volumes, row.id, _reset_values(row, changes))
            if changes.attach_status == "detached":
                connection.execute(volume_attachments.delete().where(volume_attachments.c.volume_id == row.id))


def _visible(statement: sa.Select[Any], ctx: Context, query: Query) -> sa.Select[Any]:
    return statement if query.all_projects else statement.where(volumes.c.project_id == ctx.project)


def _without(mapping: Mapping[str, str], key: str) -> dict[str, str]:
    return {name: value for name, value in mapping.items() if name != key}


def _require_no_upload(row: Row, doing: str) -> None:
    if row.status in ("maintenance", "uploading"):
        raise InvalidVolume(f"{doing} volume metadata is not allowed for volumes in {row.status} status.")


def _check_reset(changes: StatusChanges, *, has_attachments: bool) -> None:
    if changes.status in ("deleting", "error_deleting", "detaching"):
        raise BadRequest(f"Cannot reset-state to {changes.status}")
    if changes.status == "in-use" and not has_attachments:
        raise BadRequest("Cannot reset-state to in-use because volume does not have any attachments.")


def _reset_values(row: Row, changes: StatusChanges) -> Values:
    values: dict[str, Any] = {}
    if changes.status:
        # An extension that was given up has promised nothing any more.
        values |= {"status": changes.status, "promised_gib": row.size_gib}
    if changes.migration_status:
        values["migration_status"] = None if changes.migration_status == "none" else changes.migration_status
    if changes.attach_status == "detached":
        values["flags"] = _without(row.flags, "attached_mode")
    return values
