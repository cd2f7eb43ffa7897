"""Volumes that servers boot from. LXD's instances have their root disk with them, so such a volume is one.

While no server has it, the volume is an instance that is switched off and has nothing but its root disk: its holder. A
server that boots from it is this same instance, under another name and another id (docs/decisions).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.clouds.lxd.notes import PREFIX, Note, read, written
from jumpgate.clouds.lxd.session import Record

UUID = "volatile.uuid"
NOTE = f"{PREFIX}volume"
# The driver_volume_type of an attachment whose data name the instance that is the volume.
ROOT_TYPE = "lxd-root"
# What stays with the volume when its server goes: its own notes, and what LXD knows of the image.
_ITS_OWN = (NOTE, f"{PREFIX}snapshot.", f"{PREFIX}backup.", "image.", "volatile.")
# It never runs. In a project that has limits LXD takes no instance without limits of its own.
_LEAST = {"limits.cpu": "1", "limits.memory": "1MiB"}
_OF_DEVICES = (".hwaddr", ".host_name", ".name", ".last_state.created")


def volume_id_of(record: Record) -> str | None:
    """Return the id of the volume that an instance's root disk is; None where it is none."""
    # LXD tells nothing of what is on a member of the cluster that is down.
    note = read(record["config"] or {}, "volume")
    return note.get("id")


def is_holder(record: Record) -> bool:
    """Tell whether an instance is a volume that no server has: its own id is the volume's."""
    found = volume_id_of(record)
    return found is not None and record["config"].get(UUID) == found


def name_of(volume_id: str) -> str:
    """Return what a holder is called."""
    return f"volume-{volume_id}"


def root_of(devices: Mapping[str, Mapping[str, str]]) -> tuple[str, dict[str, str]]:
    """Return the name of the root disk among devices, and the device."""
    for name, device in devices.items():
        if device.get("type") == "disk" and device.get("path") == "/":
            return name, dict(device)
    return "root", {}


def emptied(record: Record, volume_id: str) -> dict[str, Any]:
    """Return the body that makes a volume's server its holder again."""
    kept = {
        key: text
        for key, text in record["config"].items()
        if key.startswith(_ITS_OWN) and not (key.startswith("volatile.") and key.endswith(_OF_DEVICES))
    }
    name, root = root_of(record["expanded_devices"])
    return {
        "architecture": record["architecture"],
        "config": {**_LEAST, **kept, UUID: volume_id},
        "description": "",
        "devices": {name: root},
        "ephemeral": False,
        "profiles": [],
    }


def body(
    volume_id: str,
    *,
    note: Note,
    size_gib: int,
    pool: str,
    source: Mapping[str, Any],
    before: Record | None = None,
) -> dict[str, Any]:
    """Return the body of a new holder. `before` is the instance that is copied, of which no configuration stays."""
    config = before["config"] if before is not None else {}
    devices = before["devices"] if before is not None else {}
    hidden = {key: "" for key in config if not key.startswith(("volatile.", "image."))}
    return {
        "name": name_of(volume_id),
        "type": "container",
        "profiles": [],
        "source": dict(source),
        "config": {**hidden, **_LEAST, UUID: volume_id, NOTE: written({**note, "id": volume_id})},
        "devices": {
            **{name: {"type": "none"} for name in devices},
            "root": {"type": "disk", "path": "/", "pool": pool, "size": f"{size_gib}GiB"},
        },
    }
