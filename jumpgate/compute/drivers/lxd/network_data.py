"""A server's interfaces as its guest is told them: Nova's network_data.json, and cloud-init's network configuration."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from jumpgate.common.listing import Filter
from jumpgate.compute.ports import find
from jumpgate.network.models import FixedIp, Port, Subnet

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Described:
    """What there is to tell of interfaces: `document` is network_data.json, `config` are LXD's keys for cloud-init."""

    document: Mapping[str, Any]
    config: Mapping[str, str]


NOTHING = Described({"links": [], "networks": [], "services": []}, {})


def describe(network: Any, ports: Mapping[str, Port]) -> Described:
    """Describe ports by the names of their interfaces; `network` is the composition of the sibling service."""
    ids = tuple({fixed.subnet_id for port in ports.values() for fixed in port.fixed_ips if fixed.subnet_id})
    subnets: Mapping[str, Subnet] = {item.id: item for item in find(network.subnets, Filter("id", ids))} if ids else {}
    document: Document = {"links": [], "networks": [], "services": []}
    interfaces: list[Document] = []
    for name, port in ports.items():
        document["links"].append(_link(name, port))
        placed = [(fixed, subnets[fixed.subnet_id]) for fixed in port.fixed_ips if fixed.subnet_id]
        for fixed, subnet in placed:
            document["networks"].append(_network(len(document["networks"]), name, fixed, subnet))
            services = ({"type": "dns", "address": address} for address in subnet.dns_nameservers)
            document["services"].extend(item for item in services if item not in document["services"])
        configured = [_configured(fixed, subnet) for fixed, subnet in placed]
        interfaces.append({"type": "physical", "name": name, "mac_address": port.mac_address, "subnets": configured})
    text = orjson.dumps({"version": 1, "config": interfaces}).decode()
    return Described(document, {"user.network-config": text if interfaces else ""})


def _link(name: str, port: Port) -> Document:
    # LXD's DHCP says the MTU.
    return {"id": name, "vif_id": port.id, "type": "phy", "mtu": None, "ethernet_mac_address": port.mac_address}


def _network(number: int, link: str, fixed: FixedIp, subnet: Subnet) -> Document:
    known = {"id": f"network{number}", "link": link, "network_id": subnet.network_id}
    kind = f"ipv{subnet.ip_version}"
    if subnet.ipv6_address_mode is not None:
        kind += f"_{subnet.ipv6_address_mode}"
    elif subnet.enable_dhcp:
        return {**known, "type": f"{kind}_dhcp"}
    netmask = str(ipaddress.ip_network(subnet.cidr).netmask)
    return {**known, "type": kind, "ip_address": fixed.ip_address, "netmask": netmask, "routes": _routes(subnet)}


def _routes(subnet: Subnet) -> list[Document]:
    nowhere = "0.0.0.0" if subnet.ip_version == 4 else "::"
    default = [{"network": nowhere, "netmask": nowhere, "gateway": subnet.gateway_ip}] if subnet.gateway_ip else []
    others = ((ipaddress.ip_network(route.destination), route.nexthop) for route in subnet.host_routes)
    return [
        *default,
        *({"network": str(net.network_address), "netmask": str(net.netmask), "gateway": hop} for net, hop in others),
    ]


def _configured(fixed: FixedIp, subnet: Subnet) -> Document:
    """Return one address in cloud-init's network configuration, version 1."""
    if subnet.ipv6_address_mode is not None:
        return {"type": f"ipv6_{subnet.ipv6_address_mode}"}
    if subnet.enable_dhcp:
        return {"type": "dhcp" if subnet.ip_version == 4 else "dhcp6"}
    prefix = ipaddress.ip_network(subnet.cidr).prefixlen
    gateway = {"gateway": subnet.gateway_ip} if subnet.gateway_ip else {}
    servers = {"dns_nameservers": list(subnet.dns_nameservers)} if subnet.dns_nameservers else {}
    return {"type": "static", "address": f"{fixed.ip_address}/{prefix}", **gateway, **servers}
