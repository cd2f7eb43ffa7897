"""Routers: which of LXD's bridges reach each other, and the world outside."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from jumpgate.clouds.lxd.notes import Note, fresh, standard, touched
from jumpgate.common.context import Context
from jumpgate.common.errors import NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import Routers
from jumpgate.network.drivers.lxd import legs
from jumpgate.network.drivers.lxd.bridges import Bridge, Bridges
from jumpgate.network.drivers.lxd.filtering import Filtering
from jumpgate.network.drivers.lxd.forwards import all_forwards
from jumpgate.network.drivers.lxd.kept import Kept
from jumpgate.network.drivers.lxd.ports import port_of
from jumpgate.network.drivers.lxd.prefixes import subnets_of
from jumpgate.network.drivers.lxd.quotas import LxdQuotas
from jumpgate.network.drivers.lxd.subnets import LxdSubnets
from jumpgate.network.drivers.lxd.ways import Leg, Way, translation, ways
from jumpgate.network.models import FixedIp, Gateway, Router, RouterInterface, RouterSpec, Subnet
from jumpgate.network.routing import check_joinable, check_subnets_apart, interface
from jumpgate.network.subnetting import contains
from jumpgate.network.tagging import Tags
from jumpgate.network.views.faults import fault

_NOTED = ("name", "description", "admin_state_up", "tags")


class LxdRouters(Tags, Routers):
    """LXD's host routes between all bridges; the ACLs let pass what a router joins, and nothing else.

    A router is on a subnet at the bridge's own address. What leaves for the world outside comes from the router's
    address on the external network (`ways.Way.mask` names the exceptions).
    """

    def __init__(
        self, bridges: Bridges, notes: Kept, filtering: Filtering, subnets: LxdSubnets, quotas: LxdQuotas
    ) -> None:
        self._bridges = bridges
        self._notes = notes
        self._filtering = filtering
        self._subnets = subnets
        self._quotas = quotas

    def find(self, ctx: Context, query: Query) -> Iterable[Router]:
        found = self._ways()
        return [_router(way) for way in found if query.all_projects or _is_visible(way.note, ctx)]

    def get(self, ctx: Context, resource_id: str) -> Router:
        return _router(self._way(ctx, resource_id))

    def _ways(self) -> list[Way]:
        return ways(self._bridges.all(), self._notes.all())

    def _way(self, ctx: Context, router_id: str) -> Way:
        for way in self._ways():
            if way.id == router_id and (ctx.is_admin or _is_visible(way.note, ctx)):
                return way
        raise fault("RouterNotFound", router_id)

    def create(self, ctx: Context, spec: RouterSpec) -> Router:
        if spec.availability_zone_hints:
            raise fault("AvailabilityZoneNotFound", spec.availability_zone_hints[0])
        _refuse({"distributed": spec.distributed, "ha": spec.ha})
        note = fresh(
            spec.project_id or ctx.project,
            description=spec.description,
            name=spec.name,
            admin_state_up=spec.admin_state_up,
            enable_snat=True,
        )
        with self._quotas.spending(note["project_id"], "router"):
            self._notes.change(note["id"], lambda _: note)
        if spec.gateway is None:
            return self.get(ctx, note["id"])
        try:
            return self.update(ctx, note["id"], {"gateway": spec.gateway})
        except Exception:
            self._notes.change(note["id"], lambda _: None)
            raise

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Router:
        way = self._way(ctx, resource_id)
        _refuse(changes)
        noted = {name: changes[name] for name in _NOTED if name in changes}
        if "gateway" in changes:
            self._set_gateway(ctx, way, changes["gateway"])
            wanted = changes["gateway"]
            noted["enable_snat"] = wanted is None or wanted.enable_snat
        self._touch(resource_id, noted)
        if "gateway" in changes or "admin_state_up" in changes:
            self._apply(*(leg.bridge.id for leg in way.legs))
        return self.get(ctx, resource_id)

    def _touch(self, router_id: str, changes: Mapping[str, Any]) -> None:
        def edit(note: Note | None) -> Note:
            if note is None:
                raise fault("RouterNotFound", router_id)
            return touched(note, changes)

        self._notes.change(router_id, edit)

    def _apply(self, *network_ids: str) -> None:
        """Let networks translate addresses, and all ACLs let pass, what the routers say now."""
        bridges = self._bridges.all()
        known = ways(bridges, self._notes.all())
        for bridge in bridges:
            if bridge.id in network_ids:
                self._bridges.change(bridge.name, functools.partial(translation, known=known))
        self._filtering.refresh()

    def _set_gateway(self, ctx: Context, way: Way, wanted: Gateway | None) -> None:
        current = way.gateway
        outer = self._external(ctx, wanted) if wanted is not None else None
        if current is not None and outer is not None and current.bridge.name == outer.name:
            if wanted is not None and wanted.fixed_ips:
                legs.move(self._bridges, current, wanted.fixed_ips)
            return
        if current is not None:
            if self._forwarded(way):
                raise fault("RouterExternalGatewayInUseByFloatingIp", way.id, current.bridge.id)
            legs.drop(self._bridges, current)
        if outer is not None and wanted is not None:
            joined = [subnet for leg in way.legs for subnet in _joined(leg)]
            check_subnets_apart(joined, subnets_of(outer))
            legs.lead_out(self._bridges, way, outer, wanted.fixed_ips)

    def _external(self, ctx: Context, wanted: Gateway) -> Bridge:
        outer = self._bridges.get(ctx, wanted.network_id)
        if not outer.external:
            raise fault("BadRequest", "router", f"Network {wanted.network_id} is not an external network")
        taken = {subnet.gateway_ip for subnet in subnets_of(outer)}
        for item in wanted.fixed_ips:
            if item.ip_address is not None and item.ip_address in taken:
                raise fault("BadRequest", "router", f"External IP {item.ip_address} is the same as the gateway IP")
        return outer

    def delete(self, ctx: Context, resource_id: str) -> None:
        way = self._way(ctx, resource_id)
        if way.legs:
            names = ", ".join(str(leg.note["id"]) for leg in way.legs)
            raise fault("RouterInUse", resource_id, f"has ports still attached: {names}")
        if way.gateway is not None:
            legs.drop(self._bridges, way.gateway)
        self._notes.change(resource_id, lambda _: None)

    def add_interface(
        self, ctx: Context, router_id: str, *, subnet_id: str | None = None, port_id: str | None = None
    ) -> RouterInterface:
        way = self._way(ctx, router_id)
        if port_id is not None:
            if port_of(self._bridges.all(), port_id) is None:
                raise fault("PortNotFound", port_id)
            raise NotSupported(
                "A router is on a subnet at its gateway_ip, the address of LXD's bridge: add the subnet, and no port."
            )
        subnet = self._subnets.get(ctx, subnet_id or "")
        check_joinable(ctx, subnet)
        check_subnets_apart([item for leg in way.legs for item in _joined(leg)], [subnet])
        port = legs.join(self._bridges, way, subnet)
        self._touch(router_id, {})
        self._apply(subnet.network_id)
        return interface(_router(way), port, [subnet])

    def remove_interface(
        self, ctx: Context, router_id: str, *, subnet_id: str | None = None, port_id: str | None = None
    ) -> RouterInterface:
        way = self._way(ctx, router_id)
        leg, subnet = _leg_to_remove(way, subnet_id, port_id)
        if any(contains(subnet.cidr, target) for target in self._forwarded(way)):
            raise fault("RouterInterfaceInUseByFloatingIP", router_id, subnet.id)
        port = port_of([leg.bridge], leg.note["id"])
        assert port is not None
        legs.drop(self._bridges, leg)
        self._touch(router_id, {})
        self._apply(leg.bridge.id)
        return interface(_router(way), port, [subnet])

    def _forwarded(self, way: Way) -> list[str]:
        """Return the addresses for which floating IPs of a router's external network stand."""
        outer = [] if way.gateway is None else way.gateway.bridge.floating_ips
        known = {item["floating_ip_address"] for item in outer}
        found = all_forwards(self._bridges.session, (leg.bridge for leg in way.legs)) if known else ()
        return [forward.target for forward in found if forward.listen in known]

    def retag(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        self.update(ctx, resource_id, {"tags": list(tags)})

    def tags_of(self, ctx: Context, resource_id: str) -> tuple[str, ...]:
        return self.get(ctx, resource_id).tags


def _is_visible(note: Note, ctx: Context) -> bool:
    return bool(ctx.project) and note["project_id"] == ctx.project


def _refuse(wanted: Mapping[str, Any]) -> None:
    """Raise NotSupported for what no router of LXD's can be."""
    if wanted.get("distributed") or wanted.get("ha"):
        raise NotSupported("LXD's host is its only router: leave distributed and ha false.")
    if wanted.get("routes"):
        raise NotSupported("LXD's bridges route to no further hops: leave routes empty.")


def _joined(leg: Leg) -> list[Subnet]:
    """Return the subnets on which a leg has an address."""
    addresses = leg.note["addresses"]
    return [item for item in subnets_of(leg.bridge) if any(contains(item.cidr, address) for address in addresses)]


def _leg_to_remove(way: Way, subnet_id: str | None, port_id: str | None) -> tuple[Leg, Subnet]:
    """Return the leg that is meant and the subnet that it leaves."""
    for leg in way.legs:
        for subnet in _joined(leg):
            if port_id is None and subnet.id == subnet_id:
                return leg, subnet
            if port_id == leg.note["id"]:
                if subnet_id not in (None, subnet.id):
                    raise fault("SubnetMismatchForPort", port_id, subnet_id)
                return leg, subnet
    if port_id is not None:
        raise fault("RouterInterfaceNotFound", way.id, port_id)
    raise fault("RouterInterfaceNotFoundForSubnet", way.id, subnet_id)


def _router(way: Way) -> Router:
    note = way.note
    return Router(
        **standard(note),
        name=note["name"],
        admin_state_up=way.is_up,
        status="ACTIVE",
        gateway=None if way.gateway is None else _gateway(way, way.gateway),
    )


def _gateway(way: Way, leg: Leg) -> Gateway:
    subnets = subnets_of(leg.bridge)
    places = [
        FixedIp(subnet_id=subnet.id, ip_address=address)
        for address in leg.note["addresses"]
        for subnet in subnets
        if contains(subnet.cidr, address)
    ]
    return Gateway(network_id=leg.bridge.id, enable_snat=way.translates, fixed_ips=tuple(places))
