"""Quotas over HTTP, and that they hold."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.network.neutron import ROOT, ask, fault, found, make, make_subnet, message, path
from tests.support.cloud import DEMO, OTHER, Cloud

QUOTAS = f"{ROOT}/quotas"
DEFAULTS = {
    "network": 100,
    "subnet": 100,
    "subnetpool": -1,
    "port": 500,
    "security_group": 10,
    "security_group_rule": 100,
    "router": 10,
    "floatingip": 50,
    "rbac_policy": 10,
    "trunk": -1,
}


def limit(cloud: Cloud, **limits: Any) -> Any:
    """Give alice's project limits of its own."""
    return cloud.put("admin", f"{QUOTAS}/{DEMO}", {"quota": limits})


class TestLimits:
    def test_a_project_has_neutrons_defaults(self, cloud: Cloud) -> None:
        assert cloud.get("alice", f"{QUOTAS}/{DEMO}").json == {"quota": DEFAULTS}
        assert cloud.get("alice", f"{QUOTAS}/{DEMO}/default").json == {"quota": DEFAULTS}

    def test_limits_are_set_and_reset(self, cloud: Cloud) -> None:
        assert limit(cloud, network=5, port="7").json == {"quota": {**DEFAULTS, "network": 5, "port": 7}}
        assert cloud.get("alice", f"{QUOTAS}/{DEMO}").json["quota"]["network"] == 5
        own = {**DEFAULTS, "network": 5, "port": 7, "project_id": DEMO, "tenant_id": DEMO}
        assert cloud.get("admin", QUOTAS).json == {"quotas": [own]}
        assert cloud.delete("admin", f"{QUOTAS}/{DEMO}").status_code == 204
        assert cloud.get("alice", f"{QUOTAS}/{DEMO}").json == {"quota": DEFAULTS}
        assert cloud.get("admin", QUOTAS).json == {"quotas": []}

    def test_there_is_nothing_to_reset_twice(self, cloud: Cloud) -> None:
        result = cloud.delete("admin", f"{QUOTAS}/{DEMO}")
        assert fault(result) == (404, "TenantQuotaNotFound")
        assert message(result) == f"Quota for project {DEMO} could not be found."

    def test_details_say_what_is_used(self, cloud: Cloud) -> None:
        make(cloud, "alice", "network")
        for suffix in ("details", "details.json"):
            quota = cloud.get("alice", f"{QUOTAS}/{DEMO}/{suffix}").json["quota"]
            assert quota["network"] == {"limit": 100, "used": 1, "reserved": 0}
            assert set(quota) == set(DEFAULTS)

    @pytest.mark.parametrize("key", ["tenant", "project"])
    def test_the_token_tells_the_project(self, cloud: Cloud, key: str) -> None:
        assert cloud.get("alice", f"{QUOTAS}/{key}").json == {key: {f"{key}_id": DEMO}}

    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ({"network": "x"}, "Invalid input for operation: 'x' is not an integer."),
            ({"network": -2}, "Invalid input for network. Reason: '-2' is too small - must be at least '-1'."),
            ({"colour": 1}, "Unrecognized attribute(s) 'colour'"),
        ],
    )
    def test_limits_that_cannot_be(self, cloud: Cloud, body: dict[str, Any], text: str) -> None:
        result = limit(cloud, **body)
        assert result.status_code == 400
        assert message(result) == text

    def test_a_limit_below_what_is_used_must_be_forced(self, cloud: Cloud) -> None:
        for _ in range(2):
            make(cloud, "alice", "network")
        result = limit(cloud, network=1)
        assert message(result) == "Quota limit 1 for network must be greater than or equal to already used 2"
        assert limit(cloud, network=1, force=True).status_code == 200


class TestWhoMay:
    def test_a_member_sees_only_his_own(self, cloud: Cloud) -> None:
        assert fault(cloud.get("alice", f"{QUOTAS}/{OTHER}")) == (403, "PolicyNotAuthorized")
        assert fault(cloud.get("alice", f"{QUOTAS}/{OTHER}/default")) == (403, "PolicyNotAuthorized")
        assert fault(cloud.get("alice", f"{QUOTAS}/{OTHER}/details")) == (403, "AdminRequired")
        assert fault(cloud.get("alice", QUOTAS)) == (403, "PolicyNotAuthorized")

    def test_and_changes_nothing(self, cloud: Cloud) -> None:
        result = cloud.put("alice", f"{QUOTAS}/{DEMO}", {"quota": {"network": 1000}})
        assert fault(result) == (403, "PolicyNotAuthorized")
        assert fault(cloud.delete("alice", f"{QUOTAS}/{DEMO}")) == (403, "PolicyNotAuthorized")

    def test_an_administrator_does(self, cloud: Cloud) -> None:
        assert cloud.get("admin", f"{QUOTAS}/{DEMO}/details").status_code == 200


class TestEnforcement:
    @pytest.mark.parametrize("singular", ["network", "subnet", "port", "security_group", "security_group_rule"])
    def test_no_more_than_the_limit(self, cloud: Cloud, singular: str) -> None:
        subnet = make_subnet(cloud, "alice")
        group = make(cloud, "alice", "security_group", name="web")["id"]
        given: dict[str, dict[str, Any]] = {
            "subnet": {"network_id": subnet["network_id"], "ip_version": 4, "cidr": "10.7.0.0/24"},
            "port": {"network_id": subnet["network_id"]},
            "security_group_rule": {"security_group_id": group, "direction": "ingress"},
        }
        assert limit(cloud, force=True, **{singular: 0}).status_code == 200
        result = ask(cloud, "alice", singular, **given.get(singular, {}))
        assert fault(result) == (409, "OverQuota")
        assert message(result) == f"Quota exceeded for resources: ['{singular}']."
        assert result.json["NeutronError"]["detail"] == ""

    def test_a_request_for_several_counts_them_all(self, cloud: Cloud) -> None:
        limit(cloud, network=2)
        assert fault(cloud.post("alice", path("network"), {"networks": [{}] * 3})) == (409, "OverQuota")
        assert cloud.post("alice", path("network"), {"networks": [{}] * 2}).status_code == 201

    def test_what_is_deleted_can_be_made_again(self, cloud: Cloud) -> None:
        limit(cloud, network=1)
        network = make(cloud, "alice", "network")
        assert ask(cloud, "alice", "network").status_code == 409
        assert cloud.delete("alice", path("network", network["id"])).status_code == 204
        assert ask(cloud, "alice", "network").status_code == 201

    def test_no_limit_is_no_limit(self, cloud: Cloud) -> None:
        limit(cloud, security_group=-1)
        assert all(ask(cloud, "alice", "security_group", name="x").status_code == 201 for _ in range(12))

    def test_a_new_group_needs_room_for_its_rules(self, cloud: Cloud) -> None:
        limit(cloud, security_group_rule=5)
        assert fault(ask(cloud, "alice", "security_group", name="x")) == (409, "OverQuota")


ASKED_AT_ONCE = 20


class TestAtTheEdge:
    """Many at once: never more than the limit, and as many as it leaves."""

    @pytest.mark.parametrize(
        ("singular", "left"),
        [
            ("network", 7),
            ("router", 3),
            ("security_group", 5),
            ("subnetpool", 4),
            ("port", 6),
            ("subnet", 5),
            ("trunk", 2),
        ],
    )
    def test_as_many_as_are_left(self, cloud: Cloud, singular: str, left: int) -> None:
        network_id = make(cloud, "alice", "network")["id"]
        cloud.get("alice", path("security_group"))
        given = [self._given(cloud, singular, network_id, number) for number in range(ASKED_AT_ONCE)]
        used = self._details(cloud)[singular]["used"]
        assert limit(cloud, **{singular: used + left}).status_code == 200
        with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
            statuses = Counter(pool.map(lambda item: ask(cloud, "alice", singular, **item).status_code, given))
        assert statuses == {201: left, 409: ASKED_AT_ONCE - left}
        assert self._details(cloud)[singular] == {"limit": used + left, "used": used + left, "reserved": 0}
        own = [item for item in found(cloud, "alice", singular) if item["project_id"] == DEMO]
        assert len(own) == used + left

    def test_what_goes_meanwhile_is_not_lost(self, cloud: Cloud) -> None:
        limit(cloud, network=2)
        ids = [make(cloud, "alice", "network")["id"] for _ in range(2)]
        with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
            gone = [pool.submit(cloud.delete, "alice", path("network", item)) for item in ids]
            asked = [pool.submit(ask, cloud, "alice", "network") for _ in range(ASKED_AT_ONCE)]
        assert all(item.result().status_code == 204 for item in gone)
        made = sum(item.result().status_code == 201 for item in asked)
        assert made <= 2
        assert self._details(cloud)["network"]["used"] == made
        for _ in range(2 - made):
            make(cloud, "alice", "network")
        assert ask(cloud, "alice", "network").status_code == 409

    def _given(self, cloud: Cloud, singular: str, network_id: str, number: int) -> dict[str, Any]:
        if singular == "trunk":
            return {"port_id": make(cloud, "alice", "port", network_id=network_id)["id"]}
        given: dict[str, dict[str, Any]] = {
            "security_group": {"name": "x"},
            "subnetpool": {"name": "p", "prefixes": [f"10.{number}.0.0/16"]},
            "port": {"network_id": network_id},
            "subnet": {"network_id": network_id, "ip_version": 4, "cidr": f"10.{number}.0.0/24"},
        }
        return given.get(singular, {})

    def _details(self, cloud: Cloud) -> Any:
        return cloud.get("alice", f"{QUOTAS}/{DEMO}/details").json["quota"]
