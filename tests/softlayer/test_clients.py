"""The way of a first user with openstacksdk: log in, look around, boot a server, wait for it, delete it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import openstack
import pytest

from tests.fakes.softlayer import FakeServer, World
from tests.fakes.softlayer.world import real_time
from tests.softlayer.cloud import ACCOUNT, DRIVERS, KEYS, SoftLayerCloud
from tests.support.ports import LOOPBACK, find_free_port

pytestmark = pytest.mark.slow


class Server(socketserver.ThreadingMixIn, WSGIServer):
    """Answers each request in a thread of its own."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Any]:
    """Connect openstacksdk to a Jumpgate before a SoftLayer in which time passes as it does here."""
    world = World(real_time, provisioning_s=2, transaction_s=1)
    world.add_user("alice", KEYS["alice"], ACCOUNT)
    port = find_free_port()
    with FakeServer(world) as fake:
        cloud = SoftLayerCloud(tmp_path, fake, drivers=DRIVERS, extra=f"[server]\nport = {port}\n")
        with make_server(LOOPBACK, port, cloud.app, server_class=Server, handler_class=Quiet) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield openstack.connection.Connection(
                auth={
                    "auth_url": f"http://{LOOPBACK}:{port}/identity/v3",
                    "username": "alice",
                    "password": KEYS["alice"],
                    "project_name": str(ACCOUNT),
                    "user_domain_id": "default",
                    "project_domain_id": "default",
                },
                region_name="RegionOne",
                compute_api_version="2",
            )
            server.shutdown()
            thread.join()


def test_the_first_steps(connection: Any) -> None:
    image = next(connection.image.images(visibility="public"))
    flavor = connection.compute.find_flavor("B1_2X4X25")
    assert (flavor.vcpus, flavor.ram, flavor.disk) == (2, 4096, 25)

    server = connection.compute.create_server(name="first", image_id=image.id, flavor_id=flavor.id, networks="auto")
    server = connection.compute.wait_for_server(server, wait=30, interval=1)

    assert server.addresses["public"][0]["version"] == 4
    assert [item.name for item in connection.compute.servers()] == ["first"]
    connection.compute.delete_server(server)
    connection.compute.wait_for_delete(server, wait=30, interval=1)
    assert list(connection.compute.servers()) == []
