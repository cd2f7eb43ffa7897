"""The embedded compute service does with the embedded network, image and block storage services what it promises."""

from __future__ import annotations

from typing import Any

from tests.compute.whole import BYTES, IMAGE, NANO, NETWORK, VOLUME, WholeCloud
from tests.support.cloud import ADMIN


def on_a_volume(whole: WholeCloud) -> dict[str, Any]:
    """Return what a server that boots from a new volume asks for."""
    root = {
        "source_type": "image",
        "destination_type": "volume",
        "uuid": whole.image_id,
        "boot_index": 0,
        "volume_size": 1,
        "delete_on_termination": True,
    }
    return {"imageRef": "", "block_device_mapping_v2": [root]}


def test_a_server_has_an_address_of_the_network_until_it_goes(whole: WholeCloud) -> None:
    server_id = whole.boot()

    (port,) = whole.ports()
    assert port["device_id"] == server_id
    assert port["status"] == "ACTIVE"
    (address,) = whole.server(server_id)["addresses"]["private"]
    assert address["addr"] == port["fixed_ips"][0]["ip_address"]
    assert address["OS-EXT-IPS-MAC:mac_addr"] == port["mac_address"]
    whole.call("DELETE", f"/servers/{server_id}")
    whole.finish()
    assert whole.call("GET", f"/servers/{server_id}").status_code == 404
    assert whole.ports() == []


def test_servers_are_found_by_their_addresses(whole: WholeCloud) -> None:
    first, second = whole.boot(), whole.boot()
    address = whole.server(second)["addresses"]["private"][0]["addr"]

    found = whole.call("GET", f"/servers?ip={address}").json["servers"]

    assert [server["id"] for server in found] == [second]
    assert {server["id"] for server in whole.call("GET", "/servers?ip=10.1.").json["servers"]} == {first, second}
    assert whole.call("GET", "/servers?ip=10.2.").json["servers"] == []


def test_an_address_that_changes_is_shown(whole: WholeCloud) -> None:
    server_id = whole.boot()
    (port,) = whole.ports()
    whole.call("GET", "/servers/detail")

    changes = {"port": {"fixed_ips": [{"ip_address": "10.1.0.6"}]}}
    assert whole.put("alice", f"{NETWORK}/ports/{port['id']}", changes).status_code == 200

    (shown,) = whole.call("GET", "/servers/detail").json["servers"]
    assert (shown["id"], shown["addresses"]["private"][0]["addr"]) == (server_id, "10.1.0.6")


def test_a_network_without_free_addresses_is_a_fault(whole: WholeCloud) -> None:
    servers = [whole.boot() for _ in range(5)]

    statuses = [whole.server(server_id)["status"] for server_id in servers]

    # One of the network's five addresses is the DHCP port's.
    assert statuses == ["ACTIVE"] * 4 + ["ERROR"]
    assert "fault" in whole.server(servers[-1])
    assert len(whole.ports()) == 4


def test_a_foreign_port_is_not_found(whole: WholeCloud) -> None:
    network = whole.post("bob", f"{NETWORK}/networks", {"network": {"name": "bobs"}}).json["network"]
    port = whole.post("bob", f"{NETWORK}/ports", {"port": {"network_id": network["id"]}}).json["port"]
    wanted = {"name": "x", "flavorRef": NANO, "imageRef": whole.image_id, "networks": [{"port": port["id"]}]}

    answer = whole.call("POST", "/servers", {"server": wanted})

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"] == f"Port id {port['id']} could not be found."


def test_a_given_port_is_kept(whole: WholeCloud) -> None:
    port = whole.post("alice", f"{NETWORK}/ports", {"port": {"network_id": whole.network_id}}).json["port"]

    server_id = whole.boot(networks=[{"port": port["id"]}])

    assert [found["id"] for found in whole.ports()] == [port["id"]]
    whole.call("DELETE", f"/servers/{server_id}")
    whole.finish()
    left = whole.get("alice", f"{NETWORK}/ports/{port['id']}").json["port"]
    assert (left["device_id"], left["device_owner"]) == ("", "")


def test_interfaces_come_and_go(whole: WholeCloud) -> None:
    server_id = whole.boot(networks="none")
    path = f"/servers/{server_id}/os-interface"

    made = whole.call("POST", path, {"interfaceAttachment": {"net_id": whole.network_id}})

    assert made.status_code == 200
    assert [port["id"] for port in whole.ports()] == [made.json["interfaceAttachment"]["port_id"]]
    assert whole.call("DELETE", f"{path}/{whole.ports()[0]['id']}").status_code == 202
    whole.finish()
    assert whole.ports() == []


def test_addresses_come_and_go_until_2_43(whole: WholeCloud) -> None:
    server_id = whole.boot()

    def act(name: str, **body: str) -> Any:
        return whole.call("POST", f"/servers/{server_id}/action", {name: body}, at="2.43")

    def addresses() -> list[str]:
        return [item["addr"] for item in whole.server(server_id)["addresses"]["private"]]

    first = addresses()
    assert act("addFixedIp", networkId=whole.network_id).status_code == 202
    assert len(addresses()) == 2
    assert act("removeFixedIp", address=first[0]).status_code == 202
    assert len(addresses()) == 1
    assert first[0] not in addresses()
    gone = act("removeFixedIp", address=first[0])
    assert gone.status_code == 400
    assert gone.json["badRequest"]["message"] == f"Instance {server_id} does not have fixed IP '{first[0]}'."
    other = whole.post("alice", f"{NETWORK}/networks", {"network": {"name": "other"}}).json["network"]["id"]
    elsewhere = act("addFixedIp", networkId=other)
    assert elsewhere.status_code == 404
    assert f"Network could not be found for instance {server_id}." in elsewhere.text
    body = {"addFixedIp": {"networkId": whole.network_id}}
    assert whole.call("POST", f"/servers/{server_id}/action", body, at="2.44").status_code == 404


def test_a_server_is_in_the_projects_default_security_group(whole: WholeCloud) -> None:
    server_id = whole.boot()

    assert whole.server(server_id)["security_groups"] == [{"name": "default"}]
    groups = whole.call("GET", f"/servers/{server_id}/os-security-groups").json["security_groups"]
    assert [group["name"] for group in groups] == ["default"]
    made = whole.post("alice", f"{NETWORK}/security-groups", {"security_group": {"name": "web"}}).json["security_group"]
    whole.act(server_id, "addSecurityGroup", {"name": "web"})
    assert made["id"] in whole.ports()[0]["security_groups"]
    whole.act(server_id, "removeSecurityGroup", {"name": "web"})
    assert made["id"] not in whole.ports()[0]["security_groups"]


def test_a_volume_is_attached_and_detached(whole: WholeCloud) -> None:
    server_id, volume_id = whole.boot(), whole.add_volume()
    path = f"/servers/{server_id}/os-volume_attachments"

    made = whole.call("POST", path, {"volumeAttachment": {"volumeId": volume_id}})

    assert made.json["volumeAttachment"]["device"] == "/dev/vdb"
    whole.finish()
    volume = whole.volume(volume_id)
    assert volume["status"] == "in-use"
    assert [(item["server_id"], item["device"]) for item in volume["attachments"]] == [(server_id, "/dev/vdb")]
    assert whole.delete("alice", f"{VOLUME}/volumes/{volume_id}").status_code == 400
    again = whole.call("POST", path, {"volumeAttachment": {"volumeId": volume_id}})
    assert again.status_code == 400
    assert "is already attached to instances" in again.text
    assert whole.call("DELETE", f"{path}/{volume_id}").status_code == 202
    whole.finish()
    assert whole.volume(volume_id)["status"] == "available"


def test_a_server_hears_that_its_volume_has_grown(whole: WholeCloud) -> None:
    server_id, volume_id = whole.boot(), whole.add_volume()
    path = f"/servers/{server_id}/os-volume_attachments"
    whole.call("POST", path, {"volumeAttachment": {"volumeId": volume_id}})
    whole.finish()

    larger = {"os-extend": {"new_size": 2}}
    grown = whole.post("alice", f"{VOLUME}/volumes/{volume_id}/action", larger, version="volume 3.42")
    assert grown.status_code == 202
    whole.finish()

    assert (whole.volume(volume_id)["size"], whole.volume(volume_id)["status"]) == (2, "in-use")
    actions = whole.call("GET", f"/servers/{server_id}/os-instance-actions").json["instanceActions"]
    assert [item["action"] for item in actions].count("extend_volume") == 1
    (grew,) = [item for item in actions if item["action"] == "extend_volume"]
    detail = whole.call("GET", f"/servers/{server_id}/os-instance-actions/{grew['request_id']}", caller="admin")
    assert [event["event"] for event in detail.json["instanceAction"]["events"]] == ["compute_extend_volume"]


def test_an_administrator_attaches_another_projects_volume(whole: WholeCloud) -> None:
    server_id = whole.boot()
    volumes = f"/volume/v3/{ADMIN}/volumes"
    volume_id = whole.post("admin", volumes, {"volume": {"size": 1}}).json["volume"]["id"]
    whole.finish()
    path = f"/servers/{server_id}/os-volume_attachments"

    def status() -> Any:
        return whole.get("admin", f"{volumes}/{volume_id}").json["volume"]["status"]

    wanted = {"volumeAttachment": {"volumeId": volume_id}}
    assert whole.call("POST", path, wanted, caller="admin").status_code == 200
    assert status() == "in-use"
    assert whole.call("DELETE", f"{path}/{volume_id}", caller="admin").status_code == 202
    assert status() == "available"


def test_a_read_only_volume_is_attached_to_be_read(whole: WholeCloud) -> None:
    server_id, volume_id = whole.boot(), whole.add_volume()
    action = {"os-update_readonly_flag": {"readonly": True}}
    assert whole.post("alice", f"{VOLUME}/volumes/{volume_id}/action", action).status_code == 202

    wanted = {"volumeAttachment": {"volumeId": volume_id}}
    assert whole.call("POST", f"/servers/{server_id}/os-volume_attachments", wanted).status_code == 200

    (attachment,) = whole.get("alice", f"{VOLUME}/attachments/detail", version="volume 3.27").json["attachments"]
    assert (attachment["volume_id"], attachment["attach_mode"]) == (volume_id, "ro")


def test_a_server_that_goes_gives_its_volumes_back(whole: WholeCloud) -> None:
    server_id, volume_id = whole.boot(), whole.add_volume()
    whole.call("POST", f"/servers/{server_id}/os-volume_attachments", {"volumeAttachment": {"volumeId": volume_id}})

    whole.call("DELETE", f"/servers/{server_id}")
    whole.finish()

    assert whole.volume(volume_id)["status"] == "available"
    assert whole.volume(volume_id)["attachments"] == []


def test_a_root_volume_comes_and_goes_with_its_server(whole: WholeCloud) -> None:
    server_id = whole.boot(**on_a_volume(whole))

    server = whole.server(server_id)
    assert (server["status"], server["image"]) == ("ACTIVE", "")
    (attached,) = server["os-extended-volumes:volumes_attached"]
    volume = whole.volume(attached["id"])
    assert (volume["status"], volume["bootable"]) == ("in-use", "true")
    assert volume["volume_image_metadata"]["image_id"] == whole.image_id
    whole.call("DELETE", f"/servers/{server_id}")
    whole.finish()
    assert whole.get("alice", f"{VOLUME}/volumes").json["volumes"] == []


def test_a_root_volume_is_filled_with_another_image(whole: WholeCloud) -> None:
    server_id, other = whole.boot(**on_a_volume(whole)), whole.add_image("other", b"x" * 9)

    whole.act(server_id, "rebuild", {"imageRef": other})

    server = whole.server(server_id)
    assert server["status"] == "ACTIVE"
    volume = whole.volume(server["os-extended-volumes:volumes_attached"][0]["id"])
    assert (volume["status"], volume["volume_image_metadata"]["image_id"]) == ("in-use", other)


def test_a_snapshot_is_an_image_with_the_servers_bytes(whole: WholeCloud) -> None:
    server_id = whole.boot()

    image_id = whole.act(server_id, "createImage", {"name": "snap"}).json["image_id"]

    image = whole.get("alice", f"{IMAGE}/{image_id}").json
    assert (image["status"], image["size"], image["instance_uuid"]) == ("active", len(BYTES), server_id)
    assert whole.get("alice", f"{IMAGE}/{image_id}/file").content == BYTES
    assert whole.server(whole.boot(imageRef=image_id))["status"] == "ACTIVE"


def test_a_server_on_volumes_is_copied_by_its_image(whole: WholeCloud) -> None:
    server_id = whole.boot(**on_a_volume(whole))

    image_id = whole.act(server_id, "createImage", {"name": "snap"}).json["image_id"]

    (snapshot,) = whole.get("alice", f"{VOLUME}/snapshots").json["snapshots"]
    assert snapshot["status"] == "available"
    copy = whole.server(whole.boot(imageRef=image_id))
    assert (copy["status"], copy["image"]) == ("ACTIVE", "")
    volume = whole.volume(copy["os-extended-volumes:volumes_attached"][0]["id"])
    assert volume["snapshot_id"] == snapshot["id"]


def test_a_shelved_server_comes_back(whole: WholeCloud) -> None:
    server_id = whole.boot()

    whole.act(server_id, "shelve")
    assert whole.server(server_id)["status"] == "SHELVED_OFFLOADED"
    assert "web-shelved" in [image["name"] for image in whole.get("alice", IMAGE).json["images"]]
    whole.act(server_id, "unshelve")

    assert whole.server(server_id)["status"] == "ACTIVE"
    assert [image["name"] for image in whole.get("alice", IMAGE).json["images"]] == ["cirros"]


def test_images_and_security_groups_are_there_through_compute(whole: WholeCloud) -> None:
    (image,) = whole.call("GET", "/images/detail", at="2.1").json["images"]
    wanted = {"security_group": {"name": "web", "description": "d"}}
    group = whole.call("POST", "/os-security-groups", wanted, at="2.1").json["security_group"]
    rule = {"parent_group_id": group["id"], "ip_protocol": "tcp", "from_port": 80, "to_port": 80, "cidr": "0.0.0.0/0"}
    answer = whole.call("POST", "/os-security-group-rules", {"security_group_rule": rule}, at="2.1")

    assert (image["name"], image["status"], image["OS-EXT-IMG-SIZE:size"]) == ("cirros", "ACTIVE", len(BYTES))
    assert answer.status_code == 200
    real = whole.get("alice", f"{NETWORK}/security-groups/{group['id']}").json["security_group"]
    assert answer.json["security_group_rule"]["id"] in [item["id"] for item in real["security_group_rules"]]


def test_a_project_without_a_network_is_given_one(whole: WholeCloud) -> None:
    # Bob's project sees no image of alice's.
    wanted = {"name": "web", "flavorRef": NANO, "imageRef": whole.image_id, "networks": "auto"}
    image = whole.patch(
        "admin",
        f"{IMAGE}/{whole.image_id}",
        b'[{"op": "replace", "path": "/visibility", "value": "public"}]',
        headers={"Content-Type": "application/openstack-images-v2.1-json-patch"},
    )
    assert image.status_code == 200, image.text

    answer = whole.call("POST", "/servers", {"server": {**wanted, "min_count": 2}}, caller="bob")
    assert answer.status_code == 202, answer.text
    whole.finish()

    servers = whole.call("GET", "/servers/detail", caller="bob").json["servers"]
    assert [server["status"] for server in servers] == ["ACTIVE", "ACTIVE"]
    (network,) = [
        item for item in whole.get("bob", f"{NETWORK}/networks").json["networks"] if not item["router:external"]
    ]
    assert {name for server in servers for name in server["addresses"]} == {network["name"]}
