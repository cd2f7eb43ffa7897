"""How far packets of a network get: to the network itself, to those that a router joins to it, and outside."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jumpgate.network.drivers.lxd import ranges
from jumpgate.network.drivers.lxd.bridges import Bridge
from jumpgate.network.drivers.lxd.prefixes import VERSIONS, interface
from jumpgate.network.drivers.lxd.ranges import Range
from jumpgate.network.drivers.lxd.ways import Way

_LOCAL = {4: ("169.254.0.0/16",), 6: ("fe80::/10",)}
# What several neighbours get at once.
_MANY = {4: ("224.0.0.0/4", "255.255.255.255"), 6: ("ff00::/8",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom the ports of a network reach, in one IP version.

    `own` is the bridge's address, `prefix` the network's addresses, `many` those of several neighbours. `direct`
    addresses are reached as they are. Of the pairs in `public` the first is a floating IP, by which the second is
    reached, an address elsewhere. Those in `masked` are a network elsewhere whose packets come from the first set of
    addresses: they get to `exposed` only, the addresses here for which floating IPs stand.
    """

    own: tuple[Range, ...] = ()
    prefix: tuple[Range, ...] = ()
    many: tuple[Range, ...] = ()
    direct: tuple[Range, ...] = ()
    public: tuple[tuple[Range, Range], ...] = ()
    masked: tuple[tuple[tuple[Range, ...], tuple[Range, ...]], ...] = ()
    exposed: tuple[Range, ...] = ()

    def targets(self, remote: Sequence[Range], closed: Sequence[Range]) -> list[Range]:
        """Return where packets may go that may go to `remote`, but for what is `closed`."""
        near = ranges.common(ranges.without(remote, closed), self.direct)
        far = {inner for outer, inner in self.public if ranges.common(remote, [outer])}
        return [*near, *sorted(far)]

    def sources(self, remote: Sequence[Range], closed: Sequence[Range]) -> list[Range]:
        """Return from where packets may come that may come from `remote`, but for what is `closed`."""
        return ranges.common(ranges.without(remote, closed), self.direct)

    def masked_sources(self, remote: Sequence[Range]) -> list[Range]:
        """Return the networks whose packets come to exposed addresses as if from `remote`."""
        return sorted({item for seen, prefixes in self.masked if ranges.common(remote, seen) for item in prefixes})


def reaches(bridges: Sequence[Bridge], ways: Sequence[Way]) -> dict[str, Mapping[int, Reach]]:
    """Return how far each bridge of ours reaches, by its name and the IP version."""
    ours = [item for item in bridges if item.is_ours]
    return {item.name: {version: _reach(item, bridges, ways, version) for version in VERSIONS} for item in ours}


def _reach(bridge: Bridge, bridges: Sequence[Bridge], ways: Sequence[Way], version: int) -> Reach:
    joined = [way for way in ways if way.joins(bridge, version)]
    near = {leg.bridge.name: leg.bridge for way in joined for leg in way.legs if leg.address(version)}
    near[bridge.name] = bridge
    direct = [*_prefixes(near.values(), version), *ranges.of_addresses(_LOCAL[version], version)]
    leads_out = any(way.leads_out(version) for way in joined)
    if leads_out:
        private = _prefixes((item for item in bridges if item.is_ours and not item.external), version)
        outside = ranges.everything(version)
        direct = [*direct, *ranges.without(ranges.without(outside, private), direct)]
    own = interface(bridge, version)
    return Reach(
        own=() if own is None else ((int(own.ip), int(own.ip)),),
        prefix=tuple(_prefixes([bridge], version)),
        many=tuple(ranges.merged([*ranges.of_addresses(_MANY[version], version), *_broadcast(bridge, version)])),
        direct=tuple(ranges.merged(direct)),
        public=tuple(_public(bridges, near.keys(), version)) if leads_out else (),
        masked=tuple(_masked(bridge, ways, near.keys(), version)) if leads_out else (),
        exposed=tuple(target for _, name, target in _forwarded(bridges, version) if name == bridge.name),
    )


def _prefixes(bridges: Iterable[Bridge], version: int) -> list[Range]:
    found = (interface(item, version) for item in bridges)
    return [piece for item in found if item is not None for piece in ranges.of_prefix(str(item.network))]


def _broadcast(bridge: Bridge, version: int) -> list[Range]:
    own = interface(bridge, version)
    if version == 6 or own is None:
        return []
    return [(int(own.network.broadcast_address), int(own.network.broadcast_address))]


def _forwarded(bridges: Iterable[Bridge], version: int) -> list[tuple[Range, str, Range]]:
    """Return the floating IPs that stand for something: address, bridge, and the address there."""
    notes = (note for bridge in bridges for note in bridge.floating_ips if version == 4 and note.get("target"))
    return [(_one(item["floating_ip_address"]), item["bridge"], _one(item["target"])) for item in notes]


def _one(address: str) -> Range:
    number = int(ipaddress.ip_address(address))
    return number, number


def _public(bridges: Iterable[Bridge], near: Iterable[str], version: int) -> list[tuple[Range, Range]]:
    known = set(near)
    return [(outer, inner) for outer, name, inner in _forwarded(bridges, version) if name not in known]


def _masked(
    bridge: Bridge, ways: Iterable[Way], near: Iterable[str], version: int
) -> list[tuple[tuple[Range, ...], tuple[Range, ...]]]:
    """Return the networks elsewhere that get out, with the addresses from which their packets come to a bridge."""
    found, known, own = [], set(near), interface(bridge, version)
    for way in ways:
        elsewhere = tuple(
            _prefixes(
                (leg.bridge for leg in way.legs if leg.bridge.name not in known and leg.address(version)), version
            )
        )
        if not elsewhere or not way.leads_out(version):
            continue
        seen = elsewhere
        if version == 4 and way.translates:
            mask = way.mask or (str(own.ip) if own is not None else None)
            seen = () if mask is None else (_one(mask),)
        found.append((seen, elsewhere))
    return found
