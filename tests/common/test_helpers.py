"""The helpers that the developer guide promises: error handling, formatting, nested dictionaries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from jumpgate.common import error_handling
from jumpgate.common.format import (
    iso_microseconds,
    iso_microseconds_z,
    iso_seconds_z,
    links,
    parse_iso,
    utcnow,
)
from jumpgate.common.http import Response
from jumpgate.common.nested_dict import lookup

ERRORS = [
    (error_handling.bad_request, "badRequest", 400),
    (error_handling.unauthorized, "unauthorized", 401),
    (error_handling.not_found, "notFound", 404),
    (error_handling.duplicate, "duplicate", 409),
    (error_handling.compute_fault, "computeFault", 500),
    (error_handling.volume_fault, "volumeFault", 500),
    (error_handling.not_implemented, "notImplemented", 501),
]
Answer = Callable[..., None]


@pytest.mark.parametrize(("answer", "key", "code"), ERRORS)
def test_an_error_is_a_status_and_a_body(answer: Answer, key: str, code: int) -> None:
    resp = Response()

    answer(resp, "It is so.")

    assert resp.status_code == code
    assert resp.body == {key: {"code": code, "message": "It is so."}}


@pytest.mark.parametrize(("answer", "key", "code"), ERRORS)
def test_an_error_may_have_details_and_another_code(answer: Answer, key: str, code: int) -> None:
    resp = Response()

    answer(resp, "It is so.", details={"field": "name"}, code=418)

    assert resp.status_code == 418
    assert resp.body == {key: {"code": 418, "message": "It is so.", "details": {"field": "name"}}}


def test_an_error_of_any_type_is_500_unless_told() -> None:
    resp = Response()

    error_handling.error(resp, "cloudServersFault", "It is so.")

    assert resp.status_code == 500
    assert resp.body == {"cloudServersFault": {"code": 500, "message": "It is so."}}


NESTED: Any = {"a": {"b": {"c": 1, "none": None}, "list": [1]}, 1: {2: "two"}}


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("a", "b", "c"), 1),
        (("a", "b"), {"c": 1, "none": None}),
        ((1, 2), "two"),
        (("x",), None),
        (("a", "x", "c"), None),
        (("a", "b", "c", "d"), None),
        (("a", "b", "none", "d"), None),
        (("a", "list", 0), None),
    ],
)
def test_lookup_reads_as_deep_as_it_can(keys: tuple[Any, ...], value: Any) -> None:
    assert lookup(NESTED, *keys) == value


def test_lookup_in_nothing_is_nothing() -> None:
    assert lookup({}, "key") is None


WHEN = dt.datetime(2025, 1, 31, 12, 0, 0, 123456, tzinfo=dt.UTC)


def test_times_are_written_as_each_service_writes_them() -> None:
    assert iso_seconds_z(WHEN) == "2025-01-31T12:00:00Z"
    assert iso_microseconds(WHEN) == "2025-01-31T12:00:00.123456"
    assert iso_microseconds_z(WHEN) == "2025-01-31T12:00:00.123456Z"


def test_no_time_is_null() -> None:
    assert [write(None) for write in (iso_seconds_z, iso_microseconds, iso_microseconds_z)] == [None] * 3


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-31T12:00:00.123456Z",
        "2025-01-31T12:00:00.123456",
        "2025-01-31T13:00:00.123456+01:00",
        "2025-01-31 12:00:00.123456",
    ],
)
def test_times_are_read_in_every_form_as_utc(text: str) -> None:
    moment = parse_iso(text)

    assert (moment, moment.tzinfo) == (WHEN, dt.UTC)


def test_what_is_no_time_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        parse_iso("yesterday")


def test_now_is_aware() -> None:
    assert utcnow().tzinfo is dt.UTC


def test_links_are_a_list_of_relations() -> None:
    assert links(self="http://h/1", bookmark="http://h/2") == [
        {"rel": "self", "href": "http://h/1"},
        {"rel": "bookmark", "href": "http://h/2"},
    ]
