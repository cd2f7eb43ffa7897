"""SoftLayer_Event_Log."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World


def add(world: World, user: User, name: str, number: int, label: str) -> None:
    """Log what somebody did to an object."""
    record = {
        "accountId": user.account,
        "eventCreateDate": world.now().isoformat(timespec="microseconds"),
        "eventName": name,
        "ipAddress": "127.0.0.1",
        "label": label,
        "metaData": "",
        "objectId": number,
        "objectName": "CCI",
        "traceId": uuid.uuid4().hex[:13],
        "userId": user.number,
        "userType": "CUSTOMER",
        "username": user.name,
    }
    world.table("events").add(Thing(next(world.numbers), user.account, record))


def all_objects(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [thing.record for thing in reversed(world.table("events").of(user))]


METHODS = {("Event_Log", "getAllObjects"): all_objects}
