"""Dedicated hosts as the machines behind the cloud."""

from __future__ import annotations

from tests.fakes.softlayer import dedicated
from tests.softlayer.cloud import ACCOUNT, OTHER, SoftLayerCloud

HYPERVISORS = "/compute/v2.1/os-hypervisors"


def test_a_dedicated_host_is_a_hypervisor_with_its_guests(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    dedicated.place(cloud.fake.world, dedicated.add(cloud.fake.world, ACCOUNT, "mine"), server_id)

    (host,) = cloud.get("alice", f"{HYPERVISORS}/detail?with_servers=true", version="compute 2.87").json["hypervisors"]

    assert (host["hypervisor_hostname"], host["vcpus"], host["memory_mb"]) == ("mine", 56, 242 * 1024)
    assert (host["vcpus_used"], host["memory_mb_used"], host["local_gb_used"]) == (2, 8 * 1024, 100)
    assert [server["uuid"] for server in host["servers"]] == [server_id]
    assert cloud.get("alice", f"{HYPERVISORS}/{host['id']}", version="compute 2.87").status_code == 200


def test_hosts_and_services_are_listed_and_the_extension_with_them(cloud: SoftLayerCloud) -> None:
    dedicated.add(cloud.fake.world, ACCOUNT, "mine")

    assert cloud.get("alice", "/compute/v2.1/os-hosts").json["hosts"] == [
        {"host_name": "mine", "service": "compute", "zone": "dal10"}
    ]
    services = cloud.get("alice", "/compute/v2.1/os-services", version="compute 2.96").json["services"]
    assert [(item["host"], item["state"], item["status"]) for item in services] == [("mine", "up", "enabled")]
    extensions = cloud.get("carol", "/compute/v2.1/extensions").json["extensions"]
    assert {"os-hosts", "os-hypervisors", "os-services"} <= {item["alias"] for item in extensions}


def test_hosts_are_the_accounts_own_and_for_its_master_user(cloud: SoftLayerCloud) -> None:
    dedicated.add(cloud.fake.world, OTHER, "theirs")

    assert cloud.get("alice", HYPERVISORS, version="compute 2.96").json["hypervisors"] == []
    assert cloud.get("carol", HYPERVISORS, version="compute 2.96").status_code == 403


def test_a_list_of_hosts_costs_one_call(cloud: SoftLayerCloud) -> None:
    for number in range(5):
        dedicated.add(cloud.fake.world, ACCOUNT, f"host-{number}")

    assert cloud.calls_of("alice", f"{HYPERVISORS}/detail") == ["Account::getDedicatedHosts"]


def test_nobody_switches_a_dedicated_host(cloud: SoftLayerCloud) -> None:
    dedicated.add(cloud.fake.world, ACCOUNT, "mine")
    (service,) = cloud.get("alice", "/compute/v2.1/os-services", version="compute 2.96").json["services"]

    changed = cloud.put(
        "alice", f"/compute/v2.1/os-services/{service['id']}", {"status": "disabled"}, version="compute 2.96"
    )

    assert changed.status_code == 501
