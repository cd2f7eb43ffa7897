"""From an instance's record to the server: states, flavor and addresses as LXD says them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from jumpgate.clouds.lxd.disks import disks, server_id_of
from jumpgate.clouds.lxd.holders import root_of, volume_id_of
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.format import parse_iso
from jumpgate.compute.drivers.lxd import notes
from jumpgate.compute.drivers.lxd.labels import UNREACHABLE
from jumpgate.compute.drivers.lxd.region import ZONE
from jumpgate.compute.models import (
    CRASHED,
    NOSTATE,
    PAUSED,
    RUNNING,
    SHUTDOWN,
    Address,
    AttachedVolume,
    Fault,
    Flavor,
    Server,
)

# By LXD's word for an instance's status.
POWER: Mapping[str, int] = {
    "Running": RUNNING,
    "Ready": RUNNING,
    "Frozen": PAUSED,
    "Stopped": SHUTDOWN,
    "Error": CRASHED,
}
_VM_STATES: Mapping[str, str] = {
    "Running": "active",
    "Ready": "active",
    "Starting": "active",
    "Freezing": "active",
    "Stopping": "active",
    "Aborting": "active",
    "Frozen": "paused",
    "Thawed": "paused",
    "Stopped": "stopped",
    "Error": "error",
    UNREACHABLE: "unknown",
}
# What is noted of a server's state holds while LXD has the instance in this status.
_NOTED_WITH: Mapping[str, str] = {"suspended": "Frozen", "shelved": "Stopped", "shelved_offloaded": "Stopped"}
_INTERRUPTED = "The work on this server was interrupted and nobody goes on with it."
_BYTES: Mapping[str, int] = {
    **{f"{letter}B": 1000**power for power, letter in enumerate("kMGTPE", start=1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGTPE", start=1)},
}
# The flavor of an instance that somebody made with LXD's own tools.
_OTHERS: Mapping[str, Any] = {"id": "lxd", "name": "lxd", "vcpus": 0, "ram_mib": 0, "disk_gib": 0}


def server(record: Record, project_id: str) -> Server:
    """Return the server that an instance is. Its addresses and its host are left out."""
    config: Mapping[str, str] = record["config"]
    task_state, is_dead = notes.task_state(config)
    fault = notes.value(config, "fault", None)
    vm_state = "error" if is_dead else _vm_state(record)
    created_at = time_of(record["created_at"])
    power = POWER.get(record["status"], NOSTATE)
    lock = notes.value(config, "lock", {})
    return Server(
        id=server_id_of(record),
        name=notes.text(config, "name") or record["name"],
        project_id=project_id,
        user_id=notes.text(config, "user") or "",
        vm_state=vm_state,
        task_state=None if is_dead else task_state,
        power_state=NOSTATE if vm_state == "building" else power,
        created_at=created_at,
        updated_at=notes.moment(config, "updated") or created_at,
        launched_at=None if vm_state == "building" else notes.moment(config, "launched") or created_at,
        flavor=flavor(record),
        image_id=notes.text(config, "image"),
        image_properties=notes.value(config, "image_properties", {}),
        scheduler_hints=notes.value(config, "hints", {}),
        description=record.get("description") or None,
        metadata=notes.value(config, "metadata", {}),
        server_groups=tuple(filter(None, (notes.text(config, "group"),))),
        tags=tuple(notes.value(config, "tags", ())),
        access_ipv4=notes.text(config, "access_ipv4") or "",
        access_ipv6=notes.text(config, "access_ipv6") or "",
        volumes=tuple(attached_volumes(record)),
        availability_zone=ZONE,
        pinned_availability_zone=notes.text(config, "zone"),
        config_drive=bool(notes.text(config, "config_drive")),
        disk_config=notes.text(config, "disk_config") or "MANUAL",
        key_name=notes.text(config, "key"),
        locked_by=lock.get("by"),
        locked_reason=lock.get("reason"),
        hostname=notes.text(config, "hostname") or record["name"],
        instance_name=record["name"],
        launch_index=int(notes.text(config, "index") or 0),
        reservation_id=notes.text(config, "reservation") or "",
        root_device_name="/dev/vda",
        user_data=notes.text(config, "user_data"),
        fault=Fault(code=500, message=_INTERRUPTED, created_at=created_at) if is_dead else _fault(fault),
    )


def _vm_state(record: Record) -> str:
    noted = notes.text(record["config"], "state")
    if noted is not None and _NOTED_WITH.get(noted, record["status"]) == record["status"]:
        return noted
    return _VM_STATES.get(record["status"], "error")


def _fault(values: Mapping[str, Any] | None) -> Fault | None:
    if values is None:
        return None
    return Fault(
        code=values["code"],
        message=values["message"],
        details=values.get("details", ""),
        created_at=parse_iso(values["at"]),
    )


def flavor(record: Record) -> Flavor:
    """Return the flavor that a server was made with, in the size that its instance has now; 0 is no limit."""
    known = Flavor(**notes.value(record["config"], "flavor", _OTHERS))
    # Of an instance on a member that is down LXD tells no limits.
    return known if record["status"] == UNREACHABLE else dataclasses.replace(known, **_size(record))


def _size(record: Record) -> dict[str, Any]:
    """Return an instance's limits as a flavor's figures, rounded up; a volume has a size of its own."""
    limits: Mapping[str, str] = record["expanded_config"]
    cores, memory = (limits.get(f"limits.{name}", "") for name in ("cpu", "memory"))
    size = {"vcpus": cores_of(cores), "ram_mib": -(-size_bytes(memory) // 1024**2)}
    if volume_id_of(record) is not None:
        return size
    _, root = root_of(record["expanded_devices"])
    return {**size, "disk_gib": -(-size_bytes(root.get("size", "")) // 1024**3)}


def flavor_note(chosen: Flavor) -> dict[str, Any]:
    """Return a flavor as its server keeps it."""
    values = dataclasses.asdict(chosen)
    return {name: item for name, item in values.items() if not isinstance(item, dt.datetime)}


def cores_of(text: str) -> int:
    """Return how many cores LXD's ``limits.cpu`` gives: ``2``, or those of a set, ``0-1,3``; 0 where it limits none."""
    if not text or text.isdigit():
        return int(text or 0)
    spans = (part.partition("-") for part in text.split(","))
    return sum(int(last or first) - int(first) + 1 for first, _, last in spans)


def size_bytes(text: str) -> int:
    """Return a size as LXD writes it, ``128MiB``; 0 for what is none."""
    for unit, factor in _BYTES.items():
        if text.endswith(unit) and text.removesuffix(unit).isdigit():
            return int(text.removesuffix(unit)) * factor
    return int(text) if text.isdigit() else 0


def attached_volumes(record: Record) -> Iterable[AttachedVolume]:
    """Yield the volumes at an instance, also those that somebody gave it in LXD."""
    for disk in disks(record):
        wish = notes.value(record["config"], notes.disk(disk.volume_id), {})
        yield AttachedVolume(id=disk.volume_id, delete_on_termination=bool(wish.get("delete_on_termination")))


def addresses(record: Record, state: Record) -> tuple[Address, ...]:
    """Return the addresses that an instance's interfaces have now, each on the network that its NIC is on."""
    nics: Mapping[str, Mapping[str, str]] = record["expanded_devices"]
    networks = {device.get("name", key): device.get("network") for key, device in nics.items()}
    return tuple(
        Address(
            network=networks.get(name) or name,
            address=item["address"],
            version=6 if item["family"] == "inet6" else 4,
            mac_address=interface["hwaddr"],
        )
        for name, interface in (state.get("network") or {}).items()
        for item in interface["addresses"]
        if name != "lo" and item["scope"] == "global"
    )


def time_of(text: str) -> dt.datetime:
    """Read one of LXD's times, which have nanoseconds."""
    head, dot, rest = text.removesuffix("Z").partition(".")
    return parse_iso(f"{head}{dot}{rest[:6]}")
