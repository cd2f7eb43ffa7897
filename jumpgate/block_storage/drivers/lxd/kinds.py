"""Volume types: LXD's storage pools, which an operator makes in LXD."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.block_storage.contract import VolumeTypes
from jumpgate.block_storage.contract.operators import AvailabilityZones
from jumpgate.block_storage.drivers.lxd.records import ZONE, volume_type_id
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.models import VolumeType
from jumpgate.block_storage.models.operators import AvailabilityZone
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Query


class LxdVolumeTypes(VolumeTypes):
    """The pool of root disks is the default type. Pools are everybody's."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def find(self, ctx: Context, query: Query) -> Iterable[VolumeType]:
        return [_type(pool) for pool in self._shelf.pools()]

    def get(self, ctx: Context, resource_id: str) -> VolumeType:
        for pool in self._shelf.pools():
            if volume_type_id(pool["name"]) == resource_id:
                return _type(pool)
        raise NotFound(f"Volume type {resource_id} could not be found.", reason="VolumeTypeNotFound")

    def default(self, ctx: Context) -> VolumeType:
        return self.get(ctx, volume_type_id(self._shelf.session.settings.pool))


class LxdAvailabilityZones(AvailabilityZones):
    """One: LXD's pools are reached from wherever its instances are."""

    def find(self, ctx: Context) -> Iterable[AvailabilityZone]:
        return [AvailabilityZone(name=ZONE)]


def _type(pool: Record) -> VolumeType:
    name = str(pool["name"])
    return VolumeType(
        id=volume_type_id(name),
        name=name,
        description=pool.get("description") or None,
        extra_specs={"volume_backend_name": name, "driver": str(pool["driver"])},
    )
