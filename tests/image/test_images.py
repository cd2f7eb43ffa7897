"""Creating, showing and deleting images."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.image.glance import IMAGES, Glance, refusal
from tests.support.cloud import ADMIN, DEMO, OTHER

ID = "0f3c2a52-16b4-4f0d-8f0f-9c5a4f2d1b11"


def test_a_new_image_shows_everything_that_glance_shows(glance: Glance) -> None:
    result = glance.post(
        "alice", IMAGES, {"name": "cirros", "disk_format": "qcow2", "container_format": "bare", "os_distro": "cirros"}
    )

    assert result.status_code == 201
    image_id = result.json["id"]
    assert {name: value for name, value in result.json.items() if not name.endswith("_at")} == {
        "id": image_id,
        "name": "cirros",
        "status": "queued",
        "visibility": "shared",
        "protected": False,
        "os_hidden": False,
        "checksum": None,
        "os_hash_algo": None,
        "os_hash_value": None,
        "owner": DEMO,
        "size": None,
        "virtual_size": None,
        "container_format": "bare",
        "disk_format": "qcow2",
        "min_ram": 0,
        "min_disk": 0,
        "tags": [],
        "self": f"/v2/images/{image_id}",
        "file": f"/v2/images/{image_id}/file",
        "schema": "/v2/schemas/image",
        "os_distro": "cirros",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result.json["created_at"])
    assert str(uuid.UUID(image_id)) == image_id


def test_creating_tells_where_the_image_is_and_how_its_data_may_come(glance: Glance) -> None:
    result = glance.post("alice", IMAGES, {})

    assert result.headers["Location"].endswith(f"/image/v2/images/{result.json['id']}")
    assert result.headers["OpenStack-image-import-methods"] == "glance-direct,web-download"
    assert result.headers["OpenStack-image-store-ids"] == "local"


def test_an_image_may_be_created_from_nothing_at_all(glance: Glance) -> None:
    view = glance.post("alice", IMAGES, {}).json

    assert (view["name"], view["disk_format"], view["container_format"]) == (None, None, None)


def test_every_attribute_can_be_given(glance: Glance) -> None:
    given = {
        "id": ID,
        "name": None,
        "visibility": "private",
        "protected": True,
        "os_hidden": True,
        "min_disk": 3,
        "min_ram": 64,
        "tags": ["b", "a", "b"],
        "disk_format": "vmdk",
        "container_format": "ova",
        "owner": DEMO,
        "hw_disk_bus": "scsi",
    }

    view = glance.post("alice", IMAGES, given).json

    assert {name: view[name] for name in given} == {**given, "tags": ["b", "a"]}


def test_what_was_created_is_shown_alike(glance: Glance) -> None:
    created = glance.post("alice", IMAGES, {"name": "one", "tags": ["x"], "a": "b"}).json

    assert glance.show(created["id"]) == created


def test_an_id_that_is_taken_is_refused(glance: Glance) -> None:
    glance.make(id=ID)

    assert refusal(glance.post("bob", IMAGES, {"id": ID})) == (409, f"Image ID {ID} already exists!")


def test_the_id_of_a_deleted_image_can_be_used_again(glance: Glance) -> None:
    glance.make_active(id=ID)
    glance.delete("alice", f"{IMAGES}/{ID}")

    glance.make(id=ID)

    assert glance.show(ID)["status"] == "queued"


@pytest.mark.parametrize(
    "name",
    ["status", "checksum", "size", "virtual_size", "created_at", "updated_at", "os_hash_algo", "os_hash_value"],
)
def test_read_only_attributes_are_refused(glance: Glance, name: str) -> None:
    values: dict[str, Any] = {"status": "active", "size": 1, "virtual_size": 1}

    result = glance.post("alice", IMAGES, {name: values.get(name, "x")})

    assert refusal(result) == (403, f"Attribute '{name}' is read-only.")


@pytest.mark.parametrize("name", ["self", "file", "schema", "direct_url", "stores"])
def test_links_are_read_only_whatever_they_hold(glance: Glance, name: str) -> None:
    assert refusal(glance.post("alice", IMAGES, {name: 1})) == (403, f"Attribute '{name}' is read-only.")


@pytest.mark.parametrize("name", ["location", "deleted", "deleted_at", "os_glance_foo"])
def test_reserved_names_are_refused(glance: Glance, name: str) -> None:
    assert refusal(glance.post("alice", IMAGES, {name: "x"})) == (403, f"Attribute '{name}' is reserved.")


def test_locations_are_reserved(glance: Glance) -> None:
    assert glance.post("alice", IMAGES, {"locations": []}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"disk_format": "floppy"},
        {"container_format": "box"},
        {"visibility": "secret"},
        {"name": 1},
        {"name": "x" * 256},
        {"id": "not-a-uuid"},
        {"protected": "yes"},
        {"min_disk": -1},
        {"min_ram": -1},
        {"min_ram": 2**31},
        {"min_disk": "1"},
        {"tags": "x"},
        {"tags": [1]},
        {"tags": ["x" * 256]},
        {"os_distro": 1},
        {"os_distro": None},
        {"x" * 256: "x"},
        [],
        "image",
        None,
    ],
)
def test_a_body_of_the_wrong_form_is_refused(glance: Glance, body: Any) -> None:
    assert glance.post("alice", IMAGES, body).status_code == 400


def test_a_body_that_is_no_json_is_refused(glance: Glance) -> None:
    json = {"Content-Type": "application/json"}

    assert glance.post("alice", IMAGES, b"{", headers=json).status_code == 400


def test_no_more_tags_than_glance_allows(glance: Glance) -> None:
    result = glance.post("alice", IMAGES, {"tags": [str(number) for number in range(129)]})

    assert refusal(result) == (
        413,
        "The limit has been exceeded on the number of allowed image tags. Attempted: 129, Maximum: 128",
    )


def test_no_more_properties_than_glance_allows(glance: Glance) -> None:
    assert glance.post("alice", IMAGES, {f"p{number}": "x" for number in range(129)}).status_code == 413


def test_only_an_administrator_creates_for_another_project(glance: Glance) -> None:
    refused = glance.post("alice", IMAGES, {"owner": OTHER})
    allowed = glance.post("admin", IMAGES, {"owner": OTHER})

    assert refusal(refused) == (403, f"You are not permitted to create images owned by '{OTHER}'")
    assert allowed.json["owner"] == OTHER


def test_an_owner_of_null_is_the_callers_project(glance: Glance) -> None:
    assert glance.post("admin", IMAGES, {"owner": None}).json["owner"] == ADMIN


def test_only_an_administrator_publishes(glance: Glance) -> None:
    refused = glance.post("alice", IMAGES, {"visibility": "public"})

    assert refusal(refused) == (403, "You are not authorized to complete publicize_image action.")
    assert glance.post("admin", IMAGES, {"visibility": "public"}).status_code == 201


def test_a_member_may_create_a_community_image(glance: Glance) -> None:
    assert glance.post("alice", IMAGES, {"visibility": "community"}).status_code == 201


def test_a_reader_may_look_and_not_touch(glance: Glance) -> None:
    image_id = glance.make()

    assert glance.show(image_id, "reader")["id"] == image_id
    assert glance.post("reader", IMAGES, {}).status_code == 403
    assert glance.delete("reader", f"{IMAGES}/{image_id}").status_code == 403


def test_nobody_is_served_without_a_token(glance: Glance) -> None:
    assert glance.get(None, IMAGES).status_code == 401
    assert glance.post(None, IMAGES, {}).status_code == 401


@pytest.mark.parametrize("image_id", [ID, "nonsense", "detail2"])
def test_a_missing_image_is_not_found(glance: Glance, image_id: str) -> None:
    assert refusal(glance.get("alice", f"{IMAGES}/{image_id}")) == (404, f"No image found with ID {image_id}")


def test_faults_are_json_for_who_asks_for_it(glance: Glance) -> None:
    result = glance.get("alice", f"{IMAGES}/{ID}", headers={"Accept": "application/json"})

    assert result.json == {
        "message": f"No image found with ID {ID}",
        "code": "404 Not Found",
        "title": "Not Found",
    }


def test_deleting_removes_the_image_and_its_bytes(glance: Glance) -> None:
    image_id = glance.make_active()

    result = glance.delete("alice", f"{IMAGES}/{image_id}")

    assert (result.status_code, result.text) == (204, "")
    assert glance.get("alice", f"{IMAGES}/{image_id}").status_code == 404
    assert glance.stored() == []


def test_deleting_twice_is_not_found(glance: Glance) -> None:
    image_id = glance.make()
    glance.delete("alice", f"{IMAGES}/{image_id}")

    again = glance.delete("alice", f"{IMAGES}/{image_id}")

    assert refusal(again) == (404, f"Failed to find image {image_id} to delete")


def test_a_protected_image_stays(glance: Glance) -> None:
    image_id = glance.make_active(protected=True)

    for caller in ("alice", "admin"):
        result = glance.delete(caller, f"{IMAGES}/{image_id}")
        assert refusal(result) == (403, f"Image {image_id} is protected and cannot be deleted.")
    assert glance.download(image_id).content == b"data"


def test_another_project_neither_sees_nor_touches_a_shared_image_by_default(glance: Glance) -> None:
    image_id = glance.make_active()

    assert glance.get("bob", f"{IMAGES}/{image_id}").status_code == 404
    assert glance.delete("bob", f"{IMAGES}/{image_id}").status_code == 404
    assert glance.upload(image_id, b"evil", "bob").status_code == 404
    assert glance.stage(image_id, b"evil", "bob").status_code == 404
    assert glance.import_(image_id, "bob").status_code == 404
    assert glance.download(image_id, "bob").status_code == 404
    assert glance.change(image_id, {"op": "replace", "path": "/name", "value": "x"}, caller="bob").status_code == 404
    assert glance.names("bob") == []


@pytest.mark.parametrize("visibility", ["public", "community"])
def test_another_project_reads_an_open_image_and_may_not_change_it(glance: Glance, visibility: str) -> None:
    image_id = glance.make_active(b"data", "admin", visibility=visibility)

    assert glance.show(image_id, "bob")["visibility"] == visibility
    assert glance.download(image_id, "bob").content == b"data"
    assert glance.delete("bob", f"{IMAGES}/{image_id}").status_code == 403
    assert glance.upload(image_id, b"evil", "bob").status_code == 403
    assert glance.change(image_id, {"op": "replace", "path": "/name", "value": "x"}, caller="bob").status_code == 403


def test_an_administrator_sees_and_changes_everybodys(glance: Glance) -> None:
    image_id = glance.make(visibility="private")

    assert glance.show(image_id, "admin")["owner"] == DEMO
    assert glance.delete("admin", f"{IMAGES}/{image_id}").status_code == 204


def test_the_answer_to_a_read_follows_every_change(glance: Glance) -> None:
    image_id = glance.make(name="before")
    assert glance.show(image_id)["name"] == "before"

    glance.change(image_id, {"op": "replace", "path": "/name", "value": "after"})

    assert glance.show(image_id)["name"] == "after"


def test_the_policy_file_rules(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text('"publicize_image": "role:member"\n"delete_image": "!"\n')
    glance = Glance(tmp_path / "state", f"policy_file = {file}")

    image_id = glance.make(visibility="public")

    assert glance.delete("admin", f"{IMAGES}/{image_id}").status_code == 403


def test_nobody_creates_for_a_project_that_cannot_be(glance: Glance) -> None:
    answer = refusal(glance.post("alice", IMAGES, {"owner": "x"}))

    assert answer == (403, "You are not permitted to create images owned by 'x'")
