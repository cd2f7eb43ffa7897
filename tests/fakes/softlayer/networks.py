"""SoftLayer_Network_Vlan and SoftLayer_Network_Subnet: the VLANs of an account, each with a primary subnet."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer.faults import invalid
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import Method, World

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
    add_subnet(world, vlan)
    return vlan


def add_subnet(world: World, vlan: Thing, kind: str = "PRIMARY") -> Thing:
    """Give a VLAN a subnet of 1,024 addresses; guests get their own from one whose kind is some PRIMARY."""
    number, space = next(world.numbers), vlan.record["networkSpace"]
    network = f"{_NETWORKS[space]}.{number % 200}"
    subnet = {
        "id": number,
        "networkIdentifier": f"{network}.0.0",
        "cidr": 22,
        "gateway": f"{network}.0.1",
        "broadcastAddress": f"{network}.3.255",
        "netmask": "255.255.252.0",
        "networkVlanId": vlan.number,
        "subnetType": kind,
        "addressSpace": space,
        "version": 4,
        "note": "",
        "totalIpAddresses": "1024",
        "usableIpAddressCount": "1021",
        "modifyDate": world.timestamp(),
    }
    return world.table("subnets").add(Thing(number, vlan.account, subnet))


def _shown(world: World, vlan: Thing) -> dict[str, Any]:
    subnets = [
        thing.record for thing in world.table("subnets").things.values() if thing.record["networkVlanId"] == vlan.number
    ]
    return {**vlan.record, "subnets": subnets, "subnetCount": len(subnets), **_tags(vlan)}


def _tags(thing: Thing) -> dict[str, Any]:
    return {"tagReferences": [{"tag": {"name": name}} for name in thing.record.get("tags", ())]}


def vlan(world: World, user: User, call: Call) -> dict[str, Any]:
    return _shown(world, world.table("vlans").own(user, call.id))


def vlans(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [_shown(world, thing) for thing in world.table("vlans").of(user)]


def subnet(world: World, user: User, call: Call) -> dict[str, Any]:
    return _subnet(world, world.table("subnets").own(user, call.id))


def _subnet(world: World, thing: Thing) -> dict[str, Any]:
    vlan = world.table("vlans").things[thing.record["networkVlanId"]].record
    return {**thing.record, "networkVlan": vlan, **_tags(thing)}


def subnets(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [_subnet(world, thing) for thing in world.table("subnets").of(user)]


def chosen_subnet(world: World, vlan: Thing, wanted: Any) -> Thing:
    """Return the subnet that a new guest gets its address from: the wanted one, which has to be on the VLAN."""
    subnets = [
        thing for thing in world.table("subnets").things.values() if thing.record["networkVlanId"] == vlan.number
    ]
    usable = [thing for thing in subnets if thing.record["subnetType"].endswith("PRIMARY")]
    found = [thing for thing in usable if wanted is None or str(thing.number) == str(wanted)]
    if not found:
        raise invalid("The subnet that was specified cannot be used on this VLAN.")
    return found[0]


def free_address(subnet: Thing, taken: set[str]) -> str:
    """Return an address of a subnet that no guest has."""
    block = ipaddress.ip_network(f"{subnet.record['networkIdentifier']}/{subnet.record['cidr']}")
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


def edit_vlan(world: World, user: User, call: Call) -> bool:
    world.table("vlans").own(user, call.id).record.update(call.arguments[0])
    return True


def edit_note(world: World, user: User, call: Call) -> bool:
    world.table("subnets").own(user, call.id).record["note"] = call.arguments[0]
    return True


def tag(table: str) -> Method:
    def run(world: World, user: User, call: Call) -> bool:
        wanted = [name.strip() for name in call.arguments[0].split(",") if name.strip()]
        world.table(table).own(user, call.id).record["tags"] = wanted
        return True

    return run


METHODS = {
    ("Network_Vlan", "setTags"): tag("vlans"),
    ("Network_Subnet", "setTags"): tag("subnets"),
    ("Network_Vlan", "getObject"): vlan,
    ("Network_Subnet", "getObject"): subnet,
    ("Network_Vlan", "editObject"): edit_vlan,
    ("Network_Subnet", "editNote"): edit_note,
    ("Account", "getNetworkVlans"): vlans,
    ("Account", "getSubnets"): subnets,
}
