"""Volumes of LXD, as large as their pool lets them be held to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jumpgate.block_storage.drivers.lxd.claims import ClaimedVolumes
from jumpgate.block_storage.drivers.lxd.creation import Creation
from jumpgate.block_storage.drivers.lxd.records import NOTE, Place, host_of, volume
from jumpgate.block_storage.drivers.lxd.reverting import Reverting
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.drivers.lxd.snapshots import LxdSnapshots
from jumpgate.block_storage.drivers.lxd.uploads import Uploads
from jumpgate.block_storage.errors import InvalidInput, InvalidVolume
from jumpgate.block_storage.models import ImageUpload, ImageUploadSpec, Volume, VolumeSpec
from jumpgate.clouds.lxd.notes import touched, written
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes

_DELETABLE = ("available", "error", "error_restoring")


class LxdVolumes(ClaimedVolumes):
    """What takes long is begun, and shown as under way: see `jumpgate.block_storage.drivers.lxd.work`."""

    def __init__(
        self, shelf: Shelf, snapshots: LxdSnapshots, creation: Creation, uploads: Uploads, reverting: Reverting
    ) -> None:
        self._shelf = shelf
        self._snapshots = snapshots
        self._creation = creation
        self._uploads = uploads
        self._reverting = reverting

    def find(self, ctx: Context, query: Query) -> Iterable[Volume]:
        places = list(self._shelf.find(ctx, everything=query.all_projects))
        known = self._shelf.uses(*places)
        return [volume(place, self._shelf.owner(place), known) for place in places]

    def get(self, ctx: Context, resource_id: str) -> Volume:
        return self._volume(self._shelf.get(ctx, resource_id))

    def create(self, ctx: Context, spec: VolumeSpec) -> Volume:
        return self._volume(self._creation.create(ctx, spec))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Volume:
        return self._noted(ctx, resource_id, {**changes})

    def _noted(self, ctx: Context, volume_id: str, changes: Mapping[str, object]) -> Volume:
        place = self._shelf.get(ctx, volume_id)
        noted = {name: dict(value) if isinstance(value, Mapping) else value for name, value in changes.items()}
        return self._volume(
            self._shelf.change(place, lambda current: {NOTE: written(touched(current.note_or_first, noted))})
        )

    def delete(self, ctx: Context, resource_id: str, *, cascade: bool = False, force: bool = False) -> None:
        place = self._shelf.get(ctx, resource_id)
        found = self._volume(place)
        if found.attachments or (found.status not in _DELETABLE and not force):
            raise InvalidVolume(
                "Volume status must be available or error or error_restoring or error_extending or error_managing and "
                "must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be "
                "disassociated from snapshots after volume transfer."
            )
        if self._shelf.snapshot_names().get((place.project, place.path)) and not cascade:
            raise InvalidVolume(f"Volume {resource_id} has snapshots: delete them first, or cascade.")
        if self._shelf.backups(place):
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
        more = size_gib - found.size_gib
        with self._creation.quotas.room_for_volume(self._shelf.owner(place), size_gib, place.pool, more_gib=more):
            self._shelf.change(
                place, lambda current: {"size": f"{size_gib}GiB", NOTE: written(touched(current.note_or_first, {}))}
            )

    def revert(self, ctx: Context, volume_id: str, snapshot_id: str) -> None:
        place = self._shelf.get(ctx, volume_id)
        found = self._volume(place)
        of, name = self._snapshots.place(ctx, snapshot_id)
        if of.id != place.id or self._snapshots.newest(ctx, place) != snapshot_id:
            raise InvalidInput(f"Snapshot {snapshot_id} is not the newest snapshot of volume {volume_id}")
        if found.status != "available":
            raise InvalidVolume(f"Volume {volume_id} status must be available to revert, but is {found.status}.")
        self._reverting.revert(place, name)

    def upload(self, ctx: Context, volume_id: str, spec: ImageUploadSpec) -> ImageUpload:
        return self._uploads.begin(ctx, volume_id, spec)

    def retype(self, ctx: Context, volume_id: str, volume_type: str, migration_policy: str) -> None:
        place = self._free(ctx, volume_id, "retype")
        pool = self._creation.pool(volume_type)
        if pool == place.pool:
            raise InvalidInput(f"New volume_type same as original: {volume_type}.")
        if migration_policy == "never":
            raise InvalidInput("A type is a storage pool: the volume must move, so let it migrate on demand.")
        self._shelf.move(place, pool=pool)

    def migrate(self, ctx: Context, volume_id: str, host: str, *, locks: bool = False) -> None:
        place = self._free(ctx, volume_id, "migrate")
        pools = {host_of(name): name for name in (str(pool["name"]) for pool in self._shelf.pools())}
        if host not in pools or pools[host] == place.pool:
            raise InvalidInput(f"No available service named {host}" if host not in pools else f"It is at {host}.")
        self._shelf.move(place, pool=pools[host])

    def _free(self, ctx: Context, volume_id: str, what: str) -> Place:
        """Return a volume that LXD can move; raise BadRequest."""
        place = self._shelf.get(ctx, volume_id)
        status = self._volume(place).status
        if status != "available":
            raise InvalidVolume(f"Volume status must be available to {what}, but is {status}: LXD moves none in use.")
        if self._shelf.backups(place):
            raise InvalidVolume("LXD keeps a volume's backups with it: delete the backups first.")
        return place
