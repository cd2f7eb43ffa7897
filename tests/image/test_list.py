"""Lists of images: who sees what, filters, order and pages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from jumpgate.store.tables.image import images
from tests.image.glance import IMAGES, Glance, refusal
from tests.support.cloud import DEMO, OTHER


@pytest.fixture
def several(glance: Glance) -> Glance:
    """Three images of alice's, one second apart."""
    for number, name in enumerate(["a", "b", "c"]):
        data = b"x" * (10 * (number + 1))
        glance.make_active(data, name=name, tags=[name, "all"], min_ram=number, os_distro=name, number=str(number))
    _age(glance)
    return glance


def _age(glance: Glance) -> None:
    """Set the images' times to 2025-01-01T00:00:00 and the seconds after it, in the order of their names."""
    start = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    with glance.app.store.write("image") as connection:
        names = connection.execute(sa.select(images.c.name).order_by(images.c.name)).scalars().all()
        for number, name in enumerate(names):
            moment = start + dt.timedelta(seconds=number)
            connection.execute(
                images.update().where(images.c.name == name).values(created_at=moment, updated_at=moment)
            )


def test_an_empty_list_has_its_links(glance: Glance) -> None:
    assert glance.get("alice", IMAGES).json == {"images": [], "first": "/v2/images", "schema": "/v2/schemas/images"}


def test_the_newest_comes_first(several: Glance) -> None:
    assert several.names() == ["c", "b", "a"]


def test_the_old_path_of_the_detailed_list_still_works(several: Glance) -> None:
    listed = several.get("alice", f"{IMAGES}/detail").json["images"]

    assert [image["name"] for image in listed] == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name=b", "b"),
        ("name=eq:b", "b"),
        ("name=in:a,c", "ca"),
        ('name=in:"a",b', "ba"),
        ("status=active", "cba"),
        ("status=queued", ""),
        ("status=in:queued,active", "cba"),
        ("visibility=shared", "cba"),
        ("visibility=private", ""),
        ("container_format=bare", "cba"),
        ("disk_format=raw", "cba"),
        ("disk_format=in:qcow2,iso", ""),
        ("size=20", "b"),
        ("size_min=20", "cb"),
        ("size_max=20", "ba"),
        ("size_min=11&size_max=29", "b"),
        ("min_ram=1", "b"),
        ("min_ram_min=1", "cb"),
        ("min_disk=0", "cba"),
        ("min_disk_max=0", "cba"),
        ("virtual_size=30", "c"),
        ("tag=a", "a"),
        ("tag=all", "cba"),
        ("tag=all&tag=b", "b"),
        ("tag=a&tag=b", ""),
        ("protected=false", "cba"),
        ("protected=true", ""),
        ("os_hidden=false", "cba"),
        ("os_hidden=True", ""),
        (f"owner={DEMO}", "cba"),
        (f"owner={OTHER}", ""),
        ("os_hash_algo=sha512", "cba"),
        ("os_distro=b", "b"),
        ("os_distro=b&number=1", "b"),
        ("os_distro=b&number=2", ""),
        ("nothing=has-this", ""),
        ("created_at=2025-01-01T00:00:01", "b"),
        ("created_at=2025-01-01T00:00:01Z", "b"),
        ("created_at=gt:2025-01-01T00:00:01", "c"),
        ("created_at=gte:2025-01-01T00:00:01Z", "cb"),
        ("created_at=lt:2025-01-01T00:00:01Z", "a"),
        ("created_at=lte:2025-01-01T01:00:01%2B01:00", "ba"),
        ("updated_at=eq:2025-01-01T00:00:02Z", "c"),
        ("updated_at=neq:2025-01-01T00:00:02Z", "ba"),
        ("member_status=all", "cba"),
        ("deleted=false", "cba"),
    ],
)
def test_filters(several: Glance, query: str, names: str) -> None:
    assert "".join(several.names(query=query)) == names


def test_filters_by_id_and_hash(several: Glance) -> None:
    first, second, _ = several.get("alice", IMAGES).json["images"]

    assert several.names(query=f"id={first['id']}") == ["c"]
    assert several.names(query=f"id=in:{first['id']},{second['id']}") == ["c", "b"]
    assert several.names(query=f"checksum={first['checksum']}") == ["c"]
    assert several.names(query=f"os_hash_value={second['os_hash_value']}") == ["b"]


@pytest.mark.parametrize("name", ['we"ird', "a.b", "ünï", "owner_specified.openstack.md5", "x'y", "%"])
def test_properties_of_any_name_are_filters(glance: Glance, name: str) -> None:
    glance.make(**{name: "yes"})
    glance.make(name="two", **{name: "no"})

    assert glance.names(query=f"{quote(name)}=yes") == ["one"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=x", "limit param must be an integer"),
        ("limit=", "limit param must be an integer"),
        ("limit=-1", "limit param must be positive"),
        ("sort_key=foo", "Invalid sort key: foo."),
        ("sort=foo:asc", "Invalid sort key: foo."),
        ("sort_dir=up", "Invalid sort direction: up"),
        ("sort=name:up", "Invalid sort direction: up"),
        ("sort=name&sort_key=name", "Old and new sorting syntax cannot be combined"),
        ("sort_key=name&sort_dir=asc&sort_dir=desc", "Number of sort dirs does not match the number of sort keys"),
        ("visibility=secret", "Invalid visibility value: secret"),
        ("member_status=maybe", "Invalid status: maybe"),
        ("os_hidden=maybe", "Invalid value 'maybe' for 'os_hidden' filter. Valid values are 'true' or 'false'."),
        ("protected=maybe", "Invalid value 'maybe' for 'protected' filter."),
        ("size_min=big", "Unable to filter on a range with a non-numeric value."),
        ("size=big", "Unable to filter on a range with a non-numeric value."),
        ("created_at=yesterday", 'Bad "created_at" query filter format. Use ISO 8601 DateTime notation.'),
        ("created_at=near:2025-01-01T00:00:00", "Unable to filter on a unknown operator."),
        ("created_at=gt:noon", 'Bad "created_at" query filter format.'),
        ("name=like:a", "Unable to filter by unknown operator 'like'."),
        ('name=in:"a', "Invalid filter value"),
        ('name=in:a"b"', "Invalid filter value"),
        ("changes-since=2025-01-01", 'The "changes-since" filter is no longer available on v2.'),
        ("marker=nonsense", "No image found with ID nonsense"),
        ("marker=0f3c2a52-16b4-4f0d-8f0f-9c5a4f2d1b11", "Marker 0f3c2a52-16b4-4f0d-8f0f-9c5a4f2d1b11 could not"),
    ],
)
def test_what_cannot_be_understood_is_refused(several: Glance, query: str, message: str) -> None:
    status, said = refusal(several.get("alice", f"{IMAGES}?{query}"))

    assert status == 400
    assert said.startswith(message)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sort=name:asc", "abc"),
        ("sort=name", "cba"),
        ("sort=status:asc,name:desc", "cba"),
        ("sort=status, size:asc", "abc"),
        ("sort_key=name&sort_dir=asc", "abc"),
        ("sort_key=size", "cba"),
        ("sort_key=status&sort_key=name&sort_dir=asc", "abc"),
        ("sort_key=status&sort_key=name&sort_dir=asc&sort_dir=desc", "cba"),
        ("sort_dir=asc", "abc"),
        ("sort=updated_at:asc", "abc"),
        ("sort=container_format:asc,disk_format:asc,created_at:asc", "abc"),
    ],
)
def test_orders(several: Glance, query: str, names: str) -> None:
    assert "".join(several.names(query=query)) == names


def test_the_names_with_none_come_last_when_descending(several: Glance) -> None:
    several.make(name=None)

    assert several.names(query="sort=name:desc") == ["c", "b", "a", None]
    assert several.names(query="sort=name:asc") == [None, "a", "b", "c"]


@pytest.mark.parametrize("query", ["", "sort=name:asc", "sort=size:desc", "sort=status,id:asc", "visibility=all"])
def test_pages_join_to_the_whole_list(several: Glance, query: str) -> None:
    for number in range(4):
        several.make("admin", name=f"p{number}", visibility="public")
    whole = several.names(query=query)

    found, path = [], f"/v2/images?limit=2&{query}"
    while path:
        body = several.get("alice", "/image" + path).json
        found += [image["name"] for image in body["images"]]
        path = body.get("next")

    assert found == whole
    assert len(found) == 7


def test_the_links_keep_the_query(several: Glance) -> None:
    body = several.get("alice", f"{IMAGES}?limit=1&tag=all&tag=b&name=b").json

    image_id = body["images"][0]["id"]
    assert body["first"] == "/v2/images?limit=1&tag=all&tag=b&name=b"
    assert body["next"] == f"/v2/images?limit=1&tag=all&tag=b&name=b&marker={image_id}"


def test_a_page_that_is_not_full_is_the_last(several: Glance) -> None:
    assert "next" not in several.get("alice", f"{IMAGES}?limit=4").json
    assert several.get("alice", f"{IMAGES}?limit=0").json["images"] == []


def test_a_page_has_25_images_unless_a_limit_says_otherwise(glance: Glance) -> None:
    for _ in range(26):
        glance.make()

    body = glance.get("alice", IMAGES).json

    assert len(body["images"]) == 25
    assert len(glance.get("alice", "/image" + body["next"]).json["images"]) == 1
    assert len(glance.names(query="limit=5000")) == 26


def test_hidden_images_are_shown_when_asked_for(glance: Glance) -> None:
    glance.make(name="open")
    image_id = glance.make(name="hidden", os_hidden=True)

    assert glance.names() == ["open"]
    assert glance.names(query="os_hidden=true") == ["hidden"]
    assert glance.show(image_id)["os_hidden"] is True


class TestWhoSeesWhat:
    """Alice's private, shared and community images, a public one, and bob who looks."""

    @pytest.fixture
    def glance(self, tmp_path: Path) -> Glance:
        glance = Glance(tmp_path)
        for visibility in ("private", "shared", "community"):
            glance.make(name=f"alice's {visibility}", visibility=visibility)
        glance.make("admin", name="public", visibility="public")
        glance.make("bob", name="bob's community", visibility="community")
        return glance

    def test_the_owner_sees_all_of_its_own(self, glance: Glance) -> None:
        assert set(glance.names("alice")) == {"alice's private", "alice's shared", "alice's community", "public"}

    def test_others_see_what_is_public(self, glance: Glance) -> None:
        assert set(glance.names("bob")) == {"public", "bob's community"}

    @pytest.mark.parametrize(
        ("visibility", "names"),
        [
            ("community", {"alice's community", "bob's community"}),
            ("public", {"public"}),
            ("all", {"alice's community", "bob's community", "public"}),
            ("private", set()),
            ("shared", set()),
        ],
    )
    def test_community_images_are_listed_when_asked_for(self, glance: Glance, visibility: str, names: set[str]) -> None:
        assert set(glance.names("bob", f"visibility={visibility}")) == names

    def test_an_administrator_sees_everything_but_others_community_images(self, glance: Glance) -> None:
        assert set(glance.names("admin")) == {"alice's private", "alice's shared", "public"}
        assert len(glance.names("admin", "visibility=all")) == 5
        assert set(glance.names("admin", f"owner={DEMO}&visibility=private")) == {"alice's private"}

    def test_a_shared_image_is_listed_once_it_is_accepted(self, glance: Glance) -> None:
        image_id = _id_of(glance, "alice's shared")
        glance.post("alice", f"{IMAGES}/{image_id}/members", {"member": OTHER})

        assert "alice's shared" not in glance.names("bob")
        assert glance.names("bob", "member_status=pending&visibility=shared") == ["alice's shared"]
        assert glance.names("bob", "member_status=all&visibility=shared") == ["alice's shared"]

        glance.put("bob", f"{IMAGES}/{image_id}/members/{OTHER}", {"status": "accepted"})

        assert "alice's shared" in glance.names("bob")
        assert glance.names("bob", "member_status=rejected&visibility=shared") == []


def _id_of(glance: Glance, name: str) -> str:
    listed = glance.get("alice", f"{IMAGES}?name={quote(name)}").json["images"]
    return str(listed[0]["id"])
