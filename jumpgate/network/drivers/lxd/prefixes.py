"""A bridge's addresses as subnets: reading them off LXD's keys, and the keys of a subnet."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence

from jumpgate.clouds.lxd.notes import PREFIX, Note, derived_id, read, standard
from jumpgate.network.drivers.lxd.bridges import Bridge
from jumpgate.network.drivers.lxd.dnsmasq import own_lines
from jumpgate.network.models import AllocationPool, HostRoute, Subnet
from jumpgate.network.subnetting import default_pools, is_auto_addressed

VERSIONS = (4, 6)
# The DHCP options that LXD has no key for, by IP version; its own DHCP server's configuration takes them.
_DNS = {4: "dhcp-option=option:dns-server,", 6: "dhcp-option=option6:dns-server,"}
_NO_ROUTER = "dhcp-option=option:router"
_ROUTES = "dhcp-option=option:classless-static-route,"
_ANYWHERE = "0.0.0.0/0"


def note_key(version: int) -> str:
    """Return the key in which a bridge keeps what OpenStack knows of a subnet."""
    return f"{PREFIX}subnet.{version}"


def subnet_notes(bridge: Bridge) -> list[Note]:
    """Return what is known of a bridge's subnets; one that somebody made by hand has an id all the same."""
    found = []
    for version in VERSIONS:
        if interface(bridge, version) is not None:
            known = {
                "id": derived_id("subnet", bridge.name, str(version)),
                "project_id": bridge.project_id,
                "ip_version": version,
            }
            found.append({**known, **read(bridge.config, f"subnet.{version}")})
    return found


def interface(bridge: Bridge, version: int) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface | None:
    """Return the bridge's own address with its prefix, None where it has none of an IP version.

    The addresses of an external network are not LXD's bridge's: LXD forwards none that is in a bridge's prefix. They
    are routed to LXD's host from outside.
    """
    outside = read(bridge.config, f"subnet.{version}").get("address") if bridge.external else None
    text = outside or bridge.config.get(f"ipv{version}.address", "none")
    try:
        return ipaddress.ip_interface(text)
    except ValueError:
        # "none", or "auto" while LXD still looks for a free prefix.
        return None


def subnets_of(bridge: Bridge) -> list[Subnet]:
    """Return a bridge's subnets."""
    return [subnet(bridge, note) for note in subnet_notes(bridge)]


def subnet(bridge: Bridge, note: Note) -> Subnet:
    """Return a subnet of a bridge. What LXD has keys for is read off them, whatever the note says."""
    version = int(note["ip_version"])
    own = interface(bridge, version)
    assert own is not None
    cidr, lines = str(own.network), own_lines(bridge.config)
    gateway = None if version == 4 and _NO_ROUTER in lines else str(own.ip)
    return Subnet(
        **standard(note),
        name=note.get("name", ""),
        network_id=bridge.id,
        ip_version=version,
        cidr=cidr,
        gateway_ip=gateway,
        allocation_pools=_pools(bridge, version, cidr, gateway),
        dns_nameservers=tuple(_nameservers(lines, version)),
        host_routes=tuple(_routes(lines)) if version == 4 else (),
        enable_dhcp=bridge.config.get(f"ipv{version}.dhcp", "true") != "false",
        subnetpool_id=note.get("subnetpool_id"),
        ipv6_ra_mode=note.get("ipv6_ra_mode"),
        ipv6_address_mode=note.get("ipv6_address_mode"),
        network_owner_id=bridge.project_id,
        shared=bridge.shared,
        external=bridge.external,
    )


def _pools(bridge: Bridge, version: int, cidr: str, gateway: str | None) -> tuple[AllocationPool, ...]:
    ranges = bridge.config.get(f"ipv{version}.dhcp.ranges")
    if not ranges:
        return default_pools(cidr, gateway)
    ends = (item.strip().partition("-") for item in ranges.split(","))
    return tuple(AllocationPool(start=start, end=end) for start, _, end in ends)


def _nameservers(lines: Iterable[str], version: int) -> list[str]:
    start = _DNS[version]
    return [item.strip("[]") for line in lines if line.startswith(start) for item in line[len(start) :].split(",")]


def _routes(lines: Iterable[str]) -> list[HostRoute]:
    found = []
    for line in lines:
        if line.startswith(_ROUTES):
            words = line[len(_ROUTES) :].split(",")
            pairs = zip(words[::2], words[1::2], strict=False)
            found += [HostRoute(destination=one, nexthop=two) for one, two in pairs if one != _ANYWHERE]
    return found


def keys(subnet: Subnet, *, others: Sequence[str]) -> dict[str, str | None]:
    """Return LXD's keys for a subnet; `others` are the lines for its DHCP server that are no matter of this one."""
    version = subnet.ip_version
    prefix = ipaddress.ip_network(subnet.cidr)
    gateway = subnet.gateway_ip or str(prefix.network_address + 1)
    standard_pools = default_pools(subnet.cidr, subnet.gateway_ip)
    ranges = ",".join(f"{pool.start}-{pool.end}" for pool in subnet.allocation_pools)
    lines = [*others, *_lines(subnet)]
    found: dict[str, str | None] = {
        f"ipv{version}.address": f"{gateway}/{prefix.prefixlen}",
        f"ipv{version}.dhcp": "true" if subnet.enable_dhcp else "false",
        f"ipv{version}.dhcp.ranges": None if subnet.allocation_pools == standard_pools else ranges,
        "raw.dnsmasq": "\n".join(lines) or None,
    }
    if version == 6 and subnet.enable_dhcp:
        found["ipv6.dhcp.stateful"] = "false" if is_auto_addressed(subnet) else "true"
    return found


def _lines(subnet: Subnet) -> list[str]:
    version = subnet.ip_version
    lines = []
    if subnet.dns_nameservers:
        names = (f"[{item}]" if version == 6 else item for item in subnet.dns_nameservers)
        lines.append(_DNS[version] + ",".join(names))
    if version == 4 and subnet.gateway_ip is None:
        lines.append(_NO_ROUTER)
    if subnet.host_routes:
        # A client that gets routes ignores the router option, so the default route is among them.
        default = [(_ANYWHERE, subnet.gateway_ip)] if subnet.gateway_ip else []
        routes = [*((route.destination, route.nexthop) for route in subnet.host_routes), *default]
        lines.append(_ROUTES + ",".join(f"{one},{two}" for one, two in routes))
    return lines


def cleared(version: int, *, others: Sequence[str]) -> dict[str, str | None]:
    """Return LXD's keys for no subnet of an IP version."""
    names = ("nat", "dhcp", "dhcp.ranges", "dhcp.stateful")
    return {
        f"ipv{version}.address": "none",
        **{f"ipv{version}.{name}": None for name in names},
        "raw.dnsmasq": "\n".join(others) or None,
        note_key(version): None,
    }


def other_lines(config: Mapping[str, str], version: int) -> list[str]:
    """Return the lines for LXD's DHCP server that belong to no subnet of an IP version."""
    own = (_DNS[version], *((_NO_ROUTER, _ROUTES) if version == 4 else ()))
    return [line for line in own_lines(config) if not line.startswith(own)]
