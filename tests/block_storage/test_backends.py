"""The backends: where volumes are put, what the pools say, and moving a volume from one to another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jumpgate.block_storage.drivers.embedded.files import Files
from jumpgate.block_storage.drivers.embedded.placement import satisfies, suits
from jumpgate.common.config import Config
from jumpgate.common.errors import ConfigError
from tests.block_storage.cinder import GIB, Cinder, Crash, refusal

FIRST, SECOND = "jumpgate@files#files", "jumpgate@files2#files2"
HOST = "os-vol-host-attr:host"


def on(name: str) -> dict[str, str]:
    """Return the extra specs that ask for a backend."""
    return {"volume_backend_name": name}


def host_of(cinder: Cinder, volume_id: str) -> str | None:
    host: str | None = cinder.show(volume_id, "admin")[HOST]
    return host


def pool_names(cinder: Cinder, query: str = "", *, at: str | None = None) -> list[str]:
    return [pool["name"] for pool in cinder.read("admin", f"/scheduler-stats/get_pools{query}", at=at)["pools"]]


def begins(file: Path, data: bytes) -> bool:
    """Tell whether a file, which may be large, begins with some bytes."""
    with file.open("rb") as stream:
        return stream.read(len(data)) == data


def second_file(cinder: Cinder, volume_id: str) -> Path:
    return cinder.state / "backends" / "files2" / "volumes" / volume_id


class TestPlacement:
    def test_a_type_chooses_the_backend(self, cinder: Cinder) -> None:
        cinder.make_type("one", extra_specs=on("files"))
        cinder.make_type("two", extra_specs={"capabilities:volume_backend_name": "files2"})

        first, second = cinder.make_volume(volume_type="one"), cinder.make_volume(volume_type="two")

        assert (host_of(cinder, first), host_of(cinder, second)) == (FIRST, SECOND)
        assert cinder.file(first).stat().st_size == second_file(cinder, second).stat().st_size == GIB
        ids = {cinder.show(volume_id, at="3.48")["service_uuid"] for volume_id in (first, second)}
        assert len(ids) == 2
        assert None not in ids

    def test_a_type_that_asks_for_nothing_gets_the_first(self, cinder: Cinder) -> None:
        assert host_of(cinder, cinder.make_volume()) == FIRST

    def test_a_type_asks_how_much_a_backend_has_promised(self, cinder: Cinder) -> None:
        cinder.make_volume(size=3)
        cinder.make_type("empty", extra_specs={"allocated_capacity_gb": "<= 2"})

        assert host_of(cinder, cinder.make_volume(volume_type="empty")) == SECOND

    def test_a_copy_is_made_beside_its_source(self, cinder: Cinder) -> None:
        cinder.make_type("two", extra_specs=on("files2"))
        cinder.make_type("any")
        source = cinder.make_volume(volume_type="two")
        second_file(cinder, source).write_bytes(b"data")

        clone = cinder.make_volume(source_volid=source, volume_type="any")
        copy = cinder.make_volume(snapshot_id=cinder.make_snapshot(source), volume_type="any")

        assert [host_of(cinder, item) for item in (clone, copy)] == [SECOND, SECOND]
        assert begins(second_file(cinder, clone), b"data")
        assert begins(second_file(cinder, copy), b"data")

    def test_a_copy_goes_elsewhere_where_its_type_says_so(self, cinder: Cinder) -> None:
        cinder.make_type("one", extra_specs=on("files"))
        cinder.make_type("two", extra_specs=on("files2"))
        source = cinder.make_volume(volume_type="one")
        cinder.write(source, b"data")

        clone = cinder.make_volume(source_volid=source, volume_type="two")

        assert host_of(cinder, clone) == SECOND
        assert begins(second_file(cinder, clone), b"data")

    def test_a_volume_for_which_there_is_no_place_is_in_error_with_a_message(self, cinder: Cinder) -> None:
        cinder.make_type("odd", extra_specs={"vendor_name": "Nobody"})

        volume_id = cinder.make_volume(volume_type="odd")

        view = cinder.show(volume_id, "admin", at="3.48")
        assert (view["status"], view[HOST], view["service_uuid"]) == ("error", None, None)
        (message,) = cinder.read("alice", "/messages", at="3.3")["messages"]
        assert (message["resource_uuid"], message["event_id"]) == (volume_id, "VOLUME_VOLUME_001_003")
        assert message["user_message"].endswith("Could not find any available weighted backend.")
        assert cinder.read("bob", "/messages", at="3.3")["messages"] == []
        cinder.call("alice", "DELETE", f"/volumes/{volume_id}")
        cinder.settle()
        assert cinder.call("alice", "GET", f"/volumes/{volume_id}").status_code == 404

    def test_a_deleted_volume_leaves_no_file_on_any_backend(self, cinder: Cinder) -> None:
        cinder.make_type("two", extra_specs=on("files2"))
        volume_id = cinder.make_volume(volume_type="two")
        cinder.make_snapshot(volume_id)

        cinder.call("alice", "DELETE", f"/volumes/{volume_id}?cascade=true")
        cinder.settle()

        assert cinder.files() == set()

    def test_backups_go_and_come_back_from_the_second_backend(self, cinder: Cinder) -> None:
        cinder.make_type("two", extra_specs=on("files2"))
        volume_id = cinder.make_volume(volume_type="two")
        second_file(cinder, volume_id).write_bytes(b"data")
        backup_id = cinder.make_backup(volume_id)
        second_file(cinder, volume_id).write_bytes(b"lost")

        cinder.call("alice", "POST", f"/backups/{backup_id}/restore", {"restore": {"volume_id": volume_id}})
        cinder.settle()

        assert begins(second_file(cinder, volume_id), b"data")


@pytest.mark.parametrize(
    ("capability", "wanted", "expected"),
    [
        ("files", "files", True),
        ("files", "files2", False),
        (True, "<is> True", True),
        (True, "<is> False", False),
        (True, "true", True),
        (10, ">= 9", True),
        (10, "== 10", True),
        (10, "= 11", False),
        (10, "!= 10", False),
        (10, "<= 10.5", True),
        ("abc", ">= 1", False),
        ("abc", "s== abc", True),
        ("abc", "s< abd", True),
        ("abc", "<in> b", True),
        ("b", "<or> a <or> b", True),
        ("c", "<or> a <or> b", False),
        (None, None, True),
        ("a", None, False),
        ("a", ">=", False),
    ],
)
def test_an_extra_spec_asks_in_cinders_words(capability: object, wanted: str | None, expected: bool) -> None:
    assert satisfies(capability, wanted) is expected


def test_specs_of_another_scope_ask_nothing() -> None:
    assert suits({"a": 1}, {"vendor:key": "x", "RESKEY:availability_zones": "nova"})
    assert not suits({"a": 1}, {"b": "1"})


class TestPools:
    def test_the_short_and_the_full_form(self, cinder: Cinder) -> None:
        cinder.make_volume(size=3)

        assert cinder.read("admin", "/scheduler-stats/get_pools") == {"pools": [{"name": FIRST}, {"name": SECOND}]}
        first, second = cinder.read("admin", "/scheduler-stats/get_pools?detail=true")["pools"]
        known = first["capabilities"]
        assert (known["volume_backend_name"], known["pool_name"], known["storage_protocol"]) == (
            "files",
            "files",
            "file",
        )
        assert (known["allocated_capacity_gb"], second["capabilities"]["allocated_capacity_gb"]) == (3, 0)
        assert 0 < known["free_capacity_gb"] <= known["total_capacity_gb"]

    def test_filters_are_honoured_or_refused_by_version(self, cinder: Cinder) -> None:
        cinder.make_type("two", extra_specs=on("files2"))
        by_name = "?name=jumpgate@files%23files"

        assert pool_names(cinder, by_name, at="3.27") == [FIRST, SECOND]
        assert pool_names(cinder, by_name, at="3.28") == [FIRST]
        assert pool_names(cinder, "?volume_backend_name=files2", at="3.28") == [SECOND]
        assert pool_names(cinder, "?volume_type=two", at="3.34") == [FIRST, SECOND]
        assert pool_names(cinder, "?volume_type=two", at="3.35") == [SECOND]
        refused = cinder.call("admin", "GET", "/scheduler-stats/get_pools?foo=1", at="3.31")
        assert refusal(refused) == (400, "Invalid filters foo are found in query options.")
        wrong = cinder.call("admin", "GET", "/scheduler-stats/get_pools?detail=x")
        assert refusal(wrong) == (400, "Value 'x' for 'detail' is not a boolean.")

    def test_they_are_for_administrators(self, cinder: Cinder) -> None:
        for path in ("/scheduler-stats/get_pools", "/capabilities/jumpgate@files"):
            assert cinder.call("alice", "GET", path).status_code == 403

    def test_a_backend_tells_what_it_understands(self, cinder: Cinder) -> None:
        found = cinder.read("admin", "/capabilities/jumpgate@files2")

        assert found["namespace"] == "OS::Storage::Capabilities::jumpgate@files2"
        assert (found["volume_backend_name"], found["vendor_name"], found["pool_name"]) == ("files2", "Jumpgate", None)
        assert "multiattach" in found["properties"]
        result = cinder.call("admin", "GET", "/capabilities/mars")
        assert refusal(result) == (404, "Can't find service: mars")


class TestRetype:
    @pytest.fixture
    def types(self, cinder: Cinder) -> None:
        cinder.make_type("one", extra_specs=on("files"))
        cinder.make_type("two", extra_specs=on("files2"))

    def test_on_demand_a_volume_moves(self, cinder: Cinder, types: None) -> None:
        volume_id = cinder.make_volume(volume_type="one", name="v", metadata={"a": "1"})
        cinder.write(volume_id, b"data")

        cinder.call("alice", "POST", f"/volumes/{volume_id}/action", _retype("two", "on-demand"))
        assert cinder.status(volume_id) == "retyping"
        cinder.settle()

        view = cinder.show(volume_id, "admin")
        assert (view["status"], view["volume_type"], view[HOST]) == ("available", "two", SECOND)
        assert (view["migration_status"], view["metadata"]) == ("success", {"a": "1"})
        assert not cinder.file(volume_id).exists()
        assert begins(second_file(cinder, volume_id), b"data")

    def test_by_default_a_volume_stays_what_it_is(self, cinder: Cinder, types: None) -> None:
        volume_id = cinder.make_volume(volume_type="one")

        cinder.do(volume_id, "os-retype", {"new_type": "two"})

        view = cinder.show(volume_id, "admin")
        assert (view["status"], view["volume_type"], view[HOST]) == ("available", "one", FIRST)
        assert cinder.read("alice", "/messages", at="3.3")["messages"][0]["resource_uuid"] == volume_id

    def test_a_volume_with_snapshots_or_in_use_is_refused(self, cinder: Cinder, types: None) -> None:
        kept, used = cinder.make_volume(volume_type="one"), cinder.make_volume(volume_type="one")
        cinder.make_snapshot(kept)
        cinder.do(used, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})

        for volume_id in (kept, used):
            result = cinder.call("alice", "POST", f"/volumes/{volume_id}/action", _retype("two", "on-demand"))
            assert refusal(result)[0] == 400
            assert cinder.show(volume_id)["volume_type"] == "one"

    def test_where_no_backend_will_do_the_volume_stays(self, cinder: Cinder, types: None) -> None:
        cinder.make_type("odd", extra_specs=on("mars"))
        volume_id = cinder.make_volume(volume_type="one")

        cinder.do(volume_id, "os-retype", {"new_type": "odd", "migration_policy": "on-demand"})

        assert (cinder.status(volume_id), cinder.show(volume_id)["volume_type"]) == ("available", "one")


def _retype(name: str, policy: str) -> dict[str, Any]:
    return {"os-retype": {"new_type": name, "migration_policy": policy}}


class TestMigrate:
    def test_an_administrator_moves_a_volume(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume()
        cinder.write(volume_id, b"data")

        cinder.do(volume_id, "os-migrate_volume", {"host": SECOND}, "admin")

        view = cinder.show(volume_id, "admin")
        assert (view["status"], view[HOST], view["migration_status"]) == ("available", SECOND, "success")
        assert begins(second_file(cinder, volume_id), b"data")
        assert not cinder.file(volume_id).exists()

    def test_a_locked_volume_is_in_maintenance_meanwhile(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume()

        cinder.act(volume_id, "os-migrate_volume", {"host": SECOND, "lock_volume": True}, "admin")
        assert cinder.status(volume_id) == "maintenance"
        cinder.settle()

        assert (cinder.status(volume_id), host_of(cinder, volume_id)) == ("available", SECOND)

    def test_what_is_used_meanwhile_stays_where_it_is(self, cinder: Cinder, monkeypatch: pytest.MonkeyPatch) -> None:
        volume_id = cinder.make_volume()
        copy = Files.copy

        def use_meanwhile(files: Files, *arguments: Any) -> None:
            copy(files, *arguments)
            cinder.act(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})
            cinder.write(volume_id, b"new")

        cinder.act(volume_id, "os-migrate_volume", {"host": SECOND}, "admin")
        monkeypatch.setattr(Files, "copy", use_meanwhile)
        cinder.settle()

        view = cinder.show(volume_id, "admin")
        assert (view["status"], view[HOST], view["migration_status"]) == ("in-use", FIRST, "error")
        assert cinder.bytes_of(volume_id, 3) == b"new"
        assert not second_file(cinder, volume_id).exists()

    def test_it_cannot_be_deleted_meanwhile(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume()
        cinder.act(volume_id, "os-migrate_volume", {"host": SECOND}, "admin")

        assert refusal(cinder.call("alice", "DELETE", f"/volumes/{volume_id}"))[0] == 400
        assert refusal(cinder.act(volume_id, "os-migrate_volume", {"host": SECOND}, "admin"))[0] == 400

    @pytest.mark.parametrize(
        ("body", "at", "message"),
        [
            ({"host": "nope"}, None, "Invalid host: No available service named 'nope'"),
            ({"host": FIRST}, None, "must be different than the current one"),
            ({}, None, "'host'"),
            ({}, "3.16", "One and only one of cluster and host must be set."),
        ],
    )
    def test_what_cannot_be_is_refused(self, cinder: Cinder, body: Any, at: str | None, message: str) -> None:
        volume_id = cinder.make_volume()

        status, text = refusal(cinder.act(volume_id, "os-migrate_volume", body, "admin", at=at))

        assert status == 400
        assert message.strip("'") in text.replace('"', "")

    def test_a_type_that_the_target_does_not_suit_ends_in_an_error(self, cinder: Cinder) -> None:
        cinder.make_type("one", extra_specs=on("files"))
        volume_id = cinder.make_volume(volume_type="one")

        cinder.do(volume_id, "os-migrate_volume", {"host": SECOND}, "admin")

        view = cinder.show(volume_id, "admin")
        assert (view["status"], view[HOST], view["migration_status"]) == ("available", FIRST, "error")

    def test_it_is_for_administrators(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume()

        assert cinder.act(volume_id, "os-migrate_volume", {"host": SECOND}).status_code == 403

    @pytest.mark.parametrize(("name", "after"), [("copy", False), ("copy", True), ("delete", False), ("delete", True)])
    def test_a_crash_in_between_costs_a_repetition(
        self, cinder: Cinder, monkeypatch: pytest.MonkeyPatch, name: str, after: bool
    ) -> None:
        volume_id = cinder.make_volume()
        cinder.write(volume_id, b"data")
        cinder.act(volume_id, "os-migrate_volume", {"host": SECOND}, "admin")
        original: Callable[..., None] = getattr(Files, name)

        def crash(*arguments: Any) -> None:
            if after:
                original(*arguments)
            raise Crash

        with monkeypatch.context() as patch:
            patch.setattr(Files, name, crash)
            with pytest.raises(Crash):
                cinder.settle()
        again = Cinder(cinder.state)
        again.settle()

        assert (again.status(volume_id), host_of(again, volume_id)) == ("available", SECOND)
        assert not again.file(volume_id).exists()
        assert begins(second_file(again, volume_id), b"data")


class TestConfiguration:
    def test_the_backends_are_configured(self, tmp_path: Path) -> None:
        cinder = Cinder(tmp_path, options={"block_storage": "backends = fast, slow"})

        assert pool_names(cinder) == ["jumpgate@fast#fast", "jumpgate@slow#slow"]
        volume_id = cinder.make_volume()
        assert host_of(cinder, volume_id) == "jumpgate@fast#fast"
        assert (tmp_path / "backends" / "fast" / "volumes" / volume_id).exists()

    @pytest.mark.parametrize("text", [",", "a,", "a, a", "../a", "a/b", "a#b", "a@b"])
    def test_what_is_no_list_of_names_is_refused(self, text: str) -> None:
        with pytest.raises(ConfigError, match="backends"):
            Config.from_text(f"[block_storage]\nbackends = {text}\n")

    def test_a_backend_that_is_no_longer_configured_keeps_its_volumes(self, tmp_path: Path) -> None:
        cinder = Cinder(tmp_path, options={"block_storage": "backends = old"})
        volume_id = cinder.make_volume()

        again = Cinder(tmp_path)

        assert host_of(again, volume_id) == "jumpgate@old#old"
        again.do(volume_id, "os-migrate_volume", {"host": FIRST}, "admin")
        assert again.file(volume_id).exists()
