"""``python -m tools.conformance.softlayer``: the interoperability tests against the SoftLayer drivers.

Behind them stands the SoftLayer of ``tests/fakes``, which keeps what it is told; time passes in it as it does here.
"""

from __future__ import annotations

import argparse
import contextlib
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from jumpgate.certify.results import Result
from jumpgate.certify.run import Request, certify
from jumpgate.certify.target import connect
from jumpgate.certify.tempest import Tempest
from jumpgate.certify.workspace import workspace
from tests.fakes.softlayer import FakeServer, World
from tests.fakes.softlayer.world import real_time
from tools.conformance import verdicts
from tools.conformance.serving import free_port, serving

SERVICES = ("identity", "compute", "image", "block_storage", "network")
DRIVER = "jumpgate.{}.drivers.softlayer"
# How long a guest takes to be made, and anything else that lasts: as short as a client can notice.
PROVISIONING_S, TRANSACTION_S = 1.5, 0.5
# Tests take two or three accounts at a time. Each has its master user, and a user for either of Tempest's roles.
ACCOUNTS = 12
ROLES = ("member", "reader", "admin")
FIRST_ACCOUNT = 400_000
# The network of the tests' servers.
NETWORK = "private"
_SETTINGS = """\
[compute]
build_timeout = 60
[compute-feature-enabled]
enable_instance_password = False
[validation]
run_validation = False
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit status is 1 when a test that is expected to pass did not."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="jumpgate-softlayer-") as folder, _cloud(Path(folder), options) as request:
        if options.list is not None:
            return verdicts.tell(_run(request, options.list.read_text().split(), Path(folder)), options.expected)
        certificate = certify(request)
    print(certificate.summary())
    return verdicts.tell(certificate.results, options.expected)


def _run(request: Request, names: Sequence[str], folder: Path) -> Mapping[str, Result]:
    """Run some tests of Tempest's, whatever they are, and return their results."""
    tempest = Tempest(folder / "tempest")
    tempest.init()
    target = connect(request.cloud, request.clouds)
    with workspace(folder / "tempest", target, accounts=request.accounts):
        return tempest.run(tempest.tests(names), concurrency=request.concurrency)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.conformance.softlayer", description=__doc__)
    parser.add_argument("--regex", default="", help="which of the interoperability tests, all without it")
    parser.add_argument("--list", type=Path, help="a file of test names, to run in place of the interoperability tests")
    parser.add_argument("--services", default=",".join(SERVICES), help="which services the SoftLayer drivers serve")
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--expected", type=Path, help="a file of tests that must pass")
    parser.add_argument("--report", type=Path, default=Path("build/certificate-softlayer"), help="where the reports go")
    parser.add_argument("--log", type=Path, help="where the server's log goes")
    return parser


@contextlib.contextmanager
def _cloud(folder: Path, options: argparse.Namespace) -> Iterator[Request]:
    """Serve a SoftLayer and a Jumpgate before it; yield what to certify."""
    world, port = World(real_time, provisioning_s=PROVISIONING_S, transaction_s=TRANSACTION_S), free_port()
    users = _users(world)
    with FakeServer(world) as fake:
        config = folder / "jumpgate.conf"
        config.write_text(_config(options.services.split(","), fake.url))
        (folder / "tempest.conf").write_text(_SETTINGS)
        (folder / "accounts.yaml").write_text(yaml.safe_dump(users))
        (folder / "clouds.yaml").write_text(yaml.safe_dump(_clouds(users, port)))
        log = options.log or folder / "server.log"
        with serving(["--state", str(folder / "state"), "--config", str(config)], port, 2, log):
            yield Request(
                cloud="softlayer",
                clouds=folder / "clouds.yaml",
                accounts=folder / "accounts.yaml",
                settings=folder / "tempest.conf",
                regex=options.regex,
                concurrency=options.concurrency,
                folder=options.report,
            )


def _config(services: Sequence[str], url: str) -> str:
    drivers = {name: DRIVER.format(name) if name in services else "tests.support.silent" for name in SERVICES}
    sections = (f"[{name}]\ndriver = {driver}\n" for name, driver in drivers.items())
    return "".join(sections) + f"[softlayer]\nendpoint_url = {url}\nsnapshot_space = 10\n"


def _users(world: World) -> list[dict[str, Any]]:
    """Make the users of some accounts, and return them as Tempest's accounts.yaml has them.

    Each account's VLANs are called by their spaces, as its guests' addresses are.
    """
    users = [_user(world, FIRST_ACCOUNT + number, role) for number in range(ACCOUNTS) for role in ROLES]
    for vlan in world.table("vlans").things.values():
        vlan.record["name"] = vlan.record["networkSpace"].lower()
    return users


def _user(world: World, account: int, role: str) -> dict[str, Any]:
    name, key = f"{role}-{account}", secrets.token_hex(32)
    world.add_user(name, key, account, is_master=role == "admin")
    types = {"types": ["admin"]} if role == "admin" else {}
    place = {"project_name": f"Company {account}", "domain_name": "Default"}
    resources = {"network": NETWORK}
    return {"username": name, "password": key, "roles": [role], "resources": resources, **place, **types}


def _clouds(users: Sequence[dict[str, Any]], port: int) -> dict[str, Any]:
    master = users[-1]
    auth = {name: master[name] for name in ("username", "password", "project_name")}
    url = {"auth_url": f"http://127.0.0.1:{port}/identity/v3"}
    domains = {"user_domain_id": "default", "project_domain_id": "default"}
    return {"clouds": {"softlayer": {"auth": auth | url | domains, "region_name": "RegionOne"}}}


if __name__ == "__main__":
    sys.exit(main())
