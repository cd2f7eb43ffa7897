"""Glance's two JSON patches of an image: application/openstack-images-v2.1-json-patch and its v2.0 forerunner.

An operation touches one attribute or additional property as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jumpgate.common.errors import BadRequest, Conflict, Forbidden
from jumpgate.image.models import Image
from jumpgate.image.views.images import BY_NAME, SETTABLE

OPERATIONS = ("add", "remove", "replace")

READ_ONLY = (
    *(name for name, field in BY_NAME.items() if field.input is not None and not field.input.create),
    "id",
    "direct_url",
)
RESERVED = ("location", "deleted", "deleted_at")
RESERVED_PREFIX = "os_glance"

# How deep a path may go below an attribute; everywhere else an operation takes the attribute as a whole.
_DEPTHS = {("locations", "add"): 2, ("locations", "remove"): 2, ("locations", "replace"): 1}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation on the attribute `name`. `adds_only` refuses to add what is there (v2.0)."""

    op: str
    name: str
    value: Any = None
    adds_only: bool = False


def read(content_type: str | None, body: object) -> list[Operation]:
    """Read a patch of one of the `MEDIA_TYPES`; raise BadRequest or Forbidden."""
    if not isinstance(body, list):
        raise BadRequest("Request body must be a JSON array of operation objects.")
    words = _FORMS[_media_type(content_type)]
    return [_operation(raw, words) for raw in body]


def is_patch(content_type: str | None) -> bool:
    """Tell whether a body of this type is a patch."""
    return _media_type(content_type) in _FORMS


def _media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def _operation(raw: object, words: Callable[[Mapping[str, Any]], tuple[str, Any, bool]]) -> Operation:
    if not isinstance(raw, dict):
        raise BadRequest("Operations must be JSON objects.")
    op, pointer, adds_only = words(raw)
    path = split_pointer(pointer)
    if len(path) != _DEPTHS.get((path[0], op), 1):
        raise BadRequest(f"Invalid JSON pointer for this resource: '/{'/'.join(path)}'")
    if op != "remove" and "value" not in raw:
        raise BadRequest(f'Operation "{op}" requires a member named "value".')
    check_name(path[0])
    return Operation(op, path[0], raw.get("value"), adds_only)


def check_name(name: str) -> None:
    """Raise Forbidden for an attribute that no client may touch."""
    if name in READ_ONLY:
        raise Forbidden(f"Attribute '{name}' is read-only.")
    if name in RESERVED or name.startswith(RESERVED_PREFIX):
        raise Forbidden(f"Attribute '{name}' is reserved.")


def _words(raw: Mapping[str, Any]) -> tuple[str, Any, bool]:
    op, available = raw.get("op"), ", ".join(OPERATIONS)
    if op is None:
        raise BadRequest(f"Unable to find `op` in JSON Schema change. It must be one of the following: {available}.")
    if op not in OPERATIONS:
        raise BadRequest(f"Invalid operation: `{op}`. It must be one of the following: {available}.")
    if "path" not in raw:
        raise BadRequest("Unable to find 'path' in JSON Schema change")
    return op, raw["path"], False


def _old_words(raw: Mapping[str, Any]) -> tuple[str, Any, bool]:
    ops = [op for op in OPERATIONS if op in raw]
    if len(ops) > 1:
        raise BadRequest('Operation objects must contain only one member named "add", "remove", or "replace".')
    if not ops:
        raise BadRequest('Operation objects must contain exactly one member named "add", "remove", or "replace".')
    return ops[0], raw[ops[0]], True


_FORMS: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, Any, bool]]] = {
    "application/openstack-images-v2.0-json-patch": _old_words,
    "application/openstack-images-v2.1-json-patch": _words,
}
MEDIA_TYPES = tuple(sorted(_FORMS))


def split_pointer(pointer: object) -> Sequence[str]:
    """Return the parts of a JSON pointer, of the limited form that Glance takes; raise BadRequest."""
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise BadRequest(f'Pointer `{pointer}` does not start with "/".')
    if re.search(r"/\s*?/", pointer[1:]):
        raise BadRequest(f'Pointer `{pointer}` contains adjacent "/".')
    if len(pointer) > 1 and pointer.endswith("/"):
        raise BadRequest(f'Pointer `{pointer}` end with "/".')
    if not pointer[1:].strip():
        raise BadRequest(f"Pointer `{pointer}` does not contains valid token.")
    if re.search("~[^01]", pointer) or pointer.endswith("~"):
        raise BadRequest(f'Pointer `{pointer}` contains "~" not part of a recognized escape sequence.')
    return [part.replace("~1", "/").replace("~0", "~").strip() for part in pointer.lstrip("/").split("/")]


def apply(image: Image, operations: Sequence[Operation]) -> dict[str, Any]:
    """Return what the operations, one after the other, change of an image: `Images.update`'s argument.

    Raises Forbidden for an attribute that stays, and Conflict for a property that is missing or there already.
    """
    changes: dict[str, Any] = {}
    touched: dict[str, str | None] = {}
    for operation in operations:
        _check_presence(operation, {**image.properties, **touched})
        attribute = SETTABLE.get(operation.name)
        if attribute is None:
            touched[operation.name] = operation.value
        else:
            changes[attribute] = operation.value
    return {**changes, "properties": touched} if touched else changes


def _check_presence(operation: Operation, properties: Mapping[str, str | None]) -> None:
    is_base, is_there = operation.name in SETTABLE, properties.get(operation.name) is not None
    if operation.name == "locations":
        raise Forbidden("It's not allowed to update locations if locations are invisible.")
    if operation.op == "remove" and is_base:
        raise Forbidden(f"Property {operation.name} may not be removed.")
    if operation.op == "add" and operation.adds_only and (is_base or is_there):
        raise Conflict(f"Property {operation.name} already present.")
    if operation.op != "add" and not is_base and not is_there:
        raise Conflict(f"Property {operation.name} does not exist.")
