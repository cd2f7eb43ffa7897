"""Backups: LXD's own, archives that LXD keeps beside the volume."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator
from functools import partial

from jumpgate.block_storage.contract import Backups
from jumpgate.block_storage.drivers.lxd.creation import Creation
from jumpgate.block_storage.drivers.lxd.quota_sets import LxdQuotaSets
from jumpgate.block_storage.drivers.lxd.records import ZONE, Place, backup_key, described, moment
from jumpgate.block_storage.drivers.lxd.shelf import ASIDE, Shelf
from jumpgate.block_storage.drivers.lxd.volumes import LxdVolumes
from jumpgate.block_storage.drivers.lxd.work import Keys, Kind, Work
from jumpgate.block_storage.errors import InvalidBackup, InvalidInput, InvalidVolume
from jumpgate.block_storage.models import Backup, BackupSpec, Volume
from jumpgate.block_storage.models.events import BACKUP_FAILED, RESTORE_FAILED
from jumpgate.clouds.lxd.notes import Note, fresh, touched, written
from jumpgate.clouds.lxd.projects import DEFAULT
from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import (
    BadRequest,
    CloudError,
    CloudUnreachable,
    Conflict,
    JumpgateError,
    NotFound,
    NotSupported,
)
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes

BACKUP, RESTORE = "backup", "restoring"
_CHUNK = 1024 * 1024


class LxdBackups(Backups):
    """They live as long as their volume, which therefore stays as long as it has any. None builds on another."""

    def __init__(
        self, shelf: Shelf, volumes: LxdVolumes, creation: Creation, quota_sets: LxdQuotaSets, work: Work
    ) -> None:
        self._shelf = shelf
        self._volumes = volumes
        self._creation = creation
        self._quotas = quota_sets
        self._work = work
        making = Kind(status="backing-up", event=BACKUP_FAILED, do=self._made, undo=self._unmade, is_operation=True)
        restoring = Kind(status="restoring-backup", event=RESTORE_FAILED, do=self._restored, undo=self._unrestored)
        for name, kind in ((BACKUP, making), (RESTORE, restoring)):
            work.register(name, kind)

    def _all(self, ctx: Context, *, everything: bool) -> Iterator[tuple[Place, Note]]:
        for place in self._shelf.find(ctx, everything=everything):
            yield from ((place, note) for note in self._shelf.backups(place))

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
            error=(note.get("fault") or {}).get("text"),
        )

    def create(self, ctx: Context, spec: BackupSpec) -> Backup:
        if spec.is_incremental:
            raise NotSupported("LXD's backups are whole: make one that is not incremental.")
        if spec.snapshot_id is not None:
            raise BadRequest("LXD backs volumes up, not snapshots: make a volume of the snapshot first.")
        place = self._shelf.get(ctx, spec.volume_id)
        note = {**described(ctx, spec, size_gib=place.size_gib), "status": "creating"}
        work = self._work.note(ctx, BACKUP, backup=note["id"])
        allowed = ("available", "in-use") if spec.force else ("available",)
        complaint = "Volume to be backed up should be available, but is {status}; or force it."
        with self._quotas.room_for_backup(place):
            place = self._work.mark(place, work, allowed, complaint, {backup_key(note["id"]): written(note)})
        alone = "instance_only" if place.is_root else "volume_only"
        body = {"name": note["id"], alone: True, "compression_algorithm": "none"}
        try:
            operation = self._shelf.session.start("post", *place.path, "backups", body=body, project=place.project)
        except JumpgateError:
            self._work.drop(place, work, {backup_key(note["id"]): None})
            raise
        self._work.promise(self._shelf.owner(place), place.id, work, operation=operation)
        return self._backup(place, note)

    def _made(self, place: Place, work: Note) -> Keys:
        """Show a backup that LXD has made."""
        try:
            self._shelf.session.get(*place.path, "backups", work["backup"], project=place.project)
        except NotFound:
            raise CloudError("LXD did not begin with the backup.") from None
        return partial(_renoted, backup_id=work["backup"], changes={"status": "available"})

    def _unmade(self, place: Place, work: Note, fault: Note) -> Note:
        """Show a backup that LXD could not make; what there is of it goes."""
        with contextlib.suppress(NotFound):
            self._shelf.session.delete(*place.path, "backups", work["backup"], project=place.project)
        self._renote(place, work["backup"], {"status": "error", "fault": fault})
        return {}

    def _renote(self, place: Place, backup_id: str, changes: Note) -> None:
        """Change the note of a backup, where there is one."""
        self._shelf.change(place, partial(_renoted, backup_id=backup_id, changes=changes))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Backup:
        place, note = self._found(ctx, resource_id)
        noted = {name: dict(value) if name == "metadata" else value for name, value in changes.items()}
        after = touched(note, noted)
        return self._backup(self._shelf.change(place, lambda _: {backup_key(resource_id): written(after)}), after)

    def delete(self, ctx: Context, resource_id: str, *, force: bool = False) -> None:
        place, note = self._found(ctx, resource_id)
        if note.get("status", "available") not in ("available", "error") and not force:
            raise InvalidBackup("Backup status must be available or error")
        # What could not be made is not there.
        with contextlib.suppress(NotFound):
            self._shelf.session.delete(*place.path, "backups", resource_id, project=place.project)
        self._shelf.change(place, lambda _: {backup_key(resource_id): None})

    def reset_status(self, ctx: Context, backup_id: str, status: str) -> None:
        self.update(ctx, backup_id, {"status": status})

    def restore(self, ctx: Context, backup_id: str, volume_id: str | None, name: str | None) -> Volume:
        place, note = self._found(ctx, backup_id)
        if note.get("status", "available") != "available":
            raise InvalidBackup("Backup status must be available")
        work = self._work.note(ctx, RESTORE, backup=backup_id)
        if volume_id is None:
            target = self._new(ctx, place, note, name or f"restore_backup_{backup_id}", work)
        else:
            target = self._shelf.get(ctx, volume_id)
            self._check_target(ctx, target, place, note)
            target = self._work.mark(target, work, ("available",), "Volume to be restored to must be available")
        self._renote(place, backup_id, {"status": "restoring"})
        self._work.promise(self._shelf.owner(target), target.id, work)
        return self._volumes.get(ctx, target.id)

    def _new(self, ctx: Context, place: Place, backup: Note, name: str, work: Note) -> Place:
        """Make the volume that a backup is restored to."""
        size_gib = backup["size_gib"]
        note = fresh(ctx.project, name=name, user_id=ctx.user_id, metadata={}, work=work)
        with self._quotas.room_for_volume(ctx.project, size_gib, place.pool):
            return self._creation.empty(ctx, note, size_gib, place.pool, like=place)

    def _source(self, backup_id: str) -> Place:
        """Return the volume that a backup is of."""
        for place, note in self._all(service_context(""), everything=True):
            if note["id"] == backup_id:
                return place
        raise NotFound(f"Backup {backup_id} could not be found.", reason="BackupNotFound")

    def _restored(self, target: Place, work: Note) -> None:
        """Give a volume the bytes of a backup."""
        source = self._source(work["backup"])
        self._clear(target)
        copy = self._imported(source, work["backup"], self._aside(target))
        try:
            self._lay_over(target, copy)
        finally:
            self._shelf.remove(copy)
        self._renote(source, work["backup"], {"status": "available"})

    def _unrestored(self, target: Place, work: Note, fault: Note) -> Note:
        """Leave a volume that has a part of a backup's bytes, and the backup as it was."""
        self._clear(target)
        with contextlib.suppress(NotFound):
            self._renote(self._source(work["backup"]), work["backup"], {"status": "available"})
        return {"status": "error_restoring", "fault": fault}

    def _aside(self, target: Place) -> Place:
        """Return where a backup is unpacked before it is laid over a volume: in LXD's own project, where none looks."""
        return dataclasses.replace(target, project=DEFAULT, name=f"{ASIDE}{target.id}", record={})

    def _clear(self, target: Place) -> None:
        """Remove what an attempt before has left beside a volume."""
        try:
            self._shelf.remove(self._aside(target))
        except NotFound:
            return
        except Conflict as error:
            raise CloudUnreachable(f"LXD is still busy with an attempt before: {error.message}") from error

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

    def _imported(self, place: Place, backup_id: str, made: Place) -> Place:
        """Make what is in a backup a thing of its own, since LXD makes new things of backups only."""
        headers = {
            "X-LXD-name": made.name,
            "Content-Type": "application/octet-stream",
            **({"X-LXD-pool": made.pool} if made.is_root else {}),
        }
        session = self._shelf.session
        with session.opened(*place.path, "backups", backup_id, "export", project=place.project) as archive:
            session.send(*made.path[:-1], data=archive.iter_content(_CHUNK), headers=headers, project=made.project)
        return self._shelf.again(made)

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


def _renoted(place: Place, *, backup_id: str, changes: Note) -> dict[str, str | None]:
    """Return the change of a volume's keys that changes the note of a backup, where there is one."""
    found = [note for note in place.backup_notes if note["id"] == backup_id]
    return {backup_key(backup_id): written(touched(note, changes)) for note in found}
