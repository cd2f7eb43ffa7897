"""Security groups of SoftLayer: rules of both directions, and whom they are for."""

from __future__ import annotations

from typing import Any

import pytest
from falcon.testing import Result

from tests.softlayer.cloud import SoftLayerCloud
from tests.softlayer.test_networks import ROOT, make_group, ports_of

ICMP6 = {"protocol": "icmp", "ethertype": "IPv6"}


def add(cloud: SoftLayerCloud, group_id: str, user: str = "alice", **rule: Any) -> Result:
    body = {"security_group_rule": {"security_group_id": group_id, "ethertype": "IPv4", **rule}}
    return cloud.post(user, f"{ROOT}/security-group-rules", body)


def kept(cloud: SoftLayerCloud) -> list[dict[str, Any]]:
    """Return the rules as SoftLayer has them, without those that every new group has."""
    groups = cloud.fake.world.table("groups").things.values()
    rules = [rule for group in groups for rule in group.record["rules"]]
    return [rule for rule in rules if rule["direction"] == "ingress" or rule["protocol"]]


@pytest.mark.parametrize("direction", ["ingress", "egress"])
@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "203.0.113.0/24"},
            {"protocol": "tcp", "portRangeMin": 22, "portRangeMax": 22, "remoteIp": "203.0.113.0/24"},
        ),
        (
            {"protocol": "udp", "port_range_min": 1024, "port_range_max": 2048},
            {"protocol": "udp", "portRangeMin": 1024, "portRangeMax": 2048, "remoteIp": ""},
        ),
        (
            {"protocol": "icmp", "port_range_min": 8, "port_range_max": 0},
            {"protocol": "icmp", "portRangeMin": 8, "portRangeMax": 0},
        ),
        ({"protocol": "tcp", "ethertype": "IPv6"}, {"protocol": "tcp", "ethertype": "IPv6", "portRangeMin": ""}),
        (ICMP6, ICMP6),
    ],
)
def test_a_rule_is_softlayers(
    cloud: SoftLayerCloud, direction: str, rule: dict[str, Any], told: dict[str, Any]
) -> None:
    made = add(cloud, make_group(cloud), direction=direction, **rule)

    assert made.status_code == 201, made.text
    (seen,) = kept(cloud)
    assert {name: seen[name] for name in told} == told
    shown = made.json["security_group_rule"]
    assert shown["direction"] == seen["direction"] == direction
    assert shown["protocol"] == ("ipv6-icmp" if rule == ICMP6 else told["protocol"])
    assert cloud.get("alice", f"{ROOT}/security-group-rules/{shown['id']}").json["security_group_rule"] == shown


def test_a_rule_is_for_the_servers_of_a_group(cloud: SoftLayerCloud) -> None:
    web, data = make_group(cloud, "web"), make_group(cloud, "data")

    made = add(cloud, data, direction="ingress", protocol="tcp", remote_group_id=web).json["security_group_rule"]

    assert (made["remote_group_id"], made["remote_ip_prefix"]) == (web, None)
    number = next(thing.number for thing in cloud.fake.world.table("groups").things.values())
    assert [rule["remoteGroupId"] for rule in kept(cloud)] == [number]


def test_a_rule_is_there_once(cloud: SoftLayerCloud) -> None:
    group_id = make_group(cloud)
    rule: dict[str, Any] = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}

    assert add(cloud, group_id, direction="ingress", **rule).status_code == 201
    assert add(cloud, group_id, direction="egress", **rule).status_code == 201

    assert add(cloud, group_id, direction="ingress", **rule).status_code == 409
    assert len(kept(cloud)) == 2


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"protocol": "sctp"}, 501),
        ({"protocol": "6"}, 501),
        ({"protocol": "tcp", "port_range_min": 9, "port_range_max": 1}, 400),
    ],
)
def test_a_rule_that_softlayer_has_not_is_refused(cloud: SoftLayerCloud, rule: dict[str, Any], code: int) -> None:
    assert add(cloud, make_group(cloud), direction="ingress", **rule).status_code == code
    assert kept(cloud) == []


def test_another_accounts_groups_take_no_rules(cloud: SoftLayerCloud) -> None:
    mine, theirs = make_group(cloud), make_group(cloud, user="bob")
    made = add(cloud, mine, direction="ingress", protocol="tcp").json["security_group_rule"]

    assert add(cloud, mine, user="bob", direction="ingress").status_code == 404
    assert add(cloud, mine, direction="ingress", remote_group_id=theirs).status_code == 404
    assert cloud.delete("bob", f"{ROOT}/security-group-rules/{made['id']}").status_code == 404
    listed = cloud.get("bob", f"{ROOT}/security-group-rules").json["security_group_rules"]
    assert made["id"] not in [item["id"] for item in listed]


def test_a_server_is_in_several_groups_on_both_networks(cloud: SoftLayerCloud) -> None:
    groups = {make_group(cloud, "web"), make_group(cloud, "data")}

    server_id = cloud.running(security_groups=[{"name": "web"}, {"name": "data"}])

    assert [set(port["security_groups"]) for port in ports_of(cloud, server_id)] == [groups, groups]
    assert sorted(group["name"] for group in cloud.server(server_id)["security_groups"]) == ["data", "web"]


def test_a_group_that_a_port_is_in_stays(cloud: SoftLayerCloud) -> None:
    group_id = make_group(cloud)
    server_id = cloud.running(security_groups=[{"name": "web"}])

    answer = cloud.delete("alice", f"{ROOT}/security-groups/{group_id}")

    assert (answer.status_code, answer.json["NeutronError"]["type"]) == (409, "SecurityGroupInUse")
    cloud.delete("alice", f"/compute/v2.1/servers/{server_id}")
    cloud.settle()
    assert cloud.delete("alice", f"{ROOT}/security-groups/{group_id}").status_code == 204


def default(cloud: SoftLayerCloud, user: str = "alice") -> dict[str, Any]:
    (found,) = cloud.get(user, f"{ROOT}/security-groups?name=default").json["security_groups"]
    shown: dict[str, Any] = found
    return shown


def test_whatever_is_in_no_group_is_in_the_default_one(cloud: SoftLayerCloud) -> None:
    make_group(cloud)
    server_id = cloud.running(security_groups=[{"name": "default"}])

    assert [port["security_groups"] for port in ports_of(cloud, server_id)] == [[default(cloud)["id"]]] * 2
    assert cloud.server(server_id)["security_groups"] == [{"name": "default"}]
    cloud.act(server_id, "addSecurityGroup", {"name": "web"})
    assert cloud.server(server_id)["security_groups"] == [{"name": "web"}]
    cloud.act(server_id, "removeSecurityGroup", {"name": "web"})
    assert cloud.server(server_id)["security_groups"] == [{"name": "default"}]


def test_in_the_default_group_everything_may_pass(cloud: SoftLayerCloud) -> None:
    rules = default(cloud)["security_group_rules"]

    assert sorted((rule["direction"], rule["ethertype"]) for rule in rules) == [
        ("egress", "IPv4"),
        ("egress", "IPv6"),
        ("ingress", "IPv4"),
        ("ingress", "IPv6"),
    ]
    for name in ("protocol", "remote_ip_prefix", "remote_group_id", "port_range_min"):
        assert {rule[name] for rule in rules} == {None}


def test_the_default_group_stays_as_it_is(cloud: SoftLayerCloud) -> None:
    group = default(cloud)
    path = f"{ROOT}/security-groups/{group['id']}"
    rule = f"{ROOT}/security-group-rules/{group['security_group_rules'][0]['id']}"

    assert cloud.get("alice", path).json["security_group"] == group
    assert cloud.delete("alice", path).status_code == 409
    assert cloud.put("alice", path, {"security_group": {"description": "mine"}}).status_code == 409
    assert cloud.post("alice", f"{ROOT}/security-groups", {"security_group": {"name": "default"}}).status_code == 409
    assert add(cloud, group["id"], direction="ingress", protocol="tcp").status_code == 400
    assert cloud.delete("alice", rule).status_code == 400
    assert cloud.get("alice", rule).status_code == 200


def test_the_default_group_stands_for_no_other(cloud: SoftLayerCloud) -> None:
    group_id = make_group(cloud)
    server_id = cloud.running(security_groups=[{"name": "web"}])
    port = ports_of(cloud, server_id)[0]
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id()}
    both = {**wanted, "security_groups": [{"name": "default"}, {"name": "web"}]}

    def regroup(*groups: str) -> Result:
        return cloud.put("alice", f"{ROOT}/ports/{port['id']}", {"port": {"security_groups": list(groups)}})

    assert cloud.post("alice", "/compute/v2.1/servers", {"server": both}).status_code == 400
    assert cloud.act(server_id, "addSecurityGroup", {"name": "default"}).status_code == 400
    assert regroup(default(cloud)["id"], group_id).status_code == 400
    assert regroup(default(cloud)["id"]).json["port"]["security_groups"] == [default(cloud)["id"]]
