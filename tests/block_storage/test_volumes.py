"""Volumes: their life, their names and metadata, and whose they are."""

from __future__ import annotations

import pytest

from tests.block_storage.cinder import ADMIN, DEMO, GIB, LATEST, NOWHERE, OTHER, Cinder, names, refusal

UNDELETABLE = (
    "Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing "
    "and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated "
    "from snapshots after volume transfer."
)


def test_a_volume_is_created_at_once_and_available_when_its_work_is_done(cinder: Cinder) -> None:
    result = cinder.call("alice", "POST", "/volumes", {"volume": {"size": 2, "name": " one ", "description": "d"}})

    assert result.status_code == 202
    volume = result.json["volume"]
    assert {key: volume[key] for key in ("status", "size", "name", "description", "volume_type", "bootable")} == {
        "status": "creating",
        "size": 2,
        "name": "one",
        "description": "d",
        "volume_type": "standard",
        "bootable": "false",
    }
    cinder.settle()
    assert cinder.show(volume["id"])["status"] == "available"


def test_a_volume_is_a_sparse_file_of_its_size(cinder: Cinder) -> None:
    stat = cinder.file(cinder.make_volume(size=3)).stat()

    assert (stat.st_size, stat.st_blocks) == (3 * GIB, 0)


def test_what_a_member_sees_of_a_new_volume(cinder: Cinder) -> None:
    view = cinder.show(cinder.make_volume(name="one", metadata={"a": "b"}))

    links = {link["rel"]: link["href"] for link in view.pop("links")}
    assert links["self"].endswith(f"/volume/v3/{DEMO}/volumes/{view['id']}")
    assert links["bookmark"].endswith(f"/volume/{DEMO}/volumes/{view['id']}")
    assert view.pop("created_at") < view.pop("updated_at")
    assert view.pop("id")
    assert view == {
        "status": "available",
        "size": 1,
        "availability_zone": "nova",
        "name": "one",
        "description": None,
        "volume_type": "standard",
        "snapshot_id": None,
        "source_volid": None,
        "metadata": {"a": "b"},
        "user_id": "alice" * 4,
        "bootable": "false",
        "encrypted": False,
        "replication_status": None,
        "consistencygroup_id": None,
        "multiattach": False,
        "attachments": [],
        "os-vol-tenant-attr:tenant_id": DEMO,
    }


@pytest.mark.parametrize(
    ("key", "since", "admin"),
    [
        ("group_id", "3.13", False),
        ("provider_id", "3.21", True),
        ("shared_targets", "3.48", False),
        ("service_uuid", "3.48", False),
        ("cluster_name", "3.61", True),
        ("volume_type_id", "3.63", False),
        ("consumes_quota", "3.65", False),
    ],
)
def test_each_microversion_adds_its_keys(cinder: Cinder, key: str, since: str, admin: bool) -> None:
    volume_id = cinder.make_volume()
    before = f"3.{int(since.partition('.')[2]) - 1}"

    assert key not in cinder.show(volume_id, "admin", at=before)
    assert key in cinder.show(volume_id, "admin", at=since)
    assert (key in cinder.show(volume_id, "alice", at=since)) is not admin


def test_only_an_administrator_sees_where_a_volume_is(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()

    hidden = {"os-vol-host-attr:host", "os-vol-mig-status-attr:migstat", "os-vol-mig-status-attr:name_id"}
    assert cinder.show(volume_id, "admin").keys() - cinder.show(volume_id).keys() == {*hidden, "migration_status"}
    assert cinder.show(volume_id, "admin")["os-vol-host-attr:host"] == "jumpgate@files#files"


def test_the_answer_to_a_creation_has_no_extended_attributes(cinder: Cinder) -> None:
    result = cinder.call("admin", "POST", "/volumes", {"volume": {"size": 1}})

    assert not [key for key in result.json["volume"] if ":" in key]


@pytest.mark.parametrize(
    "volume",
    [
        {"size": 0},
        {"size": -1},
        {"size": "0"},
        {"size": "#$%"},
        {"size": ""},
        {"size": 1.5},
        {"size": None},
        {},
        {"size": 1, "name": "x" * 256},
        {"size": 1, "metadata": {"k": "v" * 256}},
        {"size": 1, "metadata": {"": "v"}},
        {"size": 1, "snapshot_id": "no-uuid"},
        {"size": 1, "multiattach": True},
        {"size": 1, "availability_zone": "nowhere"},
    ],
)
def test_a_volume_that_cannot_be_is_refused(cinder: Cinder, volume: dict[str, object]) -> None:
    assert cinder.call("alice", "POST", "/volumes", {"volume": volume}).status_code == 400
    assert cinder.read("alice", "/volumes")["volumes"] == []


def test_a_size_may_be_written_as_text(cinder: Cinder) -> None:
    assert cinder.show(cinder.make_volume(size="2"))["size"] == 2


def test_what_no_volume_has_is_refused_since_3_53(cinder: Cinder) -> None:
    body = {"volume": {"size": 1, "status": "error"}}

    assert cinder.call("alice", "POST", "/volumes", body, at="3.52").status_code == 202
    assert cinder.call("alice", "POST", "/volumes", body, at="3.53").status_code == 400


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"snapshot_id": NOWHERE}, f"Snapshot {NOWHERE} could not be found."),
        ({"source_volid": NOWHERE}, f"Volume {NOWHERE} could not be found."),
        ({"volume_type": NOWHERE}, f"Volume type {NOWHERE} could not be found."),
        ({"volume_type": "gold"}, "Volume type with name gold could not be found."),
    ],
)
def test_a_source_that_does_not_exist_is_not_found(cinder: Cinder, source: dict[str, str], message: str) -> None:
    result = cinder.call("alice", "POST", "/volumes", {"volume": {"size": 1, **source}})

    assert refusal(result) == (404, message)


def test_a_volume_gets_new_names(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(name="one", description="d", metadata={"a": "1"})

    changes = {"volume": {"name": "two", "description": None, "metadata": {"b": "2"}}}
    result = cinder.call("alice", "PUT", f"/volumes/{volume_id}", changes)

    assert result.status_code == 200
    view = cinder.show(volume_id)
    assert (view["name"], view["description"], view["metadata"]) == ("two", None, {"b": "2"})
    assert result.json["volume"]["name"] == "two"


def test_an_update_says_something_since_3_53(cinder: Cinder) -> None:
    path = f"/volumes/{cinder.make_volume()}"

    assert cinder.call("alice", "PUT", path, {"volume": {}}, at="3.52").status_code == 200
    assert cinder.call("alice", "PUT", path, {"volume": {}}, at="3.53").status_code == 400
    assert cinder.call("alice", "PUT", path, {"volume": {"size": 5}}).status_code == 400
    assert cinder.call("alice", "PUT", path, {}).status_code == 400


def test_a_deleted_volume_is_gone_with_its_bytes(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()

    assert cinder.call("alice", "DELETE", f"/volumes/{volume_id}").status_code == 202
    assert cinder.status(volume_id) == "deleting"
    cinder.settle()
    gone = cinder.call("alice", "GET", f"/volumes/{volume_id}")
    assert refusal(gone) == (404, f"Volume {volume_id} could not be found.")
    assert cinder.files() == set()


@pytest.mark.parametrize("status", ["in-use", "creating", "extending", "uploading", "awaiting-transfer", "reserved"])
def test_a_volume_in_another_state_is_not_deleted(cinder: Cinder, status: str) -> None:
    volume_id = cinder.make_volume()
    if status == "in-use":
        cinder.do(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})
    else:
        cinder.set_status(volume_id, status)

    assert refusal(cinder.call("alice", "DELETE", f"/volumes/{volume_id}")) == (400, UNDELETABLE)


def test_only_an_administrator_deletes_by_force(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.set_status(volume_id, "creating")

    assert cinder.act(volume_id, "os-force_delete").status_code == 403
    forced = f"/volumes/{volume_id}?force=true"
    assert cinder.call("alice", "DELETE", forced, at="3.23").status_code == 403
    # Before 3.23 nobody had thought of the parameter.
    assert cinder.call("admin", "DELETE", forced, at="3.22").status_code == 400
    assert cinder.call("admin", "DELETE", forced, at="3.23").status_code == 202
    cinder.settle()
    assert cinder.files() == set()


def test_an_attached_volume_is_not_deleted_even_by_force(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.do(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})

    assert cinder.act(volume_id, "os-force_delete", None, "admin").status_code == 400


def test_an_unknown_volume_is_not_found(cinder: Cinder) -> None:
    for volume_id in (NOWHERE, "no-uuid", "%23%23"):
        for method, body in (("GET", None), ("DELETE", None), ("PUT", {"volume": {"name": "x"}})):
            assert cinder.call("alice", method, f"/volumes/{volume_id}", body).status_code == 404


def test_metadata_is_added_replaced_and_removed(cinder: Cinder) -> None:
    path = f"/volumes/{cinder.make_volume(metadata={'a': '1'})}/metadata"

    added = cinder.call("alice", "POST", path, {"metadata": {"b": "2"}})
    assert added.json == {"metadata": {"a": "1", "b": "2"}}
    replaced = cinder.call("alice", "PUT", path, {"metadata": {"c": "3"}})
    assert replaced.json == {"metadata": {"c": "3"}}
    item = cinder.call("alice", "PUT", f"{path}/d", {"meta": {"d": "4"}})
    assert item.json == {"meta": {"d": "4"}}
    assert cinder.read("alice", f"{path}/d") == {"meta": {"d": "4"}}
    assert cinder.call("alice", "DELETE", f"{path}/c").status_code == 200
    assert cinder.read("alice", path) == {"metadata": {"d": "4"}}


def test_metadata_that_does_not_fit_is_refused(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    path = f"/volumes/{volume_id}/metadata"

    missing = (404, f"Volume {volume_id} has no metadata with key x.")
    assert refusal(cinder.call("alice", "GET", f"{path}/x")) == missing
    assert refusal(cinder.call("alice", "DELETE", f"{path}/x")) == missing
    mismatch = cinder.call("alice", "PUT", f"{path}/x", {"meta": {"y": "1"}})
    assert refusal(mismatch) == (400, "Request body and URI mismatch")
    for body in ({"metadata": {"k": 1}}, {"metadata": {"k" * 256: "v"}}, {"metadata": None}, {}):
        assert cinder.call("alice", "POST", path, body).status_code == 400


def test_metadata_cannot_change_while_the_volume_is_uploaded(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(metadata={"a": "1"})
    cinder.set_status(volume_id, "uploading")

    path = f"/volumes/{volume_id}/metadata"
    message = "Invalid volume: Updating volume metadata is not allowed for volumes in uploading status."
    assert refusal(cinder.call("alice", "POST", path, {"metadata": {}})) == (400, message)
    assert cinder.call("alice", "DELETE", f"{path}/a").status_code == 400


def test_an_etag_keeps_a_change_from_being_lost(cinder: Cinder) -> None:
    path = f"/volume/v3/{DEMO}/volumes/{cinder.make_volume(metadata={'a': '1'})}/metadata"
    seen = cinder.get("alice", path, version="volume 3.15").headers["etag"]

    assert "etag" not in cinder.get("alice", path, version="volume 3.14").headers
    sent = {"version": "volume 3.15", "headers": {"If-Match": f'"{seen}"'}}
    assert cinder.put("alice", path, {"metadata": {"a": "2"}}, **sent).status_code == 200
    outdated = cinder.put("alice", path, {"metadata": {"a": "3"}}, **sent)
    assert outdated.status_code == 412
    assert cinder.put("alice", f"{path}/a", {"meta": {"a": "3"}}, **sent).status_code == 412
    assert cinder.get("alice", path).json == {"metadata": {"a": "2"}}


def test_nobody_of_another_project_can_touch_a_volume(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(metadata={"a": "1"})
    path = f"/volumes/{volume_id}"

    assert cinder.read("bob", "/volumes")["volumes"] == []
    assert cinder.read("bob", "/volumes/detail?all_tenants=1")["volumes"] == []
    for method, where, body in (
        ("GET", path, None),
        ("PUT", path, {"volume": {"name": "bob's"}}),
        ("DELETE", path, None),
        ("GET", f"{path}/metadata", None),
        ("POST", f"{path}/metadata", {"metadata": {"b": "2"}}),
        ("DELETE", f"{path}/metadata/a", None),
        ("POST", f"{path}/action", {"os-extend": {"new_size": 2}}),
        ("POST", f"{path}/action", {"os-attach": {"host_name": "h", "mountpoint": "/dev/vdb"}}),
        ("POST", "/volumes", {"volume": {"source_volid": volume_id}}),
        ("POST", "/snapshots", {"snapshot": {"volume_id": volume_id}}),
    ):
        assert cinder.call("bob", method, where, body).status_code == 404, where
    view = cinder.show(volume_id)
    assert (view["name"], view["size"], view["status"], view["metadata"]) == (None, 1, "available", {"a": "1"})


def test_a_reader_reads_and_changes_nothing(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(metadata={"a": "1"})
    path = f"/volumes/{volume_id}"

    assert cinder.show(volume_id, "reader")["id"] == volume_id
    for method, where, body, rule in (
        ("POST", "/volumes", {"volume": {"size": 1}}, "volume:create"),
        ("PUT", path, {"volume": {"name": "x"}}, "volume:update"),
        ("DELETE", path, None, "volume:delete"),
        ("POST", f"{path}/metadata", {"metadata": {}}, "volume:create_volume_metadata"),
        ("PUT", f"{path}/metadata", {"metadata": {}}, "volume:update_volume_metadata"),
        ("DELETE", f"{path}/metadata/a", None, "volume:delete_volume_metadata"),
        ("POST", f"{path}/action", {"os-extend": {"new_size": 2}}, "volume:extend"),
        ("POST", f"{path}/action", {"os-reserve": None}, "volume_extension:volume_actions:reserve"),
    ):
        refused = refusal(cinder.call("reader", method, where, body))
        assert refused == (403, f"Policy doesn't allow {rule} to be performed.")


def test_an_administrator_reaches_every_project(cinder: Cinder) -> None:
    volume_id = cinder.make_volume("alice", name="hers")

    assert cinder.show(volume_id, "admin")["name"] == "hers"
    assert cinder.read("admin", "/volumes")["volumes"] == []
    assert names(cinder.read("admin", "/volumes/detail?all_tenants=1"), "volumes") == ["hers"]
    changed = cinder.call("admin", "PUT", f"/volumes/{volume_id}", {"volume": {"name": "ours"}})
    assert changed.status_code == 200
    assert cinder.show(volume_id)["os-vol-tenant-attr:tenant_id"] == DEMO


def test_a_path_of_another_project_is_refused(cinder: Cinder) -> None:
    assert cinder.get("alice", f"/volume/v3/{OTHER}/volumes").status_code == 400
    assert cinder.get("admin", f"/volume/v3/{ADMIN}/volumes").status_code == 200
    assert cinder.get(None, f"/volume/v3/{DEMO}/volumes").status_code == 401


def test_the_project_may_be_left_out_of_the_path(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()

    view = cinder.get("alice", f"/volume/v3/volumes/{volume_id}", version="volume 3.67").json["volume"]
    assert view["links"][0]["href"].endswith(f"/volume/v3/volumes/{volume_id}")


def test_the_summary_counts_what_the_project_has(cinder: Cinder) -> None:
    cinder.make_volume(size=1, metadata={"os": "linux", "x": "1"})
    cinder.make_volume(size=2, metadata={"os": "bsd", "x": "1"})
    cinder.make_volume("bob", size=4, metadata={"os": "plan9"})

    short = {"total_count": 2, "total_size": 3}
    assert cinder.call("alice", "GET", "/volumes/summary", at="3.11").status_code == 404
    assert cinder.read("alice", "/volumes/summary", at="3.12") == {"volume-summary": short}
    full = cinder.read("alice", "/volumes/summary", at="3.36")["volume-summary"]
    assert {key: sorted(values) for key, values in full["metadata"].items()} == {"os": ["bsd", "linux"], "x": ["1"]}
    everybodys = cinder.read("admin", "/volumes/summary?all_tenants=1", at="3.12")["volume-summary"]
    assert everybodys == {"total_count": 3, "total_size": 7}


def test_a_body_that_is_no_json_is_refused(cinder: Cinder) -> None:
    for body in (b"{", b"[]", b'"x"', b""):
        assert cinder.call("alice", "POST", "/volumes", body).status_code == 400


def test_the_newest_microversion_is_said_in_the_answer(cinder: Cinder) -> None:
    result = cinder.call("alice", "GET", "/volumes", at="latest")

    assert result.headers["openstack-api-version"] == f"volume {LATEST}"
    assert cinder.call("alice", "GET", "/volumes", at="3.999").status_code == 406
