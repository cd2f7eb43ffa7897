"""What actions do to a server on a real LXD and to the guest in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from falcon.testing import Result

from tests.lxd.cloud import running_cloud
from tests.lxd.servers import PROJECT, SERVERS, boot, remove, settled, show, upload
from tests.support.cloud import Cloud
from tests.support.lxd import RunningLxd


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd) -> Iterator[Cloud]:
    with running_cloud(tmp_path_factory.mktemp("actions"), lxd) as made:
        yield made


@pytest.fixture(scope="module")
def image(cloud: Cloud, tarball: Path) -> str:
    return upload(cloud, "tiny", tarball.read_bytes())


@pytest.fixture
def server(cloud: Cloud, image: str) -> Iterator[str]:
    server_id = boot(cloud, image, "acts")
    yield server_id
    remove(cloud, server_id)


def act(cloud: Cloud, server_id: str, name: str, body: object = None, *, version: str = "2.79") -> Result:
    return cloud.post("alice", f"{SERVERS}/{server_id}/action", {name: body}, version=f"compute {version}")


def inside(lxd: RunningLxd, *command: str, name: str = "acts") -> str:
    return lxd.lxc("exec", name, *PROJECT, "--", *command)


def test_a_rebuilt_server_has_a_new_disk_and_is_there_all_the_time(
    cloud: Cloud, server: str, image: str, lxd: RunningLxd
) -> None:
    inside(lxd, "sh", "-c", "echo old > /root/mine; echo old > /bin/sh.old")
    seen, ended = set(), threading.Event()

    def look() -> None:
        while not ended.is_set():
            seen.add(cloud.get("alice", f"{SERVERS}/{server}").status_code)
            seen.add(server in cloud.get("alice", SERVERS).text)

    looker = threading.Thread(target=look)
    looker.start()
    assert act(cloud, server, "rebuild", {"imageRef": image, "name": "acts"}).status_code == 202
    settled(cloud, server, "ACTIVE")
    ended.set()
    looker.join()

    assert seen == {200, True}
    assert "mine" not in inside(lxd, "ls", "/root")
    assert "sh.old" not in inside(lxd, "ls", "/bin")
    assert inside(lxd, "stat", "-c", "%u:%g", "/bin/busybox").strip() == "0:0"
    assert "fill-" not in lxd.lxc("list", "--all-projects", "--format", "csv")


def test_a_stopped_server_stays_so_when_it_is_rebuilt(cloud: Cloud, server: str, image: str) -> None:
    act(cloud, server, "os-stop")
    settled(cloud, server, "SHUTOFF")
    act(cloud, server, "rebuild", {"imageRef": image})
    assert settled(cloud, server, "SHUTOFF")["image"]["id"] == image
    assert show(cloud, server)["id"] == server
