"""New volumes: empty ones, copies, and such that servers boot from, of images."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from jumpgate.block_storage.drivers.lxd.quota_sets import LxdQuotaSets
from jumpgate.block_storage.drivers.lxd.records import NOTE, ZONE, Place, described, volume_type_id
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.drivers.lxd.snapshots import LxdSnapshots
from jumpgate.block_storage.errors import InvalidInput
from jumpgate.block_storage.images import find_image, require_room
from jumpgate.block_storage.models import VolumeSpec
from jumpgate.block_storage.models.of_images import image_metadata
from jumpgate.clouds.lxd import holders
from jumpgate.clouds.lxd.aliases import Aliases
from jumpgate.clouds.lxd.notes import Note, written
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound, NotSupported
from jumpgate.common.siblings import Siblings


class Creation:
    """Makes volumes. LXD copies within a pool by reference where the pool can."""

    def __init__(self, shelf: Shelf, snapshots: LxdSnapshots, quota_sets: LxdQuotaSets, siblings: Siblings) -> None:
        self._shelf = shelf
        self.quotas = quota_sets
        self._snapshots = snapshots
        self._siblings = siblings

    def create(self, ctx: Context, spec: VolumeSpec) -> Place:
        """Make a volume and return it; raise BadRequest, NotFound or NotSupported."""
        _refuse(spec)
        source, name = self._source(ctx, spec)
        pool = self.pool(spec.volume_type, source)
        size = _size(spec.size_gib, source)
        note = described(ctx, spec, snapshot_id=spec.snapshot_id, source_volume_id=spec.source_volume_id)
        with self.quotas.room_for_volume(ctx.project, size, pool):
            if spec.image_id is not None:
                return self._of_image(ctx, spec.image_id, note, size, pool)
            if source is not None:
                return self.copy(ctx.project, source, name, note=note, size_gib=size, pool=pool)
            return self._made(ctx.project, pool, {"config": {"size": f"{size}GiB", NOTE: written(note)}})

    def _source(self, ctx: Context, spec: VolumeSpec) -> tuple[Place | None, str | None]:
        """Return the volume that a new one begins as, and the name of its snapshot where it is one's copy."""
        if spec.snapshot_id is not None:
            return self._snapshots.place(ctx, spec.snapshot_id)
        if spec.source_volume_id is not None:
            return self._shelf.get(ctx, spec.source_volume_id), None
        return None, None

    def pool(self, wanted: str | None, source: Place | None = None) -> str:
        """Return the storage pool of a volume type's name or id; without one the source's, or the default pool."""
        if wanted is None:
            return source.pool if source is not None else self._shelf.session.settings.pool
        for pool in self._shelf.pools():
            if wanted in (pool["name"], volume_type_id(pool["name"])):
                return str(pool["name"])
        raise NotFound(f"Volume type {wanted} could not be found.", reason="VolumeTypeNotFound")

    def _of_image(self, ctx: Context, reference: str, note: Note, size_gib: int, pool: str) -> Place:
        image = find_image(self._siblings, ctx, reference)
        require_room(image, size_gib)
        source = Aliases(self._shelf.session).source(image.id)
        return self._root(ctx.project, {**note, "image_metadata": image_metadata(image)}, size_gib, pool, source)

    def copy(
        self, project_id: str, source: Place, snapshot: str | None, *, note: Note, size_gib: int, pool: str
    ) -> Place:
        """Make a volume that holds what another does, or did at a snapshot."""
        name = source.name if snapshot is None else f"{source.name}/{snapshot}"
        if source.is_root:
            path = source.path if snapshot is None else (*source.path, "snapshots", snapshot)
            before = self._shelf.session.get(*path, project=source.project)
            what = {"type": "copy", "source": name, "project": source.project, "instance_only": True}
            known = {**note, "image_metadata": source.note.get("image_metadata", {})}
            return self._root(project_id, known, size_gib, pool, what, beside=source, before=before)
        what = {"type": "copy", "pool": source.pool, "name": name, "project": source.project, "volume_only": True}
        body = {"config": {"size": f"{size_gib}GiB", NOTE: written(note)}, "source": what}
        return self._made(project_id, pool, body, beside=source)

    def _made(self, project_id: str, pool: str, body: Mapping[str, Any], *, beside: Place | None = None) -> Place:
        place = Place(project=self._shelf.projects.ensure(project_id), pool=pool, name=str(uuid.uuid4()), record={})
        return self._shelf.make(place, body, beside=beside)

    def _root(
        self,
        project_id: str,
        note: Note,
        size_gib: int,
        pool: str,
        source: Mapping[str, Any],
        *,
        beside: Place | None = None,
        before: Mapping[str, Any] | None = None,
    ) -> Place:
        """Make a volume to boot from; `before` is the instance that it begins as, of which only bytes stay."""
        volume_id = str(uuid.uuid4())
        body = holders.body(volume_id, note=note, size_gib=size_gib, pool=pool, source=source, before=before)
        project = self._shelf.projects.ensure(project_id)
        place = Place(project=project, pool=pool, name=body["name"], record={}, is_root=True)
        made = self._shelf.make(place, body, beside=beside)
        if len(made.record["devices"]) > 1:
            emptied = holders.emptied(made.record, volume_id)
            self._shelf.session.put(*made.path, body=emptied, project=made.project)
        return self._shelf.again(made)


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
