"""Guests whose interfaces are ports of LXD's networks: what they are told, also when their disk is another one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lxd.cloud import DRIVERS, running_cloud
from tests.lxd.servers import PROJECT, SERVERS, ask, remove, settled
from tests.support.cloud import DEMO, Cloud
from tests.support.lxd import RunningLxd
from tests.support.waiting import wait_until

NETWORK = {**DRIVERS, "network": "jumpgate.network.drivers.lxd"}
API = "/network/v2.0"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd) -> Iterator[Cloud]:
    with running_cloud(tmp_path_factory.mktemp("ports"), lxd, NETWORK) as made:
        yield made


@pytest.fixture(scope="module")
def networks(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """A network with DHCP, and one without."""
    made = []
    for cidr, has_dhcp in (("10.81.0.0/24", True), ("10.82.0.0/24", False)):
        network = cloud.post("alice", f"{API}/networks", {"network": {"name": cidr}}).json["network"]
        subnet = {"network_id": network["id"], "cidr": cidr, "ip_version": 4, "enable_dhcp": has_dhcp}
        subnet["dns_nameservers"] = ["9.9.9.9"]
        assert cloud.post("alice", f"{API}/subnets", {"subnet": subnet}).status_code == 201
        made.append(network["id"])
    yield made[0], made[1]
    for network_id in made:
        assert cloud.delete("alice", f"{API}/networks/{network_id}").status_code == 204


def inside(lxd: RunningLxd, *command: str) -> str:
    return lxd.lxc("exec", "plugged", *PROJECT, "--", *command)


def act(cloud: Cloud, server_id: str, name: str, body: object, status: str) -> None:
    answer = cloud.post("alice", f"{SERVERS}/{server_id}/action", {name: body}, version="compute 2.79")
    assert answer.status_code in (200, 202), answer.text
    settled(cloud, server_id, status)


def test_a_guest_is_told_its_networks_and_keeps_its_address_with_another_disk(
    cloud: Cloud, image: str, networks: tuple[str, str], lxd: RunningLxd
) -> None:
    wanted = [{"uuid": network_id} for network_id in networks]
    server_id = str(ask(cloud, image, "plugged", networks=wanted, config_drive=True).json["server"]["id"])
    shown = settled(cloud, server_id, "ACTIVE")
    (first,), (second,) = shown["addresses"]["10.81.0.0/24"], shown["addresses"]["10.82.0.0/24"]

    def told() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(inside(lxd, "cat", "/config-drive/openstack/latest/network_data.json"))
        return found

    before = told()
    assert [item["ethernet_mac_address"] for item in before["links"]] == [
        first["OS-EXT-IPS-MAC:mac_addr"],
        second["OS-EXT-IPS-MAC:mac_addr"],
    ]
    dynamic, static = before["networks"]
    assert (dynamic["type"], dynamic["link"], dynamic["network_id"]) == ("ipv4_dhcp", "eth0", networks[0])
    assert (static["type"], static["ip_address"], static["netmask"]) == ("ipv4", second["addr"], "255.255.255.0")
    assert before["services"] == [{"type": "dns", "address": "9.9.9.9"}]
    config = json.loads(lxd.lxc("query", f"/1.0/instances/plugged?project=os-{DEMO}"))["config"]
    interfaces = json.loads(config["user.network-config"])["config"]
    assert [item["name"] for item in interfaces] == ["eth0", "eth1"]
    assert interfaces[1]["subnets"][0]["address"] == f"{second['addr']}/24"

    def has_address() -> bool:
        return first["addr"] in inside(lxd, "ip", "-4", "addr", "show", "eth0")

    assert wait_until(has_address, timeout_s=20)
    for name, body, status in (
        ("rebuild", {"imageRef": image}, "ACTIVE"),
        ("rescue", None, "RESCUE"),
        ("unrescue", None, "ACTIVE"),
        ("shelve", None, "SHELVED_OFFLOADED"),
        ("unshelve", None, "ACTIVE"),
    ):
        act(cloud, server_id, name, body, status)
        assert settled(cloud, server_id, status)["addresses"] == shown["addresses"]
        if status != "SHELVED_OFFLOADED":
            assert wait_until(has_address, timeout_s=20), name
            assert told() == before, name
    remove(cloud, server_id)
