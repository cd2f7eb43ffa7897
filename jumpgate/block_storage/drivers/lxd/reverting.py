"""Reverting volumes. LXD gives a bootable one the keys that it had at the snapshot, too, so they are put back.

Without them nobody would know of the attachments and backups that are newer. What they were is a key of the LXD project
meanwhile: where Jumpgate is killed in between, they are put back when it is started again.
"""

from __future__ import annotations

import contextlib

from jumpgate.block_storage.drivers.lxd.records import Place
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.drivers.lxd.work import Work
from jumpgate.clouds.lxd import holders
from jumpgate.clouds.lxd.notes import PREFIX, Note, read, written
from jumpgate.common.errors import CloudUnreachable, NotFound

_KIND = "reverting."
_KEPT = ("config", "description", "architecture", "expanded_devices")


class Reverting:
    """Gives volumes that nobody has the bytes of snapshots."""

    def __init__(self, shelf: Shelf, work: Work) -> None:
        self._shelf = shelf
        self._work = work
        work.at_start(self.finish)

    def revert(self, place: Place, snapshot: str) -> None:
        """Give a volume the bytes of a snapshot; all else stays."""
        record = {name: place.record[name] for name in _KEPT if name in place.record}
        known = {"pool": place.pool, "name": place.name, "is_root": place.is_root, "record": record}
        self._note(place.project, place.id, written(known))
        try:
            try:
                self._shelf.session.put(*place.path, body={"restore": snapshot}, project=place.project)
            finally:
                self._put_back(place)
                self._note(place.project, place.id, "")
        except CloudUnreachable:
            self._work.look_again()
            raise

    def finish(self) -> None:
        """Put the keys of volumes back whose reverting was cut off."""
        for project in self._shelf.session.find("projects"):
            name = str(project["name"])
            for key in (key for key in project["config"] if key.startswith(PREFIX + _KIND)):
                known: Note = read(project["config"], key.removeprefix(PREFIX))
                # Somebody may have removed the volume.
                with contextlib.suppress(NotFound):
                    self._put_back(Place(project=name, **known))
                self._note(name, key.removeprefix(PREFIX + _KIND), "")

    def _note(self, project: str, volume_id: str, text: str) -> None:
        self._shelf.projects.configure(project, {f"{PREFIX}{_KIND}{volume_id}": text})

    def _put_back(self, place: Place) -> None:
        """Give a volume the keys that it had, but for LXD's own, which tell of the bytes."""
        now = self._shelf.again(place)
        config = {key: item for key, item in place.config.items() if not key.startswith("volatile.")}
        own = {key: item for key, item in now.config.items() if key.startswith("volatile.")}
        body = {"config": {**config, **own}, "description": place.record["description"]}
        if place.is_root:
            body = holders.emptied({**place.record, "config": body["config"]}, place.id)
        self._shelf.session.put(*place.path, body=body, project=place.project)
