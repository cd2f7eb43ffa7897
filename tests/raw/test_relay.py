"""The passthrough on real sockets: what went in comes out, on both sides."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.raw.passthrough import header_names
from tests.support.gateway import Relayed, application, serving
from tests.support.service import Exchange, Service, chunks, read_body, reply, running_service
from tests.support.waiting import wait_until
from tests.support.wire import Reply, ask, chunk, read_head, receive, send

FILE = "/image/v2/images/i/file"
JSON = ("Content-Type", "application/json")


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


@pytest.fixture
def unread() -> Iterator[Service]:
    """A service whose scripts read the request's body themselves."""
    with running_service(reads=False) as running:
        yield running


@contextmanager
def in_front_of(service: Service, config: str = "") -> Iterator[Relayed]:
    with serving(application(config, compute=service.url, image=service.url)) as relayed:
        yield relayed


@pytest.fixture
def client(service: Service) -> Iterator[socket.socket]:
    with in_front_of(service) as relayed, relayed.connect() as connection:
        yield connection


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "COPY"])
@pytest.mark.parametrize("path", ["/v2.1/servers", "/no/such/endpoint", "/"])
def test_every_method_and_path_goes_through(service: Service, client: socket.socket, method: str, path: str) -> None:
    assert ask(client, f"{method} /compute{path}").status == 200

    assert (service.last.method, service.last.target) == (method, path)


@pytest.mark.parametrize(
    "target",
    [
        "/v2.1/os-keypairs/a%2Fb",
        "/v2.1/flavors/a%2fb%2F/os-extra_specs?x=%2F",
        "/v2.1/%E2%82%AC/a%20b%25",
        "/v2.1/%C3%28",
        "/v2.1//x//",
        "/v2.1/a;b=c,d:e@f!$&'()*+~",
        "/v2.1/servers?name=%C3%A9&a=1&a=2&b&c=",
        "/v2.1/servers?a=b?c=d/e:f",
    ],
)
def test_path_and_query_go_through_as_they_are_written(service: Service, client: socket.socket, target: str) -> None:
    assert ask(client, f"GET /compute{target}").status == 200

    assert service.last.target == target


def test_what_a_client_should_have_encoded_is_encoded(service: Service, client: socket.socket) -> None:
    for _ in range(2):
        assert ask(client, "GET /compute/v2.1/\xc3\xa9/%2F?name=\xc3\xa9&x=%26", "X-Name: \xc3\xa9").status == 200

        assert service.last.target == "/v2.1/%C3%A9/%2F?name=%C3%A9&x=%26"
        assert service.last.headers["X-Name"] == "\xc3\xa9"


@pytest.mark.parametrize("path", ["/compute/../x", "/compute/v2.1/%2e%2e/x", "/compute/./x"])
def test_a_path_that_climbs_out_of_the_service_is_not_found(service: Service, client: socket.socket, path: str) -> None:
    assert ask(client, f"GET {path}").status == 404
    assert service.received == []


def test_headers_that_come_more_than_once_do_so_on_both_sides(service: Service, client: socket.socket) -> None:
    service.answers(200, b"", ("Link", "<a>"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Link", "<b>"))

    answer = ask(client, "GET /compute/x", "X-Tag: one", "X-Other: caf\xe9", "X-Tag: two", "X-Empty:")

    assert service.last.headers.get_all("X-Tag") == ["one", "two"]
    assert service.last.headers.get_all("X-Empty") == [""]
    assert service.last.headers["X-Other"] == "caf\xe9"
    assert answer.all("Link") == ["<a>", "<b>"]
    assert answer.all("Set-Cookie") == ["a=1", "b=2"]


def test_headers_come_back_and_none_is_added(service: Service, client: socket.socket) -> None:
    sent = {
        "Content-Type": "application/octet-stream",
        "X-Subject-Token": "gAAAA",
        "X-Latin": "caf\xe9",
        "Vary": "X-Auth-Token",
        "Server": "Apache",
        "Date": "Mon, 01 Jan 2024 00:00:00 GMT",
    }
    hops = {"Connection": "close, X-Hop", "X-Hop": "1", "Keep-Alive": "timeout=5", "Upgrade": "h2c"}
    service.answers(200, b"x", *sent.items(), *hops.items())

    answer = ask(client, "GET /compute/x")

    assert {name: answer.all(name) for name in sent} == {name: [value] for name, value in sent.items()}
    assert header_names(dict(answer.headers)) == header_names(sent) | {"content-length"}


def test_only_the_clients_connection_stays_behind(service: Service, client: socket.socket) -> None:
    hops = ["Connection: keep-alive, X-Hop", "X-Hop: 1", "Keep-Alive: 5", "TE: trailers", "Proxy-Authorization: x"]
    lies = ["Forwarded: host=evil", "X-Forwarded-Host: evil", "X-Forwarded-Proto: gopher", "X-Forwarded-For: 10.0.0.1"]

    ask(client, "GET /compute/x", *hops, *lies, "X-Auth-Token: t", "Accept: a/b", "User-Agent: u")

    headers = service.last.headers
    assert header_names(headers) == {
        *("host", "x-auth-token", "accept", "user-agent", "accept-encoding", "x-openstack-request-id"),
        *("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix"),
    }
    assert headers["Host"] == service.url.removeprefix("http://")
    assert headers["X-Forwarded-For"] == "10.0.0.1, 127.0.0.1"
    assert (headers["X-Forwarded-Host"], headers["X-Forwarded-Proto"]) == ("cloud", "http")


def test_a_trusted_proxys_word_counts(service: Service) -> None:
    said = ["X-Forwarded-Proto: https", "X-Forwarded-Host: api.example.org", "X-Forwarded-Prefix: /os"]
    service.answers(200, b'{"next": "%s/x"}' % service.url.encode(), JSON)

    with in_front_of(service, "[server]\ntrusted_proxies=127.0.0.1\n") as relayed, relayed.connect() as client:
        answer = ask(client, "GET /compute/v2.1/a%2Fb", *said)

    assert answer.body == b'{"next":"https://api.example.org/os/compute/x"}'
    assert service.last.target == "/v2.1/a%2Fb"
    assert service.last.headers["X-Forwarded-Prefix"] == "/os/compute"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET"])
@pytest.mark.parametrize("size", [0, 10, 3_000_000])
def test_a_body_goes_through_with_its_length(service: Service, client: socket.socket, method: str, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    assert ask(client, f"{method} /compute/x", f"Content-Length: {size}", body=body).status == 200

    assert service.last.body == body
    assert service.last.headers.get_all("Content-Length") == [str(size)]
    assert "Transfer-Encoding" not in service.last.headers


@pytest.mark.parametrize("blocks", [[], [b"one"], [b"one", b"x" * 1_000_000, b"three"]])
def test_a_chunked_body_goes_through_chunked(service: Service, client: socket.socket, blocks: list[bytes]) -> None:
    body = b"".join(map(chunk, [*blocks, b""]))

    assert ask(client, "PUT /compute/x", "Transfer-Encoding: chunked", body=body).status == 200

    assert service.last.body == b"".join(blocks)
    assert service.last.headers.get_all("Transfer-Encoding") == ["chunked"]
    assert "Content-Length" not in service.last.headers


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_body_none_is_announced(service: Service, client: socket.socket, method: str) -> None:
    ask(client, f"{method} /compute/x")

    assert not {"content-length", "transfer-encoding"} & header_names(service.last.headers)


@pytest.mark.parametrize(("status", "length"), [(204, None), (304, None), (304, 5)])
def test_an_answer_that_cannot_have_a_body_has_none(
    service: Service, client: socket.socket, status: int, length: int | None
) -> None:
    lengths = [] if length is None else [("Content-Length", str(length))]
    service.answers(status, b"", ("ETag", '"1"'), *lengths)

    for _ in range(2):
        answer = ask(client, "GET /compute/x")
        assert (answer.status, answer.body, answer.all("ETag")) == (status, b"", ['"1"'])
        assert answer.all("Content-Length") == [value for _, value in lengths]


def test_head_has_the_length_and_no_body(service: Service, client: socket.socket) -> None:
    service.answers(200, b"x" * 1000)

    for _ in range(2):
        answer = ask(client, "HEAD /image/v2/images/i/file")
        assert (answer.body, answer.all("Content-Length")) == (b"", ["1000"])
    assert service.connections == 1


@pytest.mark.parametrize("status", [200, 201, 300, 400, 401, 404, 409, 413, 500, 503])
def test_status_and_body_come_back(service: Service, client: socket.socket, status: int) -> None:
    service.answers(status, b'{"any": "thing"}', JSON)

    answer = ask(client, "POST /compute/x", "Content-Length: 2", body=b"{}")

    assert (answer.status, answer.body) == (status, b'{"any": "thing"}')


def test_a_chunked_answer_comes_back_chunked(service: Service, client: socket.socket) -> None:
    service.answers(200, chunk(b"one") + chunk(b"two") + chunk(b""), ("Transfer-Encoding", "chunked"))

    answer = ask(client, "GET /image/x")

    assert (answer.body, answer.is_whole) == (b"onetwo", True)
    assert answer.all("Transfer-Encoding") == ["chunked"]


def test_an_answer_that_ends_with_its_connection_comes_back_whole(service: Service, client: socket.socket) -> None:
    def until_the_end(exchange: Exchange) -> None:
        exchange.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: a/b\r\n\r\none two")
        exchange.close_connection = True

    service.script = until_the_end

    headers = [("content-type", "a/b"), ("transfer-encoding", "chunked")]
    assert ask(client, "GET /image/x") == Reply(200, headers, b"one two", True)


def test_a_connection_is_used_again_for_whatever_came_before(service: Service, client: socket.socket) -> None:
    answers: list[tuple[Any, ...]] = [(200, b"[]", JSON), (200, b"x" * 3_000_000), (204,), (304,)]
    for answer in answers:
        service.answers(*answer)
        ask(client, "GET /compute/x")
        ask(client, "POST /compute/x", "Content-Length: 2", body=b"{}")
        ask(client, "HEAD /compute/x")

    assert (len(service.received), service.connections) == (12, 1)


def expecting(client: socket.socket, length: int = 4) -> None:
    send(client, f"PUT {FILE}", f"Content-Length: {length}", "Expect: 100-continue")


def test_the_service_says_when_the_client_may_continue(unread: Service) -> None:
    asked: list[str] = []

    def invite(exchange: Exchange) -> None:
        asked.append(exchange.headers["Expect"])
        asked.append(read_body(exchange).decode())
        reply(exchange, 204)

    unread.script = invite
    with in_front_of(unread) as relayed, relayed.connect() as client:
        expecting(client)
        assert read_head(client)[0] == 100
        client.sendall(b"body")
        assert receive(client).status == 204

    assert asked == ["100-continue", "body"]


def test_a_service_that_wants_no_body_says_so_before_it_is_sent(unread: Service) -> None:
    unread.invites = False
    unread.answers(401, b"who are you?")

    with in_front_of(unread) as relayed, relayed.connect() as client:
        expecting(client)
        answer = receive(client)

    assert (answer.status, answer.body, answer.all("Connection")) == (401, b"who are you?", ["close"])


def test_a_service_that_does_not_know_the_question_gets_the_body(unread: Service) -> None:
    unread.invites = False
    unread.script = lambda exchange: reply(exchange, 200, read_body(exchange))

    with in_front_of(unread) as relayed, relayed.connect() as client:
        expecting(client)
        assert read_head(client)[0] == 100
        client.sendall(b"body")
        assert receive(client).body == b"body"


def test_an_answer_before_the_end_of_the_body_comes_at_once(unread: Service) -> None:
    def refuse(exchange: Exchange) -> None:
        reply(exchange, 413, b"too much", ("Connection", "close"))

    unread.script = refuse
    with in_front_of(unread) as relayed, relayed.connect() as client:
        send(client, f"PUT {FILE}", "Content-Length: 8000000", body=b"x" * 100_000)
        answer = receive(client)
        assert (answer.status, answer.body) == (413, b"too much")

        # The rest is swallowed, and the connection is good for another request.
        client.sendall(b"x" * 7_900_000)
        unread.answers(200, b"next")
        assert ask(client, "GET /compute/x").body == b"next"


def test_both_directions_stream(unread: Service) -> None:
    """Neither side ends before the other has begun."""
    with in_front_of(unread) as relayed, relayed.connect() as client:

        def echo(exchange: Exchange) -> None:
            for block in chunks(exchange):
                assert block == b"block"
                client.sendall(next(pieces))
            reply(exchange, 204)

        unread.script = echo
        pieces = iter([chunk(b"block"), chunk(b"block"), chunk(b"")])
        send(client, f"PUT {FILE}", "Transfer-Encoding: chunked", body=chunk(b"block"))
        assert receive(client).status == 204
        assert next(pieces, None) is None


def test_a_hook_sees_the_request_and_nothing_is_lost(service: Service) -> None:
    app = application(compute=service.url)
    seen: list[Any] = []
    app.get_dispatcher("compute").add_before_hook(lambda req, resp, params: seen.append(req.uri_template))

    with serving(app) as relayed, relayed.connect() as client:
        answer = ask(
            client, "PUT /compute/v2.1/flavors/a%2Fb?x=%2F", "Transfer-Encoding: chunked", body=chunk(b"x") + chunk(b"")
        )

    assert answer.status == 200
    assert (service.last.target, service.last.body) == ("/v2.1/flavors/a%2Fb?x=%2F", b"x")
    assert seen != []


def test_a_replaced_endpoint_answers_in_front_of_the_relay(service: Service) -> None:
    app = application(compute=service.url)

    class Mine:
        def on_put(self, req: Any, resp: Any) -> None:
            resp.body = {"mine": req.stream.read().decode()}

    app.get_dispatcher("compute").set_handler("v2_extensions", Mine())

    with serving(app) as relayed, relayed.connect() as client:
        mine = ask(client, "PUT /compute/v2.1/extensions", "Content-Length: 5", body=b"hello")
        other = ask(client, "GET /compute/v2.1/servers")

    assert mine.body == b'{"mine":"hello"}'
    assert (other.status, service.last.target) == (200, "/v2.1/servers")


@pytest.mark.parametrize("form", ["Content-Length: 300000", "Transfer-Encoding: chunked"])
def test_a_handler_in_front_of_the_relay_reads_a_body_that_comes_in_pieces(service: Service, form: str) -> None:
    app = application(compute=service.url)
    block = b"x" * 100_000

    class Mine:
        def on_put(self, req: Any, resp: Any) -> None:
            resp.body = {"lengths": [len(req.stream.read(size)) for size in (200_000, 200_000, 200_000)]}

    app.get_dispatcher("compute").set_handler("v2_extensions", Mine())

    with serving(app) as relayed, relayed.connect() as client:
        send(client, "PUT /compute/v2.1/extensions", form)
        for piece in (block, block, block, b""):
            client.sendall(chunk(piece) if "chunked" in form else piece)
        answer = receive(client)

    assert answer.body == b'{"lengths":[200000,100000,0]}'


def test_the_front_itself_is_served(client: socket.socket) -> None:
    assert ask(client, "GET /healthcheck").body == b"OK"
    assert b'"services"' in ask(client, "GET /").body
    assert ask(client, "GET /nowhere").status == 404


def test_a_request_leaves_a_line_in_the_log(
    service: Service, client: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="jumpgate.access")
    service.answers(404)

    ask(client, "GET /compute/v2/t/servers/s")

    def lines() -> list[dict[str, Any]]:
        return [vars(record)["request"] for record in caplog.records if record.name == "jumpgate.access"]

    assert wait_until(lambda: lines() != [], timeout_s=5)
    expected = {"service": "compute", "endpoint": "v2_server", "project": "t", "status": 404}
    assert lines()[0].items() >= expected.items()


def test_a_client_that_would_rather_speak_another_protocol_is_answered_in_this_one(
    service: Service, client: socket.socket
) -> None:
    """As ``curl --http2`` asks."""
    offer = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"]
    service.answers(200, b"answer")

    for _ in range(2):
        assert ask(client, "GET /compute/x", *offer).body == b"answer"
        assert ask(client, "POST /compute/x", *offer, "Content-Length: 4", body=b"body").body == b"answer"
        assert service.last.body == b"body"
        assert not {"upgrade", "http2-settings", "connection"} & header_names(service.last.headers)
