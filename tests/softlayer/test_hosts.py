"""Dedicated hosts as the machines behind the cloud."""

from __future__ import annotations

from typing import Any

import pytest
from falcon.testing import Result

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


def asked_on(cloud: SoftLayerCloud, user: str = "alice", **more: Any) -> Result:
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id(user), "networks": "auto", **more}
    return cloud.post(user, "/compute/v2.1/servers", {"server": wanted}, version="compute 2.87")


@pytest.mark.parametrize(
    "place", [{"host": "mine"}, {"hypervisor_hostname": "mine"}, {"availability_zone": "dal10:mine"}]
)
def test_a_server_is_made_on_the_dedicated_host_that_is_named(cloud: SoftLayerCloud, place: dict[str, str]) -> None:
    for name in ("other", "mine"):
        dedicated.add(cloud.fake.world, ACCOUNT, name)

    made = asked_on(cloud, **place)
    assert made.status_code == 202, made.text
    cloud.clock.advance(cloud.fake.world.provisioning_s)

    server = cloud.server(made.json["server"]["id"])
    assert (server["status"], server["OS-EXT-SRV-ATTR:host"], server["OS-EXT-AZ:availability_zone"]) == (
        "ACTIVE",
        "mine",
        "dal10",
    )
    assert (server["flavor"]["original_name"], server["flavor"]["vcpus"], server["flavor"]["disk"]) == (
        "B1_2X8X100",
        2,
        100,
    )
    guest = cloud.fake.world.table("guests").get(server["id"]).record
    assert (guest["maxCpu"], guest["maxMemory"], guest["fake"]["disk"]) == (2, 8192, 100)
    shown = cloud.get("alice", f"{HYPERVISORS}/detail?with_servers=true", version="compute 2.87").json["hypervisors"]
    assert {host["hypervisor_hostname"]: len(host.get("servers", ())) for host in shown} == {"other": 0, "mine": 1}
    # A size is a preset, and none is sold there.
    resized = cloud.act(server["id"], "resize", {"flavorRef": "B1_4X16X100"})
    assert (resized.status_code, "dedicated" in resized.text) == (400, True)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ({"host": "nowhere"}, "nowhere could not be found"),
        ({"host": "theirs"}, "theirs could not be found"),
        ({"availability_zone": "dal10:theirs"}, "theirs could not be found"),
        ({"availability_zone": "dal09:mine"}, "availability zone dal10"),
        ({"host": "mine", "flavorRef": "B1_4X16X100", "min_count": 20}, "capacity"),
    ],
)
def test_a_host_that_cannot_take_a_server_is_refused(cloud: SoftLayerCloud, place: dict[str, Any], reason: str) -> None:
    dedicated.add(cloud.fake.world, ACCOUNT, "mine")
    dedicated.add(cloud.fake.world, OTHER, "theirs")

    answer = asked_on(cloud, **place)

    assert (answer.status_code, reason in answer.text) == (400, True), answer.text
    assert cloud.get("alice", "/compute/v2.1/servers").json["servers"] == []


def test_only_the_master_user_names_a_host(cloud: SoftLayerCloud) -> None:
    dedicated.add(cloud.fake.world, ACCOUNT, "mine")

    assert asked_on(cloud, "carol", host="mine").status_code == 403
    assert asked_on(cloud, "carol", availability_zone="dal10:mine").status_code == 403
    made = asked_on(cloud, host="mine").json["server"]["id"]
    seen = cloud.get("carol", f"/compute/v2.1/servers/{made}", version="compute 2.87").json["server"]
    assert "OS-EXT-SRV-ATTR:host" not in seen
    assert seen["hostId"]


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
