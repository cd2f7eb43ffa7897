"""The edges of every list and of every quota, and that another project has no part in either."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.block_storage.cinder import DEMO, LATEST, NOWHERE, Cinder, refusal

LISTS = {
    "volumes": "/volumes",
    "snapshots": "/snapshots",
    "backups": "/backups",
    "transfers": "/volume-transfers",
    "attachments": "/attachments",
    "messages": "/messages",
    "groups": "/groups",
    "group_snapshots": "/group_snapshots",
}
EVERY_LIST = pytest.mark.parametrize(("plural", "path"), LISTS.items())


def _volumes(cinder: Cinder) -> None:
    for number in range(3):
        cinder.make_volume(name=f"v{number}")


def _of_a_volume(path: str, key: str, at: str = LATEST, **more: Any) -> Callable[[Cinder], None]:
    """Return what makes three of a thing, each of a volume of its own."""

    def make(cinder: Cinder) -> None:
        for number in range(3):
            body = {"volume_id": cinder.make_volume(), "name": f"n{number}", **more}
            result = cinder.call("alice", "POST", path, {key: body}, at=at)
            assert result.status_code in (200, 202), result.text
            cinder.settle()

    return make


def _attachments(cinder: Cinder) -> None:
    for _ in range(3):
        body = {"attachment": {"volume_uuid": cinder.make_volume(), "connector": None}}
        assert cinder.call("alice", "POST", "/attachments", body, at="3.54").status_code == 200


def _messages(cinder: Cinder) -> None:
    cinder.make_type("odd", extra_specs={"vendor_name": "Nobody"})
    for _ in range(3):
        cinder.make_volume(volume_type="odd")


def _group(cinder: Cinder, name: str) -> str:
    made = cinder.call("admin", "POST", "/group_types", {"group_type": {"name": f"type of {name}"}}, at="3.13")
    body = {
        "name": name,
        "group_type": made.json["group_type"]["id"],
        "volume_types": [cinder.read("alice", "/types/default")["volume_type"]["id"]],
    }
    result = cinder.call("alice", "POST", "/groups", {"group": body}, at="3.13")
    assert result.status_code == 202, result.text
    cinder.settle()
    return str(result.json["group"]["id"])


def _groups(cinder: Cinder) -> None:
    for number in range(3):
        _group(cinder, f"g{number}")


def _group_snapshots(cinder: Cinder) -> None:
    group_id = _group(cinder, "g")
    cinder.make_volume(at="3.13", group_id=group_id, volume_type="standard")
    for number in range(3):
        body = {"group_snapshot": {"group_id": group_id, "name": f"s{number}"}}
        result = cinder.call("alice", "POST", "/group_snapshots", body, at="3.14")
        assert result.status_code == 202, result.text
        cinder.settle()


MAKERS: dict[str, Callable[[Cinder], None]] = {
    "volumes": _volumes,
    "snapshots": _of_a_volume("/snapshots", "snapshot"),
    "backups": _of_a_volume("/backups", "backup"),
    "transfers": _of_a_volume("/volume-transfers", "transfer"),
    "attachments": _attachments,
    "messages": _messages,
    "groups": _groups,
    "group_snapshots": _group_snapshots,
}


@pytest.fixture
def three(cinder: Cinder, plural: str) -> Cinder:
    """A cloud in which alice has three of a thing."""
    MAKERS[plural](cinder)
    return cinder


def ids(cinder: Cinder, path: str, plural: str, query: str = "", caller: str = "alice") -> list[str]:
    return [item["id"] for item in cinder.read(caller, f"{path}?{query}", at=LATEST)[plural]]


@EVERY_LIST
def test_pages_are_right_at_their_edges(three: Cinder, plural: str, path: str) -> None:
    whole = ids(three, path, plural)
    assert len(whole) == 3

    assert ids(three, path, plural, "limit=0") == []
    assert ids(three, path, plural, "limit=3") == whole
    assert ids(three, path, plural, "limit=1000000") == whole
    assert ids(three, path, plural, f"marker={whole[-1]}") == []
    assert ids(three, path, plural, f"marker={whole[0]}&limit=1") == whole[1:2]
    assert ids(three, path, plural, "offset=2&limit=5") == whole[2:]
    for wrong in ("limit=-1", "limit=x", "offset=-1", "sort=bogus", "sort=created_at:up"):
        assert three.call("alice", "GET", f"{path}?{wrong}", at=LATEST).status_code == 400


@EVERY_LIST
def test_the_link_of_an_exact_page_leads_to_an_empty_one(three: Cinder, plural: str, path: str) -> None:
    body = three.read("alice", f"{path}?limit=3", at=LATEST)

    (link,) = body[f"{plural}_links" if f"{plural}_links" in body else f"{plural[:-1]}_links"]
    last = urlsplit(link["href"])
    rest = three.get("alice", f"{last.path}?{last.query}", version=f"volume {LATEST}").json

    assert rest[plural] == []
    assert not [key for key in rest if key.endswith("_links")]


@EVERY_LIST
def test_several_keys_order_a_list(three: Cinder, plural: str, path: str) -> None:
    oldest_first = ids(three, path, plural, "sort=created_at:asc,id:asc")

    assert ids(three, path, plural, "sort=created_at:desc,id:desc") == oldest_first[::-1]
    assert ids(three, path, plural, "sort_key=created_at&sort_dir=asc") == oldest_first
    assert ids(three, path, plural, "sort=id:desc") == sorted(oldest_first, reverse=True)


@EVERY_LIST
def test_a_marker_that_is_not_there_is_refused(three: Cinder, plural: str, path: str) -> None:
    assert refusal(three.call("alice", "GET", f"{path}?marker={NOWHERE}", at=LATEST))[0] in (400, 404)


def test_a_marker_that_was_deleted_meanwhile_is_not_found(cinder: Cinder) -> None:
    _volumes(cinder)
    first = ids(cinder, "/volumes", "volumes", "limit=1")[0]
    cinder.call("alice", "DELETE", f"/volumes/{first}")
    cinder.settle()

    refused = cinder.call("alice", "GET", f"/volumes?marker={first}")

    assert refusal(refused) == (404, f"Volume {first} could not be found.")


def _touches(plural: str) -> list[tuple[str, str, Any]]:
    """Return how a thing is read and removed, as (method, path below it, body)."""
    if plural == "groups":
        return [("GET", "", None), ("POST", "/action", {"delete": {"delete-volumes": True}})]
    return [("GET", "", None), ("DELETE", "", None)]


@EVERY_LIST
def test_another_project_sees_and_touches_nothing(three: Cinder, plural: str, path: str) -> None:
    assert ids(three, path, plural, caller="bob") == []
    for thing_id in ids(three, path, plural):
        for method, below, body in _touches(plural):
            assert three.call("bob", method, f"{path}/{thing_id}{below}", body, at=LATEST).status_code == 404
    assert len(ids(three, path, plural)) == 3


def _statuses(count: int, act: Callable[[int], int]) -> list[int]:
    with ThreadPoolExecutor(count) as threads:
        return sorted(threads.map(act, range(count)))


@pytest.mark.parametrize(
    ("resource", "path", "key"), [("snapshots", "/snapshots", "snapshot"), ("backups", "/backups", "backup")]
)
def test_twenty_at_once_stop_at_the_quota(cinder: Cinder, resource: str, path: str, key: str) -> None:
    cinder.set_quota(DEMO, volumes=20, **{resource: 7})
    volume_ids = [cinder.make_volume() for _ in range(20)]

    def create(number: int) -> int:
        body = {key: {"volume_id": volume_ids[number]}}
        return int(cinder.call("alice", "POST", path, body, at="3.43").status_code)

    assert _statuses(20, create) == [202] * 7 + [413] * 13
    cinder.settle()
    assert len(ids(cinder, path, resource)) == 7
    assert _usage(cinder, resource) == {"limit": 7, "in_use": 7, "reserved": 0}


def test_twenty_extensions_at_once_stop_at_the_gigabytes(cinder: Cinder) -> None:
    cinder.set_quota(volumes=20, gigabytes=27)
    volume_ids = [cinder.make_volume() for _ in range(20)]

    def extend(number: int) -> int:
        return int(cinder.act(volume_ids[number], "os-extend", {"new_size": 2}).status_code)

    assert _statuses(20, extend) == [202] * 7 + [413] * 13
    assert _usage(cinder, "gigabytes") == {"limit": 27, "in_use": 20, "reserved": 7}
    cinder.settle()
    assert _usage(cinder, "gigabytes") == {"limit": 27, "in_use": 27, "reserved": 0}


def test_what_was_taken_at_once_is_given_back_at_once(cinder: Cinder) -> None:
    cinder.set_quota(volumes=20)
    volume_ids = [cinder.make_volume() for _ in range(20)]

    def delete(number: int) -> int:
        return int(cinder.call("alice", "DELETE", f"/volumes/{volume_ids[number]}").status_code)

    assert _statuses(20, delete) == [202] * 20
    cinder.settle()
    assert _usage(cinder, "volumes")["in_use"] == _usage(cinder, "gigabytes")["in_use"] == 0


def _usage(cinder: Cinder, resource: str) -> dict[str, int]:
    usage: dict[str, int] = cinder.read("admin", f"/os-quota-sets/{DEMO}?usage=true")["quota_set"][resource]
    return usage
