"""Servers that boot from volumes, and servers that come with further disks."""

from __future__ import annotations

from typing import Any

import pytest

from jumpgate.common.errors import BadRequest
from tests.compute.conftest import ComputeCloud

NOWHERE = "11111111-1111-1111-1111-111111111111"


def root(cloud: ComputeCloud, **more: Any) -> dict[str, Any]:
    """Return a root disk on a new volume made of the image."""
    return {
        "source_type": "image",
        "destination_type": "volume",
        "uuid": cloud.imaging.cirros.id,
        "boot_index": 0,
        "volume_size": 1,
        **more,
    }


def local_root(cloud: ComputeCloud) -> dict[str, Any]:
    """Return what clients say of an image that a server has on its own disk."""
    return {
        "source_type": "image",
        "destination_type": "local",
        "uuid": cloud.imaging.cirros.id,
        "boot_index": 0,
        "delete_on_termination": True,
    }


def test_a_volume_is_made_of_an_image(cloud: ComputeCloud) -> None:
    server_id = cloud.boot(imageRef=None, block_device_mapping_v2=[root(cloud, delete_on_termination=True)])

    server = cloud.server(server_id, at="2.3")
    assert (server["status"], server["image"]) == ("ACTIVE", "")
    (attached,) = server["os-extended-volumes:volumes_attached"]
    volume = cloud.storage.volumes.shelf.things[attached["id"]]
    assert (volume.status, volume.size_gib, attached["delete_on_termination"]) == ("in-use", 1, True)
    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    cloud.settle()
    assert cloud.storage.volumes.shelf.things == {}


def test_an_image_ref_beside_a_volume_root_changes_nothing(cloud: ComputeCloud) -> None:
    assert cloud.server(cloud.boot(block_device_mapping_v2=[root(cloud)]))["image"] == ""


def test_an_existing_volume_boots(cloud: ComputeCloud) -> None:
    volume = cloud.storage.volumes.add(bootable=True)
    device = {"source_type": "volume", "destination_type": "volume", "uuid": volume.id, "boot_index": "0"}

    server_id = cloud.boot(imageRef="", block_device_mapping_v2=[device])

    (attachment,) = cloud.storage.attachments.of(server_id)
    assert (attachment.volume_id, attachment.mountpoint) == (volume.id, "/dev/vda")


def test_the_older_format_boots_too(cloud: ComputeCloud) -> None:
    volume, data = cloud.storage.volumes.add(bootable=True), cloud.storage.volumes.add()
    devices = [
        {"device_name": "vda", "volume_id": volume.id, "delete_on_termination": "True"},
        {"device_name": "/dev/vdb", "volume_id": data.id},
    ]

    server_id = cloud.boot(imageRef=None, block_device_mapping=devices)

    shown = cloud.server(server_id, at="2.3")["os-extended-volumes:volumes_attached"]
    assert shown == [
        {"id": volume.id, "delete_on_termination": True},
        {"id": data.id, "delete_on_termination": False},
    ]


def test_further_disks_come_with_an_image(cloud: ComputeCloud) -> None:
    data = cloud.storage.volumes.add()
    devices = [
        local_root(cloud),
        {"source_type": "volume", "destination_type": "volume", "uuid": data.id, "boot_index": -1},
        {"source_type": "blank", "destination_type": "volume", "volume_size": 2, "volume_type": "fast"},
    ]

    server_id = cloud.boot(at="2.67", networks="none", block_device_mapping_v2=devices)

    assert cloud.server(server_id)["image"]["id"] == cloud.imaging.cirros.id
    mountpoints = {item.volume_id: item.mountpoint for item in cloud.storage.attachments.of(server_id)}
    assert mountpoints[data.id] == "/dev/vdb"
    (blank,) = [volume for volume in cloud.storage.volumes.shelf.things.values() if volume.size_gib == 2]
    assert (mountpoints[blank.id], blank.volume_type) == ("/dev/vdc", "fast")


def test_a_snapshot_becomes_a_volume(cloud: ComputeCloud) -> None:
    from jumpgate.block_storage.models import SnapshotSpec
    from jumpgate.common.context import service_context
    from tests.support.cloud import DEMO

    spec = SnapshotSpec(volume_id=cloud.storage.volumes.add(bootable=True).id, force=True)
    snapshot = cloud.storage.snapshots.create(service_context(DEMO), spec)
    device = {"source_type": "snapshot", "destination_type": "volume", "uuid": snapshot.id, "boot_index": 0}

    server_id = cloud.boot(imageRef=None, block_device_mapping_v2=[device])

    (attached,) = cloud.server(server_id)["os-extended-volumes:volumes_attached"]
    assert cloud.storage.volumes.shelf.things[attached["id"]].snapshot_id == snapshot.id


def test_a_server_waits_for_its_volume(cloud: ComputeCloud) -> None:
    cloud.storage.volumes.made_as = "creating"
    server_id = cloud.boot(imageRef=None, block_device_mapping_v2=[root(cloud)])
    server = cloud.server(server_id)
    assert (server["status"], server["OS-EXT-STS:task_state"]) == ("BUILD", "block_device_mapping")
    (volume,) = cloud.storage.volumes.shelf.things.values()

    cloud.storage.volumes.shelf.change(volume.id, {"status": "available"})
    cloud.make_due("compute.build")
    cloud.settle()

    assert cloud.server(server_id)["status"] == "ACTIVE"
    assert len(cloud.storage.volumes.shelf.things) == 1


def test_a_volume_that_cannot_be_made_puts_the_server_in_error(cloud: ComputeCloud) -> None:
    cloud.storage.volumes.made_as = "error"
    server_id = cloud.boot(imageRef=None, block_device_mapping_v2=[root(cloud, delete_on_termination=True)])
    for _ in range(5):
        cloud.make_due("compute.build")
        cloud.settle()

    server = cloud.server(server_id)
    assert server["status"] == "ERROR"
    assert "did not finish being created" in server["fault"]["message"]
    assert cloud.network.ports_of(server_id) == []
    assert cloud.storage.volumes.shelf.things == {}


def test_a_server_deleted_while_it_waits_takes_the_new_volume_along(cloud: ComputeCloud) -> None:
    cloud.storage.volumes.made_as = "creating"
    server_id = cloud.boot(imageRef=None, block_device_mapping_v2=[root(cloud, delete_on_termination=True)])
    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    cloud.settle()
    (volume,) = cloud.storage.volumes.shelf.things.values()

    cloud.storage.volumes.shelf.change(volume.id, {"status": "available"})
    for kind in ("compute.delete", "compute.build"):
        cloud.make_due(kind)
        cloud.settle()

    assert cloud.call("alice", "GET", f"/servers/{server_id}").status_code == 404
    assert cloud.storage.volumes.shelf.things == {}


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ({"uuid": NOWHERE}, f"Block Device Mapping is Invalid: failed to get image {NOWHERE}."),
        (
            {"source_type": "volume", "uuid": NOWHERE},
            f"Block Device Mapping is Invalid: failed to get volume {NOWHERE}.",
        ),
        (
            {"source_type": "snapshot", "uuid": NOWHERE},
            f"Block Device Mapping is Invalid: failed to get snapshot {NOWHERE}.",
        ),
        ({"uuid": "nope"}, "Block Device Mapping is Invalid: failed to get image nope."),
        ({"volume_size": None}, "Images with destination_type 'volume' need to have a non-zero size specified"),
        ({"source_type": "blank"}, "Block Device Mapping is Invalid: Invalid device UUID."),
        (
            {"source_type": "blank", "uuid": None, "volume_size": None},
            "Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size",
        ),
        ({"uuid": None}, "Block Device Mapping is Invalid: Missing device UUID."),
        ({"source_type": None}, "Block Device Mapping is Invalid: Some required fields are missing"),
        (
            {"destination_type": "local"},
            "Block Device Mapping is Invalid: Mapping image to local is not supported.",
        ),
        (
            {"boot_index": 1},
            "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping "
            "combination is not valid.",
        ),
        ({"volume_type": "slow"}, "Volume type slow could not be found."),
        (
            {"source_type": "volume", "volume_type": "fast"},
            "Block Device Mapping is Invalid: Specifying volume type to existing volume is not supported.",
        ),
    ],
)
def test_a_disk_that_cannot_be_is_refused(cloud: ComputeCloud, device: dict[str, Any], message: str) -> None:
    wanted = {key: value for key, value in root(cloud, **device).items() if value is not None}

    body = cloud.wanted(imageRef=None, block_device_mapping_v2=[wanted], networks="none")
    answer = cloud.call("alice", "POST", "/servers", body, at="2.67")

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"] == message


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        ({"bootable": False}, "is not bootable."),
        ({"bootable": True, "status": "in-use"}, "the current status is in-use."),
        ({"bootable": True, "project_id": "2" * 32}, "failed to get volume"),
    ],
)
def test_a_volume_must_be_ready_to_boot(cloud: ComputeCloud, volume: dict[str, Any], message: str) -> None:
    made = cloud.storage.volumes.add(**volume)
    device = {"source_type": "volume", "destination_type": "volume", "uuid": made.id, "boot_index": 0}

    answer = cloud.call("alice", "POST", "/servers", cloud.wanted(imageRef=None, block_device_mapping_v2=[device]))

    assert answer.status_code == 400
    assert message in answer.json["badRequest"]["message"]


@pytest.mark.parametrize(
    ("devices", "more", "message"),
    [
        ([{"source_type": "blank", "destination_type": "local", "volume_size": 1}], {}, "Ephemeral disks requested"),
        (
            [{"source_type": "blank", "destination_type": "local", "guest_format": "swap", "volume_size": 1}],
            {},
            "Swap drive requested is larger",
        ),
        (
            [{"source_type": "blank", "destination_type": "local", "guest_format": "swap"}] * 2,
            {},
            "More than one swap drive requested.",
        ),
        (
            [{"source_type": "blank", "destination_type": "volume", "volume_size": 1, "device_name": "/dev/vda"}],
            {},
            "cannot be assigned the same device name as the root device",
        ),
        ([], {"block_device_mapping": [{"virtual_name": "x"}]}, "Using different block_device_mapping syntaxes"),
    ],
)
def test_disks_must_fit_together(cloud: ComputeCloud, devices: list[Any], more: dict[str, Any], message: str) -> None:
    wanted = cloud.wanted(block_device_mapping_v2=[local_root(cloud), *devices], **more)

    answer = cloud.call("alice", "POST", "/servers", wanted)

    assert answer.status_code == 400
    assert message in answer.json["badRequest"]["message"]


def test_local_disks_of_the_flavor_s_size_are_taken(cloud: ComputeCloud) -> None:
    flavor = {"name": "e", "id": "e", "ram": 64, "vcpus": 1, "disk": 1, "OS-FLV-EXT-DATA:ephemeral": 2, "swap": 64}
    cloud.call("admin", "POST", "/flavors", {"flavor": flavor})
    devices = [
        {"virtual_name": "ephemeral0", "volume_size": 2},
        {"virtual_name": "swap", "volume_size": 64},
        {"no_device": True},
    ]

    assert cloud.server(cloud.boot(flavorRef="e", block_device_mapping=devices))["status"] == "ACTIVE"
    legacy = cloud.wanted(block_device_mapping=[{"device_name": "vdb"}])
    assert "Unrecognized legacy format" in cloud.call("alice", "POST", "/servers", legacy).text


def test_a_volume_goes_to_one_server(cloud: ComputeCloud) -> None:
    volume = cloud.storage.volumes.add(bootable=True)
    device = {"source_type": "volume", "destination_type": "volume", "uuid": volume.id, "boot_index": 0}
    wanted = cloud.wanted(imageRef=None, block_device_mapping_v2=[device], max_count=2)

    answer = cloud.call("alice", "POST", "/servers", wanted)

    assert answer.status_code == 400
    assert "Cannot attach one or more volumes to multiple instances" in answer.text


def test_an_image_must_fit_the_volume(cloud: ComputeCloud) -> None:
    image = cloud.imaging.images.add(min_disk_gib=5)
    wanted = cloud.wanted(imageRef=image.id, block_device_mapping_v2=[root(cloud, uuid=image.id)])

    answer = cloud.call("alice", "POST", "/servers", wanted)

    assert answer.status_code == 400
    assert "Volume is smaller than the minimum size" in answer.text


def test_the_root_volume_stays(cloud: ComputeCloud) -> None:
    server_id = cloud.boot(imageRef=None, block_device_mapping_v2=[root(cloud)])
    (attached,) = cloud.server(server_id)["os-extended-volumes:volumes_attached"]

    answer = cloud.call("alice", "DELETE", f"/servers/{server_id}/os-volume_attachments/{attached['id']}")

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"] == "Cannot detach a root device volume"


def test_a_server_on_a_volume_is_rescued_since_2_87_with_an_image_made_for_it(cloud: ComputeCloud) -> None:
    server_id = cloud.boot(imageRef=None, block_device_mapping_v2=[root(cloud)])
    stable = cloud.imaging.images.add(properties={"hw_rescue_bus": "virtio", "hw_rescue_device": "disk"})
    half = cloud.imaging.images.add(properties={"hw_rescue_bus": "virtio"})

    def rescue(at: str, image_id: str | None = None) -> Any:
        wanted = None if image_id is None else {"rescue_image_ref": image_id}
        return cloud.act(server_id, "rescue", wanted, at=at)

    for refused in (rescue("2.86", stable.id), rescue("2.87", half.id), rescue("2.87")):
        assert refused.status_code == 400
        assert refused.json["badRequest"]["message"] == (
            f"Instance {server_id} cannot be rescued: Cannot rescue a volume-backed instance"
        )
    assert rescue("2.87", stable.id).status_code == 200
    assert cloud.server(server_id)["status"] == "RESCUE"
    assert cloud.act(server_id, "unrescue").status_code == 202
    assert cloud.server(server_id)["status"] == "ACTIVE"


def test_an_image_of_snapshots_rescues_nobody(cloud: ComputeCloud) -> None:
    image = cloud.imaging.images.add(properties={"block_device_mapping": "[]"})

    answer = cloud.act(cloud.boot(), "rescue", {"rescue_image_ref": image.id})

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"] == f"Requested rescue image '{image.id}' is not supported"


def test_a_server_on_a_volume_is_rebuilt_with_another_image_since_2_93(cloud: ComputeCloud) -> None:
    server_id, other = cloud.boot(imageRef=None, block_device_mapping_v2=[root(cloud)]), cloud.imaging.images.add()

    assert cloud.act(server_id, "rebuild", {"imageRef": cloud.imaging.cirros.id}, at="2.92").status_code == 202
    refused = cloud.act(server_id, "rebuild", {"imageRef": other.id}, at="2.92")
    assert refused.status_code == 400
    assert "Unable to rebuild with a different image" in refused.text
    assert cloud.storage.volumes.shelf.calls.count("reimage") == 0
    assert cloud.act(server_id, "rebuild", {"imageRef": other.id}, at="2.93").status_code == 202
    server = cloud.server(server_id)
    assert (server["status"], server["image"]) == ("ACTIVE", "")
    (volume,) = cloud.storage.volumes.shelf.things.values()
    assert (volume.status, volume.image_metadata["image_id"]) == ("in-use", other.id)


def test_a_volume_that_cannot_be_filled_anew_is_a_fault(cloud: ComputeCloud) -> None:
    server_id = cloud.boot(imageRef=None, block_device_mapping_v2=[root(cloud)])

    def refuse() -> None:
        raise BadRequest("The image does not fit.")

    cloud.storage.volumes.shelf.before["reimage"] = refuse
    cloud.act(server_id, "rebuild", {"imageRef": cloud.imaging.cirros.id}, at="2.93")

    server = cloud.server(server_id)
    assert (server["status"], server["fault"]["message"]) == ("ERROR", "The image does not fit.")
    del cloud.storage.volumes.shelf.before["reimage"]
    cloud.act(server_id, "rebuild", {"imageRef": cloud.imaging.cirros.id}, at="2.93")
    assert cloud.server(server_id)["status"] == "ACTIVE"
    assert len(cloud.storage.attachments.of(server_id)) == 1


def test_a_zero_disk_flavor_boots_from_a_volume(cloud: ComputeCloud) -> None:
    cloud.call("admin", "POST", "/flavors", {"flavor": {"name": "z", "id": "z", "ram": 64, "vcpus": 1, "disk": 0}})

    server_id = cloud.boot(flavorRef="z", imageRef=None, block_device_mapping_v2=[root(cloud)])

    assert cloud.server(server_id)["status"] == "ACTIVE"
