"""Capabilities: a contract method that a driver overrides is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import ConfigError, NotSupported
from jumpgate.common.listing import EVERYTHING, Query
from jumpgate.common.resource import capabilities, operations
from tests.common.contract import Lamps, Things, World
from tests.common.models import Thing, ThingSpec
from tests.common.things import DictThings

ALICE = Context(user_id="alice", project_id="p")


class Least(Things):
    """Only what must be there."""

    def find(self, ctx: Context, query: Query) -> Iterable[Thing]:
        return []

    def get(self, ctx: Context, resource_id: str) -> Thing:
        raise NotImplementedError


class Shaking:
    """A class beside the contract from which a driver takes an operation."""

    def shake(self, ctx: Context, thing_id: str) -> None:
        """Do it."""


class Mixed(Shaking, Least):
    """Takes one operation from elsewhere and hints at another."""

    def prefetch(self, ctx: Context) -> None:
        """Be fast."""


class More(Mixed):
    """Inherits from another driver's class."""

    def delete(self, ctx: Context, resource_id: str) -> None:
        """Remove it."""

    def helper(self) -> None:
        """What no contract class declares is none of anybody's business."""


class Switches(Lamps):
    def switch(self, ctx: Context, lamp_id: str) -> None:
        """Switch it."""


def test_what_a_class_overrides_is_what_it_offers() -> None:
    assert operations(Least) == {"find", "get"}
    assert operations(DictThings) == {"find", "get", "create", "update", "delete"}


def test_an_operation_may_come_from_another_class() -> None:
    assert operations(Mixed) == {"find", "get", "shake"}
    assert operations(More) == {"find", "get", "shake", "delete"}


def test_a_composition_offers_what_its_parts_do() -> None:
    world = World(things=Least(), lamps=Switches())

    assert capabilities(world) == {"things.find", "things.get", "lamps.switch"}


def test_a_part_that_is_absent_offers_nothing() -> None:
    assert capabilities(World(things=Least())) == {"things.find", "things.get"}


def test_a_part_that_is_no_contract_class_is_said_so() -> None:
    @dataclass(frozen=True)
    class Odd:
        things: object

    with pytest.raises(ConfigError, match=r"Odd\.things is a str, which is no contract class"):
        capabilities(Odd(things="things"))


def test_an_operation_that_a_driver_leaves_to_the_contract_is_not_supported() -> None:
    with pytest.raises(NotSupported):
        Least().shake(ALICE, "1")


def test_making_several_makes_all_or_none() -> None:
    class Narrow(DictThings):
        def create(self, ctx: Context, spec: ThingSpec) -> Thing:
            if spec.name == "bad":
                raise ValueError(spec.name)
            return super().create(ctx, spec)

    things = Narrow()
    with pytest.raises(ValueError, match="bad"):
        things.create_many(ALICE, [ThingSpec(name="a"), ThingSpec(name="b"), ThingSpec(name="bad")])
    assert list(things.find(ALICE, EVERYTHING)) == []

    made = things.create_many(ALICE, [ThingSpec(name="a"), ThingSpec(name="b")])
    assert [thing.name for thing in made] == ["a", "b"]
