"""The images that volumes are made of: finding one, and whether it fits."""

from __future__ import annotations

from typing import Any

import orjson

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.common.listing import Filter, Query
from jumpgate.common.siblings import Siblings

_GIB = 2**30


def find_image(siblings: Siblings, ctx: Context, reference: str) -> Any:
    """Return the image of an id or a name; raise BadRequest without one, Conflict where several have the name."""
    images = siblings["image"].images
    try:
        found = images.get(ctx, reference)
    except NotFound:
        candidates = images.find(ctx, Query(filters=(Filter("name", (reference,)),)))
        named = [image for image in candidates if image.name == reference]
        if len(named) > 1:
            raise Conflict(f"Multiple matches found for '{reference}', use an ID to be more specific.") from None
        if not named:
            raise BadRequest("Invalid image identifier or unable to access requested image.") from None
        found = named[0]
    return found


def require_room(image: Any, size_gib: int) -> None:
    """Raise BadRequest unless the image is active and fits into a volume of the size."""
    needed_gib = -(-max(image.size_bytes or 0, image.virtual_size_bytes or 0) // _GIB)
    if image.status != "active":
        reason = f"Image {image.id} is not active."
    elif needed_gib > size_gib:
        reason = f"Size of specified image {needed_gib}GB is larger than volume size {size_gib}GB."
    elif size_gib < image.min_disk_gib:
        reason = f"Volume size {size_gib}GB cannot be smaller than the image minDisk size {image.min_disk_gib}GB."
    else:
        return
    raise BadRequest(f"Invalid input received: {reason}", reason="InvalidInput")


def snapshot_of(image: Any) -> str | None:
    """Return the snapshot that an image stands for: the root disk of a server that was on a volume."""
    try:
        disks = orjson.loads(image.properties.get("block_device_mapping") or "[]")
    except orjson.JSONDecodeError:
        return None
    roots = [disk for disk in disks if disk.get("source_type") == "snapshot" and disk.get("boot_index") == 0]
    return roots[0].get("snapshot_id") if roots else None
