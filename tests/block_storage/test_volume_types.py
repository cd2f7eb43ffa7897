"""Volume types, their extra specs, who may use them, and which is the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.block_storage.cinder import DEMO, NOWHERE, OTHER, Cinder, names, refusal


def type_names(cinder: Cinder, caller: str, query: str = "", *, at: str | None = None) -> list[str]:
    return sorted(names(cinder.read(caller, f"/types?{query}", at=at), "volume_types"))


def test_a_new_cloud_has_two_types(cinder: Cinder) -> None:
    assert type_names(cinder, "alice") == ["multiattach", "standard"]
    default = cinder.read("alice", "/types/default")["volume_type"]
    assert default == {
        "id": default["id"],
        "name": "standard",
        "is_public": True,
        "description": None,
        "extra_specs": {},
        "os-volume-type-access:is_public": True,
    }


def test_a_restart_adds_no_types_and_brings_none_back(tmp_path: Path) -> None:
    first = Cinder(tmp_path)
    (multiattach,) = [item["id"] for item in first.read("alice", "/types")["volume_types"] if item["extra_specs"]]
    first.call("admin", "DELETE", f"/types/{multiattach}")

    assert type_names(Cinder(tmp_path), "alice") == ["standard"]


def test_an_administrator_makes_changes_and_removes_types(cinder: Cinder) -> None:
    body = {"volume_type": {"name": "gold", "description": "d", "extra_specs": {"k": "v", "multiattach": "<is> True"}}}
    created = cinder.call("admin", "POST", "/types", body)

    assert created.status_code == 200
    made = created.json["volume_type"]
    path = f"/types/{made['id']}"
    assert made == {
        "id": made["id"],
        "name": "gold",
        "is_public": True,
        "description": "d",
        "extra_specs": {"k": "v", "multiattach": "<is> True"},
        "os-volume-type-access:is_public": True,
    }
    assert cinder.read("admin", path)["volume_type"] == {**made, "qos_specs_id": None}
    changes = {"volume_type": {"name": "silver", "description": "e", "is_public": False}}
    changed = cinder.call("admin", "PUT", path, changes)
    assert changed.status_code == 200
    assert {key: changed.json["volume_type"][key] for key in ("name", "description", "is_public")} == changes[
        "volume_type"
    ]
    assert cinder.call("admin", "DELETE", path).status_code == 202
    assert refusal(cinder.call("admin", "GET", path)) == (404, f"Volume type {made['id']} could not be found.")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"volume_type": {}},
        {"volume_type": {"name": ""}},
        {"volume_type": {"name": "  "}},
        {"volume_type": {"name": "x" * 256}},
        {"volume_type": {"name": "x", "extra_specs": {"": "v"}}},
        {"volume_type": {"name": "x", "extra_specs": "v"}},
        {"volume_type": {"name": "x", "os-volume-type-access:is_public": "perhaps"}},
        {"volume_type": {"name": "x", "color": "red"}},
    ],
)
def test_a_type_that_cannot_be_is_refused(cinder: Cinder, body: object) -> None:
    assert cinder.call("admin", "POST", "/types", body).status_code == 400


def test_names_of_types_are_unique(cinder: Cinder) -> None:
    taken = cinder.call("admin", "POST", "/types", {"volume_type": {"name": "standard"}})
    gold = cinder.make_type("gold")

    assert refusal(taken) == (409, "Volume Type standard already exists.")
    path = f"/types/{gold}"
    assert cinder.call("admin", "PUT", path, {"volume_type": {"name": "standard"}}).status_code == 409
    assert cinder.call("admin", "PUT", path, {"volume_type": {"name": "gold"}}).status_code == 200
    message = "Specify volume type name, description, is_public or a combination thereof."
    assert refusal(cinder.call("admin", "PUT", path, {"volume_type": {}})) == (400, message)


def test_a_type_in_use_and_the_default_stay(cinder: Cinder) -> None:
    gold = cinder.make_type("gold")
    cinder.make_volume(volume_type="gold")
    default = cinder.read("alice", "/types/default")["volume_type"]["id"]

    assert refusal(cinder.call("admin", "DELETE", f"/types/{gold}")) == (400, "Target volume type is still in use.")
    message = f"The volume type {default} is a default volume type and cannot be deleted."
    assert refusal(cinder.call("admin", "DELETE", f"/types/{default}")) == (400, message)
    cinder.call("admin", "PUT", f"/types/{default}", {"volume_type": {"name": "plain"}})
    assert cinder.show(cinder.make_volume())["volume_type"] == "plain"


def test_a_type_decides_whether_several_may_use_its_volumes(cinder: Cinder) -> None:
    cinder.make_type("shared", extra_specs={"multiattach": "<is> True"})

    assert cinder.show(cinder.make_volume(volume_type="shared"))["multiattach"] is True
    assert cinder.show(cinder.make_volume())["multiattach"] is False


def test_a_volume_names_its_type_by_id_too(cinder: Cinder) -> None:
    assert cinder.show(cinder.make_volume(volume_type=cinder.make_type("gold")))["volume_type"] == "gold"


def test_a_private_type_is_for_those_who_were_let_in(cinder: Cinder) -> None:
    secret = cinder.make_type("secret", **{"os-volume-type-access:is_public": False})
    path, action = f"/types/{secret}", f"/types/{secret}/action"
    new = {"volume": {"size": 1, "volume_type": "secret"}}

    assert "secret" not in type_names(cinder, "alice")
    assert cinder.call("alice", "GET", path).status_code == 404
    assert cinder.call("alice", "POST", "/volumes", new).status_code == 404
    assert cinder.call("admin", "POST", action, {"addProjectAccess": {"project": DEMO}}).status_code == 202
    assert "secret" in type_names(cinder, "alice")
    assert cinder.call("alice", "POST", "/volumes", new).status_code == 202
    assert cinder.call("bob", "POST", "/volumes", new).status_code == 404
    access = cinder.read("admin", f"{path}/os-volume-type-access")
    assert access == {"volume_type_access": [{"volume_type_id": secret, "project_id": DEMO}]}
    again = cinder.call("admin", "POST", action, {"addProjectAccess": {"project": DEMO}})
    assert refusal(again) == (409, f"Volume type access for {secret} / {DEMO} combination already exists.")
    assert cinder.call("admin", "POST", action, {"removeProjectAccess": {"project": DEMO}}).status_code == 202
    gone = cinder.call("admin", "POST", action, {"removeProjectAccess": {"project": DEMO}})
    assert refusal(gone) == (404, f"Volume type access not found for {secret} / {DEMO} combination.")
    assert cinder.call("alice", "GET", path).status_code == 404


def test_a_public_type_has_no_list_of_projects(cinder: Cinder) -> None:
    gold = cinder.make_type("gold")

    listed = cinder.call("admin", "GET", f"/types/{gold}/os-volume-type-access")
    assert refusal(listed) == (404, "Access list not available for public volume types.")
    added = cinder.call("admin", "POST", f"/types/{gold}/action", {"addProjectAccess": {"project": DEMO}})
    message = "Invalid volume type: Type access modification is not applicable to public volume type."
    assert refusal(added) == (400, message)
    assert cinder.call("admin", "POST", f"/types/{gold}/action", {"addProjectAccess": {}}).status_code == 400


def test_an_administrator_asks_for_private_types(cinder: Cinder) -> None:
    cinder.make_type("secret", **{"os-volume-type-access:is_public": False})
    everything = ["multiattach", "secret", "standard"]

    assert type_names(cinder, "admin") == ["multiattach", "standard"]
    assert type_names(cinder, "admin", "is_public=true") == ["multiattach", "standard"]
    assert type_names(cinder, "admin", "is_public=false") == ["secret"]
    assert type_names(cinder, "admin", "is_public=None") == everything
    assert type_names(cinder, "alice", "is_public=None") == ["multiattach", "standard"]
    message = "Invalid is_public filter [perhaps]"
    assert refusal(cinder.call("admin", "GET", "/types?is_public=perhaps")) == (400, message)


def test_types_are_ordered_and_cut(cinder: Cinder) -> None:
    cinder.make_type("gold")

    assert names(cinder.read("alice", "/types?sort=name:asc"), "volume_types") == ["gold", "multiattach", "standard"]
    page = cinder.read("alice", "/types?sort=name:asc&limit=1")
    assert names(page, "volume_types") == ["gold"]
    assert page["volume_type_links"][0]["rel"] == "next"
    marker = page["volume_types"][0]["id"]
    assert names(cinder.read("alice", f"/types?sort=name:asc&marker={marker}&limit=1"), "volume_types") == [
        "multiattach"
    ]


def test_types_are_filtered_by_extra_specs_since_3_52(cinder: Cinder) -> None:
    cinder.make_type("gold", extra_specs={"speed": "high"})
    shared = "extra_specs={'multiattach': '<is> True'}"

    assert type_names(cinder, "alice", shared, at="3.52") == ["multiattach"]
    assert type_names(cinder, "alice", shared, at="3.51") == ["gold", "multiattach", "standard"]
    assert type_names(cinder, "admin", "extra_specs={'speed': 'high'}", at="3.52") == ["gold"]
    # What a project may not see, it cannot search by.
    assert type_names(cinder, "alice", "extra_specs={'speed': 'high'}", at="3.52") == []


def test_a_project_sees_only_the_extra_specs_that_concern_it(cinder: Cinder) -> None:
    gold = cinder.make_type("gold", extra_specs={"backend": "x", "multiattach": "<is> True"})

    assert cinder.read("alice", f"/types/{gold}")["volume_type"]["extra_specs"] == {"multiattach": "<is> True"}
    assert cinder.read("alice", f"/types/{gold}/extra_specs") == {"extra_specs": {"multiattach": "<is> True"}}
    assert cinder.call("alice", "GET", f"/types/{gold}/extra_specs/backend").status_code == 404
    assert cinder.read("admin", f"/types/{gold}/extra_specs/backend") == {"backend": "x"}
    assert "qos_specs_id" not in cinder.read("alice", f"/types/{gold}")["volume_type"]


def test_extra_specs_are_added_set_and_removed(cinder: Cinder) -> None:
    gold = cinder.make_type("gold")
    path = f"/types/{gold}/extra_specs"

    specs = {"extra_specs": {"a": "1", "b": "2"}}
    assert cinder.call("admin", "POST", path, specs).json == specs
    assert cinder.call("admin", "PUT", f"{path}/a", {"a": "3"}).json == {"a": "3"}
    assert cinder.call("admin", "DELETE", f"{path}/b").status_code == 202
    assert cinder.read("admin", path) == {"extra_specs": {"a": "3"}}
    missing = (404, f"Volume Type {gold} has no extra specs with key b.")
    assert refusal(cinder.call("admin", "DELETE", f"{path}/b")) == missing
    assert refusal(cinder.call("admin", "GET", f"{path}/b")) == missing
    assert refusal(cinder.call("admin", "PUT", f"{path}/a", {"b": "3"})) == (400, "Request body and URI mismatch")
    for body in ({"extra_specs": {"a b": "1"}}, {"extra_specs": {"a": 1}}, {"extra_specs": None}, {}):
        assert cinder.call("admin", "POST", path, body).status_code == 400
    assert cinder.call("admin", "PUT", f"{path}/a", {"a": "1", "b": "2"}).status_code == 400
    assert cinder.call("admin", "POST", f"/types/{NOWHERE}/extra_specs", specs).status_code == 404


def test_extra_specs_of_a_type_in_use_stay(cinder: Cinder) -> None:
    gold = cinder.make_type("gold", extra_specs={"a": "1"})
    cinder.make_volume(volume_type="gold")

    path, message = f"/types/{gold}/extra_specs", "Volume Type is currently in use."
    assert refusal(cinder.call("admin", "POST", path, {"extra_specs": {"b": "2"}})) == (400, message)
    assert refusal(cinder.call("admin", "DELETE", f"{path}/a")) == (400, message)


def test_types_are_the_administrators(cinder: Cinder) -> None:
    gold = cinder.make_type("gold", extra_specs={"a": "1"})

    for method, where, body in (
        ("POST", "/types", {"volume_type": {"name": "x"}}),
        ("PUT", f"/types/{gold}", {"volume_type": {"name": "x"}}),
        ("DELETE", f"/types/{gold}", None),
        ("POST", f"/types/{gold}/extra_specs", {"extra_specs": {}}),
        ("PUT", f"/types/{gold}/extra_specs/a", {"a": "2"}),
        ("DELETE", f"/types/{gold}/extra_specs/a", None),
        ("GET", f"/types/{gold}/os-volume-type-access", None),
        ("POST", f"/types/{gold}/action", {"addProjectAccess": {"project": OTHER}}),
    ):
        assert cinder.call("alice", method, where, body).status_code == 403, where
    assert cinder.read("admin", f"/types/{gold}")["volume_type"]["name"] == "gold"


def test_a_project_has_a_default_of_its_own_since_3_62(cinder: Cinder) -> None:
    gold, path = cinder.make_type("gold"), f"/default-types/{DEMO}"
    body = {"default_type": {"volume_type": "gold"}}

    assert cinder.call("admin", "PUT", path, body, at="3.61").status_code == 404
    assert cinder.call("alice", "PUT", path, body, at="3.62").status_code == 403
    result = cinder.call("admin", "PUT", path, body, at="3.62")
    entry = {"project_id": DEMO, "volume_type_id": gold}
    assert (result.status_code, result.json) == (200, {"default_type": entry})
    assert cinder.read("admin", path, at="3.62") == {"default_type": entry}
    assert cinder.read("admin", "/default-types", at="3.62") == {"default_types": [entry]}
    assert cinder.read("alice", "/types/default")["volume_type"]["name"] == "gold"
    assert cinder.show(cinder.make_volume())["volume_type"] == "gold"
    assert cinder.show(cinder.make_volume("bob"), "bob")["volume_type"] == "standard"
    assert cinder.call("admin", "DELETE", f"/types/{gold}").status_code == 400
    assert cinder.call("admin", "DELETE", path, at="3.62").status_code == 204
    missing = cinder.call("admin", "GET", path, at="3.62")
    assert refusal(missing) == (404, f"Default type for project {DEMO} not found.")
    assert cinder.read("alice", "/types/default")["volume_type"]["name"] == "standard"


def test_a_default_that_does_not_exist_is_refused(cinder: Cinder) -> None:
    for name, status in (("nothing", 400), ("", 400)):
        body = {"default_type": {"volume_type": name}}
        assert cinder.call("admin", "PUT", f"/default-types/{DEMO}", body, at="3.62").status_code == status
