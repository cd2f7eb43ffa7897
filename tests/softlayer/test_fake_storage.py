"""What the fake answers to changes of volumes and templates has the shape of the SDK's recorded answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xmlrpc.client import Fault

import pytest

from tests.fakes.softlayer import Clock, World, storage
from tests.softlayer.cloud import OTHER, fake_world
from tests.softlayer.test_fake import ask, check_shape, guest_template, recorded

VOLUME, TEMPLATE, ORDER = "Network_Storage", "Virtual_Guest_Block_Device_Template_Group", "Product_Order"
SWIFT, ICOS = {"name": "mine", "uri": "swift://a@dal05/b/c"}, {"name": "mine", "uri": "cos://us/b/c", "ibmApiKey": "k"}
CONTAINER = "SoftLayer_Container_Product_Order_Network_Storage_AsAService"
SOLD = {
    "complexType": CONTAINER,
    "packageId": storage.PACKAGE["id"],
    "location": 1441195,
    "volumeSize": 20,
    "prices": [{"id": 193373}, {"id": 193613}],
    "osFormatType": {"keyName": "LINUX"},
}


@pytest.fixture
def world(clock: Clock) -> World:
    """Return an account that has a guest, a template and a volume with a snapshot."""
    made = fake_world(clock)
    ask(made, "Virtual_Guest", "createObject", guest_template(made))
    ask(made, TEMPLATE, "createFromExternalSource", SWIFT)
    ask(made, ORDER, "placeOrder", SOLD)
    clock.advance(made.provisioning_s)
    ask(made, VOLUME, "createSnapshot", "before", id=number(made, "volumes"))
    return made


def number(world: World, table: str) -> int:
    return world.table(table).of(world.users["alice"])[-1].number


def snapshot(world: World) -> int:
    found: int = world.table("volumes").of(world.users["alice"])[-1].record["fake"]["snapshots"][0]["id"]
    return found


def hosts(world: World) -> list[dict[str, Any]]:
    return [{"id": number(world, "guests"), "objectType": "SoftLayer_Virtual_Guest"}]


def billing(world: World) -> int:
    return number(world, "volumes") + 700_000


def duplicate(world: World) -> dict[str, Any]:
    return {**SOLD, "duplicateOriginVolumeId": number(world, "volumes"), "duplicateOriginSnapshotId": snapshot(world)}


def larger(world: World) -> dict[str, Any]:
    volume = {"volume": {"id": number(world, "volumes")}, "volumeSize": 40}
    return {**SOLD, **volume, "complexType": f"{CONTAINER}_Upgrade"}


def _volume(world: World) -> int:
    return number(world, "volumes")


def _template(world: World) -> int:
    return number(world, "templates")


def _nothing(world: World) -> None:
    return None


Made = Callable[[World], Any]
# By service and method: of what it is asked, and what it is given.
WRITES: Mapping[tuple[str, str], tuple[Made, Made]] = {
    (VOLUME, "editObject"): (_volume, lambda world: {"notes": "mine"}),
    (VOLUME, "deleteObject"): (snapshot, _nothing),
    (VOLUME, "allowAccessFromHostList"): (_volume, hosts),
    (VOLUME, "createSnapshot"): (_volume, lambda world: "again"),
    (VOLUME, "restoreFromSnapshot"): (_volume, snapshot),
    (TEMPLATE, "editObject"): (_template, lambda world: {"note": "mine"}),
    (TEMPLATE, "deleteObject"): (_template, _nothing),
    (TEMPLATE, "setTags"): (_template, lambda world: "a,b"),
    (TEMPLATE, "permitSharingAccess"): (_template, lambda world: OTHER),
    (TEMPLATE, "createFromExternalSource"): (_nothing, lambda world: SWIFT),
    (TEMPLATE, "createFromIcos"): (_nothing, lambda world: ICOS),
    (TEMPLATE, "copyToExternalSource"): (_template, lambda world: SWIFT),
    (TEMPLATE, "copyToIcos"): (_template, lambda world: ICOS),
    (ORDER, "placeOrder"): (_nothing, lambda world: SOLD),
    ("Billing_Item", "cancelItem"): (billing, lambda world: True),
}
UNDONE: Mapping[tuple[str, str], tuple[str, Made, Made]] = {
    (VOLUME, "removeAccessFromHostList"): ("allowAccessFromHostList", _volume, hosts),
    (TEMPLATE, "denySharingAccess"): ("permitSharingAccess", _template, lambda world: OTHER),
}
# The recorded answers of methods that make objects hold little of them.
ALSO: Mapping[tuple[str, str], tuple[Any, ...]] = {
    (VOLUME, "createSnapshot"): (*recorded(VOLUME, "getSnapshots"), recorded(VOLUME, "getObject")),
    (TEMPLATE, "createFromExternalSource"): (recorded(TEMPLATE, "getObject"),),
    (TEMPLATE, "createFromIcos"): (recorded(TEMPLATE, "getObject"),),
    (ORDER, "placeOrder"): (recorded(ORDER, "rsc_placeOrder"),),
}


def test_every_change_of_volumes_and_templates_is_looked_at() -> None:
    known = {name for name in storage.METHODS if not name[1].startswith("get")}
    known |= {name for name in World(Clock()).methods if name[0] == TEMPLATE and not name[1].startswith("get")}

    assert known <= WRITES.keys() | UNDONE.keys()


@pytest.mark.parametrize("name", WRITES, ids="::".join)
def test_a_change_is_answered_in_the_recorded_shape(world: World, name: tuple[str, str]) -> None:
    of, given = WRITES[name]
    argument = given(world)

    answer = ask(world, *name, *([] if argument is None else [argument]), id=of(world))

    check_shape(*name, answer, more=ALSO.get(name, ()))


@pytest.mark.parametrize("name", UNDONE, ids="::".join)
def test_an_undoing_is_answered_in_the_recorded_shape(world: World, name: tuple[str, str]) -> None:
    method, of, given = UNDONE[name]
    ask(world, name[0], method, given(world), id=of(world))

    check_shape(*name, ask(world, *name, given(world), id=of(world)))


@pytest.mark.parametrize("order", [duplicate, larger])
def test_other_orders_are_answered_like_the_first(world: World, order: Made) -> None:
    answer = ask(world, ORDER, "placeOrder", order(world))

    check_shape(ORDER, "placeOrder", answer, more=ALSO[ORDER, "placeOrder"])


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"packageId": 1}, "package"),
        ({"prices": [{"id": 193613}]}, "tier"),
        ({"volumeSize": 0}, "volumeSize"),
        ({"duplicateOriginVolumeId": 1}, "Unable to find"),
    ],
)
def test_an_order_of_storage_is_refused(world: World, more: dict[str, Any], text: str) -> None:
    with pytest.raises(Fault, match=text):
        ask(world, ORDER, "placeOrder", {**SOLD, **more})


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"volumeSize": 10}, "smaller"),
        ({"location": 265592}, "location"),
        ({"duplicateOriginSnapshotId": 1}, "Unable to find"),
    ],
)
def test_a_duplicate_is_refused(world: World, more: dict[str, Any], text: str) -> None:
    with pytest.raises(Fault, match=text):
        ask(world, ORDER, "placeOrder", {**duplicate(world), **more})


def test_a_volume_has_one_transaction_at_a_time_and_never_shrinks(world: World, clock: Clock) -> None:
    ask(world, ORDER, "placeOrder", larger(world))
    with pytest.raises(Fault, match="active transaction"):
        ask(world, VOLUME, "restoreFromSnapshot", snapshot(world), id=number(world, "volumes"))
    clock.advance(world.transaction_s)
    with pytest.raises(Fault, match="reduced"):
        ask(world, ORDER, "placeOrder", {**larger(world), "volumeSize": 20})


def test_what_was_taken_after_a_snapshot_is_lost_when_it_is_restored(world: World) -> None:
    ask(world, VOLUME, "createSnapshot", "later", id=number(world, "volumes"))

    ask(world, VOLUME, "restoreFromSnapshot", snapshot(world), id=number(world, "volumes"))

    (left,) = ask(world, VOLUME, "getObject", id=number(world, "volumes"))["snapshots"]
    assert left["notes"] == "before"


def test_without_space_no_snapshot_is_taken(world: World, clock: Clock) -> None:
    ask(world, ORDER, "placeOrder", {**SOLD, "prices": [{"id": 193373}]})
    clock.advance(world.transaction_s)

    with pytest.raises(Fault, match="Snapshot space"):
        ask(world, VOLUME, "createSnapshot", "x", id=number(world, "volumes"))
