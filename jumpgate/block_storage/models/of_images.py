"""What a volume remembers of the image it is made from."""

from __future__ import annotations

from typing import Any


def image_metadata(image: Any) -> dict[str, str]:
    """Return what a volume's `image_metadata` begin as; `image` is the image service's model."""
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
