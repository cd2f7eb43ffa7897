"""Interfaces, security groups and global IPs on SoftLayer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.softlayer.cloud import SoftLayerCloud

ROOT = "/network/v2.0"


def network(cloud: SoftLayerCloud, space: str) -> str:
    """Return the id of alice's VLAN on the private or the public network."""
    networks = cloud.get("alice", f"{ROOT}/networks").json["networks"]
    (found,) = (item["id"] for item in networks if item["name"].startswith(space))
    return str(found)


def private_network(cloud: SoftLayerCloud) -> str:
    return network(cloud, "private")


def ports_of(cloud: SoftLayerCloud, server_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.get("alice", f"{ROOT}/ports?device_id={server_id}").json["ports"]
    return found


def make_group(cloud: SoftLayerCloud, name: str = "web", user: str = "alice") -> str:
    answer = cloud.post(user, f"{ROOT}/security-groups", {"security_group": {"name": name}})
    assert answer.status_code == 201, answer.text
    return str(answer.json["security_group"]["id"])


def test_a_server_on_a_private_network_has_no_public_address(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running(networks=[{"uuid": private_network(cloud)}])

    assert set(cloud.server(server_id)["addresses"]) == {"private"}


def test_a_servers_interfaces_are_ports(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()

    ports = ports_of(cloud, server_id)

    addresses = {port["fixed_ips"][0]["ip_address"] for port in ports}
    shown = cloud.server(server_id)["addresses"]
    assert addresses == {item["addr"] for items in shown.values() for item in items}
    assert {port["mac_address"] for port in ports} == {
        item["OS-EXT-IPS-MAC:mac_addr"] for items in shown.values() for item in items
    }
    assert cloud.get("alice", f"{ROOT}/ports/{ports[0]['id']}").json["port"] == ports[0]
    assert cloud.get("bob", f"{ROOT}/ports/{ports[0]['id']}").status_code == 404
    assert cloud.get("bob", f"{ROOT}/ports").json["ports"] == []


def test_a_security_group_has_rules(cloud: SoftLayerCloud) -> None:
    group_id = make_group(cloud)
    rule = {"security_group_id": group_id, "direction": "ingress", "protocol": "tcp", "port_range_min": 22}

    made = cloud.post("alice", f"{ROOT}/security-group-rules", {"security_group_rule": {**rule, "port_range_max": 22}})

    assert made.status_code == 201, made.text
    rules = cloud.get("alice", f"{ROOT}/security-groups/{group_id}").json["security_group"]["security_group_rules"]
    assert sorted(item["direction"] for item in rules) == ["egress", "egress", "ingress"]
    path = f"{ROOT}/security-group-rules/{made.json['security_group_rule']['id']}"
    assert cloud.get("bob", path).status_code == 404
    assert cloud.delete("alice", path).status_code == 204
    assert cloud.get("alice", path).status_code == 404


def test_a_security_group_is_its_accounts_own(cloud: SoftLayerCloud) -> None:
    path = f"{ROOT}/security-groups/{make_group(cloud)}"

    theirs = cloud.get("bob", f"{ROOT}/security-groups").json["security_groups"]
    assert [group["name"] for group in theirs] == ["default"]
    for method in ("GET", "DELETE"):
        assert cloud.request("bob", method, path).status_code == 404
    assert cloud.put("bob", path, {"security_group": {"name": "mine"}}).status_code == 404
    assert cloud.put("alice", path, {"security_group": {"name": "new"}}).json["security_group"]["name"] == "new"
    assert cloud.delete("alice", path).status_code == 204
    assert cloud.get("alice", path).status_code == 404


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_server_joins_and_leaves_a_security_group(cloud: SoftLayerCloud, by: str) -> None:
    group_id, server_id = make_group(cloud), cloud.running()
    named = {"id": group_id, "name": "web"}[by]

    assert cloud.act(server_id, "addSecurityGroup", {"name": named}).status_code == 202

    assert cloud.server(server_id)["security_groups"] == [{"name": "web"}]
    assert cloud.delete("alice", f"{ROOT}/security-groups/{group_id}").status_code == 409
    assert cloud.act(server_id, "removeSecurityGroup", {"name": named}).status_code == 202
    assert cloud.delete("alice", f"{ROOT}/security-groups/{group_id}").status_code == 204


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_server_is_made_in_a_security_group(cloud: SoftLayerCloud, by: str) -> None:
    named = {"id": make_group(cloud), "name": "web"}[by]

    server_id = cloud.running(security_groups=[{"name": named}])

    assert all(port["security_groups"] for port in ports_of(cloud, server_id))


def _floating_ip(cloud: SoftLayerCloud, **more: Any) -> dict[str, Any]:
    (pool,) = cloud.get("alice", f"{ROOT}/networks?router:external=true").json["networks"]
    wanted = {"floatingip": {"floating_network_id": pool["id"], **more}}
    answer = cloud.post("alice", f"{ROOT}/floatingips", wanted)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json["floatingip"]
    return found


def test_a_global_ip_is_routed_to_a_server(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    public = cloud.server(server_id)["addresses"]["public"][0]["addr"]
    (port,) = (item for item in ports_of(cloud, server_id) if item["fixed_ips"][0]["ip_address"] == public)
    made = _floating_ip(cloud)
    path = f"{ROOT}/floatingips/{made['id']}"
    assert (made["status"], made["port_id"]) == ("DOWN", None)

    routed = cloud.put("alice", path, {"floatingip": {"port_id": port["id"]}}).json["floatingip"]

    assert (routed["status"], routed["port_id"], routed["fixed_ip_address"]) == ("ACTIVE", port["id"], public)
    freed = cloud.put("alice", path, {"floatingip": {"port_id": None}}).json["floatingip"]
    assert (freed["status"], freed["port_id"]) == ("DOWN", None)


def test_a_global_ip_is_its_accounts_own(cloud: SoftLayerCloud) -> None:
    path = f"{ROOT}/floatingips/{_floating_ip(cloud)['id']}"

    assert cloud.get("bob", f"{ROOT}/floatingips").json["floatingips"] == []
    assert cloud.get("bob", path).status_code == 404
    assert cloud.delete("bob", path).status_code == 404
    assert cloud.delete("alice", path).status_code == 204
    assert cloud.get("alice", path).status_code == 404


@pytest.mark.parametrize("resource", ["networks", "subnets", "ports", "security-groups", "floatingips"])
def test_a_list_costs_one_call(cloud: SoftLayerCloud, resource: str) -> None:
    cloud.boot(min_count=3)

    assert len(cloud.calls_of("alice", f"{ROOT}/{resource}")) == 1


def test_networks_are_bought_in_the_portal(cloud: SoftLayerCloud) -> None:
    assert cloud.post("alice", f"{ROOT}/networks", {"network": {"name": "new"}}).status_code == 501


def test_a_vlan_gets_another_name(cloud: SoftLayerCloud) -> None:
    path = f"{ROOT}/networks/{private_network(cloud)}"

    answer = cloud.put("alice", path, {"network": {"name": "private-backend"}})

    assert answer.json["network"]["name"] == "private-backend"
