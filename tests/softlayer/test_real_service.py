"""Reads from the real SoftLayer, with the user name and API key of SL_USERNAME and SL_API_KEY; nothing is changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from falcon.testing import TestClient

from jumpgate.api import Jumpgate
from jumpgate.common.config import Config

USER, KEY = os.environ.get("SL_USERNAME"), os.environ.get("SL_API_KEY")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (USER and KEY), reason="the real SoftLayer is read only with SL_USERNAME and SL_API_KEY in the environment"
    ),
]
READS = (
    "/identity/v3/auth/projects",
    "/identity/v3/users",
    "/compute/v2.1/servers/detail",
    "/compute/v2.1/flavors/detail",
    "/compute/v2.1/os-availability-zone",
    "/compute/v2.1/os-keypairs",
    "/compute/v2.1/os-server-groups",
    "/compute/v2.1/limits",
    "/compute/v2.1/os-floating-ip-dns",
    "/image/v2/images?limit=5",
    "/image/v2/info/usage",
    "/volume/v3/volumes/detail",
    "/volume/v3/snapshots/detail",
    "/volume/v3/limits",
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    served = ("identity", "compute", "image", "block_storage")
    names = ("identity", "compute", "image", "block_storage", "network")
    drivers = {
        name: f"jumpgate.{name}.drivers.softlayer" if name in served else "tests.support.silent" for name in names
    }
    config = Config.from_text("".join(f"[{name}]\ndriver = {driver}\n" for name, driver in drivers.items()))
    config.state_directory = Path(tmp_path_factory.mktemp("state"))
    app = Jumpgate(config)
    app.prepare()
    client = TestClient(app)
    password = {"user": {"name": USER, "domain": {"id": "default"}, "password": KEY}}
    auth = {"identity": {"methods": ["password"], "password": password}}
    answer = client.simulate_post("/identity/v3/auth/tokens", json={"auth": auth})
    assert answer.status_code == 201, answer.text
    return TestClient(app, headers={"X-Auth-Token": answer.headers["X-Subject-Token"]})


@pytest.mark.parametrize("path", READS)
def test_a_read_of_the_real_service(client: TestClient, path: str) -> None:
    answer = client.simulate_get(path)

    assert answer.status_code == 200, answer.text
