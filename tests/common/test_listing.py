"""Lists: filters, sort keys, marker and limit, from the query string to a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jumpgate.common.errors import BadRequest
from jumpgate.common.listing import (
    EVERYTHING,
    Applied,
    Filter,
    FilterParameter,
    ListParameters,
    MarkerNotFound,
    Query,
    Sort,
    boolean,
    matches,
    next_url,
    page,
)


@dataclasses.dataclass(frozen=True)
class Address:
    subnet: str


@dataclasses.dataclass(frozen=True)
class Thing:
    id: str
    name: str | None = ""
    size: int = 0
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    addresses: tuple[Address, ...] = ()


THING = Thing("1", "web-01", 5, ("a", "b"), {"role": "web"}, (Address("s1"), Address("s2")))


@pytest.mark.parametrize(
    ("op", "attribute", "values", "passes"),
    [
        ("eq", "name", ("web-01",), True),
        ("eq", "name", ("other", "web-01"), True),
        ("eq", "name", ("other",), False),
        ("eq", "metadata.role", ("web",), True),
        ("eq", "metadata.other", ("web",), False),
        ("ne", "name", ("other",), True),
        ("ne", "name", ("web-01",), False),
        ("regex", "name", ("eb-0.",), True),
        ("regex", "name", ("^eb",), False),
        ("prefix", "name", ("web",), True),
        ("prefix", "name", ("eb",), False),
        ("gt", "size", (4,), True),
        ("gt", "size", (5,), False),
        ("gte", "size", (5,), True),
        ("lt", "size", (6,), True),
        ("lt", "size", (5,), False),
        ("lte", "size", (5,), True),
        ("gte", "size", (2, 6), False),
        ("has", "tags", ("a", "b"), True),
        ("has", "tags", ("a", "c"), False),
        ("lacks", "tags", ("a", "c"), True),
        ("any", "tags", ("a", "c"), True),
        ("any", "tags", ("c",), False),
        ("none", "tags", ("c",), True),
        ("none", "tags", ("a", "c"), False),
        ("any", "addresses.subnet", ("s2",), True),
        ("any", "addresses.subnet", ("s3",), False),
        ("part", "tags", ("a",), True),
        ("part", "addresses.subnet", ("3",), False),
    ],
)
def test_a_filter_keeps_what_stands_so_to_its_values(
    op: str, attribute: str, values: tuple[Any, ...], passes: bool
) -> None:
    assert matches(THING, [Filter(attribute, values, op)]) is passes


@pytest.mark.parametrize("op", ["regex", "prefix", "gt", "gte", "lt", "lte"])
def test_a_filter_that_compares_keeps_nothing_without_a_value(op: str) -> None:
    assert matches(Thing("1", None), [Filter("name", ("",), op)]) is False


def test_every_filter_must_pass() -> None:
    filters = [Filter("name", ("web-01",)), Filter("size", (6,))]

    assert matches(THING, filters) is False


names = st.one_of(st.none(), st.sampled_from(["a", "b", "c"]))
things = st.lists(st.tuples(names, st.integers(0, 3)), max_size=12).map(
    lambda rows: [Thing(f"{number:02}", name, size) for number, (name, size) in enumerate(rows)]
)
orders = st.lists(
    st.builds(Sort, st.sampled_from(["name", "size"]), st.booleans()), max_size=2, unique_by=lambda key: key.attribute
).map(lambda keys: (*keys, Sort("id")))


@given(things, orders, st.integers(1, 5))
def test_pages_put_together_are_the_whole_list(items: list[Thing], sort: tuple[Sort, ...], limit: int) -> None:
    whole = page(items, Query(sort=sort))
    put_together: list[Thing] = []
    marker = None
    while found := page(items, Query(sort=sort, marker=marker, limit=limit)):
        assert len(found) <= limit
        put_together += found
        marker = found[-1].id

    assert put_together == whole
    assert sorted(whole, key=lambda thing: thing.id) == items


@given(things, st.booleans())
def test_a_sort_key_without_a_value_is_the_smallest(items: list[Thing], descending: bool) -> None:
    found = page(items, Query(sort=(Sort("name", descending), Sort("id"))))

    empty = [thing.name is None for thing in found]
    assert empty == sorted(empty, reverse=not descending)


def test_later_sort_keys_decide_between_equals() -> None:
    items = [Thing("1", "b", 1), Thing("2", "a", 2), Thing("3", "a", 1)]

    found = page(items, Query(sort=(Sort("name"), Sort("size", True))))

    assert [thing.id for thing in found] == ["2", "3", "1"]


@pytest.mark.parametrize("descending", [False, True])
def test_ids_are_in_the_order_of_what_clients_see_of_them(descending: bool) -> None:
    items = [Thing("1"), Thing("2"), Thing("3")]
    shown = {"id": {"1": "b", "2": "c", "3": "a"}.__getitem__}
    sort = (Sort("size"), Sort("id", descending))

    found = page(items, Query(sort=sort), shown=shown)
    after = page(items, Query(sort=sort, marker=found[0].id), shown=shown)

    assert [thing.id for thing in found] == ["2", "1", "3"] if descending else ["3", "1", "2"]
    assert after == found[1:]


def test_without_a_sort_key_the_drivers_order_stays() -> None:
    assert [thing.id for thing in page([Thing("2"), Thing("1")], EVERYTHING)] == ["2", "1"]


def test_a_marker_that_is_nowhere_is_a_bad_request() -> None:
    with pytest.raises(MarkerNotFound, match="Marker 9 could not be found"):
        page([Thing("1")], Query(marker="9"))
    assert issubclass(MarkerNotFound, BadRequest)


def test_a_marker_need_not_pass_the_filters_any_more() -> None:
    items = [Thing("1", "a"), Thing("2", "changed"), Thing("3", "a")]

    found = page(items, Query(filters=(Filter("name", ("a",)),), sort=(Sort("id"),), marker="2"))

    assert [thing.id for thing in found] == ["3"]


def test_a_limit_of_nothing_is_an_empty_page() -> None:
    assert page([Thing("1")], Query(limit=0)) == []


def test_what_a_driver_has_applied_is_not_touched_again() -> None:
    query = Query(filters=(Filter("name", ("other",)),), sort=(Sort("id"),), marker="0", limit=1)

    assert [thing.id for thing in page(Applied([Thing("2"), Thing("1")]), query)] == ["2", "1"]


def test_items_may_be_a_generator() -> None:
    assert len(page((Thing(str(number)) for number in range(3)), Query(limit=2))) == 2


PARAMETERS = ListParameters(
    filters={
        "name": FilterParameter("name"),
        "size": FilterParameter("size", int),
        "name~": FilterParameter("name", op="regex"),
        "ids": FilterParameter("id", lambda text: tuple(text.split("|"))),
    },
    sort_keys={"name": "name", "bytes": "size", "created_at": "created_at"},
    maximum=100,
)


def query(**parameters: Sequence[str]) -> Query:
    return PARAMETERS.query(parameters)


def test_filters_are_read_and_repeated_ones_are_alternatives() -> None:
    assert query(size=["1", "2"], name=["a"]).filters == (Filter("size", (1, 2)), Filter("name", ("a",)))


def test_a_filter_may_read_several_values_from_one_text() -> None:
    assert query(ids=["1|2", "3"]).filters == (Filter("id", ("1", "2", "3")),)


def test_other_parameters_are_left_to_the_caller() -> None:
    assert query(unknown=["1"]) == query()


@pytest.mark.parametrize(("name", "text"), [("size", "many"), ("name~", "(")])
def test_a_value_that_cannot_be_read_is_a_bad_request(name: str, text: str) -> None:
    with pytest.raises(BadRequest, match=name):
        query(**{name: [text]})


@pytest.mark.parametrize(("texts", "limit"), [([], 100), (["5"], 5), (["0"], 0), (["1000"], 100), (["9", "5"], 5)])
def test_the_limit_is_bounded(texts: list[str], limit: int) -> None:
    assert query(limit=texts).limit == limit


@pytest.mark.parametrize("text", ["-1", "ten", "1.5", "", "\N{ARABIC-INDIC DIGIT ONE}", "1_0", " 1"])
def test_a_limit_that_is_no_whole_number_is_a_bad_request(text: str) -> None:
    with pytest.raises(BadRequest, match="limit must be a whole number"):
        query(limit=[text])


def test_without_a_maximum_a_list_is_as_long_as_it_is() -> None:
    parameters = ListParameters(maximum=None)

    assert parameters.query({}).limit is None
    assert parameters.query({"limit": ["5000"]}).limit == 5000


NEWEST = (Sort("created_at", True), Sort("id", True))


@pytest.mark.parametrize(
    ("parameters", "sort"),
    [
        ({}, NEWEST),
        ({"sort": ["name:asc"]}, (Sort("name"), Sort("created_at"), Sort("id"))),
        ({"sort": ["name:asc,bytes:desc"]}, (Sort("name"), Sort("size", True), Sort("created_at"), Sort("id"))),
        ({"sort": ["name"]}, (Sort("name", True), *NEWEST)),
        ({"sort": [" name : asc "]}, None),
        ({"sort_key": ["name"], "sort_dir": ["asc"]}, (Sort("name"), Sort("created_at"), Sort("id"))),
        (
            {"sort_key": ["name", "bytes"], "sort_dir": ["asc"]},
            (Sort("name"), Sort("size", True), Sort("created_at"), Sort("id")),
        ),
        ({"sort_dir": ["asc"]}, (Sort("created_at"), Sort("id"))),
        ({"sort_key": ["created_at"], "sort_dir": ["asc"]}, (Sort("created_at"), Sort("id"))),
    ],
)
def test_every_order_ends_in_the_default_so_that_pages_are_defined(
    parameters: dict[str, list[str]], sort: tuple[Sort, ...] | None
) -> None:
    if sort is None:
        with pytest.raises(BadRequest):
            PARAMETERS.query(parameters)
    else:
        assert PARAMETERS.query(parameters).sort == sort


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"sort": ["color"]}, "'color' is no sort key; use one of bytes, created_at, name"),
        ({"sort": ["name:up"]}, "'up' is neither asc nor desc"),
        ({"sort_key": ["size"]}, "'size' is no sort key"),
        ({"sort_key": ["name"], "sort_dir": ["UP"]}, "'UP' is neither asc nor desc"),
    ],
)
def test_an_order_that_does_not_exist_is_a_bad_request(parameters: dict[str, list[str]], complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint):
        PARAMETERS.query(parameters)


def test_a_query_tells_a_driver_what_it_could_ask_the_cloud() -> None:
    asked = Query(filters=(Filter("status", ("ACTIVE",)), Filter("id", ("1", "2")), Filter("name", ("x",), "regex")))

    assert asked.value("status") == "ACTIVE"
    assert (asked.value("id"), asked.values("id")) == (None, ("1", "2"))
    assert (asked.value("name"), asked.values("name")) == (None, ())


@pytest.mark.parametrize(("word", "value"), [("1", True), ("TRUE", True), ("t", True), ("off", False), ("No ", False)])
def test_booleans_have_openstacks_words(word: str, value: bool) -> None:
    assert boolean(word) is value


@pytest.mark.parametrize("word", ["", "2", "maybe"])
def test_other_words_are_no_booleans(word: str) -> None:
    with pytest.raises(ValueError, match="no boolean"):
        boolean(word)


def test_the_next_page_keeps_what_was_asked() -> None:
    url = next_url("http://h/v2/things", {"limit": ["2"], "tag": ["a b", "c"], "marker": ["1"]}, "9")

    assert url == "http://h/v2/things?limit=2&tag=a+b&tag=c&marker=9"
