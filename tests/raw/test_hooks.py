"""Hooks: global and per dispatcher, before and after, their order, and what they may see, change and raise."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import falcon
import pytest

from jumpgate.common.errors import Forbidden
from tests.raw.conftest import RawCloud


class Server:
    """Leaves a mark for the order of things, and shows what it was given."""

    def __init__(self, marks: list[str]) -> None:
        self.marks = marks

    def on_get(self, req: Any, resp: Any, server_id: str) -> None:
        self.marks.append("handler")
        resp.body = {"server_id": server_id}

    def on_delete(self, req: Any, resp: Any, server_id: str) -> None:
        raise ZeroDivisionError("a secret")


def before(marks: list[str], mark: str) -> Callable[[Any, Any, Any], None]:
    return lambda req, resp, params: marks.append(mark)


def after(marks: list[str], mark: str) -> Callable[[Any, Any], None]:
    return lambda req, resp: marks.append(mark)


PATH = "/compute/v2/t/servers/s"


def with_hooks(raw: RawCloud, add: Callable[[Any, Any], None], marks: list[str] | None = None) -> Any:
    """An application with a server's handler and the hooks that `add(app, disp)` sets."""

    def setup_routes(app: Any, disp: Any) -> None:
        disp.set_handler("v2_server", Server(marks if marks is not None else []))
        add(app, disp)

    return raw(compute=setup_routes)


def test_hooks_run_global_first_and_then_the_dispatchers_and_back_again(raw: RawCloud) -> None:
    marks: list[str] = []

    def add(app: Any, disp: Any) -> None:
        disp.add_before_hook(before(marks, "dispatcher before 1"))
        disp.add_before_hook(before(marks, "dispatcher before 2"))
        disp.add_after_hook(after(marks, "dispatcher after 1"))
        disp.add_after_hook(after(marks, "dispatcher after 2"))
        app.add_before_hook(before(marks, "global before"))
        app.add_after_hook(after(marks, "global after"))

    with_hooks(raw, add, marks).simulate_get(PATH)

    assert marks == [
        "global before",
        "dispatcher before 1",
        "dispatcher before 2",
        "handler",
        "dispatcher after 2",
        "dispatcher after 1",
        "global after",
    ]


def test_hooks_may_be_put_in_the_lists_themselves(raw: RawCloud) -> None:
    marks: list[str] = []

    def add(app: Any, disp: Any) -> None:
        app.before_hooks.append(before(marks, "before"))
        disp.after_hooks.append(after(marks, "after"))

    with_hooks(raw, add, marks).simulate_get(PATH)

    assert marks == ["before", "handler", "after"]


def test_hooks_of_a_dispatcher_run_for_its_own_requests_only(raw: RawCloud) -> None:
    marks: list[str] = []

    def setup_routes(app: Any, disp: Any) -> None:
        disp.add_before_hook(before(marks, disp.service.name))
        app.add_before_hook(before(marks, f"global of {disp.service.name}"))

    cloud = raw(compute=setup_routes, image=setup_routes)
    cloud.simulate_get("/image/v2/images")

    assert marks == ["global of compute", "global of image", "image"]


def test_a_before_hook_may_change_the_paths_variables(raw: RawCloud) -> None:
    def shout(req: Any, resp: Any, params: dict[str, Any]) -> None:
        params["server_id"] = params["server_id"].upper()

    cloud = with_hooks(raw, lambda app, disp: disp.add_before_hook(shout))

    assert cloud.simulate_get(PATH).json == {"server_id": "S"}


def test_a_before_hook_sees_the_endpoint_and_may_leave_things_for_the_handler(raw: RawCloud) -> None:
    seen: dict[str, Any] = {}

    def look(req: Any, resp: Any, params: dict[str, Any]) -> None:
        req.context.seen = seen
        seen.update(template=req.uri_template, params=dict(params), method=req.method)

    with_hooks(raw, lambda app, disp: app.add_before_hook(look)).simulate_get(PATH)

    assert seen == {
        "template": "/v2/{tenant_id}/servers/{server_id}",
        "params": {"tenant_id": "t", "server_id": "s"},
        "method": "GET",
    }


def test_an_after_hook_reads_and_changes_the_response(raw: RawCloud) -> None:
    def extend(req: Any, resp: Any) -> None:
        resp.body = {**resp.body, "seen": resp.status}
        resp.status = 203
        resp.set_header("X-Hook", "was here")

    result = with_hooks(raw, lambda app, disp: disp.add_after_hook(extend)).simulate_get(PATH)

    assert result.json == {"server_id": "s", "seen": "200 OK"}
    assert result.status_code == 203
    assert result.headers["X-Hook"] == "was here"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", PATH, 500),
        ("PUT", PATH, 405),
        ("GET", "/compute/v2/t/flavors", 501),
        ("GET", "/compute/nowhere", 404),
    ],
)
def test_after_hooks_run_when_the_handler_failed_or_there_was_none(
    raw: RawCloud, method: str, path: str, status: int
) -> None:
    statuses: list[int] = []

    def add(app: Any, disp: Any) -> None:
        disp.add_after_hook(lambda req, resp: statuses.append(resp.status_code))

    with_hooks(raw, add).simulate_request(method, path)

    assert statuses == [status]


def test_before_hooks_run_for_endpoints_without_a_handler(raw: RawCloud) -> None:
    marks: list[str] = []

    with_hooks(raw, lambda app, disp: disp.add_before_hook(before(marks, "before"))).simulate_get(
        "/compute/v2/t/flavors"
    )

    assert marks == ["before"]


@pytest.mark.parametrize(
    ("error", "status", "key"),
    [
        (Forbidden("Not you."), 403, "forbidden"),
        (falcon.HTTPBadRequest(description="Not so."), 400, "badRequest"),
        (RuntimeError("a secret"), 500, "computeFault"),
    ],
)
def test_a_before_hook_that_raises_answers_in_place_of_the_handler(
    raw: RawCloud, error: Exception, status: int, key: str
) -> None:
    marks: list[str] = []

    def refuse(req: Any, resp: Any, params: Any) -> None:
        raise error

    result = with_hooks(raw, lambda app, disp: disp.add_before_hook(refuse), marks).simulate_get(PATH)

    assert result.status_code == status
    assert list(result.json) == [key]
    assert "a secret" not in result.text
    assert marks == []


@pytest.mark.parametrize(
    ("error", "status", "key"),
    [(Forbidden("Not you."), 403, "forbidden"), (RuntimeError("a secret"), 500, "computeFault")],
)
def test_an_after_hook_that_raises_answers_in_place_of_the_handler(
    raw: RawCloud, caplog: pytest.LogCaptureFixture, error: Exception, status: int, key: str
) -> None:
    def refuse(req: Any, resp: Any) -> None:
        raise error

    cloud = with_hooks(raw, lambda app, disp: disp.add_after_hook(refuse))
    with caplog.at_level(logging.INFO, logger="jumpgate.access"):
        result = cloud.simulate_get(PATH)

    assert (result.status_code, list(result.json)) == (status, [key])
    assert "a secret" not in result.text
    assert result.headers["x-openstack-request-id"].startswith("req-")
    logged = next(record for record in caplog.records if record.name == "jumpgate.access")
    assert logged.request["status"] == status  # type: ignore[attr-defined]
