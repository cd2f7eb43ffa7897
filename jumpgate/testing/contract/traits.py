"""What else things owe: those with ids, owners, changes or revisions. A class of tests takes the traits that apply."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import JumpgateError, NotFound
from jumpgate.common.ids import MalformedId
from jumpgate.common.listing import Query
from jumpgate.testing.contract.collection import Collection, Stock
from jumpgate.testing.contract.suite import Made, needs


class Identified(Collection):
    """What is owed by what has an id that the edge translates."""

    def test_ids_round_trip(self, stock: Stock) -> None:
        assert self.thing.kind is not None
        ids = self.watched.cloud.ids[self.thing.kind]
        for model in (stock.one, stock.two):
            native = self.key(model)
            assert ids.to_cloud(ids.to_openstack(native)) == native
        assert ids.to_openstack(self.key(stock.one)) != ids.to_openstack(self.key(stock.two))

    def test_ids_are_no_ids_of_other_kinds(self, stock: Stock) -> None:
        """A packed id says what it is of; one that is the cloud's own cannot."""
        assert self.thing.kind is not None
        ids = self.watched.cloud.ids
        shown = ids[self.thing.kind].to_openstack(self.key(stock.one))
        if shown == self.key(stock.one):
            return
        for kind in type(self.thing.kind):
            if kind is not self.thing.kind and type(ids[kind]) is type(ids[self.thing.kind]):
                with pytest.raises(MalformedId):
                    ids[kind].to_cloud(shown)


class Owned(Collection):
    """What is owed by what belongs to a project, and is nobody else's business."""

    owned = True

    @needs("find", callers=("bob",))
    def test_find_keeps_what_is_another_projects(self, stock: Stock, bob: Context) -> None:
        theirs, mine = self.keys(bob), self.keys(stock.ctx)

        assert self.key(stock.foreign) in theirs
        assert self.key(stock.foreign) not in mine
        assert self.key(stock.one) not in theirs

    @needs("get", callers=("bob",))
    def test_get_of_another_projects_is_not_found(self, stock: Stock) -> None:
        with pytest.raises(NotFound):
            self.thing.get(self.contract, stock.ctx, self.key(stock.foreign))

    @needs("delete", "get", callers=("bob",))
    def test_delete_of_another_projects_is_not_found(self, stock: Stock, bob: Context) -> None:
        with pytest.raises(NotFound):
            self.thing.delete(self.contract, stock.ctx, self.key(stock.foreign))
        assert self.key(self.thing.get(self.contract, bob, self.key(stock.foreign))) == self.key(stock.foreign)


Arguments = Mapping[str, tuple[tuple[Any, ...], dict[str, Any]]]
"""What methods that take a thing's id are given beside it, by their names: positional and named arguments."""


class UnknownIds(Collection):
    """What every method of a resource owes that takes a thing's id: it is NotFound where the thing is not."""

    arguments: ClassVar[Arguments]

    def test_every_method_finds_no_missing_one(self, stock: Stock) -> None:
        self.not_found(stock.ctx, self.watched.missing(self.key(stock.one)))

    def not_found(self, ctx: Context, key: Any) -> None:
        """Call every method that is offered with a key, and say which of them do not raise NotFound."""
        wrong = []
        offered = [name for name in self.arguments if not self.watched.cloud.lacks([f"{self.thing.resource}.{name}"])]
        for method in offered:
            positional, named = self.arguments[method]
            try:
                getattr(self.contract, method)(ctx, key, *positional, **named)
            except NotFound:
                continue
            except JumpgateError as error:
                wrong.append(f"{method} raised {error!r}")
            else:
                wrong.append(f"{method} raised nothing")
        assert not wrong, "; ".join(wrong)


class OwnedIds(Owned, UnknownIds):
    """The same, and it is NotFound where the thing is another project's."""

    def test_every_method_finds_no_other_projects(self, stock: Stock, bob: Context) -> None:
        self.not_found(stock.ctx, self.key(stock.foreign))
        assert self.key(self.thing.get(self.contract, bob, self.key(stock.foreign))) == self.key(stock.foreign)


class OfAllProjects(Owned):
    """What is owed by what administrators find in all projects."""

    @needs("find", callers=("bob", "admin"))
    def test_find_for_all_projects_yields_everybodys(self, stock: Stock, admin: Context) -> None:
        keys = self.keys(admin, Query(all_projects=True))

        assert {self.key(stock.one), self.key(stock.foreign)} <= set(keys)


class Changeable(Collection):
    """What is owed by what can be updated."""

    @needs("update")
    def test_update_changes_what_it_says_and_nothing_else(self, stock: Stock, made: Made) -> None:
        model, changes = made.make(self.thing), self.thing.changes
        answered = self.thing.update(self.contract, stock.ctx, self.key(model), changes)
        got = self.thing.get(self.contract, stock.ctx, self.key(model))

        for name, value in changes.items():
            assert _shown(got, name) == value
            assert answered is None or _shown(answered, name) == value
        kept = [field.name for field in dataclasses.fields(model) if field.name in ("name", "description", "metadata")]
        for name in kept:
            assert name in changes or getattr(got, name) == getattr(model, name), f"{name} has changed as well"

    @needs("update")
    def test_update_of_a_missing_one_is_not_found(self, stock: Stock) -> None:
        missing = self.watched.missing(self.key(stock.one))
        with pytest.raises(NotFound):
            self.thing.update(self.contract, stock.ctx, missing, self.thing.changes)


class OwnedAndChangeable(Owned, Changeable):
    """What is owed by what belongs to a project and can be updated."""

    @needs("update", callers=("bob",))
    def test_update_of_another_projects_is_not_found(self, stock: Stock) -> None:
        with pytest.raises(NotFound):
            self.thing.update(self.contract, stock.ctx, self.key(stock.foreign), self.thing.changes)


class Revised(Collection):
    """What is owed by what tells when it has changed."""

    @needs("revision")
    def test_a_revision_moves_with_what_is_seen(self, stock: Stock, made: Made) -> None:
        before = self.contract.revision(stock.ctx)
        again = self.contract.revision(stock.ctx)
        if before is None:
            return
        assert before == again or self.watched.cloud.app is None
        made.make(self.thing)
        assert self.contract.revision(stock.ctx) != before


class Uniform(Revised, Collection):
    """What is owed by what has the operations of `Crud`."""

    @needs("create_many", "find")
    def test_several_are_made_in_one_request(self, stock: Stock, made: Made) -> None:
        names = (self.watched.name(), self.watched.name())
        specs = self.thing.several(made, stock.ctx, names)
        before = set(self.keys(stock.ctx))

        models = self.contract.create_many(stock.ctx, specs)
        for model in models:
            made.remove_later(self.thing, stock.ctx, self.key(model))
        assert len({self.key(model) for model in models} & (set(self.keys(stock.ctx)) - before)) == 2


def _shown(model: Any, name: str) -> Any:
    value = getattr(model, name)
    return dict(value) if isinstance(value, Mapping) else value
