"""Address scopes and the subnet pools in them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.network.neutron import ROOT, UNKNOWN, ask, change, fault, found, make, message, path, show
from tests.support.cloud import DEMO, Cloud

SCOPES = f"{ROOT}/address-scopes"


def scope(cloud: Cloud, caller: str = "alice", **attributes: Any) -> dict[str, Any]:
    """Make an address scope."""
    result = cloud.post(caller, SCOPES, {"address_scope": {"name": "s", "ip_version": 4, **attributes}})
    assert result.status_code == 201, result.text
    made: dict[str, Any] = result.json["address_scope"]
    return made


def pool(cloud: Cloud, caller: str, prefix: str, scope_id: str | None) -> Any:
    """Ask for a subnet pool in a scope."""
    return ask(cloud, caller, "subnetpool", name="p", prefixes=[prefix], address_scope_id=scope_id)


class TestScopes:
    def test_a_scope_is_made_changed_and_deleted(self, cloud: Cloud) -> None:
        made = scope(cloud)
        assert made == {
            "id": made["id"],
            "name": "s",
            "tenant_id": DEMO,
            "project_id": DEMO,
            "shared": False,
            "ip_version": 4,
        }
        where = f"{SCOPES}/{made['id']}"
        assert cloud.put("alice", where, {"address_scope": {"name": "t"}}).json["address_scope"]["name"] == "t"
        result = cloud.put("alice", where, {"address_scope": {"ip_version": 6}})
        assert message(result) == "Cannot update read-only attribute ip_version"
        assert cloud.delete("alice", where).status_code == 204
        assert fault(cloud.get("alice", where)) == (404, "AddressScopeNotFound")

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"name": "b"}, "Failed to parse request. Required attribute 'ip_version' not specified"),
            ({"ip_version": 5}, "Invalid input for ip_version. Reason: 5 is not in valid_values."),
        ],
    )
    def test_scopes_that_cannot_be(self, cloud: Cloud, given: dict[str, Any], text: str) -> None:
        result = cloud.post("alice", SCOPES, {"address_scope": given})
        assert (result.status_code, message(result)) == (400, text)

    def test_lists_are_filtered_and_sorted(self, cloud: Cloud) -> None:
        for name, version in (("b", 4), ("a", 6), ("c", 4)):
            scope(cloud, name=name, ip_version=version)
        listed = cloud.get("alice", f"{SCOPES}?ip_version=4&sort_key=name&sort_dir=desc").json["address_scopes"]
        assert [item["name"] for item in listed] == ["c", "b"]
        assert fault(cloud.get("alice", f"{SCOPES}?colour=1")) == (400, "HTTPBadRequest")

    def test_only_administrators_share_one_and_for_good(self, cloud: Cloud) -> None:
        result = cloud.post("alice", SCOPES, {"address_scope": {"ip_version": 4, "shared": True}})
        assert message(result) == (
            "(rule:create_address_scope and rule:create_address_scope:shared) is disallowed by policy"
        )
        shared = scope(cloud, "admin", shared=True)
        assert [item["id"] for item in cloud.get("bob", SCOPES).json["address_scopes"]] == [shared["id"]]
        result = cloud.put("admin", f"{SCOPES}/{shared['id']}", {"address_scope": {"shared": False}})
        assert fault(result) == (400, "AddressScopeUpdateError")
        result = cloud.put("bob", f"{SCOPES}/{shared['id']}", {"address_scope": {"name": "x"}})
        assert fault(result) == (403, "PolicyNotAuthorized")

    def test_other_projects_neither_see_nor_touch_it(self, cloud: Cloud) -> None:
        where = f"{SCOPES}/{scope(cloud)['id']}"
        assert cloud.get("bob", SCOPES).json == {"address_scopes": []}
        assert cloud.get("bob", where).status_code == 404
        assert cloud.put("bob", where, {"address_scope": {"name": "x"}}).status_code == 404
        assert cloud.delete("bob", where).status_code == 404
        assert fault(pool(cloud, "bob", "10.7.0.0/16", where.rsplit("/", 1)[1])) == (404, "AddressScopeNotFound")


class TestPools:
    def test_a_network_is_in_the_scope_of_its_subnets(self, cloud: Cloud) -> None:
        scope_id = scope(cloud)["id"]
        made = pool(cloud, "alice", "10.7.0.0/16", scope_id).json["subnetpool"]
        assert made["address_scope_id"] == scope_id
        assert [item["id"] for item in found(cloud, "alice", "subnetpool", f"address_scope_id={scope_id}")] == [
            made["id"]
        ]
        network_id = make(cloud, "alice", "network")["id"]
        make(cloud, "alice", "subnet", network_id=network_id, ip_version=4, subnetpool_id=made["id"], prefixlen=24)
        network = show(cloud, "alice", "network", network_id)
        assert (network["ipv4_address_scope"], network["ipv6_address_scope"]) == (scope_id, None)

    def test_prefixes_in_a_scope_do_not_overlap(self, cloud: Cloud) -> None:
        scope_id = scope(cloud)["id"]
        first = pool(cloud, "alice", "10.7.0.0/16", scope_id).json["subnetpool"]["id"]
        assert fault(pool(cloud, "alice", "10.7.1.0/24", scope_id)) == (409, "AddressScopePrefixConflict")
        second = pool(cloud, "alice", "10.7.1.0/24", None).json["subnetpool"]["id"]
        result = change(cloud, "alice", "subnetpool", second, address_scope_id=scope_id)
        assert fault(result) == (409, "AddressScopePrefixConflict")
        third = pool(cloud, "alice", "10.8.0.0/16", scope_id).json["subnetpool"]["id"]
        added = cloud.put("alice", path("subnetpool", third, "add_prefixes"), {"prefixes": ["10.7.0.0/24"]})
        assert fault(added) == (409, "AddressScopePrefixConflict")
        assert change(cloud, "alice", "subnetpool", first, address_scope_id=None).status_code == 200
        assert change(cloud, "alice", "subnetpool", second, address_scope_id=scope_id).status_code == 200

    def test_versions_agree(self, cloud: Cloud) -> None:
        result = pool(cloud, "alice", "fd00::/48", scope(cloud)["id"])
        assert fault(result) == (400, "IllegalSubnetPoolIpVersionAssociationToAddressScope")
        assert fault(pool(cloud, "alice", "10.7.0.0/16", UNKNOWN)) == (404, "AddressScopeNotFound")

    def test_a_scope_in_use_stays(self, cloud: Cloud) -> None:
        scope_id = scope(cloud)["id"]
        pool_id = pool(cloud, "alice", "10.7.0.0/16", scope_id).json["subnetpool"]["id"]
        assert fault(cloud.delete("alice", f"{SCOPES}/{scope_id}")) == (409, "AddressScopeInUse")
        cloud.delete("alice", path("subnetpool", pool_id))
        assert cloud.delete("alice", f"{SCOPES}/{scope_id}").status_code == 204
