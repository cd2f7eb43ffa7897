"""The embedded networks: layer 2 segments that exist in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.resource import Changes
from jumpgate.network.contract import Networks
from jumpgate.network.drivers.embedded.records import TOPIC, Condition, Records, Row, grouped, standard, tags_of
from jumpgate.network.models import DHCP_OWNER, ROUTER_GATEWAY_OWNER, Network, NetworkSpec
from jumpgate.network.schemas.values import invalid
from jumpgate.network.subnetting import check_mtu
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network import floating_ips, networks, ports, subnet_pools, subnets, tags

ZONE = "nova"
LARGEST_VXLAN_ID = 2**24 - 1
LARGEST_VLAN_ID = 4094


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of network: what it needs and how large its packets can be (Neutron's ``type_drivers``)."""

    largest_mtu: int
    needs_physical_network: bool
    largest_segment: int | None


KINDS: Mapping[str, Kind] = {
    "flat": Kind(1500, True, None),
    "vlan": Kind(1500, True, LARGEST_VLAN_ID),
    "vxlan": Kind(1450, False, LARGEST_VXLAN_ID),
    "local": Kind(1500, False, None),
}
DEFAULT_KIND = "vxlan"


class EmbeddedNetworks(Records[Network], Networks):
    """Networks in the store. Each tenant network gets a VXLAN of its own."""

    table = networks
    missing = "NetworkNotFound"

    def parts(self, project_id: str) -> Sequence[Condition]:
        foreign = sa.and_(networks.c.public.is_(True), networks.c.project_id != project_id)
        return (networks.c.project_id == project_id, foreign)

    def models(self, connection: sa.Connection, rows: Sequence[Row]) -> list[Network]:
        ids = [row.id for row in rows]
        labels = tags_of(connection, ids)
        blocks = sa.select(subnets.c.id, subnets.c.ip_version, subnet_pools.c.address_scope_id)
        blocks = blocks.outerjoin(subnet_pools, subnet_pools.c.id == subnets.c.subnetpool_id).order_by(subnets.c.id)
        within = grouped(connection, blocks, subnets.c.network_id, ids)
        return [_network(row, labels, within.get(row.id, ())) for row in rows]

    def create(self, ctx: Context, spec: NetworkSpec) -> Network:
        return self.create_many(ctx, [spec])[0]

    def create_many(self, ctx: Context, specs: Sequence[NetworkSpec]) -> list[Network]:
        with self.store.write(TOPIC) as connection:
            ids = [self.add(connection, ctx, spec) for spec in specs]
            return [self.model(connection, network_id) for network_id in ids]

    def add(self, connection: sa.Connection, ctx: Context, spec: NetworkSpec) -> str:
        """Make a network inside a write and return its id."""
        project_id = spec.project_id or ctx.project
        self.spend(connection, project_id, "network")
        check_zones(spec.availability_zone_hints)
        if spec.is_default and spec.external:
            _check_only_default(connection)
        kind = spec.network_type or DEFAULT_KIND
        values = {
            "project_id": project_id,
            "name": spec.name,
            "description": spec.description,
            "admin_state_up": spec.admin_state_up,
            "status": "ACTIVE",
            "shared": spec.shared,
            "external": spec.external,
            "public": spec.shared or spec.external,
            "is_default": spec.is_default and spec.external,
            "availability_zone_hints": list(spec.availability_zone_hints),
            "port_security_enabled": spec.port_security_enabled,
            "dns_domain": spec.dns_domain,
            "network_type": kind,
            "physical_network": spec.physical_network,
            "segmentation_id": _segment(connection, spec),
            "mtu": _mtu(spec.mtu, kind),
        }
        return self.insert(connection, values)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Network:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, resource_id)
            self.change(connection, resource_id, _changed(connection, row, dict(changes)))
            return self.model(connection, resource_id)

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            self.drop(connection, ctx, resource_id)

    def drop(self, connection: sa.Connection, ctx: Context, resource_id: str) -> None:
        """Delete a network inside a write, with all that goes with it."""
        self.row(connection, ctx, resource_id)
        _delete_unused_floating_ips(connection, resource_id)
        _check_unused(connection, resource_id)
        within = sa.select(subnets.c.id).where(subnets.c.network_id == resource_id)
        connection.execute(tags.delete().where(tags.c.resource_id.in_(within)))
        connection.execute(ports.delete().where(ports.c.network_id == resource_id))
        connection.execute(subnets.delete().where(subnets.c.network_id == resource_id))
        self.remove(connection, resource_id)


def _network(row: Row, labels: Mapping[str, tuple[str, ...]], blocks: Sequence[Row]) -> Network:
    scopes = {block.ip_version: block.address_scope_id for block in blocks}
    return Network(
        **standard(row, labels),
        name=row.name,
        admin_state_up=row.admin_state_up,
        status=row.status,
        shared=row.shared,
        external=row.external,
        is_default=row.is_default,
        mtu=row.mtu,
        network_type=row.network_type,
        physical_network=row.physical_network,
        segmentation_id=row.segmentation_id,
        availability_zone_hints=tuple(row.availability_zone_hints),
        availability_zones=(ZONE,) if blocks else (),
        port_security_enabled=row.port_security_enabled,
        dns_domain=row.dns_domain,
        ipv4_address_scope=scopes.get(4),
        ipv6_address_scope=scopes.get(6),
        subnet_ids=tuple(block.id for block in blocks),
    )


def check_zones(hints: Sequence[str]) -> None:
    """Raise NotFound for a zone that there is not."""
    for hint in hints:
        if hint != ZONE:
            raise fault("AvailabilityZoneNotFound", hint)


def _check_only_default(connection: sa.Connection) -> None:
    other = connection.execute(sa.select(networks.c.id).where(networks.c.is_default.is_(True))).first()
    if other is not None:
        raise fault("DefaultExternalNetworkExists", other.id)


def _mtu(wanted: int | None, kind: str) -> int:
    largest = KINDS[kind].largest_mtu
    if wanted and wanted > largest:
        raise invalid(f"Requested MTU is too big, maximum is {largest}")
    return wanted or largest


def _segment(connection: sa.Connection, spec: NetworkSpec) -> int | None:
    """Return the segment's number: the one asked for, or a free one."""
    name, physical, number = spec.network_type, spec.physical_network, spec.segmentation_id
    if name is None:
        if physical is not None or number is not None:
            raise invalid("network_type required")
        return _free_segment(connection, DEFAULT_KIND, None)
    kind = KINDS.get(name)
    if kind is None:
        raise invalid(f"network_type value '{name}' not supported")
    if kind.needs_physical_network and physical is None:
        raise invalid(_NEEDS_PHYSICAL[name])
    if not kind.needs_physical_network and physical is not None:
        raise invalid(_NO_PHYSICAL[name])
    if kind.largest_segment is None:
        if number is not None:
            raise invalid(f"segmentation_id prohibited for {name} provider network")
        if name == "flat":
            _check_flat(connection, physical)
        return None
    if number is None:
        return _free_segment(connection, name, physical)
    if not 1 <= number <= kind.largest_segment:
        raise invalid(f"segmentation_id out of range (1 through {kind.largest_segment})")
    _check_segment(connection, name, physical, number)
    return number


_NEEDS_PHYSICAL = {
    "flat": "physical_network required for flat provider network",
    "vlan": "segmentation_id requires physical_network for VLAN provider network",
}
_NO_PHYSICAL = {
    "vxlan": "provider:physical_network specified for vxlan network",
    "local": "physical_network prohibited for local provider network",
}


def _same_segment(name: str, physical: str | None) -> Condition:
    return sa.and_(networks.c.network_type == name, networks.c.physical_network.is_not_distinct_from(physical))


def _free_segment(connection: sa.Connection, name: str, physical: str | None) -> int:
    """Return the number behind the highest one taken, or the first gap when there is none."""
    same = _same_segment(name, physical)
    largest = KINDS[name].largest_segment or 0
    highest = connection.execute(sa.select(sa.func.max(networks.c.segmentation_id)).where(same)).scalar() or 0
    if highest < largest:
        return int(highest) + 1
    taken = set(connection.execute(sa.select(networks.c.segmentation_id).where(same)).scalars())
    for number in range(1, largest + 1):
        if number not in taken:
            return number
    raise fault("NoNetworkAvailable")


def _check_segment(connection: sa.Connection, name: str, physical: str | None, number: int) -> None:
    same = sa.and_(_same_segment(name, physical), networks.c.segmentation_id == number)
    if connection.execute(sa.select(networks.c.id).where(same)).first() is not None:
        raise fault("VlanIdInUse", number, physical) if name == "vlan" else fault("TunnelIdInUse", number)


def _check_flat(connection: sa.Connection, physical: str | None) -> None:
    if connection.execute(sa.select(networks.c.id).where(_same_segment("flat", physical))).first() is not None:
        raise fault("FlatNetworkInUse", physical)


_PROVIDER = ("network_type", "physical_network", "segmentation_id")


def _changed(connection: sa.Connection, row: Row, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that an update sets; raise where they cannot be changed now."""
    fixed = [name for name in _PROVIDER if name in changes and changes.pop(name) != getattr(row, name)]
    if fixed:
        names = ", ".join(f"provider:{name}" for name in fixed)
        raise invalid(f"Plugin does not support updating the following provider network attributes: {names}")
    if row.shared and changes.get("shared") is False:
        _check_unshareable(connection, row)
    if row.external and changes.get("external") is False:
        _check_no_gateways(connection, row.id)
    if changes.get("is_default") and not row.is_default:
        _check_only_default(connection)
    if "mtu" in changes:
        changes["mtu"] = _mtu(changes["mtu"], row.network_type)
        for version in connection.execute(sa.select(subnets.c.ip_version).where(subnets.c.network_id == row.id)):
            check_mtu(row.id, changes["mtu"], version.ip_version)
    shared, external = changes.get("shared", row.shared), changes.get("external", row.external)
    is_default = bool(changes.get("is_default", row.is_default) and external)
    return {**changes, "public": shared or external, "is_default": is_default}


def _check_unshareable(connection: sa.Connection, row: Row) -> None:
    """Raise Conflict while other projects have something on a shared network."""
    guests = [
        sa.select(ports.c.id).where(
            ports.c.network_id == row.id,
            ports.c.project_id != row.project_id,
            sa.not_(ports.c.device_owner.startswith("network:")),
        ),
        sa.select(subnets.c.id).where(subnets.c.network_id == row.id, subnets.c.project_id != row.project_id),
    ]
    if any(connection.execute(statement.limit(1)).first() is not None for statement in guests):
        raise fault("InvalidSharedSetting", row.name)


def _check_no_gateways(connection: sa.Connection, network_id: str) -> None:
    gateways = sa.select(ports.c.id).where(
        ports.c.network_id == network_id, ports.c.device_owner == ROUTER_GATEWAY_OWNER
    )
    if connection.execute(gateways.limit(1)).first() is not None:
        raise fault("ExternalNetworkInUse", network_id)


def _check_unused(connection: sa.Connection, network_id: str) -> None:
    """Raise Conflict while there are ports on a network that do not go with it."""
    statement = sa.select(ports.c.id).where(ports.c.network_id == network_id, ports.c.device_owner != DHCP_OWNER)
    used = connection.execute(statement.order_by(ports.c.id)).scalars().all()
    if used:
        reason = "There are one or more ports still in use on the network, id for these ports is: "
        raise fault("NetworkInUse", network_id, reason + ",".join(used))


def _delete_unused_floating_ips(connection: sa.Connection, network_id: str) -> None:
    """Delete the floating IPs of a network that stand for nothing; they go with it."""
    unused = sa.and_(floating_ips.c.floating_network_id == network_id, floating_ips.c.port_id.is_(None))
    rows = connection.execute(sa.select(floating_ips.c.id, floating_ips.c.floating_port_id).where(unused)).all()
    connection.execute(floating_ips.delete().where(unused))
    connection.execute(tags.delete().where(tags.c.resource_id.in_([row.id for row in rows])))
    connection.execute(ports.delete().where(ports.c.id.in_([row.floating_port_id for row in rows])))
