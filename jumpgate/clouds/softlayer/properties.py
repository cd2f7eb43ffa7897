"""OpenStack's image properties, for which SoftLayer has no place, in the note of an image template."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

_KEY = "openstack"


def write_properties(description: str, properties: Mapping[str, str]) -> str:
    """Return a template's note: a description, and behind it the properties as a JSON document in one line."""
    if not properties:
        return description
    document = orjson.dumps({_KEY: dict(properties)}).decode()
    return f"{description}\n{document}" if description else document


def read_properties(note: str) -> tuple[str, dict[str, str]]:
    """Return the description and the properties in a template's note, whoever wrote it."""
    description, _, last = note.rpartition("\n")
    if not last.startswith(f'{{"{_KEY}":'):
        return note, {}
    try:
        properties = orjson.loads(last)[_KEY]
    except (ValueError, KeyError):
        return note, {}
    return description, {str(name): str(value) for name, value in properties.items()}
