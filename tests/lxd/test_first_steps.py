"""The first steps of a new user, the script of the examples, with the `openstack` command on a real LXD."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lxd.cloud import configuration
from tests.support import user
from tests.support.calls import log_in
from tests.support.lxd import RunningLxd
from tests.support.served import Served

SCRIPT = Path(__file__).parents[2] / "examples" / "first-steps.sh"
DRIVERS = {name: f"jumpgate.{name}.drivers.lxd" for name in ("compute", "image", "network", "block_storage")}


@pytest.mark.timeout(600)
def test_the_first_steps_end_with_nothing_left(
    lxd: RunningLxd, tarball: Path, tmp_path: Path, serve: Callable[..., Served]
) -> None:
    conf, home = tmp_path / "jumpgate.conf", tmp_path / "home"
    conf.write_text(configuration(lxd, DRIVERS))
    home.mkdir()
    served = serve("--config", str(conf))
    external = make_external_network(served)
    cloud = {"OS_CLIENT_CONFIG_FILE": str(served.state / "clouds.yaml"), "OS_CLOUD": "jumpgate"}
    command = ["bash", str(SCRIPT), str(tarball)]
    with outside_of(lxd) as place:
        ping = f"nsenter --net=/run/netns/{place} busybox ping -c 1 -W 1"
        done = subprocess.run(
            command,
            cwd=home,
            env=user.environment(home, PING=ping, **cloud),
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{served.log}"
    assert done.stdout.endswith("nothing is left\n")
    assert re.search(r"^203\.0\.113\.\d+ answers$", done.stdout, re.MULTILINE)
    assert "the same bytes came back" in done.stdout
    assert list(home.iterdir()) == []
    assert json.loads(lxd.lxc("list", "--all-projects", "--format", "json")) == []
    log_in(served.state, "jumpgate-admin").call("network", f"/v2.0/networks/{external}", "DELETE")


@contextmanager
def outside_of(lxd: RunningLxd) -> Iterator[str]:
    """Give a network namespace from which everything goes to LXD's host: the rest of the world."""
    here, there = lxd.namespace, f"{lxd.namespace}-out"
    lines = (
        f"netns add {there}",
        f"-n {here} link add uplink type veth peer name uplink netns {there}",
        f"-n {here} address add 198.51.100.1/30 dev uplink",
        f"-n {here} link set uplink up",
        f"-n {there} address add 198.51.100.2/30 dev uplink",
        f"-n {there} link set uplink up",
        f"-n {there} route add default via 198.51.100.1",
    )
    try:
        for line in lines:
            subprocess.run(["ip", *line.split()], check=True, capture_output=True)
        yield there
    finally:
        subprocess.run(["ip", "netns", "delete", there], check=False, capture_output=True)


def make_external_network(served: Served) -> str:
    """Make the operator's network from which floating IPs come, and return its id."""
    admin = log_in(served.state, "jumpgate-admin")
    body = {"network": {"name": "outside", "router:external": True}}
    network: str = admin.call("network", "/v2.0/networks", "POST", body).json["network"]["id"]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "203.0.113.0/24", "enable_dhcp": False}
    answer = admin.call("network", "/v2.0/subnets", "POST", {"subnet": subnet})
    assert answer.status == 201, answer.text
    return network
