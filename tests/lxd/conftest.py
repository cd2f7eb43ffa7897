"""The image that servers are made of, and the configurations that serve LXD."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lxd.cloud import DRIVERS, configuration
from tests.support.lxd import RunningLxd, build_image


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd) -> Path:
    """An LXD image of a megabyte."""
    return build_image(tmp_path_factory.mktemp("image"))


@pytest.fixture
def conf(tmp_path: Path, lxd: RunningLxd) -> Path:
    """A jumpgate.conf whose compute and image services are LXD's."""
    path = tmp_path / "jumpgate.conf"
    path.write_text(configuration(lxd, DRIVERS))
    return path
