"""The API of 2011 at /v2: today's first microversion, with more patience for what a body holds."""

from __future__ import annotations

from tests.compute.conftest import ComputeCloud
from tests.support.cloud import DEMO


def test_unknown_keys_are_ignored(cloud: ComputeCloud) -> None:
    body = cloud.wanted(surprise=1, name=" web ", networks=[{"uuid": cloud.network.private.id, "more": 1}])
    body["surprise"] = {}

    answer = cloud.post("alice", f"/compute/v2/{DEMO}/servers", body)

    assert answer.status_code == 202
    cloud.settle()
    server = cloud.get("alice", f"/compute/v2/{DEMO}/servers/{answer.json['server']['id']}").json["server"]
    assert (server["name"], server["status"]) == ("web", "ACTIVE")


def test_known_keys_are_still_looked_at(cloud: ComputeCloud) -> None:
    for more in ({"name": ""}, {"flavorRef": ""}, {"metadata": {"a": 1}}):
        assert cloud.post("alice", "/compute/v2/servers", cloud.wanted(**more)).status_code == 400


def test_links_stay_below_the_root_by_which_the_request_came(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    links = cloud.get("alice", f"/compute/v2/{DEMO}/servers/{server_id}").json["server"]["links"]

    assert links[0]["href"] == f"http://falconframework.org/compute/v2/{DEMO}/servers/{server_id}"
    assert links[1]["href"] == f"http://falconframework.org/compute/{DEMO}/servers/{server_id}"


def test_actions_work_too(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    answer = cloud.post("alice", f"/compute/v2/{DEMO}/servers/{server_id}/action", {"createImage": {"name": " x "}})

    assert answer.status_code == 202
    assert "x" in {image.name for image in cloud.imaging.images.shelf.things.values()}
