"""Addresses, pools and gateways: what holds for a subnet on any cloud, without asking anybody.

The checks and their messages are those of Neutron (``neutron.db.db_base_plugin_v2``, ``neutron.ipam.utils``).
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from jumpgate.network.models import (
    AUTOMATIC,
    AllocationPool,
    DhcpOption,
    Network,
    NetworkAvailability,
    Subnet,
    SubnetAvailability,
    SubnetSpec,
)
from jumpgate.network.schemas.values import invalid
from jumpgate.network.views.faults import fault

Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_NAMESERVERS = 5
MOST_HOST_ROUTES = 20
IPV4_SMALLEST_MTU = 68
IPV6_SMALLEST_MTU = 1280

AUTOMATIC_MODES = ("slaac", "dhcpv6-stateless")
"""The address modes in which a host makes its own IPv6 address of the prefix and its MAC address."""

ROUTER_OWNERS = ("network:router_interface", "network:router_gateway")


def is_auto_addressed(subnet: Subnet | SubnetSpec) -> bool:
    """Tell whether ports get their addresses on this subnet from their MAC address."""
    return subnet.ipv6_address_mode in AUTOMATIC_MODES or subnet.ipv6_ra_mode in AUTOMATIC_MODES


def eui64(cidr: str, mac: str) -> str:
    """Return the address that a host with this MAC address makes for itself (RFC 4291, appendix A)."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    interface = int.from_bytes(bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]]))
    return str(ipaddress.ip_network(cidr)[interface])


def default_gateway(cidr: str) -> str:
    """Return the address that a router gets where nobody says another: the first behind the network's own."""
    return str(ipaddress.ip_network(cidr).network_address + 1)


def usable(prefix: Prefix) -> tuple[int, int]:
    """Return the first and the last address of a prefix that a host may have."""
    first, last = int(prefix.network_address), int(prefix.broadcast_address)
    if first == last:
        return first, last
    if prefix.version == 6:
        return first + 1, last
    return (first + 1, last - 1) if prefix.prefixlen <= 30 else (first, last)


def default_pools(cidr: str, gateway_ip: str | None) -> tuple[AllocationPool, ...]:
    """Return the pools of a subnet for which none are given: all usable addresses but the gateway's."""
    prefix = ipaddress.ip_network(cidr)
    first, last = usable(prefix)
    make = type(prefix.network_address)
    gateway = int(ipaddress.ip_address(gateway_ip)) if gateway_ip else None
    if gateway is None or not first <= gateway <= last or first == last:
        return (AllocationPool(start=str(make(first)), end=str(make(last))),)
    halves = ((first, gateway - 1), (gateway + 1, last))
    return tuple(AllocationPool(start=str(make(low)), end=str(make(high))) for low, high in halves if low <= high)


def bounds(pool: AllocationPool) -> tuple[int, int]:
    """Return the ends of a pool as numbers."""
    return int(ipaddress.ip_address(pool.start)), int(ipaddress.ip_address(pool.end))


def contains(cidr: str, address: str, device_owner: str = "") -> bool:
    """Tell whether a port may have an address of a subnet: not the network's own, nor the broadcast address."""
    prefix, wanted = ipaddress.ip_network(cidr), ipaddress.ip_address(address)
    if wanted.version != prefix.version or wanted not in prefix:
        return False
    if prefix.version == 4:
        return prefix.prefixlen > 30 or wanted not in (prefix.network_address, prefix.broadcast_address)
    return wanted != prefix.network_address or device_owner in (*ROUTER_OWNERS, "")


def check_new(spec: SubnetSpec) -> None:
    """Raise BadRequest or Conflict for a subnet with a prefix that cannot be."""
    prefix = _checked_prefix(spec)
    check_gateway(prefix, spec.gateway_ip)
    check_lists(spec, prefix.version, "new subnet")
    modes = (spec.ipv6_ra_mode, spec.ipv6_address_mode)
    if prefix.version == 4:
        for name, mode in zip(("ipv6_ra_mode", "ipv6_address_mode"), modes, strict=True):
            if mode is not None:
                raise invalid(f"{name} is not valid when ip_version is 4")
        return
    _check_ipv6_modes(spec, prefix)


def _checked_prefix(spec: SubnetSpec) -> Prefix:
    prefix = ipaddress.ip_network(spec.cidr or "")
    if prefix.version != spec.ip_version:
        raise invalid(f"cidr '{spec.cidr}' does not match the ip_version '{spec.ip_version}'")
    if prefix.prefixlen == 0:
        raise invalid("0 is not allowed as CIDR prefix length")
    if prefix.version == 6 and int(prefix.network_address) == 0:
        raise invalid("IPv6 subnet '::' is not supported")
    if spec.enable_dhcp:
        check_dhcp(prefix)
    return prefix


def check_dhcp(prefix: Prefix) -> None:
    """Raise BadRequest for a prefix on which DHCP cannot work."""
    if prefix.prefixlen > (30 if prefix.version == 4 else 126):
        raise invalid("Subnet has a prefix length that is incompatible with DHCP service enabled")
    if prefix.is_multicast:
        raise invalid("Multicast IP subnet is not supported if enable_dhcp is True")
    if prefix.is_loopback:
        raise invalid("Loopback IP subnet is not supported if enable_dhcp is True")
    if prefix.version == 4 and int(prefix.network_address) == 0:
        raise invalid("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.")


def check_gateway(prefix: Prefix, gateway_ip: str | None) -> None:
    """Raise BadRequest for a gateway that no router can have. One outside the prefix is allowed."""
    if not gateway_ip or gateway_ip == AUTOMATIC:
        return
    gateway = ipaddress.ip_address(gateway_ip)
    if gateway.version != prefix.version:
        raise invalid(f"gateway_ip '{gateway_ip}' does not match the ip_version '{prefix.version}'")
    if prefix.version == 4 and gateway in (prefix.network_address, prefix.broadcast_address):
        raise invalid("Gateway is not valid on subnet")


def check_lists(subnet: Subnet | SubnetSpec, ip_version: int, label: str) -> None:
    """Raise BadRequest for name servers or routes that are too many or of the other IP version."""
    if len(subnet.dns_nameservers) > MOST_NAMESERVERS:
        raise fault("DNSNameServersExhausted", label, MOST_NAMESERVERS)
    if len(subnet.host_routes) > MOST_HOST_ROUTES:
        raise fault("HostRoutesExhausted", label, MOST_HOST_ROUTES)
    named = [("dns_nameserver", item) for item in subnet.dns_nameservers]
    for route in subnet.host_routes:
        named += [("nexthop", route.nexthop), ("destination", route.destination)]
    for name, text in named:
        if ipaddress.ip_interface(text).version != ip_version:
            raise invalid(f"{name} '{text}' does not match the ip_version '{ip_version}'")


def _check_ipv6_modes(spec: SubnetSpec, prefix: Prefix) -> None:
    ra_mode, address_mode = spec.ipv6_ra_mode, spec.ipv6_address_mode
    if ra_mode is None and address_mode is None:
        return
    if not spec.enable_dhcp:
        raise invalid("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
    if ra_mode and address_mode and ra_mode != address_mode:
        raise invalid(
            f"ipv6_ra_mode set to '{ra_mode}' with ipv6_address_mode set to '{address_mode}' is not valid. If both "
            "attributes are set, they must be the same value"
        )
    if is_auto_addressed(spec) and prefix.prefixlen != 64:
        raise invalid(
            f"Invalid CIDR {spec.cidr} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires "
            "the prefix to be /64"
        )


def check_pools(cidr: str, pools: Sequence[AllocationPool], gateway_ip: str | None) -> None:
    """Raise BadRequest or Conflict unless the pools lie in the prefix, apart from each other and from the gateway."""
    prefix = ipaddress.ip_network(cidr)
    first, last = usable(prefix)
    for pool in pools:
        _check_pool(prefix, pool)
        low, high = bounds(pool)
        if low < first or high > last:
            raise fault("OutOfBoundsAllocationPool", _range(pool), cidr)
    for one, other in _overlapping(pools):
        raise fault("OverlappingAllocationPools", _range(one), _range(other), cidr)
    if gateway_ip:
        check_gateway_outside(pools, gateway_ip)


def _check_pool(prefix: Prefix, pool: AllocationPool) -> None:
    start, end = ipaddress.ip_address(pool.start), ipaddress.ip_address(pool.end)
    if start.version != end.version or int(start) > int(end):
        raise fault("InvalidAllocationPool", {"start": pool.start, "end": pool.end})
    if start.version != prefix.version:
        raise fault("InvalidAllocationPool", _range(pool))


def check_gateway_outside(pools: Iterable[AllocationPool], gateway_ip: str) -> None:
    """Raise Conflict if a gateway's address could be given to a port."""
    gateway = int(ipaddress.ip_address(gateway_ip))
    for pool in pools:
        low, high = bounds(pool)
        if low <= gateway <= high:
            raise fault("GatewayConflictWithAllocationPools", gateway_ip, _range(pool))


def _range(pool: AllocationPool) -> str:
    return f"{pool.start}-{pool.end}"


def _overlapping(pools: Sequence[AllocationPool]) -> Iterator[tuple[AllocationPool, AllocationPool]]:
    for index, one in enumerate(pools):
        low, high = bounds(one)
        for other in pools[index + 1 :]:
            other_low, other_high = bounds(other)
            if low <= other_high and other_low <= high:
                yield one, other


def check_mtu(network_id: str, mtu: int, ip_version: int) -> None:
    """Raise Conflict if a network's packets are too small for a subnet of an IP version."""
    if mtu < IPV4_SMALLEST_MTU:
        raise fault("NetworkMTUSubnetConflict", network_id, IPV4_SMALLEST_MTU)
    if ip_version == 6 and mtu < IPV6_SMALLEST_MTU:
        raise fault("NetworkMTUSubnetConflict", network_id, IPV6_SMALLEST_MTU)


def availability(network: Network, within: Sequence[Subnet], used: Mapping[str, int]) -> NetworkAvailability:
    """Return how full a network is; `used` are the addresses taken of each subnet."""
    counts = tuple(_of_subnet(subnet, used.get(subnet.id, 0)) for subnet in within)
    return NetworkAvailability(
        id=network.id,
        name=network.name,
        project_id=network.project_id,
        total_ips=sum(count.total_ips for count in counts),
        used_ips=sum(count.used_ips for count in counts),
        subnets=counts,
    )


def _of_subnet(subnet: Subnet, used: int) -> SubnetAvailability:
    ends = [bounds(pool) for pool in subnet.allocation_pools]
    return SubnetAvailability(
        subnet_id=subnet.id,
        subnet_name=subnet.name,
        cidr=subnet.cidr,
        ip_version=subnet.ip_version,
        total_ips=sum(high - low + 1 for low, high in ends),
        used_ips=used,
    )


def with_options(current: Sequence[DhcpOption], given: Sequence[DhcpOption]) -> list[dict[str, Any]]:
    """Return the DHCP options of a port when `given` is laid over `current`; one without a value is taken away."""
    merged = {(item.name, item.ip_version): item for item in (*current, *given)}
    return [
        dataclasses.asdict(item)
        for item in merged.values()
        if item.value or (item.value == "" and item.name in ("router", "classless-static-route"))
    ]
