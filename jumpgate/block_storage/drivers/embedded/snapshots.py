"""Snapshots: what a volume held at one moment, as a file of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.contract import Snapshots
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.kinds import CREATE_SNAPSHOT, DELETE_SNAPSHOT
from jumpgate.block_storage.drivers.embedded.quotas import StorageQuotas, snapshot_demand
from jumpgate.block_storage.drivers.embedded.rows import (
    SELECT_SNAPSHOTS,
    SNAPSHOT_COLUMNS,
    Row,
    save,
    snapshot_of,
    snapshot_row,
    volume_row,
    with_mappings,
)
from jumpgate.block_storage.errors import InvalidVolume
from jumpgate.block_storage.models import Snapshot, SnapshotSpec
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Query
from jumpgate.common.resource import Changes
from jumpgate.store.listing import condition, rows, supports
from jumpgate.store.tables.block_storage import volume_snapshots

_DELETABLE = ("available", "error", "error_managing")
_MAPPINGS = {"metadata": volume_snapshots.c.metadata}

# What a compute service may say of a snapshot, by the state that it is in.
_REPORTS = {
    "creating": ("creating", "available", "error"),
    "deleting": ("deleting", "error_deleting"),
}


class EmbeddedSnapshots(Snapshots):
    """The snapshots of a project."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._cloud = cloud
        self._store = cloud.store
        self._quotas = StorageQuotas(cloud.store)

    @contextlib.contextmanager
    def _editing(self, ctx: Context, snapshot_id: str) -> Iterator[tuple[sa.Connection, Row]]:
        with self._store.write(TOPIC) as connection:
            yield connection, snapshot_row(connection, ctx, snapshot_id)

    def revision(self, ctx: Context) -> Hashable:
        return self._store.revision(TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Snapshot]:
        columns = with_mappings(SNAPSHOT_COLUMNS, query, _MAPPINGS)
        statement = _visible(ctx, query)
        with self._store.read() as connection:
            if supports(columns, query):
                return Applied([snapshot_of(row) for row in rows(connection, statement, columns, query)])
            return [snapshot_of(row) for row in connection.execute(statement)]

    def get(self, ctx: Context, resource_id: str) -> Snapshot:
        with self._store.read() as connection:
            return snapshot_of(snapshot_row(connection, ctx, resource_id))

    def count(self, ctx: Context, query: Query) -> int | None:
        columns = with_mappings(SNAPSHOT_COLUMNS, query, _MAPPINGS)
        if not supports(columns, Query(filters=query.filters)):
            return None
        statement = _visible(ctx, query).with_only_columns(sa.func.count())
        with self._store.read() as connection:
            return connection.execute(statement.where(*(condition(columns, item) for item in query.filters))).scalar()

    def create(self, ctx: Context, spec: SnapshotSpec) -> Snapshot:
        with self._store.write(TOPIC) as connection:
            snapshot_id = self.insert(connection, ctx, spec)
        return self.get(ctx, snapshot_id)

    def insert(
        self, connection: sa.Connection, ctx: Context, spec: SnapshotSpec, group_snapshot_id: str | None = None
    ) -> str:
        """Insert the row of a snapshot, promise its bytes and return its id."""
        volume = volume_row(connection, ctx, spec.volume_id)
        _require_ready(volume, force=spec.force)
        self._quotas.require(connection, ctx.project, snapshot_demand(volume.size_gib, volume.volume_type))
        snapshot_id = new_id()
        connection.execute(
            volume_snapshots.insert().values(
                id=snapshot_id,
                volume_id=volume.id,
                group_snapshot_id=group_snapshot_id,
                project_id=ctx.project,
                user_id=ctx.user_id,
                name=spec.name,
                description=spec.description,
                size_gib=volume.size_gib,
                status="creating",
                backend=volume.backend,
                metadata=dict(spec.metadata),
                created_at=utcnow(),
            )
        )
        request_id = ctx.request_id
        self._cloud.tasks.enqueue(connection, CREATE_SNAPSHOT, snapshot_id=snapshot_id, request_id=request_id)
        return snapshot_id

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Snapshot:
        with self._editing(ctx, resource_id) as (connection, row):
            save(connection, volume_snapshots, row.id, changes)
        return self.get(ctx, resource_id)

    def delete(self, ctx: Context, resource_id: str, *, force: bool = False) -> None:
        with self._editing(ctx, resource_id) as (connection, row):
            _require_deletable(row, force=force)
            self._remove(connection, ctx, row, "deleting")

    def unmanage(self, ctx: Context, snapshot_id: str) -> None:
        with self._editing(ctx, snapshot_id) as (connection, row):
            _require_deletable(row)
            self._remove(connection, ctx, row, "unmanaging", keeps_bytes=True)

    def _remove(
        self, connection: sa.Connection, ctx: Context, row: Row, status: str, *, keeps_bytes: bool = False
    ) -> None:
        save(connection, volume_snapshots, row.id, {"status": status})
        self._cloud.tasks.enqueue(
            connection,
            DELETE_SNAPSHOT,
            snapshot_id=row.id,
            backend=row.backend,
            keeps_bytes=keeps_bytes,
            request_id=ctx.request_id,
        )

    def set_metadata(
        self, ctx: Context, snapshot_id: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> Mapping[str, str]:
        with self._editing(ctx, snapshot_id) as (connection, row):
            merged = dict(metadata) if replace else {**row.metadata, **metadata}
            save(connection, volume_snapshots, row.id, {"metadata": merged})
        return merged

    def delete_metadata(self, ctx: Context, snapshot_id: str, key: str) -> None:
        with self._editing(ctx, snapshot_id) as (connection, row):
            if key not in row.metadata:
                raise NotFound(f"Snapshot {snapshot_id} has no metadata with key {key}.")
            left = {name: value for name, value in row.metadata.items() if name != key}
            save(connection, volume_snapshots, row.id, {"metadata": left})

    def reset_status(self, ctx: Context, snapshot_id: str, status: str) -> None:
        with self._editing(ctx, snapshot_id) as (connection, row):
            save(connection, volume_snapshots, row.id, {"status": status})

    def report_status(self, ctx: Context, snapshot_id: str, status: str, progress_percent: int | None) -> None:
        with self._editing(ctx, snapshot_id) as (connection, row):
            if row.status not in _REPORTS:
                raise BadRequest(f"Snapshot status {row.status} not allowed for update_snapshot_status")
            if status not in _REPORTS[row.status]:
                raise BadRequest(
                    f"Provided snapshot status {status} not allowed for snapshot with status {row.status}."
                )
            progress = row.progress_percent if progress_percent is None else progress_percent
            save(connection, volume_snapshots, row.id, {"status": status, "progress_percent": progress})


def _visible(ctx: Context, query: Query) -> sa.Select[Any]:
    if query.all_projects:
        return SELECT_SNAPSHOTS
    return SELECT_SNAPSHOTS.where(volume_snapshots.c.project_id == ctx.project)


def _require_deletable(row: Row, *, force: bool = False) -> None:
    if row.group_snapshot_id is not None or (row.status not in _DELETABLE and not force):
        raise BadRequest(
            "Invalid snapshot: Snapshot status must be available or error and must not be part of a group.",
            reason="InvalidSnapshot",
        )


def _require_ready(volume: Row, *, force: bool) -> None:
    """Raise BadRequest unless a snapshot of a volume can be taken in its state."""
    if volume.status == "error":
        raise InvalidVolume("The snapshot cannot be created when the volume is in error status.")
    allowed = ("available", "in-use") if force else ("available",)
    if volume.status not in allowed:
        raise InvalidVolume(
            f"Volume {volume.id} status must be {', '.join(allowed)}, but current status is: {volume.status}."
        )
