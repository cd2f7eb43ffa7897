"""Reading values out of SoftLayer's answers, in which whatever is empty may be missing, None or an empty string."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from jumpgate.common.format import parse_iso

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def at(record: Any, path: str) -> Any:
    """Return what a dotted path leads to, None where something on the way is missing."""
    value = record
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return None if value == "" else value


def text(record: Any, path: str) -> str:
    """Return what a dotted path leads to as text, "" where there is nothing."""
    value = at(record, path)
    return "" if value is None else str(value)


def number(record: Any, path: str) -> int:
    """Return the whole number that a dotted path leads to, 0 where there is none; it may be text or a float."""
    value = at(record, path)
    return 0 if value is None else int(float(value))


def flag(record: Any, path: str) -> bool:
    """Tell whether a dotted path leads to something true: a boolean, 1 or "1"."""
    return at(record, path) in (True, 1, "1", "true")


def moment(record: Any, path: str) -> dt.datetime | None:
    """Return the time that a dotted path leads to, aware; None where there is none that can be read."""
    value = at(record, path)
    try:
        return None if value is None else parse_iso(str(value))
    except ValueError:
        return None
