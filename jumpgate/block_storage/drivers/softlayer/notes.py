"""What OpenStack knows of a volume or a snapshot and SoftLayer has no place for, in its notes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import orjson

from jumpgate.clouds.softlayer.session import Record
from jumpgate.clouds.softlayer.values import at, number, text
from jumpgate.clouds.softlayer.volumes import KEY, told

_START = f'{{"{KEY}":'
# For how long a volume is said to change after SoftLayer was told to: an order may also be turned down by hand.
_PATIENCE = dt.timedelta(days=1)

Note = Mapping[str, Any]


def written_note(note: Note) -> str:
    """Return notes that say what is in `note` and not empty: name, description, metadata, sources, a task."""
    return orjson.dumps({KEY: {name: value for name, value in note.items() if value}}).decode()


def is_ours(record: Record) -> bool:
    """Tell whether Jumpgate wrote a record's notes."""
    return bool(told(record))


def read_note(record: Record) -> dict[str, Any]:
    """Return what a record's notes say; those that somebody else wrote are a description."""
    written = text(record, "notes")
    description = {} if written.startswith(_START) or not written else {"description": written}
    return told(record) or description


def task(status: str, **wanted: object) -> dict[str, Any]:
    """Return what notes tell of a change that SoftLayer was told to make: `wanted` are properties as they shall be."""
    return {"task": {"status": status, "since": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), **wanted}}


def task_status(record: Record, note: Note) -> str | None:
    """Return the state of a volume that is being changed, None for one that is not, or no more."""
    begun = note.get("task")
    if not begun or dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(begun["since"]) > _PATIENCE:
        return None
    wanted = {name: value for name, value in begun.items() if name not in ("status", "since")}
    is_done = all(str(at(record, name)) == str(value) for name, value in wanted.items())
    under_way = number(record, "activeTransactionCount") > 0
    status: str = begun["status"]
    return status if under_way or not is_done else None
