"""A Jumpgate that is killed loses nothing that it told: of ordered volumes, and of which request did what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import openstack
import pytest
from keystoneauth1.exceptions import ConnectFailure

from tests.fakes.softlayer import FakeServer, World
from tests.fakes.softlayer.world import real_time
from tests.softlayer.cloud import ACCOUNT, KEYS
from tests.support import served
from tests.support.ports import find_free_port
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

SERVICES = ("identity", "compute", "image", "block_storage", "network")
SAID: dict[str, Any] = {"name": "data", "description": "of the shop", "metadata": {"role": "db"}}


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    world = World(real_time, provisioning_s=0, transaction_s=3)
    world.add_user("alice", KEYS["alice"], ACCOUNT)
    with FakeServer(world) as server:
        yield server


class Jumpgate:
    """A server that can be killed and started again with the same state."""

    def __init__(self, folder: Path, fake: FakeServer) -> None:
        sections = (f"[{name}]\ndriver = jumpgate.{name}.drivers.softlayer\n" for name in SERVICES)
        self._folder = folder
        options = f"[softlayer]\nendpoint_url = {fake.url}\ntimeout = 1\n"
        (folder / "jumpgate.conf").write_text("".join(sections) + options)
        self.start()

    def start(self) -> None:
        conf = ("--config", str(self._folder / "jumpgate.conf"))
        self.server = served.start(self._folder / "state", find_free_port(), *conf, environment={})

    def cloud(self) -> Any:
        auth = {
            "auth_url": f"{self.server.url}/identity/v3",
            "username": "alice",
            "password": KEYS["alice"],
            "project_name": str(ACCOUNT),
            "user_domain_id": "default",
            "project_domain_id": "default",
        }
        return openstack.connection.Connection(auth=auth, region_name="RegionOne")

    def volumes(self) -> Any:
        return self.cloud().block_storage


@pytest.fixture
def jumpgate(tmp_path: Path, fake: FakeServer) -> Iterator[Jumpgate]:
    made = Jumpgate(tmp_path, fake)
    yield made
    made.server.kill()


def said(volume: Any) -> dict[str, Any]:
    return {name: getattr(volume, name) for name in SAID}


def test_between_the_answer_and_the_volume(jumpgate: Jumpgate) -> None:
    made = jumpgate.volumes().create_volume(size=20, volume_type="endurance-4", **SAID)
    jumpgate.server.kill()
    jumpgate.start()
    volumes = jumpgate.volumes()

    waiting = volumes.get_volume(made.id)
    assert (said(waiting), waiting.status, waiting.volume_type) == (SAID, "creating", "endurance-4")
    assert wait_until(lambda: volumes.get_volume(made.id).status == "available", timeout_s=20)
    assert said(volumes.get_volume(made.id)) == SAID
    assert [volume.id for volume in volumes.volumes()] == [made.id]


def test_between_an_image_and_its_data(jumpgate: Jumpgate, fake: FakeServer) -> None:
    known = {"name": "mine", "disk_format": "vhd", "container_format": "bare", "visibility": "private"}
    made = jumpgate.cloud().image.post("/images", json={**known, "tags": ["blue"], "role": "db"}).json()
    jumpgate.server.kill()
    jumpgate.start()
    images = jumpgate.cloud().image
    path = f"/images/{made['id']}"

    assert images.get(path).json() == made
    method = {"name": "web-download", "uri": "cos://us-south/disks/my.vhd"}
    assert images.post(f"{path}/import", json={"method": method}).status_code == 202
    jumpgate.server.kill()
    jumpgate.start()
    images = jumpgate.cloud().image
    assert wait_until(lambda: images.get(path).json()["status"] == "active", timeout_s=20)
    image = images.get(path).json()
    assert {name: image[name] for name in (*known, "tags", "role")} == {**known, "tags": ["blue"], "role": "db"}


def test_between_the_order_and_its_receipt(jumpgate: Jumpgate, fake: FakeServer) -> None:
    methods: dict[Any, Any] = fake.world.methods
    place = methods["Product_Order", "placeOrder"]

    def place_and_kill(*arguments: Any) -> Any:
        receipt = place(*arguments)
        jumpgate.server.kill()
        return receipt

    volumes = jumpgate.volumes()
    methods["Product_Order", "placeOrder"] = place_and_kill
    with pytest.raises(ConnectFailure):
        volumes.create_volume(size=20, **SAID)
    methods["Product_Order", "placeOrder"] = place
    jumpgate.start()
    volumes = jumpgate.volumes()

    # Only after the time that placing an order may take is it certain that nobody is about it.
    assert wait_until(lambda: [said(volume) for volume in volumes.volumes()] == [SAID], timeout_s=30)
    (volume,) = volumes.volumes()
    assert (said(volumes.get_volume(volume.id)), volume.status) == (SAID, "available")


def test_between_what_was_done_and_its_answer(jumpgate: Jumpgate, fake: FakeServer) -> None:
    compute = jumpgate.cloud().compute
    image = next(jumpgate.cloud().image.images())
    made = compute.post(
        "/servers",
        json={"server": {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": image.id}},
    )
    server_id, path = made.json()["server"]["id"], "/servers/{}/os-instance-actions"
    stop = fake.world.methods["Virtual_Guest", "powerOffSoft"]

    def stop_and_kill(*arguments: Any) -> Any:
        jumpgate.server.kill()
        return stop(*arguments)

    cast("dict[Any, Any]", fake.world.methods)["Virtual_Guest", "powerOffSoft"] = stop_and_kill
    with pytest.raises(ConnectFailure):
        compute.post(f"/servers/{server_id}/action", json={"os-stop": None})
    jumpgate.start()

    (stopped, created) = jumpgate.cloud().compute.get(path.format(server_id)).json()["instanceActions"]
    # Nobody was told the id of the request that stopped the server; that of its creation, somebody was.
    assert (created["action"], created["request_id"]) == ("create", made.headers["X-Openstack-Request-Id"])
    assert (stopped["action"], stopped["user_id"]) == ("stop", "alice")
    assert not stopped["request_id"].startswith("req-")
