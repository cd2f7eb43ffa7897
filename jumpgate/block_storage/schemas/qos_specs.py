"""The bodies of QoS specs."""

from __future__ import annotations

from jumpgate.block_storage.schemas.parameters import METADATA, REQUIRED_NAME, Json, wrapped
from jumpgate.common.schema import Schema

_KEY: Json = {"type": "string", "minLength": 1, "maxLength": 255}

CREATE = Schema(
    wrapped(
        "qos_specs",
        {
            "type": "object",
            "properties": {"name": REQUIRED_NAME},
            "required": ["name"],
            "additionalProperties": {"type": "string", "maxLength": 255},
        },
    )
)
UPDATE = Schema(wrapped("qos_specs", METADATA))
DELETE_KEYS = Schema(wrapped("keys", {"type": "array", "items": _KEY, "uniqueItems": True}))
