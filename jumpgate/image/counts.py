"""How many tags, properties and members an image may have: Glance's quotas, as they are without a configuration."""

from __future__ import annotations

from collections.abc import Mapping

from jumpgate.common.errors import TooLarge

# Glance's image_tag_quota, image_property_quota and image_member_quota.
MOST: Mapping[str, int] = {"tags": 128, "properties": 128, "members": 128}


def check(what: str, attempted: int) -> None:
    """Raise TooLarge for more tags, properties or members than an image may have."""
    of = " for this image" if what == "members" else ""
    if attempted > MOST[what]:
        raise TooLarge(
            f"The limit has been exceeded on the number of allowed image {what}{of}. "
            f"Attempted: {attempted}, Maximum: {MOST[what]}"
        )
