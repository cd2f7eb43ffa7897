"""A server's interfaces as its guest is told them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

from jumpgate.compute.drivers.lxd.network_data import Described, describe
from jumpgate.network.models import FixedIp, HostRoute, Port, Subnet

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclasses.dataclass
class Subnets:
    """The subnets of a network service that knows nothing else."""

    known: list[Subnet]

    def find(self, ctx: object, query: object) -> list[Subnet]:
        return self.known


@dataclasses.dataclass
class Network:
    """A network service."""

    subnets: Subnets


def subnet(name: str, cidr: str, **more: Any) -> Subnet:
    gateway = {"gateway_ip": cidr.replace("0/24", "1")} if "." in cidr else {}
    common = {"id": name, "project_id": "p", "created_at": NOW, "updated_at": NOW}
    version = 4 if "." in cidr else 6
    return Subnet(**{**common, "network_id": "net", "cidr": cidr, "ip_version": version, **gateway, **more})


def told(*placed: tuple[str, Subnet]) -> Described:
    fixed = tuple(FixedIp(subnet_id=subnet.id, ip_address=address) for address, subnet in placed)
    common = {"id": "port", "project_id": "p", "created_at": NOW, "updated_at": NOW}
    port = Port(**common, network_id="net", mac_address="00:16:3e:00:00:01", fixed_ips=fixed)  # type: ignore[arg-type]
    return describe(Network(Subnets([subnet for _, subnet in placed])), {"eth0": port})


def test_an_interface_with_dhcp_is_left_to_dhcp() -> None:
    described = told(("10.1.0.5", subnet("a", "10.1.0.0/24", dns_nameservers=("9.9.9.9",))))
    assert described.document == {
        "links": [
            {
                "id": "eth0",
                "vif_id": "port",
                "type": "phy",
                "mtu": None,
                "ethernet_mac_address": "00:16:3e:00:00:01",
            }
        ],
        "networks": [{"id": "network0", "type": "ipv4_dhcp", "link": "eth0", "network_id": "net"}],
        "services": [{"type": "dns", "address": "9.9.9.9"}],
    }
    (interface,) = json.loads(described.config["user.network-config"])["config"]
    assert interface["subnets"] == [{"type": "dhcp"}]


def test_an_interface_without_dhcp_has_its_address_and_routes() -> None:
    routes = (HostRoute(destination="10.9.0.0/16", nexthop="10.1.0.9"),)
    plain = subnet("a", "10.1.0.0/24", enable_dhcp=False, host_routes=routes, dns_nameservers=("9.9.9.9",))
    described = told(("10.1.0.5", plain))
    (network,) = described.document["networks"]
    assert (network["type"], network["ip_address"], network["netmask"]) == ("ipv4", "10.1.0.5", "255.255.255.0")
    assert network["routes"] == [
        {"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.1.0.1"},
        {"network": "10.9.0.0", "netmask": "255.255.0.0", "gateway": "10.1.0.9"},
    ]
    (interface,) = json.loads(described.config["user.network-config"])["config"]
    assert interface["subnets"] == [
        {"type": "static", "address": "10.1.0.5/24", "gateway": "10.1.0.1", "dns_nameservers": ["9.9.9.9"]}
    ]


def test_two_versions_are_two_networks_on_one_link() -> None:
    six = subnet("b", "fd00::/64", ipv6_address_mode="slaac")
    described = told(("10.1.0.5", subnet("a", "10.1.0.0/24")), ("fd00::5", six))
    assert [item["type"] for item in described.document["networks"]] == ["ipv4_dhcp", "ipv6_slaac"]
    assert [item["id"] for item in described.document["networks"]] == ["network0", "network1"]
    (interface,) = json.loads(described.config["user.network-config"])["config"]
    assert interface["subnets"] == [{"type": "dhcp"}, {"type": "ipv6_slaac"}]
