"""Routers on a real LXD: which packets get from one network to another, outside, and in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lxd.ground import Ground, Guest, Json, Outside, network_ground, record, send, the_outside
from tests.support.lxd import RunningLxd
from tests.support.waiting import soon, wait_until

PUBLIC = "198.51.100.0/24"
ANYBODY = {"remote_ip_prefix": "0.0.0.0/0"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd, tarball: Path) -> Iterator[Ground]:
    with network_ground(tmp_path_factory.mktemp("routers"), lxd, tarball) as made:
        yield made


@pytest.fixture(scope="module")
def outside(lxd: RunningLxd) -> Iterator[Outside]:
    with the_outside(lxd, PUBLIC) as world:
        yield world


@pytest.fixture
def ground(cloud: Ground) -> Iterator[Ground]:
    with ExitStack() as stack:
        yield Ground(cloud.cloud, cloud.lxd, cloud.image, stack)


def external(ground: Ground) -> Json:
    """Make the external network of the addresses that are routed to LXD's host."""
    network = ground.make("admin", "network", name="public", **{"router:external": True})
    ground.make("admin", "subnet", network_id=network["id"], ip_version=4, cidr=PUBLIC, enable_dhcp=False)
    return network


def router(ground: Ground, caller: str, *subnet_ids: str, **values: object) -> Json:
    """Make a router with legs on subnets."""
    made = ground.make(caller, "router", name="r", **values)
    for subnet_id in subnet_ids:
        add(ground, caller, made["id"], subnet_id)
    return made


def add(ground: Ground, caller: str, router_id: str, subnet_id: str) -> Json:
    made = ground.ask(caller, "PUT", f"routers/{router_id}/add_router_interface", {"subnet_id": subnet_id})
    ground.stack.callback(leave, ground, caller, router_id, subnet_id)
    return made


def leave(ground: Ground, caller: str, router_id: str, subnet_id: str) -> None:
    path = f"/network/v2.0/routers/{router_id}/remove_router_interface"
    assert ground.cloud.put(caller, path, {"subnet_id": subnet_id}).status_code in (200, 404)


def through(network: Json, **more: object) -> Json:
    return {"network_id": network["id"], **more}


def guest(ground: Ground, caller: str, name: str, network: Json, *groups: str) -> Guest:
    more = {"security_groups": [{"name": group} for group in groups]} if groups else {}
    made = ground.server(caller, name, {"uuid": network["id"]}, **more)
    assert made.has(*made.addresses())
    return made


def test_networks_reach_each_other_only_while_a_router_joins_them(ground: Ground) -> None:
    one, other = ground.network("alice", "10.91.0.0/24"), ground.network("alice", "10.92.0.0/24")
    opened = ground.group("alice", ANYBODY)
    near, far = guest(ground, "alice", "near", one, opened), guest(ground, "alice", "far", other, opened)
    (near_address,), (far_address,) = near.addresses(), far.addresses()
    arrived = far.records(9000)
    far.listens(8080)

    def nothing_passes() -> bool:
        near.sends("lost", far_address, 9000)
        return not near.pings(far_address) and near.gets(far_address, 8080) == "" and not far.pings(near_address)

    assert nothing_passes()
    made = router(ground, "alice", one["subnet_id"])
    assert nothing_passes()
    add(ground, "alice", made["id"], other["subnet_id"])
    assert soon(near.pings, far_address)
    assert near.gets(far_address, 8080) == "far"
    near.sends("hello", far_address, 9000)
    assert wait_until(lambda: bool(arrived), timeout_s=5)
    assert arrived == [f"hello from {near_address}"]

    ground.change("alice", "router", made["id"], admin_state_up=False)
    assert nothing_passes()
    ground.change("alice", "router", made["id"], admin_state_up=True)
    assert soon(near.pings, far_address)
    ground.change("alice", "port", far.interfaces()[0]["port_id"], security_groups=[])
    assert not near.pings(far_address)
    ground.change("alice", "port", far.interfaces()[0]["port_id"], security_groups=[opened])
    leave(ground, "alice", made["id"], other["subnet_id"])
    assert nothing_passes()


def test_two_tenants_networks_do_not_reach_each_other_whatever_their_groups_say(ground: Ground) -> None:
    opened, theirs_opened = ground.group("alice", ANYBODY), ground.group("bob", ANYBODY)
    mine, theirs = ground.network("alice", "10.93.0.0/24"), ground.network("bob", "10.94.0.0/24")
    router(ground, "alice", mine["subnet_id"])
    router(ground, "bob", theirs["subnet_id"])
    one = guest(ground, "alice", "mine", mine, opened)
    other = guest(ground, "bob", "theirs", theirs, theirs_opened)
    assert not one.pings(*other.addresses())
    assert not other.pings(*one.addresses())


def test_a_gateway_leads_outside_from_the_routers_address(ground: Ground, outside: Outside) -> None:
    public = external(ground)
    network = ground.network("alice", "10.95.0.0/24")
    inner = guest(ground, "alice", "inner", network)
    made = router(ground, "alice", network["subnet_id"])
    arrived = record(outside.inside(), 9000, ground.stack)
    inner.sends("too early", outside.address, 9000)
    assert not inner.pings(outside.address)

    shown = ground.change("alice", "router", made["id"], external_gateway_info=through(public))
    (place,) = shown["external_gateway_info"]["external_fixed_ips"]
    assert shown["external_gateway_info"]["enable_snat"]
    assert soon(inner.pings, outside.address)
    inner.sends("hello", outside.address, 9000)
    assert wait_until(lambda: bool(arrived), timeout_s=5)
    assert arrived == [f"hello from {place['ip_address']}"]
    assert not outside.pings(place["ip_address"])

    wanted = through(public, enable_snat=False)
    shown = ground.change("admin", "router", made["id"], external_gateway_info=wanted)
    assert not shown["external_gateway_info"]["enable_snat"]
    inner.sends("bare", outside.address, 9000)
    assert wait_until(lambda: len(arrived) > 1, timeout_s=5)
    assert arrived[-1] == f"bare from {inner.addresses()[0]}"

    ground.change("alice", "router", made["id"], external_gateway_info=None)
    inner.sends("too late", outside.address, 9000)
    assert not inner.pings(outside.address)
    assert len(arrived) == 2


def test_a_floating_ip_needs_a_way_and_lets_in_what_a_rule_does(ground: Ground, outside: Outside) -> None:
    public = external(ground)
    network = ground.network("alice", "10.96.0.0/24")
    group = ground.group("alice")
    web = guest(ground, "alice", "web", network, group)
    port_id = web.interfaces()[0]["port_id"]
    floating = ground.make("alice", "floatingip", floating_network_id=public["id"])
    address = floating["floating_ip_address"]
    missing = ground.ask(
        "alice", "PUT", f"floatingips/{floating['id']}", {"floatingip": {"port_id": port_id}}, status=404
    )
    assert missing["NeutronError"]["type"] == "ExternalGatewayForFloatingIPNotFound"

    made = router(ground, "alice", network["subnet_id"], external_gateway_info=through(public))
    shown = ground.change("alice", "floatingip", floating["id"], port_id=port_id)
    assert (shown["status"], shown["router_id"]) == ("ACTIVE", made["id"])
    assert web.addresses() == [web.addresses()[0], address]
    assert not outside.pings(address)
    ground.allow("alice", group, protocol="icmp", remote_ip_prefix=f"{outside.address}/32")
    assert soon(outside.pings, address)
    arrived = web.records(9000)
    send(outside.inside(), "lost", address, 9000)
    ground.allow("alice", group, protocol="udp", port_range_min=9000, port_range_max=9000)
    send(outside.inside(), "hello", address, 9000)
    assert wait_until(lambda: bool(arrived), timeout_s=5)
    assert arrived == [f"hello from {outside.address}"]

    for path, body in (
        (f"routers/{made['id']}/remove_router_interface", {"subnet_id": network["subnet_id"]}),
        (f"routers/{made['id']}", {"router": {"external_gateway_info": None}}),
    ):
        ground.ask("alice", "PUT", path, body, status=409)
    ground.change("alice", "floatingip", floating["id"], port_id=None)
    assert not outside.pings(address)
    ground.change("alice", "floatingip", floating["id"], port_id=port_id)
    assert soon(outside.pings, address)
    web.remove()
    assert ground.show("alice", "floatingip", floating["id"])["port_id"] is None
    ground.change("alice", "router", made["id"], external_gateway_info=None)


def test_another_tenants_floating_ip_is_reached_from_the_routers_address(ground: Ground, outside: Outside) -> None:
    public = external(ground)
    mine, theirs = ground.network("alice", "10.97.0.0/24"), ground.network("bob", "10.98.0.0/24")
    caller = guest(ground, "alice", "caller", mine)
    group = ground.group("bob", {"protocol": "icmp", "remote_ip_prefix": "10.0.0.0/8"})
    called = guest(ground, "bob", "called", theirs, group)
    way = router(ground, "alice", mine["subnet_id"], external_gateway_info=through(public))
    router(ground, "bob", theirs["subnet_id"], external_gateway_info=through(public))
    port_id = called.interfaces()[0]["port_id"]
    floating = ground.make("bob", "floatingip", floating_network_id=public["id"], port_id=port_id)
    address = floating["floating_ip_address"]
    # A rule for bob's own prefixes lets nobody else's packets in, wherever they come from behind the other router.
    assert not caller.pings(address)
    (place,) = ground.show("alice", "router", way["id"])["external_gateway_info"]["external_fixed_ips"]
    ground.allow("bob", group, protocol="icmp", remote_ip_prefix=f"{place['ip_address']}/32")
    assert soon(caller.pings, address)
    assert not outside.pings(address)


def test_a_routers_rules_are_neutrons(ground: Ground) -> None:
    public, network = external(ground), ground.network("alice", "10.99.0.0/24")
    made = router(ground, "alice", external_gateway_info=through(public))
    leg = add(ground, "alice", made["id"], network["subnet_id"])
    url = f"routers/{made['id']}"
    port = ground.show("alice", "port", leg["port_id"])
    assert (port["device_id"], port["device_owner"], port["status"]) == (
        made["id"],
        "network:router_interface",
        "ACTIVE",
    )
    assert port["fixed_ips"] == [{"subnet_id": network["subnet_id"], "ip_address": "10.99.0.1"}]
    body = {"subnet_id": network["subnet_id"]}
    for method, path, given, status in (
        ("DELETE", url, None, 409),
        ("DELETE", f"ports/{port['id']}", None, 409),
        ("DELETE", f"subnets/{network['subnet_id']}", None, 409),
        ("DELETE", f"networks/{network['id']}", None, 409),
        ("DELETE", f"networks/{public['id']}", None, 409),
        ("PUT", f"ports/{port['id']}", {"port": {"fixed_ips": []}}, 409),
        ("PUT", f"subnets/{network['subnet_id']}", {"subnet": {"gateway_ip": "10.99.0.9"}}, 409),
        ("PUT", f"{url}/add_router_interface", body, 400),
        ("PUT", url, {"router": {"routes": [{"destination": "10.1.0.0/24", "nexthop": "10.99.0.5"}]}}, 501),
        ("PUT", url, {"router": {"external_gateway_info": {"network_id": network["id"]}}}, 400),
    ):
        ground.ask("admin" if public["id"] in path else "alice", method, path, given, status=status)
    second = router(ground, "alice")
    ground.ask("alice", "PUT", f"routers/{second['id']}/add_router_interface", body, status=409)
    other = ground.make("alice", "port", network_id=network["id"])
    given = {"port_id": other["id"]}
    ground.ask("alice", "PUT", f"routers/{second['id']}/add_router_interface", given, status=501)
    leave(ground, "alice", made["id"], network["subnet_id"])
    ground.ask("alice", "PUT", f"{url}/remove_router_interface", body, status=404)


def test_nobody_elses_router_is_seen_changed_or_deleted(ground: Ground) -> None:
    network = ground.network("bob", "10.100.0.0/24")
    made = router(ground, "alice")
    url = f"routers/{made['id']}"
    assert made["id"] not in str(ground.ask("bob", "GET", "routers"))
    for method, path, body in (
        ("GET", url, None),
        ("PUT", url, {"router": {"name": "mine"}}),
        ("DELETE", url, None),
        ("PUT", f"{url}/add_router_interface", {"subnet_id": network["subnet_id"]}),
        ("PUT", f"{url}/remove_router_interface", {"subnet_id": network["subnet_id"]}),
    ):
        ground.ask("bob", method, path, body, status=404)
    # A port that pretends to be a leg joins nothing.
    pretended = {"device_id": made["id"], "device_owner": "network:router_interface"}
    ground.make("bob", "port", network_id=network["id"], **pretended)
    assert "10.100.0" not in ground.lxd.lxc("query", "/1.0/projects/default")
    ground.ask("alice", "DELETE", url)


def test_routers_are_there_for_a_jumpgate_that_knows_nothing(ground: Ground, tmp_path: Path, tarball: Path) -> None:
    public, network = external(ground), ground.network("alice", "10.101.0.0/24")
    made = router(ground, "alice", network["subnet_id"], external_gateway_info=through(public))
    before = ground.show("alice", "router", made["id"])
    with network_ground(tmp_path, ground.lxd, tarball) as other:
        assert other.show("alice", "router", made["id"]) == before


def test_packets_leave_from_lxds_host_where_the_operator_says_so(ground: Ground, outside: Outside) -> None:
    public, network = external(ground), ground.network("alice", "10.103.0.0/24")
    ground.lxd.lxc("network", "set", f"jg{public['id'].replace('-', '')[:12]}", "ipv4.nat=true")
    inner = guest(ground, "alice", "local", network)
    router(ground, "alice", network["subnet_id"], external_gateway_info=through(public))
    arrived = record(outside.inside(), 9000, ground.stack)
    inner.sends("hello", outside.address, 9000)
    assert wait_until(lambda: bool(arrived), timeout_s=5)
    assert arrived == ["hello from 203.0.113.1"]
