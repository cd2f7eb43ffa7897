"""Finding and changing LXD's custom storage volumes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from jumpgate.block_storage.drivers.lxd.records import Place
from jumpgate.clouds.lxd.disks import Disk, disks
from jumpgate.clouds.lxd.projects import Projects
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound
from jumpgate.store.turns import Turns

ATTEMPTS = 50
VOLUMES = "volumes"
CUSTOM = "custom"


class Shelf:
    """The custom volumes of one LXD."""

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
        for pool in self.pools():
            for record in self._records(ctx, str(pool["name"]), everything=everything):
                if record["type"] == CUSTOM:
                    yield Place(
                        project=record.get("project") or self.projects.name(ctx.project),
                        pool=str(pool["name"]),
                        name=record["name"],
                        record=record,
                    )

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

    def get(self, ctx: Context, volume_id: str) -> Place:
        """Return a volume that the caller sees, an administrator any; raise NotFound."""
        for place in self.find(ctx, everything=ctx.is_admin):
            if place.id == volume_id:
                return place
        raise NotFound(f"Volume {volume_id} could not be found.", reason="VolumeNotFound")

    def again(self, place: Place) -> Place:
        """Return a volume as it is now."""
        record = self.session.get(*self.path(place), project=place.project)
        return Place(project=place.project, pool=place.pool, name=place.name, record=record)

    def owner(self, place: Place) -> str:
        """Return the project that a volume belongs to."""
        return self.projects.id_of(place.project)

    def uses(self, *places: Place) -> list[Disk]:
        """Return the disks of instances, where any of some volumes is in use."""
        if not any(place.used_by for place in places):
            return []
        parameters: dict[str, Any] = {"recursion": 1, "all-projects": "true"}
        return [disk for record in self.session.get("instances", **parameters) for disk in disks(record)]

    def path(self, place: Place, *more: str) -> tuple[str, ...]:
        """Return the path of a volume in LXD's API, or of something below it."""
        return ("storage-pools", place.pool, VOLUMES, CUSTOM, place.name, *more)

    def change(self, place: Place, edit: Callable[[Place], Mapping[str, str | None]]) -> Place:
        """Lay over a volume's keys what `edit` makes of it as it is (None takes a key away), and return it."""
        with self._turns:
            for attempt in range(ATTEMPTS):
                record, etag = self.session.tagged(*self.path(place), project=place.project)
                changes = edit(Place(project=place.project, pool=place.pool, name=place.name, record=record))
                config = {key: value for key, value in {**record["config"], **changes}.items() if value is not None}
                body = {"config": config, "description": record["description"]}
                try:
                    self.session.put(*self.path(place), body=body, project=place.project, etag=etag)
                except Conflict as error:
                    if "etag" not in error.message.lower():
                        raise
                    time.sleep(min(0.005 * attempt, 0.1))
                    continue
                return self.again(place)
            raise Conflict(f"Volume {place.id} was changed by others all the time. Try again.")

    def make(self, place: Place, body: Mapping[str, Any]) -> Place:
        """Make a volume."""
        path = ("storage-pools", place.pool, VOLUMES, CUSTOM)
        self.session.post(*path, body={"name": place.name, **body}, project=place.project)
        return self.again(place)

    def remove(self, place: Place) -> None:
        """Remove a volume with its snapshots."""
        self.session.delete(*self.path(place), project=place.project)

    def snapshot_names(self) -> dict[tuple[str, str, str], list[str]]:
        """Return the names of snapshots by LXD's project, pool and volume, in one call: pools say who uses them."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for pool in self.pools():
            for url in pool.get("used_by") or ():
                parts = urlsplit(url)
                words = [unquote(word) for word in parts.path.strip("/").split("/")]
                if words[3:5] == [VOLUMES, CUSTOM] and words[6:7] == ["snapshots"]:
                    project = parse_qs(parts.query).get("project", ["default"])[0]
                    found.setdefault((project, words[2], words[5]), []).append(words[7])
        return found
