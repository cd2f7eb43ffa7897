"""The two interfaces of a guest: SoftLayer_Virtual_Guest_Network_Component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer.faults import invalid, not_found
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.world import World

COMPONENTS = {"primaryNetworkComponent": "PUBLIC", "primaryBackendNetworkComponent": "PRIVATE"}
MAX_SPEED = 100


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
    on = thing.record["fake"]["interfaces"][name]
    groups = world.table("groups").things
    return {
        "id": number,
        "macAddress": "06:" + ":".join(f"{number >> shift & 255:02x}" for shift in (32, 24, 16, 8, 0)),
        "primaryIpAddress": address,
        "networkVlan": {"id": on["vlan"]},
        "primaryIpAddressRecord": None if address is None else {"ipAddress": address, "subnetId": on["subnet"]},
        "primaryVersion6IpAddressRecord": thing.record["fake"].get("six") if COMPONENTS[name] == "PUBLIC" else None,
        "status": "ACTIVE" if on["speed"] else "DISABLED",
        "speed": on["speed"],
        "maxSpeed": MAX_SPEED,
        "securityGroupBindings": [
            {"securityGroup": {"id": group, "name": groups[group].record["name"]}}
            for group in thing.record["fake"]["groups"][name]
            if group in groups
        ],
    }


def set_speed(thing: Thing, name: str, speed: int) -> None:
    """Let an interface be as fast, 0 to disconnect it."""
    if speed not in (0, 10, 100, 1000):
        raise invalid("Speed must be 0 (Disconnect), 10, 100, or 1000.")
    if speed > MAX_SPEED:
        raise invalid("You cannot set interface speed greater than max speed.")
    thing.record["fake"]["interfaces"][name]["speed"] = speed
