"""The sizes of the cloud's machines, as flavors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.ids import IdMap, Kind, Opaque
from jumpgate.common.listing import Query
from jumpgate.compute.contract import Flavors
from jumpgate.compute.models import Flavor

from .client import SIZES


def flavor(size: str) -> Flavor:
    """Return a size as a flavor."""
    vcpus, ram_mib, disk_gib = SIZES[size]
    return Flavor(id=size, name=size, vcpus=vcpus, ram_mib=ram_mib, disk_gib=disk_gib)


class MyCloudFlavors(Flavors):
    """Flavors that nobody can change. Their ids are the names of the sizes."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.FLAVOR: Opaque()}

    def find(self, ctx: Context, query: Query) -> Iterable[Flavor]:
        return [flavor(size) for size in SIZES]

    def get(self, ctx: Context, flavor_id: str) -> Flavor:
        if flavor_id not in SIZES:
            raise NotFound(f"Flavor {flavor_id} could not be found.")
        return flavor(flavor_id)
