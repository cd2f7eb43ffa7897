"""What LXD's DHCP and DNS servers tell guests: the subnet's settings, the port's address and name; no lease is left."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lxd.ground import Ground, Guest, Json, network_ground
from tests.support.lxd import RunningLxd
from tests.support.waiting import soon, wait_until


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd, tarball: Path) -> Iterator[Ground]:
    with network_ground(tmp_path_factory.mktemp("addresses"), lxd, tarball) as made:
        yield made


@pytest.fixture
def ground(cloud: Ground) -> Iterator[Ground]:
    with ExitStack() as stack:
        yield Ground(cloud.cloud, cloud.lxd, cloud.image, stack)


def lease(guest: Guest) -> Mapping[str, str]:
    """Let a guest ask for its address anew, and return what it is told, in udhcpc's words."""
    guest.run("printf '#!/bin/sh\\nenv > /tmp/lease\\n' > /tmp/keep; chmod +x /tmp/keep")
    guest.run("udhcpc -i eth0 -q -n -t 10 -T 1 -O staticroutes -O search -O mtu -O bootfile -s /tmp/keep")
    return dict(line.split("=", 1) for line in guest.run("cat /tmp/lease").splitlines() if "=" in line)


def bridge(network: Json) -> str:
    return f"jg{network['id'].replace('-', '')[:12]}"


def resolved(guest: Guest, name: str, server: str) -> str:
    """Return what a DNS server answers for a name."""
    return guest.run(f"nslookup {name} {server} | tail -n +3")


def test_a_lease_has_the_subnets_settings(ground: Ground) -> None:
    network = ground.network(
        "alice",
        "10.111.0.0/24",
        gateway_ip="10.111.0.254",
        allocation_pools=[{"start": "10.111.0.40", "end": "10.111.0.49"}],
        dns_nameservers=["192.0.2.53", "192.0.2.54"],
        host_routes=[{"destination": "10.200.0.0/16", "nexthop": "10.111.0.41"}],
    )
    guest = ground.server("alice", "told", {"uuid": network["id"]})
    told = lease(guest)
    assert (told["ip"], told["subnet"], told["router"]) == ("10.111.0.40", "255.255.255.0", "10.111.0.254")
    assert told["dns"].split() == ["192.0.2.53", "192.0.2.54"]
    assert told["staticroutes"] == "10.200.0.0/16 10.111.0.41 0.0.0.0/0 10.111.0.254"
    assert told["domain"] == "openstacklocal"
    assert (guest.addresses(), guest.has("10.111.0.40")) == (["10.111.0.40"], True)
    pool = [ground.make("alice", "port", network_id=network["id"]) for _ in range(9)]
    assert pool[-1]["fixed_ips"][0]["ip_address"] == "10.111.0.49"
    ground.ask("alice", "POST", "ports", {"port": {"network_id": network["id"]}}, status=409)

    changes: Json = {"dns_nameservers": [], "host_routes": [], "gateway_ip": None}
    ground.change("alice", "subnet", network["subnet_id"], **changes)
    told = lease(guest)
    assert "router" not in told
    assert "staticroutes" not in told
    ground.change("alice", "subnet", network["subnet_id"], enable_dhcp=False)
    guest.run("rm /tmp/lease")
    assert "ip" not in lease(guest)


def test_ports_are_found_by_the_names_that_they_show(ground: Ground) -> None:
    network = ground.network("alice", "10.112.0.0/24")
    ground.change("alice", "network", network["id"], dns_domain="inner.example.")
    asker = ground.server("alice", "asker", {"uuid": network["id"]})
    assert asker.has(*asker.addresses())
    assert lease(asker)["domain"] == "inner.example"
    port = ground.make("alice", "port", network_id=network["id"], dns_name="db")
    (shown,) = port["dns_assignment"]
    assert shown["fqdn"] == "db.openstacklocal."
    for name in (shown["fqdn"], "db.inner.example", "host-10-112-0-77.openstacklocal"):
        assert "10.112.0" in resolved(asker, name, "10.112.0.1"), name
    ground.change("alice", "port", port["id"], dns_name="sql")
    assert shown["ip_address"] not in resolved(asker, "db.openstacklocal", "10.112.0.1")
    assert shown["ip_address"] in resolved(asker, "sql.openstacklocal", "10.112.0.1")
    ground.ask("alice", "DELETE", f"ports/{port['id']}")
    assert shown["ip_address"] not in resolved(asker, "sql.openstacklocal", "10.112.0.1")
    kept = ground.lxd.lxc("network", "get", bridge(network), "raw.dnsmasq")
    ground.lxd.lxc("network", "set", bridge(network), f"raw.dnsmasq=dhcp-option=option:ntp-server,192.0.2.1\n{kept}")
    ground.make("alice", "port", network_id=network["id"], dns_name="third")
    assert "ntp-server,192.0.2.1" in ground.lxd.lxc("network", "get", bridge(network), "raw.dnsmasq")


def test_a_ports_own_options_are_in_its_lease_only(ground: Ground) -> None:
    network = ground.network("alice", "10.114.0.0/24")
    options = [{"opt_name": "bootfile-name", "opt_value": "own.0"}, {"opt_name": "26", "opt_value": "1400"}]
    port = ground.make("alice", "port", network_id=network["id"], extra_dhcp_opts=options)
    assert [item["opt_value"] for item in port["extra_dhcp_opts"]] == ["own.0", "1400"]
    own = ground.server("alice", "own", {"port": port["id"]})
    other = ground.server("alice", "other", {"uuid": network["id"]})
    told = lease(own)
    assert (told["bootfile"], told["mtu"]) == ("own.0", "1400")
    assert {"bootfile", "mtu"}.isdisjoint(lease(other).keys())
    without = [{"opt_name": "bootfile-name", "opt_value": None}]
    ground.change("alice", "port", port["id"], extra_dhcp_opts=without)
    assert "bootfile" not in lease(own)
    for name, value in (("no-such-option", "x"), ("ntp-server", "no address"), ("bad,name", "x")):
        given = {"port": {"extra_dhcp_opts": [{"opt_name": name, "opt_value": value}]}}
        ground.ask("alice", "PUT", f"ports/{port['id']}", given, status=400)
    assert lease(own)["mtu"] == "1400"


def test_no_lease_outlives_its_server(ground: Ground) -> None:
    network = ground.network("alice", "10.113.0.0/24")
    guest = ground.server("alice", "brief", {"uuid": network["id"]})
    assert guest.has("10.113.0.2")
    assert "10.113.0.2" in leases(ground, network)
    guest.remove()
    assert "10.113.0.2" not in leases(ground, network)
    again = ground.server("alice", "again", {"uuid": network["id"]})
    assert again.has("10.113.0.2")


def leases(ground: Ground, network: Json) -> str:
    """Return what LXD's DHCP server keeps: leases, and the addresses that it has for certain interfaces."""
    folder = ground.lxd.folder / "lxd" / "networks" / bridge(network)
    files = (folder / "dnsmasq.leases", *(folder / "dnsmasq.hosts").iterdir())
    return "".join(file.read_text() for file in files)


def test_ipv6_addresses_are_the_guests_own(ground: Ground) -> None:
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    network = ground.network("alice", "fd75:1::/64", **modes)
    one, other = (ground.server("alice", name, {"uuid": network["id"]}) for name in ("one", "other"))
    (first,), (second,) = one.addresses(), other.addresses()
    assert one.has(first)
    assert other.has(second)
    # An address is tried out first.
    assert wait_until(lambda: one.pings(second), timeout_s=10)

    closed = ground.group("alice")
    port_id = other.interfaces()[0]["port_id"]
    ground.change("alice", "port", port_id, security_groups=[closed])
    assert not one.pings(second)
    arrived = other.records(9000)
    one.sends("lost", second, 9000)
    ground.allow("alice", closed, ethertype="IPv6", protocol="udp", port_range_min=9000, port_range_max=9000)
    one.sends("hello", second, 9000)
    assert wait_until(lambda: bool(arrived), timeout_s=5)
    assert arrived == [f"hello from {first}"]
    ground.allow("alice", closed, ethertype="IPv6", protocol="ipv6-icmp")
    assert soon(one.pings, second)
    one.takes("fd75:1::99/64")
    assert not one.pings(second)
    one.takes(f"{first}/64")
    assert soon(one.pings, second)


def test_ipv6_addresses_come_by_dhcp_where_the_subnet_says_so(ground: Ground) -> None:
    modes = {"ipv6_ra_mode": "dhcpv6-stateful", "ipv6_address_mode": "dhcpv6-stateful"}
    network = ground.network("alice", "fd76:1::/64", dns_nameservers=["fd00::53"], **modes)
    fixed = [{"subnet_id": network["subnet_id"], "ip_address": "fd76:1::77"}]
    port = ground.make("alice", "port", network_id=network["id"], fixed_ips=fixed)
    third = ground.make("alice", "port", network_id=network["id"])["fixed_ips"][0]["ip_address"]
    one = ground.server("alice", "one", {"port": port["id"]})
    other = ground.server("alice", "other", {"uuid": network["id"]})
    (second,) = other.addresses()
    assert solicited(one) == "fd76:1::77"
    assert solicited(other) == second
    one.takes("fd76:1::77/64")
    other.takes(f"{second}/64")
    assert wait_until(lambda: one.pings(second), timeout_s=10)
    # Another one's address, which the rules would let pass, is not the guest's to send from.
    one.takes(f"{third}/64")
    arrived = other.records(9000)
    one.sends("spoofed", second, 9000)
    assert not one.pings(second)
    assert arrived == []


def test_routers_join_ipv6_subnets(ground: Ground) -> None:
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    networks = [ground.network("alice", cidr, **modes) for cidr in ("fd77:1::/64", "fd77:2::/64")]
    ground.allow("alice", ground.default_group("alice"), ethertype="IPv6", protocol="ipv6-icmp")
    one, other = (
        ground.server("alice", name, {"uuid": item["id"]}) for name, item in zip(("one", "two"), networks, strict=True)
    )
    (first,), (second,) = one.addresses(), other.addresses()
    assert one.has(first)
    assert other.has(second)
    assert not one.pings(second)
    router = ground.make("alice", "router", name="six")
    for item in networks:
        body = {"subnet_id": item["subnet_id"]}
        ground.ask("alice", "PUT", f"routers/{router['id']}/add_router_interface", body)
        path = f"/network/v2.0/routers/{router['id']}/remove_router_interface"
        ground.stack.callback(ground.cloud.put, "alice", path, body)
    assert wait_until(lambda: one.pings(second), timeout_s=10)


def solicited(guest: Guest) -> str:
    """Ask for an address by DHCPv6 as a guest, and return the one that is given."""
    mac = guest.run("cat /sys/class/net/eth0/address").strip()
    wait_until(
        lambda: "fe80::" in guest.run("ip -6 addr show eth0") and "tentative" not in guest.run("ip -6 addr"),
        timeout_s=10,
    )
    done = subprocess.run(
        [*guest.inside(), sys.executable, "-c", SOLICIT, mac], capture_output=True, text=True, timeout=20, check=False
    )
    return done.stdout.strip() or done.stderr


# A DHCPv6 client that takes the first address that it is given at once (rapid commit).
SOLICIT = """
import ipaddress, socket, struct, sys
mac = bytes.fromhex(sys.argv[1].replace(":", ""))
option = lambda code, value: struct.pack("!HH", code, len(value)) + value
duid = struct.pack("!HH", 3, 1) + mac
solicit = b"\\x01abc" + option(1, duid) + option(14, b"") + option(8, b"\\0\\0") + option(3, mac[2:] + bytes(8))
place = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
place.bind(("::", 546))
place.settimeout(2)
index = socket.if_nametoindex("eth0")
for _ in range(5):
    place.sendto(solicit, ("ff02::1:2", 547, 0, index))
    try:
        answer = place.recv(1500)
        break
    except TimeoutError:
        continue
rest = answer[4:]
while rest:
    code, size = struct.unpack("!HH", rest[:4])
    if code == 3:
        print(ipaddress.IPv6Address(rest[4 + 12 + 4 : 4 + 12 + 20]))
    rest = rest[4 + size :]
"""
