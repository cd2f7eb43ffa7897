"""Image templates on SoftLayer: imported and exported, shared with other accounts, tagged, protected and counted."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from falcon.testing import Result

from tests.softlayer.cloud import KEYS, OTHER, SoftLayerCloud
from tests.softlayer.test_guide_images import ROOT, make_image

PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}


def active(cloud: SoftLayerCloud, **more: Any) -> str:
    """Return the id of an image that has been made."""
    image_id = make_image(cloud, **more)
    cloud.settle()
    return image_id


def shown(cloud: SoftLayerCloud, image_id: str, user: str = "alice") -> dict[str, Any]:
    answer = cloud.get(user, f"{ROOT}/images/{image_id}")
    assert answer.status_code == 200, answer.text
    image: dict[str, Any] = answer.json
    return image


def change(cloud: SoftLayerCloud, image_id: str, user: str = "alice", **values: object) -> Result:
    """Set attributes and properties of an image."""
    body = [{"op": "add", "path": f"/{name}", "value": value} for name, value in values.items()]
    return cloud.request(user, "PATCH", f"{ROOT}/images/{image_id}", body, headers=PATCH)


def asked(cloud: SoftLayerCloud, method: str) -> list[dict[str, Any]]:
    """Return what a method of SoftLayer was given, call by call."""
    return [call.arguments[0] for call in cloud.fake.calls if call.method == method]


def test_an_image_keeps_what_softlayer_has_no_place_for(cloud: SoftLayerCloud) -> None:
    wanted = {"min_disk": 25, "min_ram": 512, "protected": True, "os_hidden": True, "disk_format": "raw", "role": "db"}

    image_id = active(cloud, description="mine", **wanted)

    image = shown(cloud, image_id)
    assert {name: image[name] for name in wanted} == wanted
    assert (image["description"], image["visibility"], image["status"]) == ("mine", "private", "active")
    (thing,) = [item for item in cloud.fake.world.table("templates").things.values() if item.uuid == image_id]
    assert thing.record["note"].startswith("mine\n")


@pytest.mark.parametrize(("more", "text"), [({"disk_format": "qcow2"}, "vhd"), ({"id": "0" * 8}, "")])
def test_an_image_that_softlayer_cannot_read_is_refused(cloud: SoftLayerCloud, more: dict[str, str], text: str) -> None:
    wanted = {"name": "mine", "uri": "swift://account@dal05/disks/my.vhd", "container_format": "bare", **more}
    answer = cloud.post("alice", f"{ROOT}/images", wanted)

    assert (answer.status_code, text in answer.text) == (400, True)


def test_data_is_neither_up_nor_downloaded(cloud: SoftLayerCloud) -> None:
    image_id = active(cloud)

    assert cloud.get("alice", f"{ROOT}/images/{image_id}/file").status_code == 501
    upload = cloud.request(
        "alice", "PUT", f"{ROOT}/images/{image_id}/file", headers={"Content-Type": "application/octet-stream"}
    )
    assert upload.status_code == 501


def test_a_volume_becomes_no_image(cloud: SoftLayerCloud) -> None:
    volume_id = cloud.post("alice", "/volume/v3/volumes", {"volume": {"size": 20}}).json["volume"]["id"]
    cloud.settle()
    body = {"os-volume_upload_image": {"image_name": "copy"}}

    assert cloud.post("alice", f"/volume/v3/volumes/{volume_id}/action", body).status_code == 501


def test_an_image_is_imported_from_ibm_clouds_object_storage(
    cloud: SoftLayerCloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    image_id = active(cloud, uri="cos://us-south/disks/my.vhd", os_code="UBUNTU_22_64", ibm_api_key="very secret")
    make_image(cloud, uri="cos://us-south/disks/other.vhd")

    first, second = asked(cloud, "createFromIcos")
    assert (first["uri"], first["operatingSystemReferenceCode"]) == ("cos://us-south/disks/my.vhd", "UBUNTU_22_64")
    assert (first["ibmApiKey"], second["ibmApiKey"]) == ("very secret", KEYS["alice"])
    image = shown(cloud, image_id)
    assert "ibm_api_key" not in image
    assert "very secret" not in first["note"]
    assert caplog.records
    assert "very secret" not in caplog.text


@pytest.mark.parametrize(
    ("uri", "method", "more"),
    [
        ("swift://account@dal05/disks/out.vhd", "copyToExternalSource", {}),
        ("cos://us-south/disks/out.vhd", "copyToIcos", {"ibm_api_key": "very secret"}),
    ],
)
def test_an_image_is_exported_to_object_storage(
    cloud: SoftLayerCloud, uri: str, method: str, more: dict[str, str]
) -> None:
    image_id = active(cloud)

    assert change(cloud, image_id, export_uri=uri, **more).status_code == 200

    (given,) = asked(cloud, method)
    assert given["uri"] == uri
    assert given.get("ibmApiKey") == more.get("ibm_api_key")
    image = shown(cloud, image_id)
    assert (image["status"], image["export_uri"], "ibm_api_key" in image) == ("active", uri, False)


def test_an_image_is_exported_to_nowhere_else_and_by_nobody_else(cloud: SoftLayerCloud) -> None:
    image_id = active(cloud)

    assert change(cloud, image_id, export_uri="https://example.com/x").status_code == 400
    assert change(cloud, image_id, "bob", export_uri="swift://a@dal05/b/c.vhd").status_code == 404
    assert change(cloud, cloud.image_id(), export_uri="swift://a@dal05/b/c.vhd").status_code == 403
    assert "export_uri" not in shown(cloud, image_id)
    assert asked(cloud, "copyToExternalSource") == []


def test_an_image_is_shared_with_another_account(cloud: SoftLayerCloud) -> None:
    image_id = active(cloud, visibility="shared")
    members = f"{ROOT}/images/{image_id}/members"

    made = cloud.post("alice", members, {"member": str(OTHER)})

    assert (made.status_code, made.json["member_id"], made.json["status"]) == (200, str(OTHER), "accepted")
    assert cloud.post("alice", members, {"member": str(OTHER)}).status_code == 409
    assert cloud.post("alice", members, {"member": "somebody"}).status_code == 400
    assert shown(cloud, image_id, "bob")["visibility"] == "shared"
    assert [item["member_id"] for item in cloud.get("bob", members).json["members"]] == [str(OTHER)]
    assert image_id in [item["id"] for item in cloud.get("bob", f"{ROOT}/images").json["images"]]
    pending = cloud.get("bob", f"{ROOT}/images?visibility=shared&member_status=pending").json["images"]
    assert image_id not in [item["id"] for item in pending]
    for user_may_not in (
        change(cloud, image_id, "bob", name="his"),
        cloud.delete("bob", f"{ROOT}/images/{image_id}"),
        cloud.put("bob", f"{ROOT}/images/{image_id}/tags/his"),
        cloud.delete("bob", f"{members}/{OTHER}"),
    ):
        assert user_may_not.status_code == 403
    assert cloud.delete("alice", f"{members}/{OTHER}").status_code == 204
    assert cloud.get("bob", f"{ROOT}/images/{image_id}").status_code == 404


def test_nobody_is_asked_whether_it_takes_an_image(cloud: SoftLayerCloud) -> None:
    image_id = active(cloud, visibility="shared")
    members = f"{ROOT}/images/{image_id}/members"
    cloud.post("alice", members, {"member": str(OTHER)})

    assert cloud.put("bob", f"{members}/{OTHER}", {"status": "rejected"}).status_code == 501


def test_a_private_image_is_shared_with_nobody(cloud: SoftLayerCloud) -> None:
    image_id = active(cloud)
    members = f"{ROOT}/images/{image_id}/members"
    assert cloud.post("alice", members, {"member": str(OTHER)}).status_code == 403
    assert change(cloud, image_id, visibility="shared").status_code == 200
    assert cloud.post("alice", members, {"member": str(OTHER)}).status_code == 200

    assert change(cloud, image_id, visibility="private").status_code == 200

    assert shown(cloud, image_id)["visibility"] == "private"
    assert cloud.get("bob", f"{ROOT}/images/{image_id}").status_code == 404
    assert change(cloud, image_id, visibility="public").status_code in (400, 403)


def test_tags_come_and_go(cloud: SoftLayerCloud) -> None:
    image_id = active(cloud, tags=["blue"])
    tags = f"{ROOT}/images/{image_id}/tags"

    assert cloud.put("alice", f"{tags}/green").status_code == 204
    assert cloud.put("bob", f"{tags}/red").status_code == 404
    assert cloud.delete("alice", f"{tags}/blue").status_code == 204
    assert cloud.delete("alice", f"{tags}/blue").status_code == 404
    assert cloud.put("alice", f"{tags}/a,b").status_code == 400
    assert shown(cloud, image_id)["tags"] == ["green"]
    assert [item["id"] for item in cloud.get("alice", f"{ROOT}/images?tag=green").json["images"]] == [image_id]


def test_a_protected_image_stays_until_it_is_not(cloud: SoftLayerCloud) -> None:
    image_id = active(cloud, protected=True)

    assert cloud.delete("alice", f"{ROOT}/images/{image_id}").status_code == 403
    assert change(cloud, image_id, protected=False).status_code == 200
    assert cloud.delete("alice", f"{ROOT}/images/{image_id}").status_code == 204


def test_what_stays_as_it_is_is_not_written(cloud: SoftLayerCloud) -> None:
    image_id = active(cloud)
    cloud.fake.calls.clear()

    assert change(cloud, image_id, name="mine").status_code == 200

    assert "editObject" not in {call.method for call in cloud.fake.calls}


def test_usage_counts_the_accounts_own_images(cloud: SoftLayerCloud) -> None:
    active(cloud)

    def usage(user: str) -> dict[str, int]:
        told = cloud.get(user, f"{ROOT}/info/usage").json["usage"]
        return {name: value["usage"] for name, value in told.items()}

    assert usage("alice") == {
        "image_size_total": 2048,
        "image_stage_total": 0,
        "image_count_total": 1,
        "image_count_uploading": 0,
    }
    assert usage("bob")["image_count_total"] == 0


def test_a_list_costs_two_calls_however_long_it_is(cloud: SoftLayerCloud) -> None:
    for name in ("a", "b", "c"):
        make_image(cloud, name=name)
    own, public = (
        "Account::getPrivateBlockDeviceTemplateGroups",
        "Virtual_Guest_Block_Device_Template_Group::getPublicImages",
    )

    assert cloud.calls_of("alice", f"{ROOT}/images") == [own, public]
    assert cloud.calls_of("alice", f"{ROOT}/images?visibility=private") == [own]
    assert cloud.calls_of("alice", f"{ROOT}/info/usage") == [own]
