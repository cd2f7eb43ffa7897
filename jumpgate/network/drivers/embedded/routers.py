"""The embedded routers: which subnets are joined, and by which external network they reach the world."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context, service_context
from jumpgate.common.resource import Changes
from jumpgate.network.contract import Routers
from jumpgate.network.drivers.embedded.networks import ZONE, EmbeddedNetworks, check_zones
from jumpgate.network.drivers.embedded.ports import EmbeddedPorts
from jumpgate.network.drivers.embedded.records import TOPIC, Ground, Records, Row, grouped, standard, tags_of
from jumpgate.network.drivers.embedded.router_rules import check_routes, schedule
from jumpgate.network.drivers.embedded.subnets import EmbeddedSubnets
from jumpgate.network.models import (
    ROUTER_GATEWAY_OWNER,
    ROUTER_INTERFACE_OWNER,
    FixedIp,
    Gateway,
    HostRoute,
    Port,
    PortSpec,
    Router,
    RouterInterface,
    RouterSpec,
    Subnet,
)
from jumpgate.network.routing import check_joinable, check_subnets_apart, interface
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network import floating_ips, ports, routers
from jumpgate.store.tables.network_agents import l3_bindings

MOST_ROUTES = 30


class EmbeddedRouters(Records[Router], Routers):
    """Routers in the store. Their legs are ports, the gateway's with no project of its own."""

    table = routers
    missing = "RouterNotFound"

    def __init__(self, ground: Ground, places: EmbeddedNetworks, blocks: EmbeddedSubnets, plugs: EmbeddedPorts) -> None:
        super().__init__(ground)
        self._networks = places
        self._subnets = blocks
        self._ports = plugs

    def models(self, connection: sa.Connection, rows: Sequence[Row]) -> list[Router]:
        labels = tags_of(connection, [row.id for row in rows])
        gateway_ids = [row.gateway_port_id for row in rows if row.gateway_port_id is not None]
        gateways = {port.id: port for port in self._ports_by_id(connection, gateway_ids)}
        served = grouped(
            connection, sa.select(l3_bindings.c.agent_id), l3_bindings.c.router_id, [row.id for row in rows]
        )
        return [_router(row, labels, gateways.get(row.gateway_port_id), served=row.id in served) for row in rows]

    def _ports_by_id(self, connection: sa.Connection, port_ids: Sequence[str]) -> list[Port]:
        statement = self._ports.select().where(ports.c.id.in_(port_ids))
        return self._ports.models(connection, connection.execute(statement).all()) if port_ids else []

    def legs(self, connection: sa.Connection, router_id: str, *owners: str) -> list[Port]:
        """Return a router's ports, those for subnets and the gateway unless `owners` says which."""
        wanted = owners or (ROUTER_INTERFACE_OWNER, ROUTER_GATEWAY_OWNER)
        mine = sa.and_(ports.c.device_id == router_id, ports.c.device_owner.in_(wanted))
        statement = self._ports.select().where(mine).order_by(ports.c.created_at, ports.c.id)
        return self._ports.models(connection, connection.execute(statement).all())

    def create(self, ctx: Context, spec: RouterSpec) -> Router:
        return self.create_many(ctx, [spec])[0]

    def create_many(self, ctx: Context, specs: Sequence[RouterSpec]) -> list[Router]:
        with self.store.write(TOPIC) as connection:
            ids = [self.add(connection, ctx, spec) for spec in specs]
            return [self.model(connection, router_id) for router_id in ids]

    def add(self, connection: sa.Connection, ctx: Context, spec: RouterSpec) -> str:
        """Make a router inside a write and return its id."""
        project_id = spec.project_id or ctx.project
        self.spend(connection, project_id, "router")
        check_zones(spec.availability_zone_hints)
        values = {
            "project_id": project_id,
            "name": spec.name,
            "description": spec.description,
            "admin_state_up": spec.admin_state_up,
            "status": "ACTIVE",
            "availability_zone_hints": list(spec.availability_zone_hints),
            "distributed": spec.distributed,
            "ha": spec.ha,
        }
        router_id = self.insert(connection, values)
        if spec.gateway is not None:
            gateway = self._set_gateway(connection, ctx, self.model(connection, router_id), spec.gateway)
            connection.execute(routers.update().where(routers.c.id == router_id).values(gateway))
        return router_id

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Router:
        with self.store.write(TOPIC) as connection:
            self.row(connection, ctx, resource_id)
            router = self.model(connection, resource_id)
            values = dict(changes)
            _check_mode(router, values)
            if "gateway" in values:
                values |= self._set_gateway(connection, ctx, router, values.pop("gateway"))
            if "routes" in values:
                values["routes"] = self._checked_routes(connection, router, values["routes"])
            self.change(connection, resource_id, values)
            return self.model(connection, resource_id)

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            self.drop(connection, ctx, resource_id)

    def drop(self, connection: sa.Connection, ctx: Context, resource_id: str) -> None:
        """Delete a router inside a write, or raise Conflict while it has legs."""
        self.row(connection, ctx, resource_id)
        router = self.model(connection, resource_id)
        attached = self.legs(connection, resource_id, ROUTER_INTERFACE_OWNER)
        if attached:
            names = ", ".join(port.id for port in attached)
            raise fault("RouterInUse", resource_id, f"has ports still attached: {names}")
        self._set_gateway(connection, ctx, router, None)
        self.remove(connection, resource_id)

    def _set_gateway(
        self, connection: sa.Connection, ctx: Context, router: Router, wanted: Gateway | None
    ) -> dict[str, Any]:
        """Let a router's gateway be as `wanted` and return the columns that say so."""
        current = next(iter(self.legs(connection, router.id, ROUTER_GATEWAY_OWNER)), None)
        if wanted is not None:
            self._check_external(connection, ctx, wanted)
        if wanted is not None and current is not None and current.network_id == wanted.network_id:
            if wanted.fixed_ips:
                self._ports.edit(connection, service_context(""), current, {"fixed_ips": wanted.fixed_ips})
            return {"enable_snat": wanted.enable_snat}
        if current is not None:
            self._drop_gateway(connection, router.id, current)
        if wanted is None:
            return {"gateway_port_id": None, "enable_snat": True}
        port_id = self._add_gateway(connection, router, wanted)
        schedule(connection, router.id)
        check_routes(router.routes, *self._reachable(connection, router.id))
        return {"gateway_port_id": port_id, "enable_snat": wanted.enable_snat}

    def _check_external(self, connection: sa.Connection, ctx: Context, wanted: Gateway) -> None:
        network = self._networks.row(connection, ctx, wanted.network_id)
        if not network.external:
            raise fault("BadRequest", "router", f"Network {wanted.network_id} is not an external network")
        taken = {subnet.gateway_ip for subnet in self._subnets.of_network(connection, wanted.network_id)}
        for item in wanted.fixed_ips:
            if item.ip_address is not None and item.ip_address in taken:
                raise fault("BadRequest", "router", f"External IP {item.ip_address} is the same as the gateway IP")

    def _drop_gateway(self, connection: sa.Connection, router_id: str, gateway: Port) -> None:
        used = sa.select(floating_ips.c.id).where(floating_ips.c.router_id == router_id)
        if connection.execute(used.limit(1)).first() is not None:
            raise fault("RouterExternalGatewayInUseByFloatingIp", router_id, gateway.network_id)
        connection.execute(routers.update().where(routers.c.id == router_id).values(gateway_port_id=None))
        self._ports.drop(connection, gateway.id)

    def _add_gateway(self, connection: sa.Connection, router: Router, wanted: Gateway) -> str:
        outside = self._subnets.of_network(connection, wanted.network_id)
        check_subnets_apart(self._joined(connection, router.id), outside)
        spec = PortSpec(
            network_id=wanted.network_id,
            project_id="",
            fixed_ips=wanted.fixed_ips or None,
            device_id=router.id,
            device_owner=ROUTER_GATEWAY_OWNER,
        )
        return self._ports.add(connection, service_context(""), spec, counted=False)

    def _joined(self, connection: sa.Connection, router_id: str, *, but: str | None = None) -> list[Subnet]:
        """Return the subnets on which a router has a leg, but for one port, and those of its external network."""
        found: dict[str, Subnet] = {}
        for leg in self.legs(connection, router_id):
            if leg.id == but:
                continue
            own = {item.subnet_id for item in leg.fixed_ips}
            for subnet in self._subnets.of_network(connection, leg.network_id):
                if subnet.id in own or leg.device_owner == ROUTER_GATEWAY_OWNER:
                    found[subnet.id] = subnet
        return list(found.values())

    def _reachable(self, connection: sa.Connection, router_id: str) -> tuple[list[str], list[str]]:
        """Return the prefixes that a router is connected to, and its own addresses."""
        own = [item.ip_address or "" for leg in self.legs(connection, router_id) for item in leg.fixed_ips]
        return [subnet.cidr for subnet in self._joined(connection, router_id)], own

    def _checked_routes(
        self, connection: sa.Connection, router: Router, routes: Iterable[HostRoute]
    ) -> list[dict[str, str]]:
        wanted = tuple(dict.fromkeys(routes))
        if len(wanted) > MOST_ROUTES:
            raise fault("RoutesExhausted", router.id, MOST_ROUTES)
        check_routes(wanted, *self._reachable(connection, router.id))
        return [dataclasses.asdict(route) for route in wanted]

    def add_routes(self, ctx: Context, router_id: str, routes: Iterable[HostRoute]) -> Router:
        return self._edit_routes(ctx, router_id, add=tuple(routes))

    def remove_routes(self, ctx: Context, router_id: str, routes: Iterable[HostRoute]) -> Router:
        return self._edit_routes(ctx, router_id, remove=tuple(routes))

    def _edit_routes(
        self, ctx: Context, router_id: str, *, add: tuple[HostRoute, ...] = (), remove: tuple[HostRoute, ...] = ()
    ) -> Router:
        with self.store.write(TOPIC) as connection:
            self.row(connection, ctx, router_id)
            router = self.model(connection, router_id)
            wanted = [route for route in (*router.routes, *add) if route not in remove]
            self.change(connection, router_id, {"routes": self._checked_routes(connection, router, wanted)})
            return self.model(connection, router_id)

    def add_interface(
        self, ctx: Context, router_id: str, *, subnet_id: str | None = None, port_id: str | None = None
    ) -> RouterInterface:
        with self.store.write(TOPIC) as connection:
            return self.join(connection, ctx, router_id, subnet_id=subnet_id, port_id=port_id)

    def join(
        self,
        connection: sa.Connection,
        ctx: Context,
        router_id: str,
        *,
        subnet_id: str | None = None,
        port_id: str | None = None,
    ) -> RouterInterface:
        """Give a router a leg inside a write."""
        self.row(connection, ctx, router_id)
        router = self.model(connection, router_id)
        if port_id is not None:
            port, joined = self._join_port(connection, ctx, router, port_id)
        else:
            port, joined = self._join_subnet(connection, ctx, router, subnet_id or "")
        self.change(connection, router_id, {})
        schedule(connection, router_id)
        return interface(router, port, joined)

    def _join_subnet(
        self, connection: sa.Connection, ctx: Context, router: Router, subnet_id: str
    ) -> tuple[Port, list[Subnet]]:
        subnet = self._subnets.models(connection, [self._subnets.row(connection, ctx, subnet_id)])[0]
        check_joinable(ctx, subnet)
        check_subnets_apart(self._joined(connection, router.id), [subnet])
        address = FixedIp(subnet_id=subnet.id, ip_address=subnet.gateway_ip)
        leg = self._ipv6_leg(connection, router.id, subnet)
        if leg is not None:
            self._ports.edit(connection, service_context(""), leg, {"fixed_ips": (*leg.fixed_ips, address)})
            return self._ports.model(connection, leg.id), [subnet]
        spec = PortSpec(
            network_id=subnet.network_id,
            project_id=router.project_id,
            fixed_ips=(address,),
            device_id=router.id,
            device_owner=ROUTER_INTERFACE_OWNER,
        )
        port_id = self._ports.add(connection, service_context(router.project_id), spec)
        return self._ports.model(connection, port_id), [subnet]

    def _ipv6_leg(self, connection: sa.Connection, router_id: str, subnet: Subnet) -> Port | None:
        """Return the router's IPv6 port on a subnet's network, which takes up further IPv6 subnets."""
        legs = self.legs(connection, router_id, ROUTER_INTERFACE_OWNER) if subnet.ip_version == 6 else []
        return next((leg for leg in legs if leg.network_id == subnet.network_id and _has_ipv6(leg)), None)

    def _join_port(
        self, connection: sa.Connection, ctx: Context, router: Router, port_id: str
    ) -> tuple[Port, list[Subnet]]:
        port = self._ports.models(connection, [self._ports.row(connection, ctx, port_id)])[0]
        if port.device_id:
            raise fault("PortInUse", port.id, port.network_id, port.device_id)
        if not port.fixed_ips:
            raise fault("BadRequest", "router", "Router port must have at least one fixed IP")
        own = {item.subnet_id for item in port.fixed_ips}
        joined = [item for item in self._subnets.of_network(connection, port.network_id) if item.id in own]
        if sum(subnet.ip_version == 4 for subnet in joined) > 1:
            raise fault("BadRequest", "router", "Cannot have multiple IPv4 subnets on router port")
        self._check_one_ipv6_leg(connection, router.id, port)
        check_subnets_apart(self._joined(connection, router.id, but=port.id), joined)
        taken = {"device_id": router.id, "device_owner": ROUTER_INTERFACE_OWNER}
        self._ports.edit(connection, service_context(""), port, taken)
        return self._ports.model(connection, port_id), joined

    def _check_one_ipv6_leg(self, connection: sa.Connection, router_id: str, port: Port) -> None:
        for leg in self.legs(connection, router_id) if _has_ipv6(port) else ():
            if leg.network_id == port.network_id and _has_ipv6(leg):
                text = (
                    f"Router already contains IPv6 port {leg.id} belonging to network id {leg.network_id}. Only one "
                    "IPv6 port from the same network subnet can be connected to a router."
                )
                raise fault("BadRequest", "router", text)

    def remove_interface(
        self, ctx: Context, router_id: str, *, subnet_id: str | None = None, port_id: str | None = None
    ) -> RouterInterface:
        with self.store.write(TOPIC) as connection:
            return self.leave(connection, ctx, router_id, subnet_id=subnet_id, port_id=port_id)

    def leave(
        self,
        connection: sa.Connection,
        ctx: Context,
        router_id: str,
        *,
        subnet_id: str | None = None,
        port_id: str | None = None,
    ) -> RouterInterface:
        """Take a leg away inside a write."""
        self.row(connection, ctx, router_id)
        router = self.model(connection, router_id)
        leg, left = self._leg_to_remove(connection, router_id, subnet_id, port_id)
        blocks = self._subnets.of_network(connection, leg.network_id)
        removed = [item for item in blocks if item.id in left]
        for subnet in removed:
            self._check_unneeded(connection, router, subnet)
        rest = tuple(item for item in leg.fixed_ips if item.subnet_id not in left)
        if rest:
            self._ports.edit(connection, service_context(""), leg, {"fixed_ips": rest})
        else:
            self._ports.drop(connection, leg.id)
        self.change(connection, router_id, {})
        return interface(router, leg, removed)

    def _leg_to_remove(
        self, connection: sa.Connection, router_id: str, subnet_id: str | None, port_id: str | None
    ) -> tuple[Port, set[str | None]]:
        """Return the leg that is meant and the subnets that it leaves."""
        legs = self.legs(connection, router_id, ROUTER_INTERFACE_OWNER)
        if port_id is None:
            for leg in legs:
                if any(item.subnet_id == subnet_id for item in leg.fixed_ips):
                    return leg, {subnet_id}
            raise fault("RouterInterfaceNotFoundForSubnet", router_id, subnet_id)
        found = next((leg for leg in legs if leg.id == port_id), None)
        if found is None:
            raise fault("RouterInterfaceNotFound", router_id, port_id)
        own = {item.subnet_id for item in found.fixed_ips}
        if subnet_id is not None and subnet_id not in own:
            raise fault("SubnetMismatchForPort", port_id, subnet_id)
        return found, own

    def _check_unneeded(self, connection: sa.Connection, router: Router, subnet: Subnet) -> None:
        """Raise Conflict while a floating IP or a route goes over a router's leg on a subnet."""
        prefix = ipaddress.ip_network(subnet.cidr)
        used = sa.select(floating_ips.c.fixed_ip_address).where(floating_ips.c.router_id == router.id)
        addresses = [item for item in connection.execute(used).scalars() if item is not None]
        if any(ipaddress.ip_address(item) in prefix for item in addresses):
            raise fault("RouterInterfaceInUseByFloatingIP", router.id, subnet.id)
        if any(ipaddress.ip_address(route.nexthop) in prefix for route in router.routes):
            raise fault("RouterInterfaceInUseByRoute", router.id, subnet.id)


def _has_ipv6(port: Port) -> bool:
    return any(":" in (item.ip_address or "") for item in port.fixed_ips)


def _check_mode(router: Router, changes: Mapping[str, Any]) -> None:
    """Raise BadRequest where a router at work would become distributed, or highly available, or cease to be."""
    for name, label in (("distributed", "the 'distributed'"), ("ha", "HA")):
        changed = name in changes and changes[name] != getattr(router, name)
        if changed and router.admin_state_up and changes.get("admin_state_up") is not False:
            text = (
                f"Cannot change {label} attribute of active routers. Please set router admin_state_up to False prior "
                "to upgrade"
            )
            raise fault("BadRequest", "router", text)


def _router(row: Row, labels: Mapping[str, tuple[str, ...]], gateway: Port | None, *, served: bool) -> Router:
    return Router(
        **standard(row, labels),
        name=row.name,
        admin_state_up=row.admin_state_up,
        status=row.status,
        gateway=None
        if gateway is None
        else Gateway(network_id=gateway.network_id, enable_snat=row.enable_snat, fixed_ips=gateway.fixed_ips),
        routes=tuple(HostRoute(**route) for route in row.routes),
        availability_zone_hints=tuple(row.availability_zone_hints),
        availability_zones=(ZONE,) if served else (),
        distributed=row.distributed,
        ha=row.ha,
    )
