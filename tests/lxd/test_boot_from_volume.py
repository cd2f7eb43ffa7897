"""Servers that boot from volumes on a real LXD: the bytes stay when the server goes, under the volume's id."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.lxd.cloud import running_cloud
from tests.lxd.servers import PROJECT, SERVERS, ask, remove, settled, show
from tests.lxd.test_server_volumes import VOLUMES, attach, attached, detach, new_volume, run, volume
from tests.support.cloud import DEMO, Cloud
from tests.support.lxd import RunningLxd
from tests.support.waiting import wait_until

SNAPSHOTS = f"/volume/v3/{DEMO}/snapshots"


def boot(cloud: Cloud, name: str, source: str, identifier: str, **more: Any) -> str:
    device = {"boot_index": 0, "source_type": source, "uuid": identifier, "destination_type": "volume", **more}
    made = ask(cloud, "", name, block_device_mapping_v2=[device])
    assert made.status_code == 202, made.text
    server_id: str = made.json["server"]["id"]
    settled(cloud, server_id, "ACTIVE")
    return server_id


def gone(cloud: Cloud, *volumes: str) -> None:
    for item in volumes:
        assert cloud.delete("alice", f"{VOLUMES}/{item}").status_code == 202
        assert volume(cloud, item)["status"] == "gone"


def freed(cloud: Cloud, volume_id: str, status: str) -> None:
    assert wait_until(lambda: bool(volume(cloud, volume_id)["status"] == status), timeout_s=30)


def instances(lxd: RunningLxd) -> dict[str, Any]:
    return {item["name"]: item for item in json.loads(lxd.lxc("list", *PROJECT, "--format", "json"))}


def test_a_volume_of_an_image_boots_one_server_after_the_other(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    volume_id = new_volume(cloud, name="system", imageRef=image, size=2)
    made = volume(cloud, volume_id)
    assert (made["status"], made["bootable"], made["size"], made["attachments"]) == ("available", "true", 2, [])
    assert made["volume_image_metadata"]["image_id"] == image
    assert cloud.get("alice", SERVERS).json["servers"] == []
    assert cloud.get("alice", f"{SERVERS}/{volume_id}").status_code == 404

    first = boot(cloud, "first", "volume", volume_id)
    assert run(lxd, "first", "hostname; echo kept > /root/file") == "first"
    assert f'"uuid":"{first}"' in run(lxd, "first", "cat /openstack/latest/meta_data.json")
    assert (show(cloud, first)["image"], show(cloud, first)["name"]) == ("", "first")
    assert show(cloud, first)["os-extended-volumes:volumes_attached"] == [
        {"id": volume_id, "delete_on_termination": False}
    ]
    seen = volume(cloud, volume_id)
    assert (seen["status"], seen["attachments"][0]["server_id"]) == ("in-use", first)
    assert seen["attachments"][0]["device"] == "/dev/vda"
    assert instances(lxd)["first"]["devices"]["root"]["size"] == "2GiB"
    refused = cloud.delete("alice", f"{SERVERS}/{first}/os-volume_attachments/{volume_id}")
    assert (refused.status_code, "root device" in refused.text) == (400, True)
    assert cloud.delete("alice", f"{VOLUMES}/{volume_id}").status_code == 400
    remove(cloud, first)

    left = volume(cloud, volume_id)
    assert (left["status"], left["name"], left["attachments"]) == ("available", "system", [])
    assert left["volume_image_metadata"]["image_id"] == image
    assert list(instances(lxd)) == [f"volume-{volume_id}"]
    second = boot(cloud, "second", "volume", volume_id, delete_on_termination=True)
    assert run(lxd, "second", "hostname; cat /root/file").split() == ["second", "kept"]
    assert f'"uuid":"{second}"' in run(lxd, "second", "cat /openstack/latest/meta_data.json")
    remove(cloud, second)
    assert (volume(cloud, volume_id)["status"], instances(lxd)) == ("gone", {})


def test_a_server_boots_from_a_new_volume_of_an_image(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    server_id = boot(cloud, "fresh", "image", image, volume_size=3)
    (listed,) = attached(cloud, server_id)
    volume_id = listed["volumeId"]
    seen = volume(cloud, volume_id)
    assert (seen["status"], seen["size"], seen["bootable"], listed["device"]) == ("in-use", 3, "true", "/dev/vda")
    assert seen["attachments"][0]["server_id"] == server_id
    run(lxd, "fresh", "echo kept > /root/file")
    cloud.post("alice", f"{SERVERS}/{server_id}/action", {"resize": {"flavorRef": "84"}})
    settled(cloud, server_id, "VERIFY_RESIZE")
    assert instances(lxd)["fresh"]["devices"]["root"]["size"] == "3GiB"
    remove(cloud, server_id)
    assert volume(cloud, volume_id)["status"] == "available"
    again = boot(cloud, "again", "volume", volume_id, delete_on_termination=True)
    assert run(lxd, "again", "cat /root/file") == "kept"
    remove(cloud, again)
    short = boot(cloud, "short", "image", image, volume_size=1, delete_on_termination=True)
    remove(cloud, short)
    assert instances(lxd) == {}


def test_snapshots_and_copies_of_a_bootable_volume_boot(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    volume_id = new_volume(cloud, imageRef=image)
    server_id = boot(cloud, "original", "volume", volume_id)
    run(lxd, "original", "echo before > /root/file; sync")
    body = {"snapshot": {"volume_id": volume_id, "force": True, "name": "s"}}
    taken = cloud.post("alice", SNAPSHOTS, body)
    assert taken.status_code == 202, taken.text
    snapshot_id = taken.json["snapshot"]["id"]
    run(lxd, "original", "echo after > /root/file; sync")
    of_snapshot = boot(cloud, "of-snapshot", "snapshot", snapshot_id)
    clone = new_volume(cloud, source_volid=volume_id)
    of_clone = boot(cloud, "of-clone", "volume", clone)
    assert (run(lxd, "of-snapshot", "cat /root/file"), run(lxd, "of-clone", "cat /root/file")) == ("before", "after")
    assert run(lxd, "of-clone", "hostname") == "of-clone"
    assert len(show(cloud, of_clone)["os-extended-volumes:volumes_attached"]) == 1
    copies = [clone, attached(cloud, of_snapshot)[0]["volumeId"]]
    remove(cloud, server_id, of_snapshot, of_clone)

    listed = cloud.get("alice", f"{SNAPSHOTS}/detail").json["snapshots"]
    assert [(item["id"], item["volume_id"], item["name"]) for item in listed] == [(snapshot_id, volume_id, "s")]
    reverted = cloud.post(
        "alice", f"{VOLUMES}/{volume_id}/action", {"revert": {"snapshot_id": snapshot_id}}, version="volume 3.40"
    )
    assert reverted.status_code == 202, reverted.text
    server_id = boot(cloud, "reverted", "volume", volume_id, delete_on_termination=True)
    assert run(lxd, "reverted", "cat /root/file; hostname").split() == ["before", "reverted"]
    remove(cloud, server_id)
    # It has a snapshot, so it stays.
    assert volume(cloud, volume_id)["status"] == "available"
    assert cloud.delete("alice", f"{SNAPSHOTS}/{snapshot_id}").status_code == 202
    gone(cloud, volume_id, *copies)
    assert instances(lxd) == {}


def test_a_backup_of_a_bootable_volume_boots(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    volume_id = new_volume(cloud, imageRef=image)
    server_id = boot(cloud, "saved", "volume", volume_id)
    run(lxd, "saved", "echo saved > /root/file; sync")
    body = {"backup": {"volume_id": volume_id, "force": True}}
    made = cloud.post("alice", f"/volume/v3/{DEMO}/backups", body)
    assert made.status_code == 202, made.text
    freed(cloud, volume_id, "in-use")
    backup = f"/volume/v3/{DEMO}/backups/{made.json['backup']['id']}"
    run(lxd, "saved", "echo changed > /root/file; sync")
    remove(cloud, server_id)
    answer = cloud.post("alice", f"{backup}/restore", {"restore": {"name": "restored"}})
    assert answer.status_code == 202, answer.text
    restored = answer.json["restore"]["volume_id"]
    freed(cloud, restored, "available")
    one = boot(cloud, "restored", "volume", restored)
    assert run(lxd, "restored", "cat /root/file; hostname").split() == ["saved", "restored"]
    answer = cloud.post("alice", f"{backup}/restore", {"restore": {"volume_id": volume_id}})
    assert answer.status_code == 202, answer.text
    freed(cloud, volume_id, "available")
    two = boot(cloud, "laid-over", "volume", volume_id)
    assert run(lxd, "laid-over", "cat /root/file; ls -ld /root").split()[0] == "saved"
    assert "root" in run(lxd, "laid-over", "ls -ld /root")
    remove(cloud, one, two)
    assert cloud.delete("alice", backup).status_code == 202
    gone(cloud, restored, volume_id)


def test_a_server_on_a_volume_has_others_and_is_imaged_and_rebuilt(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    volume_id, data = new_volume(cloud, imageRef=image), new_volume(cloud)
    server_id = boot(cloud, "whole", "volume", volume_id)
    attach(cloud, server_id, data)
    run(lxd, "whole", "echo kept > /root/file; echo data > /mnt/vdb/file")
    assert [item["volumeId"] for item in attached(cloud, server_id)] == [volume_id, data]
    url = f"{SERVERS}/{server_id}/action"
    cloud.post("alice", url, {"createImage": {"name": "of whole"}})
    settled(cloud, server_id, "ACTIVE")
    (made,) = cloud.get("alice", "/image/v2/images?name=of whole").json["images"]
    copy = boot(cloud, "copy", "image", made["id"], volume_size=1, delete_on_termination=True)
    assert run(lxd, "copy", "cat /root/file") == "kept"
    remove(cloud, copy)
    taken = cloud.post("alice", SNAPSHOTS, {"snapshot": {"volume_id": volume_id, "force": True}})
    snapshot = f"{SNAPSHOTS}/{taken.json['snapshot']['id']}"
    answer = cloud.post("alice", url, {"rebuild": {"imageRef": image}}, version="compute 2.93")
    assert answer.status_code == 202, answer.text
    settled(cloud, server_id, "ACTIVE")
    assert cloud.get("alice", snapshot).status_code == 200
    assert cloud.delete("alice", snapshot).status_code == 202
    assert run(lxd, "whole", "ls /root; cat /mnt/vdb/file") == "data"
    assert [item["volumeId"] for item in attached(cloud, server_id)] == [volume_id, data]
    extended = cloud.post(
        "alice", f"{VOLUMES}/{volume_id}/action", {"os-extend": {"new_size": 2}}, version="volume 3.42"
    )
    assert extended.status_code == 202, extended.text
    assert (volume(cloud, volume_id)["size"], instances(lxd)["whole"]["devices"]["root"]["size"]) == (2, "2GiB")
    detach(cloud, server_id, data)
    remove(cloud, server_id)
    gone(cloud, volume_id, data)
    cloud.delete("alice", f"/image/v2/images/{made['id']}")


def test_a_server_that_does_not_come_up_leaves_its_volume(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    volume_id = new_volume(cloud, imageRef=image)
    lxd.lxc("config", "set", f"volume-{volume_id}", *PROJECT, "raw.lxc=lxc.init.cmd=/no/such/init")
    device = {"boot_index": 0, "source_type": "volume", "uuid": volume_id, "destination_type": "volume"}
    server_id = ask(cloud, "", "broken", block_device_mapping_v2=[device]).json["server"]["id"]
    assert wait_until(lambda: bool(show(cloud, server_id)["status"] == "ERROR"), timeout_s=60)
    assert volume(cloud, volume_id)["attachments"][0]["server_id"] == server_id
    remove(cloud, server_id)
    assert volume(cloud, volume_id)["status"] == "available"
    whole = boot(cloud, "whole-again", "volume", volume_id, delete_on_termination=True)
    remove(cloud, whole)
    assert volume(cloud, volume_id)["status"] == "gone"


def test_everything_is_there_after_the_database_is_gone(
    cloud: Cloud, image: str, lxd: RunningLxd, tmp_path: Path
) -> None:
    free, system, data = (new_volume(cloud, imageRef=image), new_volume(cloud, imageRef=image), new_volume(cloud))
    server_id = boot(cloud, "remains", "volume", system)
    attach(cloud, server_id, data, delete_on_termination=True, tag="t")
    before = [volume(cloud, item) for item in (free, system, data)], attached(cloud, server_id)
    with running_cloud(tmp_path, lxd) as other:
        assert ([volume(other, item) for item in (free, system, data)], attached(other, server_id)) == before
        remove(other, server_id)
    assert [volume(cloud, item)["status"] for item in (free, system, data)] == ["available", "available", "gone"]
    gone(cloud, free, system)


def test_what_no_server_boots_from_and_what_is_no_data_disk_is_refused(cloud: Cloud, image: str) -> None:
    bootable, data = new_volume(cloud, imageRef=image), new_volume(cloud)
    server_id = boot(cloud, "refuses", "image", image, volume_size=1, delete_on_termination=True)
    body = {"volumeAttachment": {"volumeId": bootable}}
    answer = cloud.post("alice", f"{SERVERS}/{server_id}/os-volume_attachments", body)
    assert (answer.status_code, "as a disk" in answer.text) == (400, True)
    assert volume(cloud, bootable)["status"] == "available"
    device = {"boot_index": 0, "source_type": "volume", "uuid": data, "destination_type": "volume"}
    answer = ask(cloud, "", "never", block_device_mapping_v2=[device])
    assert (answer.status_code, "is not bootable" in answer.text) == (400, True)
    taken = attached(cloud, server_id)[0]["volumeId"]
    answer = ask(cloud, "", "never", block_device_mapping_v2=[{**device, "uuid": taken}])
    assert answer.status_code == 400
    remove(cloud, server_id)
    gone(cloud, bootable, data)


def test_of_servers_that_want_one_volume_at_once_one_gets_it(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    volume_id = new_volume(cloud, imageRef=image)
    device = {
        "boot_index": 0,
        "source_type": "volume",
        "uuid": volume_id,
        "destination_type": "volume",
        "delete_on_termination": True,
    }
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, cloud, "", f"one-{index}", block_device_mapping_v2=[device]) for index in range(4)]
    answers = [item.result() for item in asked]
    assert sorted(item.status_code for item in answers) == [202, 400, 400, 400]
    (server_id,) = (item.json["server"]["id"] for item in answers if item.status_code == 202)
    settled(cloud, server_id, "ACTIVE")
    assert [item["id"] for item in cloud.get("alice", SERVERS).json["servers"]] == [server_id]
    remove(cloud, server_id)
    assert (volume(cloud, volume_id)["status"], instances(lxd)) == ("gone", {})


def test_a_bootable_volume_is_its_projects_own(cloud: Cloud, image: str) -> None:
    volume_id = new_volume(cloud, imageRef=image)
    theirs = VOLUMES.replace(DEMO, "2" * 32)
    assert cloud.get("bob", f"{theirs}/{volume_id}").status_code == 404
    assert cloud.delete("bob", f"{theirs}/{volume_id}").status_code == 404
    assert volume_id not in cloud.get("bob", theirs).text
    device = {"boot_index": 0, "source_type": "volume", "uuid": volume_id, "destination_type": "volume"}
    body = {"name": "thief", "flavorRef": "42", "networks": "auto", "block_device_mapping_v2": [device]}
    for caller in ("bob", "admin"):
        assert cloud.post(caller, SERVERS, {"server": body}, version="compute 2.79").status_code == 400
    gone(cloud, volume_id)


def test_a_bootable_volume_moves_to_another_pool_and_another_project(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    volume_id = new_volume(cloud, imageRef=image)
    server_id = boot(cloud, "mover", "volume", volume_id)
    run(lxd, "mover", "echo kept > /root/file")
    remove(cloud, server_id)
    lxd.lxc("storage", "create", "second", "dir")
    retype = {"os-retype": {"new_type": "second", "migration_policy": "on-demand"}}
    answer = cloud.post("alice", f"{VOLUMES}/{volume_id}/action", retype)
    assert answer.status_code == 202, answer.text
    moved = volume(cloud, volume_id)
    assert (moved["volume_type"], moved["status"], moved["bootable"]) == ("second", "available", "true")

    transfers = f"/volume/v3/{DEMO}/os-volume-transfer"
    offered = cloud.post("alice", transfers, {"transfer": {"volume_id": volume_id}}).json["transfer"]
    accept = {"accept": {"auth_key": offered["auth_key"]}}
    taken = cloud.post("bob", f"{transfers.replace(DEMO, '2' * 32)}/{offered['id']}/accept", accept)
    assert taken.status_code == 202, taken.text
    assert volume(cloud, volume_id)["status"] == "gone"
    theirs = f"{VOLUMES.replace(DEMO, '2' * 32)}/{volume_id}"
    assert cloud.get("bob", theirs).json["volume"]["status"] == "available"
    device = {"boot_index": 0, "source_type": "volume", "uuid": volume_id, "destination_type": "volume"}
    body = {"name": "bobs", "flavorRef": "42", "networks": "auto", "block_device_mapping_v2": [device]}
    made = cloud.post("bob", SERVERS, {"server": body}, version="compute 2.79").json["server"]
    bobs = f"{SERVERS}/{made['id']}"
    assert wait_until(lambda: cloud.get("bob", bobs).json["server"]["status"] == "ACTIVE", timeout_s=30)
    assert lxd.lxc("exec", "bobs", "--project", f"os-{'2' * 32}", "--", "cat", "/root/file").strip() == "kept"
    cloud.delete("bob", bobs)
    assert wait_until(lambda: cloud.get("bob", bobs).status_code == 404, timeout_s=30)
    assert cloud.delete("bob", theirs).status_code == 202
    lxd.lxc("storage", "delete", "second")


def uploaded(cloud: Cloud, url: str, volume_id: str, status: str) -> None:
    assert wait_until(lambda: bool(cloud.get("alice", url).json["status"] == "active"), timeout_s=30)
    freed(cloud, volume_id, status)


def test_a_volume_becomes_an_image_that_boots(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    """Also an ordinary volume, on which a guest has laid a root file system."""
    system, data = new_volume(cloud, imageRef=image), new_volume(cloud)
    server_id = boot(cloud, "builder", "volume", system)
    attach(cloud, server_id, data)
    run(lxd, "builder", "echo mine > /root/file; ln /root/file /root/link; chown 7:8 /root/link")
    run(lxd, "builder", "cp -a /bin /sbin /etc /root /usr /mnt/vdb; cd /mnt/vdb; mkdir proc sys dev run tmp")
    run(lxd, "builder", "echo data > /mnt/vdb/root/file")
    detach(cloud, server_id, data)
    for index, (volume_id, force, text) in enumerate(((system, True, "mine"), (data, False, "data"))):
        upload = {"os-volume_upload_image": {"image_name": f"made-{index}", "disk_format": "raw", "force": force}}
        answer = cloud.post("alice", f"{VOLUMES}/{volume_id}/action", upload)
        assert answer.status_code == 202, answer.text
        image_id = answer.json["os-volume_upload_image"]["image_id"]
        url = f"/image/v2/images/{image_id}"
        uploaded(cloud, url, volume_id, "in-use" if volume_id == system else "available")
        made = boot(cloud, f"made-{index}", "image", image_id, volume_size=1, delete_on_termination=True)
        assert run(lxd, f"made-{index}", "cat /root/file") == text
        owners = run(lxd, f"made-{index}", "stat -c %u:%g /root /root/file /root/link").split()
        assert owners == ["0:0", "7:8", "7:8"]
        remove(cloud, made)
        cloud.delete("alice", url)
    remove(cloud, server_id)
    gone(cloud, system, data)


def test_an_upload_that_cannot_be_leaves_no_image(cloud: Cloud) -> None:
    volume_id = new_volume(cloud)
    upload = {"image_name": "never", "disk_format": "qcow2"}
    answer = cloud.post("alice", f"{VOLUMES}/{volume_id}/action", {"os-volume_upload_image": upload})
    assert (answer.status_code, "tarball" in answer.text) == (501, True)
    assert cloud.get("alice", "/image/v2/images?name=never").json["images"] == []
    theirs = f"{VOLUMES.replace(DEMO, '2' * 32)}/{volume_id}/action"
    assert cloud.post("bob", theirs, {"os-volume_upload_image": {"image_name": "never"}}).status_code == 404
    gone(cloud, volume_id)


def test_a_project_with_quotas_has_bootable_volumes_and_servers_of_them(cloud: Cloud, image: str) -> None:
    quotas = f"/compute/v2.1/os-quota-sets/{DEMO}"
    first = new_volume(cloud, imageRef=image)
    answer = cloud.put("admin", quotas, {"quota_set": {"instances": 4, "cores": 4, "ram": 1024}})
    assert answer.status_code == 200, answer.text
    try:
        second = new_volume(cloud, imageRef=image)
        server_id = boot(cloud, "limited", "volume", first)
        used = cloud.get("alice", f"{quotas}/detail").json["quota_set"]
        assert [used[name]["in_use"] for name in ("instances", "cores", "ram")] == [1, 1, 128]
        remove(cloud, server_id)
        gone(cloud, first, second)
    finally:
        assert cloud.delete("admin", quotas).status_code == 202


def test_no_server_is_made_on_a_volume_that_the_quota_does_not_let(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    quotas, before = f"/volume/v3/{'3' * 32}/os-quota-sets/{DEMO}", list(instances(lxd))
    device = {"boot_index": 0, "source_type": "image", "uuid": image, "destination_type": "volume", "volume_size": 3}
    try:
        for limits in ({"gigabytes": 2}, {"gigabytes": -1, "volumes": 0}):
            assert cloud.put("admin", quotas, {"quota_set": limits}).status_code == 200
            refused = ask(cloud, "", "large", block_device_mapping_v2=[device])
            assert (refused.status_code, "Volume resource quota exceeded" in refused.text) == (403, True)
    finally:
        assert cloud.delete("admin", quotas).status_code == 200
    assert list(instances(lxd)) == before
