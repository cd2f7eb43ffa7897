"""The bodies by which something on a backend becomes a volume or a snapshot."""

from __future__ import annotations

from jumpgate.block_storage.schemas.parameters import (
    BOOLEAN,
    DESCRIPTION,
    NAME,
    OPTIONAL_METADATA,
    UUID,
    Json,
    closed,
    wrapped,
)
from jumpgate.common.schema import Schema

_VOLUME: Json = {
    "name": NAME,
    "description": DESCRIPTION,
    "volume_type": NAME,
    "availability_zone": NAME,
    "bootable": BOOLEAN,
    "metadata": OPTIONAL_METADATA,
    "host": {"type": ["string", "null"], "minLength": 1, "maxLength": 255},
    "ref": {"type": ["object", "string"]},
}
VOLUME = Schema(
    wrapped("volume", closed(_VOLUME, "ref")),
    {"3.16": wrapped("volume", closed({**_VOLUME, "cluster": NAME}, "ref"))},
)
SNAPSHOT = Schema(
    wrapped(
        "snapshot",
        closed(
            {
                "name": NAME,
                "description": DESCRIPTION,
                "metadata": OPTIONAL_METADATA,
                "volume_id": UUID,
                "ref": {"type": ["object", "null", "string"]},
            },
            "ref",
            "volume_id",
        ),
    )
)
