"""The fake and Jumpgate before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.softlayer import Clock, FakeServer
from tests.softlayer.cloud import DRIVERS, SAME_TIME, SoftLayerCloud, fake_world
from tests.softlayer.spellings import spellings
from tools.softlayer_page import TESTS, name_of_test
from tools.softlayer_rows import ROWS

# The rows of the published tables by the files and names of their tests.
_ROWS = {(TESTS[service], name_of_test(*row)): (service, *row) for service in TESTS for row in ROWS[service]}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> Iterator[FakeServer]:
    with FakeServer(fake_world(clock)) as server:
        yield server


@pytest.fixture
def cloud(tmp_path: Path, fake: FakeServer, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> SoftLayerCloud:
    monkeypatch.setattr(SAME_TIME, clock)
    return SoftLayerCloud(tmp_path, fake, clock, drivers=DRIVERS, extra="snapshot_space = 10\n")


@pytest.fixture(autouse=True)
def row_is_asked_for(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a row's test that did not ask for its row, by its published path and by today's.

    A test with a parameter `root` asks for one of the two below that.
    """
    row = _ROWS.get((request.path.name, request.node.originalname))
    if row is None:
        yield
        return
    cloud: SoftLayerCloud = request.getfixturevalue("cloud")
    root = request.getfixturevalue("root") if "root" in request.fixturenames else None
    yield
    service, verb, path = row
    asked = [item for method, item in cloud.answered if method == verb and item.startswith(root or "")]
    met = [any(re.fullmatch(pattern, item) for item in asked) for pattern in spellings(service, path)]
    assert any(met) if root else all(met), f"{verb} {path} was not asked for, or refused: {asked}"
