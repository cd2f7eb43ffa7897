"""LXD's volumes as Cinder's: what is read off LXD, and what is kept in their ``user.*`` keys.

A volume that Jumpgate made is called by its id. What LXD has no place for (names, metadata, attachments, and the names
of snapshots and backups) is JSON in ``user.openstack.*`` keys of the volume, so it lives and dies with it.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from jumpgate.block_storage.models import Attachment, Volume
from jumpgate.clouds.lxd.disks import Disk, disks, volume_id
from jumpgate.clouds.lxd.holders import ROOT_TYPE, root_of
from jumpgate.clouds.lxd.notes import EPOCH, PREFIX, Note, derived_id, fresh, notes, read
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.format import parse_iso, utcnow

ZONE = "nova"
VOLUMES, CUSTOM = "volumes", "custom"
NOTE = PREFIX + "volume"
GIB = 2**30
# How long a compute service may take from its word that it attaches a volume until the instance has the disk.
_ON_ITS_WAY = dt.timedelta(minutes=2)
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SIZE = re.compile(r"(\d+)\s*([a-zA-Z]*)")
_UNITS = {
    "": 1, "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15, "EB": 10**18,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50, "EiB": 2**60,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A volume where it is: LXD's project and pool, its name there, and LXD's record of it.

    A custom volume, or the root disk of an instance (`is_root`), whose name and record these are then.
    """

    project: str
    pool: str
    name: str
    record: Record
    is_root: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """Where it is in LXD's API; snapshots and backups are below, of either kind."""
        return ("instances", self.name) if self.is_root else ("storage-pools", self.pool, VOLUMES, CUSTOM, self.name)

    @property
    def config(self) -> Mapping[str, str]:
        """The volume's keys."""
        config: Mapping[str, str] = self.record["config"]
        return config

    @property
    def note(self) -> Note:
        """What OpenStack knows of the volume."""
        return read(self.config, "volume")

    @property
    def note_or_first(self) -> Note:
        """The volume's note; one that somebody made by hand gets its first with the first change."""
        return self.note or fresh("", description=self.record.get("description", ""), name=self.name)

    @property
    def id(self) -> str:
        """The volume's id: a root disk's stands in its note, a custom volume's is made of its name."""
        return str(self.note["id"]) if self.is_root else volume_id(self.project, self.pool, self.name)

    @property
    def size_gib(self) -> int:
        """How large it is."""
        _, root = root_of(self.record["expanded_devices"]) if self.is_root else ("", self.config)
        return size_gib(root.get("size", ""))

    @property
    def attachment_notes(self) -> list[Note]:
        """The notes of the attachments that OpenStack made."""
        return notes(self.config, "attachment")

    @property
    def backup_notes(self) -> list[Note]:
        """The notes of the backups that OpenStack made."""
        return notes(self.config, "backup")

    @property
    def used_by(self) -> Sequence[str]:
        """The instances that have a custom volume, as LXD names them."""
        return [item for item in self.record.get("used_by") or () if item.startswith("/1.0/instances/")]


class Described(Protocol):
    """What a client gives of a new volume, snapshot or backup alike."""

    @property
    def name(self) -> str | None:
        """What it is to be called."""

    @property
    def description(self) -> str | None:
        """What it is for."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What else is to be known of it."""


def described(ctx: Context, spec: Described, **more: Any) -> Note:
    """Return the note of what a caller makes."""
    metadata = dict(spec.metadata)
    return fresh(
        ctx.project, user_id=ctx.user_id, name=spec.name, description=spec.description, metadata=metadata, **more
    )


def size_gib(text: str) -> int:
    """Return LXD's size in GiB, rounded up; 0 for a volume without a size, which can fill its pool."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        return 0
    return math.ceil(int(match[1]) * _UNITS.get(match[2], 1) / GIB)


def moment(text: str | None) -> dt.datetime:
    """Return a note's time; the epoch where there is none."""
    return parse_iso(text) if text else EPOCH


def backend_of(pool: str) -> str:
    """Return the host of the worker that a storage pool has."""
    return f"lxd@{pool}"


def host_of(pool: str) -> str:
    """Return a storage pool as Cinder names pools."""
    return f"{backend_of(pool)}#{pool}"


def attachment_key(attachment_id: str) -> str:
    """Return the key of a volume that notes an attachment."""
    return f"{PREFIX}attachment.{attachment_id}"


def backup_key(backup_id: str) -> str:
    """Return the key of a volume that notes a backup."""
    return f"{PREFIX}backup.{backup_id}"


def volume_type_id(pool: str) -> str:
    """Return the id of the volume type that a storage pool is."""
    return derived_id("volume_type", pool)


def attachments(place: Place, project_id: str, known: Iterable[Disk]) -> tuple[Attachment, ...]:
    """Return a volume's attachments: those that OpenStack made, and those that somebody made by hand.

    One that was made for an instance is as true as the instance's devices: it is over when somebody takes the disk away
    in LXD, or removes the instance.
    """
    all_known = disks(place.record) if place.is_root else known
    mine = {disk.server_id: disk for disk in all_known if disk.volume_id == place.id}
    noted = [attachment(place, project_id, _as_lxd_has_it(note, mine)) for note in living(place, mine)]
    servers = {item.server_id for item in noted}
    by_hand = [
        Attachment(
            id=derived_id("attachment", place.id, disk.server_id),
            volume_id=place.id,
            project_id=project_id,
            status="attached",
            server_id=disk.server_id,
            mountpoint=disk.mountpoint if disk.is_root else disk.path,
        )
        for disk in mine.values()
        if disk.server_id not in servers
    ]
    return (*sorted(noted, key=lambda item: (item.created_at or EPOCH, item.id)), *by_hand)


def living(place: Place, servers: Container[str | None]) -> list[Note]:
    """Return the notes of attachments that are not over; `servers` are those that have the volume."""
    return [note for note in place.attachment_notes if note.get("server_id") in servers or not _is_over(note)]


def _is_over(note: Note) -> bool:
    """Tell whether an attachment whose server does not have the volume is over, or only on its way."""
    if "instance" not in (note.get("connector") or {}):
        return False
    return note["status"] == "attached" or utcnow() - moment(note.get("updated_at")) > _ON_ITS_WAY


def _as_lxd_has_it(note: Note, servers: Container[str | None]) -> Note:
    has_it = "instance" in (note.get("connector") or {}) and note.get("server_id") in servers
    return {**note, "status": "attached"} if has_it else note


def attachment(place: Place, project_id: str, note: Note) -> Attachment:
    """Return an attachment of its note. Its connection is the LXD device that gives an instance the volume."""
    connected = note.get("connector") is not None or note["status"] == "attached"
    return Attachment(
        id=note["id"],
        volume_id=place.id,
        project_id=project_id,
        status=note["status"],
        server_id=note.get("server_id"),
        host_name=note.get("host_name"),
        mountpoint=note.get("mountpoint"),
        mode=note.get("mode", "rw"),
        connector=note.get("connector"),
        connection=connection(place, note) if connected else {},
        attached_at=parse_iso(note["attached_at"]) if note.get("attached_at") else None,
        created_at=moment(note.get("created_at")),
    )


def connection(place: Place, note: Mapping[str, Any]) -> dict[str, Any]:
    """Return how an instance gets a volume: the device, whose path is below /mnt in the guest.

    One to boot from is an instance itself, which becomes the server.
    """
    if place.is_root:
        return {"driver_volume_type": ROOT_TYPE, "data": {"instance": place.name}}
    wanted = (note.get("mountpoint") or "").rpartition("/")[2]
    folder = wanted if _FOLDER.fullmatch(wanted) else place.id
    device = {"type": "disk", "pool": place.pool, "source": place.name, "path": f"/mnt/{folder}"}
    if note.get("mode") == "ro":
        device["readonly"] = "true"
    return {"driver_volume_type": "lxd", "data": device}


# A volume's state that follows from its attachments', the strongest first.
_STATUS_OF = {"attached": "in-use", "attaching": "attaching", "reserved": "reserved"}


def status(place: Place, attached: Sequence[Attachment]) -> str:
    """Return a volume's state: that of work under way first. A holder that somebody runs by hand is in use."""
    if place.note.get("work"):
        return str(place.note["work"]["status"])
    if place.note.get("status"):
        return str(place.note["status"])
    states = {item.status for item in attached}
    by_hand = place.is_root and place.record.get("status", "Stopped") != "Stopped"
    free = "in-use" if by_hand else "available"
    return next((word for state, word in _STATUS_OF.items() if state in states), free)


def volume(place: Place, project_id: str, known: Iterable[Disk]) -> Volume:
    """Return a custom volume as Cinder's; `known` are the disks of instances."""
    note, attached = place.note, attachments(place, project_id, known)
    return Volume(
        id=place.id,
        project_id=project_id,
        user_id=note.get("user_id", ""),
        size_gib=place.size_gib,
        status=status(place, attached),
        created_at=moment(note.get("created_at")),
        updated_at=moment(note["updated_at"]) if note.get("updated_at") else None,
        name=note.get("name") if note else place.name,
        description=note.get("description") if note else place.record.get("description"),
        availability_zone=ZONE,
        volume_type_id=volume_type_id(place.pool),
        volume_type=place.pool,
        snapshot_id=note.get("snapshot_id"),
        source_volume_id=note.get("source_volume_id"),
        bootable=note.get("bootable", place.is_root),
        metadata=note.get("metadata", {}),
        image_metadata=note.get("image_metadata", {}),
        flags=note.get("flags", {}),
        attachments=attached,
        host=host_of(place.pool),
        error=(note.get("fault") or {}).get("text"),
    )
