"""Field tables: JSON as data, cut to a microversion and to who looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from jumpgate.common.context import Context
from jumpgate.common.fields import Field, Input, View
from jumpgate.common.ids import Ids, Kind, Packed
from jumpgate.common.microversion import Microversion


@dataclass(frozen=True)
class Image:
    id: str


@dataclass(frozen=True)
class Server:
    name: str = "web"
    image: Image | None = field(default_factory=lambda: Image("i-1"))
    host: str = "rack-1"
    volume_ids: tuple[str, ...] = ("v-1", "v-2")
    parent_id: str | None = None


class Scene:
    """Who looks, in a test."""

    def __init__(self, version: str | None = None, *rules: str) -> None:
        self.version = Microversion.parse(version) if version else None
        self.ctx = Context(user_id="alice")
        self.ids = Ids()
        self.ids.register(
            {Kind.SERVER: Packed(Kind.SERVER, prefix="s-"), Kind.VOLUME: Packed(Kind.VOLUME, prefix="v-")}
        )
        self.rules = rules
        self.asked: list[str] = []

    def url(self, name: str, **values: object) -> str:
        return f"http://h/{name}/" + "/".join(map(str, values.values()))

    def may(self, rule: str, target: Mapping[str, object] | None = None) -> bool:
        self.asked.append(rule)
        return rule in self.rules


def test_a_field_is_an_attribute_a_path_of_them_or_a_function() -> None:
    view: View[Server] = View(
        Field("name"),
        Field("image_id", "image.id"),
        Field("href", lambda server, scene: scene.url("v2_server", server_id=server.name)),
    )

    assert view.render(Server(), Scene()) == {"name": "web", "image_id": "i-1", "href": "http://h/v2_server/web"}


def test_the_keys_stand_in_the_tables_order() -> None:
    view: View[Server] = View(Field("b", "name"), Field("a", "host"))

    assert list(view.render(Server(), Scene())) == ["b", "a"]


@pytest.mark.parametrize(
    ("version", "keys"),
    [("2.1", {"always", "old"}), ("2.9", {"always", "old"}), ("2.10", {"always", "new"}), (None, {"always", "new"})],
)
def test_a_field_is_there_in_its_window(version: str | None, keys: set[str]) -> None:
    view: View[Server] = View(
        Field("always", "name"), Field("old", "name", until="2.9"), Field("new", "name", since="2.10")
    )

    assert set(view.render(Server(), Scene(version))) == keys


def test_a_field_may_be_for_some_eyes_only() -> None:
    view: View[Server] = View(Field("name"), Field("host", visible="see_host"))

    assert set(view.render(Server(), Scene())) == {"name"}
    assert set(view.render(Server(), Scene(None, "see_host"))) == {"name", "host"}


def test_who_may_see_is_asked_once_for_a_whole_list() -> None:
    view: View[Server] = View(Field("host", visible="see_host"))
    scene = Scene()
    render = view.bind(scene)
    for _ in range(3):
        render(Server())

    assert scene.asked == ["see_host"]


def test_a_client_may_want_some_keys_only() -> None:
    view: View[Server] = View(Field("name"), Field("host"))

    assert view.bind(Scene(), only={"host", "unknown"})(Server()) == {"host": "rack-1"}
    assert set(view.bind(Scene(), only=[])(Server())) == {"name", "host"}


def test_ids_are_translated_one_or_many_or_none() -> None:
    scene = Scene()
    packed = scene.ids[Kind.VOLUME].to_openstack
    view: View[Server] = View(
        Field("volumes", "volume_ids", kind=Kind.VOLUME),
        Field("parent", "parent_id", kind=Kind.SERVER),
        Field("image", "image.id", kind=Kind.IMAGE),
    )

    assert view.render(Server(), scene) == {
        "volumes": [packed("v-1"), packed("v-2")],
        "parent": None,
        "image": "i-1",
    }


@pytest.mark.parametrize(
    ("item", "attribute"),
    [
        (Field("name"), "name"),
        (Field("OS:host", "host"), "host"),
        (Field("computed", lambda model, scene: 1), "computed"),
        (Field("computed", lambda model, scene: 1, input=Input(attribute="stored")), "stored"),
    ],
)
def test_a_field_knows_the_attribute_it_is_set_by(item: Field, attribute: str) -> None:
    assert item.attribute == attribute


def test_views_of_any_model_are_the_same(request: Any) -> None:
    view: View[Any] = View(Field("a", "x.y"))

    @dataclass
    class Inner:
        y: int

    @dataclass
    class Outer:
        x: Inner

    assert view.render(Outer(Inner(1)), Scene()) == {"a": 1}
