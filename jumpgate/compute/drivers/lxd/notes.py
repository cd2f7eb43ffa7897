"""What OpenStack knows of a server and LXD does not: the keys ``user.openstack.*`` of its instance.

There is no other record of a server. A key that is absent has its default, so that an instance which somebody made
with LXD's own tools is a server like any other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import orjson

from jumpgate.common.format import parse_iso, utcnow

PREFIX = "user.openstack."
# A task whose end nobody noted for so long has died with its Jumpgate and its database.
TASK_LIFETIME = dt.timedelta(minutes=30)


def key(name: str) -> str:
    """Return the instance's key of a note."""
    return PREFIX + name


def disk(volume_id: str) -> str:
    """Return the name of the note of a server's volume: JSON with `delete_on_termination` and `tag`."""
    return f"disk.{volume_id}"


def text(config: Mapping[str, str], name: str) -> str | None:
    """Return a note, None where there is none."""
    return config.get(PREFIX + name) or None


def value(config: Mapping[str, str], name: str, default: Any) -> Any:
    """Return a note that is JSON."""
    written = config.get(PREFIX + name)
    return orjson.loads(written) if written else default


def moment(config: Mapping[str, str], name: str) -> dt.datetime | None:
    """Return a note that is a time."""
    written = text(config, name)
    return parse_iso(written) if written else None


def named(config: Mapping[str, str], start: str) -> list[str]:
    """Return the names of the notes that begin so, without the beginning."""
    whole = PREFIX + start
    return [name.removeprefix(whole) for name in config if name.startswith(whole)]


def written(**notes: Any) -> dict[str, str]:
    """Return notes as an instance's configuration: texts as they are, None as the empty text that removes a key."""
    return {PREFIX + name: _text(note) for name, note in notes.items()}


def _text(note: Any) -> str:
    if note is None:
        return ""
    return note if isinstance(note, str) else orjson.dumps(note).decode()


def task(task_state: str) -> str:
    """Return the note of a task that begins now."""
    return f"{task_state} {utcnow().isoformat()}"


def task_state(config: Mapping[str, str]) -> tuple[str | None, bool]:
    """Return the task that an instance is in, and whether it has gone on for so long that it must be dead."""
    word, _, since = (text(config, "task") or "").partition(" ")
    if not word:
        return None, False
    return word, utcnow() - parse_iso(since) > TASK_LIFETIME
