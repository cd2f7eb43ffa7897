"""The first steps with the `openstack` command: a SoftLayer user name and API key, and what SoftLayer has."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.softlayer import FakeServer, World
from tests.fakes.softlayer.world import real_time
from tests.softlayer.cloud import ACCOUNT, DRIVERS, KEYS
from tests.support import served, user
from tests.support.ports import find_free_port
from tests.support.served import Served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
SCRIPT = Path(__file__).parents[2] / "examples" / "first-steps.sh"


@pytest.fixture
def jumpgate(tmp_path: Path) -> Iterator[Served]:
    """Serve the SoftLayer drivers; time passes in the SoftLayer behind them as it does here."""
    world = World(real_time, provisioning_s=2, transaction_s=1)
    world.add_user("alice", KEYS["alice"], ACCOUNT)
    with FakeServer(world) as fake:
        sections = "".join(f"[{name}]\ndriver = jumpgate.{name}.drivers.softlayer\n" for name in DRIVERS)
        config = tmp_path / "jumpgate.conf"
        config.write_text(f"{sections}[softlayer]\nendpoint_url = {fake.url}\nsnapshot_space = 20\n")
        started = served.start(tmp_path / "state", find_free_port(), "--config", str(config), environment={})
        yield started
        started.stop()


def test_the_first_steps_with_a_user_name_and_an_api_key(jumpgate: Served, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    login = {
        "OS_AUTH_URL": f"{jumpgate.url}/identity/v3",
        "OS_USERNAME": "alice",
        "OS_PASSWORD": KEYS["alice"],
        "OS_PROJECT_NAME": str(ACCOUNT),
        "OS_USER_DOMAIN_ID": "default",
        "OS_PROJECT_DOMAIN_ID": "default",
    }

    done = subprocess.run(
        ["bash", str(SCRIPT)],
        cwd=home,
        env=user.environment(home, **login),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    steps = done.stdout
    assert done.returncode == 0, f"{steps}\n{jumpgate.log}"
    assert steps.endswith("nothing is left\n")
    refused = [line.partition(": ")[2] for line in steps.splitlines() if line.startswith("this cloud does not offer")]
    assert refused == ["openstack image create", "openstack network create", "openstack console log"]
    for made in ("server add volume", "volume snapshot create", "server add floating ip", "keypair create"):
        assert f"$ openstack {made}" in steps
    assert list(home.iterdir()) == []
    assert KEYS["alice"][:20] not in steps + jumpgate.log
    assert "Traceback" not in steps + jumpgate.log
