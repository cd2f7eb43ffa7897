"""What fails in the middle: LXD, Jumpgate, a full pool, an image that goes. No server is left that nobody knows of."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jumpgate.certify.target import connect
from jumpgate.clouds.lxd.aliases import Aliases
from jumpgate.clouds.lxd.session import Session
from jumpgate.common.errors import CloudUnreachable
from jumpgate.compute.drivers.lxd import notes
from jumpgate.compute.drivers.lxd.creation import Creation
from jumpgate.compute.drivers.lxd.region import Region
from tests.lxd.cloud import DRIVERS, configuration, running_cloud, settings
from tests.lxd.servers import PROJECT, SERVERS, ask, boot, remove, settled, show, upload
from tests.support.cloud import Cloud
from tests.support.lxd import RunningLxd, build_image
from tests.support.served import Served
from tests.support.waiting import wait_until

FILLING_MIB = 160


@pytest.fixture(scope="module")
def big_tarball(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd) -> Path:
    """An image that takes LXD a while to unpack."""
    folder = tmp_path_factory.mktemp("big")
    build_image(folder)
    (folder / "rootfs" / "filling").write_bytes(os.urandom(FILLING_MIB * 2**20))
    tarball = folder / "big.tar"
    owners = ["--numeric-owner", "--owner=0", "--group=0"]
    subprocess.run(["tar", *owners, "-cf", tarball, "-C", folder, "metadata.yaml", "rootfs"], check=True)
    return tarball


@pytest.fixture(scope="module")
def big(cloud: Cloud, big_tarball: Path) -> Iterator[str]:
    image_id = upload(cloud, "big", big_tarball.read_bytes())
    yield image_id
    cloud.delete("alice", f"/image/v2/images/{image_id}")


def instances(lxd: RunningLxd) -> list[str]:
    """Return the names of all instances."""
    return sorted(item["name"] for item in json.loads(lxd.lxc("list", "--all-projects", "--format", "json")))


def volumes(lxd: RunningLxd, pool: str = "default") -> list[str]:
    """Return the volumes of a pool, the instances' root disks among them."""
    records = json.loads(lxd.lxc("query", f"/1.0/storage-pools/{pool}/volumes?recursion=1&all-projects=true"))
    return sorted(f"{item['type']} {item['project']} {item['name']}" for item in records)


def fate(cloud: Cloud, server_id: str) -> str:
    """Return a server's status, or GONE."""
    answer = cloud.get("alice", f"{SERVERS}/{server_id}")
    return "GONE" if answer.status_code == 404 else str(answer.json["server"]["status"])


def test_an_lxd_that_dies_while_it_makes_a_server_leaves_no_orphan(cloud: Cloud, big: str, lxd: RunningLxd) -> None:
    before = instances(lxd), volumes(lxd)
    server_id = ask(cloud, big, "halved").json["server"]["id"]
    lxd.kill()
    assert cloud.get("alice", SERVERS).status_code == 503
    lxd.begin()

    assert wait_until(lambda: fate(cloud, server_id) in ("ERROR", "GONE"), timeout_s=60), show(cloud, server_id)
    if fate(cloud, server_id) == "ERROR":
        assert "LXD was restarted" in show(cloud, server_id)["fault"]["message"]
        remove(cloud, server_id)
    assert (instances(lxd), volumes(lxd)) == before


def test_an_lxd_that_dies_while_it_deletes_servers_goes_on_with_it(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    before = instances(lxd), volumes(lxd)
    ids = [boot(cloud, image, f"doomed-{number}") for number in range(3)]
    for server_id in ids:
        assert cloud.delete("alice", f"{SERVERS}/{server_id}").status_code == 204
    lxd.kill()
    lxd.begin()

    assert wait_until(lambda: [fate(cloud, item) for item in ids] == ["GONE"] * 3, timeout_s=60), instances(lxd)
    assert (instances(lxd), volumes(lxd)) == before


def test_a_jumpgate_that_dies_while_it_makes_a_server_goes_on_with_it(
    lxd: RunningLxd, big_tarball: Path, tmp_path: Path, serve: Callable[..., Served], free_port: int
) -> None:
    conf, state = tmp_path / "jumpgate.conf", tmp_path / "state"
    conf.write_text(configuration(lxd, DRIVERS))
    served = serve("--config", str(conf), state=state, port=free_port)
    before = instances(lxd)
    client = connect("jumpgate", state / "clouds.yaml").connection
    formats = {"disk_format": "raw", "container_format": "bare"}
    image = client.image.create_image(name="big", data=big_tarball.read_bytes(), **formats)
    server = client.compute.create_server(name="survivor", image_id=image.id, flavor_id="42", networks="auto")

    served.kill()
    serve("--config", str(conf), state=state, port=free_port)
    client.compute.wait_for_server(server, wait=60, interval=0.2)
    assert [name for name in instances(lxd) if name not in before] == ["survivor"]
    client.compute.delete_server(server)
    client.compute.wait_for_delete(server, wait=30, interval=0.2)
    client.image.delete_image(image)
    assert instances(lxd) == before


def test_a_server_whose_task_is_lost_is_shown_in_error_and_can_be_deleted(
    cloud: Cloud, image: str, lxd: RunningLxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = instances(lxd)
    with monkeypatch.context() as patch:
        # The process ends after LXD has begun, and before the promise is in the database.
        patch.setattr(Region, "promise", lambda *_, **__: None)
        server_id = ask(cloud, image, "forgotten").json["server"]["id"]
    assert show(cloud, server_id)["status"] == "BUILD"
    monkeypatch.setattr(notes, "TASK_LIFETIME", dt.timedelta(0))
    lost = show(cloud, server_id)
    assert (lost["status"], lost["OS-EXT-STS:task_state"]) == ("ERROR", None)
    assert "interrupted" in lost["fault"]["message"]
    remove(cloud, server_id)
    assert instances(lxd) == before


def test_a_full_pool_puts_the_server_in_error_with_lxds_words(
    lxd: RunningLxd, big_tarball: Path, tmp_path: Path
) -> None:
    try:
        lxd.lxc("storage", "create", "narrow", "btrfs", f"size={FILLING_MIB}MiB")
    except AssertionError as error:
        pytest.skip(f"no btrfs pool here, so none that is full: {error}")
    with running_cloud(tmp_path, lxd, more="pool = narrow\n") as narrow:
        image_id = upload(narrow, "big", big_tarball.read_bytes())
        server_id = ask(narrow, image_id, "squeezed").json["server"]["id"]
        assert wait_until(lambda: fate(narrow, server_id) == "ERROR", timeout_s=60), show(narrow, server_id)
        assert "No space left on device" in show(narrow, server_id)["fault"]["message"]
        remove(narrow, server_id)
        narrow.delete("alice", f"/image/v2/images/{image_id}")
    assert volumes(lxd, "narrow") == []
    lxd.lxc("storage", "delete", "narrow")


def test_an_image_that_goes_while_a_server_is_made_is_the_servers_fault(
    cloud: Cloud, tarball: Path, lxd: RunningLxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = instances(lxd)
    image_id = upload(cloud, "fleeting", tarball.read_bytes() + b"\0" * 512)
    source = Creation.source

    def then_gone(self: Creation, wanted: str, kind: str) -> dict[str, str]:
        found = source(self, wanted, kind)
        lxd.lxc("image", "delete", found["fingerprint"])
        return found

    monkeypatch.setattr(Creation, "source", then_gone)
    server_id = ask(cloud, image_id, "homeless").json["server"]["id"]
    assert wait_until(lambda: fate(cloud, server_id) == "ERROR", timeout_s=30), show(cloud, server_id)
    assert "image" in show(cloud, server_id)["fault"]["message"].lower()
    remove(cloud, server_id)
    assert instances(lxd) == before


def test_an_image_of_a_server_is_finished_when_an_attempt_was_cut_off(
    cloud: Cloud, image: str, lxd: RunningLxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = boot(cloud, image, "pictured")
    post, delete = Session.post, Session.delete
    left: list[str] = []

    def cut_off(self: Session, *path: str, **given: Any) -> Any:
        if path == ("images",) and not left:
            left.append("a snapshot")
            raise CloudUnreachable("Cut off.")
        return post(self, *path, **given)

    def nor_cleaned_up(self: Session, *path: str, **given: Any) -> None:
        if "snapshots" in path and left == ["a snapshot"]:
            left.append("and nobody")
            raise CloudUnreachable("Cut off.")
        delete(self, *path, **given)

    monkeypatch.setattr(Session, "post", cut_off)
    monkeypatch.setattr(Session, "delete", nor_cleaned_up)
    made = cloud.post("alice", f"{SERVERS}/{server_id}/action", {"createImage": {"name": "picture"}})
    image_id = made.headers["Location"].rpartition("/")[2]
    url = f"/image/v2/images/{image_id}"
    assert wait_until(lambda: cloud.get("alice", url).json["status"] == "active", timeout_s=30), cloud.get("alice", url)
    assert left == ["a snapshot", "and nobody"]
    settled(cloud, server_id, "ACTIVE")
    assert json.loads(lxd.lxc("query", f"/1.0/instances/pictured/snapshots?project={PROJECT[1]}")) == []
    remove(cloud, server_id)
    cloud.delete("alice", url)


def test_what_a_killed_upload_left_in_lxd_is_removed_at_a_start(
    cloud: Cloud, image: str, tarball: Path, lxd: RunningLxd, tmp_path: Path
) -> None:
    def fingerprints() -> list[str]:
        return [path.rpartition("/")[2] for path in json.loads(lxd.lxc("query", "/1.0/images"))]

    before = fingerprints()
    orphan = tmp_path / "orphan.tar.gz"
    orphan.write_bytes(tarball.read_bytes() + b"\0" * 4096)
    lxd.lxc("image", "import", str(orphan), "openstack=yes")
    aliases = Aliases(cloud_session(lxd))
    aliases.sweep("2001-01-01T00:00:00+00:00")
    assert len(fingerprints()) == len(before) + 1
    aliases.sweep("2101-01-01T00:00:00+00:00")
    assert fingerprints() == before
    assert cloud.get("alice", f"/image/v2/images/{image}/file").content == tarball.read_bytes()


def cloud_session(lxd: RunningLxd) -> Session:
    return Session(settings(lxd))


def test_a_slow_lxd_is_503_with_a_time_to_try_again(lxd: RunningLxd, tmp_path: Path) -> None:
    with running_cloud(tmp_path, lxd, more="timeout = 1\n") as hasty:
        assert hasty.get("alice", SERVERS).status_code == 200
        os.kill(lxd.process.pid, signal.SIGSTOP)
        try:
            answers = [hasty.get("alice", path) for path in (SERVERS, "/image/v2/images", "/compute/v2.1/flavors")]
            answers.append(ask(hasty, "11111111-2222-3333-4444-555555555555", "late"))
        finally:
            os.kill(lxd.process.pid, signal.SIGCONT)
        assert [(item.status_code, item.headers.get("Retry-After")) for item in answers] == [(503, "5")] * 4
        assert hasty.get("alice", SERVERS).status_code == 200


def test_what_lxd_refuses_to_do_is_in_the_servers_fault(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    server_id = boot(cloud, image, "stubborn")
    cloud.post("alice", f"{SERVERS}/{server_id}/action", {"os-stop": None})
    settled(cloud, server_id, "SHUTOFF")
    lxd.lxc("config", "set", "stubborn", *PROJECT, "raw.lxc=lxc.init.cmd=/no/such/init")
    cloud.post("alice", f"{SERVERS}/{server_id}/action", {"os-start": None})
    settled(cloud, server_id, "SHUTOFF")
    actions = cloud.get("admin", f"{SERVERS}/{server_id}/os-instance-actions", version="compute 2.84").json
    request_id = actions["instanceActions"][0]["request_id"]
    told = cloud.get("admin", f"{SERVERS}/{server_id}/os-instance-actions/{request_id}", version="compute 2.84").json
    (event,) = told["instanceAction"]["events"]
    assert event["result"] == "Error"
    assert "Failed to run" in event["details"]
    config = json.loads(lxd.lxc("query", f"/1.0/instances/stubborn{'?project=' + PROJECT[1]}"))["config"]
    assert "Failed to run" in json.loads(config["user.openstack.fault"])["message"]
    remove(cloud, server_id)
