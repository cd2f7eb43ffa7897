"""SoftLayer_Virtual_DedicatedHost: machines that an account has for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer import guests
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World

CORES, MEMORY_GB, DISK_GB = guests.DEDICATED_CORES, 242, 1200


def add(world: World, account: int, name: str) -> Thing:
    """Rent a host for an account."""
    number = next(world.numbers)
    record = {"id": number, "name": name, "createDate": world.timestamp(), "guests": []}
    return world.table("dedicated").add(Thing(number, account, record))


def place(world: World, host: Thing, guest: Any) -> None:
    """Put a guest on a host, as an operator of SoftLayer's would."""
    host.record["guests"].append(world.table("guests").get(guest).number)


def _shown(world: World, host: Thing) -> dict[str, Any]:
    guests.sweep(world)
    known = world.table("guests").things
    here = [known[number] for number in host.record["guests"] if number in known]
    used = {
        "cpuAllocated": sum(guest.record["maxCpu"] for guest in here),
        "memoryAllocated": sum(guest.record["maxMemory"] // 1024 for guest in here),
        "diskAllocated": sum(guest.record["fake"]["disk"] for guest in here),
    }
    return {
        **host.record,
        "cpuCount": CORES,
        "memoryCapacity": MEMORY_GB,
        "diskCapacity": DISK_GB,
        "modifyDate": "",
        "datacenter": {"id": 1441195, "name": "dal10", "longName": "Dallas 10"},
        "allocationStatus": used,
        "guestCount": len(here),
        "guests": [guests.shown(world, guest) for guest in here],
    }


def of_account(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [_shown(world, host) for host in world.table("dedicated").of(user)]


METHODS = {("Account", "getDedicatedHosts"): of_account}
