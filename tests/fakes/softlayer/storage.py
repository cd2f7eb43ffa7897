"""SoftLayer_Network_Storage: volumes that are ordered, made some time later, reached by guests, and cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SoftLayer.fixtures.SoftLayer_Product_Package import SAAS_PACKAGE

from tests.fakes.softlayer import guests
from tests.fakes.softlayer.catalog import DATACENTERS
from tests.fakes.softlayer.faults import invalid, not_found
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World

_CATEGORY = "storage_as_a_service"

# By the capacity of the item that a tier is sold as.
_TIERS = {"200": "READHEAVY_TIER", "300": "WRITEHEAVY_TIER"}


def _item(recorded: dict[str, Any]) -> dict[str, Any]:
    """Return an item of the recorded package, with the lists that a recording leaves out where they are empty."""
    prices = [{"categories": [], **price} for price in recorded["prices"]]
    return {"attributes": [], **recorded, "prices": prices}


# The SDK's recorded package, with what it is found by.
PACKAGE = {
    **SAAS_PACKAGE,
    "items": [_item(item) for item in SAAS_PACKAGE["items"]],
    "keyName": "STORAGE_AS_A_SERVICE",
    "statusCode": "ACTIVE",
    "isActive": 1,
    "categories": [{"categoryCode": _CATEGORY}],
}


def order(world: World, user: User, wanted: dict[str, Any]) -> dict[str, Any]:
    """Take an order of a volume; the volume is there when it has been made."""
    for name in ("packageId", "prices", "location", "volumeSize", "osFormatType"):
        if not wanted.get(name):
            raise invalid(f"The order has no {name}.")
    if wanted["packageId"] != PACKAGE["id"]:
        raise invalid("The package of this order is not valid.")
    number, order_number, datacenter = next(world.numbers), next(world.numbers), DATACENTERS[wanted["location"]][0]
    tier = _tier([price["id"] for price in wanted["prices"]])
    record = {
        "id": number,
        "accountId": user.account,
        "username": f"SL{user.account}-{number}",
        "capacityGb": wanted["volumeSize"],
        "createDate": world.timestamp(),
        "notes": "",
        "nasType": "ISCSI",
        "storageTierLevel": tier,
        "storageType": {"keyName": "ENDURANCE_BLOCK_STORAGE"},
        "osType": wanted["osFormatType"],
        "serviceResource": {"datacenter": {"id": wanted["location"], "name": datacenter}},
        "billingItem": {"id": number + 700_000, "orderItem": {"order": {"id": order_number}}},
        "fake": {"visible_at": world.until(world.transaction_s), "snapshots": []},
    }
    world.table("volumes").add(Thing(number, user.account, record))
    items = [{"categoryCode": _CATEGORY, "description": "Storage as a Service"}]
    made = {"id": order_number, "accountId": user.account, "createDate": world.timestamp(), "status": "APPROVED"}
    world.table("orders").add(Thing(order_number, user.account, {**made, "items": items}))
    return {"orderDate": world.timestamp(), "orderId": order_number, "placedOrder": {"status": "APPROVED"}}


def _tier(prices: list[int]) -> str:
    for item in SAAS_PACKAGE["items"]:
        tier = _TIERS.get(str(item.get("capacity")))
        if tier and any(price["id"] in prices for price in item["prices"]):
            return tier
    raise invalid("The order has no price of a storage tier.")


def _visible(world: World, user: User) -> list[Thing]:
    return [thing for thing in world.table("volumes").of(user) if world.now() >= thing.record["fake"]["visible_at"]]


def own(world: World, user: User, identifier: Any) -> Thing:
    """Return a volume of an account that has been made."""
    for thing in _visible(world, user):
        if str(thing.number) == str(identifier):
            return thing
    raise not_found(identifier)


def _shown(world: World, thing: Thing) -> dict[str, Any]:
    record = {name: value for name, value in thing.record.items() if name != "fake"}
    guests.sweep(world)
    allowed = [
        {"id": guest.number, "globalIdentifier": guest.uuid, "hostname": guest.record["hostname"]}
        for guest in world.table("guests").things.values()
        if thing.number in guest.record["fake"]["volumes"]
    ]
    return {
        **record,
        "activeTransactionCount": 0,
        "allowedVirtualGuests": allowed,
        "snapshots": thing.record["fake"]["snapshots"],
    }


def of_account(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [_shown(world, thing) for thing in _visible(world, user)]


def get(world: World, user: User, call: Call) -> dict[str, Any]:
    return _shown(world, own(world, user, call.id))


def edit(world: World, user: User, call: Call) -> bool:
    for thing in _visible(world, user):
        for snapshot in thing.record["fake"]["snapshots"]:
            if str(snapshot["id"]) == str(call.id):
                snapshot.update(call.arguments[0])
                return True
    own(world, user, call.id).record.update(call.arguments[0])
    return True


def _hosts(world: World, user: User, call: Call) -> list[list[int]]:
    return [guests.own(world, user, host["id"]).record["fake"]["volumes"] for host in call.arguments[0]]


def allow(world: World, user: User, call: Call) -> bool:
    thing = own(world, user, call.id)
    for volumes in _hosts(world, user, call):
        if thing.number in volumes:
            raise invalid("The host is already authorized for this volume.")
        volumes.append(thing.number)
    return True


def remove(world: World, user: User, call: Call) -> bool:
    thing = own(world, user, call.id)
    for volumes in _hosts(world, user, call):
        volumes.remove(thing.number)
    return True


def create_snapshot(world: World, user: User, call: Call) -> dict[str, Any]:
    snapshot = {"id": next(world.numbers), "notes": call.arguments[0], "createDate": world.timestamp()}
    own(world, user, call.id).record["fake"]["snapshots"].append(snapshot)
    return snapshot


def delete(world: World, user: User, call: Call) -> bool:
    for thing in _visible(world, user):
        kept = [item for item in thing.record["fake"]["snapshots"] if str(item["id"]) != str(call.id)]
        if len(kept) < len(thing.record["fake"]["snapshots"]):
            thing.record["fake"]["snapshots"] = kept
            return True
    raise not_found(call.id)


def cancel(world: World, user: User, call: Call) -> bool:
    for thing in _visible(world, user):
        if str(thing.record["billingItem"]["id"]) == str(call.id):
            if _shown(world, thing)["allowedVirtualGuests"]:
                raise invalid("The volume is in use: remove its authorized hosts first.")
            del world.table("volumes").things[thing.number]
            order_number = thing.record["billingItem"]["orderItem"]["order"]["id"]
            world.table("orders").things[order_number].record["status"] = "CANCELLED"
            return True
    raise not_found(call.id)


def get_order(world: World, user: User, call: Call) -> dict[str, Any]:
    return world.table("orders").own(user, call.id).record


_SERVICE = "Network_Storage"
METHODS = {
    ("Account", "getIscsiNetworkStorage"): of_account,
    (_SERVICE, "getObject"): get,
    (_SERVICE, "editObject"): edit,
    (_SERVICE, "deleteObject"): delete,
    (_SERVICE, "allowAccessFromHostList"): allow,
    (_SERVICE, "removeAccessFromHostList"): remove,
    (_SERVICE, "createSnapshot"): create_snapshot,
    ("Billing_Item", "cancelItem"): cancel,
    ("Billing_Order", "getObject"): get_order,
}
