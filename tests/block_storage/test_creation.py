"""Volumes that are made from something: an image, a snapshot, another volume."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.block_storage.cinder import GIB, NOWHERE, Cinder, refusal

DATA = b"boot" * 1000 + bytes(1 << 20) + b"end"


def create(cinder: Cinder, caller: str = "alice", /, *, at: str | None = None, **volume: Any) -> tuple[int, str]:
    """Return the status and the message of a creation that is refused."""
    return refusal(cinder.call(caller, "POST", "/volumes", {"volume": volume}, at=at))


def test_a_volume_begins_with_its_images_bytes(with_images: Cinder) -> None:
    image_id = with_images.make_image(DATA, min_ram=64, os_distro="cirros")
    volume_id = with_images.make_volume(imageRef=image_id, size=2)

    assert with_images.bytes_of(volume_id, len(DATA)) == DATA
    stat = with_images.file(volume_id).stat()
    assert stat.st_size == 2 * GIB
    assert stat.st_blocks * 512 < len(DATA)
    view = with_images.show(volume_id)
    assert (view["status"], view["bootable"]) == ("available", "true")
    known = view["volume_image_metadata"]
    assert {key: known[key] for key in ("image_id", "image_name", "disk_format", "min_ram", "size", "os_distro")} == {
        "image_id": image_id,
        "image_name": "one",
        "disk_format": "raw",
        "min_ram": "64",
        "size": str(len(DATA)),
        "os_distro": "cirros",
    }


@pytest.mark.parametrize("key", ["imageRef", "image_id"])
def test_an_image_is_named_by_id_url_or_name(with_images: Cinder, key: str) -> None:
    image_id = with_images.make_image(b"x", name="named")

    for reference in (image_id, f"http://glance/v2/images/{image_id}", "named"):
        volume_id = with_images.make_volume(**{key: reference})
        assert with_images.show(volume_id)["volume_image_metadata"]["image_id"] == image_id


def test_an_image_that_cannot_be_used_is_refused(with_images: Cinder) -> None:
    unknown = (400, "Invalid image identifier or unable to access requested image.")
    foreign = with_images.make_image(b"x", "bob", visibility="private")
    empty = {"name": "e", "disk_format": "raw", "container_format": "bare"}
    queued = with_images.post("alice", "/image/v2/images", empty).json["id"]
    large = with_images.make_image(b"x", min_disk=2)
    with_images.make_image(b"x", name="twin")
    with_images.make_image(b"y", name="twin")

    for reference in (NOWHERE, "nothing", foreign):
        assert create(with_images, imageRef=reference, size=1) == unknown
    assert create(with_images, imageRef=queued, size=1) == (
        400,
        f"Invalid input received: Image {queued} is not active.",
    )
    assert create(with_images, imageRef=large, size=1) == (
        400,
        "Invalid input received: Volume size 1GB cannot be smaller than the image minDisk size 2GB.",
    )
    assert create(with_images, imageRef="twin", size=1) == (
        409,
        "Multiple matches found for 'twin', use an ID to be more specific.",
    )
    assert create(with_images, imageRef=large)[0] == 400


def test_an_image_larger_than_the_volume_is_refused(with_images: Cinder) -> None:
    image_id = with_images.make_image(b"x", min_disk=0)
    with with_images.app.store.write("image") as connection:
        connection.exec_driver_sql(f"update images set size_bytes = {GIB + 1} where id = '{image_id}'")

    message = "Invalid input received: Size of specified image 2GB is larger than volume size 1GB."
    assert create(with_images, imageRef=image_id, size=1) == (400, message)


def test_an_image_may_name_the_volumes_type(with_images: Cinder) -> None:
    image_id = with_images.make_image(b"x", cinder_img_volume_type="multiattach")

    assert with_images.show(with_images.make_volume(imageRef=image_id))["volume_type"] == "multiattach"


def test_an_image_of_a_server_on_a_volume_stands_for_its_snapshot_since_3_46(with_images: Cinder) -> None:
    original = with_images.make_volume()
    with_images.write(original, b"root disk")
    snapshot_id = with_images.make_snapshot(original)
    disks = [{"source_type": "snapshot", "boot_index": 0, "snapshot_id": snapshot_id}]
    image_id = with_images.make_image(b"", block_device_mapping=json.dumps(disks))

    empty = with_images.make_volume(imageRef=image_id, at="3.45")
    whole = with_images.make_volume(imageRef=image_id, at="3.46")
    assert with_images.bytes_of(empty, 9) == bytes(9)
    assert with_images.bytes_of(whole, 9) == b"root disk"
    assert with_images.show(whole)["snapshot_id"] == snapshot_id


def test_a_volume_whose_image_goes_away_ends_in_error_and_says_why(with_images: Cinder) -> None:
    image_id = with_images.make_image(b"x")
    made = with_images.call("alice", "POST", "/volumes", {"volume": {"size": 1, "imageRef": image_id}})
    volume_id = made.json["volume"]["id"]
    assert with_images.delete("alice", f"/image/v2/images/{image_id}").status_code == 204
    with_images.settle()

    assert with_images.status(volume_id) == "error"
    assert volume_id not in with_images.files()
    (message,) = with_images.read("alice", "/messages", at="3.3")["messages"]
    assert message["user_message"] == "copy image to volume:An unknown error occurred."
    assert message["resource_uuid"] == volume_id
    assert with_images.call("alice", "DELETE", f"/volumes/{volume_id}").status_code == 202


def test_an_image_needs_an_image_service(cinder: Cinder) -> None:
    assert cinder.call("alice", "POST", "/volumes", {"volume": {"size": 1, "imageRef": NOWHERE}}).status_code == 501


def test_a_clone_has_its_sources_bytes_size_and_type(with_images: Cinder) -> None:
    image_id = with_images.make_image(b"image")
    source = with_images.make_volume(imageRef=image_id, size=2, volume_type="multiattach")
    with_images.write(source, b"written", offset=GIB)

    clone = with_images.make_volume(source_volid=source, size=None)

    view = with_images.show(clone)
    assert (view["size"], view["volume_type"], view["source_volid"]) == (2, "multiattach", source)
    assert (view["bootable"], view["volume_image_metadata"]["image_id"]) == ("true", image_id)
    assert with_images.bytes_of(clone, 5) == b"image"
    assert with_images.bytes_of(clone, 7, offset=GIB) == b"written"
    with_images.write(source, b"later")
    assert with_images.bytes_of(clone, 5) == b"image"


def test_a_clone_may_be_larger_and_not_smaller(cinder: Cinder) -> None:
    source = cinder.make_volume(size=2)

    assert cinder.file(cinder.make_volume(source_volid=source, size=3)).stat().st_size == 3 * GIB
    message = (
        "Invalid input received: Volume size '1'GB cannot be smaller than original volume size  2GB. "
        "They must be >= original volume size."
    )
    assert create(cinder, source_volid=source, size=1) == (400, message)


def test_a_volume_from_a_snapshot_holds_what_was(cinder: Cinder) -> None:
    source = cinder.make_volume(size=2)
    cinder.write(source, b"before")
    snapshot_id = cinder.make_snapshot(source)
    cinder.write(source, b"after!")

    made = cinder.make_volume(snapshot_id=snapshot_id, size=None)

    assert cinder.bytes_of(made, 6) == b"before"
    assert (cinder.show(made)["size"], cinder.show(made)["snapshot_id"]) == (2, snapshot_id)
    message = (
        "Invalid input received: Volume size '1'GB cannot be smaller than the snapshot size 2GB. "
        "They must be >= original snapshot size."
    )
    assert create(cinder, snapshot_id=snapshot_id, size=1) == (400, message)


def test_sources_must_be_in_a_state_to_be_read(cinder: Cinder) -> None:
    source = cinder.make_volume()
    snapshot_id = cinder.make_snapshot(source)
    reset = {"os-reset_status": {"status": "error"}}
    cinder.call("admin", "POST", f"/snapshots/{snapshot_id}/action", reset)
    cinder.set_status(source, "error")

    assert create(cinder, snapshot_id=snapshot_id)[1] == (
        "Invalid snapshot: Originating snapshot status must be one of 'available' values"
    )
    assert create(cinder, source_volid=source)[1] == (
        "Invalid volume: Originating source volume status must be one of 'available, in-use' values"
    )


def test_a_volume_has_one_source(cinder: Cinder) -> None:
    source = cinder.make_volume()
    snapshot_id = cinder.make_snapshot(source)

    message = "Invalid input received: May specify only one of backup, imageRef, snapshot, source volume"
    assert create(cinder, source_volid=source, snapshot_id=snapshot_id) == (400, message)


def test_a_volume_in_use_can_be_cloned(cinder: Cinder) -> None:
    source = cinder.make_volume()
    cinder.do(source, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})

    assert cinder.status(cinder.make_volume(source_volid=source)) == "available"


def test_a_source_stays_until_it_has_been_copied(cinder: Cinder) -> None:
    source = cinder.make_volume()
    cinder.write(source, b"precious")
    made = cinder.call("alice", "POST", "/volumes", {"volume": {"source_volid": source}}).json["volume"]["id"]
    cinder.call("alice", "DELETE", f"/volumes/{source}")
    # The deletion's turn comes before the copy's, as it may with several workers.
    with cinder.app.store.write() as connection:
        connection.exec_driver_sql("update tasks set due_at = 0 where kind = 'block_storage.delete_volume'")
    cinder.app.tasks.run_due()

    assert cinder.bytes_of(made, 8) == b"precious"
    assert cinder.status(source) == "deleting"
    with cinder.app.store.write() as connection:
        connection.exec_driver_sql("update tasks set due_at = 0")
    cinder.settle()
    assert cinder.files() == {made}
