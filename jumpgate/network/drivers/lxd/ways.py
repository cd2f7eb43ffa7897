"""Routers as LXD has them: a note each, and legs, which are ports of their own on the bridges that they join.

LXD's host routes between all its bridges. Which of them a router joins decides what the ACLs of the bridges let pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jumpgate.clouds.lxd.notes import Note
from jumpgate.network.drivers.lxd.bridges import Bridge

# In the note of a port that is a router's leg: the router's id. Clients cannot set it.
ROUTER = "router"
INTERFACE, GATEWAY = "interface", "gateway"


@dataclass(frozen=True, slots=True)
class Leg:
    """A port by which a router is on a bridge."""

    bridge: Bridge
    note: Note

    @property
    def is_gateway(self) -> bool:
        """Whether it leads outside."""
        return bool(self.note["leg"] == GATEWAY)

    def address(self, version: int) -> str | None:
        """Return the leg's address of an IP version, None where it has none."""
        return next((item for item in self.note["addresses"] if (6 if ":" in item else 4) == version), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A router with its legs; `gateway` is the one that leads outside, None where there is none."""

    note: Note
    legs: tuple[Leg, ...]
    gateway: Leg | None

    @property
    def id(self) -> str:
        """The router's id."""
        return str(self.note["id"])

    @property
    def is_up(self) -> bool:
        """Whether packets go this way."""
        return bool(self.note.get("admin_state_up", True))

    @property
    def translates(self) -> bool:
        """Whether what goes out to IPv4 addresses comes from another address."""
        return self.gateway is not None and bool(self.note.get("enable_snat", True))

    @property
    def mask(self) -> str | None:
        """The address from which comes what goes out; None where it is one of LXD's host.

        It is the router's, unless the external network's addresses are known on LXD's host only: because its bridge
        has an address of its own, or because its ``ipv4.nat`` says so.
        """
        if self.gateway is None:
            return None
        config = self.gateway.bridge.config
        is_local = config.get("ipv4.nat") == "true" or config.get("ipv4.address", "none") != "none"
        return None if is_local else self.gateway.address(4)

    def joins(self, bridge: Bridge, version: int) -> bool:
        """Tell whether packets of an IP version go between a bridge and the router's other legs."""
        return self.is_up and any(leg.bridge.name == bridge.name and leg.address(version) for leg in self.legs)

    def leads_out(self, version: int) -> bool:
        """Tell whether packets of an IP version get out."""
        return self.is_up and self.gateway is not None and self.gateway.address(version) is not None


def ways(bridges: Iterable[Bridge], routers: Iterable[Note]) -> list[Way]:
    """Return the routers with their legs."""
    found: dict[str, list[Leg]] = {}
    for bridge in bridges:
        for port in bridge.ports:
            if ROUTER in port:
                found.setdefault(port[ROUTER], []).append(Leg(bridge, port))
    return [_way(note, found.get(note["id"], [])) for note in routers]


def _way(note: Note, legs: Iterable[Leg]) -> Way:
    known = sorted(legs, key=lambda leg: (leg.note["created_at"], leg.note["id"]))
    gateway = next((leg for leg in known if leg.is_gateway), None)
    return Way(note=note, legs=tuple(leg for leg in known if not leg.is_gateway), gateway=gateway)


def translation(bridge: Bridge, known: Iterable[Way]) -> dict[str, str | None]:
    """Return the keys by which a bridge translates the addresses of what leaves it as its routers say."""
    way = next((item for item in known if item.joins(bridge, 4) and item.leads_out(4) and item.translates), None)
    return {
        "ipv4.nat": "true" if way else None,
        "ipv4.nat.address": way.mask if way else None,
    }


def router_between(known: Iterable[Way], inner: Bridge, outer: Bridge) -> str | None:
    """Return the id of the router by which an external network stands for a bridge's IPv4 addresses."""
    for way in known:
        on_it = any(leg.bridge.name == inner.name and leg.address(4) for leg in way.legs)
        if on_it and way.gateway is not None and way.gateway.bridge.name == outer.name:
            return way.id
    return None
