"""SoftLayer_Dns_Domain and its resource records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer.faults import invalid, missing
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World


def add(world: World, account: int, name: str) -> Thing:
    """Give an account a zone."""
    number = next(world.numbers)
    record = {"id": number, "name": name, "serial": 2026010100, "updateDate": world.timestamp()}
    return world.table("zones").add(Thing(number, account, record))


def zones(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [thing.record for thing in world.table("zones").of(user)]


def records(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    zone = world.table("zones").own(user, call.id)
    return [thing.record for thing in world.table("records").of(user) if thing.record["domainId"] == zone.record["id"]]


def create(world: World, user: User, call: Call) -> dict[str, Any]:
    (wanted,) = call.arguments
    for name in ("domainId", "host", "data", "type", "ttl"):
        if name not in wanted:
            raise missing(name)
    world.table("zones").own(user, wanted["domainId"])
    if wanted["type"] not in ("a", "aaaa", "cname", "mx", "ns", "ptr", "txt"):
        raise invalid(f"Invalid record type: {wanted['type']}.")
    number = next(world.numbers)
    return world.table("records").add(Thing(number, user.account, {"id": number, **wanted})).record


def edit(world: World, user: User, call: Call) -> bool:
    world.table("records").own(user, call.id).record.update(call.arguments[0])
    return True


def delete(world: World, user: User, call: Call) -> bool:
    del world.table("records").things[world.table("records").own(user, call.id).number]
    return True


METHODS = {
    ("Account", "getDomains"): zones,
    ("Dns_Domain", "getResourceRecords"): records,
    ("Dns_Domain_ResourceRecord", "createObject"): create,
    ("Dns_Domain_ResourceRecord", "editObject"): edit,
    ("Dns_Domain_ResourceRecord", "deleteObject"): delete,
}
