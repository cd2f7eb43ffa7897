"""`resp.body` and `resp.status`: every form that a raw handler may assign, and the JSON that comes of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import http
import uuid
from typing import Any

import falcon
import pytest

from tests.raw.conftest import RawCloud

PATH = "/compute/v2"


class Answer:
    """Answers GET with whatever it was made with."""

    def __init__(self, body: Any = None, *, status: Any = None, content_type: str | None = None) -> None:
        self.body = body
        self.status = status
        self.content_type = content_type

    def on_get(self, req: Any, resp: Any) -> None:
        if self.body is not None:
            resp.body = self.body
        if self.status is not None:
            resp.status = self.status
        if self.content_type is not None:
            resp.content_type = self.content_type

    on_head = on_get


def get(raw: RawCloud, handler: object, method: str = "GET") -> Any:
    cloud = raw(compute=lambda app, disp: disp.set_handler("v2_index", handler))
    return cloud.simulate_request(method, PATH)


@pytest.mark.parametrize("body", [{"versions": [{"id": "v2.0"}]}, [1, 2], {}, [], 0, True, {"é": "ü"}])
def test_resp_body_is_json_encoded(raw: RawCloud, body: Any) -> None:
    result = get(raw, Answer(body))

    assert result.status_code == 200
    assert result.json == body
    assert result.headers["Content-Type"] == "application/json"
    assert int(result.headers["Content-Length"]) == len(result.content)


@pytest.mark.parametrize(("body", "content"), [("text é", "text é".encode()), (b"\x00\xff", b"\x00\xff"), ("", b"")])
def test_resp_body_of_text_or_bytes_is_sent_as_it_is(raw: RawCloud, body: str | bytes, content: bytes) -> None:
    result = get(raw, Answer(body, content_type="text/plain"))

    assert result.content == content
    assert result.headers["Content-Type"] == "text/plain"


def test_resp_body_that_nobody_sets_is_empty(raw: RawCloud) -> None:
    result = get(raw, Answer())

    assert (result.status_code, result.content) == (200, b"")


def test_resp_body_may_be_taken_back(raw: RawCloud) -> None:
    class Undecided:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.body = {"a": 1}
            resp.body = None
            assert resp.body is None

    assert get(raw, Undecided()).content == b""


@pytest.mark.parametrize("body", [{"a": 1}, [1], "text", b"bytes", "", b"", None])
def test_resp_body_is_read_back_as_it_was_set(raw: RawCloud, body: Any) -> None:
    seen: list[Any] = []

    def setup_routes(app: Any, disp: Any) -> None:
        disp.set_handler("v2_index", Answer(body))
        disp.add_after_hook(lambda req, resp: seen.append(resp.body))

    raw(compute=setup_routes).simulate_get(PATH)

    assert seen == [body]


def test_resp_body_of_head_is_not_sent_but_measured(raw: RawCloud) -> None:
    result = get(raw, Answer({"a": 1}), "HEAD")

    assert result.content == b""
    assert result.headers["Content-Length"] == str(len('{"a":1}'))


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int


WHEN = dt.datetime(2025, 1, 31, 12, 30, tzinfo=dt.UTC)
NUMBER = uuid.UUID(int=1)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({1: "one", 2: "two"}, {"1": "one", "2": "two"}),
        ({True: 1, None: 2, 1.5: 3}, {"true": 1, "null": 2, "1.5": 3}),
        ({NUMBER: 1}, {str(NUMBER): 1}),
        (WHEN, "2025-01-31T12:30:00+00:00"),
        (WHEN.date(), "2025-01-31"),
        (NUMBER, str(NUMBER)),
        (Color.RED, "red"),
        (Point(3), {"x": 3}),
        ({"b", "a"}, ["a", "b"]),
        (frozenset({2, 1}), [1, 2]),
        ((1, 2), [1, 2]),
    ],
)
def test_resp_body_may_hold_more_than_json_has(raw: RawCloud, value: Any, written: Any) -> None:
    assert get(raw, Answer({"value": value})).json == {"value": written}


def test_resp_body_without_a_json_form_is_a_500_whose_log_names_the_type(
    raw: RawCloud, caplog: pytest.LogCaptureFixture
) -> None:
    result = get(raw, Answer({"value": object()}))

    assert result.status_code == 500
    assert list(result.json) == ["computeFault"]
    assert result.headers["x-openstack-request-id"] in result.json["computeFault"]["message"]
    assert "object has no JSON form" in caplog.text


@pytest.mark.parametrize(
    "status",
    [202, "202", "202 Accepted", http.HTTPStatus.ACCEPTED, falcon.HTTP_202, falcon.HTTP_ACCEPTED],
    ids=repr,
)
def test_resp_status_takes_every_form(raw: RawCloud, status: Any) -> None:
    assert get(raw, Answer({"a": 1}, status=status)).status == "202 Accepted"


def test_resp_status_is_200_where_nobody_sets_it(raw: RawCloud) -> None:
    assert get(raw, Answer({})).status == "200 OK"


def test_resp_status_204_has_neither_body_nor_type(raw: RawCloud) -> None:
    result = get(raw, Answer(status=204))

    assert (result.status_code, result.content) == (204, b"")
    assert "Content-Type" not in result.headers


def test_resp_keeps_the_names_that_falcon_has(raw: RawCloud) -> None:
    class Modern:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.media = {"media": True}
            resp.status = falcon.HTTP_201
            resp.set_header("Location", "/x")

    result = get(raw, Modern())

    assert (result.status_code, result.json, result.headers["Location"]) == (201, {"media": True}, "/x")


def test_resp_stream_is_sent_in_blocks_and_closed(raw: RawCloud) -> None:
    closed: list[bool] = []

    class Blocks:
        def __iter__(self) -> Any:
            return iter([b"a", b"b"])

        def close(self) -> None:
            closed.append(True)

    class Streaming:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.stream = Blocks()
            resp.content_type = "application/octet-stream"

    assert get(raw, Streaming()).content == b"ab"
    assert closed == [True]


def test_resp_body_set_by_a_hook_takes_the_place_of_a_stream_and_closes_it(raw: RawCloud) -> None:
    closed: list[bool] = []

    class Blocks:
        def __iter__(self) -> Any:
            return iter([b"abc"])

        def close(self) -> None:
            closed.append(True)

    class Streaming:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.stream = Blocks()
            resp.set_header("Content-Length", "3")

    def replace(req: Any, resp: Any) -> None:
        resp.body = {"other": True}

    def setup_routes(app: Any, disp: Any) -> None:
        disp.set_handler("v2_index", Streaming())
        disp.add_after_hook(replace)

    result = raw(compute=setup_routes).simulate_get(PATH)

    assert result.json == {"other": True}
    assert closed == [True]
