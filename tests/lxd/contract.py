"""The LXD drivers on the bench of the contract suite."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jumpgate.image.models import ImageSpec
from jumpgate.testing.contract import Cloud, Given
from tests.lxd.cloud import running_cloud
from tests.support.cloud import CALLERS
from tests.support.lxd import RunningLxd


@contextmanager
def lxd_cloud(state: Path, lxd: RunningLxd, service: str, tarball: Path) -> Iterator[Cloud]:
    """Give one service of LXD as the suite uses it, with an image to boot from."""
    with running_cloud(state, lxd) as cloud:
        images = cloud.app.siblings("RegionOne")["image"].images
        spec = ImageSpec(name="tiny", visibility="public", disk_format="raw", container_format="bare")
        image = images.create(CALLERS["admin"], spec)
        with tarball.open("rb") as file:
            images.upload(CALLERS["admin"], image.id, file)
        yield Cloud.of(
            cloud.app,
            service,
            alice=CALLERS["alice"],
            bob=CALLERS["bob"],
            admin=CALLERS["admin"],
            given=Given(image_id=image.id, image_data=tarball.read_bytes(), flavor_id="42", other_flavor_id="84"),
            settle=lambda: time.sleep(0.05),
            timeout_s=60,
        )
        images.delete(CALLERS["admin"], image.id)
