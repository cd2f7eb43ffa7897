"""`req.stream.read().decode()`, whichever way the body comes, and what else a handler reads from a request."""

from __future__ import annotations

import io
from typing import Any

import pytest
from falcon.testing import create_environ

from tests.raw.conftest import Raw, RawCloud

PATH = "/identity/v2.0/tokens"


class Echo:
    """Answers with the body it read."""

    def on_post(self, req: Any, resp: Any) -> None:
        resp.body = {"body": req.stream.read().decode(), "again": req.stream.read().decode()}


@pytest.fixture
def cloud(raw: RawCloud) -> Raw:
    return raw(identity=lambda app, disp: disp.set_handler("v2_tokens", Echo()))


class NeverEnds(io.RawIOBase):
    """A connection kept alive: reading more than the body would wait for ever, so it fails instead."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > len(self.body):
            raise AssertionError("read beyond the body")
        block, self.body = self.body[:size], self.body[size:]
        return block


def call(cloud: Raw, stream: Any, **env: Any) -> tuple[str, bytes]:
    """Call the application as a WSGI server does, with a body of its own making."""
    environ = create_environ(PATH, method="POST")
    environ.pop("CONTENT_LENGTH", None)
    environ.update({"wsgi.input": stream, **env})
    started: list[str] = []
    app: Any = cloud.jumpgate
    answer = b"".join(app(environ, lambda status, headers, *_: started.append(status)))
    return started[0], answer


def test_req_stream_read_returns_the_whole_body(cloud: Raw) -> None:
    assert cloud.simulate_post(PATH, body='{"auth": "é"}').json == {"body": '{"auth": "é"}', "again": ""}


def test_req_stream_read_returns_nothing_without_a_body(cloud: Raw) -> None:
    assert cloud.simulate_post(PATH).json == {"body": "", "again": ""}


def test_req_stream_read_ends_at_content_length_on_an_open_connection(cloud: Raw) -> None:
    status, answer = call(cloud, NeverEnds(b"abcGET / HTTP/1.1"), CONTENT_LENGTH="3")

    assert (status, answer) == ("200 OK", b'{"body":"abc","again":""}')


def test_req_stream_read_without_a_body_never_touches_an_open_connection(cloud: Raw) -> None:
    assert call(cloud, NeverEnds(b"")) == ("200 OK", b'{"body":"","again":""}')


def test_req_stream_read_returns_a_chunked_body_that_the_server_has_decoded(cloud: Raw) -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}

    assert call(cloud, io.BytesIO(b"decoded"), **chunked) == ("200 OK", b'{"body":"decoded","again":""}')


def test_req_stream_read_of_a_chunked_body_that_the_server_cannot_decode_asks_for_a_length(cloud: Raw) -> None:
    status, answer = call(cloud, NeverEnds(b""), HTTP_TRANSFER_ENCODING="chunked")

    assert status == "411 Length Required"
    assert b"Content-Length" in answer


def test_req_media_and_parameters_work_as_in_falcon(raw: RawCloud) -> None:
    class Modern:
        def on_post(self, req: Any, resp: Any) -> None:
            resp.body = {"media": req.get_media(), "tags": req.get_param_as_list("tag"), "empty": req.get_param("e")}

    cloud = raw(identity=lambda app, disp: disp.set_handler("v2_tokens", Modern()))

    result = cloud.simulate_post(PATH, json={"a": 1}, query_string="tag=a,b&tag=c&e=")
    assert result.json == {"media": {"a": 1}, "tags": ["a,b", "c"], "empty": ""}
