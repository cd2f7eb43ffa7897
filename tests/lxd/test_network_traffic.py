"""What LXD's networks really do: addresses, packets that pass or are dropped, and changes made by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jumpgate.clouds.lxd.session import Session
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound, NotSupported
from jumpgate.common.listing import Query
from jumpgate.network.contract import Network
from jumpgate.network.drivers.lxd import connect
from jumpgate.network.models import (
    FixedIp,
    FloatingIpSpec,
    Gateway,
    HostRoute,
    NetworkSpec,
    Port,
    PortSpec,
    RouterSpec,
    SecurityGroupRuleSpec,
    SecurityGroupSpec,
    Subnet,
    SubnetSpec,
)
from tests.lxd.cloud import settings
from tests.support.lxd import RunningLxd, build_image
from tests.support.waiting import soon, wait_until

CAROL = Context(user_id="carol", project_id="carols-project", roles=("member",))
DAVE = Context(user_id="dave", project_id="daves-project", roles=("member",))
ADMIN = Context(user_id="admin", project_id="admins-project", roles=("admin",))


@dataclass
class Ground:
    """A network with a subnet, and guests on it."""

    lxd: RunningLxd
    network: Network
    subnet: Subnet
    stack: ExitStack
    guests: list[str] = field(default_factory=list)

    def group(self, *rules: dict[str, object]) -> str:
        """Make a security group with rules and return its id."""
        groups = self.network.security_groups
        assert groups is not None
        made = groups.create(CAROL, SecurityGroupSpec(name="g"))
        self.stack.callback(groups.delete, CAROL, made.id)
        for rule in rules:
            self.allow(made.id, **rule)
        return made.id

    def allow(self, group_id: str, **more: object) -> str:
        """Add an ingress rule to a group and return its id."""
        rules = self.network.security_group_rules
        assert rules is not None
        spec = SecurityGroupRuleSpec(security_group_id=group_id, direction="ingress", **more)  # type: ignore[arg-type]
        return rules.create(CAROL, spec).id

    def port(self, *groups: str, **more: object) -> Port:
        """Make a port on the subnet's network."""
        spec = PortSpec(network_id=self.subnet.network_id, security_group_ids=groups or None, **more)  # type: ignore[arg-type]
        port = self.network.ports.create(CAROL, spec)
        self.stack.callback(self.network.ports.delete, CAROL, port.id)
        return port

    def elsewhere(self) -> Port:
        """Make a port on another network, from which packets come through LXD's host."""
        made = self.network.networks.create(CAROL, NetworkSpec(name="elsewhere"))
        self.stack.callback(self.network.networks.delete, CAROL, made.id)
        self.network.subnets.create(CAROL, SubnetSpec(network_id=made.id, cidr="10.73.0.0/24"))
        port = self.network.ports.create(CAROL, PortSpec(network_id=made.id))
        self.stack.callback(self.network.ports.delete, CAROL, port.id)
        return port

    def outside(self) -> str:
        """Make an external network and return its id."""
        made = self.network.networks.create(ADMIN, NetworkSpec(name="outside", external=True))
        self.stack.callback(self.network.networks.delete, ADMIN, made.id)
        self.network.subnets.create(ADMIN, SubnetSpec(network_id=made.id, cidr="198.51.100.0/24"))
        return made.id

    def way(self, external_id: str, port: Port) -> None:
        """Let a router lead from a port's subnet to an external network."""
        routers = self.network.routers
        assert routers is not None
        made = routers.create(CAROL, RouterSpec(name="r", gateway=Gateway(network_id=external_id)))
        self.stack.callback(routers.delete, CAROL, made.id)
        subnet_id = port.fixed_ips[0].subnet_id
        routers.add_interface(CAROL, made.id, subnet_id=subnet_id)
        self.stack.callback(routers.remove_interface, CAROL, made.id, subnet_id=subnet_id)

    def guest(self, port: Port) -> str:
        """Start a guest with a port and return its name."""
        name = f"guest{len(self.guests)}"
        self.guests.append(name)
        device = ["nic", "name=eth0", *(f"{key}={value}" for key, value in port.binding_vif_details.items())]
        self.lxd.lxc("init", "traffic", name, "--no-profiles", "--storage", "default")
        self.stack.callback(self.lxd.lxc, "delete", "--force", name)
        self.lxd.lxc(
            "config", "device", "add", name, "eth0", *(item for item in device if not item.startswith("type="))
        )
        self.lxd.lxc("start", name)
        wait_until(lambda: address_of(port) in self.lxd.lxc("exec", name, "--", "ip", "-4", "addr"), timeout_s=30)
        return name

    def reaches(self, guest: str, address: str) -> bool:
        """Tell whether a guest gets an answer to a ping."""
        command = f"ping -c 1 -W 1 {address} >/dev/null && echo yes || echo no"
        return self.lxd.lxc("exec", guest, "--", "sh", "-c", command).strip() == "yes"


def address_of(port: Port) -> str:
    return port.fixed_ips[0].ip_address or ""


@pytest.fixture(scope="module")
def image(lxd: RunningLxd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    tarball: Path = build_image(tmp_path_factory.mktemp("image"))
    lxd.lxc("image", "import", str(tarball), "--alias", "traffic")
    yield
    lxd.lxc("image", "delete", "traffic")


@pytest.fixture
def ground(lxd: RunningLxd) -> Iterator[Ground]:
    network = connect(Session(settings(lxd)), lxd.folder / "state")
    with ExitStack() as stack:
        made = network.networks.create(CAROL, NetworkSpec(name="n"))
        stack.callback(network.networks.delete, CAROL, made.id)
        subnet = network.subnets.create(CAROL, SubnetSpec(network_id=made.id, cidr="10.71.0.0/24"))
        yield Ground(lxd, network, subnet, stack)


@pytest.fixture
def again(lxd: RunningLxd) -> Callable[[], Network]:
    """Another Jumpgate, which knows nothing."""
    return lambda: connect(Session(settings(lxd)), lxd.folder / "state")


@pytest.mark.usefixtures("image")
def test_a_packet_passes_only_while_a_rule_lets_it(ground: Ground) -> None:
    group = ground.group()
    port = ground.port(group, fixed_ips=(FixedIp(ip_address="10.71.0.77"),))
    ground.guest(port)
    assert not ground.lxd.pings("10.71.0.77")

    rule_id = ground.allow(group, protocol="icmp")
    assert soon(ground.lxd.pings, "10.71.0.77")

    assert ground.network.security_group_rules is not None
    ground.network.security_group_rules.delete(CAROL, rule_id)
    assert not ground.lxd.pings("10.71.0.77")


@pytest.mark.usefixtures("image")
def test_neighbours_on_a_network_are_filtered_from_each_other(ground: Ground) -> None:
    closed, members = ground.group(), ground.group()
    ground.allow(members, remote_group_id=members)
    alone, one, other = ground.port(closed), ground.port(members), ground.port(members)
    sender = ground.guest(one)
    ground.guest(alone)
    ground.guest(other)

    assert soon(ground.reaches, sender, address_of(other))
    assert not ground.reaches(sender, address_of(alone))


@pytest.mark.usefixtures("image")
def test_what_may_not_leave_does_not_arrive_at_who_would_let_it_in(ground: Ground) -> None:
    rules = ground.network.security_group_rules
    assert rules is not None
    mute, open_group = ground.group(), ground.group({"protocol": "icmp"})
    everything = [rule for rule in rules.find(CAROL, Query()) if rule.security_group_id == mute]
    for rule in everything:
        rules.delete(CAROL, rule.id)
    sender, receiver = ground.port(mute), ground.port(open_group)
    name = ground.guest(sender)
    ground.guest(receiver)
    assert not ground.reaches(name, address_of(receiver))

    rules.create(CAROL, SecurityGroupRuleSpec(security_group_id=mute, direction="egress", protocol="icmp"))
    assert soon(ground.reaches, name, address_of(receiver))


@pytest.mark.usefixtures("image")
def test_a_guest_cannot_send_from_an_address_that_is_not_its_ports(ground: Ground) -> None:
    group = ground.group({"protocol": "icmp"})
    name = ground.guest(ground.port(group))
    assert ground.reaches(name, address_of(ground.port(group))) is False
    neighbour = ground.port(group)
    ground.guest(neighbour)
    assert soon(ground.reaches, name, address_of(neighbour))

    ground.lxd.lxc("exec", name, "--", "sh", "-c", "ip addr flush dev eth0; ip addr add 10.71.0.99/24 dev eth0")
    assert not ground.reaches(name, address_of(neighbour))


@pytest.mark.usefixtures("image")
def test_a_port_without_security_lets_everything_pass(ground: Ground) -> None:
    port = ground.port(port_security_enabled=False)
    ground.guest(port)
    assert port.security_group_ids == ()
    assert soon(ground.lxd.pings, address_of(port))


@pytest.mark.usefixtures("image")
def test_a_floating_ip_answers_for_its_port(ground: Ground) -> None:
    floating_ips = ground.network.floating_ips
    assert floating_ips is not None
    outside = ground.outside()
    port, elsewhere = ground.port(ground.group({"protocol": "icmp"})), ground.elsewhere()
    ground.guest(port)
    ground.way(outside, port)
    ground.way(outside, elsewhere)
    floating = floating_ips.create(CAROL, FloatingIpSpec(floating_network_id=outside))
    ground.stack.callback(floating_ips.delete, CAROL, floating.id)
    outsider = ground.guest(elsewhere)
    assert not ground.reaches(outsider, floating.floating_ip_address)

    floating_ips.update(CAROL, floating.id, {"port_id": port.id})
    got = floating_ips.get(CAROL, floating.id)
    assert (got.port_id, got.fixed_ip_address, got.status) == (port.id, address_of(port), "ACTIVE")
    assert soon(ground.reaches, outsider, floating.floating_ip_address)

    ground.lxd.lxc("network", "forward", "delete", bridge_of(port), floating.floating_ip_address)
    assert floating_ips.get(CAROL, floating.id).port_id is None


@pytest.mark.usefixtures("image")
def test_a_port_is_active_while_its_guest_runs(ground: Ground, again: Callable[[], Network]) -> None:
    port = ground.port()
    assert (port.status, port.binding_vif_type) == ("DOWN", "unbound")
    name = ground.guest(port)
    assert again().ports.get(CAROL, port.id).status == "ACTIVE"
    ground.lxd.lxc("stop", "--force", name)
    assert again().ports.get(CAROL, port.id).status == "DOWN"


@pytest.mark.usefixtures("image")
def test_an_interface_made_by_hand_is_a_port_and_gets_nothing_through(ground: Ground) -> None:
    bridge = bridge_of(ground.port())
    ground.lxd.lxc("init", "traffic", "stranger", "--no-profiles", "--storage", "default")
    ground.stack.callback(ground.lxd.lxc, "delete", "--force", "stranger")
    ground.lxd.lxc(
        "config", "device", "add", "stranger", "eth0", "nic", f"network={bridge}", "name=eth0",
        "ipv4.address=10.71.0.50",
    )  # fmt: skip
    ground.lxd.lxc("start", "stranger")

    (port,) = [item for item in ground.network.ports.find(CAROL, Query()) if item.binding_vif_type == "bridge"]
    assert (address_of(port), port.status, port.device_owner) == ("10.71.0.50", "ACTIVE", "compute:nova")
    assert ground.network.ports.get(CAROL, port.id) == port
    assert not ground.lxd.pings("10.71.0.50")
    with pytest.raises(NotSupported):
        ground.network.ports.update(CAROL, port.id, {"name": "mine"})


def bridge_of(port: Port) -> str:
    return str(port.binding_vif_details["network"])


def test_what_is_changed_in_lxd_shows_at_once(ground: Ground) -> None:
    bridge = bridge_of(ground.port())
    ground.lxd.lxc("network", "set", bridge, "ipv4.dhcp=false", "ipv4.dhcp.ranges=10.71.0.10-10.71.0.20")
    got = ground.network.subnets.get(CAROL, ground.subnet.id)
    assert not got.enable_dhcp
    assert [(pool.start, pool.end) for pool in got.allocation_pools] == [("10.71.0.10", "10.71.0.20")]

    with pytest.raises(NotFound):
        ground.network.networks.get(DAVE, got.network_id)
    ground.lxd.lxc("network", "set", bridge, "user.openstack.shared=true")
    assert ground.network.networks.get(DAVE, got.network_id).shared


def test_dns_servers_and_routes_are_lxds_dhcp_servers(ground: Ground) -> None:
    routes = (HostRoute(destination="10.99.0.0/24", nexthop="10.71.0.9"),)
    changes = {"dns_nameservers": ("192.0.2.53",), "host_routes": routes}
    ground.network.subnets.update(CAROL, ground.subnet.id, changes)
    got = ground.network.subnets.get(CAROL, ground.subnet.id)
    assert (got.dns_nameservers, got.host_routes) == (("192.0.2.53",), routes)

    without = ground.network.subnets.update(CAROL, ground.subnet.id, {"gateway_ip": None, "host_routes": ()})
    assert (without.gateway_ip, without.dns_nameservers, without.host_routes) == (None, ("192.0.2.53",), ())


def test_a_bridge_made_by_hand_is_the_operators(lxd: RunningLxd, again: Callable[[], Network]) -> None:
    network = again()
    (bridge,) = [item for item in network.networks.find(ADMIN, Query(all_projects=True)) if item.name == "lxdbr0"]
    assert bridge.id not in {item.id for item in network.networks.find(CAROL, Query())}
    assert not bridge.port_security_enabled
    assert [item.cidr for item in network.subnets.find(ADMIN, Query(all_projects=True))] == ["10.66.0.0/24"]
    assert again().networks.get(ADMIN, bridge.id) == bridge


def test_what_lxd_has_not_is_refused(ground: Ground) -> None:
    spec = SubnetSpec(network_id=ground.subnet.network_id, cidr="10.72.0.0/24")
    with pytest.raises(NotSupported, match="one at most"):
        ground.network.subnets.create(CAROL, spec)
    other = ground.network.networks.create(CAROL, NetworkSpec(name="other"))
    ground.stack.callback(ground.network.networks.delete, CAROL, other.id)
    with pytest.raises(BadRequest, match="overlaps with another subnet"):
        ground.network.subnets.create(CAROL, SubnetSpec(network_id=other.id, cidr="10.71.0.0/25"))
    with pytest.raises(NotSupported, match="publishes nothing"):
        ground.network.subnets.update(CAROL, ground.subnet.id, {"dns_publish_fixed_ip": True})
    with pytest.raises(NotSupported, match="protocol 132"):
        ground.allow(ground.group(), protocol="132")
    with pytest.raises(NotSupported, match="always up"):
        ground.network.networks.create(CAROL, NetworkSpec(admin_state_up=False))
    with pytest.raises(Conflict):
        ground.port(fixed_ips=(FixedIp(ip_address="10.71.0.1"),))


def test_ports_made_at_once_have_addresses_of_their_own_and_leave_nothing(
    ground: Ground, again: Callable[[], Network]
) -> None:
    """Two Jumpgates share one LXD, and neither knows of the other."""
    services = [ground.network, again()] * 5
    spec = PortSpec(network_id=ground.subnet.network_id)
    with ThreadPoolExecutor(10) as pool:
        ports = list(pool.map(lambda service: service.ports.create(CAROL, spec), services))
    bridge = bridge_of(ports[0])
    rules = ground.lxd.lxc("network", "acl", "show", bridge)
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda port: ground.network.ports.delete(CAROL, port.id), ports))

    assert len({address_of(port) for port in ports}) == len({port.mac_address for port in ports}) == 10
    assert "10.71.0.2-10.71.0.11" in rules
    assert "user.openstack.port." not in ground.lxd.lxc("network", "show", bridge)
    assert "10.71.0" not in ground.lxd.lxc("network", "acl", "show", bridge)


@pytest.mark.usefixtures("image")
def test_a_port_has_an_address_of_each_version(ground: Ground) -> None:
    spec = SubnetSpec(network_id=ground.subnet.network_id, ip_version=6, cidr="fd71::/64")
    subnet = ground.network.subnets.create(CAROL, spec)
    assert (subnet.gateway_ip, subnet.enable_dhcp) == ("fd71::1", True)
    port = ground.port()
    assert [item.ip_address for item in port.fixed_ips] == ["10.71.0.2", "fd71::2"]
    ground.guest(port)
    device = ground.lxd.lxc("config", "device", "get", ground.guests[-1], "eth0", "ipv6.address").strip()
    assert device == "fd71::2"


def test_an_address_that_a_floating_ip_stands_for_stays(ground: Ground) -> None:
    floating_ips = ground.network.floating_ips
    assert floating_ips is not None
    outside, port = ground.outside(), ground.port()
    ground.way(outside, port)
    floating = floating_ips.create(CAROL, FloatingIpSpec(floating_network_id=outside, port_id=port.id))
    ground.stack.callback(floating_ips.delete, CAROL, floating.id)
    with pytest.raises(BadRequest, match="floating ip"):
        ground.network.ports.update(CAROL, port.id, {"fixed_ips": (FixedIp(ip_address="10.71.0.99"),)})
