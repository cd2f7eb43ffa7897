"""The version documents, and the headers that choose a microversion."""

from __future__ import annotations

import pytest

from tests.compute.conftest import ComputeCloud


def test_the_root_lists_both_apis_to_anybody(cloud: ComputeCloud) -> None:
    answer = cloud.request(None, "GET", "/compute/")

    assert answer.status_code == 200
    legacy, current = answer.json["versions"]
    assert (legacy["id"], legacy["status"], legacy["version"], legacy["min_version"]) == ("v2.0", "SUPPORTED", "", "")
    assert (current["id"], current["status"]) == ("v2.1", "CURRENT")
    assert (current["min_version"], current["version"]) == ("2.1", "2.104")
    assert current["links"] == [{"rel": "self", "href": "http://falconframework.org/compute/v2.1/"}]


@pytest.mark.parametrize(
    ("path", "version"), [("/v2", "v2.0"), ("/v2/", "v2.0"), ("/v2.1", "v2.1"), ("/v2.1/", "v2.1")]
)
def test_each_api_has_its_own_document_without_a_token(cloud: ComputeCloud, path: str, version: str) -> None:
    document = cloud.request(None, "GET", "/compute" + path).json["version"]

    assert document["id"] == version
    assert document["links"][0]["href"].endswith(f"/compute/{version.removesuffix('.0')}/")
    assert document["links"][1]["rel"] == "describedby"
    assert document["media-types"][0]["base"] == "application/json"


def test_a_version_can_be_shown_by_its_id(cloud: ComputeCloud) -> None:
    assert cloud.call("alice", "GET", "/versions/v2.1").json["version"]["id"] == "v2.1"
    assert cloud.call("alice", "GET", "/versions/v9").status_code == 404
    assert cloud.get("alice", "/compute/v2/versions/v2.1").json["version"]["id"] == "v2.0"


def test_the_answer_tells_the_microversion(cloud: ComputeCloud) -> None:
    headers = cloud.call("alice", "GET", "/flavors", at="2.61").headers

    assert headers["OpenStack-API-Version"] == "compute 2.61"
    assert headers["X-OpenStack-Nova-API-Version"] == "2.61"
    assert "X-OpenStack-Nova-API-Version" in headers["Vary"]


def test_the_older_header_chooses_too(cloud: ComputeCloud) -> None:
    answer = cloud.get("alice", "/compute/v2.1/flavors", headers={"X-OpenStack-Nova-API-Version": "2.55"})

    assert "description" in answer.json["flavors"][0]


def test_latest_is_the_maximum(cloud: ComputeCloud) -> None:
    assert cloud.call("alice", "GET", "/flavors", at="latest").headers["OpenStack-API-Version"] == "compute 2.104"


@pytest.mark.parametrize(("wanted", "status"), [("2.105", 406), ("2.0", 406), ("3.1", 406), ("two", 400)])
def test_a_microversion_that_is_not_there_is_refused(cloud: ComputeCloud, wanted: str, status: int) -> None:
    assert cloud.call("alice", "GET", "/flavors", at=wanted).status_code == status


def test_the_legacy_api_knows_no_microversions(cloud: ComputeCloud) -> None:
    answer = cloud.get("alice", "/compute/v2/flavors", version="compute 2.96")

    assert "OpenStack-API-Version" not in answer.headers
    assert "description" not in answer.json["flavors"][0]


def test_the_project_may_stand_in_the_path_and_in_the_links(cloud: ComputeCloud) -> None:
    project = "1" * 32
    answer = cloud.get("alice", f"/compute/v2.1/{project}/flavors")

    href = {link["rel"]: link["href"] for link in answer.json["flavors"][0]["links"]}
    assert f"/compute/v2.1/{project}/flavors/" in href["self"]
    assert f"/compute/{project}/flavors/" in href["bookmark"]


def test_another_project_in_the_path_is_refused(cloud: ComputeCloud) -> None:
    answer = cloud.get("alice", f"/compute/v2.1/{'2' * 32}/servers")

    assert answer.status_code == 400
    assert "doesn't match Context's project_id" in answer.json["badRequest"]["message"]


def test_without_a_token_nothing_else_is_shown(cloud: ComputeCloud) -> None:
    assert cloud.request(None, "GET", "/compute/v2.1/servers").status_code == 401
