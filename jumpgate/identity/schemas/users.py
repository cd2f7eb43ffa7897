"""The body of a change of password."""

from __future__ import annotations

from jumpgate.common.schema import Schema

PASSWORD = Schema(
    {
        "type": "object",
        "properties": {
            "user": {
                "type": "object",
                "properties": {"original_password": {"type": "string"}, "password": {"type": "string"}},
                "required": ["original_password", "password"],
                "additionalProperties": False,
            }
        },
        "required": ["user"],
    }
)
