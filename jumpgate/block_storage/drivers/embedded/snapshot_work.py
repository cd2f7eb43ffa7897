"""The tasks of snapshots."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded.backends import FIRST
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC
from jumpgate.block_storage.drivers.embedded.files import GIB
from jumpgate.block_storage.drivers.embedded.kinds import CREATE_SNAPSHOT, DELETE_SNAPSHOT
from jumpgate.block_storage.drivers.embedded.membership import GROUP_SNAPSHOTS, settle
from jumpgate.block_storage.drivers.embedded.rows import Row
from jumpgate.block_storage.drivers.embedded.work import Work
from jumpgate.block_storage.models import events
from jumpgate.store.tables.block_storage import volume_snapshots, volumes
from jumpgate.store.tasks import GiveUp, Run, Task


class SnapshotWork(Work):
    """What happens to snapshots outside requests."""

    table = volume_snapshots
    argument = "snapshot_id"
    resource_type = events.SNAPSHOT

    def handlers(self) -> Mapping[str, tuple[Run, GiveUp]]:
        return {
            CREATE_SNAPSHOT: (self.create, self.give_up_creating),
            DELETE_SNAPSHOT: (self.delete, self.give_up_deleting),
        }

    def _ended(self, connection: sa.Connection, row: Row) -> None:
        settle(connection, GROUP_SNAPSHOTS, row.group_snapshot_id)

    def create(self, task: Task) -> None:
        """Copy the volume's file."""
        row = self._row(task, "creating")
        if row is None:
            return
        backend = self._cloud.backends[row.backend]
        backend.snapshots.copy(row.id, backend.volumes.path(row.volume_id), row.size_gib * GIB)
        if not self._end(row, {"status": "available", "progress_percent": 100}) and self._is_gone(row.id):
            backend.snapshots.delete(row.id)

    def give_up_creating(self, task: Task, error: Exception) -> None:
        """Put a snapshot in error whose bytes could not be copied."""
        row = self._row(task, "creating")
        if row is not None:
            self._fail(task, row, events.SNAPSHOT_FAILED, {"status": "error"})

    def delete(self, task: Task) -> None:
        """Remove a snapshot once no volume is made from it."""
        snapshot_id = task.arguments["snapshot_id"]
        row = self._row(task, "deleting") or self._row(task, "unmanaging")
        if row is None and not self._is_gone(snapshot_id):
            return
        if self._is_being_read(snapshot_id):
            self._again(task)
            return
        self._remove_file(task)
        with self._store.write(TOPIC) as connection:
            mine = volume_snapshots.c.id == snapshot_id
            whole_id = connection.execute(sa.select(volume_snapshots.c.group_snapshot_id).where(mine)).scalar()
            connection.execute(volume_snapshots.delete().where(mine))
            settle(connection, GROUP_SNAPSHOTS, whole_id)
        # Whoever was still making it may have put it there meanwhile.
        self._remove_file(task)

    def _remove_file(self, task: Task) -> None:
        """Remove the bytes, unless they are to stay where they are, known to nobody."""
        backend = task.arguments.get("backend", FIRST)
        if backend is not None and not task.arguments.get("keeps_bytes"):
            self._cloud.backends[backend].snapshots.delete(task.arguments["snapshot_id"])

    def _is_being_read(self, snapshot_id: str) -> bool:
        clones = sa.select(volumes.c.id).where(volumes.c.snapshot_id == snapshot_id, volumes.c.status == "creating")
        with self._store.read() as connection:
            return connection.execute(clones.limit(1)).first() is not None

    def give_up_deleting(self, task: Task, error: Exception) -> None:
        """Leave a snapshot for an administrator to look at."""
        row = self._row(task, "deleting")
        if row is not None:
            self._fail(task, row, events.SNAPSHOT_DELETE_FAILED, {"status": "error_deleting"})
