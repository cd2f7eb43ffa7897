"""Lists of volumes: filters, order and pages."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.block_storage.cinder import DEMO, OTHER, Cinder, names, refusal


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Cinder:
    """Block storage with the volumes a to e, made in this order, which the tests only read."""
    cinder = Cinder(tmp_path_factory.mktemp("state"))
    cinder.make_volume(name="a", size=3, metadata={"role": "db", "tier": "1"})
    cinder.make_volume(name="b", size=1, metadata={"role": "web"})
    cinder.make_volume(name="c", size=2, metadata={"role": "db"}, volume_type="multiattach")
    cinder.make_volume(name="d", size=1)
    cinder.make_volume(name="e%", size=1)
    cinder.make_volume("bob", name="bobs", size=1, metadata={"role": "db"})
    bootable = {item["name"]: item["id"] for item in cinder.read("alice", "/volumes")["volumes"]}["b"]
    cinder.do(bootable, "os-set_bootable", {"bootable": True})
    error = {item["name"]: item["id"] for item in cinder.read("alice", "/volumes")["volumes"]}["d"]
    cinder.set_status(error, "error")
    return cinder


def listed(cinder: Cinder, query: str, *, at: str | None = None, caller: str = "alice") -> str:
    """Return the names in a list's order, as one word; the detailed list says the same."""
    short = cinder.read(caller, f"/volumes?{query}", at=at)
    full = cinder.read(caller, f"/volumes/detail?{query}", at=at)
    assert names(short, "volumes") == names(full, "volumes")
    return "".join(names(short, "volumes"))


def test_the_newest_comes_first(five: Cinder) -> None:
    assert listed(five, "") == "e%dcba"


def test_the_short_form_is_id_name_and_links(five: Cinder) -> None:
    for volume in five.read("alice", "/volumes")["volumes"]:
        assert set(volume) == {"id", "name", "links"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=b", "b"),
        ("name=none", ""),
        ("status=error", "d"),
        ("status=available", "e%cba"),
        ("status=['available','error']", "e%dcba"),
        ("status=nonsense", ""),
        ("metadata={'role': 'db'}", "ca"),
        ("metadata={'role': 'db', 'tier': '1'}", "a"),
        ('metadata={"role": "web"}', "b"),
        ("metadata=role", ""),
        ("bootable=true", "b"),
        ("bootable=false", "e%dca"),
        ("size=1", "e%db"),
        ("size=large", ""),
        ("availability_zone=nova", "e%dcba"),
        ("availability_zone=mars", ""),
        ("migration_status=migrating", ""),
        ("name=a&status=error", ""),
    ],
)
def test_a_filter_keeps_what_it_says(five: Cinder, query: str, found: str) -> None:
    assert listed(five, query) == found


@pytest.mark.parametrize(
    ("query", "at", "found"),
    [
        # Until 3.2 whatever is not false is true.
        ("bootable=maybe", "3.1", "b"),
        ("group_id=x", "3.9", "e%dcba"),
        ("name~=a", "3.33", None),
        ("name~=a", "3.34", "a"),
        ("name~=%25", "3.34", "e%"),
        ("name~=.", "3.34", ""),
        ("status~=err", "3.34", "d"),
        ("created_at=lt:2000-01-01T00:00:00", "3.30", "e%dcba"),
        ("created_at=gt:2000-01-01T00:00:00", "3.60", "e%dcba"),
        ("created_at=lt:2000-01-01T00:00:00", "3.60", ""),
        ("created_at=gte:2000-01-01T00:00:00Z,lte:2001-01-01T00:00:00Z", "3.60", ""),
        ("created_at=gt:2000-01-01T00:00:00,foo:x", "3.30", "e%dcba"),
        ("updated_at=neq:2000-01-01T00:00:00", "3.60", "e%dcba"),
        ("consumes_quota=true", "3.65", "e%dcba"),
        ("consumes_quota=false", "3.65", ""),
    ],
)
def test_filters_come_with_microversions(five: Cinder, query: str, at: str, found: str | None) -> None:
    if found is None:
        assert five.call("alice", "GET", f"/volumes?{query}", at=at).status_code == 400
    else:
        assert listed(five, query, at=at) == found


@pytest.mark.parametrize(
    "query", ["bootable=maybe", "created_at=after:2000-01-01", "created_at=gt:yesterday", "consumes_quota=perhaps"]
)
def test_a_filter_that_cannot_be_read_is_refused(five: Cinder, query: str) -> None:
    assert five.call("alice", "GET", f"/volumes?{query}", at="3.65").status_code == 400


def test_a_filter_that_a_project_may_not_use_is_ignored_until_it_is_refused(five: Cinder) -> None:
    assert listed(five, "host=x&foo=y", at="3.30") == "e%dcba"
    refused = five.call("alice", "GET", "/volumes?foo=y", at="3.31")
    assert refusal(refused) == (400, "Invalid filters foo are found in query options.")
    assert listed(five, "all_tenants=1", at="3.31") == "e%dcba"


def test_an_administrator_filters_by_anything(five: Cinder) -> None:
    everybody = "all_tenants=1&sort=name:asc"

    assert listed(five, everybody, caller="admin") == "abbobscde%"
    assert listed(five, f"{everybody}&project_id={OTHER}", caller="admin") == "bobs"
    assert listed(five, f"{everybody}&project_id={DEMO}&display_name=a", caller="admin") == "a"
    assert listed(five, f"{everybody}&multiattach=true", caller="admin") == "c"
    assert listed(five, f"{everybody}&foo=y", caller="admin", at="3.60") == ""
    assert listed(five, "", caller="admin") == ""
    assert five.call("admin", "GET", "/volumes?all_tenants=perhaps").status_code == 400


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("sort=name:asc", "abcde%"),
        ("sort=name", "e%dcba"),
        ("sort=size:asc,name:desc", "e%dbca"),
        ("sort=size:desc,name:asc", "acbde%"),
        ("sort_key=name&sort_dir=asc", "abcde%"),
        ("sort_key=created_at&sort_dir=asc", "abcde%"),
        ("sort_dir=asc", "abcde%"),
        ("sort=status:desc,name:asc", "dabce%"),
        ("sort=bootable:desc,id:asc", None),
    ],
)
def test_a_list_is_in_the_order_that_was_asked_for(five: Cinder, query: str, order: str | None) -> None:
    if order is None:
        assert listed(five, query)[0] == "b"
    else:
        assert listed(five, query) == order


@pytest.mark.parametrize("query", ["sort=flavor", "sort=name:up", "sort=name&sort_key=name", "sort_key=nothing"])
def test_an_order_that_does_not_exist_is_refused(five: Cinder, query: str) -> None:
    assert five.call("alice", "GET", f"/volumes?{query}").status_code == 400


def test_pages_follow_each_other_to_the_end(five: Cinder) -> None:
    for order in ("", "&sort=name:asc", "&sort=size:asc", "&sort=updated_at:desc"):
        whole = names(five.read("alice", f"/volumes/detail?{order}"), "volumes")
        path = f"/volume/v3/{DEMO}/volumes/detail?limit=2{order}"
        found: list[str] = []
        while path:
            body = five.get("alice", path).json
            found += names(body, "volumes")
            links = {link["rel"]: urlsplit(link["href"]) for link in body.get("volumes_links", ())}
            path = f"{links['next'].path}?{links['next'].query}" if links else ""
        assert found == whole


def test_a_link_to_the_next_page_keeps_the_question(five: Cinder) -> None:
    (link,) = five.read("alice", "/volumes?limit=1&status=available")["volumes_links"]

    assert link["rel"] == "next"
    assert "limit=1&status=available&marker=" in link["href"]
    assert "volumes_links" not in five.read("alice", "/volumes")


def test_limit_and_offset_cut_a_page(five: Cinder) -> None:
    assert listed(five, "limit=2&offset=1") == "dc"
    assert listed(five, "offset=3") == "ba"
    assert listed(five, "offset=9") == ""
    assert listed(five, "limit=0") == ""
    last = five.read("alice", "/volumes")["volumes"][1]["id"]
    assert listed(five, f"marker={last}&offset=1&limit=1") == "b"


@pytest.mark.parametrize("query", ["limit=-1", "limit=x", "offset=-1", "offset=x", "offset=99999999999"])
def test_a_page_that_cannot_be_is_refused(five: Cinder, query: str) -> None:
    assert five.call("alice", "GET", f"/volumes?{query}").status_code == 400


def test_a_marker_of_nothing_is_not_found(five: Cinder) -> None:
    bobs = five.read("bob", "/volumes")["volumes"][0]["id"]

    for marker in ("nothing", bobs):
        refused = five.call("alice", "GET", f"/volumes?marker={marker}")
        assert refusal(refused) == (404, f"Volume {marker} could not be found.")


def test_a_list_tells_how_many_there_are_since_3_45(five: Cinder) -> None:
    assert five.read("alice", "/volumes?with_count=true&limit=1", at="3.45")["count"] == 5
    assert five.read("alice", "/volumes/detail?with_count=1&size=1", at="3.45")["count"] == 3
    assert five.read("admin", "/volumes?with_count=1&all_tenants=1", at="3.45")["count"] == 6
    assert "count" not in five.read("alice", "/volumes?with_count=false", at="3.45")
    assert "count" not in five.read("alice", "/volumes?with_count=true", at="3.30")


def test_what_changes_is_seen_in_the_next_list(cinder: Cinder) -> None:
    assert listed(cinder, "name=new") == ""
    volume_id = cinder.make_volume(name="new")
    assert listed(cinder, "name=new") == "new"
    cinder.call("alice", "PUT", f"/volumes/{volume_id}", {"volume": {"name": "newer"}})
    assert listed(cinder, "name=new") == ""
    assert listed(cinder, "name=newer") == "newer"


def test_the_filters_of_every_list_can_be_asked_for(cinder: Cinder) -> None:
    assert cinder.call("alice", "GET", "/resource_filters", at="3.32").status_code == 404
    found = cinder.read("alice", "/resource_filters", at="3.33")["resource_filters"]
    assert {"resource": "attachment", "filters": ["volume_id", "status", "instance_id", "attach_status"]} in found
    (volume,) = cinder.read("alice", "/resource_filters?resource=volume", at="3.33")["resource_filters"]
    assert set(volume["filters"]) == {
        "name",
        "status",
        "metadata",
        "bootable",
        "migration_status",
        "availability_zone",
        "group_id",
        "size",
        "created_at",
        "updated_at",
        "consumes_quota",
    }
    assert cinder.read("alice", "/resource_filters?resource=x", at="3.33") == {"resource_filters": []}
