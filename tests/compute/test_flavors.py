"""Flavors, their extra specs and who may use the private ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud
from tests.support.cloud import DEMO, OTHER


def ids(cloud: ComputeCloud, query: str = "", caller: str = "alice", at: str | None = None) -> list[str]:
    answer = cloud.call(caller, "GET", f"/flavors{query}", at=at)
    assert answer.status_code == 200, answer.text
    return [flavor["id"] for flavor in answer.json["flavors"]]


def make(cloud: ComputeCloud, at: str | None = None, caller: str = "admin", **more: Any) -> Any:
    flavor = {"name": "new", "id": "new", "ram": 64, "vcpus": 1, "disk": 1, **more}
    return cloud.call(caller, "POST", "/flavors", {"flavor": flavor}, at=at)


def test_a_new_cloud_has_flavors(cloud: ComputeCloud) -> None:
    flavors = cloud.call("alice", "GET", "/flavors/detail").json["flavors"]

    shown = [(item["id"], item["name"], item["vcpus"], item["ram"], item["disk"]) for item in flavors]
    assert shown == [
        ("1", "m1.tiny", 1, 512, 1),
        ("2", "m1.small", 1, 2048, 20),
        ("3", "m1.medium", 2, 4096, 40),
        ("4", "m1.large", 4, 8192, 80),
        ("42", "m1.nano", 1, 128, 1),
        ("5", "m1.xlarge", 8, 16384, 160),
        ("84", "m1.micro", 1, 192, 1),
    ]


def test_the_first_flavors_come_once(cloud: ComputeCloud) -> None:
    cloud.call("admin", "DELETE", "/flavors/5")

    assert "5" not in ids(cloud.reopen())


def test_a_flavor_is_shown(cloud: ComputeCloud) -> None:
    flavor = cloud.call("alice", "GET", "/flavors/42").json["flavor"]

    links = flavor.pop("links")
    assert [link["rel"] for link in links] == ["self", "bookmark"]
    assert flavor == {
        "id": "42",
        "name": "m1.nano",
        "ram": 128,
        "disk": 1,
        "swap": "",
        "OS-FLV-EXT-DATA:ephemeral": 0,
        "OS-FLV-DISABLED:disabled": False,
        "vcpus": 1,
        "os-flavor-access:is_public": True,
        "rxtx_factor": 1.0,
    }


def test_attributes_grew_with_the_microversions(cloud: ComputeCloud) -> None:
    def shown(at: str) -> dict[str, Any]:
        found: dict[str, Any] = cloud.call("alice", "GET", "/flavors/42", at=at).json["flavor"]
        return found

    assert "description" not in shown("2.54")
    assert shown("2.55")["description"] is None
    assert "extra_specs" not in shown("2.60")
    assert shown("2.61")["extra_specs"] == {}
    assert (shown("2.74")["swap"], shown("2.75")["swap"]) == ("", 0)
    assert set(cloud.call("alice", "GET", "/flavors", at="2.55").json["flavors"][0]) == {
        "id",
        "name",
        "links",
        "description",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?minRam=4096", ["3", "4", "5"]),
        ("?minDisk=80", ["4", "5"]),
        ("?minRam=200&minDisk=80", ["4", "5"]),
        ("?limit=2", ["1", "2"]),
        ("?limit=2&marker=2", ["3", "4"]),
        ("?sort_key=memory_mb&sort_dir=desc&limit=2", ["5", "4"]),
        ("?sort_key=name&limit=1", ["4"]),
        ("?sort_key=created_at&limit=1", ["1"]),
        ("?is_public=false", ["1", "2", "3", "4", "42", "5", "84"]),
        ("?unknown=1&limit=1", ["1"]),
    ],
)
def test_lists_are_filtered_sorted_and_cut(cloud: ComputeCloud, query: str, expected: list[str]) -> None:
    assert ids(cloud, query) == expected


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("?minRam=x", None),
        ("?minDisk=x", None),
        ("?limit=-1", None),
        ("?limit=x", None),
        ("?marker=nope", None),
        ("?sort_key=nope", None),
        ("?sort_dir=nope", None),
        ("?unknown=1", "2.75"),
    ],
)
def test_what_cannot_be_asked_is_refused(cloud: ComputeCloud, query: str, at: str | None) -> None:
    assert cloud.call("alice", "GET", f"/flavors{query}", at=at).status_code == 400


def test_pages_link_to_each_other(cloud: ComputeCloud) -> None:
    first = cloud.call("alice", "GET", "/flavors/detail?limit=6").json
    href = first["flavors_links"][0]["href"]

    assert "/flavors/detail?" in href
    last = cloud.call("alice", "GET", href.split("/compute/v2.1")[1]).json
    assert [flavor["id"] for flavor in last["flavors"]] == ["84"]
    assert "flavors_links" not in last


def test_a_flavor_that_is_not_there(cloud: ComputeCloud) -> None:
    for method, caller in (("GET", "alice"), ("DELETE", "admin")):
        answer = cloud.call(caller, method, "/flavors/nope")
        assert answer.status_code == 404
        assert answer.json["itemNotFound"]["message"] == "Flavor nope could not be found."


def test_a_flavor_is_made_changed_and_deleted(cloud: ComputeCloud) -> None:
    more: dict[str, Any] = {"OS-FLV-EXT-DATA:ephemeral": 3, "os-flavor-access:is_public": "False"}
    answer = make(cloud, at="2.55", swap="16", rxtx_factor="2.5", description="small", **more)
    assert answer.status_code == 200
    flavor = answer.json["flavor"]
    assert (flavor["swap"], flavor["rxtx_factor"], flavor["description"]) == (16, 2.5, "small")
    assert (flavor["OS-FLV-EXT-DATA:ephemeral"], flavor["os-flavor-access:is_public"]) == (3, False)

    body = {"flavor": {"description": None}}
    assert cloud.call("admin", "PUT", "/flavors/new", body, at="2.54").status_code == 404
    changed = cloud.call("admin", "PUT", "/flavors/new", body, at="2.55")
    assert (changed.status_code, changed.json["flavor"]["description"]) == (200, None)
    assert cloud.call("admin", "DELETE", "/flavors/new").status_code == 202
    assert cloud.call("admin", "GET", "/flavors/new").status_code == 404


def test_a_flavor_without_an_id_gets_one(cloud: ComputeCloud) -> None:
    assert len(make(cloud, id=None).json["flavor"]["id"]) == 36
    assert make(cloud, id=7, name="seven").json["flavor"]["id"] == "7"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"id": "42"}, "Flavor with ID 42 already exists."),
        ({"name": "m1.nano"}, "Flavor with name m1.nano already exists."),
    ],
)
def test_ids_and_names_are_unique(cloud: ComputeCloud, more: dict[str, str], message: str) -> None:
    answer = make(cloud, **more)

    assert answer.status_code == 409
    assert answer.json["conflictingRequest"]["message"] == message


@pytest.mark.parametrize(
    "more",
    [
        {"ram": 0},
        {"ram": "0"},
        {"vcpus": -1},
        {"disk": -1},
        {"disk": "x"},
        {"swap": -1},
        {"rxtx_factor": 0},
        {"name": ""},
        {"name": " x"},
        {"id": "a/b"},
        {"id": " x"},
        {"os-flavor-access:is_public": "maybe"},
        {"description": "before 2.55"},
        {"ram": 2**31},
    ],
)
def test_what_is_no_flavor_is_refused(cloud: ComputeCloud, more: dict[str, Any]) -> None:
    assert make(cloud, **more).status_code == 400


@pytest.mark.parametrize("caller", ["alice", "reader", "bob"])
def test_only_administrators_manage_flavors(cloud: ComputeCloud, caller: str) -> None:
    assert make(cloud, caller=caller).status_code == 403
    assert cloud.call(caller, "DELETE", "/flavors/42").status_code == 403
    body = {"flavor": {"description": "x"}}
    assert cloud.call(caller, "PUT", "/flavors/42", body, at="2.55").status_code == 403
    assert cloud.call(caller, "POST", "/flavors/42/os-extra_specs", {"extra_specs": {}}).status_code == 403
    assert cloud.call(caller, "GET", "/flavors/42/os-flavor-access").status_code == 403
    assert cloud.call(caller, "POST", "/flavors/42/action", {"addTenantAccess": {"tenant": "x"}}).status_code == 403


def test_a_private_flavor_is_for_the_projects_that_were_given_it(cloud: ComputeCloud) -> None:
    private: dict[str, Any] = {"os-flavor-access:is_public": False}
    make(cloud, **private)
    assert "new" not in ids(cloud)
    assert cloud.call("alice", "GET", "/flavors/new").status_code == 404
    wanted = cloud.wanted(flavorRef="new")
    assert cloud.call("alice", "POST", "/servers", wanted).status_code == 400
    assert ids(cloud, "?is_public=false", "admin") == ["new"]
    assert "new" not in ids(cloud, caller="admin")
    assert "new" in ids(cloud, "?is_public=None", "admin")
    assert cloud.call("admin", "GET", "/flavors?is_public=maybe").status_code == 400

    granted = cloud.call("admin", "POST", "/flavors/new/action", {"addTenantAccess": {"tenant": DEMO}})

    assert granted.status_code == 200
    assert granted.json == {"flavor_access": [{"flavor_id": "new", "tenant_id": DEMO}]}
    assert cloud.call("admin", "GET", "/flavors/new/os-flavor-access").json == granted.json
    assert "new" in ids(cloud)
    assert "new" not in ids(cloud, caller="bob")
    assert cloud.call("alice", "POST", "/servers", wanted).status_code == 202

    again = cloud.call("admin", "POST", "/flavors/new/action", {"addTenantAccess": {"tenant": DEMO}})
    assert again.status_code == 409
    taken = cloud.call("admin", "POST", "/flavors/new/action", {"removeTenantAccess": {"tenant": DEMO}})
    assert (taken.status_code, taken.json) == (200, {"flavor_access": []})
    missing = cloud.call("admin", "POST", "/flavors/new/action", {"removeTenantAccess": {"tenant": OTHER}})
    assert missing.status_code == 404


def test_a_public_flavor_has_no_access_list(cloud: ComputeCloud) -> None:
    answer = cloud.call("admin", "GET", "/flavors/42/os-flavor-access")
    assert answer.status_code == 404
    assert "not available for public flavors" in answer.text
    body = {"addTenantAccess": {"tenant": DEMO}}
    assert cloud.call("admin", "POST", "/flavors/42/action", body, at="2.7").status_code == 409


@pytest.mark.parametrize("body", [{"fly": None}, {"addTenantAccess": {}}, {"addTenantAccess": {"tenant": ""}}, []])
def test_what_is_no_flavor_action_is_refused(cloud: ComputeCloud, body: Any) -> None:
    assert cloud.call("admin", "POST", "/flavors/42/action", body).status_code == 400


def test_extra_specs_come_and_go(cloud: ComputeCloud) -> None:
    path = "/flavors/42/os-extra_specs"

    added = cloud.call("admin", "POST", path, {"extra_specs": {"hw:cpu_policy": "shared", "n": 5}})
    assert (added.status_code, added.json) == (200, {"extra_specs": {"hw:cpu_policy": "shared", "n": "5"}})
    assert cloud.call("alice", "GET", path).json == added.json
    assert cloud.call("alice", "GET", f"{path}/n").json == {"n": "5"}
    assert cloud.call("admin", "PUT", f"{path}/n", {"n": "6"}).json == {"n": "6"}
    assert cloud.call("alice", "GET", "/flavors/42", at="2.61").json["flavor"]["extra_specs"]["n"] == "6"
    assert cloud.call("admin", "DELETE", f"{path}/n").status_code == 200
    for method in ("GET", "DELETE"):
        missing = cloud.call("admin", method, f"{path}/n")
        assert missing.status_code == 404
        assert missing.json["itemNotFound"]["message"] == "Flavor 42 has no extra specs with key n."


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {"extra_specs": {"bad/key": "1"}}),
        ("POST", "", {"extra_specs": {"k": "x" * 256}}),
        ("POST", "", {"extra_specs": {"k": None}}),
        ("POST", "", {}),
        ("PUT", "/k", {"other": "1"}),
        ("PUT", "/k", {"k": "1", "l": "2"}),
        ("PUT", "/k", {}),
    ],
)
def test_what_is_no_extra_spec_is_refused(cloud: ComputeCloud, method: str, path: str, body: Any) -> None:
    assert cloud.call("admin", method, f"/flavors/42/os-extra_specs{path}", body).status_code == 400
