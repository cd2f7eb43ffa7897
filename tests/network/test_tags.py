"""Tags of resources over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.network.neutron import UNKNOWN, fault, make, make_subnet, message, path, show
from tests.support.cloud import Cloud

KINDS = ["network", "subnet", "port", "security_group", "router"]


def make_one(cloud: Cloud, singular: str, caller: str = "alice") -> str:
    """Make one of a kind and return its id."""
    if singular == "subnet":
        return str(make_subnet(cloud, caller)["id"])
    given = {"network_id": make(cloud, caller, "network")["id"]} if singular == "port" else {"name": "x"}
    return str(make(cloud, caller, singular, **given)["id"])


@pytest.mark.parametrize("singular", KINDS)
def test_tags_come_and_go(cloud: Cloud, singular: str) -> None:
    resource_id = make_one(cloud, singular)
    tags = path(singular, resource_id, "tags")
    assert cloud.get("alice", tags).json == {"tags": []}
    assert cloud.put("alice", tags, {"tags": ["red", "blue"]}).json == {"tags": ["blue", "red"]}
    assert cloud.put("alice", f"{tags}/green").status_code == 201
    assert cloud.get("alice", f"{tags}/green").status_code == 204
    assert cloud.delete("alice", f"{tags}/red").status_code == 204
    assert show(cloud, "alice", singular, resource_id)["tags"] == ["blue", "green"]
    assert cloud.post("alice", tags, {"tags": ["blue", "grey"]}).json == {"tags": ["blue", "green", "grey"]}
    assert cloud.delete("alice", tags).status_code == 204
    assert cloud.get("alice", tags).json == {"tags": []}


def test_the_revision_moves_with_a_change(cloud: Cloud) -> None:
    network_id = make_one(cloud, "network")
    for _ in range(2):
        cloud.put("alice", path("network", network_id, "tags", "red"))
    assert show(cloud, "alice", "network", network_id)["revision_number"] == 2


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_tag_that_is_not_there(cloud: Cloud, method: str) -> None:
    network_id = make_one(cloud, "network")
    result = cloud.request("alice", method, path("network", network_id, "tags", "red"))
    assert fault(result) == (404, "TagNotFound")
    assert message(result) == "Tag red could not be found."


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_thing_that_is_not_there(cloud: Cloud, method: str) -> None:
    body: dict[str, Any] | None = {"tags": []} if method == "PUT" else None
    result = cloud.request("alice", method, path("network", UNKNOWN, "tags"), body)
    assert fault(result) == (404, "TagResourceNotFound")
    assert message(result) == f"Resource networks {UNKNOWN} could not be found."


@pytest.mark.parametrize(
    "body", [{}, {"tag": []}, {"tags": "red"}, {"tags": [5]}, {"tags": ["x" * 256]}, {"tags": ["a", "a"]}]
)
def test_tags_that_cannot_be(cloud: Cloud, body: object) -> None:
    result = cloud.put("alice", path("network", make_one(cloud, "network"), "tags"), body)
    assert fault(result) == (400, "InvalidInput")


def test_there_are_fifty_at_most(cloud: Cloud) -> None:
    tags = path("network", make_one(cloud, "network"), "tags")
    assert cloud.put("alice", tags, {"tags": [str(n) for n in range(50)]}).status_code == 200
    result = cloud.put("alice", f"{tags}/another")
    assert fault(result) == (400, "BadRequest")
    assert message(result) == "Bad networks request: The number of tags exceed the per-resource limit of 50."
    assert cloud.put("alice", tags, {"tags": [str(n) for n in range(51)]}).status_code == 400


@pytest.mark.parametrize("singular", KINDS)
def test_others_neither_see_nor_change_them(cloud: Cloud, singular: str) -> None:
    tags = path(singular, make_one(cloud, singular), "tags")
    assert cloud.get("bob", tags).status_code == 404
    assert cloud.put("bob", tags, {"tags": ["mine"]}).status_code == 404
    assert cloud.put("bob", f"{tags}/mine").status_code == 404
    assert cloud.delete("bob", tags).status_code == 404


def test_a_reader_only_reads(cloud: Cloud) -> None:
    tags = path("network", make_one(cloud, "network"), "tags")
    assert cloud.get("reader", tags).status_code == 200
    for result in (
        cloud.put("reader", tags, {"tags": []}),
        cloud.put("reader", f"{tags}/x"),
        cloud.delete("reader", tags),
    ):
        assert fault(result) == (403, "PolicyNotAuthorized")


def test_everybody_sees_the_tags_of_a_public_network(cloud: Cloud) -> None:
    network_id = make(cloud, "admin", "network", shared=True)["id"]
    assert cloud.get("bob", path("network", network_id, "tags")).status_code == 200
    assert fault(cloud.put("bob", path("network", network_id, "tags", "x"))) == (403, "PolicyNotAuthorized")


def test_tags_go_with_their_thing(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice")
    for singular, resource_id in (("network", subnet["network_id"]), ("subnet", subnet["id"])):
        cloud.put("alice", path(singular, resource_id, "tags", "red"))
    assert cloud.delete("alice", path("network", subnet["network_id"])).status_code == 204
    assert cloud.get("alice", path("subnet") + "?tags=red").json == {"subnets": []}
