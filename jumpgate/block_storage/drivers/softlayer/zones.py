"""SoftLayer's data centers, in which volumes are made."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.block_storage.contract.operators import AvailabilityZones
from jumpgate.block_storage.models.operators import AvailabilityZone
from jumpgate.clouds.softlayer.session import Session
from jumpgate.clouds.softlayer.values import text
from jumpgate.common.context import Context

MASK = "mask[name]"


class SoftLayerZones(AvailabilityZones):
    """The data centers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context) -> Iterable[AvailabilityZone]:
        centers = self._session.pages(ctx, "Location_Datacenter", "getDatacenters", mask=MASK)
        return (AvailabilityZone(name=text(center, "name")) for center in centers)
