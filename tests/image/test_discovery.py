"""Versions, schema documents and what the service tells of itself."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from jumpgate.image.endpoints import ENDPOINTS
from jumpgate.image.policies import RULES
from tests.image.glance import IMAGES, Glance, refusal

VERSIONS = ["v2.15", "v2.12", "v2.10", "v2.9", "v2.8", "v2.7", "v2.6", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0"]


@pytest.mark.parametrize(
    ("path", "status"), [("/image", 300), ("/image/", 300), ("/image/versions", 200), ("/image/v2", 200)]
)
def test_versions_are_told_to_anybody(glance: Glance, path: str, status: int) -> None:
    result = glance.get(None, path)

    assert result.status_code == status
    versions = result.json["versions"]
    assert [version["id"] for version in versions] == VERSIONS
    assert [version["status"] for version in versions] == ["CURRENT"] + ["SUPPORTED"] * 12
    assert {version["links"][0]["href"] for version in versions} == {"http://falconframework.org/image/v2/"}


@pytest.mark.parametrize("path", ["/image/v1", "/image/v1/images", "/image/v1/images/detail"])
def test_the_first_version_is_not_served(glance: Glance, path: str) -> None:
    assert glance.get("alice", path).status_code == 501


def test_what_is_not_served_says_so(glance: Glance) -> None:
    for path in ("/image/v2/cache", f"{IMAGES}/0f3c2a52-16b4-4f0d-8f0f-9c5a4f2d1b11/locations"):
        assert glance.get("alice", path).status_code == 501


def fits(view: object, schema: dict[str, Any]) -> None:
    jsonschema_rs.Draft4Validator(schema).validate(view)


@pytest.mark.parametrize(("name", "plural"), [("image", "images"), ("member", "members"), ("task", "tasks")])
def test_schemas_describe_one_and_many(glance: Glance, name: str, plural: str) -> None:
    one = glance.get("alice", f"/image/v2/schemas/{name}").json
    many = glance.get("alice", f"/image/v2/schemas/{plural}").json

    assert jsonschema_rs.meta.is_valid(one)
    assert jsonschema_rs.meta.is_valid(many)
    assert (one["name"], many["name"]) == (name, plural)
    assert set(many["properties"][plural]["items"]["properties"]) <= set(one["properties"])
    assert {"rel": "describedby", "href": "{schema}"} in many["links"]


def test_an_image_fits_its_schema(glance: Glance) -> None:
    schema = glance.get("alice", "/image/v2/schemas/image").json
    for image_id in (glance.make(), glance.make_active(os_distro="cirros")):
        view = glance.show(image_id)
        fits(view, schema)
        assert set(view) - {"os_distro"} <= set(schema["properties"])


def test_a_list_of_images_fits_its_schema(glance: Glance) -> None:
    glance.make()

    fits(glance.get("alice", f"{IMAGES}?limit=1").json, glance.get("alice", "/image/v2/schemas/images").json)


def test_the_image_schema_is_glances(glance: Glance) -> None:
    schema = glance.get("alice", "/image/v2/schemas/image").json

    assert schema["additionalProperties"] == {"type": "string"}
    assert schema["links"] == [
        {"rel": "self", "href": "{self}"},
        {"rel": "enclosure", "href": "{file}"},
        {"rel": "describedby", "href": "{schema}"},
    ]
    read_only = {name for name, field in schema["properties"].items() if field.get("readOnly")}
    assert read_only == {
        *("status", "checksum", "os_hash_algo", "os_hash_value", "size", "virtual_size", "created_at", "updated_at"),
        *("direct_url", "self", "file", "schema", "stores"),
    }
    assert schema["properties"]["container_format"]["enum"][0] is None
    assert "qcow2" in schema["properties"]["disk_format"]["enum"]


def test_members_and_tasks_fit_their_schemas(glance: Glance) -> None:
    image_id = glance.make()
    glance.post("alice", f"{IMAGES}/{image_id}/members", {"member": "f" * 32})
    glance.stage(image_id, b"data")
    glance.import_(image_id)
    glance.settle()
    found: dict[str, Any] = {
        "members": glance.get("alice", f"{IMAGES}/{image_id}/members").json,
        "tasks": glance.get("admin", "/image/v2/tasks").json,
    }
    found["member"] = found["members"]["members"][0]
    found["task"] = glance.get("admin", "/image" + found["tasks"]["tasks"][0]["self"]).json

    for name, view in found.items():
        fits(view, glance.get("alice", f"/image/v2/schemas/{name}").json)


@pytest.mark.parametrize("path", ["schemas/image", "info/import", "info/stores", "info/usage"])
def test_the_rest_is_told_to_who_has_a_token(glance: Glance, path: str) -> None:
    assert glance.get(None, f"/image/v2/{path}").status_code == 401
    assert glance.get("reader", f"/image/v2/{path}").status_code == 200


METHODS = ["glance-direct", "web-download"]


def test_import_methods(glance: Glance) -> None:
    assert glance.get("alice", "/image/v2/info/import").json == {
        "import-methods": {"description": "Import methods available.", "type": "array", "value": METHODS}
    }


def test_stores(glance: Glance) -> None:
    assert glance.get("alice", "/image/v2/info/stores").json == {
        "stores": [{"id": "local", "description": "The state directory", "default": "true"}]
    }


def test_only_an_administrator_learns_how_stores_are_made(glance: Glance) -> None:
    refused = glance.get("alice", "/image/v2/info/stores/detail")
    [store] = glance.get("admin", "/image/v2/info/stores/detail").json["stores"]

    assert refusal(refused) == (403, "You are not authorized to complete stores_info_detail action.")
    assert (store["type"], store["weight"]) == ("file", 0)
    assert store["properties"]["data_dir"] == str(glance.files)


def test_the_only_store_keeps_an_images_data(glance: Glance) -> None:
    active, queued = glance.make_active(), glance.make()

    def remove(store: str, image_id: str, caller: str = "admin") -> tuple[int, str]:
        return refusal(glance.delete(caller, f"/image/v2/stores/{store}/{image_id}"))

    assert remove("local", active) == (
        403,
        "Cannot delete image data from the only store containing it. Consider deleting the image instead.",
    )
    assert remove("moon", active) == (409, "The selected store moon is not available on this node.")
    assert remove("local", queued)[0] == 409
    assert remove("local", active, "alice")[0] == 403
    assert remove("local", active, "bob")[0] == 404
    assert glance.download(active).content == b"data"


def test_usage_without_limits(glance: Glance) -> None:
    glance.make_active(b"data")

    assert glance.get("alice", "/image/v2/info/usage").json == {
        "usage": {
            "image_count_total": {"usage": 1, "limit": -1},
            "image_count_uploading": {"usage": 0, "limit": -1},
            "image_size_total": {"usage": 1, "limit": -1},
            "image_stage_total": {"usage": 0, "limit": -1},
        }
    }


def test_rules_have_names_and_descriptions() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.description for rule in RULES)


def test_every_endpoint_that_the_driver_serves_is_set(glance: Glance) -> None:
    unused = set(glance.app.get_dispatcher("image").get_unused_endpoints())

    served = {endpoint.name for endpoint in ENDPOINTS} - unused
    assert {"versions", "v2_images", "v2_image_file", "v2_image_members", "v2_tasks", "v2_schema_task"} <= served
    assert all(name.startswith(("v1", "v2_cache", "v2_image_locations")) for name in unused)


def test_methods_that_glance_does_not_have_are_refused(glance: Glance) -> None:
    assert glance.put("alice", IMAGES, {}).status_code == 405
    assert glance.delete("alice", "/image/v2/schemas/image").status_code == 405


@pytest.mark.parametrize("path", ["/image/v2/images/", "/image/v2/schemas/image/"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_empty_id_is_not_found(glance: Glance, path: str, method: str) -> None:
    assert glance.request("alice", method, path).status_code == 404


@pytest.mark.parametrize(("path", "status"), [("/image/v2/", 200), ("/image/versions/", 200), ("/image/v1/", 501)])
def test_a_version_may_end_in_a_slash(glance: Glance, path: str, status: int) -> None:
    assert glance.get("alice", path).status_code == status
