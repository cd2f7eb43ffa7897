"""``python -m tools.conformance.softlayer``: Tempest's tests against the SoftLayer drivers.

They are OpenStack's interoperability tests, and those that the first SoftLayer driver was tried with. Behind the
drivers stands the SoftLayer of ``tests/fakes``, which keeps what it is told; time passes in it as it does here. Images'
data goes into a bucket of an object storage that speaks S3, where that SoftLayer reads it.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from jumpgate.certify.report import verdict
from jumpgate.certify.results import Result
from jumpgate.certify.target import connect
from jumpgate.certify.tempest import Tempest
from jumpgate.certify.workspace import workspace
from tests.fakes.softlayer import FakeServer, World
from tests.fakes.softlayer.world import real_time
from tests.support.object_storage import object_storage
from tools.conformance import verdicts
from tools.conformance.serving import free_port, serving

LISTS = tuple(Path("tests/conformance", name) for name in ("interop-softlayer.txt", "first-softlayer.txt"))
SERVICES = ("identity", "compute", "image", "block_storage", "network")
DRIVER = "jumpgate.{}.drivers.softlayer"
# How long a guest takes to be made, and anything else that lasts: as short as a client can notice.
PROVISIONING_S, TRANSACTION_S = 1.5, 0.5
# Tests take two or three accounts at a time, each with users for these roles. See `workspace.PROJECTS` for their order.
ACCOUNTS = (*[("member",)] * 4, *[("member", "reader", "admin")] * 8)
FIRST_ACCOUNT = 400_000
# The network of the tests' servers.
NETWORK = "private"
CLOUD = "softlayer"
# SoftLayer makes passwords itself, some time after the answer to who ordered.
# It reads disks in these formats, and finds out itself whether they are in these.
_SETTINGS = {
    "image": {"disk_formats": "raw,vhd,vmdk,iso"},
    "image-feature-enabled": {"image_format_enforcement": "False"},
    "compute": {"build_timeout": "60"},
    "compute-feature-enabled": {"enable_instance_password": "False"},
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit status is 1 when a test did something else than its list says."""
    options = _parser().parse_args(arguments)
    lists = {file: [name for name in verdicts.names(file) if re.search(options.regex, name)] for file in options.lists}
    wanted = list(dict.fromkeys(name for names in lists.values() for name in names))
    with tempfile.TemporaryDirectory(prefix="jumpgate-softlayer-") as folder:
        results = _run(wanted, Path(folder), options)
    worse = 0
    for file, names in lists.items():
        print(f"\n{file}:")
        worse += verdicts.compare({name: results[name] for name in names if name in results}, names, file)
    return 1 if worse else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.conformance.softlayer", description=__doc__)
    parser.add_argument("lists", type=Path, nargs="*", default=LISTS, help="files of tests and of what they must do")
    parser.add_argument("--regex", default="", help="which of the lists' tests, all without it")
    parser.add_argument("--services", default=",".join(SERVICES), help="which services the SoftLayer drivers serve")
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--log", type=Path, help="where the server's log goes")
    return parser


def _run(names: Sequence[str], folder: Path, options: argparse.Namespace) -> Mapping[str, Result]:
    tempest = Tempest(folder / "tempest")
    tempest.init()
    with _cloud(folder, options) as (clouds, accounts):
        target = connect(CLOUD, clouds)
        with workspace(folder / "tempest", target, accounts=accounts, overrides=_SETTINGS):
            tests = tempest.tests(names)
            results = tempest.run(tests, concurrency=options.concurrency)
            # What fails beside others may have waited for them: a test that fails alone too has failed.
            failed = {name: tests[name] for name, result in results.items() if verdict(result) == "failed"}
            return results | (tempest.run(failed, concurrency=1) if failed else {})


@contextlib.contextmanager
def _cloud(folder: Path, options: argparse.Namespace) -> Iterator[tuple[Path, Path]]:
    """Serve a SoftLayer and a Jumpgate before it; yield its clouds.yaml and Tempest's accounts.yaml."""
    world, port = World(real_time, provisioning_s=PROVISIONING_S, transaction_s=TRANSACTION_S), free_port()
    users = _users(world)
    config, clouds, accounts = (folder / name for name in ("jumpgate.conf", "clouds.yaml", "accounts.yaml"))
    with object_storage() as storage, FakeServer(world) as fake:
        world.objects = storage.read
        config.write_text(_config(options.services.split(","), fake.url) + storage.options())
        accounts.write_text(yaml.safe_dump(users))
        clouds.write_text(yaml.safe_dump(_clouds(users, port)))
        log = options.log or folder / "server.log"
        with serving(["--state", str(folder / "state"), "--config", str(config)], port, 2, log):
            yield clouds, accounts


def _config(services: Sequence[str], url: str) -> str:
    drivers = {name: DRIVER.format(name) if name in services else "tests.support.silent" for name in SERVICES}
    sections = (f"[{name}]\ndriver = {driver}\n" for name, driver in drivers.items())
    return "".join(sections) + f"[softlayer]\nendpoint_url = {url}\nsnapshot_space = 10\n"


def _users(world: World) -> list[dict[str, Any]]:
    """Make the users of some accounts, and return them as Tempest's accounts.yaml has them.

    Each account's VLANs are called by their spaces, as its guests' addresses are.
    """
    users = [_user(world, FIRST_ACCOUNT + number, role) for number, roles in enumerate(ACCOUNTS) for role in roles]
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
    return {"clouds": {CLOUD: {"auth": auth | url | domains, "region_name": "RegionOne"}}}


if __name__ == "__main__":
    sys.exit(main())
