"""The embedded network's availability zones: there is one, for everything."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.common.context import Context
from jumpgate.common.listing import Query
from jumpgate.network.contract import AvailabilityZones
from jumpgate.network.drivers.embedded.networks import ZONE
from jumpgate.network.models import AvailabilityZone


class EmbeddedAvailabilityZones(AvailabilityZones):
    """The zone in which networks and routers are placed."""

    def find(self, ctx: Context, query: Query) -> Iterable[AvailabilityZone]:
        return [AvailabilityZone(name=ZONE, resource=resource) for resource in ("network", "router")]
