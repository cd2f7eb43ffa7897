"""The rows of groups, their types and their snapshots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded.rows import SELECT_VOLUMES, Row, is_visible
from jumpgate.block_storage.models import Group
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.store.tables.block_storage import (
    volume_group_snapshots,
    volume_group_types,
    volume_group_volume_types,
    volume_groups,
    volumes,
)


def group_type_row(connection: sa.Connection, ctx: Context, type_id: str) -> Row:
    """Return the row of a group type that the caller may use; raise NotFound."""
    row = connection.execute(sa.select(volume_group_types).where(volume_group_types.c.id == type_id)).one_or_none()
    if row is None or not (row.is_public or ctx.is_admin):
        raise NotFound(f"Group type {type_id} could not be found.", reason="GroupTypeNotFound")
    return row


def group_type_called(connection: sa.Connection, ctx: Context, reference: str) -> Row:
    """Return the row of a group type by its id or name; raise NotFound."""
    named = sa.select(volume_group_types.c.id).where(volume_group_types.c.name == reference)
    return group_type_row(connection, ctx, connection.execute(named).scalar() or reference)


def group_row(connection: sa.Connection, ctx: Context, group_id: str) -> Row:
    """Return a group's row, or raise NotFound."""
    row = connection.execute(sa.select(volume_groups).where(volume_groups.c.id == group_id)).one_or_none()
    if row is None or not is_visible(row, ctx):
        raise NotFound(f"Group {group_id} could not be found.", reason="GroupNotFound")
    return row


def group_snapshot_row(connection: sa.Connection, ctx: Context, group_snapshot_id: str) -> Row:
    """Return a group snapshot's row, or raise NotFound."""
    mine = volume_group_snapshots.c.id == group_snapshot_id
    row = connection.execute(sa.select(volume_group_snapshots).where(mine)).one_or_none()
    if row is None or not is_visible(row, ctx):
        raise NotFound(f"GroupSnapshot {group_snapshot_id} could not be found.", reason="GroupSnapshotNotFound")
    return row


def volumes_in(connection: sa.Connection, group_id: str) -> Sequence[Row]:
    """Return the rows of a group's volumes, oldest first."""
    statement = SELECT_VOLUMES.where(volumes.c.group_id == group_id)
    return connection.execute(statement.order_by(volumes.c.created_at, volumes.c.id)).all()


def types_in(connection: sa.Connection, group_ids: Iterable[str]) -> Mapping[str, list[str]]:
    """Return the ids of the volume types that each of some groups takes."""
    columns = volume_group_volume_types.c
    statement = sa.select(columns.group_id, columns.volume_type_id).where(columns.group_id.in_(group_ids))
    return _collected(connection, statement.order_by(columns.volume_type_id))


def groups_of(connection: sa.Connection, rows: Sequence[Row]) -> list[Group]:
    """Return the models of rows of volume_groups."""
    group_ids = [row.id for row in rows]
    types = types_in(connection, group_ids)
    members = sa.select(volumes.c.group_id, volumes.c.id).where(volumes.c.group_id.in_(group_ids))
    volume_ids = _collected(connection, members.order_by(volumes.c.created_at, volumes.c.id))
    return [
        Group(**row._mapping, volume_type_ids=tuple(types[row.id]), volume_ids=tuple(volume_ids[row.id]))
        for row in rows
    ]


def _collected(connection: sa.Connection, statement: sa.Select[Any]) -> Mapping[str, list[str]]:
    """Return the second column's values by those of the first."""
    found: dict[str, list[str]] = defaultdict(list)
    for key, value in connection.execute(statement):
        found[key].append(value)
    return found
