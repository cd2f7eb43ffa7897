"""What a client gets when nothing answers, or when a raw handler fails: each service's own fault format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon
import pytest

from jumpgate.common.errors import BadRequest, CloudTimeout, CloudUnreachable, NotFound, RateLimited
from tests.raw.conftest import RawCloud

KEYS = {
    400: "badRequest",
    404: "itemNotFound",
    405: "badMethod",
    500: "computeFault",
    501: "notImplemented",
    504: "computeFault",
}


def titled(status: int, message: str, title: str) -> Any:
    return {"error": {"code": status, "message": message, "title": title}}


def keyed(status: int, message: str, title: str) -> Any:
    return {KEYS[status]: {"code": status, "message": message}}


def neutrons(status: int, message: str, title: str) -> Any:
    return {"NeutronError": {"type": "HTTP" + title.replace(" ", ""), "message": message, "detail": ""}}


def glances(status: int, message: str, title: str) -> Any:
    return {"code": f"{status} {title}", "message": message, "title": title}


# A path of each service that has an endpoint, its name, and the service's fault format.
SERVICES: dict[str, tuple[str, str, Callable[[int, str, str], Any]]] = {
    "identity": ("/identity/v3/users", "v3_users", titled),
    "compute": ("/compute/v2.1/servers", "v2_servers", keyed),
    "block_storage": ("/volume/v3/p/volumes", "v3_volumes", keyed),
    "network": ("/network/v2.0/networks", "v2_networks", neutrons),
    "image": ("/image/v2/images", "v2_images", glances),
}
JSON = {"Accept": "application/json"}
each_service = pytest.mark.parametrize("service", SERVICES)


class Plain:
    """A handler that inherits nothing and answers GET."""

    def on_get(self, req: Any, resp: Any, **path: str) -> None:
        resp.body = {"ok": True}


class Failing:
    """A handler whose GET raises what it was made with."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def on_get(self, req: Any, resp: Any, **path: str) -> None:
        resp.body = {"half": "done"}
        raise self.error


def failing(raw: RawCloud, service: str, error: Exception) -> Any:
    path, name, _ = SERVICES[service]
    cloud = raw(**{service: lambda app, disp: disp.set_handler(name, Failing(error))})
    return cloud.simulate_get(path, headers=JSON)


def fault(service: str, status: int, message: str, title: str) -> Any:
    return SERVICES[service][2](status, message, title)


@each_service
def test_a_handler_inherits_nothing(raw: RawCloud, service: str) -> None:
    path, name, _ = SERVICES[service]
    cloud = raw(**{service: lambda app, disp: disp.set_handler(name, Plain())})

    assert Plain.__bases__ == (object,)
    assert cloud.simulate_get(path).json == {"ok": True}


@each_service
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_an_endpoint_without_a_handler_answers_501(raw: RawCloud, service: str, method: str) -> None:
    path, name, _ = SERVICES[service]

    result = raw().simulate_request(method, path, headers=JSON)

    assert result.status_code == 501
    if method != "HEAD":
        message = f"The endpoint {name} is not supported by this cloud."
        assert result.json == fault(service, 501, message, "Not Implemented")


@each_service
def test_an_unknown_path_answers_404(raw: RawCloud, service: str) -> None:
    prefix = SERVICES[service][0].split("/")[1]

    result = raw().simulate_get(f"/{prefix}/v2/nowhere/at/all", headers=JSON)

    assert result.status_code == 404
    assert result.json == fault(service, 404, "The resource could not be found.", "Not Found")


@each_service
def test_a_method_that_the_handler_lacks_answers_405_with_allow(raw: RawCloud, service: str) -> None:
    path, name, _ = SERVICES[service]
    cloud = raw(**{service: lambda app, disp: disp.set_handler(name, Plain())})

    result = cloud.simulate_post(path, headers=JSON)

    assert result.status_code == 405
    assert {method.strip() for method in result.headers["Allow"].split(",")} == {"GET", "OPTIONS"}
    assert result.json == fault(service, 405, "The method is not allowed for this resource.", "Method Not Allowed")


@each_service
def test_a_handler_that_raises_answers_500_without_its_text(
    raw: RawCloud, service: str, caplog: pytest.LogCaptureFixture
) -> None:
    result = failing(raw, service, KeyError("a secret"))

    request_id = result.headers["x-openstack-request-id"]
    message = (
        f"Unexpected API Error. Please report this to the cloud's operator with the request id {request_id}, "
        "under which the log has the details."
    )
    assert result.status_code == 500
    assert result.json == fault(service, 500, message, "Internal Server Error")
    assert "secret" not in result.text
    assert "Traceback" not in result.text
    record = next(record for record in caplog.records if record.name == "jumpgate.common.routing")
    assert request_id in record.getMessage()
    assert record.exc_info is not None


@each_service
def test_an_error_of_falcons_is_answered_in_the_services_format(raw: RawCloud, service: str) -> None:
    result = failing(raw, service, falcon.HTTPBadRequest(title="Bad", description="The name is missing."))

    assert result.status_code == 400
    assert result.json == fault(service, 400, "The name is missing.", "Bad Request")


@each_service
@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (BadRequest("What?"), 400, "Bad Request"),
        (NotFound("What?"), 404, "Not Found"),
        (CloudTimeout("What?"), 504, "Gateway Timeout"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_word_is_answered_in_the_services_format(
    raw: RawCloud, service: str, error: Exception, status: int, title: str
) -> None:
    result = failing(raw, service, error)

    assert result.status_code == status
    assert result.json == fault(service, status, "What?", title)


def test_an_error_of_falcons_keeps_its_headers(raw: RawCloud) -> None:
    result = failing(raw, "compute", falcon.HTTPServiceUnavailable(description="Later.", retry_after=7))

    assert result.headers["Retry-After"] == "7"
    assert result.json == {"serviceUnavailable": {"code": 503, "message": "Later.", "retryAfter": "7"}}


@pytest.mark.parametrize(
    ("error", "status", "seconds"),
    [(RateLimited("Slow down.", retry_after_s=9), 429, "9"), (CloudUnreachable("Away."), 503, "5")],
)
def test_a_word_that_says_when_to_come_back_has_retry_after(
    raw: RawCloud, error: Exception, status: int, seconds: str
) -> None:
    result = failing(raw, "compute", error)

    assert (result.status_code, result.headers["Retry-After"]) == (status, seconds)


def test_a_redirect_that_a_handler_raises_is_no_error(raw: RawCloud) -> None:
    result = failing(raw, "compute", falcon.HTTPFound("/elsewhere"))

    assert (result.status_code, result.headers["Location"]) == (302, "/elsewhere")


def test_a_failing_cloud_is_logged_with_the_cause_that_the_client_is_not_told(
    raw: RawCloud, caplog: pytest.LogCaptureFixture
) -> None:
    error = CloudUnreachable("The cloud is away.")
    error.__cause__ = ConnectionRefusedError("10.0.0.5 refused")

    result = failing(raw, "compute", error)

    assert "10.0.0.5" not in result.text
    assert "10.0.0.5 refused" in caplog.text


@pytest.mark.parametrize(
    ("service", "headers"),
    [
        ("compute", {"x-openstack-request-id", "x-compute-request-id"}),
        ("block_storage", {"x-openstack-request-id", "x-compute-request-id"}),
        ("network", {"x-openstack-request-id"}),
    ],
)
def test_every_answer_has_its_request_id(raw: RawCloud, service: str, headers: set[str]) -> None:
    result = raw().simulate_get(SERVICES[service][0])

    ids = {result.headers[name] for name in headers}
    assert len(ids) == 1
    assert ids.pop().startswith("req-")


def test_a_request_id_that_a_handler_sets_itself_is_kept(raw: RawCloud) -> None:
    class Index:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.set_header("x-openstack-request-id", "req-its-own")

    cloud = raw(compute=lambda app, disp: disp.set_handler("v2_index", Index()))

    assert cloud.simulate_get("/compute/v2").headers["x-openstack-request-id"] == "req-its-own"


def test_env_request_id_is_the_one_that_the_client_gets(raw: RawCloud) -> None:
    class Index:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.body = {"id": req.env["REQUEST_ID"]}

    result = raw(compute=lambda app, disp: disp.set_handler("v2_index", Index())).simulate_get("/compute/v2")

    assert result.json["id"] == result.headers["x-openstack-request-id"]
