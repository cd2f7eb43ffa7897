"""Group snapshots: a snapshot of each volume of a group, taken and removed together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.contract import GroupSnapshots
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.group_rows import group_row, group_snapshot_row, volumes_in
from jumpgate.block_storage.drivers.embedded.kinds import DELETE_SNAPSHOT
from jumpgate.block_storage.drivers.embedded.membership import GROUP_SNAPSHOTS, settle
from jumpgate.block_storage.drivers.embedded.rows import Row, save
from jumpgate.block_storage.drivers.embedded.snapshots import EmbeddedSnapshots
from jumpgate.block_storage.errors import InvalidGroupSnapshot
from jumpgate.block_storage.models import GroupSnapshot, GroupSnapshotSpec, SnapshotSpec
from jumpgate.common.context import Context
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Query
from jumpgate.store.listing import rows, supports
from jumpgate.store.tables.block_storage import volume_group_snapshots, volume_groups, volume_snapshots

_COLUMNS: dict[str, sa.ColumnElement[Any]] = {column.name: column for column in volume_group_snapshots.c}


class EmbeddedGroupSnapshots(GroupSnapshots):
    """The snapshots of a project's groups."""

    def __init__(self, cloud: EmbeddedCloud, snapshots: EmbeddedSnapshots) -> None:
        self._store = cloud.store
        self._tasks = cloud.tasks
        self._snapshots = snapshots

    def revision(self, ctx: Context) -> Hashable:
        return self._store.revision(TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[GroupSnapshot]:
        statement = sa.select(volume_group_snapshots)
        if not query.all_projects:
            statement = statement.where(volume_group_snapshots.c.project_id == ctx.project)
        with self._store.read() as connection:
            if supports(_COLUMNS, query):
                return Applied([_snapshot_of(row) for row in rows(connection, statement, _COLUMNS, query)])
            return [_snapshot_of(row) for row in connection.execute(statement)]

    def get(self, ctx: Context, resource_id: str) -> GroupSnapshot:
        with self._store.read() as connection:
            return _snapshot_of(group_snapshot_row(connection, ctx, resource_id))

    def create(self, ctx: Context, spec: GroupSnapshotSpec) -> GroupSnapshot:
        whole_id = new_id()
        with self._store.write(TOPIC) as connection:
            group = group_row(connection, ctx, spec.group_id)
            connection.execute(
                volume_group_snapshots.insert().values(
                    id=whole_id,
                    group_id=group.id,
                    group_type_id=group.group_type_id,
                    project_id=ctx.project,
                    user_id=ctx.user_id,
                    name=spec.name,
                    description=spec.description,
                    status="creating",
                    created_at=utcnow(),
                )
            )
            for volume in volumes_in(connection, group.id):
                one = SnapshotSpec(volume_id=volume.id, name=spec.name, description=spec.description, force=True)
                self._snapshots.insert(connection, ctx, one, whole_id)
            settle(connection, GROUP_SNAPSHOTS, whole_id)
            return _snapshot_of(group_snapshot_row(connection, ctx, whole_id))

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            whole = group_snapshot_row(connection, ctx, resource_id)
            if whole.status not in ("available", "error") or _is_source(connection, whole.id):
                raise InvalidGroupSnapshot(
                    "GroupSnapshot status must be available or error, and no Group can be currently using it as "
                    "source for its creation."
                )
            save(connection, volume_group_snapshots, whole.id, {"status": "deleting"})
            for part in _parts(connection, whole.id):
                save(connection, volume_snapshots, part.id, {"status": "deleting"})
                more = {"backend": part.backend, "request_id": ctx.request_id}
                self._tasks.enqueue(connection, DELETE_SNAPSHOT, snapshot_id=part.id, **more)
            settle(connection, GROUP_SNAPSHOTS, whole.id)

    def reset_status(self, ctx: Context, group_snapshot_id: str, status: str) -> None:
        with self._store.write(TOPIC) as connection:
            row = group_snapshot_row(connection, ctx, group_snapshot_id)
            save(connection, volume_group_snapshots, row.id, {"status": status})


def _snapshot_of(row: Row) -> GroupSnapshot:
    return GroupSnapshot(**row._mapping)


def _parts(connection: sa.Connection, whole_id: str) -> Sequence[Row]:
    of_it = volume_snapshots.c.group_snapshot_id == whole_id
    return connection.execute(sa.select(volume_snapshots).where(of_it)).all()


def _is_source(connection: sa.Connection, whole_id: str) -> bool:
    """Tell whether a group is being made from a group snapshot."""
    made = sa.and_(volume_groups.c.group_snapshot_id == whole_id, volume_groups.c.status == "creating")
    return connection.execute(sa.select(volume_groups.c.id).where(made).limit(1)).first() is not None
