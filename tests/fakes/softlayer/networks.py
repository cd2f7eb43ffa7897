"""SoftLayer_Network_Vlan and SoftLayer_Network_Subnet: the VLANs of an account, each with a primary subnet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World

_ROUTERS = {"PUBLIC": "fcr01a.dal10", "PRIVATE": "bcr01a.dal10"}
_NETWORKS = {"PUBLIC": "169.45", "PRIVATE": "10.0"}


def add_account(world: World, account: int) -> None:
    """Give an account a public and a private VLAN, as its first order does."""
    if any(thing.account == account for thing in world.table("vlans").things.values()):
        return
    for space in _ROUTERS:
        add_vlan(world, account, space)


def add_vlan(world: World, account: int, space: str) -> Thing:
    """Give an account a VLAN with a subnet of 64 addresses."""
    number = next(world.numbers)
    router = {"hostname": _ROUTERS[space], "datacenter": {"id": 1441195, "name": "dal10", "longName": "Dallas 10"}}
    record = {
        "id": number,
        "accountId": account,
        "name": "",
        "vlanNumber": 700 + number % 1000,
        "networkSpace": space,
        "primaryRouter": router,
        "modifyDate": world.timestamp(),
    }
    vlan = world.table("vlans").add(Thing(number, account, record))
    network = f"{_NETWORKS[space]}.{number % 250}"
    subnet_number = next(world.numbers)
    subnet = {
        "id": subnet_number,
        "networkIdentifier": f"{network}.0",
        "cidr": 26,
        "gateway": f"{network}.1",
        "broadcastAddress": f"{network}.63",
        "netmask": "255.255.255.192",
        "networkVlanId": number,
        "subnetType": "PRIMARY",
        "addressSpace": space,
        "version": 4,
        "totalIpAddresses": "64",
        "usableIpAddressCount": "61",
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


METHODS = {
    ("Network_Vlan", "getObject"): vlan,
    ("Network_Subnet", "getObject"): subnet,
    ("Account", "getNetworkVlans"): vlans,
    ("Account", "getSubnets"): subnets,
}
