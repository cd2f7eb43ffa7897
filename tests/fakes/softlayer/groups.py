"""SoftLayer_Network_SecurityGroup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer import guests, interfaces
from tests.fakes.softlayer.faults import invalid, not_found
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World

_REQUEST = {"requestId": "fake"}


def _shown(world: World, thing: Thing) -> dict[str, Any]:
    bindings = [{"networkComponentId": number} for number in _components(world, thing)]
    return {**thing.record, "networkComponentBindings": bindings}


def _components(world: World, group: Thing) -> list[int]:
    return [
        interfaces.component_number(guest, name)
        for guest in world.table("guests").things.values()
        for name, groups in guest.record["fake"]["groups"].items()
        if group.number in groups
    ]


def create(world: World, user: User, call: Call) -> dict[str, Any]:
    (wanted,) = call.arguments
    number = next(world.numbers)
    record = {
        "id": number,
        "name": wanted.get("name", ""),
        "description": wanted.get("description", ""),
        "createDate": world.timestamp(),
        "modifyDate": "",
        "rules": [],
    }
    world.table("groups").add(Thing(number, user.account, record))
    return {name: record[name] for name in ("id", "name", "description", "createDate")}


def get(world: World, user: User, call: Call) -> dict[str, Any]:
    return _shown(world, world.table("groups").own(user, call.id))


def every(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [_shown(world, thing) for thing in world.table("groups").of(user)]


def edit(world: World, user: User, call: Call) -> bool:
    world.table("groups").own(user, call.id).record.update(call.arguments[0])
    return True


def delete(world: World, user: User, call: Call) -> bool:
    thing = world.table("groups").own(user, call.id)
    guests.sweep(world)
    if _components(world, thing):
        raise invalid("The security group is in use by network components.")
    del world.table("groups").things[thing.number]
    return True


def add_rules(world: World, user: User, call: Call) -> dict[str, Any]:
    thing = world.table("groups").own(user, call.id)
    for wanted in call.arguments[0]:
        if wanted.get("direction") not in ("ingress", "egress"):
            raise invalid("A rule's direction is ingress or egress.")
        if wanted.get("remoteGroupId") is not None:
            world.table("groups").own(user, wanted["remoteGroupId"])
        blank = dict.fromkeys(("protocol", "portRangeMin", "portRangeMax", "remoteIp", "remoteGroupId"), "")
        times = {"createDate": world.timestamp(), "modifyDate": ""}
        rule = {"id": next(world.numbers), "ethertype": "IPv4", **blank, **times, **wanted}
        thing.record["rules"].append({**rule, "securityGroupId": thing.number})
    return _REQUEST


def remove_rules(world: World, user: User, call: Call) -> dict[str, Any]:
    thing = world.table("groups").own(user, call.id)
    gone = set(call.arguments[0])
    missing = gone - {rule["id"] for rule in thing.record["rules"]}
    if missing:
        raise not_found(sorted(missing)[0])
    thing.record["rules"] = [rule for rule in thing.record["rules"] if rule["id"] not in gone]
    return _REQUEST


def attach(world: World, user: User, call: Call) -> dict[str, Any]:
    return _bind(world, user, call, joins=True)


def detach(world: World, user: User, call: Call) -> dict[str, Any]:
    return _bind(world, user, call, joins=False)


def _bind(world: World, user: User, call: Call, *, joins: bool) -> dict[str, Any]:
    thing = world.table("groups").own(user, call.id)
    for number in call.arguments[0]:
        bound = interfaces.groups_of_component(world, user, number)
        if joins and thing.number not in bound:
            bound.append(thing.number)
        elif not joins:
            bound.remove(thing.number)
    return _REQUEST


_SERVICE = "Network_SecurityGroup"
METHODS = {
    (_SERVICE, "createObject"): create,
    (_SERVICE, "getObject"): get,
    (_SERVICE, "getAllObjects"): every,
    (_SERVICE, "editObject"): edit,
    (_SERVICE, "deleteObject"): delete,
    (_SERVICE, "addRules"): add_rules,
    (_SERVICE, "removeRules"): remove_rules,
    (_SERVICE, "attachNetworkComponents"): attach,
    (_SERVICE, "detachNetworkComponents"): detach,
}
