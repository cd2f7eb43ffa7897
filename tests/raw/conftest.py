"""Raw drivers written inside a test: a function for each service, loaded by Jumpgate as a module of its own."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from falcon.testing import TestClient

from jumpgate.api import Jumpgate
from jumpgate.common.config import SERVICE_NAMES, Config

SetupRoutes = Callable[[Any, Any], None]
RawCloud = Callable[..., "Raw"]


class Raw(TestClient):
    """An application made of raw drivers, and a client of it."""

    def __init__(self, app: Jumpgate) -> None:
        super().__init__(app)
        self.jumpgate = app


@pytest.fixture
def raw(monkeypatch: pytest.MonkeyPatch) -> RawCloud:
    """Make an application: ``raw(compute=setup_routes, config="[mine]...")``; services without a driver are silent."""
    numbers = itertools.count(1)

    def make(*, config: str = "", **drivers: SetupRoutes) -> Raw:
        lines = []
        for service in SERVICE_NAMES:
            name = "tests.support.silent"
            if service in drivers:
                module = ModuleType(f"driver_of_a_test_{next(numbers)}")
                module.setup_routes = drivers[service]  # type: ignore[attr-defined]
                monkeypatch.setitem(sys.modules, module.__name__, module)
                name = module.__name__
            lines.append(f"[{service}]\ndriver={name}")
        return Raw(Jumpgate(Config.from_text("\n".join([*lines, config]))))

    return make
