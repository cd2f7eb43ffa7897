"""What LXD's volumes really hold: their size, their bytes through copies and backups, and changes made by hand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.drivers.lxd import work
from jumpgate.block_storage.models import (
    AttachmentSpec,
    Backup,
    BackupSpec,
    SnapshotSpec,
    TransferSpec,
    Volume,
    VolumeSpec,
)
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound, NotSupported, OverQuota
from jumpgate.common.listing import Filter, Query, page
from tests.lxd.cloud import running_cloud
from tests.support.lxd import RunningLxd, build_image
from tests.support.waiting import wait_until

ERIN = Context(user_id="erin", project_id="erins-project", roles=("member",))
FRED = Context(user_id="fred", project_id="freds-project", roles=("member",))
ADMIN = Context(user_id="root", project_id="admins-project", roles=("admin",))
PROJECT = "os-erins-project"
POOL = "sized"
AT_ONCE = 6


@dataclass
class Ground:
    """A block storage service, and a guest that can have its volumes."""

    lxd: RunningLxd
    storage: BlockStorage
    guest: str
    stack: ExitStack

    def volume(self, **more: object) -> Volume:
        """Make a volume in the pool that keeps sizes."""
        spec = VolumeSpec(**{"size_gib": 1, "volume_type": POOL, **more})  # type: ignore[arg-type]
        made = self.storage.volumes.create(ERIN, spec)
        self.stack.callback(self.storage.volumes.delete, ERIN, made.id, cascade=True)
        return self.settled(made.id)

    def settled(self, volume_id: str) -> Volume:
        """Return a volume when LXD does nothing with it any more."""
        busy = ("creating", "backing-up", "restoring-backup", "uploading")
        assert wait_until(lambda: self.storage.volumes.get(ERIN, volume_id).status not in busy, timeout_s=30)
        return self.storage.volumes.get(ERIN, volume_id)

    def backup(self, volume: Volume, **more: object) -> Backup:
        """Back a volume up."""
        assert self.storage.backups is not None
        made = self.storage.backups.create(ERIN, BackupSpec(volume_id=volume.id, **more))  # type: ignore[arg-type]
        self.settled(volume.id)
        return self.storage.backups.get(ERIN, made.id)

    def restored(self, backup: Backup, volume: Volume | None = None, name: str | None = None) -> Volume:
        """Restore a backup to a volume, a new one without one."""
        assert self.storage.backups is not None
        into = self.storage.backups.restore(ERIN, backup.id, volume.id if volume else None, name)
        if volume is None:
            self.stack.callback(self.storage.volumes.delete, ERIN, into.id)
        return self.settled(into.id)

    def run(self, command: str) -> str:
        """Run a command in the guest and return what it prints."""
        return self.lxd.lxc("exec", self.guest, "--project", PROJECT, "--", "sh", "-c", command).strip()

    def plug(self, volume: Volume) -> str:
        """Attach a volume as a compute service does, and return the folder in which the guest sees it."""
        assert self.storage.attachments is not None
        spec = AttachmentSpec(volume_id=volume.id, server_id=self.server_id, mountpoint="/dev/vdb", complete=True)
        attachment = self.storage.attachments.create(ERIN, spec)
        device = [f"{key}={value}" for key, value in attachment.connection["data"].items() if key != "type"]
        name = f"volume-{volume.id}"
        self.lxd.lxc("config", "device", "add", self.guest, name, "disk", *device, "--project", PROJECT)
        return str(attachment.connection["data"]["path"])

    def unplug(self, volume: Volume) -> None:
        """Take a volume away again."""
        assert self.storage.attachments is not None
        self.lxd.lxc("config", "device", "remove", self.guest, f"volume-{volume.id}", "--project", PROJECT)
        for item in self.storage.volumes.get(ERIN, volume.id).attachments:
            self.storage.attachments.delete(ERIN, item.id)

    @property
    def server_id(self) -> str:
        """The id of the guest as a server."""
        return self.lxd.lxc("config", "get", self.guest, "volatile.uuid", "--project", PROJECT).strip()

    def write(self, volume: Volume, text: str) -> None:
        """Let the guest write a file on a volume."""
        self.run(f"echo {text} > {self.plug(volume)}/file; sync")
        self.unplug(volume)

    def read(self, volume: Volume) -> str:
        """Let the guest read the file on a volume."""
        text = self.run(f"cat {self.plug(volume)}/file")
        self.unplug(volume)
        return text


@pytest.fixture(scope="module")
def storage(lxd: RunningLxd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockStorage]:
    with running_cloud(tmp_path_factory.mktemp("storage"), lxd) as cloud:
        yield cloud.app.siblings("RegionOne")["block_storage"]


@pytest.fixture(scope="module")
def guest(lxd: RunningLxd, storage: BlockStorage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running guest in erin's project, and a pool that keeps volumes to their size."""
    tarball: Path = build_image(tmp_path_factory.mktemp("image"))
    lxd.lxc("image", "import", str(tarball), "--alias", "volumes")
    try:
        lxd.lxc("storage", "create", POOL, "btrfs", "size=3GiB")
    except AssertionError as error:
        lxd.lxc("image", "delete", "volumes")
        pytest.skip(f"no btrfs pool here, so no sizes that are kept: {error}")
    made = storage.volumes.create(ERIN, VolumeSpec(size_gib=1, volume_type=POOL))
    storage.volumes.delete(ERIN, made.id)
    lxd.lxc("launch", "volumes", "keeper", "--no-profiles", "--storage", "default", "--project", PROJECT)
    yield "keeper"
    lxd.lxc("delete", "--force", "keeper", "--project", PROJECT)
    lxd.lxc("image", "delete", "volumes")
    lxd.lxc("storage", "delete", POOL)


@pytest.fixture
def ground(lxd: RunningLxd, storage: BlockStorage, guest: str) -> Iterator[Ground]:
    with ExitStack() as stack:
        yield Ground(lxd, storage, guest, stack)


def test_a_guest_sees_a_volume_of_its_size_and_can_fill_no_more(ground: Ground) -> None:
    volume = ground.volume()
    folder = ground.plug(volume)
    filled = ground.run(f"dd if=/dev/zero of={folder}/full bs=1M count=1200 2>&1; wc -c < {folder}/full")
    ground.run(f"rm {folder}/full")

    assert "quota exceeded" in filled.lower() or "No space left" in filled
    assert int(filled.splitlines()[-1]) <= 2**30
    seen = ground.storage.volumes.get(ERIN, volume.id)
    assert (seen.status, [item.server_id for item in seen.attachments]) == ("in-use", [ground.server_id])
    with pytest.raises(BadRequest):
        ground.storage.volumes.delete(ERIN, volume.id)
    ground.unplug(volume)
    assert ground.storage.volumes.get(ERIN, volume.id).status == "available"


def test_a_larger_volume_takes_more(ground: Ground) -> None:
    volume = ground.volume()
    ground.storage.volumes.extend(ERIN, volume.id, 2)
    folder = ground.plug(volume)
    written = ground.run(f"dd if=/dev/zero of={folder}/full bs=1M count=1200 2>/dev/null; wc -c < {folder}/full")
    ground.run(f"rm {folder}/full")
    ground.unplug(volume)
    assert int(written) == 1200 * 2**20


def test_copies_hold_what_was_there_and_a_revert_brings_it_back(ground: Ground) -> None:
    assert ground.storage.snapshots is not None
    volume = ground.volume(name="mine", metadata={"a": "b"})
    ground.write(volume, "before")
    snapshot = ground.storage.snapshots.create(ERIN, SnapshotSpec(volume_id=volume.id, name="s"))
    ground.write(volume, "after")
    clone = ground.volume(source_volume_id=volume.id, size_gib=None)
    of_snapshot = ground.volume(snapshot_id=snapshot.id, size_gib=2)
    assert (ground.read(clone), ground.read(of_snapshot), of_snapshot.size_gib) == ("after", "before", 2)

    ground.storage.volumes.revert(ERIN, volume.id, snapshot.id)
    assert ground.read(volume) == "before"
    reverted = ground.storage.volumes.get(ERIN, volume.id)
    assert (reverted.name, reverted.metadata, reverted.size_gib) == ("mine", {"a": "b"}, 1)
    assert [item.name for item in ground.storage.snapshots.find(ERIN, Query())] == ["s"]


def test_a_backup_gives_its_bytes_to_a_new_volume_and_to_an_old_one(ground: Ground) -> None:
    assert ground.storage.backups is not None
    volume, other = ground.volume(), ground.volume(name="other")
    ground.write(volume, "saved")
    backup = ground.backup(volume, name="b")
    ground.write(volume, "changed")
    with pytest.raises(BadRequest, match="backups"):
        ground.storage.volumes.delete(ERIN, volume.id)

    restored = ground.restored(backup, name="restored")
    ground.restored(backup, other)
    assert (ground.read(restored), ground.read(other), ground.read(volume)) == ("saved", "saved", "changed")
    assert ground.storage.volumes.get(ERIN, other.id).name == "other"
    ground.storage.backups.delete(ERIN, backup.id)
    assert list(ground.storage.backups.find(ERIN, Query())) == []


def test_what_is_made_by_hand_shows_at_once(ground: Ground) -> None:
    assert ground.storage.snapshots is not None
    ground.lxd.lxc("storage", "volume", "create", POOL, "byhand", "size=1500MiB", "--project", PROJECT)
    ground.stack.callback(ground.lxd.lxc, "storage", "volume", "delete", POOL, "byhand", "--project", PROJECT)
    ground.lxd.lxc("storage", "volume", "snapshot", POOL, "byhand", "yesterday", "--project", PROJECT)
    query = Query(filters=(Filter("name", ("byhand",)),))
    (volume,) = page(ground.storage.volumes.find(ERIN, query), query)
    assert (volume.size_gib, volume.volume_type, volume.status) == (2, POOL, "available")
    assert [item.volume_id for item in ground.storage.snapshots.find(ERIN, Query())] == [volume.id]

    ground.lxd.lxc("storage", "volume", "attach", POOL, "byhand", ground.guest, "disk", "/mnt/x", "--project", PROJECT)
    seen = ground.storage.volumes.get(ERIN, volume.id)
    assert (seen.status, [item.mountpoint for item in seen.attachments]) == ("in-use", ["/mnt/x"])
    ground.lxd.lxc("storage", "volume", "detach", POOL, "byhand", ground.guest, "--project", PROJECT)
    renamed = ground.storage.volumes.update(ERIN, volume.id, {"name": "ours"})
    assert (renamed.id, renamed.name, renamed.status) == (volume.id, "ours", "available")


def test_a_backup_that_is_taken_away_by_hand_holds_its_volume_no_more(ground: Ground) -> None:
    assert ground.storage.backups is not None
    assert ground.storage.quota_sets is not None
    volume = ground.storage.volumes.create(ERIN, VolumeSpec(size_gib=1, volume_type=POOL))
    backup = ground.backup(volume)
    path = f"/1.0/storage-pools/{POOL}/volumes/custom/{volume.id}/backups/{backup.id}?project={PROJECT}"
    assert ground.storage.quota_sets.get(ERIN, "erins-project").used["backups"] == 1
    ground.lxd.lxc("query", "--request", "DELETE", "--wait", path)
    assert list(ground.storage.backups.find(ERIN, Query())) == []
    assert ground.storage.quota_sets.get(ERIN, "erins-project").used["backups"] == 0
    ground.storage.volumes.delete(ERIN, volume.id)


def test_pools_are_the_volume_types(ground: Ground) -> None:
    types = {item.name: item for item in ground.storage.volume_types.find(ERIN, Query())}
    assert set(types) == {"default", POOL}
    assert ground.storage.volume_types.default(ERIN) == types["default"]
    assert ground.volume(volume_type=types[POOL].id).volume_type == POOL


def test_what_is_in_use_is_snapshotted_backed_up_and_extended_by_force(ground: Ground) -> None:
    assert ground.storage.snapshots is not None
    assert ground.storage.backups is not None
    volume = ground.volume()
    folder = ground.plug(volume)
    ground.run(f"echo then > {folder}/file; sync")
    with pytest.raises(BadRequest):
        ground.storage.snapshots.create(ERIN, SnapshotSpec(volume_id=volume.id))
    with pytest.raises(BadRequest):
        ground.storage.backups.create(ERIN, BackupSpec(volume_id=volume.id))
    with pytest.raises(BadRequest):
        ground.storage.volumes.extend(ERIN, volume.id, 2)
    snapshot = ground.storage.snapshots.create(ERIN, SnapshotSpec(volume_id=volume.id, force=True))
    backup = ground.backup(volume, force=True)
    ground.storage.volumes.extend(ERIN, volume.id, 2, attached=True)
    written = ground.run(f"dd if=/dev/zero of={folder}/full bs=1M count=1200 2>/dev/null; wc -c < {folder}/full")
    ground.run(f"rm {folder}/full; echo now > {folder}/file")
    with pytest.raises(BadRequest):
        ground.storage.volumes.revert(ERIN, volume.id, snapshot.id)
    ground.unplug(volume)

    assert int(written) == 1200 * 2**20
    of_snapshot = ground.volume(snapshot_id=snapshot.id, size_gib=None)
    restored = ground.restored(backup)
    assert (ground.read(of_snapshot), ground.read(restored), ground.read(volume)) == ("then", "then", "now")
    ground.storage.volumes.revert(ERIN, volume.id, snapshot.id)
    assert (ground.read(volume), ground.storage.volumes.get(ERIN, volume.id).size_gib) == ("then", 2)
    ground.storage.backups.delete(ERIN, backup.id)


def test_another_type_is_another_pool_with_the_same_bytes(ground: Ground) -> None:
    assert ground.storage.snapshots is not None
    volume = ground.volume(volume_type="default", name="moves")
    ground.write(volume, "here")
    snapshot = ground.storage.snapshots.create(ERIN, SnapshotSpec(volume_id=volume.id, name="s"))
    with pytest.raises(BadRequest, match="on demand"):
        ground.storage.volumes.retype(ERIN, volume.id, POOL, "never")
    folder = ground.plug(volume)
    with pytest.raises(BadRequest, match="in use"):
        ground.storage.volumes.retype(ERIN, volume.id, POOL, "on-demand")
    assert ground.run(f"cat {folder}/file") == "here"
    ground.unplug(volume)
    ground.storage.volumes.retype(ERIN, volume.id, POOL, "on-demand")
    moved = ground.storage.volumes.get(ERIN, volume.id)
    assert (moved.volume_type, moved.name, moved.status) == (POOL, "moves", "available")
    assert [item.id for item in ground.storage.snapshots.find(ERIN, Query())] == [snapshot.id]
    assert ground.read(volume) == "here"
    ground.storage.volumes.migrate(ERIN, volume.id, "lxd@default#default")
    assert (ground.storage.volumes.get(ERIN, volume.id).volume_type, ground.read(volume)) == ("default", "here")


def test_a_volume_goes_to_another_project_with_its_bytes_and_snapshots(ground: Ground) -> None:
    assert ground.storage.transfers is not None
    assert ground.storage.snapshots is not None
    volume = ground.storage.volumes.create(ERIN, VolumeSpec(size_gib=1, volume_type=POOL, name="given"))
    ground.write(volume, "given")
    ground.storage.snapshots.create(ERIN, SnapshotSpec(volume_id=volume.id, name="s"))
    offer = ground.storage.transfers.create(ERIN, TransferSpec(volume_id=volume.id))
    assert offer.auth_key is not None
    assert ground.storage.volumes.get(ERIN, volume.id).status == "awaiting-transfer"
    with pytest.raises(BadRequest):
        ground.storage.volumes.delete(ERIN, volume.id)
    with pytest.raises(BadRequest, match="Invalid auth key"):
        ground.storage.transfers.accept(FRED, offer.id, "wrong")
    ground.storage.transfers.accept(FRED, offer.id, offer.auth_key)
    with pytest.raises(NotFound):
        ground.storage.volumes.get(ERIN, volume.id)
    got = ground.storage.volumes.get(FRED, volume.id)
    assert (got.status, got.name, got.project_id) == ("available", "given", "freds-project")
    assert [item.volume_id for item in ground.storage.snapshots.find(FRED, Query())] == [volume.id]
    assert list(ground.storage.transfers.find(FRED, Query(all_projects=True))) == []
    back = ground.storage.transfers.create(FRED, TransferSpec(volume_id=volume.id))
    ground.storage.transfers.accept(ERIN, back.id, str(back.auth_key))
    ground.stack.callback(ground.storage.volumes.delete, ERIN, volume.id, cascade=True)
    assert ground.read(volume) == "given"


def test_a_guest_cannot_write_on_a_volume_that_is_read_only(ground: Ground) -> None:
    volume = ground.volume()
    ground.write(volume, "fixed")
    ground.storage.volumes.set_read_only(ERIN, volume.id, True)
    folder = ground.plug(volume)
    assert "Read-only" in ground.run(f"echo other 2>&1 > {folder}/file || true; touch {folder}/x 2>&1 || true")
    assert ground.run(f"cat {folder}/file") == "fixed"
    ground.unplug(volume)


def test_pools_tell_the_room_that_they_have(ground: Ground) -> None:
    assert ground.storage.pools is not None
    assert ground.storage.services is not None
    volume = ground.volume()
    pools = {item.name: item.capabilities for item in ground.storage.pools.find(ADMIN)}
    assert set(pools) == {"lxd@default#default", f"lxd@{POOL}#{POOL}"}
    sized = pools[f"lxd@{POOL}#{POOL}"]
    assert (sized["total_capacity_gb"], sized["storage_protocol"]) == (3.0, "btrfs")
    assert 0 < float(sized["free_capacity_gb"]) <= 3
    loads = {item.project_id: item for item in ground.storage.services.loads(ADMIN, f"lxd@{POOL}")}
    assert (loads["erins-project"].volumes, loads["erins-project"].volumes_gib) == (1, volume.size_gib)


def test_a_project_has_no_more_than_its_quota(ground: Ground) -> None:
    assert ground.storage.quota_sets is not None
    assert ground.storage.snapshots is not None
    quotas, volume = ground.storage.quota_sets, ground.volume()
    assert quotas.get(ERIN, "erins-project").used[f"gigabytes_{POOL}"] == 1
    quotas.update(ADMIN, "erins-project", {"volumes": 2, "gigabytes": 3, "per_volume_gigabytes": 2})
    ground.stack.callback(quotas.reset, ADMIN, "erins-project")
    with pytest.raises(OverQuota, match="larger than maximum allowed limit 2G"):
        ground.volume(size_gib=3)
    ground.volume(size_gib=2)
    with pytest.raises(OverQuota, match="Requested 1G, quota is 3G and 3G has been consumed"):
        ground.storage.volumes.extend(ERIN, volume.id, 2)
    with pytest.raises(OverQuota, match="quota is 3G and 3G has been consumed"):
        ground.storage.snapshots.create(ERIN, SnapshotSpec(volume_id=volume.id))
    quotas.update(ADMIN, "erins-project", {"gigabytes": -1})
    with pytest.raises(OverQuota, match=r"number of volumes allowed \(2\)"):
        ground.volume()
    with pytest.raises(BadRequest, match="existing resources"):
        quotas.update(ADMIN, "erins-project", {"volumes": 1})
    noted = ground.lxd.lxc("project", "get", PROJECT, "user.openstack.quota.block_storage")
    assert json.loads(noted) == {"volumes": 2, "gigabytes": -1, "per_volume_gigabytes": 2}


def test_of_volumes_at_the_same_moment_no_more_come_than_the_quota_lets(ground: Ground) -> None:
    assert ground.storage.quota_sets is not None
    ground.storage.quota_sets.update(ADMIN, "erins-project", {"volumes": 2})
    ground.stack.callback(ground.storage.quota_sets.reset, ADMIN, "erins-project")
    together = threading.Barrier(AT_ONCE)

    def make(_: int) -> str:
        together.wait()
        try:
            return ground.volume().status
        except OverQuota:
            return "over quota"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = sorted(pool.map(make, range(AT_ONCE)))
    assert results == ["available", "available", *["over quota"] * (AT_ONCE - 2)]


def test_what_lasts_leaves_its_thread_until_lxd_tells_of_the_end(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "PATIENCE_S", 0.0)
    volume = ground.volume(volume_type="default")
    ground.write(volume, "here")
    began = time.monotonic()
    copies = [ground.volume(source_volume_id=volume.id, size_gib=None) for _ in range(3)]
    assert [ground.settled(item.id).status for item in copies] == ["available"] * 3
    backup = ground.backup(volume)
    assert backup.status == "available"
    assert time.monotonic() - began < work.LOOK_S / 2
    assert [ground.read(item) for item in copies] == ["here"] * 3
    assert ground.storage.backups is not None
    ground.storage.backups.delete(ERIN, backup.id)


def test_what_lxd_has_not_is_refused(ground: Ground) -> None:
    with pytest.raises(NotSupported, match="groups"):
        ground.volume(group_id="c1d0d1a6-7a3c-4f2e-8a51-1c1f0e8b1a55")
    with pytest.raises(BadRequest, match="smaller"):
        ground.volume(source_volume_id=ground.volume(size_gib=2).id, size_gib=1)
