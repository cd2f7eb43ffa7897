"""Backups: LXD's backups of custom volumes, archives that LXD keeps beside the volume."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from jumpgate.block_storage.contract import Backups
from jumpgate.block_storage.drivers.lxd.errors import InvalidInput, InvalidVolume
from jumpgate.block_storage.drivers.lxd.records import NOTE, ZONE, Place, moment, size_gib
from jumpgate.block_storage.drivers.lxd.shelf import CUSTOM, VOLUMES, Shelf
from jumpgate.block_storage.drivers.lxd.volumes import LxdVolumes
from jumpgate.block_storage.models import Backup, BackupSpec, Volume
from jumpgate.clouds.lxd.notes import PREFIX, Note, fresh, touched, written
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound, NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes

_CHUNK = 1024 * 1024


class LxdBackups(Backups):
    """They live as long as their volume, which therefore stays as long as it has any. None builds on another."""

    def __init__(self, shelf: Shelf, volumes: LxdVolumes) -> None:
        self._shelf = shelf
        self._volumes = volumes

    def _all(self, ctx: Context, *, everything: bool) -> Iterator[tuple[Place, Note]]:
        """Yield the backups that are known and that LXD has."""
        for place in self._shelf.find(ctx, everything=everything):
            noted = place.backup_notes
            if noted:
                path = self._shelf.path(place, "backups")
                there = {item["name"] for item in self._shelf.session.find(*path, project=place.project)}
                yield from ((place, note) for note in noted if note["id"] in {str(name) for name in there})

    def _found(self, ctx: Context, backup_id: str) -> tuple[Place, Note]:
        for place, note in self._all(ctx, everything=ctx.is_admin):
            if note["id"] == backup_id:
                return place, note
        raise NotFound(f"Backup {backup_id} could not be found.", reason="BackupNotFound")

    def find(self, ctx: Context, query: Query) -> Iterable[Backup]:
        return [self._backup(place, note) for place, note in self._all(ctx, everything=query.all_projects)]

    def get(self, ctx: Context, resource_id: str) -> Backup:
        return self._backup(*self._found(ctx, resource_id))

    def _backup(self, place: Place, note: Note) -> Backup:
        return Backup(
            id=note["id"],
            volume_id=place.id,
            project_id=self._shelf.owner(place),
            user_id=note.get("user_id", ""),
            size_gib=note["size_gib"],
            status="available",
            created_at=moment(note.get("created_at")),
            data_timestamp=moment(note.get("created_at")),
            updated_at=moment(note.get("updated_at")),
            name=note.get("name"),
            description=note.get("description"),
            container=place.pool,
            availability_zone=ZONE,
            metadata=note.get("metadata", {}),
        )

    def create(self, ctx: Context, spec: BackupSpec) -> Backup:
        if spec.is_incremental:
            raise NotSupported("LXD's backups are whole: make one that is not incremental.")
        if spec.snapshot_id is not None:
            raise BadRequest("LXD backs volumes up, not snapshots: make a volume of the snapshot first.")
        place = self._shelf.get(ctx, spec.volume_id)
        state = self._volumes.get(ctx, spec.volume_id).status
        if state not in (("available", "in-use") if spec.force else ("available",)):
            raise InvalidVolume(f"Volume to be backed up should be available, but is {state}; or force it.")
        note = fresh(
            ctx.project,
            description=spec.description,  # type: ignore[arg-type]
            name=spec.name,
            user_id=ctx.user_id,
            metadata=dict(spec.metadata),
            size_gib=size_gib(place.config.get("size", "")),
        )
        body = {"name": note["id"], "volume_only": True, "compression_algorithm": "none"}
        self._shelf.session.post(*self._shelf.path(place, "backups"), body=body, project=place.project)
        return self._backup(self._shelf.change(place, lambda _: {_key(note["id"]): written(note)}), note)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Backup:
        place, note = self._found(ctx, resource_id)
        noted = {name: dict(value) if name == "metadata" else value for name, value in changes.items()}
        after = touched(note, noted)
        return self._backup(self._shelf.change(place, lambda _: {_key(resource_id): written(after)}), after)

    def delete(self, ctx: Context, resource_id: str, *, force: bool = False) -> None:
        place, _ = self._found(ctx, resource_id)
        self._shelf.session.delete(*self._shelf.path(place, "backups", resource_id), project=place.project)
        self._shelf.change(place, lambda _: {_key(resource_id): None})

    def restore(self, ctx: Context, backup_id: str, volume_id: str | None, name: str | None) -> Volume:
        place, note = self._found(ctx, backup_id)
        if volume_id is None:
            fresh_note = fresh(
                ctx.project, name=name or f"restore_backup_{backup_id}", user_id=ctx.user_id, metadata={}
            )
            made = self._imported(place, backup_id, str(uuid.uuid4()))
            self._shelf.change(made, lambda current: {**_forgotten(current), NOTE: written(fresh_note)})
            return self._volumes.get(ctx, made.id)
        target = self._shelf.get(ctx, volume_id)
        self._check_target(ctx, target, note)
        # LXD makes new volumes of backups only; what it made is laid over the old one, and goes.
        copy = self._imported(place, backup_id, f"restoring-{uuid.uuid4()}")
        try:
            source = {
                "type": "copy",
                "pool": copy.pool,
                "name": copy.name,
                "project": copy.project,
                "volume_only": True,
                "refresh": True,
            }
            path = ("storage-pools", target.pool, VOLUMES, CUSTOM)
            body = {"name": target.name, "source": source}
            self._shelf.session.post(*path, body=body, project=target.project)
        finally:
            self._shelf.remove(copy)
        return self._volumes.get(ctx, volume_id)

    def _check_target(self, ctx: Context, target: Place, note: Note) -> None:
        found = self._volumes.get(ctx, target.id)
        if found.status != "available":
            raise InvalidVolume("Volume to be restored to must be available")
        if found.size_gib < note["size_gib"]:
            raise InvalidInput(
                f"volume size {found.size_gib} is too small to restore backup of size {note['size_gib']}."
            )

    def _imported(self, place: Place, backup_id: str, name: str) -> Place:
        """Make a volume of a backup, in the same pool."""
        headers = {"X-LXD-name": name, "Content-Type": "application/octet-stream"}
        session = self._shelf.session
        with session.opened(*self._shelf.path(place, "backups", backup_id, "export"), project=place.project) as archive:
            path = ("storage-pools", place.pool, VOLUMES, CUSTOM)
            session.send(*path, data=archive.iter_content(_CHUNK), headers=headers, project=place.project)
        return self._shelf.again(Place(project=place.project, pool=place.pool, name=name, record={}))


def _key(backup_id: str) -> str:
    return f"{PREFIX}backup.{backup_id}"


def _forgotten(place: Place) -> dict[str, str | None]:
    """Return the keys of what a volume's attachments, snapshots and backups were, for a copy of it."""
    return {key: None for key in place.config if key.startswith(PREFIX)}
