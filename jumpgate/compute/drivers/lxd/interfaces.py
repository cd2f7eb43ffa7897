"""The interfaces of servers, plugged in and out while they run."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import BadRequest, Conflict, NoFreeAddress, NotFound
from jumpgate.compute.contract import Interfaces
from jumpgate.compute.drivers.lxd import history, records
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.nics import Nics, is_plugged
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.models import FixedAddress, Interface, NetworkRequest
from jumpgate.compute.models.states import require
from jumpgate.network.models import Port


class LxdInterfaces(Interfaces):
    """Ports at the network service, and NICs of the instance."""

    def __init__(self, region: Region, instances: Instances, nics: Nics) -> None:
        self._region = region
        self._instances = instances
        self._nics = nics

    def find(self, ctx: Context, server_id: str) -> Iterable[Interface]:
        self._instances.get(ctx, server_id)
        return [_interface(port) for port in self._nics.of((server_id,)) if is_plugged(port)]

    def get(self, ctx: Context, server_id: str, port_id: str) -> Interface:
        for interface in self.find(ctx, server_id):
            if interface.port_id == port_id:
                return interface
        raise NotFound(f"Instance {server_id} does not have a port with id {port_id}")

    def create(self, ctx: Context, server_id: str, request: NetworkRequest) -> Interface:
        record = self._ready(ctx, server_id, "attach_interface")
        if request.port_id is not None:
            self._check_port(record, server_id, request.port_id)
        try:
            port = self._nics.plug(record, request)
        except NoFreeAddress as error:
            network = request.network_id
            raise BadRequest(f"No fixed IP addresses available for network: {network}") from error
        self._instances.note(record, actions=history.done(record, ctx, "attach_interface"))
        return _interface(port)

    def _ready(self, ctx: Context, server_id: str, action: str) -> Record:
        record = self._instances.get(ctx, server_id)
        require(action, records.server(record, self._instances.owner(record)))
        return record

    def _check_port(self, record: Record, server_id: str, port_id: str) -> None:
        project_id = self._instances.owner(record)
        try:
            port = self._region.siblings["network"].ports.get(service_context(project_id), port_id)
        except NotFound:
            raise NotFound(f"Port id {port_id} could not be found.", reason="PortNotFound") from None
        if port.project_id != project_id:
            raise BadRequest(f"Port {port_id} not usable for instance {server_id}.", reason="PortNotUsable")
        if port.device_id:
            raise Conflict(f"Port {port_id} is still in use.", reason="PortInUse")

    def delete(self, ctx: Context, server_id: str, port_id: str) -> None:
        record = self._ready(ctx, server_id, "detach_interface")
        port = next((port for port in self._nics.of((server_id,)) if port.id == port_id), None)
        if port is None:
            raise NotFound(f"Port id {port_id} could not be found.", reason="PortNotFound")
        self._nics.unplug(record, port)
        self._instances.note(record, actions=history.done(record, ctx, "detach_interface"))


def _interface(port: Port) -> Interface:
    return Interface(
        port_id=port.id,
        network_id=port.network_id,
        mac_address=port.mac_address,
        status=port.status,
        addresses=tuple(
            FixedAddress(subnet_id=fixed.subnet_id or "", address=fixed.ip_address or "") for fixed in port.fixed_ips
        ),
    )
