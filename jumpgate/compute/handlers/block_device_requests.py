"""Which disks a new server asks for: both of Nova's formats, what an image brings along, and what must hold for them.

Source: the API reference, "Create Server" (`block_device_mapping_v2`), and Nova's ``block_device.py``; the messages
are Nova's.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.siblings import find, sibling
from jumpgate.compute.models import BlockDevice, Flavor
from jumpgate.compute.schemas.parameters import truth

_INVALID = "Block Device Mapping is Invalid: "
_BOOT_SEQUENCE = _INVALID + "Boot sequence for the instance and image/block device mapping combination is not valid."
_EPHEMERAL = (
    "Ephemeral disks requested are larger than the instance type allows. If no size is given in one block device "
    "mapping, flavor ephemeral size will be used."
)
ROOT_DEVICE = "/dev/vda"
_ATTACH_VOLUME = "os_compute_api:servers:create:attach_volume"


def block_devices(
    call: Call[Compute], wanted: Mapping[str, Any], flavor: Flavor, image: Any, count: int
) -> tuple[BlockDevice, ...]:
    """Return the disks of a new server, checked; raise BadRequest.

    `image` is that of the body's imageRef, None without one. `count` servers are to have them.
    """
    legacy, current = wanted.get("block_device_mapping") or [], wanted.get("block_device_mapping_v2") or []
    if legacy and current:
        raise BadRequest("Using different block_device_mapping syntaxes is not allowed in the same request.")
    if legacy or current:
        call.require(_ATTACH_VOLUME)
    has_image = bool(wanted.get("imageRef"))
    devices = [_device(call, item, has_image=has_image) for item in current if not item.get("no_device")]
    brought = _of_image(image)
    if not current:
        devices = _legacy_devices(call, legacy, wanted.get("imageRef"), root_is_brought=_has_root(brought))
    elif _has_root(brought):
        devices = [item for item in devices if not (item.boot_index == 0 and item.source == "image")]
    names = {item.device_name for item in devices if item.device_name}
    devices += [item for item in brought if item.device_name not in names]
    _check(call, devices, flavor, count, has_image=has_image)
    return tuple(devices)


def _invalid(details: str) -> BadRequest:
    return BadRequest(_INVALID + details, reason="InvalidBDM")


def _name(text: str | None) -> str | None:
    if not text:
        return None
    return text if text.startswith("/dev/") else f"/dev/{text}"


def _number(value: Any) -> int | None:
    return None if value is None or value == "" else int(value)


_KINDS = {"image": Kind.IMAGE, "volume": Kind.VOLUME, "snapshot": Kind.SNAPSHOT}


def _device(call: Call[Compute], item: Mapping[str, Any], *, has_image: bool) -> BlockDevice:
    """Read one device of the second format."""
    source, identifier = item.get("source_type"), item.get("uuid")
    destination = item.get("destination_type") or ("local" if source == "blank" else "volume")
    boot_index, volume_type = _number(item.get("boot_index")), item.get("volume_type")
    if source is None:
        raise _invalid("Some required fields are missing")
    if source == "blank" and identifier:
        raise _invalid("Invalid device UUID.")
    if source != "blank" and not identifier:
        raise _invalid("Missing device UUID.")
    if source == "image" and destination == "local" and not (has_image and boot_index == 0):
        raise _invalid("Mapping image to local is not supported.")
    if destination == "local" and volume_type:
        raise _invalid("Specifying a volume_type with destination_type=local is not supported.")
    if source == "volume" and volume_type:
        raise _invalid("Specifying volume type to existing volume is not supported.")
    return BlockDevice(
        source=source,
        destination=destination,
        id=_native(call, source, identifier),
        size_gib=_number(item.get("volume_size")),
        boot_index=boot_index,
        device_name=_name(item.get("device_name")),
        delete_on_termination=truth(item.get("delete_on_termination", False)),
        guest_format=item.get("guest_format"),
        volume_type=volume_type,
        tag=item.get("tag"),
    )


def _native(call: Call[Compute], source: str, identifier: str | None) -> str | None:
    """Return the cloud's id of a device's source; one that cannot exist is an invalid mapping."""
    if identifier is None:
        return None
    try:
        return call.ids[_KINDS[source]].to_cloud(identifier)
    except ValueError:
        raise _invalid(f"failed to get {source} {identifier}.") from None


def _legacy_devices(
    call: Call[Compute], items: Iterable[Mapping[str, Any]], image_ref: str | None, *, root_is_brought: bool
) -> list[BlockDevice]:
    """Read the first format, in which the root disk is the image or what is called like the root device."""
    devices = [_legacy_device(call, item) for item in items if not item.get("no_device")]
    if root_is_brought:
        return devices
    if image_ref:
        root = BlockDevice(
            source="image",
            destination="local",
            id=_native(call, "image", image_ref),
            boot_index=0,
            delete_on_termination=True,
        )
        return [root, *devices]
    return [_as_root(item) if item.device_name == ROOT_DEVICE and item.id else item for item in devices]


def _as_root(device: BlockDevice) -> BlockDevice:
    return dataclasses.replace(device, boot_index=0)


def _legacy_device(call: Call[Compute], item: Mapping[str, Any]) -> BlockDevice:
    virtual = item.get("virtual_name") or ""
    size, name = _number(item.get("volume_size")), _name(item.get("device_name"))
    if virtual == "swap" or virtual.startswith("ephemeral"):
        return BlockDevice(
            source="blank",
            destination="local",
            size_gib=size,
            boot_index=-1,
            device_name=name,
            delete_on_termination=True,
            guest_format="swap" if virtual == "swap" else None,
        )
    for source in ("snapshot", "volume"):
        identifier = item.get(f"{source}_id")
        if identifier:
            return BlockDevice(
                source=source,
                destination="volume",
                id=_native(call, source, identifier),
                size_gib=size,
                boot_index=-1,
                device_name=name,
                delete_on_termination=truth(item.get("delete_on_termination", False)),
            )
    raise _invalid("Unrecognized legacy format.")


def _of_image(image: Any) -> list[BlockDevice]:
    """Return the disks that an image of a volume-backed server brings: snapshots of its volumes."""
    text = image.properties.get("block_device_mapping") if image is not None else None
    if not text:
        return []
    items = json.loads(text) if isinstance(text, str) else text
    return [
        BlockDevice(
            source=item["source_type"],
            destination=item["destination_type"],
            id=item.get(f"{item['source_type']}_id"),
            size_gib=item.get("volume_size"),
            boot_index=item.get("boot_index"),
            device_name=item.get("device_name"),
            delete_on_termination=bool(item.get("delete_on_termination")),
        )
        for item in items
    ]


def _has_root(devices: Iterable[BlockDevice]) -> bool:
    return any(item.boot_index == 0 for item in devices)


def _check(call: Call[Compute], devices: Sequence[BlockDevice], flavor: Flavor, count: int, *, has_image: bool) -> None:
    on_volumes = [item for item in devices if item.destination == "volume"]
    taken = any(item.device_name == ROOT_DEVICE for item in on_volumes)
    if has_image and taken and not is_volume_backed(devices):
        raise BadRequest("The volume cannot be assigned the same device name as the root device vda")
    if count > 1 and any(item.source == "volume" for item in devices):
        raise BadRequest("Cannot attach one or more volumes to multiple instances")
    order = sorted(item.boot_index for item in devices if item.boot_index is not None and item.boot_index >= 0)
    if not order or order != list(range(len(order))):
        raise BadRequest(_BOOT_SEQUENCE, reason="InvalidBDMBootSequence")
    _check_types(call, devices)
    for item in devices:
        _check_source(call, item)
    _check_local(devices, flavor)


def _check_types(call: Call[Compute], devices: Iterable[BlockDevice]) -> None:
    wanted = {item.volume_type for item in devices if item.volume_type}
    storage = sibling(call, "block_storage")
    if not wanted or storage is None or storage.volume_types is None:
        return
    known = {name for item in find(call, storage.volume_types) for name in (item.id, item.name)}
    for name in sorted(wanted - known):
        raise BadRequest(f"Volume type {name} could not be found.", reason="VolumeTypeNotFound")


def _check_source(call: Call[Compute], item: BlockDevice) -> None:
    if item.source == "image" and item.destination == "volume" and not item.size_gib:
        raise BadRequest("Images with destination_type 'volume' need to have a non-zero size specified")
    if item.source == "blank" and item.destination == "volume" and not item.size_gib:
        raise BadRequest("Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size")
    if item.source == "volume":
        _check_volume(_get(call, item), boots=item.boot_index == 0)
    elif item.source != "blank" and item.destination == "volume":
        _get(call, item)


_SERVICES = {
    "image": ("image", "images"),
    "volume": ("block_storage", "volumes"),
    "snapshot": ("block_storage", "snapshots"),
}


def _get(call: Call[Compute], item: BlockDevice) -> Any:
    """Return what a device is made of, None where nobody can be asked; raise BadRequest if it is not there."""
    service, name = _SERVICES[item.source]
    resource = getattr(sibling(call, service), name, None)
    if resource is None:
        return None
    try:
        return resource.get(call.ctx, item.id)
    except NotFound:
        raise _invalid(f"failed to get {item.source} {item.id}.") from None


def _check_volume(volume: Any, *, boots: bool) -> None:
    """Raise BadRequest for a volume that a new server cannot have, or not boot from."""
    if volume is None:
        return
    if boots and not volume.bootable:
        raise BadRequest(f"Block Device {volume.id} is not bootable.", reason="InvalidBDMVolumeNotBootable")
    problem = why_not_available(volume)
    if problem is not None:
        raise BadRequest(f"Invalid volume: {problem}", reason="InvalidVolume")


def why_not_available(volume: Any) -> str | None:
    """Say why the block storage service would not let a volume be attached; None if it would."""
    if volume.status == "available" or (volume.status == "in-use" and volume.is_multiattach):
        return None
    return (
        f"Invalid input received: Invalid volume: Volume {volume.id} status must be available or downloading to "
        f"reserve, but the current status is {volume.status}."
    )


def _check_local(devices: Iterable[BlockDevice], flavor: Flavor) -> None:
    blank = [item for item in devices if item.source == "blank" and item.destination == "local"]
    swap = [item for item in blank if item.guest_format == "swap"]
    ephemeral = [item for item in blank if item.guest_format != "swap"]
    if sum(item.size_gib or flavor.ephemeral_gib for item in ephemeral) > flavor.ephemeral_gib:
        raise BadRequest(_EPHEMERAL)
    if len(swap) > 1:
        raise _invalid("More than one swap drive requested.")
    if swap and (swap[0].size_gib or 0) > flavor.swap_mib:
        raise BadRequest("Swap drive requested is larger than instance type allows.")


def is_volume_backed(devices: Iterable[BlockDevice]) -> bool:
    """Tell whether a server of these disks boots from a volume."""
    return any(item.boot_index == 0 and item.destination == "volume" for item in devices)
