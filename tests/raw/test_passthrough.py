"""The passthrough to a real OpenStack: method, path, query, headers, body and status go through unchanged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from falcon.testing import TestClient, create_environ

from jumpgate.common.config import SERVICE_NAMES
from tests.raw.conftest import RawCloud
from tests.raw.passthrough import header_names, passing
from tests.support.service import Service, running_service


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


@pytest.fixture
def client(service: Service) -> TestClient:
    return passing(compute=service.url)


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "COPY", "LOCK"]


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/v2.1/servers", "/v2/t/servers/s/action", "/no/such/endpoint", "/"])
def test_every_method_and_path_goes_through(service: Service, client: TestClient, method: str, path: str) -> None:
    client.simulate_request(method, "/compute" + path)

    assert (service.last.method, service.last.target) == (method, path)


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_every_service_goes_to_its_own_backend(service: Service, name: str) -> None:
    prefix = "volume" if name == "block_storage" else name

    passing(**{name: service.url}).simulate_get(f"/{prefix}/v9/things")

    assert service.last.target == "/v9/things"


def test_the_service_may_have_a_path_of_its_own(service: Service) -> None:
    passing(compute=service.url + "/nova/").simulate_get("/compute/v2.1/servers")

    assert service.last.target == "/nova/v2.1/servers"


@pytest.mark.parametrize(
    "query", ["limit=2&marker=a%2Fb", "a=1&a=2&b", "q=%C3%A9+x", "sort=name:asc,id", "x=%25&y=a~b(c)!*'"]
)
def test_the_query_goes_through_as_it_is(service: Service, client: TestClient, query: str) -> None:
    client.simulate_get("/compute/v2.1/servers", query_string=query)

    assert service.last.target == f"/v2.1/servers?{query}"


@pytest.mark.parametrize(
    "path", ["/v2.1/os-keypairs/a%20b", "/v2/x%25y", "/v2/%C3%A9", "/v2/a:b@c;d=e,f+g", "/v2/x//y/"]
)
@pytest.mark.parametrize("raw_path", [{}, {"RAW_URI": ""}], ids=["told raw", "told decoded"])
def test_an_encoded_path_goes_through_encoded(
    service: Service, client: TestClient, path: str, raw_path: dict[str, str]
) -> None:
    client.simulate_get("/compute" + path, extras=raw_path)

    assert service.last.target == path


@pytest.mark.parametrize("variable", ["RAW_URI", "REQUEST_URI"])
@pytest.mark.parametrize("start", ["", "http://cloud.example.org"])
def test_an_encoded_slash_goes_through_where_the_server_tells_the_raw_path(
    service: Service, client: TestClient, variable: str, start: str
) -> None:
    raw = f"{start}/compute/v2.1/flavors/a%2Fb?x=%2F"

    client.simulate_get("/compute/v2.1/flavors/a/b", query_string="x=%2F", extras={"RAW_URI": "", variable: raw})

    assert service.last.target == "/v2.1/flavors/a%2Fb?x=%2F"


def test_a_raw_path_that_is_not_the_requests_is_not_believed(service: Service, client: TestClient) -> None:
    client.simulate_get("/compute/v2.1/flavors", extras={"RAW_URI": "/compute/v2.1/secrets"})

    assert service.last.target == "/v2.1/flavors"


@pytest.mark.parametrize("path", ["/compute/../server-status", "/compute/v2.1/%2e%2e/%2E%2E/x", "/compute/v2.1/./x"])
def test_a_path_that_climbs_out_of_the_service_is_not_found(service: Service, client: TestClient, path: str) -> None:
    assert client.simulate_get(path).status_code == 404
    assert service.received == []


BODY = b'{"server": {"name": "\xc3\xa9"}}'


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET"])
def test_a_body_goes_through_with_its_length_and_type(service: Service, client: TestClient, method: str) -> None:
    headers = {"Content-Type": "application/octet-stream"}

    client.simulate_request(method, "/compute/v2.1/servers", body=BODY, headers=headers)

    assert service.last.body == BODY
    assert service.last.headers.get_all("Content-Length") == [str(len(BODY))]
    assert service.last.headers["Content-Type"] == "application/octet-stream"
    assert "Transfer-Encoding" not in service.last.headers


def test_a_chunked_body_goes_through_chunked(service: Service, client: TestClient) -> None:
    body = b"x" * 200_000

    client.simulate_put(
        "/compute/v2.1/file",
        body=body,
        headers={"Transfer-Encoding": "chunked"},
        extras={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )

    assert service.last.body == body
    assert service.last.headers.get_all("Transfer-Encoding") == ["chunked"]
    assert "Content-Length" not in service.last.headers


def test_without_a_body_none_is_announced(service: Service, client: TestClient) -> None:
    client.simulate_get("/compute/v2.1/servers")

    assert not {"content-length", "transfer-encoding"} & header_names(service.last.headers)


def test_a_length_that_only_looks_like_one_is_not_sent(service: Service, client: TestClient) -> None:
    env = create_environ("/compute/v2.1/servers")

    app: Any = client.app
    app({**env, "HTTP_CONTENT_LENGTH": "5", "HTTP_CONTENT_TYPE": "a/b"}, lambda *_: None)

    assert not {"content-length", "content-type"} & header_names(service.last.headers)


def test_the_clients_headers_go_through(service: Service, client: TestClient) -> None:
    sent = {
        "X-Auth-Token": "gAAAA-token",
        "OpenStack-API-Version": "compute 2.53",
        "X-OpenStack-Nova-API-Version": "2.53",
        "User-Agent": "python-novaclient",
        "Accept": "application/json",
        "Accept-Language": "de",
        "X-Latin": "caf\xe9",
        "X-OpenStack-Request-Id": "req-11111111-1111-1111-1111-111111111111",
    }

    client.simulate_get("/compute/v2.1/servers", headers=sent)

    assert {name: service.last.headers[name] for name in sent} == sent


def test_nothing_is_made_up_for_a_client_that_sends_little(service: Service) -> None:
    client = passing(compute=service.url)

    client.simulate_get("/compute/v2.1/servers", headers={"User-Agent": ""})

    assert header_names(service.last.headers) <= {
        "host",
        "accept-encoding",
        "user-agent",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-prefix",
        "x-forwarded-proto",
        "x-openstack-request-id",
    }
    assert "python" not in service.last.headers.get("User-Agent", "")


def test_headers_of_the_clients_connection_stay_behind(service: Service, client: TestClient) -> None:
    sent = {
        "Connection": "keep-alive, X-Only-Here",
        "X-Only-Here": "1",
        "Keep-Alive": "timeout=5",
        "TE": "trailers",
        "Trailer": "X-Checksum",
        "Upgrade": "h2c",
        "Proxy-Authorization": "Basic c2VjcmV0",
        "Proxy-Connection": "keep-alive",
        "Expect": "100-continue",
    }

    client.simulate_get("/compute/v2.1/servers", headers=sent)

    assert not header_names(sent) & header_names(service.last.headers)


def test_host_and_forwarded_headers_tell_where_the_client_was(service: Service, client: TestClient) -> None:
    lies = {
        "Forwarded": "host=evil.example.org",
        "X-Forwarded-Host": "evil.example.org",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-For": "10.1.1.1",
    }

    client.simulate_get("/compute/v2.1/servers", host="cloud.example.org", headers=lies, remote_addr="192.0.2.7")

    headers = service.last.headers
    assert headers["Host"] == service.url.removeprefix("http://")
    assert "Forwarded" not in headers
    assert headers["X-Forwarded-Host"] == "cloud.example.org"
    assert headers["X-Forwarded-Proto"] == "http"
    assert headers["X-Forwarded-Prefix"] == "/compute"
    assert headers["X-Forwarded-For"] == "10.1.1.1, 192.0.2.7"


def test_the_processs_own_environment_is_no_header(
    service: Service, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://user:secret@proxy")

    client.simulate_get("/compute/v2.1/servers", extras={"HTTP_PROXY": "http://user:secret@proxy"})

    assert "Proxy" not in service.last.headers


def test_the_request_id_goes_with_a_request_that_has_none(service: Service, client: TestClient) -> None:
    client.simulate_get("/compute/v2.1/servers")

    assert service.last.headers["X-Openstack-Request-Id"].startswith("req-")


ANSWERS = [
    (200, b"<html>", "OK"),
    (201, b"{}", "Created"),
    (202, b"", "Accepted"),
    (207, b"x", "Something Else"),
    (300, b'{"versions": []}', "Multiple Choices"),
    (302, b"", "Found"),
    (400, b'{"badRequest": {}}', "Bad Request"),
    (401, b"no", "Unauthorized"),
    (404, b"", "Nothing Here"),
    (409, b"x", "Conflict"),
    (413, b"x", "Too Large"),
    (500, b"oops", "Internal Server Error"),
    (503, b"later", "Service Unavailable"),
]


@pytest.mark.parametrize(("status", "body", "reason"), ANSWERS)
def test_status_and_body_come_back_as_they_are(
    service: Service, client: TestClient, status: int, body: bytes, reason: str
) -> None:
    service.answers(status, body, ("Content-Type", "text/plain"), reason=reason)

    result = client.simulate_post("/compute/v2.1/servers", body=b"{}")

    assert result.status == f"{status} {reason}"
    assert result.content == body
    assert result.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_cannot_have_a_body_has_none(service: Service, client: TestClient, status: int) -> None:
    service.answers(status, b"", ("ETag", '"1"'), reason="Odd")

    result = client.simulate_get("/compute/v2.1/servers")

    assert (result.status_code, result.content, result.headers["ETag"]) == (status, b"", '"1"')


def test_headers_come_back_as_they_are(service: Service, client: TestClient) -> None:
    sent = {
        "Content-Type": "application/json; charset=UTF-8",
        "X-Subject-Token": "gAAAA",
        "X-OpenStack-Request-Id": "req-of-the-backend",
        "X-Compute-Request-Id": "req-of-the-backend",
        "OpenStack-API-Version": "compute 2.53",
        "Vary": "OpenStack-API-Version, X-Auth-Token",
        "Retry-After": "3",
        "Date": "Mon, 01 Jan 2024 00:00:00 GMT",
        "Server": "Apache",
    }
    service.answers(200, b"{}", *sent.items())

    result = client.simulate_get("/compute/v2.1/servers")

    assert {name: result.headers[name] for name in sent} == sent
    assert header_names(result.headers) == header_names(sent) | {"content-length"}


def test_an_answer_without_a_type_gets_none(service: Service, client: TestClient) -> None:
    def bare(exchange: Any) -> None:
        exchange.wfile.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    service.script = bare
    started: list[Any] = []

    app: Any = client.app
    app(create_environ("/compute/v2.1/servers"), lambda *arguments: started.append(arguments))

    assert started[0][0] == "202 Accepted"
    assert "content-type" not in header_names(name for name, _ in started[0][1])


def test_cookies_come_back_one_by_one(service: Service, client: TestClient) -> None:
    service.answers(200, b"", ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"))

    cookies = client.simulate_get("/compute/v2.1/servers").cookies

    assert {name: cookie.value for name, cookie in cookies.items()} == {"a": "1", "b": "2"}


def test_headers_of_the_services_connection_stay_behind(service: Service, client: TestClient) -> None:
    sent = {"Connection": "close, X-Hop", "X-Hop": "1", "Keep-Alive": "timeout=5", "Upgrade": "h2c"}
    service.answers(200, b"", *sent.items())

    result = client.simulate_get("/compute/v2.1/servers")

    assert not header_names(sent) & header_names(result.headers)


def test_a_redirect_is_the_clients_to_follow(service: Service, client: TestClient) -> None:
    service.answers(302, b"", ("Location", "https://elsewhere.example.org/x"))

    result = client.simulate_get("/compute/v2.1/servers")

    assert (result.status_code, result.headers["Location"]) == (302, "https://elsewhere.example.org/x")
    assert len(service.received) == 1


def test_head_has_the_length_and_no_body(service: Service, client: TestClient) -> None:
    service.answers(200, b"x" * 1000, ("Content-Type", "application/octet-stream"))

    result = client.simulate_head("/compute/v2.1/images/i/file")

    assert (result.headers["Content-Length"], result.content) == ("1000", b"")


def test_a_chunked_answer_comes_back_whole(service: Service, client: TestClient) -> None:
    chunked = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    service.answers(200, chunked, ("Transfer-Encoding", "chunked"), ("Content-Type", "text/plain"))

    assert client.simulate_get("/compute/v2.1/log").content == b"hello world"


def test_hooks_run_around_the_passthrough_and_know_the_endpoint(
    service: Service, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    app: Any = client.app
    seen: dict[str, Any] = {}

    def look(req: Any, resp: Any, params: dict[str, Any]) -> None:
        seen.update(template=req.uri_template, params=dict(params), tenant=req.env.get("tenant_id"))

    app.add_before_hook(look)
    app.get_dispatcher("compute").add_after_hook(lambda req, resp: resp.set_header("X-After", resp.status))
    service.answers(404)

    with caplog.at_level(logging.INFO, logger="jumpgate.access"):
        result = client.simulate_get("/compute/v2/t/servers/s")

    assert seen == {
        "template": "/v2/{tenant_id}/servers/{server_id}",
        "params": {"tenant_id": "t", "server_id": "s"},
        "tenant": "t",
    }
    assert result.headers["X-After"] == "404 Not Found"
    logged = next(record for record in caplog.records if record.name == "jumpgate.access")
    assert logged.request["endpoint"] == "v2_server"  # type: ignore[attr-defined]


def test_one_endpoint_may_be_replaced_in_front_of_the_passthrough(service: Service, raw: RawCloud) -> None:
    from jumpgate.compute.drivers import openstack

    class Extensions:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.body = {"extensions": []}

    def setup_routes(app: Any, disp: Any) -> None:
        openstack.setup_routes(app, disp)
        disp.set_handler("v2_extensions", Extensions())

    cloud = raw(compute=setup_routes, config=f"[openstack]\ncompute_endpoint={service.url}")
    service.answers(200, b"from behind")

    assert cloud.simulate_get("/compute/v2.1/extensions").json == {"extensions": []}
    assert cloud.simulate_get("/compute/v2.1/servers").text == "from behind"
    assert "v2_extensions" not in cloud.jumpgate.get_dispatcher("compute").get_unused_endpoints()
    assert cloud.simulate_post("/compute/v2.1/extensions").status_code == 405
