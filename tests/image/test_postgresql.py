"""The image service on PostgreSQL: what it says in SQL of its own must mean the same there."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from jumpgate.store.tables.image import image_members, image_tasks, images
from tests.image.glance import IMAGES, Glance, add, refusal
from tests.support.cloud import OTHER


@pytest.fixture
def glance(tmp_path: Path, postgresql_url: str) -> Glance:
    """An image service whose tables, shared by all tests of the run, are empty."""
    glance = Glance(tmp_path, extra=f"[store]\nurl = {postgresql_url}\n")
    with glance.app.store.write("image") as connection:
        for table in (image_members, image_tasks, images):
            connection.execute(table.delete())
    return glance


def test_an_image_lives_and_dies(glance: Glance) -> None:
    image_id = glance.make_active(b"data", tags=["a"], os_distro="cirros")
    glance.change(image_id, add("x", "y"))

    view = glance.show(image_id)
    assert (view["status"], view["tags"], view["os_distro"], view["x"]) == ("active", ["a"], "cirros", "y")
    assert glance.download(image_id).content == b"data"
    assert glance.delete("alice", f"{IMAGES}/{image_id}").status_code == 204
    assert glance.stored() == []


def test_an_id_that_is_taken_is_refused(glance: Glance) -> None:
    image_id = glance.make()

    assert refusal(glance.post("bob", IMAGES, {"id": image_id})) == (409, f"Image ID {image_id} already exists!")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("tag=all&tag=b", ["b"]),
        ("os_distro=b", ["b"]),
        ("name=in:a,c", ["c", "a"]),
        ("sort=name:asc", [None, "a", "b", "c"]),
        ("sort=name:desc", ["c", "b", "a", None]),
        ("size_min=1", []),
        ("protected=false&sort=name:asc&limit=2", [None, "a"]),
        ("visibility=all", ["c", "b", "a", None]),
        (f"{quote('od' + chr(34) + 'd')}=yes", ["a"]),
    ],
)
def test_lists(glance: Glance, query: str, names: list[str | None]) -> None:
    glance.make(name=None)
    for name in ("a", "b", "c"):
        glance.make(name=name, tags=[name, "all"], os_distro=name, **({'od"d': "yes"} if name == "a" else {}))

    assert glance.names(query=query) == names


def test_pages_join_to_what_is_mine_and_public_and_shared(glance: Glance) -> None:
    for number in range(3):
        glance.make(name=f"mine {number}")
        glance.make("admin", name=f"public {number}", visibility="public")
    shared = glance.make("bob", name="shared")
    glance.post("bob", f"{IMAGES}/{shared}/members", {"member": "1" * 32})
    glance.put("alice", f"{IMAGES}/{shared}/members/{'1' * 32}", {"status": "accepted"})
    whole = glance.names()

    found, path = [], "/v2/images?limit=2"
    while path:
        body = glance.get("alice", "/image" + path).json
        found += [image["name"] for image in body["images"]]
        path = body.get("next")

    assert found == whole
    assert len(whole) == 7
    assert glance.names("bob", f"owner={OTHER}") == ["shared"]


def test_an_import_runs(glance: Glance) -> None:
    image_id = glance.make()
    glance.stage(image_id, b"data")
    glance.import_(image_id)

    glance.settle()

    assert glance.show(image_id)["status"] == "active"
