"""A server's disks that are volumes: made, attached and given back at the block storage service.

Each has a row, which is written before the volume is touched: whatever a crash leaves behind can be finished or undone.
"""

from __future__ import annotations

import contextlib
import string
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.models import AttachmentSpec, VolumeSpec
from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import BadRequest, CloudError, Conflict, NotFound
from jumpgate.common.listing import Filter, Query, page
from jumpgate.compute.drivers.embedded.region import TOPIC, Region
from jumpgate.compute.drivers.embedded.waiting import NotReady
from jumpgate.compute.models import AttachedVolume, BlockDevice
from jumpgate.store.tables.compute import server_volumes

_WAITING = frozenset({"creating", "downloading", "reserved", "attaching"})
Row = sa.Row[Any]


def promise(connection: sa.Connection, server_id: str, devices: Iterable[BlockDevice]) -> None:
    """Write the rows of a new server's volumes; local disks need none."""
    wanted = [item for item in devices if item.destination == "volume"]
    names = device_names([item.device_name for item in wanted], has_local_root=not any(map(_is_root, wanted)))
    for position, (item, name) in enumerate(zip(wanted, names, strict=True)):
        connection.execute(
            server_volumes.insert().values(
                id=str(uuid.uuid4()),
                server_id=server_id,
                position=position,
                source=item.source,
                source_id=item.id,
                size_gib=item.size_gib,
                volume_type=item.volume_type,
                volume_id=item.id if item.source == "volume" else None,
                device=name,
                boot_index=item.boot_index,
                delete_on_termination=item.delete_on_termination,
                tag=item.tag,
                state="promised",
            )
        )


def _is_root(device: BlockDevice) -> bool:
    return device.boot_index == 0


def device_names(wanted: Sequence[str | None], *, has_local_root: bool, taken: Iterable[str] = ()) -> list[str]:
    """Return a device for each disk: the one that was asked for, else the next free one."""
    used = {*taken, *filter(None, wanted), *(("/dev/vda",) if has_local_root else ())}
    free = (f"/dev/vd{letter}" for letter in _letters() if f"/dev/vd{letter}" not in used)
    return [name or next(free) for name in wanted]


def _letters() -> Iterable[str]:
    yield from string.ascii_lowercase
    for first in string.ascii_lowercase:
        yield from (first + second for second in string.ascii_lowercase)


def of_servers(connection: sa.Connection, server_ids: Sequence[str]) -> list[Row]:
    """Return the volumes of servers, each server's in order."""
    wanted = sa.select(server_volumes).where(server_volumes.c.server_id.in_(server_ids))
    return list(connection.execute(wanted.order_by(server_volumes.c.server_id, server_volumes.c.position)))


def root_of(connection: sa.Connection, server_id: str) -> Row | None:
    """Return the volume that a server boots from, None for a local disk."""
    return next((row for row in of_servers(connection, (server_id,)) if row.boot_index == 0), None)


def mark(connection: sa.Connection, row: Row, state: str) -> None:
    """Set the state of a row: promised, attached, detaching or reimaging."""
    connection.execute(server_volumes.update().where(server_volumes.c.id == row.id).values(state=state))


def shown(connection: sa.Connection, server_ids: Sequence[str]) -> dict[str, tuple[AttachedVolume, ...]]:
    """Return the volumes that servers show."""
    found: dict[str, list[AttachedVolume]] = {}
    for row in of_servers(connection, server_ids):
        if row.volume_id is not None:
            volume = AttachedVolume(id=row.volume_id, delete_on_termination=row.delete_on_termination)
            found.setdefault(row.server_id, []).append(volume)
    return {server_id: tuple(items) for server_id, items in found.items()}


class Disks:
    """The volumes of servers."""

    def __init__(self, region: Region) -> None:
        self._region = region

    @property
    def _storage(self) -> Any:
        return self._region.siblings["block_storage"]

    def rows(self, server_id: str) -> list[Row]:
        """Return the rows of one server's volumes."""
        with self._region.store.read() as connection:
            return of_servers(connection, (server_id,))

    def attach_all(self, server: Any) -> None:
        """Make and attach what a new server was promised; raise NotReady while a volume is being made."""
        rows = self.rows(server.id)
        for row in rows:
            if row.volume_id is None:
                self._make(server, row)
        for row in self.rows(server.id):
            self.attach(server, row)

    def _make(self, server: Any, row: Row) -> None:
        """Make the volume of a row. One that an earlier attempt made is known by the row's id in its metadata."""
        ctx = service_context(server.project_id, user_id=server.user_id)
        made = self._made_before(ctx, row)
        if made is None:
            spec = VolumeSpec(
                size_gib=row.size_gib,
                name="",
                volume_type=row.volume_type,
                image_id=row.source_id if row.source == "image" else None,
                snapshot_id=row.source_id if row.source == "snapshot" else None,
                metadata={"block_device": row.id},
            )
            made = self._storage.volumes.create(ctx, spec).id
        self._change(row, volume_id=made)

    def _made_before(self, ctx: Context, row: Row) -> str | None:
        query = Query(filters=(Filter("metadata.block_device", (row.id,)),))
        for volume in page(self._storage.volumes.find(ctx, query), query):
            identifier: str = volume.id
            return identifier
        return None

    def attach(self, server: Any, row: Row) -> None:
        """Attach the volume of a row, if it is not attached yet; raise NotReady, or BadRequest.

        One that is being detached stays so, also when that began meanwhile.
        """
        if row.state in ("attached", "detaching"):
            return
        ctx = service_context(server.project_id, user_id=server.user_id)
        there = self.attachment(ctx, server.id, row.volume_id)
        if there is None:
            volume = self._storage.volumes.get(ctx, row.volume_id)
            if volume.status in _WAITING:
                raise NotReady
            if volume.status.startswith("error"):
                raise CloudError(f"Volume {volume.id} did not finish being created: its status is {volume.status}.")
            spec = AttachmentSpec(volume_id=row.volume_id, server_id=server.id, mountpoint=row.device, complete=True)
            there = self._storage.attachments.create(ctx, spec)
        if not self._change(row, state="attached", attachment_id=there.id):
            self._delete_attachment(ctx, there.id)

    def reimage(self, server: Any, row: Row, image_id: str) -> None:
        """Fill a root volume with an image and attach it again; raise NotReady while it is being filled.

        The row is in the state reimaging until the block storage service has the job.
        """
        ctx = service_context(server.project_id, user_id=server.user_id)
        there = self.attachment(ctx, server.id, row.volume_id)
        if there is not None:
            self._delete_attachment(ctx, there.id)
        if self._storage.volumes.get(ctx, row.volume_id).status not in _WAITING:
            self._storage.volumes.reimage(ctx, row.volume_id, image_id)
        self._change(row, state="promised")
        raise NotReady

    def attachment(self, ctx: Context, server_id: str, volume_id: str) -> Any:
        """Return the attachment of a volume to a server, None where there is none."""
        for item in self._attachments(ctx, server_id):
            if item.volume_id == volume_id:
                return item
        return None

    def _attachments(self, ctx: Context, server_id: str) -> list[Any]:
        # An administrator may have attached another project's volume.
        query = Query(filters=(Filter("server_id", (server_id,)),), all_projects=True)
        found = page(self._storage.attachments.find(ctx, query), query)
        return [item for item in found if item.status not in ("detached", "deleted")]

    def _change(self, row: Row, **values: Any) -> bool:
        """Change a row; return False where it is gone, or in another state than it was."""
        is_same = sa.and_(server_volumes.c.id == row.id, server_volumes.c.state == row.state)
        with self._region.store.write(TOPIC) as connection:
            return connection.execute(server_volumes.update().where(is_same).values(values)).rowcount == 1

    def reserve(self, connection: sa.Connection, server_id: str, values: dict[str, Any]) -> str:
        """Write the row of a volume that shall be attached to a running server, and return the row's id.

        Raises BadRequest for a volume that is there already, Conflict for a device that is taken.
        """
        rows = of_servers(connection, (server_id,))
        if any(row.volume_id == values["volume_id"] for row in rows):
            raise BadRequest(f"Invalid volume: volume {values['volume_id']} already attached", reason="InvalidVolume")
        taken = [row.device for row in rows]
        if values["device"] in taken:
            raise Conflict(f"The supplied device path ({values['device']}) is in use.", reason="DevicePathInUse")
        local_root = not any(row.boot_index == 0 for row in rows)
        device = device_names([values["device"]], has_local_root=local_root, taken=taken)[0]
        identifier = str(uuid.uuid4())
        position = max((row.position for row in rows), default=-1) + 1
        row = {**values, "id": identifier, "server_id": server_id, "position": position, "device": device}
        connection.execute(server_volumes.insert().values(row))
        return identifier

    def forget(self, row_id: str) -> None:
        """Remove the row of a volume."""
        with self._region.store.write(TOPIC) as connection:
            connection.execute(server_volumes.delete().where(server_volumes.c.id == row_id))

    def detach(self, server: Any, row: Row) -> None:
        """Give a volume back and forget it."""
        ctx = service_context(server.project_id, user_id=server.user_id)
        there = self.attachment(ctx, server.id, row.volume_id) if row.volume_id else None
        if there is not None:
            self._delete_attachment(ctx, there.id)
        self.forget(row.id)

    def _delete_attachment(self, ctx: Context, attachment_id: str) -> None:
        with contextlib.suppress(NotFound):
            self._storage.attachments.delete(ctx, attachment_id)

    def release(self, server: Any) -> None:
        """Give back all volumes of a server that goes, and delete those that go with it."""
        if self._region.sibling("block_storage") is None:
            return
        ctx = service_context(server.project_id, user_id=server.user_id)
        for row in self.rows(server.id):
            volume_id = row.volume_id or (row.source != "volume" and self._made_before(ctx, row)) or None
            there = self.attachment(ctx, server.id, volume_id) if volume_id else None
            if there is not None:
                self._delete_attachment(ctx, there.id)
            if volume_id and row.delete_on_termination:
                self._delete_volume(ctx, volume_id)
            self.forget(row.id)
        for left in self._attachments(ctx, server.id):
            self._delete_attachment(ctx, left.id)

    def _delete_volume(self, ctx: Context, volume_id: str) -> None:
        """Delete a volume that goes with its server; one that cannot go (it has snapshots, say) is left.

        Raises NotReady while it is still being made.
        """
        with contextlib.suppress(NotFound, BadRequest, Conflict):
            if self._storage.volumes.get(ctx, volume_id).status in _WAITING:
                raise NotReady
            self._storage.volumes.delete(ctx, volume_id)
