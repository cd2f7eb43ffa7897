"""Images and backups of servers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud


def made(cloud: ComputeCloud, name: str) -> Any:
    """Return the image of a name."""
    (image,) = [image for image in cloud.imaging.images.shelf.things.values() if image.name == name]
    return image


def test_a_snapshot_has_the_server_s_bytes(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    answer = cloud.act(server_id, "createImage", {"name": "snap", "metadata": {"k": "v"}})

    assert (answer.status_code, answer.text) == (202, "")
    image = made(cloud, "snap")
    assert answer.headers["Location"].endswith(f"/v2/images/{image.id}")
    assert (image.status, image.visibility, image.owner) == ("active", "private", "1" * 32)
    assert cloud.imaging.images.data[image.id] == b"bootable bytes"
    assert image.min_disk_gib == 1
    assert (
        image.properties.items()
        >= {
            "image_type": "snapshot",
            "instance_uuid": server_id,
            "base_image_ref": cloud.imaging.cirros.id,
            "k": "v",
        }.items()
    )
    assert cloud.server(server_id)["OS-EXT-STS:task_state"] is None


def test_the_image_s_id_is_in_the_body_since_2_45(cloud: ComputeCloud) -> None:
    answer = cloud.act(cloud.boot(), "createImage", {"name": "snap"}, at="2.45")

    assert answer.json == {"image_id": made(cloud, "snap").id}
    assert "Location" not in answer.headers


def test_a_snapshot_under_way_shows(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.call("alice", "POST", f"/servers/{server_id}/action", {"createImage": {"name": "snap"}})

    assert cloud.server(server_id)["OS-EXT-STS:task_state"] == "image_snapshot_pending"
    assert made(cloud, "snap").status == "queued"
    second = cloud.call("alice", "POST", f"/servers/{server_id}/action", {"createImage": {"name": "two"}})
    assert second.status_code == 409
    assert "task_state image_snapshot_pending" in second.text


@pytest.mark.parametrize("action", ["os-stop", "pause", "suspend"])
def test_a_server_at_rest_can_be_snapshot(cloud: ComputeCloud, action: str) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, action)

    assert cloud.act(server_id, "createImage", {"name": "snap"}).status_code == 202
    assert made(cloud, "snap").status == "active"


def test_a_snapshot_of_a_server_whose_image_is_gone_is_empty(cloud: ComputeCloud) -> None:
    image = cloud.imaging.images.add()
    server_id = cloud.boot(imageRef=image.id)
    del cloud.imaging.images.shelf.things[image.id]

    cloud.act(server_id, "createImage", {"name": "snap"})

    assert cloud.imaging.images.data[made(cloud, "snap").id] == b""


def test_a_server_deleted_meanwhile_takes_the_unfinished_image_along(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.call("alice", "POST", f"/servers/{server_id}/action", {"createImage": {"name": "snap"}})
    cloud.call("alice", "DELETE", f"/servers/{server_id}")

    cloud.settle()

    assert list(cloud.imaging.images.shelf.things) == [cloud.imaging.cirros.id]


def test_an_upload_that_fails_leaves_the_server_as_it_was(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    def fail() -> None:
        raise ZeroDivisionError

    cloud.imaging.images.shelf.before["upload"] = fail
    cloud.act(server_id, "createImage", {"name": "snap"})
    for _ in range(5):
        cloud.make_due("compute.snapshot")
        cloud.settle()

    server = cloud.server(server_id)
    assert (server["status"], server["OS-EXT-STS:task_state"]) == ("ACTIVE", None)
    assert list(cloud.imaging.images.shelf.things) == [cloud.imaging.cirros.id]


def test_backups_are_rotated(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    for name in ("one", "two", "three"):
        wanted = {"name": name, "backup_type": "daily", "rotation": 2, "metadata": {"k": "v"}}
        assert cloud.act(server_id, "createBackup", wanted).status_code == 202
    weekly = cloud.act(server_id, "createBackup", {"name": "w", "backup_type": "weekly", "rotation": "1"}, at="2.45")

    names = {image.name for image in cloud.imaging.images.shelf.things.values()}
    assert names == {"cirros", "two", "three", "w"}
    assert made(cloud, "two").properties.items() >= {"backup_type": "daily", "k": "v"}.items()
    assert weekly.json == {"image_id": made(cloud, "w").id}


def test_a_rotation_of_none_keeps_nothing(cloud: ComputeCloud) -> None:
    answer = cloud.act(cloud.boot(), "createBackup", {"name": "b", "backup_type": "daily", "rotation": 0})

    assert answer.status_code == 202
    assert "Location" not in answer.headers
    assert list(cloud.imaging.images.shelf.things) == [cloud.imaging.cirros.id]


def test_a_server_on_a_volume_becomes_an_image_of_snapshots(cloud: ComputeCloud) -> None:
    volume = cloud.storage.volumes.add(bootable=True)
    device = {"source_type": "volume", "destination_type": "volume", "uuid": volume.id, "boot_index": 0}
    server_id = cloud.boot(imageRef=None, block_device_mapping_v2=[device])

    answer = cloud.act(server_id, "createImage", {"name": "snap"}, at="2.45")

    assert answer.status_code == 202
    image = made(cloud, "snap")
    assert (image.status, image.size_bytes) == ("active", 0)
    (snapshot,) = cloud.storage.snapshots.shelf.things.values()
    (mapping,) = json.loads(image.properties["block_device_mapping"])
    assert (mapping["snapshot_id"], mapping["boot_index"], mapping["volume_size"]) == (snapshot.id, 0, 1)
    again = cloud.boot(imageRef=image.id)
    assert cloud.server(again)["image"] == ""
    (attached,) = cloud.server(again)["os-extended-volumes:volumes_attached"]
    assert cloud.storage.volumes.shelf.things[attached["id"]].snapshot_id == snapshot.id


def test_a_server_on_a_volume_has_no_backups(cloud: ComputeCloud) -> None:
    volume = cloud.storage.volumes.add(bootable=True)
    device = {"source_type": "volume", "destination_type": "volume", "uuid": volume.id, "boot_index": 0}
    server_id = cloud.boot(imageRef=None, block_device_mapping_v2=[device])

    answer = cloud.act(server_id, "createBackup", {"name": "b", "backup_type": "daily", "rotation": 1})

    assert answer.status_code == 400
    assert "volume-backed" in answer.json["badRequest"]["message"]


@pytest.mark.parametrize("action", ["createImage", "createBackup", "shelve"])
def test_an_image_that_is_deleted_meanwhile_leaves_the_server_as_it_was(cloud: ComputeCloud, action: str) -> None:
    server_id = cloud.boot()
    wanted = {
        "createImage": {"name": "snap"},
        "createBackup": {"name": "snap", "backup_type": "daily", "rotation": 1},
        "shelve": None,
    }
    assert cloud.call("alice", "POST", f"/servers/{server_id}/action", {action: wanted[action]}).status_code == 202
    (image,) = [image for image in cloud.imaging.images.shelf.things.values() if image.name != "cirros"]
    del cloud.imaging.images.shelf.things[image.id]

    # At the first attempt: nobody waits for one that would be no better.
    assert cloud.app.tasks.run_due() == 1

    server = cloud.server(server_id)
    assert (server["status"], server["OS-EXT-STS:task_state"]) == ("ACTIVE", None)
    (latest, _) = cloud.call("alice", "GET", f"/servers/{server_id}/os-instance-actions").json["instanceActions"]
    assert (latest["action"], latest["message"]) == (action, "Error")
