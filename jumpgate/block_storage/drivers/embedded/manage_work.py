"""The tasks by which a file of a backend becomes a volume or a snapshot."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud
from jumpgate.block_storage.drivers.embedded.files import GIB, Files, TooSmall
from jumpgate.block_storage.drivers.embedded.kinds import MANAGE, MANAGE_SNAPSHOT
from jumpgate.block_storage.drivers.embedded.placement import suits
from jumpgate.block_storage.drivers.embedded.quotas import StorageQuotas, volume_demand
from jumpgate.block_storage.drivers.embedded.rows import Row, move
from jumpgate.block_storage.drivers.embedded.work import Work
from jumpgate.block_storage.models import events
from jumpgate.common.errors import Conflict
from jumpgate.store.tables.block_storage import volume_snapshots, volume_types, volumes
from jumpgate.store.tasks import GiveUp, Run, Task


def taken(files: Files, name: str, thing_id: str) -> int:
    """Give a file a thing's name, which it may have already, and whole GiB; return how many."""
    if not files.path(thing_id).exists():
        files.rename(name, thing_id)
    size_gib = max(1, -(-files.path(thing_id).stat().st_size // GIB))
    files.extend(thing_id, size_gib * GIB)
    return size_gib


class ManageWork(Work):
    """What happens to volumes that are taken from a backend."""

    table = volumes
    argument = "volume_id"
    resource_type = events.VOLUME

    def __init__(self, cloud: EmbeddedCloud) -> None:
        super().__init__(cloud)
        self._quotas = StorageQuotas(cloud.store)

    def handlers(self) -> Mapping[str, tuple[Run, GiveUp]]:
        return {MANAGE: (self.manage, self.give_up)}

    def manage(self, task: Task) -> None:
        """Rename the file, and let the volume be as large as it is."""
        row = self._row(task, "creating")
        if row is None:
            return
        backend = self._cloud.backends[row.backend]
        kind = self._type(row)
        if not suits(backend.capabilities(allocated_gib=0), kind.extra_specs):
            raise Conflict("The backend cannot do what the type asks.")
        size_gib = taken(backend.volumes, task.arguments["name"], row.id)
        with self._store.write(TOPIC) as connection:
            self._quotas.require(connection, row.project_id, volume_demand(0, size_gib, kind.name))
            values = {"status": "available", "size_gib": size_gib, "promised_gib": size_gib}
            move(connection, volumes, row.id, "creating", values)

    def _type(self, row: Row) -> Row:
        with self._store.read() as connection:
            return connection.execute(sa.select(volume_types).where(volume_types.c.id == row.volume_type_id)).one()

    def give_up(self, task: Task, error: Exception) -> None:
        """Put a volume in error that there is no file for, and give the file back that it may not have."""
        row = self._row(task, "creating")
        if row is None:
            return
        files, name = self._cloud.backends[row.backend].volumes, task.arguments["name"]
        if files.path(row.id).exists() and not files.path(name).exists():
            files.rename(row.id, name)
        self._fail(task, row, events.CREATE_FAILED, {"status": "error"})


class ManageSnapshotWork(Work):
    """What happens to snapshots that are taken from a backend."""

    table = volume_snapshots
    argument = "snapshot_id"
    resource_type = events.SNAPSHOT

    def handlers(self) -> Mapping[str, tuple[Run, GiveUp]]:
        return {MANAGE_SNAPSHOT: (self.manage, self.give_up)}

    def manage(self, task: Task) -> None:
        """Rename the file, which must not be larger than its volume."""
        row = self._row(task, "creating")
        if row is None:
            return
        files = self._cloud.backends[row.backend].snapshots
        if files.path(task.arguments["name"]).exists() and _size_gib(files, task.arguments["name"]) > row.size_gib:
            raise TooSmall
        size_gib = taken(files, task.arguments["name"], row.id)
        self._end(row, {"status": "available", "size_gib": size_gib, "progress_percent": 100})

    def give_up(self, task: Task, error: Exception) -> None:
        """Put a snapshot in error that there is no file for."""
        row = self._row(task, "creating")
        if row is not None:
            self._fail(task, row, events.SNAPSHOT_FAILED, {"status": "error"})


def _size_gib(files: Files, name: str) -> int:
    return -(-files.path(name).stat().st_size // GIB)
