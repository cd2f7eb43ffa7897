"""What LXD has no place for, kept as JSON in the ``user.openstack.*`` keys of the thing that it belongs to."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from jumpgate.common.format import parse_iso, utcnow

PREFIX = "user.openstack."
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# The namespace of the ids of what somebody made in LXD by hand.
_NAMESPACE = uuid.UUID("3c9f0f9e-6a57-5b0e-9f4e-0d1f6a3e7c11")

Note = dict[str, Any]


def derived_id(*parts: str) -> str:
    """Return the id of a thing that carries none: always the same for the same kind and names."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def fresh(project_id: str, *, description: str | None = "", tags: Iterable[str] = (), **more: Any) -> Note:
    """Return the note of something new: Neutron's standard attributes and `more`."""
    now = utcnow().isoformat()
    return {
        "id": str(uuid.uuid4()),
        "project_id": project_id,
        "description": description,
        "created_at": now,
        "updated_at": now,
        "revision_number": 1,
        "tags": list(dict.fromkeys(tags)),
        **more,
    }


def touched(note: Mapping[str, Any], changes: Mapping[str, Any]) -> Note:
    """Return a note with some changes, whose revision has moved."""
    moved = {"updated_at": utcnow().isoformat(), "revision_number": note.get("revision_number", 0) + 1}
    return {**note, **changes, **moved}


def read(config: Mapping[str, str], name: str) -> Note:
    """Return the note under a name; an empty one where there is none, or none that can be read."""
    try:
        note = orjson.loads(config.get(PREFIX + name, "{}"))
    except orjson.JSONDecodeError:
        return {}
    return note if isinstance(note, dict) else {}


def written(note: Mapping[str, Any]) -> str:
    """Return a note as a configuration key's value."""
    return orjson.dumps(dict(note)).decode()


def notes(config: Mapping[str, str], kind: str) -> list[Note]:
    """Return the notes of a kind (``user.openstack.<kind>.<id>``), those that can be read."""
    start = f"{kind}."
    names = (key.removeprefix(PREFIX) for key in config if key.startswith(PREFIX + start))
    found = (read(config, name) for name in names)
    return [note for note in found if note.get("id")]


def standard(note: Mapping[str, Any]) -> dict[str, Any]:
    """Return the standard attributes of a note's model."""
    return {
        "id": note["id"],
        "project_id": note.get("project_id", ""),
        "description": note.get("description", ""),
        "created_at": _moment(note.get("created_at")),
        "updated_at": _moment(note.get("updated_at")),
        "revision_number": note.get("revision_number", 0),
        "tags": tuple(sorted(note.get("tags", ()))),
    }


def _moment(text: str | None) -> dt.datetime:
    return parse_iso(text) if text else EPOCH
