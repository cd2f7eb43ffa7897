"""What routers, floating IPs and trunks owe."""

from __future__ import annotations

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.network.models import Gateway, HostRoute, Router, Subnet
from jumpgate.network.models.trunks import SubPort
from jumpgate.testing.contract.collection import Stock
from jumpgate.testing.contract.network.resources import Tagged
from jumpgate.testing.contract.network.things import (
    ADDRESS_SCOPE,
    FLOATING_IP,
    PORT,
    ROUTER,
    SUBNET,
    TRUNK,
    external_network_id,
)
from jumpgate.testing.contract.suite import Made, needs
from jumpgate.testing.contract.traits import Identified, OfAllProjects, OwnedAndChangeable, Uniform

ROUTE = HostRoute(destination="10.99.0.0/24", nexthop="10.76.0.9")


class TestRouters(Tagged, Identified, Uniform):
    """Routers."""

    resource = "routers"
    thing = ROUTER

    def joined(self, made: Made, ctx: Context) -> tuple[Router, Subnet]:
        """Make a router with a leg on a subnet."""
        router, subnet = made.make(ROUTER), made.make(SUBNET, cidr="10.76.0.0/24")
        self.contract.add_interface(ctx, router.id, subnet_id=subnet.id)
        made.later(lambda: self.contract.remove_interface(ctx, router.id, subnet_id=subnet.id))
        return router, subnet

    @needs("add_interface", "remove_interface", "delete")
    def test_a_router_has_legs_and_stays_while_it_has(self, made: Made, alice: Context) -> None:
        router, subnet = made.make(ROUTER), made.make(SUBNET)
        leg = self.contract.add_interface(alice, router.id, subnet_id=subnet.id)
        port = self.watched.ports.get(alice, leg.port_id)

        assert (leg.router_id, leg.subnet_id, leg.network_id) == (router.id, subnet.id, subnet.network_id)
        assert (port.device_id, port.fixed_ips[0].ip_address) == (router.id, subnet.gateway_ip)
        with pytest.raises(Conflict):
            self.contract.delete(alice, router.id)
        with pytest.raises((BadRequest, Conflict)):
            self.contract.add_interface(alice, router.id, subnet_id=subnet.id)
        self.contract.remove_interface(alice, router.id, subnet_id=subnet.id)
        with pytest.raises(NotFound):
            self.contract.remove_interface(alice, router.id, subnet_id=subnet.id)

    @needs("add_routes", "remove_routes", "get")
    def test_routes_come_and_go(self, made: Made, alice: Context) -> None:
        router, _subnet = self.joined(made, alice)
        made.later(lambda: self.contract.remove_routes(alice, router.id, (ROUTE,)))
        self.contract.add_routes(alice, router.id, (ROUTE,))
        self.contract.add_routes(alice, router.id, (ROUTE,))

        assert list(self.contract.get(alice, router.id).routes) == [ROUTE]
        self.contract.remove_routes(alice, router.id, (ROUTE,))
        self.contract.remove_routes(alice, router.id, (ROUTE,))
        assert list(self.contract.get(alice, router.id).routes) == []

    @needs("remove_interface", "add_routes", "remove_routes")
    def test_a_leg_that_a_route_needs_stays(self, made: Made, alice: Context) -> None:
        router, subnet = self.joined(made, alice)
        made.later(lambda: self.contract.remove_routes(alice, router.id, (ROUTE,)))
        self.contract.add_routes(alice, router.id, (ROUTE,))
        with pytest.raises(Conflict):
            self.contract.remove_interface(alice, router.id, subnet_id=subnet.id)
        self.contract.remove_routes(alice, router.id, (ROUTE,))

    @needs("update", "get")
    def test_a_router_has_a_gateway_until_it_is_taken_away(self, made: Made, alice: Context) -> None:
        router, network_id = made.make(ROUTER), external_network_id(made)
        self.contract.update(alice, router.id, {"gateway": Gateway(network_id=network_id)})
        with_it = self.contract.get(alice, router.id).gateway
        self.contract.update(alice, router.id, {"gateway": None})

        assert with_it.network_id == network_id
        assert self.contract.get(alice, router.id).gateway is None

    @needs("add_interface", "remove_interface", "add_routes", "remove_routes")
    def test_every_method_finds_no_missing_router(self, stock: Stock, made: Made) -> None:
        subnet_id, missing, routers = made.make(SUBNET).id, self.watched.missing(stock.one.id), self.contract
        for call in (routers.add_interface, routers.remove_interface):
            with pytest.raises(NotFound):
                call(stock.ctx, missing, subnet_id=subnet_id)
        for call in (routers.add_routes, routers.remove_routes):
            with pytest.raises(NotFound):
                call(stock.ctx, missing, (ROUTE,))


class TestFloatingIps(Tagged, Identified, Uniform):
    """Floating IPs."""

    resource = "floating_ips"
    thing = FLOATING_IP

    @needs("update", "get")
    def test_an_address_stands_for_a_port_and_for_nothing_again(self, made: Made, alice: Context) -> None:
        self.watched.require("routers.add_interface", "routers.create")
        floating, port, router = made.make(FLOATING_IP), made.make(PORT), made.make(ROUTER)
        fixed, network_id = port.fixed_ips[0], floating.floating_network_id
        self.watched.routers.update(alice, router.id, {"gateway": Gateway(network_id=network_id)})
        self.watched.routers.add_interface(alice, router.id, subnet_id=fixed.subnet_id)
        made.later(lambda: self.watched.routers.remove_interface(alice, router.id, subnet_id=fixed.subnet_id))
        self.contract.update(alice, floating.id, {"port_id": port.id})
        got = self.contract.get(alice, floating.id)
        with pytest.raises(Conflict):
            self.watched.routers.remove_interface(alice, router.id, subnet_id=fixed.subnet_id)
        self.contract.update(alice, floating.id, {"port_id": None})

        assert (got.port_id, got.fixed_ip_address, got.router_id) == (port.id, fixed.ip_address, router.id)
        assert self.contract.get(alice, floating.id).port_id is None

    @needs("create")
    def test_addresses_are_of_external_networks(self, made: Made, alice: Context) -> None:
        subnet = made.make(SUBNET)
        with pytest.raises((BadRequest, NotFound)):
            self.contract.create(alice, FLOATING_IP.spec(made, alice, "x", floating_network_id=subnet.network_id))


class TestTrunks(Tagged, Uniform):
    """Trunks."""

    resource = "trunks"
    thing = TRUNK

    @needs("add_subports", "remove_subports", "get")
    def test_subports_come_and_go(self, made: Made, alice: Context) -> None:
        trunk, port = made.make(TRUNK), made.make(PORT)
        wanted = SubPort(port_id=port.id, segmentation_type="vlan", segmentation_id=101)
        made.later(lambda: self.contract.remove_subports(alice, trunk.id, (port.id,)))
        self.contract.add_subports(alice, trunk.id, (wanted,))
        with_it = self.contract.get(alice, trunk.id)
        with pytest.raises(Conflict):
            self.contract.add_subports(alice, trunk.id, (wanted,))
        self.contract.remove_subports(alice, trunk.id, (port.id,))

        assert list(with_it.sub_ports) == [wanted]
        assert list(self.contract.get(alice, trunk.id).sub_ports) == []
        with pytest.raises(NotFound):
            self.contract.remove_subports(alice, trunk.id, (port.id,))

    @needs("create")
    def test_a_port_has_a_part_in_one_trunk(self, stock: Stock, made: Made) -> None:
        with pytest.raises(Conflict):
            self.contract.create(stock.ctx, TRUNK.spec(made, stock.ctx, "x", port_id=stock.one.port_id))


class TestAddressScopes(OfAllProjects, OwnedAndChangeable, Uniform):
    """Address scopes."""

    resource = "address_scopes"
    thing = ADDRESS_SCOPE

    @needs("create")
    def test_scopes_have_a_version(self, made: Made) -> None:
        assert made.make(ADDRESS_SCOPE, ip_version=6).ip_version == 6
