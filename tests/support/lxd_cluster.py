"""A real cluster of LXD: several daemons, each in a network namespace of its own, on one bridge that they share."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import yaml

from tests.support.lxd import BRIDGE, GATEWAY, RunningLxd, check_machine, running_daemon

NAMES = ("one", "two", "three")
PORT = 8443
WIRE = "wire"


@dataclass(slots=True)
class Cluster:
    """Its members by their names; they know each other by `address_of`."""

    members: dict[str, RunningLxd]

    @property
    def first(self) -> RunningLxd:
        """The member that Jumpgate talks to."""
        return self.members[NAMES[0]]

    @property
    def namespace(self) -> str:
        """The network namespace of the bridge on which the members are; from here they are reached by https."""
        return f"jg-{os.getpid()}-wire"


def address_of(name: str) -> str:
    """Return a member's address."""
    return f"10.77.0.{NAMES.index(name) + 1}"


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Run a cluster for as long as the block runs; raise Unavailable where it cannot be."""
    check_machine()
    with ExitStack() as stack:
        cluster = Cluster({})
        _ip("netns", "add", cluster.namespace)
        stack.callback(_ip, "netns", "delete", cluster.namespace)
        _ip("-n", cluster.namespace, "link", "add", WIRE, "type", "bridge")
        _ip("-n", cluster.namespace, "address", "add", "10.77.0.254/24", "dev", WIRE)
        for device in ("lo", WIRE):
            _ip("-n", cluster.namespace, "link", "set", device, "up")
        for name in NAMES:
            lxd = stack.enter_context(running_daemon(f"jg-{os.getpid()}-{name}"))
            _plug(cluster.namespace, lxd, name)
            token = cluster.first.lxc("cluster", "add", name).splitlines()[-1].strip() if cluster.members else None
            lxd.preseed(_first(name) if token is None else _another(name, token))
            cluster.members[name] = lxd
        # After how many seconds of silence LXD holds a member for down; it takes no less.
        cluster.first.lxc("config", "set", "cluster.offline_threshold", "11")
        yield cluster


def _plug(namespace: str, lxd: RunningLxd, name: str) -> None:
    """Give a member's namespace its end of a cable to the bridge."""
    _ip("-n", namespace, "link", "add", name, "type", "veth", "peer", "name", WIRE, "netns", lxd.namespace)
    _ip("-n", namespace, "link", "set", name, "master", WIRE, "up")
    _ip("-n", lxd.namespace, "address", "add", f"{address_of(name)}/24", "dev", WIRE)
    _ip("-n", lxd.namespace, "link", "set", WIRE, "up")


def _first(name: str) -> str:
    """Return what makes a new daemon the first member of a cluster."""
    seed = {
        "config": {"core.https_address": f"{address_of(name)}:{PORT}"},
        "cluster": {"enabled": True, "server_name": name},
        "networks": [
            {
                "name": BRIDGE,
                "type": "bridge",
                "config": {"ipv4.address": f"{GATEWAY}/24", "ipv4.nat": "false", "ipv6.address": "none"},
            }
        ],
        "storage_pools": [{"name": "default", "driver": "dir"}],
        "profiles": [
            {
                "name": "default",
                "devices": {
                    "root": {"type": "disk", "path": "/", "pool": "default"},
                    "eth0": {"type": "nic", "name": "eth0", "network": BRIDGE},
                },
            }
        ],
    }
    return yaml.safe_dump(seed)


def _another(name: str, token: str) -> str:
    """Return what makes a new daemon a member of a cluster that is there."""
    address = f"{address_of(name)}:{PORT}"
    return yaml.safe_dump({"cluster": {"enabled": True, "server_address": address, "cluster_token": token}})


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
