"""Servers on SoftLayer: made, shown in every state, changed and cancelled."""

from __future__ import annotations

import base64

import pytest

from tests.fakes.softlayer import Clock
from tests.softlayer.cloud import SoftLayerCloud
from tests.softlayer.test_guide_block_storage import make_volume

SERVERS = "/compute/v2.1/servers"


def test_a_server_is_built_and_then_runs(cloud: SoftLayerCloud, clock: Clock) -> None:
    server_id = cloud.boot(name="web")
    assert cloud.server(server_id)["status"] == "BUILD"

    clock.advance(60)
    half_made = cloud.server(server_id)
    assert (half_made["status"], half_made["addresses"]) == ("BUILD", {})

    clock.advance(60)
    server = cloud.server(server_id)
    assert server["status"] == "ACTIVE"
    assert set(server["addresses"]) == {"private", "public"}
    assert server["flavor"]["original_name"] == "B1_2X8X100"


def test_a_server_belongs_to_the_account_that_ordered_it(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running("alice")

    assert cloud.server(server_id, user="carol")["name"] == "web"
    assert cloud.get("bob", SERVERS).json["servers"] == []
    assert cloud.get("bob", f"{SERVERS}/{server_id}").status_code == 404
    assert cloud.delete("bob", f"{SERVERS}/{server_id}").status_code == 404
    assert cloud.put("bob", f"{SERVERS}/{server_id}", {"server": {"name": "mine"}}).status_code == 404
    assert cloud.act(server_id, "os-stop", user="bob").status_code == 404


def test_a_deleted_server_is_soon_gone(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()

    assert cloud.delete("alice", f"{SERVERS}/{server_id}").status_code == 204
    assert cloud.server(server_id)["OS-EXT-STS:task_state"] == "deleting"

    cloud.settle()
    assert cloud.get("alice", f"{SERVERS}/{server_id}").status_code == 404


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        (["os-stop"], "SHUTOFF"),
        (["os-stop", "os-start"], "ACTIVE"),
        (["pause"], "PAUSED"),
        (["pause", "unpause"], "ACTIVE"),
        (["suspend"], "SUSPENDED"),
        (["suspend", "resume"], "ACTIVE"),
    ],
)
def test_power(cloud: SoftLayerCloud, actions: list[str], status: str) -> None:
    server_id = cloud.running()

    for action in actions:
        assert cloud.act(server_id, action).status_code == 202

    assert cloud.server(server_id)["status"] == status


@pytest.mark.parametrize("kind", ["SOFT", "HARD"])
def test_a_reboot_is_softlayers_own(cloud: SoftLayerCloud, kind: str) -> None:
    server_id = cloud.running()

    assert cloud.act(server_id, "reboot", {"type": kind}).status_code == 202

    assert cloud.fake.names()[-1] == f"Virtual_Guest::reboot{kind.title()}"


def test_a_server_that_is_being_built_takes_no_action(cloud: SoftLayerCloud) -> None:
    assert cloud.act(cloud.boot(), "os-stop").status_code == 409


def test_what_the_template_has_no_room_for_is_in_the_notes(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running(name="Web Server 1", metadata={"role": "front"}, accessIPv4="192.0.2.1")

    server = cloud.server(server_id)
    assert (server["name"], server["OS-EXT-SRV-ATTR:hostname"]) == ("Web Server 1", "Web-Server-1")
    assert (server["metadata"], server["accessIPv4"]) == ({"role": "front"}, "192.0.2.1")


def test_a_name_with_a_domain_is_both(cloud: SoftLayerCloud) -> None:
    server_id = cloud.boot(name="db1.example.org")

    guest = cloud.fake.world.table("guests").get(server_id).record
    assert (guest["hostname"], guest["domain"]) == ("db1", "example.org")
    assert guest["notes"] == ""
    assert cloud.server(server_id)["name"] == "db1.example.org"


def test_a_plain_description_is_a_plain_note(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()

    cloud.put("alice", f"{SERVERS}/{server_id}", {"server": {"description": "The front"}}, version="compute 2.19")

    assert cloud.fake.world.table("guests").get(server_id).record["notes"] == "The front"
    assert cloud.server(server_id)["description"] == "The front"


def test_a_new_name_is_the_host_name(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()

    answer = cloud.put("alice", f"{SERVERS}/{server_id}", {"server": {"name": "front"}})

    assert answer.json["server"]["name"] == "front"
    assert cloud.fake.world.table("guests").get(server_id).record["hostname"] == "front"


def test_metadata_is_merged_and_removed(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running(metadata={"one": "1"})
    path = f"{SERVERS}/{server_id}/metadata"

    assert cloud.post("alice", path, {"metadata": {"two": "2"}}).json["metadata"] == {"one": "1", "two": "2"}
    assert cloud.delete("alice", f"{path}/one").status_code == 204
    assert cloud.server(server_id)["metadata"] == {"two": "2"}


def test_tags_are_softlayers_tags(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    path, version = f"{SERVERS}/{server_id}/tags", "compute 2.26"

    assert cloud.put("alice", path, {"tags": ["prod", "web"]}, version=version).status_code == 200
    assert cloud.put("alice", f"{path}/blue", version=version).status_code == 201
    assert cloud.delete("alice", f"{path}/web", version=version).status_code == 204

    assert cloud.fake.world.table("guests").get(server_id).record["fake"]["tags"] == ["prod", "blue"]
    assert cloud.server(server_id)["tags"] == ["blue", "prod"]


def test_user_data_reaches_the_guest_as_text(cloud: SoftLayerCloud) -> None:
    script = base64.b64encode(b"#!/bin/sh\necho hello\n").decode()

    server_id = cloud.boot(user_data=script)

    assert cloud.fake.world.table("guests").get(server_id).record["fake"]["user_data"] == [
        {"value": "#!/bin/sh\necho hello\n"}
    ]
    assert cloud.server(server_id)["OS-EXT-SRV-ATTR:user_data"] == script


def test_several_servers_are_one_order(cloud: SoftLayerCloud) -> None:
    cloud.boot(name="node", min_count=3)

    assert sorted(server["name"] for server in cloud.get("alice", SERVERS).json["servers"]) == [
        "node-1",
        "node-2",
        "node-3",
    ]
    assert cloud.fake.names().count("Virtual_Guest::createObjects") == 1


def test_a_server_that_cannot_be_described_is_cancelled(cloud: SoftLayerCloud) -> None:
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id(), "tags": ["no*such"]}

    answer = cloud.post("alice", SERVERS, {"server": wanted}, version="compute 2.52")

    assert answer.status_code == 400
    cloud.settle()
    assert cloud.get("alice", SERVERS).json["servers"] == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"networks": "none"}, "private network"),
        ({"availability_zone": "mars01"}, "availability zone"),
        ({"key_name": "nobody"}, "key_name"),
        ({"flavorRef": "B9_1X1X1"}, "B9_1X1X1"),
        ({"user_data": base64.b64encode(b"\xff\xfe").decode()}, "UTF-8"),
    ],
)
def test_what_softlayer_cannot_give_is_refused(cloud: SoftLayerCloud, more: dict[str, object], message: str) -> None:
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id(), **more}

    answer = cloud.post("alice", SERVERS, {"server": wanted}, version="compute 2.37" if "networks" in more else None)

    assert answer.status_code == 400
    assert message in answer.json["badRequest"]["message"]


def test_a_locked_server_is_left_alone(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()

    cloud.act(server_id, "lock", {"locked_reason": "mine"})

    assert cloud.act(server_id, "os-stop", user="carol").status_code == 409
    assert cloud.server(server_id)["locked_reason"] == "mine"
    cloud.act(server_id, "unlock")
    assert cloud.act(server_id, "os-stop", user="carol").status_code == 202


@pytest.mark.parametrize("count", [1, 7])
def test_a_list_costs_one_call_however_long_it_is(cloud: SoftLayerCloud, count: int) -> None:
    cloud.boot(name="node", min_count=count)

    assert cloud.calls_of("alice", f"{SERVERS}/detail") == ["Account::getVirtualGuests"]


def test_a_long_list_is_read_in_pages(cloud: SoftLayerCloud) -> None:
    cloud.boot(name="node", min_count=205)

    calls = cloud.calls_of("alice", SERVERS)

    assert calls == ["Account::getVirtualGuests"] * 2
    assert len(cloud.get("alice", SERVERS).json["servers"]) == 205


IMAGE_DISK = {"source_type": "image", "destination_type": "local", "boot_index": 0, "delete_on_termination": True}
IMAGE_VOLUME = {**IMAGE_DISK, "destination_type": "volume", "boot_index": 1, "volume_size": 20}


@pytest.mark.parametrize(
    ("disks", "status"),
    [
        ([IMAGE_DISK], 202),
        ([{**IMAGE_DISK, "tag": "root"}], 400),
        ([IMAGE_DISK, IMAGE_VOLUME], 400),
        ([{**IMAGE_VOLUME, "boot_index": 0}], 400),
        ([IMAGE_DISK, {"source_type": "blank", "destination_type": "volume", "volume_size": 20}], 400),
    ],
)
def test_a_guest_has_the_disk_of_its_image_and_no_other(
    cloud: SoftLayerCloud, disks: list[dict[str, object]], status: int
) -> None:
    image = cloud.image_id()
    mapped = [{**disk, "uuid": image} if disk["source_type"] == "image" else disk for disk in disks]
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": image, "networks": "auto"}

    answer = cloud.post(
        "alice", SERVERS, {"server": {**wanted, "block_device_mapping_v2": mapped}}, version="compute 2.96"
    )

    assert answer.status_code == status, answer.text
    assert len(cloud.get("alice", SERVERS).json["servers"]) == (status == 202)


def test_tags_of_devices_are_refused(cloud: SoftLayerCloud) -> None:
    networks = cloud.get("alice", "/network/v2.0/networks").json["networks"]
    (private,) = (item["id"] for item in networks if item["name"].startswith("private"))
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id()}
    tagged = {"server": {**wanted, "networks": [{"uuid": private, "tag": "inner"}]}}
    assert cloud.post("alice", SERVERS, tagged, version="compute 2.96").status_code == 400

    server_id, volume_id = cloud.running(), make_volume(cloud)
    cloud.settle()
    path, attached = f"{SERVERS}/{server_id}/os-volume_attachments", {"volumeId": volume_id}
    answer = cloud.post("alice", path, {"volumeAttachment": {**attached, "tag": "data"}}, version="compute 2.96")
    assert (answer.status_code, "tags" in answer.text) == (400, True)
    assert cloud.post("alice", path, {"volumeAttachment": attached}, version="compute 2.96").status_code == 200


@pytest.mark.parametrize(
    ("action", "body"), [("os-getConsoleOutput", {}), ("changePassword", {"adminPass": "secret"}), ("shelve", None)]
)
def test_what_softlayer_cannot_do_is_refused(cloud: SoftLayerCloud, action: str, body: object) -> None:
    assert cloud.act(cloud.running(), action, body).status_code == 501
