"""Reads through all five services: of the fake, and of the real SoftLayer with the key of SL_USERNAME and SL_API_KEY.

Nothing is changed, there or here. The fake shows in every run that the reads are right.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from falcon.testing import TestClient

from jumpgate.api import Jumpgate
from jumpgate.clouds.softlayer.sdk import API_PUBLIC_ENDPOINT
from jumpgate.common.config import Config
from tests.fakes.softlayer import Clock, FakeServer
from tests.softlayer.cloud import DRIVERS, KEYS, fake_world

USER, KEY = os.environ.get("SL_USERNAME"), os.environ.get("SL_API_KEY")
URL = os.environ.get("SL_ENDPOINT_URL", API_PUBLIC_ENDPOINT)
NO_KEY = "the real SoftLayer is read only with SL_USERNAME and SL_API_KEY in the environment"
pytestmark = pytest.mark.slow
READS = (
    "/identity/v3/auth/projects",
    "/identity/v3/auth/catalog",
    "/identity/v3/users",
    "/identity/v3/projects",
    "/identity/v3/role_assignments",
    "/compute/v2.1/servers/detail",
    "/compute/v2.1/flavors/detail",
    "/compute/v2.1/os-availability-zone",
    "/compute/v2.1/os-keypairs",
    "/compute/v2.1/os-server-groups",
    "/compute/v2.1/limits",
    "/compute/v2.1/os-hosts",
    "/compute/v2.1/os-hypervisors/detail",
    "/compute/v2.1/os-services",
    "/compute/v2.1/os-simple-tenant-usage?start=2026-01-01T00:00:00",
    "/compute/v2.1/os-floating-ip-dns",
    "/image/v2/images?limit=5",
    "/volume/v3/volumes/detail",
    "/volume/v3/snapshots/detail",
    "/volume/v3/types",
    "/volume/v3/os-availability-zone",
    "/volume/v3/limits",
    "/network/v2.0/networks",
    "/network/v2.0/subnets",
    "/network/v2.0/ports",
    "/network/v2.0/security-groups",
    "/network/v2.0/security-group-rules",
    "/network/v2.0/floatingips",
)
# What only the account's master user may ask.
OF_THE_MASTER = ("os-hosts", "os-hypervisors", "os-services", "os-simple-tenant-usage", "users", "role_assignments")


@pytest.fixture(scope="module", params=["fake", "real"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    state = tmp_path_factory.mktemp("state")
    if request.param == "real":
        if not (USER and KEY):
            pytest.skip(NO_KEY)
        yield logged_in(state, URL, USER, KEY)
        return
    with FakeServer(fake_world(Clock())) as fake:
        yield logged_in(state, fake.url, "alice", KEYS["alice"])


def logged_in(state: Path, url: str, user: str, key: str) -> TestClient:
    """Return a client of a Jumpgate before a SoftLayer, with a token."""
    sections = "".join(f"[{name}]\ndriver = jumpgate.{name}.drivers.softlayer\n" for name in DRIVERS)
    config = Config.from_text(f"{sections}[softlayer]\nendpoint_url = {url}\n")
    config.state_directory = state
    app = Jumpgate(config)
    app.prepare()
    password = {"user": {"name": user, "domain": {"id": "default"}, "password": key}}
    auth = {"identity": {"methods": ["password"], "password": password}}
    answer = TestClient(app).simulate_post("/identity/v3/auth/tokens", json={"auth": auth})
    assert answer.status_code == 201, answer.text
    return TestClient(app, headers={"X-Auth-Token": answer.headers["X-Subject-Token"]})


@pytest.mark.parametrize("path", READS)
def test_a_read_of_all_that_there_is(client: TestClient, path: str) -> None:
    answer = client.simulate_get(path)

    may_not = answer.status_code == 403 and any(word in path for word in OF_THE_MASTER)
    assert answer.status_code == 200 or may_not, answer.text
