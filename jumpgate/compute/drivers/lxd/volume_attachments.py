"""The volumes at servers, attached and detached while they run."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.clouds.lxd.disks import Disk, disks
from jumpgate.clouds.lxd.notes import derived_id
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.resource import Changes
from jumpgate.compute.contract import VolumeAttachments
from jumpgate.compute.drivers.lxd import history, notes, records
from jumpgate.compute.drivers.lxd.disks import Disks
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.models import VolumeAttachment, VolumeAttachmentSpec
from jumpgate.compute.models.states import require


class LxdVolumeAttachments(VolumeAttachments):
    """Disk devices of the instance, also those that somebody gave it in LXD."""

    def __init__(self, region: Region, instances: Instances, volumes: Disks) -> None:
        self._region = region
        self._instances = instances
        self._disks = volumes

    def find(self, ctx: Context, server_id: str) -> Iterable[VolumeAttachment]:
        record = self._instances.get(ctx, server_id)
        known = {item.volume_id: item.id for item in self._disks.of(server_id)}
        return [_attachment(record, disk, known.get(disk.volume_id)) for disk in disks(record)]

    def get(self, ctx: Context, server_id: str, volume_id: str) -> VolumeAttachment:
        for attachment in self.find(ctx, server_id):
            if attachment.volume_id == volume_id:
                return attachment
        raise _missing(server_id, volume_id)

    def create(self, ctx: Context, server_id: str, spec: VolumeAttachmentSpec) -> VolumeAttachment:
        record = self._ready(ctx, server_id, "attach_volume")
        if any(disk.volume_id == spec.volume_id for disk in disks(record)):
            raise BadRequest(f"Invalid volume: volume {spec.volume_id} already attached", reason="InvalidVolume")
        action = history.action(ctx, "attach_volume")
        self._disks.attach(record, spec)
        record = self._instances.get(ctx, server_id)
        self._instances.note(record, actions=history.over(record, action))
        return self.get(ctx, server_id, spec.volume_id)

    def _ready(self, ctx: Context, server_id: str, action: str) -> Record:
        record = self._instances.get(ctx, server_id)
        require(action, records.server(record, self._instances.owner(record)))
        return record

    def update(self, ctx: Context, server_id: str, volume_id: str, changes: Changes) -> None:
        record = self._instances.get(ctx, server_id)
        self._disk(record, server_id, volume_id)
        wish = notes.value(record["config"], notes.disk(volume_id), {})
        self._instances.note(record, **{notes.disk(volume_id): {**wish, **changes}})

    @staticmethod
    def _disk(record: Record, server_id: str, volume_id: str) -> Disk:
        for disk in disks(record):
            if disk.volume_id == volume_id:
                return disk
        raise _missing(server_id, volume_id)

    def delete(self, ctx: Context, server_id: str, volume_id: str) -> None:
        disk = self._disk(self._instances.get(ctx, server_id), server_id, volume_id)
        if disk.is_root:
            raise BadRequest("Cannot detach a root device volume")
        record = self._ready(ctx, server_id, "detach_volume")
        action = history.action(ctx, "detach_volume")
        self._disks.detach(record, disk)
        record = self._instances.get(ctx, server_id)
        self._instances.note(record, actions=history.over(record, action))


def _missing(server_id: str, volume_id: str) -> NotFound:
    return NotFound(f"Instance {server_id} is not attached to volume {volume_id}")


def _attachment(record: Record, disk: Disk, attachment_id: str | None) -> VolumeAttachment:
    wish = notes.value(record["config"], notes.disk(disk.volume_id), {})
    return VolumeAttachment(
        id=derived_id("disk", disk.server_id, disk.volume_id),
        volume_id=disk.volume_id,
        server_id=disk.server_id,
        device=disk.mountpoint,
        attachment_id=attachment_id,
        is_root=disk.is_root,
        delete_on_termination=bool(wish.get("delete_on_termination")),
        tag=wish.get("tag"),
    )
