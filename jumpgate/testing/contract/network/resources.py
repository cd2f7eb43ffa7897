"""What networks, subnets, ports and security groups owe."""

from __future__ import annotations

import ipaddress

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, Forbidden, JumpgateError, NotFound
from jumpgate.common.listing import Filter, Query
from jumpgate.network.models import FixedIp
from jumpgate.testing.contract.collection import Stock
from jumpgate.testing.contract.network.things import (
    NETWORK,
    PORT,
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    SUBNET,
    SUBNET_POOL,
)
from jumpgate.testing.contract.suite import Made, needs
from jumpgate.testing.contract.traits import Identified, OfAllProjects, OwnedAndChangeable, Uniform


class Tagged(OfAllProjects, OwnedAndChangeable):
    """What is owed by what has tags."""

    @needs("set_tags", "add_tags", "remove_tag", "get", "find")
    def test_tags_come_and_go(self, stock: Stock, made: Made) -> None:
        model = made.make(self.thing)
        key = self.key(model)
        self.contract.set_tags(stock.ctx, key, ("a", "b"))
        self.contract.add_tags(stock.ctx, key, ("b", "c"))
        self.contract.remove_tag(stock.ctx, key, "a")

        assert set(self.contract.get(stock.ctx, key).tags) == {"b", "c"}
        for op in ("has", "any", "none", "lacks"):
            query = Query(filters=(Filter("tags", ("b",), op),))
            assert sorted(self.keys(stock.ctx, query)) == sorted(self.refiltered(stock.ctx, query)), op
        with pytest.raises(NotFound):
            self.contract.remove_tag(stock.ctx, key, "a")

    @needs("set_tags", "add_tags", "remove_tag")
    def test_tags_of_a_missing_one_are_not_found(self, stock: Stock) -> None:
        missing = self.watched.missing(self.key(stock.one))
        for call, tags in (
            (self.contract.set_tags, ("a",)),
            (self.contract.add_tags, ("a",)),
            (self.contract.remove_tag, "a"),
        ):
            with pytest.raises(NotFound):
                call(stock.ctx, missing, tags)


class TestNetworks(Tagged, Identified, Uniform):
    """Networks."""

    resource = "networks"
    thing = NETWORK

    @needs("get", "find")
    def test_a_shared_network_is_everybodys_to_see_and_its_owners_to_change(
        self, made: Made, admin: Context, bob: Context
    ) -> None:
        shared = made.make(NETWORK, admin, shared=True)

        assert self.contract.get(bob, shared.id).shared
        assert shared.id in self.keys(bob)

    @needs("delete")
    def test_a_network_with_ports_stays(self, made: Made, alice: Context) -> None:
        port = made.make(PORT)
        with pytest.raises(Conflict):
            self.contract.delete(alice, port.network_id)

    @needs("delete")
    def test_its_subnets_go_with_a_network(self, made: Made, alice: Context) -> None:
        subnet = made.make(SUBNET)
        self.contract.delete(alice, subnet.network_id)
        with pytest.raises(NotFound):
            self.watched.subnets.get(alice, subnet.id)


class TestSubnets(Tagged, Identified, Uniform):
    """Subnets."""

    resource = "subnets"
    thing = SUBNET

    @needs("get", as_made=True)
    def test_a_subnet_has_a_gateway_and_addresses_to_give(self, stock: Stock) -> None:
        got = self.contract.get(stock.ctx, stock.one.id)
        prefix = ipaddress.ip_network(got.cidr)

        assert got.gateway_ip == str(prefix[1])
        assert [(pool.start, pool.end) for pool in got.allocation_pools] == [(str(prefix[2]), str(prefix[-2]))]
        assert stock.one.id in self.watched.networks.get(stock.ctx, got.network_id).subnet_ids

    @needs("create")
    def test_subnets_of_a_network_do_not_overlap(self, stock: Stock, made: Made) -> None:
        half = stock.one.cidr.replace("/24", "/25")
        with pytest.raises((BadRequest, Conflict)):
            self.contract.create(
                stock.ctx, SUBNET.spec(made, stock.ctx, "x", network_id=stock.one.network_id, cidr=half)
            )

    @needs("delete")
    def test_a_subnet_that_ports_have_addresses_of_stays(self, made: Made, alice: Context) -> None:
        port = made.make(PORT)
        with pytest.raises(Conflict):
            self.contract.delete(alice, port.fixed_ips[0].subnet_id)


class TestSubnetPools(Tagged, Identified, Uniform):
    """Subnet pools."""

    resource = "subnet_pools"
    thing = SUBNET_POOL

    @needs("create", "delete")
    def test_subnets_are_cut_from_a_pool_which_stays(self, made: Made, alice: Context) -> None:
        pool = made.make(SUBNET_POOL)
        subnet = made.make(SUBNET, cidr=None, subnetpool_id=pool.id)

        assert subnet.cidr == "10.80.0.0/24"
        with pytest.raises((BadRequest, Conflict)):
            self.contract.delete(alice, pool.id)

    @needs("add_prefixes", "remove_prefixes", "get")
    def test_prefixes_come_and_go(self, made: Made, alice: Context) -> None:
        pool = made.make(SUBNET_POOL)
        added = self.contract.add_prefixes(alice, pool.id, ("10.90.0.0/16",))
        self.contract.add_prefixes(alice, pool.id, ("10.90.0.0/16",))
        self.contract.remove_prefixes(alice, pool.id, ("10.90.0.0/16",))

        assert set(added.prefixes) == {"10.80.0.0/16", "10.90.0.0/16"}
        assert list(self.contract.get(alice, pool.id).prefixes) == ["10.80.0.0/16"]
        made.make(SUBNET, cidr=None, subnetpool_id=pool.id)
        with pytest.raises(BadRequest):
            self.contract.remove_prefixes(alice, pool.id, ("10.80.0.0/16",))
        for call in (self.contract.add_prefixes, self.contract.remove_prefixes):
            with pytest.raises(NotFound):
                call(alice, self.watched.missing(pool.id), ("10.91.0.0/16",))


class TestPorts(Tagged, Identified, Uniform):
    """Ports."""

    resource = "ports"
    thing = PORT

    @needs("find", as_made=True)
    def test_ports_are_found_by_their_addresses(self, stock: Stock) -> None:
        fixed = stock.one.fixed_ips[0]
        for attribute, value in (("fixed_ips.subnet_id", fixed.subnet_id), ("fixed_ips.ip_address", fixed.ip_address)):
            query = Query(filters=(Filter(attribute, (value,), "has"),))
            assert sorted(self.keys(stock.ctx, query)) == sorted(self.refiltered(stock.ctx, query)), attribute
            assert stock.one.id in self.keys(stock.ctx, query)

    @needs("create")
    def test_no_two_ports_have_an_address(self, stock: Stock, made: Made) -> None:
        one = made.make(PORT, network_id=stock.one.network_id)
        assert one.fixed_ips[0].ip_address != stock.one.fixed_ips[0].ip_address
        taken = (FixedIp(ip_address=stock.one.fixed_ips[0].ip_address),)
        for more in ({"fixed_ips": taken}, {"mac_address": stock.one.mac_address}):
            with pytest.raises(Conflict):
                self.contract.create(
                    stock.ctx, PORT.spec(made, stock.ctx, "x", network_id=stock.one.network_id, **more)
                )

    @needs("create_many", "find")
    def test_of_several_one_of_which_cannot_be_none_is_made(self, stock: Stock, made: Made) -> None:
        names = (self.watched.name(), self.watched.name())
        good = PORT.spec(made, stock.ctx, names[0], network_id=stock.one.network_id)
        bad = PORT.spec(made, stock.ctx, names[1], network_id=self.watched.missing(stock.one.network_id))
        with pytest.raises((NotFound, BadRequest)):
            self.contract.create_many(stock.ctx, [good, bad])
        assert not {port.name for port in self.found(stock.ctx)} & set(names)

    @needs("create")
    def test_an_empty_subnet_has_no_address_left(self, made: Made, alice: Context) -> None:
        subnet = made.make(SUBNET, cidr="10.79.0.0/30")
        made.make(PORT, network_id=subnet.network_id)
        with pytest.raises(Conflict):
            self.contract.create(alice, PORT.spec(made, alice, "x", network_id=subnet.network_id))

    @needs("create")
    def test_on_a_missing_network_is_no_port(self, stock: Stock, made: Made) -> None:
        missing = self.watched.missing(stock.one.network_id)
        with pytest.raises((NotFound, BadRequest)):
            self.contract.create(stock.ctx, PORT.spec(made, stock.ctx, "x", network_id=missing))

    @needs("update", "get")
    def test_a_device_gets_a_port_and_gives_it_back(self, made: Made, alice: Context) -> None:
        port = made.make(PORT)
        self.contract.update(alice, port.id, {"device_id": "contract", "device_owner": "compute:nova"})
        assert self.contract.get(alice, port.id).device_owner == "compute:nova"
        self.contract.update(alice, port.id, {"device_id": "", "device_owner": ""})
        assert self.contract.get(alice, port.id).device_id == ""


class TestSecurityGroups(Tagged, Identified, Uniform):
    """Security groups."""

    resource = "security_groups"
    thing = SECURITY_GROUP

    @needs("find", "delete")
    def test_a_project_has_a_default_group_that_stays(self, alice: Context) -> None:
        query = Query(filters=(Filter("name", ("default",)), Filter("project_id", (alice.project,))))
        (default,) = self.found(alice, query)

        assert default.is_default
        with pytest.raises((Conflict, Forbidden)):
            self.contract.delete(alice, default.id)

    @needs("get", "delete")
    def test_a_group_has_its_rules_and_stays_while_ports_have_it(self, made: Made, alice: Context) -> None:
        rule = made.make(SECURITY_GROUP_RULE)
        group_id = rule.security_group_id
        port = made.make(PORT, security_group_ids=(group_id,))

        assert rule.id in [item.id for item in self.contract.get(alice, group_id).rules]
        assert list(port.security_group_ids) == [group_id]
        with pytest.raises(Conflict):
            self.contract.delete(alice, group_id)


class TestSecurityGroupRules(OfAllProjects, OwnedAndChangeable, Identified, Uniform):
    """Security group rules, which are never changed."""

    resource = "security_group_rules"
    thing = SECURITY_GROUP_RULE

    @needs("create")
    def test_a_rule_is_there_once(self, stock: Stock, made: Made) -> None:
        again = SECURITY_GROUP_RULE.spec(made, stock.ctx, "x", security_group_id=stock.one.security_group_id)
        with pytest.raises(Conflict):
            self.contract.create(stock.ctx, again)

    @needs("create")
    def test_of_a_missing_group_is_no_rule(self, stock: Stock, made: Made) -> None:
        missing = self.watched.missing(stock.one.security_group_id)
        with pytest.raises(JumpgateError) as caught:
            self.contract.create(stock.ctx, SECURITY_GROUP_RULE.spec(made, stock.ctx, "x", security_group_id=missing))
        assert caught.value.status in (400, 404)
