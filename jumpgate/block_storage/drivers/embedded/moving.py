"""Moving volumes between backends: because an administrator says so, or because a new type asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded import messages
from jumpgate.block_storage.drivers.embedded.encryptions import require_plain
from jumpgate.block_storage.drivers.embedded.kinds import MOVE
from jumpgate.block_storage.drivers.embedded.placement import allocated_gib, find_place, open_backends, suits
from jumpgate.block_storage.drivers.embedded.records import VolumeRecords
from jumpgate.block_storage.drivers.embedded.rows import Row, save
from jumpgate.block_storage.drivers.embedded.volume_types import is_multiattach, type_row
from jumpgate.block_storage.errors import InvalidInput, InvalidVolume
from jumpgate.block_storage.models import events
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest
from jumpgate.store.tables.block_storage import volume_snapshots, volume_types, volumes

MOVING = ("starting", "migrating", "completing")


class VolumeMoving(VolumeRecords):
    """What puts a volume on another backend."""

    def retype(self, ctx: Context, volume_id: str, volume_type: str, migration_policy: str) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            kind = type_row(connection, ctx, volume_type)
            require_plain(connection, kind.id, kind.name)
            multiattach = is_multiattach(kind.extra_specs)
            _require_retypable(row, kind.id, multiattach=multiattach)
            snapshots = snapshots_of(connection, row.id)
            self._quotas.require(connection, row.project_id, _retype_demand(row, snapshots, kind.name))
            if self._stays(connection, row, kind):
                save(connection, volumes, row.id, {"volume_type_id": kind.id, "is_multiattach": multiattach})
            elif migration_policy == "on-demand":
                self._move_to(connection, ctx, row, kind, snapshots)
            else:
                # Cinder takes such a request and leaves the volume as it was; here it is told why as well.
                messages.tell(connection, row, events.NO_BACKEND, request_id=ctx.request_id)

    def _stays(self, connection: sa.Connection, row: Row, kind: Row) -> bool:
        """Tell whether the volume's backend can do what a type asks."""
        capabilities = self._cloud.backends[row.backend].capabilities(allocated_gib=0)
        return suits(capabilities, kind.extra_specs)

    def _move_to(self, connection: sa.Connection, ctx: Context, row: Row, kind: Row, snapshots: Sequence[Row]) -> None:
        """Begin to move a volume where a type can be; where that is nowhere, leave a message."""
        if row.status != "available" or snapshots:
            raise InvalidVolume(
                f"Volume {row.id} must be available and have no snapshots to be moved to another backend, which its "
                "new type needs: detach it, and delete its snapshots, first."
            )
        target = find_place(connection, self._cloud.backends, kind.extra_specs, beside=[row.backend])
        if target is None:
            messages.tell(connection, row, events.NO_BACKEND, request_id=ctx.request_id)
            return
        save(connection, volumes, row.id, {"status": "retyping", "migration_status": "migrating"})
        self._enqueue_move(connection, ctx, row, target.name, type_id=kind.id)

    def migrate(self, ctx: Context, volume_id: str, host: str, *, locks: bool = False) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            target = self._cloud.backends.on(host)
            if target is None or target not in open_backends(connection, self._cloud.backends):
                raise BadRequest(f"Invalid host: No available service named '{host}'", reason="InvalidHost")
            _require_movable(connection, row, target.name)
            capabilities = target.capabilities(allocated_gib=allocated_gib(connection).get(target.name, 0))
            wanted = sa.select(volume_types.c.extra_specs).where(volume_types.c.id == row.volume_type_id)
            if not suits(capabilities, connection.execute(wanted).scalar_one()):
                save(connection, volumes, row.id, {"migration_status": "error"})
                messages.tell(connection, row, events.NO_BACKEND, request_id=ctx.request_id)
                return
            status = "maintenance" if locks else row.status
            save(connection, volumes, row.id, {"status": status, "migration_status": "migrating"})
            self._enqueue_move(connection, ctx, row, target.name)

    def _enqueue_move(
        self, connection: sa.Connection, ctx: Context, row: Row, backend: str, type_id: str | None = None
    ) -> None:
        arguments: dict[str, Any] = {"source": row.backend, "backend": backend, "type_id": type_id}
        self._cloud.tasks.enqueue(connection, MOVE, volume_id=row.id, request_id=ctx.request_id, **arguments)


def snapshots_of(connection: sa.Connection, volume_id: str) -> Sequence[Row]:
    """Return the rows of a volume's snapshots, the newest first."""
    statement = sa.select(volume_snapshots).where(volume_snapshots.c.volume_id == volume_id)
    return connection.execute(statement.order_by(volume_snapshots.c.created_at.desc())).all()


def _require_movable(connection: sa.Connection, row: Row, backend: str) -> None:
    """Raise BadRequest for a volume that is there already, or cannot be moved in its state."""
    if row.status == "in-use":
        raise InvalidInput(f"Volume {row.id} is in use, and its bytes cannot be moved meanwhile: detach it first.")
    moving = row.migration_status in MOVING
    if (
        row.status != "available"
        or moving
        or row.group_id
        or row.backend == backend
        or snapshots_of(connection, row.id)
    ):
        raise InvalidVolume(
            f"Volume {row.id} status must be available or in-use, must not be migrating, have snapshots, be "
            "replicated, be part of a group and destination host/cluster must be different than the current one"
        )


def _require_retypable(row: Row, type_id: str, *, multiattach: bool) -> None:
    if multiattach != row.is_multiattach and row.status != "available":
        raise InvalidInput(
            "Invalid volume_type passed, retypes affecting multiattach are only allowed on available volumes, the "
            f"specified volume however currently has a status of: {row.status}."
        )
    if (
        row.status not in ("available", "in-use")
        or row.migration_status in MOVING
        or type_id == row.volume_type_id
        or row.group_id is not None
    ):
        raise InvalidVolume(
            "Retype needs volume to be in available or in-use state, not be part of an active migration or a "
            "consistency group, requested type has to be different that the one from the volume, and for in-use "
            "volumes front-end qos specs cannot change."
        )


def _retype_demand(row: Row, snapshots: Sequence[Row], type_name: str) -> dict[str, int]:
    """Return what a volume and its snapshots take of the limits of another type."""
    size_gib = row.promised_gib + sum(snapshot.size_gib for snapshot in snapshots)
    return {
        f"gigabytes_{type_name}": size_gib,
        f"snapshots_{type_name}": len(snapshots),
        f"volumes_{type_name}": 1,
    }
