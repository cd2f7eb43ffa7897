"""Pages in SQL are the pages that Python would cut from all the rows."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jumpgate.common import listing as in_memory
from jumpgate.common.errors import BadRequest
from jumpgate.common.listing import Filter, MarkerNotFound, Query, Sort
from jumpgate.store.engine import Store
from jumpgate.store.listing import Members, condition, membership, merged_rows, rows, supports
from tests.store.tables import labels, things

EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
COLUMNS = {column.name: column for column in things.c}


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A row of `things`."""

    id: str
    project_id: str = "p"
    name: str = ""
    nick: str | None = None
    size: int | None = None
    weight: int = 0
    ready: bool = False
    created_at: dt.datetime = EPOCH
    deleted_at: dt.datetime | None = None


IDS = [f"id-{number}" for number in range(12)]
TEXTS = st.text(alphabet="aAbB%_/\\.é 1", max_size=4)
NUMBERS = st.integers(-3, 3)
LARGE = st.one_of(NUMBERS, st.sampled_from([2**31, -(2**63), 2**63 - 1]))
TIMES = st.integers(0, 3).map(lambda days: EPOCH + dt.timedelta(days=days))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": st.sampled_from(IDS),
    "project_id": st.sampled_from(["p", "q"]),
    "name": TEXTS,
    "nick": st.none() | TEXTS,
    "size": st.none() | NUMBERS,
    "weight": LARGE,
    "ready": st.booleans(),
    "created_at": TIMES,
    "deleted_at": st.none() | TIMES,
}
THINGS = st.builds(Thing, **VALUES)
PATTERNS = [
    "",
    "a",
    "^a",
    "A$",
    "a|B",
    "[aA]+",
    "[^a]",
    ".",
    r"\.",
    "(a)(b)?",
    "a*?b",
    "^a.*b$",
    "%",
    "_",
    "é",
    "[a-b ]",
]


def comparisons(attribute: str) -> st.SearchStrategy[Filter]:
    """Return filters that make sense for an attribute."""
    known = VALUES[attribute]
    present = known.filter(lambda value: value is not None)
    kinds = [
        st.builds(Filter, st.just(attribute), st.lists(known, min_size=1, max_size=3).map(tuple), st.just(op))
        for op in ("eq", "ne")
    ]
    if attribute != "ready":
        kinds += [
            st.builds(Filter, st.just(attribute), st.lists(present, min_size=1, max_size=2).map(tuple), st.just(op))
            for op in ("gt", "gte", "lt", "lte")
        ]
    if attribute in ("id", "name", "nick"):
        texts = st.lists(TEXTS, min_size=1, max_size=2).map(tuple)
        kinds.append(st.builds(Filter, st.just(attribute), texts, st.just("prefix")))
        patterns = st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2).map(tuple)
        kinds.append(st.builds(Filter, st.just(attribute), patterns, st.just("regex")))
    return st.one_of(kinds)


SORTS = st.permutations(sorted(VALUES)).flatmap(
    lambda names: st.integers(0, 3).flatmap(
        lambda count: st.tuples(*(st.builds(Sort, st.just(name), st.booleans()) for name in (*names[:count], "id")))
    )
)
QUERIES = st.builds(
    Query,
    filters=st.lists(st.sampled_from(sorted(VALUES)).flatmap(comparisons), max_size=2).map(tuple),
    sort=st.just(()) | SORTS,
    marker=st.none() | st.sampled_from(IDS),
    limit=st.none() | st.integers(0, 5),
)
LISTS = st.lists(THINGS, max_size=10, unique_by=lambda thing: thing.id)
examples = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fill(store: Store, made: Sequence[Thing]) -> None:
    """Make these the only rows."""
    with store.write() as connection:
        connection.execute(things.delete())
        if made:
            connection.execute(things.insert(), [dataclasses.asdict(thing) for thing in made])


def ids(page: Callable[[], Sequence[Any]]) -> list[str] | str:
    """Return the ids of a page, or the name of the error."""
    try:
        return [item.id for item in page()]
    except MarkerNotFound as error:
        return type(error).__name__


def expected(made: Sequence[Thing], query: Query) -> list[str] | str:
    return ids(lambda: in_memory.page(sorted(made, key=lambda thing: thing.id), query))


@examples
@given(made=LISTS, query=QUERIES)
def test_a_page_in_sql_is_the_page_in_python(store: Store, made: list[Thing], query: Query) -> None:
    fill(store, made)
    assert supports(COLUMNS, query)

    with store.read() as connection:
        assert ids(lambda: rows(connection, sa.select(things), COLUMNS, query)) == expected(made, query)


@examples
@given(made=LISTS, query=QUERIES)
def test_a_page_of_disjoint_selects_is_the_page_of_all(store: Store, made: list[Thing], query: Query) -> None:
    fill(store, made)
    mine = sa.select(things).where(things.c.project_id == "p")
    shared = sa.select(things).where(things.c.project_id != "p", things.c.ready.is_(True))
    seen = [thing for thing in made if thing.project_id == "p" or thing.ready]

    with store.read() as connection:
        assert ids(lambda: merged_rows(connection, [mine, shared], COLUMNS, query)) == expected(seen, query)


@examples
@given(made=LISTS, query=QUERIES.filter(lambda query: query.limit != 0))
def test_pages_that_follow_each_other_are_the_whole_list(store: Store, made: list[Thing], query: Query) -> None:
    fill(store, made)
    whole = dataclasses.replace(query, marker=None, limit=None)
    found: list[str] = []
    with store.read() as connection:
        while page := rows(
            connection,
            sa.select(things),
            COLUMNS,
            dataclasses.replace(query, limit=query.limit or 2, marker=found[-1] if found else None),
        ):
            found += [row.id for row in page]

    assert found == expected(made, whole)


def test_a_union_of_selects_that_join_keeps_the_join(store: Store) -> None:
    fill(store, [Thing(id="a"), Thing(id="b", project_id="q"), Thing(id="c", project_id="r")])
    with store.write("compute") as connection:
        connection.execute(labels.insert(), [{"thing_id": item, "label": item * 2} for item in "abc"])
    labelled = sa.select(things, labels.c.label).join(labels, labels.c.thing_id == things.c.id)
    parts = [labelled.where(things.c.project_id == project) for project in "pq"]

    with store.read() as connection:
        found = merged_rows(connection, parts, COLUMNS, Query())

    assert [(row.id, row.label) for row in found] == [("a", "aa"), ("b", "bb")]


COLLECTIONS = {"labels": Members(labels.c.label, labels.c.thing_id == things.c.id)}


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    labelled=st.dictionaries(st.sampled_from(IDS[:4]), st.sets(TEXTS, max_size=3), max_size=4),
    op=st.sampled_from(["has", "lacks", "any", "none", "part"]),
    wanted=st.lists(TEXTS, min_size=1, max_size=2).map(tuple),
)
def test_a_filter_on_a_collection_in_sql_is_the_one_in_python(
    store: Store, labelled: dict[str, set[str]], op: str, wanted: tuple[str, ...]
) -> None:
    fill(store, [Thing(id=name) for name in labelled])
    item = Filter("labels", wanted, op)
    with store.write() as connection:
        connection.execute(labels.delete())
        pairs = [{"thing_id": name, "label": label} for name, own in labelled.items() for label in own]
        if pairs:
            connection.execute(labels.insert(), pairs)

    @dataclass
    class Labelled:
        labels: set[str]

    with store.read() as connection:
        found = connection.execute(sa.select(things.c.id).where(membership(COLLECTIONS, item))).scalars()
        assert set(found) == {name for name, own in labelled.items() if in_memory.matches(Labelled(own), [item])}


@pytest.mark.parametrize(
    "item",
    [
        Filter("color", ("red",)),
        Filter("name", ("a",), "has"),
        Filter("name", ("a\0b",)),
        Filter("size", (2**31,), "lt"),
        Filter("weight", (2**63,)),
        Filter("size", ("1",), "regex"),
        Filter("created_at", ("2024",), "prefix"),
        *(
            Filter("name", (pattern,), "regex")
            for pattern in ("(?i)a", r"\ba", r"\d", "a{2}", "(?=a)", r"(a)\1", "a*+", "[[:alpha:]]", "^*", "(?P<x>a)")
        ),
    ],
    ids=str,
)
def test_what_databases_take_differently_is_left_to_python(item: Filter) -> None:
    assert not supports(COLUMNS, Query(filters=(item,)))


def test_a_sort_key_that_is_no_column_is_left_to_python() -> None:
    assert not supports(COLUMNS, Query(sort=(Sort("color"),)))


@pytest.mark.parametrize("pattern", ["(", "[", "*a", "a)"])
def test_a_bad_regular_expression_is_the_requests_fault(pattern: str) -> None:
    with pytest.raises(BadRequest, match="no regular expression"):
        condition(COLUMNS, Filter("name", (pattern,), "regex"))


@pytest.mark.parametrize("pattern", ["(?<=a)b", r"a\Z", "(?P<x>a)"])
def test_a_regular_expression_of_python_alone_is_no_crash(store: Store, pattern: str) -> None:
    fill(store, [Thing(id="a", name="xyz")])

    with suppress(BadRequest), store.read() as connection:
        statement = sa.select(things).where(condition(COLUMNS, Filter("name", (pattern,), "regex")))
        assert connection.execute(statement).all() == []


@pytest.mark.parametrize("marker", ["nobody", "a\0b", "", "'; DROP TABLE things"])
def test_a_marker_that_names_nothing_is_refused(store: Store, marker: str) -> None:
    fill(store, [Thing(id="a")])

    with store.read() as connection, pytest.raises(MarkerNotFound):
        rows(connection, sa.select(things), COLUMNS, Query(marker=marker))


def test_a_marker_of_another_project_is_refused(store: Store) -> None:
    fill(store, [Thing(id="a"), Thing(id="b", project_id="q")])
    mine = sa.select(things).where(things.c.project_id == "p")

    with store.read() as connection, pytest.raises(MarkerNotFound):
        rows(connection, mine, COLUMNS, Query(marker="b"))


def test_a_marker_that_has_changed_since_still_holds(store: Store) -> None:
    made = [Thing(id="a", ready=True), Thing(id="b", ready=False), Thing(id="c", ready=True)]
    query = Query(filters=(Filter("ready", (True,)),), marker="b")
    fill(store, made)

    with store.read() as connection:
        assert ids(lambda: rows(connection, sa.select(things), COLUMNS, query)) == ["c"] == expected(made, query)


@pytest.mark.parametrize("descending", [False, True])
def test_an_order_without_a_unique_key_gets_one(store: Store, descending: bool) -> None:
    fill(store, [Thing(id=name) for name in "abcde"])
    query = Query(sort=(Sort("name", descending),), limit=2)

    with store.read() as connection:
        first = rows(connection, sa.select(things), COLUMNS, query)
        second = rows(connection, sa.select(things), COLUMNS, dataclasses.replace(query, marker=first[-1].id))
    found = [row.id for row in (*first, *second)]

    assert found == (list("edcb") if descending else list("abcd"))
