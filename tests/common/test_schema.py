"""JSON-Schema validation: a message that names the field, and a schema for each window of microversions."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from jumpgate.common.errors import BadRequest
from jumpgate.common.microversion import Microversion
from jumpgate.common.schema import Schema, register_format

NAME = {"type": "object", "properties": {"server": {"properties": {"name": {"type": "string", "maxLength": 3}}}}}
FIRST = {"type": "object", "additionalProperties": False, "properties": {"a": {}}}
SECOND = {"type": "object", "additionalProperties": False, "properties": {"a": {}, "b": {}}}
THIRD = {"type": "object", "additionalProperties": False, "properties": {"a": {}, "b": {}, "c": {}}}
GROWING = Schema(FIRST, {"2.10": SECOND, "2.19": THIRD})


def version(text: str | None) -> Microversion | None:
    return Microversion.parse(text) if text else None


def test_what_fits_passes() -> None:
    Schema(NAME).validate({"server": {"name": "web"}}, None)


@pytest.mark.parametrize("value", [{"server": {"name": "much too long"}}, {"server": {"name": 1}}])
def test_the_message_names_the_field(value: Any) -> None:
    with pytest.raises(BadRequest, match=r"^Invalid input for field/attribute server/name\. "):
        Schema(NAME).validate(value, None)


def test_the_message_names_the_parameter_of_a_query() -> None:
    limit = Schema({"type": "object", "properties": {"limit": {"type": "array", "items": {"pattern": "^[0-9]+$"}}}})

    with pytest.raises(BadRequest, match=r"^Invalid input for query parameters limit\. "):
        limit.validate({"limit": ["x"]}, None, is_query=True)


def test_a_document_that_is_wrong_as_a_whole_is_said_so() -> None:
    with pytest.raises(BadRequest) as caught:
        Schema(FIRST).validate([], None)

    assert "Invalid input for field" not in caught.value.message
    assert "object" in caught.value.message


def test_a_message_does_not_repeat_a_long_value() -> None:
    with pytest.raises(BadRequest) as caught:
        Schema(NAME).validate({"server": {"name": "x" * 100_000}}, None)

    assert len(caught.value.message) < 600


@pytest.mark.parametrize(
    ("at", "keys"),
    [(None, "a"), ("2.1", "a"), ("2.9", "a"), ("2.10", "ab"), ("2.18", "ab"), ("2.19", "abc"), ("2.96", "abc")],
)
def test_each_window_has_its_schema(at: str | None, keys: str) -> None:
    GROWING.validate(dict.fromkeys(keys), version(at))
    with pytest.raises(BadRequest):
        GROWING.validate(dict.fromkeys([*keys, "more"]), version(at))
    if keys != "abc":
        with pytest.raises(BadRequest):
            GROWING.validate(dict.fromkeys([*keys, "abc"[len(keys)]]), version(at))


def test_a_window_can_be_looked_at() -> None:
    assert GROWING.at(version("2.12")) is SECOND


def test_a_format_of_our_own_is_checked() -> None:
    register_format("shouting-in-tests", lambda text: text.isupper())
    schema = Schema({"type": "string", "format": "shouting-in-tests"})

    schema.validate("LOUD", None)
    with pytest.raises(BadRequest):
        schema.validate("quiet", None)


def test_threads_may_validate_at_once() -> None:
    schema = Schema(NAME, {"2.5": NAME})
    failures: list[Exception] = []

    def validate() -> None:
        try:
            for _ in range(100):
                schema.validate({"server": {"name": "web"}}, version("2.5"))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=validate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
