"""SoftLayer_Network_Subnet_IpAddress_Global, and the cancellation of what was ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer import guests
from tests.fakes.softlayer.faults import invalid, not_found
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World

PRICE = 9001
ITEM = {
    "id": 4001,
    "capacity": "0",
    "description": "Global IPv4",
    "keyName": "1_GLOBAL_IPV4_ADDRESS",
    "itemCategory": {"categoryCode": "global_ipv4", "id": 331, "name": "Global IPv4"},
    "prices": [
        {"id": PRICE, "recurringFee": "5", "packageReferences": [{"package": {"keyName": "ADDITIONAL_PRODUCTS"}}]}
    ],
}


def order(world: World, user: User) -> int:
    """Sell a global IP, and return the order's number; the IP is there `world.ordering_s` later."""
    number, order_number = next(world.numbers), next(world.numbers)
    address = f"198.51.{number // 250 % 100}.{number % 250 + 2}"
    record = {
        "id": number,
        "ipAddress": {"ipAddress": address, "subnetId": number, "subnet": {"networkIdentifier": address}},
        "billingItem": {"id": number + 700_000, "orderItem": {"order": {"id": order_number}}},
        "target": None,
        "from": world.until(world.ordering_s),
    }
    world.table("global").add(Thing(number, user.account, record))
    return order_number


def _shown(world: World, thing: Thing) -> dict[str, Any]:
    record = {name: value for name, value in thing.record.items() if name not in ("target", "from")}
    target = thing.record["target"]
    guest = guests.with_address(world, thing.account, target) if target else None
    destination = None if target is None else {"ipAddress": target, "virtualGuest": guest}
    return {**record, "destinationIpAddress": destination}


def every(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [_shown(world, thing) for thing in world.table("global").of(user) if world.now() >= thing.record["from"]]


def get(world: World, user: User, call: Call) -> dict[str, Any]:
    return _shown(world, world.table("global").own(user, call.id))


def route(world: World, user: User, call: Call) -> bool:
    thing = world.table("global").own(user, call.id)
    (target,) = call.arguments
    if guests.with_address(world, user.account, target) is None:
        raise invalid("The address to route to does not belong to this account.")
    thing.record["target"] = target
    return True


def unroute(world: World, user: User, call: Call) -> bool:
    world.table("global").own(user, call.id).record["target"] = None
    return True


def cancel(world: World, user: User, call: Call) -> bool:
    for thing in world.table("global").of(user):
        if str(thing.record["billingItem"]["id"]) == str(call.id):
            del world.table("global").things[thing.number]
            return True
    raise not_found(call.id)


_SERVICE = "Network_Subnet_IpAddress_Global"
METHODS = {
    ("Account", "getGlobalIpRecords"): every,
    (_SERVICE, "getObject"): get,
    (_SERVICE, "route"): route,
    (_SERVICE, "unroute"): unroute,
    ("Billing_Item", "cancelService"): cancel,
}
