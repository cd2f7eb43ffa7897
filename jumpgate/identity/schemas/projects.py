"""A project's tags in a body."""

from __future__ import annotations

from jumpgate.common.schema import Schema

TAG = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,/]*$"}
MOST_TAGS = 80

TAGS = Schema(
    {
        "type": "object",
        "properties": {"tags": {"type": "array", "items": TAG, "maxItems": MOST_TAGS, "uniqueItems": True}},
        "required": ["tags"],
        "additionalProperties": False,
    }
)
