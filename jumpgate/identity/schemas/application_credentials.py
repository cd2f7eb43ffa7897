"""The body of a new application credential."""

from __future__ import annotations

from jumpgate.common.schema import Schema

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_ROLE = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}
_RULE = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "service": {"type": "string", "minLength": 1, "maxLength": 255},
        "path": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": r"^/.*\S"},
        "method": {"type": "string", "enum": _METHODS},
    },
    "anyOf": [{"required": ["id"]}, {"required": ["service", "path", "method"]}],
    "additionalProperties": False,
}

CREATE = Schema(
    {
        "type": "object",
        "properties": {
            "application_credential": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"\S"},
                    "description": {"type": ["string", "null"]},
                    "secret": {"type": ["string", "null"], "minLength": 1},
                    "expires_at": {"type": ["string", "null"]},
                    "roles": {"type": "array", "items": _ROLE},
                    "unrestricted": {"type": ["boolean", "null"]},
                    "access_rules": {"type": "array", "items": _RULE},
                },
                "required": ["name"],
                "additionalProperties": True,
            }
        },
        "required": ["application_credential"],
    }
)
