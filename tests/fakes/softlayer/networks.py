"""SoftLayer_Network_Vlan and SoftLayer_Network_Subnet: the VLANs of an account, each with a primary subnet."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer.faults import invalid
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World

_ROUTERS = {"PUBLIC": "fcr01a.dal10", "PRIVATE": "bcr01a.dal10"}
_NETWORKS = {"PUBLIC": "169", "PRIVATE": "10"}


def add_account(world: World, account: int) -> None:
    """Give an account a public and a private VLAN, as its first order does."""
    if any(thing.account == account for thing in world.table("vlans").things.values()):
        return
    for space in _ROUTERS:
        add_vlan(world, account, space)


def add_vlan(world: World, account: int, space: str) -> Thing:
    """Give an account a VLAN with a subnet of 1,024 addresses."""
    number = next(world.numbers)
    router = {"hostname": _ROUTERS[space], "datacenter": {"id": 1441195, "name": "dal10", "longName": "Dallas 10"}}
    record = {
        "id": number,
        "accountId": account,
        "name": "",
        "note": "",
        "vlanNumber": 700 + number % 1000,
        "networkSpace": space,
        "primaryRouter": router,
        "modifyDate": world.timestamp(),
    }
    vlan = world.table("vlans").add(Thing(number, account, record))
    network = f"{_NETWORKS[space]}.{number % 200}.0"
    subnet_number = next(world.numbers)
    subnet = {
        "id": subnet_number,
        "networkIdentifier": f"{network}.0",
        "cidr": 22,
        "gateway": f"{network}.1",
        "broadcastAddress": f"{_NETWORKS[space]}.{number % 200}.3.255",
        "netmask": "255.255.252.0",
        "networkVlanId": number,
        "subnetType": "PRIMARY",
        "addressSpace": space,
        "version": 4,
        "note": "",
        "totalIpAddresses": "1024",
        "usableIpAddressCount": "1021",
        "modifyDate": world.timestamp(),
    }
    world.table("subnets").add(Thing(subnet_number, account, subnet))
    return vlan


def _shown(world: World, vlan: Thing) -> dict[str, Any]:
    subnets = [
        thing.record for thing in world.table("subnets").things.values() if thing.record["networkVlanId"] == vlan.number
    ]
    return {**vlan.record, "subnets": subnets, "subnetCount": len(subnets)}


def vlan(world: World, user: User, call: Call) -> dict[str, Any]:
    return _shown(world, world.table("vlans").own(user, call.id))


def vlans(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [_shown(world, thing) for thing in world.table("vlans").of(user)]


def subnet(world: World, user: User, call: Call) -> dict[str, Any]:
    return world.table("subnets").own(user, call.id).record


def subnets(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [thing.record for thing in world.table("subnets").of(user)]


def free_address(world: World, vlan: Thing, taken: set[str]) -> str:
    """Return an address of a VLAN's subnet that no guest has."""
    (record,) = (
        thing.record for thing in world.table("subnets").things.values() if thing.record["networkVlanId"] == vlan.number
    )
    block = ipaddress.ip_network(f"{record['networkIdentifier']}/{record['cidr']}")
    for host in list(block.hosts())[3:]:
        if str(host) not in taken:
            return str(host)
    raise invalid("There are no free addresses on this VLAN.")


def default_vlan(world: World, account: int, space: str) -> Thing:
    """Return the VLAN that SoftLayer chooses."""
    return next(
        thing
        for thing in world.table("vlans").things.values()
        if thing.account == account and thing.record["networkSpace"] == space
    )


def subnet_of(world: World, vlan: int) -> int:
    """Return the number of a VLAN's subnet."""
    return next(
        thing.number for thing in world.table("subnets").things.values() if thing.record["networkVlanId"] == vlan
    )


def edit_vlan(world: World, user: User, call: Call) -> bool:
    world.table("vlans").own(user, call.id).record.update(call.arguments[0])
    return True


def edit_note(world: World, user: User, call: Call) -> bool:
    world.table("subnets").own(user, call.id).record["note"] = call.arguments[0]
    return True


METHODS = {
    ("Network_Vlan", "getObject"): vlan,
    ("Network_Subnet", "getObject"): subnet,
    ("Network_Vlan", "editObject"): edit_vlan,
    ("Network_Subnet", "editNote"): edit_note,
    ("Account", "getNetworkVlans"): vlans,
    ("Account", "getSubnets"): subnets,
}
