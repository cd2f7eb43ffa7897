"""The backends of the embedded cloud: folders that hold the bytes of volumes, each with one pool.

``[block_storage] backends`` names them, in the order in which they are filled. The capabilities' names are
those of Cinder's administration guide, "Configure and use driver filter and weighing".
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jumpgate.block_storage.drivers.embedded.files import GIB, Files

# The backend whose folders are those that there were before others could be configured.
FIRST = "files"
MACHINE = "jumpgate"
PROTOCOL = "file"
VENDOR = "Jumpgate"
VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Backend:
    """One folder of volumes and snapshots, under the names that Cinder has for a worker's backend and its pool."""

    name: str
    folder: Path

    @property
    def host(self) -> str:
        """The worker that serves it."""
        return service_host(self.name)

    @property
    def pool(self) -> str:
        """Its one pool, which is what a volume's host names."""
        return pool_host(self.name)

    @property
    def volumes(self) -> Files:
        """The files of its volumes."""
        return Files(self.folder / "volumes")

    @property
    def snapshots(self) -> Files:
        """The files of its snapshots."""
        return Files(self.folder / "snapshots")

    def capabilities(self, *, allocated_gib: int) -> dict[str, Any]:
        """Return what its pool can do and how full it is, as a scheduler sees it; sizes are in GiB."""
        space = os.statvfs(_existing(self.folder))
        return {
            "pool_name": self.name,
            "volume_backend_name": self.name,
            "total_capacity_gb": round(space.f_blocks * space.f_frsize / GIB, 2),
            "free_capacity_gb": round(space.f_bavail * space.f_frsize / GIB, 2),
            "allocated_capacity_gb": allocated_gib,
            "provisioned_capacity_gb": allocated_gib,
            "reserved_percentage": 0,
            "max_over_subscription_ratio": None,
            "thin_provisioning_support": True,
            "thick_provisioning_support": False,
            "QoS_support": False,
            "multiattach": True,
            "location_info": str(self.folder),
            "filter_function": None,
            "goodness_function": None,
            "storage_protocol": PROTOCOL,
            "vendor_name": VENDOR,
            "driver_version": VERSION,
        }


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def service_host(name: str) -> str:
    """Return the worker's host of a backend."""
    return f"{MACHINE}@{name}"


def pool_host(name: str) -> str:
    """Return the pool of a backend."""
    return f"{service_host(name)}#{name}"


def service_id(name: str) -> str:
    """Return the id of the worker that serves a backend."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"cinder-volume:{service_host(name)}"))


class Backends:
    """The folders below the state directory: those that are configured, and those that volumes still remember."""

    def __init__(self, state: Path, names: Sequence[str]) -> None:
        self._state = state
        self.configured: Mapping[str, Backend] = {name: self[name] for name in names}

    def __getitem__(self, name: str) -> Backend:
        folder = self._state if name == FIRST else self._state / "backends" / name
        return Backend(name, folder)

    def on(self, host: str) -> Backend | None:
        """Return the configured backend of a worker's host or its pool, None where there is none."""
        return next((item for item in self.configured.values() if host in (item.host, item.pool)), None)
