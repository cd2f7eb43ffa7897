"""The network that a project gets which asks for whatever there is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.network.neutron import ROOT, fault, found, make, message, path
from tests.support.cloud import DEMO, OTHER, Cloud

TOPOLOGY = f"{ROOT}/auto-allocated-topology"


def test_a_project_gets_a_network_with_a_way_out(cloud: Cloud) -> None:
    topology = cloud.get("alice", f"{TOPOLOGY}/{DEMO}").json["auto_allocated_topology"]
    assert (topology["project_id"], topology["tenant_id"]) == (DEMO, DEMO)
    (network,) = found(cloud, "alice", "network", "router:external=false")
    assert (network["id"], network["name"]) == (topology["id"], "auto_allocated_network")
    assert sorted(item["ip_version"] for item in found(cloud, "alice", "subnet", f"network_id={network['id']}")) == [
        4,
        6,
    ]
    (router,) = found(cloud, "alice", "router")
    (public,) = found(cloud, "admin", "network", "is_default=true")
    assert router["external_gateway_info"]["network_id"] == public["id"]
    legs = found(cloud, "alice", "port", "device_owner=network:router_interface")
    assert {(leg["device_id"], leg["network_id"]) for leg in legs} == {(router["id"], network["id"])}


def test_it_gets_one_however_often_it_asks(cloud: Cloud) -> None:
    with ThreadPoolExecutor(8) as pool:
        given = set(pool.map(lambda _: cloud.get("alice", f"{TOPOLOGY}/{DEMO}").text, range(8)))
    assert len(given) == 1
    assert len(found(cloud, "alice", "network", "router:external=false")) == 1


def test_a_dry_run_makes_nothing(cloud: Cloud) -> None:
    expected = {"auto_allocated_topology": {"id": "dry-run=pass", "project_id": DEMO}}
    assert cloud.get("alice", f"{TOPOLOGY}/{DEMO}?fields=dry-run").json == expected
    assert cloud.get("alice", f"{TOPOLOGY}/None?fields=dry-run").json == expected
    assert found(cloud, "alice", "network", "router:external=false") == []
    result = cloud.get("alice", f"{TOPOLOGY}/{DEMO}?fields=id")
    assert message(result) == "Bad auto_allocate request: Unrecognized field."


def test_it_is_taken_away_again(cloud: Cloud) -> None:
    cloud.get("alice", f"{TOPOLOGY}/{DEMO}")
    for _ in range(2):
        assert cloud.delete("alice", f"{TOPOLOGY}/{DEMO}").status_code == 204
    assert found(cloud, "alice", "network", "router:external=false") == []
    assert found(cloud, "alice", "router") == []


def test_one_that_is_in_use_stays(cloud: Cloud) -> None:
    topology = cloud.get("alice", f"{TOPOLOGY}/{DEMO}").json["auto_allocated_topology"]
    make(cloud, "alice", "port", network_id=topology["id"])
    assert fault(cloud.delete("alice", f"{TOPOLOGY}/{DEMO}")) == (409, "NetworkInUse")
    assert len(found(cloud, "alice", "router")) == 1


def test_what_the_owner_removed_is_no_hindrance(cloud: Cloud) -> None:
    cloud.get("alice", f"{TOPOLOGY}/{DEMO}")
    (router,) = found(cloud, "alice", "router")
    for leg in found(cloud, "alice", "port", "device_owner=network:router_interface"):
        cloud.put("alice", path("router", router["id"], "remove_router_interface"), {"port_id": leg["id"]})
    assert cloud.delete("alice", path("router", router["id"])).status_code == 204
    assert cloud.delete("alice", f"{TOPOLOGY}/{DEMO}").status_code == 204
    assert found(cloud, "alice", "network", "router:external=false") == []


def test_other_projects_are_no_business_of_ones_own(cloud: Cloud) -> None:
    cloud.get("alice", f"{TOPOLOGY}/{DEMO}")
    assert fault(cloud.get("bob", f"{TOPOLOGY}/{DEMO}")) == (403, "NotAuthorized")
    assert fault(cloud.delete("bob", f"{TOPOLOGY}/{DEMO}")) == (403, "NotAuthorized")
    assert cloud.get("admin", f"{TOPOLOGY}/{OTHER}").json["auto_allocated_topology"]["project_id"] == OTHER
    assert fault(cloud.delete("reader", f"{TOPOLOGY}/{DEMO}")) == (403, "PolicyNotAuthorized")


def test_a_cloud_that_has_not_what_it_takes(cloud: Cloud) -> None:
    for pool in found(cloud, "admin", "subnetpool"):
        cloud.delete("admin", path("subnetpool", pool["id"]))
    result = cloud.get("alice", f"{TOPOLOGY}/{DEMO}?fields=dry-run")
    assert message(result) == "Deployment error: No default subnetpools defined."
    result = cloud.get("alice", f"{TOPOLOGY}/{DEMO}")
    assert message(result) == "Deployment error: Unable to provide project private network."
    assert found(cloud, "alice", "network", "router:external=false") == []
    cloud.delete("admin", path("network", found(cloud, "admin", "network")[0]["id"]))
    result = cloud.get("alice", f"{TOPOLOGY}/{DEMO}")
    assert (fault(result), message(result)) == (
        (409, "AutoAllocationFailure"),
        "Deployment error: No default router:external network.",
    )
