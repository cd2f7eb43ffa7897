"""Which port has which address: finding free ones and keeping each to one port.

Everything here runs inside a write of the network, so that nobody takes an address between the look and the entry.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from jumpgate.network.models import FixedIp, Subnet
from jumpgate.network.schemas.values import invalid
from jumpgate.network.subnetting import ROUTER_OWNERS, bounds, contains, eui64, is_auto_addressed
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network import addresses, subnets

# So many neighbouring addresses are looked at with one query.
WINDOW = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where addresses are needed: a network's subnets as the database has them, and the port that asks."""

    network_id: str
    subnets: Sequence[Subnet]
    mac_address: str
    device_owner: str

    @property
    def is_router(self) -> bool:
        """Whether the port is a router's, which gets only the addresses it asks for."""
        return self.device_owner in ROUTER_OWNERS

    def self_made(self, mac: str) -> list[FixedIp]:
        """Return the addresses that a port with a MAC address makes for itself here."""
        automatic = (item for item in self.subnets if is_auto_addressed(item))
        return [FixedIp(subnet_id=item.id, ip_address=eui64(item.cidr, mac)) for item in automatic]

    def eligible(self) -> list[Subnet]:
        """Return the subnets that serve such a port, those made for its kind first; raise where none does."""
        fitting = [item for item in self.subnets if not item.service_types or self.device_owner in item.service_types]
        if self.subnets and not fitting:
            raise fault("IpAddressGenerationFailureNoMatchingSubnet", self.network_id, self.device_owner)
        return sorted(fitting, key=lambda item: not item.service_types)


def number(address: str) -> str:
    """Return an address as text that sorts as numbers do."""
    return f"{int(ipaddress.ip_address(address)):032x}"


def assign(
    connection: sa.Connection, port_id: str, place: Place, wanted: Sequence[FixedIp] | None, *, first: int = 0
) -> None:
    """Give a port its addresses: those `wanted`, or with None one of each IP version that the network has.

    `first` is the place of the first one among the port's addresses.
    """
    eligible = place.eligible()
    requests = _automatic(eligible) if wanted is None else [_resolved(place, eligible, item) for item in wanted]
    # Those that ask for an address come first, lest another one be served with it.
    order = sorted(range(len(requests)), key=lambda index: requests[index].address is None)
    found: dict[int, FixedIp] = {}
    for index in order:
        found[index] = _take(connection, place, requests[index])
        _enter(connection, port_id, found[index], first + index)
    if not place.is_router:
        taken = {item.subnet_id for item in found.values()}
        assign_automatic(connection, port_id, place, eligible, first=first + len(found), without=taken)


def assign_automatic(
    connection: sa.Connection,
    port_id: str,
    place: Place,
    candidates: Iterable[Subnet],
    *,
    first: int,
    without: Iterable[str | None] = (),
) -> None:
    """Enter the addresses that a port makes for itself on subnets with automatic addresses."""
    automatic = [item for item in candidates if is_auto_addressed(item) and item.id not in without]
    for index, subnet in enumerate(automatic):
        address = eui64(subnet.cidr, place.mac_address)
        _check_free(connection, subnet, address)
        _enter(connection, port_id, FixedIp(subnet_id=subnet.id, ip_address=address), first + index)


@dataclass(frozen=True, slots=True)
class _Request:
    """One address to be found: on the first of `subnets` that has one, or the very `address`."""

    subnets: Sequence[Subnet]
    address: str | None = None


def _automatic(eligible: Sequence[Subnet]) -> list[_Request]:
    """Return what a port gets that asks for nothing: an IPv4 and an IPv6 address, as far as there are subnets."""
    served = [item for item in eligible if not is_auto_addressed(item)]
    by_version = ([item for item in served if item.ip_version == version] for version in (4, 6))
    return [_Request(candidates) for candidates in by_version if candidates]


def _resolved(place: Place, eligible: Sequence[Subnet], wanted: FixedIp) -> _Request:
    """Return the request for one entry of ``fixed_ips``; raise BadRequest where it cannot be met on this network."""
    if not place.subnets:
        raise invalid("IP allocation requires subnets for network")
    subnet = _named_subnet(place, eligible, wanted)
    address = wanted.ip_address
    if address is None:
        if is_auto_addressed(subnet) and not place.is_router:
            address = eui64(subnet.cidr, place.mac_address)
    elif is_auto_addressed(subnet) and not place.is_router and address != eui64(subnet.cidr, place.mac_address):
        raise fault("AllocationOnAutoAddressSubnet", address, subnet.id)
    return _Request([subnet], address)


def _named_subnet(place: Place, eligible: Sequence[Subnet], wanted: FixedIp) -> Subnet:
    address = wanted.ip_address
    if wanted.subnet_id is not None:
        subnet = next((item for item in eligible if item.id == wanted.subnet_id), None)
        if subnet is None:
            raise invalid(
                f"Failed to create port on network {place.network_id}, because fixed_ips included invalid subnet "
                f"{wanted.subnet_id}"
            )
        if address is not None and not contains(subnet.cidr, address, place.device_owner):
            raise fault("InvalidIpForSubnet", address)
        return subnet
    if address is None:
        raise invalid("IP allocation requires subnet_id or ip_address")
    for subnet in eligible:
        if contains(subnet.cidr, address, place.device_owner):
            return subnet
    raise fault("InvalidIpForNetwork", address)


def _take(connection: sa.Connection, place: Place, request: _Request) -> FixedIp:
    if request.address is not None:
        subnet = request.subnets[0]
        _check_free(connection, subnet, request.address)
        return FixedIp(subnet_id=subnet.id, ip_address=request.address)
    for subnet in request.subnets:
        address = find_free(connection, subnet)
        if address is not None:
            return FixedIp(subnet_id=subnet.id, ip_address=address)
    raise fault("IpAddressGenerationFailure", place.network_id)


def _check_free(connection: sa.Connection, subnet: Subnet, address: str) -> None:
    taken = sa.and_(addresses.c.subnet_id == subnet.id, addresses.c.number == number(address))
    if connection.execute(sa.select(addresses.c.port_id).where(taken)).first() is not None:
        raise fault("IpAddressAlreadyAllocated", address, subnet.id)


def _enter(connection: sa.Connection, port_id: str, fixed_ip: FixedIp, position: int) -> None:
    address = fixed_ip.ip_address or ""
    row = {"port_id": port_id, "subnet_id": fixed_ip.subnet_id, "ip_address": address, "number": number(address)}
    connection.execute(addresses.insert().values(**row, position=position))


def find_free(connection: sa.Connection, subnet: Subnet) -> str | None:
    """Return an address of the subnet's pools that no port has, None when there is none.

    The search goes on behind the address that was given out last, so it does not look at the same taken ones again, and
    an address that has become free rests for a while.
    """
    last = connection.execute(sa.select(subnets.c.last_address).where(subnets.c.id == subnet.id)).scalar_one()
    pools = [bounds(pool) for pool in subnet.allocation_pools]
    for low, high in _windows(pools, int(last, 16) + 1 if last else 0):
        free = _first_free(connection, subnet.id, low, high)
        if free is not None:
            mark = subnets.update().where(subnets.c.id == subnet.id).values(last_address=f"{free:032x}")
            connection.execute(mark)
            make = ipaddress.IPv4Address if subnet.ip_version == 4 else ipaddress.IPv6Address
            return str(make(free))
    return None


def _windows(pools: Sequence[tuple[int, int]], start: int) -> Iterator[tuple[int, int]]:
    """Yield the pools' ranges in pieces, from `start` to the end and then from the beginning to `start`."""
    ordered = sorted(pools)
    behind = [(max(low, start), high) for low, high in ordered if high >= start]
    before = [(low, min(high, start - 1)) for low, high in ordered if low < start]
    for low, high in (*behind, *before):
        for first in range(low, high + 1, WINDOW):
            yield first, min(first + WINDOW - 1, high)


def _first_free(connection: sa.Connection, subnet_id: str, low: int, high: int) -> int | None:
    between = addresses.c.number.between(f"{low:032x}", f"{high:032x}")
    rows = connection.execute(sa.select(addresses.c.number).where(addresses.c.subnet_id == subnet_id, between))
    taken = {int(text, 16) for text in rows.scalars()}
    if len(taken) == high - low + 1:
        return None
    return next(candidate for candidate in range(low, high + 1) if candidate not in taken)


def reassign(
    connection: sa.Connection, port_id: str, place: Place, current: Sequence[FixedIp], wanted: Sequence[FixedIp]
) -> None:
    """Change a port's addresses to those `wanted`; what it has already and may keep, it keeps.

    Addresses that the port makes for itself stay as long as their subnet does.
    """
    kept, new = _kept(current, wanted)
    automatic = {item.id for item in place.subnets if is_auto_addressed(item)}
    stays = [item for item in current if item in kept or (item.subnet_id in automatic and not place.is_router)]
    connection.execute(addresses.delete().where(addresses.c.port_id == port_id))
    for position, item in enumerate(stays):
        _enter(connection, port_id, item, position)
    have = {item.subnet_id for item in stays}
    asked = [item for item in new if item.subnet_id not in automatic or item.subnet_id not in have]
    assign(connection, port_id, _without(place, have & automatic), asked, first=len(stays))


def _without(place: Place, subnet_ids: set[str | None]) -> Place:
    """Return a place without subnets on which nothing is to be found any more."""
    left = [item for item in place.subnets if item.id not in subnet_ids]
    return Place(
        network_id=place.network_id, subnets=left, mac_address=place.mac_address, device_owner=place.device_owner
    )


def _kept(current: Sequence[FixedIp], wanted: Sequence[FixedIp]) -> tuple[list[FixedIp], list[FixedIp]]:
    """Return which current addresses meet the wish, and what of it is left."""
    left, kept, new = list(current), [], []
    for item in sorted(wanted, key=lambda item: item.ip_address is None):
        match = next((have for have in left if _meets(have, item)), None)
        if match is None:
            new.append(item)
        else:
            left.remove(match)
            kept.append(match)
    return kept, new


def _meets(have: FixedIp, wanted: FixedIp) -> bool:
    same_address = wanted.ip_address in (None, have.ip_address)
    return same_address and wanted.subnet_id in (None, have.subnet_id) and wanted != FixedIp()
