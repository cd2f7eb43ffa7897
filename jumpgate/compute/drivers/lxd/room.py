"""Room in an LXD project for making a root disk anew: LXD asks for that of one more instance, which there never is.

While LXD takes the request its limits are wider by the instance's own size. What they really are stands in a note until
they are back, so that a crash in between does not last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson

from jumpgate.clouds.lxd.projects import Projects
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.compute.drivers.lxd import notes, records
from jumpgate.store.turns import Turns

# The limits of an LXD project that quotas are, by Nova's names.
KEYS: Mapping[str, str] = {"instances": "limits.instances", "cores": "limits.cpu", "ram": "limits.memory"}
_NOTE = notes.key("limits")


def limits(config: Mapping[str, str]) -> dict[str, str]:
    """Return the limits that a project's configuration sets, whatever they are for the moment."""
    noted = config.get(_NOTE)
    known: Mapping[str, str] = orjson.loads(noted) if noted else config
    return {key: known[key] for key in KEYS.values() if known.get(key)}


class Room:
    """Widens limits; one at a time."""

    def __init__(self, session: Session, projects: Projects, lock_file: Path) -> None:
        self._session = session
        self._projects = projects
        lock_file.parent.mkdir(parents=True, exist_ok=True)
        self._turns = Turns(str(lock_file))

    def configure(self, name: str, changes: Mapping[str, str]) -> None:
        """Change limits of a project for good."""
        with self._turns:
            real = limits(self._session.get("projects", name)["config"])
            self._projects.configure(name, {_NOTE: "", **real, **changes})

    @contextmanager
    def for_one_more_like(self, record: Record) -> Iterator[None]:
        """Let there be room for one more instance like a server's own; what is inside must not last."""
        name = record["project"]
        if not limits(self._session.get("projects", name)["config"]):
            yield
            return
        with self._turns:
            real = limits(self._session.get("projects", name)["config"])
            self._projects.configure(name, {_NOTE: orjson.dumps(real).decode(), **_wider(real, record)})
            try:
                yield
            finally:
                self._projects.configure(name, {_NOTE: "", **real})


def _wider(real: Mapping[str, str], record: Record) -> dict[str, str]:
    """Return limits with room for one more instance of a record's size."""
    config: Mapping[str, str] = record["config"]
    mib = records.size_bytes(config.get("limits.memory", "")) // 1024**2
    more = {"limits.instances": 1, "limits.cpu": records.cores_of(config.get("limits.cpu", ""))}
    wider = {key: str(int(text) + more[key]) for key, text in real.items() if key in more}
    if "limits.memory" in real:
        wider["limits.memory"] = f"{records.size_bytes(real['limits.memory']) // 1024**2 + mib}MiB"
    return wider
