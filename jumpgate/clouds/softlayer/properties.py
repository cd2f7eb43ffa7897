"""OpenStack's image properties, for which SoftLayer has no place, in the note of an image template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

_KEY, _ATTRIBUTES = "openstack", "image"


def write_properties(
    description: str, properties: Mapping[str, str], attributes: Mapping[str, object] | None = None
) -> str:
    """Return a template's note: a description, and behind it a JSON document in one line.

    That has the additional properties, and the image's attributes that SoftLayer does not know and are not empty.
    """
    told = {name: value for name, value in (attributes or {}).items() if value}
    if not properties and not told:
        return description
    document = orjson.dumps({_KEY: dict(properties), **({_ATTRIBUTES: told} if told else {})}).decode()
    return f"{description}\n{document}" if description else document


def read_properties(note: str) -> tuple[str, dict[str, str]]:
    """Return the description and the properties in a template's note, whoever wrote it."""
    description, document = _read(note)
    return description, {str(name): str(value) for name, value in document.get(_KEY, {}).items()}


def read_attributes(note: str) -> dict[str, Any]:
    """Return the attributes in a template's note, by the names of the image service's model."""
    return dict(_read(note)[1].get(_ATTRIBUTES, {}))


def _read(note: str) -> tuple[str, Mapping[str, Any]]:
    description, _, last = note.rpartition("\n")
    if not last.startswith(f'{{"{_KEY}":'):
        return note, {}
    try:
        return description, orjson.loads(last)
    except ValueError:
        return note, {}
