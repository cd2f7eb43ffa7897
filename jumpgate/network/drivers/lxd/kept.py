"""Notes of what is on no network, kept as keys of LXD's default project: routers, subnet pools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jumpgate.clouds.lxd.etags import insist
from jumpgate.clouds.lxd.notes import PREFIX, Note, notes, read, written
from jumpgate.clouds.lxd.projects import DEFAULT
from jumpgate.clouds.lxd.session import Session
from jumpgate.network.drivers.lxd.bridges import turns


class Kept:
    """The notes of one kind."""

    def __init__(self, session: Session, folder: Path, kind: str) -> None:
        """`folder` holds the file by which the processes of one Jumpgate take turns."""
        self._session = session
        self._kind = kind
        self._turns = turns(folder, "kept")

    def all(self) -> list[Note]:
        """Return every note."""
        return notes(self._session.get("projects", DEFAULT)["config"], self._kind)

    def change(self, note_id: str, edit: Callable[[Note | None], Note | None]) -> None:
        """Replace a note by what `edit` makes of it (None: there is none); what it raises ends the change."""
        with self._turns:
            insist(lambda: self._replace(f"{self._kind}.{note_id}", edit), of="LXD's default project")

    def _replace(self, key: str, edit: Callable[[Note | None], Note | None]) -> None:
        record, etag = self._session.tagged("projects", DEFAULT)
        config = dict(record["config"])
        note = edit(read(config, key) or None)
        config.pop(PREFIX + key, None)
        if note is not None:
            config[PREFIX + key] = written(note)
        body = {"description": record["description"], "config": config}
        self._session.put("projects", DEFAULT, body=body, etag=etag)
