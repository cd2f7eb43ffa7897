"""Volumes: LXD's custom storage volumes, as large as their pool lets them be held to."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from jumpgate.block_storage.contract import Volumes
from jumpgate.block_storage.drivers.lxd.errors import InvalidInput, InvalidVolume
from jumpgate.block_storage.drivers.lxd.records import NOTE, ZONE, Place, size_gib, volume, volume_type_id
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.drivers.lxd.snapshots import LxdSnapshots
from jumpgate.block_storage.models import Volume, VolumeSpec
from jumpgate.clouds.lxd.notes import Note, fresh, touched, written
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound, NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes


class LxdVolumes(Volumes):
    """A volume is made before the call returns; LXD copies within a pool by reference where the pool can."""

    def __init__(self, shelf: Shelf, snapshots: LxdSnapshots) -> None:
        self._shelf = shelf
        self._snapshots = snapshots

    def find(self, ctx: Context, query: Query) -> Iterable[Volume]:
        places = list(self._shelf.find(ctx, everything=query.all_projects))
        known = self._shelf.uses(*places)
        return [volume(place, self._shelf.owner(place), known) for place in places]

    def get(self, ctx: Context, resource_id: str) -> Volume:
        return self._volume(self._shelf.get(ctx, resource_id))

    def _volume(self, place: Place) -> Volume:
        return volume(place, self._shelf.owner(place), self._shelf.uses(place))

    def create(self, ctx: Context, spec: VolumeSpec) -> Volume:
        _refuse(spec)
        source, name = self._source(ctx, spec)
        pool = self._pool(spec.volume_type, source)
        size = _size(spec.size_gib, source)
        note = fresh(
            ctx.project,
            description=spec.description,  # type: ignore[arg-type]
            name=spec.name,
            user_id=ctx.user_id,
            metadata=dict(spec.metadata),
            snapshot_id=spec.snapshot_id,
            source_volume_id=spec.source_volume_id,
        )
        body: dict[str, object] = {"config": {"size": f"{size}GiB", NOTE: written(note)}}
        if source is not None:
            body["source"] = {
                "type": "copy",
                "pool": source.pool,
                "name": name,
                "project": source.project,
                "volume_only": True,
            }
        project = self._shelf.projects.ensure(ctx.project)
        made = self._shelf.make(Place(project=project, pool=pool, name=str(uuid.uuid4()), record={}), body)
        return self._volume(made)

    def _source(self, ctx: Context, spec: VolumeSpec) -> tuple[Place | None, str]:
        """Return the volume that a new one begins as, and the name of what LXD is to copy."""
        if spec.snapshot_id is not None:
            place, name = self._snapshots.place(ctx, spec.snapshot_id)
            return place, f"{place.name}/{name}"
        if spec.source_volume_id is not None:
            place = self._shelf.get(ctx, spec.source_volume_id)
            return place, place.name
        return None, ""

    def _pool(self, wanted: str | None, source: Place | None) -> str:
        """Return the storage pool of a volume type's name or id; without one the source's, or the default pool."""
        if wanted is None:
            return source.pool if source is not None else self._shelf.session.settings.pool
        for pool in self._shelf.pools():
            if wanted in (pool["name"], volume_type_id(pool["name"])):
                return str(pool["name"])
        raise NotFound(f"Volume type {wanted} could not be found.", reason="VolumeTypeNotFound")

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Volume:
        return self._noted(ctx, resource_id, {**changes})

    def _noted(self, ctx: Context, volume_id: str, changes: Mapping[str, object]) -> Volume:
        place = self._shelf.get(ctx, volume_id)
        noted = {name: dict(value) if isinstance(value, Mapping) else value for name, value in changes.items()}
        return self._volume(self._shelf.change(place, lambda current: {NOTE: written(touched(_note(current), noted))}))

    def delete(self, ctx: Context, resource_id: str, *, cascade: bool = False, force: bool = False) -> None:
        place = self._shelf.get(ctx, resource_id)
        found = self._volume(place)
        if found.attachments or (found.status not in ("available", "error") and not force):
            raise InvalidVolume(
                "Volume status must be available or error or error_restoring or error_extending or error_managing and "
                "must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be "
                "disassociated from snapshots after volume transfer."
            )
        if self._shelf.snapshot_names().get((place.project, place.pool, place.name)) and not cascade:
            raise InvalidVolume(f"Volume {resource_id} has snapshots: delete them first, or cascade.")
        if place.backup_notes:
            raise InvalidVolume("LXD keeps a volume's backups with it: delete the backups first.")
        self._shelf.remove(place)

    def set_metadata(
        self, ctx: Context, volume_id: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> Mapping[str, str]:
        known = {} if replace else self.get(ctx, volume_id).metadata
        return self._noted(ctx, volume_id, {"metadata": {**known, **metadata}}).metadata

    def delete_metadata(self, ctx: Context, volume_id: str, key: str) -> None:
        known = dict(self.get(ctx, volume_id).metadata)
        if key not in known:
            raise NotFound(f"Volume {volume_id} has no metadata with key {key}.")
        del known[key]
        self._noted(ctx, volume_id, {"metadata": known})

    def extend(self, ctx: Context, volume_id: str, size_gib: int, *, attached: bool = False) -> None:
        place = self._shelf.get(ctx, volume_id)
        found = self._volume(place)
        if found.status not in (("available", "in-use") if attached else ("available",)):
            raise InvalidVolume(f"Volume {volume_id} status must be available to extend, but is {found.status}.")
        if size_gib <= found.size_gib:
            raise InvalidInput(
                f"New size for extend must be greater than current size. (current: {found.size_gib}, "
                f"extended: {size_gib})."
            )
        self._shelf.change(
            place, lambda current: {"size": f"{size_gib}GiB", NOTE: written(touched(_note(current), {}))}
        )

    def revert(self, ctx: Context, volume_id: str, snapshot_id: str) -> None:
        place = self._shelf.get(ctx, volume_id)
        found = self._volume(place)
        of, name = self._snapshots.place(ctx, snapshot_id)
        if of.id != place.id or self._snapshots.newest(ctx, place) != snapshot_id:
            raise InvalidInput(f"Snapshot {snapshot_id} is not the newest snapshot of volume {volume_id}")
        if found.status != "available":
            raise InvalidVolume(f"Volume {volume_id} status must be available to revert, but is {found.status}.")
        path = self._shelf.path(place)
        self._shelf.session.put(*path, body={"restore": name}, project=place.project)
        # LXD gives the volume the keys that it had then, too.
        now = self._shelf.again(place).config
        gone = {key: None for key in now if key not in place.config}
        self._shelf.change(place, lambda _: {**gone, **place.config})


def _note(place: Place) -> Note:
    """Return a volume's note; one that somebody made by hand gets its first with the first change."""
    return place.note or fresh("", description=place.record.get("description", ""), name=place.name)


def _refuse(spec: VolumeSpec) -> None:
    """Raise for what LXD's custom volumes cannot begin as."""
    if spec.image_id is not None:
        raise NotSupported("LXD's custom volumes are not made of images: create an empty one, or a copy.")
    if spec.backup_id is not None:
        raise NotSupported("Restore the backup to make a volume of it.")
    if spec.group_id is not None:
        raise NotSupported("This cloud has no groups of volumes.")
    if spec.availability_zone not in (None, ZONE):
        raise InvalidInput(f"Availability zone '{spec.availability_zone}' is invalid.")


def _size(wanted: int | None, source: Place | None) -> int:
    """Return the size of a new volume in GiB."""
    least = size_gib(source.config.get("size", "")) if source is not None else 0
    if not (least if wanted is None else wanted):
        raise InvalidInput(f"Volume size '{wanted}' must be an integer and greater than 0: it counts GiB.")
    if wanted is not None and wanted < least:
        raise InvalidInput(f"Volume size '{wanted}'GB cannot be smaller than the original volume size {least}GB.")
    return wanted or least
