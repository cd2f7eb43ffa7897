"""The server in a thread, and what is said where the extra is not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

from jumpgate.api import Jumpgate
from jumpgate.common.config import SERVICE_NAMES, Config
from jumpgate.testing.server import Tokens, serve
from tests.support.cloud import CALLERS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def app(tmp_path: Path) -> Jumpgate:
    """The embedded image service."""
    drivers = dict.fromkeys(SERVICE_NAMES, "tests.support.silent") | {"image": "jumpgate.image.drivers.embedded"}
    config = Config.from_text("".join(f"[{name}]\ndriver = {driver}\n" for name, driver in drivers.items()))
    config.state_directory = tmp_path
    app = Jumpgate(config)
    app.prepare()
    return app


def status(url: str, token: str) -> int:
    return urllib3.PoolManager().request("GET", f"{url}/image/v2/images", headers={"X-Auth-Token": token}).status


def test_a_name_is_a_token_while_it_serves(app: Jumpgate) -> None:
    before = app.authenticator
    with serve(app, tokens=CALLERS) as url:
        assert isinstance(app.authenticator, Tokens)
        assert (status(url, "alice"), status(url, "nobody")) == (200, 401)
    assert app.authenticator is before


def test_nothing_is_served_afterwards(app: Jumpgate) -> None:
    with serve(app, tokens=CALLERS) as url:
        pass
    with pytest.raises(urllib3.exceptions.MaxRetryError):
        urllib3.PoolManager(retries=0).request("GET", url)


@pytest.mark.parametrize(
    ("missing", "module"), [("pytest", "jumpgate.testing.contract"), ("openstack", "jumpgate.testing.contract.compute")]
)
def test_without_the_extra_one_sentence_names_it(missing: str, module: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import {module}"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )

    last = done.stderr.strip().splitlines()[-1]
    assert last.endswith("pip install 'jumpgate[testing]'.")
    assert last.startswith("ImportError: The contract suite needs ")
