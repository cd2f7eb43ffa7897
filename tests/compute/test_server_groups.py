"""Server groups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud
from tests.support.cloud import CALLERS, DEMO

NOWHERE = "11111111-1111-1111-1111-111111111111"


def create(cloud: ComputeCloud, at: str | None = None, caller: str = "alice", **wanted: Any) -> Any:
    wanted = {"name": "group", **wanted} if wanted else {"name": "group", "policies": ["affinity"]}
    return cloud.call(caller, "POST", "/os-server-groups", {"server_group": wanted}, at=at)


def test_a_group_is_made_shown_and_deleted(cloud: ComputeCloud) -> None:
    answer = create(cloud)
    assert answer.status_code == 200
    group = answer.json["server_group"]
    shown = {"id": group["id"], "name": "group", "policies": ["affinity"], "metadata": {}, "members": []}
    assert group == shown

    path = f"/os-server-groups/{group['id']}"
    assert cloud.call("alice", "GET", path).json == {"server_group": shown}
    assert cloud.call("alice", "GET", "/os-server-groups").json == {"server_groups": [shown]}
    assert cloud.call("alice", "DELETE", path).status_code == 204
    for method in ("GET", "DELETE"):
        missing = cloud.call("alice", method, path)
        assert missing.status_code == 404
        assert missing.json["itemNotFound"]["message"] == f"Instance group {group['id']} could not be found."


def test_attributes_changed_with_the_microversions(cloud: ComputeCloud) -> None:
    path = f"/os-server-groups/{create(cloud).json['server_group']['id']}"

    owned = cloud.call("alice", "GET", path, at="2.13").json["server_group"]
    assert (owned["project_id"], owned["user_id"]) == (DEMO, CALLERS["alice"].user_id)
    latest = cloud.call("alice", "GET", path, at="2.64").json["server_group"]
    assert (latest["policy"], latest["rules"]) == ("affinity", {})
    assert not {"policies", "metadata"} & set(latest)


@pytest.mark.parametrize(
    ("wanted", "at", "status"),
    [
        ({"policies": ["soft-affinity"]}, "2.14", 400),
        ({"policies": ["soft-affinity"]}, "2.15", 200),
        ({"policies": ["nonsense"]}, None, 400),
        ({"policies": []}, None, 400),
        ({"policies": ["affinity", "anti-affinity"]}, None, 400),
        ({"policy": "affinity"}, "2.63", 400),
        ({"policy": "affinity"}, "2.64", 200),
        ({"policy": "anti-affinity", "rules": {"max_server_per_host": 3}}, "2.64", 200),
        ({"policy": "affinity", "rules": {"max_server_per_host": 3}}, "2.64", 400),
        ({"policy": "anti-affinity", "rules": {"max_server_per_host": 0}}, "2.64", 400),
        ({"name": "", "policies": ["affinity"]}, None, 400),
    ],
)
def test_what_a_group_can_be(cloud: ComputeCloud, wanted: dict[str, Any], at: str | None, status: int) -> None:
    assert create(cloud, at=at, **wanted).status_code == status


def test_members_come_by_a_hint_and_go_with_their_server(cloud: ComputeCloud) -> None:
    group_id = create(cloud).json["server_group"]["id"]
    body = {**cloud.wanted(), "os:scheduler_hints": {"group": group_id}}
    server_id = cloud.call("alice", "POST", "/servers", body).json["server"]["id"]
    cloud.settle()

    def members() -> list[str]:
        found: list[str] = cloud.call("alice", "GET", f"/os-server-groups/{group_id}").json["server_group"]["members"]
        return found

    assert members() == [server_id]
    assert cloud.server(server_id, at="2.71")["server_groups"] == [group_id]
    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    cloud.settle()
    assert members() == []


def test_a_deleted_group_lets_its_servers_be(cloud: ComputeCloud) -> None:
    group_id = create(cloud).json["server_group"]["id"]
    body = {**cloud.wanted(), "os:scheduler_hints": {"group": group_id}}
    server_id = cloud.call("alice", "POST", "/servers", body).json["server"]["id"]
    cloud.settle()

    cloud.call("alice", "DELETE", f"/os-server-groups/{group_id}")

    assert cloud.server(server_id, at="2.71")["server_groups"] == []


def test_servers_that_want_to_be_apart_need_more_hosts(cloud: ComputeCloud) -> None:
    group_id = create(cloud, policies=["anti-affinity"]).json["server_group"]["id"]
    body = {**cloud.wanted(), "os:scheduler_hints": {"group": group_id}}
    for _ in range(2):
        cloud.call("alice", "POST", "/servers", body)
        cloud.settle()

    servers = cloud.call("alice", "GET", "/servers/detail?sort_dir=asc").json["servers"]
    assert [server["status"] for server in servers] == ["ACTIVE", "ERROR"]
    assert servers[1]["fault"]["message"].startswith("No valid host was found.")


def test_groups_and_members_have_quotas(cloud: ComputeCloud) -> None:
    quota = {"server_groups": 1, "server_group_members": 1}
    cloud.call("admin", "PUT", f"/os-quota-sets/{DEMO}", {"quota_set": quota})
    group_id = create(cloud).json["server_group"]["id"]

    over = create(cloud)
    assert over.status_code == 403
    assert over.json["forbidden"]["message"] == "Quota exceeded, too many server groups."
    body = {**cloud.wanted(max_count=2, min_count=2), "os:scheduler_hints": {"group": group_id}}
    assert "too many servers in group" in cloud.call("alice", "POST", "/servers", body).text


def test_groups_are_their_project_s(cloud: ComputeCloud) -> None:
    group_id = create(cloud).json["server_group"]["id"]

    assert cloud.call("bob", "GET", "/os-server-groups").json == {"server_groups": []}
    assert cloud.call("bob", "GET", "/os-server-groups?all_projects=1").json == {"server_groups": []}
    for method in ("GET", "DELETE"):
        assert cloud.call("bob", method, f"/os-server-groups/{group_id}").status_code == 404
    assert cloud.call("reader", "DELETE", f"/os-server-groups/{group_id}").status_code == 403
    assert create(cloud, caller="reader").status_code == 403
    assert cloud.call("admin", "GET", "/os-server-groups").json == {"server_groups": []}
    everything = cloud.call("admin", "GET", "/os-server-groups?all_projects=1").json["server_groups"]
    assert [group["id"] for group in everything] == [group_id]
    body = {**cloud.wanted(), "os:scheduler_hints": {"group": group_id}}
    assert cloud.call("bob", "POST", "/servers", body).status_code == 400


def test_lists_take_limit_and_offset(cloud: ComputeCloud) -> None:
    for name in ("a", "b", "c"):
        create(cloud, name=name, policies=["affinity"])

    def names(query: str) -> list[str]:
        return [
            group["name"] for group in cloud.call("alice", "GET", f"/os-server-groups{query}").json["server_groups"]
        ]

    assert names("?limit=2") == ["a", "b"]
    assert names("?limit=2&offset=1") == ["b", "c"]
    assert cloud.call("alice", "GET", "/os-server-groups?limit=-1").status_code == 400
    assert cloud.call("alice", "GET", "/os-server-groups?unknown=1", at="2.75").status_code == 400


def test_an_id_that_cannot_be_is_not_found(cloud: ComputeCloud) -> None:
    for group_id in (NOWHERE, "nonsense"):
        assert cloud.call("alice", "GET", f"/os-server-groups/{group_id}").status_code == 404
