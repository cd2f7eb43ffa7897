"""Finding and changing LXD's volumes: custom ones, and root disks that servers boot from."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from jumpgate.block_storage.drivers.lxd.records import CUSTOM, NOTE, VOLUMES, Place
from jumpgate.clouds.lxd import holders
from jumpgate.clouds.lxd.cluster import NOWHERE
from jumpgate.clouds.lxd.disks import Disk, disks
from jumpgate.clouds.lxd.faults import BUSY
from jumpgate.clouds.lxd.notes import Note, written
from jumpgate.clouds.lxd.projects import DEFAULT, Projects
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import Conflict, NotFound
from jumpgate.store.turns import Turns

ATTEMPTS = 50
# How things in LXD's own project begin that backups are unpacked in.
ASIDE = "restoring-"
# The states of backups that LXD has not.
_NOT_THERE = ("creating", "error")


class Shelf:
    """The volumes of one LXD."""

    def __init__(self, session: Session, projects: Projects, folder: Path) -> None:
        """`folder` holds the file by which the processes of one Jumpgate take turns.

        LXD compares the ETag and writes in two steps, so of two changes at the same moment one would be lost.
        """
        self.session = session
        self.projects = projects
        folder.mkdir(parents=True, exist_ok=True)
        self._turns = Turns(str(folder / "lxd-volumes.lock"))

    def pools(self) -> list[Record]:
        """Return LXD's storage pools."""
        return self.session.find("storage-pools")

    def find(self, ctx: Context, *, everything: bool = False) -> Iterator[Place]:
        """Yield the volumes of the caller's project, or of all."""
        return (place for place in self._find(ctx, everything=everything) if not _is_aside(place))

    def find_all(self) -> Iterator[Place]:
        """Yield the volumes of all projects."""
        return self.find(service_context(""), everything=True)

    def aside(self) -> Iterator[Place]:
        """Yield what is no volume, since a backup is unpacked in it."""
        return filter(_is_aside, self._find(service_context(""), everything=True))

    def _find(self, ctx: Context, *, everything: bool) -> Iterator[Place]:
        for pool in self.pools():
            for record in self._records(ctx, str(pool["name"]), everything=everything):
                if record["type"] == CUSTOM:
                    yield Place(
                        project=record.get("project") or self.projects.name(ctx.project),
                        pool=str(pool["name"]),
                        name=record["name"],
                        record=record,
                    )
        yield from self._roots(ctx, everything=everything)

    def _records(self, ctx: Context, pool: str, *, everything: bool) -> list[Record]:
        parameters: dict[str, Any] = {"recursion": 1}
        if everything:
            parameters["all-projects"] = "true"
        elif not ctx.project:
            return []
        project = None if everything else self.projects.name(ctx.project)
        try:
            found: list[Record] = self.session.get(
                "storage-pools", pool, VOLUMES, CUSTOM, project=project, **parameters
            )
        except NotFound:
            # A project is made when its first thing is.
            return []
        # Snapshots are among the volumes in some versions of LXD, as volume/snapshot.
        return [item for item in found if "/" not in item["name"]]

    def _roots(self, ctx: Context, *, everything: bool) -> Iterator[Place]:
        """Yield the volumes that servers boot from: root disks of instances."""
        parameters: dict[str, Any] = {"recursion": 1, **({"all-projects": "true"} if everything else {})}
        if not everything and not ctx.project:
            return
        try:
            project = None if everything else self.projects.name(ctx.project)
            found = self.session.get("instances", project=project, **parameters)
        except NotFound:
            return
        for record in found:
            if holders.volume_id_of(record) is not None:
                yield self._root(record)

    @staticmethod
    def _root(record: Record) -> Place:
        _, device = holders.root_of(record["expanded_devices"])
        pool = device.get("pool", "")
        return Place(project=record["project"], pool=pool, name=record["name"], record=record, is_root=True)

    def get(self, ctx: Context, volume_id: str) -> Place:
        """Return a volume that the caller sees, an administrator any; raise NotFound."""
        for place in self.find(ctx, everything=ctx.is_admin):
            if place.id == volume_id:
                return place
        raise NotFound(f"Volume {volume_id} could not be found.", reason="VolumeNotFound")

    def again(self, place: Place) -> Place:
        """Return a volume as it is now."""
        return self._tagged(place)[0]

    def _tagged(self, place: Place) -> tuple[Place, str]:
        """Return a volume as it is now, and its ETag; raise NotFound."""
        try:
            record, etag = self.session.tagged(*place.path, project=place.project)
        except NotFound:
            if not place.is_root or not place.record:
                raise
            place = self._renamed(place)
            record, etag = self.session.tagged(*place.path, project=place.project)
        return dataclasses.replace(place, record=record), etag

    def _renamed(self, place: Place) -> Place:
        """Return a root disk whose instance has another name now: a server has taken it over, or has left it."""
        for record in self.session.find("instances", project=place.project):
            if holders.volume_id_of(record) == place.id:
                return self._root(record)
        raise NotFound(f"Volume {place.id} could not be found.", reason="VolumeNotFound")

    def owner(self, place: Place) -> str:
        """Return the project that a volume belongs to."""
        return self.projects.id_of(place.project)

    def uses(self, *places: Place) -> list[Disk]:
        """Return the disks of instances, where any of some custom volumes is in use."""
        if not any(place.used_by for place in places):
            return []
        parameters: dict[str, Any] = {"recursion": 1, "all-projects": "true"}
        return [disk for record in self.session.get("instances", **parameters) for disk in disks(record)]

    def change(self, place: Place, edit: Callable[[Place], Mapping[str, str | None]]) -> Place:
        """Lay over a volume's keys what `edit` makes of it as it is (None takes a key away), and return it.

        The key ``size`` is the volume's size, which of a root disk stands in its device.
        """
        with self._turns:
            for attempt in range(ATTEMPTS):
                current, etag = self._tagged(place)
                changes = dict(edit(current))
                try:
                    self._write(current, changes, etag)
                except Conflict as error:
                    if "etag" not in error.message.lower() and not BUSY.search(error.message):
                        raise
                    time.sleep(min(0.005 * attempt, 0.1))
                    continue
                return self.again(current)
            raise Conflict(f"Volume {place.id} was changed by others all the time. Try again.")

    def _write(self, current: Place, changes: dict[str, str | None], etag: str) -> None:
        if not current.is_root:
            config = {key: item for key, item in {**current.config, **changes}.items() if item is not None}
            body = {"config": config, "description": current.record["description"]}
            self.session.put(*current.path, body=body, project=current.project, etag=etag)
            return
        size = changes.pop("size", None)
        patch: dict[str, Any] = {"config": {key: item or "" for key, item in changes.items()}}
        if size is not None:
            name, device = holders.root_of(current.record["expanded_devices"])
            patch["devices"] = {name: {**device, "size": size}}
        self.session.patch(*current.path, body=patch, project=current.project, etag=etag)

    def empty(self, place: Place, note: Note, size_gib: int, *, like: Place | None = None, at: str = "") -> Place:
        """Make a volume with nothing in it; one to boot from that is `like` another is of the same image as that.

        In a cluster it is made on the member `at`.
        """
        if not place.is_root:
            body: dict[str, Any] = {"config": {"size": f"{size_gib}GiB", NOTE: written(note)}}
        else:
            body = holders.body(note["id"], note=note, size_gib=size_gib, pool=place.pool, source={"type": "none"})
            config = like.config if like is not None else {}
            body["config"] |= {key: text for key, text in config.items() if key.startswith("image.")}
        self.session.post(*place.path[:-1], body={**body, "name": place.name}, project=place.project, **_target(at))
        return self.again(place)

    def start(self, place: Place, body: Mapping[str, Any], *, beside: Place | None = None) -> str:
        """Let LXD begin to make a volume, and return the operation.

        In a cluster a copy is made `beside` its source, on the same member.
        """
        at = "" if beside is None else str(beside.record.get("location", ""))
        body = {**body, "name": place.name}
        return self.session.start("post", *place.path[:-1], body=body, project=place.project, **_target(at))

    @property
    def here(self) -> str:
        """The member of a cluster that answers; an empty text where LXD is no cluster."""
        environment = self.session.server["environment"]
        return str(environment.get("server_name", "")) if environment.get("server_clustered") else ""

    def move(self, place: Place, *, pool: str | None = None, project: str | None = None) -> Place:
        """Move a volume that nobody has to another pool or project, with its snapshots."""
        where: dict[str, Any] = {"pool": pool or place.pool, **({"project": project} if project else {})}
        if place.is_root:
            where = {"migration": True, **({"pool": pool} if pool else {}), **({"project": project} if project else {})}
        self.session.post(*place.path, body={"name": place.name, **where}, project=place.project)
        return self.again(dataclasses.replace(place, pool=pool or place.pool, project=project or place.project))

    def remove(self, place: Place) -> None:
        """Remove a volume with its snapshots."""
        self.session.delete(*place.path, project=place.project)

    def backups(self, place: Place) -> list[Note]:
        """Return the notes of a volume's backups that LXD has, or that it is making or could not make."""
        noted = place.backup_notes
        if not noted:
            return []
        found = self.session.find(*place.path, "backups", project=place.project)
        there = {str(item["name"]).rpartition("/")[2] for item in found}
        return [note for note in noted if note["id"] in there or note.get("status") in _NOT_THERE]

    def snapshot_names(self) -> dict[tuple[str, tuple[str, ...]], list[str]]:
        """Return the names of snapshots by LXD's project and a volume's path: pools say in one call who uses them."""
        found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for pool in self.pools():
            for url in pool.get("used_by") or ():
                parts = urlsplit(url)
                words = [unquote(word) for word in parts.path.strip("/").split("/")]
                *path, kind, name = words[1:]
                if kind == "snapshots":
                    project = parse_qs(parts.query).get("project", ["default"])[0]
                    found.setdefault((project, tuple(path)), []).append(name)
        return found


def _is_aside(place: Place) -> bool:
    return place.project == DEFAULT and place.name.startswith(ASIDE)


def _target(member: str) -> dict[str, str]:
    """Return the parameter that says on which member of a cluster something is made."""
    return {"target": member} if member not in NOWHERE else {}
