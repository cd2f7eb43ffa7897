"""Backups: made, restored, carried from record to record, and removed."""

from __future__ import annotations

import base64
import json
import uuid

import pytest

from tests.block_storage.cinder import DEMO, GIB, NOWHERE, Cinder, names, refusal


def test_a_backup_outlives_its_volume_and_makes_another(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(size=2)
    cinder.write(volume_id, b"precious", offset=GIB)
    backup_id = cinder.make_backup(volume_id, name="b")
    cinder.call("alice", "DELETE", f"/volumes/{volume_id}")
    cinder.settle()
    assert cinder.files() == {backup_id}

    result = cinder.call("alice", "POST", f"/backups/{backup_id}/restore", {"restore": {}})

    assert result.status_code == 202
    restored = result.json["restore"]
    assert (restored["backup_id"], restored["volume_name"]) == (backup_id, f"restore_backup_{backup_id}")
    cinder.settle()
    view = cinder.show(restored["volume_id"])
    assert (view["status"], view["size"], view["description"]) == (
        "available",
        2,
        "auto-created_from_restore_from_backup",
    )
    assert cinder.bytes_of(restored["volume_id"], 8, offset=GIB) == b"precious"


def test_what_a_client_sees_of_a_backup(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(size=2)
    body = {"backup": {"volume_id": volume_id, "name": " b ", "description": "d", "metadata": {"a": "1"}}}
    created = cinder.call("alice", "POST", "/backups", body, at="3.43")

    assert (created.status_code, set(created.json["backup"])) == (202, {"id", "name", "links"})
    backup_id = created.json["backup"]["id"]
    assert cinder.status(volume_id) == "backing-up"
    cinder.settle()
    assert cinder.status(volume_id) == "available"
    view = cinder.read("admin", f"/backups/{backup_id}", at="3.70")["backup"]
    assert view.pop("links")[0]["href"].endswith(f"/backups/{backup_id}")
    assert view.pop("created_at") == view.pop("data_timestamp") < view.pop("updated_at")
    assert view == {
        "id": backup_id,
        "status": "available",
        "size": 2,
        "object_count": 1,
        "availability_zone": "nova",
        "container": None,
        "name": "b",
        "description": "d",
        "fail_reason": None,
        "volume_id": volume_id,
        "is_incremental": False,
        "has_dependent_backups": False,
        "snapshot_id": None,
        "metadata": {"a": "1"},
        "os-backup-project-attr:project_id": DEMO,
        "user_id": "alice" * 4,
    }
    assert cinder.read("alice", f"/backups/{backup_id}", at="3.70")["backup"].keys() == view.keys() - {
        "os-backup-project-attr:project_id",
        "user_id",
    } | {"links", "created_at", "updated_at", "data_timestamp"}
    assert "metadata" not in cinder.read("alice", f"/backups/{backup_id}", at="3.42")["backup"]


def test_a_backup_is_restored_into_a_volume(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.write(volume_id, b"good")
    backup_id = cinder.make_backup(volume_id)
    cinder.write(volume_id, b"bad!")
    path, body = f"/backups/{backup_id}/restore", {"restore": {"volume_id": volume_id}}

    assert cinder.call("alice", "POST", path, body).status_code == 202
    assert cinder.status(volume_id) == "restoring-backup"
    assert cinder.read("alice", f"/backups/{backup_id}")["backup"]["status"] == "restoring"
    cinder.settle()
    assert (cinder.status(volume_id), cinder.bytes_of(volume_id, 4)) == ("available", b"good")
    assert cinder.read("alice", f"/backups/{backup_id}")["backup"]["status"] == "available"


def test_a_restoration_that_cannot_be_is_refused(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(size=2)
    small = cinder.make_volume(size=1)
    backup_id = cinder.make_backup(volume_id)
    path = f"/backups/{backup_id}/restore"

    refused = cinder.call("alice", "POST", path, {"restore": {"volume_id": small}})
    assert refusal(refused) == (400, "Invalid volume: volume size 1 is too small to restore backup of size 2.")
    cinder.set_status(volume_id, "error")
    refused = cinder.call("alice", "POST", path, {"restore": {"volume_id": volume_id}})
    assert refusal(refused) == (400, "Invalid volume: Volume to be restored to must be available")
    assert cinder.call("alice", "POST", path, {"restore": {"volume_id": NOWHERE}}).status_code == 404
    assert cinder.call("alice", "POST", path, {"restore": {"volume_id": "x"}}).status_code == 400
    cinder.call("admin", "POST", f"/backups/{backup_id}/action", {"os-reset_status": {"status": "error"}})
    refused = cinder.call("alice", "POST", path, {"restore": {}})
    assert refusal(refused) == (400, "Invalid backup: Backup status must be available")


def test_a_volume_is_created_from_a_backup_since_3_47(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(size=2)
    cinder.write(volume_id, b"data")
    backup_id = cinder.make_backup(volume_id)

    made = cinder.make_volume(backup_id=backup_id, size=3, at="3.47")
    assert (cinder.bytes_of(made, 4), cinder.show(made)["size"]) == (b"data", 3)
    small = {"volume": {"backup_id": backup_id, "size": 1}}
    message = (
        "Invalid input received: Volume size 1GB cannot be smaller than the backup size 2GB. It must be >= backup size."
    )
    assert refusal(cinder.call("alice", "POST", "/volumes", small, at="3.47")) == (400, message)
    missing = {"volume": {"backup_id": NOWHERE, "size": 1}}
    assert cinder.call("alice", "POST", "/volumes", missing, at="3.47").status_code == 404


def test_a_snapshot_is_backed_up(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.write(volume_id, b"then")
    snapshot_id = cinder.make_snapshot(volume_id)
    cinder.write(volume_id, b"now!")

    backup_id = cinder.make_backup(volume_id, snapshot_id=snapshot_id)
    view = cinder.read("alice", f"/backups/{backup_id}")["backup"]
    snapshot = cinder.read("alice", f"/snapshots/{snapshot_id}")["snapshot"]
    assert (view["snapshot_id"], view["data_timestamp"]) == (snapshot_id, snapshot["created_at"])
    assert snapshot["status"] == "available"
    assert (cinder.state / "backups" / backup_id).read_bytes()[:4] == b"then"


def test_an_incremental_backup_builds_on_the_last(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    body = {"backup": {"volume_id": volume_id, "incremental": True}}
    refused = cinder.call("alice", "POST", "/backups", body)
    assert refusal(refused) == (400, "Invalid backup: No backups available to do an incremental backup.")

    cinder.write(volume_id, b"one")
    full = cinder.make_backup(volume_id)
    cinder.write(volume_id, b"two")
    increment = cinder.make_backup(volume_id, incremental=True)

    assert cinder.read("alice", f"/backups/{full}")["backup"]["has_dependent_backups"] is True
    assert cinder.read("alice", f"/backups/{increment}")["backup"]["is_incremental"] is True
    refused = cinder.call("alice", "DELETE", f"/backups/{full}")
    assert refusal(refused) == (400, "Invalid backup: Incremental backups exist for this backup.")
    made = cinder.make_volume(backup_id=increment, at="3.47")
    assert cinder.bytes_of(made, 3) == b"two"
    for backup_id in (increment, full):
        assert cinder.call("alice", "DELETE", f"/backups/{backup_id}").status_code == 202
        cinder.settle()
    assert cinder.files() == {volume_id, made}


def test_a_backup_that_cannot_be_is_refused(cinder: Cinder) -> None:
    volume_id, other = cinder.make_volume(), cinder.make_volume()
    snapshot_id = cinder.make_snapshot(other)

    def refused(**backup: object) -> tuple[int, str]:
        return refusal(cinder.call("alice", "POST", "/backups", {"backup": {"volume_id": volume_id, **backup}}))

    assert refused(volume_id=NOWHERE) == (404, f"Volume {NOWHERE} could not be found.")
    assert refused(volume_id=None)[0] == 400
    assert refused(metadata={"a": "1"})[0] == 400
    assert refused(snapshot_id=snapshot_id)[1] == (
        f"Invalid volume: Volume {volume_id} does not match with snapshot.volume_id {other}."
    )
    cinder.do(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})
    assert refused() == (400, "Invalid volume: Backing up an in-use volume must use the force flag.")
    assert cinder.make_backup(volume_id, force=True)
    assert cinder.status(volume_id) == "in-use"
    cinder.do(volume_id, "os-detach")
    cinder.set_status(volume_id, "error")
    assert refused(force=True)[0] == 400


def test_a_backup_gets_new_names_since_3_9(cinder: Cinder) -> None:
    path = f"/backups/{cinder.make_backup(cinder.make_volume(), name='one')}"
    body = {"backup": {"name": "two", "description": "d"}}

    assert cinder.call("alice", "PUT", path, body, at="3.8").status_code == 404
    assert cinder.call("alice", "PUT", path, body, at="3.9").json["backup"]["name"] == "two"
    cinder.call("alice", "PUT", path, {"backup": {"metadata": {"a": "1"}}}, at="3.43")
    view = cinder.read("alice", path, at="3.43")["backup"]
    assert (view["name"], view["description"], view["metadata"]) == ("two", "d", {"a": "1"})


def test_an_administrator_resets_and_deletes_by_force(cinder: Cinder) -> None:
    backup_id = cinder.make_backup(cinder.make_volume())
    action = f"/backups/{backup_id}/action"

    assert cinder.call("alice", "POST", action, {"os-reset_status": {"status": "error"}}).status_code == 403
    assert cinder.call("admin", "POST", action, {"os-reset_status": {"status": "creating"}}).status_code == 400
    assert cinder.call("admin", "POST", action, {"os-reset_status": {"status": "error"}}).status_code == 202
    assert cinder.read("alice", f"/backups/{backup_id}")["backup"]["status"] == "error"
    assert cinder.call("alice", "POST", action, {"os-force_delete": {}}).status_code == 403
    assert cinder.call("admin", "POST", action, {"os-force_delete": {}}).status_code == 202
    cinder.settle()
    missing = cinder.call("alice", "GET", f"/backups/{backup_id}")
    assert refusal(missing) == (404, f"Backup {backup_id} could not be found.")


def test_a_lost_record_is_imported_again(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.write(volume_id, b"data")
    backup_id = cinder.make_backup(volume_id, name="kept")

    assert cinder.call("alice", "GET", f"/backups/{backup_id}/export_record").status_code == 403
    record = cinder.read("admin", f"/backups/{backup_id}/export_record")["backup-record"]
    body = {"backup-record": record}
    assert cinder.call("alice", "POST", "/backups/import_record", body).status_code == 403
    known = cinder.call("admin", "POST", "/backups/import_record", body)
    assert refusal(known) == (400, "Invalid backup: Backup already exists in database.")
    with cinder.app.store.write("block_storage") as connection:
        connection.exec_driver_sql("delete from volume_backups")
    imported = cinder.call("admin", "POST", "/backups/import_record", body)
    assert (imported.status_code, imported.json["backup"]["id"]) == (201, backup_id)
    view = cinder.read("admin", f"/backups/{backup_id}")["backup"]
    assert (view["status"], view["name"], view["volume_id"]) == ("available", "kept", volume_id)


def test_an_imported_backup_has_its_own_hold_on_the_bytes(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.write(volume_id, b"data")
    backup_id = cinder.make_backup(volume_id)
    record = cinder.read("admin", f"/backups/{backup_id}/export_record")["backup-record"]
    told = json.loads(base64.b64decode(record["backup_url"]))
    copy_id = str(uuid.uuid4())
    record["backup_url"] = base64.b64encode(json.dumps({**told, "id": copy_id}).encode()).decode()

    assert cinder.call("admin", "POST", "/backups/import_record", {"backup-record": record}).status_code == 201
    cinder.call("alice", "DELETE", f"/backups/{backup_id}")
    cinder.settle()
    assert (cinder.state / "backups" / copy_id).read_bytes()[:4] == b"data"


@pytest.mark.parametrize("url", ["%%%", "bm8ganNvbg==", base64.b64encode(b'{"id": "../../etc"}').decode()])
def test_a_record_that_says_nothing_is_refused(cinder: Cinder, url: str) -> None:
    body = {"backup-record": {"backup_service": "cinder.backup.drivers.jumpgate", "backup_url": url}}

    assert cinder.call("admin", "POST", "/backups/import_record", body).status_code == 400
    assert cinder.files() == set()


def test_a_record_of_bytes_that_are_gone_is_refused(cinder: Cinder) -> None:
    backup_id = cinder.make_backup(cinder.make_volume())
    record = cinder.read("admin", f"/backups/{backup_id}/export_record")
    cinder.call("alice", "DELETE", f"/backups/{backup_id}")
    cinder.settle()

    refused = cinder.call("admin", "POST", "/backups/import_record", record)
    assert refusal(refused) == (400, f"Invalid backup: The bytes of backup {backup_id} are gone.")


def test_backups_are_listed_filtered_and_counted(cinder: Cinder) -> None:
    one, two = cinder.make_volume(), cinder.make_volume()
    for volume_id, name in ((one, "b"), (one, "a"), (two, "c")):
        cinder.make_backup(volume_id, name=name)
    cinder.make_backup(cinder.make_volume("bob"), "bob", name="bobs")

    def listed(query: str, caller: str = "alice", at: str | None = None) -> str:
        short = cinder.read(caller, f"/backups?{query}", at=at)
        assert names(short, "backups") == names(cinder.read(caller, f"/backups/detail?{query}", at=at), "backups")
        return "".join(names(short, "backups"))

    assert listed("") == "cab"
    assert listed("sort=name:asc") == "abc"
    assert listed(f"volume_id={one}") == "ab"
    assert listed("name=c") == "c"
    assert listed("status=error") == ""
    assert listed("limit=1&offset=1") == "a"
    assert listed("name~=a", at="3.34") == "a"
    assert listed("all_tenants=1&sort=name:asc", "admin") == "abbobsc"
    assert cinder.read("alice", "/backups?limit=1&with_count=1", at="3.45")["count"] == 3
    assert cinder.call("alice", "GET", "/backups?project_id=x", at="3.31").status_code == 400


def test_nobody_of_another_project_can_touch_a_backup(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    backup_id = cinder.make_backup(volume_id)
    path = f"/backups/{backup_id}"

    for method, where, body in (
        ("GET", path, None),
        ("PUT", path, {"backup": {"name": "bob's"}}),
        ("DELETE", path, None),
        ("POST", f"{path}/restore", {"restore": {}}),
        ("POST", "/volumes", {"volume": {"backup_id": backup_id, "size": 1}}),
        ("POST", "/backups", {"backup": {"volume_id": volume_id}}),
    ):
        assert cinder.call("bob", method, where, body, at="3.47").status_code == 404
        if method != "GET":
            assert cinder.call("reader", method, where, body, at="3.47").status_code == 403
    assert cinder.read("reader", path)["backup"]["name"] is None


def test_a_backup_whose_volume_lost_its_bytes_ends_in_error(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.file(volume_id).unlink()

    backup_id = cinder.make_backup(volume_id)

    view = cinder.read("alice", f"/backups/{backup_id}")["backup"]
    assert (view["status"], cinder.status(volume_id)) == ("error", "available")
    (message,) = cinder.read("alice", "/messages", at="3.3")["messages"]
    assert (message["resource_type"], message["resource_uuid"]) == ("VOLUME_BACKUP", backup_id)
    assert view["fail_reason"] == message["user_message"]


def test_a_restoration_whose_backup_lost_its_bytes_ends_in_error(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    backup_id = cinder.make_backup(volume_id)
    (cinder.state / "backups" / backup_id).unlink()

    cinder.call("alice", "POST", f"/backups/{backup_id}/restore", {"restore": {"volume_id": volume_id}})
    cinder.settle()

    assert cinder.status(volume_id) == "error_restoring"
    assert cinder.read("alice", f"/backups/{backup_id}")["backup"]["status"] == "available"
    assert cinder.call("alice", "DELETE", f"/volumes/{volume_id}").status_code == 202
