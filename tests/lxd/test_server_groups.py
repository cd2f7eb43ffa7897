"""Server groups on a real LXD of one machine."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jumpgate.common.errors import BadRequest
from jumpgate.compute.drivers.lxd.server_groups import place
from tests.lxd.cloud import running_cloud
from tests.lxd.servers import SERVERS, remove, settled
from tests.support.cloud import Cloud
from tests.support.lxd import RunningLxd

GROUPS = "/compute/v2.1/os-server-groups"


def group(cloud: Cloud, policy: str, **rules: int) -> str:
    wanted = {"name": policy, "policy": policy, **({"rules": rules} if rules else {})}
    made = cloud.post("alice", GROUPS, {"server_group": wanted}, version="compute 2.79")
    assert made.status_code == 200, made.text
    return str(made.json["server_group"]["id"])


def boot(cloud: Cloud, image: str, group_id: str, count: int = 1) -> Any:
    server = {"name": "one", "imageRef": image, "flavorRef": "42", "networks": "auto", "max_count": count}
    body = {"server": {**server, "min_count": count}, "os:scheduler_hints": {"group": group_id}}
    return cloud.post("alice", SERVERS, body, version="compute 2.79")


def members(cloud: Cloud, group_id: str) -> list[str]:
    found: list[str] = cloud.get("alice", f"{GROUPS}/{group_id}").json["server_group"]["members"]
    return found


@pytest.mark.parametrize(
    ("policy", "rules", "most"), [("anti-affinity", {}, 1), ("anti-affinity", {"max_server_per_host": 2}, 2)]
)
def test_one_machine_takes_no_more_servers_that_want_to_be_apart(
    cloud: Cloud, image: str, policy: str, rules: dict[str, int], most: int
) -> None:
    group_id = group(cloud, policy, **rules)
    refused = boot(cloud, image, group_id, most + 1)
    assert refused.status_code == 400
    assert "No valid host was found" in refused.json["badRequest"]["message"]
    assert boot(cloud, image, group_id, most).status_code == 202
    assert boot(cloud, image, group_id).status_code == 400
    there = members(cloud, group_id)
    assert len(there) == most
    for server_id in there:
        assert settled(cloud, server_id, "ACTIVE")["server_groups"] == [group_id]
    remove(cloud, *there)
    assert members(cloud, group_id) == []
    cloud.delete("alice", f"{GROUPS}/{group_id}")


@pytest.mark.parametrize("policy", ["affinity", "soft-affinity", "soft-anti-affinity"])
def test_one_machine_takes_all_servers_that_bear_each_other(cloud: Cloud, image: str, policy: str) -> None:
    group_id = group(cloud, policy)
    assert boot(cloud, image, group_id, 2).status_code == 202
    there = members(cloud, group_id)
    for server_id in there:
        settled(cloud, server_id, "ACTIVE")
    assert cloud.delete("alice", f"{GROUPS}/{group_id}").status_code == 204
    assert cloud.get("alice", f"{SERVERS}/{there[0]}", version="compute 2.79").json["server"]["server_groups"] == []
    remove(cloud, *there)


def test_groups_are_their_projects_and_outlive_the_database(cloud: Cloud, lxd: RunningLxd, tmp_path: Path) -> None:
    group_id = group(cloud, "affinity")
    assert cloud.get("bob", f"{GROUPS}/{group_id}").status_code == 404
    assert cloud.delete("bob", f"{GROUPS}/{group_id}").status_code == 404
    assert group_id not in cloud.get("bob", GROUPS).text
    with running_cloud(tmp_path, lxd) as other:
        assert [item["id"] for item in other.get("alice", GROUPS).json["server_groups"]] == [group_id]
    assert cloud.delete("alice", f"{GROUPS}/{group_id}").status_code == 204
    assert cloud.delete("alice", f"{GROUPS}/{group_id}").status_code == 404


@pytest.mark.parametrize(
    ("policy", "taken", "expected"),
    [
        ("affinity", {}, "a"),
        ("affinity", {"b": 1}, "b"),
        ("affinity", {"down": 1}, None),
        ("soft-affinity", {"down": 1}, "a"),
        ("anti-affinity", {"a": 1}, "b"),
        ("anti-affinity", {"a": 1, "b": 1}, None),
        ("soft-anti-affinity", {"a": 2, "b": 1}, "b"),
    ],
)
def test_a_cluster_is_used_as_the_policy_says(policy: str, taken: dict[str, int], expected: str | None) -> None:
    names = {"a": True, "b": True, "down": False}
    members = [SimpleNamespace(name=name, is_up=is_up, is_open=True) for name, is_up in names.items()]
    cluster: Any = SimpleNamespace(members=lambda: members)
    if expected is None:
        with pytest.raises(BadRequest, match="No valid host"):
            place(cluster, policy, Counter(taken), 1)
    else:
        assert place(cluster, policy, Counter(taken), 1) == expected
