"""SoftLayer's virtual guests as servers: which of their properties are asked for, and what they mean."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Iterator

from jumpgate.clouds.softlayer.interfaces import DEFAULT_GROUP
from jumpgate.clouds.softlayer.session import Record
from jumpgate.clouds.softlayer.tags import MASK as TAGS
from jumpgate.clouds.softlayer.tags import read_tags
from jumpgate.clouds.softlayer.templates import ID_MASK as TEMPLATE_MASK
from jumpgate.clouds.softlayer.templates import image_id
from jumpgate.clouds.softlayer.values import EPOCH, at, moment, number, text
from jumpgate.clouds.softlayer.volumes import ORDER_MASK, native_id
from jumpgate.compute.drivers.softlayer import flavors
from jumpgate.compute.drivers.softlayer.notes import Note
from jumpgate.compute.models import (
    NOSTATE,
    PAUSED,
    RUNNING,
    SHUTDOWN,
    SUSPENDED,
    Address,
    AttachedVolume,
    Flavor,
    Server,
)

_COMPONENT = "id,macAddress,primaryIpAddress,securityGroupBindings[securityGroup[id,name]]"
MASK = (
    "mask[id,globalIdentifier,hostname,domain,fullyQualifiedDomainName,createDate,modifyDate,provisionDate,notes,"
    "maxCpu,maxMemory,status[keyName],powerState[keyName],"
    "activeTransaction[id,createDate,transactionStatus[name,friendlyName]],"
    "datacenter[name],primaryIpAddress,primaryBackendIpAddress,"
    f"primaryNetworkComponent[{_COMPONENT},primaryVersion6IpAddressRecord[ipAddress]],"
    f"primaryBackendNetworkComponent[{_COMPONENT}],"
    "blockDevices[device,diskImage[capacity]],"
    f"blockDeviceTemplateGroup[{TEMPLATE_MASK}],allowedNetworkStorage[id,{ORDER_MASK}],"
    "sshKeys[id,label],userData[value],placementGroupId,dedicatedHost[id,name],"
    f"{TAGS},"
    "billingItem[orderItem[preset[keyName],order[userRecord[username]]]]]"
)

PUBLIC, PRIVATE = "public", "private"
_POWER = {"RUNNING": RUNNING, "HALTED": SHUTDOWN, "PAUSED": PAUSED}
_VM_STATES = {"RUNNING": "active", "HALTED": "stopped", "PAUSED": "paused"}
# What a guest's notes say that its power does not: SoftLayer calls a rescued guest running.
_NOTED_STATES = {"PAUSED": "suspended", "RUNNING": "rescued"}
# What a transaction is about, by its status's name: CLOUD_INSTANCE_UPGRADE, RECLAIM_WAIT, ...
_TASKS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), task)
    for pattern, task in (
        (r"RECLAIM|CANCEL|DESTROY", "deleting"),
        (r"UPGRADE|MIGRATE", "resize_migrating"),
        (r"RELOAD", "rebuild_spawning"),
        (r"RESCUE", "rescuing"),
        (r"CAPTURE|ARCHIVE|IMAGE", "image_pending_upload"),
    )
)
_BUILT_IN_ERROR = ("PROVISIONING_FAILED", "ERROR")


def server(guest: Record, project_id: str, domain: str) -> Server:
    """Return a guest of a project as a server; `domain` is the DNS domain that its name does not show."""
    note = Note.read(text(guest, "notes"))
    vm_state, task_state = states(guest, note)
    created = moment(guest, "createDate") or EPOCH
    return Server(
        id=text(guest, "globalIdentifier"),
        name=note.name or host_name(guest, domain),
        project_id=project_id,
        user_id=text(guest, "billingItem.orderItem.order.userRecord.username"),
        vm_state=vm_state,
        task_state=task_state,
        power_state=SUSPENDED if vm_state == "suspended" else _POWER.get(text(guest, "powerState.keyName"), NOSTATE),
        created_at=created,
        updated_at=moment(guest, "modifyDate") or created,
        launched_at=launched_at(guest),
        flavor=flavor(guest, note),
        image_id=image_id(at(guest, "blockDeviceTemplateGroup")),
        progress=100 if vm_state == "active" else 0,
        description=note.description,
        metadata=note.metadata,
        tags=tuple(sorted(read_tags(guest))),
        addresses=tuple(addresses(guest)),
        access_ipv4=note.access_ipv4,
        access_ipv6=note.access_ipv6,
        security_groups=tuple(group for _, group in groups(guest)),
        volumes=tuple(AttachedVolume(id=native_id(item)) for item in at(guest, "allowedNetworkStorage") or ()),
        availability_zone=text(guest, "datacenter.name"),
        host=text(guest, "dedicatedHost.name") or None,
        hypervisor_hostname=text(guest, "dedicatedHost.name") or None,
        key_name=next((text(item, "label") for item in at(guest, "sshKeys") or ()), None),
        locked_by=note.locked_by,
        locked_reason=note.locked_reason,
        hostname=text(guest, "hostname"),
        instance_name=text(guest, "fullyQualifiedDomainName"),
        user_data=_user_data(guest),
        server_groups=tuple(filter(None, [text(guest, "placementGroupId")])),
        root_device_name="/dev/xvda",
    )


def states(guest: Record, note: Note) -> tuple[str, str | None]:
    """Return a guest's vm_state and task_state. One that has not all it needs to run is being built."""
    transaction = text(guest, "activeTransaction.transactionStatus.name")
    power = text(guest, "powerState.keyName")
    if text(guest, "status.keyName") in _BUILT_IN_ERROR:
        return "error", None
    task = next((task for pattern, task in _TASKS if pattern.search(transaction)), None)
    if task == "deleting":
        return _VM_STATES.get(power, "stopped"), task
    if is_half_made(guest):
        return "building", "spawning"
    if note.resized_from and task is None:
        return "resized", None
    noted = _NOTED_STATES.get(power)
    if noted is not None and getattr(note, noted):
        return noted, task
    return _VM_STATES.get(power, "stopped"), task


def is_half_made(guest: Record) -> bool:
    """Tell whether SoftLayer is still making a guest: no address, no power or no end of provisioning yet."""
    if at(guest, "provisionDate") is not None:
        return False
    if at(guest, "activeTransaction.id") is not None or at(guest, "activeTransaction.transactionStatus") is not None:
        return True
    return at(guest, "primaryBackendIpAddress") is None or text(guest, "powerState.keyName") not in _VM_STATES


def launched_at(guest: Record) -> dt.datetime | None:
    """Return when a guest first ran, None for one that is still being made."""
    return None if is_half_made(guest) else moment(guest, "provisionDate") or moment(guest, "createDate")


def host_name(guest: Record, domain: str) -> str:
    """Return a guest's host name, with its domain where that is not the usual one."""
    hostname, own = text(guest, "hostname"), text(guest, "domain")
    return hostname if own in ("", domain) else f"{hostname}.{own}"


def flavor(guest: Record, note: Note) -> Flavor:
    """Return the size of a guest: what it has, under the name of the preset that it was ordered by."""
    key_name = note.flavor or text(guest, "billingItem.orderItem.preset.keyName")
    known = flavors.named(key_name)
    if known is not None:
        return known
    disks = at(guest, "blockDevices") or ()
    root = next((number(item, "diskImage.capacity") for item in disks if text(item, "device") == "0"), 0)
    return flavors.custom(vcpus=number(guest, "maxCpu"), ram_mib=number(guest, "maxMemory"), disk_gib=root)


def addresses(guest: Record) -> Iterator[Address]:
    """Yield a guest's addresses: on the private network, which each has, and on the public one."""
    for network, path, component in (
        (PRIVATE, "primaryBackendIpAddress", "primaryBackendNetworkComponent"),
        (PUBLIC, "primaryIpAddress", "primaryNetworkComponent"),
    ):
        address = text(guest, path)
        if address:
            mac = text(guest, f"{component}.macAddress")
            yield Address(network=network, address=address, version=4, mac_address=mac)
    six = text(guest, "primaryNetworkComponent.primaryVersion6IpAddressRecord.ipAddress")
    if six:
        mac = text(guest, "primaryNetworkComponent.macAddress")
        yield Address(network=PUBLIC, address=six, version=6, mac_address=mac)


def groups(guest: Record) -> list[tuple[str, str]]:
    """Return the ids and names of the security groups that any of a guest's interfaces is in, or of the default one."""
    found = {}
    for component in ("primaryBackendNetworkComponent", "primaryNetworkComponent"):
        for binding in at(guest, f"{component}.securityGroupBindings") or ():
            found[text(binding, "securityGroup.id")] = text(binding, "securityGroup.name")
    return sorted(found.items()) or [(DEFAULT_GROUP, "default")]


def _user_data(guest: Record) -> str | None:
    values = at(guest, "userData") or ()
    given = next((text(item, "value") for item in values if text(item, "value")), None)
    return None if given is None else base64.b64encode(given.encode()).decode()
