"""Lists of servers: filters, who may use them, sort keys and pages."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import quote

import pytest

from tests.compute.conftest import MICRO, ComputeCloud
from tests.support.cloud import DEMO, OTHER


def names(cloud: ComputeCloud, query: str = "", caller: str = "alice", *, at: str | None = None) -> list[str]:
    """Return the names of the servers that a list shows."""
    answer = cloud.call(caller, "GET", f"/servers{query}", at=at)
    assert answer.status_code == 200, answer.text
    return [server["name"] for server in answer.json["servers"]]


@pytest.fixture
def three(cloud: ComputeCloud) -> ComputeCloud:
    """A cloud with the servers a, b and c, of which b is stopped and c has another flavor."""
    cloud.boot(name="a", metadata={"n": "1"})
    b = cloud.boot(name="b")
    cloud.act(b, "os-stop")
    cloud.boot(name="c", flavorRef=MICRO)
    return cloud


def test_the_latest_come_first(three: ComputeCloud) -> None:
    assert names(three) == ["c", "b", "a"]


def test_a_list_in_brief_has_ids_names_and_links(three: ComputeCloud) -> None:
    server = three.call("alice", "GET", "/servers").json["servers"][0]

    assert set(server) == {"id", "name", "links"}
    assert [link["rel"] for link in server["links"]] == ["self", "bookmark"]


def test_a_list_in_detail_has_everything(three: ComputeCloud) -> None:
    server = three.call("alice", "GET", "/servers/detail").json["servers"][0]

    assert server["addresses"]["private"]
    assert server["security_groups"] == [{"name": "default"}]
    assert server["OS-EXT-STS:vm_state"] == "active"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?name=b", ["b"]),
        ("?name=^[ab]$", ["b", "a"]),
        ("?name=zzz", []),
        ("?status=ACTIVE", ["c", "a"]),
        ("?status=active&status=SHUTOFF", ["c", "b", "a"]),
        ("?status=shutoff", ["b"]),
        ("?status=nonsense", []),
        ("?status=REBUILD", []),
        ("?flavor=84", ["c"]),
        ("?flavor=none", []),
        ("?image=11111111-1111-1111-1111-111111111111", []),
        ("?ip=10.0.0.3", ["b"]),
        ("?ip=0.0.4", ["c"]),
        ("?ip=99.", []),
        ("?sort_key=display_name&sort_dir=asc", ["a", "b", "c"]),
        ("?sort_key=vm_state&sort_dir=desc&sort_key=display_name&sort_dir=asc", ["b", "a", "c"]),
        ("?sort_dir=asc", ["a", "b", "c"]),
        ("?sort_key=memory_mb&sort_dir=asc", ["c", "b", "a"]),
        ("?limit=2", ["c", "b"]),
        ("?limit=0", []),
        ("?unknown=1", ["c", "b", "a"]),
        ("?host=nowhere", ["c", "b", "a"]),
        ("?vm_state=stopped", ["c", "b", "a"]),
        ("?deleted=true", ["c", "b", "a"]),
        ("?tenant_id=nobody", ["c", "b", "a"]),
    ],
)
def test_filters_sort_keys_and_limits(three: ComputeCloud, query: str, expected: list[str]) -> None:
    assert names(three, query) == expected


@pytest.mark.parametrize(
    ("query", "at", "expected"),
    [
        ("?vm_state=stopped", "2.83", ["b"]),
        ("?task_state=rebooting", "2.83", []),
        ("?availability_zone=nova", "2.83", ["c", "b", "a"]),
        ("?config_drive=true", "2.83", []),
        ("?power_state=4", "2.83", ["b"]),
        ("?progress=0", "2.83", ["c", "b", "a"]),
        ("?user_id=alicealicealicealice", "2.83", ["c", "b", "a"]),
        ("?user_id=nobody", "2.83", []),
        ("?created_at=20", "2.83", ["c", "b", "a"]),
        ("?created_at=^1999&name=a", "2.83", []),
        ("?key_name=.*", "2.83", []),
        ("?hostname=^b$", "2.90", ["b"]),
        ("?locked=true", "2.73", []),
        ("?locked=false&sort_key=locked", "2.73", ["c", "b", "a"]),
        ("?not-tags=x", "2.26", ["c", "b", "a"]),
        ("?ip6=fe80", "2.5", []),
    ],
)
def test_newer_filters_are_everybodys_since_their_microversion(
    three: ComputeCloud, query: str, at: str, expected: list[str]
) -> None:
    assert names(three, query, at=at) == expected


@pytest.mark.parametrize(
    ("query", "at", "status"),
    [
        ("?limit=-1", None, 400),
        ("?limit=x", None, 400),
        ("?sort_key=nonsense", None, 400),
        ("?sort_dir=up", None, 400),
        ("?sort_key=host", None, 403),
        ("?sort_key=memory_mb", "2.75", 400),
        ("?unknown=1", "2.75", 400),
        ("?name=[", None, 400),
        ("?changes-since=yesterday", None, 400),
        ("?changes-before=yesterday", "2.66", 400),
        ("?changes-since=2025-02-01T00:00:00Z&changes-before=2025-01-01T00:00:00Z", "2.66", 400),
        ("?status=nonsense", "2.38", 400),
        ("?status=DELETED", None, 403),
        ("?marker=11111111-1111-1111-1111-111111111111", None, 400),
        ("?marker=nonsense", None, 400),
        ("?all_tenants=1", None, 403),
        ("?locked=maybe", "2.73", 400),
        ("?sort_dir=", None, 400),
        ("?name=", None, 400),
        ("?ip=", None, 400),
        ("?flavor=", None, 400),
        ("?tags=", "2.26", 400),
    ],
)
def test_what_cannot_be_asked_is_refused(three: ComputeCloud, query: str, at: str | None, status: int) -> None:
    assert three.call("alice", "GET", f"/servers{query}", at=at).status_code == status


@pytest.mark.parametrize("name", ["metadata", "info_cache", "security_groups", "_hidden"])
def test_administrators_cannot_filter_by_what_is_inside(three: ComputeCloud, name: str) -> None:
    answer = three.call("admin", "GET", f"/servers?{name}=x")

    assert answer.json["badRequest"]["message"] == f"Invalid filter field: {name}."


def test_pages_link_to_each_other(three: ComputeCloud) -> None:
    first = three.call("alice", "GET", "/servers?limit=2&name=.").json
    (link,) = first["servers_links"]
    assert link["rel"] == "next"
    path = link["href"].split("/compute/v2.1")[1]

    second = three.call("alice", "GET", path).json

    assert [server["name"] for server in second["servers"]] == ["a"]
    assert "servers_links" not in second
    assert f"marker={first['servers'][-1]['id']}" in path


def test_a_page_that_is_just_full_links_to_an_empty_one(three: ComputeCloud) -> None:
    full = three.call("alice", "GET", "/servers?limit=3").json
    (link,) = full["servers_links"]

    assert len(full["servers"]) == 3
    assert three.call("alice", "GET", link["href"].split("/compute/v2.1")[1]).json == {"servers": []}
    assert "servers_links" not in three.call("alice", "GET", "/servers?limit=4").json


def test_a_page_goes_on_behind_a_server_that_was_deleted_meanwhile(three: ComputeCloud) -> None:
    (_, b) = three.call("alice", "GET", "/servers?limit=2").json["servers"]
    three.call("alice", "DELETE", f"/servers/{b['id']}")
    three.settle()

    assert names(three, f"?limit=2&marker={b['id']}") == ["a"]
    assert names(three, f"?limit=2&sort_key=display_name&sort_dir=asc&marker={b['id']}") == ["c"]


def test_pages_by_several_keys_hold_everything_once(three: ComputeCloud) -> None:
    query = "?limit=1&sort_key=vm_state&sort_dir=desc&sort_key=display_name&sort_dir=asc"
    found, marker = [], ""
    while page := three.call("alice", "GET", f"/servers{query}{marker}").json["servers"]:
        found.append(page[0]["name"])
        marker = f"&marker={page[0]['id']}"

    assert found == ["b", "a", "c"]


def test_a_marker_that_is_none(three: ComputeCloud) -> None:
    answer = three.call("alice", "GET", "/servers?marker=nonsense")

    assert answer.json["badRequest"]["message"] == "marker [nonsense] not found"
    assert names(three, "?marker=") == ["c", "b", "a"]


def test_detail_links_to_detail(three: ComputeCloud) -> None:
    link = three.call("alice", "GET", "/servers/detail?limit=1").json["servers_links"][0]["href"]

    assert "/servers/detail?" in link


def test_the_largest_page_has_a_thousand(three: ComputeCloud) -> None:
    assert names(three, "?limit=100000") == ["c", "b", "a"]


def test_administrators_see_every_project(three: ComputeCloud) -> None:
    three.boot("bob", name="theirs")

    assert names(three, caller="admin") == []
    assert names(three, "?all_tenants=1", "admin") == ["theirs", "c", "b", "a"]
    assert names(three, "?all_tenants", "admin") == ["theirs", "c", "b", "a"]
    assert names(three, f"?all_tenants=1&project_id={OTHER}", "admin") == ["theirs"]
    assert names(three, f"?all_tenants=1&tenant_id={DEMO}", "admin") == ["c", "b", "a"]
    assert names(three, f"?tenant_id={DEMO}", "admin") == []
    assert names(three, "?all_tenants=0", "admin") == []
    assert names(three, "?all_tenants=1&host=embedded&sort_key=host", "admin") == ["theirs", "c", "b", "a"]
    assert names(three, "?all_tenants=1&node=nowhere", "admin") == []
    assert names(three, "?all_tenants=1&launch_index=0&limit=1", "admin") == ["theirs"]


def test_a_bad_boolean_is_refused(three: ComputeCloud) -> None:
    assert three.call("admin", "GET", "/servers?all_tenants=perhaps").status_code == 400


def test_deleted_servers_are_the_administrators(three: ComputeCloud) -> None:
    gone = three.boot(name="gone")
    three.call("alice", "DELETE", f"/servers/{gone}")
    three.settle()

    assert names(three) == ["c", "b", "a"]
    assert names(three, "?all_tenants=1&deleted=true", "admin") == ["gone"]
    assert names(three, "?all_tenants=1&status=deleted", "admin") == ["gone"]
    shown = three.call("admin", "GET", "/servers/detail?all_tenants=1&deleted=1").json["servers"][0]
    assert (shown["status"], shown["addresses"]) == ("DELETED", {})
    assert shown["OS-SRV-USG:terminated_at"] is not None


def test_changes_since_shows_deleted_servers_too(three: ComputeCloud) -> None:
    before = quote((dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)).isoformat())
    later = quote((dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).isoformat())
    gone = three.boot(name="gone")
    three.call("alice", "DELETE", f"/servers/{gone}")
    three.settle()

    assert names(three, f"?changes-since={before}") == ["gone", "c", "b", "a"]
    assert names(three, f"?changes-since={later}") == []
    assert names(three, f"?changes-before={later}", at="2.66") == ["gone", "c", "b", "a"]
    assert names(three, f"?changes-before={before}", at="2.66") == []


def test_tags_filter_in_four_ways(three: ComputeCloud) -> None:
    by_name = {server["name"]: server["id"] for server in three.call("alice", "GET", "/servers").json["servers"]}
    three.call("alice", "PUT", f"/servers/{by_name['a']}/tags", {"tags": ["x", "y"]}, at="2.26")
    three.call("alice", "PUT", f"/servers/{by_name['b']}/tags", {"tags": ["x"]}, at="2.26")

    assert names(three, "?tags=x,y", at="2.26") == ["a"]
    assert names(three, "?tags-any=y,z", at="2.26") == ["a"]
    assert names(three, "?not-tags=x,y", at="2.26") == ["c", "b"]
    assert names(three, "?not-tags-any=x", at="2.26") == ["c"]


def test_a_list_asks_the_siblings_no_more_often_for_more_servers(three: ComputeCloud) -> None:
    shelves = (three.network.ports.shelf, three.network.networks.shelf, three.network.security_groups.shelf)

    def count(query: str) -> int:
        before = sum(len(shelf.calls) for shelf in shelves)
        three.call("alice", "GET", f"/servers/detail{query}")
        return sum(len(shelf.calls) for shelf in shelves) - before

    assert count("?limit=1") == count("") == 3


def test_a_list_in_brief_asks_no_sibling(three: ComputeCloud) -> None:
    before = len(three.network.ports.shelf.calls)

    names(three)

    assert len(three.network.ports.shelf.calls) == before


def test_a_page_is_read_along_an_index(three: ComputeCloud) -> None:
    for query, caller in (("?limit=2", "alice"), ("?limit=2&status=ACTIVE", "alice"), ("?all_tenants=1", "admin")):
        plan = _plan(three, query, caller)
        assert re.search(r"USING INDEX ix_servers", plan), plan
        assert "TEMP B-TREE" not in plan


def _plan(cloud: ComputeCloud, query: str, caller: str) -> str:
    """Return how the database reads the page of a list."""
    import sqlalchemy as sa

    seen: list[tuple[str, tuple[object, ...]]] = []

    def listen(_: object, __: object, statement: str, parameters: tuple[object, ...], *more: object) -> None:
        if "FROM servers" in statement and "ORDER BY" in statement:
            seen.append((statement, parameters))

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", listen)
    try:
        names(cloud, query, caller)
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", listen)
    statement, parameters = seen[-1]
    with cloud.app.store.read() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    return " | ".join(str(row[-1]) for row in rows)


def test_bob_sees_nothing_of_alice(three: ComputeCloud) -> None:
    assert names(three, caller="bob") == []
    assert names(three, "?ip=10.0.0.2", "bob") == []
