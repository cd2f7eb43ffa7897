"""The way of a first user with the real `openstack` command: upload, boot, ping, look, delete, on a real LXD."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.lxd import RunningLxd
from tests.support.served import Served
from tests.support.waiting import soon, wait_until

OPENSTACK = Path(sys.executable).with_name("openstack")


def test_a_first_user_gets_a_server_that_answers_a_ping(
    lxd: RunningLxd, conf: Path, tarball: Path, serve: Callable[..., Served]
) -> None:
    served = serve("--config", str(conf))
    environment = {
        **os.environ,
        "OS_CLIENT_CONFIG_FILE": str(served.state / "clouds.yaml"),
        "OS_CLOUD": "jumpgate",
    }

    def openstack(*arguments: str) -> Any:
        command = [str(OPENSTACK), *arguments, *(() if "delete" in arguments else ("-f", "json"))]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stderr}\n{served.log}"
        return json.loads(done.stdout) if done.stdout else None

    formats = ("--disk-format", "raw", "--container-format", "bare")
    image = openstack("image", "create", "tiny", *formats, "--file", str(tarball))
    assert image["status"] == "active"
    assert "m1.nano" in [flavor["Name"] for flavor in openstack("flavor", "list")]

    server = openstack("server", "create", "--image", "tiny", "--flavor", "m1.nano", "--wait", "web")
    assert server["status"] == "ACTIVE"

    shown: dict[str, Any] = {}

    def has_address() -> bool:
        shown.update(openstack("server", "show", "web"))
        return bool(shown["addresses"])

    assert wait_until(has_address, timeout_s=20)
    (address,) = shown["addresses"]["lxdbr0"]
    assert soon(lxd.pings, address)
    assert [item["name"] for item in json.loads(lxd.lxc("list", "--all-projects", "--format", "json"))] == ["web"]

    openstack("server", "delete", "--wait", "web")
    assert not lxd.pings(address)
    openstack("image", "delete", "tiny")
    assert json.loads(lxd.lxc("list", "--all-projects", "--format", "json")) == []
