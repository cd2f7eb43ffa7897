"""The actions of volumes, beside those that attach them."""

from __future__ import annotations

import pytest

from tests.block_storage.cinder import GIB, NOWHERE, Cinder, refusal


def test_a_volume_is_extended(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.write(volume_id, b"data")

    assert cinder.act(volume_id, "os-extend", {"new_size": 3}).status_code == 202
    assert (cinder.status(volume_id), cinder.show(volume_id)["size"]) == ("extending", 1)
    cinder.settle()
    assert (cinder.status(volume_id), cinder.show(volume_id)["size"]) == ("available", 3)
    assert cinder.file(volume_id).stat().st_size == 3 * GIB
    assert cinder.bytes_of(volume_id, 4) == b"data"


@pytest.mark.parametrize("size", [1, "1", 2])
def test_a_volume_only_grows(cinder: Cinder, size: object) -> None:
    volume_id = cinder.make_volume(size=2)

    message = (
        "Invalid input received: New size for extend must be greater than current size. "
        f"(current: 2, extended: {size})."
    )
    assert refusal(cinder.act(volume_id, "os-extend", {"new_size": size})) == (400, message)


@pytest.mark.parametrize("body", [{}, None, {"new_size": None}, {"new_size": 0}, {"new_size": "x"}, {"size": 2}])
def test_an_extension_names_a_size(cinder: Cinder, body: object) -> None:
    assert cinder.act(cinder.make_volume(), "os-extend", body).status_code == 400


def test_a_volume_in_use_is_extended_since_3_42(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.do(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})

    refused = cinder.act(volume_id, "os-extend", {"new_size": 2}, at="3.41")
    message = (
        f"Invalid volume: Volume {volume_id} status must be '{{'status': 'available'}}' to extend, currently in-use."
    )
    assert refusal(refused) == (400, message)
    cinder.do(volume_id, "os-extend", {"new_size": 2}, at="3.42")
    assert (cinder.status(volume_id), cinder.show(volume_id)["size"]) == ("in-use", 2)


def test_a_volume_is_said_to_be_bootable(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()

    for word, shown in ((True, "true"), ("false", "false"), ("on", "true"), ("0", "false")):
        assert cinder.act(volume_id, "os-set_bootable", {"bootable": word}).status_code == 200
        assert cinder.show(volume_id)["bootable"] == shown
    assert cinder.act(volume_id, "os-set_bootable", {"bootable": "perhaps"}).status_code == 400


def test_a_read_only_volume_says_so_in_its_metadata(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(metadata={"a": "1"})

    for flag in (True, False):
        assert cinder.act(volume_id, "os-update_readonly_flag", {"readonly": flag}).status_code == 202
        assert cinder.show(volume_id)["metadata"] == {"a": "1", "readonly": str(flag)}
    assert cinder.read("alice", f"/volumes/{volume_id}/metadata") == {"metadata": {"a": "1"}}
    cinder.set_status(volume_id, "error")
    refused = cinder.act(volume_id, "os-update_readonly_flag", {"readonly": True})
    message = (
        f"Invalid volume: Volume {volume_id} status must be available to update readonly flag, "
        "but current status is: error."
    )
    assert refusal(refused) == (400, message)


def test_a_volume_gets_another_type(cinder: Cinder) -> None:
    gold = cinder.make_type("gold")
    volume_id = cinder.make_volume()

    cinder.do(volume_id, "os-retype", {"new_type": "gold", "migration_policy": "on-demand"})
    view = cinder.show(volume_id, at="3.63")
    assert (view["volume_type"], view["volume_type_id"], view["status"]) == ("gold", gold, "available")
    cinder.do(volume_id, "os-retype", {"new_type": "multiattach"})
    assert cinder.show(volume_id)["multiattach"] is True


def test_a_retype_that_changes_nothing_or_too_much_is_refused(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()

    assert cinder.act(volume_id, "os-retype", {"new_type": "standard"}).status_code == 400
    assert cinder.act(volume_id, "os-retype", {"new_type": "nothing"}).status_code == 404
    assert cinder.act(volume_id, "os-retype", {"new_type": "gold", "migration_policy": "maybe"}).status_code == 400
    cinder.do(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})
    refused = cinder.act(volume_id, "os-retype", {"new_type": "multiattach"})
    assert "retypes affecting multiattach are only allowed on available volumes" in refusal(refused)[1]
    cinder.make_type("gold")
    cinder.do(volume_id, "os-retype", {"new_type": "gold"})
    assert cinder.status(volume_id) == "in-use"


def test_an_administrator_sets_states_by_hand(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    reset = {"status": "error", "migration_status": "migrating"}

    assert cinder.act(volume_id, "os-reset_status", reset).status_code == 403
    assert cinder.act(volume_id, "os-reset_status", reset, "admin").status_code == 202
    view = cinder.show(volume_id, "admin")
    assert (view["status"], view["migration_status"]) == ("error", "migrating")
    cinder.do(volume_id, "os-reset_status", {"status": "AVAILABLE", "migration_status": "none"}, "admin")
    view = cinder.show(volume_id, "admin")
    assert (view["status"], view["migration_status"]) == ("available", None)


def test_an_attachment_can_be_reset_away(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.do(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})

    cinder.do(volume_id, "os-reset_status", {"status": "available", "attach_status": "detached"}, "admin")
    view = cinder.show(volume_id)
    assert (view["status"], view["attachments"], view["metadata"]) == ("available", [], {"readonly": "False"})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": None},
        {"status": "shiny"},
        {"attach_status": "loose"},
        {"migration_status": "gone"},
        {"status": "deleting"},
        {"status": "error_deleting"},
        {"status": "in-use"},
        {"color": "red"},
    ],
)
def test_a_state_that_cannot_be_is_refused(cinder: Cinder, body: object) -> None:
    assert cinder.act(cinder.make_volume(), "os-reset_status", body, "admin").status_code == 400


def test_an_unknown_action_is_refused(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    path = f"/volumes/{volume_id}/action"

    message = "There is no such action: os-fly. Verify the request body and Content-Type header and try again."
    assert refusal(cinder.act(volume_id, "os-fly")) == (400, message)
    bodies: tuple[object, ...] = ({}, {"os-reserve": None, "os-unreserve": None}, [], "x")
    for body in bodies:
        assert cinder.call("alice", "POST", path, body).status_code == 400
    assert cinder.act(NOWHERE, "os-reserve").status_code == 404


@pytest.mark.parametrize(
    ("name", "body", "since"),
    [("os-reimage", {"image_id": NOWHERE}, "3.68"), ("revert", {"snapshot_id": NOWHERE}, "3.40")],
)
def test_an_action_comes_with_its_microversion(cinder: Cinder, name: str, body: object, since: str) -> None:
    volume_id = cinder.make_volume()
    before = f"3.{int(since.partition('.')[2]) - 1}"

    assert "There is no such action" in refusal(cinder.act(volume_id, name, body, at=before))[1]
    assert "There is no such action" not in refusal(cinder.act(volume_id, name, body, at=since))[1]


def test_image_metadata_is_shown_set_and_removed(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()

    assert "volume_image_metadata" not in cinder.show(volume_id)
    metadata = {"metadata": {"os": "linux", "empty": ""}}
    assert cinder.act(volume_id, "os-set_image_metadata", metadata).json == metadata
    assert cinder.act(volume_id, "os-show_image_metadata").json == metadata
    assert cinder.show(volume_id)["volume_image_metadata"] == metadata["metadata"]
    assert cinder.act(volume_id, "os-unset_image_metadata", {"key": "empty"}).status_code == 200
    assert cinder.act(volume_id, "os-show_image_metadata").json == {"metadata": {"os": "linux"}}
    assert cinder.act(volume_id, "os-unset_image_metadata", {"key": "empty"}).status_code == 404
    listed = cinder.read("admin", "/volumes?all_tenants=1&glance_metadata={'os': 'linux'}", at="3.4")
    assert [item["id"] for item in listed["volumes"]] == [volume_id]


def test_a_volume_becomes_an_image(with_images: Cinder) -> None:
    original = with_images.make_image(b"original", os_distro="cirros", min_ram=1)
    volume_id = with_images.make_volume(imageRef=original)
    with_images.write(volume_id, b"changed!")

    result = with_images.act(
        volume_id, "os-volume_upload_image", {"image_name": "copy", "visibility": "private"}, at="3.1"
    )

    assert result.status_code == 202
    upload = result.json["os-volume_upload_image"]
    assert (upload["status"], upload["image_name"], upload["visibility"], upload["protected"]) == (
        "uploading",
        "copy",
        "private",
        False,
    )
    assert with_images.status(volume_id) == "uploading"
    with_images.settle()
    assert with_images.status(volume_id) == "available"
    image = with_images.get("alice", f"/image/v2/images/{upload['image_id']}").json
    assert (image["status"], image["size"], image["name"], image["os_distro"]) == ("active", GIB, "copy", "cirros")
    assert image["owner"] == with_images.show(volume_id)["os-vol-tenant-attr:tenant_id"]
    data = with_images.get("alice", f"/image/v2/images/{upload['image_id']}/file").content
    assert data[:8] == b"changed!"


def test_an_upload_that_cannot_be_is_refused(with_images: Cinder) -> None:
    volume_id = with_images.make_volume()

    for body in (
        {},
        {"image_name": ""},
        {"image_name": "x", "disk_format": "floppy"},
        {"image_name": "x", "force": "?"},
    ):
        assert with_images.act(volume_id, "os-volume_upload_image", body).status_code == 400
    early = with_images.act(volume_id, "os-volume_upload_image", {"image_name": "x", "visibility": "private"}, at="3.0")
    assert early.status_code == 400
    public = {"image_name": "x", "visibility": "public"}
    assert with_images.act(volume_id, "os-volume_upload_image", public, at="3.1").status_code == 403
    with_images.do(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})
    refused = with_images.act(volume_id, "os-volume_upload_image", {"image_name": "x", "force": True})
    assert refusal(refused) == (400, f"Invalid volume: Volume {volume_id} status must be available")
    assert with_images.get("alice", "/image/v2/images").json["images"] == []


def test_a_failed_upload_gives_the_volume_back(with_images: Cinder) -> None:
    volume_id = with_images.make_volume()
    result = with_images.act(volume_id, "os-volume_upload_image", {"image_name": "copy"})
    with_images.delete("alice", f"/image/v2/images/{result.json['os-volume_upload_image']['image_id']}")
    with_images.settle()

    assert with_images.status(volume_id) == "available"
    (message,) = with_images.read("alice", "/messages", at="3.3")["messages"]
    assert message["user_message"] == "copy volume to image:Failed to upload volume to image at backend."


def test_a_volume_gets_another_images_bytes(with_images: Cinder) -> None:
    volume_id = with_images.make_volume()
    with_images.write(volume_id, b"old bytes")
    image_id = with_images.make_image(b"new")

    assert with_images.act(volume_id, "os-reimage", {"image_id": image_id}, at="3.68").status_code == 202
    assert with_images.status(volume_id) == "downloading"
    with_images.settle()
    assert with_images.bytes_of(volume_id, 9) == b"new" + bytes(6)
    view = with_images.show(volume_id)
    assert (view["status"], view["bootable"], view["volume_image_metadata"]["image_id"]) == (
        "available",
        "true",
        image_id,
    )


def test_a_reserved_volume_is_reimaged_where_that_is_asked_for(with_images: Cinder) -> None:
    volume_id = with_images.make_volume()
    image_id = with_images.make_image(b"new")
    body = {"attachment": {"volume_uuid": volume_id, "instance_uuid": NOWHERE}}
    with_images.call("alice", "POST", "/attachments", body, at="3.27")

    refused = with_images.act(volume_id, "os-reimage", {"image_id": image_id}, at="3.68")
    message = f"Invalid volume: Volume {volume_id} status must be available or error, but current status is reserved."
    assert refusal(refused) == (400, message)
    with_images.do(volume_id, "os-reimage", {"image_id": image_id, "reimage_reserved": True}, at="3.68")
    assert (with_images.status(volume_id), with_images.bytes_of(volume_id, 3)) == ("reserved", b"new")


def test_a_volume_goes_back_to_its_newest_snapshot(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    older = cinder.make_snapshot(volume_id)
    cinder.write(volume_id, b"good")
    newest = cinder.make_snapshot(volume_id)
    cinder.write(volume_id, b"bad!")

    refused = cinder.act(volume_id, "revert", {"snapshot_id": older}, at="3.40")
    message = f"Specified snapshot {older} is None or not the latest one of volume {volume_id}."
    assert refusal(refused) == (400, message)
    assert cinder.act(volume_id, "revert", {"snapshot_id": newest}, at="3.40").status_code == 202
    assert cinder.read("alice", f"/snapshots/{newest}")["snapshot"]["status"] == "restoring"
    cinder.settle()
    assert cinder.bytes_of(volume_id, 4) == b"good"
    assert cinder.status(volume_id) == "available"
    assert cinder.read("alice", f"/snapshots/{newest}")["snapshot"]["status"] == "available"


def test_a_revert_that_cannot_be_is_refused(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()

    bare = cinder.act(volume_id, "revert", {"snapshot_id": NOWHERE}, at="3.40")
    assert refusal(bare) == (400, f"Volume {volume_id} doesn't have any snapshots.")
    assert cinder.act(volume_id, "revert", {"snapshot_id": None}, at="3.40").status_code == 400
    snapshot_id = cinder.make_snapshot(volume_id)
    cinder.set_status(volume_id, "error")
    assert cinder.act(volume_id, "revert", {"snapshot_id": snapshot_id}, at="3.40").status_code == 409
    cinder.set_status(volume_id, "available")
    cinder.do(volume_id, "os-extend", {"new_size": 2})
    grown = cinder.act(volume_id, "revert", {"snapshot_id": snapshot_id}, at="3.40")
    assert "The volume size must be equal to the snapshot size." in refusal(grown)[1]
