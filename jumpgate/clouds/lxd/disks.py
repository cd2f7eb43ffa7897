"""What the devices of instances say of volumes: which are whose disks, and where a guest sees them.

The block storage driver reads from it what is in use, and the compute driver what a server has.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from jumpgate.clouds.lxd.notes import derived_id
from jumpgate.clouds.lxd.session import Record

UUID = "volatile.uuid"
# What a compute service calls the device of a volume, before the volume's id.
DEVICE = "volume-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """An instance's disk that is a custom volume.

    `device` is what the instance calls it, `path` where the guest sees it. `project`, `pool` and `source` are LXD's
    names of where the volume is.
    """

    server_id: str
    device: str
    project: str
    pool: str
    source: str
    path: str

    @property
    def volume_id(self) -> str:
        """The id of the volume."""
        return volume_id(self.project, self.pool, self.source)


def server_id_of(record: Record) -> str:
    """Return the id of the server that an instance is."""
    config: Mapping[str, str] = record["config"]
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
    """Return the custom volumes that an instance has, in the order of their paths."""
    devices: Mapping[str, Mapping[str, str]] = record.get("expanded_devices") or {}
    found = [
        Disk(
            server_id=server_id_of(record),
            device=name,
            project=record["project"],
            pool=device["pool"],
            source=device["source"],
            path=device.get("path", ""),
        )
        for name, device in devices.items()
        if device.get("type") == "disk" and device.get("pool") and device.get("source")
    ]
    return sorted(found, key=lambda disk: (len(disk.path), disk.path))
