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
    prices = [price["id"] for price in wanted["prices"]]
    number, order_number = next(world.numbers), next(world.numbers)
    origin = _origin(world, user, wanted)
    record = {
        "id": number,
        "accountId": user.account,
        "username": f"SL{user.account}-{number}",
        "capacityGb": wanted["volumeSize"],
        "originalVolumeSize": str(origin["capacityGb"] if origin else wanted["volumeSize"]),
        "createDate": world.timestamp(),
        "notes": "",
        "nasType": "ISCSI",
        "lunId": 2,
        "serviceResourceBackendIpAddress": "10.1.2.3",
        "storageTierLevel": _tier(prices),
        "storageType": {"keyName": "ENDURANCE_BLOCK_STORAGE"},
        "provisionedIops": "100",
        "staasVersion": "2",
        "hasEncryptionAtRest": 1,
        "snapshotCapacityGb": _snapshot_space(prices),
        "replicationPartnerCount": 0,
        "replicationStatus": "",
        "osType": wanted["osFormatType"],
        "serviceResource": {"datacenter": {"id": wanted["location"], "name": DATACENTERS[wanted["location"]][0]}},
        "billingItem": {
            "id": number + 700_000,
            "categoryCode": _CATEGORY,
            "hourlyFlag": wanted.get("useHourlyPricing", False),
            "location": {"id": wanted["location"]},
            "orderItem": {"order": {"id": order_number, "createDate": world.timestamp()}},
        },
        "fake": {"visible_at": world.until(world.transaction_s), "until": world.now(), "then": {}, "snapshots": []},
    }
    world.table("volumes").add(Thing(number, user.account, record))
    return _receipt(world, user, order_number)


def _receipt(world: World, user: User, number: int) -> dict[str, Any]:
    """Keep an order and return its receipt."""
    items = [{"categoryCode": _CATEGORY, "description": "Storage as a Service", "billingItem": None}]
    made = {"id": number, "accountId": user.account, "createDate": world.timestamp(), "status": "APPROVED"}
    world.table("orders").add(Thing(number, user.account, {**made, "items": items}))
    return {"orderDate": world.timestamp(), "orderId": number, "placedOrder": {"status": "APPROVED"}}


def _origin(world: World, user: User, wanted: dict[str, Any]) -> dict[str, Any] | None:
    """Return the volume that an order copies, None for an empty one; refuse what cannot be copied so."""
    if "duplicateOriginVolumeId" not in wanted:
        return None
    record = own(world, user, wanted["duplicateOriginVolumeId"]).record
    snapshot = wanted.get("duplicateOriginSnapshotId")
    if snapshot is not None and snapshot not in [item["id"] for item in record["fake"]["snapshots"]]:
        raise not_found(snapshot)
    if wanted["volumeSize"] < record["capacityGb"]:
        raise invalid("The duplicate volume must not be smaller than the origin volume.")
    if wanted["location"] != record["serviceResource"]["datacenter"]["id"]:
        raise invalid("The duplicate volume must be in the same location as the origin volume.")
    return record


def modify(world: World, user: User, wanted: dict[str, Any]) -> dict[str, Any]:
    """Take an order of another size or tier for a volume, which has it some time later, and another billing item."""
    thing = own(world, user, wanted["volume"]["id"])
    if wanted["volumeSize"] < thing.record["capacityGb"]:
        raise invalid("The size of a volume cannot be reduced.")
    tier = _tier([price["id"] for price in wanted["prices"]])
    order: dict[str, Any] = {"id": next(world.numbers), "createDate": world.timestamp()}
    billing = {**thing.record["billingItem"], "id": next(world.numbers), "orderItem": {"order": order}}
    _begin(world, thing, capacityGb=wanted["volumeSize"], storageTierLevel=tier, billingItem=billing)
    _end_billing(world, thing)
    return _receipt(world, user, order["id"])


def _begin(world: World, thing: Thing, **then: Any) -> None:
    """Begin a transaction, at whose end a volume has other properties; refuse it while there is another."""
    if world.now() < thing.record["fake"]["until"]:
        raise invalid("This action is not allowed because the volume has an active transaction.")
    thing.record["fake"].update(until=world.until(world.transaction_s), then=then)


def _tier(prices: list[int]) -> str:
    for item in SAAS_PACKAGE["items"]:
        tier = _TIERS.get(str(item.get("capacity")))
        if tier and any(price["id"] in prices for price in item["prices"]):
            return tier
    raise invalid("The order has no price of a storage tier.")


def _snapshot_space(prices: list[int]) -> str | None:
    """Return how many GB of snapshot space an order's prices buy, as SoftLayer writes it; None without any."""
    for item in SAAS_PACKAGE["items"]:
        for price in item["prices"]:
            categories = [category["categoryCode"] for category in price["categories"]]
            if price["id"] in prices and "storage_snapshot_space" in categories:
                return str(item["capacity"])
    return None


def _visible(world: World, user: User) -> list[Thing]:
    """Return the volumes of an account that have been made, with what their transactions have come to."""
    found = [thing for thing in world.table("volumes").of(user) if world.now() >= thing.record["fake"]["visible_at"]]
    for thing in found:
        if world.now() >= thing.record["fake"]["until"]:
            thing.record.update(thing.record["fake"]["then"], fake={**thing.record["fake"], "then": {}})
    return found


def own(world: World, user: User, identifier: Any) -> Thing:
    """Return a volume of an account that has been made."""
    for thing in _visible(world, user):
        if str(thing.number) == str(identifier):
            return thing
    raise not_found(identifier)


def _shown(world: World, thing: Thing) -> dict[str, Any]:
    fake = thing.record["fake"]
    record = {name: value for name, value in thing.record.items() if name != "fake"}
    guests.sweep(world)
    allowed = [
        {
            "id": guest.number,
            "globalIdentifier": guest.uuid,
            "hostname": guest.record["hostname"],
            "allowedHost": _host(guest.number),
        }
        for guest in world.table("guests").things.values()
        if thing.number in guest.record["fake"]["volumes"]
    ]
    return {
        **record,
        "activeTransactionCount": int(world.now() < fake["until"]),
        "allowedVirtualGuests": allowed,
        "snapshots": fake["snapshots"],
    }


def _host(number: int) -> dict[str, Any]:
    """Return as whom a guest logs in to its volumes."""
    name = f"iqn.2005-05.com.softlayer:V{number}"
    return {"name": name, "credential": {"username": f"V{number}", "password": f"password of {number}"}}


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
    record = own(world, user, call.id).record
    if record["snapshotCapacityGb"] is None:
        raise invalid("Snapshot space must be ordered before a snapshot can be created.")
    snapshot = {"id": next(world.numbers), "notes": call.arguments[0], "createDate": world.timestamp()}
    record["fake"]["snapshots"].append(snapshot)
    return snapshot


def restore(world: World, user: User, call: Call) -> bool:
    """Begin to restore a volume; what was taken after the snapshot is lost."""
    thing = own(world, user, call.id)
    numbers = [item["id"] for item in thing.record["fake"]["snapshots"]]
    if call.arguments[0] not in numbers:
        raise not_found(call.arguments[0])
    _begin(world, thing)
    del thing.record["fake"]["snapshots"][numbers.index(call.arguments[0]) + 1 :]
    return True


def limits(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    """Return how many volumes an account may have, in all and in one data center."""
    count = len(_visible(world, user))
    return [
        {"datacenterName": "global", "maximumAvailableCount": 700, "provisionedCount": count},
        {"datacenterName": "dal10", "maximumAvailableCount": 200, "provisionedCount": count},
    ]


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
            _end_billing(world, thing)
            return True
    raise not_found(call.id)


def _end_billing(world: World, thing: Thing) -> None:
    """Cancel a volume's billing item, as its order shows."""
    billed = thing.record["billingItem"]
    cancelled = {"id": billed["id"], "cancellationDate": world.timestamp()}
    world.table("orders").things[billed["orderItem"]["order"]["id"]].record["items"][0]["billingItem"] = cancelled


def orders(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [thing.record for thing in world.table("orders").of(user)]


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
    (_SERVICE, "restoreFromSnapshot"): restore,
    (_SERVICE, "getVolumeCountLimits"): limits,
    ("Billing_Order", "getAllObjects"): orders,
}
