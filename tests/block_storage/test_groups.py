"""Groups of volumes, their types and their snapshots."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from falcon.testing import Result

from jumpgate.block_storage.drivers.embedded.files import Files
from tests.block_storage.cinder import DEMO, LATEST, NOWHERE, Cinder, Crash, names, refusal


def group_type(cinder: Cinder, name: str = "plain", **attributes: Any) -> str:
    body = {"group_type": {"name": name, **attributes}}
    result = cinder.call("admin", "POST", "/group_types", body, at="3.11")
    assert result.status_code == 202, result.text
    return str(result.json["group_type"]["id"])


def make(cinder: Cinder, caller: str = "alice", /, *, name: str = "g", **attributes: Any) -> Result:
    """Ask for a group."""
    body = {"group_type": "plain", "volume_types": ["standard"], "name": name, **attributes}
    return cinder.call(caller, "POST", "/groups", {"group": body}, at="3.13")


@pytest.fixture
def group(cinder: Cinder) -> str:
    """Make an empty group."""
    group_type(cinder)
    result = make(cinder)
    assert result.status_code == 202, result.text
    return str(result.json["group"]["id"])


def member(cinder: Cinder, group_id: str, **attributes: Any) -> str:
    """Make a volume that begins in a group."""
    return cinder.make_volume(at="3.13", group_id=group_id, volume_type="standard", **attributes)


def show(cinder: Cinder, group_id: str, caller: str = "alice", /, *, at: str = LATEST) -> dict[str, Any]:
    view: dict[str, Any] = cinder.read(caller, f"/groups/{group_id}?list_volume=True", at=at)["group"]
    return view


def change(cinder: Cinder, group_id: str, **changes: Any) -> Result:
    return cinder.call("alice", "PUT", f"/groups/{group_id}", {"group": changes}, at="3.13")


def act(cinder: Cinder, group_id: str, name: str, body: Any, caller: str = "alice") -> Result:
    return cinder.call(caller, "POST", f"/groups/{group_id}/action", {name: body}, at="3.20")


def delete(cinder: Cinder, group_id: str, **options: Any) -> Result:
    result = act(cinder, group_id, "delete", {name.replace("_", "-"): value for name, value in options.items()})
    cinder.settle()
    return result


def snapshot(cinder: Cinder, group_id: str, **attributes: Any) -> Result:
    body = {"group_snapshot": {"group_id": group_id, **attributes}}
    return cinder.call("alice", "POST", "/group_snapshots", body, at="3.14")


def take(cinder: Cinder, group_id: str, **attributes: Any) -> str:
    """Take a group snapshot and let it end."""
    result = snapshot(cinder, group_id, **attributes)
    assert result.status_code == 202, result.text
    cinder.settle()
    return str(result.json["group_snapshot"]["id"])


def snapshot_status(cinder: Cinder, group_snapshot_id: str) -> str:
    return str(cinder.read("alice", f"/group_snapshots/{group_snapshot_id}", at="3.14")["group_snapshot"]["status"])


def copy(cinder: Cinder, **source: Any) -> Result:
    return cinder.call("alice", "POST", "/groups/action", {"create-from-src": source}, at="3.14")


# Group types


def test_a_group_type_lives_and_dies(cinder: Cinder) -> None:
    created = cinder.call(
        "admin",
        "POST",
        "/group_types",
        {"group_type": {"name": "t", "description": "d", "group_specs": {"a": "1", "b": None}}},
        at="3.11",
    )
    view = created.json["group_type"]
    path = f"/group_types/{view['id']}"

    assert created.status_code == 202
    assert view == {
        "id": view["id"],
        "name": "t",
        "description": "d",
        "is_public": True,
        "group_specs": {"a": "1", "b": None},
    }
    assert cinder.read("admin", path, at="3.11")["group_type"] == view
    assert "group_specs" not in cinder.read("alice", path, at="3.11")["group_type"]

    changed = cinder.call("admin", "PUT", path, {"group_type": {"name": "u", "is_public": "False"}}, at="3.11")
    assert (changed.status_code, changed.json["group_type"]["name"]) == (200, "u")
    assert refusal(cinder.call("alice", "GET", path, at="3.11")) == (
        404,
        f"Group type {view['id']} could not be found.",
    )
    assert cinder.call("admin", "DELETE", path, at="3.11").status_code == 202
    assert cinder.call("admin", "GET", path, at="3.11").status_code == 404


def test_a_list_of_group_types_shows_public_ones_unless_an_administrator_asks(cinder: Cinder) -> None:
    group_type(cinder, "open")
    group_type(cinder, "closed", is_public=False)

    for caller, query, found in (
        ("admin", "", ["open"]),
        ("admin", "?is_public=none&sort=name:asc", ["closed", "open"]),
        ("admin", "?is_public=false", ["closed"]),
        ("alice", "?is_public=none", ["open"]),
    ):
        assert names(cinder.read(caller, f"/group_types{query}", at=LATEST), "group_types") == found
    page = cinder.read("admin", "/group_types?is_public=none&limit=1", at="3.11")
    assert names(page, "group_types") == ["closed"]
    assert f"marker={page['group_types'][0]['id']}" in page["group_type_links"][0]["href"]


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({}, (400, "Specify group type name, description or a combination thereof.")),
        ({"name": "  "}, (400, "Group type name can not be empty.")),
        ({"name": "other"}, (409, "Group Type other already exists.")),
    ],
)
def test_changes_that_a_group_type_refuses(cinder: Cinder, body: dict[str, Any], answer: tuple[int, str]) -> None:
    group_type(cinder, "other")
    type_id = group_type(cinder)

    assert refusal(cinder.call("admin", "PUT", f"/group_types/{type_id}", {"group_type": body}, at="3.11")) == answer


def test_who_may_do_what_with_group_types(cinder: Cinder) -> None:
    type_id = group_type(cinder)
    for method, path, body in (
        ("POST", "/group_types", {"group_type": {"name": "x"}}),
        ("PUT", f"/group_types/{type_id}", {"group_type": {"name": "x"}}),
        ("DELETE", f"/group_types/{type_id}", None),
        ("GET", f"/group_types/{type_id}/group_specs", None),
        ("POST", f"/group_types/{type_id}/group_specs", {"group_specs": {"a": "1"}}),
    ):
        assert cinder.call("alice", method, path, body, at="3.11").status_code == 403
    assert cinder.call("admin", "GET", "/group_types", at="3.10").status_code == 404
    assert refusal(cinder.call("admin", "POST", "/group_types", {"group_type": {"name": "plain"}}, at="3.11")) == (
        409,
        "Group Type plain already exists.",
    )
    assert refusal(cinder.call("alice", "GET", "/group_types/default", at="3.11")) == (
        404,
        "Default group type can not be found.",
    )


def test_the_specs_of_a_group_type(cinder: Cinder) -> None:
    path = f"/group_types/{group_type(cinder, group_specs={'a': '1'})}/group_specs"

    added = cinder.call("admin", "POST", path, {"group_specs": {"b": "2"}}, at="3.11")
    assert (added.status_code, added.json) == (202, {"group_specs": {"b": "2"}})
    changed = cinder.call("admin", "PUT", f"{path}/a", {"a": "3"}, at="3.11")
    assert (changed.status_code, changed.json) == (200, {"a": "3"})
    assert cinder.read("admin", path, at="3.11") == {"group_specs": {"a": "3", "b": "2"}}
    assert cinder.read("admin", f"{path}/b", at="3.11") == {"b": "2"}
    assert cinder.call("admin", "DELETE", f"{path}/b", at="3.11").status_code == 202
    assert cinder.call("admin", "GET", f"{path}/b", at="3.11").status_code == 404
    assert cinder.call("admin", "DELETE", f"{path}/b", at="3.11").status_code == 404
    assert cinder.call("admin", "PUT", f"{path}/a", {"b": "3"}, at="3.11").status_code == 400


def test_a_type_with_groups_stays(cinder: Cinder, group: str) -> None:
    type_id = show(cinder, group)["group_type"]
    grouped = cinder.make_type("grouped")
    make(cinder, volume_types=[grouped])

    assert refusal(cinder.call("admin", "DELETE", f"/group_types/{type_id}", at="3.11")) == (
        400,
        f"Target group type is still in use. Group Type {type_id} deletion is not allowed with groups present with "
        "the type.",
    )
    assert cinder.call("admin", "DELETE", f"/types/{grouped}").status_code == 400


# Groups


def test_what_a_client_sees_of_a_group(cinder: Cinder) -> None:
    type_id = group_type(cinder)
    created = make(cinder, name=" g ", description="d")
    group_id = created.json["group"]["id"]
    volume_id = member(cinder, group_id)

    assert created.json == {"group": {"id": group_id, "name": "g"}}
    view = show(cinder, group_id, "admin")
    assert view.pop("created_at")
    (standard,) = view.pop("volume_types")
    assert cinder.read("alice", f"/types/{standard}")["volume_type"]["name"] == "standard"
    assert view == {
        "id": group_id,
        "status": "available",
        "availability_zone": "nova",
        "name": "g",
        "description": "d",
        "group_type": type_id,
        "group_snapshot_id": None,
        "source_group_id": None,
        "replication_status": "disabled",
        "volumes": [volume_id],
        "project_id": DEMO,
    }
    assert "project_id" not in show(cinder, group_id)
    assert "volumes" not in cinder.read("alice", f"/groups/{group_id}", at=LATEST)["group"]
    assert cinder.show(volume_id, at="3.13")["group_id"] == group_id


@pytest.mark.parametrize(
    ("key", "since"),
    [("group_snapshot_id", "3.14"), ("volumes", "3.25"), ("replication_status", "3.38"), ("project_id", "3.58")],
)
def test_a_field_of_a_group_is_there_since_its_version(cinder: Cinder, group: str, key: str, since: str) -> None:
    before = f"3.{int(since[2:]) - 1}"

    assert key in show(cinder, group, "admin", at=since)
    assert key not in show(cinder, group, "admin", at=before)


def test_lists_of_groups(cinder: Cinder, group: str) -> None:
    volume_id = member(cinder, group)
    for name in ("h", "i"):
        make(cinder, name=name)
    make(cinder, "bob", name="j")

    assert names(cinder.read("alice", "/groups", at="3.13"), "groups") == ["i", "h", "g"]
    assert names(cinder.read("alice", "/groups?sort=name:asc&limit=2", at="3.13"), "groups") == ["g", "h"]
    assert names(cinder.read("alice", "/groups?name=h", at="3.31"), "groups") == ["h"]
    assert names(cinder.read("admin", "/groups?all_tenants=1", at="3.31"), "groups") == ["j", "i", "h", "g"]
    assert cinder.call("alice", "GET", "/groups?status=error", at="3.31").status_code == 400
    page = cinder.read("alice", "/groups?limit=1", at="3.13")
    assert f"marker={page['groups'][0]['id']}" in page["group_links"][0]["href"]
    detail = cinder.read("alice", "/groups/detail?name=g&list_volume=true", at="3.34")["groups"]
    assert [(view["id"], view["volumes"]) for view in detail] == [(group, [volume_id])]
    grouped = cinder.read("alice", f"/volumes?group_id={group}", at="3.31")["volumes"]
    assert [view["id"] for view in grouped] == [volume_id]


@pytest.mark.parametrize(
    ("attributes", "answer"),
    [
        ({"group_type": "none"}, (404, "Group type none could not be found.")),
        ({"volume_types": ["none"]}, (404, "Volume type with name none could not be found.")),
        (
            {"availability_zone": "mars"},
            (400, "Invalid input received: Availability zone 'mars' is invalid."),
        ),
    ],
)
def test_groups_that_cannot_be_made(cinder: Cinder, attributes: dict[str, Any], answer: tuple[int, str]) -> None:
    group_type(cinder)

    assert refusal(make(cinder, **attributes)) == answer
    assert cinder.read("alice", "/groups", at="3.13")["groups"] == []


def test_a_promise_that_nobody_keeps_puts_the_group_in_error(cinder: Cinder) -> None:
    group_type(cinder, "consistent", group_specs={"consistent_group_snapshot_enabled": "<is> True"})
    group_id = make(cinder, group_type="consistent").json["group"]["id"]

    assert show(cinder, group_id)["status"] == "error"
    assert delete(cinder, group_id).status_code == 202
    assert cinder.call("alice", "GET", f"/groups/{group_id}", at="3.13").status_code == 404


def test_a_volume_that_begins_in_a_group_has_one_of_its_types(cinder: Cinder, group: str) -> None:
    for attributes, message in (
        ({}, "volume_type must be provided when creating a volume in a group."),
        (
            {"volume_type": "multiattach"},
            "Invalid volume_type provided: multiattach (requested type must be supported by this group).",
        ),
    ):
        body = {"volume": {"size": 1, "group_id": group, **attributes}}
        refused = cinder.call("alice", "POST", "/volumes", body, at="3.13")
        assert refusal(refused) == (400, f"Invalid input received: {message}")
    elsewhere = {"volume": {"size": 1, "group_id": NOWHERE, "volume_type": "standard"}}
    assert refusal(cinder.call("alice", "POST", "/volumes", elsewhere, at="3.13")) == (
        404,
        f"Group {NOWHERE} could not be found.",
    )
    # Before that it was no attribute of a volume, and what was none was ignored.
    assert cinder.call("alice", "POST", "/volumes", elsewhere, at="3.12").status_code == 202


def test_volumes_come_and_go(cinder: Cinder, group: str) -> None:
    stays, comes = member(cinder, group), cinder.make_volume()

    changed = change(cinder, group, add_volumes=f"{comes},{stays},", name="new", description="d")
    assert changed.status_code == 202
    view = show(cinder, group)
    assert (view["name"], view["description"], view["status"]) == ("new", "d", "available")
    assert set(view["volumes"]) == {stays, comes}

    assert change(cinder, group, remove_volumes=stays).status_code == 202
    assert show(cinder, group)["volumes"] == [comes]
    assert cinder.show(stays, at="3.13")["group_id"] is None
    assert cinder.call("alice", "DELETE", f"/volumes/{stays}").status_code == 202


def test_changes_that_a_group_refuses(cinder: Cinder, group: str) -> None:
    inside, outside = member(cinder, group), cinder.make_volume()
    other = make(cinder).json["group"]["id"]
    elsewhere, odd = member(cinder, other), cinder.make_volume(volume_type="multiattach")
    odd_type = cinder.read("alice", "/types?sort=name:asc")["volume_types"][0]["id"]
    busy = cinder.make_volume()
    cinder.set_status(busy, "maintenance")

    nothing = f"Invalid Group: Cannot update group {group} because no valid name, description, add_volumes, or "
    cannot = "Invalid volume: Cannot {verb} volume {volume} {way} group {group} because "
    add = {"verb": "add", "way": "to", "group": group}
    for changes, message in (
        ({"name": "g"}, f"{nothing}remove_volumes were provided."),
        ({"add_volumes": inside}, f"{nothing}remove_volumes were provided."),
        (
            {"add_volumes": inside, "remove_volumes": inside},
            f"Invalid volume: UUIDs {[inside]} are in both add and remove volume list.",
        ),
        ({"add_volumes": NOWHERE}, f"{cannot.format(**add, volume=NOWHERE)}volume cannot be found."),
        ({"add_volumes": elsewhere}, f"{cannot.format(**add, volume=elsewhere)}it is already in group {other}."),
        (
            {"add_volumes": odd},
            f"{cannot.format(**add, volume=odd)}volume type {odd_type} is not supported by the group.",
        ),
        (
            {"add_volumes": busy},
            f"{cannot.format(**add, volume=busy)}volume is in an invalid state: maintenance. Valid states are: "
            "('available', 'in-use').",
        ),
        (
            {"remove_volumes": outside},
            f"{cannot.format(verb='remove', way='from', group=group, volume=outside)}it is not in the group.",
        ),
    ):
        assert refusal(change(cinder, group, **changes)) == (400, message)
    cinder.set_status(inside, "maintenance")
    assert change(cinder, group, remove_volumes=inside).status_code == 400
    assert act(cinder, group, "reset_status", {"status": "error"}, "admin").status_code == 202
    assert refusal(change(cinder, group, add_volumes=outside)) == (
        400,
        "Invalid Group: Group status must be available.",
    )
    assert change(cinder, group, name="still").status_code == 202


def test_what_a_volume_in_a_group_does_not_do_alone(cinder: Cinder, group: str) -> None:
    volume_id = member(cinder, group)

    assert cinder.call("alice", "DELETE", f"/volumes/{volume_id}").status_code == 400
    assert cinder.act(volume_id, "os-force_delete", {}, "admin").status_code == 400
    assert cinder.act(volume_id, "os-retype", {"new_type": "multiattach"}).status_code == 400
    offered = cinder.call("alice", "POST", "/os-volume-transfer", {"transfer": {"volume_id": volume_id}})
    assert refusal(offered) == (400, f"Invalid volume: Volume {volume_id} must not be part of a group.")


def test_a_group_goes_with_its_volumes(cinder: Cinder, group: str) -> None:
    one, other = member(cinder, group), member(cinder, group)

    assert refusal(delete(cinder, group)) == (
        400,
        f"Invalid Group: Group {group} still contains volumes. The delete-volumes flag is required to delete it.",
    )
    assert act(cinder, group, "delete", {"delete-volumes": True}).status_code == 202
    assert show(cinder, group)["status"] == "deleting"
    assert (cinder.status(one), cinder.status(other)) == ("deleting", "deleting")
    cinder.settle()

    assert cinder.call("alice", "GET", f"/groups/{group}", at="3.13").status_code == 404
    assert cinder.files() == set()
    assert cinder.read("alice", "/volumes")["volumes"] == []


def test_a_group_stays_while_something_holds_it(cinder: Cinder, group: str) -> None:
    volume_id = member(cinder, group)
    cinder.do(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})
    assert refusal(delete(cinder, group, delete_volumes=True)) == (
        400,
        f"Invalid Group: Volume in group {group} is attached. Need to detach first.",
    )
    cinder.do(volume_id, "os-detach", {})

    snapshot_id = cinder.make_snapshot(volume_id)
    assert refusal(delete(cinder, group, delete_volumes=True)) == (
        400,
        "Invalid Group: Volume in group still has dependent snapshots.",
    )
    cinder.call("alice", "DELETE", f"/snapshots/{snapshot_id}")
    cinder.settle()

    act(cinder, group, "reset_status", {"status": "updating"}, "admin")
    assert refusal(delete(cinder, group)) == (
        400,
        "Invalid Group: Group status must be available or error, but current status is: updating",
    )
    assert delete(cinder, group, delete_volumes=True).status_code == 202


def test_a_group_whose_volumes_cannot_be_removed_is_in_error(
    cinder: Cinder, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume_id = member(cinder, group)

    def remove(_files: Files, _thing_id: str) -> None:
        raise FileNotFoundError

    with monkeypatch.context() as broken:
        broken.setattr(Files, "delete", remove)
        delete(cinder, group, delete_volumes=True)
    assert (show(cinder, group)["status"], cinder.status(volume_id)) == ("error", "error_deleting")

    assert delete(cinder, group, delete_volumes=True).status_code == 202
    assert cinder.files() == set()


def test_other_projects_have_no_part_in_a_group(cinder: Cinder, group: str) -> None:
    member(cinder, group)
    group_snapshot = take(cinder, group)

    for path in (f"/groups/{group}", f"/group_snapshots/{group_snapshot}"):
        assert cinder.call("bob", "GET", path, at="3.14").status_code == 404
    assert act(cinder, group, "delete", {}, "bob").status_code == 404
    assert act(cinder, group, "delete", {}, "reader").status_code == 403
    assert act(cinder, group, "reset_status", {"status": "error"}).status_code == 403
    assert make(cinder, "reader").status_code == 403
    assert cinder.read("reader", f"/groups/{group}", at="3.13")["group"]["id"] == group


def test_an_administrator_sets_the_state(cinder: Cinder, group: str) -> None:
    assert act(cinder, group, "reset_status", {"status": "ERROR"}, "admin").status_code == 202
    assert show(cinder, group)["status"] == "error"
    status, message = refusal(act(cinder, group, "reset_status", {"status": "odd"}, "admin"))
    assert (status, message[:57]) == (400, "Invalid Group Status: Group status: odd is invalid, valid")

    group_snapshot = take(cinder, group)
    path = f"/group_snapshots/{group_snapshot}/action"
    assert cinder.call("admin", "POST", path, {"reset_status": {"status": "error"}}, at="3.19").status_code == 202
    assert snapshot_status(cinder, group_snapshot) == "error"
    assert cinder.call("admin", "POST", path, {"reset_status": {"status": "in-use"}}, at="3.19").status_code == 400
    assert cinder.call("admin", "POST", path, {"reset_status": {"status": "error"}}, at="3.18").status_code == 400


def test_groups_have_a_quota(cinder: Cinder) -> None:
    group_type(cinder)
    cinder.set_quota(groups=3)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: make(cinder).status_code, range(20)))

    assert sorted(answers) == [202] * 3 + [413] * 17
    assert refusal(make(cinder)) == (413, "Maximum number of groups allowed (3) exceeded")
    used = cinder.read("alice", f"/os-quota-sets/{DEMO}?usage=True")["quota_set"]["groups"]
    assert used == {"limit": 3, "in_use": 3, "reserved": 0}


# Group snapshots


def test_a_group_snapshot_holds_every_volume(cinder: Cinder, group: str) -> None:
    one, other = member(cinder, group), member(cinder, group)
    cinder.make_volume()
    created = snapshot(cinder, group, name="s", description="d")
    whole = created.json["group_snapshot"]

    assert created.status_code == 202
    assert whole == {"id": whole["id"], "name": "s", "group_type_id": show(cinder, group)["group_type"]}
    assert snapshot_status(cinder, whole["id"]) == "creating"
    cinder.settle()

    view = cinder.read("admin", f"/group_snapshots/{whole['id']}", at="3.58")["group_snapshot"]
    assert view.pop("created_at")
    assert view == {**whole, "group_id": group, "status": "available", "description": "d", "project_id": DEMO}
    parts = cinder.read("alice", "/snapshots/detail", at="3.14")["snapshots"]
    assert {part["volume_id"] for part in parts} == {one, other}
    assert {(part["name"], part["group_snapshot_id"]) for part in parts} == {("s", whole["id"])}


def test_a_group_snapshot_goes_as_a_whole(cinder: Cinder, group: str) -> None:
    volume_id = member(cinder, group)
    whole_id = take(cinder, group)
    (part,) = cinder.read("alice", "/snapshots")["snapshots"]

    assert refusal(cinder.call("alice", "DELETE", f"/snapshots/{part['id']}")) == (
        400,
        "Invalid snapshot: Snapshot status must be available or error and must not be part of a group.",
    )
    assert refusal(delete(cinder, group, delete_volumes=True)) == (400, "Invalid Group: Group has existing snapshots.")
    change(cinder, group, remove_volumes=volume_id)
    assert cinder.call("alice", "DELETE", f"/volumes/{volume_id}?cascade=true").status_code == 400

    assert cinder.call("alice", "DELETE", f"/group_snapshots/{whole_id}", at="3.14").status_code == 202
    assert snapshot_status(cinder, whole_id) == "deleting"
    assert cinder.call("alice", "DELETE", f"/group_snapshots/{whole_id}", at="3.14").status_code == 400
    cinder.settle()
    assert cinder.call("alice", "GET", f"/group_snapshots/{whole_id}", at="3.14").status_code == 404
    assert cinder.files() == {volume_id}
    assert delete(cinder, group).status_code == 202


def test_a_group_without_volumes_has_an_empty_snapshot(cinder: Cinder, group: str) -> None:
    whole_id = take(cinder, group)

    assert snapshot_status(cinder, whole_id) == "available"
    assert refusal(copy(cinder, group_snapshot_id=whole_id)) == (
        400,
        "Invalid Group: Group snapshot is empty. No group will be created.",
    )
    assert cinder.call("alice", "DELETE", f"/group_snapshots/{whole_id}", at="3.14").status_code == 202
    assert cinder.call("alice", "GET", f"/group_snapshots/{whole_id}", at="3.14").status_code == 404


def test_a_group_snapshot_is_all_or_nothing(cinder: Cinder, group: str) -> None:
    member(cinder, group)
    member(cinder, group)
    cinder.set_quota(snapshots=1)

    assert snapshot(cinder, group).status_code == 413
    cinder.settle()
    assert cinder.read("alice", "/snapshots")["snapshots"] == []
    assert cinder.read("alice", "/group_snapshots", at="3.14")["group_snapshots"] == []


def test_a_group_snapshot_with_a_part_that_failed_is_in_error(cinder: Cinder, group: str) -> None:
    member(cinder, group)
    lost = member(cinder, group)
    cinder.file(lost).unlink()

    whole_id = take(cinder, group)
    assert snapshot_status(cinder, whole_id) == "error"
    assert cinder.call("alice", "DELETE", f"/group_snapshots/{whole_id}", at="3.14").status_code == 202
    cinder.settle()
    assert cinder.call("alice", "GET", f"/group_snapshots/{whole_id}", at="3.14").status_code == 404


def test_lists_of_group_snapshots(cinder: Cinder, group: str) -> None:
    other = make(cinder).json["group"]["id"]
    for name, group_id in (("a", group), ("b", group), ("c", other)):
        take(cinder, group_id, name=name)

    for query, found in (
        ("", "cba"),
        (f"?group_id={group}&sort=name:asc", "ab"),
        ("?name~=b", "b"),
        ("?status=error", ""),
        ("?limit=1&offset=1", "b"),
    ):
        view = cinder.read("alice", f"/group_snapshots{query}", at=LATEST)
        assert "".join(names(view, "group_snapshots")) == found
    detail = cinder.read("alice", "/group_snapshots/detail?limit=1", at="3.29")
    assert detail["group_snapshots"][0]["group_id"] == other
    assert detail["group_snapshot_links"][0]["rel"] == "next"
    assert cinder.read("bob", "/group_snapshots", at="3.29")["group_snapshots"] == []
    filters = cinder.read("alice", "/resource_filters?resource=group_snapshot", at="3.33")["resource_filters"]
    assert filters == [{"resource": "group_snapshot", "filters": ["name", "status", "group_id"]}]


# Groups of groups


@pytest.mark.parametrize("kind", ["group_snapshot_id", "source_group_id"])
def test_a_group_is_made_of_another(cinder: Cinder, group: str, kind: str) -> None:
    volume_id = member(cinder, group, metadata={"a": "1"})
    cinder.write(volume_id, b"data")
    source = take(cinder, group) if kind == "group_snapshot_id" else group

    created = copy(cinder, name="copy", **{kind: source})
    group_id = created.json["group"]["id"]
    assert (created.status_code, created.json["group"]["name"]) == (202, "copy")
    assert show(cinder, group_id)["status"] == "creating"
    if kind == "source_group_id":
        status, message = refusal(act(cinder, group, "delete", {"delete-volumes": True}))
        assert (status, message[:41]) == (400, f"Invalid Group: Cannot delete group {group}"[:41])
    else:
        assert cinder.call("alice", "DELETE", f"/group_snapshots/{source}", at="3.14").status_code == 400
    cinder.settle()

    view = show(cinder, group_id)
    assert (view["status"], view[kind]) == ("available", source)
    assert view["volume_types"] == show(cinder, group)["volume_types"]
    (made,) = view["volumes"]
    assert cinder.bytes_of(made, 4) == b"data"
    assert cinder.show(made)["source_volid"] == (volume_id if kind == "source_group_id" else None)


def test_a_group_with_a_volume_that_failed_is_in_error(cinder: Cinder, group: str) -> None:
    volume_id = member(cinder, group)
    member(cinder, group)
    cinder.file(volume_id).unlink()

    group_id = copy(cinder, source_group_id=group).json["group"]["id"]
    cinder.settle()

    assert show(cinder, group_id)["status"] == "error"
    assert delete(cinder, group_id, delete_volumes=True).status_code == 202
    assert cinder.call("alice", "GET", f"/groups/{group_id}", at="3.13").status_code == 404


def test_groups_that_cannot_be_made_of_others(cinder: Cinder, group: str) -> None:
    assert refusal(copy(cinder, source_group_id=group)) == (
        400,
        "Invalid Group: Source Group is empty. No group will be created.",
    )
    assert refusal(copy(cinder, source_group_id=NOWHERE)) == (404, f"Group {NOWHERE} could not be found.")
    assert refusal(copy(cinder, group_snapshot_id=NOWHERE)) == (404, f"GroupSnapshot {NOWHERE} could not be found.")
    assert copy(cinder, group_snapshot_id=NOWHERE, source_group_id=group).status_code == 400
    member(cinder, group)
    cinder.set_quota(volumes=1)
    assert copy(cinder, source_group_id=group).status_code == 413
    assert names(cinder.read("alice", "/groups", at="3.13"), "groups") == ["g"]


# Crashes


@pytest.mark.parametrize("steps", range(3))
def test_what_a_crash_interrupted_ends_as_a_whole(
    cinder: Cinder, group: str, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """Copy a group, take a snapshot and delete the copy, each with a crash after some files."""
    member(cinder, group)
    member(cinder, group)
    again = cinder

    def crash(name: str) -> Cinder:
        original: Callable[..., Any] = getattr(Files, name)
        left = iter(range(steps))

        def method(*arguments: Any, **options: Any) -> Any:
            if next(left, None) is None:
                raise Crash
            return original(*arguments, **options)

        with monkeypatch.context() as patched:
            patched.setattr(Files, name, method)
            with contextlib.suppress(Crash):
                again.settle()
        restarted = Cinder(cinder.state)
        restarted.settle()
        return restarted

    group_id = copy(again, source_group_id=group).json["group"]["id"]
    again = crash("copy")
    assert show(again, group_id)["status"] == "available"
    whole_id = snapshot(again, group_id).json["group_snapshot"]["id"]
    again = crash("copy")
    assert snapshot_status(again, whole_id) == "available"
    again.call("alice", "DELETE", f"/group_snapshots/{whole_id}", at="3.14")
    again = crash("delete")
    assert again.call("alice", "GET", f"/group_snapshots/{whole_id}", at="3.14").status_code == 404
    act(again, group_id, "delete", {"delete-volumes": True})
    again = crash("delete")
    assert again.call("alice", "GET", f"/groups/{group_id}", at="3.13").status_code == 404
    assert again.files() == set(show(again, group)["volumes"])
