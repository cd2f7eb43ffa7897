"""The body of a new trust."""

from __future__ import annotations

from jumpgate.common.schema import Schema

_ID = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"}
_ROLE = {
    "type": "object",
    "properties": {"id": _ID, "name": {"type": "string", "minLength": 1, "maxLength": 255}},
    "anyOf": [{"required": ["id"]}, {"required": ["name"]}],
}

CREATE = Schema(
    {
        "type": "object",
        "properties": {
            "trust": {
                "type": "object",
                "properties": {
                    "trustor_user_id": _ID,
                    "trustee_user_id": _ID,
                    "impersonation": {"type": "boolean"},
                    "project_id": {"anyOf": [_ID, {"type": "null"}]},
                    "remaining_uses": {"type": ["integer", "null"], "minimum": 1},
                    "expires_at": {"type": ["string", "null"]},
                    "allow_redelegation": {"type": ["boolean", "null"]},
                    "redelegation_count": {"type": ["integer", "null"], "minimum": 0},
                    "roles": {"type": "array", "items": _ROLE},
                },
                "required": ["trustor_user_id", "trustee_user_id", "impersonation"],
                "additionalProperties": True,
            }
        },
        "required": ["trust"],
    }
)
