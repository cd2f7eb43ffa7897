"""A server's place on networks: its ports at the network service, and what they say of its addresses.

A port belongs to a server by its ``device_id``; that is the only record of it, so nothing can come apart. The ports
that were there before their server are remembered here, to be given back instead of deleted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import service_context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.listing import Filter
from jumpgate.compute import ports as shown
from jumpgate.compute.drivers.embedded.region import HOST, TOPIC, ZONE, Region
from jumpgate.compute.models import Address, NetworkRequest
from jumpgate.network.models import FixedIp, Port, PortSpec
from jumpgate.store.tables.compute import server_ports

OWNER = f"compute:{ZONE}"


class Ports:
    """The ports of servers."""

    def __init__(self, region: Region) -> None:
        self._region = region

    @property
    def _network(self) -> Any:
        return self._region.sibling("network")

    def of(self, server_ids: Sequence[str]) -> list[Port]:
        """Return the ports of servers, in one call."""
        if self._network is None or not server_ids:
            return []
        return shown.find(self._network.ports, Filter("device_id", tuple(server_ids)))

    def preserved(self, server_id: str) -> dict[str, str | None]:
        """Return the ids of the ports that a server only borrows, and the tags of all."""
        with self._region.store.read() as connection:
            rows = connection.execute(sa.select(server_ports).where(server_ports.c.server_id == server_id)).all()
        return {row.port_id: row.tag for row in rows if row.preserved}

    def tags(self, server_id: str) -> dict[str, str | None]:
        """Return the tags of a server's ports by their ids."""
        with self._region.store.read() as connection:
            rows = connection.execute(sa.select(server_ports).where(server_ports.c.server_id == server_id)).all()
        return {row.port_id: row.tag for row in rows}

    def _remember(self, server_id: str, port_id: str, *, preserved: bool, tag: str | None) -> None:
        if not preserved and tag is None:
            return
        values = {"server_id": server_id, "port_id": port_id, "preserved": preserved, "tag": tag}
        same = sa.and_(server_ports.c.server_id == server_id, server_ports.c.port_id == port_id)
        with self._region.store.write(TOPIC) as connection:
            connection.execute(server_ports.delete().where(same))
            connection.execute(server_ports.insert().values(values))

    def _forget(self, server_id: str, port_id: str) -> None:
        same = sa.and_(server_ports.c.server_id == server_id, server_ports.c.port_id == port_id)
        with self._region.store.write(TOPIC) as connection:
            connection.execute(server_ports.delete().where(same))

    def plug_all(self, server: Any, requests: Iterable[NetworkRequest], security_groups: Sequence[str] | None) -> None:
        """Give a new server its ports. What an earlier attempt made already is kept and not made twice."""
        requests = tuple(requests)
        if self._network is None or not requests:
            return
        asked = {request.port_id for request in requests}
        made = [port for port in self.of((server.id,)) if port.id not in asked]
        for request in requests:
            there = next((port for port in made if shown.is_answer(port, request)), None)
            if there is None:
                self.plug(server, request, security_groups)
            else:
                made.remove(there)

    def plug(self, server: Any, request: NetworkRequest, security_groups: Sequence[str] | None = None) -> Port:
        """Give a server one more port, or let it borrow one."""
        ctx = service_context(server.project_id)
        if request.port_id is not None:
            self._remember(server.id, request.port_id, preserved=True, tag=request.tag)
            mine = {"device_id": server.id, "device_owner": OWNER, "binding_host_id": HOST}
            borrowed: Port = self._network.ports.update(ctx, request.port_id, mine)
            return borrowed
        assert request.network_id is not None
        spec = PortSpec(
            network_id=request.network_id,
            project_id=server.project_id,
            device_id=server.id,
            device_owner=OWNER,
            binding_host_id=HOST,
            fixed_ips=(FixedIp(ip_address=request.address),) if request.address else None,
            security_group_ids=None if security_groups is None else tuple(security_groups),
        )
        port: Port = self._network.ports.create(ctx, spec)
        self._remember(server.id, port.id, preserved=False, tag=request.tag)
        return port

    def unplug(self, server: Any, port: Port) -> None:
        """Take a port from a server: one made for it is deleted, a borrowed one given back."""
        ctx = service_context(server.project_id)
        with contextlib.suppress(NotFound):
            if port.id in self.preserved(server.id):
                self._network.ports.update(ctx, port.id, {"device_id": "", "device_owner": "", "binding_host_id": ""})
            else:
                self._network.ports.delete(ctx, port.id)
        self._forget(server.id, port.id)

    def release(self, server: Any) -> None:
        """Take all ports from a server."""
        for port in self.of((server.id,)):
            self.unplug(server, port)

    def regroup(self, server: Any, group_id: str, *, joins: bool) -> None:
        """Put all ports of a server into a security group, or take them out; raise NotFound if none is in it."""
        shown.regroup(self._network, server.id, group_id, project_id=server.project_id, joins=joins)

    def add_address(self, server: Any, network_id: str) -> None:
        """Give a server's port on a network one more address; raise NotFound where it has none there."""
        ctx = service_context(server.project_id)
        for port in self.of((server.id,)):
            if port.network_id == network_id:
                subnet_ids = self._network.networks.get(ctx, network_id).subnet_ids
                wanted = (*port.fixed_ips, *(FixedIp(subnet_id=subnet_id) for subnet_id in subnet_ids[:1]))
                self._network.ports.update(ctx, port.id, {"fixed_ips": wanted})
                return
        raise NotFound(f"Network could not be found for instance {server.id}.", reason="NetworkNotFoundForInstance")

    def remove_address(self, server: Any, address: str) -> None:
        """Take an address from a server's port; raise BadRequest for one that it does not have."""
        for port in self.of((server.id,)):
            kept = tuple(fixed for fixed in port.fixed_ips if fixed.ip_address != address)
            if kept != port.fixed_ips:
                self._network.ports.update(service_context(server.project_id), port.id, {"fixed_ips": kept})
                return
        raise BadRequest(
            f"Instance {server.id} does not have fixed IP '{address}'.", reason="FixedIpNotFoundForInstance"
        )

    def addresses(self, ports: Sequence[Port]) -> dict[str, tuple[Address, ...]]:
        """Return the addresses that ports give their servers."""
        return shown.addresses(self._network, ports)

    def security_groups(self, ports: Sequence[Port]) -> dict[str, tuple[str, ...]]:
        """Return the names of the security groups that ports put their servers in."""
        return shown.security_groups(self._network, ports)

    def servers_at(self, project_id: str | None, version: int, parts: Sequence[str]) -> list[str]:
        """Return the ids of the servers with an address that contains one of `parts`."""
        if self._network is None:
            return []
        filters = [
            Filter("device_owner", ("compute:",), "prefix"),
            Filter("fixed_ips.ip_address", tuple(parts), "part"),
        ]
        if project_id is not None:
            filters.append(Filter("project_id", (project_id,)))
        return [
            port.device_id
            for port in shown.find(self._network.ports, *filters)
            if any(_contains(fixed.ip_address, version, parts) for fixed in port.fixed_ips)
        ]


def _contains(address: str | None, version: int, parts: Sequence[str]) -> bool:
    return address is not None and shown.version(address) == version and any(part in address for part in parts)
