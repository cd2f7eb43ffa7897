"""SoftLayer's data centers as availability zones."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.clouds.softlayer.remembered import Remembered
from jumpgate.clouds.softlayer.session import Session
from jumpgate.clouds.softlayer.values import text
from jumpgate.common.context import Context
from jumpgate.compute.contract.operators import AvailabilityZones
from jumpgate.compute.models.operations import AvailabilityZone

MASK = "mask[name]"


class SoftLayerZones(AvailabilityZones):
    """The data centers that virtual servers can be ordered in, remembered as long as flavors are."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: Remembered[tuple[AvailabilityZone, ...]] = Remembered(session.settings.flavors_lifetime_s)

    def find(self, ctx: Context) -> Iterable[AvailabilityZone]:
        return self._known.get(ctx.project, lambda: tuple(self._ask(ctx)))

    def _ask(self, ctx: Context) -> Iterable[AvailabilityZone]:
        centers = self._session.pages(ctx, "Location_Datacenter", "getDatacenters", mask=MASK)
        return (AvailabilityZone(name=text(center, "name")) for center in centers)
