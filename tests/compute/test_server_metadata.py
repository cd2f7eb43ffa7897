"""A server's metadata and tags."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud
from tests.support.cloud import DEMO

TAGS = "2.26"


@pytest.fixture
def server_id(cloud: ComputeCloud) -> str:
    return cloud.boot(metadata={"a": "1", "b": "2"})


def metadata(cloud: ComputeCloud, server_id: str) -> dict[str, str]:
    found: dict[str, str] = cloud.call("alice", "GET", f"/servers/{server_id}/metadata").json["metadata"]
    return found


def test_items_are_added_and_replaced(cloud: ComputeCloud, server_id: str) -> None:
    path = f"/servers/{server_id}/metadata"

    answer = cloud.call("alice", "POST", path, {"metadata": {"b": "3", "c": "4"}})
    assert (answer.status_code, answer.json) == (200, {"metadata": {"a": "1", "b": "3", "c": "4"}})
    answer = cloud.call("alice", "PUT", path, {"metadata": {"d": "5"}})
    assert (answer.status_code, answer.json) == (200, {"metadata": {"d": "5"}})
    assert metadata(cloud, server_id) == {"d": "5"}
    assert cloud.server(server_id)["metadata"] == {"d": "5"}


def test_one_item_is_shown_set_and_removed(cloud: ComputeCloud, server_id: str) -> None:
    path = f"/servers/{server_id}/metadata/a"

    assert cloud.call("alice", "GET", path).json == {"meta": {"a": "1"}}
    assert cloud.call("alice", "PUT", path, {"meta": {"a": "9"}}).json == {"meta": {"a": "9"}}
    assert metadata(cloud, server_id) == {"a": "9", "b": "2"}
    assert cloud.call("alice", "DELETE", path).status_code == 204
    assert metadata(cloud, server_id) == {"b": "2"}
    for method in ("GET", "DELETE"):
        missing = cloud.call("alice", method, path)
        assert missing.status_code == 404
        assert missing.json["itemNotFound"]["message"] == "Metadata item was not found"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/a", {"meta": {"b": "1"}}, 400),
        ("PUT", "/a", {"meta": {"a": "1", "b": "1"}}, 400),
        ("PUT", "/a", {"meta": {}}, 400),
        ("PUT", "/a", {"meta": {"a": "x" * 256}}, 400),
        ("POST", "", {"metadata": {"": "x"}}, 400),
        ("POST", "", {"metadata": {"a": None}}, 400),
        ("POST", "", {"metadata": {"x" * 256: "x"}}, 400),
        ("POST", "", {}, 400),
        ("POST", "", {"metadata": {str(number): "" for number in range(127)}}, 403),
        ("PUT", "", {"metadata": {str(number): "" for number in range(129)}}, 403),
    ],
)
def test_what_is_no_metadata_is_refused(
    cloud: ComputeCloud, server_id: str, method: str, path: str, body: Any, status: int
) -> None:
    assert cloud.call("alice", method, f"/servers/{server_id}/metadata{path}", body).status_code == status
    assert metadata(cloud, server_id) == {"a": "1", "b": "2"}


def test_metadata_rests_while_a_server_is_locked_or_in_error(cloud: ComputeCloud, server_id: str) -> None:
    path = f"/servers/{server_id}/metadata"
    cloud.act(server_id, "lock")
    locked = cloud.call("alice", "POST", path, {"metadata": {"c": "1"}})
    assert (locked.status_code, "is locked" in locked.text) == (409, True)
    cloud.act(server_id, "unlock")
    cloud.act(server_id, "os-resetState", {"state": "error"}, "admin")

    refused = cloud.call("alice", "DELETE", f"{path}/a")

    assert refused.status_code == 409
    message = f"Cannot 'delete metadata' instance {server_id} while it is in vm_state error"
    assert refused.json["conflictingRequest"]["message"] == message


def test_readers_read(cloud: ComputeCloud, server_id: str) -> None:
    path = f"/servers/{server_id}/metadata"

    assert cloud.call("reader", "GET", path).status_code == 200
    assert cloud.call("reader", "POST", path, {"metadata": {}}).status_code == 403
    assert cloud.call("bob", "GET", path).status_code == 404


def test_a_quota_of_metadata_is_the_project_s(cloud: ComputeCloud, server_id: str) -> None:
    cloud.call("admin", "PUT", f"/os-quota-sets/{DEMO}", {"quota_set": {"metadata_items": 2}})

    answer = cloud.call("alice", "POST", f"/servers/{server_id}/metadata", {"metadata": {"c": "3"}})

    assert answer.status_code == 403
    assert answer.json["forbidden"]["message"] == "Maximum number of metadata items exceeds 2"
    assert cloud.call("alice", "POST", f"/servers/{server_id}/metadata", {"metadata": {"a": "3"}}).status_code == 200


def test_tags_are_set_together(cloud: ComputeCloud, server_id: str) -> None:
    path = f"/servers/{server_id}/tags"

    assert cloud.call("alice", "GET", path, at=TAGS).json == {"tags": []}
    answer = cloud.call("alice", "PUT", path, {"tags": ["x", "y", "x"]}, at=TAGS)
    assert (answer.status_code, answer.json) == (200, {"tags": ["x", "y"]})
    assert cloud.server(server_id, at=TAGS)["tags"] == ["x", "y"]
    assert cloud.call("alice", "DELETE", path, at=TAGS).status_code == 204
    assert cloud.call("alice", "GET", path, at=TAGS).json == {"tags": []}


def test_one_tag_comes_and_goes(cloud: ComputeCloud, server_id: str) -> None:
    path = f"/servers/{server_id}/tags/x"

    assert cloud.call("alice", "GET", path, at=TAGS).status_code == 404
    answer = cloud.call("alice", "PUT", path, at=TAGS)
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(path)
    assert cloud.call("alice", "PUT", path, at=TAGS).status_code == 204
    assert cloud.call("alice", "GET", path, at=TAGS).status_code == 204
    assert cloud.call("alice", "DELETE", path, at=TAGS).status_code == 204
    assert cloud.call("alice", "DELETE", path, at=TAGS).status_code == 404


@pytest.mark.parametrize(
    "tags", [["a,b"], ["a/b"], [""], ["x" * 61], [1], [str(number) for number in range(51)], "a", None]
)
def test_what_is_no_tag_is_refused(cloud: ComputeCloud, server_id: str, tags: Any) -> None:
    answer = cloud.call("alice", "PUT", f"/servers/{server_id}/tags", {"tags": tags}, at=TAGS)

    assert answer.status_code == 400


def test_a_server_has_fifty_tags_at_most(cloud: ComputeCloud, server_id: str) -> None:
    cloud.call("alice", "PUT", f"/servers/{server_id}/tags", {"tags": [str(n) for n in range(50)]}, at=TAGS)

    answer = cloud.call("alice", "PUT", f"/servers/{server_id}/tags/more", at=TAGS)

    assert answer.status_code == 400
    assert "exceeded the per-server limit 50" in answer.json["badRequest"]["message"]
    assert cloud.call("alice", "PUT", f"/servers/{server_id}/tags/a,b", at=TAGS).status_code == 400


def test_tags_need_a_server_in_a_state(cloud: ComputeCloud, server_id: str) -> None:
    cloud.act(server_id, "os-resetState", {"state": "error"}, "admin")

    for method, path, word in (
        ("PUT", "/x", "update tag"),
        ("DELETE", "/x", "delete tag"),
        ("DELETE", "", "delete tags"),
    ):
        answer = cloud.call("alice", method, f"/servers/{server_id}/tags{path}", at=TAGS)
        assert answer.status_code == 409
        assert f"Cannot '{word}'" in answer.text


def test_there_were_no_tags_before_2_26(cloud: ComputeCloud, server_id: str) -> None:
    assert cloud.call("alice", "GET", f"/servers/{server_id}/tags", at="2.25").status_code == 404
    assert cloud.call("bob", "GET", f"/servers/{server_id}/tags", at=TAGS).status_code == 404
    assert cloud.call("reader", "PUT", f"/servers/{server_id}/tags/x", at=TAGS).status_code == 403
