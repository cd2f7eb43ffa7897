"""What block storage does with the image service: finding an image, and what a volume remembers of it."""

from __future__ import annotations

import orjson

from jumpgate.block_storage.drivers.embedded.errors import InvalidInput
from jumpgate.block_storage.drivers.embedded.files import GIB
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.common.listing import Filter, Query
from jumpgate.common.siblings import Siblings
from jumpgate.image.models import Image


def find_image(siblings: Siblings, ctx: Context, reference: str) -> Image:
    """Return the image of an id or a name; raise BadRequest without one, Conflict where several have the name."""
    images = siblings["image"].images
    try:
        found: Image = images.get(ctx, reference)
    except NotFound:
        candidates = images.find(ctx, Query(filters=(Filter("name", (reference,)),)))
        named = [image for image in candidates if image.name == reference]
        if len(named) > 1:
            raise Conflict(f"Multiple matches found for '{reference}', use an ID to be more specific.") from None
        if not named:
            raise BadRequest("Invalid image identifier or unable to access requested image.") from None
        found = named[0]
    return found


def require_room(image: Image, size_gib: int) -> None:
    """Raise BadRequest unless the image is active and fits into a volume of the size."""
    needed_gib = -(-max(image.size_bytes or 0, image.virtual_size_bytes or 0) // GIB)
    if image.status != "active":
        reason = f"Image {image.id} is not active."
    elif needed_gib > size_gib:
        reason = f"Size of specified image {needed_gib}GB is larger than volume size {size_gib}GB."
    elif size_gib < image.min_disk_gib:
        reason = f"Volume size {size_gib}GB cannot be smaller than the image minDisk size {image.min_disk_gib}GB."
    else:
        return
    raise InvalidInput(reason)


def snapshot_of(image: Image) -> str | None:
    """Return the snapshot that an image stands for: the root disk of a server that was on a volume."""
    try:
        disks = orjson.loads(image.properties.get("block_device_mapping") or "[]")
    except orjson.JSONDecodeError:
        return None
    roots = [disk for disk in disks if disk.get("source_type") == "snapshot" and disk.get("boot_index") == 0]
    return roots[0].get("snapshot_id") if roots else None


def image_metadata(image: Image) -> dict[str, str]:
    """Return what a volume remembers of the image it is made from."""
    known = {
        "image_id": image.id,
        "image_name": image.name,
        "checksum": image.checksum,
        "container_format": image.container_format,
        "disk_format": image.disk_format,
        "min_disk": image.min_disk_gib,
        "min_ram": image.min_ram_mib,
        "size": image.size_bytes,
    }
    return {**image.properties, **{name: str(value) for name, value in known.items() if value is not None}}
