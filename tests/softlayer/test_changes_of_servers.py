"""What takes SoftLayer a transaction: another size, another image, an image of a server; and placement groups."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.softlayer.cloud import SoftLayerCloud


def _resized(cloud: SoftLayerCloud, flavor: str = "B1_4X16X100") -> str:
    """Return a server that has been resized and waits to be confirmed."""
    server_id = cloud.running()
    assert cloud.act(server_id, "resize", {"flavorRef": flavor}).status_code == 202
    assert cloud.server(server_id)["status"] == "RESIZE"
    cloud.settle()
    assert cloud.server(server_id)["status"] == "VERIFY_RESIZE"
    return server_id


def test_a_resize_is_confirmed(cloud: SoftLayerCloud) -> None:
    server_id = _resized(cloud)

    assert cloud.act(server_id, "confirmResize").status_code == 204

    server = cloud.server(server_id)
    assert (server["status"], server["flavor"]["original_name"]) == ("ACTIVE", "B1_4X16X100")
    assert cloud.fake.world.table("guests").get(server_id).record["maxCpu"] == 4


def test_a_resize_is_reverted(cloud: SoftLayerCloud) -> None:
    server_id = _resized(cloud)

    assert cloud.act(server_id, "revertResize").status_code == 202
    cloud.settle()

    server = cloud.server(server_id)
    assert (server["status"], server["flavor"]["original_name"]) == ("ACTIVE", "B1_2X8X100")
    assert cloud.fake.world.table("guests").get(server_id).record["maxCpu"] == 2


def test_a_disk_that_could_not_be_taken_back_is_not_given(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running(flavorRef="B1_2X4X25")

    answer = cloud.act(server_id, "resize", {"flavorRef": "B1_2X8X100"})

    assert answer.status_code == 400
    assert "25 GB" in answer.json["badRequest"]["message"]


def test_an_upgrade_that_softlayer_refuses_leaves_the_server_as_it_was(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    cloud.act(server_id, "createImage", {"name": "busy"})
    note = cloud.fake.world.table("guests").get(server_id).record["notes"]

    answer = cloud.act(server_id, "resize", {"flavorRef": "B1_4X16X100"})

    assert answer.status_code == 409
    assert cloud.fake.world.table("guests").get(server_id).record["notes"] == note


def test_a_rebuild_installs_another_image(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running(metadata={"kept": "yes"})
    images = cloud.get("alice", "/image/v2/images?visibility=public").json["images"]
    other = next(image["id"] for image in images if image["id"] != cloud.server(server_id)["image"]["id"])

    answer = cloud.act(server_id, "rebuild", {"imageRef": other, "name": "again"})

    assert answer.status_code == 202, answer.text
    assert cloud.server(server_id)["status"] == "REBUILD"
    cloud.settle()
    server = cloud.server(server_id)
    assert (server["status"], server["image"]["id"], server["name"]) == ("ACTIVE", other, "again")
    assert server["metadata"] == {"kept": "yes"}


def user_data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def add_key(cloud: SoftLayerCloud, name: str) -> None:
    answer = cloud.post("alice", "/compute/v2.1/os-keypairs", {"keypair": {"name": name}})
    assert answer.status_code == 200, answer.text


def rebuilt(cloud: SoftLayerCloud, server_id: str, **wanted: Any) -> dict[str, Any]:
    """Rebuild a server and return what it is then."""
    answer = cloud.act(server_id, "rebuild", {"imageRef": cloud.image_id(), **wanted})
    assert answer.status_code == 202, answer.text
    cloud.settle()
    return cloud.server(server_id)


def test_a_rebuild_gives_another_key_other_user_data_and_another_host_name(cloud: SoftLayerCloud) -> None:
    add_key(cloud, "old")
    add_key(cloud, "new")
    server_id = cloud.running(key_name="old", user_data=user_data("#!/bin/sh\n"))
    shown = ("key_name", "OS-EXT-SRV-ATTR:user_data", "OS-EXT-SRV-ATTR:hostname")

    kept = rebuilt(cloud, server_id)
    assert [kept[name] for name in shown] == ["old", user_data("#!/bin/sh\n"), "web"]
    changed = rebuilt(cloud, server_id, key_name="new", user_data=user_data("#cloud-config\n"), hostname="db")
    assert [changed[name] for name in shown] == ["new", user_data("#cloud-config\n"), "db"]
    taken = rebuilt(cloud, server_id, key_name=None, user_data=None)
    assert [taken[name] for name in shown] == [None, None, "db"]
    # What OpenStack shows is what the guest was told.
    fake = cloud.fake.world.table("guests").get(server_id).record["fake"]
    assert (fake["keys"], fake["user_data"]) == ([], [])


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"user_data": base64.b64encode(b"\xff\xfe").decode()}, "UTF-8"),
        ({"key_name": "nobodys"}, "key_name"),
        ({"trusted_image_certificates": ["0b5d2c72"]}, "signatures"),
        ({"OS-DCF:diskConfig": "AUTO"}, "MANUAL"),
        ({"imageRef": "00000000-0000-4000-8000-000000000000"}, "image"),
    ],
)
def test_a_rebuild_that_cannot_be_as_asked_changes_nothing(
    cloud: SoftLayerCloud, wanted: dict[str, Any], reason: str
) -> None:
    server_id = cloud.running(user_data=user_data("first"))
    before = cloud.server(server_id)

    answer = cloud.act(server_id, "rebuild", {"imageRef": cloud.image_id(), "user_data": user_data("second"), **wanted})

    assert (answer.status_code, reason in answer.text) == (400, True), answer.text
    assert cloud.server(server_id) == before


def test_certificates_of_images_are_not_taken_for_checked(cloud: SoftLayerCloud) -> None:
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id(), "networks": "auto"}
    signed = {"server": {**wanted, "trusted_image_certificates": ["0b5d2c72"]}}
    answer = cloud.post("alice", "/compute/v2.1/servers", signed, version="compute 2.96")

    assert (answer.status_code, "signatures" in answer.text) == (400, True)
    assert cloud.get("alice", "/compute/v2.1/servers").json["servers"] == []


def test_an_image_of_a_server_is_made(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()

    answer = cloud.act(server_id, "createImage", {"name": "snap", "metadata": {"role": "front"}})

    image_id = answer.json["image_id"]
    assert cloud.get("alice", f"/image/v2/images/{image_id}").json["status"] == "saving"
    cloud.settle()
    image: dict[str, Any] = cloud.get("alice", f"/image/v2/images/{image_id}").json
    assert (image["status"], image["name"], image["role"]) == ("active", "snap", "front")
    assert cloud.boot(imageRef=image_id)


GROUPS = "/compute/v2.1/os-server-groups"


def test_a_placement_group_spreads_servers(cloud: SoftLayerCloud) -> None:
    made = cloud.post("alice", GROUPS, {"server_group": {"name": "apart", "policies": ["anti-affinity"]}})
    group_id = made.json["server_group"]["id"]
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id()}

    answer = cloud.post("alice", "/compute/v2.1/servers", {"server": wanted, "os:scheduler_hints": {"group": group_id}})

    server_id = answer.json["server"]["id"]
    assert cloud.get("alice", f"{GROUPS}/{group_id}").json["server_group"]["members"] == [server_id]
    assert cloud.server(server_id)["server_groups"] == [group_id]
    assert cloud.delete("alice", f"{GROUPS}/{group_id}").status_code == 409


def test_a_placement_group_is_its_accounts_own(cloud: SoftLayerCloud) -> None:
    made = cloud.post("alice", GROUPS, {"server_group": {"name": "apart", "policies": ["anti-affinity"]}})
    path = f"{GROUPS}/{made.json['server_group']['id']}"

    assert cloud.get("bob", GROUPS).json["server_groups"] == []
    assert cloud.get("bob", path).status_code == 404
    assert cloud.delete("bob", path).status_code == 404
    assert cloud.delete("alice", path).status_code == 204
    assert cloud.get("alice", path).status_code == 404


@pytest.mark.parametrize("policy", ["affinity"])
def test_softlayer_only_spreads(cloud: SoftLayerCloud, policy: str) -> None:
    answer = cloud.post("alice", GROUPS, {"server_group": {"name": "near", "policies": [policy]}})

    assert answer.status_code == 400
