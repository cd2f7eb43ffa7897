"""One log line for each request: what was asked, by whom, and how it went."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from jumpgate.common.typed import Call, Handler, TypedService, attach, operation
from tests.common.conftest import TypedClient
from tests.common.contract import World
from tests.common.things import DictThings
from tests.support.cloud import DEMO


class ServersHandler(Handler[World]):
    @operation()
    def on_get(self, call: Call[World]) -> Any:
        return {}


def expose(app: Any, disp: Any) -> None:
    attach(TypedService(app, disp, World(things=DictThings()), ()), [("v2_servers", ServersHandler)])


@pytest.mark.parametrize(
    ("method", "path", "caller", "expected"),
    [
        ("GET", "/compute/v2.1/servers", "alice", ("compute", "v2_servers", 200, DEMO)),
        ("GET", "/compute/v2.1/servers", None, ("compute", "v2_servers", 401, "-")),
        ("POST", "/compute/v2.1/servers", "alice", ("compute", "v2_servers", 405, "-")),
        ("GET", "/compute/v2.1/flavors", None, ("compute", "v2_flavors", 501, "-")),
        ("GET", "/compute/v2/p/flavors", None, ("compute", "v2_flavors", 501, "p")),
        ("GET", "/image/nowhere", None, ("image", "-", 404, "-")),
    ],
)
def test_a_request_is_one_line(
    exposed: Callable[..., TypedClient],
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    caller: str | None,
    expected: tuple[str, str, int, str],
) -> None:
    client = exposed(compute=expose)
    with caplog.at_level(logging.INFO, logger="jumpgate.access"):
        result = client.ask(caller, method, path)

    (record,) = [record for record in caplog.records if record.name == "jumpgate.access"]
    logged = record.request  # type: ignore[attr-defined]
    assert (logged["service"], logged["endpoint"], logged["status"], logged["project"]) == expected
    assert logged["method"] == method
    assert logged["id"] == result.headers["x-openstack-request-id"]
    assert 0 <= logged["ms"] < 60_000


def test_without_the_log_nothing_is_measured(
    exposed: Callable[..., TypedClient], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="jumpgate.access"):
        exposed(compute=expose).ask("alice", "GET", "/compute/v2.1/servers")

    assert [record for record in caplog.records if record.name == "jumpgate.access"] == []
