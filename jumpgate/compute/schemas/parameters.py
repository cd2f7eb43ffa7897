"""The kinds of values that compute's schemas share, and the formats they need.

Source: the API reference's parameter tables; the limits are Nova's.
"""

from __future__ import annotations

import base64
import binascii
import copy
import datetime as dt
import ipaddress
import re
import unicodedata
import uuid
from collections.abc import Mapping
from typing import Any

from jumpgate.common.format import parse_iso
from jumpgate.common.schema import JsonSchema, Schema, register_format

LARGEST_INTEGER = 0x7FFFFFFF


def _is_printable(character: str) -> bool:
    """Letters, marks, digits, punctuation, symbols and spaces; no control codes and no line separators."""
    category = unicodedata.category(character)
    return category[0] != "C" and (category[0] != "Z" or category == "Zs")


def _is_name(text: str) -> bool:
    return all(map(_is_printable, text)) and text == text.strip()


def _is_loose_name(text: str) -> bool:
    return all(map(_is_printable, text)) and text.strip() != ""


def _is_printed(text: str) -> bool:
    return all(map(_is_printable, text))


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def _is_time(text: str) -> bool:
    try:
        parse_iso(text)
    except ValueError:
        return False
    return True


def _is_regex(text: str) -> bool:
    """An empty one is none: Nova refuses a filter without a value."""
    if not text:
        return False
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID, with dashes or without."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def parse_time(text: str) -> dt.datetime:
    """Read a time that the ``iso-8601-time`` format has let through."""
    return parse_iso(text)


register_format("trimmed-name", _is_name)
register_format("visible-name", _is_loose_name)
register_format("printable-text", _is_printed)
register_format("base64", _is_base64)
register_format("ipv4-address", lambda text: _is_address(text, 4))
register_format("ipv6-address", lambda text: _is_address(text, 6))
register_format("ip-address", lambda text: _is_address(text, 4) or _is_address(text, 6))
register_format("iso-8601-time", _is_time)
register_format("regular-expression", _is_regex)

UUID: JsonSchema = {
    "type": "string",
    "pattern": "^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$",
}
UUID_OR_NULL: JsonSchema = {**UUID, "type": ["string", "null"]}
NAME: JsonSchema = {"type": "string", "format": "trimmed-name", "minLength": 1, "maxLength": 255}
# What the legacy API took: surrounding spaces, which are cut off.
LOOSE_NAME: JsonSchema = {**NAME, "format": "visible-name"}
NAME_OR_NULL: JsonSchema = {"type": ["string", "null"], "minLength": 1, "maxLength": 255}
DESCRIPTION: JsonSchema = {"type": ["string", "null"], "format": "printable-text", "maxLength": 255}
HOSTNAME: JsonSchema = {
    "type": "string",
    "pattern": "^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$",
    "minLength": 2,
    "maxLength": 63,
}
FQDN: JsonSchema = {"type": "string", "pattern": "^[a-zA-Z0-9._-]*$", "minLength": 1, "maxLength": 255}
TAG: JsonSchema = {"type": "string", "pattern": "^[^,/]*$", "minLength": 1, "maxLength": 60}
PROJECT: JsonSchema = {"type": "string", "pattern": "^[a-zA-Z0-9-]*$", "minLength": 1, "maxLength": 255}
METADATA: JsonSchema = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9_:. -]{1,255}$": {"type": "string", "maxLength": 255}},
    "additionalProperties": False,
}
IPV4: JsonSchema = {"type": "string", "format": "ipv4-address"}
IPV6: JsonSchema = {"type": "string", "format": "ipv6-address"}
IP: JsonSchema = {"type": "string", "format": "ip-address"}
BASE64: JsonSchema = {"type": "string", "format": "base64"}
DISK_CONFIG: JsonSchema = {"type": "string", "enum": ["AUTO", "MANUAL"]}
_TRUE = ("True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes")
_FALSE = ("False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no")
BOOLEAN: JsonSchema = {"enum": [True, False, *_TRUE, *_FALSE]}


def truth(value: bool | str) -> bool:
    """Return what a value of `BOOLEAN` means."""
    return value is True or value in _TRUE


def whole(minimum: int, maximum: int | None = None) -> JsonSchema:
    """Return the schema of a whole number, which may also be written as text."""
    digits = {-1: "^-?[0-9]+$", 0: "^[0-9]+$", 1: "^0*[1-9][0-9]*$"}
    schema: dict[str, Any] = {"type": ["integer", "string"], "pattern": digits[minimum], "minimum": minimum}
    return schema if maximum is None else {**schema, "maximum": maximum, "maxLength": len(str(maximum))}


POSITIVE = whole(1)
NON_NEGATIVE = whole(0)
# What goes into a column of four bytes.
SIZE = whole(1, LARGEST_INTEGER)
SIZE_OR_NONE = whole(0, LARGEST_INTEGER)


def body(key: str, properties: Mapping[str, Any], *required: str) -> JsonSchema:
    """Return the schema of ``{key: {properties}}`` that takes nothing more."""
    inner = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    return {"type": "object", "properties": {key: inner}, "required": [key], "additionalProperties": False}


def extended(schema: JsonSchema, key: str, properties: Mapping[str, Any], *required: str) -> JsonSchema:
    """Return a `body` schema with further properties; None takes one away."""
    inner = schema["properties"][key]
    merged = {name: value for name, value in {**inner["properties"], **properties}.items() if value is not None}
    changed = {**inner, "properties": merged, "required": [*inner["required"], *required]}
    return {**schema, "properties": {**schema["properties"], key: changed}}


def relaxed(schema: JsonSchema) -> JsonSchema:
    """Return a schema as the legacy API has it: keys that nothing is known of are ignored."""
    return _relax(copy.deepcopy(dict(schema)))  # type: ignore[return-value]


def _relax(schema: object) -> object:
    if isinstance(schema, list):
        return [_relax(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    return {name: _relax(value) for name, value in schema.items() if not (closed and name == "additionalProperties")}


def versioned(
    first: JsonSchema, later: Mapping[str, JsonSchema] | None = None, *, legacy: JsonSchema | None = None
) -> Schema:
    """Return the schemas of one request body: relaxed for the legacy API, `first` from 2.1 on, then `later`."""
    return Schema(relaxed(legacy or first), {"2.1": first, **(later or {})})


def several(schema: JsonSchema | None = None) -> JsonSchema:
    """Return the schema of a query parameter, which may be given more than once."""
    return {"type": "array", "items": schema or {"type": "string"}}


def query(properties: Mapping[str, JsonSchema]) -> JsonSchema:
    """Return the schema of a query string in which unknown parameters are ignored."""
    return {"type": "object", "properties": dict(properties), "additionalProperties": True}


def closed(schema: JsonSchema) -> JsonSchema:
    """Return the same without room for unknown parameters."""
    return {**schema, "additionalProperties": False}


# What takes no parameters ignored those it was given until 2.102.
NO_QUERY = Schema(query({}), {"2.102": closed(query({}))})
PAGING: Mapping[str, JsonSchema] = {"limit": several(NON_NEGATIVE), "marker": several()}
