"""A server's disks that are volumes: custom volumes of LXD, which the block storage service keeps.

An attachment says itself how a volume gets into an instance: its connection is the device. What the instance has is
what counts, for both services; its notes say only what becomes of a volume when the server goes.
"""

from __future__ import annotations

import contextlib
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from jumpgate.block_storage.models import Attachment, AttachmentSpec, Volume, VolumeSpec
from jumpgate.clouds.lxd import disks as lxd_disks
from jumpgate.clouds.lxd.disks import Disk, server_id_of
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import BadRequest, Conflict, JumpgateError, NotFound
from jumpgate.common.listing import Filter, Query, page
from jumpgate.compute.drivers.lxd import notes
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.models import BlockDevice, VolumeAttachmentSpec

# LXD says so where two are given the same device at the same moment.
_SAME_PATH = "uses the same path"
_TRIES = 10


# How often one looks after a volume that LXD copies.
LOOK_S = 1.0


class Unready(Exception):
    """A volume is not made yet: whoever needs it is to come again, and to leave the thread to the copying's end."""


class Disks:
    """Gives servers volumes and takes them away."""

    def __init__(self, region: Region, instances: Instances) -> None:
        self._region = region
        self._instances = instances

    def check(self, devices: Iterable[BlockDevice]) -> None:
        """Raise BadRequest for disks that LXD cannot give a new server."""
        for item in devices:
            if item.destination == "local" and item.source == "blank":
                raise BadRequest("LXD's containers have no ephemeral or swap disks: attach a volume.")
            if item.destination == "volume" and not self._region.has_volumes:
                raise BadRequest("Servers here have no volumes: block storage is not kept by LXD.")
            if item.destination == "volume" and item.boot_index == 0 and item.source == "blank":
                raise BadRequest("A container does not boot from an empty volume: take one of an image or a snapshot.")
            if item.destination == "volume" and item.boot_index != 0 and item.source == "image":
                raise BadRequest("Only a root disk can be a volume of an image; others are of a snapshot or blank.")

    def reserve(self, ctx: Context, server_id: str, devices: Iterable[BlockDevice]) -> None:
        """Keep the volumes that a new server is promised from others; raise BadRequest for one that is not free."""
        reserved: list[Attachment] = []
        try:
            for item in devices:
                if item.source == "volume" and item.id is not None:
                    self._volume(ctx, ctx.project, item.id)
                    spec = AttachmentSpec(volume_id=item.id, server_id=server_id, mountpoint=item.device_name)
                    reserved.append(self._region.storage.attachments.create(service_context(ctx.project), spec))
        except JumpgateError:
            for attachment in reserved:
                self._give_back(ctx.project, attachment.id)
            raise

    def cancel(self, ctx: Context, server_id: str, devices: Iterable[BlockDevice]) -> None:
        """Give back what was reserved for a server that will not be."""
        for attachment in self.of(server_id) if any(item.source == "volume" for item in devices) else ():
            self._give_back(ctx.project, attachment.id)

    def _volume(self, ctx: Context, project_id: str, volume_id: str) -> Volume:
        """Return a volume that a project's server can have; raise BadRequest for another project's."""
        volume: Volume = self._region.storage.volumes.get(ctx, volume_id)
        if volume.project_id != project_id:
            raise _invalid(f"volume {volume_id} is in another project, and LXD attaches none across projects.")
        return volume

    def attach_all(self, record: Record, arguments: Mapping[str, Any]) -> None:
        """Make and attach the volumes of a new server; what an earlier attempt did is not done again.

        Raises Unready while one is being made.
        """
        for number, values in enumerate(arguments["block_devices"]):
            item = BlockDevice(**values)
            current = self._instances.anyone(server_id_of(record))
            if current is None:
                return
            volume_id = item.id if item.source == "volume" else self._made(current, item, number)
            if volume_id not in {disk.volume_id for disk in lxd_disks.disks(current)}:
                spec = VolumeAttachmentSpec(
                    volume_id=str(volume_id),
                    device=item.device_name,
                    delete_on_termination=item.delete_on_termination,
                    tag=item.tag,
                )
                self.attach(current, spec)

    def _made(self, record: Record, item: BlockDevice, number: int) -> str:
        """Return the volume of a device, made now or by an earlier attempt, which its metadata tell."""
        ctx = service_context(self._instances.owner(record), user_id=notes.text(record["config"], "user") or "")
        mark = f"{server_id_of(record)}/{number}"
        query = Query(filters=(Filter("metadata.block_device", (mark,)),))
        for volume in page(self._region.storage.volumes.find(ctx, query), query):
            return _ready(volume)
        spec = VolumeSpec(
            size_gib=item.size_gib,
            name="",
            volume_type=item.volume_type,
            snapshot_id=item.id if item.source == "snapshot" else None,
            metadata={"block_device": mark},
        )
        return _ready(self._region.storage.volumes.create(ctx, spec))

    def attach(self, record: Record, spec: VolumeAttachmentSpec) -> Disk:
        """Give an instance a volume, also while it runs; raise BadRequest, Conflict, NotFound."""
        for _ in range(_TRIES):
            device = _device(record, spec.device)
            try:
                return self._attach(record, spec, device)
            except Conflict as error:
                # Somebody else was given this device meanwhile.
                if _SAME_PATH not in error.message:
                    raise
            record = self._instances.anyone(server_id_of(record)) or record
        raise Conflict("Too many volumes are being attached to this server at once; try again.")

    def _attach(self, record: Record, spec: VolumeAttachmentSpec, device: str) -> Disk:
        server_id, project_id = server_id_of(record), self._instances.owner(record)
        ctx = service_context(project_id)
        self._volume(ctx, project_id, spec.volume_id)
        attachment = self._attachment(ctx, record, spec.volume_id, device)
        wish = {"delete_on_termination": spec.delete_on_termination, "tag": spec.tag}
        name = f"{lxd_disks.DEVICE}{spec.volume_id}"
        try:
            given = _lxd_device(attachment)
            noted = notes.written(**{notes.disk(spec.volume_id): wish})
            self._instances.configure(record, noted, devices={name: given})
        except JumpgateError:
            self._give_back(project_id, attachment.id)
            raise
        self._region.storage.attachments.complete(ctx, attachment.id)
        return Disk(server_id=server_id, volume_id=spec.volume_id, device=name, path=given["path"])

    def _attachment(self, ctx: Context, record: Record, volume_id: str, device: str) -> Attachment:
        """Return an attachment that is being made: the one that was reserved for the server, or a new one."""
        connector = {"host": str(record.get("location") or "none"), "instance": record["name"]}
        server_id = server_id_of(record)
        attachments = self._region.storage.attachments
        reserved = next((item for item in self.of(server_id) if item.volume_id == volume_id), None)
        if reserved is not None and reserved.status == "reserved" and reserved.mountpoint == device:
            connected: Attachment = attachments.update(ctx, reserved.id, {"connector": connector})
            return connected
        if reserved is not None and reserved.status == "reserved":
            attachments.delete(ctx, reserved.id)
        spec = AttachmentSpec(volume_id=volume_id, server_id=server_id, mountpoint=device, connector=connector)
        made: Attachment = attachments.create(ctx, spec)
        return made

    def of(self, server_id: str) -> list[Attachment]:
        """Return the attachments of a server, as the block storage service knows them."""
        query = Query(filters=(Filter("server_id", (server_id,)),), all_projects=True)
        return page(self._region.storage.attachments.find(service_context(""), query), query)

    def detach(self, record: Record, disk: Disk) -> None:
        """Take a volume from an instance, also while it runs."""
        mine = [item for item in self.of(server_id_of(record)) if item.volume_id == disk.volume_id]
        self._instances.remove_device(record, disk.device)
        for item in mine:
            self._give_back(self._instances.owner(record), item.id)
        self._instances.note(record, **{notes.disk(disk.volume_id): None})

    def _give_back(self, project_id: str, attachment_id: str) -> None:
        # One that somebody made by hand ends with its device.
        with contextlib.suppress(NotFound, BadRequest):
            self._region.storage.attachments.delete(service_context(project_id), attachment_id)

    def release(self, record: Record) -> None:
        """Give back all volumes of a server that goes but its root disk, and delete those that go with it.

        Which ones these are is noted before the first is taken away, so that an attempt after this one knows it.
        """
        known = lxd_disks.disks(record)
        there = [disk for disk in known if not disk.is_root]
        roots = {disk.volume_id for disk in known if disk.is_root}
        noted = [item for item in notes.named(record["config"], notes.disk("")) if item not in roots]
        if not self._region.has_volumes or not (there or noted):
            return
        doomed = list(_doomed(record, there))
        if doomed:
            self._instances.note(record, **{notes.disk(item): {"doomed": True} for item in doomed})
        for disk in there:
            self._instances.remove_device(record, disk.device)
        for attachment in (item for item in self.of(server_id_of(record)) if item.volume_id not in roots):
            self._give_back(self._instances.owner(record), attachment.id)
        for item in doomed:
            # One that cannot go, since it has snapshots for instance, is left.
            with contextlib.suppress(NotFound, BadRequest, Conflict):
                self._region.storage.volumes.delete(service_context(self._instances.owner(record)), item)
        self._instances.note(record, **{notes.disk(item): None for item in noted})


def _ready(volume: Volume) -> str:
    """Return the id of a volume that is made."""
    if volume.status == "creating":
        raise Unready
    return volume.id


def beside_root(devices: Iterable[BlockDevice]) -> list[BlockDevice]:
    """Return the volumes that a new server is to have besides the one that it boots from."""
    return [item for item in devices if item.destination == "volume" and item.boot_index != 0]


def notes_of(devices: Iterable[BlockDevice]) -> dict[str, Any]:
    """Return the notes of the volumes that a new server is promised."""
    return {
        notes.disk(item.id): {"delete_on_termination": item.delete_on_termination, "tag": item.tag}
        for item in devices
        if item.source == "volume" and item.id is not None
    }


def _device(record: Record, asked: str | None) -> str:
    """Return the device of a new disk: the one that was asked for, else the next free one; raise Conflict."""
    taken = {lxd_disks.ROOT_DEVICE, *(disk.mountpoint for disk in lxd_disks.disks(record))}
    if asked in taken:
        raise Conflict(f"The supplied device path ({asked}) is in use.", reason="DevicePathInUse")
    return asked or next(name for name in _names() if name not in taken)


def _names() -> Iterator[str]:
    for first in ("", *string.ascii_lowercase):
        yield from (f"/dev/vd{first}{second}" for second in string.ascii_lowercase)


def _doomed(record: Record, there: Sequence[Disk]) -> Iterator[str]:
    """Yield the volumes that go with their server: those it has, and those an attempt before has taken away."""
    has = {disk.volume_id for disk in there}
    for volume_id in notes.named(record["config"], notes.disk("")):
        wish = notes.value(record["config"], notes.disk(volume_id), {})
        if wish.get("doomed") or (wish.get("delete_on_termination") and volume_id in has):
            yield volume_id


def _lxd_device(attachment: Attachment) -> dict[str, str]:
    """Return the device by which an instance gets a volume; raise BadRequest where its attachment says none."""
    if attachment.connection.get("driver_volume_type") != "lxd":
        raise _invalid(f"volume {attachment.volume_id} is none that LXD can give an instance as a disk.")
    return {str(key): str(item) for key, item in attachment.connection["data"].items()}


def _invalid(reason: str) -> BadRequest:
    return BadRequest(f"Invalid volume: {reason}", reason="InvalidVolume")
