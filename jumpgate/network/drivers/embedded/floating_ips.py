"""The embedded floating IPs: external addresses that stand for ports behind routers."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context, service_context
from jumpgate.common.resource import Changes
from jumpgate.network.contract import FloatingIps
from jumpgate.network.drivers.embedded.networks import EmbeddedNetworks
from jumpgate.network.drivers.embedded.ports import EmbeddedPorts
from jumpgate.network.drivers.embedded.records import TOPIC, Ground, Records, Row, standard, tags_of
from jumpgate.network.drivers.embedded.routers import EmbeddedRouters
from jumpgate.network.drivers.embedded.subnets import EmbeddedSubnets
from jumpgate.network.models import (
    FLOATING_IP_OWNER,
    ROUTER_INTERFACE_OWNER,
    FixedIp,
    FloatingIp,
    FloatingIpSpec,
    Port,
    PortSpec,
)
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network import addresses, floating_ips, ports, routers, subnets


class EmbeddedFloatingIps(Records[FloatingIp], FloatingIps):
    """Floating IPs in the store. Each has a port on its network that keeps its address."""

    table = floating_ips
    missing = "FloatingIPNotFound"

    def __init__(
        self,
        ground: Ground,
        places: EmbeddedNetworks,
        blocks: EmbeddedSubnets,
        plugs: EmbeddedPorts,
        ways: EmbeddedRouters,
    ) -> None:
        super().__init__(ground)
        self._networks = places
        self._subnets = blocks
        self._ports = plugs
        self._routers = ways

    def models(self, connection: sa.Connection, rows: Sequence[Row]) -> list[FloatingIp]:
        labels = tags_of(connection, [row.id for row in rows])
        statement = self._ports.select().where(ports.c.id.in_([row.port_id for row in rows if row.port_id]))
        inner = {port.id: port for port in self._ports.models(connection, connection.execute(statement).all())}
        return [_floating_ip(row, labels, inner.get(row.port_id)) for row in rows]

    def create(self, ctx: Context, spec: FloatingIpSpec) -> FloatingIp:
        return self.create_many(ctx, [spec])[0]

    def create_many(self, ctx: Context, specs: Sequence[FloatingIpSpec]) -> list[FloatingIp]:
        with self.store.write(TOPIC) as connection:
            ids = [self._add(connection, ctx, spec) for spec in specs]
            return [self.model(connection, floating_id) for floating_id in ids]

    def _add(self, connection: sa.Connection, ctx: Context, spec: FloatingIpSpec) -> str:
        project_id = spec.project_id or ctx.project
        self.spend(connection, project_id, "floatingip")
        self._check_external(connection, ctx, spec.floating_network_id)
        outer = self._outer_port(connection, spec)
        address = _first_ipv4(outer)
        if address is None:
            raise fault("ExternalIpAddressExhausted", spec.floating_network_id)
        values = {
            "project_id": project_id,
            "description": spec.description,
            "floating_network_id": spec.floating_network_id,
            "floating_ip_address": address,
            "floating_port_id": outer.id,
            "status": "DOWN",
            "dns_name": spec.dns_name,
            "dns_domain": spec.dns_domain,
        }
        floating_id = self.insert(connection, values)
        connection.execute(ports.update().where(ports.c.id == outer.id).values(device_id=floating_id))
        wanted = {"port_id": spec.port_id, "fixed_ip_address": spec.fixed_ip_address}
        row = self.row(connection, service_context(project_id), floating_id)
        association = self._association(connection, ctx, row, wanted)
        connection.execute(floating_ips.update().where(floating_ips.c.id == floating_id).values(association))
        return floating_id

    def _check_external(self, connection: sa.Connection, ctx: Context, network_id: str) -> None:
        network = self._networks.row(connection, ctx, network_id)
        if not network.external:
            raise fault("BadRequest", "floatingip", f"Network {network_id} is not a valid external network")
        if all(subnet.ip_version != 4 for subnet in self._subnets.of_network(connection, network_id)):
            raise fault("BadRequest", "floatingip", f"Network {network_id} does not contain any IPv4 subnet")

    def _outer_port(self, connection: sa.Connection, spec: FloatingIpSpec) -> Port:
        """Make the port that keeps the floating IP's address."""
        asked = FixedIp(subnet_id=spec.subnet_id, ip_address=spec.floating_ip_address)
        outer = PortSpec(
            network_id=spec.floating_network_id,
            project_id="",
            fixed_ips=None if asked == FixedIp() else (asked,),
            device_owner=FLOATING_IP_OWNER,
        )
        return self._ports.model(connection, self._ports.add(connection, service_context(""), outer, counted=False))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> FloatingIp:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, resource_id)
            self.change(connection, resource_id, {**changes, **self._association(connection, ctx, row, changes)})
            return self.model(connection, resource_id)

    def _association(
        self, connection: sa.Connection, ctx: Context, row: Row, wanted: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the columns that say for which port a floating IP stands; without a word about it nothing changes."""
        if wanted.get("fixed_ip_address") and not wanted.get("port_id"):
            raise fault("BadRequest", "floatingip", "fixed_ip_address cannot be specified without a port_id")
        if "port_id" not in wanted:
            return {}
        if wanted["port_id"] is None:
            return {"port_id": None, "fixed_ip_address": None, "router_id": None, "status": "DOWN"}
        port = self._inner_port(connection, ctx, row, wanted["port_id"])
        inner = _inner_address(port, wanted.get("fixed_ip_address"))
        router_id = self._way(connection, row.floating_network_id, port, inner)
        self._check_alone(connection, row, port, inner)
        return {"port_id": port.id, "fixed_ip_address": inner.ip_address, "router_id": router_id, "status": "ACTIVE"}

    def _inner_port(self, connection: sa.Connection, ctx: Context, row: Row, port_id: str) -> Port:
        port = self._ports.models(connection, [self._ports.row(connection, ctx, port_id)])[0]
        if port.project_id != row.project_id and not ctx.is_admin:
            text = (
                f"Cannot process floating IP association with Port {port_id}, since that port is owned by a different "
                "project"
            )
            raise fault("BadRequest", "floatingip", text)
        return port

    def _way(self, connection: sa.Connection, network_id: str, port: Port, inner: FixedIp) -> str:
        """Return the router between a port's subnet and an external network, rather the one at the subnet's gateway."""
        outside = sa.alias(ports)
        statement = (
            sa.select(routers.c.id, addresses.c.ip_address == subnets.c.gateway_ip)
            .join(outside, outside.c.id == routers.c.gateway_port_id)
            .join(ports, ports.c.device_id == routers.c.id)
            .join(addresses, addresses.c.port_id == ports.c.id)
            .join(subnets, subnets.c.id == addresses.c.subnet_id)
            .where(
                outside.c.network_id == network_id,
                ports.c.device_owner == ROUTER_INTERFACE_OWNER,
                addresses.c.subnet_id == inner.subnet_id,
            )
        )
        ways = sorted(connection.execute(statement).all(), key=lambda way: (not way[1], way[0]))
        if not ways:
            raise fault("ExternalGatewayForFloatingIPNotFound", inner.subnet_id, port.id, network_id)
        found: str = ways[0][0]
        return found

    def _check_alone(self, connection: sa.Connection, row: Row, port: Port, inner: FixedIp) -> None:
        same = sa.select(floating_ips.c.id).where(
            floating_ips.c.port_id == port.id,
            floating_ips.c.floating_network_id == row.floating_network_id,
            floating_ips.c.fixed_ip_address == inner.ip_address,
            floating_ips.c.id != row.id,
        )
        if connection.execute(same).first() is not None:
            raise fault(
                "FloatingIPPortAlreadyAssociated",
                port.id,
                row.floating_ip_address,
                row.id,
                inner.ip_address,
                row.floating_network_id,
            )

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, resource_id)
            self.remove(connection, resource_id)
            self._ports.drop(connection, row.floating_port_id)


def _first_ipv4(port: Port) -> str | None:
    return next((item.ip_address for item in _ipv4(port)), None)


def _ipv4(port: Port) -> list[FixedIp]:
    return [item for item in port.fixed_ips if item.ip_address and ":" not in item.ip_address]


def _inner_address(port: Port, wanted: str | None) -> FixedIp:
    """Return the address of a port for which a floating IP is to stand; raise BadRequest where it is not clear."""
    if wanted is not None:
        if ipaddress.ip_address(wanted).version != 4:
            text = f"Cannot process floating IP association with {wanted}, since that is not an IPv4 address"
            raise fault("BadRequest", "floatingip", text)
        for item in port.fixed_ips:
            if item.ip_address == wanted:
                return item
        raise fault("BadRequest", "floatingip", f"Port {port.id} does not have fixed ip {wanted}")
    known = _ipv4(port)
    if not known:
        text = f"Cannot add floating IP to port {port.id} that has no fixed IPv4 addresses"
        raise fault("BadRequest", "floatingip", text)
    if len(known) > 1:
        text = (
            f"Port {port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a "
            "floating IP"
        )
        raise fault("BadRequest", "floatingip", text)
    return known[0]


def _floating_ip(row: Row, labels: Mapping[str, tuple[str, ...]], port: Port | None) -> FloatingIp:
    return FloatingIp(
        **standard(row, labels),
        floating_network_id=row.floating_network_id,
        floating_ip_address=row.floating_ip_address,
        status=row.status,
        port_id=row.port_id,
        fixed_ip_address=row.fixed_ip_address,
        router_id=row.router_id,
        dns_name=row.dns_name,
        dns_domain=row.dns_domain,
        port=port,
    )
