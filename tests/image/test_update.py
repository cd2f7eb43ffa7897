"""Changing images by JSON patch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.image.glance import IMAGES, OLD_PATCH, Glance, add, refusal, remove, replace
from tests.support.cloud import OTHER


def test_replaces_adds_and_removes(glance: Glance) -> None:
    image_id = glance.make(os_distro="cirros", arch="x86")

    result = glance.change(
        image_id, replace("name", "new"), add("os_version", "6"), replace("arch", "arm"), remove("os_distro")
    )

    assert result.status_code == 200
    assert (result.json["name"], result.json["os_version"], result.json["arch"]) == ("new", "6", "arm")
    assert "os_distro" not in result.json
    assert glance.show(image_id) == result.json


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "x"),
        ("name", None),
        ("visibility", "private"),
        ("visibility", "community"),
        ("protected", True),
        ("os_hidden", True),
        ("tags", ["a", "b"]),
        ("min_disk", 5),
        ("min_ram", 512),
        ("disk_format", "iso"),
        ("container_format", "ova"),
    ],
)
@pytest.mark.parametrize("operation", [replace, add])
def test_every_settable_attribute(glance: Glance, operation: Any, name: str, value: Any) -> None:
    image_id = glance.make()

    assert glance.change(image_id, operation(name, value)).json[name] == value


def test_operations_are_done_one_after_the_other(glance: Glance) -> None:
    image_id = glance.make()

    view = glance.change(image_id, add("a", "1"), replace("a", "2"), remove("a"), add("b", "1"), add("b", "2")).json

    assert "a" not in view
    assert view["b"] == "2"


def test_nothing_is_changed_when_one_operation_is_wrong(glance: Glance) -> None:
    image_id = glance.make()

    assert glance.change(image_id, replace("name", "x"), remove("missing")).status_code == 409
    assert glance.show(image_id)["name"] == "one"


def test_an_empty_patch_changes_nothing(glance: Glance) -> None:
    image_id = glance.make()

    assert glance.change(image_id).json == glance.show(image_id)


def test_changes_of_different_properties_do_not_undo_each_other(glance: Glance) -> None:
    image_id = glance.make(a="1", b="1")

    glance.change(image_id, replace("a", "2"))
    glance.change(image_id, replace("b", "2"))

    assert (glance.show(image_id)["a"], glance.show(image_id)["b"]) == ("2", "2")


@pytest.mark.parametrize(
    "name",
    ["id", "status", "size", "checksum", "created_at", "updated_at", "virtual_size", "self", "file", "schema"],
)
@pytest.mark.parametrize("operation", [lambda name: replace(name, "x"), remove])
def test_read_only_attributes_stay(glance: Glance, operation: Any, name: str) -> None:
    result = glance.change(glance.make(), operation(name))

    assert refusal(result) == (403, f"Attribute '{name}' is read-only.")


@pytest.mark.parametrize("name", ["location", "deleted", "deleted_at", "os_glance_import_task"])
def test_reserved_names_are_refused(glance: Glance, name: str) -> None:
    assert refusal(glance.change(glance.make(), add(name, "x"))) == (403, f"Attribute '{name}' is reserved.")


@pytest.mark.parametrize(
    ("operation", "status", "message"),
    [
        (remove("name"), 403, "Property name may not be removed."),
        (remove("tags"), 403, "Property tags may not be removed."),
        (remove("missing"), 409, "Property missing does not exist."),
        (replace("missing", "x"), 409, "Property missing does not exist."),
        (replace("locations", []), 403, "It's not allowed to update locations if locations are invisible."),
        (add("locations/-", {}), 403, "It's not allowed to update locations if locations are invisible."),
        (remove("locations/0"), 403, "It's not allowed to update locations if locations are invisible."),
        ({"op": "move", "path": "/name", "value": "x"}, 400, "Invalid operation: `move`."),
        ({"path": "/name", "value": "x"}, 400, "Unable to find `op` in JSON Schema change."),
        ({"op": "add", "value": "x"}, 400, "Unable to find 'path' in JSON Schema change"),
        ({"op": "add", "path": "/x"}, 400, 'Operation "add" requires a member named "value".'),
        ("name", 400, "Operations must be JSON objects."),
        ({"op": "add", "path": "name", "value": "x"}, 400, 'Pointer `name` does not start with "/".'),
        ({"op": "add", "path": 1, "value": "x"}, 400, 'Pointer `1` does not start with "/".'),
        (add("a//b", "x"), 400, 'Pointer `/a//b` contains adjacent "/".'),
        (add("a/", "x"), 400, 'Pointer `/a/` end with "/".'),
        (add(" ", "x"), 400, "Pointer `/ ` does not contains valid token."),
        (add("a~2", "x"), 400, 'Pointer `/a~2` contains "~" not part of a recognized escape sequence.'),
        (add("a~", "x"), 400, 'Pointer `/a~` contains "~" not part of a recognized escape sequence.'),
        (add("tags/-", "x"), 400, "Invalid JSON pointer for this resource: '/tags/-'"),
        (add("locations", {}), 400, "Invalid JSON pointer for this resource: '/locations'"),
        (replace("disk_format", "floppy"), 400, "Provided object does not match schema 'image'"),
        (replace("protected", "yes"), 400, "Provided object does not match schema 'image'"),
        (replace("min_disk", -1), 400, "Invalid value '-1' for parameter 'min_disk'"),
        (add("x", 1), 400, "Provided object does not match schema 'image'"),
        (add("x", None), 400, "Provided object does not match schema 'image'"),
    ],
)
def test_what_cannot_be_done_is_refused(glance: Glance, operation: Any, status: int, message: str) -> None:
    found, said = refusal(glance.change(glance.make(), operation))

    assert found == status
    assert said.startswith(message)


def test_a_pointer_may_have_escapes(glance: Glance) -> None:
    assert glance.change(glance.make(), add("a~1b~0c", "x")).json["a/b~c"] == "x"


def test_a_patch_is_an_array(glance: Glance) -> None:
    image_id = glance.make()
    headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}

    result = glance.patch("alice", f"{IMAGES}/{image_id}", b"{}", headers=headers)

    assert refusal(result) == (400, "Request body must be a JSON array of operation objects.")


@pytest.mark.parametrize("media_type", ["application/json", "application/json-patch+json", "text/plain"])
def test_other_media_types_are_refused_with_those_that_work(glance: Glance, media_type: str) -> None:
    result = glance.change(glance.make(), media_type=media_type)

    assert result.status_code == 415
    assert result.headers["Accept-Patch"] == (
        "application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch"
    )


class TestOldPatch:
    """The v2.0 form: ``{"replace": "/name", "value": "x"}``."""

    def test_replaces_adds_and_removes(self, glance: Glance) -> None:
        image_id = glance.make(a="1")

        result = glance.change(
            image_id,
            {"replace": "/name", "value": "new"},
            {"add": "/b", "value": "2"},
            {"remove": "/a"},
            media_type=OLD_PATCH,
        )

        assert (result.json["name"], result.json["b"], "a" in result.json) == ("new", "2", False)

    @pytest.mark.parametrize(
        ("operation", "status"),
        [
            ({"add": "/a", "value": "2"}, 409),
            ({"add": "/name", "value": "2"}, 409),
            ({"add": "/b", "replace": "/b", "value": "2"}, 400),
            ({"op": "add", "path": "/b", "value": "2"}, 400),
            ({"replace": "/missing", "value": "2"}, 409),
        ],
    )
    def test_adds_only_what_is_not_there(self, glance: Glance, operation: Any, status: int) -> None:
        assert glance.change(glance.make(a="1"), operation, media_type=OLD_PATCH).status_code == status


@pytest.mark.parametrize("name", ["disk_format", "container_format"])
def test_formats_are_settled_once_there_is_data(glance: Glance, name: str) -> None:
    image_id = glance.make_active()

    result = glance.change(image_id, replace(name, "ami"))

    assert refusal(result) == (403, f"Attribute {name} can be only replaced for a queued image.")


def test_only_an_administrator_gives_an_image_away(glance: Glance) -> None:
    image_id = glance.make()

    refused = glance.change(image_id, replace("owner", OTHER))
    allowed = glance.change(image_id, replace("owner", OTHER), caller="admin")

    assert refusal(refused) == (403, "Owner can't be updated by non admin.")
    assert allowed.json["owner"] == OTHER
    assert glance.show(image_id, "bob")["owner"] == OTHER
    assert glance.get("alice", f"{IMAGES}/{image_id}").status_code == 404


def test_only_an_administrator_publishes(glance: Glance) -> None:
    image_id = glance.make()

    refused = glance.change(image_id, replace("visibility", "public"))

    assert refusal(refused) == (403, "You are not authorized to complete publicize_image action.")
    assert glance.change(image_id, replace("visibility", "public"), caller="admin").status_code == 200


def test_a_reader_may_not_change(glance: Glance) -> None:
    result = glance.change(glance.make(), replace("name", "x"), caller="reader")

    assert refusal(result) == (403, "You are not authorized to complete modify_image action.")


def test_no_more_properties_than_glance_allows(glance: Glance) -> None:
    image_id = glance.make(**{f"p{number}": "x" for number in range(128)})

    assert glance.change(image_id, add("one-more", "x")).status_code == 413
    assert glance.change(image_id, replace("p1", "y")).status_code == 200


def test_a_change_moves_updated_at_and_nothing_else(glance: Glance) -> None:
    image_id = glance.make_active()
    before = glance.show(image_id)

    after = glance.change(image_id, add("a", "1")).json

    assert {**after, "updated_at": None} == {**before, "updated_at": None, "a": "1"}
    assert after["updated_at"] >= before["updated_at"]


def test_a_missing_image_is_not_found(glance: Glance) -> None:
    assert glance.change("0f3c2a52-16b4-4f0d-8f0f-9c5a4f2d1b11", replace("name", "x")).status_code == 404
