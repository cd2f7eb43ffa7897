"""From rows to models, and the few statements that several resources need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded.backends import pool_host, service_id
from jumpgate.block_storage.models import Attachment, Backup, Snapshot, Volume
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Query
from jumpgate.store.tables.block_storage import (
    volume_attachments,
    volume_backups,
    volume_snapshots,
    volume_types,
    volumes,
)

Row = sa.Row[Any]
Values = Mapping[str, Any]

SELECT_VOLUMES = sa.select(volumes, volume_types.c.name.label("volume_type")).join(volume_types)
VOLUME_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "id": volumes.c.id,
    "project_id": volumes.c.project_id,
    "user_id": volumes.c.user_id,
    "name": volumes.c.name,
    "description": volumes.c.description,
    "size_gib": volumes.c.size_gib,
    "status": volumes.c.status,
    "migration_status": volumes.c.migration_status,
    "availability_zone": volumes.c.availability_zone,
    "volume_type_id": volumes.c.volume_type_id,
    "volume_type": volume_types.c.name,
    "snapshot_id": volumes.c.snapshot_id,
    "source_volume_id": volumes.c.source_volume_id,
    "group_id": volumes.c.group_id,
    "bootable": volumes.c.bootable,
    "is_multiattach": volumes.c.is_multiattach,
    "created_at": volumes.c.created_at,
    "updated_at": volumes.c.updated_at,
}

SELECT_SNAPSHOTS = sa.select(volume_snapshots, volumes.c.volume_type_id, volumes.c.availability_zone).join(
    volumes, volumes.c.id == volume_snapshots.c.volume_id
)
SNAPSHOT_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "id": volume_snapshots.c.id,
    "volume_id": volume_snapshots.c.volume_id,
    "project_id": volume_snapshots.c.project_id,
    "user_id": volume_snapshots.c.user_id,
    "name": volume_snapshots.c.name,
    "description": volume_snapshots.c.description,
    "size_gib": volume_snapshots.c.size_gib,
    "status": volume_snapshots.c.status,
    "availability_zone": volumes.c.availability_zone,
    "created_at": volume_snapshots.c.created_at,
    "updated_at": volume_snapshots.c.updated_at,
}

_children = volume_backups.alias("children")
SELECT_BACKUPS = sa.select(
    volume_backups,
    sa.exists().where(_children.c.parent_id == volume_backups.c.id).label("has_dependents"),
)
BACKUP_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    name: volume_backups.c[name]
    for name in (
        "id",
        "volume_id",
        "snapshot_id",
        "parent_id",
        "project_id",
        "user_id",
        "name",
        "description",
        "size_gib",
        "status",
        "availability_zone",
        "created_at",
        "updated_at",
        "data_timestamp",
    )
}


def with_mappings(
    columns: Mapping[str, sa.ColumnElement[Any]], query: Query, mappings: Mapping[str, sa.Column[Any]]
) -> dict[str, sa.ColumnElement[Any]]:
    """Add to `columns` the keys of JSON columns that the query's filters name (``metadata.role``)."""
    found = dict(columns)
    for item in query.filters:
        name, dot, key = item.attribute.partition(".")
        if dot and name in mappings:
            found[item.attribute] = mappings[name][key].as_string()
    return found


def volume_of(row: Row, attachments: Iterable[Attachment]) -> Volume:
    """Return the model of a row of SELECT_VOLUMES."""
    return Volume(
        id=row.id,
        project_id=row.project_id,
        user_id=row.user_id,
        size_gib=row.size_gib,
        status=row.status,
        created_at=row.created_at,
        updated_at=row.updated_at,
        name=row.name,
        description=row.description,
        availability_zone=row.availability_zone,
        volume_type_id=row.volume_type_id,
        volume_type=row.volume_type,
        snapshot_id=row.snapshot_id,
        source_volume_id=row.source_volume_id,
        group_id=row.group_id,
        bootable=row.bootable,
        is_multiattach=row.is_multiattach,
        metadata=row.metadata,
        image_metadata=row.image_metadata,
        flags=row.flags,
        attachments=tuple(attachments),
        host=pool_host(row.backend) if row.backend else None,
        service_id=service_id(row.backend) if row.backend else None,
        migration_status=row.migration_status,
        error=row.error,
    )


def volumes_of(connection: sa.Connection, rows: Sequence[Row]) -> list[Volume]:
    """Return the models of rows, with their attachments."""
    attached = defaultdict(list)
    if rows:
        mine = volume_attachments.c.volume_id.in_([row.id for row in rows])
        statement = sa.select(volume_attachments).where(mine).order_by(volume_attachments.c.created_at)
        for row in connection.execute(statement):
            attached[row.volume_id].append(attachment_of(row))
    return [volume_of(row, attached[row.id]) for row in rows]


def attachment_of(row: Row) -> Attachment:
    """Return the model of a row of volume_attachments."""
    return Attachment(
        id=row.id,
        volume_id=row.volume_id,
        project_id=row.project_id,
        status=row.status,
        server_id=row.server_id,
        host_name=row.host_name,
        mountpoint=row.mountpoint,
        mode=row.mode,
        connector=row.connector,
        connection=row.connection,
        attached_at=row.attached_at,
        created_at=row.created_at,
    )


def snapshot_of(row: Row) -> Snapshot:
    """Return the model of a row of SELECT_SNAPSHOTS."""
    return Snapshot(
        id=row.id,
        volume_id=row.volume_id,
        project_id=row.project_id,
        user_id=row.user_id,
        size_gib=row.size_gib,
        status=row.status,
        created_at=row.created_at,
        updated_at=row.updated_at,
        name=row.name,
        description=row.description,
        volume_type_id=row.volume_type_id,
        availability_zone=row.availability_zone,
        group_snapshot_id=row.group_snapshot_id,
        metadata=row.metadata,
        progress_percent=row.progress_percent,
        error=row.error,
    )


def backup_of(row: Row) -> Backup:
    """Return the model of a row of SELECT_BACKUPS."""
    return Backup(
        id=row.id,
        volume_id=row.volume_id,
        project_id=row.project_id,
        user_id=row.user_id,
        size_gib=row.size_gib,
        status=row.status,
        created_at=row.created_at,
        data_timestamp=row.data_timestamp,
        updated_at=row.updated_at,
        name=row.name,
        description=row.description,
        snapshot_id=row.snapshot_id,
        parent_id=row.parent_id,
        container=row.container,
        availability_zone=row.availability_zone,
        metadata=row.metadata,
        has_dependents=row.has_dependents,
        error=row.error,
    )


def remembered(backup: Row) -> dict[str, Any]:
    """Return what a backup knows of its volume beside the bytes; one of an older Jumpgate knows no metadata."""
    known = {"bootable": backup.bootable, "image_metadata": backup.image_metadata}
    return known if backup.volume_metadata is None else {**known, "metadata": backup.volume_metadata}


def is_visible(row: Row, ctx: Context) -> bool:
    """Tell whether the caller may know of a thing: it is its project's, or the caller is an administrator."""
    return row.project_id == ctx.project or ctx.is_admin


def volume_row(connection: sa.Connection, ctx: Context, volume_id: str) -> Row:
    """Return a volume's row, or raise NotFound."""
    row = connection.execute(SELECT_VOLUMES.where(volumes.c.id == volume_id)).one_or_none()
    if row is None or not is_visible(row, ctx):
        raise NotFound(f"Volume {volume_id} could not be found.", reason="VolumeNotFound")
    return row


def snapshot_row(connection: sa.Connection, ctx: Context, snapshot_id: str) -> Row:
    """Return a snapshot's row, or raise NotFound."""
    row = connection.execute(SELECT_SNAPSHOTS.where(volume_snapshots.c.id == snapshot_id)).one_or_none()
    if row is None or not is_visible(row, ctx):
        raise NotFound(f"Snapshot {snapshot_id} could not be found.", reason="SnapshotNotFound")
    return row


def backup_row(connection: sa.Connection, ctx: Context, backup_id: str) -> Row:
    """Return a backup's row, or raise NotFound."""
    row = connection.execute(SELECT_BACKUPS.where(volume_backups.c.id == backup_id)).one_or_none()
    if row is None or not is_visible(row, ctx):
        raise NotFound(f"Backup {backup_id} could not be found.", reason="BackupNotFound")
    return row


def attachments_of(connection: sa.Connection, volume_id: str) -> Sequence[Row]:
    """Return the rows of a volume's attachments, oldest first."""
    statement = sa.select(volume_attachments).where(volume_attachments.c.volume_id == volume_id)
    return connection.execute(statement.order_by(volume_attachments.c.created_at)).all()


def save(connection: sa.Connection, table: sa.Table, thing_id: str, values: Values) -> None:
    """Change a row and note when."""
    connection.execute(table.update().where(table.c.id == thing_id).values(updated_at=utcnow(), **values))


def move(connection: sa.Connection, table: sa.Table, thing_id: str, status: str, values: Values) -> bool:
    """Change a row that is still in `status`; tell whether it was."""
    still = sa.and_(table.c.id == thing_id, table.c.status == status)
    return connection.execute(table.update().where(still).values(updated_at=utcnow(), **values)).rowcount == 1
