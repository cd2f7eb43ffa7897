"""``python -m tools.conformance.lxd``: the interoperability tests against the LXD drivers, on a real LXD.

Identity is the embedded cloud's. Servers are containers of a busybox image; disks have sizes where btrfs can be had.
"""

from __future__ import annotations

import argparse
import configparser
import contextlib
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from openstack.exceptions import SDKException

from jumpgate.certify.features import Settings
from jumpgate.certify.report import verdict
from jumpgate.certify.results import Result
from jumpgate.certify.run import Request, certify
from jumpgate.certify.target import Target, connect
from tests.support.lxd import RunningLxd, Unavailable, build_image, running_lxd
from tools.conformance import verdicts
from tools.conformance.serving import free_port, serving
from tools.conformance.workspace import password_rules

SERVICES = ("compute", "image", "block_storage", "network")
CLOUD = "jumpgate-admin"
UNAVAILABLE = 77
"""The exit status where no LXD can run, as automake's tests have it."""
POOL, POOL_SIZE = "sized", "20GiB"
IMAGES = ("busybox", "busybox-too")
# With the rules for passwords that Tempest has tests of.
IDENTITY = """\
[identity]
driver = jumpgate.identity.drivers.embedded
lockout_failure_attempts = 3
lockout_duration = 5
unique_last_password_count = 2
"""
# Everybody's servers are on one network: a network for each of Tempest's projects doubles the time.
SHARED, SHARED_PREFIX = "shared", "10.90.0.0/22"
SETTINGS = {
    "auth": {"create_isolated_networks": "False"},
    "compute": {"build_timeout": "90", "fixed_network_name": SHARED},
    # Guests have no password until one is set.
    "compute-feature-enabled": {"enable_instance_password": "False"},
    # In which formats volumes become images.
    "volume": {"disk_format": "raw"},
}
# The operator's network, from which floating IPs come.
OUTSIDE, OUTSIDE_PREFIX = "outside", "203.0.113.0/24"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit status is 1 when a test that is expected to pass did not, 77 where no LXD can run."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="jumpgate-lxd-") as folder, contextlib.ExitStack() as stack:
        try:
            lxd = stack.enter_context(running_lxd())
        except Unavailable as missing:
            print(missing)
            return UNAVAILABLE
        request = stack.enter_context(_cloud(Path(folder), lxd, options))
        certificate = certify(request)
        print(certificate.summary())
        results = {**certificate.results, **_again(request, certificate.results, options)}
    if options.record:
        verdicts.record(results, options.record)
    return verdicts.tell(results, options.expected)


def _again(request: Request, results: Mapping[str, Result], options: argparse.Namespace) -> Mapping[str, Result]:
    """Run what failed and should not once more, without the networks that other tests have left.

    A prefix is there once in an LXD, and Tempest's tests of subnets take theirs to be free in each project.
    """
    must = verdicts.passing(options.expected) if options.expected else set(results)
    failed = [test for test in sorted(must & results.keys()) if verdict(results[test]) == "failed"]
    if not failed:
        return {}
    print(f"Repeated without the networks of others: {', '.join(failed)}")
    _clear(connect(request.cloud, request.clouds))
    names = "|".join(map(re.escape, failed))
    return certify(replace(request, regex=f"^({names})$", concurrency=1, folder=request.folder / "again")).results


def _clear(target: Target) -> None:
    """Delete the networks that tests have left."""
    service: Any = target.connection.network
    for network in [item for item in service.networks() if item.name not in (SHARED, OUTSIDE)]:
        with contextlib.suppress(SDKException):
            for port in service.ports(network_id=network.id):
                if port.device_owner == "network:router_interface":
                    subnet_id = port.fixed_ips[0]["subnet_id"]
                    service.remove_interface_from_router(port.device_id, subnet_id=subnet_id)
                else:
                    service.delete_port(port)
            service.delete_network(network)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.conformance.lxd", description=__doc__)
    parser.add_argument("--regex", default="", help="which of the interoperability tests, all without it")
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--expected", type=Path, help="a file of tests that must pass")
    parser.add_argument("--record", type=Path, help="where the tests' names and verdicts go, to be expected later")
    parser.add_argument("--report", type=Path, default=Path("build/certificate-lxd"), help="where the reports go")
    parser.add_argument("--log", type=Path, help="where the server's log goes")
    return parser


@contextlib.contextmanager
def _cloud(folder: Path, lxd: RunningLxd, options: argparse.Namespace) -> Iterator[Request]:
    """Serve a Jumpgate before an LXD, with the images that servers are made of; yield what to certify."""
    port, state = free_port(), folder / "state"
    config = folder / "jumpgate.conf"
    config.write_text(_config(lxd.socket, _pool(lxd)))
    _write(folder / "tempest.conf", {**SETTINGS, **password_rules(config)})
    log = options.log or folder / "server.log"
    with serving(["--state", str(state), "--config", str(config)], port, 2, log):
        _furnish(connect(CLOUD, state / "clouds.yaml"), build_image(folder / "image"))
        yield Request(
            cloud=CLOUD,
            clouds=state / "clouds.yaml",
            accounts=None,
            settings=folder / "tempest.conf",
            regex=options.regex,
            concurrency=options.concurrency,
            folder=options.report,
        )


def _config(socket: str, pool: str) -> str:
    sections = (f"[{name}]\ndriver = jumpgate.{name}.drivers.lxd\n" for name in SERVICES)
    return IDENTITY + "".join(sections) + f"[lxd]\nendpoint = {socket}\npool = {pool}\n"


def _pool(lxd: RunningLxd) -> str:
    """Make a pool that keeps disks to their size; return the one that does not where that cannot be."""
    try:
        lxd.lxc("storage", "create", POOL, "btrfs", f"size={POOL_SIZE}")
    except AssertionError as error:
        print(f"Disks have no sizes here: {error}")
        return "default"
    return POOL


def _write(file: Path, settings: Settings) -> None:
    parser = configparser.RawConfigParser()
    parser.read_dict(settings)
    with file.open("w") as stream:
        parser.write(stream)


def _furnish(target: Target, tarball: Path) -> None:
    """Make what the tests take for granted: two images, a network that everybody may use, and an external one."""
    for name in IMAGES:
        formats = {"disk_format": "raw", "container_format": "bare", "visibility": "public"}
        target.connection.image.create_image(name=name, data=tarball.read_bytes(), **formats)
    service: Any = target.connection.network
    shared = service.create_network(name=SHARED, shared=True)
    service.create_subnet(network_id=shared.id, ip_version=4, cidr=SHARED_PREFIX)
    outside = service.create_network(name=OUTSIDE, is_router_external=True)
    service.create_subnet(network_id=outside.id, ip_version=4, cidr=OUTSIDE_PREFIX, enable_dhcp=False)


if __name__ == "__main__":
    sys.exit(main())
