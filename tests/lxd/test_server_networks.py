"""Servers on LXD's networks: the address that the port says, and packets that pass or are dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lxd.ground import Ground, Json, network_ground
from tests.support.lxd import RunningLxd
from tests.support.waiting import soon, wait_until

MISSING = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd, tarball: Path) -> Iterator[Ground]:
    with network_ground(tmp_path_factory.mktemp("networks"), lxd, tarball) as made:
        yield made


@pytest.fixture
def ground(cloud: Ground) -> Iterator[Ground]:
    with ExitStack() as stack:
        yield Ground(cloud.cloud, cloud.lxd, cloud.image, stack)


def test_a_server_has_its_ports_address_and_answers_while_a_rule_lets_it(ground: Ground) -> None:
    network = ground.network("alice", "10.81.0.0/24")
    fixed = [{"subnet_id": network["subnet_id"], "ip_address": "10.81.0.50"}]
    port = ground.make("alice", "port", network_id=network["id"], fixed_ips=fixed)
    web = ground.server("alice", "web", {"port": port["id"]})

    assert web.addresses() == ["10.81.0.50"]
    assert web.has("10.81.0.50")
    shown = ground.show("alice", "port", port["id"])
    assert (shown["status"], shown["device_id"], shown["device_owner"]) == ("ACTIVE", web.id, "compute:nova")
    assert shown["mac_address"] in web.run("ip link show eth0")

    # The default group lets in its own members only.
    assert not ground.lxd.pings("10.81.0.50")
    rule_id = ground.allow("alice", ground.default_group("alice"), protocol="icmp")
    assert soon(ground.lxd.pings, "10.81.0.50")
    ground.ask("alice", "DELETE", f"security-group-rules/{rule_id}")
    assert not ground.lxd.pings("10.81.0.50")


def test_servers_of_a_network_reach_each_other_and_no_other_tenants(ground: Ground) -> None:
    mine, theirs = ground.network("alice", "10.82.0.0/24"), ground.network("bob", "10.83.0.0/24")
    first = ground.server("alice", "first", {"uuid": mine["id"]})
    second = ground.server("alice", "second", {"uuid": mine["id"]})
    stranger = ground.server("bob", "stranger", {"uuid": theirs["id"]})
    for guest in (first, second, stranger):
        assert guest.has(*guest.addresses())
    (first_address,), (second_address,), (strange_address,) = (guest.addresses() for guest in (first, second, stranger))

    assert soon(first.pings, second_address)
    assert soon(second.pings, first_address)
    second.listens(8080)
    assert first.gets(second_address, 8080) == "second"
    assert not first.pings(strange_address)
    assert not stranger.pings(first_address)
    assert stranger.gets(second_address, 8080) == ""


def test_groups_of_a_server_drop_what_they_do_not_let_in(ground: Ground) -> None:
    network = ground.network("alice", "10.84.0.0/24")
    tcp = {"protocol": "tcp", "port_range_min": 8080, "port_range_max": 8080}
    udp = {"protocol": "udp", "port_range_min": 9000, "port_range_max": 9000}
    web, icmp = ground.group("alice", tcp, udp), ground.group("alice", {"protocol": "icmp"})
    at = {"uuid": network["id"]}
    sender = ground.server("alice", "sender", at)
    server = ground.server("alice", "server", at, security_groups=[{"name": web}])
    assert sender.has(*sender.addresses())
    assert server.has(*server.addresses())
    (address,) = server.addresses()
    for port in (8080, 8081):
        server.listens(port)
    kept, dropped = server.records(9000), server.records(9001)

    assert sender.gets(address, 8080) == "server"
    assert sender.gets(address, 8081) == ""
    assert not sender.pings(address)
    for port in (9001, 9000):
        sender.sends("hello", address, port)
    assert wait_until(lambda: bool(kept), timeout_s=5)
    assert dropped == []

    server.act("addSecurityGroup", {"name": icmp})
    assert soon(sender.pings, address)
    assert {item["name"] for item in server.shown()["security_groups"]} == {"g-1", "g-2"}
    server.act("removeSecurityGroup", {"name": icmp})
    assert not sender.pings(address)
    server.act("removeSecurityGroup", {"name": web})
    assert sender.gets(address, 8080) == ""


def test_interfaces_come_and_go_while_the_server_runs(ground: Ground) -> None:
    ground.allow("alice", ground.default_group("alice"), protocol="icmp")
    home, away = ground.network("alice", "10.85.0.0/24"), ground.network("alice", "10.86.0.0/24")
    port = ground.make("alice", "port", network_id=away["id"], name="kept")
    guest = ground.server("alice", "many", {"uuid": home["id"]}, {"port": port["id"]})
    (kept,) = [item["ip_address"] for item in port["fixed_ips"]]
    assert guest.has("10.85.0.2", "eth0")
    assert guest.has(kept, "eth1")
    assert soon(ground.lxd.pings, kept)

    plugged = guest.plug(net_id=away["id"], fixed_ips=[{"ip_address": "10.86.0.99"}])
    assert plugged["fixed_ips"] == [{"subnet_id": away["subnet_id"], "ip_address": "10.86.0.99"}]
    guest.asks_for_an_address("eth2")
    assert guest.has("10.86.0.99", "eth2")
    assert "10.86.0.99" in guest.addresses()
    assert guest.plug(net_id=home["id"], fixed_ips=[{"ip_address": "10.85.0.2"}], status=409)
    assert guest.plug(port_id=port["id"], status=409)
    assert guest.plug(net_id=MISSING, status=404)
    assert guest.plug(port_id=MISSING, status=404)
    assert len(guest.interfaces()) == 3

    guest.unplug(plugged["port_id"])
    assert wait_until(lambda: guest.device("eth2") == {}, timeout_s=5)
    assert "eth2" not in guest.run("ip link")
    ground.ask("alice", "GET", f"ports/{plugged['port_id']}", status=404)

    guest.unplug(port["id"])
    assert (ground.show("alice", "port", port["id"])["device_id"], guest.device("eth1")) == ("", {})
    assert guest.plug(port_id=port["id"])["port_id"] == port["id"]
    guest.asks_for_an_address("eth1")
    assert guest.has(kept, "eth1")


def test_a_server_leaves_the_ports_it_was_given_and_no_other(ground: Ground) -> None:
    network = ground.network("alice", "10.87.0.0/24")
    given, late = (ground.make("alice", "port", network_id=network["id"]) for _ in range(2))
    guest = ground.server("alice", "short", {"uuid": network["id"]}, {"port": given["id"]})
    guest.plug(port_id=late["id"])
    guest.plug(net_id=network["id"])
    assert len(guest.interfaces()) == 4
    guest.remove()
    left = ground.ask("alice", "GET", f"ports?network_id={network['id']}")["ports"]
    assert {item["id"]: (item["device_id"], item["device_owner"], item["status"]) for item in left} == {
        given["id"]: ("", "", "DOWN"),
        late["id"]: ("", "", "DOWN"),
    }


def test_servers_of_one_name_share_a_network(ground: Ground) -> None:
    network = ground.network("admin", "10.80.0.0/24")
    ground.change("admin", "network", network["id"], shared=True)
    mine, theirs = (ground.server(caller, "web", {"uuid": network["id"]}) for caller in ("alice", "bob"))
    assert mine.has(*mine.addresses())
    assert theirs.has(*theirs.addresses())
    assert mine.addresses() != theirs.addresses()


def test_a_port_that_is_deleted_is_unplugged(ground: Ground) -> None:
    network = ground.network("alice", "10.88.0.0/24")
    port = ground.make("alice", "port", network_id=network["id"])
    guest = ground.server("alice", "bare", {"port": port["id"]})
    ground.ask("admin", "DELETE", f"ports/{port['id']}")
    assert (guest.addresses(), guest.interfaces(), guest.device()) == ([], [], {})
    assert "eth0" not in guest.run("ip link")


def test_changes_of_a_plugged_port_reach_its_guest(ground: Ground) -> None:
    network = ground.network("alice", "10.89.0.0/24")
    icmp = ground.group("alice", {"protocol": "icmp"})
    port = ground.make("alice", "port", network_id=network["id"], security_groups=[icmp])
    guest = ground.server("alice", "moved", {"port": port["id"]})
    (before,) = guest.addresses()
    assert guest.has(before)
    assert soon(ground.lxd.pings, before)

    after = [{"subnet_id": network["subnet_id"], "ip_address": "10.89.0.77"}]
    ground.change("alice", "port", port["id"], fixed_ips=after)
    assert guest.addresses() == ["10.89.0.77"]
    guest.asks_for_an_address("eth0")
    assert guest.has("10.89.0.77")
    assert soon(ground.lxd.pings, "10.89.0.77")

    ground.change("alice", "port", port["id"], security_groups=[])
    assert not ground.lxd.pings("10.89.0.77")
    ground.change("alice", "port", port["id"], security_groups=[icmp])
    assert soon(ground.lxd.pings, "10.89.0.77")

    guest.run("ip addr add 10.89.0.200/24 dev eth0")
    assert not ground.lxd.pings("10.89.0.200")
    ground.change("alice", "port", port["id"], allowed_address_pairs=[{"ip_address": "10.89.0.200"}])
    assert soon(ground.lxd.pings, "10.89.0.200")
    ground.change("alice", "port", port["id"], allowed_address_pairs=[])
    assert not ground.lxd.pings("10.89.0.200")

    ground.change("alice", "port", port["id"], admin_state_up=False)
    assert not ground.lxd.pings("10.89.0.77")
    ground.change("alice", "port", port["id"], admin_state_up=True)
    assert soon(ground.lxd.pings, "10.89.0.77")
    ground.change("alice", "port", port["id"], security_groups=[], port_security_enabled=False)
    assert soon(ground.lxd.pings, "10.89.0.77")


def test_address_pairs_open_no_neighbour(ground: Ground) -> None:
    """A port that may send from the whole subnet lets in what comes to nobody's addresses, and to no other guest."""
    network = ground.network("alice", "10.102.0.0/24")
    opened, closed = ground.group("alice", {"protocol": "icmp"}), ground.group("alice")
    pairs = [{"ip_address": "10.102.0.0/24"}]
    given = {"network_id": network["id"], "security_groups": [opened], "allowed_address_pairs": pairs}
    wide = ground.server("alice", "wide", {"port": ground.make("alice", "port", **given)["id"]})
    quiet = ground.server("alice", "quiet", {"uuid": network["id"]}, security_groups=[{"name": closed}])
    for guest in (wide, quiet):
        assert guest.has(*guest.addresses())
    wide.run("ip addr add 10.102.0.200/24 dev eth0")
    assert soon(ground.lxd.pings, "10.102.0.200")
    assert not ground.lxd.pings(*quiet.addresses())
    assert not wide.pings(*quiet.addresses())


def test_a_server_that_names_no_network_is_on_its_projects(ground: Ground) -> None:
    none = ground.begin("alice", "none", networks="none")
    assert wait_until(none.is_settled, timeout_s=60)
    assert (none.shown()["status"], none.addresses(), none.device()) == ("ACTIVE", [], {})
    ground.refuses("alice", 400, networks="auto")
    network = ground.network("alice", "10.78.0.0/24")
    for name, version, more in (("auto", "2.79", {"networks": "auto"}), ("left-out", "2.36", {})):
        guest = ground.begin("alice", name, version=version, **more)
        assert wait_until(guest.is_settled, timeout_s=60)
        assert guest.device()["network"] == bridge_of(network)
        assert guest.has(*guest.addresses())
    ground.network("alice", "10.79.0.0/24")
    ground.refuses("alice", 409, networks="auto")


def test_what_somebody_changes_with_lxc_shows_at_once(ground: Ground) -> None:
    network = ground.network("alice", "10.77.0.0/24")
    guest = ground.server("alice", "handmade", {"uuid": network["id"]})
    (plugged,) = guest.interfaces()
    guest.lxc("config", "device", "set", "handmade", "eth0", "ipv4.address=10.77.0.66")
    assert guest.addresses() == ["10.77.0.66"]
    assert guest.interfaces()[0]["fixed_ips"][0]["ip_address"] == "10.77.0.66"
    found = ground.ask("alice", "GET", "ports?fixed_ips=ip_address%3D10.77.0.66")["ports"]
    assert [item["id"] for item in found] == [plugged["port_id"]]
    guest.lxc("config", "device", "remove", "handmade", "eth0")
    assert (guest.addresses(), guest.interfaces()) == ([], [])
    assert ground.show("alice", "port", plugged["port_id"])["status"] == "DOWN"
    ground.lxd.lxc("network", "set", bridge_of(network), "bridge.mtu=1400")
    assert ground.show("alice", "network", network["id"])["mtu"] == 1400
    ground.lxd.lxc("network", "delete", bridge_of(network))
    for kind, thing in (("network", network["id"]), ("subnet", network["subnet_id"]), ("port", plugged["port_id"])):
        ground.ask("alice", "GET", f"{kind}s/{thing}", status=404)
    guest.remove()


def bridge_of(network: Json) -> str:
    return f"jg{network['id'].replace('-', '')[:12]}"
