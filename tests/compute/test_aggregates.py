"""Host aggregates, and the availability zones that they make."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud

PATH = "/os-aggregates"


def make(cloud: ComputeCloud, name: str = "racks", zone: str | None = None, at: str | None = None) -> Any:
    return cloud.call("admin", "POST", PATH, {"aggregate": {"name": name, "availability_zone": zone}}, at=at)


def made(cloud: ComputeCloud, name: str = "racks", zone: str | None = None) -> int:
    number: int = make(cloud, name, zone).json["aggregate"]["id"]
    return number


def act(cloud: ComputeCloud, number: int, action: str, caller: str = "admin", **body: Any) -> Any:
    return cloud.call(caller, "POST", f"{PATH}/{number}/action", {action: body})


def zones(cloud: ComputeCloud) -> list[str]:
    answer = cloud.call("alice", "GET", "/os-availability-zone").json["availabilityZoneInfo"]
    return [zone["zoneName"] for zone in answer]


def test_an_aggregate_is_made_shown_and_deleted(cloud: ComputeCloud) -> None:
    answer = make(cloud, " racks ".strip(), "east")

    assert answer.status_code == 200
    aggregate = answer.json["aggregate"]
    assert aggregate == {
        "id": 1,
        "name": "racks",
        "availability_zone": "east",
        "created_at": aggregate["created_at"],
        "updated_at": None,
        "deleted": False,
        "deleted_at": None,
    }
    shown = {**aggregate, "hosts": [], "metadata": {"availability_zone": "east"}}
    assert cloud.call("admin", "GET", f"{PATH}/1").json == {"aggregate": shown}
    assert cloud.call("admin", "GET", PATH).json == {"aggregates": [shown]}
    assert len(cloud.call("admin", "GET", f"{PATH}/1", at="2.41").json["aggregate"]["uuid"]) == 36
    assert cloud.call("admin", "DELETE", f"{PATH}/1").status_code == 200
    assert cloud.call("admin", "GET", PATH).json == {"aggregates": []}


def test_an_aggregate_changes_its_name_and_zone(cloud: ComputeCloud) -> None:
    number = made(cloud)

    def put(**changes: Any) -> Any:
        return cloud.call("admin", "PUT", f"{PATH}/{number}", {"aggregate": changes})

    changed = put(name="rows ", availability_zone="west").json["aggregate"]
    assert (changed["name"], changed["availability_zone"]) == ("rows", "west")
    assert changed["updated_at"] is not None
    assert put(name="rows").status_code == 200
    made(cloud, "taken")
    assert put(name="taken").status_code == 409
    empty = put(availability_zone=None)
    assert empty.status_code == 400
    assert "does not support empty named availability zone" in empty.text


def test_a_name_is_there_once(cloud: ComputeCloud) -> None:
    made(cloud)

    again = make(cloud)

    assert again.status_code == 409
    assert again.json["conflictingRequest"]["message"] == "Aggregate racks already exists."


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/7", None),
        ("PUT", "/7", {"aggregate": {"name": "x"}}),
        ("DELETE", "/7", None),
        ("POST", "/7/action", {"add_host": {"host": "embedded"}}),
        ("POST", "/7/action", {"remove_host": {"host": "embedded"}}),
        ("POST", "/7/action", {"set_metadata": {"metadata": {}}}),
    ],
)
def test_an_aggregate_that_is_not_there(cloud: ComputeCloud, method: str, path: str, body: Any) -> None:
    answer = cloud.call("admin", method, PATH + path, body)

    assert answer.status_code == 404
    assert answer.json["itemNotFound"]["message"] == "Aggregate 7 could not be found."
    assert cloud.call("alice", method, PATH + path, body).status_code == 403
    assert cloud.call("admin", method, PATH + path.replace("7", "seven"), body).status_code == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"aggregate": {}}),
        ("", {"aggregate": {"name": ""}}),
        ("", {"aggregate": {"name": " x"}}),
        ("", {"aggregate": {"name": "x" * 256}}),
        ("", {"aggregate": {"name": "x", "availability_zone": "a:b"}}),
        ("", {"aggregate": {"name": "x", "unknown": 1}}),
        ("/1/action", {}),
        ("/1/action", {"unknown": {}}),
        ("/1/action", {"add_host": {}}),
        ("/1/action", {"add_host": {"host": "a b"}}),
        ("/1/action", {"set_metadata": {"metadata": {"k": 1}}}),
        ("/1/action", {"set_metadata": {"metadata": {"k": "x" * 256}}}),
    ],
)
def test_a_bad_body_is_refused(cloud: ComputeCloud, path: str, body: Any) -> None:
    make(cloud)

    assert cloud.call("admin", "POST", PATH + path, body).status_code == 400


def test_an_update_says_something(cloud: ComputeCloud) -> None:
    make(cloud)

    for body in ({}, {"unknown": 1}, {"name": "  "}):
        assert cloud.call("admin", "PUT", f"{PATH}/1", {"aggregate": body}).status_code == 400


def test_the_host_joins_and_leaves(cloud: ComputeCloud) -> None:
    number = made(cloud)

    assert act(cloud, number, "add_host", host="embedded").json["aggregate"]["hosts"] == ["embedded"]
    again = act(cloud, number, "add_host", host="embedded")
    assert again.status_code == 409
    assert again.json["conflictingRequest"]["message"] == "Aggregate 1 already has host embedded."
    assert cloud.call("admin", "DELETE", f"{PATH}/{number}").status_code == 400
    assert act(cloud, number, "remove_host", host="embedded").json["aggregate"]["hosts"] == []
    gone = act(cloud, number, "remove_host", host="embedded")
    assert gone.status_code == 404
    assert gone.json["itemNotFound"]["message"] == "Cannot remove host embedded in aggregate 1"
    other = act(cloud, number, "add_host", host="other")
    assert other.status_code == 404
    assert other.json["itemNotFound"]["message"] == "Compute host other could not be found."


def test_metadata_is_set_and_removed(cloud: ComputeCloud) -> None:
    number = made(cloud)

    answer = act(cloud, number, "set_metadata", metadata={"ssd": "true", "gpu": "no"})
    assert answer.json["aggregate"]["metadata"] == {"ssd": "true", "gpu": "no"}
    answer = act(cloud, number, "set_metadata", metadata={"gpu": None, "availability_zone": "east"})
    assert answer.json["aggregate"]["metadata"] == {"ssd": "true", "availability_zone": "east"}
    assert answer.json["aggregate"]["availability_zone"] == "east"
    assert act(cloud, number, "set_metadata", metadata={"availability_zone": ""}).status_code == 400


def test_the_host_is_in_its_aggregates_zone(cloud: ComputeCloud) -> None:
    number = made(cloud, zone="east")
    assert zones(cloud) == ["nova"]

    act(cloud, number, "add_host", host="embedded")

    assert zones(cloud) == ["east"]
    assert cloud.call("admin", "GET", "/os-services").json["services"][0]["zone"] == "east"
    server_id = cloud.boot(availability_zone="east")
    assert cloud.server(server_id)["OS-EXT-AZ:availability_zone"] == "east"
    assert cloud.call("alice", "POST", "/servers", cloud.wanted(availability_zone="nova")).status_code == 400


def test_a_server_does_not_change_its_zone(cloud: ComputeCloud) -> None:
    number = made(cloud, zone="east")
    cloud.boot()

    joins = act(cloud, number, "add_host", host="embedded")

    assert joins.status_code == 409
    assert "would change from 'None' to 'east' but the host already has 1 instance(s)" in joins.text
    plain = made(cloud, "plain")
    assert act(cloud, plain, "add_host", host="embedded").status_code == 200
    renamed = cloud.call("admin", "PUT", f"{PATH}/{plain}", {"aggregate": {"availability_zone": "west"}})
    assert renamed.status_code == 400
    assert "One or more hosts contain instances in this zone" in renamed.text
    assert act(cloud, plain, "set_metadata", metadata={"availability_zone": "west"}).status_code == 400


def test_a_host_with_servers_stays_in_its_zone(cloud: ComputeCloud) -> None:
    number = made(cloud, zone="east")
    act(cloud, number, "add_host", host="embedded")
    cloud.boot()

    assert act(cloud, number, "remove_host", host="embedded").status_code == 409
    twin = made(cloud, "twin", "east")
    assert act(cloud, twin, "add_host", host="embedded").status_code == 200
    assert act(cloud, number, "remove_host", host="embedded").status_code == 200


def test_a_host_is_in_one_zone(cloud: ComputeCloud) -> None:
    east, west = made(cloud, "a", "east"), made(cloud, "b", "west")
    act(cloud, east, "add_host", host="embedded")

    other = act(cloud, west, "add_host", host="embedded")

    assert other.status_code == 409
    assert "One or more hosts already in availability zone(s) ['east']" in other.text


@pytest.mark.parametrize("caller", ["alice", "reader", "bob"])
def test_aggregates_are_the_administrators(cloud: ComputeCloud, caller: str) -> None:
    make(cloud)

    assert cloud.call(caller, "GET", PATH).status_code == 403
    assert cloud.call(caller, "POST", PATH, {"aggregate": {"name": "x"}}).status_code == 403
    assert act(cloud, 1, "add_host", caller, host="embedded").status_code == 403
