"""The bodies of the encryption of volume types."""

from __future__ import annotations

from jumpgate.block_storage.schemas.parameters import LARGEST_INTEGER, Json, wrapped
from jumpgate.common.schema import Schema

_KEY_SIZE: Json = {
    "type": ["string", "integer", "null"],
    "minimum": 0,
    "maximum": LARGEST_INTEGER,
    "pattern": "^[0-9]{1,9}$",
}
_ENCRYPTION: Json = {
    "type": "object",
    "properties": {
        "key_size": _KEY_SIZE,
        "provider": {"type": "string", "maxLength": 255},
        "control_location": {"enum": ["front-end", "back-end"]},
        "cipher": {"type": ["string", "null"], "maxLength": 255},
    },
    "additionalProperties": True,
}
CREATE = Schema(wrapped("encryption", {**_ENCRYPTION, "required": ["provider", "control_location"]}))
UPDATE = Schema(wrapped("encryption", _ENCRYPTION))
