"""SoftLayer's object filters on lists: comparisons of properties, and orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.softlayer.faults import invalid


def applied(items: list[dict[str, Any]], wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the records that pass a filter, in the order that it asks for."""
    found = [item for item in items if _passes(item, wanted)]
    name = ordered_by(wanted)
    return found if name is None else sorted(found, key=lambda item: item[name])


def ordered_by(wanted: Mapping[str, Any]) -> str | None:
    """Return the name of the property that a filter sorts by, None where it does not sort."""
    return next((name for name, inner in wanted.items() if inner.get("operation") == "orderBy"), None)


def _passes(value: Any, wanted: Mapping[str, Any]) -> bool:
    if "operation" in wanted:
        return _compare(value, wanted)
    if isinstance(value, list):
        return any(_passes(item, wanted) for item in value)
    if not isinstance(value, Mapping):
        return False
    return all(_passes(value.get(name), inner) for name, inner in wanted.items())


def _compare(value: Any, wanted: Mapping[str, Any]) -> bool:
    operation = wanted["operation"]
    if operation == "orderBy":
        return True
    if operation == "in":
        options = [item for option in wanted["options"] for item in option["value"]]
        return any(_equal(value, item) for item in options)
    if operation == "is null":
        return value in (None, "")
    if isinstance(operation, str):
        for prefix, test in _TEXT_TESTS.items():
            if operation.startswith(prefix):
                return test(str(value or "").lower(), operation.removeprefix(prefix).strip().lower())
    if not isinstance(operation, (str, int, float)):
        raise invalid(f"Invalid object filter operation: {operation!r}")
    return _equal(value, operation)


_TEXT_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "*= ": lambda value, part: part in value,
    "^= ": lambda value, part: value.startswith(part),
    "!= ": lambda value, part: value != part,
    "_= ": lambda value, part: value == part,
}


def _equal(value: Any, wanted: Any) -> bool:
    """Compare as SoftLayer does: numbers and text alike, without regard to case."""
    return value is not None and str(value).lower() == str(wanted).lower()
