"""Prefixes of subnet pools: what is in them, what is left, and what may be cut from them.

The checks and their messages are those of Neutron (``neutron.ipam.subnet_alloc``).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.common.errors import JumpgateError
from jumpgate.network.models import SubnetPool, SubnetSpec
from jumpgate.network.schemas.values import invalid
from jumpgate.network.views.faults import fault

Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class _Family:
    """What holds for one IP version: the lengths, and the prefix length of which a quota counts pieces."""

    longest: int
    default_shortest: int
    quota_unit: int


_FAMILIES = {4: _Family(32, 8, 32), 6: _Family(128, 64, 64)}


def compact(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return the fewest prefixes that say the same, of one IP version; raise BadRequest for none or a mixture."""
    networks = [ipaddress.ip_network(prefix, strict=False) for prefix in prefixes]
    if not networks:
        raise fault("EmptySubnetPoolPrefixList")
    if len({network.version for network in networks}) > 1:
        raise fault("PrefixVersionMismatch")
    return tuple(str(network) for network in _collapsed(networks))


def _collapsed(networks: Iterable[Prefix]) -> Iterator[Prefix]:
    return ipaddress.collapse_addresses(networks)  # type: ignore[type-var]


def version_of(prefixes: Iterable[str]) -> int:
    """Return the IP version of prefixes that have been compacted."""
    return ipaddress.ip_network(next(iter(prefixes))).version


def lengths(ip_version: int, shortest: int | None, longest: int | None, default: int | None) -> tuple[int, int, int]:
    """Return a pool's shortest, longest and default prefix length; raise BadRequest where they disagree."""
    family = _FAMILIES[ip_version]
    low = family.default_shortest if shortest is None else shortest
    high = family.longest if longest is None else longest
    usual = low if default is None else default
    for name, value, other, bound, wrong in (
        ("min_prefixlen", low, "max_prefixlen", high, low > high),
        ("max_prefixlen", high, "ip_version_max", family.longest, high > family.longest),
        ("default_prefixlen", usual, "min_prefixlen", low, usual < low),
        ("default_prefixlen", usual, "max_prefixlen", high, usual > high),
    ):
        if wrong:
            raise fault("IllegalSubnetPoolPrefixBounds", name, value, other, bound)
    return low, high, usual


def without(prefixes: Iterable[str], taken: Iterable[str]) -> list[Prefix]:
    """Return what is left of `prefixes` when `taken` is cut out, the smallest pieces first."""
    left: list[Prefix] = [ipaddress.ip_network(prefix) for prefix in prefixes]
    for text in taken:
        hole = ipaddress.ip_network(text)
        left = [piece for network in left for piece in _cut(network, hole)]
    return sorted(_collapsed(left), key=lambda network: (-network.prefixlen, network.network_address))


def _cut(network: Prefix, hole: Prefix) -> Iterable[Prefix]:
    if network.version != hole.version or not network.overlaps(hole):
        return (network,)
    if hole.prefixlen <= network.prefixlen:
        return ()
    return network.address_exclude(hole)  # type: ignore[arg-type]


def covers(prefixes: Iterable[str], wanted: Iterable[str]) -> bool:
    """Tell whether everything in `wanted` is in `prefixes`."""
    return not without(wanted, prefixes)


def meet(some: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether there is an address that is in both."""
    networks = [ipaddress.ip_network(text) for text in others]
    return any(
        one.version == other.version and one.overlaps(other)
        for one in map(ipaddress.ip_network, some)
        for other in networks
    )


def check_choice(spec: SubnetSpec) -> None:
    """Raise BadRequest for a subnet that asks for two prefixes, or for two pools."""
    if spec.cidr is not None and spec.prefix_length is not None:
        raise fault("BadRequest", "subnets", "cidr and prefixlen must not be supplied together")
    if spec.use_default_pool and spec.subnetpool_id is not None:
        text = "subnetpool_id and use_default_subnetpool cannot both be specified"
        raise fault("BadRequest", "subnets", text)


def check_request(spec: SubnetSpec, pool: SubnetPool | None) -> None:
    """Raise BadRequest for a subnet that a pool cannot give, or that names a prefix without any pool."""
    if pool is None:
        if spec.cidr is None:
            raise fault("BadRequest", "subnets", "a subnetpool must be specified in the absence of a cidr")
        return
    if spec.ip_version != pool.ip_version:
        text = f"Cannot allocate IPv{spec.ip_version} subnet from IPv{pool.ip_version} subnet pool"
        raise fault("BadRequest", "subnets", text)
    if spec.cidr is None and spec.allocation_pools is not None:
        raise fault("BadRequest", "subnets", "allocation_pools allowed only for specific subnet requests.")


def no_default(ip_version: int) -> JumpgateError:
    """Return the error for a subnet that asks for the default pool where there is none."""
    return fault("BadRequest", "subnets", f"No default subnetpool found for IPv{ip_version}")


def second_default() -> JumpgateError:
    """Return the error for a further default pool of an IP version."""
    return invalid(
        "A default subnetpool for this IP family has already been set. Only one default may exist per IP family"
    )


_LENGTHS = ("min_prefix_length", "max_prefix_length", "default_prefix_length")


def widened(current: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an update sets of a pool, its prefixes as a list; raise where it would take something away.

    `current` has the attributes of a SubnetPool.
    """
    found = dict(changes)
    if "prefixes" in found:
        given = compact(found["prefixes"])
        if not covers(given, current.prefixes):
            raise fault("IllegalSubnetPoolPrefixUpdate", "Existing prefixes must be a subset of the new prefixes")
        if version_of(given) != current.ip_version:
            raise fault("PrefixVersionMismatch")
        found["prefixes"] = list(given)
    lengths(current.ip_version, *(found.get(name, getattr(current, name)) for name in _LENGTHS))
    return found


def narrowed(current: Iterable[str], gone: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Return a pool's prefixes without those that go; raise BadRequest while a subnet is of them."""
    leaving = tuple(gone)
    if meet(taken, leaving):
        raise fault("IllegalSubnetPoolPrefixUpdate", "One or more of the prefixes to be removed is in use by a subnet")
    return list(compact(str(item) for item in without(current, leaving)))


def allocate(pool: SubnetPool, taken: Iterable[str], *, length: int | None = None, cidr: str | None = None) -> str:
    """Return a prefix of a pool that is not `taken`: `cidr` itself, or any of a length, the pool's default without one.

    Raises BadRequest for a length that the pool does not give out, Conflict where nothing of it is left.
    """
    if cidr is not None:
        length = ipaddress.ip_network(cidr).prefixlen
    wanted = pool.default_prefix_length if length is None else length
    if wanted > pool.max_prefix_length:
        raise fault("MaxPrefixSubnetAllocationError", wanted, pool.max_prefix_length)
    if wanted < pool.min_prefix_length:
        raise fault("MinPrefixSubnetAllocationError", wanted, pool.min_prefix_length)
    free = without(pool.prefixes, taken)
    if cidr is not None:
        if not covers(map(str, free), [cidr]):
            raise fault("SubnetAllocationError", "Cannot allocate requested subnet from the available set of prefixes")
        return cidr
    for piece in free:
        if piece.prefixlen <= wanted:
            return f"{piece.network_address}/{wanted}"
    raise fault("SubnetAllocationError", f"Insufficient prefix space to allocate subnet size /{wanted}")


def units(ip_version: int, cidrs: Iterable[str]) -> float:
    """Return how much of a pool's quota some prefixes take."""
    unit = _FAMILIES[ip_version].quota_unit
    return sum(2.0 ** (unit - ipaddress.ip_network(cidr).prefixlen) for cidr in cidrs)
