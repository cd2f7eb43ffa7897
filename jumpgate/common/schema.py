"""JSON-Schema validation of request bodies and query strings, one schema per window of microversions."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from jumpgate.common.errors import BadRequest
from jumpgate.common.microversion import Microversion

JsonSchema = Mapping[str, Any]

_FORMATS: dict[str, Any] = {}


def register_format(name: str, check: Any) -> None:
    """Let schemas use ``"format": name``; `check` takes the text and tells whether it is right."""
    _FORMATS[name] = check


class Schema:
    """The schemas of one request, by the first microversion each is valid for.

    ``Schema({...})`` serves every version; ``Schema({...}, {"2.19": {...}, "2.32": {...}})`` changes over time.
    """

    def __init__(self, first: JsonSchema, later: Mapping[str, JsonSchema] | None = None) -> None:
        self._rows: list[tuple[Microversion | None, JsonSchema]] = [(None, first)]
        for since, schema in (later or {}).items():
            self._rows.append((Microversion.parse(since), schema))
        self._compiled: dict[int, Any] = {}
        self._lock = threading.Lock()

    def at(self, version: Microversion | None) -> JsonSchema:
        """Return the schema of one microversion."""
        return self._rows[self._row(version)][1]

    def validate(self, value: object, version: Microversion | None, *, is_query: bool = False) -> None:
        """Raise BadRequest, naming the field and what is wrong with it, unless `value` fits.

        `is_query`: it is a query string's parameters, each with a list of values.
        """
        index = self._row(version)
        validator = self._compiled.get(index)
        if validator is None:
            with self._lock:
                validator = self._compiled[index] = jsonschema_rs.Draft7Validator(
                    dict(self._rows[index][1]), formats=_FORMATS, validate_formats=True
                )
        try:
            validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            raise BadRequest(message(error, is_query=is_query)) from error

    def _row(self, version: Microversion | None) -> int:
        found = 0
        for index, (since, _) in enumerate(self._rows):
            if since is None or (version is not None and since <= version):
                found = index
        return found


_LONGEST_MESSAGE = 500


def message(error: Any, *, is_query: bool = False) -> str:
    """Say what is wrong in one sentence, naming the field as Nova does."""
    text = error.message if len(error.message) <= _LONGEST_MESSAGE else error.message[:_LONGEST_MESSAGE] + "..."
    parts = [str(part) for part in error.instance_path]
    where = f"query parameters {parts[0]}" if is_query and parts else f"field/attribute {'/'.join(parts)}"
    return f"Invalid input for {where}. {text}" if parts else text
