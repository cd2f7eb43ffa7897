"""Servers by the dozen: of a hundred, made and deleted ten at a time, nothing is left in LXD. All of it is counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lxd.cloud import running_cloud
from tests.lxd.servers import SERVERS, ask, remove
from tests.support.cloud import DEMO, Cloud
from tests.support.lxd import RunningLxd
from tests.support.waiting import wait_until

DRIVERS = {name: f"jumpgate.{name}.drivers.lxd" for name in ("compute", "image", "network", "block_storage")}
NETWORKS, SUBNETS, PORTS, GROUPS, RULES = (
    f"/network/v2.0/{name}" for name in ("networks", "subnets", "ports", "security-groups", "security-group-rules")
)
VOLUMES = f"/volume/v3/{DEMO}/volumes"
AT_ONCE, ROUNDS = 10, 10
SELDOM_S = 0.3


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd) -> Iterator[Cloud]:
    with running_cloud(tmp_path_factory.mktemp("cycles"), lxd, DRIVERS) as made:
        yield made


@pytest.fixture(scope="module")
def network(cloud: Cloud) -> Iterator[str]:
    """A network into which pings may come."""
    made: str = cloud.post("alice", NETWORKS, {"network": {"name": "dozens"}}).json["network"]["id"]
    subnet = {"network_id": made, "ip_version": 4, "cidr": "10.84.0.0/24"}
    assert cloud.post("alice", SUBNETS, {"subnet": subnet}).status_code == 201
    (group,) = cloud.get("alice", f"{GROUPS}?name=default").json["security_groups"]
    rule = {"security_group_id": group["id"], "direction": "ingress", "protocol": "icmp"}
    opened = cloud.post("alice", RULES, {"security_group_rule": rule})
    yield made
    cloud.delete("alice", f"{RULES}/{opened.json['security_group_rule']['id']}")
    assert cloud.delete("alice", f"{NETWORKS}/{made}").status_code == 204


def counted(lxd: RunningLxd) -> dict[str, list[str]]:
    """Return the names of all that LXD has, by what it is."""

    def listed(path: str) -> list[str]:
        records = json.loads(lxd.lxc("query", f"/1.0/{path}{'&' if '?' in path else '?'}recursion=1"))
        names = ("name", "fingerprint", "hostname", "listen_address")
        return sorted(
            " ".join(str(item[name]) for name in ("project", "type", *names) if name in item) for item in records
        )

    bridges = [item["name"] for item in json.loads(lxd.lxc("query", "/1.0/networks?recursion=1")) if item["managed"]]
    operations = json.loads(lxd.lxc("query", "/1.0/operations?all-projects=true") or "{}")
    return {
        "instances": listed("instances?all-projects=true"),
        "volumes and snapshots": listed("storage-pools/default/volumes?all-projects=true"),
        "images": listed("images?all-projects=true"),
        "acls": listed("network-acls"),
        "bridges": bridges,
        "leases": [text for name in bridges for text in listed(f"networks/{name}/leases")],
        "forwards": [text for name in bridges for text in listed(f"networks/{name}/forwards")],
        "ports": [key for name in bridges for key in _notes(lxd, name)],
        "operations": [path for key in ("pending", "running") for path in operations.get(key, ())],
    }


def _notes(lxd: RunningLxd, bridge: str) -> list[str]:
    config = json.loads(lxd.lxc("query", f"/1.0/networks/{bridge}"))["config"]
    return sorted(key for key in config if key.startswith("user.openstack.port"))


def begin(cloud: Cloud, image: str, network: str, name: str) -> list[str]:
    """Ask for servers on a network, as many as there are to be at once, and return their ids."""
    more = {"networks": [{"uuid": network}], "min_count": AT_ONCE, "max_count": AT_ONCE}
    made = ask(cloud, image, name, **more)
    assert made.status_code == 202, made.text
    found: list[str] = [item["id"] for item in cloud.get("alice", f"{SERVERS}?name={name}").json["servers"]]
    assert len(found) == AT_ONCE
    return found


def test_ten_servers_at_once_come_up_on_a_network(cloud: Cloud, image: str, network: str, lxd: RunningLxd) -> None:
    before = counted(lxd)
    ids = begin(cloud, image, network, "ten")
    addresses = {item["addr"] for server in active(cloud) for item in server["addresses"]["dozens"]}
    assert len(addresses) == AT_ONCE
    for address in addresses:
        assert wait_until(lambda wanted=address: lxd.pings(wanted), timeout_s=20), address  # type: ignore[misc]
    remove(cloud, *ids)
    assert counted(lxd) == before


@pytest.mark.timeout(900)
def test_a_hundred_cycles_leave_nothing(cloud: Cloud, image: str, network: str, lxd: RunningLxd) -> None:
    before = counted(lxd)
    for turn in range(ROUNDS):
        ids = begin(cloud, image, network, f"cycle-{turn}")
        active(cloud)
        for server_id in ids:
            attach(cloud, server_id)
        remove(cloud, *ids)
        assert wait_until(lambda: statuses(cloud) == ["available"] * AT_ONCE, timeout_s=60, interval_s=SELDOM_S)
        for volume in listed(cloud):
            assert cloud.delete("alice", f"{VOLUMES}/{volume['id']}").status_code == 202
    assert cloud.get("alice", SERVERS).json["servers"] == []
    assert cloud.get("alice", f"{PORTS}?network_id={network}").json["ports"] == []
    assert counted(lxd) == before


def active(cloud: Cloud) -> list[dict[str, Any]]:
    """Wait until all servers are there, and return them."""
    servers: list[dict[str, Any]] = []

    def are_active() -> bool:
        servers[:] = cloud.get("alice", f"{SERVERS}/detail").json["servers"]
        assert [item["fault"]["message"] for item in servers if item["status"] == "ERROR"] == []
        return [item["status"] for item in servers] == ["ACTIVE"] * AT_ONCE

    assert wait_until(are_active, timeout_s=120, interval_s=SELDOM_S), [item["status"] for item in servers]
    return servers


def attach(cloud: Cloud, server_id: str) -> None:
    """Give a server a volume."""
    volume_id = cloud.post("alice", VOLUMES, {"volume": {"size": 1}}).json["volume"]["id"]
    body = {"volumeAttachment": {"volumeId": volume_id}}
    assert cloud.post("alice", f"{SERVERS}/{server_id}/os-volume_attachments", body).status_code == 200
    assert wait_until(lambda: statuses(cloud, volume_id) == ["in-use"], timeout_s=30), listed(cloud)


def listed(cloud: Cloud) -> list[dict[str, Any]]:
    """Return the volumes."""
    volumes: list[dict[str, Any]] = cloud.get("alice", f"{VOLUMES}/detail").json["volumes"]
    return volumes


def statuses(cloud: Cloud, *volume_ids: str) -> list[str]:
    """Return the status of each volume, or of some."""
    return [item["status"] for item in listed(cloud) if not volume_ids or item["id"] in volume_ids]
