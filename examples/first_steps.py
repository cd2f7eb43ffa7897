"""The first steps in a new cloud, with openstacksdk: an image, a network, a server and a volume; then all is deleted.

make serve                                                              # in one terminal
export OS_CLIENT_CONFIG_FILE=$PWD/.state/clouds.yaml OS_CLOUD=jumpgate  # in another
python examples/first_steps.py
"""

from __future__ import annotations

import filecmp
import os
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from ipaddress import ip_address, ip_network
from pathlib import Path

import openstack
from openstack.compute.v2.server import Server
from openstack.connection import Connection
from openstack.network.v2.network import Network

IMAGE_BYTES = 50 * 1024 * 1024
SUBNET = "192.0.2.0/24"
NAME = f"first-steps-{uuid.uuid4().hex[:8]}"
PATIENCE_S = 120


def say(text: str) -> None:
    """Print one line of the transcript."""
    print(text, flush=True)


def greet(cloud: Connection) -> None:
    """Get a token, and print what the catalog has."""
    say(f"I am user {cloud.current_user_id} in project {cloud.current_project_id}")
    for service in cloud.service_catalog:
        urls = (endpoint["url"] for endpoint in service["endpoints"] if endpoint["interface"] == "public")
        say(f"  {service['type']:14} {', '.join(urls)}")


def upload_image(cloud: Connection, undo: ExitStack, folder: Path) -> str:
    """Make an image of a file of random bytes and return its id."""
    file = folder / "up.raw"
    file.write_bytes(os.urandom(IMAGE_BYTES))
    image = cloud.image.create_image(NAME, filename=str(file), disk_format="raw", container_format="bare")
    image_id = str(image.id)
    undo.callback(lambda: cloud.image.delete_image(image_id, ignore_missing=False))
    say(f"image {image_id}: {IMAGE_BYTES} bytes uploaded")
    return image_id


def download_image(cloud: Connection, image_id: str, folder: Path) -> None:
    """Get the image's bytes back and compare them."""
    cloud.image.download_image(image_id, output=str(folder / "down.raw"))
    assert filecmp.cmp(folder / "up.raw", folder / "down.raw", shallow=False), "other bytes came back"
    say("  downloaded: the same bytes")


def make_network(cloud: Connection, undo: ExitStack) -> Network:
    """Make a network with one subnet."""
    network = cloud.network.create_network(name=NAME)
    undo.callback(cloud.network.delete_network, network, ignore_missing=False)
    subnet = cloud.network.create_subnet(name=NAME, network_id=network.id, ip_version=4, cidr=SUBNET)
    undo.callback(cloud.network.delete_subnet, subnet, ignore_missing=False)
    say(f"network {network.id} with subnet {subnet.id}, {subnet.cidr}")
    return network


def allow_ssh(cloud: Connection, undo: ExitStack) -> None:
    """Make a security group that lets SSH in, and a key pair."""
    group = cloud.network.create_security_group(name=NAME)
    undo.callback(cloud.network.delete_security_group, group, ignore_missing=False)
    rule = cloud.network.create_security_group_rule(
        security_group_id=group.id,
        direction="ingress",
        ethertype="IPv4",
        protocol="tcp",
        port_range_min=22,
        port_range_max=22,
        remote_ip_prefix="203.0.113.0/24",
    )
    say(f"security group {group.id} with rule {rule.id}")
    keypair = cloud.compute.create_keypair(name=NAME)
    undo.callback(cloud.compute.delete_keypair, keypair, ignore_missing=False)
    say(f"key pair {keypair.name}, {keypair.fingerprint}")


def smallest_flavor(cloud: Connection) -> str:
    """Return the id of the flavor with the least memory."""
    flavors = sorted(cloud.compute.flavors(), key=lambda flavor: flavor.ram)
    say("flavors " + ", ".join(f"{flavor.name} ({flavor.ram} MiB)" for flavor in flavors))
    return str(flavors[0].id)


def boot(cloud: Connection, undo: ExitStack, image_id: str, network: Network) -> Server:
    """Make a server and wait until it is ACTIVE with an address of the subnet."""
    server = cloud.compute.create_server(
        name=NAME,
        image_id=image_id,
        flavor_id=smallest_flavor(cloud),
        networks=[{"uuid": network.id}],
        security_groups=[{"name": NAME}],
        key_name=NAME,
    )
    undo.callback(delete_server, cloud, server)
    server = until(cloud, server, "ACTIVE")
    addresses = [item["addr"] for item in server.addresses[NAME]]
    assert any(ip_address(address) in ip_network(SUBNET) for address in addresses), addresses
    say(f"  its addresses: {', '.join(addresses)}")
    return server


def until(cloud: Connection, server: Server, status: str) -> Server:
    """Wait until a server has a status."""
    found = cloud.compute.wait_for_server(
        cloud.compute.get_server(server), status=status, interval=0.2, wait=PATIENCE_S
    )
    say(f"server {found.id} is {found.status}")
    return found


def stop_start_reboot(cloud: Connection, server: Server) -> None:
    """Take a server through its states."""
    cloud.compute.stop_server(server)
    until(cloud, server, "SHUTOFF")
    cloud.compute.start_server(server)
    until(cloud, server, "ACTIVE")
    cloud.compute.reboot_server(server, "SOFT")
    until(cloud, server, "ACTIVE")
    say("servers " + ", ".join(f"{item.name} {item.status}" for item in cloud.compute.servers()))


def delete_server(cloud: Connection, server: Server) -> None:
    """Delete a server and wait until it is gone."""
    cloud.compute.delete_server(server, ignore_missing=False)
    cloud.compute.wait_for_delete(server, interval=0.2, wait=PATIENCE_S)
    say(f"server {server.id} is gone")


def attach_volume(cloud: Connection, undo: ExitStack, server: Server) -> str:
    """Make a volume, attach it to a server, take it off again, and return its id."""
    volume_id = str(cloud.block_storage.create_volume(name=NAME, size=1).id)
    undo.callback(cloud.block_storage.delete_volume, volume_id, ignore_missing=False)
    wait_for_volume(cloud, volume_id, "available")
    attachment = cloud.compute.create_volume_attachment(server, volume_id)
    wait_for_volume(cloud, volume_id, "in-use")
    say(f"  attached as {attachment.device}")
    cloud.compute.delete_volume_attachment(server, volume_id, ignore_missing=False)
    wait_for_volume(cloud, volume_id, "available")
    return volume_id


def wait_for_volume(cloud: Connection, volume_id: str, status: str) -> None:
    """Wait until a volume has a status."""
    volume = cloud.block_storage.get_volume(volume_id)
    cloud.block_storage.wait_for_status(volume, status=status, interval=0.2, wait=PATIENCE_S)
    say(f"volume {volume_id} is {status}")


def take_snapshot(cloud: Connection, volume_id: str) -> None:
    """Make a snapshot of a volume and delete it."""
    snapshot = cloud.block_storage.create_snapshot(name=NAME, volume_id=volume_id)
    cloud.block_storage.wait_for_status(snapshot, status="available", interval=0.2, wait=PATIENCE_S)
    say(f"snapshot {snapshot.id} is available")
    cloud.block_storage.delete_snapshot(snapshot.id, ignore_missing=False)
    cloud.block_storage.wait_for_delete(snapshot, interval=0.2, wait=PATIENCE_S)
    say(f"snapshot {snapshot.id} is gone")


def everything(cloud: Connection) -> dict[str, set[str]]:
    """Return the ids of all that the project has, by kind."""
    lists: dict[str, Callable[[], object]] = {
        "servers": cloud.compute.servers,
        "key pairs": cloud.compute.keypairs,
        "images": cloud.image.images,
        "volumes": cloud.block_storage.volumes,
        "snapshots": cloud.block_storage.snapshots,
        "networks": cloud.network.networks,
        "subnets": cloud.network.subnets,
        "ports": cloud.network.ports,
        "security groups": cloud.network.security_groups,
        "security group rules": cloud.network.security_group_rules,
    }
    return {kind: {item.id for item in find()} for kind, find in lists.items()}  # type: ignore[attr-defined]


def check_that_nothing_is_left(cloud: Connection, before: dict[str, set[str]]) -> None:
    """Compare what there is with what there was; a deletion may take a moment."""
    deadline = time.monotonic() + PATIENCE_S
    while left := {kind: ids - before[kind] for kind, ids in everything(cloud).items() if ids - before[kind]}:
        assert time.monotonic() < deadline, f"something is left: {left}"
        time.sleep(0.2)
    say("nothing is left")


def main() -> None:
    """Take the steps; what they made is deleted at the end, and also when one fails."""
    cloud = openstack.connect()
    before = everything(cloud)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as undo:
        greet(cloud)
        image_id = upload_image(cloud, undo, Path(folder))
        download_image(cloud, image_id, Path(folder))
        network = make_network(cloud, undo)
        allow_ssh(cloud, undo)
        server = boot(cloud, undo, image_id, network)
        stop_start_reboot(cloud, server)
        volume_id = attach_volume(cloud, undo, server)
        take_snapshot(cloud, volume_id)
        say("deleting all of it")
    check_that_nothing_is_left(cloud, before)


if __name__ == "__main__":
    main()
