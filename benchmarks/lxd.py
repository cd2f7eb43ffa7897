"""``python -m benchmarks.lxd``: the time from asking for a server to its answer to a ping, on a real LXD, as root.

Once through Jumpgate's API, once with the `openstack` command, whose own start costs most of it, and once past Jumpgate
with LXD's own ``lxc launch``: ten times each, in turn.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lxd.cloud import configuration
from tests.support import served
from tests.support.calls import Login, log_in
from tests.support.lxd import BRIDGE, RunningLxd, Unavailable, build_image, running_lxd
from tests.support.ports import find_free_port
from tests.support.waiting import wait_until

DRIVERS = {name: f"jumpgate.{name}.drivers.lxd" for name in ("compute", "image", "network", "block_storage")}
FLAVOR, PREFIX = "42", "10.86.0.0/24"
PATIENCE_S = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status is 77 where no LXD can run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lxd", description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    times = parser.parse_args(arguments).times
    try:
        with tempfile.TemporaryDirectory(prefix="jumpgate-bench-") as folder, running_lxd() as lxd:
            print(report(measure(Path(folder), lxd, times)))
    except Unavailable as missing:
        print(missing)
        return 77
    return 0


def measure(folder: Path, lxd: RunningLxd, times: int) -> Mapping[str, Sequence[float]]:
    """Return the seconds of each way, in the order in which they were measured."""
    tarball = build_image(folder / "image")
    lxd.lxc("image", "import", str(tarball), "--alias", "plain")
    with _cloud(folder, lxd, tarball) as cloud:
        ways: Mapping[str, Callable[[str], float]] = {
            "Jumpgate's API": cloud.by_api,
            "openstack server create": cloud.by_command,
            "lxc launch": lambda name: launch(lxd, name),
        }
        found: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(times):
            for way, run in ways.items():
                found[way].append(run(f"bench-{number}"))
    return found


def report(found: Mapping[str, Sequence[float]]) -> str:
    """Return a Markdown table: every time, the median, and that as a ratio to the last way's."""
    *_, plain = found.values()
    lines = ["| way | seconds | median | ratio |", "| --- | --- | ---: | ---: |"]
    for way, seconds in found.items():
        median = statistics.median(seconds)
        each = " ".join(f"{one:.2f}" for one in seconds)
        lines.append(f"| {way} | {each} | {median:.2f} s | {median / statistics.median(plain):.2f} |")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """A served Jumpgate before an LXD, with an image and a network that lets pings in."""

    lxd: RunningLxd
    login: Login
    image_id: str
    network_id: str
    environment: Mapping[str, str]

    def by_api(self, name: str) -> float:
        """Make a server by HTTP; return the seconds from the request to the answered ping, and delete it."""
        server = {"name": name, "imageRef": self.image_id, "flavorRef": FLAVOR, "networks": [{"uuid": self.network_id}]}
        began = time.monotonic()
        _ask(self.login, "compute", "/servers", server=server)
        return self._until_ping(name, began)

    def by_command(self, name: str) -> float:
        """Make a server with the `openstack` command; return and delete as `by_api` does."""
        words = ("server", "create", "--image", self.image_id, "--flavor", FLAVOR, "--network", self.network_id, name)
        program = Path(sys.executable).with_name("openstack")
        began = time.monotonic()
        subprocess.run([program, *words], env=self.environment, check=True, capture_output=True)
        return self._until_ping(name, began)

    def _until_ping(self, name: str, began: float) -> float:
        def server() -> Any:
            return self.login.call("compute", f"/servers/detail?name={name}").json["servers"][0]

        def address() -> str:
            return next((item["addr"] for items in server()["addresses"].values() for item in items), "")

        seconds = _answered(self.lxd, address, began)
        url = f"/servers/{server()['id']}"
        self.login.call("compute", url, "DELETE")
        wait_until(lambda: self.login.call("compute", url).status == 404, timeout_s=PATIENCE_S)
        return seconds


@contextmanager
def _cloud(folder: Path, lxd: RunningLxd, tarball: Path) -> Iterator[Cloud]:
    config, state = folder / "jumpgate.conf", folder / "state"
    config.write_text(configuration(lxd, DRIVERS))
    server = served.start(state, find_free_port(), "--config", str(config), environment={})
    try:
        login = log_in(state)
        formats = {"disk_format": "raw", "container_format": "bare"}
        image = login.call("image", "/v2/images", "POST", {"name": "bench", **formats}).json["id"]
        login.call("image", f"/v2/images/{image}/file", "PUT", tarball.read_bytes())
        network = _ask(login, "network", "/v2.0/networks", network={"name": "bench"})["id"]
        _ask(login, "network", "/v2.0/subnets", subnet={"network_id": network, "ip_version": 4, "cidr": PREFIX})
        group = login.call("network", "/v2.0/security-groups?name=default").json["security_groups"][0]["id"]
        rule = {"security_group_id": group, "direction": "ingress", "protocol": "icmp"}
        _ask(login, "network", "/v2.0/security-group-rules", security_group_rule=rule)
        clouds = {"OS_CLIENT_CONFIG_FILE": str(state / "clouds.yaml"), "OS_CLOUD": "jumpgate"}
        environment = {**os.environ, **clouds}
        yield Cloud(lxd=lxd, login=login, image_id=image, network_id=network, environment=environment)
    finally:
        server.stop()


def launch(lxd: RunningLxd, name: str) -> float:
    """Make a container with LXD's own client; return the seconds until it answers a ping, and delete it."""

    def address() -> str:
        return lxd.lxc("list", name, "--columns", "4", "--format", "csv").strip().partition(" ")[0]

    began = time.monotonic()
    lxd.lxc("launch", "plain", name, "--network", BRIDGE)
    seconds = _answered(lxd, address, began)
    lxd.lxc("delete", "--force", name)
    return seconds


def _answered(lxd: RunningLxd, address: Callable[[], str], began: float) -> float:
    """Return the seconds until a machine, whose address is not known at once, answers a ping."""
    found = ""

    def answers() -> bool:
        nonlocal found
        found = found or address()
        return bool(found) and lxd.pings(found)

    if not wait_until(answers, timeout_s=PATIENCE_S, interval_s=0.01):
        raise RuntimeError(f"{found or 'The new machine'} does not answer.")
    return time.monotonic() - began


def _ask(login: Login, service: str, path: str, **body: Any) -> Any:
    answer = login.call(service, path, "POST", body)
    if answer.status not in (200, 201, 202):
        raise RuntimeError(f"{path}: {answer.status} {answer.text}")
    return next(iter(answer.json.values()))


if __name__ == "__main__":
    sys.exit(main())
