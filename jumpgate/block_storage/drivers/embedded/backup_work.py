"""The tasks of backups."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded import messages
from jumpgate.block_storage.drivers.embedded.attaching import settled_status
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC
from jumpgate.block_storage.drivers.embedded.files import GIB
from jumpgate.block_storage.drivers.embedded.kinds import CREATE_BACKUP, DELETE_BACKUP, RESTORE_BACKUP
from jumpgate.block_storage.drivers.embedded.rows import Row, Values, move, remembered
from jumpgate.block_storage.drivers.embedded.work import Work
from jumpgate.block_storage.models import events
from jumpgate.block_storage.models.events import Event
from jumpgate.store.tables.block_storage import volume_backups, volume_snapshots, volumes
from jumpgate.store.tasks import GiveUp, Run, Task


class BackupWork(Work):
    """What happens to backups outside requests."""

    table = volume_backups
    argument = "backup_id"
    resource_type = events.BACKUP

    def handlers(self) -> Mapping[str, tuple[Run, GiveUp]]:
        return {
            CREATE_BACKUP: (self.create, self.give_up_creating),
            RESTORE_BACKUP: (self.restore, self.give_up_restoring),
            DELETE_BACKUP: (self.delete, self.give_up_deleting),
        }

    def create(self, task: Task) -> None:
        """Copy the file of the volume, or of its snapshot."""
        row = self._row(task, "creating")
        if row is None:
            return
        self._cloud.backups.copy(row.id, self._source(row), row.size_gib * GIB)
        with self._store.write(TOPIC) as connection:
            done = move(connection, volume_backups, row.id, "creating", {"status": "available"})
            _release(connection, row)
        if not done and self._is_gone(row.id):
            self._cloud.backups.delete(row.id)

    def _source(self, row: Row) -> Path:
        """Return the file of what is backed up; raise FileNotFoundError where that is gone."""
        table, thing_id = (volume_snapshots, row.snapshot_id) if row.snapshot_id else (volumes, row.volume_id)
        with self._store.read() as connection:
            name = connection.execute(sa.select(table.c.backend).where(table.c.id == thing_id)).scalar()
        if name is None:
            raise FileNotFoundError(thing_id)
        backend = self._cloud.backends[name]
        return (backend.snapshots if row.snapshot_id else backend.volumes).path(thing_id)

    def give_up_creating(self, task: Task, error: Exception) -> None:
        """Put a backup in error, and give its volume back."""
        row = self._row(task, "creating")
        if row is not None:
            self._fail(task, row, events.BACKUP_FAILED, {"status": "error"})
            with self._store.write(TOPIC) as connection:
                _release(connection, row)

    def restore(self, task: Task) -> None:
        """Put a backup's bytes in the place of a volume's."""
        row = self._row(task, "restoring")
        if row is None:
            return
        volume_id = task.arguments["volume_id"]
        with self._store.read() as connection:
            wanted = sa.select(volumes).where(volumes.c.id == volume_id, volumes.c.status == "restoring-backup")
            volume = connection.execute(wanted).one_or_none()
        if volume is not None:
            size_bytes = volume.size_gib * GIB
            files = self._cloud.backends[volume.backend].volumes
            files.copy(volume.id, self._cloud.backups.path(row.id), size_bytes)
        self._end_restoring(row, volume_id, {"status": "available", **remembered(row)})

    def _end_restoring(self, row: Row, volume_id: str, values: Values) -> None:
        with self._store.write(TOPIC) as connection:
            move(connection, volumes, volume_id, "restoring-backup", values)
            move(connection, volume_backups, row.id, "restoring", {"status": "available"})

    def give_up_restoring(self, task: Task, error: Exception) -> None:
        """Put the volume in error; the backup is what it was."""
        row = self._row(task, "restoring")
        if row is None:
            return
        event: Event = events.RESTORE_FAILED
        self._end_restoring(row, task.arguments["volume_id"], {"status": "error_restoring", "error": event.text})
        with self._store.write(TOPIC) as connection:
            request_id = task.arguments.get("request_id", "")
            messages.tell(connection, row, event, resource_type=self.resource_type, request_id=request_id)

    def delete(self, task: Task) -> None:
        """Remove a backup once no volume is made from it."""
        backup_id = task.arguments["backup_id"]
        row = self._row(task, "deleting")
        if row is None and not self._is_gone(backup_id):
            return
        if self._is_being_read(backup_id):
            self._again(task)
            return
        self._cloud.backups.delete(backup_id)
        with self._store.write(TOPIC) as connection:
            connection.execute(volume_backups.delete().where(volume_backups.c.id == backup_id))
            if row is not None:
                _release(connection, row)
        # Whoever was still making it may have put it there meanwhile.
        self._cloud.backups.delete(backup_id)

    def _is_being_read(self, backup_id: str) -> bool:
        made = sa.select(volumes.c.id).where(volumes.c.backup_id == backup_id, volumes.c.status == "creating")
        with self._store.read() as connection:
            return connection.execute(made.limit(1)).first() is not None

    def give_up_deleting(self, task: Task, error: Exception) -> None:
        """Leave a backup for an administrator to look at."""
        row = self._row(task, "deleting")
        if row is not None:
            self._fail(task, row, events.BACKUP_DELETE_FAILED, {"status": "error_deleting"})


def _release(connection: sa.Connection, row: Row) -> None:
    """Take what was backed up out of its state."""
    if row.snapshot_id:
        move(connection, volume_snapshots, row.snapshot_id, "backing-up", {"status": "available"})
    else:
        status = settled_status(connection, row.volume_id)
        move(connection, volumes, row.volume_id, "backing-up", {"status": status})
