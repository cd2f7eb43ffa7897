"""A typed service of a test's own, exposed on one of the real dispatchers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from falcon.testing import Result, TestClient

from jumpgate.api import Jumpgate
from jumpgate.common.config import SERVICE_NAMES, Config
from tests.support.cloud import KnownCallers

Expose = Callable[[Any, Any], None]


class TypedClient(TestClient):
    """Asks in a caller's name: ``client.ask("alice", "GET", "/network/v2.0/networks")``."""

    def __init__(self, app: Jumpgate) -> None:
        super().__init__(app)
        self.jumpgate = app

    def ask(self, caller: str | None, method: str, path: str, body: Any = None, **options: Any) -> Result:
        headers = dict(options.pop("headers", {}))
        if caller is not None:
            headers["X-Auth-Token"] = caller
        if isinstance(body, bytes):
            return self.simulate_request(method, path, body=body, headers=headers, **options)
        return self.simulate_request(method, path, json=body, headers=headers, **options)


@pytest.fixture
def exposed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., TypedClient]:
    """Make an application: ``exposed(compute=expose, config="...")``; the other services are silent."""

    def make(*, config: str = "", **services: Expose) -> TypedClient:
        lines = []
        for name in SERVICE_NAMES:
            driver = "tests.support.silent"
            if name in services:
                module = ModuleType(f"typed_driver_of_a_test_{name}")
                module.setup_routes = services[name]  # type: ignore[attr-defined]
                monkeypatch.setitem(sys.modules, module.__name__, module)
                driver = module.__name__
            lines.append(f"[{name}]\ndriver={driver}")
        app = Jumpgate(Config.from_text("\n".join([*lines, config])))
        app.authenticator = KnownCallers()
        return TypedClient(app)

    return make
