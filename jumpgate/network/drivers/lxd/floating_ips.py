"""Floating IPs: addresses of external networks, and the forwards by which they stand for ports."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from jumpgate.clouds.lxd.cluster import Cluster
from jumpgate.clouds.lxd.notes import Note, fresh, standard, written
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import FloatingIps
from jumpgate.network.drivers.lxd.addresses import free_address, taken_addresses
from jumpgate.network.drivers.lxd.bridges import Bridge, Bridges, holding
from jumpgate.network.drivers.lxd.filtering import Filtering
from jumpgate.network.drivers.lxd.forwards import (
    NOTHING,
    Forward,
    all_forwards,
    change_note,
    floating_key,
    remove_forward,
    set_forward,
)
from jumpgate.network.drivers.lxd.kept import Kept
from jumpgate.network.drivers.lxd.nics import all_nics
from jumpgate.network.drivers.lxd.ports import port_of
from jumpgate.network.drivers.lxd.prefixes import subnets_of
from jumpgate.network.drivers.lxd.quotas import LxdQuotas
from jumpgate.network.drivers.lxd.ways import Way, router_between, ways
from jumpgate.network.models import FixedIp, FloatingIp, FloatingIpSpec, Port, Subnet
from jumpgate.network.subnetting import contains
from jumpgate.network.tagging import Tags
from jumpgate.network.views.faults import fault


class LxdFloatingIps(Tags, FloatingIps):
    """The address is kept by a note of its external network; for which port it stands is read off LXD's forwards.

    Whoever reaches LXD's host at the address reaches the port. A router must join the port's network to the external
    one, since the ACL of the port's lets nothing come from outside otherwise.
    """

    def __init__(self, bridges: Bridges, routers: Kept, filtering: Filtering, quotas: LxdQuotas) -> None:
        self._bridges = bridges
        self._session = bridges.session
        self._cluster = Cluster(bridges.session)
        self._routers = routers
        self._filtering = filtering
        self._quotas = quotas

    def find(self, ctx: Context, query: Query) -> Iterable[FloatingIp]:
        bridges = self._bridges.all()
        notes = [
            (bridge, note)
            for bridge in bridges
            for note in bridge.floating_ips
            if query.all_projects or (ctx.project and note["project_id"] == ctx.project)
        ]
        # The forwards cost a call for each bridge, so nobody asks for those of no address.
        forwards = list(all_forwards(self._session, bridges)) if notes else []
        known = ways(bridges, self._routers.all()) if forwards else []
        vain = self._vain(bridges, forwards)
        return [_floating_ip(bridges, forwards, known, vain, bridge, note) for bridge, note in notes]

    def _vain(self, bridges: Sequence[Bridge], forwards: Sequence[Forward]) -> frozenset[Forward]:
        """Return the forwards of a cluster that reach nobody: on members that are down, or without the instance."""
        if not forwards or not self._cluster.is_one:
            return frozenset()
        silent = self._silent(forwards)
        homes = {(nic.network, nic.mac_address): nic.location for nic in all_nics(self._session)}
        found = set()
        for forward in forwards:
            note = _note_at(bridges, forward)
            home = None if note is None else homes.get((forward.bridge, note["mac_address"]))
            if forward.location in silent or home not in (None, forward.location):
                found.add(forward)
        return frozenset(found)

    def _silent(self, forwards: Sequence[Forward]) -> frozenset[str]:
        """Return the members of the cluster that are down, if any of some forwards may be there."""
        if not forwards or not self._cluster.is_one:
            return frozenset()
        return frozenset(member.name for member in self._cluster.members() if not member.is_up)

    def get(self, ctx: Context, resource_id: str) -> FloatingIp:
        for item in self.find(ctx, Query(all_projects=ctx.is_admin)):
            if item.id == resource_id:
                return item
        raise fault("FloatingIPNotFound", resource_id)

    def create(self, ctx: Context, spec: FloatingIpSpec) -> FloatingIp:
        network = self._bridges.get(ctx, spec.floating_network_id)
        _check_external(network)
        project_id = spec.project_id or ctx.project
        wanted = {"port_id": spec.port_id, "fixed_ip_address": spec.fixed_ip_address}
        self._target(ctx, project_id, network.id, wanted)
        note = fresh(project_id, description=spec.description, dns_name=spec.dns_name, dns_domain=spec.dns_domain)

        def edit(current: Bridge) -> dict[str, str]:
            note["floating_ip_address"] = _address(current, spec)
            return {floating_key(note["id"]): written(note)}

        with self._quotas.spending(project_id, "floatingip"):
            self._bridges.change(network.name, edit)
        if spec.port_id is None:
            return self.get(ctx, note["id"])
        try:
            return self.update(ctx, note["id"], wanted)
        except Exception:
            self._bridges.change(network.name, lambda _: {floating_key(note["id"]): None})
            raise

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> FloatingIp:
        before = self.get(ctx, resource_id)
        if changes.get("fixed_ip_address") and not changes.get("port_id"):
            raise fault("BadRequest", "floatingip", "fixed_ip_address cannot be specified without a port_id")
        if "port_id" in changes:
            self._point(before, self._target(ctx, before.project_id, before.floating_network_id, changes))
        noted = {name: changes[name] for name in ("description", "tags") if name in changes}
        if noted or "port_id" not in changes:
            self._note(resource_id, noted)
        return self.get(ctx, resource_id)

    def _target(self, ctx: Context, project_id: str, network_id: str, wanted: Mapping[str, Any]) -> Target | None:
        """Return for what a floating IP of an external network is to stand, None for nothing."""
        port_id = wanted.get("port_id")
        if port_id is None:
            return None
        bridges = self._bridges.all()
        bridge, port = holding(bridges, "port", port_id), port_of(bridges, port_id)
        visible = port is not None and (ctx.is_admin or ctx.project in (port.project_id, port.network_owner_id))
        if bridge is None or port is None or not visible:
            raise fault("PortNotFound", port_id)
        if port.project_id != project_id and not ctx.is_admin:
            text = (
                f"Cannot process floating IP association with Port {port_id}, since that port is owned by a different "
                "project"
            )
            raise fault("BadRequest", "floatingip", text)
        inner = _inner_address(port, wanted.get("fixed_ip_address"))
        outer = next(item for item in bridges if item.id == network_id)
        if router_between(ways(bridges, self._routers.all()), bridge, outer) is None:
            raise fault("ExternalGatewayForFloatingIPNotFound", inner.subnet_id, port_id, network_id)
        return bridge, port, inner.ip_address or ""

    def _point(self, floating: FloatingIp, target: Target | None) -> None:
        """Let an address stand for a port's, or for nothing; the ACLs let in what comes by it."""
        listen = floating.floating_ip_address
        forwards = list(all_forwards(self._session, self._bridges.all()))
        if target is not None:
            self._check_alone(floating, target, forwards)
        mine = [forward for forward in forwards if forward.listen == listen]
        self._check_reachable(floating, mine)
        # First, since LXD changes no network while a member of its cluster is down.
        self._note(floating.id, {"bridge": target[0].name, "target": target[2]} if target else NOTHING)
        for forward in mine:
            remove_forward(self._session, forward)
        if target is not None:
            bridge, _, address = target
            set_forward(self._session, Forward(bridge.name, listen, address))
        self._filtering.refresh()

    def _check_reachable(self, floating: FloatingIp, forwards: Sequence[Forward]) -> None:
        """Raise Conflict for an address that stands on a member which is down, from where LXD takes it only later."""
        for name in self._silent(forwards) & {forward.location for forward in forwards}:
            text = (
                f"Floating IP {floating.id} is on member {name} of LXD's cluster, which is down: "
                "wait for it, or use another address"
            )
            raise Conflict(text)

    def _note(self, floating_id: str, changes: Mapping[str, Any]) -> None:
        bridge = holding(self._bridges.all(), "floating_ip", floating_id)
        if bridge is None:
            raise fault("FloatingIPNotFound", floating_id)
        change_note(self._bridges, bridge.name, floating_id, changes)

    def _check_alone(self, floating: FloatingIp, target: Target, forwards: Sequence[Forward]) -> None:
        """Raise Conflict where another address of the same network stands for the port's already."""
        bridge, port, address = target
        outer = self._bridges.all()
        for forward in forwards:
            if (forward.bridge, forward.target) != (bridge.name, address):
                continue
            for network in outer:
                for note in network.floating_ips:
                    same = network.id == floating.floating_network_id and note["id"] != floating.id
                    if same and note["floating_ip_address"] == forward.listen:
                        raise fault(
                            "FloatingIPPortAlreadyAssociated",
                            port.id,
                            floating.floating_ip_address,
                            floating.id,
                            address,
                            network.id,
                        )

    def delete(self, ctx: Context, resource_id: str) -> None:
        floating = self.get(ctx, resource_id)
        self._point(floating, None)
        bridge = holding(self._bridges.all(), "floating_ip", resource_id)
        if bridge is not None:
            self._bridges.change(bridge.name, lambda _: {floating_key(resource_id): None})

    def retag(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        self.update(ctx, resource_id, {"tags": list(tags)})

    def tags_of(self, ctx: Context, resource_id: str) -> tuple[str, ...]:
        return self.get(ctx, resource_id).tags


# The bridge and the port of it, and the address there.
Target = tuple[Bridge, Port, str]


def _check_external(network: Bridge) -> None:
    if network.config.get("ipv4.address", "none") != "none":
        text = f"LXD forwards no address of a bridge's own prefix, and network {network.id} is a bridge with addresses"
        raise fault("BadRequest", "floatingip", text)
    if not network.external:
        raise fault("BadRequest", "floatingip", f"Network {network.id} is not a valid external network")
    if _ipv4_subnet(network) is None:
        raise fault("BadRequest", "floatingip", f"Network {network.id} does not contain any IPv4 subnet")


def _ipv4_subnet(network: Bridge) -> Subnet | None:
    return next((item for item in subnets_of(network) if item.ip_version == 4), None)


def _address(network: Bridge, spec: FloatingIpSpec) -> str:
    """Return the address of a new floating IP: the one asked for, or a free one."""
    subnet = _ipv4_subnet(network)
    if subnet is None or spec.subnet_id not in (None, subnet.id):
        raise fault("BadRequest", "floatingip", f"Network {network.id} does not contain any IPv4 subnet")
    taken = taken_addresses(network)
    wanted = spec.floating_ip_address
    if wanted is None:
        return free_address(network.id, subnet, taken)
    if not contains(subnet.cidr, wanted):
        raise fault("InvalidIpForNetwork", wanted)
    if wanted in taken:
        raise fault("IpAddressAlreadyAllocated", wanted, subnet.id)
    return wanted


def _inner_address(port: Port, wanted: str | None) -> FixedIp:
    """Return the address of a port for which a floating IP is to stand; raise BadRequest where there is none."""
    known = [item for item in port.fixed_ips if item.ip_address and ":" not in item.ip_address]
    if wanted is not None and ipaddress.ip_address(wanted).version != 4:
        text = f"Cannot process floating IP association with {wanted}, since that is not an IPv4 address"
        raise fault("BadRequest", "floatingip", text)
    for item in known:
        if wanted in (None, item.ip_address):
            return item
    if wanted is not None:
        raise fault("BadRequest", "floatingip", f"Port {port.id} does not have fixed ip {wanted}")
    raise fault(
        "BadRequest", "floatingip", f"Cannot add floating IP to port {port.id} that has no fixed IPv4 addresses"
    )


def _floating_ip(
    bridges: Sequence[Bridge],
    forwards: Sequence[Forward],
    known: Sequence[Way],
    vain: Collection[Forward],
    network: Bridge,
    note: Note,
) -> FloatingIp:
    address = str(note["floating_ip_address"])
    forward = next((item for item in forwards if item.listen == address), None)
    port = _port_at(bridges, forward) if forward is not None else None
    inner = next((item for item in bridges if port is not None and item.id == port.network_id), None)
    return FloatingIp(
        **standard(note),
        floating_network_id=network.id,
        floating_ip_address=address,
        status="ACTIVE" if port is not None and forward is not None and forward not in vain else "DOWN",
        port_id=port.id if port is not None else None,
        router_id=router_between(known, inner, network) if inner is not None else None,
        fixed_ip_address=forward.target if port is not None and forward is not None else None,
        dns_name=note.get("dns_name", ""),
        dns_domain=note.get("dns_domain", ""),
        port=port,
    )


def _port_at(bridges: Sequence[Bridge], forward: Forward) -> Port | None:
    """Return the port that has the address to which a forward sends."""
    note = _note_at(bridges, forward)
    return None if note is None else port_of(bridges, note["id"])


def _note_at(bridges: Sequence[Bridge], forward: Forward) -> Note | None:
    for bridge in bridges:
        for note in bridge.ports if bridge.name == forward.bridge else ():
            if forward.target in note["addresses"]:
                return note
    return None
