"""Metadata definitions: namespaces and what they define."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from tests.image.glance import Glance, refusal
from tests.support.cloud import ADMIN, DEMO

METADEFS = "/image/v2/metadefs"
NAMESPACES = f"{METADEFS}/namespaces"
SIZE = {"title": "Size", "type": "integer", "minimum": 1}
COLOR = {"title": "Color", "type": "string", "enum": ["red", "green"]}


def make(glance: Glance, name: str = "OS::Test", /, **body: Any) -> str:
    """Create a public namespace as an administrator and return its path."""
    result = glance.post("admin", NAMESPACES, {"namespace": name, "visibility": "public", **body})
    assert result.status_code == 201, result.text
    return f"{NAMESPACES}/{name}"


def names(glance: Glance, caller: str, query: str = "") -> list[str]:
    return [each["namespace"] for each in glance.get(caller, f"{NAMESPACES}?{query}").json["namespaces"]]


def without_times(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if not name.endswith("_at")}


class TestNamespaces:
    def test_a_new_one_is_private_to_its_project(self, glance: Glance) -> None:
        result = glance.post("admin", NAMESPACES, {"namespace": "OS::Test"})

        assert result.status_code == 201
        assert result.headers["Location"].endswith("/image/v2/metadefs/namespaces/OS%3A%3ATest")
        assert without_times(result.json) == {
            "namespace": "OS::Test",
            "visibility": "private",
            "protected": False,
            "owner": ADMIN,
            "self": "/v2/metadefs/namespaces/OS::Test",
            "schema": "/v2/schemas/metadefs/namespace",
        }

    def test_one_may_come_with_all_that_it_defines(self, glance: Glance) -> None:
        contents: dict[str, Any] = {
            "resource_type_associations": [{"name": "OS::Nova::Server", "prefix": "hw:"}],
            "objects": [{"name": "box", "description": "A box", "required": ["size"], "properties": {"size": SIZE}}],
            "properties": {"color": COLOR},
            "tags": [{"name": "big"}, {"name": "small"}],
        }

        path = make(glance, display_name="Test", description="For tests", **contents)

        view = glance.get("alice", path).json
        assert (view["display_name"], view["description"]) == ("Test", "For tests")
        assert [without_times(each) for each in view["resource_type_associations"]] == [
            {"name": "OS::Nova::Server", "prefix": "hw:"}
        ]
        [box] = view["objects"]
        assert without_times(box) == {
            **contents["objects"][0],
            "self": "/v2/metadefs/namespaces/OS::Test/objects/box",
            "schema": "/v2/schemas/metadefs/object",
        }
        assert view["properties"] == {"color": COLOR}
        assert view["tags"] == [{"name": "big"}, {"name": "small"}]

    def test_what_it_defines_is_named_as_on_a_resource_type(self, glance: Glance) -> None:
        path = make(
            glance,
            resource_type_associations=[{"name": "OS::Nova::Server", "prefix": "hw:"}, {"name": "OS::Glance::Image"}],
            objects=[{"name": "box", "required": ["size"], "properties": {"size": SIZE}}, {"name": "empty"}],
            properties={"color": COLOR},
        )

        server = glance.get("alice", f"{path}?resource_type=OS::Nova::Server").json
        image = glance.get("alice", f"{path}?resource_type=OS::Glance::Image").json

        assert (server["properties"], image["properties"]) == ({"hw:color": COLOR}, {"color": COLOR})
        assert (server["objects"][0]["properties"], server["objects"][0]["required"]) == (
            {"hw:size": SIZE},
            ["hw:size"],
        )
        assert image["objects"][0]["required"] == ["size"]

    def test_a_name_is_taken_once(self, glance: Glance) -> None:
        make(glance)

        result = glance.post("admin", NAMESPACES, {"namespace": "OS::Test"})

        assert refusal(result) == (409, "The metadata definition namespace=OS::Test already exists.")

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            {"namespace": "x" * 81},
            {"namespace": "x", "visibility": "shared"},
            {"namespace": "x", "unknown": 1},
            {"namespace": "x", "objects": [{}]},
            {"namespace": "x", "properties": {"p": {"title": "P"}}},
            {"namespace": "x", "properties": {"p": {"title": "P", "type": "odd"}}},
        ],
    )
    def test_a_body_of_the_wrong_form_is_refused(self, glance: Glance, body: Any) -> None:
        assert glance.post("admin", NAMESPACES, body).status_code == 400
        assert names(glance, "admin") == []

    @pytest.mark.parametrize("name", ["self", "schema", "created_at", "updated_at"])
    def test_what_is_read_only_is_refused(self, glance: Glance, name: str) -> None:
        result = glance.post("admin", NAMESPACES, {"namespace": "x", name: "y"})

        assert refusal(result) == (403, f"Attribute '{name}' is read-only.")

    def test_an_update_sets_everything_and_keeps_the_contents(self, glance: Glance) -> None:
        path = make(glance, display_name="Old", description="Old", tags=[{"name": "big"}])

        result = glance.put("admin", path, {"namespace": "OS::New", "visibility": "public", "description": "New"})

        assert result.status_code == 200
        assert (result.json["description"], "display_name" in result.json) == ("New", False)
        assert glance.get("alice", f"{NAMESPACES}/OS::New").json["tags"] == [{"name": "big"}]
        assert glance.get("alice", path).status_code == 404

    def test_an_update_may_not_take_anothers_name(self, glance: Glance) -> None:
        make(glance, "OS::Other")
        path = make(glance)

        assert glance.put("admin", path, {"namespace": "OS::Other"}).status_code == 409

    def test_one_is_deleted_with_its_contents(self, glance: Glance) -> None:
        path = make(glance, tags=[{"name": "big"}])

        assert glance.delete("admin", path).status_code == 204

        assert glance.get("admin", path).status_code == 404
        assert "tags" not in glance.get("admin", make(glance)).json

    def test_a_protected_one_stays(self, glance: Glance) -> None:
        path = make(glance, protected=True, tags=[{"name": "big"}], objects=[{"name": "box"}])
        message = "Metadata definition namespace OS::Test is protected and cannot be deleted."

        assert refusal(glance.delete("admin", path)) == (403, message)
        assert refusal(glance.delete("admin", f"{path}/objects")) == (403, message)
        assert refusal(glance.delete("admin", f"{path}/tags/big")) == (
            403,
            "Metadata definition tag big is protected and cannot be deleted.",
        )

    def test_private_ones_are_their_projects(self, glance: Glance) -> None:
        path = make(glance, visibility="private", owner=DEMO)

        assert names(glance, "alice") == names(glance, "admin") == ["OS::Test"]
        assert names(glance, "bob") == []
        assert refusal(glance.get("bob", path)) == (404, "Namespace OS::Test not found")
        for method in ("PUT", "DELETE"):
            assert glance.request("bob", method, path, {"namespace": "OS::Test"}).status_code == 404
        for kind in ("objects", "properties", "tags", "resource_types"):
            assert glance.get("bob", f"{path}/{kind}").status_code == 404
            assert glance.get("alice", f"{path}/{kind}").status_code == 200

    def test_only_administrators_write(self, glance: Glance) -> None:
        path = make(glance, tags=[{"name": "big"}])

        assert refusal(glance.post("alice", NAMESPACES, {"namespace": "x"})) == (
            403,
            "You are not authorized to complete add_metadef_namespace action.",
        )
        assert glance.put("alice", path, {"namespace": "x"}).status_code == 403
        assert glance.delete("alice", path).status_code == 403
        assert glance.post("alice", f"{path}/objects", {"name": "x"}).status_code == 403
        assert glance.post("alice", f"{path}/properties", {"name": "x", **SIZE}).status_code == 403
        assert glance.post("alice", f"{path}/tags/x").status_code == 403
        assert glance.delete("alice", f"{path}/tags/big").status_code == 403
        assert glance.post("alice", f"{path}/resource_types", {"name": "x"}).status_code == 403

    def test_lists_are_filtered_sorted_and_paged(self, glance: Glance) -> None:
        for name in ("b", "a", "c"):
            make(glance, name, resource_type_associations=[{"name": f"type-{name}"}])
        make(glance, "hidden", visibility="private")

        assert names(glance, "alice", "sort_key=namespace&sort_dir=asc") == ["a", "b", "c"]
        assert set(names(glance, "admin", "visibility=private")) == {"hidden"}
        assert set(names(glance, "alice", "resource_types=type-a,type-c")) == {"a", "c"}
        assert names(glance, "alice", "resource_types=none") == []
        body = glance.get("alice", f"{NAMESPACES}?sort_key=namespace&sort_dir=asc&limit=2").json
        assert body["first"] == "/v2/metadefs/namespaces?sort_key=namespace&sort_dir=asc&limit=2"
        assert names(glance, "alice", body["next"].partition("?")[2]) == ["c"]

    @pytest.mark.parametrize(
        "query", ["visibility=odd", "limit=odd", "limit=-1", "sort_dir=odd", "sort_key=odd", "marker=odd"]
    )
    def test_what_cannot_be_understood_is_refused(self, glance: Glance, query: str) -> None:
        make(glance)

        assert glance.get("alice", f"{NAMESPACES}?{query}").status_code == 400


class TestObjects:
    def test_one_comes_changes_and_goes(self, glance: Glance) -> None:
        path = make(glance)

        made = glance.post("admin", f"{path}/objects", {"name": "box", "properties": {"size": SIZE}})
        changed = glance.put("admin", f"{path}/objects/box", {"name": "crate", "description": "Wooden"})

        assert (made.status_code, made.json["properties"]) == (201, {"size": SIZE})
        assert (changed.status_code, changed.json["description"]) == (200, "Wooden")
        assert "properties" not in glance.get("alice", f"{path}/objects/crate").json
        assert changed.json["created_at"] == made.json["created_at"]
        assert glance.delete("admin", f"{path}/objects/crate").status_code == 204
        assert glance.get("alice", f"{path}/objects").json == {
            "objects": [],
            "schema": "v2/schemas/metadefs/objects",
        }

    def test_names_are_unique(self, glance: Glance) -> None:
        path = make(glance, objects=[{"name": "a"}, {"name": "b"}])
        message = "A metadata definition object with name=a already exists in namespace=OS::Test."

        assert refusal(glance.post("admin", f"{path}/objects", {"name": "a"})) == (409, message)
        assert refusal(glance.put("admin", f"{path}/objects/b", {"name": "a"})) == (409, message)

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_a_missing_one_is_not_found(self, glance: Glance, method: str) -> None:
        path = make(glance)

        result = glance.request("admin", method, f"{path}/objects/none", {"name": "x"} if method == "PUT" else None)

        assert refusal(result) == (
            404,
            "The metadata definition object with name=none was not found in namespace=OS::Test.",
        )

    def test_all_go_at_once(self, glance: Glance) -> None:
        path = make(glance, objects=[{"name": "a"}, {"name": "b"}])

        assert glance.delete("admin", f"{path}/objects").status_code == 204
        assert glance.get("alice", f"{path}/objects").json["objects"] == []

    def test_lists_are_paged(self, glance: Glance) -> None:
        path = make(glance, objects=[{"name": name} for name in "abc"])

        listed = glance.get("alice", f"{path}/objects?sort_key=name&sort_dir=asc&limit=1&marker=a").json["objects"]

        assert [item["name"] for item in listed] == ["b"]
        assert glance.get("alice", f"{path}/objects?limit=odd").status_code == 400

    @pytest.mark.parametrize("body", [{}, {"name": 1}, {"name": "x", "odd": 1}, {"name": "x", "properties": {"p": {}}}])
    def test_a_body_of_the_wrong_form_is_refused(self, glance: Glance, body: Any) -> None:
        assert glance.post("admin", f"{make(glance)}/objects", body).status_code == 400


class TestProperties:
    def test_one_comes_changes_and_goes(self, glance: Glance) -> None:
        path = make(glance)

        made = glance.post("admin", f"{path}/properties", {"name": "size", **SIZE})
        changed = glance.put("admin", f"{path}/properties/size", {"name": "color", **COLOR})

        assert (made.status_code, made.json) == (201, {"name": "size", **SIZE})
        assert (changed.status_code, changed.json) == (200, {"name": "color", **COLOR})
        assert glance.get("alice", f"{path}/properties").json == {"properties": {"color": COLOR}}
        assert glance.get("alice", f"{path}/properties/color").json == {"name": "color", **COLOR}
        assert glance.delete("admin", f"{path}/properties/color").status_code == 204
        assert glance.get("alice", f"{path}/properties/color").status_code == 404

    def test_names_are_unique(self, glance: Glance) -> None:
        path = make(glance, properties={"size": SIZE})

        assert glance.post("admin", f"{path}/properties", {"name": "size", **SIZE}).status_code == 409

    def test_one_is_found_by_its_name_on_a_resource_type(self, glance: Glance) -> None:
        path = make(
            glance,
            properties={"size": SIZE},
            resource_type_associations=[{"name": "OS::Nova::Server", "prefix": "hw:"}, {"name": "plain"}],
        )
        size = f"{path}/properties"

        assert glance.get("alice", f"{size}/hw:size?resource_type=OS::Nova::Server").json["name"] == "size"
        assert glance.get("alice", f"{size}/size?resource_type=OS::Nova::Server").status_code == 404
        assert glance.get("alice", f"{size}/size?resource_type=plain").status_code == 404
        assert glance.get("alice", f"{size}/size?resource_type=none").status_code == 404

    def test_all_go_at_once(self, glance: Glance) -> None:
        path = make(glance, properties={"size": SIZE, "color": COLOR})

        assert glance.delete("admin", f"{path}/properties").status_code == 204
        assert glance.get("alice", f"{path}/properties").json == {"properties": {}}

    @pytest.mark.parametrize("body", [{"name": "x"}, {"name": "x", "title": "X", "type": "odd"}, SIZE])
    def test_a_body_of_the_wrong_form_is_refused(self, glance: Glance, body: Any) -> None:
        assert glance.post("admin", f"{make(glance)}/properties", body).status_code == 400


class TestTags:
    def test_one_comes_changes_and_goes(self, glance: Glance) -> None:
        path = make(glance)

        made = glance.post("admin", f"{path}/tags/big")
        changed = glance.put("admin", f"{path}/tags/big", {"name": "huge"})

        assert (made.status_code, made.json["name"]) == (201, "big")
        assert (changed.status_code, changed.json["name"]) == (200, "huge")
        assert glance.get("alice", f"{path}/tags/huge").json == changed.json
        assert glance.delete("admin", f"{path}/tags/huge").status_code == 204
        assert glance.get("alice", f"{path}/tags/huge").status_code == 404

    def test_names_do_not_tell_case(self, glance: Glance) -> None:
        path = make(glance, tags=[{"name": "Big"}])

        assert glance.post("admin", f"{path}/tags/bIG").status_code == 409
        assert glance.get("alice", f"{path}/tags/BIG").json["name"] == "Big"
        assert glance.put("admin", f"{path}/tags/big", {"name": "BIG"}).json["name"] == "BIG"

    def test_many_replace_all(self, glance: Glance) -> None:
        path = make(glance, tags=[{"name": "old"}])

        result = glance.post("admin", f"{path}/tags", {"tags": [{"name": "a"}, {"name": "b"}]})

        assert (result.status_code, result.json) == (201, {"tags": [{"name": "a"}, {"name": "b"}]})
        listed = glance.get("alice", f"{path}/tags?sort_key=name&sort_dir=asc").json["tags"]
        assert listed == [{"name": "a"}, {"name": "b"}]

    def test_many_may_be_added(self, glance: Glance) -> None:
        path = make(glance, tags=[{"name": "old"}])

        glance.post("admin", f"{path}/tags", {"tags": [{"name": "new"}]}, headers={"X-Openstack-Append": "True"})

        assert {item["name"] for item in glance.get("alice", f"{path}/tags").json["tags"]} == {"old", "new"}

    def test_all_go_at_once(self, glance: Glance) -> None:
        path = make(glance, tags=[{"name": "a"}, {"name": "b"}])

        assert glance.delete("admin", f"{path}/tags").status_code == 204
        assert glance.get("alice", f"{path}/tags").json == {"tags": []}

    def test_names_have_a_largest_length(self, glance: Glance) -> None:
        path = make(glance)

        assert glance.post("admin", f"{path}/tags/{'x' * 81}").status_code == 400
        assert glance.post("admin", f"{path}/tags", {"tags": [{"name": "x" * 81}]}).status_code == 400
        assert glance.post("admin", f"{path}/tags", {"tags": [{}]}).status_code == 400


class TestResourceTypes:
    def test_the_usual_ones_are_known(self, glance: Glance) -> None:
        listed = glance.get("alice", f"{METADEFS}/resource_types").json["resource_types"]

        assert {"OS::Nova::Server", "OS::Glance::Image"} <= {item["name"] for item in listed}
        assert all(item["created_at"].endswith("Z") for item in listed)

    def test_one_that_a_namespace_names_is_known_from_then_on(self, glance: Glance) -> None:
        path = make(glance)

        result = glance.post("admin", f"{path}/resource_types", {"name": "My::Type", "properties_target": "image"})

        assert (result.status_code, result.json["properties_target"]) == (201, "image")
        [listed] = glance.get("alice", f"{path}/resource_types").json["resource_type_associations"]
        assert listed == result.json
        assert glance.delete("admin", f"{path}/resource_types/My::Type").status_code == 204
        assert glance.get("alice", f"{path}/resource_types").json == {"resource_type_associations": []}
        known = glance.get("alice", f"{METADEFS}/resource_types").json["resource_types"]
        assert "My::Type" in [item["name"] for item in known]

    def test_one_is_associated_once(self, glance: Glance) -> None:
        path = make(glance, resource_type_associations=[{"name": "My::Type"}])

        assert glance.post("admin", f"{path}/resource_types", {"name": "My::Type"}).status_code == 409

    def test_a_missing_one_cannot_be_removed(self, glance: Glance) -> None:
        result = glance.delete("admin", f"{make(glance)}/resource_types/none")

        assert refusal(result) == (404, "Failed to find resource type none to delete")


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("namespace", "namespaces"),
        ("object", "objects"),
        ("property", "properties"),
        ("resource_type", "resource_types"),
        ("tag", "tags"),
    ],
)
def test_schemas_are_published(glance: Glance, one: str, many: str) -> None:
    for name in (one, many):
        schema = glance.get("alice", f"/image/v2/schemas/metadefs/{name}").json
        assert jsonschema_rs.meta.is_valid(schema)


def test_a_namespace_fits_its_schema(glance: Glance) -> None:
    path = make(glance, objects=[{"name": "box", "properties": {"size": SIZE}}], properties={"color": COLOR})

    schema = glance.get("alice", "/image/v2/schemas/metadefs/namespace").json
    jsonschema_rs.Draft4Validator(schema).validate(glance.get("alice", path).json)
    many = glance.get("alice", "/image/v2/schemas/metadefs/namespaces").json
    jsonschema_rs.Draft4Validator(many).validate(glance.get("alice", NAMESPACES).json)


def test_the_usual_types_are_seeded_once(glance: Glance) -> None:
    before = glance.get("alice", f"{METADEFS}/resource_types").json

    glance.app.prepare()

    assert glance.get("alice", f"{METADEFS}/resource_types").json == before
