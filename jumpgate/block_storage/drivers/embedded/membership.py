"""Wholes and their parts: a group and its volumes, a group snapshot and its snapshots.

The parts have tasks of their own; the whole is done when the last of them is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded.rows import save
from jumpgate.store.tables.block_storage import volume_group_snapshots, volume_groups, volume_snapshots, volumes


@dataclass(frozen=True, slots=True)
class Whole:
    """What has parts: its table, theirs, and the column in which they name it."""

    table: sa.Table
    parts: sa.Table
    name: sa.Column[Any]


GROUPS = Whole(volume_groups, volumes, volumes.c.group_id)
GROUP_SNAPSHOTS = Whole(volume_group_snapshots, volume_snapshots, volume_snapshots.c.group_snapshot_id)


def settle(connection: sa.Connection, whole: Whole, whole_id: str | None) -> None:
    """End the creation or deletion of a whole if none of its parts is at it any more."""
    if whole_id is None:
        return
    status = connection.execute(sa.select(whole.table.c.status).where(whole.table.c.id == whole_id)).scalar()
    parts = set(connection.execute(sa.select(whole.parts.c.status).where(whole.name == whole_id)).scalars())
    if status not in ("creating", "deleting") or status in parts:
        return
    if status == "deleting" and not parts:
        connection.execute(whole.table.delete().where(whole.table.c.id == whole_id))
    else:
        is_whole = status == "creating" and "error" not in parts
        save(connection, whole.table, whole_id, {"status": "available" if is_whole else "error"})
