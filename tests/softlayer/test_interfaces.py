"""The interfaces of guests: Nova's and Neutron's view of them, and switching them off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.softlayer.cloud import SoftLayerCloud
from tests.softlayer.test_networks import ROOT, make_group, network, ports_of

SERVERS = "/compute/v2.1/servers"


def interfaces(cloud: SoftLayerCloud, server_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.get("alice", f"{SERVERS}/{server_id}/os-interface").json["interfaceAttachments"]
    return found


def port_on(cloud: SoftLayerCloud, server_id: str, space: str) -> dict[str, Any]:
    (found,) = (port for port in ports_of(cloud, server_id) if port["network_id"] == network(cloud, space))
    return found


def test_a_servers_interfaces_are_its_ports(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()

    shown = interfaces(cloud, server_id)

    assert {item["port_id"]: (item["net_id"], item["mac_addr"], item["fixed_ips"]) for item in shown} == {
        port["id"]: (port["network_id"], port["mac_address"], port["fixed_ips"]) for port in ports_of(cloud, server_id)
    }
    assert {item["port_state"] for item in shown} == {"ACTIVE"}
    path = f"{SERVERS}/{server_id}/os-interface/{shown[0]['port_id']}"
    assert cloud.get("alice", path).json["interfaceAttachment"] == shown[0]


def test_a_guest_that_is_being_made_has_interfaces_without_addresses(cloud: SoftLayerCloud) -> None:
    shown = interfaces(cloud, cloud.boot())

    assert [(item["port_state"], item["fixed_ips"]) for item in shown] == [("DOWN", []), ("DOWN", [])]


def test_interfaces_are_their_accounts_own(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    path = f"{SERVERS}/{server_id}/os-interface"

    assert cloud.get("bob", path).status_code == 404
    assert cloud.get("bob", f"{path}/{interfaces(cloud, server_id)[0]['port_id']}").status_code == 404


def test_interfaces_are_neither_plugged_nor_unplugged(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    path = f"{SERVERS}/{server_id}/os-interface"
    body = {"interfaceAttachment": {"net_id": network(cloud, "private")}}

    assert cloud.post("alice", path, body).status_code == 501
    assert cloud.delete("alice", f"{path}/{interfaces(cloud, server_id)[0]['port_id']}").status_code == 501
    aliases = {item["alias"] for item in cloud.get("alice", "/compute/v2.1/extensions").json["extensions"]}
    assert "os-attach-interfaces" not in aliases


@pytest.mark.parametrize("space", ["public", "private"])
def test_a_port_is_switched_off_and_on(cloud: SoftLayerCloud, space: str) -> None:
    server_id = cloud.running()
    path = f"{ROOT}/ports/{port_on(cloud, server_id, space)['id']}"

    off = cloud.put("alice", path, {"port": {"admin_state_up": False}}).json["port"]
    again = cloud.put("alice", path, {"port": {"admin_state_up": False}}).json["port"]
    on = cloud.put("alice", path, {"port": {"admin_state_up": True}}).json["port"]

    assert [(item["admin_state_up"], item["status"]) for item in (off, again, on)] == [
        (False, "DOWN"),
        (False, "DOWN"),
        (True, "ACTIVE"),
    ]
    assert cloud.fake.names().count(f"Virtual_Guest::set{space.title()}NetworkInterfaceSpeed") == 2


def test_a_port_of_a_busy_guest_is_a_conflict(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    port = port_on(cloud, server_id, "public")
    cloud.act(server_id, "createImage", {"name": "busy"})

    answer = cloud.put("alice", f"{ROOT}/ports/{port['id']}", {"port": {"admin_state_up": False}})

    assert answer.status_code == 409
    assert "active transaction" in answer.json["NeutronError"]["message"]


def test_a_port_joins_and_leaves_a_security_group(cloud: SoftLayerCloud) -> None:
    group_id, server_id = make_group(cloud), cloud.running()
    path = f"{ROOT}/ports/{port_on(cloud, server_id, 'public')['id']}"

    joined = cloud.put("alice", path, {"port": {"security_groups": [group_id]}}).json["port"]

    assert joined["security_groups"] == [group_id]
    assert [port["security_groups"] for port in ports_of(cloud, server_id)].count([group_id]) == 1
    left = cloud.put("alice", path, {"port": {"security_groups": []}}).json["port"]["security_groups"]
    assert group_id not in left


def test_nothing_else_of_a_port_can_be_changed(cloud: SoftLayerCloud) -> None:
    path = f"{ROOT}/ports/{port_on(cloud, cloud.running(), 'public')['id']}"

    answer = cloud.put("alice", path, {"port": {"name": "front"}})

    assert answer.status_code == 400
    assert "administrative state" in answer.json["NeutronError"]["message"]
    assert cloud.put("bob", path, {"port": {"admin_state_up": False}}).status_code == 404
    assert cloud.delete("alice", path).status_code == 501


def test_an_address_of_version_6_is_on_the_public_port(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    six = {"ipAddress": "2001:db8::7", "subnetId": 77}
    cloud.fake.world.table("guests").get(server_id).record["fake"]["six"] = six

    (address,) = (item for item in cloud.server(server_id)["addresses"]["public"] if item["version"] == 6)

    assert address["addr"] == "2001:db8::7"
    assert "2001:db8::7" in {item["ip_address"] for item in port_on(cloud, server_id, "public")["fixed_ips"]}


def test_extensions_that_come_with_methods_and_are_refused_are_not_advertised(cloud: SoftLayerCloud) -> None:
    assert cloud.get("alice", "/compute/v2.1/extensions/os-rescue").status_code == 200
    assert cloud.get("alice", "/compute/v2.1/extensions/os-extended-rescue-with-image").status_code == 404
    assert cloud.get("alice", f"{ROOT}/extensions/security-group").status_code == 200
    assert cloud.get("alice", f"{ROOT}/extensions/stateful-security-group").status_code == 404
