"""Rescue: a server runs from another root disk for a while, and its own one is a folder in it.

What is on the root disk goes into an instance of LXD's own project, the server's is filled from the rescue image, and a
disk device shows the folder of the other instance on LXD's machine. So LXD's pools must have root disks as folders, and
Jumpgate must know where: it does where it reaches LXD by its socket, which is in LXD's folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from jumpgate.clouds.lxd.aliases import MACHINE
from jumpgate.clouds.lxd.disks import server_id_of
from jumpgate.clouds.lxd.holders import volume_id_of
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.errors import BadRequest
from jumpgate.compute.drivers.lxd import notes
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.drivers.lxd.roots import Roots

# Where the server's own root disk is meanwhile.
PATH = "/mnt/rescued"
DEVICE = "rescued"
# The note of an instance whose root disk is elsewhere: the owners that the files there have on LXD's machine.
NOTE = "rescued"
_OWNERS = "volatile.last_state.idmap"
_UNSHIFTED = "[]"
_FOLDER_DRIVERS = ("dir", "btrfs")


class Rescues:
    """Exchanges root disks of instances that are switched off."""

    def __init__(self, region: Region, instances: Instances, roots: Roots) -> None:
        self._session = region.session
        self._cluster = region.cluster
        self._instances = instances
        self._roots = roots

    def check(self, record: Record) -> None:
        """Raise BadRequest for an instance whose root disk LXD cannot show to another one."""
        if record["type"] == MACHINE or volume_id_of(record) is not None:
            raise _refusal(record, "its root disk cannot be shown to another instance")
        if self._session.settings.is_remote:
            raise _refusal(record, "Jumpgate reaches LXD over https and does not know where its root disks are")
        if self._cluster.name_of(record) != self._cluster.own_name:
            raise _refusal(record, "it is on another member of LXD's cluster than Jumpgate")
        driver = self._session.get("storage-pools", _pool(record))["driver"]
        if driver not in _FOLDER_DRIVERS:
            raise _refusal(record, f"storage pool {_pool(record)} ({driver}) does not keep root disks as folders")

    def begin(self, record: Record, source: Mapping[str, str]) -> None:
        """Put an image on an instance's root disk, and show what was on it as a folder."""
        keeper = _keeper(record)
        if notes.text(record["config"], NOTE) is None:
            self._roots.keep(record, keeper)
            self._instances.note(record, **{NOTE: record["config"].get(_OWNERS, _UNSHIFTED)})
        self._roots.fill(record, source)

    def show(self, record: Record) -> None:
        """Add the folder of what was on the root disk."""
        owners = notes.text(record["config"], NOTE)
        pools = PurePosixPath(self._session.settings.endpoint).parent / "storage-pools"
        folder = pools / _pool(record) / "containers" / _keeper(record) / "rootfs"
        device = {"type": "disk", "source": str(folder), "path": PATH}
        # Where LXD maps owners as it mounts, they are on the disk as the guest sees them.
        shifted = {"shift": "true"} if owners == _UNSHIFTED else {}
        self._instances.configure(record, {}, devices={DEVICE: {**device, **shifted}})

    def end(self, record: Record) -> None:
        """Put what was on the root disk back, as it is in the folder now."""
        self._instances.remove_device(record, DEVICE)
        owners = notes.text(record["config"], NOTE)
        if owners is not None:
            self._roots.refill(record, _keeper(record))
            self._instances.configure(record, {_OWNERS: owners, **notes.written(**{NOTE: None})})
        self.forget(record)

    def forget(self, record: Record) -> None:
        """Remove what was on the root disk of a server."""
        self._roots.remove(_keeper(record))


def _keeper(record: Record) -> str:
    return f"rescued-{server_id_of(record)}"


def _pool(record: Record) -> str:
    (root,) = (item for item in record["expanded_devices"].values() if item.get("path") == "/")
    return str(root["pool"])


def _refusal(record: Record, why: str) -> BadRequest:
    text = f"Instance {server_id_of(record)} cannot be rescued: {why}."
    return BadRequest(text, reason="InstanceNotRescuable")
