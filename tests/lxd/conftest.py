"""The image that servers are made of, and the configurations that serve LXD."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lxd.cloud import DRIVERS, configuration, running_cloud
from tests.lxd.servers import upload
from tests.support.cloud import Cloud
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


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd) -> Iterator[Cloud]:
    """A cloud before the module's LXD, whose network service is the embedded one; many modules have their own."""
    with running_cloud(tmp_path_factory.mktemp("cloud"), lxd) as made:
        yield made


@pytest.fixture(scope="module")
def image(cloud: Cloud, tarball: Path) -> Iterator[str]:
    """An image of alice's that LXD boots."""
    image_id = upload(cloud, "tiny", tarball.read_bytes())
    yield image_id
    cloud.delete("alice", f"/image/v2/images/{image_id}")


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
