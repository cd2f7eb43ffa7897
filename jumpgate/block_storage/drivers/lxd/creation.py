"""New volumes: empty ones, copies, and such that servers boot from, of images."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from jumpgate.block_storage.drivers.lxd.quota_sets import LxdQuotaSets
from jumpgate.block_storage.drivers.lxd.records import NOTE, ZONE, Place, described, volume_type_id
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.drivers.lxd.snapshots import LxdSnapshots
from jumpgate.block_storage.drivers.lxd.work import Kind, Work
from jumpgate.block_storage.errors import InvalidInput, InvalidVolume
from jumpgate.block_storage.images import find_image, require_room
from jumpgate.block_storage.models import VolumeSpec
from jumpgate.block_storage.models.events import CREATE_FAILED, IMAGE_COPY_FAILED, Event
from jumpgate.block_storage.models.of_images import image_metadata
from jumpgate.clouds.lxd import holders
from jumpgate.clouds.lxd.aliases import Aliases
from jumpgate.clouds.lxd.notes import Note, written
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound, NotSupported
from jumpgate.common.siblings import Siblings

COPY, OF_IMAGE = "copy", "creation"


class Creation:
    """Makes volumes. LXD copies within a pool by reference where the pool can.

    An empty one is there at once; others are `creating` until LXD has copied or unpacked what is in them.
    """

    def __init__(
        self, shelf: Shelf, snapshots: LxdSnapshots, quota_sets: LxdQuotaSets, siblings: Siblings, work: Work
    ) -> None:
        self._shelf = shelf
        self.quotas = quota_sets
        self._snapshots = snapshots
        self._siblings = siblings
        self._work = work
        for name, event in ((COPY, CREATE_FAILED), (OF_IMAGE, IMAGE_COPY_FAILED)):
            work.register(name, self._kind(event))

    def _kind(self, event: Event) -> Kind:
        return Kind(status="creating", event=event, do=self._finish, undo=_in_error, is_operation=True)

    def create(self, ctx: Context, spec: VolumeSpec) -> Place:
        """Make a volume, or begin to, and return it; raise BadRequest, NotFound or NotSupported."""
        _refuse(spec)
        source, snapshot = self._source(ctx, spec)
        pool = self.pool(spec.volume_type, source)
        size = _size(spec.size_gib, source)
        note = described(ctx, spec, snapshot_id=spec.snapshot_id, source_volume_id=spec.source_volume_id)
        with self.quotas.room_for_volume(ctx.project, size, pool):
            if spec.image_id is not None:
                return self._of_image(ctx, spec.image_id, note, size, pool)
            if source is not None:
                return self._copy(ctx, source, snapshot, note=note, size_gib=size, pool=pool)
            return self.empty(ctx, note, size, pool)

    def _source(self, ctx: Context, spec: VolumeSpec) -> tuple[Place | None, str | None]:
        """Return the volume that a new one begins as, and the name of its snapshot where it is one's copy."""
        if spec.snapshot_id is not None:
            return self._snapshots.place(ctx, spec.snapshot_id)
        if spec.source_volume_id is None:
            return None, None
        source = self._shelf.get(ctx, spec.source_volume_id)
        if source.note.get("work") or source.note.get("status") == "error":
            raise InvalidVolume("Originating source volume status must be one of 'available, in-use' values")
        return source, None

    def pool(self, wanted: str | None, source: Place | None = None) -> str:
        """Return the storage pool of a volume type's name or id; without one the source's, or the default pool."""
        if wanted is None:
            return source.pool if source is not None else self._shelf.session.settings.pool
        for pool in self._shelf.pools():
            if wanted in (pool["name"], volume_type_id(pool["name"])):
                return str(pool["name"])
        raise NotFound(f"Volume type {wanted} could not be found.", reason="VolumeTypeNotFound")

    def empty(self, ctx: Context, note: Note, size_gib: int, pool: str, *, like: Place | None = None) -> Place:
        """Make a volume with nothing in it; one `like` a volume to boot from is one, too."""
        volume_id = str(uuid.uuid4())
        is_root = like is not None and like.is_root
        place, at = self._place(ctx, volume_id, pool, is_root=is_root), self._shelf.here if is_root else ""
        return self._shelf.empty(place, {**note, "id": volume_id}, size_gib, like=like, at=at)

    def _place(self, ctx: Context, volume_id: str, pool: str, *, is_root: bool) -> Place:
        project = self._shelf.projects.ensure(ctx.project)
        name = holders.name_of(volume_id) if is_root else volume_id
        return Place(project=project, pool=pool, name=name, record={}, is_root=is_root)

    def _of_image(self, ctx: Context, reference: str, note: Note, size_gib: int, pool: str) -> Place:
        image = find_image(self._siblings, ctx, reference)
        require_room(image, size_gib)
        source = Aliases(self._shelf.session).source(image.id)
        known = {**note, "image_metadata": image_metadata(image), "work": self._work.note(ctx, OF_IMAGE)}
        return self._root(ctx, known, size_gib, pool, source)

    def _copy(
        self, ctx: Context, source: Place, snapshot: str | None, *, note: Note, size_gib: int, pool: str
    ) -> Place:
        """Begin a volume that holds what another does, or did at a snapshot."""
        name = source.name if snapshot is None else f"{source.name}/{snapshot}"
        note = {**note, "work": self._work.note(ctx, COPY)}
        if source.is_root:
            path = source.path if snapshot is None else (*source.path, "snapshots", snapshot)
            before = self._shelf.session.get(*path, project=source.project)
            what = {"type": "copy", "source": name, "project": source.project, "instance_only": True}
            known = {**note, "image_metadata": source.note.get("image_metadata", {})}
            return self._root(ctx, known, size_gib, pool, what, beside=source, before=before)
        volume_id = str(uuid.uuid4())
        note = {**note, "id": volume_id}
        what = {"type": "copy", "pool": source.pool, "name": name, "project": source.project, "volume_only": True}
        body = {"config": {"size": f"{size_gib}GiB", NOTE: written(note)}, "source": what}
        return self._begin(ctx, self._place(ctx, volume_id, pool, is_root=False), body, note, size_gib, beside=source)

    def _root(
        self,
        ctx: Context,
        note: Note,
        size_gib: int,
        pool: str,
        source: Mapping[str, Any],
        *,
        beside: Place | None = None,
        before: Mapping[str, Any] | None = None,
    ) -> Place:
        """Begin a volume to boot from; `before` is the instance that it begins as, of which only bytes stay."""
        note = {**note, "id": str(uuid.uuid4())}
        body = holders.body(note["id"], note=note, size_gib=size_gib, pool=pool, source=source, before=before)
        return self._begin(ctx, self._place(ctx, note["id"], pool, is_root=True), body, note, size_gib, beside=beside)

    def _begin(
        self,
        ctx: Context,
        place: Place,
        body: Mapping[str, Any],
        note: Note,
        size_gib: int,
        *,
        beside: Place | None = None,
    ) -> Place:
        """Let LXD make a volume, and return it as it begins."""
        # Before anything happens that is waited for below.
        self._shelf.session.events.listen()
        operation = self._shelf.start(place, body, beside=beside)
        made = {"project": place.project, "pool": place.pool, "name": place.name, "is_root": place.is_root}
        made = {**made, "note": note, "size_gib": size_gib}
        self._work.promise(ctx.project, note["id"], note["work"], operation=operation, made=made, awaited=True)
        return self._work.begun(place, note["work"], operation, made)

    def _finish(self, place: Place, _: Note) -> None:
        """Take from a volume to boot from what the instance had beside, of which it is a copy."""
        if place.is_root and len(place.record["devices"]) > 1:
            self._shelf.session.put(*place.path, body=holders.emptied(place.record, place.id), project=place.project)


def _in_error(_: Place, __: Note, fault: Note) -> Note:
    """Leave a volume of which only a part was made: it can only be deleted."""
    return {"status": "error", "fault": fault}


def _refuse(spec: VolumeSpec) -> None:
    """Raise for what LXD's volumes cannot begin as."""
    if spec.backup_id is not None:
        raise NotSupported("Restore the backup to make a volume of it.")
    if spec.group_id is not None:
        raise NotSupported("This cloud has no groups of volumes.")
    if spec.availability_zone not in (None, ZONE):
        raise InvalidInput(f"Availability zone '{spec.availability_zone}' is invalid.")


def _size(wanted: int | None, source: Place | None) -> int:
    """Return the size of a new volume in GiB."""
    least = source.size_gib if source is not None else 0
    if not (least if wanted is None else wanted):
        raise InvalidInput(f"Volume size '{wanted}' must be an integer and greater than 0: it counts GiB.")
    if wanted is not None and wanted < least:
        raise InvalidInput(f"Volume size '{wanted}'GB cannot be smaller than the original volume size {least}GB.")
    return wanted or least
