"""The image that servers are made of, and the configurations that serve LXD."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lxd.cloud import DRIVERS, configuration
from tests.support.lxd import RunningLxd, Unavailable, build_image, check_machine
from tests.support.lxd_cluster import Cluster, running_cluster


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An LXD image of a megabyte; skips where no LXD can be started."""
    try:
        check_machine()
    except Unavailable as missing:
        pytest.skip(str(missing))
    return build_image(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster of LXD with three members, one for the whole run; skips where none can be started."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(running_cluster())
        except Unavailable as missing:
            pytest.skip(str(missing))
        yield running


@pytest.fixture
def conf(tmp_path: Path, lxd: RunningLxd) -> Path:
    """A jumpgate.conf whose compute and image services are LXD's."""
    path = tmp_path / "jumpgate.conf"
    path.write_text(configuration(lxd, DRIVERS))
    return path
