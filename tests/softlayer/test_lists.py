"""What lists cost, and that long ones are whole: however much there is, SoftLayer is asked as often."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.softlayer import domains, global_ips, networks
from tests.softlayer.cloud import ACCOUNT, SoftLayerCloud
from tests.softlayer.test_guide_compute import PUBLIC_KEY

COMPUTE, NETWORK = "/compute/v2.1", "/network/v2.0"
_GUESTS, _GUEST = "Account::getVirtualGuests", "Virtual_Guest::getObject"
_PRESETS = [
    "Product_Package::getAllObjects",
    "Product_Package::getActivePresets",
    "Product_Package::getAccountRestrictedActivePresets",
]
# The calls that a list costs. Flavors are remembered: `filled` has asked for them.
LISTS = {
    f"{COMPUTE}/servers": [_GUESTS],
    f"{COMPUTE}/servers/detail": [_GUESTS],
    f"{COMPUTE}/servers/detail?name=node-1&status=ACTIVE": [_GUESTS],
    f"{COMPUTE}/flavors/detail": [],
    f"{COMPUTE}/os-keypairs": ["Account::getSshKeys"],
    f"{COMPUTE}/os-server-groups": ["Account::getPlacementGroups"],
    f"{COMPUTE}/os-availability-zone": ["Location_Datacenter::getDatacenters"],
    f"{COMPUTE}/os-simple-tenant-usage/{ACCOUNT}": [_GUESTS],
    f"{COMPUTE}/os-quota-sets/{ACCOUNT}": [_GUESTS, "Account::getObject"],
    f"{COMPUTE}/limits": [_GUESTS, "Account::getObject"],
    f"{COMPUTE}/os-floating-ip-dns": ["Account::getDomains"],
    f"{COMPUTE}/servers/SERVER/os-interface": [_GUEST, _GUEST],
    f"{COMPUTE}/servers/SERVER/os-volume_attachments": [_GUEST, _GUEST],
    f"{COMPUTE}/servers/SERVER/os-instance-actions": [_GUEST, _GUEST, "Event_Log::getAllObjects"],
    f"{NETWORK}/networks": ["Account::getNetworkVlans"],
    f"{NETWORK}/subnets": ["Account::getSubnets"],
    f"{NETWORK}/ports": [_GUESTS],
    f"{NETWORK}/ports?device_id=SERVER": [_GUESTS],
    f"{NETWORK}/security-groups": ["Network_SecurityGroup::getAllObjects"],
    f"{NETWORK}/security-group-rules": ["Network_SecurityGroup::getAllObjects"],
    f"{NETWORK}/floatingips": ["Account::getGlobalIpRecords"],
}


def filled(cloud: SoftLayerCloud, count: int) -> str:
    """Give alice `count` of everything, and return the id of a server."""
    world, alice = cloud.fake.world, cloud.fake.world.users["alice"]
    body = {"name": "node", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id(), "min_count": count}
    made = cloud.post("alice", f"{COMPUTE}/servers", {"server": body})
    assert made.status_code == 202, made.text
    cloud.clock.advance(world.provisioning_s)
    for number in range(count):
        key = {"name": f"key-{number}", "public_key": f"{PUBLIC_KEY}-{number}"}
        assert cloud.post("alice", f"{COMPUTE}/os-keypairs", {"keypair": key}).status_code in (200, 201)
        group = {"name": f"apart-{number}", "policies": ["anti-affinity"]}
        assert cloud.post("alice", f"{COMPUTE}/os-server-groups", {"server_group": group}).status_code == 200
        secure = {"security_group": {"name": f"group-{number}"}}
        assert cloud.post("alice", f"{NETWORK}/security-groups", secure).status_code == 201
        networks.add_vlan(world, ACCOUNT, "PRIVATE")
        global_ips.order(world, alice)
        domains.add(world, ACCOUNT, f"example-{number}.com")
    server_id: str = made.json["server"]["id"]
    return server_id


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_as_many_calls_however_long_it_is(cloud: SoftLayerCloud, path: str) -> None:
    server_id = filled(cloud, 3)

    assert cloud.calls_of("alice", path.replace("SERVER", server_id)) == LISTS[path]


def test_flavors_are_asked_for_once(cloud: SoftLayerCloud) -> None:
    assert cloud.calls_of("alice", f"{COMPUTE}/flavors/detail") == _PRESETS
    assert cloud.calls_of("alice", f"{COMPUTE}/flavors/detail") == []


def things(answer: Any) -> list[str]:
    """Return what is in a list, in an order of its own."""
    (items,) = (value for name, value in answer.items() if isinstance(value, list) and not name.endswith("_links"))
    return sorted(map(repr, items))


@pytest.mark.parametrize(
    "path", [path for path, calls in LISTS.items() if calls and not path.endswith(("limits", str(ACCOUNT)))]
)
def test_a_list_that_comes_in_pages_is_whole(cloud: SoftLayerCloud, path: str) -> None:
    path = path.replace("SERVER", filled(cloud, 3))
    at_once = cloud.get("alice", path).json

    cloud.fake.largest_page = 1
    in_pages = cloud.get("alice", path).json

    assert things(in_pages) == things(at_once)


def test_what_is_counted_over_pages_is_counted_once(cloud: SoftLayerCloud) -> None:
    filled(cloud, 3)
    cloud.fake.largest_page = 1

    absolute = cloud.get("alice", f"{COMPUTE}/limits").json["limits"]["absolute"]
    usage = cloud.get("alice", f"{COMPUTE}/os-simple-tenant-usage/{ACCOUNT}?detailed=1").json["tenant_usage"]

    assert (absolute["totalInstancesUsed"], absolute["totalCoresUsed"]) == (3, 6)
    assert sorted(item["name"] for item in usage["server_usages"]) == ["node-1", "node-2", "node-3"]


def test_clients_read_a_long_list_page_by_page(cloud: SoftLayerCloud) -> None:
    filled(cloud, 5)
    cloud.fake.largest_page = 2
    seen: list[str] = []
    url = "/servers?limit=2&sort_key=created_at"
    while url:
        answer = cloud.get("alice", f"{COMPUTE}{url}").json
        seen += [item["id"] for item in answer["servers"]]
        links = [link["href"] for link in answer.get("servers_links", ()) if link["rel"] == "next"]
        url = links[0].partition("/v2.1")[2] if links else ""

    assert len(seen) == len(set(seen)) == 5
