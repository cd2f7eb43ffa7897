"""The embedded ports: who is plugged in where, with which addresses."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.resource import Changes
from jumpgate.network.contract import Ports
from jumpgate.network.drivers.embedded.addresses import Place, assign, reassign
from jumpgate.network.drivers.embedded.dhcp import free_mac, mac_is_used, schedule
from jumpgate.network.drivers.embedded.networks import EmbeddedNetworks
from jumpgate.network.drivers.embedded.records import (
    TOPIC,
    Condition,
    Ground,
    Records,
    Row,
    grouped,
    standard,
    tags_of,
)
from jumpgate.network.drivers.embedded.security_groups import EmbeddedSecurityGroups
from jumpgate.network.drivers.embedded.subnets import EmbeddedSubnets
from jumpgate.network.drivers.embedded.trunking import check_not_trunked
from jumpgate.network.models import (
    COMPUTE_OWNER_PREFIX,
    FLOATING_IP_OWNER,
    ROUTER_GATEWAY_OWNER,
    ROUTER_INTERFACE_OWNER,
    AddressPair,
    DhcpOption,
    FixedIp,
    Port,
    PortSpec,
)
from jumpgate.network.subnetting import with_options
from jumpgate.network.views.faults import fault
from jumpgate.store import listing
from jumpgate.store.tables.network import addresses, floating_ips, networks, port_groups, ports, routers

NETWORK_OWNER_PREFIX = "network:"
# Ports that live and die with a router or a floating IP.
_SERVICE_OWNERS = (ROUTER_INTERFACE_OWNER, ROUTER_GATEWAY_OWNER, FLOATING_IP_OWNER)


class EmbeddedPorts(Records[Port], Ports):
    """Ports in the store."""

    table = ports
    missing = "PortNotFound"

    def __init__(
        self, ground: Ground, places: EmbeddedNetworks, blocks: EmbeddedSubnets, groups: EmbeddedSecurityGroups
    ) -> None:
        super().__init__(ground)
        self._networks = places
        self._subnets = blocks
        self._groups = groups

    def members(self) -> listing.Collections:
        mine = addresses.c.port_id == ports.c.id
        return {
            "fixed_ips.ip_address": listing.Members(addresses.c.ip_address, mine),
            "fixed_ips.subnet_id": listing.Members(addresses.c.subnet_id, mine),
            "security_group_ids": listing.Members(port_groups.c.security_group_id, port_groups.c.port_id == ports.c.id),
        }

    def select(self) -> sa.Select[Any]:
        return sa.select(
            ports,
            networks.c.project_id.label("network_owner_id"),
            networks.c.shared.label("network_shared"),
        ).join(networks, networks.c.id == ports.c.network_id)

    def parts(self, project_id: str) -> Sequence[Condition]:
        return (ports.c.project_id == project_id, ports.c.guest_of == project_id)

    def models(self, connection: sa.Connection, rows: Sequence[Row]) -> list[Port]:
        ids = [row.id for row in rows]
        labels = tags_of(connection, ids)
        own = grouped(connection, sa.select(addresses).order_by(addresses.c.position), addresses.c.port_id, ids)
        links = sa.select(port_groups.c.security_group_id).order_by(port_groups.c.security_group_id)
        groups = grouped(connection, links, port_groups.c.port_id, ids)
        return [
            _port(
                row,
                labels,
                tuple(FixedIp(subnet_id=item.subnet_id, ip_address=item.ip_address) for item in own.get(row.id, ())),
                tuple(item.security_group_id for item in groups.get(row.id, ())),
            )
            for row in rows
        ]

    def create(self, ctx: Context, spec: PortSpec) -> Port:
        return self.create_many(ctx, [spec])[0]

    def create_many(self, ctx: Context, specs: Sequence[PortSpec]) -> list[Port]:
        with self.store.write(TOPIC) as connection:
            ids = [self.add(connection, ctx, spec) for spec in specs]
            return [self.model(connection, port_id) for port_id in ids]

    def add(self, connection: sa.Connection, ctx: Context, spec: PortSpec, *, counted: bool = True) -> str:
        """Make a port inside a write and return its id; one that is not `counted` is no matter of a quota."""
        network = self._networks.row(connection, ctx, spec.network_id)
        project_id = ctx.project if spec.project_id is None else spec.project_id
        _check_may_plug(ctx, network)
        if counted:
            self.spend(connection, project_id, "port")
        _check_device(connection, ctx, project_id, spec.device_owner, spec.device_id)
        secured = network.port_security_enabled if spec.port_security_enabled is None else spec.port_security_enabled
        if spec.allowed_address_pairs and not secured:
            raise fault("AddressPairAndPortSecurityRequired")
        group_ids = self._group_ids(connection, ctx, project_id, spec, secured=secured)
        mac = _mac(connection, network.id, spec.mac_address)
        values = {
            **_columns(spec),
            "project_id": project_id,
            "guest_of": network.project_id if network.project_id != project_id else None,
            "mac_address": mac,
            "port_security_enabled": secured,
            "status": status_of(spec.device_owner, admin_state_up=spec.admin_state_up),
            "ip_allocation": "none" if spec.fixed_ips == () else "immediate",
        }
        port_id = self.insert(connection, values, labels=spec.tags)
        _enter_groups(connection, port_id, group_ids)
        place = self._place(connection, network.id, mac, spec.device_owner)
        assign(connection, port_id, place, spec.fixed_ips)
        if not spec.device_owner.startswith(NETWORK_OWNER_PREFIX):
            schedule(connection, network.id, place.subnets)
        return port_id

    def _group_ids(
        self, connection: sa.Connection, ctx: Context, project_id: str, spec: PortSpec, *, secured: bool
    ) -> Sequence[str]:
        if spec.device_owner.startswith(NETWORK_OWNER_PREFIX):
            return ()
        if not secured:
            if spec.security_group_ids:
                raise fault("PortSecurityAndIPRequiredForSecurityGroups")
            return ()
        if spec.security_group_ids is None:
            return (self._groups.default_of(connection, project_id),)
        return self._groups.checked(connection, ctx, project_id, spec.security_group_ids)

    def _place(self, connection: sa.Connection, network_id: str, mac: str, device_owner: str) -> Place:
        blocks = self._subnets.of_network(connection, network_id)
        return Place(network_id=network_id, subnets=blocks, mac_address=mac, device_owner=device_owner)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Port:
        with self.store.write(TOPIC) as connection:
            port = self.models(connection, [self.row(connection, ctx, resource_id)])[0]
            self.edit(connection, ctx, port, changes)
            return self.model(connection, resource_id)

    def edit(self, connection: sa.Connection, ctx: Context, port: Port, changes: Changes) -> None:
        """Change a port inside a write."""
        after = dataclasses.replace(port, **changes)
        if "device_owner" in changes or "device_id" in changes:
            _check_device(connection, ctx, port.project_id, after.device_owner, after.device_id)
        if after.mac_address != port.mac_address:
            _check_mac_change(connection, port, after)
        if after.binding_vnic_type != port.binding_vnic_type and port.binding_vif_type != "unbound":
            raise fault("PortInUse", port.id, port.network_id, port.device_id)
        _check_security(after, changes)
        if "fixed_ips" in changes:
            _check_floating(connection, after)
        if changes.get("security_group_ids") is not None:
            self._set_groups(connection, ctx, port, changes["security_group_ids"])
        self._set_addresses(connection, port, after, changes)
        values = _stored(changes, port)
        values["status"] = status_of(after.device_owner, admin_state_up=after.admin_state_up)
        if "fixed_ips" in changes:
            values["ip_allocation"] = "immediate" if after.fixed_ips else "none"
        self.change(connection, port.id, values)

    def _set_groups(self, connection: sa.Connection, ctx: Context, port: Port, ids: Sequence[str]) -> None:
        group_ids = self._groups.checked(connection, ctx, port.project_id, ids)
        connection.execute(port_groups.delete().where(port_groups.c.port_id == port.id))
        _enter_groups(connection, port.id, group_ids)

    def _set_addresses(self, connection: sa.Connection, port: Port, after: Port, changes: Changes) -> None:
        """Give a port the addresses it shall have; a new MAC address changes those made from the old one."""
        if "fixed_ips" not in changes and after.mac_address == port.mac_address:
            return
        place = self._place(connection, port.network_id, after.mac_address, after.device_owner)
        current, wanted = port.fixed_ips, after.fixed_ips
        if after.mac_address != port.mac_address:
            own = place.self_made(port.mac_address)
            current = tuple(item for item in current if item not in own)
            wanted = tuple(item for item in wanted if item not in own)
        reassign(connection, port.id, place, current, wanted)

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, resource_id)
            if row.device_owner in _SERVICE_OWNERS and _is_service_port(connection, row):
                raise fault("ServicePortInUse", resource_id, f"has device owner {row.device_owner}")
            check_not_trunked(connection, resource_id)
            self.drop(connection, resource_id)

    def drop(self, connection: sa.Connection, port_id: str) -> None:
        """Remove a port inside a write; a floating IP that stood for it stands for nothing."""
        freed = {"port_id": None, "fixed_ip_address": None, "router_id": None, "status": "DOWN"}
        connection.execute(floating_ips.update().where(floating_ips.c.port_id == port_id).values(freed))
        self.remove(connection, port_id)


def status_of(device_owner: str, *, admin_state_up: bool) -> str:
    """Return a port's status: ACTIVE once a device of the cloud's own is plugged in."""
    plugged = device_owner.startswith(COMPUTE_OWNER_PREFIX) or device_owner in (
        ROUTER_INTERFACE_OWNER,
        ROUTER_GATEWAY_OWNER,
    )
    if device_owner == FLOATING_IP_OWNER:
        return "N/A"
    return "ACTIVE" if plugged and admin_state_up else "DOWN"


def _check_may_plug(ctx: Context, network: Row) -> None:
    """Raise Forbidden on an external network that is neither the caller's nor shared: it is for routers."""
    if not (ctx.is_admin or network.shared or network.project_id == ctx.project):
        raise fault("PolicyNotAuthorized", "rule:create_port")


def _check_device(connection: sa.Connection, ctx: Context, project_id: str, owner: str, device_id: str) -> None:
    """Raise Conflict for a port that pretends to belong to a router of another project."""
    if owner != ROUTER_INTERFACE_OWNER or ctx.is_admin or not device_id:
        return
    router = connection.execute(sa.select(routers.c.project_id).where(routers.c.id == device_id)).first()
    if router is not None and router.project_id != project_id:
        raise fault("DeviceIDNotOwnedByTenant", device_id)


def _mac(connection: sa.Connection, network_id: str, wanted: str | None) -> str:
    """Return the MAC address that is asked for, unless it is taken on the network, or make one."""
    if wanted is not None:
        if mac_is_used(connection, network_id, wanted):
            raise fault("MacAddressInUse", network_id, wanted)
        return wanted
    return free_mac(connection, network_id)


def _check_mac_change(connection: sa.Connection, port: Port, after: Port) -> None:
    if after.device_owner.startswith(NETWORK_OWNER_PREFIX):
        raise fault("UnsupportedPortDeviceOwner", "mac address update", port.id, after.device_owner)
    if port.binding_vif_type != "unbound":
        raise fault("PortBound", port.id, port.binding_vif_type, port.mac_address, after.mac_address)
    if mac_is_used(connection, port.network_id, after.mac_address):
        raise fault("MacAddressInUse", port.network_id, after.mac_address)


def _check_security(after: Port, changes: Changes) -> None:
    """Raise where groups or address pairs are left on a port whose traffic nobody filters."""
    if after.port_security_enabled:
        return
    if after.allowed_address_pairs:
        raise fault("AddressPairAndPortSecurityRequired")
    if changes.get("security_group_ids"):
        raise fault("PortSecurityAndIPRequiredForSecurityGroups")
    if after.security_group_ids:
        raise fault("PortSecurityPortHasSecurityGroup")


def _check_floating(connection: sa.Connection, after: Port) -> None:
    """Raise BadRequest where a port would lose the address for which a floating IP stands."""
    held = sa.select(floating_ips.c.fixed_ip_address).where(floating_ips.c.port_id == after.id)
    kept = {item.ip_address for item in after.fixed_ips}
    if any(address not in kept for address in connection.execute(held).scalars()):
        text = (
            f"Cannot update the fixed_ips of the port {after.id}, because its original fixed_ip has been associated "
            "to a floating ip"
        )
        raise fault("BadRequest", "port", text)


def _is_service_port(connection: sa.Connection, row: Row) -> bool:
    """Tell whether the router or floating IP that a port says it belongs to is there."""
    table = floating_ips if row.device_owner == FLOATING_IP_OWNER else routers
    return connection.execute(sa.select(table.c.id).where(table.c.id == row.device_id)).first() is not None


def _enter_groups(connection: sa.Connection, port_id: str, group_ids: Sequence[str]) -> None:
    if group_ids:
        rows = [{"port_id": port_id, "security_group_id": group_id} for group_id in group_ids]
        connection.execute(port_groups.insert(), rows)


def _columns(spec: PortSpec) -> dict[str, Any]:
    return {
        "network_id": spec.network_id,
        "name": spec.name,
        "description": spec.description,
        "admin_state_up": spec.admin_state_up,
        "device_id": spec.device_id,
        "device_owner": spec.device_owner,
        "allowed_address_pairs": [dataclasses.asdict(pair) for pair in spec.allowed_address_pairs],
        "extra_dhcp_opts": with_options((), spec.extra_dhcp_opts),
        "binding_host_id": spec.binding_host_id,
        "binding_vnic_type": spec.binding_vnic_type,
        "binding_profile": dict(spec.binding_profile),
        "dns_name": spec.dns_name,
        "dns_domain": spec.dns_domain,
    }


_ELSEWHERE = ("fixed_ips", "security_group_ids")


def _stored(changes: Changes, port: Port) -> dict[str, Any]:
    """Return changes as the columns take them."""
    values = {name: value for name, value in changes.items() if name not in _ELSEWHERE}
    if "allowed_address_pairs" in values:
        values["allowed_address_pairs"] = [dataclasses.asdict(pair) for pair in values["allowed_address_pairs"]]
    if "extra_dhcp_opts" in values:
        values["extra_dhcp_opts"] = with_options(port.extra_dhcp_opts, values["extra_dhcp_opts"])
    return values


def _port(
    row: Row, labels: Mapping[str, tuple[str, ...]], fixed_ips: tuple[FixedIp, ...], group_ids: tuple[str, ...]
) -> Port:
    return Port(
        **standard(row, labels),
        name=row.name,
        network_id=row.network_id,
        mac_address=row.mac_address,
        admin_state_up=row.admin_state_up,
        status=row.status,
        fixed_ips=fixed_ips,
        device_id=row.device_id,
        device_owner=row.device_owner,
        security_group_ids=group_ids,
        allowed_address_pairs=tuple(AddressPair(**pair) for pair in row.allowed_address_pairs),
        extra_dhcp_opts=tuple(DhcpOption(**option) for option in row.extra_dhcp_opts),
        port_security_enabled=row.port_security_enabled,
        ip_allocation=row.ip_allocation,
        binding_host_id=row.binding_host_id,
        binding_vnic_type=row.binding_vnic_type,
        binding_profile=row.binding_profile,
        binding_vif_type="other" if row.binding_host_id else "unbound",
        dns_name=row.dns_name,
        dns_domain=row.dns_domain,
        network_owner_id=row.network_owner_id,
        network_shared=row.network_shared,
    )
