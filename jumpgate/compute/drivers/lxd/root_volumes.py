"""Servers that boot from volumes. LXD's root disks are instances', so the volume's instance is the server's.

See `jumpgate.clouds.lxd.holders`: a server takes the instance over with the bytes in it, and leaves it behind.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jumpgate.block_storage.models import Attachment, AttachmentSpec, VolumeSpec
from jumpgate.block_storage.models.of_images import image_metadata
from jumpgate.clouds.lxd import holders
from jumpgate.clouds.lxd.disks import ROOT_DEVICE
from jumpgate.clouds.lxd.notes import fresh
from jumpgate.clouds.lxd.notes import written as note_text
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import BadRequest, Conflict, JumpgateError, OverQuota
from jumpgate.common.listing import EVERYTHING
from jumpgate.compute.drivers.lxd import notes
from jumpgate.compute.drivers.lxd.instances import Instances, Place
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.models import BlockDevice

_BACKUP = "backup."
_UNLIMITED = -1
# How long one waits for the next news of LXD before one looks after a volume that it copies.
_LOOK_S = 0.5


class RootVolumes:
    """Puts volumes below new servers, and keeps them when servers go."""

    def __init__(self, region: Region, instances: Instances) -> None:
        self._region = region
        self._instances = instances

    def lay(self, ctx: Context, body: dict[str, Any], root: BlockDevice) -> dict[str, Any]:
        """Return the body of a new instance of an image whose root disk is a new volume; raise OverQuota."""
        pool = self._pool(ctx, root.volume_type)
        self._require_room(ctx, root.size_gib or 0, pool)
        image = self._region.siblings["image"].images.get(ctx, root.id)
        volume_id = str(uuid.uuid4())
        note = fresh(ctx.project, name="", user_id=ctx.user_id, metadata={}, image_metadata=image_metadata(image))
        device = {"type": "disk", "path": "/", "pool": pool, "size": f"{root.size_gib}GiB"}
        config = {
            **body["config"],
            **_wish(volume_id, root),
            holders.NOTE: note_text({**note, "id": volume_id}),
        }
        return {**body, "config": config, "devices": {**body["devices"], "root": device}}

    def _require_room(self, ctx: Context, size_gib: int, pool: str) -> None:
        """Raise OverQuota where a project may have no more volumes, as the block storage service counts them."""
        quota = self._region.storage.quota_sets.get(service_context(ctx.project), ctx.project)
        for name, amount in (("volumes", 1), ("gigabytes", size_gib)):
            for key in (name, f"{name}_{pool}"):
                limit, used = quota.limits.get(key, _UNLIMITED), quota.used.get(key, 0)
                if limit != _UNLIMITED and used + amount > limit:
                    text = f"Volume resource quota exceeded: requested {amount} {key}, {used} of {limit} are used."
                    raise OverQuota(text, reason="VolumeLimitExceeded")

    def _pool(self, ctx: Context, volume_type: str | None) -> str:
        for item in self._region.storage.volume_types.find(ctx, EVERYTHING) if volume_type else ():
            if volume_type in (item.id, item.name):
                return str(item.name)
        return self._region.session.settings.pool

    def adopt(self, ctx: Context, body: Mapping[str, Any], root: BlockDevice, names: Sequence[str]) -> Place:
        """Make a volume's instance the server of a body, under the first of some names that is free; return where.

        Raises BadRequest for a volume that no server can boot from, or that another one has.
        """
        server_id = body["config"][holders.UUID]
        volume_id = str(root.id if root.source == "volume" else self._of_snapshot(ctx, root))
        attachment = self._attachment(ctx, volume_id, server_id)
        project = self._region.projects.name(ctx.project)
        held = {"name": str(attachment.connection["data"]["instance"]), "project": project}
        config = {**body["config"], **_wish(volume_id, root)}
        changes = {"config": config, "description": body["description"]}
        try:
            self._region.session.patch("instances", held["name"], project=project, body=changes)
        except JumpgateError:
            self._region.storage.attachments.delete(service_context(ctx.project), attachment.id)
            raise
        try:
            place = self._renamed(held, names)
        except JumpgateError:
            self.leave(self._region.session.get("instances", held["name"], project=project))
            raise
        self._region.storage.attachments.complete(service_context(ctx.project), attachment.id)
        return place

    def _of_snapshot(self, ctx: Context, root: BlockDevice) -> str:
        spec = VolumeSpec(size_gib=root.size_gib, name="", snapshot_id=root.id, volume_type=root.volume_type)
        volume = self._region.storage.volumes.create(ctx, spec)
        while volume.status == "creating":
            # The end of the copying is something that happens in LXD.
            self._region.session.events.rest(_LOOK_S)
            volume = self._region.storage.volumes.get(ctx, volume.id)
        return str(volume.id)

    def _attachment(self, ctx: Context, volume_id: str, server_id: str) -> Attachment:
        spec = AttachmentSpec(
            volume_id=volume_id,
            server_id=server_id,
            mountpoint=ROOT_DEVICE,
            connector={"host": "lxd", "instance": server_id},
        )
        owner = service_context(ctx.project)
        volume = self._region.storage.volumes.get(ctx, volume_id)
        if volume.project_id != ctx.project:
            raise BadRequest(f"Volume {volume_id} is in another project, and LXD boots none across projects.")
        attachment: Attachment = self._region.storage.attachments.create(owner, spec)
        if attachment.connection.get("driver_volume_type") != holders.ROOT_TYPE:
            self._region.storage.attachments.delete(owner, attachment.id)
            raise BadRequest(f"Block Device {volume_id} is not bootable.", reason="InvalidBDMVolumeNotBootable")
        return attachment

    def _renamed(self, held: Record, names: Sequence[str]) -> Place:
        for name in names:
            try:
                self._instances.rename(held, name)
            except Conflict:
                continue
            return Place(held["project"], name)
        raise Conflict(f"LXD has instances called {' and '.join(names)}; choose another name.")

    def part(self, record: Record, *, with_volume: bool) -> None:
        """Let a server go from its volume, or `with_volume` both; one that has snapshots or backups stays."""
        if with_volume and not self._is_needed(record):
            self._instances.remove(record)
        else:
            self.leave(record)

    def _is_needed(self, record: Record) -> bool:
        snapshots = self._region.session.find("instances", record["name"], "snapshots", project=record["project"])
        return bool(snapshots) or bool(notes.named(record["config"], _BACKUP))

    def leave(self, record: Record) -> None:
        """Make a server's instance its volume's holder again."""
        volume_id = str(holders.volume_id_of(record))
        name = holders.name_of(volume_id)
        if record["name"] != name:
            self._instances.rename(record, name)
        current = self._region.session.get("instances", name, project=record["project"])
        # From here on the volume is free, and the next server may take it.
        self._instances.replace(current, holders.emptied(current, volume_id))


def boot_volume(devices: Iterable[BlockDevice]) -> BlockDevice | None:
    """Return the volume that a new server boots from, None for one with a disk of its own."""
    return next((item for item in devices if item.destination == "volume" and item.boot_index == 0), None)


def _wish(volume_id: str, root: BlockDevice) -> dict[str, str]:
    return notes.written(
        **{notes.disk(volume_id): {"delete_on_termination": root.delete_on_termination, "tag": root.tag}}
    )
