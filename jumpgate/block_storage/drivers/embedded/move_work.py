"""The task of moving a volume to another backend."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded.cloud import TOPIC
from jumpgate.block_storage.drivers.embedded.files import GIB
from jumpgate.block_storage.drivers.embedded.kinds import MOVE
from jumpgate.block_storage.drivers.embedded.moving import snapshots_of
from jumpgate.block_storage.drivers.embedded.rows import Row, save
from jumpgate.block_storage.drivers.embedded.volume_types import is_multiattach
from jumpgate.block_storage.drivers.embedded.work import Work
from jumpgate.block_storage.models import events
from jumpgate.store.tables.block_storage import volume_types, volumes
from jumpgate.store.tasks import GiveUp, Run, Task

_QUIET = ("available", "maintenance", "retyping")


class MoveWork(Work):
    """Copies a volume's bytes, lets the volume be where the copy is, and removes the original.

    A volume that is not locked may be used meanwhile; then its copy is stale, and the volume stays where it is.
    """

    table = volumes
    argument = "volume_id"
    resource_type = events.VOLUME

    def handlers(self) -> Mapping[str, tuple[Run, GiveUp]]:
        return {MOVE: (self.move, self.give_up_moving)}

    def move(self, task: Task) -> None:
        """Copy, switch and remove; a repetition goes on where a crash has ended the last."""
        volume_id, source, target = (task.arguments[name] for name in ("volume_id", "source", "backend"))
        row = self._volume(volume_id)
        if row is not None and row.backend == source and row.migration_status == "migrating":
            if self._is_being_read(row):
                self._again(task)
                return
            original = self._cloud.backends[source].volumes.path(row.id)
            self._cloud.backends[target].volumes.copy(row.id, original, row.size_gib * GIB)
            self._switch(row, target, task.arguments["type_id"])
            row = self._volume(volume_id)
        for name in {source, target} - {row.backend if row is not None else None}:
            self._cloud.backends[name].volumes.delete(volume_id)

    def _volume(self, volume_id: str) -> Row | None:
        with self._store.read() as connection:
            return connection.execute(sa.select(volumes).where(volumes.c.id == volume_id)).one_or_none()

    def _is_being_read(self, row: Row) -> bool:
        """Tell whether another volume is being made from the volume."""
        clones = sa.select(volumes.c.id).where(volumes.c.source_volume_id == row.id, volumes.c.status == "creating")
        with self._store.read() as connection:
            return connection.execute(clones.limit(1)).first() is not None

    def _switch(self, before: Row, target: str, type_id: str | None) -> None:
        """Let the volume be on the target, or where it was if it was used since `before`."""
        with self._store.write(TOPIC) as connection:
            now = connection.execute(sa.select(volumes).where(volumes.c.id == before.id)).one_or_none()
            if now is None:
                return
            values: dict[str, Any] = {"status": "available"} if now.status in _QUIET else {}
            if now.status in _QUIET and _moment(now) == _moment(before) and not snapshots_of(connection, now.id):
                values |= {"backend": target, "migration_status": "success", **_typed(connection, type_id)}
            else:
                values["migration_status"] = "error"
            save(connection, volumes, now.id, values)

    def give_up_moving(self, task: Task, error: Exception) -> None:
        """Leave a volume where it is, and tell its project."""
        row = self._volume(task.arguments["volume_id"])
        if row is None or row.migration_status != "migrating":
            return
        values = {"migration_status": "error", "status": "available" if row.status in _QUIET else row.status}
        self._fail(task, row, events.MOVE_FAILED, values)
        self._cloud.backends[task.arguments["backend"]].volumes.delete(row.id)


def _moment(row: Row) -> dt.datetime:
    moment: dt.datetime = row.updated_at
    return moment


def _typed(connection: sa.Connection, type_id: str | None) -> dict[str, Any]:
    """Return the columns that a new type sets, none without one."""
    if type_id is None:
        return {}
    extra_specs = connection.execute(
        sa.select(volume_types.c.extra_specs).where(volume_types.c.id == type_id)
    ).scalar_one()
    return {"volume_type_id": type_id, "is_multiattach": is_multiattach(extra_specs)}
