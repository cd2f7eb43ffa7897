"""Volumes at servers on a real LXD: their bytes go from guest to guest, and both services see what LXD has."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lxd.servers import PROJECT, SERVERS, boot, remove, settled, show
from tests.support.cloud import DEMO, Cloud
from tests.support.lxd import RunningLxd
from tests.support.waiting import wait_until

VOLUMES = f"/volume/v3/{DEMO}/volumes"


@pytest.fixture(scope="module")
def server(cloud: Cloud, image: str) -> Iterator[str]:
    server_id = boot(cloud, image, "keeper")
    yield server_id
    remove(cloud, server_id)


def new_volume(cloud: Cloud, **more: Any) -> str:
    made = cloud.post("alice", VOLUMES, {"volume": {"size": 1, **more}})
    assert made.status_code == 202, made.text
    volume_id: str = made.json["volume"]["id"]
    assert wait_until(lambda: bool(volume(cloud, volume_id)["status"] == "available"), timeout_s=30)
    return volume_id


def volume(cloud: Cloud, volume_id: str) -> dict[str, Any]:
    answer = cloud.get("alice", f"{VOLUMES}/{volume_id}")
    found: dict[str, Any] = answer.json["volume"] if answer.status_code == 200 else {"status": "gone"}
    return found


def attach(cloud: Cloud, server_id: str, volume_id: str, **more: Any) -> dict[str, Any]:
    body = {"volumeAttachment": {"volumeId": volume_id, **more}}
    answer = cloud.post("alice", f"{SERVERS}/{server_id}/os-volume_attachments", body, version="compute 2.89")
    assert answer.status_code == 200, answer.text
    attached: dict[str, Any] = answer.json["volumeAttachment"]
    return attached


def detach(cloud: Cloud, server_id: str, volume_id: str) -> None:
    answer = cloud.delete("alice", f"{SERVERS}/{server_id}/os-volume_attachments/{volume_id}")
    assert answer.status_code == 202, answer.text


def attached(cloud: Cloud, server_id: str) -> list[dict[str, Any]]:
    answer = cloud.get("alice", f"{SERVERS}/{server_id}/os-volume_attachments", version="compute 2.89")
    found: list[dict[str, Any]] = answer.json["volumeAttachments"]
    return found


def run(lxd: RunningLxd, name: str, command: str) -> str:
    return lxd.lxc("exec", name, *PROJECT, "--", "sh", "-c", command).strip()


def test_what_one_guest_wrote_another_reads(cloud: Cloud, server: str, image: str, lxd: RunningLxd) -> None:
    volume_id = new_volume(cloud, name="moves")
    made = attach(cloud, server, volume_id, tag="data")
    assert made["device"] == "/dev/vdb"
    run(lxd, "keeper", "echo from keeper > /mnt/vdb/file")
    (listed,) = attached(cloud, server)
    assert (listed["volumeId"], listed["device"], listed["tag"]) == (volume_id, "/dev/vdb", "data")
    seen = volume(cloud, volume_id)
    assert (seen["status"], [item["server_id"] for item in seen["attachments"]]) == ("in-use", [server])
    assert listed["attachment_id"] == seen["attachments"][0]["attachment_id"]
    assert show(cloud, server)["os-extended-volumes:volumes_attached"] == [
        {"id": volume_id, "delete_on_termination": False}
    ]

    detach(cloud, server, volume_id)
    assert volume(cloud, volume_id)["status"] == "available"
    assert run(lxd, "keeper", "ls /mnt") == ""
    other = boot(cloud, image, "reader")
    attach(cloud, other, volume_id, device="/dev/vdx")
    assert run(lxd, "reader", "cat /mnt/vdx/file") == "from keeper"
    remove(cloud, other)
    assert volume(cloud, volume_id)["status"] == "available"
    names = [item["action"] for item in actions(cloud, server)]
    assert names[:2] == ["detach_volume", "attach_volume"]
    assert cloud.delete("alice", f"{VOLUMES}/{volume_id}").status_code == 202


def actions(cloud: Cloud, server_id: str) -> list[dict[str, Any]]:
    answer = cloud.get("alice", f"{SERVERS}/{server_id}/os-instance-actions", version="compute 2.79")
    found: list[dict[str, Any]] = answer.json["instanceActions"]
    return found


def test_a_volume_stays_through_reboot_rebuild_resize_and_image(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    server_id = boot(cloud, image, "changing")
    volume_id = new_volume(cloud)
    attach(cloud, server_id, volume_id)
    run(lxd, "changing", "echo kept > /mnt/vdb/file")
    action = f"{SERVERS}/{server_id}/action"
    for body, status in (
        ({"reboot": {"type": "HARD"}}, "ACTIVE"),
        ({"rebuild": {"imageRef": image}}, "ACTIVE"),
        ({"resize": {"flavorRef": "84"}}, "VERIFY_RESIZE"),
        ({"revertResize": None}, "ACTIVE"),
        ({"createImage": {"name": "of changing"}}, "ACTIVE"),
        ({"os-stop": None}, "SHUTOFF"),
        ({"os-start": None}, "ACTIVE"),
    ):
        answer = cloud.post("alice", action, body)
        assert answer.status_code == 202, answer.text
        settled(cloud, server_id, status)
        seen = volume(cloud, volume_id)
        assert (seen["status"], [item["server_id"] for item in seen["attachments"]]) == ("in-use", [server_id]), body
    assert run(lxd, "changing", "cat /mnt/vdb/file") == "kept"
    (made,) = cloud.get("alice", "/image/v2/images?name=of changing").json["images"]
    remove(cloud, server_id)
    assert volume(cloud, volume_id)["status"] == "available"
    cloud.delete("alice", f"/image/v2/images/{made['id']}")
    cloud.delete("alice", f"{VOLUMES}/{volume_id}")


def test_a_server_begins_with_its_volumes_and_takes_those_along_that_go_with_it(
    cloud: Cloud, image: str, lxd: RunningLxd
) -> None:
    kept, going = new_volume(cloud), new_volume(cloud)
    devices = [
        {"boot_index": 0, "uuid": image, "source_type": "image", "destination_type": "local"},
        {"boot_index": -1, "uuid": kept, "source_type": "volume", "destination_type": "volume"},
        {
            "boot_index": -1,
            "uuid": going,
            "source_type": "volume",
            "destination_type": "volume",
            "delete_on_termination": True,
        },
        {
            "boot_index": -1,
            "source_type": "blank",
            "destination_type": "volume",
            "volume_size": 2,
            "delete_on_termination": True,
        },
    ]
    server_id = boot(cloud, image, "begins", block_device_mapping_v2=devices)
    found = show(cloud, server_id)["os-extended-volumes:volumes_attached"]
    blank = next(item["id"] for item in found if item["id"] not in (kept, going))
    assert [item["id"] for item in found] == [kept, going, blank]
    assert volume(cloud, blank)["size"] == 2
    assert run(lxd, "begins", "ls /mnt").split() == ["vdb", "vdc", "vdd"]

    detach(cloud, server_id, going)
    attach(cloud, server_id, going, delete_on_termination=True)
    remove(cloud, server_id)
    assert [volume(cloud, item)["status"] for item in (kept, going, blank)] == ["available", "gone", "gone"]
    cloud.delete("alice", f"{VOLUMES}/{kept}")


def test_what_somebody_detaches_or_attaches_with_lxc_shows_at_once(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    volume_id = new_volume(cloud)
    attach(cloud, server, volume_id, delete_on_termination=True)
    lxd.lxc("config", "device", "remove", "keeper", f"volume-{volume_id}", *PROJECT)
    assert (attached(cloud, server), volume(cloud, volume_id)["status"]) == ([], "available")
    assert volume(cloud, volume_id)["attachments"] == []

    where = ("disk", "pool=default", f"source={volume_id}", "path=/mnt/vdq")
    lxd.lxc("config", "device", "add", "keeper", "by-hand", *where, *PROJECT)
    (listed,) = attached(cloud, server)
    assert (listed["volumeId"], listed["device"]) == (volume_id, "/dev/vdq")
    assert volume(cloud, volume_id)["status"] == "in-use"
    detach(cloud, server, volume_id)
    assert (attached(cloud, server), volume(cloud, volume_id)["status"]) == ([], "available")
    attach(cloud, server, volume_id)
    detach(cloud, server, volume_id)
    assert cloud.delete("alice", f"{VOLUMES}/{volume_id}").status_code == 202


def test_a_volume_of_a_server_that_somebody_removes_is_free(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    server_id, volume_id = boot(cloud, image, "removed"), new_volume(cloud)
    attach(cloud, server_id, volume_id)
    lxd.lxc("delete", "--force", "removed", *PROJECT)
    assert volume(cloud, volume_id)["status"] == "available"
    assert cloud.delete("alice", f"{VOLUMES}/{volume_id}").status_code == 202


def test_several_volumes_at_once_get_devices_of_their_own(cloud: Cloud, server: str) -> None:
    volumes = [new_volume(cloud) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        devices = list(pool.map(lambda item: attach(cloud, server, item)["device"], volumes))
    assert sorted(devices) == ["/dev/vdb", "/dev/vdc", "/dev/vdd", "/dev/vde"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda item: detach(cloud, server, item), volumes))
    assert attached(cloud, server) == []
    for item in volumes:
        assert cloud.delete("alice", f"{VOLUMES}/{item}").status_code == 202


def test_a_volume_is_attached_once_and_to_a_free_device(cloud: Cloud, server: str, image: str) -> None:
    one, two = new_volume(cloud), new_volume(cloud)
    attach(cloud, server, one)
    other = boot(cloud, image, "second")
    for server_id, volume_id, device, status in (
        (server, one, None, 400),
        (other, one, None, 400),
        (server, two, "/dev/vdb", 409),
        (server, two, "/dev/vda", 409),
    ):
        body = {"volumeAttachment": {"volumeId": volume_id, **({"device": device} if device else {})}}
        answer = cloud.post("alice", f"{SERVERS}/{server_id}/os-volume_attachments", body)
        assert answer.status_code == status, answer.text
    assert cloud.delete("alice", f"{VOLUMES}/{one}").status_code == 400
    assert volume(cloud, two)["status"] == "available"
    remove(cloud, other)
    detach(cloud, server, one)
    for item in (one, two):
        cloud.delete("alice", f"{VOLUMES}/{item}")


def test_a_paused_and_a_stopped_server_take_volumes(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    server_id, volume_id = boot(cloud, image, "quiet"), new_volume(cloud)
    for begin, status, end in (("pause", "PAUSED", "unpause"), ("os-stop", "SHUTOFF", "os-start")):
        cloud.post("alice", f"{SERVERS}/{server_id}/action", {begin: None})
        settled(cloud, server_id, status)
        attach(cloud, server_id, volume_id)
        cloud.post("alice", f"{SERVERS}/{server_id}/action", {end: None})
        settled(cloud, server_id, "ACTIVE")
        assert run(lxd, "quiet", "touch /mnt/vdb/there && ls /mnt/vdb") == "there"
        detach(cloud, server_id, volume_id)
    remove(cloud, server_id)
    cloud.delete("alice", f"{VOLUMES}/{volume_id}")


def test_nobody_attaches_detaches_or_sees_anothers(cloud: Cloud, server: str) -> None:
    volume_id = new_volume(cloud)
    theirs = cloud.post("bob", VOLUMES.replace(DEMO, "2" * 32), {"volume": {"size": 1}}).json["volume"]["id"]
    place = f"{SERVERS}/{server}/os-volume_attachments"
    assert cloud.post("bob", place, {"volumeAttachment": {"volumeId": theirs}}).status_code == 404
    assert cloud.post("alice", place, {"volumeAttachment": {"volumeId": theirs}}).status_code == 404
    crossed = cloud.post("admin", place, {"volumeAttachment": {"volumeId": theirs}})
    assert (crossed.status_code, "another project" in crossed.text) == (400, True)
    attach(cloud, server, volume_id)
    assert cloud.get("bob", place).status_code == 404
    assert cloud.get("bob", f"{place}/{volume_id}").status_code == 404
    assert cloud.delete("bob", f"{place}/{volume_id}").status_code == 404
    detach(cloud, server, volume_id)
    for caller, url in (("alice", f"{VOLUMES}/{volume_id}"), ("bob", f"/volume/v3/{'2' * 32}/volumes/{theirs}")):
        assert cloud.delete(caller, url).status_code == 202
