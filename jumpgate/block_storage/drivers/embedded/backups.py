"""Backups: files of their own that outlive their volumes.

Each backup holds everything. An incremental one remembers the backup that Cinder would have built it on, so that both
go in Cinder's order.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import uuid
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

import orjson
import sqlalchemy as sa

from jumpgate.block_storage.contract import Backups, Volumes
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, ZONE, EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.kinds import CREATE_BACKUP, DELETE_BACKUP, RESTORE_BACKUP
from jumpgate.block_storage.drivers.embedded.quotas import StorageQuotas, backup_demand
from jumpgate.block_storage.drivers.embedded.rows import (
    BACKUP_COLUMNS,
    SELECT_BACKUPS,
    Row,
    backup_of,
    backup_row,
    save,
    snapshot_row,
    volume_row,
)
from jumpgate.block_storage.errors import InvalidBackup, InvalidInput, InvalidVolume
from jumpgate.block_storage.models import Backup, BackupRecord, BackupSpec, Volume, VolumeSpec
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest
from jumpgate.common.format import parse_iso, utcnow
from jumpgate.common.listing import Applied, Query
from jumpgate.common.resource import Changes
from jumpgate.store.listing import condition, rows, supports
from jumpgate.store.tables.block_storage import volume_backups, volume_snapshots, volumes

# What Cinder would call the driver that keeps them.
SERVICE = "cinder.backup.drivers.jumpgate"
_TIMES = ("created_at", "data_timestamp")
# What a record tells of a backup; `bytes_of` is the backup whose file it is.
_RECORDED = (
    "id",
    "volume_id",
    "project_id",
    "user_id",
    "name",
    "description",
    "size_gib",
    "container",
    "metadata",
    "bootable",
    "image_metadata",
    *_TIMES,
)


class EmbeddedBackups(Backups):
    """The backups of a project."""

    def __init__(self, cloud: EmbeddedCloud, volumes: Volumes) -> None:
        self._cloud = cloud
        self._store = cloud.store
        self._volumes = volumes
        self._quotas = StorageQuotas(cloud.store)

    @contextlib.contextmanager
    def _editing(self, ctx: Context, backup_id: str) -> Iterator[tuple[sa.Connection, Row]]:
        with self._store.write(TOPIC) as connection:
            yield connection, backup_row(connection, ctx, backup_id)

    def revision(self, ctx: Context) -> Hashable:
        return self._store.revision(TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Backup]:
        statement = _visible(ctx, query)
        with self._store.read() as connection:
            if supports(BACKUP_COLUMNS, query):
                return Applied([backup_of(row) for row in rows(connection, statement, BACKUP_COLUMNS, query)])
            return [backup_of(row) for row in connection.execute(statement)]

    def get(self, ctx: Context, resource_id: str) -> Backup:
        with self._store.read() as connection:
            return backup_of(backup_row(connection, ctx, resource_id))

    def count(self, ctx: Context, query: Query) -> int | None:
        if not supports(BACKUP_COLUMNS, Query(filters=query.filters)):
            return None
        wanted = (condition(BACKUP_COLUMNS, item) for item in query.filters)
        with self._store.read() as connection:
            return connection.execute(_visible(ctx, query).with_only_columns(sa.func.count()).where(*wanted)).scalar()

    def create(self, ctx: Context, spec: BackupSpec) -> Backup:
        with self._store.write(TOPIC) as connection:
            volume = volume_row(connection, ctx, spec.volume_id)
            snapshot = snapshot_row(connection, ctx, spec.snapshot_id) if spec.snapshot_id else None
            _require_ready(volume, snapshot, force=spec.force)
            self._quotas.require(connection, ctx.project, backup_demand(volume.size_gib))
            row = _new_row(ctx, spec, volume, snapshot)
            row["parent_id"] = _parent(connection, ctx, volume.id, snapshot) if spec.is_incremental else None
            connection.execute(volume_backups.insert().values(row))
            if snapshot is not None:
                save(connection, volume_snapshots, snapshot.id, {"status": "backing-up"})
            else:
                save(connection, volumes, volume.id, {"status": "backing-up"})
            self._enqueue(connection, ctx, CREATE_BACKUP, {"backup_id": row["id"]})
        return self.get(ctx, row["id"])

    def _enqueue(self, connection: sa.Connection, ctx: Context, kind: str, arguments: Mapping[str, Any]) -> None:
        self._cloud.tasks.enqueue(connection, kind, request_id=ctx.request_id, **arguments)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Backup:
        with self._editing(ctx, resource_id) as (connection, row):
            save(connection, volume_backups, row.id, changes)
        return self.get(ctx, resource_id)

    def delete(self, ctx: Context, resource_id: str, *, force: bool = False) -> None:
        with self._editing(ctx, resource_id) as (connection, row):
            if row.status not in ("available", "error") and not force:
                raise InvalidBackup("Backup status must be available or error")
            if row.has_dependents:
                raise InvalidBackup("Incremental backups exist for this backup.")
            save(connection, volume_backups, row.id, {"status": "deleting"})
            self._enqueue(connection, ctx, DELETE_BACKUP, {"backup_id": row.id})

    def restore(self, ctx: Context, backup_id: str, volume_id: str | None, name: str | None) -> Volume:
        if volume_id is None:
            return self._restore_new(ctx, backup_id, name)
        with self._editing(ctx, backup_id) as (connection, row):
            _require_available(row)
            volume = volume_row(connection, ctx, volume_id)
            if volume.status != "available":
                raise InvalidVolume("Volume to be restored to must be available")
            if row.size_gib > volume.size_gib:
                raise InvalidVolume(
                    f"volume size {volume.size_gib} is too small to restore backup of size {row.size_gib}."
                )
            save(connection, volumes, volume.id, {"status": "restoring-backup"})
            save(connection, volume_backups, row.id, {"status": "restoring"})
            self._enqueue(connection, ctx, RESTORE_BACKUP, {"backup_id": row.id, "volume_id": volume.id})
        return self._volumes.get(ctx, volume_id)

    def _restore_new(self, ctx: Context, backup_id: str, name: str | None) -> Volume:
        with self._store.read() as connection:
            _require_available(backup_row(connection, ctx, backup_id))
        spec = VolumeSpec(
            name=name or f"restore_backup_{backup_id}",
            description="auto-created_from_restore_from_backup",
            backup_id=backup_id,
        )
        return self._volumes.create(ctx, spec)

    def reset_status(self, ctx: Context, backup_id: str, status: str) -> None:
        with self._editing(ctx, backup_id) as (connection, row):
            save(connection, volume_backups, row.id, {"status": status})

    def export_record(self, ctx: Context, backup_id: str) -> BackupRecord:
        with self._store.read() as connection:
            row = backup_row(connection, ctx, backup_id)
        if row.status != "available":
            raise InvalidBackup(f"Backup status must be available and not {row.status}.")
        record = {name: getattr(row, name) for name in _RECORDED}
        record |= {name: record[name].isoformat() for name in _TIMES}
        record["volume_metadata"] = row.volume_metadata
        url = base64.b64encode(orjson.dumps({**record, "bytes_of": row.id}))
        return BackupRecord(service=SERVICE, url=url.decode())

    def import_record(self, ctx: Context, record: BackupRecord) -> Backup:
        values, bytes_of = _decoded(record)
        backup_id = values["id"]
        with self._store.write(TOPIC) as connection:
            known = sa.select(volume_backups.c.id).where(volume_backups.c.id == backup_id)
            if connection.execute(known).first():
                raise InvalidBackup("Backup already exists in database.")
            try:
                self._cloud.backups.share(backup_id, bytes_of)
            except FileNotFoundError:
                raise InvalidBackup(f"The bytes of backup {bytes_of} are gone.") from None
            owner = {"project_id": ctx.project, "user_id": ctx.user_id}
            connection.execute(volume_backups.insert().values({**values, **owner, "status": "available"}))
        return self.get(ctx, backup_id)


def _visible(ctx: Context, query: Query) -> sa.Select[Any]:
    return SELECT_BACKUPS if query.all_projects else SELECT_BACKUPS.where(volume_backups.c.project_id == ctx.project)


def _require_ready(volume: Row, snapshot: Row | None, *, force: bool) -> None:
    """Raise BadRequest unless a volume, or its snapshot, can be backed up in its state."""
    if snapshot is not None:
        if snapshot.volume_id != volume.id:
            raise InvalidVolume(f"Volume {volume.id} does not match with snapshot.volume_id {snapshot.volume_id}.")
        if snapshot.status != "available":
            raise BadRequest(
                "Invalid snapshot: Snapshot to be backed up must be available, "
                f'but the current status is "{snapshot.status}".'
            )
    elif volume.status not in ("available", "in-use"):
        raise InvalidVolume(
            f'Volume to be backed up must be available or in-use, but the current status is "{volume.status}".'
        )
    elif volume.status == "in-use" and not force:
        raise InvalidVolume("Backing up an in-use volume must use the force flag.")


def _require_available(row: Row) -> None:
    if row.status != "available":
        raise InvalidBackup("Backup status must be available")


def _new_row(ctx: Context, spec: BackupSpec, volume: Row, snapshot: Row | None) -> dict[str, Any]:
    moment = utcnow()
    return {
        "id": new_id(),
        "volume_id": volume.id,
        "snapshot_id": spec.snapshot_id,
        "project_id": ctx.project,
        "user_id": ctx.user_id,
        "name": spec.name,
        "description": spec.description,
        "size_gib": volume.size_gib if snapshot is None else snapshot.size_gib,
        "status": "creating",
        "container": spec.container,
        "availability_zone": spec.availability_zone or ZONE,
        "metadata": dict(spec.metadata),
        "volume_metadata": volume.metadata,
        "bootable": volume.bootable,
        "image_metadata": volume.image_metadata,
        "data_timestamp": moment if snapshot is None else snapshot.created_at,
        "created_at": moment,
    }


def _parent(connection: sa.Connection, ctx: Context, volume_id: str, snapshot: Row | None) -> str:
    """Return the newest backup that an incremental one can build on; raise BadRequest without one."""
    table = volume_backups.c
    mine = sa.and_(table.volume_id == volume_id, table.project_id == ctx.project, table.status == "available")
    statement = sa.select(table.id).where(mine).order_by(table.data_timestamp.desc())
    if snapshot is not None:
        statement = statement.where(table.data_timestamp < snapshot.created_at)
    found: str | None = connection.execute(statement.limit(1)).scalar()
    if found is None:
        raise InvalidBackup("No backups available to do an incremental backup.")
    return found


def _decoded(record: BackupRecord) -> tuple[dict[str, Any], str]:
    """Return the columns that a record tells, and the backup whose bytes it means; raise BadRequest."""
    try:
        told = orjson.loads(base64.b64decode(record.url, validate=True))
    except binascii.Error:
        raise InvalidInput("Can't decode backup record.") from None
    except orjson.JSONDecodeError:
        raise InvalidInput("Can't parse backup record.") from None
    try:
        values = {name: told[name] for name in _RECORDED} | {"volume_metadata": told.get("volume_metadata")}
        values |= {name: parse_iso(values[name]) for name in _TIMES}
        return {**values, "id": str(uuid.UUID(values["id"]))}, str(uuid.UUID(told["bytes_of"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InvalidInput("Can't parse backup record.") from None
