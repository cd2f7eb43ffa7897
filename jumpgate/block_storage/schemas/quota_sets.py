"""The body of a quota set."""

from __future__ import annotations

from jumpgate.block_storage.schemas.parameters import LARGEST_INTEGER, wrapped
from jumpgate.common.schema import Schema

_LIMIT = {"type": ["integer", "string"], "pattern": "^(-1|[0-9]+)$", "minimum": -1, "maximum": LARGEST_INTEGER}

UPDATE = Schema(
    wrapped(
        "quota_set",
        # Clients send what they were shown; only the limits among it are taken.
        {
            "type": "object",
            "minProperties": 1,
            "properties": {"tenant_id": {}, "id": {}},
            "additionalProperties": _LIMIT,
        },
    )
)
UPDATE_CLASS = Schema(
    wrapped("quota_class_set", {"type": "object", "properties": {"id": {}}, "additionalProperties": _LIMIT})
)
