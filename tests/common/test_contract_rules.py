"""A driver's class that its contract does not allow is refused when its object is made, in words that name the rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import ConfigError, WrongDriver
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from tests.common.conftest import TypedClient
from tests.common.contract import Lamps, Things
from tests.common.models import Thing
from tests.common.things import DictThings

HERE = __name__


class Lacking(Things):
    """Has nothing."""


class Misspelt(DictThings):
    def shaek(self, ctx: Context, thing_id: str) -> None:
        """A slip of the pen."""


class MisspeltAbstract(Things):
    def find(self, ctx: Context, query: Query) -> Iterable[Thing]:
        return []

    def gett(self, ctx: Context, resource_id: str) -> Thing:
        raise NotImplementedError


class Narrow(DictThings):
    def update(self, ctx: Context, resource_id: str) -> Thing:  # type: ignore[override]
        raise NotImplementedError


class Fine(DictThings):
    def update(self, ctx: Context, number: str, values: Changes, *, hurry: bool = False) -> Thing:
        raise NotImplementedError

    def shake(self, ctx: Context, *rest: str) -> None:
        """Takes what comes."""

    def shaken(self) -> None:
        """Resembles a method that is there."""

    def _creat(self) -> None:
        """Its own business."""

    def sort_by_color(self) -> None:
        """Resembles nothing."""


class Switch(Lamps):
    def switch(self, ctx: Context, lamp_id: str) -> None:
        """Switch it."""


@pytest.mark.parametrize(
    ("cls", "expected"),
    [
        (
            Lacking,
            "Lacking lacks find, which every driver of Crud must implement; "
            "lacks get, which every driver of Crud must implement.",
        ),
        (
            Misspelt,
            "Misspelt has a public method shaek, which is no method of its contract: did you mean shake? "
            "(The name of a method of your own may start with an underscore).",
        ),
        (
            MisspeltAbstract,
            "MisspeltAbstract lacks get, which every driver of Crud must implement (it has gett: did you mean get?).",
        ),
        (
            Narrow,
            "Narrow has a update that cannot be called as its contract says, "
            "update(self, ctx: 'Context', resource_id: 'str', changes: 'Changes') -> 'M'.",
        ),
    ],
)
def test_a_wrong_class_is_refused(cls: Callable[[], object], expected: str) -> None:
    with pytest.raises(WrongDriver) as refused:
        cls()

    assert str(refused.value) == f"{HERE}.{expected}"


def test_what_is_allowed_is_left_alone() -> None:
    Fine()
    Switch()


def test_arguments_that_no_init_takes_are_refused_as_ever() -> None:
    with pytest.raises(TypeError, match=r"Switch\(\) takes no arguments"):
        Switch("surplus")


@pytest.mark.parametrize(("cls", "method"), [(Lacking, "get"), (Misspelt, "shaek"), (Narrow, "update")])
def test_the_start_fails_and_names_driver_section_and_method(
    exposed: Callable[..., TypedClient], cls: Callable[[], object], method: str
) -> None:
    def setup_routes(app: Any, disp: Any) -> None:
        cls()

    with pytest.raises(ConfigError) as refused:
        exposed(compute=setup_routes)

    text = str(refused.value)
    assert text.startswith(f"[compute] driver = typed_driver_of_a_test_compute: {HERE}.{cls.__name__} ")
    assert method in text
    assert "\n" not in text
