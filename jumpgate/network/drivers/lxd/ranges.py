"""Sets of addresses as LXD's ACLs write them: disjoint ranges of one IP version."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Range = tuple[int, int]
_BITS = {4: 32, 6: 128}


def everything(version: int) -> list[Range]:
    """Return the set of all addresses of an IP version."""
    return [(0, 2 ** _BITS[version] - 1)]


def of_prefix(prefix: str) -> list[Range]:
    """Return the addresses of a prefix."""
    network = ipaddress.ip_network(prefix, strict=False)
    return [(int(network.network_address), int(network.broadcast_address))]


def of_addresses(addresses: Iterable[str], version: int) -> list[Range]:
    """Return the set of those addresses and prefixes that are of an IP version, neighbours joined."""
    found = (ipaddress.ip_network(item, strict=False) for item in addresses)
    return merged((int(item.network_address), int(item.broadcast_address)) for item in found if item.version == version)


def merged(spans: Iterable[Range]) -> list[Range]:
    """Return a set of ranges that may overlap, neighbours joined."""
    ranges: list[Range] = []
    for low, high in sorted(spans):
        if ranges and low <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(high, ranges[-1][1]))
        else:
            ranges.append((low, high))
    return ranges


def without(ranges: Iterable[Range], removed: Iterable[Range]) -> list[Range]:
    """Return a set without what is in another one."""
    left = list(ranges)
    for low, high in removed:
        left = [piece for item in left for piece in _cut(item, low, high)]
    return left


def _cut(item: Range, low: int, high: int) -> list[Range]:
    start, end = item
    if high < start or low > end:
        return [item]
    pieces = ((start, low - 1), (high + 1, end))
    return [(first, last) for first, last in pieces if first <= last]


def common(one: Iterable[Range], other: Iterable[Range]) -> list[Range]:
    """Return what is in both of two sets."""
    second = list(other)
    pairs = ((max(a, c), min(b, d)) for a, b in one for c, d in second)
    return [(low, high) for low, high in pairs if low <= high]


def subject(ranges: Iterable[Range], version: int) -> str:
    """Return a set as an ACL rule's source or destination."""
    make = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    return ",".join(str(make(low)) if low == high else f"{make(low)}-{make(high)}" for low, high in ranges)
