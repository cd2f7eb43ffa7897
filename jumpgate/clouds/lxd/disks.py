"""What the devices of instances say of volumes: which are whose disks, and where a guest sees them.

The block storage driver reads from it what is in use, and the compute driver what a server has.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jumpgate.clouds.lxd import holders
from jumpgate.clouds.lxd.holders import UUID
from jumpgate.clouds.lxd.notes import derived_id
from jumpgate.clouds.lxd.session import Record

# What a compute service calls the device of a volume, before the volume's id.
DEVICE = "volume-"
ROOT_DEVICE = "/dev/vda"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """An instance's disk that is a volume: a custom one, or the root disk of a server that boots from a volume.

    `device` is what the instance calls it, `path` where the guest sees it.
    """

    server_id: str
    volume_id: str
    device: str
    path: str

    @property
    def is_root(self) -> bool:
        """Whether the server boots from it."""
        return self.path == "/"

    @property
    def mountpoint(self) -> str:
        """What OpenStack calls the device that a guest sees below /mnt."""
        return ROOT_DEVICE if self.is_root else f"/dev/{self.path.rpartition('/')[2]}"


def server_id_of(record: Record) -> str:
    """Return the id of the server that an instance is."""
    # LXD tells none of an instance on a member of the cluster that is down.
    config: Mapping[str, str] = record["config"] or {}
    return config.get(UUID, "")


def volume_id(project: str, pool: str, name: str) -> str:
    """Return the id of a custom volume: its name, or one made of the name that somebody gave it by hand."""
    return name if _is_uuid(name) else derived_id("volume", project, pool, name)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def disks(record: Record) -> list[Disk]:
    """Return the volumes that an instance has, in the order of their paths; none of a volume that no server has."""
    found = [] if holders.is_holder(record) else _disks(record)
    return sorted(found, key=lambda disk: (len(disk.path), disk.path))


def _disks(record: Record) -> Iterator[Disk]:
    server_id, root = server_id_of(record), holders.volume_id_of(record)
    devices: Mapping[str, Mapping[str, str]] = record.get("expanded_devices") or {}
    for name, device in devices.items():
        pool, path = device.get("pool"), device.get("path", "")
        if device.get("type") != "disk" or not pool:
            continue
        if path == "/" and root is not None:
            yield Disk(server_id=server_id, volume_id=root, device=name, path=path)
        elif device.get("source"):
            known = volume_id(record["project"], pool, device["source"])
            yield Disk(server_id=server_id, volume_id=known, device=name, path=path)
