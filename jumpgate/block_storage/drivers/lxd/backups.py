"""Backups: LXD's own, archives that LXD keeps beside the volume."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from jumpgate.block_storage.contract import Backups
from jumpgate.block_storage.drivers.lxd.creation import Creation
from jumpgate.block_storage.drivers.lxd.quota_sets import LxdQuotaSets
from jumpgate.block_storage.drivers.lxd.records import ZONE, Place, described, moment
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.drivers.lxd.volumes import LxdVolumes
from jumpgate.block_storage.errors import InvalidInput, InvalidVolume
from jumpgate.block_storage.models import Backup, BackupSpec, Volume
from jumpgate.clouds.lxd.notes import PREFIX, Note, fresh, touched, written
from jumpgate.clouds.lxd.projects import DEFAULT
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound, NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes

_CHUNK = 1024 * 1024


class LxdBackups(Backups):
    """They live as long as their volume, which therefore stays as long as it has any. None builds on another."""

    def __init__(self, shelf: Shelf, volumes: LxdVolumes, creation: Creation, quota_sets: LxdQuotaSets) -> None:
        self._shelf = shelf
        self._volumes = volumes
        self._creation = creation
        self._quotas = quota_sets

    def _all(self, ctx: Context, *, everything: bool) -> Iterator[tuple[Place, Note]]:
        """Yield the backups that are known and that LXD has."""
        for place in self._shelf.find(ctx, everything=everything):
            noted = place.backup_notes
            if noted:
                found = self._shelf.session.find(*place.path, "backups", project=place.project)
                there = {str(item["name"]).rpartition("/")[2] for item in found}
                yield from ((place, note) for note in noted if note["id"] in there)

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
            status=note.get("status", "available"),
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
        note = described(ctx, spec, size_gib=place.size_gib)
        alone = "instance_only" if place.is_root else "volume_only"
        body = {"name": note["id"], alone: True, "compression_algorithm": "none"}
        with self._quotas.room_for_backup(place):
            self._shelf.session.post(*place.path, "backups", body=body, project=place.project)
            return self._backup(self._shelf.change(place, lambda _: {_key(note["id"]): written(note)}), note)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Backup:
        place, note = self._found(ctx, resource_id)
        noted = {name: dict(value) if name == "metadata" else value for name, value in changes.items()}
        after = touched(note, noted)
        return self._backup(self._shelf.change(place, lambda _: {_key(resource_id): written(after)}), after)

    def delete(self, ctx: Context, resource_id: str, *, force: bool = False) -> None:
        place, _ = self._found(ctx, resource_id)
        self._shelf.session.delete(*place.path, "backups", resource_id, project=place.project)
        self._shelf.change(place, lambda _: {_key(resource_id): None})

    def reset_status(self, ctx: Context, backup_id: str, status: str) -> None:
        self.update(ctx, backup_id, {"status": status})

    def restore(self, ctx: Context, backup_id: str, volume_id: str | None, name: str | None) -> Volume:
        place, note = self._found(ctx, backup_id)
        target = None if volume_id is None else self._shelf.get(ctx, volume_id)
        if target is not None:
            self._check_target(ctx, target, place, note)
        copy = self._imported(place, backup_id)
        try:
            restored = self._new(ctx, copy, name or f"restore_backup_{backup_id}") if target is None else target
            if target is not None:
                self._lay_over(target, copy)
        finally:
            self._shelf.remove(copy)
        return self._volumes.get(ctx, restored.id)

    def _check_target(self, ctx: Context, target: Place, source: Place, note: Note) -> None:
        found = self._volumes.get(ctx, target.id)
        if found.status != "available":
            raise InvalidVolume("Volume to be restored to must be available")
        if found.size_gib < note["size_gib"]:
            raise InvalidInput(
                f"volume size {found.size_gib} is too small to restore backup of size {note['size_gib']}."
            )
        if target.is_root != source.is_root:
            raise InvalidInput(
                "a bootable volume's backup is restored to a bootable volume, any other to one that is not."
            )

    def _imported(self, place: Place, backup_id: str) -> Place:
        """Make what is in a backup a thing of LXD's own project, where no one sees it: LXD makes new things only."""
        made = Place(
            project=DEFAULT, pool=place.pool, name=f"restoring-{uuid.uuid4()}", record={}, is_root=place.is_root
        )
        headers = {
            "X-LXD-name": made.name,
            "Content-Type": "application/octet-stream",
            **({"X-LXD-pool": place.pool} if place.is_root else {}),
        }
        session = self._shelf.session
        with session.opened(*place.path, "backups", backup_id, "export", project=place.project) as archive:
            session.send(*made.path[:-1], data=archive.iter_content(_CHUNK), headers=headers, project=made.project)
        return self._shelf.again(made)

    def _new(self, ctx: Context, copy: Place, name: str) -> Place:
        note = fresh(ctx.project, name=name, user_id=ctx.user_id, metadata={})
        with self._quotas.room_for_volume(ctx.project, copy.size_gib, copy.pool):
            return self._creation.copy(ctx.project, copy, None, note=note, size_gib=copy.size_gib, pool=copy.pool)

    def _lay_over(self, target: Place, copy: Place) -> None:
        """Give a volume the bytes of another; its name, keys and id stay."""
        what: dict[str, object] = {"type": "copy", "project": copy.project, "refresh": True}
        more = {"source": copy.name, "instance_only": True}
        if not copy.is_root:
            more = {"name": copy.name, "pool": copy.pool, "volume_only": True}
        body = {"name": target.name, "source": {**what, **more}}
        self._shelf.session.post(*target.path[:-1], body=body, project=target.project)
        if copy.is_root:
            # To whom LXD's numbers of the files' owners belong comes with the files.
            owners = {key: copy.config.get(key, "[]") for key in ("volatile.last_state.idmap",)}
            self._shelf.change(target, lambda _: owners)


def _key(backup_id: str) -> str:
    return f"{PREFIX}backup.{backup_id}"
