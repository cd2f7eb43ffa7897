"""Tags, deactivation and reactivation."""

from __future__ import annotations

import pytest

from tests.image.glance import IMAGES, Glance, refusal

MISSING = "0f3c2a52-16b4-4f0d-8f0f-9c5a4f2d1b11"


def tag(image_id: str, name: str) -> str:
    return f"{IMAGES}/{image_id}/tags/{name}"


def act(glance: Glance, image_id: str, verb: str, caller: str = "alice") -> tuple[int, str]:
    return refusal(glance.post(caller, f"{IMAGES}/{image_id}/actions/{verb}"))


def test_tags_come_and_go(glance: Glance) -> None:
    image_id = glance.make(tags=["a"])

    for name in ("b", "b"):
        result = glance.put("alice", tag(image_id, name))
        assert (result.status_code, result.text) == (204, "")
    assert glance.delete("alice", tag(image_id, "a")).status_code == 204

    assert glance.show(image_id)["tags"] == ["b"]


@pytest.mark.parametrize("name", ["with%20space", "%C3%BC", "a.b:c", "100%25"])
def test_tags_may_be_any_text(glance: Glance, name: str) -> None:
    from urllib.parse import unquote

    image_id = glance.make()

    glance.put("alice", tag(image_id, name))

    assert glance.show(image_id)["tags"] == [unquote(name)]
    assert glance.delete("alice", tag(image_id, name)).status_code == 204


def test_a_tag_that_is_not_there_is_not_found(glance: Glance) -> None:
    assert glance.delete("alice", tag(glance.make(tags=["a"]), "b")).status_code == 404


def test_a_tag_has_a_name(glance: Glance) -> None:
    image_id = glance.make()

    assert glance.put("alice", tag(image_id, "")).status_code == 404
    assert glance.delete("alice", tag(image_id, "")).status_code == 404
    assert glance.show(image_id)["tags"] == []


def test_a_tag_has_a_largest_length(glance: Glance) -> None:
    image_id = glance.make()

    assert glance.put("alice", tag(image_id, "x" * 256)).status_code == 400
    assert glance.put("alice", tag(image_id, "x" * 255)).status_code == 204


def test_no_more_tags_than_glance_allows(glance: Glance) -> None:
    image_id = glance.make(tags=[str(number) for number in range(128)])

    assert glance.put("alice", tag(image_id, "one-more")).status_code == 413
    assert glance.put("alice", tag(image_id, "5")).status_code == 204


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_the_tags_of_anothers_image(glance: Glance, method: str) -> None:
    hidden, public = glance.make(tags=["a"]), glance.make("admin", visibility="public", tags=["a"])
    verb = "update" if method == "PUT" else "delete"

    assert refusal(glance.request("bob", method, tag(hidden, "a"))) == (404, f"Image {hidden} not found.")
    assert refusal(glance.request("bob", method, tag(public, "a"))) == (
        403,
        f"Not allowed to {verb} tags for image {public}.",
    )
    assert glance.request("alice", method, tag(MISSING, "a")).status_code == 404


def test_deactivating_and_reactivating(glance: Glance) -> None:
    image_id = glance.make_active()

    for verb, status in (
        ("deactivate", "deactivated"),
        ("deactivate", "deactivated"),
        ("reactivate", "active"),
        ("reactivate", "active"),
    ):
        assert act(glance, image_id, verb) == (204, "")
        assert glance.show(image_id)["status"] == status


@pytest.mark.parametrize("verb", ["deactivate", "reactivate"])
def test_an_image_without_data_is_neither(glance: Glance, verb: str) -> None:
    assert act(glance, glance.make(), verb) == (403, f"Not allowed to {verb} image in status 'queued'")


@pytest.mark.parametrize("verb", ["deactivate", "reactivate"])
def test_only_the_owner_and_administrators_may(glance: Glance, verb: str) -> None:
    mine, public = glance.make_active(), glance.make_active(b"data", "admin", visibility="public")

    assert act(glance, mine, verb, "bob")[0] == 404
    assert act(glance, mine, verb, "reader") == (403, f"You are not authorized to complete {verb} action.")
    assert act(glance, public, verb, "bob")[0] == 403
    assert act(glance, mine, verb, "admin")[0] == 204
    assert act(glance, MISSING, verb)[0] == 404


def test_a_deactivated_image_can_be_deleted(glance: Glance) -> None:
    image_id = glance.make_active()
    act(glance, image_id, "deactivate")

    assert glance.delete("alice", f"{IMAGES}/{image_id}").status_code == 204
    assert glance.stored() == []
