"""Images and security groups by way of compute, as the clients of the first APIs reach them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud
from tests.support.cloud import OTHER

NOWHERE = "11111111-1111-1111-1111-111111111111"


def names(cloud: ComputeCloud, query: str = "") -> list[str]:
    answer = cloud.call("alice", "GET", f"/images{query}")
    assert answer.status_code == 200, answer.text
    return [image["name"] for image in answer.json["images"]]


def test_images_are_listed_in_brief_and_in_detail(cloud: ComputeCloud) -> None:
    image = cloud.imaging.images.add("other", min_disk_gib=1, min_ram_mib=64, properties={"auto_disk_config": "True"})

    (brief,) = [item for item in cloud.call("alice", "GET", "/images").json["images"] if item["id"] == image.id]
    assert set(brief) == {"id", "name", "links"}
    assert [link["rel"] for link in brief["links"]] == ["self", "bookmark", "alternate"]
    (full,) = [item for item in cloud.call("alice", "GET", "/images/detail").json["images"] if item["id"] == image.id]
    assert (full["status"], full["progress"], full["minDisk"], full["minRam"]) == ("ACTIVE", 100, 1, 64)
    assert full["OS-EXT-IMG-SIZE:size"] == len(b"bootable bytes")
    assert full["OS-DCF:diskConfig"] == "AUTO"
    assert cloud.call("alice", "GET", f"/images/{image.id}").json["image"] == full
    assert cloud.call("alice", "HEAD", f"/images/{image.id}").status_code == 200


def test_a_snapshot_names_its_server(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "createImage", {"name": "snap"})

    (image,) = cloud.call("alice", "GET", f"/images/detail?server={server_id}").json["images"]

    assert image["server"]["id"] == server_id
    assert [link["rel"] for link in image["server"]["links"]] == ["self", "bookmark"]
    assert names(cloud, "?type=snapshot") == ["snap"]
    assert names(cloud, f"?server=http://nova/servers/{server_id}") == ["snap"]
    assert names(cloud, "?property-image_type=snapshot") == ["snap"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?name=cirros", ["cirros"]),
        ("?name=nothing", []),
        ("?status=ACTIVE", ["big", "cirros"]),
        ("?status=SAVING", []),
        ("?minRam=100", ["big"]),
        ("?minDisk=100", []),
        ("?limit=1", ["big"]),
        ("?changes-since=2000-01-01T00:00:00Z", ["big", "cirros"]),
        ("?changes-since=2999-01-01T00:00:00Z", []),
    ],
)
def test_images_are_filtered(cloud: ComputeCloud, query: str, expected: list[str]) -> None:
    cloud.imaging.images.add("big", min_ram_mib=128)

    assert names(cloud, query) == expected


@pytest.mark.parametrize("query", ["?minRam=x", "?limit=-1", "?marker=nope", "?changes-since=yesterday"])
def test_what_cannot_be_asked_of_images_is_refused(cloud: ComputeCloud, query: str) -> None:
    assert cloud.call("alice", "GET", f"/images{query}").status_code == 400


def test_pages_of_images_link_to_each_other(cloud: ComputeCloud) -> None:
    cloud.imaging.images.add("other")

    href = cloud.call("alice", "GET", "/images?limit=1").json["images_links"][0]["href"]

    assert names(cloud, href.split("/compute/v2.1/images")[1]) == ["cirros"]


def test_an_image_is_deleted_by_its_owner(cloud: ComputeCloud) -> None:
    image = cloud.imaging.images.add()

    assert cloud.call("bob", "DELETE", f"/images/{image.id}").status_code == 403
    assert cloud.call("alice", "DELETE", f"/images/{image.id}").status_code == 204
    assert cloud.call("alice", "GET", f"/images/{image.id}").status_code == 404


@pytest.mark.parametrize("image_id", [NOWHERE, "nonsense", "-1", "!@#$"])
def test_an_image_that_is_not_there(cloud: ComputeCloud, image_id: str) -> None:
    for method in ("GET", "DELETE"):
        answer = cloud.call("alice", method, f"/images/{image_id}")
        assert answer.status_code == 404
    assert cloud.call("alice", "GET", f"/images/{NOWHERE}").json["itemNotFound"]["message"] == "Image not found."


def test_images_went_in_2_36_and_their_metadata_in_2_39(cloud: ComputeCloud) -> None:
    path = f"/images/{cloud.imaging.cirros.id}"

    assert cloud.call("alice", "GET", path, at="2.36").status_code == 404
    assert cloud.call("alice", "GET", f"{path}/metadata", at="2.38").status_code == 200
    assert cloud.call("alice", "GET", f"{path}/metadata", at="2.39").status_code == 404


def test_metadata_of_images_comes_and_goes(cloud: ComputeCloud) -> None:
    path = f"/images/{cloud.imaging.cirros.id}/metadata"

    assert cloud.call("alice", "POST", path, {"metadata": {"a": "1", "b": "2"}}).json["metadata"] == {
        "a": "1",
        "b": "2",
    }
    assert cloud.call("alice", "PUT", f"{path}/a", {"meta": {"a": "3"}}).json == {"meta": {"a": "3"}}
    assert cloud.call("alice", "GET", f"{path}/a").json == {"meta": {"a": "3"}}
    assert cloud.call("alice", "DELETE", f"{path}/b").status_code == 204
    assert cloud.call("alice", "GET", path).json == {"metadata": {"a": "3"}}
    assert cloud.call("alice", "PUT", path, {"metadata": {"c": "4"}}).json == {"metadata": {"c": "4"}}
    assert cloud.call("alice", "GET", path).json == {"metadata": {"c": "4"}}
    for method in ("GET", "DELETE"):
        assert cloud.call("alice", method, f"{path}/nope").status_code == 404
    assert cloud.call("alice", "PUT", f"{path}/a", {"meta": {"b": "3"}}).status_code == 400
    assert cloud.call("bob", "POST", path, {"metadata": {}}).status_code == 403
    many = {"metadata": {str(number): "" for number in range(129)}}
    assert cloud.call("alice", "POST", path, many).status_code == 403


def group_body(**more: Any) -> dict[str, Any]:
    return {"security_group": {"name": "web", "description": "the web", **more}}


def test_security_groups_are_made_changed_and_deleted(cloud: ComputeCloud) -> None:
    made = cloud.call("alice", "POST", "/os-security-groups", group_body())
    assert made.status_code == 200
    group = made.json["security_group"]
    expected = {"id": group["id"], "name": "web", "description": "the web", "tenant_id": "1" * 32, "rules": []}
    assert group == expected

    path = f"/os-security-groups/{group['id']}"
    assert cloud.call("alice", "GET", path).json["security_group"] == group
    changed = cloud.call("alice", "PUT", path, group_body(name="other"))
    assert changed.json["security_group"]["name"] == "other"
    listed = cloud.call("alice", "GET", "/os-security-groups").json["security_groups"]
    assert [item["name"] for item in listed] == ["default", "other"]
    assert [
        item["name"] for item in cloud.call("alice", "GET", "/os-security-groups?limit=1").json["security_groups"]
    ] == ["default"]
    assert cloud.call("alice", "DELETE", path).status_code == 202
    for method in ("GET", "DELETE"):
        assert cloud.call("alice", method, path).status_code == 404
        assert cloud.call("alice", method, "/os-security-groups/nonsense").status_code == 400


def test_the_default_group_stays(cloud: ComputeCloud) -> None:
    answer = cloud.call("alice", "DELETE", f"/os-security-groups/{cloud.network.default.id}")

    assert answer.status_code == 400


def test_rules_let_traffic_in(cloud: ComputeCloud) -> None:
    group = cloud.network.security_groups.add("web")

    def add(**more: Any) -> Any:
        rule = {"parent_group_id": group.id, "ip_protocol": "tcp", "from_port": 80, "to_port": "81", **more}
        return cloud.call("alice", "POST", "/os-security-group-rules", {"security_group_rule": rule})

    made = add(cidr="10.0.0.0/8")
    assert made.status_code == 200
    rule = made.json["security_group_rule"]
    assert rule == {
        "id": rule["id"],
        "parent_group_id": group.id,
        "ip_protocol": "tcp",
        "from_port": 80,
        "to_port": 81,
        "group": {},
        "ip_range": {"cidr": "10.0.0.0/8"},
    }
    of_group = add(group_id=cloud.network.default.id, from_port=None, to_port=None).json["security_group_rule"]
    assert (of_group["from_port"], of_group["to_port"]) == (1, 65535)
    assert of_group["group"] == {"name": "default", "tenant_id": "1" * 32}
    ping = add(ip_protocol="icmp", from_port=-1, to_port=-1).json["security_group_rule"]
    assert (ping["from_port"], ping["to_port"], ping["ip_range"]) == (-1, -1, {"cidr": "0.0.0.0/0"})
    shown = cloud.call("alice", "GET", f"/os-security-groups/{group.id}").json["security_group"]["rules"]
    assert len(shown) == 3
    assert cloud.call("alice", "DELETE", f"/os-security-group-rules/{rule['id']}").status_code == 202
    assert cloud.call("alice", "DELETE", f"/os-security-group-rules/{rule['id']}").status_code == 404
    assert cloud.call("alice", "DELETE", "/os-security-group-rules/nonsense").status_code == 400


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"ip_protocol": "bogus"}, "Invalid IP protocol bogus."),
        ({"from_port": 90}, "Former value cannot be greater than the later"),
        ({"to_port": 65536}, "Valid TCP ports should be between 1-65535"),
        ({"from_port": "x"}, "To and From ports must be integers"),
        ({"ip_protocol": "icmp", "to_port": 256}, "For ICMP, the type:code must be valid"),
        ({"ip_protocol": "icmp", "from_port": "x"}, "Type and Code must be integers"),
        ({"cidr": "nonsense"}, "nonsense is not a valid IP network."),
        ({"from_port": None}, "Not enough parameters to build a valid rule."),
    ],
)
def test_what_is_no_rule_is_refused(cloud: ComputeCloud, more: dict[str, Any], message: str) -> None:
    group = cloud.network.security_groups.add("web")
    rule = {"parent_group_id": group.id, "ip_protocol": "tcp", "from_port": 80, "to_port": 80, **more}

    answer = cloud.call("alice", "POST", "/os-security-group-rules", {"security_group_rule": rule})

    assert answer.status_code == 400
    assert message in answer.json["badRequest"]["message"]


def test_groups_are_their_project_s(cloud: ComputeCloud) -> None:
    theirs = cloud.network.security_groups.add("theirs", OTHER)

    assert [item["name"] for item in cloud.call("alice", "GET", "/os-security-groups").json["security_groups"]] == [
        "default"
    ]
    assert cloud.call("alice", "GET", f"/os-security-groups/{theirs.id}").status_code == 404
    assert cloud.call("reader", "POST", "/os-security-groups", group_body()).status_code == 403
    everything = cloud.call("admin", "GET", "/os-security-groups?all_tenants=1").json["security_groups"]
    assert {item["name"] for item in everything} == {"default", "theirs"}


def test_groups_went_in_2_36_and_a_server_s_stayed(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    assert cloud.call("alice", "GET", "/os-security-groups", at="2.36").status_code == 404
    answer = cloud.call("alice", "GET", f"/servers/{server_id}/os-security-groups", at="2.96")
    assert [item["name"] for item in answer.json["security_groups"]] == ["default"]
