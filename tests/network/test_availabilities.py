"""How full networks are, over HTTP."""

from __future__ import annotations

from tests.network.neutron import ROOT, UNKNOWN, fault, make, make_subnet
from tests.support.cloud import DEMO, Cloud

PATH = f"{ROOT}/network-ip-availabilities"


def test_addresses_are_counted(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice", "10.0.0.0/28", name="s", enable_dhcp=False)
    for _ in range(3):
        make(cloud, "alice", "port", network_id=subnet["network_id"])
    counts = cloud.get("admin", f"{PATH}/{subnet['network_id']}").json["network_ip_availability"]
    assert counts == {
        "network_id": subnet["network_id"],
        "network_name": "",
        "tenant_id": DEMO,
        "project_id": DEMO,
        "subnet_ip_availability": [
            {
                "subnet_id": subnet["id"],
                "subnet_name": "s",
                "cidr": "10.0.0.0/28",
                "ip_version": 4,
                "total_ips": 13,
                "used_ips": 3,
            }
        ],
        "total_ips": 13,
        "used_ips": 3,
    }


def test_an_ipv6_network_has_very_many(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice", "2001:db8::/48")
    counts = cloud.get("admin", f"{PATH}/{subnet['network_id']}").json["network_ip_availability"]
    assert counts["total_ips"] == 2**80 - 2


def test_lists_are_filtered(cloud: Cloud) -> None:
    network = make(cloud, "alice", "network", name="blue")
    make_subnet(cloud, "alice", network_id=network["id"])
    make_subnet(cloud, "alice", "2001:db8::/64", network_id=network["id"])
    for query in (f"network_id={network['id']}", "network_name=blue", f"project_id={DEMO}&ip_version=6"):
        listed = cloud.get("admin", f"{PATH}?{query}").json["network_ip_availabilities"]
        assert [item["network_id"] for item in listed] == [network["id"]]
    listed = cloud.get("admin", f"{PATH}?ip_version=6").json["network_ip_availabilities"]
    assert [item["cidr"] for item in listed[0]["subnet_ip_availability"]] == ["2001:db8::/64"]
    assert len(cloud.get("admin", PATH).json["network_ip_availabilities"]) == 2
    assert fault(cloud.get("admin", f"{PATH}?colour=blue")) == (400, "HTTPBadRequest")


def test_they_are_for_administrators(cloud: Cloud) -> None:
    network = make(cloud, "alice", "network")
    assert cloud.get("alice", PATH).json == {"network_ip_availabilities": []}
    assert fault(cloud.get("alice", f"{PATH}/{network['id']}")) == (404, "HTTPNotFound")


def test_a_network_that_there_is_not(cloud: Cloud) -> None:
    for network_id in (UNKNOWN, "no-uuid"):
        assert fault(cloud.get("admin", f"{PATH}/{network_id}")) == (404, "NetworkNotFound")
