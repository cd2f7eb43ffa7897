"""The network interfaces of servers: their ports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound
from jumpgate.compute.contract import Interfaces
from jumpgate.compute.drivers.embedded import history, records
from jumpgate.compute.drivers.embedded.ports import Ports
from jumpgate.compute.drivers.embedded.region import TOPIC, Region
from jumpgate.compute.models import Interface, NetworkRequest
from jumpgate.compute.models.states import require
from jumpgate.compute.ports import interface
from jumpgate.network.models import Port


class EmbeddedInterfaces(Interfaces):
    """Ports at the network service whose device is the server."""

    def __init__(self, region: Region, ports: Ports) -> None:
        self._region = region
        self._store = region.store
        self._ports = ports

    def _server(self, ctx: Context, server_id: str) -> Any:
        with self._store.read() as connection:
            return records.load(connection, ctx, server_id)

    def find(self, ctx: Context, server_id: str) -> Iterable[Interface]:
        self._server(ctx, server_id)
        tags = self._ports.tags(server_id)
        return [interface(port, tag=tags.get(port.id)) for port in self._ports.of((server_id,))]

    def create(self, ctx: Context, server_id: str, request: NetworkRequest) -> Interface:
        row = self._server(ctx, server_id)
        require("attach_interface", row)
        port = self._ports.plug(row, request)
        self._keep(ctx, row, port)
        return interface(port, tag=request.tag)

    def _keep(self, ctx: Context, row: Any, port: Port) -> None:
        """Record the new interface, unless the server began to go meanwhile: then the port goes as well."""
        with self._store.write(TOPIC) as connection:
            now = records.anyone(connection, row.id)
            gone = now is None or now.deleted or now.task_state == "deleting"
            if not gone:
                records.change(connection, row.id)
                history.end(connection, history.begin(connection, ctx, row.id, "attach_interface"))
        if gone:
            self._ports.unplug(row, port)
            raise Conflict(f"Cannot 'attach_interface' instance {row.id} while it is in task_state deleting")

    def delete(self, ctx: Context, server_id: str, port_id: str) -> None:
        row = self._server(ctx, server_id)
        require("detach_interface", row)
        for port in self._ports.of((server_id,)):
            if port.id == port_id:
                self._ports.unplug(row, port)
                break
        else:
            raise NotFound(f"Port id {port_id} could not be found.", reason="PortNotFound")
        with self._store.write(TOPIC) as connection:
            records.change(connection, server_id)
            history.end(connection, history.begin(connection, ctx, server_id, "detach_interface"))
