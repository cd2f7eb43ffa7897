"""Many at once: each address once, no address lost."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from jumpgate.common.errors import Conflict, NoFreeAddress
from jumpgate.network.models import FixedIp, Port, PortSpec
from tests.network.neutron import make_subnet
from tests.support.cloud import CALLERS, Cloud


def test_the_last_addresses_go_to_one_port_each(cloud: Cloud) -> None:
    subnet = make_subnet(
        cloud, "alice", allocation_pools=[{"start": "10.0.0.10", "end": "10.0.0.21"}], enable_dhcp=False
    )
    ports = cloud.app.siblings("RegionOne")["network"].ports

    def plug(_: int) -> Port | Exception:
        try:
            made: Port = ports.create(CALLERS["alice"], PortSpec(network_id=subnet["network_id"]))
        except NoFreeAddress as error:
            return error
        return made

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(plug, range(20)))
    given = [str(item.fixed_ips[0].ip_address) for item in results if isinstance(item, Port)]
    assert sorted(given) == [f"10.0.0.{number}" for number in range(10, 22)]
    assert sum(isinstance(item, NoFreeAddress) for item in results) == 8


def test_addresses_come_back_while_others_take_them(cloud: Cloud) -> None:
    subnet = make_subnet(
        cloud, "alice", allocation_pools=[{"start": "10.0.0.10", "end": "10.0.0.13"}], enable_dhcp=False
    )
    ports = cloud.app.siblings("RegionOne")["network"].ports

    def churn(_: int) -> int:
        served = 0
        for _ in range(5):
            try:
                port = ports.create(CALLERS["alice"], PortSpec(network_id=subnet["network_id"]))
            except NoFreeAddress:
                continue
            served += 1
            ports.delete(CALLERS["alice"], port.id)
        return served

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(churn, range(4))) == 20
    last = [ports.create(CALLERS["alice"], PortSpec(network_id=subnet["network_id"])) for _ in range(4)]
    assert Counter(port.fixed_ips[0].ip_address for port in last) == Counter(f"10.0.0.{n}" for n in range(10, 14))


def test_one_address_that_all_want_goes_to_one(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice")
    ports = cloud.app.siblings("RegionOne")["network"].ports
    spec = PortSpec(network_id=subnet["network_id"], fixed_ips=(FixedIp(ip_address="10.0.0.9"),))

    def plug(_: int) -> str | None:
        try:
            ports.create(CALLERS["alice"], spec)
        except Conflict as error:
            return error.reason
        return "served"

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(plug, range(8))) == {"served": 1, "IpAddressAlreadyAllocated": 7}


def test_a_project_gets_one_default_group(cloud: Cloud) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: cloud.get("alice", "/network/v2.0/security-groups"), range(8)))
    assert len(cloud.get("alice", "/network/v2.0/security-groups").json["security_groups"]) == 1
