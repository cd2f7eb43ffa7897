"""The two interfaces of a guest: SoftLayer_Virtual_Guest_Network_Component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer import networks
from tests.fakes.softlayer.faults import not_found
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.world import World

COMPONENTS = {"primaryNetworkComponent": "PUBLIC", "primaryBackendNetworkComponent": "PRIVATE"}


def component_number(thing: Thing, name: str) -> int:
    """Return the number of one of a guest's two interfaces."""
    return thing.number * 10 + (1 if name == "primaryNetworkComponent" else 0)


def groups_of_component(world: World, user: User, number: int) -> list[int]:
    """Return the list of the groups that an interface is in, to be changed."""
    for thing in world.table("guests").of(user):
        for name in COMPONENTS:
            if component_number(thing, name) == number:
                groups: list[int] = thing.record["fake"]["groups"][name]
                return groups
    raise not_found(number)


def shown(world: World, thing: Thing, name: str, address: str | None) -> dict[str, Any]:
    """Return an interface as SoftLayer has it now; its address is one that it has already."""
    number = component_number(thing, name)
    vlan = thing.record["fake"]["interfaces"][name]["vlan"]
    groups = world.table("groups").things
    return {
        "id": number,
        "macAddress": "06:" + ":".join(f"{number >> shift & 255:02x}" for shift in (32, 24, 16, 8, 0)),
        "primaryIpAddress": address,
        "networkVlan": {"id": vlan},
        "primaryIpAddressRecord": None
        if address is None
        else {"ipAddress": address, "subnetId": networks.subnet_of(world, vlan)},
        "speed": 100,
        "maxSpeed": 100,
        "securityGroupBindings": [
            {"securityGroup": {"id": group, "name": groups[group].record["name"]}}
            for group in thing.record["fake"]["groups"][name]
            if group in groups
        ],
    }
