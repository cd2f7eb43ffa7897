"""The quick start of the page about LXD, word for word, but for the socket of LXD and the image."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.lxd import RunningLxd, build_image
from tests.support.served import Served

PAGE = Path(__file__).parents[2] / "docs" / "lxd.md"
OPENSTACK = Path(sys.executable).with_name("openstack")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def ubuntu(lxd: RunningLxd, tmp_path: Path) -> Iterator[None]:
    """The image that the page copies from the internet: here another one of its name, and with bytes of its own."""
    lxd.lxc("image", "import", str(build_image(tmp_path / "ubuntu")), "--alias", "ubuntu")
    yield
    lxd.lxc("image", "delete", "ubuntu")


def test_a_stranger_gets_his_first_server(
    lxd: RunningLxd, ubuntu: None, tmp_path: Path, serve: Callable[..., Served]
) -> None:
    conf = tmp_path / "lxd.conf"
    conf.write_text(block("ini").replace("/var/lib/lxd/unix.socket", lxd.socket))
    served = serve("--config", str(conf))
    environment = {
        **os.environ,
        "OS_CLIENT_CONFIG_FILE": str(served.state / "clouds.yaml"),
        "OS_CLOUD": "jumpgate",
    }

    def run(line: str) -> str:
        command = [str(OPENSTACK), *shlex.split(line)[1:]]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stderr}\n{served.log}"
        return done.stdout

    said = {line: run(line) for line in block("sh").splitlines()}
    try:
        assert "| ubuntu " in said["openstack image list"]
        assert "10.20.0." in said["openstack server show first"]
        assert "ACTIVE" in said["openstack server show first"]
        assert "data" in run("openstack volume list --status in-use")
    finally:
        run("openstack server delete --wait first")
        for thing in ("volume delete data", "network delete inner"):
            run(f"openstack {thing}")
