"""Sharing images with projects."""

from __future__ import annotations

from typing import Any

import pytest

from tests.image.glance import IMAGES, Glance, refusal, replace
from tests.support.cloud import ADMIN, DEMO, OTHER

MISSING = "0f3c2a52-16b4-4f0d-8f0f-9c5a4f2d1b11"


@pytest.fixture
def image_id(glance: Glance) -> str:
    """An image of alice's that can be shared."""
    return glance.make_active()


def members(image_id: str, member: str = "") -> str:
    return f"{IMAGES}/{image_id}/members" + (f"/{member}" if member else "")


def share(glance: Glance, image_id: str, project_id: str = OTHER) -> Any:
    return glance.post("alice", members(image_id), {"member": project_id})


def test_a_new_member_is_pending(glance: Glance, image_id: str) -> None:
    result = share(glance, image_id)

    assert result.status_code == 200
    assert {name: value for name, value in result.json.items() if not name.endswith("_at")} == {
        "member_id": OTHER,
        "image_id": image_id,
        "status": "pending",
        "schema": "/v2/schemas/member",
    }
    assert result.json["created_at"] == result.json["updated_at"]


def test_the_owner_lists_and_shows_members(glance: Glance, image_id: str) -> None:
    made = [share(glance, image_id, project).json for project in (OTHER, ADMIN)]

    assert glance.get("alice", members(image_id)).json == {"members": made, "schema": "/v2/schemas/members"}
    assert glance.get("alice", members(image_id, OTHER)).json == made[0]
    assert glance.get("reader", members(image_id, OTHER)).json == made[0]


def test_a_member_sees_the_image_and_itself_alone(glance: Glance, image_id: str) -> None:
    share(glance, image_id)
    share(glance, image_id, ADMIN)

    assert glance.show(image_id, "bob")["id"] == image_id
    assert glance.download(image_id, "bob").content == b"data"
    assert [member["member_id"] for member in glance.get("bob", members(image_id)).json["members"]] == [OTHER]
    assert glance.get("bob", members(image_id, OTHER)).status_code == 200
    assert glance.get("bob", members(image_id, ADMIN)).status_code == 404


@pytest.mark.parametrize("status", ["accepted", "rejected", "pending"])
def test_a_member_answers(glance: Glance, image_id: str, status: str) -> None:
    share(glance, image_id)

    result = glance.put("bob", members(image_id, OTHER), {"status": status})

    assert (result.status_code, result.json["status"]) == (200, status)
    assert glance.get("alice", members(image_id, OTHER)).json["status"] == status


def test_the_owner_may_not_answer_for_a_member(glance: Glance, image_id: str) -> None:
    share(glance, image_id)

    result = glance.put("alice", members(image_id, OTHER), {"status": "accepted"})

    assert refusal(result) == (403, f"Not allowed to update members for image {image_id}.")


def test_an_administrator_may_answer_for_a_member(glance: Glance, image_id: str) -> None:
    share(glance, image_id)

    assert glance.put("admin", members(image_id, OTHER), {"status": "accepted"}).status_code == 200


def test_a_member_may_not_share_on(glance: Glance, image_id: str) -> None:
    share(glance, image_id)

    result = glance.post("bob", members(image_id), {"member": ADMIN})

    assert refusal(result) == (403, f"Not allowed to create members for image {image_id}.")
    assert glance.delete("bob", members(image_id, OTHER)).status_code == 403


def test_a_member_may_not_change_the_image(glance: Glance, image_id: str) -> None:
    share(glance, image_id)
    glance.put("bob", members(image_id, OTHER), {"status": "accepted"})

    assert glance.change(image_id, replace("name", "mine"), caller="bob").status_code == 403
    assert glance.delete("bob", f"{IMAGES}/{image_id}").status_code == 403


def test_a_member_that_is_removed_sees_nothing_any_more(glance: Glance, image_id: str) -> None:
    share(glance, image_id)

    assert glance.delete("alice", members(image_id, OTHER)).status_code == 204

    assert glance.get("bob", f"{IMAGES}/{image_id}").status_code == 404
    assert glance.get("alice", members(image_id, OTHER)).status_code == 404
    assert glance.delete("alice", members(image_id, OTHER)).status_code == 404


def test_sharing_twice_is_a_conflict(glance: Glance, image_id: str) -> None:
    share(glance, image_id)

    assert refusal(share(glance, image_id)) == (409, f"Member {OTHER} is duplicated for image {image_id}")


def test_an_image_can_be_shared_again(glance: Glance, image_id: str) -> None:
    share(glance, image_id)
    glance.delete("alice", members(image_id, OTHER))

    assert share(glance, image_id).json["status"] == "pending"


def test_only_shared_images_have_members(glance: Glance, image_id: str) -> None:
    share(glance, image_id)
    glance.change(image_id, replace("visibility", "private"))

    assert refusal(share(glance, image_id, ADMIN)) == (403, f"Not allowed to create members for image {image_id}.")
    assert refusal(glance.get("alice", members(image_id))) == (
        403,
        f"Not allowed to list members for image {image_id}: Only shared images have members.",
    )
    assert glance.get("alice", members(image_id, OTHER)).status_code == 404
    assert glance.put("admin", members(image_id, OTHER), {"status": "accepted"}).status_code == 403
    assert glance.delete("alice", members(image_id, OTHER)).status_code == 403
    assert glance.get("bob", f"{IMAGES}/{image_id}").status_code == 404


@pytest.mark.parametrize("caller", ["bob", "alice"])
def test_an_image_that_is_not_seen_has_no_members(glance: Glance, caller: str) -> None:
    image_id = glance.make("bob" if caller == "alice" else "alice")

    assert refusal(glance.get(caller, members(image_id))) == (404, f"Image {image_id} not found.")
    assert glance.get(caller, members(image_id, DEMO)).status_code == 404
    assert glance.post(caller, members(image_id), {"member": DEMO}).status_code == 404
    assert glance.put(caller, members(image_id, DEMO), {"status": "accepted"}).status_code == 404
    assert glance.delete(caller, members(image_id, DEMO)).status_code == 404


def test_a_missing_image_has_no_members(glance: Glance) -> None:
    assert glance.get("alice", members(MISSING)).status_code == 404
    assert share(glance, MISSING).status_code == 404


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Member to be added not specified"),
        ({"member": ""}, "Member can't be empty"),
        ({"member": 1}, 'Expected a member in the form: {"member": "image_id"}'),
        ([], 'Expected a member in the form: {"member": "image_id"}'),
        ({"member": "x" * 256}, 'Expected a member in the form: {"member": "image_id"}'),
    ],
)
def test_a_body_must_name_the_member(glance: Glance, image_id: str, body: Any, message: str) -> None:
    assert refusal(glance.post("alice", members(image_id), body)) == (400, message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Status not specified"),
        ([], 'Expected a status in the form: {"status": "status"}'),
        ({"status": "maybe"}, 'Incorrect request: Status must be "pending", "accepted" or "rejected".'),
        ({"status": 1}, 'Incorrect request: Status must be "pending", "accepted" or "rejected".'),
    ],
)
def test_a_body_must_tell_the_status(glance: Glance, image_id: str, body: Any, message: str) -> None:
    share(glance, image_id)

    assert refusal(glance.put("bob", members(image_id, OTHER), body)) == (400, message)


def test_a_reader_may_not_share(glance: Glance, image_id: str) -> None:
    assert glance.post("reader", members(image_id), {"member": OTHER}).status_code == 403


def test_no_more_members_than_glance_allows(glance: Glance, image_id: str) -> None:
    for number in range(128):
        assert share(glance, image_id, f"{number:032x}").status_code == 200

    assert share(glance, image_id, "f" * 32).status_code == 413


def test_members_go_with_their_image(glance: Glance, image_id: str) -> None:
    share(glance, image_id)
    glance.delete("alice", f"{IMAGES}/{image_id}")
    glance.make(id=image_id)

    assert glance.get("alice", members(image_id)).json["members"] == []
