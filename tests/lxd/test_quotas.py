"""Quotas that LXD keeps, and the report of how long servers ran."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lxd.cloud import running_cloud
from tests.lxd.servers import PROJECT, SERVERS, ask, boot, remove, settled
from tests.support.cloud import DEMO, Cloud
from tests.support.lxd import RunningLxd

QUOTA = f"/compute/v2.1/os-quota-sets/{DEMO}"


@pytest.fixture(autouse=True)
def _no_limits(cloud: Cloud) -> Iterator[None]:
    yield
    assert cloud.delete("admin", QUOTA).status_code == 202


def limit(cloud: Cloud, **limits: int) -> dict[str, Any]:
    answer = cloud.put("admin", QUOTA, {"quota_set": limits})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json["quota_set"]
    return shown


def limits_of(lxd: RunningLxd) -> dict[str, str]:
    config = json.loads(lxd.lxc("query", f"/1.0/projects/os-{DEMO}"))["config"]
    return {key: text for key, text in config.items() if key.startswith("limits.")}


def test_a_projects_limits_are_lxds(cloud: Cloud, lxd: RunningLxd) -> None:
    before = cloud.get("alice", QUOTA).json["quota_set"]
    assert (before["instances"], before["cores"], before["ram"]) == (-1, -1, -1)
    shown = limit(cloud, instances=3, cores=4, ram=512)
    assert (shown["instances"], shown["cores"], shown["ram"]) == (3, 4, 512)
    assert limits_of(lxd) == {"limits.instances": "3", "limits.cpu": "4", "limits.memory": "512MiB"}
    lxd.lxc("project", "set", f"os-{DEMO}", "limits.instances=7")
    lxd.lxc("project", "set", f"os-{DEMO}", "limits.memory=1GiB")
    changed = cloud.get("alice", QUOTA).json["quota_set"]
    assert (changed["instances"], changed["ram"]) == (7, 1024)
    assert cloud.get("alice", "/compute/v2.1/limits").json["limits"]["absolute"]["maxTotalInstances"] == 7
    cloud.delete("admin", QUOTA)
    assert limits_of(lxd) == {}


def test_a_limit_that_lxd_has_not_is_refused(cloud: Cloud) -> None:
    refused = cloud.put("admin", QUOTA, {"quota_set": {"key_pairs": 5}})
    assert refused.status_code == 400
    assert "no limit of key_pairs" in refused.json["badRequest"]["message"]
    assert cloud.put("bob", QUOTA, {"quota_set": {"instances": 5}}).status_code == 403
    assert cloud.get("bob", QUOTA).status_code == 403


def test_no_more_servers_come_than_the_quota_lets(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    limit(cloud, instances=2, ram=1024)
    refused = ask(cloud, image, "many", min_count=3, max_count=3)
    assert refused.status_code == 403
    message = refused.json["forbidden"]["message"]
    assert message == "Quota exceeded for instances: Requested 3, but already used 0 of 2 instances"
    ask(cloud, image, "some", min_count=1, max_count=5)
    made = [item["id"] for item in cloud.get("alice", SERVERS).json["servers"]]
    assert len(made) == 2
    for server_id in made:
        settled(cloud, server_id, "ACTIVE")
    detail = cloud.get("alice", f"{QUOTA}/detail").json["quota_set"]
    assert (detail["instances"]["in_use"], detail["ram"]["in_use"], detail["cores"]["in_use"]) == (2, 256, 2)
    with pytest.raises(AssertionError, match="Reached maximum number of instances"):
        lxd.lxc("init", "--empty", "foreign", *PROJECT)
    assert cloud.put("admin", QUOTA, {"quota_set": {"instances": 1}}).status_code == 400
    remove(cloud, *made)


def test_a_server_does_not_grow_beyond_the_quota(cloud: Cloud, image: str) -> None:
    server_id = boot(cloud, image, "grows")
    limit(cloud, instances=2, ram=160)
    refused = cloud.post("alice", f"{SERVERS}/{server_id}/action", {"resize": {"flavorRef": "84"}})
    assert refused.status_code == 403
    assert "Quota exceeded for ram: Requested 64, but already used 128 of 160 ram" in refused.text
    assert ask(cloud, image, "second").status_code == 403
    limit(cloud, ram=512)
    assert cloud.post("alice", f"{SERVERS}/{server_id}/action", {"resize": {"flavorRef": "84"}}).status_code == 202
    settled(cloud, server_id, "VERIFY_RESIZE")
    remove(cloud, server_id)


def test_a_full_project_can_make_a_disk_anew_and_its_limits_stay(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    server_id = boot(cloud, image, "full")
    limit(cloud, instances=1, cores=1, ram=128)
    before = lxd.lxc("query", f"/1.0/projects/os-{DEMO}")
    for name, body, status in (
        ("rebuild", {"imageRef": image}, "ACTIVE"),
        ("rescue", None, "RESCUE"),
        ("unrescue", None, "ACTIVE"),
        ("shelve", None, "SHELVED_OFFLOADED"),
        ("unshelve", None, "ACTIVE"),
    ):
        path = f"{SERVERS}/{server_id}/action"
        assert cloud.post("alice", path, {name: body}, version="compute 2.79").status_code in (200, 202), name
        settled(cloud, server_id, status)
    assert json.loads(lxd.lxc("query", f"/1.0/projects/os-{DEMO}")) == json.loads(before)
    assert ask(cloud, image, "second").status_code == 403
    remove(cloud, server_id)


def test_limits_that_a_crash_left_wider_count_as_they_were(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    limit(cloud, instances=1)
    server_id = boot(cloud, image, "full")
    lxd.lxc("project", "set", f"os-{DEMO}", 'user.openstack.limits={"limits.instances":"1"}')
    lxd.lxc("project", "set", f"os-{DEMO}", "limits.instances=2")
    assert cloud.get("alice", QUOTA).json["quota_set"]["instances"] == 1
    assert ask(cloud, image, "second").status_code == 403
    cloud.post("alice", f"{SERVERS}/{server_id}/action", {"rebuild": {"imageRef": image}})
    settled(cloud, server_id, "ACTIVE")
    assert limits_of(lxd) == {"limits.instances": "1"}
    remove(cloud, server_id)


def test_a_server_is_used_until_it_goes_also_when_the_database_does(
    cloud: Cloud, image: str, lxd: RunningLxd, tmp_path: Path
) -> None:
    server_id = boot(cloud, image, "used")
    path = f"/compute/v2.1/os-simple-tenant-usage/{DEMO}?start=2020-01-01T00:00:00"

    def usage(of: Cloud) -> dict[str, Any]:
        found = of.get("alice", path, version="compute 2.79").json["tenant_usage"]["server_usages"]
        return next(item for item in found if item["instance_id"] == server_id)

    now = usage(cloud)
    assert (now["state"], now["ended_at"], now["memory_mb"], now["vcpus"]) == ("active", None, 128, 1)
    remove(cloud, server_id)
    with running_cloud(tmp_path, lxd) as other:
        gone = usage(other)
    assert (gone["state"], gone["name"], gone["started_at"]) == ("terminated", "used", now["started_at"])
    assert gone["ended_at"] is not None
    assert server_id not in cloud.get("bob", path.replace(DEMO, "other")).text
