"""The zone of LXD's servers: there is one, and it is there while LXD answers."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.clouds.lxd.session import Session
from jumpgate.common.context import Context
from jumpgate.common.format import utcnow
from jumpgate.compute.contract.operators import AvailabilityZones
from jumpgate.compute.drivers.lxd.region import ZONE
from jumpgate.compute.models.operations import AvailabilityZone


class LxdZones(AvailabilityZones):
    """One zone with the machines of the cluster, or the one there is."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context) -> Iterable[AvailabilityZone]:
        environment = self._session.server["environment"]
        host = str(environment.get("server_name") or "lxd")
        yield AvailabilityZone(name=ZONE, hosts={host: {"nova-compute": utcnow()}})
