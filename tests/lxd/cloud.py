"""Jumpgate in the test's own process before a real LXD, its tasks running as they do in a worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from jumpgate.clouds.lxd.settings import Settings
from jumpgate.common.config import SERVICE_NAMES, Config
from tests.support.cloud import Cloud
from tests.support.lxd import RunningLxd

DRIVERS: Mapping[str, str] = {
    "compute": "jumpgate.compute.drivers.lxd",
    "image": "jumpgate.image.drivers.lxd",
    "block_storage": "jumpgate.block_storage.drivers.lxd",
}


def settings(lxd: RunningLxd) -> Settings:
    """Return the settings of an LXD at its socket."""
    return Settings.of(Config.from_text(f"[lxd]\nendpoint = {lxd.socket}\n"))


def configuration(lxd: RunningLxd, drivers: Mapping[str, str]) -> str:
    """Return the text of a jumpgate.conf; services without a driver here are the embedded cloud's."""
    sections = (
        f"[{name}]\ndriver = {drivers.get(name, f'jumpgate.{name}.drivers.embedded')}\n" for name in SERVICE_NAMES
    )
    return "".join(sections) + f"[lxd]\nendpoint = {lxd.socket}\n"


@contextmanager
def running_cloud(
    state: Path, lxd: RunningLxd, drivers: Mapping[str, str] = DRIVERS, *, more: str = ""
) -> Iterator[Cloud]:
    """Give a cloud whose callers are those of `tests.support.cloud`; `more` are further lines of ``[lxd]``."""
    cloud = Cloud(state, "network", drivers=drivers, extra=f"[lxd]\nendpoint = {lxd.socket}\n{more}")
    cloud.app.start()
    yield cloud
    cloud.app.stop()
    cloud.app.store.close()
