"""LXD is all that is kept: Jumpgate without its database shows the same, and what `lxc` changes shows at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lxd.cloud import running_cloud
from tests.lxd.servers import PROJECT, SERVERS, ask, remove, settled, show, upload
from tests.support.cloud import DEMO, Cloud
from tests.support.lxd import RunningLxd
from tests.support.waiting import wait_until

Json = dict[str, Any]
DRIVERS = {name: f"jumpgate.{name}.drivers.lxd" for name in ("compute", "image", "network", "block_storage")}
COMPUTE, IMAGES, NETWORK, VOLUME = "/compute/v2.1", "/image/v2/images", "/network/v2.0", f"/volume/v3/{DEMO}"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6nJb0E1bX5q3P7Cw5r0Uo3m7fJ4mYQ0cFh0Q5yq1aZ alice@example"
# Every list that has something of alice's in it, by the name of what it lists.
LISTS = {
    "servers": f"{SERVERS}/detail",
    "flavors": f"{COMPUTE}/flavors/detail",
    "keypairs": f"{COMPUTE}/os-keypairs",
    "images": IMAGES,
    "networks": f"{NETWORK}/networks",
    "subnets": f"{NETWORK}/subnets",
    "ports": f"{NETWORK}/ports",
    "security_groups": f"{NETWORK}/security-groups",
    "security_group_rules": f"{NETWORK}/security-group-rules",
    "routers": f"{NETWORK}/routers",
    "floatingips": f"{NETWORK}/floatingips",
    "volumes": f"{VOLUME}/volumes/detail",
    "snapshots": f"{VOLUME}/snapshots/detail",
    "backups": f"{VOLUME}/backups/detail",
    "volume_types": f"{VOLUME}/types",
}


@dataclass
class World:
    """One of everything, alice's; `ids` by the names of the lists."""

    cloud: Cloud
    lxd: RunningLxd
    stack: ExitStack
    ids: dict[str, str]

    def make(self, kind: str, path: str, body: Json, caller: str = "alice") -> Json:
        """Make a thing, which goes at the end."""
        answer = self.cloud.post(caller, path, body, version="compute 2.79")
        assert answer.status_code in (200, 201, 202), f"{path}: {answer.status_code} {answer.text}"
        made: Json = answer.json[next(iter(body))] if path != IMAGES else answer.json
        self.ids[kind] = str(made.get("id", made.get("name")))
        self.stack.callback(self.gone, f"{path}/{self.ids[kind]}", caller)
        return made

    def gone(self, url: str, caller: str = "alice") -> None:
        """Delete a thing and wait until it is gone."""
        self.cloud.delete(caller, url)
        assert wait_until(lambda: self.cloud.get(caller, url).status_code == 404, timeout_s=30), url

    def network(self, singular: str, caller: str = "alice", **values: Any) -> Json:
        """Make a thing of the network service."""
        plural = f"{singular}s"
        return self.make(plural, f"{NETWORK}/{plural.replace('_', '-')}", {singular: values}, caller)

    def volume(self, singular: str, **values: Any) -> str:
        """Make a thing of block storage, wait until it is available, and return its URL."""
        path = f"{VOLUME}/{singular}s"
        url = f"{path}/{self.make(f'{singular}s', path, {singular: values})['id']}"
        assert wait_until(lambda: self.cloud.get("alice", url).json[singular]["status"] == "available", timeout_s=30)
        return url


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd, tarball: Path) -> Iterator[World]:
    with running_cloud(tmp_path_factory.mktemp("kept"), lxd, DRIVERS) as cloud, ExitStack() as stack:
        made = World(cloud, lxd, stack, {})
        _furnish(made, tarball)
        yield made


def _furnish(world: World, tarball: Path) -> None:
    flavor = {"name": "kept", "ram": 96, "vcpus": 1, "disk": 1, "OS-FLV-EXT-DATA:ephemeral": 0}
    world.make("flavors", f"{COMPUTE}/flavors", {"flavor": flavor}, "admin")
    world.make("keypairs", f"{COMPUTE}/os-keypairs", {"keypair": {"name": "mine", "public_key": KEY}})
    world.ids["images"] = upload(world.cloud, "kept", tarball.read_bytes())
    world.stack.callback(world.gone, f"{IMAGES}/{world.ids['images']}")
    assert world.cloud.put("alice", f"{IMAGES}/{world.ids['images']}/tags/blue", None).status_code == 204

    outside = world.network("network", "admin", name="outside", **{"router:external": True})["id"]
    world.network("subnet", "admin", network_id=outside, ip_version=4, cidr="203.0.113.0/24", enable_dhcp=False)
    network = world.network("network", name="kept", description="for good")["id"]
    subnet = world.network("subnet", network_id=network, ip_version=4, cidr="10.88.0.0/24", name="ten")["id"]
    router = world.network("router", name="way", external_gateway_info={"network_id": outside})["id"]
    interface = f"{NETWORK}/routers/{router}"
    assert world.cloud.put("alice", f"{interface}/add_router_interface", {"subnet_id": subnet}).status_code == 200
    world.stack.callback(world.cloud.put, "alice", f"{interface}/remove_router_interface", {"subnet_id": subnet})
    group = world.network("security_group", name="web")["id"]
    world.network("security_group_rule", security_group_id=group, direction="ingress", protocol="icmp")
    port = world.network("port", network_id=network, name="first", security_groups=[group])["id"]
    world.network("floatingip", floating_network_id=outside, port_id=port)

    volume = world.volume("volume", size=1, name="v", metadata={"for": "data"}).rpartition("/")[2]
    world.volume("snapshot", volume_id=volume, name="s")
    world.volume("backup", volume_id=volume, name="b")
    more = {"key_name": "mine", "metadata": {"role": "web"}, "tags": ["blue"], "description": "kept"}
    networks = [{"port": port}]
    server = ask(world.cloud, world.ids["images"], "kept", networks=networks, flavorRef=world.ids["flavors"], **more)
    assert server.status_code == 202, server.text
    world.ids["servers"] = server.json["server"]["id"]
    world.stack.callback(remove, world.cloud, world.ids["servers"])
    settled(world.cloud, world.ids["servers"], "ACTIVE")
    attached = {"volumeAttachment": {"volumeId": volume}}
    attachments = f"{SERVERS}/{world.ids['servers']}/os-volume_attachments"
    assert world.cloud.post("alice", attachments, attached).status_code == 200
    url = f"{VOLUME}/volumes/{volume}"
    assert wait_until(lambda: world.cloud.get("alice", url).json["volume"]["status"] == "in-use", timeout_s=30)


def picture(world: World, cloud: Cloud) -> dict[str, Json]:
    """Return everything that a cloud shows of the world, by its path."""
    server = f"{SERVERS}/{world.ids['servers']}"
    of_server = [server, *(f"{server}/{name}" for name in ("os-instance-actions", "os-interface", "metadata", "tags"))]
    paths = [*LISTS.values(), *of_server, f"{server}/os-volume_attachments", f"{NETWORK}/quotas/{DEMO}"]
    return {path: cloud.get("alice", path, version="compute 2.79").json for path in paths}


def listed(cloud: Cloud, kind: str) -> set[str]:
    """Return the ids, or names, in a list of alice's."""
    rows = cloud.get("alice", LISTS[kind]).json[kind]
    return {item.get("id") or item["keypair"]["name"] for item in rows}


def test_everything_is_there_under_the_same_ids_when_the_database_is_gone(world: World, tmp_path: Path) -> None:
    before = picture(world, world.cloud)
    with running_cloud(tmp_path, world.lxd, DRIVERS) as other:
        assert picture(world, other) == before
        for kind in LISTS.keys() & world.ids.keys():
            assert world.ids[kind] in listed(other, kind), kind
        data = other.get("alice", f"{IMAGES}/{world.ids['images']}/file").content
    assert data == world.cloud.get("alice", f"{IMAGES}/{world.ids['images']}/file").content
    assert LISTS.keys() - world.ids.keys() == {"volume_types"}


def test_an_image_that_somebody_imports_renames_or_deletes(world: World, tarball: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tar.gz"
    other.write_bytes(tarball.read_bytes() + b"\0" * 1024)
    world.lxd.lxc("image", "import", str(other), "--alias", "byhand", "--public")
    (image,) = [item for item in world.cloud.get("alice", IMAGES).json["images"] if item["name"] == "byhand"]
    assert (image["status"], image["visibility"], image["size"]) == ("active", "public", other.stat().st_size)
    world.lxd.lxc("image", "alias", "rename", "byhand", "renamed")
    assert world.cloud.get("alice", f"{IMAGES}/{image['id']}").json["name"] == "renamed"
    world.lxd.lxc("image", "delete", "renamed")
    assert world.cloud.get("alice", f"{IMAGES}/{image['id']}").status_code == 404


def test_an_image_of_ours_that_somebody_deletes_is_gone(world: World, tarball: Path) -> None:
    image_id = upload(world.cloud, "doomed", tarball.read_bytes() + b"\0" * 2048)
    assert image_id in listed(world.cloud, "images")
    world.lxd.lxc("image", "delete", image_id)
    assert image_id not in listed(world.cloud, "images")
    assert world.cloud.get("alice", f"{IMAGES}/{image_id}").status_code == 404


def test_metadata_tags_and_description_that_somebody_changes(world: World) -> None:
    server_id = world.ids["servers"]
    world.lxd.lxc("config", "set", "kept", *PROJECT, 'user.openstack.metadata={"role":"db"}')
    world.lxd.lxc("config", "set", "kept", *PROJECT, 'user.openstack.tags=["red"]')
    path = f"/1.0/instances/kept?project=os-{DEMO}"
    world.lxd.lxc("query", "--wait", "-X", "PATCH", path, "-d", '{"description": "by hand"}')
    shown = show(world.cloud, server_id)
    assert (shown["metadata"], shown["tags"], shown["description"]) == ({"role": "db"}, ["red"], "by hand")
    assert world.cloud.get("alice", f"{SERVERS}?tags=red", version="compute 2.79").json["servers"][0]["id"] == server_id


def test_a_keypair_and_a_flavor_that_somebody_removes(world: World) -> None:
    keypair = {"keypair": {"name": "brief", "public_key": KEY}}
    assert world.cloud.post("alice", f"{COMPUTE}/os-keypairs", keypair).status_code in (200, 201)
    assert "brief" in listed(world.cloud, "keypairs")
    config = json.loads(world.lxd.lxc("query", "/1.0"))["config"]
    (key,) = [key for key in config if key.startswith("user.openstack.keypair.") and '"brief"' in config[key]]
    world.lxd.lxc("config", "unset", key)
    assert "brief" not in listed(world.cloud, "keypairs")
    flavor = {"flavor": {"id": "brief", "name": "brief", "vcpus": 1, "ram": 64, "disk": 1}}
    assert world.cloud.post("admin", f"{COMPUTE}/flavors", flavor).status_code == 200
    assert "brief" in listed(world.cloud, "flavors")
    world.lxd.lxc("profile", "delete", "flavor-brief")
    assert "brief" not in listed(world.cloud, "flavors")


def test_a_snapshot_that_somebody_makes_and_removes(world: World) -> None:
    volume_id = world.ids["volumes"]
    place = ("default", volume_id)
    world.lxd.lxc("storage", "volume", "snapshot", *place, "byhand", *PROJECT)
    snapshots = world.cloud.get("alice", LISTS["snapshots"]).json["snapshots"]
    (made,) = [item for item in snapshots if item["name"] == "byhand"]
    assert (made["volume_id"], made["status"]) == (volume_id, "available")
    world.lxd.lxc("storage", "volume", "delete", "default", f"{volume_id}/byhand", *PROJECT)
    assert made["id"] not in listed(world.cloud, "snapshots")


def test_a_rule_and_a_forward_that_somebody_removes(world: World) -> None:
    group, floating = world.ids["security_groups"], world.ids["floatingips"]
    address = world.cloud.get("alice", f"{NETWORK}/floatingips/{floating}").json["floatingip"]["floating_ip_address"]
    bridges = json.loads(world.lxd.lxc("query", "/1.0/networks?recursion=1"))
    for bridge in (item["name"] for item in bridges if item["managed"]):
        if address in world.lxd.lxc("network", "forward", "list", bridge, "--format", "csv"):
            world.lxd.lxc("network", "forward", "delete", bridge, address)
    shown = world.cloud.get("alice", f"{NETWORK}/floatingips/{floating}").json["floatingip"]
    assert (shown["port_id"], shown["status"]) == (None, "DOWN")
    rule = world.ids["security_group_rules"]
    world.lxd.lxc("network", "acl", "unset", f"sg-{group}", f"user.openstack.rule.{rule}")
    rules = world.cloud.get("alice", f"{NETWORK}/security-groups/{group}").json["security_group"][
        "security_group_rules"
    ]
    assert rule not in [item["id"] for item in rules]
    assert rule not in listed(world.cloud, "security_group_rules")


def test_a_server_that_somebody_stops_renames_and_removes(world: World) -> None:
    made = ask(world.cloud, world.ids["images"], "fleeting", networks="none").json["server"]["id"]
    settled(world.cloud, made, "ACTIVE")
    world.lxd.lxc("stop", "--force", "fleeting", *PROJECT)
    assert show(world.cloud, made)["status"] == "SHUTOFF"
    world.lxd.lxc("rename", "fleeting", "moved", *PROJECT)
    shown = world.cloud.get("admin", f"{SERVERS}/{made}", version="compute 2.79").json["server"]
    assert shown["OS-EXT-SRV-ATTR:instance_name"] == "moved"
    assert made in listed(world.cloud, "servers")
    world.lxd.lxc("delete", "moved", *PROJECT)
    assert world.cloud.get("alice", f"{SERVERS}/{made}").status_code == 404
    assert made not in listed(world.cloud, "servers")
