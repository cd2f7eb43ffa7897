"""The interfaces of servers, plugged in and out while they run."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.compute.contract import Interfaces
from jumpgate.compute.drivers.lxd import history, records
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.nics import Nics, is_plugged
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.models import Interface, NetworkRequest
from jumpgate.compute.models.states import require
from jumpgate.compute.ports import interface


class LxdInterfaces(Interfaces):
    """Ports at the network service, and NICs of the instance."""

    def __init__(self, region: Region, instances: Instances, nics: Nics) -> None:
        self._region = region
        self._instances = instances
        self._nics = nics

    def find(self, ctx: Context, server_id: str) -> Iterable[Interface]:
        self._instances.get(ctx, server_id)
        return [interface(port) for port in self._nics.of((server_id,)) if is_plugged(port)]

    def create(self, ctx: Context, server_id: str, request: NetworkRequest) -> Interface:
        record = self._ready(ctx, server_id, "attach_interface")
        port = self._nics.plug(record, request)
        self._instances.note(record, actions=history.done(record, ctx, "attach_interface"))
        return interface(port)

    def _ready(self, ctx: Context, server_id: str, action: str) -> Record:
        record = self._instances.get(ctx, server_id)
        require(action, records.server(record, self._instances.owner(record)))
        return record

    def delete(self, ctx: Context, server_id: str, port_id: str) -> None:
        record = self._ready(ctx, server_id, "detach_interface")
        port = next((port for port in self._nics.of((server_id,)) if port.id == port_id), None)
        if port is None:
            raise NotFound(f"Port id {port_id} could not be found.", reason="PortNotFound")
        self._nics.unplug(record, port)
        self._instances.note(record, actions=history.done(record, ctx, "detach_interface"))
