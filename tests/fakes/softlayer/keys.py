"""SoftLayer_Security_Ssh_Key."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer.faults import invalid, missing
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World


def create(world: World, user: User, call: Call) -> dict[str, Any]:
    (wanted,) = call.arguments
    for name in ("label", "key"):
        if not wanted.get(name):
            raise missing(name)
    mine = world.table("keys").of(user)
    if any(thing.record["key"] == wanted["key"] for thing in mine):
        raise invalid("SSH key already exists.")
    number = next(world.numbers)
    record = {
        "id": number,
        "label": wanted["label"],
        "key": wanted["key"],
        "notes": wanted.get("notes", ""),
        "fingerprint": _fingerprint(wanted["key"]),
        "createDate": world.timestamp(),
        "modifyDate": "",
    }
    return world.table("keys").add(Thing(number, user.account, record)).record


def _fingerprint(key: str) -> str:
    try:
        digest = hashlib.md5(base64.b64decode(key.split()[1]), usedforsecurity=False).hexdigest()
    except (IndexError, ValueError):
        raise invalid("Invalid SSH key.") from None
    return ":".join(digest[place : place + 2] for place in range(0, 32, 2))


def get(world: World, user: User, call: Call) -> dict[str, Any]:
    return world.table("keys").own(user, call.id).record


def delete(world: World, user: User, call: Call) -> bool:
    del world.table("keys").things[world.table("keys").own(user, call.id).number]
    return True


def of_account(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [thing.record for thing in world.table("keys").of(user)]


METHODS = {
    ("Security_Ssh_Key", "createObject"): create,
    ("Security_Ssh_Key", "getObject"): get,
    ("Security_Ssh_Key", "deleteObject"): delete,
    ("Account", "getSshKeys"): of_account,
}
