"""The embedded subnets: blocks of addresses on networks."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.resource import Changes
from jumpgate.network import prefixes, subnetting
from jumpgate.network.contract import Subnets
from jumpgate.network.drivers.embedded.addresses import Place, assign_automatic
from jumpgate.network.drivers.embedded.dhcp import attend, is_served
from jumpgate.network.drivers.embedded.networks import EmbeddedNetworks
from jumpgate.network.drivers.embedded.records import (
    TOPIC,
    Condition,
    Ground,
    Records,
    Row,
    standard,
    tags_of,
    touch,
)
from jumpgate.network.drivers.embedded.subnet_pools import EmbeddedSubnetPools
from jumpgate.network.models import (
    AUTOMATIC,
    DHCP_OWNER,
    ROUTER_INTERFACE_OWNER,
    AllocationPool,
    HostRoute,
    Subnet,
    SubnetPool,
    SubnetSpec,
)
from jumpgate.network.schemas.values import invalid
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network import addresses, networks, ports, subnets


class EmbeddedSubnets(Records[Subnet], Subnets):
    """Subnets in the store."""

    table = subnets
    missing = "SubnetNotFound"

    def __init__(self, ground: Ground, places: EmbeddedNetworks, pools: EmbeddedSubnetPools) -> None:
        super().__init__(ground)
        self._networks = places
        self._pools = pools

    def computed(self) -> Mapping[str, sa.ColumnElement[Any]]:
        return {"shared": networks.c.shared, "external": networks.c.external}

    def select(self) -> sa.Select[Any]:
        return sa.select(
            subnets,
            networks.c.project_id.label("network_owner_id"),
            networks.c.shared.label("network_shared"),
            networks.c.external.label("network_external"),
            networks.c.public.label("network_public"),
        ).join(networks, networks.c.id == subnets.c.network_id)

    def parts(self, project_id: str) -> Sequence[Condition]:
        foreign = sa.and_(subnets.c.project_id != project_id, subnets.c.guest_of.is_distinct_from(project_id))
        return (
            subnets.c.project_id == project_id,
            subnets.c.guest_of == project_id,
            sa.and_(networks.c.public.is_(True), foreign),
        )

    def models(self, connection: sa.Connection, rows: Sequence[Row]) -> list[Subnet]:
        labels = tags_of(connection, [row.id for row in rows])
        return [_subnet(row, labels) for row in rows]

    def of_network(self, connection: sa.Connection, network_id: str) -> list[Subnet]:
        """Return a network's subnets, the oldest first."""
        statement = self.select().where(subnets.c.network_id == network_id)
        rows = connection.execute(statement.order_by(subnets.c.created_at, subnets.c.id)).all()
        return self.models(connection, rows)

    def create(self, ctx: Context, spec: SubnetSpec) -> Subnet:
        return self.create_many(ctx, [spec])[0]

    def create_many(self, ctx: Context, specs: Sequence[SubnetSpec]) -> list[Subnet]:
        with self.store.write(TOPIC) as connection:
            ids = [self.add(connection, ctx, spec) for spec in specs]
            return [self.model(connection, subnet_id) for subnet_id in ids]

    def add(self, connection: sa.Connection, ctx: Context, spec: SubnetSpec) -> str:
        """Make a subnet inside a write and return its id."""
        network = self._networks.row(connection, ctx, spec.network_id)
        project_id = spec.project_id or ctx.project
        self.spend(connection, project_id, "subnet")
        spec = _with_gateway(self._with_prefix(connection, ctx, project_id, spec))
        subnetting.check_new(spec)
        subnetting.check_mtu(network.id, network.mtu, spec.ip_version)
        cidr, gateway_ip = spec.cidr or "", spec.gateway_ip
        self._check_overlap(connection, network.id, cidr)
        pools = spec.allocation_pools
        if pools is None:
            pools = subnetting.default_pools(cidr, gateway_ip)
        else:
            subnetting.check_pools(cidr, pools, gateway_ip)
        owner = network.project_id
        values = {
            **_columns(spec),
            "project_id": project_id,
            "guest_of": owner if owner != project_id else None,
            "allocation_pools": _pools(pools),
        }
        subnet_id = self.insert(connection, values)
        touch(connection, networks, network.id, {})
        self._address_ports(connection, subnet_id)
        if is_served(connection, network.id):
            attend(connection, network.id, self.of_network(connection, network.id))
        return subnet_id

    def _with_prefix(self, connection: sa.Connection, ctx: Context, project_id: str, spec: SubnetSpec) -> SubnetSpec:
        """Return a spec that has its prefix, cut from a pool where it asks for that."""
        prefixes.check_choice(spec)
        pool = self._pool(connection, ctx, spec)
        self._check_affinity(connection, spec, pool)
        prefixes.check_request(spec, pool)
        if pool is None:
            return spec
        cidr = self._pools.allocate(connection, pool, project_id, length=spec.prefix_length, cidr=spec.cidr)
        return dataclasses.replace(spec, cidr=cidr, subnetpool_id=pool.id)

    def _pool(self, connection: sa.Connection, ctx: Context, spec: SubnetSpec) -> SubnetPool | None:
        """Return the pool that a spec names, or means by the default one."""
        if spec.subnetpool_id is not None:
            return self._pools.models(connection, [self._pools.row(connection, ctx, spec.subnetpool_id)])[0]
        if not spec.use_default_pool:
            return None
        pool = self._pools.default(connection, spec.ip_version)
        if pool is None:
            raise prefixes.no_default(spec.ip_version)
        return pool

    def _check_affinity(self, connection: sa.Connection, spec: SubnetSpec, pool: SubnetPool | None) -> None:
        """Raise BadRequest unless the network's other subnets of the IP version are from the same pool, or none."""
        same = sa.and_(subnets.c.network_id == spec.network_id, subnets.c.ip_version == spec.ip_version)
        others = connection.execute(sa.select(subnets.c.subnetpool_id).where(same)).scalars()
        if any(other != (pool.id if pool else None) for other in others):
            raise fault("NetworkSubnetPoolAffinityError")

    def _check_overlap(self, connection: sa.Connection, network_id: str, cidr: str) -> None:
        prefix = ipaddress.ip_network(cidr)
        others = connection.execute(sa.select(subnets.c.cidr).where(subnets.c.network_id == network_id)).scalars()
        if any(_overlap(prefix, ipaddress.ip_network(other)) for other in others):
            raise invalid(f"Requested subnet with cidr: {cidr} for network: {network_id} overlaps with another subnet")

    def _address_ports(self, connection: sa.Connection, subnet_id: str) -> None:
        """Give the ports that are on the network already the addresses they make for themselves on a new subnet."""
        subnet = self.model(connection, subnet_id)
        if not subnetting.is_auto_addressed(subnet):
            return
        statement = sa.select(ports.c.id, ports.c.mac_address, ports.c.device_owner).where(
            ports.c.network_id == subnet.network_id, sa.not_(ports.c.device_owner.startswith("network:"))
        )
        count = sa.select(sa.func.count()).select_from(addresses)
        for row in connection.execute(statement).all():
            place = Place(
                network_id=subnet.network_id,
                subnets=[subnet],
                mac_address=row.mac_address,
                device_owner=row.device_owner,
            )
            taken = connection.execute(count.where(addresses.c.port_id == row.id)).scalar_one()
            assign_automatic(connection, row.id, place, [subnet], first=taken)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Subnet:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, resource_id)
            subnet = self.models(connection, [row])[0]
            self._check_update(connection, subnet, changes)
            self.change(connection, resource_id, _stored(changes))
            touch(connection, networks, row.network_id, {})
            if changes.get("enable_dhcp", row.enable_dhcp) != row.enable_dhcp:
                attend(connection, row.network_id, self.of_network(connection, row.network_id))
            return self.model(connection, resource_id)

    def _check_update(self, connection: sa.Connection, subnet: Subnet, changes: Changes) -> None:
        prefix = ipaddress.ip_network(subnet.cidr)
        after = dataclasses.replace(subnet, **changes)
        if after.enable_dhcp and not subnet.enable_dhcp:
            subnetting.check_dhcp(prefix)
        if changes.get("enable_dhcp") is False and (subnet.ipv6_ra_mode or subnet.ipv6_address_mode):
            raise invalid("Cannot disable enable_dhcp with ipv6 attributes set")
        if "gateway_ip" in changes:
            subnetting.check_gateway(prefix, after.gateway_ip)
            if after.gateway_ip != subnet.gateway_ip:
                _check_gateway_free(connection, subnet)
        subnetting.check_lists(after, subnet.ip_version, subnet.id)
        if "allocation_pools" in changes:
            subnetting.check_pools(subnet.cidr, after.allocation_pools, after.gateway_ip)
        elif after.gateway_ip and after.gateway_ip != subnet.gateway_ip:
            subnetting.check_gateway_outside(after.allocation_pools, after.gateway_ip)

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, resource_id)
            subnet = self.models(connection, [row])[0]
            _check_unused(connection, subnet)
            connection.execute(addresses.delete().where(addresses.c.subnet_id == resource_id))
            self.remove(connection, resource_id)
            touch(connection, networks, row.network_id, {})
            attend(connection, row.network_id, self.of_network(connection, row.network_id))


def _with_gateway(spec: SubnetSpec) -> SubnetSpec:
    """Return a spec whose gateway is chosen."""
    if spec.gateway_ip == AUTOMATIC and spec.cidr is not None:
        return dataclasses.replace(spec, gateway_ip=subnetting.default_gateway(spec.cidr))
    return spec


def _columns(spec: SubnetSpec) -> dict[str, Any]:
    return {
        "network_id": spec.network_id,
        "name": spec.name,
        "description": spec.description,
        "subnetpool_id": spec.subnetpool_id,
        "ip_version": spec.ip_version,
        "cidr": spec.cidr,
        "gateway_ip": spec.gateway_ip,
        "dns_nameservers": list(spec.dns_nameservers),
        "host_routes": _routes(spec.host_routes),
        "enable_dhcp": spec.enable_dhcp,
        "ipv6_ra_mode": spec.ipv6_ra_mode,
        "ipv6_address_mode": spec.ipv6_address_mode,
        "service_types": list(spec.service_types),
        "dns_publish_fixed_ip": spec.dns_publish_fixed_ip,
    }


def _pools(pools: Sequence[AllocationPool]) -> list[dict[str, str]]:
    return [{"start": pool.start, "end": pool.end} for pool in pools]


def _routes(routes: Sequence[HostRoute]) -> list[dict[str, str]]:
    return [{"destination": route.destination, "nexthop": route.nexthop} for route in routes]


_STORED: Mapping[str, Callable[[Any], Any]] = {"allocation_pools": _pools, "host_routes": _routes}


def _stored(changes: Changes) -> dict[str, Any]:
    """Return changes as the columns take them."""
    return {name: _STORED[name](value) if name in _STORED else value for name, value in changes.items()}


def _subnet(row: Row, labels: Mapping[str, tuple[str, ...]]) -> Subnet:
    return Subnet(
        **standard(row, labels),
        name=row.name,
        network_id=row.network_id,
        ip_version=row.ip_version,
        cidr=row.cidr,
        gateway_ip=row.gateway_ip,
        allocation_pools=tuple(AllocationPool(**pool) for pool in row.allocation_pools),
        dns_nameservers=tuple(row.dns_nameservers),
        host_routes=tuple(HostRoute(**route) for route in row.host_routes),
        enable_dhcp=row.enable_dhcp,
        ipv6_ra_mode=row.ipv6_ra_mode,
        ipv6_address_mode=row.ipv6_address_mode,
        service_types=tuple(row.service_types),
        subnetpool_id=row.subnetpool_id,
        segment_id=row.segment_id,
        dns_publish_fixed_ip=row.dns_publish_fixed_ip,
        network_owner_id=row.network_owner_id,
        shared=row.network_shared,
        external=row.network_external,
    )


Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network


def _overlap(one: Prefix, other: Prefix) -> bool:
    return one.version == other.version and one.overlaps(other)


def _allocations(subnet_id: str) -> sa.Select[Any]:
    """Select the ports that have an address on a subnet."""
    return (
        sa.select(addresses.c.port_id)
        .join(ports, ports.c.id == addresses.c.port_id)
        .where(addresses.c.subnet_id == subnet_id)
        .limit(1)
    )


def _check_gateway_free(connection: sa.Connection, subnet: Subnet) -> None:
    """Raise Conflict while a router has the gateway's address."""
    held = _allocations(subnet.id).where(
        ports.c.device_owner == ROUTER_INTERFACE_OWNER, addresses.c.ip_address == subnet.gateway_ip
    )
    row = connection.execute(held).first()
    if row is not None:
        raise fault("GatewayIpInUse", subnet.gateway_ip, row.port_id)


def _check_unused(connection: sa.Connection, subnet: Subnet) -> None:
    """Raise Conflict while ports have addresses that do not go with the subnet."""
    holders = _allocations(subnet.id)
    if subnetting.is_auto_addressed(subnet):
        holders = holders.where(ports.c.device_owner == ROUTER_INTERFACE_OWNER)
    else:
        holders = holders.where(ports.c.device_owner != DHCP_OWNER)
    if connection.execute(holders).first() is not None:
        raise fault("SubnetInUse", subnet.id)
