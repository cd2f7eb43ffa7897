"""A flavor's cores, memory and disk hold inside the guest: what goes beyond them fails there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lxd.cloud import running_cloud
from tests.lxd.servers import PROJECT, boot, remove, settled
from tests.support.cloud import Cloud
from tests.support.lxd import RunningLxd

POOL = "limited"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd) -> Iterator[Cloud]:
    """A cloud whose root disks are in a pool that keeps sizes."""
    try:
        lxd.lxc("storage", "create", POOL, "btrfs", "size=4GiB")
    except AssertionError as error:
        pytest.skip(f"no btrfs pool here, so no sizes that are kept: {error}")
    with running_cloud(tmp_path_factory.mktemp("limits"), lxd, more=f"pool = {POOL}\n") as made:
        yield made
    lxd.lxc("storage", "delete", POOL)


@pytest.fixture(scope="module")
def server(cloud: Cloud, image: str) -> Iterator[str]:
    """A server of a flavor with 1 core, 128 MiB and 1 GiB."""
    server_id = boot(cloud, image, "limited", flavorRef="42")
    yield server_id
    remove(cloud, server_id)


def run(lxd: RunningLxd, command: str) -> str:
    return lxd.lxc("exec", "limited", *PROJECT, "--", "sh", "-c", f"({command}) 2>&1; true")


def test_a_guest_has_its_flavors_cores(server: str, lxd: RunningLxd) -> None:
    assert run(lxd, "nproc").strip() == "1"
    assert run(lxd, "grep Cpus_allowed_list /proc/self/status | tr ',-' '\\n\\n' | wc -l").strip() == "1"


def test_a_guest_gets_its_flavors_memory_and_no_more(server: str, lxd: RunningLxd) -> None:
    assert "1+0 records out" in run(lxd, "dd if=/dev/zero of=/dev/null bs=64M count=1")
    assert "Killed" in run(lxd, "sh -c 'dd if=/dev/zero of=/dev/null bs=256M count=1'; test $? = 137 && echo Killed")


def test_a_guest_fills_its_flavors_disk_and_no_more(server: str, lxd: RunningLxd) -> None:
    assert "900+0 records out" in run(lxd, "dd if=/dev/zero of=/most bs=1M count=900 conv=fsync")
    beyond = run(lxd, "dd if=/dev/zero of=/more bs=1M count=300 conv=fsync; rm -f /most /more; sync")
    assert "quota exceeded" in beyond.lower() or "no space left" in beyond.lower()


def test_a_server_whose_disk_is_full_says_so_and_can_be_deleted(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    server_id = boot(cloud, image, "full", flavorRef="42")
    # btrfs counts what is written when it puts it away: what is left after the first time is filled by the next.
    rest = "for turn in 1 2 3 4 5; do dd if=/dev/zero of=/rest$turn bs=1k count=4096 conv=fsync; sync; done"
    filled = f"dd if=/dev/zero of=/most bs=1M count=1100 conv=fsync; sync; {rest}"
    lxd.lxc("exec", "full", *PROJECT, "--", "sh", "-c", f"({filled}) 2>&1; true")
    refused = cloud.post("alice", f"/compute/v2.1/servers/{server_id}/action", {"os-stop": None})
    assert (refused.status_code, "disk is full" in refused.text) == (403, True)
    remove(cloud, server_id)


def test_a_resize_while_it_runs_moves_the_limits(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    lxd.lxc("config", "set", "limited", *PROJECT, "limits.memory=144MiB")
    body = {"resize": {"flavorRef": "84"}}
    path = f"/compute/v2.1/servers/{server}/action"
    assert cloud.post("alice", path, body).status_code == 202
    assert settled(cloud, server, "VERIFY_RESIZE")["flavor"]["ram"] == 192
    assert "1+0 records out" in run(lxd, "dd if=/dev/zero of=/dev/null bs=160M count=1")
    assert cloud.post("alice", path, {"revertResize": None}).status_code == 202
    # What somebody had changed is there again.
    assert settled(cloud, server, "ACTIVE")["flavor"]["ram"] == 144
    assert lxd.lxc("config", "get", "limited", *PROJECT, "limits.memory").strip() == "144MiB"
