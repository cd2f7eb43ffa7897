"""Tags of VLANs and subnets, and what an account has of networks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.softlayer.cloud import ACCOUNT, OTHER, SoftLayerCloud
from tests.softlayer.test_lists import filled
from tests.softlayer.test_networks import ROOT, network


def first(cloud: SoftLayerCloud, kind: str) -> str:
    """Return the id of one of alice's VLANs, or of one of her subnets."""
    if kind == "networks":
        return network(cloud, "private")
    return str(cloud.get("alice", f"{ROOT}/subnets").json["subnets"][0]["id"])


def tags(cloud: SoftLayerCloud, path: str) -> list[str]:
    found: list[str] = cloud.get("alice", f"{path}/tags").json["tags"]
    return sorted(found)


@pytest.mark.parametrize("kind", ["networks", "subnets"])
def test_tags_are_softlayers(cloud: SoftLayerCloud, kind: str) -> None:
    path = f"{ROOT}/{kind}/{first(cloud, kind)}"

    assert cloud.put("alice", f"{path}/tags", {"tags": ["blue", "green"]}).status_code == 200
    assert cloud.put("alice", f"{path}/tags/red").status_code == 201
    assert cloud.delete("alice", f"{path}/tags/blue").status_code == 204

    assert tags(cloud, path) == ["green", "red"]
    table = cloud.fake.world.table("vlans" if kind == "networks" else "subnets")
    assert [thing.record["tags"] for thing in table.things.values() if thing.record.get("tags")] == [["green", "red"]]
    assert cloud.get("alice", path).json[kind.removesuffix("s")]["tags"] == ["green", "red"]
    assert len(cloud.get("alice", f"{ROOT}/{kind}?tags=red").json[kind]) == 1
    assert cloud.get("alice", f"{ROOT}/{kind}?tags=blue").json[kind] == []


@pytest.mark.parametrize("kind", ["networks", "subnets"])
def test_tags_are_their_accounts_own(cloud: SoftLayerCloud, kind: str) -> None:
    path = f"{ROOT}/{kind}/{first(cloud, kind)}/tags"

    assert cloud.get("bob", path).status_code == 404
    assert cloud.put("bob", path, {"tags": ["mine"]}).status_code == 404
    assert cloud.put("bob", f"{path}/mine").status_code == 404
    assert cloud.get("alice", path).json["tags"] == []


def test_a_tag_that_is_not_there_is_not_removed(cloud: SoftLayerCloud) -> None:
    path = f"{ROOT}/networks/{network(cloud, 'private')}"

    assert cloud.delete("alice", f"{path}/tags/blue").status_code == 404
    assert cloud.put("alice", f"{path}/tags", {"tags": ["a,b"]}).status_code == 400


def test_the_global_network_has_no_tags(cloud: SoftLayerCloud) -> None:
    assert cloud.put("alice", f"{ROOT}/networks/{network(cloud, 'global')}/tags/blue").status_code == 400


def quota(cloud: SoftLayerCloud, user: str = "alice", account: int = ACCOUNT) -> dict[str, Any]:
    answer = cloud.get(user, f"{ROOT}/quotas/{account}/details")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json["quota"]
    return shown


def test_what_an_account_has_is_counted(cloud: SoftLayerCloud) -> None:
    filled(cloud, 2)

    used = {name: item["used"] for name, item in quota(cloud).items()}

    assert used == {
        "network": 4,
        "subnet": 4,
        "port": 4,
        "floatingip": 2,
        "security_group": 2,
        "security_group_rule": 4,
    }
    assert {item["limit"] for item in quota(cloud).values()} == {-1}


def test_a_guest_without_a_public_interface_has_one_port(cloud: SoftLayerCloud) -> None:
    cloud.boot(networks=[{"uuid": network(cloud, "private")}])

    assert quota(cloud)["port"]["used"] == 1


def test_quotas_are_seen_by_their_account_and_changed_by_nobody(cloud: SoftLayerCloud) -> None:
    assert cloud.get("carol", f"{ROOT}/quotas/{ACCOUNT}").json["quota"]["network"] == -1
    assert cloud.get("carol", f"{ROOT}/quotas/{OTHER}").status_code in (403, 404)
    assert cloud.put("alice", f"{ROOT}/quotas/{ACCOUNT}", {"quota": {"network": 3}}).status_code == 501
    assert cloud.get("alice", f"{ROOT}/quotas").json["quotas"] == []
    assert quota(cloud, "bob", OTHER)["port"]["used"] == 0


@pytest.mark.parametrize("count", [1, 3])
def test_quotas_cost_four_calls(cloud: SoftLayerCloud, count: int) -> None:
    filled(cloud, count)

    assert sorted(cloud.calls_of("alice", f"{ROOT}/quotas/{ACCOUNT}/details")) == [
        "Account::getObject",
        "Account::getSubnets",
        "Account::getVirtualGuests",
        "Network_SecurityGroup::getAllObjects",
    ]
