"""The volumes at servers: attached and detached while the server lives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, JumpgateError, NotFound
from jumpgate.common.resource import Changes
from jumpgate.compute.contract import VolumeAttachments
from jumpgate.compute.drivers.embedded import disks, history, records
from jumpgate.compute.drivers.embedded.disks import Disks
from jumpgate.compute.drivers.embedded.region import TOPIC, Region
from jumpgate.compute.drivers.embedded.waiting import NotReady
from jumpgate.compute.models import VolumeAttachment, VolumeAttachmentSpec
from jumpgate.compute.models.states import require
from jumpgate.store.tables.compute import server_volumes
from jumpgate.store.tasks import Task

ATTACH = "compute.attach"
DETACH = "compute.detach"
# An attach is done in its request; this is when one that was interrupted is looked after.
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
            arguments = {"server_id": server_id, "row_id": row_id, "action_id": action}
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
            self._region.tasks.enqueue(connection, DETACH, server_id=server_id, row_id=row.id, action_id=action)

    def end_detach(self, task: Task) -> None:
        """Give the volume back."""
        server, row = self._pair(task.arguments)
        if server is not None and row is not None:
            self._disks.detach(server, row)
            with self._store.write(TOPIC) as connection:
                records.change(connection, server.id)
                history.end(connection, task.arguments["action_id"])

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
