"""What can be ordered: data centers, the package of virtual servers with its presets, and upgrade orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer import global_ips, guests, storage
from tests.fakes.softlayer.catalog import DATACENTERS, PACKAGE, PRESETS
from tests.fakes.softlayer.faults import invalid, not_found
from tests.fakes.softlayer.things import User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World


def packages(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [
        {"id": 200, "keyName": "BARE_METAL_SERVER", "name": "Bare Metal Server", "isActive": 1},
        {"id": PACKAGE, "keyName": "PUBLIC_CLOUD_SERVER", "name": "Public Cloud Server", "isActive": 1},
        storage.PACKAGE,
    ]


def presets(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    if str(call.id) != str(PACKAGE):
        raise not_found(call.id)
    return [
        {
            "id": number,
            "keyName": key_name,
            "name": key_name.replace("_", ".").lower(),
            "description": key_name.replace("_", ".").lower(),
            "isActive": "1",
            "packageId": PACKAGE,
        }
        for number, key_name in PRESETS.items()
    ]


def restricted_presets(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return []


def datacenters(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [{"id": number, "name": name, "longName": long} for number, (name, long) in DATACENTERS.items()]


def place_order(world: World, user: User, call: Call) -> dict[str, Any]:
    (order,) = call.arguments
    kind = order.get("complexType")
    if kind == "SoftLayer_Container_Product_Order_Virtual_Guest_Upgrade":
        _upgrade(world, user, order)
    elif kind == "SoftLayer_Container_Product_Order_Network_Subnet":
        if [price.get("id") for price in order["prices"]] != [global_ips.PRICE]:
            raise invalid("The price of this order is not valid.")
        number = global_ips.order(world, user)
        return {"orderDate": world.timestamp(), "orderId": number, "placedOrder": {"status": "APPROVED"}}
    elif kind == "SoftLayer_Container_Product_Order_Network_Storage_AsAService":
        return storage.order(world, user, order)
    elif kind == "SoftLayer_Container_Product_Order_Network_Storage_AsAService_Upgrade":
        return storage.modify(world, user, order)
    else:
        raise invalid(f"Invalid container for order: {kind}.")
    return {"orderDate": world.timestamp(), "orderId": next(world.numbers), "placedOrder": {"status": "APPROVED"}}


def _upgrade(world: World, user: User, order: dict[str, Any]) -> None:
    if not any(item.get("name") == "MAINTENANCE_WINDOW" for item in order.get("properties", ())):
        raise invalid("A maintenance window must be set for an upgrade.")
    preset = PRESETS.get(order.get("presetId", 0))
    if preset is None:
        raise invalid("The preset of this order is not valid.")
    for item in order["virtualGuests"]:
        guests.upgrade(world, user, item["id"], preset)


def items(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    if str(call.id) != "0":
        raise not_found(call.id)
    return [global_ips.ITEM]


METHODS = {
    ("Product_Package", "getItems"): items,
    ("Product_Package", "getAllObjects"): packages,
    ("Product_Package", "getActivePresets"): presets,
    ("Product_Package", "getAccountRestrictedActivePresets"): restricted_presets,
    ("Location_Datacenter", "getDatacenters"): datacenters,
    ("Product_Order", "placeOrder"): place_order,
}
