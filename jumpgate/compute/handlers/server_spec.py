"""From the body of a create to a `ServerSpec`: what the cloud cannot give is refused before anything is promised.

Source: the API reference, "Create Server"; the messages are Nova's.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from jumpgate.common.errors import BadRequest, Forbidden, NotFound
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.block_device_requests import block_devices, is_volume_backed
from jumpgate.compute.handlers.lookup import flavor_in_body
from jumpgate.compute.handlers.network_requests import network_requests, security_group_ids
from jumpgate.compute.handlers.siblings import sibling
from jumpgate.compute.models import BlockDevice, Flavor, Keypair, ServerSpec
from jumpgate.compute.schemas.parameters import truth

_RULE = "os_compute_api:servers:create:"
_HARDWARE = ("hw_", "img_", "os_", "traits_required")
# Their names before they had prefixes.
_OLD_HARDWARE = frozenset(
    {
        "architecture",
        "auto_disk_config",
        "bittorrent",
        "block_device_mapping",
        "cache_in_nova",
        "compression_level",
        "device_id",
        "hypervisor_type",
        "hypervisor_version_requires",
        "ipxe_boot",
        "linked_clone",
        "mappings",
        "os_distro",
        "owner_id",
        "root_device_name",
        "use_agent",
        "version",
        "vm_mode",
    }
)
_DESTINATION = "compute:servers:create:requested_destination"
_GIB = 1024**3
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def server_spec(call: Call[Compute]) -> ServerSpec:
    """Return what a create asks for, verified; raise BadRequest, Forbidden or Conflict."""
    wanted = call.body["server"]
    least, most = _counts(wanted)
    zone, host = _place(call, wanted)
    if wanted.get("trusted_image_certificates"):
        call.require(_RULE + "trusted_certs")
    devices_wanted = wanted.get("block_device_mapping") or wanted.get("block_device_mapping_v2")
    if not wanted.get("imageRef") and not devices_wanted:
        raise BadRequest("Missing imageRef attribute")
    flavor = flavor_in_body(call, wanted["flavorRef"])
    image = image_in_body(call, wanted.get("imageRef"), "Can not find requested image")
    devices = block_devices(call, wanted, flavor, image, most)
    volume_backed = is_volume_backed(devices)
    check_fit(call, flavor, image, volume_backed=volume_backed, root=_root(devices))
    name = wanted["name"].strip()
    return ServerSpec(
        name=name,
        flavor=flavor,
        image_id=None if volume_backed or image is None else image.id,
        image_properties=hardware(image),
        networks=network_requests(call, wanted.get("networks"), most),
        security_groups=security_group_ids(call, [group["name"] for group in requested_groups(wanted)]),
        block_devices=devices,
        keypair=keypair_in_body(call, wanted.get("key_name")),
        metadata=wanted.get("metadata", {}),
        tags=tuple(dict.fromkeys(wanted.get("tags", ()))),
        description=wanted.get("description") if call.at_least("2.19") else name,
        hostname=_hostname(wanted, most),
        availability_zone=zone,
        host=host,
        user_data=wanted.get("user_data"),
        files=files_in_body(wanted),
        config_drive=truth(wanted.get("config_drive", False)) or _wants_config_drive(image),
        disk_config=wanted.get("OS-DCF:diskConfig") or _disk_config(image),
        access_ipv4=wanted.get("accessIPv4", ""),
        access_ipv6=wanted.get("accessIPv6", ""),
        admin_password=wanted.get("adminPass") or new_password(),
        scheduler_hints=_hints(call),
        trusted_image_certificates=_tuple(wanted.get("trusted_image_certificates")),
        min_count=least,
        max_count=most,
    )


def requested_groups(wanted: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the security groups of a body, the default one where it has none."""
    return [group for group in wanted.get("security_groups", [{"name": "default"}]) if group.get("name")]


def hardware(image: Any) -> dict[str, str]:
    """Return what an image says of the hardware and the guest: the properties that mean something to Nova."""
    properties: Mapping[str, str] = {} if image is None else image.properties
    return {name: value for name, value in properties.items() if name.startswith(_HARDWARE) or name in _OLD_HARDWARE}


def new_password() -> str:
    """Return an administrator's password of 12 characters that cannot be mistaken for each other."""
    return "".join(secrets.choice(_LETTERS) for _ in range(12))


def shown_password(call: Call[Compute], password: str | None) -> dict[str, str | None]:
    """Return what an answer says of an administrator's password: nothing where guests make their own."""
    return {"adminPass": password} if call.cloud.servers.sets_passwords(call.ctx) else {}


def _tuple(items: Any) -> tuple[str, ...] | None:
    return tuple(items) if items else None


def _counts(wanted: Mapping[str, Any]) -> tuple[int, int]:
    least = int(wanted.get("min_count", 1))
    most = int(wanted.get("max_count", least))
    if least > most:
        raise BadRequest("min_count must be <= max_count")
    return least, most


def _place(call: Call[Compute], wanted: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the zone and the host that are asked for; ``zone:host:node`` is an administrator's."""
    zone, *forced = (wanted.get("availability_zone") or "").strip().split(":")
    if len(forced) > 2:
        raise BadRequest("Invalid input received: Unable to parse availability_zone")
    if any(forced):
        call.require(_RULE + "forced_host")
    host = wanted.get("host") or wanted.get("hypervisor_hostname")
    if host:
        call.require(_DESTINATION)
        if any(forced):
            raise BadRequest(
                "One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are "
                "mutually exclusive."
            )
        check_host(call, host)
    if zone and not any(forced):
        check_zone(call, zone)
    return zone or None, host or next(filter(None, forced), None)


def check_zone(call: Call[Compute], zone: str) -> None:
    """Raise BadRequest for a zone that is not there or not available."""
    zones = call.cloud.availability_zones
    if zones is not None and zone not in {item.name for item in zones.find(call.ctx) if item.available}:
        raise BadRequest("The requested availability zone is not available")


def check_host(call: Call[Compute], host: str) -> None:
    """Raise BadRequest for a host that is not there."""
    hosts = call.cloud.hosts
    if hosts is not None and host not in {item.hostname for item in hosts.hypervisors(call.ctx)}:
        raise BadRequest(f"Compute host {host} could not be found.", reason="ComputeHostNotFound")


def image_in_body(call: Call[Compute], image_ref: str | None, missing: str) -> Any:
    """Return the image that a body names, None without one; raise BadRequest(`missing`) for one that is not there."""
    images = sibling(call, "image")
    if not image_ref or images is None:
        return None
    try:
        return images.images.get(call.ctx, call.ids[Kind.IMAGE].to_cloud(image_ref))
    except (NotFound, ValueError):
        raise BadRequest(missing, reason="ImageNotFound") from None


def _root(devices: tuple[BlockDevice, ...]) -> BlockDevice:
    return next(item for item in devices if item.boot_index == 0)


def check_fit(
    call: Call[Compute], flavor: Flavor, image: Any, *, volume_backed: bool, root: BlockDevice | None = None
) -> None:
    """Raise BadRequest unless an image is active and fits a flavor, or the volume that is made of it."""
    if image is None:
        return
    if image.status != "active":
        raise BadRequest(f"Image {image.id} is not active.", reason="ImageNotActive")
    if flavor.ram_mib < (image.min_ram_mib or 0):
        raise BadRequest("Flavor's memory is too small for requested image.", reason="FlavorMemoryTooSmall")
    if volume_backed:
        _check_volume_size(image, root)
    elif flavor.disk_gib:
        _check_disk(flavor, image)
    elif not call.may(_RULE + "zero_disk_flavor"):
        raise Forbidden("Only volume-backed servers are allowed for flavors with zero disk.")


def _check_volume_size(image: Any, root: BlockDevice | None) -> None:
    if root is not None and root.size_gib and image.min_disk_gib > root.size_gib:
        raise BadRequest(
            "Volume is smaller than the minimum size specified in image metadata. Volume size is "
            f"{root.size_gib * _GIB} bytes, minimum size is {image.min_disk_gib * _GIB} bytes."
        )


def _check_disk(flavor: Flavor, image: Any) -> None:
    disk, size, least = flavor.disk_gib * _GIB, image.size_bytes or 0, (image.min_disk_gib or 0) * _GIB
    if size > disk:
        raise BadRequest(
            f"Flavor's disk is too small for requested image. Flavor disk is {disk} bytes, image is {size} bytes.",
            reason="FlavorDiskSmallerThanImage",
        )
    if least > disk:
        raise BadRequest(
            "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is "
            f"{disk} bytes, minimum size is {least} bytes.",
            reason="FlavorDiskSmallerThanMinDisk",
        )


def keypair_in_body(call: Call[Compute], name: str | None) -> Keypair | None:
    """Return the caller's keypair of a name, None without one; raise BadRequest for one that is not there."""
    if not name or call.cloud.keypairs is None:
        return None
    try:
        return call.cloud.keypairs.get(call.ctx, call.ctx.user_id, name)
    except NotFound:
        raise BadRequest("Invalid key_name provided.", reason="KeypairNotFound") from None


def _hostname(wanted: Mapping[str, Any], count: int) -> str | None:
    hostname: str | None = wanted.get("hostname")
    if hostname and count > 1:
        raise BadRequest("Unable to allocate a single hostname to multiple instances")
    return hostname


def files_in_body(wanted: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files that a body wants inside the server (personality, until 2.57)."""
    return {item["path"]: base64.b64decode(item["contents"]) for item in wanted.get("personality", ())}


def _wants_config_drive(image: Any) -> bool:
    return image is not None and image.properties.get("img_config_drive") == "mandatory"


def _disk_config(image: Any) -> str:
    automatic = "" if image is None else str(image.properties.get("auto_disk_config", ""))
    return "AUTO" if automatic.lower() in ("true", "1", "yes", "on") else "MANUAL"


def _hints(call: Call[Compute]) -> Mapping[str, object]:
    written = call.body.get("os:scheduler_hints") or call.body.get("OS-SCH-HNT:scheduler_hints")
    hints: Mapping[str, object] = written or {}
    groups = call.cloud.server_groups
    group = hints.get("group")
    if isinstance(group, str) and groups is not None:
        try:
            native = call.ids[Kind.SERVER_GROUP].to_cloud(group)
            groups.get(call.ctx, native)
        except (NotFound, ValueError):
            raise BadRequest(f"Instance group {group} could not be found.", reason="InstanceGroupNotFound") from None
        return {**hints, "group": native}
    return hints
