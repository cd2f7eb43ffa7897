"""The tests that are the same for everything that is found, got, created, changed and deleted."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, Forbidden, JumpgateError, NotFound
from jumpgate.common.ids import MalformedId, Opaque
from jumpgate.common.listing import EVERYTHING, Filter, Query, Sort, page, reader
from jumpgate.testing.contract.model import Thing
from jumpgate.testing.contract.suite import Bench, Contract, Made, needs

MALFORMED = ("no-such-thing", "../etc/passwd", "a" * 300, "ünïcode", "0", "' OR 1=1 --")


@dataclass(frozen=True, slots=True)
class Stock:
    """Two things of one caller, as they were when they were ready; `foreign` is another project's, if there is one."""

    ctx: Context
    one: Any
    two: Any
    foreign: Any | None


@pytest.fixture(scope="class")
def stock(request: pytest.FixtureRequest, bench: Bench, shelf: Made) -> Stock:
    """Two things of the kind that a class of tests is about, and another project's where that is another matter."""
    thing: Thing = request.cls.thing
    bob = bench.cloud.bob
    one, two = shelf.make(thing), shelf.make(thing)
    foreign = shelf.make(thing, bob) if request.cls.owned and bob is not None else None
    return Stock(bench.caller(thing.caller), one, two, foreign)


class Collection(Contract):
    """What every kind of thing owes that is found, got, made and deleted. A class of tests names its `thing`."""

    thing: ClassVar[Thing]

    @property
    def contract(self) -> Any:
        """The resource under test."""
        return getattr(self.watched, self.thing.resource)

    def key(self, model: Any) -> Any:
        return self.thing.id_of(model)

    def found(self, ctx: Context, query: Query = EVERYTHING) -> list[Any]:
        """Return the page that Jumpgate would show."""
        return page(self.thing.find(self.contract, ctx, query), query, key=self.thing.key)

    def keys(self, ctx: Context, query: Query = EVERYTHING) -> list[Any]:
        return [self.key(model) for model in self.found(ctx, query)]

    def refiltered(self, ctx: Context, query: Query) -> list[Any]:
        """Return the keys of the page that is cut from everything."""
        everything = list(self.thing.find(self.contract, ctx, EVERYTHING))
        return [self.key(model) for model in page(everything, query, key=self.thing.key)]

    # Finding

    @needs("find")
    def test_find_yields_all_that_was_made(self, stock: Stock) -> None:
        keys = self.keys(stock.ctx)

        assert keys.count(self.key(stock.one)) == 1
        assert keys.count(self.key(stock.two)) == 1

    @needs("find")
    def test_find_yields_nothing_twice(self, stock: Stock) -> None:
        keys = self.keys(stock.ctx)

        assert len(keys) == len(set(keys))

    @needs("find", "get")
    def test_find_and_get_agree(self, stock: Stock) -> None:
        shown = next(model for model in self.found(stock.ctx) if self.key(model) == self.key(stock.one))
        got = self.thing.get(self.contract, stock.ctx, self.key(stock.one))

        assert type(shown) is type(got)
        assert getattr(shown, "name", None) == getattr(got, "name", None)

    # Push-down against re-filtering

    @needs("find")
    def test_filters_give_what_refiltering_gives(self, stock: Stock) -> None:
        for query in _filters(stock.one, stock.two, self.thing.filters):
            wanted = self.refiltered(stock.ctx, query)
            assert sorted(self.keys(stock.ctx, query)) == sorted(wanted), f"with {query.filters}"

    @needs("find")
    def test_sorting_gives_what_resorting_gives(self, stock: Stock) -> None:
        for query in self._sorted():
            assert self.keys(stock.ctx, query) == self.refiltered(stock.ctx, query), f"with {query.sort}"

    @needs("find")
    def test_pages_make_up_the_list(self, stock: Stock) -> None:
        for query in self._sorted():
            wanted, seen = self.refiltered(stock.ctx, query), []
            following = dataclasses.replace(query, limit=1)
            while found := self.keys(stock.ctx, following):
                seen += found
                assert len(found) == 1, f"A page of 1 has {len(found)} things, with {following}"
                assert len(seen) <= len(wanted), f"The pages do not end, with {following}"
                following = dataclasses.replace(following, marker=found[-1])
            assert seen == wanted, f"with {query.sort}"

    @needs("find")
    def test_a_filter_and_a_limit_go_together(self, stock: Stock) -> None:
        for query in self._sorted():
            both = Filter(self.thing.key, (self.key(stock.one), self.key(stock.two)))
            query = dataclasses.replace(query, limit=1, filters=(both,) if self.thing.key in self.thing.filters else ())
            assert self.keys(stock.ctx, query) == self.refiltered(stock.ctx, query), f"with {query}"

    @needs("find")
    def test_a_limit_of_nothing_yields_nothing(self, stock: Stock) -> None:
        assert self.keys(stock.ctx, dataclasses.replace(self._sorted()[0], limit=0)) == []

    @needs("find")
    def test_an_unknown_marker_is_refused(self, stock: Stock) -> None:
        query = dataclasses.replace(self._sorted()[0], marker=self.watched.missing(self.key(stock.one)), limit=1)

        with pytest.raises((BadRequest, NotFound)):
            self.keys(stock.ctx, query)

    @needs("find")
    def test_a_cloud_that_pages_by_one_is_read_to_the_end(self, stock: Stock, made: Made) -> None:
        if self.watched.cloud.page_by_one is None:
            pytest.skip("the cloud cannot be told to page by one")
        # It is newer than what others have: whichever way the cloud orders its list, the last page is the caller's.
        made.make(self.thing)
        wanted = self.keys(stock.ctx)

        with self.watched.cloud.page_by_one():
            found = self.keys(stock.ctx)

        assert sorted(found) == sorted(wanted)

    def _sorted(self) -> list[Query]:
        """Return a query for each sort key and direction, each ending in a key that is unique."""
        unique = self.thing.key if self.thing.key in self.thing.sorts else None
        queries = []
        for attribute in self.thing.sorts:
            for descending in self.thing.directions:
                keys = (Sort(attribute, descending), *([Sort(unique, descending)] if unique else []))
                queries.append(Query(sort=tuple(dict.fromkeys(keys))))
        return queries or [EVERYTHING]

    # Getting

    @needs("get")
    def test_get_returns_it(self, stock: Stock) -> None:
        assert self.key(self.thing.get(self.contract, stock.ctx, self.key(stock.one))) == self.key(stock.one)

    @needs("get")
    def test_get_of_a_missing_one_is_not_found(self, stock: Stock) -> None:
        with pytest.raises(NotFound):
            self.thing.get(self.contract, stock.ctx, self.watched.missing(self.key(stock.one)))

    def test_a_malformed_id_is_not_found(self, stock: Stock) -> None:
        """It is turned away at the edge, or the driver finds nothing."""
        for text in MALFORMED if isinstance(self.key(stock.one), str) else ():
            with pytest.raises((NotFound, MalformedId)):
                self.thing.get(self.contract, stock.ctx, self._native(text))

    def _native(self, text: str) -> str:
        ids = Opaque() if self.thing.kind is None else self.watched.cloud.ids[self.thing.kind]
        return ids.to_cloud(text)

    @needs("find", "get")
    def test_times_are_aware(self, stock: Stock) -> None:
        got = self.thing.get(self.contract, stock.ctx, self.key(stock.one))
        for where, time in times((stock.one, got, self.found(stock.ctx)), self.thing.resource):
            assert time.tzinfo is not None, f"{where} has no time zone: {time!r}"

    # Making

    @needs("create")
    def test_create_makes_what_was_asked_for(self, made: Made) -> None:
        ctx = self.watched.caller(self.thing.caller)
        spec = self.thing.spec(made, ctx, self.watched.name())
        model = self.thing.create(self.contract, ctx, spec)
        made.remove_later(self.thing, ctx, self.key(model))

        for where, wanted, got in _asked(spec, made.ready(self.thing, ctx, model), self.thing.free):
            assert got == wanted, f"{where} is {got!r}, and {wanted!r} was asked for"

    @needs("create", "get")
    def test_what_was_made_can_be_got_at_once(self, made: Made) -> None:
        model = made.make(self.thing, waits=False)

        got = self.thing.get(self.contract, self.watched.caller(self.thing.caller), self.key(model))
        assert self.key(got) == self.key(model)

    # Deleting

    @needs("create", "delete", "find")
    def test_what_is_deleted_is_gone(self, made: Made) -> None:
        ctx, model = self.watched.caller(self.thing.caller), made.make(self.thing)
        made.remove(self.thing, ctx, self.key(model))

        assert self.key(model) not in self.keys(ctx)

    @needs("create", "delete")
    def test_deleting_twice_is_not_found(self, made: Made) -> None:
        ctx, model = self.watched.caller(self.thing.caller), made.make(self.thing)
        made.remove(self.thing, ctx, self.key(model))

        with pytest.raises(NotFound):
            self.thing.delete(self.contract, ctx, self.key(model))

    @needs("delete")
    def test_delete_of_a_missing_one_is_not_found(self, stock: Stock) -> None:
        with pytest.raises(NotFound):
            self.thing.delete(self.contract, stock.ctx, self.watched.missing(self.key(stock.one)))

    # Errors

    @needs("get")
    def test_an_error_of_the_cloud_is_a_word_with_its_cause(self, stock: Stock) -> None:
        with self._broken(), pytest.raises(JumpgateError) as caught:
            self.thing.get(self.contract, stock.ctx, self.key(stock.one))
        _check_translated(caught.value)

    @needs("find")
    def test_an_error_while_a_list_is_read_is_a_word_with_its_cause(self, stock: Stock) -> None:
        with self._broken(), pytest.raises(JumpgateError) as caught:
            list(self.thing.find(self.contract, stock.ctx, EVERYTHING))
        _check_translated(caught.value)

    def _broken(self) -> Any:
        if self.watched.cloud.broken is None:
            pytest.skip("the cloud cannot be told to fail")
        return self.watched.cloud.broken()


def times(value: Any, where: str) -> Iterator[tuple[str, dt.datetime]]:
    """Yield every time in a model or several, and where it is."""
    if isinstance(value, dt.datetime):
        yield where, value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from times(getattr(value, field.name), f"{where}.{field.name}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from times(item, f"{where}[{key!r}]")
    elif isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        for index, item in enumerate(value):
            yield from times(item, f"{where}[{index}]")


def _filters(one: Any, two: Any, attributes: Iterable[str]) -> Iterator[Query]:
    """Yield queries that some of the list passes, one that all of it does, and one that nothing does."""
    yield EVERYTHING
    for attribute in attributes:
        read = reader(attribute)
        first, second = read(one), read(two)
        yield Query(filters=(Filter(attribute, (first,)),))
        yield Query(filters=(Filter(attribute, (first, second)),))
        if isinstance(first, str):
            yield Query(filters=(Filter(attribute, (f"{first}-not",)),))


def _asked(spec: Any, model: Any, free: Iterable[str]) -> Iterator[tuple[str, Any, Any]]:
    """Yield the attributes of a spec that say something and that the model has: name, wanted and got."""
    shown = {field.name for field in dataclasses.fields(model)}
    for field in dataclasses.fields(spec):
        wanted = getattr(spec, field.name)
        if field.name in shown and field.name not in free and wanted not in (None, "", (), {}):
            yield field.name, wanted, getattr(model, field.name)


def _check_translated(error: JumpgateError) -> None:
    assert not isinstance(error, (NotFound, BadRequest, Conflict, Forbidden)), f"{error!r} blames the caller"
    assert error.__cause__ is not None, f"{error!r} does not keep its cause: raise ... from error"
