"""Quota sets and limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud
from tests.support.cloud import DEMO, OTHER

DEFAULTS = {
    "instances": 10,
    "cores": 20,
    "ram": 51200,
    "fixed_ips": -1,
    "floating_ips": -1,
    "key_pairs": 100,
    "metadata_items": 128,
    "security_groups": -1,
    "security_group_rules": -1,
    "server_groups": 10,
    "server_group_members": 10,
    "injected_files": 5,
    "injected_file_content_bytes": 10240,
    "injected_file_path_bytes": 255,
}
OF_NETWORKS = {"fixed_ips", "floating_ips", "security_groups", "security_group_rules"}
OF_FILES = {"injected_files", "injected_file_content_bytes", "injected_file_path_bytes"}


def test_a_project_has_the_defaults(cloud: ComputeCloud) -> None:
    for path in ("", "/defaults"):
        answer = cloud.call("alice", "GET", f"/os-quota-sets/{DEMO}{path}")
        assert answer.json == {"quota_set": {"id": DEMO, **DEFAULTS}}


@pytest.mark.parametrize(("at", "gone"), [("2.36", OF_NETWORKS), ("2.57", OF_NETWORKS | OF_FILES)])
def test_resources_went_with_the_microversions(cloud: ComputeCloud, at: str, gone: set[str]) -> None:
    for path in ("", "/defaults", "/detail"):
        shown = cloud.call("alice", "GET", f"/os-quota-sets/{DEMO}{path}", at=at).json["quota_set"]
        assert set(DEFAULTS) - set(shown) == gone


def test_an_administrator_changes_and_resets_limits(cloud: ComputeCloud) -> None:
    path = f"/os-quota-sets/{DEMO}"

    changed = cloud.call("admin", "PUT", path, {"quota_set": {"cores": "30", "instances": -1}})
    assert changed.status_code == 200
    assert changed.json["quota_set"] == {**DEFAULTS, "cores": 30, "instances": -1}
    assert cloud.call("alice", "GET", path).json["quota_set"]["cores"] == 30
    assert cloud.call("bob", "GET", f"/os-quota-sets/{OTHER}").json["quota_set"]["cores"] == 20
    assert cloud.call("alice", "GET", f"{path}/defaults").json["quota_set"]["cores"] == 20
    assert cloud.call("admin", "DELETE", path).status_code == 202
    assert cloud.call("alice", "GET", path).json["quota_set"]["cores"] == 20


def test_a_limit_below_what_is_used_needs_force(cloud: ComputeCloud) -> None:
    for _ in range(2):
        cloud.boot()
    path = f"/os-quota-sets/{DEMO}"

    refused = cloud.call("admin", "PUT", path, {"quota_set": {"instances": 1}})

    assert refused.status_code == 400
    message = "Quota limit 1 for instances must be greater than or equal to already used and reserved 2."
    assert refused.json["badRequest"]["message"] == message
    assert cloud.call("admin", "PUT", path, {"quota_set": {"instances": 1, "force": True}}).status_code == 200


def test_the_detail_tells_what_is_used(cloud: ComputeCloud) -> None:
    cloud.boot()

    detail = cloud.call("alice", "GET", f"/os-quota-sets/{DEMO}/detail").json["quota_set"]

    assert detail["id"] == DEMO
    assert detail["instances"] == {"limit": 10, "in_use": 1, "reserved": 0}
    assert detail["ram"] == {"limit": 51200, "in_use": 128, "reserved": 0}
    assert detail["key_pairs"]["in_use"] == 0


@pytest.mark.parametrize(
    ("quota", "at"),
    [
        ({"cores": -2}, None),
        ({"cores": "x"}, None),
        ({"cores": 2**31}, None),
        ({"unknown": 1}, None),
        ({"floating_ips": 1}, "2.36"),
        ({"injected_files": 1}, "2.57"),
    ],
)
def test_what_is_no_limit_is_refused(cloud: ComputeCloud, quota: dict[str, Any], at: str | None) -> None:
    assert cloud.call("admin", "PUT", f"/os-quota-sets/{DEMO}", {"quota_set": quota}, at=at).status_code == 400


def test_quotas_are_their_project_s(cloud: ComputeCloud) -> None:
    assert cloud.call("bob", "GET", f"/os-quota-sets/{DEMO}").status_code == 403
    assert cloud.call("bob", "GET", f"/os-quota-sets/{DEMO}/detail").status_code == 403
    assert cloud.call("alice", "PUT", f"/os-quota-sets/{DEMO}", {"quota_set": {}}).status_code == 403
    assert cloud.call("alice", "DELETE", f"/os-quota-sets/{DEMO}").status_code == 403
    assert cloud.call("admin", "GET", f"/os-quota-sets/{DEMO}?user_id=x").status_code == 200
    assert cloud.call("admin", "GET", f"/os-quota-sets/{DEMO}?unknown=x", at="2.75").status_code == 400


def test_limits_tell_what_there_is_and_what_is_used(cloud: ComputeCloud) -> None:
    cloud.boot()
    cloud.call("alice", "POST", "/os-server-groups", {"server_group": {"name": "g", "policies": ["affinity"]}})

    limits = cloud.call("alice", "GET", "/limits").json["limits"]

    assert limits["rate"] == []
    assert limits["absolute"] == {
        "maxTotalInstances": 10,
        "maxTotalCores": 20,
        "maxTotalRAMSize": 51200,
        "maxTotalKeypairs": 100,
        "maxTotalFloatingIps": -1,
        "maxServerMeta": 128,
        "maxImageMeta": 128,
        "maxPersonality": 5,
        "maxPersonalitySize": 10240,
        "maxSecurityGroups": -1,
        "maxSecurityGroupRules": -1,
        "maxServerGroups": 10,
        "maxServerGroupMembers": 10,
        "totalInstancesUsed": 1,
        "totalCoresUsed": 1,
        "totalRAMUsed": 128,
        "totalFloatingIpsUsed": 0,
        "totalSecurityGroupsUsed": 0,
        "totalServerGroupsUsed": 1,
    }


@pytest.mark.parametrize(
    ("at", "gone"),
    [
        ("2.36", "maxSecurityGroups"),
        ("2.36", "totalFloatingIpsUsed"),
        ("2.39", "maxImageMeta"),
        ("2.57", "maxPersonality"),
    ],
)
def test_limits_went_with_the_microversions(cloud: ComputeCloud, at: str, gone: str) -> None:
    major, minor = at.split(".")

    assert gone in cloud.call("alice", "GET", "/limits", at=f"{major}.{int(minor) - 1}").json["limits"]["absolute"]
    assert gone not in cloud.call("alice", "GET", "/limits", at=at).json["limits"]["absolute"]


def test_other_projects_limits_are_the_administrators(cloud: ComputeCloud) -> None:
    cloud.boot()

    shown = cloud.call("admin", "GET", f"/limits?tenant_id={DEMO}").json["limits"]["absolute"]
    assert shown["totalInstancesUsed"] == 1
    assert cloud.call("bob", "GET", f"/limits?tenant_id={DEMO}").status_code == 403


def class_limits(cloud: ComputeCloud, at: str = "2.1", name: str = "default") -> dict[str, Any]:
    answer = cloud.call("admin", "GET", f"/os-quota-class-sets/{name}", at=at)
    assert answer.status_code == 200
    limits: dict[str, Any] = answer.json["quota_class_set"]
    return limits


def test_the_default_class_is_what_projects_begin_with(cloud: ComputeCloud) -> None:
    body = {"quota_class_set": {"instances": 1, "cores": "50"}}

    answer = cloud.call("admin", "PUT", "/os-quota-class-sets/default", body)

    assert (answer.json["quota_class_set"]["instances"], answer.json["quota_class_set"]["cores"]) == (1, 50)
    assert "id" not in answer.json["quota_class_set"]
    assert class_limits(cloud)["id"] == "default"
    assert cloud.call("alice", "GET", f"/os-quota-sets/{DEMO}/defaults").json["quota_set"]["instances"] == 1
    cloud.boot()
    refused = cloud.call("alice", "POST", "/servers", cloud.wanted())
    assert refused.status_code == 403
    assert "already used 1 of 1 instances" in refused.text
    assert cloud.call("admin", "PUT", f"/os-quota-sets/{DEMO}", {"quota_set": {"instances": 2}}).status_code == 200
    assert cloud.call("alice", "POST", "/servers", cloud.wanted()).status_code == 202


def test_other_classes_mean_nothing_to_projects(cloud: ComputeCloud) -> None:
    cloud.call("admin", "PUT", "/os-quota-class-sets/gold", {"quota_class_set": {"instances": 99}})

    assert class_limits(cloud, name="gold")["instances"] == 99
    assert class_limits(cloud)["instances"] == 10


def test_a_class_has_other_resources_in_other_versions(cloud: ComputeCloud) -> None:
    first, middle, last = (set(class_limits(cloud, at)) for at in ("2.49", "2.50", "2.57"))

    assert first - middle == {"fixed_ips", "floating_ips", "security_groups", "security_group_rules"}
    assert middle - first == {"server_groups", "server_group_members"}
    assert middle - last == {"injected_files", "injected_file_content_bytes", "injected_file_path_bytes"}


@pytest.mark.parametrize(
    ("limits", "at"),
    [
        ({"unknown": 1}, "2.1"),
        ({"instances": -2}, "2.1"),
        ({"instances": "many"}, "2.1"),
        ({"fixed_ips": 1}, "2.50"),
        ({"injected_files": 1}, "2.57"),
    ],
)
def test_what_is_no_class_limit_is_refused(cloud: ComputeCloud, limits: dict[str, Any], at: str) -> None:
    path = "/os-quota-class-sets/default"

    assert cloud.call("admin", "PUT", path, {"quota_class_set": limits}, at=at).status_code == 400


def test_classes_are_the_administrators(cloud: ComputeCloud) -> None:
    for caller in ("alice", "reader"):
        assert cloud.call(caller, "GET", "/os-quota-class-sets/default").status_code == 403
        body: dict[str, Any] = {"quota_class_set": {}}
        assert cloud.call(caller, "PUT", "/os-quota-class-sets/default", body).status_code == 403
    long = "x" * 256
    assert cloud.call("admin", "PUT", f"/os-quota-class-sets/{long}", {"quota_class_set": {}}).status_code == 400
