"""The kinds of values that several requests share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

LARGEST_INTEGER = 0x7FFFFFFF

NAME: Json = {"type": ["string", "null"], "maxLength": 255}
DESCRIPTION: Json = {"type": ["string", "null"], "maxLength": 255}
REQUIRED_NAME: Json = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"\S"}
UUID: Json = {"type": "string", "pattern": "^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"}
OPTIONAL_UUID: Json = {"anyOf": [{"type": "null"}, UUID]}

_TRUE = (True, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "y", "t")
_FALSE = (False, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "n", "f")
BOOLEAN: Json = {"type": ["boolean", "string"], "enum": [*_TRUE, *_FALSE]}
OPTIONAL_BOOLEAN: Json = {"anyOf": [{"type": "null"}, BOOLEAN]}

SIZE: Json = {"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 1, "maximum": LARGEST_INTEGER}
OPTIONAL_SIZE: Json = {**SIZE, "type": ["integer", "string", "null"]}


def pairs(keys: str, value: Json, **more: int) -> Json:
    """Return the schema of an object whose keys match `keys`."""
    return {"type": "object", "patternProperties": {keys: value}, "additionalProperties": False, **more}


_TEXT: Json = {"type": "string", "maxLength": 255}
METADATA: Json = pairs("^[a-zA-Z0-9_:. /-]{1,255}$", _TEXT)
OPTIONAL_METADATA: Json = {**METADATA, "type": ["object", "null"]}
EXTRA_SPECS: Json = pairs("^[a-zA-Z0-9_:.-]{1,255}$", {"type": ["string", "null"], "maxLength": 255})


def wrapped(key: str, value: Json, *, required: bool = True) -> Json:
    """Return the schema of a body that is one object under one key."""
    return {
        "type": "object",
        "properties": {key: value},
        "required": [key] if required else [],
        "additionalProperties": False,
    }


def closed(properties: Mapping[str, Json], *required: str) -> Json:
    """Return the schema of an object that has these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def is_true(value: object) -> bool:
    """Read a value that has passed BOOLEAN."""
    return value in _TRUE[1:] or value is True


def stripped(value: str | None) -> str | None:
    """Return a name or description as Cinder keeps it: without the white space around it."""
    return value.strip() if value else value
