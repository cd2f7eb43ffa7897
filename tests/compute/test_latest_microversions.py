"""What the microversions after 2.96 added, changed and took away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud

NOWHERE = "11111111-1111-1111-1111-111111111111"


def test_no_server_has_shares(cloud: ComputeCloud) -> None:
    path = f"/servers/{cloud.boot()}/shares"

    assert cloud.call("alice", "GET", path, at="2.97").json == {"shares": []}
    for method in ("GET", "DELETE"):
        assert cloud.call("alice", method, f"{path}/{NOWHERE}", at="2.97").status_code == 404
    assert cloud.call("alice", "POST", path, {"share": {"share_id": NOWHERE}}, at="2.97").status_code == 501
    assert cloud.call("alice", "GET", path, at="2.96").status_code == 404
    assert cloud.call("bob", "GET", path, at="2.97").status_code == 404
    assert cloud.call("reader", "POST", path, {}, at="2.97").status_code == 403


def test_a_server_shows_what_its_image_said_since_2_98(cloud: ComputeCloud) -> None:
    properties = {"hw_disk_bus": "scsi", "os_type": "linux", "architecture": "x86_64", "colour": "blue"}
    image = cloud.imaging.images.add("described", properties=properties)
    server_id = cloud.boot(imageRef=image.id)

    expected = {"hw_disk_bus": "scsi", "os_type": "linux", "architecture": "x86_64"}
    assert cloud.server(server_id, at="2.98")["image"]["properties"] == expected
    detail = cloud.call("alice", "GET", "/servers/detail", at="2.98").json["servers"][0]
    assert detail["image"]["properties"] == expected
    assert "properties" not in cloud.server(server_id, at="2.97")["image"]
    rebuilt = cloud.act(server_id, "rebuild", {"imageRef": cloud.imaging.cirros.id}, at="2.98")
    assert rebuilt.json["server"]["image"]["properties"] == {}
    assert cloud.server(server_id, at="2.98")["image"]["properties"] == {}


def test_a_server_shows_its_scheduler_hints_since_2_100(cloud: ComputeCloud) -> None:
    body = {**cloud.wanted(networks="auto"), "os:scheduler_hints": {"same_host": [NOWHERE], "query": "x"}}
    server_id = cloud.call("alice", "POST", "/servers", body, at="2.100").json["server"]["id"]
    cloud.settle()

    assert cloud.server(server_id, at="2.100")["scheduler_hints"] == {"same_host": [NOWHERE], "query": ["x"]}
    assert "scheduler_hints" not in cloud.server(server_id, at="2.99")
    assert cloud.server(cloud.boot(), at="2.100")["scheduler_hints"] == {}
    renamed = cloud.call("alice", "PUT", f"/servers/{server_id}", {"server": {"name": "x"}}, at="2.100")
    assert renamed.json["server"]["scheduler_hints"]["query"] == ["x"]


def test_attaching_a_volume_says_nothing_since_2_101(cloud: ComputeCloud) -> None:
    server_id, volume = cloud.boot(), cloud.storage.volumes.add()
    path = f"/servers/{server_id}/os-volume_attachments"

    answer = cloud.call("alice", "POST", path, {"volumeAttachment": {"volumeId": volume.id}}, at="2.101")

    assert (answer.status_code, answer.text) == (202, "")
    assert len(cloud.call("alice", "GET", path, at="2.101").json["volumeAttachments"]) == 1


def test_flavors_are_found_by_their_names_since_2_102(cloud: ComputeCloud) -> None:
    def names(query: str, at: str) -> list[str]:
        return [flavor["name"] for flavor in cloud.call("alice", "GET", f"/flavors{query}", at=at).json["flavors"]]

    assert names("?name=m1.nano", "2.102") == ["m1.nano"]
    assert names("?name=nothing", "2.102") == []
    assert cloud.call("alice", "GET", "/flavors?name=m1.nano", at="2.101").status_code == 400
    assert len(names("?name=m1.nano", "2.74")) > 1


def test_flavors_lost_two_keys_in_2_102(cloud: ComputeCloud) -> None:
    before = cloud.call("alice", "GET", "/flavors/42", at="2.101").json["flavor"]
    after = cloud.call("alice", "GET", "/flavors/42", at="2.102").json["flavor"]

    assert set(before) - set(after) == {"rxtx_factor", "OS-FLV-DISABLED:disabled"}
    wanted = {"name": "x", "ram": 64, "vcpus": 1, "disk": 1, "rxtx_factor": 2}
    assert cloud.call("admin", "POST", "/flavors", {"flavor": wanted}, at="2.102").status_code == 400
    assert cloud.call("admin", "POST", "/flavors", {"flavor": wanted}, at="2.101").status_code == 200
    assert cloud.call("alice", "GET", "/flavors?sort_key=rxtx_factor", at="2.102").status_code == 400
    assert cloud.call("alice", "GET", "/flavors?sort_key=rxtx_factor", at="2.101").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/flavors/42",
        "/flavors/42/os-extra_specs",
        "/os-availability-zone",
        "/os-availability-zone/detail",
        "/os-aggregates",
        "/os-quota-class-sets/default",
        "/os-instance_usage_audit_log",
        "/extensions",
        "/servers/{server}",
        "/servers/{server}/ips",
        "/servers/{server}/metadata",
        "/servers/{server}/tags",
        "/servers/{server}/os-interface",
        "/servers/{server}/os-security-groups",
        "/servers/{server}/os-server-password",
        "/servers/{server}/shares",
    ],
)
def test_unknown_parameters_are_refused_since_2_102(cloud: ComputeCloud, path: str) -> None:
    path = path.format(server=cloud.boot())

    assert cloud.call("admin", "GET", path, at="2.102").status_code == 200
    assert cloud.call("admin", "GET", f"{path}?unknown=1", at="2.102").status_code == 400
    if "shares" not in path:
        assert cloud.call("admin", "GET", f"{path}?unknown=1", at="2.96").status_code == 200


def test_the_other_name_of_servers_went_in_2_103(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    for path in ("/os-volumes_boot", "/os-volumes_boot/detail", f"/os-volumes_boot/{server_id}"):
        assert cloud.call("alice", "GET", path, at="2.102").status_code == 200
        assert cloud.call("alice", "GET", path, at="2.103").status_code == 404
    action = f"/os-volumes_boot/{server_id}/action"
    assert cloud.call("alice", "POST", action, {"os-stop": None}, at="2.103").status_code == 404
    assert cloud.call("alice", "POST", action, {"os-stop": None}, at="2.102").status_code == 202


def test_a_server_is_pinned_to_its_zone_and_unpinned_since_2_104(cloud: ComputeCloud) -> None:
    server_id = cloud.boot(availability_zone="nova")

    def pin(zone: Any, at: str = "2.104") -> Any:
        body = {"server": {"pinned_availability_zone": zone}}
        return cloud.call("alice", "PUT", f"/servers/{server_id}", body, at=at)

    assert pin("nova").json["server"]["pinned_availability_zone"] == "nova"
    changed = pin("other")
    assert changed.status_code == 409
    assert "Cannot change pinned availability zone directly" in changed.text
    assert pin(None).json["server"]["pinned_availability_zone"] is None
    assert pin(None).status_code == 200
    elsewhere = pin("other")
    assert elsewhere.status_code == 409
    assert "Server can only be pinned to its current availability zone 'nova', but 'other' was requested." in (
        elsewhere.text
    )
    assert pin("nova").json["server"]["pinned_availability_zone"] == "nova"
    assert pin("").status_code == 400
    assert pin("nova", at="2.103").status_code == 400
