"""Jumpgate in front of another: a real client works through the passthrough as it does without."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openstack
import pytest

from jumpgate.common.config import SERVICE_NAMES
from tests.support.calls import cloud_entry
from tests.support.served import Served

MOUNTS = {"block_storage": "volume"}
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def behind(serve: Callable[..., Served]) -> Served:
    return serve()


def configuration(folder: Path, behind: Served, sections: str = "") -> str:
    """Write a configuration that passes on to `behind` whatever `sections` do not serve; return its name."""
    file = folder / "jumpgate.conf"
    endpoints = "".join(f"{name}_endpoint={behind.url}/{MOUNTS.get(name, name)}\n" for name in SERVICE_NAMES)
    file.write_text(f"{sections}[openstack]\n{endpoints}")
    return str(file)


@pytest.fixture
def front(serve: Callable[..., Served], behind: Served, tmp_path: Path) -> Served:
    return serve("--config", configuration(tmp_path, behind))


@contextmanager
def connected(url: str, behind: Served) -> Iterator[Any]:
    """Connect openstacksdk to the identity service at `url`, as a user of `behind`."""
    auth = {**cloud_entry(behind.state)["auth"], "auth_url": f"{url}/identity/v3"}
    connection = openstack.connect(auth=auth, region_name="RegionOne", load_yaml_config=False, load_envvars=False)
    try:
        yield connection
    finally:
        connection.close()


@pytest.fixture
def cloud(front: Served, behind: Served) -> Iterator[Any]:
    """A connection that knows of the one in front only."""
    with connected(front.url, behind) as connection:
        yield connection


def test_the_catalog_leads_through_the_front(cloud: Any, front: Served) -> None:
    for service in ("identity", "compute", "image", "block-storage", "network"):
        url = cloud.session.get_endpoint(service_type=service, interface="public")
        assert url.startswith(front.url), (service, url)


def test_discovery_leads_through_the_front(cloud: Any, front: Served) -> None:
    for proxy in (cloud.identity, cloud.compute, cloud.image, cloud.block_storage, cloud.network):
        assert proxy.get_endpoint_data().url.startswith(front.url)


def test_lists_and_their_pages_come_through(cloud: Any) -> None:
    for number in range(5):
        cloud.network.create_network(name=f"network-{number}")

    names = {network.name for network in cloud.network.networks(limit=2)}

    assert {f"network-{number}" for number in range(5)} <= names
    assert list(cloud.compute.servers()) == []
    assert list(cloud.compute.flavors()) != []
    assert list(cloud.block_storage.volumes()) == []


def test_an_image_goes_up_and_comes_down(cloud: Any, tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "image").write_bytes(content)
    image = cloud.image.create_image(
        name="mine", filename=str(tmp_path / "image"), disk_format="raw", container_format="bare", wait=True
    )

    data = cloud.image.download_image(image)

    assert hashlib.sha256(data.content).digest() == hashlib.sha256(content).digest()
    assert {found.name for found in cloud.image.images(limit=1)} >= {"mine"}


def test_errors_come_through_as_they_are(cloud: Any) -> None:
    with pytest.raises(openstack.exceptions.NotFoundException, match="could not be found"):
        cloud.compute.get_server("9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d")


def test_what_is_made_through_the_front_is_behind_it(cloud: Any, behind: Served) -> None:
    volume = cloud.block_storage.create_volume(size=1, name="mine")

    with connected(behind.url, behind) as direct:
        assert direct.block_storage.get_volume(volume.id).name == "mine"


def test_a_typed_driver_in_front_knows_the_users_of_the_keystone_behind(
    serve: Callable[..., Served], behind: Served, tmp_path: Path
) -> None:
    sections = "[network]\ndriver=jumpgate.network.drivers.embedded\n"
    front = serve("--config", configuration(tmp_path, behind, sections))

    with connected(front.url, behind) as cloud, connected(behind.url, behind) as direct:
        network = cloud.network.create_network(name="in front")

        assert network.project_id == cloud.current_project_id
        assert "in front" in {found.name for found in cloud.network.networks()}
        assert "in front" not in {found.name for found in direct.network.networks()}
