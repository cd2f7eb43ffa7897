"""SoftLayer_Virtual_Guest_Block_Device_Template_Group: image templates."""

from __future__ import annotations

import datetime as dt
import re
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
_SYSTEM = re.compile(r"[A-Z]+_[A-Z0-9.-]+_(32|64)|[A-Z]+_LATEST")
_ACTIVE = {"keyName": "ACTIVE", "name": "Active"}
_FAILED = {"keyName": "FAILED", "name": "Failed"}
_INTERNAL = ("tags", "shared", "until", "exported", "disk")


def add_public(world: World, name: str, system: str) -> Thing:
    """Let everybody see a template."""
    return _add(world, SOFTLAYER, name, f"{system}: as SoftLayer made it", is_public=True, until=world.now())


def add(world: World, user: User, name: str, note: str, *, disk: float = _SIZE) -> Thing:
    """Begin to make a template of an account; `disk` is how many bytes there are to be, 0 where it must fail."""
    until = world.until(world.transaction_s)
    return _add(world, user.account, name, note, is_public=False, until=until, disk=disk)


def _add(
    world: World, account: int, name: str, note: str, *, is_public: bool, until: dt.datetime, disk: float = _SIZE
) -> Thing:
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
        "disk": disk,
    }
    return world.table("templates").add(Thing(number, account, record, identifier))


def shown(world: World, thing: Thing) -> dict[str, Any]:
    """Return a template as SoftLayer has it now."""
    record = dict(thing.record)
    is_ready = world.now() >= thing.record["until"]
    for name in _INTERNAL:
        del record[name]
    return record | {
        "transaction": None if is_ready else {"id": thing.number + 1},
        "status": _FAILED if is_ready and not thing.record["disk"] else _ACTIVE,
        "blockDevicesDiskSpaceTotal": thing.record["disk"] if is_ready or thing.record["exported"] else 0.0,
        "blockDevices": [],
        "children": [{"datacenter": {"name": "dal10"}}],
        "tagReferences": [{"tag": {"name": name}} for name in thing.record["tags"]],
        "accountReferences": [
            {"accountId": account, "createDate": record["createDate"]} for account in thing.record["shared"]
        ],
    }


def brief(world: World, identifier: str) -> dict[str, Any]:
    """Return what a guest tells of the template that it was made of, which may be gone."""
    thing = world.table("templates").find(identifier)
    told = {} if thing is None else {name: thing.record[name] for name in ("accountId", "note")}
    return {"globalIdentifier": identifier, **told}


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
    system = wanted.get("operatingSystemReferenceCode")
    if system and not _SYSTEM.fullmatch(system):
        raise invalid(f"Invalid operating system reference code: {system}.")
    return shown(world, add(world, user, wanted["name"], wanted.get("note") or "", disk=_disk(world, wanted)))


def _disk(world: World, wanted: dict[str, Any]) -> float:
    """Return how many bytes a disk in object storage has, 0 where it is none; refuse what is not there."""
    if world.objects is None:
        return _SIZE
    data = world.objects(wanted["uri"], wanted.get("ibmApiKey", ""))
    if data is None:
        raise invalid("Unable to read the image file: it is not there, or the API key does not open it.")
    return float(len(data)) if _is_disk(wanted["uri"], data) else 0.0


def _is_disk(uri: str, data: bytes) -> bool:
    """Tell whether a file is what its name says."""
    if uri.endswith(".vhd"):
        return data[-512:].startswith(b"conectix")
    return data[32769:32774] == b"CD001" if uri.endswith(".iso") else bool(data)


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
        raise invalid("Template configuration uri specified an invalid network storage service resource protocol.")
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
