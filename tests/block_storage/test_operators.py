"""What administrators do: switch workers, manage what lies on the backends, and say how types are encrypted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.block_storage.cinder import DEMO, GIB, NOWHERE, Cinder, refusal

HOST, POOL = "jumpgate@files", "jumpgate@files#files"


def put(cinder: Cinder, action: str, body: Any, caller: str = "admin", *, at: str | None = None) -> Any:
    return cinder.call(caller, "PUT", f"/os-services/{action}", body, at=at)


def worker(cinder: Cinder, host: str = HOST) -> dict[str, Any]:
    view: dict[str, Any] = cinder.read("admin", f"/os-services?host={host}&binary=cinder-volume")["services"][0]
    return view


class TestServices:
    def test_a_worker_that_is_disabled_gets_no_new_volumes(self, cinder: Cinder) -> None:
        body = {"host": HOST, "binary": "cinder-volume"}

        result = put(cinder, "disable", body)

        assert (result.status_code, result.json) == (
            200,
            {**body, "service": "", "status": "disabled", "disabled": True},
        )
        assert worker(cinder)["status"] == "disabled"
        pools = cinder.read("admin", "/scheduler-stats/get_pools")["pools"]
        assert pools == [{"name": "jumpgate@files2#files2"}]
        assert cinder.show(cinder.make_volume(), "admin")["os-vol-host-attr:host"] == "jumpgate@files2#files2"

        enabled = put(cinder, "enable", {"host": HOST, "service": "cinder-volume"})
        assert enabled.json == {
            "host": HOST,
            "service": "cinder-volume",
            "binary": "",
            "status": "enabled",
            "disabled": False,
        }
        assert worker(cinder)["status"] == "enabled"

    def test_a_reason_is_shown_until_the_worker_is_enabled(self, cinder: Cinder) -> None:
        body = {"host": HOST, "binary": "cinder-volume"}

        result = put(cinder, "disable-log-reason", {**body, "disabled_reason": "full"})

        assert (result.status_code, result.json["disabled_reason"]) == (200, "full")
        assert worker(cinder)["disabled_reason"] == "full"
        put(cinder, "enable", body)
        assert worker(cinder)["disabled_reason"] is None

    def test_a_backend_is_frozen_and_thawed(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume()

        assert put(cinder, "freeze", {"host": HOST}).status_code == 200
        found = worker(cinder)
        assert (found["frozen"], found["status"], found["disabled_reason"]) == (True, "disabled", "frozen")
        assert refusal(put(cinder, "freeze", {"host": HOST}))[0] == 400
        assert cinder.status(volume_id) == "available"
        assert put(cinder, "thaw", {"host": HOST}).status_code == 200
        assert (worker(cinder)["frozen"], worker(cinder)["status"]) == (False, "enabled")
        assert refusal(put(cinder, "thaw", {"host": HOST}))[0] == 400

    @pytest.mark.parametrize(
        ("action", "body", "expected"),
        [
            (
                "disable",
                {"host": "mars", "binary": "cinder-volume"},
                (404, "Service cinder-volume could not be found on host mars."),
            ),
            ("enable", {"host": HOST, "binary": "no"}, (404, f"Service no could not be found on host {HOST}.")),
            ("disable", {"binary": "cinder-volume"}, (400, "Invalid input received: Host field is missing.")),
            ("freeze", {"host": "mars"}, (400, "No service found with host=mars")),
            ("thaw", {}, (400, "Invalid input received: Host field is missing.")),
        ],
    )
    def test_what_cannot_be_is_refused(self, cinder: Cinder, action: str, body: Any, expected: tuple[int, str]) -> None:
        assert refusal(put(cinder, action, body)) == expected

    def test_a_body_must_name_the_worker(self, cinder: Cinder) -> None:
        assert put(cinder, "disable", {"host": HOST}).status_code == 400
        wrong = {"host": HOST, "binary": "cinder-volume", "disabled_reason": " "}
        assert put(cinder, "disable-log-reason", wrong).status_code == 400

    def test_an_unknown_action_is_not_found(self, cinder: Cinder) -> None:
        assert put(cinder, "explode", {}).status_code == 404
        assert put(cinder, "get-log", {}, at="3.31").status_code == 404
        assert put(cinder, "failover", {"host": HOST}, at="3.25").status_code == 404

    def test_they_are_for_administrators(self, cinder: Cinder) -> None:
        assert put(cinder, "disable", {"host": HOST, "binary": "cinder-volume"}, "alice").status_code == 403


def manageable(cinder: Cinder, what: str = "volumes", query: str = "", *, detail: bool = True) -> list[dict[str, Any]]:
    path = f"/manageable_{what}{'/detail' if detail else ''}?host=jumpgate@files%23files{query}"
    found: list[dict[str, Any]] = cinder.read("admin", path, at="3.8")[f"manageable-{what}"]
    return found


def manage(cinder: Cinder, source: str, /, **attributes: Any) -> Any:
    body = {"volume": {"host": POOL, "ref": {"source-name": source}, **attributes}}
    result = cinder.call("admin", "POST", "/manageable_volumes", body, at="3.8")
    cinder.settle()
    return result


class TestVolumes:
    def test_an_unmanaged_volume_can_be_managed_again(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume(size=2)
        cinder.write(volume_id, b"data")

        cinder.do(volume_id, "os-unmanage", None, "admin")
        assert cinder.call("alice", "GET", f"/volumes/{volume_id}").status_code == 404
        assert cinder.bytes_of(volume_id, 4) == b"data"
        made = manage(cinder, volume_id, name="back", metadata={"a": "1"}, bootable=True)

        assert (made.status_code, made.json["volume"]["status"], made.json["volume"]["size"]) == (202, "creating", 0)
        new_id = made.json["volume"]["id"]
        view = cinder.show(new_id, "admin")
        assert (view["status"], view["size"], view["name"], view["bootable"]) == ("available", 2, "back", "true")
        assert (view["metadata"], view["volume_type"], view["os-vol-host-attr:host"]) == ({"a": "1"}, "standard", POOL)
        assert cinder.bytes_of(new_id, 4) == b"data"
        assert cinder.files() == {new_id}

    def test_a_file_that_is_no_whole_number_of_gib_grows(self, cinder: Cinder) -> None:
        cinder.make_volume()
        cinder.file("foreign").write_bytes(b"data")

        volume_id = manage(cinder, "foreign").json["volume"]["id"]

        assert (cinder.show(volume_id, "admin")["size"], cinder.file(volume_id).stat().st_size) == (1, GIB)

    def test_the_list_tells_what_is_managed_already(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume()
        cinder.file("foreign").write_bytes(b"data")
        cinder.file("begun.part").write_bytes(b"da")
        cinder.file("link").symlink_to("/etc/passwd")

        found = {item["reference"]["source-name"]: item for item in manageable(cinder)}

        assert set(found) == {volume_id, "foreign"}
        assert found["foreign"] == {
            "reference": {"source-name": "foreign"},
            "size": 1,
            "safe_to_manage": True,
            "reason_not_safe": None,
            "cinder_id": None,
            "extra_info": None,
        }
        known = found[volume_id]
        assert (known["safe_to_manage"], known["reason_not_safe"], known["cinder_id"]) == (
            False,
            "already managed",
            volume_id,
        )
        assert set(manageable(cinder, detail=False)[0]) == {"reference", "size", "safe_to_manage"}

    def test_the_list_is_sorted_and_paged(self, cinder: Cinder) -> None:
        cinder.make_volume()
        for name, size in (("x", 1), ("y", 3 * GIB), ("z", 2 * GIB)):
            with cinder.file(name).open("wb") as file:
                file.truncate(size)

        def seen(query: str) -> list[str]:
            refs = [item["reference"]["source-name"] for item in manageable(cinder, query=query)]
            return [name for name in refs if len(name) == 1]

        assert seen("&sort=reference:asc") == ["x", "y", "z"]
        assert seen("&sort=size:desc&limit=2") == ["y", "z"]
        marker = json.dumps({"source-name": "x"})
        assert seen(f"&sort=reference:asc&marker={marker}") == ["y", "z"]
        assert seen(f"&sort=reference:asc&marker={marker}&offset=1&limit=1") == ["z"]
        assert seen("&sort=reference:asc&limit=0") == []

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", (400, "Invalid input received: Host field is missing.")),
            ("host=mars", (404, "Service cinder-volume could not be found on host mars.")),
            (
                f"host={HOST}&marker=x",
                (400, "Invalid input received: marker x can not be analysed, please use json like format"),
            ),
            (f"host={HOST}&foo=1", (400, "Invalid filters foo are found in query options.")),
        ],
    )
    def test_a_list_that_cannot_be_is_refused(self, cinder: Cinder, query: str, expected: tuple[int, str]) -> None:
        assert refusal(cinder.call("admin", "GET", f"/manageable_volumes?{query}", at="3.8")) == expected

    def test_an_unknown_sort_key_or_marker_is_refused(self, cinder: Cinder) -> None:
        for query in ("sort=name", 'marker={"source-name":"gone"}'):
            result = cinder.call("admin", "GET", f"/manageable_volumes?host={HOST}&{query}", at="3.8")
            assert result.status_code == 400

    def test_the_names_have_their_versions(self, cinder: Cinder) -> None:
        cinder.make_volume()

        assert cinder.call("admin", "GET", f"/manageable_volumes?host={HOST}", at="3.7").status_code == 404
        assert cinder.read("admin", f"/os-volume-manage/detail?host={HOST}")["manageable-volumes"]
        assert cinder.read("admin", f"/os-volume-manage?host={HOST}", api="v2")["manageable-volumes"]

    @pytest.mark.parametrize("name", ["../x", "/etc/passwd", "", ".hidden", "x.part", "a\\b", "a\0b"])
    def test_what_can_be_no_file_of_the_backend_is_refused(self, cinder: Cinder, name: str) -> None:
        assert manage(cinder, name).status_code == 400

    def test_a_link_out_of_the_folder_is_not_taken(self, cinder: Cinder) -> None:
        cinder.make_volume()
        cinder.file("link").symlink_to("/etc/passwd")

        assert cinder.status(manage(cinder, "link").json["volume"]["id"]) == "error"

    def test_what_is_not_there_ends_in_an_error_with_a_message(self, cinder: Cinder) -> None:
        volume_id = manage(cinder, "nothing").json["volume"]["id"]

        assert cinder.status(volume_id) == "error"
        assert cinder.read("admin", "/messages", at="3.3")["messages"][0]["resource_uuid"] == volume_id
        assert cinder.call("admin", "DELETE", f"/volumes/{volume_id}").status_code == 202

    def test_what_is_refused(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume()
        missing = {"volume": {"host": POOL}}
        nowhere = {"volume": {"host": "nope", "ref": {"source-name": "x"}}}

        assert refusal(manage(cinder, volume_id)) == (
            400,
            "Unable to manage existing volume. The volume is already managed",
        )
        assert refusal(manage(cinder, "x", volume_type="bogus")) == (
            400,
            "Invalid volume type: Cannot find requested 'bogus' volume type",
        )
        assert cinder.call("admin", "POST", "/manageable_volumes", missing, at="3.8").status_code == 400
        result = cinder.call("admin", "POST", "/manageable_volumes", nowhere, at="3.8")
        assert refusal(result) == (400, "Host 'nope' not found")

    def test_a_quota_holds_for_what_is_managed(self, cinder: Cinder) -> None:
        cinder.make_volume()
        cinder.set_quota("33333333333333333333333333333333", gigabytes=1)
        with cinder.file("large").open("wb") as file:
            file.truncate(2 * GIB)

        volume_id = manage(cinder, "large").json["volume"]["id"]

        assert cinder.status(volume_id) == "error"
        assert cinder.file("large").exists()

    def test_a_volume_with_snapshots_stays_managed(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume()
        cinder.make_snapshot(volume_id)

        assert refusal(cinder.act(volume_id, "os-unmanage", None, "admin"))[0] == 400

    def test_they_are_for_administrators(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume()

        assert cinder.call("alice", "GET", f"/manageable_volumes?host={HOST}", at="3.8").status_code == 403
        body = {"volume": {"host": POOL, "ref": {"source-name": "x"}}}
        assert cinder.call("alice", "POST", "/manageable_volumes", body, at="3.8").status_code == 403
        assert cinder.act(volume_id, "os-unmanage").status_code == 403
        assert cinder.act(volume_id, "os-unmanage", None, "bob").status_code == 404


class TestSnapshots:
    def test_an_unmanaged_snapshot_can_be_managed_again(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume()
        snapshot_id = cinder.make_snapshot(volume_id)

        done = cinder.call("admin", "POST", f"/snapshots/{snapshot_id}/action", {"os-unmanage": {}})
        cinder.settle()
        assert done.status_code == 202
        assert cinder.call("alice", "GET", f"/snapshots/{snapshot_id}").status_code == 404
        (left,) = manageable(cinder, "snapshots")
        assert (left["reference"], left["safe_to_manage"]) == ({"source-name": snapshot_id}, True)
        assert left["source_reference"] == {"source-name": None}
        body = {"snapshot": {"volume_id": volume_id, "ref": left["reference"], "name": "s", "metadata": {"a": "1"}}}
        made = cinder.call("admin", "POST", "/manageable_snapshots", body, at="3.8")
        cinder.settle()

        assert (made.status_code, made.json["snapshot"]["status"]) == (202, "creating")
        new_id = made.json["snapshot"]["id"]
        view = cinder.read("admin", f"/snapshots/{new_id}")["snapshot"]
        assert (view["status"], view["volume_id"], view["name"], view["size"]) == ("available", volume_id, "s", 1)
        (known,) = manageable(cinder, "snapshots")
        assert (known["cinder_id"], known["source_reference"]) == (new_id, {"source-name": volume_id})
        assert cinder.call("admin", "DELETE", f"/snapshots/{new_id}").status_code == 202
        cinder.settle()
        assert cinder.files() == {volume_id}

    def test_what_is_refused(self, cinder: Cinder) -> None:
        snapshot_id = cinder.make_snapshot(volume_id := cinder.make_volume())

        def post(**body: Any) -> Any:
            return cinder.call("admin", "POST", "/manageable_snapshots", {"snapshot": body}, at="3.8")

        assert post(volume_id=NOWHERE, ref={"source-name": "x"}).status_code == 404
        assert post(volume_id=volume_id).status_code == 400
        assert post(volume_id=volume_id, ref=None).status_code == 400
        assert post(volume_id=volume_id, ref={"source-name": snapshot_id}).status_code == 400

    def test_what_is_not_there_ends_in_an_error(self, cinder: Cinder) -> None:
        body = {"snapshot": {"volume_id": cinder.make_volume(), "ref": {"source-name": "x"}}}

        made = cinder.call("admin", "POST", "/manageable_snapshots", body, at="3.8")
        cinder.settle()

        assert cinder.read("admin", f"/snapshots/{made.json['snapshot']['id']}")["snapshot"]["status"] == "error"

    def test_they_are_for_administrators(self, cinder: Cinder) -> None:
        snapshot_id = cinder.make_snapshot(volume_id := cinder.make_volume())
        unmanage: dict[str, object] = {"os-unmanage": {}}
        body = {"snapshot": {"volume_id": volume_id, "ref": {"source-name": "x"}}}

        assert cinder.call("alice", "GET", f"/manageable_snapshots?host={HOST}", at="3.8").status_code == 403
        assert cinder.call("alice", "POST", "/manageable_snapshots", body, at="3.8").status_code == 403
        assert cinder.call("bob", "POST", "/manageable_snapshots", body, at="3.8").status_code == 404
        assert cinder.call("alice", "POST", f"/snapshots/{snapshot_id}/action", unmanage).status_code == 403
        assert cinder.call("bob", "POST", f"/snapshots/{snapshot_id}/action", unmanage).status_code == 404


ENCRYPTION = {"provider": "luks", "control_location": "front-end", "cipher": "aes-xts-plain64", "key_size": "256"}


class TestEncryption:
    @pytest.fixture
    def path(self, cinder: Cinder) -> str:
        return f"/types/{cinder.make_type('secret')}/encryption"

    def test_a_type_is_encrypted_changed_and_plain_again(self, cinder: Cinder, path: str) -> None:
        assert cinder.read("admin", path) == {}

        made = cinder.call("admin", "POST", path, {"encryption": ENCRYPTION})
        type_id = path.split("/")[2]
        assert (made.status_code, made.json["encryption"]["volume_type_id"]) == (200, type_id)
        assert made.json["encryption"]["key_size"] == 256
        view = cinder.read("admin", path)
        assert view["encryption_id"] == made.json["encryption"]["encryption_id"]
        assert {**ENCRYPTION, "key_size": 256}.items() <= view.items()
        assert (view["deleted"], view["deleted_at"], view["updated_at"]) == (False, None, None)
        assert cinder.read("admin", f"{path}/cipher") == {"cipher": "aes-xts-plain64"}

        changed = cinder.call("admin", "PUT", f"{path}/any", {"encryption": {"key_size": 128}})
        assert (changed.status_code, changed.json) == (200, {"encryption": {"key_size": 128}})
        assert (cinder.read("admin", path)["key_size"], cinder.read("admin", path)["provider"]) == (128, "luks")
        assert cinder.call("admin", "DELETE", f"{path}/any").status_code == 202
        assert cinder.read("admin", path) == {}

    def test_what_is_not_there_is_not_found(self, cinder: Cinder, path: str) -> None:
        gone = (404, f"Volume type encryption for type {path.split('/')[2]} does not exist.")

        assert refusal(cinder.call("admin", "GET", f"{path}/cipher")) == gone
        assert refusal(cinder.call("admin", "DELETE", f"{path}/any")) == gone
        assert refusal(cinder.call("admin", "PUT", f"{path}/any", {"encryption": {}})) == gone
        for method, body in (("GET", None), ("POST", {"encryption": ENCRYPTION})):
            assert cinder.call("admin", method, f"/types/{NOWHERE}/encryption", body).status_code == 404

    @pytest.mark.parametrize("changes", [{"provider": None}, {"control_location": "x"}, {"key_size": -1}])
    def test_a_wrong_body_is_refused(self, cinder: Cinder, path: str, changes: dict[str, Any]) -> None:
        body = {"encryption": {**ENCRYPTION, **changes}}

        assert refusal(cinder.call("admin", "POST", path, body))[0] == 400

    def test_a_type_is_encrypted_once_and_not_while_it_is_used(self, cinder: Cinder, path: str) -> None:
        cinder.make_volume(volume_type="secret")
        used = cinder.call("admin", "POST", path, {"encryption": ENCRYPTION})
        assert refusal(used) == (400, "Cannot create encryption specs. Volume type in use.")
        other = f"/types/{cinder.make_type('other')}/encryption"
        cinder.call("admin", "POST", other, {"encryption": ENCRYPTION})

        twice = cinder.call("admin", "POST", other, {"encryption": ENCRYPTION})

        assert refusal(twice)[1].endswith("already exists.")

    def test_no_volume_of_an_encrypted_type_is_made(self, cinder: Cinder, path: str) -> None:
        cinder.call("admin", "POST", path, {"encryption": ENCRYPTION})
        volume_id = cinder.make_volume()

        made = cinder.call("alice", "POST", "/volumes", {"volume": {"size": 1, "volume_type": "secret"}})
        retyped = cinder.act(volume_id, "os-retype", {"new_type": "secret"})

        assert (made.status_code, retyped.status_code) == (501, 501)
        assert cinder.read("alice", f"/os-quota-sets/{DEMO}?usage=true")["quota_set"]["volumes"]["in_use"] == 1

    def test_a_type_goes_with_its_encryption(self, cinder: Cinder, path: str) -> None:
        cinder.call("admin", "POST", path, {"encryption": ENCRYPTION})

        assert cinder.call("admin", "DELETE", path.removesuffix("/encryption")).status_code == 202
        assert cinder.call("admin", "GET", path).status_code == 404

    def test_it_is_for_administrators(self, cinder: Cinder, path: str) -> None:
        assert cinder.call("alice", "GET", path).status_code == 403
        assert cinder.call("alice", "POST", path, {"encryption": ENCRYPTION}).status_code == 403
        assert cinder.call("alice", "DELETE", f"{path}/any").status_code == 403

    def test_a_plain_volume_has_no_key(self, cinder: Cinder) -> None:
        path = f"/volumes/{cinder.make_volume()}/encryption"

        assert cinder.read("alice", path) == {"encryption_key_id": None}
        assert cinder.call("alice", "GET", f"{path}/encryption_key_id").text == ""
        assert cinder.call("alice", "GET", f"{path}/cipher").status_code == 404
        assert cinder.call("bob", "GET", path).status_code == 404
