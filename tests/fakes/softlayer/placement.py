"""SoftLayer_Virtual_PlacementGroup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer import guests
from tests.fakes.softlayer.faults import invalid, missing
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World

_SPREAD = {"id": 1, "keyName": "SPREAD", "name": "SPREAD"}
_ROUTER = {"id": 444, "hostname": "bcr01a.dal10"}


def routers(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    place = {"id": 1441195, "longName": "Dallas 10", "name": "dal10"}
    name = {"fullyQualifiedDomainName": "bcr01a.dal10.softlayer.com", "accountId": 1}
    return [{**_ROUTER, **name, "topLevelLocation": place}]


def rules(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [_SPREAD]


def create(world: World, user: User, call: Call) -> dict[str, Any]:
    (wanted,) = call.arguments
    for name in ("name", "backendRouterId", "ruleId"):
        if not wanted.get(name):
            raise missing(name)
    if wanted["ruleId"] != _SPREAD["id"] or wanted["backendRouterId"] != _ROUTER["id"]:
        raise invalid("Invalid rule or router.")
    number = next(world.numbers)
    record = {
        "id": number,
        "accountId": user.account,
        "name": wanted["name"],
        "ruleId": wanted["ruleId"],
        "backendRouterId": wanted["backendRouterId"],
        "createDate": world.timestamp(),
        "modifyDate": None,
    }
    return world.table("placement").add(Thing(number, user.account, record)).record


def _members(world: World, thing: Thing) -> list[Thing]:
    guests.sweep(world)
    return [
        guest
        for guest in world.table("guests").things.values()
        if str(guest.record["fake"]["placement"]) == str(thing.number)
    ]


def _shown(world: World, thing: Thing) -> dict[str, Any]:
    members = _members(world, thing)
    return {
        **{name: thing.record[name] for name in ("id", "name", "createDate")},
        "guestCount": len(members),
        "guests": [guests.shown(world, guest) for guest in members],
        "rule": _SPREAD,
        "backendRouter": _ROUTER,
    }


def get(world: World, user: User, call: Call) -> dict[str, Any]:
    return _shown(world, world.table("placement").own(user, call.id))


def of_account(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [_shown(world, thing) for thing in world.table("placement").of(user)]


def delete(world: World, user: User, call: Call) -> bool:
    thing = world.table("placement").own(user, call.id)
    if _members(world, thing):
        raise invalid("The placement group is in use: it must be empty to be deleted.")
    del world.table("placement").things[thing.number]
    return True


METHODS = {
    ("Virtual_PlacementGroup", "getAvailableRouters"): routers,
    ("Virtual_PlacementGroup", "createObject"): create,
    ("Virtual_PlacementGroup", "getObject"): get,
    ("Virtual_PlacementGroup", "deleteObject"): delete,
    ("Virtual_PlacementGroup_Rule", "getAllObjects"): rules,
    ("Account", "getPlacementGroups"): of_account,
}
