"""The fake and Jumpgate before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.softlayer import Clock, FakeServer
from tests.softlayer.cloud import DRIVERS, SAME_TIME, SoftLayerCloud, fake_world


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
