"""Work that a crash interrupted goes on: no volume stays on its way, no file stays behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jumpgate.block_storage.drivers.embedded.files import Files
from tests.block_storage.cinder import GIB, NOWHERE, Cinder, Crash


def crash_at(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, after: bool) -> None:
    """Let the next call of a method be the last thing that this process does."""
    original: Callable[..., Any] = getattr(owner, name)

    def method(*arguments: Any, **options: Any) -> Any:
        if after:
            original(*arguments, **options)
        raise Crash

    monkeypatch.setattr(owner, name, method)


def run_into_crash(cinder: Cinder) -> None:
    with pytest.raises(Crash):
        cinder.settle()


@pytest.fixture
def restart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Cinder]:
    """Start again on the same state, with the method that crashed mended, and let the work end."""

    def start(*others: str) -> Cinder:
        monkeypatch.undo()
        cinder = Cinder(tmp_path, *others)
        cinder.settle()
        return cinder

    return start


@pytest.mark.parametrize("after", [False, True])
def test_a_volume_whose_creation_was_interrupted_becomes_available(
    cinder: Cinder, restart: Callable[..., Cinder], monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    created = cinder.call("alice", "POST", "/volumes", {"volume": {"size": 1}})
    crash_at(monkeypatch, Files, "create", after=after)
    run_into_crash(cinder)
    assert cinder.status(created.json["volume"]["id"]) == "creating"

    again = restart()

    assert again.status(created.json["volume"]["id"]) == "available"
    assert again.files() == {created.json["volume"]["id"]}


def test_a_copy_that_was_interrupted_begins_again(
    cinder: Cinder, restart: Callable[..., Cinder], tmp_path: Path
) -> None:
    source = cinder.make_volume()
    cinder.write(source, b"data")
    clone = cinder.call("alice", "POST", "/volumes", {"volume": {"source_volid": source}}).json["volume"]["id"]
    # What a copy that ended in the middle leaves behind.
    (tmp_path / "volumes" / f"{clone}.part").write_bytes(b"da")

    again = restart()

    assert (again.status(clone), again.bytes_of(clone, 4)) == ("available", b"data")
    assert again.files() == {source, clone}


@pytest.mark.parametrize("after", [False, True])
def test_a_deletion_that_was_interrupted_ends(
    cinder: Cinder, restart: Callable[..., Cinder], monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    volume_id = cinder.make_volume()
    cinder.make_snapshot(volume_id)
    cinder.call("alice", "DELETE", f"/volumes/{volume_id}?cascade=true")
    crash_at(monkeypatch, Files, "delete", after=after)
    run_into_crash(cinder)

    again = restart()

    assert again.call("alice", "GET", f"/volumes/{volume_id}").status_code == 404
    assert again.read("alice", "/snapshots")["snapshots"] == []
    assert again.files() == set()


@pytest.mark.parametrize("after", [False, True])
def test_an_extension_that_was_interrupted_ends(
    cinder: Cinder, restart: Callable[..., Cinder], monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    volume_id = cinder.make_volume()
    cinder.act(volume_id, "os-extend", {"new_size": 2})
    crash_at(monkeypatch, Files, "extend", after=after)
    run_into_crash(cinder)

    again = restart()

    assert (again.status(volume_id), again.show(volume_id)["size"]) == ("available", 2)
    assert again.file(volume_id).stat().st_size == 2 * GIB


@pytest.mark.parametrize("after", [False, True])
def test_a_snapshot_and_a_backup_that_were_interrupted_end(
    cinder: Cinder, restart: Callable[..., Cinder], monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    volume_id = cinder.make_volume()
    snapshot = cinder.call("alice", "POST", "/snapshots", {"snapshot": {"volume_id": volume_id}}).json["snapshot"]
    backup = cinder.call("alice", "POST", "/backups", {"backup": {"volume_id": volume_id}}).json["backup"]
    crash_at(monkeypatch, Files, "copy", after=after)
    run_into_crash(cinder)

    again = restart()

    assert again.read("alice", f"/snapshots/{snapshot['id']}")["snapshot"]["status"] == "available"
    assert again.read("alice", f"/backups/{backup['id']}")["backup"]["status"] == "available"
    assert again.status(volume_id) == "available"
    assert again.files() == {volume_id, snapshot["id"], backup["id"]}


@pytest.mark.parametrize("after", [False, True])
def test_an_upload_that_was_interrupted_ends(
    with_images: Cinder, restart: Callable[..., Cinder], monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    volume_id = with_images.make_volume()
    upload = with_images.act(volume_id, "os-volume_upload_image", {"image_name": "copy"})
    image_id = upload.json["os-volume_upload_image"]["image_id"]
    images = with_images.app.siblings("RegionOne")["image"].images
    crash_at(monkeypatch, images, "upload", after=after)
    run_into_crash(with_images)

    again = restart("image")

    assert again.status(volume_id) == "available"
    image = again.get("alice", f"/image/v2/images/{image_id}").json
    assert (image["status"], image["size"]) == ("active", GIB)


def test_a_volume_that_was_deleted_while_it_was_made_leaves_nothing(cinder: Cinder) -> None:
    created = cinder.call("alice", "POST", "/volumes", {"volume": {"size": 1}}).json["volume"]["id"]
    cinder.act(created, "os-force_delete", None, "admin")
    # The creation's bytes arrive when the deletion is over.
    with cinder.app.store.write() as connection:
        connection.exec_driver_sql("update tasks set due_at = 0 where kind = 'block_storage.delete_volume'")
    cinder.settle()

    assert cinder.files() == set()
    assert cinder.call("alice", "GET", f"/volumes/{created}").status_code == 404


def test_a_failure_that_passes_is_tried_again(cinder: Cinder, monkeypatch: pytest.MonkeyPatch) -> None:
    created = cinder.call("alice", "POST", "/volumes", {"volume": {"size": 1}}).json["volume"]["id"]
    original, failures = Files.create, [OSError("no space left"), OSError("no space left")]

    def create(files: Files, thing_id: str, size_bytes: int) -> None:
        if failures:
            raise failures.pop()
        original(files, thing_id, size_bytes)

    monkeypatch.setattr(Files, "create", create)
    for _ in range(3):
        cinder.settle()
        with cinder.app.store.write() as connection:
            connection.exec_driver_sql("update tasks set due_at = 0")

    assert cinder.status(created) == "available"


def test_a_failure_that_does_not_pass_ends_in_error(cinder: Cinder, monkeypatch: pytest.MonkeyPatch) -> None:
    created = cinder.call("alice", "POST", "/volumes", {"volume": {"size": 1}}).json["volume"]["id"]

    def create(files: Files, thing_id: str, size_bytes: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Files, "create", create)
    for _ in range(6):
        cinder.settle()
        with cinder.app.store.write() as connection:
            connection.exec_driver_sql("update tasks set due_at = 0")

    assert cinder.status(created) == "error"
    assert cinder.files() == set()
    assert len(cinder.read("alice", "/messages", at="3.3")["messages"]) == 1


def test_a_state_that_was_reset_by_hand_ends_the_work(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.act(volume_id, "os-extend", {"new_size": 5})
    cinder.act(volume_id, "os-reset_status", {"status": "available"}, "admin")
    cinder.settle()

    assert (cinder.status(volume_id), cinder.show(volume_id)["size"]) == ("available", 1)
    assert cinder.read("alice", "/limits")["limits"]["absolute"]["totalGigabytesUsed"] == 1
    assert cinder.call("alice", "GET", f"/volumes/{NOWHERE}").status_code == 404
