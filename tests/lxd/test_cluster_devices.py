"""What servers of a cluster of LXD have beside themselves: networks on every member, and volumes that follow them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.lxd.cloud import running_cloud
from tests.lxd.ground import Ground, Guest, the_outside
from tests.lxd.servers import upload
from tests.lxd.test_routers import PUBLIC, external, router
from tests.support.cloud import DEMO, Cloud
from tests.support.lxd import build_image
from tests.support.lxd_cluster import NAMES, Cluster
from tests.support.waiting import soon, wait_until

DRIVERS = {name: f"jumpgate.{name}.drivers.lxd" for name in ("compute", "image", "network", "block_storage")}
VOLUMES = f"/volume/v3/{DEMO}/volumes"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[Ground]:
    image = build_image(tmp_path_factory.mktemp("image"))
    with running_cloud(tmp_path_factory.mktemp("devices"), cluster.first, DRIVERS) as cloud, ExitStack() as stack:
        yield Ground(cloud, cluster.first, upload(cloud, "tiny", image.read_bytes()), stack)


@pytest.fixture(scope="module")
def network(ground: Ground) -> dict[str, Any]:
    return ground.network("alice", "10.81.0.0/24")


@pytest.fixture(scope="module")
def guests(ground: Ground, network: dict[str, Any]) -> dict[str, Guest]:
    """Servers by the members that they are on."""
    there: dict[str, Guest] = {}
    for number in range(3):
        guest = ground.server("alice", f"guest-{number}", {"uuid": network["id"]})
        there[place_of(ground, guest)] = guest
    return there


@pytest.fixture(scope="module")
def outside(ground: Ground, network: dict[str, Any]) -> dict[str, Any]:
    """An external network to which a router leads."""
    made = external(ground)
    router(ground, "alice", network["subnet_id"], external_gateway_info={"network_id": made["id"]})
    return dict(made)


def place_of(ground: Ground, guest: Guest) -> str:
    answer = ground.cloud.get("admin", f"/compute/v2.1/servers/{guest.id}")
    return str(answer.json["server"]["OS-EXT-SRV-ATTR:host"])


def bridge_of(network: dict[str, Any]) -> str:
    return f"jg{network['id'].replace('-', '')[:12]}"


def places_of(cluster: Cluster, network: dict[str, Any]) -> dict[str, str]:
    """Return the members that let addresses stand for servers of a network."""
    forwards = json.loads(cluster.first.lxc("query", f"/1.0/networks/{bridge_of(network)}/forwards?recursion=1"))
    return {item["listen_address"]: item["location"] for item in forwards}


def migrate(ground: Ground, guest: Guest, host: str) -> None:
    path = f"/compute/v2.1/servers/{guest.id}/action"
    asked = ground.cloud.post("admin", path, {"migrate": {"host": host}}, version="compute 2.79")
    assert asked.status_code == 202, asked.text
    assert wait_until(lambda: guest.shown()["status"] == "VERIFY_RESIZE", timeout_s=60), guest.shown()
    assert place_of(ground, guest) == host


def volume(ground: Ground, **wanted: Any) -> str:
    made = ground.cloud.post("alice", VOLUMES, {"volume": {"size": 1, **wanted}})
    assert made.status_code == 202, made.text
    volume_id: str = made.json["volume"]["id"]
    assert wait_until(lambda: status_of(ground.cloud, volume_id) == "available", timeout_s=30)
    return volume_id


def status_of(cloud: Cloud, volume_id: str) -> str:
    return str(cloud.get("alice", f"{VOLUMES}/{volume_id}").json["volume"]["status"])


def attach(ground: Ground, guest: Guest, volume_id: str) -> None:
    path = f"/compute/v2.1/servers/{guest.id}/os-volume_attachments"
    answer = ground.cloud.post("alice", path, {"volumeAttachment": {"volumeId": volume_id}})
    assert answer.status_code == 200, answer.text
    assert wait_until(lambda: status_of(ground.cloud, volume_id) == "in-use", timeout_s=30)


def detach(ground: Ground, guest: Guest, volume_id: str) -> None:
    path = f"/compute/v2.1/servers/{guest.id}/os-volume_attachments/{volume_id}"
    assert ground.cloud.delete("alice", path).status_code == 202
    assert wait_until(lambda: status_of(ground.cloud, volume_id) == "available", timeout_s=30)


def test_a_network_is_on_every_member(cluster: Cluster, network: dict[str, Any]) -> None:
    found = json.loads(cluster.first.lxc("query", "/1.0/networks?recursion=1"))
    (bridge,) = [item for item in found if item["name"] == bridge_of(network)]
    assert (bridge["status"], set(bridge["locations"])) == ("Created", set(NAMES))


def test_servers_on_every_member_have_their_ports_addresses(
    guests: dict[str, Guest], cluster: Cluster, ground: Ground
) -> None:
    assert set(guests) == set(NAMES)
    for name, guest in guests.items():
        (address,) = guest.addresses()
        assert guest.has(address)
        assert soon(guest.pings, "10.81.0.1")
        assert cluster.members[name].inside("ip", "route", "get", address).returncode == 0


def test_a_floating_ip_stands_where_its_server_is(
    guests: dict[str, Guest], cluster: Cluster, ground: Ground, network: dict[str, Any], outside: dict[str, Any]
) -> None:
    guest = guests["two"]
    ground.allow("alice", ground.default_group("alice"), protocol="icmp")
    (interface,) = guest.interfaces()
    floating = ground.make("alice", "floatingip", floating_network_id=outside["id"], port_id=interface["port_id"])
    assert floating["fixed_ip_address"] == guest.addresses()[0]
    address = floating["floating_ip_address"]
    assert places_of(cluster, network) == {address: "two"}
    bound = ground.cloud.get("admin", f"/network/v2.0/ports/{interface['port_id']}").json["port"]
    assert bound["binding:host_id"] == "two"
    with the_outside(cluster.members["two"], PUBLIC) as world:
        assert wait_until(lambda: world.pings(address), timeout_s=20)
    migrate(ground, guest, "three")
    assert places_of(cluster, network) == {address: "three"}
    with the_outside(cluster.members["three"], PUBLIC) as world:
        assert wait_until(lambda: world.pings(address), timeout_s=20)
    guest.act("revertResize")
    assert wait_until(lambda: guest.shown()["status"] == "ACTIVE", timeout_s=60)
    assert places_of(cluster, network) == {address: "two"}
    freed = ground.change("alice", "floatingip", floating["id"], port_id=None)
    assert freed["fixed_ip_address"] is None
    assert places_of(cluster, network) == {}


def test_a_floating_ip_comes_to_its_ports_server_and_is_down_where_somebody_moves_that(
    cluster: Cluster, ground: Ground, network: dict[str, Any], outside: dict[str, Any]
) -> None:
    port = ground.make("alice", "port", network_id=network["id"])
    floating = ground.make("alice", "floatingip", floating_network_id=outside["id"], port_id=port["id"])
    address = floating["floating_ip_address"]
    assert places_of(cluster, network) == {address: "one"}
    cluster.first.lxc("cluster", "set", "one", "scheduler.instance", "manual")
    late = ground.server("alice", "late", {"port": port["id"]})
    cluster.first.lxc("cluster", "set", "one", "scheduler.instance", "all")
    home = place_of(ground, late)
    assert home != "one"
    assert places_of(cluster, network) == {address: home}
    other = next(name for name in NAMES if name != home)
    for command in (("stop", "--force", late.name), ("move", late.name, "--target", other), ("start", late.name)):
        late.lxc(*command)
    assert place_of(ground, late) == other
    assert ground.show("alice", "floatingip", floating["id"])["status"] == "DOWN"
    assert ground.change("alice", "floatingip", floating["id"], port_id=port["id"])["status"] == "ACTIVE"
    assert places_of(cluster, network) == {address: other}
    ground.change("alice", "floatingip", floating["id"], port_id=None)
    late.remove()


def test_a_volume_follows_the_server_that_it_is_attached_to(guests: dict[str, Guest], ground: Ground) -> None:
    volume_id = volume(ground, name="wanderer")
    for name in NAMES:
        guest = guests[name]
        attach(ground, guest, volume_id)
        guest.run(f"echo {name} >> /mnt/vdb/seen")
        seen = guest.run("cat /mnt/vdb/seen").split()
        detach(ground, guest, volume_id)
    assert seen == list(NAMES)
    copy = volume(ground, source_volid=volume_id)
    attach(ground, guests["one"], copy)
    assert guests["one"].run("cat /mnt/vdb/seen").split() == list(NAMES)
    detach(ground, guests["one"], copy)
    for item in (volume_id, copy):
        assert ground.cloud.delete("alice", f"{VOLUMES}/{item}").status_code == 202


def test_a_snapshot_goes_along_and_backups_hold_a_volume(guests: dict[str, Guest], ground: Ground) -> None:
    volume_id = volume(ground)
    body = {"snapshot": {"volume_id": volume_id}}
    snapshot = ground.cloud.post("alice", f"/volume/v3/{DEMO}/snapshots", body).json["snapshot"]["id"]
    attach(ground, guests["three"], volume_id)
    detach(ground, guests["three"], volume_id)
    kept = ground.cloud.get("alice", f"/volume/v3/{DEMO}/snapshots/{snapshot}")
    assert kept.json["snapshot"]["status"] == "available"
    backup = ground.cloud.post("alice", f"/volume/v3/{DEMO}/backups", {"backup": {"volume_id": volume_id}})
    assert backup.status_code == 202, backup.text
    assert wait_until(lambda: status_of(ground.cloud, volume_id) == "available", timeout_s=30)
    path = f"/compute/v2.1/servers/{guests['one'].id}/os-volume_attachments"
    refused = ground.cloud.post("alice", path, {"volumeAttachment": {"volumeId": volume_id}})
    assert (refused.status_code, "backups" in refused.text) == (400, True)
    attach(ground, guests["three"], volume_id)
    detach(ground, guests["three"], volume_id)


def test_a_server_with_a_volume_of_one_member_stays_there(guests: dict[str, Guest], ground: Ground) -> None:
    volume_id = volume(ground)
    attach(ground, guests["one"], volume_id)
    moved = ground.cloud.post("admin", f"/compute/v2.1/servers/{guests['one'].id}/action", {"migrate": None})
    assert (moved.status_code, "detach" in moved.text) == (400, True)
    detach(ground, guests["one"], volume_id)


def test_lists_tell_what_is_left_while_a_member_is_down(
    guests: dict[str, Guest], ground: Ground, cluster: Cluster, outside: dict[str, Any]
) -> None:
    ports = {name: guests[name].interfaces()[0]["port_id"] for name in ("one", "three")}
    floating = {
        name: ground.make("alice", "floatingip", floating_network_id=outside["id"], port_id=port)["id"]
        for name, port in ports.items()
    }

    def stand() -> list[tuple[str, str]]:
        shown = (ground.show("alice", "floatingip", floating[name]) for name in ("one", "three"))
        return [(item["port_id"], item["status"]) for item in shown]

    assert stand() == [(ports["one"], "ACTIVE"), (ports["three"], "ACTIVE")]
    cluster.members["three"].kill()
    try:
        for path in (VOLUMES, "/network/v2.0/ports", "/network/v2.0/networks", "/network/v2.0/floatingips"):
            assert ground.cloud.get("alice", path).status_code == 200
        shown = guests["three"].shown()
        address, standing = shown["addresses"]["n-10.81.0.0/24"]
        assert (address["addr"][:8], standing["OS-EXT-IPS:type"]) == ("10.81.0.", "floating")
        down = [(ports["one"], "ACTIVE"), (ports["three"], "DOWN")]
        assert wait_until(lambda: stand() == down, timeout_s=40), stand()
        moved = {"floatingip": {"port_id": None}}
        refused = ground.ask("alice", "PUT", f"floatingips/{floating['three']}", moved, status=409)
        assert "member three of LXD's cluster, which is down" in refused["NeutronError"]["message"]
        refused = ground.ask("alice", "PUT", f"floatingips/{floating['one']}", moved, status=503)
        assert "while all members of its cluster are up" in refused["NeutronError"]["message"]
        assert stand() == down
    finally:
        cluster.members["three"].begin()
    assert wait_until(lambda: stand() == [(ports["one"], "ACTIVE"), (ports["three"], "ACTIVE")], timeout_s=60)
