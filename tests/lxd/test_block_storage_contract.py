"""The LXD block storage driver keeps the contract, with a real LXD behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jumpgate.testing.contract import Cloud
from jumpgate.testing.contract.block_storage import *  # noqa: F403
from tests.lxd.contract import lxd_cloud
from tests.support.lxd import RunningLxd


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd, tarball: Path) -> Iterator[Cloud]:
    with lxd_cloud(tmp_path_factory.mktemp("contract"), lxd, "block_storage", tarball) as made:
        yield made
