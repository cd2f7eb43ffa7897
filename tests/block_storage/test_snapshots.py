"""Snapshots: taken, listed, changed and removed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.block_storage.cinder import DEMO, GIB, NOWHERE, Cinder, names, refusal


def test_a_snapshot_is_a_copy_of_what_was(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(size=2)
    cinder.write(volume_id, b"one", offset=GIB)

    snapshot_id = cinder.make_snapshot(volume_id)
    cinder.write(volume_id, b"two", offset=GIB)

    copy = cinder.state / "snapshots" / snapshot_id
    with copy.open("rb") as file:
        file.seek(GIB)
        assert file.read(3) == b"one"
    assert copy.stat().st_size == 2 * GIB
    assert copy.stat().st_blocks * 512 < 1 << 20


def test_what_a_client_sees_of_a_snapshot(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(size=2)
    body = {"snapshot": {"volume_id": volume_id, "name": " s ", "description": "d", "metadata": {"a": "b"}}}
    result = cinder.call("alice", "POST", "/snapshots", body)

    created = result.json["snapshot"]
    assert (result.status_code, created["status"], created["updated_at"]) == (202, "creating", None)
    assert not [key for key in created if ":" in key]
    cinder.settle()
    view = cinder.read("alice", f"/snapshots/{created['id']}", at="3.70")["snapshot"]
    assert view.pop("created_at") < view.pop("updated_at")
    assert view == {
        "id": created["id"],
        "name": "s",
        "description": "d",
        "volume_id": volume_id,
        "status": "available",
        "size": 2,
        "metadata": {"a": "b"},
        "group_snapshot_id": None,
        "user_id": "alice" * 4,
        "consumes_quota": True,
        "os-extended-snapshot-attributes:project_id": DEMO,
        "os-extended-snapshot-attributes:progress": "100%",
    }


@pytest.mark.parametrize(
    ("key", "since"), [("group_snapshot_id", "3.14"), ("user_id", "3.41"), ("consumes_quota", "3.65")]
)
def test_each_microversion_adds_its_keys(cinder: Cinder, key: str, since: str) -> None:
    path = f"/snapshots/{cinder.make_snapshot(cinder.make_volume())}"
    before = f"3.{int(since.partition('.')[2]) - 1}"

    assert key not in cinder.read("alice", path, at=before)["snapshot"]
    assert key in cinder.read("alice", path, at=since)["snapshot"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"volume_id": None}, 404),
        ({"volume_id": NOWHERE}, 404),
        ({"volume_id": "x"}, 400),
        ({"volume_id": NOWHERE, "force": "perhaps"}, 400),
        ({"volume_id": NOWHERE, "name": "x" * 256}, 400),
        ({"volume_id": NOWHERE, "color": "red"}, 400),
    ],
)
def test_a_snapshot_needs_a_volume(cinder: Cinder, body: object, status: int) -> None:
    assert cinder.call("alice", "POST", "/snapshots", {"snapshot": body}).status_code == status


def test_a_volume_in_use_needs_force_until_3_66(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.do(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})

    def take(at: str, **more: object) -> Any:
        return cinder.call("alice", "POST", "/snapshots", {"snapshot": {"volume_id": volume_id, **more}}, at=at)

    message = f"Invalid volume: Volume {volume_id} status must be available, but current status is: in-use."
    assert refusal(take("3.65")) == (400, message)
    assert take("3.65", force="true").status_code == 202
    assert take("3.66").status_code == 202
    assert take("3.66", force=True).status_code == 202
    assert take("3.66", force=False).status_code == 400
    cinder.settle()
    assert cinder.status(volume_id) == "in-use"


@pytest.mark.parametrize("status", ["error", "creating", "deleting", "uploading", "awaiting-transfer"])
def test_a_volume_in_another_state_has_no_snapshot_taken(cinder: Cinder, status: str) -> None:
    volume_id = cinder.make_volume()
    with cinder.app.store.write("block_storage") as connection:
        connection.exec_driver_sql(f"update volumes set status = '{status}'")

    body = {"snapshot": {"volume_id": volume_id, "force": True}}
    assert cinder.call("alice", "POST", "/snapshots", body).status_code == 400


def test_a_snapshot_gets_new_names(cinder: Cinder) -> None:
    path = f"/snapshots/{cinder.make_snapshot(cinder.make_volume(), name='one')}"

    changed = cinder.call("alice", "PUT", path, {"snapshot": {"name": "two", "description": "d"}})
    assert (changed.status_code, changed.json["snapshot"]["name"]) == (200, "two")
    view = cinder.read("alice", path)["snapshot"]
    assert (view["name"], view["description"]) == ("two", "d")
    assert cinder.call("alice", "PUT", path, {"snapshot": {}}).status_code == 400
    assert cinder.call("alice", "PUT", path, {"snapshot": {"size": 1}}).status_code == 400


def test_a_deleted_snapshot_is_gone_with_its_bytes(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    snapshot_id = cinder.make_snapshot(volume_id)
    path = f"/snapshots/{snapshot_id}"

    assert cinder.call("alice", "DELETE", path).status_code == 202
    assert cinder.read("alice", path)["snapshot"]["status"] == "deleting"
    cinder.settle()
    assert refusal(cinder.call("alice", "GET", path)) == (404, f"Snapshot {snapshot_id} could not be found.")
    assert cinder.files() == {volume_id}


def test_a_volume_stays_as_long_as_it_has_snapshots(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.make_snapshot(volume_id)
    cinder.make_snapshot(volume_id)

    assert "have snapshots" in refusal(cinder.call("alice", "DELETE", f"/volumes/{volume_id}"))[1]
    assert cinder.call("alice", "DELETE", f"/volumes/{volume_id}?cascade=true").status_code == 202
    assert {item["status"] for item in cinder.read("alice", "/snapshots")["snapshots"]} == {"deleting"}
    cinder.settle()
    assert cinder.read("alice", "/snapshots")["snapshots"] == []
    assert cinder.files() == set()


def test_a_cascade_stops_at_a_snapshot_that_is_at_work(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    snapshot_id = cinder.make_snapshot(volume_id)
    reset = {"os-reset_status": {"status": "creating"}}
    cinder.call("admin", "POST", f"/snapshots/{snapshot_id}/action", reset)

    assert cinder.call("alice", "DELETE", f"/volumes/{volume_id}?cascade=true").status_code == 400
    assert cinder.call("alice", "DELETE", f"/volumes/{volume_id}?cascade=perhaps").status_code == 400
    assert cinder.status(volume_id) == "available"


def test_a_volume_made_of_a_snapshot_does_not_hold_it(cinder: Cinder) -> None:
    source = cinder.make_volume()
    snapshot_id = cinder.make_snapshot(source)
    made = cinder.make_volume(snapshot_id=snapshot_id)

    cinder.call("alice", "DELETE", f"/snapshots/{snapshot_id}")
    cinder.settle()
    cinder.call("alice", "DELETE", f"/volumes/{source}")
    cinder.settle()
    assert cinder.files() == {made}
    assert cinder.show(made)["snapshot_id"] == snapshot_id


def test_only_an_administrator_deletes_and_resets_by_force(cinder: Cinder) -> None:
    path = f"/snapshots/{cinder.make_snapshot(cinder.make_volume())}"
    reset = {"os-reset_status": {"status": "creating"}}

    assert cinder.call("alice", "POST", f"{path}/action", reset).status_code == 403
    assert cinder.call("admin", "POST", f"{path}/action", reset).status_code == 202
    assert cinder.call("admin", "POST", f"{path}/action", {"os-reset_status": {"status": "x"}}).status_code == 400
    message = "Invalid snapshot: Snapshot status must be available or error and must not be part of a group."
    assert refusal(cinder.call("alice", "DELETE", path)) == (400, message)
    assert cinder.call("alice", "POST", f"{path}/action", {"os-force_delete": None}).status_code == 403
    assert cinder.call("admin", "POST", f"{path}/action", {"os-force_delete": {}}).status_code == 202
    cinder.settle()
    assert cinder.call("alice", "GET", path).status_code == 404


def test_a_compute_service_reports_on_a_snapshot_that_it_makes(cinder: Cinder) -> None:
    path = f"/snapshots/{cinder.make_snapshot(cinder.make_volume())}"

    def report(**body: object) -> Any:
        return cinder.call("alice", "POST", f"{path}/action", {"os-update_snapshot_status": body})

    assert refusal(report(status="available"))[1] == "Snapshot status available not allowed for update_snapshot_status"
    cinder.call("admin", "POST", f"{path}/action", {"os-reset_status": {"status": "creating"}})
    assert report(status="creating", progress="80%").status_code == 202
    view = cinder.read("alice", path)["snapshot"]
    assert view["os-extended-snapshot-attributes:progress"] == "80%"
    assert refusal(report(status="deleting"))[1] == (
        "Provided snapshot status deleting not allowed for snapshot with status creating."
    )
    for body in ({}, {"status": "error", "progress": "120%"}, {"status": "error", "progress": "half"}):
        assert report(**body).status_code == 400
    assert report(status="error").status_code == 202
    assert cinder.read("alice", path)["snapshot"]["status"] == "error"


def test_metadata_is_added_replaced_and_removed(cinder: Cinder) -> None:
    snapshot_id = cinder.make_snapshot(cinder.make_volume(), metadata={"a": "1"})
    path = f"/snapshots/{snapshot_id}/metadata"

    assert cinder.call("alice", "POST", path, {"metadata": {"b": "2"}}).json == {"metadata": {"a": "1", "b": "2"}}
    assert cinder.call("alice", "PUT", path, {"metadata": {"c": "3"}}).json == {"metadata": {"c": "3"}}
    assert cinder.call("alice", "PUT", f"{path}/d", {"meta": {"d": "4"}}).json == {"meta": {"d": "4"}}
    assert cinder.read("alice", f"{path}/d") == {"meta": {"d": "4"}}
    assert cinder.call("alice", "DELETE", f"{path}/c").status_code == 200
    assert cinder.read("alice", path) == {"metadata": {"d": "4"}}
    missing = (404, f"Snapshot {snapshot_id} has no metadata with key x.")
    assert refusal(cinder.call("alice", "GET", f"{path}/x")) == missing
    assert refusal(cinder.call("alice", "DELETE", f"{path}/x")) == missing
    assert cinder.call("alice", "PUT", f"{path}/x", {"meta": {"y": "1"}}).status_code == 400


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Cinder:
    """Block storage with the snapshots a and b of one volume and c of another, which the tests only read."""
    cinder = Cinder(tmp_path_factory.mktemp("state"))
    one, two = cinder.make_volume(name="one"), cinder.make_volume(name="two")
    cinder.make_snapshot(one, name="b", metadata={"k": "v"})
    cinder.make_snapshot(one, name="a")
    last = cinder.make_snapshot(two, name="c")
    cinder.make_snapshot(cinder.make_volume("bob"), "bob", name="bobs")
    cinder.call("admin", "POST", f"/snapshots/{last}/action", {"os-reset_status": {"status": "error"}})
    return cinder


@pytest.mark.parametrize(
    ("query", "at", "found"),
    [
        ("", None, "cab"),
        ("name=a", None, "a"),
        ("status=error", None, "c"),
        ("metadata={'k': 'v'}", "3.21", "cab"),
        ("metadata={'k': 'v'}", "3.22", "b"),
        ("sort=name:asc", None, "abc"),
        ("sort_key=created_at&sort_dir=asc", None, "bac"),
        ("sort=id:asc", None, None),
        ("limit=2", None, "ca"),
        ("limit=1&offset=1", None, "a"),
        ("name~=A", "3.33", None),
        ("name~=a", "3.34", "a"),
        ("availability_zone=nova", "3.31", "cab"),
        ("availability_zone=mars", "3.31", ""),
        ("consumes_quota=false", "3.65", ""),
        ("all_tenants=1", "3.60", "cab"),
    ],
)
def test_a_list_is_filtered_ordered_and_cut(three: Cinder, query: str, at: str | None, found: str | None) -> None:
    if found is None and at:
        assert three.call("alice", "GET", f"/snapshots?{query}", at=at).status_code == 400
        return
    short = three.read("alice", f"/snapshots?{query}", at=at)
    full = three.read("alice", f"/snapshots/detail?{query}", at=at)
    assert names(short, "snapshots") == names(full, "snapshots")
    if found is None:
        assert [item["id"] for item in short["snapshots"]] == sorted(item["id"] for item in short["snapshots"])
    else:
        assert "".join(names(short, "snapshots")) == found


def test_a_list_tells_of_one_volume_and_counts(three: Cinder) -> None:
    one = three.read("alice", "/volumes?name=one")["volumes"][0]["id"]

    assert names(three.read("alice", f"/snapshots?volume_id={one}"), "snapshots") == ["a", "b"]
    assert three.read("alice", f"/snapshots?volume_id={one}&with_count=1&limit=1", at="3.45")["count"] == 2
    assert names(three.read("admin", "/snapshots?all_tenants=1&sort=name:asc"), "snapshots") == ["a", "b", "bobs", "c"]
    marker = three.read("alice", "/snapshots?name=c")["snapshots"][0]["id"]
    page = three.read("alice", f"/snapshots?marker={marker}&limit=1")
    assert names(page, "snapshots") == ["a"]
    assert page["snapshots_links"][0]["rel"] == "next"
    assert three.call("alice", "GET", f"/snapshots?marker={NOWHERE}").status_code == 404


def test_nobody_of_another_project_can_touch_a_snapshot(cinder: Cinder) -> None:
    snapshot_id = cinder.make_snapshot(cinder.make_volume())
    path = f"/snapshots/{snapshot_id}"

    for method, where, body in (
        ("GET", path, None),
        ("PUT", path, {"snapshot": {"name": "bob's"}}),
        ("DELETE", path, None),
        ("GET", f"{path}/metadata", None),
        ("POST", f"{path}/metadata", {"metadata": {}}),
        ("POST", f"{path}/action", {"os-update_snapshot_status": {"status": "error"}}),
        ("POST", "/volumes", {"volume": {"size": 1, "snapshot_id": snapshot_id}}),
    ):
        assert cinder.call("bob", method, where, body).status_code == 404
    for method, where, body in (
        ("PUT", path, {"snapshot": {"name": "x"}}),
        ("DELETE", path, None),
        ("POST", f"{path}/metadata", {"metadata": {}}),
    ):
        assert cinder.call("reader", method, where, body).status_code == 403
    assert cinder.read("reader", path)["snapshot"]["name"] is None
