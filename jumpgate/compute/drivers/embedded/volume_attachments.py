"""The volumes at servers: attached and detached while the server lives."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, JumpgateError, NotFound
from jumpgate.common.resource import Changes
from jumpgate.compute.contract import VolumeAttachments
from jumpgate.compute.drivers.embedded import disks, history, records
from jumpgate.compute.drivers.embedded.disks import Disks
from jumpgate.compute.drivers.embedded.region import TOPIC, Region
from jumpgate.compute.drivers.embedded.waiting import NotReady
from jumpgate.compute.models import AssistedMergeSpec, AssistedSnapshotSpec, VolumeAttachment, VolumeAttachmentSpec
from jumpgate.compute.models.states import require
from jumpgate.store.tables.compute import server_volumes, servers
from jumpgate.store.tasks import Task

ATTACH = "compute.attach"
DETACH = "compute.detach"
# An attach and a detach are done in their request; this is when one that was interrupted is looked after.
_AFTER_CRASH_S = 30


class EmbeddedVolumeAttachments(VolumeAttachments):
    """Rows here, and attachments at the block storage service."""

    def __init__(self, region: Region, volumes: Disks) -> None:
        self._region = region
        self._store = region.store
        self._disks = volumes
        region.tasks.register(ATTACH, self.finish, give_up=self._undo)
        region.tasks.register(DETACH, self.end_detach, give_up=self._stay)

    def _row(self, server_id: str, volume_id: str) -> Any:
        with self._store.read() as connection:
            for row in disks.of_servers(connection, (server_id,)):
                if row.volume_id == volume_id:
                    return row
        raise NotFound(f"Instance {server_id} is not attached to volume {volume_id}")

    def _server(self, ctx: Context, server_id: str) -> Any:
        with self._store.read() as connection:
            return records.load(connection, ctx, server_id)

    def find(self, ctx: Context, server_id: str) -> Iterable[VolumeAttachment]:
        self._server(ctx, server_id)
        with self._store.read() as connection:
            rows = disks.of_servers(connection, (server_id,))
        return [_to_attachment(row) for row in rows if row.volume_id is not None]

    def get(self, ctx: Context, server_id: str, volume_id: str) -> VolumeAttachment:
        self._server(ctx, server_id)
        return _to_attachment(self._row(server_id, volume_id))

    def create(self, ctx: Context, server_id: str, spec: VolumeAttachmentSpec) -> VolumeAttachment:
        values = {
            "source": "volume",
            "source_id": spec.volume_id,
            "volume_id": spec.volume_id,
            "device": spec.device,
            "delete_on_termination": spec.delete_on_termination,
            "tag": spec.tag,
            "state": "promised",
        }
        with self._store.write(TOPIC) as connection:
            server = records.load(connection, ctx, server_id)
            require("attach_volume", server)
            row_id = self._disks.reserve(connection, server_id, values)
            action = history.begin(connection, ctx, server_id, "attach_volume")
            arguments: dict[str, Any] = {"server_id": server_id, "row_id": row_id, "action_id": action}
            self._region.tasks.enqueue(connection, ATTACH, delay_s=_AFTER_CRASH_S, **arguments)
        try:
            self._attach(arguments)
        except (JumpgateError, NotReady) as error:
            self._disks.forget(row_id)
            with self._store.write(TOPIC) as connection:
                history.end(connection, action, error)
            raise _refusal(error, spec.volume_id) from error
        return _to_attachment(self._row(server_id, spec.volume_id))

    def _attach(self, arguments: Any) -> None:
        """Attach the volume of a row; one whose server is going meanwhile is given back."""
        server, row = self._pair(arguments)
        if row is None:
            return
        self._disks.attach(server, row)
        server, row = self._pair(arguments)
        if server.deleted or server.task_state == "deleting":
            if row is not None:
                self._disks.detach(server, row)
            raise Conflict(f"Cannot 'attach_volume' instance {server.id} while it is in task_state deleting")
        with self._store.write(TOPIC) as connection:
            records.change(connection, server.id)
            history.end(connection, arguments["action_id"])

    def _pair(self, arguments: Any) -> tuple[Any, Any]:
        with self._store.read() as connection:
            server = records.anyone(connection, arguments["server_id"])
            rows = disks.of_servers(connection, (arguments["server_id"],))
        return server, next((row for row in rows if row.id == arguments["row_id"]), None)

    def finish(self, task: Task) -> None:
        """Do what is left of an attach that was interrupted; one that cannot be done is taken back."""
        try:
            self._attach(task.arguments)
        except (JumpgateError, NotReady) as error:
            self._undo(task, error)

    def _undo(self, task: Task, error: Exception) -> None:
        server, row = self._pair(task.arguments)
        if server is not None and row is not None and row.state != "attached":
            self._disks.detach(server, row)
        with self._store.write(TOPIC) as connection:
            history.end(connection, task.arguments["action_id"], error)

    def update(self, ctx: Context, server_id: str, volume_id: str, changes: Changes) -> None:
        self._server(ctx, server_id)
        row = self._row(server_id, volume_id)
        with self._store.write(TOPIC) as connection:
            connection.execute(server_volumes.update().where(server_volumes.c.id == row.id).values(dict(changes)))
            records.change(connection, server_id)

    def delete(self, ctx: Context, server_id: str, volume_id: str) -> None:
        row = self._row(server_id, volume_id)
        if row.boot_index == 0:
            raise BadRequest("Cannot detach a root device volume")
        with self._store.write(TOPIC) as connection:
            server = records.load(connection, ctx, server_id)
            require("detach_volume", server)
            connection.execute(server_volumes.update().where(server_volumes.c.id == row.id).values(state="detaching"))
            action = history.begin(connection, ctx, server_id, "detach_volume")
            arguments = {"server_id": server_id, "row_id": row.id, "action_id": action}
            self._region.tasks.enqueue(connection, DETACH, delay_s=_AFTER_CRASH_S, **arguments)
        # What fails here is tried again by the task.
        with contextlib.suppress(JumpgateError):
            self._detach(arguments)

    def begin_snapshot(self, ctx: Context, volume_id: str, spec: AssistedSnapshotSpec) -> None:
        """Check that it could be: there is no guest that has the volume open, hence none to write elsewhere."""
        self._only_holder(volume_id)

    def end_snapshot(self, ctx: Context, volume_id: str, spec: AssistedMergeSpec) -> None:
        """Check that it could be: there is no guest that has the files open, and they are the storage's to merge."""
        holder = self._only_holder(volume_id)
        if spec.into_file is not None and holder.vm_state != "active":
            raise BadRequest(
                f"Instance {holder.id} in vm_state {holder.vm_state}. Cannot volume_snapshot_delete while the "
                "instance is in this state.",
                reason="InstanceInvalidState",
            )

    def _only_holder(self, volume_id: str) -> Any:
        """Return the row of the one server that has a volume and is not busy; raise BadRequest."""
        wanted = sa.select(servers).join(server_volumes, server_volumes.c.server_id == servers.c.id)
        with self._store.read() as connection:
            found = connection.execute(wanted.where(server_volumes.c.volume_id == volume_id)).all()
        if not found:
            raise BadRequest(f"No volume Block Device Mapping with id {volume_id}.", reason="VolumeBDMNotFound")
        if len(found) > 1:
            raise BadRequest(
                f"Block Device Mapping {volume_id} is a multi-attach volume and is not valid for this operation.",
                reason="VolumeBDMIsMultiAttach",
            )
        holder = found[0]
        if holder.host is None:
            raise BadRequest(f"Instance {holder.id} is not ready", reason="InstanceNotReady")
        if holder.task_state is not None:
            raise BadRequest(
                f"Instance {holder.id} in task_state {holder.task_state}. Cannot volume_snapshot while the instance "
                "is in this state.",
                reason="InstanceInvalidState",
            )
        return holder

    def end_detach(self, task: Task) -> None:
        """Do what is left of a detach that was interrupted."""
        self._detach(task.arguments)

    def _detach(self, arguments: Any) -> None:
        """Give the volume back."""
        server, row = self._pair(arguments)
        if server is not None and row is not None:
            self._disks.detach(server, row)
            with self._store.write(TOPIC) as connection:
                records.change(connection, server.id)
                history.end(connection, arguments["action_id"])

    def _stay(self, task: Task, error: Exception) -> None:
        """Leave a volume that cannot be detached where it is."""
        with self._store.write(TOPIC) as connection:
            attached = server_volumes.update().where(server_volumes.c.id == task.arguments["row_id"])
            connection.execute(attached.values(state="attached"))
            history.end(connection, task.arguments["action_id"], error)


def _refusal(error: Exception, volume_id: str) -> JumpgateError:
    if isinstance(error, NotReady):
        return BadRequest(f"Invalid volume: volume {volume_id} is not available yet.", reason="InvalidVolume")
    if isinstance(error, BadRequest) and not error.message.startswith("Invalid volume"):
        return BadRequest(f"Invalid volume: {error.message}", reason="InvalidVolume")
    assert isinstance(error, JumpgateError)
    return error


def _to_attachment(row: Any) -> VolumeAttachment:
    return VolumeAttachment(
        id=row.id,
        attachment_id=row.attachment_id,
        volume_id=row.volume_id,
        server_id=row.server_id,
        device=row.device,
        delete_on_termination=row.delete_on_termination,
        is_root=row.boot_index == 0,
        tag=row.tag,
    )
