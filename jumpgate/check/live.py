"""The fixtures by which the contract suite runs on a cloud as it is: with what is there, in place of what it makes."""

from __future__ import annotations

from typing import Any

import pytest

from jumpgate.common.errors import Forbidden, NotSupported, Unauthorized
from jumpgate.common.listing import EVERYTHING
from jumpgate.testing.contract import Cloud
from jumpgate.testing.contract.collection import Stock
from jumpgate.testing.contract.suite import Bench

PLUGIN = "jumpgate-check"


@pytest.fixture(scope="module")
def cloud(request: pytest.FixtureRequest) -> Cloud:
    """The configured cloud of the service and region that a test module names."""
    source: Any = request.config.pluginmanager.get_plugin(PLUGIN)
    found: Cloud = source.cloud(request.module.SERVICE, request.module.REGION)
    return found


@pytest.fixture(scope="class")
def stock(request: pytest.FixtureRequest, bench: Bench) -> Stock:
    """Two things that are there, of the kind that a class of tests is about."""
    thing = request.cls.thing
    ctx = bench.caller(thing.caller)
    bench.require(f"{thing.resource}.find")
    found = list(thing.find(getattr(bench, thing.resource), ctx, EVERYTHING))
    if len(found) < 2:
        pytest.skip(f"there are fewer than two {thing.resource} to look at")
    return Stock(ctx, found[0], found[1], None)


REFUSALS = (Forbidden, NotSupported, Unauthorized)
"""With what a cloud refuses, rather than fails."""
