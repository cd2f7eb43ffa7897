"""SoftLayer_Virtual_Guest_Block_Device_Template_Group: image templates."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer.faults import forbidden, invalid, missing, not_found
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World

SOFTLAYER = 1
PUBLIC = {"Ubuntu 22.04": "UBUNTU_22_64", "Debian 12": "DEBIAN_12_64"}
# XML-RPC has integers of 32 bits: SoftLayer sends larger numbers as floats.
_SIZE = float(2 * 1024**3)


def add_public(world: World, name: str, system: str) -> Thing:
    """Let everybody see a template."""
    return _add(world, SOFTLAYER, name, f"{system}: as SoftLayer made it", is_public=True, until=world.now())


def add(world: World, user: User, name: str, note: str) -> Thing:
    """Begin to make a template of an account."""
    return _add(world, user.account, name, note, is_public=False, until=world.until(world.transaction_s))


def _add(world: World, account: int, name: str, note: str, *, is_public: bool, until: dt.datetime) -> Thing:
    number, identifier = next(world.numbers), str(uuid.uuid4())
    record = {
        "id": number,
        "globalIdentifier": identifier,
        "accountId": account,
        "name": name,
        "note": note,
        "parentId": "",
        "createDate": world.timestamp(),
        "publicFlag": 1 if is_public else 0.0,
        "tags": [],
        "shared": [account],
        "until": until,
        "exported": False,
    }
    return world.table("templates").add(Thing(number, account, record, identifier))


def shown(world: World, thing: Thing) -> dict[str, Any]:
    """Return a template as SoftLayer has it now."""
    record = dict(thing.record)
    is_ready = world.now() >= thing.record["until"]
    for name in ("tags", "shared", "until", "exported"):
        del record[name]
    return record | {
        "transaction": None if is_ready else {"id": thing.number + 1},
        "blockDevicesDiskSpaceTotal": _SIZE if is_ready or thing.record["exported"] else 0.0,
        "blockDevices": [],
        "children": [{"datacenter": {"name": "dal10"}}],
        "tagReferences": [{"tag": {"name": name}} for name in thing.record["tags"]],
        "accountReferences": [
            {"accountId": account, "createDate": record["createDate"]} for account in thing.record["shared"]
        ],
    }


def visible(world: World, user: User, identifier: Any) -> Thing:
    """Return a template that an account can use."""
    thing = world.table("templates").get(identifier)
    if not thing.record["publicFlag"] and user.account not in thing.record["shared"]:
        raise not_found(identifier)
    return thing


def _own(world: World, user: User, identifier: Any) -> Thing:
    thing = visible(world, user, identifier)
    if thing.account != user.account:
        raise forbidden("change this image template")
    return thing


def get(world: World, user: User, call: Call) -> dict[str, Any]:
    return shown(world, visible(world, user, call.id))


def public(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [shown(world, thing) for thing in world.table("templates").things.values() if thing.record["publicFlag"]]


def private(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [
        shown(world, thing)
        for thing in world.table("templates").things.values()
        if not thing.record["publicFlag"] and user.account in thing.record["shared"]
    ]


def edit(world: World, user: User, call: Call) -> bool:
    record = _own(world, user, call.id).record
    record.update({name: value for name, value in call.arguments[0].items() if name in ("name", "note")})
    return True


def delete(world: World, user: User, call: Call) -> dict[str, Any]:
    del world.table("templates").things[_own(world, user, call.id).number]
    return {}


def set_tags(world: World, user: User, call: Call) -> bool:
    _own(world, user, call.id).record["tags"] = [tag.strip() for tag in call.arguments[0].split(",") if tag.strip()]
    return True


def create(world: World, user: User, call: Call) -> dict[str, Any]:
    (wanted,) = call.arguments
    for name in ("name", "uri"):
        if not wanted.get(name):
            raise missing(name)
    _check_source(call, wanted)
    return shown(world, add(world, user, wanted["name"], wanted.get("note") or ""))


def export(world: World, user: User, call: Call) -> bool:
    """Begin to write a template's disk to object storage; it can be used meanwhile."""
    thing, (wanted,) = _own(world, user, call.id), call.arguments
    if world.now() < thing.record["until"]:
        raise invalid("This action is not allowed because the image template has an active transaction.")
    _check_source(call, wanted)
    thing.record.update(until=world.until(world.transaction_s), exported=True)
    return True


def _check_source(call: Call, wanted: dict[str, Any]) -> None:
    """Refuse a place in the other kind of object storage, and IBM Cloud's without its key."""
    is_icos = call.method.endswith("Icos")
    scheme = "cos://" if is_icos else "swift://"
    if not wanted["uri"].startswith(scheme):
        raise invalid(f"Invalid URI: it must start with {scheme}.")
    if is_icos and not wanted.get("ibmApiKey"):
        raise missing("ibmApiKey")


def permit(world: World, user: User, call: Call) -> bool:
    account = int(call.arguments[0])
    if account not in {item.account for item in world.users.values()}:
        raise invalid("The account to share with does not exist.")
    _own(world, user, call.id).record["shared"].append(account)
    return True


def deny(world: World, user: User, call: Call) -> bool:
    _own(world, user, call.id).record["shared"].remove(int(call.arguments[0]))
    return True


_SERVICE = "Virtual_Guest_Block_Device_Template_Group"
METHODS = {
    (_SERVICE, "getObject"): get,
    (_SERVICE, "getPublicImages"): public,
    (_SERVICE, "editObject"): edit,
    (_SERVICE, "deleteObject"): delete,
    (_SERVICE, "setTags"): set_tags,
    (_SERVICE, "createFromExternalSource"): create,
    (_SERVICE, "createFromIcos"): create,
    (_SERVICE, "copyToIcos"): export,
    (_SERVICE, "copyToExternalSource"): export,
    (_SERVICE, "permitSharingAccess"): permit,
    (_SERVICE, "denySharingAccess"): deny,
    ("Account", "getPrivateBlockDeviceTemplateGroups"): private,
}
