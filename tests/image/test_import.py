"""The interoperable import: stage, import, and the tasks that do it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jumpgate.store.tasks import MOST_ATTEMPTS
from tests.image.glance import IMAGES, Glance, refusal
from tests.support.cloud import DEMO


@pytest.fixture
def staged(glance: Glance) -> str:
    """An image whose data waits."""
    image_id = glance.make()
    assert glance.stage(image_id, b"staged data").status_code == 204
    return image_id


def tasks_of(glance: Glance, image_id: str, caller: str = "alice") -> list[Any]:
    result = glance.get(caller, f"{IMAGES}/{image_id}/tasks")
    assert result.status_code == 200
    tasks: list[Any] = result.json["tasks"]
    return tasks


def test_staged_data_waits(glance: Glance, staged: str) -> None:
    view = glance.show(staged)

    assert (view["status"], view["size"], view["checksum"]) == ("uploading", 11, None)
    assert "stores" not in view
    assert glance.download(staged).status_code == 204
    assert len(glance.stored()) == 1


def test_an_import_takes_it_in(glance: Glance, staged: str) -> None:
    result = glance.import_(staged)

    assert (result.status_code, result.text) == (202, "")
    assert glance.show(staged)["status"] == "importing"
    glance.settle()
    direct = glance.show(glance.make_active(b"staged data"))
    imported = glance.show(staged)
    same = ("status", "size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value", "stores")
    assert {name: imported[name] for name in same} == {name: direct[name] for name in same}
    assert glance.download(staged).content == b"staged data"


def test_formats_may_be_told_after_staging(glance: Glance) -> None:
    image_id = glance.make(disk_format=..., container_format=...)

    assert glance.stage(image_id, b"data").status_code == 204
    assert refusal(glance.import_(image_id)) == (409, "'container_format' needs to be set before import")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"method": None}, 400, "Import request requires a 'method' field."),
        ({"method": {}}, 400, "Import request requires a 'name' field."),
        ({"method": {"name": "copy-image", "uri": "http://x"}}, 400, "Unknown import method name 'copy-image'."),
        ({"all_stores": "yes"}, 400, "'all_stores' must be boolean value only"),
        ({"all_stores_must_succeed": 1}, 400, "'all_stores_must_succeed' must be boolean value only"),
        ({"stores": ["moon"]}, 409, "Unknown scheme 'moon' found in URI"),
        ({"stores": "local"}, 400, "'stores' must be a list of store ids."),
        ({"stores": ["local"], "all_stores": True}, 400, "All_stores parameter can't be used with"),
    ],
)
def test_what_cannot_be_imported_so_is_refused(
    glance: Glance, staged: str, body: Any, status: int, message: str
) -> None:
    found, said = refusal(glance.import_(staged, **body))

    assert found == status
    assert said.startswith(message)
    assert glance.show(staged)["status"] == "uploading"


def test_stores_may_be_named(glance: Glance, staged: str) -> None:
    assert glance.import_(staged, stores=["local"], all_stores_must_succeed=True).status_code == 202


def test_only_staged_images_are_imported(glance: Glance) -> None:
    queued, active = glance.make(), glance.make_active()

    assert refusal(glance.import_(queued)) == (
        409,
        "Image needs to be staged before 'glance-direct' method can be used",
    )
    assert refusal(glance.import_(active)) == (409, "Image with status active cannot be target for import")


def test_one_import_at_a_time(glance: Glance, staged: str) -> None:
    glance.import_(staged)

    assert refusal(glance.import_(staged)) == (
        409,
        f"New operation on image '{staged}' is not permitted as prior operation is still in progress",
    )


def test_staging_and_uploading_exclude_each_other(glance: Glance, staged: str) -> None:
    assert refusal(glance.upload(staged, b"x")) == (
        409,
        "Image status transition from uploading to saving is not allowed",
    )
    assert refusal(glance.stage(staged, b"x")) == (
        409,
        "Image status transition from uploading to uploading is not allowed",
    )


def test_the_owner_stages_and_imports(glance: Glance, staged: str) -> None:
    public = glance.make("admin", visibility="public")

    assert glance.stage(public, b"data").status_code == 403
    assert glance.import_(public).status_code == 403
    assert glance.import_(staged, "reader").status_code == 403
    assert glance.import_(staged, "bob").status_code == 404


def test_a_staged_image_that_is_deleted_leaves_nothing(glance: Glance, staged: str) -> None:
    assert glance.delete("alice", f"{IMAGES}/{staged}").status_code == 204
    assert glance.stored() == []


def test_an_image_that_is_deleted_while_imported_fails_the_task(glance: Glance, staged: str) -> None:
    glance.import_(staged)
    glance.delete("alice", f"{IMAGES}/{staged}")

    glance.settle()

    [task] = glance.get("admin", "/image/v2/tasks").json["tasks"]
    assert task["status"] == "failure"
    assert glance.stored() == []


def test_data_that_vanished_fails_the_task_and_queues_the_image(glance: Glance, staged: str) -> None:
    glance.import_(staged)
    for name in glance.stored():
        (glance.files / name).unlink()

    glance.settle()

    [task] = tasks_of(glance, staged)
    assert (task["status"], task["message"]) == ("failure", f"The staged data of image {staged} is gone.")
    assert glance.show(staged)["status"] == "queued"
    assert glance.show(staged)["size"] is None
    assert glance.upload(staged, b"again").status_code == 204


def test_an_import_that_never_works_is_given_up(glance: Glance, staged: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import jumpgate.image.drivers.embedded.transfers as transfers

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(transfers, "digest", broken)
    monkeypatch.setattr("jumpgate.store.tasks.RETRY_S", 0)
    glance.import_(staged)

    glance.settle(most=MOST_ATTEMPTS + 1)

    [task] = tasks_of(glance, staged)
    assert (task["status"], task["message"]) == ("failure", "The import failed; see the operator's log.")
    assert glance.show(staged)["status"] == "queued"
    assert glance.stored() == []


class TestTasks:
    def test_an_image_tells_its_tasks(self, glance: Glance, staged: str) -> None:
        request = glance.import_(staged)

        [pending] = tasks_of(glance, staged)
        glance.settle()
        [done] = tasks_of(glance, staged, "reader")

        assert (pending["status"], pending["expires_at"]) == ("pending", None)
        assert done["status"] == "success"
        assert done["expires_at"] > done["created_at"]
        times = ("created_at", "updated_at", "expires_at")
        assert {name: value for name, value in done.items() if name not in times} == {
            "id": pending["id"],
            "type": "api_image_import",
            "status": "success",
            "owner": DEMO,
            "image_id": staged,
            "user_id": "alicealicealicealice",
            "request_id": request.headers["X-Openstack-Request-Id"],
            "input": {
                "image_id": staged,
                "import_req": {"method": {"name": "glance-direct"}},
                "backend": ["local"],
            },
            "result": {"image_id": staged},
            "message": "",
            "deleted": False,
            "deleted_at": None,
        }

    def test_others_see_no_tasks(self, glance: Glance, staged: str) -> None:
        glance.import_(staged)

        assert glance.get("bob", f"{IMAGES}/{staged}/tasks").status_code == 404
        assert glance.get("alice", "/image/v2/tasks").status_code == 403
        task_id = tasks_of(glance, staged)[0]["id"]
        assert glance.get("alice", f"/image/v2/tasks/{task_id}").status_code == 403

    def test_an_administrator_lists_everybodys(self, glance: Glance, staged: str) -> None:
        glance.import_(staged)
        task_id = tasks_of(glance, staged)[0]["id"]

        body = glance.get("admin", "/image/v2/tasks").json

        assert (body["first"], body["schema"]) == ("/v2/tasks", "/v2/schemas/tasks")
        [task] = body["tasks"]
        assert (task["id"], task["self"], task["schema"]) == (task_id, f"/v2/tasks/{task_id}", "/v2/schemas/task")
        assert set(task) == {"id", "type", "status", "owner", "created_at", "updated_at", "self", "schema"}

    def test_an_administrator_shows_one(self, glance: Glance, staged: str) -> None:
        glance.import_(staged)
        glance.settle()
        task_id = tasks_of(glance, staged)[0]["id"]

        view = glance.get("admin", f"/image/v2/tasks/{task_id}").json

        assert (view["status"], view["image_id"], view["result"]) == ("success", staged, {"image_id": staged})
        assert view["expires_at"].endswith("Z")

    def test_lists_are_filtered_and_paged(self, glance: Glance) -> None:
        for _ in range(3):
            image_id = glance.make()
            glance.stage(image_id, b"data")
            glance.import_(image_id)

        body = glance.get("admin", "/image/v2/tasks?limit=2&status=pending").json
        rest = glance.get("admin", "/image" + body["next"]).json

        assert (len(body["tasks"]), len(rest["tasks"]), "next" in rest) == (2, 1, False)
        assert glance.get("admin", "/image/v2/tasks?status=success").json["tasks"] == []
        assert glance.get("admin", "/image/v2/tasks?type=import").json["tasks"] == []
        assert len(glance.get("admin", f"/image/v2/tasks?image_id={image_id}").json["tasks"]) == 1

    @pytest.mark.parametrize(
        "query",
        ["status=odd", "type=odd", "marker=odd", "limit=odd", "sort_dir=odd", "sort_key=odd"],
    )
    def test_what_cannot_be_understood_is_refused(self, glance: Glance, query: str) -> None:
        assert glance.get("admin", f"/image/v2/tasks?{query}").status_code == 400

    def test_a_missing_task_is_not_found(self, glance: Glance) -> None:
        result = glance.get("admin", "/image/v2/tasks/0f3c2a52-16b4-4f0d-8f0f-9c5a4f2d1b11")

        assert refusal(result) == (404, "No task found with ID 0f3c2a52-16b4-4f0d-8f0f-9c5a4f2d1b11")

    def test_tasks_are_not_made_by_hand(self, glance: Glance) -> None:
        assert glance.post("admin", "/image/v2/tasks", {"type": "import", "input": {}}).status_code == 501


class TestLimits:
    """Quotas of the section's options."""

    @pytest.mark.parametrize(
        ("option", "usage"),
        [
            ("image_count_total = 1", "image_count_total"),
            ("image_size_total = 1", "image_size_total"),
            ("image_stage_total = 1", "image_stage_total"),
        ],
    )
    def test_usage_tells_limits(self, tmp_path: Path, option: str, usage: str) -> None:
        glance = Glance(tmp_path, option)
        glance.make_active(b"x")
        glance.stage(glance.make() if "count" not in option else "none", b"x")

        assert glance.get("alice", "/image/v2/info/usage").json["usage"][usage] == {"usage": 1, "limit": 1}
        assert glance.get("bob", "/image/v2/info/usage").json["usage"][usage] == {"usage": 0, "limit": 1}

    def test_no_more_images_than_allowed(self, tmp_path: Path) -> None:
        glance = Glance(tmp_path, "image_count_total = 1")
        glance.make()

        assert glance.post("alice", IMAGES, {}).status_code == 413
        assert glance.post("bob", IMAGES, {}).status_code == 201

    def test_no_more_data_than_allowed(self, tmp_path: Path) -> None:
        glance = Glance(tmp_path, "image_size_total = 1")
        glance.make_active(b"x")
        image_id = glance.make()

        assert glance.upload(image_id, b"x").status_code == 413
        assert glance.show(image_id)["status"] == "queued"
        assert len(glance.stored()) == 1

    def test_no_more_staged_data_than_allowed(self, tmp_path: Path) -> None:
        glance = Glance(tmp_path, "image_stage_total = 1")
        glance.stage(glance.make(), b"x")

        assert glance.stage(glance.make(), b"x").status_code == 413

    def test_an_import_is_held_to_the_limit_too(self, tmp_path: Path) -> None:
        glance = Glance(tmp_path, "image_size_total = 1")
        glance.make_active(b"x")
        image_id = glance.make()
        glance.stage(image_id, b"x")
        glance.import_(image_id)

        glance.settle()

        [task] = tasks_of(glance, image_id)
        assert task["status"] == "failure"
        assert "image_size_total" in task["message"]
        assert glance.show(image_id)["status"] == "queued"

    def test_no_more_uploads_at_a_time_than_allowed(self, tmp_path: Path) -> None:
        glance = Glance(tmp_path, "image_count_uploading = 1")
        glance.stage(glance.make(), b"x")

        assert glance.stage(glance.make(), b"x").status_code == 413
