"""Subnets: the addresses of LXD's bridges, at most one of each IP version on a bridge."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from jumpgate.clouds.lxd.notes import EPOCH, Note, fresh, touched, written
from jumpgate.common.context import Context
from jumpgate.common.errors import NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network import subnetting
from jumpgate.network.contract import Subnets
from jumpgate.network.drivers.lxd import prefixes
from jumpgate.network.drivers.lxd.bridges import Bridge, Bridges, turns
from jumpgate.network.drivers.lxd.quotas import LxdQuotas
from jumpgate.network.drivers.lxd.subnet_pools import LxdSubnetPools
from jumpgate.network.models import AUTOMATIC, Subnet, SubnetSpec
from jumpgate.network.schemas.values import invalid
from jumpgate.network.tagging import Tags
from jumpgate.network.views.faults import fault


class LxdSubnets(Tags, Subnets):
    """The bridge is the gateway of its subnets: what is sent to it is routed by LXD's host."""

    withheld: ClassVar[frozenset[str]] = frozenset({"subnet-dns-publish-fixed-ip", "subnet-service-types"})

    def __init__(self, bridges: Bridges, pools: LxdSubnetPools, quotas: LxdQuotas) -> None:
        self._bridges = bridges
        self._pools = pools
        self._quotas = quotas
        self._turns = turns(bridges.folder, "prefixes")

    def find(self, ctx: Context, query: Query) -> Iterable[Subnet]:
        seen = self._bridges.seen(ctx, everything=query.all_projects)
        return [item for bridge in seen for item in prefixes.subnets_of(bridge)]

    def get(self, ctx: Context, resource_id: str) -> Subnet:
        return self._found(ctx, resource_id)[1]

    def _found(self, ctx: Context, subnet_id: str) -> tuple[Bridge, Subnet]:
        for bridge in self._bridges.seen(ctx, everything=ctx.is_admin):
            for item in prefixes.subnets_of(bridge):
                if item.id == subnet_id:
                    return bridge, item
        raise fault("SubnetNotFound", subnet_id)

    def create(self, ctx: Context, spec: SubnetSpec) -> Subnet:
        # Of two that ask at the same moment for one prefix one gets it.
        with self._quotas.spending(spec.project_id or ctx.project, "subnet"), self._turns:
            return self._create(ctx, spec)

    def _create(self, ctx: Context, spec: SubnetSpec) -> Subnet:
        bridge = self._bridges.get(ctx, spec.network_id)
        spec = self._pools.cut(ctx, spec)
        cidr = _checked(spec)
        self._check_overlap(bridge, cidr)
        spec = _with_gateway(spec, cidr)
        subnetting.check_new(spec)
        subnetting.check_mtu(bridge.id, int(bridge.config.get("bridge.mtu", 1500)), spec.ip_version)
        pools = spec.allocation_pools
        if pools is None:
            pools = subnetting.default_pools(cidr, spec.gateway_ip)
        else:
            subnetting.check_pools(cidr, pools, spec.gateway_ip)
        note = fresh(
            spec.project_id or ctx.project,
            description=spec.description,
            name=spec.name,
            ip_version=spec.ip_version,
            ipv6_ra_mode=spec.ipv6_ra_mode,
            ipv6_address_mode=spec.ipv6_address_mode,
            subnetpool_id=spec.subnetpool_id,
        )
        given = {name: getattr(spec, name) for name in _SETTINGS}
        made = _subnet(bridge, note, {**given, "cidr": cidr, "allocation_pools": pools})
        changed = self._bridges.change(bridge.name, lambda current: _keys(current, made, note))
        return prefixes.subnet(changed, note)

    def _check_overlap(self, bridge: Bridge, cidr: str) -> None:
        """Raise NotSupported for a bridge's second prefix, BadRequest for one in use: LXD's host routes each to one."""
        prefix = ipaddress.ip_network(cidr)
        for other in self._bridges.all():
            own = prefixes.interface(other, prefix.version)
            if own is not None and own.network.overlaps(prefix):
                raise invalid(
                    f"Requested subnet with cidr: {cidr} for network: {bridge.id} overlaps with another subnet"
                )
        if prefixes.interface(bridge, prefix.version) is not None:
            raise NotSupported(
                f"Network {bridge.id} has an IPv{prefix.version} subnet, and LXD's bridges have one at most: "
                "make a further network for this one."
            )

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Subnet:
        bridge, subnet = self._found(ctx, resource_id)
        _check_update(subnet, changes)
        _check_gateway(bridge, subnet, changes)

        def edit(current: Bridge) -> dict[str, str | None]:
            note = _note(current, resource_id)
            noted = {name: changes[name] for name in ("name", "description", "tags") if name in changes}
            settings = {name: changes[name] for name in changes if name in (*_SETTINGS, "allocation_pools")}
            after = touched(note, noted)
            return _keys(current, dataclasses.replace(prefixes.subnet(current, after), **settings), after)

        changed = self._bridges.change(bridge.name, edit)
        return prefixes.subnet(changed, _note(changed, resource_id))

    def delete(self, ctx: Context, resource_id: str) -> None:
        bridge, subnet = self._found(ctx, resource_id)
        prefix = ipaddress.ip_network(subnet.cidr)

        def edit(current: Bridge) -> dict[str, str | None]:
            addresses = [item for port in current.ports for item in port["addresses"]]
            addresses += [item["floating_ip_address"] for item in current.floating_ips]
            if any(ipaddress.ip_address(item) in prefix for item in addresses):
                raise fault("SubnetInUse", resource_id)
            version = subnet.ip_version
            return prefixes.cleared(version, others=prefixes.other_lines(current.config, version))

        self._bridges.change(bridge.name, edit)

    def retag(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        self.update(ctx, resource_id, {"tags": list(tags)})

    def tags_of(self, ctx: Context, resource_id: str) -> tuple[str, ...]:
        return self.get(ctx, resource_id).tags


_SETTINGS = ("gateway_ip", "dns_nameservers", "host_routes", "enable_dhcp")


def _checked(spec: SubnetSpec) -> str:
    """Return the prefix of a spec; raise BadRequest for what LXD has not."""
    assert spec.cidr is not None
    _refuse({"service_types": spec.service_types, "dns_publish_fixed_ip": spec.dns_publish_fixed_ip})
    if spec.host_routes and spec.ip_version == 6:
        raise invalid("LXD's bridges announce no IPv6 host routes: leave host_routes empty")
    return spec.cidr


def _refuse(wanted: Mapping[str, Any]) -> None:
    """Raise for what no subnet of LXD's can be."""
    if wanted.get("service_types"):
        raise invalid("LXD's subnets serve every kind of port: leave service_types empty")
    if wanted.get("dns_publish_fixed_ip"):
        raise NotSupported(
            "LXD's DNS server is for guests only, and publishes nothing: leave dns_publish_fixed_ip off."
        )


def _with_gateway(spec: SubnetSpec, cidr: str) -> SubnetSpec:
    """Return a spec whose gateway is chosen; it is the bridge's own address, so it is in the prefix."""
    if spec.gateway_ip == AUTOMATIC:
        return dataclasses.replace(spec, gateway_ip=subnetting.default_gateway(cidr))
    if spec.gateway_ip is None and spec.ip_version == 6:
        raise invalid("LXD's bridges always announce themselves as IPv6 routers: leave gateway_ip to them")
    if spec.gateway_ip is not None:
        _check_inside(cidr, spec.gateway_ip)
    return spec


def _check_inside(cidr: str, gateway_ip: str) -> None:
    if ipaddress.ip_address(gateway_ip) not in ipaddress.ip_network(cidr):
        raise invalid(f"gateway_ip '{gateway_ip}' is the address of LXD's bridge, so it must be in {cidr}")


def _subnet(bridge: Bridge, note: Note, settings: dict[str, Any]) -> Subnet:
    """Return a subnet that is to be made."""
    more = {name: note[name] for name in ("id", "project_id", "ip_version", "ipv6_ra_mode", "ipv6_address_mode")}
    # Its times are in the note.
    return Subnet(created_at=EPOCH, updated_at=EPOCH, network_id=bridge.id, **more, **settings)


def _keys(bridge: Bridge, subnet: Subnet, note: Note) -> dict[str, str | None]:
    version = subnet.ip_version
    others = prefixes.other_lines(bridge.config, version)
    keys = prefixes.keys(subnet, others=others)
    if bridge.external:
        note = {**note, "address": keys[f"ipv{version}.address"]}
        keys[f"ipv{version}.address"] = "none"
    return {**keys, prefixes.note_key(version): written(note)}


def _note(bridge: Bridge, subnet_id: str) -> Note:
    for note in prefixes.subnet_notes(bridge):
        if note["id"] == subnet_id:
            return note
    raise fault("SubnetNotFound", subnet_id)


def _check_update(subnet: Subnet, changes: Changes) -> None:
    after = dataclasses.replace(subnet, **changes)
    prefix = ipaddress.ip_network(subnet.cidr)
    if after.enable_dhcp and not subnet.enable_dhcp:
        subnetting.check_dhcp(prefix)
    if changes.get("enable_dhcp") is False and (subnet.ipv6_ra_mode or subnet.ipv6_address_mode):
        raise invalid("Cannot disable enable_dhcp with ipv6 attributes set")
    _refuse(changes)
    if after.host_routes and subnet.ip_version == 6:
        raise invalid("LXD's bridges announce no IPv6 host routes: leave host_routes empty")
    subnetting.check_gateway(prefix, after.gateway_ip)
    subnetting.check_lists(after, subnet.ip_version, subnet.id)
    if "allocation_pools" in changes:
        subnetting.check_pools(subnet.cidr, after.allocation_pools, after.gateway_ip)
    elif after.gateway_ip and after.gateway_ip != subnet.gateway_ip:
        subnetting.check_gateway_outside(after.allocation_pools, after.gateway_ip)


def _check_gateway(bridge: Bridge, subnet: Subnet, changes: Changes) -> None:
    """Raise for a new gateway that is no address of the prefix, or a port's."""
    if "gateway_ip" not in changes:
        return
    gateway = changes["gateway_ip"]
    if gateway is None and subnet.ip_version == 6:
        raise invalid("LXD's bridges always announce themselves as IPv6 routers: leave gateway_ip to them")
    if gateway is not None:
        _check_inside(subnet.cidr, gateway)
    for port in bridge.ports if gateway != subnet.gateway_ip else ():
        for address in {gateway, subnet.gateway_ip}.intersection(port["addresses"]):
            raise fault("GatewayIpInUse", address, port["id"])
