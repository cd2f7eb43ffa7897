"""Block storage on PostgreSQL: what it says in SQL must mean the same there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jumpgate.store.metadata import METADATA
from tests.block_storage.cinder import DEMO, Cinder, names


@pytest.fixture
def cinder(tmp_path: Path, postgresql_url: str) -> Cinder:
    """Block storage whose tables, shared by all tests of the run, are empty but for the first types."""
    cinder = Cinder(tmp_path, extra=f"[store]\nurl = {postgresql_url}\n")
    mine = ("volume", "qos_specs", "quotas", "tasks")
    with cinder.app.store.write("block_storage") as connection:
        for table in reversed(METADATA.sorted_tables):
            if table.name.startswith(mine):
                connection.execute(table.delete())
    cinder.app.prepare()
    return cinder


def test_a_volume_lives_and_dies(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(name="one", metadata={"a": "1"})
    cinder.write(volume_id, b"data")
    snapshot_id = cinder.make_snapshot(volume_id, metadata={"b": "2"})
    clone = cinder.make_volume(snapshot_id=snapshot_id)
    backup_id = cinder.make_backup(clone)
    cinder.do(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})
    cinder.do(volume_id, "os-extend", {"new_size": 2}, at="3.42")
    assert cinder.show(volume_id)["attachments"][0]["device"] == "/dev/vdb"
    cinder.do(volume_id, "os-detach", {})

    assert cinder.bytes_of(clone, 4) == b"data"
    cinder.call("alice", "DELETE", f"/volumes/{volume_id}?cascade=true")
    cinder.call("alice", "DELETE", f"/volumes/{clone}")
    cinder.settle()
    assert cinder.files() == {backup_id}


def test_lists_are_filtered_ordered_and_cut(cinder: Cinder) -> None:
    for name, size, metadata in (("b", 1, {"os": "linux"}), ("a", 2, {}), ("c", 1, {"os": "bsd"})):
        cinder.make_volume(name=name, size=size, metadata=metadata)

    for query, found in (
        ("", "cab"),
        ("sort=size:desc,name:asc", "abc"),
        ("metadata={'os': 'linux'}", "b"),
        ("name~=A", ""),
        ("name~=a", "a"),
        ("status=['available', 'error']&sort=name", "cba"),
        ("bootable=false&limit=1&offset=1", "a"),
        ("created_at=gt:2000-01-01T00:00:00&sort=updated_at:asc", "bac"),
        ("foo=bar&all_tenants=1", None),
    ):
        if found is None:
            assert cinder.read("admin", f"/volumes?{query}", at="3.60")["volumes"] == []
        else:
            assert "".join(names(cinder.read("alice", f"/volumes?{query}", at="3.60"), "volumes")) == found
    marker = cinder.read("alice", "/volumes?name=c")["volumes"][0]["id"]
    for order, found in (("", "ab"), ("&sort=size:asc", "a"), ("&sort=name:desc", "ba")):
        assert "".join(names(cinder.read("alice", f"/volumes?marker={marker}{order}"), "volumes")) == found
    assert cinder.read("alice", "/volumes?with_count=1&limit=1", at="3.45")["count"] == 3


def test_types_belong_to_whoever_was_let_in(cinder: Cinder) -> None:
    secret = cinder.make_type("secret", **{"os-volume-type-access:is_public": False})
    cinder.call("admin", "POST", f"/types/{secret}/action", {"addProjectAccess": {"project": DEMO}})

    assert names(cinder.read("alice", "/types?sort=name"), "volume_types") == ["standard", "secret", "multiattach"]
    assert names(cinder.read("bob", "/types?sort=name"), "volume_types") == ["standard", "multiattach"]
    shared = cinder.read("bob", "/types?extra_specs={'multiattach': '<is> True'}", at="3.52")
    assert names(shared, "volume_types") == ["multiattach"]


def test_at_the_edge_of_a_quota_nobody_gets_more_and_nothing_is_lost(cinder: Cinder) -> None:
    cinder.set_quota(volumes=5)
    cinder.read("alice", "/volumes")

    def create(_: int) -> int:
        return int(cinder.call("alice", "POST", "/volumes", {"volume": {"size": 1}}).status_code)

    with ThreadPoolExecutor(20) as threads:
        statuses = list(threads.map(create, range(20)))

    assert sorted(statuses) == [202] * 5 + [413] * 15
    quota = cinder.read("admin", f"/os-quota-sets/{DEMO}?usage=1")["quota_set"]
    assert quota["volumes"]["in_use"] == 5
    assert quota["gigabytes"]["in_use"] == 5


def test_a_group_lives_and_dies(cinder: Cinder) -> None:
    cinder.call("admin", "POST", "/group_types", {"group_type": {"name": "plain"}}, at="3.11")
    body = {"group": {"name": "g", "group_type": "plain", "volume_types": ["standard"]}}
    group_id = cinder.call("alice", "POST", "/groups", body, at="3.13").json["group"]["id"]
    cinder.make_volume(at="3.13", group_id=group_id, volume_type="standard")
    taken = cinder.call("alice", "POST", "/group_snapshots", {"group_snapshot": {"group_id": group_id}}, at="3.14")
    cinder.settle()
    whole_id = taken.json["group_snapshot"]["id"]
    copied = cinder.call(
        "alice", "POST", "/groups/action", {"create-from-src": {"group_snapshot_id": whole_id}}, at="3.14"
    )
    cinder.settle()

    detail = cinder.read("alice", "/groups/detail?sort=created_at:asc&list_volume=1", at="3.34")["groups"]
    assert [(view["status"], len(view["volumes"])) for view in detail] == [("available", 1)] * 2
    cinder.call("alice", "DELETE", f"/group_snapshots/{whole_id}", at="3.14")
    cinder.settle()
    for one in (group_id, copied.json["group"]["id"]):
        cinder.call("alice", "POST", f"/groups/{one}/action", {"delete": {"delete-volumes": True}}, at="3.13")
    cinder.settle()
    assert cinder.read("alice", "/groups", at="3.13")["groups"] == []
    assert cinder.files() == set()
