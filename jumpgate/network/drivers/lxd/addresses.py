"""Which addresses a port gets: those it asks for, or free ones of its network's subnets."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterable, Iterator, Sequence

from jumpgate.common.errors import NotSupported
from jumpgate.network.drivers.lxd.bridges import Bridge
from jumpgate.network.drivers.lxd.prefixes import VERSIONS, interface
from jumpgate.network.models import FixedIp, Subnet
from jumpgate.network.schemas.values import invalid
from jumpgate.network.subnetting import bounds, contains, eui64, is_auto_addressed
from jumpgate.network.views.faults import fault

_MAC_PREFIX = "fa:16:3e"


def taken_addresses(bridge: Bridge) -> set[str]:
    """Return the addresses on a bridge that are somebody's: its own, its ports' and its floating IPs'."""
    own = (interface(bridge, version) for version in VERSIONS)
    taken = {str(item.ip) for item in own if item is not None}
    taken.update(address for port in bridge.ports for address in port["addresses"])
    taken.update(item["floating_ip_address"] for item in bridge.floating_ips)
    return taken


def free_mac(taken: Iterable[str]) -> str:
    """Return a MAC address that nobody has."""
    known = set(taken)
    while True:
        mac = ":".join((_MAC_PREFIX, *(f"{random.randrange(256):02x}" for _ in range(3))))
        if mac not in known:
            return mac


def assign(
    network_id: str, subnets: Sequence[Subnet], taken: set[str], mac: str, wanted: Sequence[FixedIp] | None
) -> list[str]:
    """Return the addresses for a port: those `wanted`, or with None one of each subnet; raise where one cannot be."""
    if wanted is None:
        wanted = [FixedIp(subnet_id=item.id) for item in subnets]
    found: list[str] = []
    pairs = [(_subnet(network_id, subnets, item), item.ip_address) for item in wanted]
    if len({subnet.id for subnet, _ in pairs}) < len(pairs):
        raise NotSupported("LXD's interfaces have one address of each IP version: make a further port.")
    for subnet, address in pairs:
        found.append(_address(network_id, subnet, address, taken, mac))
    return found


def _subnet(network_id: str, subnets: Sequence[Subnet], wanted: FixedIp) -> Subnet:
    if not subnets:
        raise invalid("IP allocation requires subnets for network")
    if wanted.subnet_id is not None:
        for item in subnets:
            if item.id == wanted.subnet_id:
                return item
        raise invalid(
            f"Failed to create port on network {network_id}, because fixed_ips included invalid subnet "
            f"{wanted.subnet_id}"
        )
    if wanted.ip_address is None:
        raise invalid("IP allocation requires subnet_id or ip_address")
    for item in subnets:
        if contains(item.cidr, wanted.ip_address):
            return item
    raise fault("InvalidIpForNetwork", wanted.ip_address)


def _address(network_id: str, subnet: Subnet, wanted: str | None, taken: set[str], mac: str) -> str:
    if wanted is not None and not contains(subnet.cidr, wanted):
        raise fault("InvalidIpForSubnet", wanted)
    if is_auto_addressed(subnet):
        own = eui64(subnet.cidr, mac)
        if wanted not in (None, own):
            raise fault("AllocationOnAutoAddressSubnet", wanted, subnet.id)
        wanted = own
    if wanted is not None:
        if wanted in taken:
            raise fault("IpAddressAlreadyAllocated", wanted, subnet.id)
        return wanted
    return free_address(network_id, subnet, taken)


def free_address(network_id: str, subnet: Subnet, taken: set[str]) -> str:
    """Return the first address of a subnet's pools that nobody has; raise NoFreeAddress."""
    for address in _pool_addresses(subnet):
        if address not in taken:
            return address
    raise fault("IpAddressGenerationFailure", network_id)


def _pool_addresses(subnet: Subnet) -> Iterator[str]:
    make = ipaddress.IPv4Address if subnet.ip_version == 4 else ipaddress.IPv6Address
    for pool in subnet.allocation_pools:
        low, high = bounds(pool)
        yield from (str(make(number)) for number in range(low, high + 1))
