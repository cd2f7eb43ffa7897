"""SoftLayer_Virtual_Guest: virtual servers, which take time to be made, changed and reclaimed."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xmlrpc.client import Fault

from tests.fakes.softlayer import events, interfaces, networks, templates
from tests.fakes.softlayer.catalog import DATACENTERS, PRESETS
from tests.fakes.softlayer.faults import busy, invalid, missing
from tests.fakes.softlayer.things import Thing, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World

_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_PRESET = re.compile(r"[A-Z0-9]+_(\d+)X(\d+)X(\d+)")
# When a guest that is being made has its private, then its public address: shares of the whole time.
_PRIVATE_AT, _PUBLIC_AT = 0.4, 0.7
LONGEST_NOTE = 1000
DEDICATED_CORES = 56
_TAG = re.compile(r"[\w .:+/=@-]+")


def create(world: World, user: User, call: Call) -> dict[str, Any]:
    return shown(world, _make(world, user, call.arguments[0]))


def create_many(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    """Make all guests of one order, or none."""
    made: list[Thing] = []
    try:
        for wanted in call.arguments[0]:
            made.append(_make(world, user, wanted))
    except Fault:
        for thing in made:
            del world.table("guests").things[thing.number]
        raise
    return [shown(world, thing) for thing in made]


def _check(world: World, user: User, wanted: dict[str, Any]) -> None:
    """Refuse what SoftLayer refuses."""
    for name in ("hostname", "domain"):
        if not wanted.get(name):
            raise missing(name)
    if not _LABEL.fullmatch(wanted["hostname"]):
        raise invalid(f"Invalid hostname: {wanted['hostname']}.")
    if not all(_LABEL.fullmatch(part) for part in wanted["domain"].split(".")):
        raise invalid(f"Invalid domain: {wanted['domain']}.")
    if "hourlyBillingFlag" not in wanted:
        raise missing("hourlyBillingFlag")
    _check_size(world, user, wanted)
    image = wanted.get("blockDeviceTemplateGroup", {}).get("globalIdentifier")
    if not image:
        raise missing("operatingSystemReferenceCode or blockDeviceTemplateGroup")
    template = templates.visible(world, user, image)
    if world.now() < template.record["until"]:
        raise invalid("The image template has an active transaction.")
    zone = wanted.get("datacenter", {}).get("name", "dal10")
    if zone not in {name for name, _ in DATACENTERS.values()}:
        raise invalid(f"Invalid location: {zone}.")
    for key in wanted.get("sshKeys", ()):
        world.table("keys").own(user, key["id"])


def _check_size(world: World, user: User, wanted: dict[str, Any]) -> None:
    """Refuse what is neither a preset nor, on a dedicated host of the account's, a size that is left there."""
    preset = wanted.get("supplementalCreateObjectOptions", {}).get("flavorKeyName")
    if "dedicatedHost" not in wanted:
        if preset not in PRESETS.values():
            raise invalid(f"Invalid flavor: {preset}.")
        return
    if preset is not None:
        raise invalid("A flavor cannot be ordered on a dedicated host.")
    for name in ("startCpus", "maxMemory", "localDiskFlag", "blockDevices"):
        if name not in wanted:
            raise missing(name)
    host = world.table("dedicated").own(user, wanted["dedicatedHost"]["id"])
    if wanted["startCpus"] > DEDICATED_CORES - sum(guest.record["maxCpu"] for guest in _on(world, host)):
        raise invalid("The dedicated host has not enough capacity left.")


def _on(world: World, host: Thing) -> list[Thing]:
    known = world.table("guests").things
    return [known[number] for number in host.record["guests"] if number in known]


def _host(world: World, thing: Thing) -> dict[str, Any] | None:
    """Return the dedicated host that a guest is on."""
    hosts = world.table("dedicated").things.values()
    found = next((host for host in hosts if thing.number in host.record["guests"]), None)
    return None if found is None else {name: found.record[name] for name in ("id", "name")}


def _make(world: World, user: User, wanted: dict[str, Any]) -> Thing:
    _check(world, user, wanted)
    number, identifier = next(world.numbers), str(uuid.uuid4())
    preset = wanted.get("supplementalCreateObjectOptions", {}).get("flavorKeyName")
    cores, ram, disk = _size(preset) if preset else _parts(wanted)
    record = {
        "id": number,
        "globalIdentifier": identifier,
        "accountId": user.account,
        "hostname": wanted["hostname"],
        "domain": wanted["domain"],
        "createDate": world.timestamp(),
        "modifyDate": "",
        "notes": "",
        "maxCpu": cores,
        "maxMemory": ram,
        "hourlyBillingFlag": wanted["hourlyBillingFlag"],
        "privateNetworkOnlyFlag": bool(wanted.get("privateNetworkOnlyFlag")),
    }
    thing = Thing(number, user.account, record, identifier)
    thing.record["fake"] = {
        "made_at": world.now(),
        "ready_at": world.until(world.provisioning_s),
        "power": "RUNNING",
        "transaction": None,
        "tags": [],
        "disk": disk,
        "template": wanted["blockDeviceTemplateGroup"]["globalIdentifier"],
        "keys": [key["id"] for key in wanted.get("sshKeys", ())],
        "user_data": wanted.get("userData", []),
        "zone": wanted.get("datacenter", {}).get("name", "dal10"),
        "preset": preset,
        "user": user.name,
        "volumes": [],
        "groups": {},
        "interfaces": {},
        "placement": wanted.get("placementGroupId"),
        "password": secrets.token_urlsafe(6),
    }
    taken = {address for other in world.table("guests").things.values() for address in _addresses(other)}
    for name, space in interfaces.COMPONENTS.items():
        chosen = wanted.get(name, {}).get("networkVlan", {})
        own = world.table("vlans")
        vlan = own.own(user, chosen["id"]) if chosen else networks.default_vlan(world, user.account, space)
        subnet = networks.chosen_subnet(world, vlan, chosen.get("primarySubnet", {}).get("id"))
        address = networks.free_address(subnet, taken)
        on = {"vlan": vlan.number, "subnet": subnet.number, "address": address, "speed": interfaces.MAX_SPEED}
        thing.record["fake"]["interfaces"][name] = on
        bindings = wanted.get(name, {}).get("securityGroupBindings", ())
        thing.record["fake"]["groups"][name] = [item["securityGroup"]["id"] for item in bindings]
    world.table("guests").add(thing)
    if "dedicatedHost" in wanted:
        world.table("dedicated").own(user, wanted["dedicatedHost"]["id"]).record["guests"].append(number)
    events.add(world, user, "Create", number, wanted["hostname"])
    return thing


def _parts(wanted: dict[str, Any]) -> tuple[int, int, int]:
    """Return the cores, the MiB of memory and the GB of the first disk of a guest that is ordered by its parts."""
    (disk,) = (item["diskImage"]["capacity"] for item in wanted["blockDevices"] if item["device"] == "0")
    return wanted["startCpus"], wanted["maxMemory"], disk


def _size(preset: str) -> tuple[int, int, int]:
    parts = _PRESET.match(preset)
    assert parts is not None
    cores, ram, disk = map(int, parts.groups())
    return cores, ram * 1024, disk


def transaction(world: World, thing: Thing) -> dict[str, Any] | None:
    """Return what SoftLayer is doing to a guest, None where it does nothing."""
    fake = thing.record["fake"]
    if world.now() < fake["ready_at"]:
        return _transaction(world, thing, "CLOUD_PROVISION_SETUP", "Provisioning")
    under_way = fake["transaction"]
    if under_way is None or world.now() >= under_way[1]:
        return None
    return _transaction(world, thing, under_way[0], under_way[0].replace("_", " ").title())


def _transaction(world: World, thing: Thing, name: str, friendly: str) -> dict[str, Any]:
    status = {"name": name, "friendlyName": friendly}
    return {"id": thing.number + 500_000, "createDate": world.timestamp(), "transactionStatus": status}


def shown(world: World, thing: Thing) -> dict[str, Any]:
    """Return a guest as SoftLayer has it now."""
    fake = thing.record["fake"]
    record = {name: value for name, value in thing.record.items() if name != "fake"}
    elapsed = (world.now() - fake["made_at"]).total_seconds()
    is_ready = world.now() >= fake["ready_at"]
    private = elapsed >= world.provisioning_s * _PRIVATE_AT
    public = elapsed >= world.provisioning_s * _PUBLIC_AT and not record["privateNetworkOnlyFlag"]
    power = fake["power"] if is_ready else "HALTED"
    status = "DISCONNECTED" if fake["transaction"] and fake["transaction"][0] == "RECLAIM_WAIT" else "ACTIVE"
    volumes = world.table("volumes").things
    addresses = {
        "primaryBackendIpAddress": fake["interfaces"]["primaryBackendNetworkComponent"]["address"] if private else None,
        "primaryIpAddress": fake["interfaces"]["primaryNetworkComponent"]["address"] if public else None,
    }
    return (
        record
        | addresses
        | {
            "fullyQualifiedDomainName": f"{record['hostname']}.{record['domain']}",
            "provisionDate": fake["ready_at"].isoformat(timespec="seconds") if is_ready else "",
            "status": {"keyName": status, "name": status.title()},
            "powerState": {"keyName": power, "name": power.title()},
            "activeTransaction": transaction(world, thing),
            "datacenter": {"id": 1441195, "name": fake["zone"], "longName": fake["zone"], "description": fake["zone"]},
            "primaryNetworkComponent": None
            if record["privateNetworkOnlyFlag"]
            else interfaces.shown(world, thing, "primaryNetworkComponent", addresses["primaryIpAddress"]),
            "primaryBackendNetworkComponent": interfaces.shown(
                world, thing, "primaryBackendNetworkComponent", addresses["primaryBackendIpAddress"]
            ),
            "blockDevices": _disks(thing),
            "blockDeviceTemplateGroup": templates.brief(world, fake["template"]),
            "allowedNetworkStorage": [
                {
                    name: volumes[number].record[name]
                    for name in ("id", "username", "capacityGb", "notes", "billingItem")
                }
                for number in fake["volumes"]
            ],
            "sshKeys": [
                world.table("keys").things[key].record for key in fake["keys"] if key in world.table("keys").things
            ],
            "userData": fake["user_data"],
            "tagReferences": [{"tag": {"name": tag}} for tag in fake["tags"]],
            "placementGroupId": fake["placement"],
            "dedicatedHost": _host(world, thing),
            "operatingSystem": _system(thing) if is_ready else None,
            "billingItem": {
                "id": thing.number + 700_000,
                "orderItem": {
                    "preset": {"keyName": fake["preset"]} if fake["preset"] else None,
                    "order": {"userRecord": {"username": fake["user"]}},
                },
            },
        }
    )


def _system(thing: Thing) -> dict[str, Any]:
    """Return the operating system: a template of nobody knows what has no password that SoftLayer knows of."""
    password = thing.record["fake"]["password"]
    known = [{"id": thing.number + 900_000, "username": "root", "password": password}] if password else []
    return {"id": thing.number + 800_000, "passwords": known}


def with_address(world: World, account: int, address: str) -> dict[str, Any] | None:
    """Return the guest of an account that has a public address."""
    for thing in world.table("guests").things.values():
        if thing.account == account and address in _addresses(thing):
            return shown(world, thing)
    return None


def _addresses(thing: Thing) -> list[str]:
    return [item["address"] for item in thing.record["fake"]["interfaces"].values()]


def _disks(thing: Thing) -> list[dict[str, Any]]:
    first = {"id": thing.number * 10, "capacity": thing.record["fake"]["disk"], "metadataFlag": False}
    swap = {"id": thing.number * 10 + 1, "capacity": 2, "metadataFlag": False, "type": {"keyName": "SWAP"}}
    return [
        {
            "id": thing.number * 10,
            "device": "0",
            "mountType": "Disk",
            "diskImage": first | {"type": {"keyName": "SYSTEM"}},
        },
        {"id": thing.number * 10 + 1, "device": "1", "mountType": "Disk", "diskImage": swap},
    ]


def sweep(world: World) -> None:
    """Forget the guests that have been reclaimed."""
    table = world.table("guests")
    for number, thing in list(table.things.items()):
        under_way = thing.record["fake"]["transaction"]
        if under_way and under_way[0] == "RECLAIM_WAIT" and world.now() >= under_way[1]:
            del table.things[number]


def own(world: World, user: User, identifier: Any) -> Thing:
    """Return a guest of an account that there still is."""
    sweep(world)
    return world.table("guests").own(user, identifier)


def idle(world: World, user: User, identifier: Any) -> Thing:
    """Return a guest that nothing is being done to."""
    thing = own(world, user, identifier)
    if transaction(world, thing) is not None:
        raise busy()
    return thing


def get(world: World, user: User, call: Call) -> dict[str, Any]:
    return shown(world, own(world, user, call.id))


def of_account(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    sweep(world)
    return [shown(world, thing) for thing in world.table("guests").of(user)]


def edit(world: World, user: User, call: Call) -> bool:
    thing = own(world, user, call.id)
    changes = call.arguments[0]
    unknown = changes.keys() - {"hostname", "domain", "notes"}
    if unknown:
        raise invalid(f"Property '{sorted(unknown)[0]}' cannot be edited.")
    if len(changes.get("notes", "")) > LONGEST_NOTE:
        raise invalid(f"Notes cannot be longer than {LONGEST_NOTE} characters.")
    if "hostname" in changes and not _LABEL.fullmatch(changes["hostname"]):
        raise invalid(f"Invalid hostname: {changes['hostname']}.")
    thing.record.update(changes)
    thing.record["modifyDate"] = world.timestamp()
    return True


def delete(world: World, user: User, call: Call) -> bool:
    thing = own(world, user, call.id)
    under_way = transaction(world, thing)
    if under_way and under_way["transactionStatus"]["name"] == "RECLAIM_WAIT":
        raise invalid("The virtual guest is being cancelled already.")
    thing.record["fake"]["ready_at"] = min(thing.record["fake"]["ready_at"], world.now())
    _begin(world, user, thing, "RECLAIM_WAIT", "Cancel")
    return True


def _begin(world: World, user: User, thing: Thing, name: str, event: str) -> None:
    thing.record["fake"]["transaction"] = (name, world.until(world.transaction_s))
    events.add(world, user, event, thing.number, thing.record["hostname"])


def _power(before: tuple[str, ...], after: str, event: str) -> Callable[[World, User, Call], bool]:
    def run(world: World, user: User, call: Call) -> bool:
        thing = idle(world, user, call.id)
        fake = thing.record["fake"]
        if fake["power"] not in before:
            raise invalid(f"The virtual guest must be {' or '.join(before).lower()} for this action.")
        fake["power"] = after
        events.add(world, user, event, thing.number, thing.record["hostname"])
        return True

    return run


def set_tags(world: World, user: User, call: Call) -> bool:
    tags = [tag.strip() for tag in call.arguments[0].split(",") if tag.strip()]
    for tag in tags:
        if not _TAG.fullmatch(tag):
            raise invalid(f"Invalid tag name: {tag}.")
    own(world, user, call.id).record["fake"]["tags"] = tags
    return True


def upgrade(world: World, user: User, identifier: Any, preset: str) -> None:
    """Give a guest another preset, by an order."""
    thing = idle(world, user, identifier)
    cores, ram, disk = _size(preset)
    if disk < thing.record["fake"]["disk"]:
        raise invalid("The first disk cannot be downgraded.")
    thing.record.update(maxCpu=cores, maxMemory=ram)
    thing.record["fake"]["disk"] = disk
    _begin(world, user, thing, "CLOUD_INSTANCE_UPGRADE", "Upgrade")


def set_user_data(world: World, user: User, call: Call) -> list[str]:
    """Write the drive from which a guest reads its user data; there is one value, which may be empty."""
    (values,) = call.arguments
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise invalid("Metadata must be a list of strings.")
    idle(world, user, call.id).record["fake"]["user_data"] = [{"value": value} for value in values if value]
    return values


def reload(world: World, user: User, call: Call) -> str:
    token, config = call.arguments
    if token != "FORCE":
        raise invalid("A confirmation token is needed.")
    thing = idle(world, user, call.id)
    image = config.get("imageTemplateId")
    if image is not None:
        thing.record["fake"]["template"] = templates.visible(world, user, image).uuid
    keys = config.get("sshKeyIds", [])
    thing.record["fake"]["keys"] = [world.table("keys").own(user, key).number for key in keys]
    thing.record["fake"]["power"] = "RUNNING"
    thing.record["fake"]["password"] = secrets.token_urlsafe(6)
    _begin(world, user, thing, "CLOUD_RELOAD_OS", "OS Reload")
    return "1"


def rescue(world: World, user: User, call: Call) -> bool:
    thing = idle(world, user, call.id)
    thing.record["fake"]["power"] = "RUNNING"
    _begin(world, user, thing, "CLOUD_RESCUE_LAYER", "Rescue")
    return True


def archive(world: World, user: User, call: Call) -> dict[str, Any]:
    name, devices, note = call.arguments
    thing = idle(world, user, call.id)
    if not devices:
        raise invalid("At least one block device must be given.")
    template = templates.add(world, user, name, note or "")
    _begin(world, user, thing, "CLOUD_CAPTURE_IMAGE", "Create Image Template")
    return {
        "createDate": world.timestamp(),
        "elapsedSeconds": 0,
        "guestId": thing.number,
        "hardwareId": None,
        "id": template.number,
        "modifyDate": world.timestamp(),
        "statusChangeDate": world.timestamp(),
        "globalIdentifier": template.uuid,
    }


def _speed(name: str) -> Callable[[World, User, Call], bool]:
    def run(world: World, user: User, call: Call) -> bool:
        thing = idle(world, user, call.id)
        interfaces.set_speed(thing, name, call.arguments[0])
        return True

    return run


_RUNNING, _HALTED, _PAUSED = ("RUNNING",), ("HALTED",), ("PAUSED",)
_SERVICE = "Virtual_Guest"
METHODS = {
    (_SERVICE, "createObject"): create,
    (_SERVICE, "createObjects"): create_many,
    (_SERVICE, "getObject"): get,
    (_SERVICE, "editObject"): edit,
    (_SERVICE, "deleteObject"): delete,
    (_SERVICE, "setTags"): set_tags,
    (_SERVICE, "setUserMetadata"): set_user_data,
    (_SERVICE, "powerOn"): _power(_HALTED, "RUNNING", "Power On"),
    (_SERVICE, "powerOff"): _power(_RUNNING, "HALTED", "Power Off"),
    (_SERVICE, "powerOffSoft"): _power(_RUNNING, "HALTED", "Soft Power Off"),
    (_SERVICE, "rebootSoft"): _power(_RUNNING, "RUNNING", "Soft Reboot"),
    (_SERVICE, "rebootHard"): _power((*_RUNNING, *_HALTED, *_PAUSED), "RUNNING", "Hard Reboot"),
    (_SERVICE, "pause"): _power(_RUNNING, "PAUSED", "Pause"),
    (_SERVICE, "resume"): _power(_PAUSED, "RUNNING", "Resume"),
    (_SERVICE, "reloadOperatingSystem"): reload,
    (_SERVICE, "executeRescueLayer"): rescue,
    (_SERVICE, "setPublicNetworkInterfaceSpeed"): _speed("primaryNetworkComponent"),
    (_SERVICE, "setPrivateNetworkInterfaceSpeed"): _speed("primaryBackendNetworkComponent"),
    (_SERVICE, "createArchiveTemplate"): archive,
    ("Account", "getVirtualGuests"): of_account,
}
