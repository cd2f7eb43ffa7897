"""The schema documents that Glance publishes, made from the tables by which it reads and writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jumpgate.common.fields import Field

Document = Mapping[str, Any]

UUID_PATTERN = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"


def link(rel: str, field: str) -> Document:
    """Return a link whose address is another field's value."""
    return {"rel": rel, "href": f"{{{field}}}"}


def properties(fields: Iterable[Field]) -> dict[str, Any]:
    """Return each field's schema; one that a client cannot set says that it is read-only."""
    return {field.name: dict(field.input.schema) for field in fields if field.input is not None}


def document(
    name: str, fields: Iterable[Field], *, links: Sequence[Document] = (), additional: Any = None
) -> dict[str, Any]:
    """Return one thing's schema. `additional` says what further keys may hold; without it there are none."""
    schema: dict[str, Any] = {"name": name, "properties": properties(fields)}
    schema["additionalProperties"] = False if additional is None else additional
    return {**schema, "links": list(links)} if links else schema


def collection(name: str, item: Document) -> dict[str, Any]:
    """Return the schema of a list of things, with its pages."""
    return {
        "name": name,
        "properties": {
            name: {"type": "array", "items": item},
            "first": {"type": "string"},
            "next": {"type": "string"},
            "schema": {"type": "string"},
        },
        "links": [link("first", "first"), link("next", "next"), link("describedby", "schema")],
    }


def short_collection(name: str, item: Document) -> dict[str, Any]:
    """Return the schema of a list that has no pages."""
    return {
        "name": name,
        "properties": {name: {"type": "array", "items": item}, "schema": {"type": "string"}},
        "links": [link("describedby", "schema")],
    }
