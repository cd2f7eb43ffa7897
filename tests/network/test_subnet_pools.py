"""Subnet pools over HTTP, and subnets that are cut from them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.network.neutron import UNKNOWN, ask, change, fault, found, make, make_subnet, message, path, show
from tests.support.cloud import DEMO, Cloud


@pytest.fixture(autouse=True)
def _without_default_pools(cloud: Cloud) -> None:
    """The pools with which a cloud begins are gone."""
    for pool in found(cloud, "admin", "subnetpool"):
        assert cloud.delete("admin", path("subnetpool", pool["id"])).status_code == 204


def make_pool(cloud: Cloud, caller: str = "alice", *prefixes: str, **attributes: Any) -> dict[str, Any]:
    """Make a pool of some prefixes."""
    return make(cloud, caller, "subnetpool", name="pool", prefixes=list(prefixes) or ["10.0.0.0/16"], **attributes)


def cut(cloud: Cloud, pool: dict[str, Any], caller: str = "alice", **attributes: Any) -> Any:
    """Ask for a subnet of a pool, on a network of its own unless one is named."""
    network_id = attributes.pop("network_id", None) or make(cloud, caller, "network")["id"]
    given = {"network_id": network_id, "ip_version": pool["ip_version"], "subnetpool_id": pool["id"], **attributes}
    return ask(cloud, caller, "subnet", **given)


class TestPools:
    def test_a_new_pool_has_neutrons_defaults(self, cloud: Cloud) -> None:
        pool = make_pool(cloud)
        for name in ("id", "created_at", "updated_at"):
            pool.pop(name)
        assert pool == {
            "name": "pool",
            "description": "",
            "tenant_id": DEMO,
            "project_id": DEMO,
            "prefixes": ["10.0.0.0/16"],
            "ip_version": 4,
            "min_prefixlen": "8",
            "max_prefixlen": "32",
            "default_prefixlen": "8",
            "address_scope_id": None,
            "default_quota": None,
            "is_default": False,
            "shared": False,
            "tags": [],
            "revision_number": 1,
        }

    def test_an_ipv6_pool_has_others(self, cloud: Cloud) -> None:
        pool = make_pool(cloud, "alice", "2001:db8::/48")
        assert (pool["ip_version"], pool["min_prefixlen"], pool["max_prefixlen"]) == (6, "64", "128")

    def test_neighbouring_prefixes_become_one(self, cloud: Cloud) -> None:
        assert make_pool(cloud, "alice", "10.0.0.0/25", "10.0.0.128/25")["prefixes"] == ["10.0.0.0/24"]

    def test_it_is_changed_and_deleted(self, cloud: Cloud) -> None:
        pool = make_pool(cloud)
        given = {"name": "x", "prefixes": ["10.0.0.0/15"], "default_prefixlen": 24, "default_quota": 512}
        changed = change(cloud, "alice", "subnetpool", pool["id"], **given).json["subnetpool"]
        assert (changed["prefixes"], changed["default_prefixlen"], changed["default_quota"]) == (
            ["10.0.0.0/15"],
            "24",
            512,
        )
        assert cloud.delete("alice", path("subnetpool", pool["id"])).status_code == 204
        assert fault(cloud.get("alice", path("subnetpool", pool["id"]))) == (404, "SubnetPoolNotFound")

    @pytest.mark.parametrize(
        ("given", "name"),
        [
            ({"prefixes": []}, "EmptySubnetPoolPrefixList"),
            ({"prefixes": ["10.0.0.0/8", "2001:db8::/48"]}, "PrefixVersionMismatch"),
            ({"prefixes": ["x"]}, "HTTPBadRequest"),
            ({"prefixes": "10.0.0.0/8"}, "HTTPBadRequest"),
            ({"name": " "}, "HTTPBadRequest"),
            ({"min_prefixlen": 24, "max_prefixlen": 16}, "IllegalSubnetPoolPrefixBounds"),
            ({"max_prefixlen": 33}, "IllegalSubnetPoolPrefixBounds"),
            ({"default_prefixlen": 7}, "IllegalSubnetPoolPrefixBounds"),
            ({"default_prefixlen": 25, "max_prefixlen": 24}, "IllegalSubnetPoolPrefixBounds"),
            ({"default_quota": -1}, "HTTPBadRequest"),
        ],
    )
    def test_pools_that_cannot_be(self, cloud: Cloud, given: dict[str, Any], name: str) -> None:
        result = ask(cloud, "alice", "subnetpool", **{"name": "pool", "prefixes": ["10.0.0.0/8"], **given})
        assert fault(result) == (400, name)

    def test_an_update_takes_nothing_away(self, cloud: Cloud) -> None:
        pool = make_pool(cloud)
        result = change(cloud, "alice", "subnetpool", pool["id"], prefixes=["10.0.0.0/17"])
        assert fault(result) == (400, "IllegalSubnetPoolPrefixUpdate")

    @pytest.mark.parametrize("resource_id", [UNKNOWN, "no-uuid"])
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_an_unknown_one_is_not_found(self, cloud: Cloud, method: str, resource_id: str) -> None:
        body = {"subnetpool": {"name": "x"}} if method == "PUT" else None
        result = cloud.request("alice", method, path("subnetpool", resource_id), body)
        assert fault(result) == (404, "SubnetPoolNotFound")

    def test_it_has_tags(self, cloud: Cloud) -> None:
        pool = make_pool(cloud)
        cloud.put("alice", path("subnetpool", pool["id"], "tags", "red"))
        assert [item["id"] for item in found(cloud, "alice", "subnetpool", "tags=red&ip_version=4")] == [pool["id"]]


class TestTenancy:
    def test_others_cannot_see_change_use_or_delete_one(self, cloud: Cloud) -> None:
        pool = make_pool(cloud)
        assert found(cloud, "bob", "subnetpool") == []
        assert cloud.get("bob", path("subnetpool", pool["id"])).status_code == 404
        assert change(cloud, "bob", "subnetpool", pool["id"], name="mine").status_code == 404
        assert cloud.delete("bob", path("subnetpool", pool["id"])).status_code == 404
        assert fault(cut(cloud, pool, "bob", prefixlen=24)) == (404, "SubnetPoolNotFound")
        body = {"prefixes": ["10.9.0.0/16"]}
        assert cloud.put("bob", path("subnetpool", pool["id"], "add_prefixes"), body).status_code == 404

    def test_everybody_uses_a_shared_one(self, cloud: Cloud) -> None:
        pool = make_pool(cloud, "admin", shared=True)
        assert [item["id"] for item in found(cloud, "bob", "subnetpool")] == [pool["id"]]
        assert cut(cloud, pool, "bob", prefixlen=24).status_code == 201
        assert fault(change(cloud, "bob", "subnetpool", pool["id"], name="x")) == (403, "PolicyNotAuthorized")

    @pytest.mark.parametrize("name", ["shared", "is_default"])
    def test_only_administrators_make_one_for_all(self, cloud: Cloud, name: str) -> None:
        result = ask(cloud, "alice", "subnetpool", name="pool", prefixes=["10.0.0.0/8"], **{name: True})
        assert fault(result) == (403, "PolicyNotAuthorized")

    def test_there_is_one_default_for_each_ip_version(self, cloud: Cloud) -> None:
        make_pool(cloud, "admin", is_default=True)
        make_pool(cloud, "admin", "2001:db8::/48", is_default=True)
        result = ask(cloud, "admin", "subnetpool", name="pool", prefixes=["10.0.0.0/8"], is_default=True)
        assert fault(result) == (400, "InvalidInput")


class TestCutting:
    def test_subnets_come_one_after_the_other(self, cloud: Cloud) -> None:
        pool = make_pool(cloud)
        subnets = [cut(cloud, pool, prefixlen=24).json["subnet"] for _ in range(2)]
        assert [(item["cidr"], item["gateway_ip"]) for item in subnets] == [
            ("10.0.0.0/24", "10.0.0.1"),
            ("10.0.1.0/24", "10.0.1.1"),
        ]
        assert subnets[0]["subnetpool_id"] == pool["id"]
        assert subnets[0]["allocation_pools"] == [{"start": "10.0.0.2", "end": "10.0.0.254"}]

    def test_without_a_length_the_pools_default_counts(self, cloud: Cloud) -> None:
        pool = make_pool(cloud, default_prefixlen=26)
        assert cut(cloud, pool).json["subnet"]["cidr"] == "10.0.0.0/26"

    def test_a_certain_prefix_can_be_had(self, cloud: Cloud) -> None:
        pool = make_pool(cloud)
        assert cut(cloud, pool, cidr="10.0.7.0/24").json["subnet"]["cidr"] == "10.0.7.0/24"
        result = cut(cloud, pool, cidr="10.0.7.0/25")
        assert fault(result) == (409, "SubnetAllocationError")
        assert fault(cut(cloud, pool, cidr="192.168.0.0/24")) == (409, "SubnetAllocationError")

    def test_a_freed_prefix_serves_again(self, cloud: Cloud) -> None:
        pool = make_pool(cloud, "alice", "10.0.0.0/24")
        subnet = cut(cloud, pool, prefixlen=24).json["subnet"]
        result = cut(cloud, pool, prefixlen=24)
        assert fault(result) == (409, "SubnetAllocationError")
        assert message(result) == "Failed to allocate subnet: Insufficient prefix space to allocate subnet size /24."
        cloud.delete("alice", path("subnet", subnet["id"]))
        assert cut(cloud, pool, prefixlen=24).json["subnet"]["cidr"] == "10.0.0.0/24"

    @pytest.mark.parametrize(
        ("length", "name"), [(8, "MinPrefixSubnetAllocationError"), (30, "MaxPrefixSubnetAllocationError")]
    )
    def test_lengths_have_bounds(self, cloud: Cloud, length: int, name: str) -> None:
        pool = make_pool(cloud, min_prefixlen=16, max_prefixlen=28)
        assert fault(cut(cloud, pool, prefixlen=length)) == (400, name)

    def test_a_project_takes_no_more_than_its_share(self, cloud: Cloud) -> None:
        pool = make_pool(cloud, default_quota=256)
        assert cut(cloud, pool, prefixlen=25).status_code == 201
        assert fault(cut(cloud, pool, prefixlen=24)) == (409, "SubnetPoolQuotaExceeded")

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"cidr": "10.0.0.0/24", "prefixlen": 24}, "cidr and prefixlen must not be supplied together"),
            ({"ip_version": 6}, "Cannot allocate IPv6 subnet from IPv4 subnet pool"),
            (
                {"allocation_pools": [{"start": "10.0.0.2", "end": "10.0.0.9"}]},
                "allocation_pools allowed only for specific subnet requests.",
            ),
            ({"use_default_subnetpool": True}, "subnetpool_id and use_default_subnetpool cannot both be specified"),
        ],
    )
    def test_wishes_that_contradict(self, cloud: Cloud, given: dict[str, Any], text: str) -> None:
        result = cut(cloud, make_pool(cloud), **given)
        assert fault(result) == (400, "BadRequest")
        assert message(result) == f"Bad subnets request: {text}."

    def test_a_pool_with_subnets_stays(self, cloud: Cloud) -> None:
        pool = make_pool(cloud)
        cut(cloud, pool, prefixlen=24)
        result = cloud.delete("alice", path("subnetpool", pool["id"]))
        assert fault(result) == (400, "SubnetPoolDeleteError")
        assert message(result) == "Unable to delete subnet pool: Subnet pool has existing allocations."

    def test_a_networks_subnets_are_of_one_pool(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", "192.168.0.0/24")
        result = cut(cloud, make_pool(cloud), network_id=subnet["network_id"], prefixlen=24)
        assert fault(result) == (400, "NetworkSubnetPoolAffinityError")

    def test_the_default_pool(self, cloud: Cloud) -> None:
        network_id = make(cloud, "alice", "network")["id"]
        given = {"network_id": network_id, "ip_version": 4, "use_default_subnetpool": True, "prefixlen": 24}
        result = ask(cloud, "alice", "subnet", **given)
        assert message(result) == "Bad subnets request: No default subnetpool found for IPv4."
        pool = make_pool(cloud, "admin", is_default=True, shared=True)
        assert make(cloud, "alice", "subnet", **given)["subnetpool_id"] == pool["id"]


class TestPrefixes:
    def act(self, cloud: Cloud, action: str, pool: dict[str, Any], *prefixes: str) -> Any:
        return cloud.put("alice", path("subnetpool", pool["id"], action), {"prefixes": list(prefixes)})

    def test_they_are_added_and_removed(self, cloud: Cloud) -> None:
        pool = make_pool(cloud, "alice", "10.0.0.0/24")
        assert self.act(cloud, "add_prefixes", pool, "10.0.1.0/24").json == {"prefixes": ["10.0.0.0/23"]}
        assert self.act(cloud, "remove_prefixes", pool, "10.0.0.0/24").json == {"prefixes": ["10.0.1.0/24"]}
        assert show(cloud, "alice", "subnetpool", pool["id"])["prefixes"] == ["10.0.1.0/24"]

    def test_one_that_is_used_stays(self, cloud: Cloud) -> None:
        pool = make_pool(cloud)
        cut(cloud, pool, prefixlen=24)
        result = self.act(cloud, "remove_prefixes", pool, "10.0.0.0/25")
        assert fault(result) == (400, "IllegalSubnetPoolPrefixUpdate")
        assert self.act(cloud, "remove_prefixes", pool, "10.0.1.0/24").status_code == 200

    @pytest.mark.parametrize("body", [{}, {"prefixes": "x"}, {"prefixes": ["x"]}])
    def test_a_body_without_prefixes(self, cloud: Cloud, body: dict[str, Any]) -> None:
        pool = make_pool(cloud)
        assert cloud.put("alice", path("subnetpool", pool["id"], "add_prefixes"), body).status_code == 400
