"""The legs of routers: ports that they give themselves, on the bridges that they join and on external networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from jumpgate.clouds.lxd.notes import PREFIX, Note, fresh, touched, written
from jumpgate.network.drivers.lxd.addresses import assign, free_mac, taken_addresses
from jumpgate.network.drivers.lxd.bridges import Bridge, Bridges
from jumpgate.network.drivers.lxd.ports import port_of
from jumpgate.network.drivers.lxd.prefixes import subnets_of
from jumpgate.network.drivers.lxd.ways import GATEWAY, INTERFACE, ROUTER, Leg, Way
from jumpgate.network.models import ROUTER_GATEWAY_OWNER, ROUTER_INTERFACE_OWNER, FixedIp, Port, Subnet
from jumpgate.network.views.faults import fault

_OWNERS = {INTERFACE: ROUTER_INTERFACE_OWNER, GATEWAY: ROUTER_GATEWAY_OWNER}
# What gives a leg its addresses, on a bridge as it is and for a MAC address.
_Choice = Callable[[Bridge, str], list[str]]


def join(bridges: Bridges, way: Way, subnet: Subnet) -> Port:
    """Give a router a leg on a subnet, the bridge's own address; raise Conflict where another router has it."""
    bridge = next(item for item in bridges.all() if item.id == subnet.network_id)
    address = subnet.gateway_ip or ""

    def choose(current: Bridge, _: str) -> list[str]:
        if any(address in port["addresses"] for port in current.ports):
            raise fault("IpAddressAlreadyAllocated", address, subnet.id)
        return [address]

    return _plug(bridges, bridge, _leg(way.id, INTERFACE, str(way.note["project_id"])), choose)


def lead_out(bridges: Bridges, way: Way, outer: Bridge, fixed_ips: Iterable[FixedIp]) -> Port:
    """Give a router a leg on an external network; it is of no project, and only administrators see it."""
    wanted = tuple(fixed_ips) or None

    def choose(current: Bridge, mac: str) -> list[str]:
        return assign(current.id, subnets_of(current), taken_addresses(current), mac, wanted)

    return _plug(bridges, outer, _leg(way.id, GATEWAY, ""), choose)


def move(bridges: Bridges, leg: Leg, fixed_ips: Iterable[FixedIp]) -> None:
    """Give a leg on an external network other addresses."""

    def edit(current: Bridge) -> dict[str, str]:
        taken = taken_addresses(current) - set(leg.note["addresses"])
        addresses = assign(current.id, subnets_of(current), taken, leg.note["mac_address"], tuple(fixed_ips))
        return {_key(leg.note): written(touched(leg.note, {"addresses": addresses}))}

    bridges.change(leg.bridge.name, edit)


def drop(bridges: Bridges, leg: Leg) -> None:
    """Take a leg away."""
    bridges.change(leg.bridge.name, lambda _: {_key(leg.note): None})


def _leg(router_id: str, kind: str, project_id: str) -> Note:
    note = fresh(project_id, name="", device_id=router_id, device_owner=_OWNERS[kind], port_security_enabled=False)
    return {**note, ROUTER: router_id, "leg": kind}


def _plug(bridges: Bridges, bridge: Bridge, note: Note, choose: _Choice) -> Port:
    def edit(current: Bridge) -> dict[str, str]:
        note["mac_address"] = free_mac(port["mac_address"] for port in current.ports)
        note["addresses"] = choose(current, note["mac_address"])
        return {_key(note): written(note)}

    port = port_of([bridges.change(bridge.name, edit)], note["id"])
    assert port is not None
    return port


def _key(note: Note) -> str:
    return f"{PREFIX}port.{note['id']}"
