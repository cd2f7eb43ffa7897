"""The network and block storage APIs with a real LXD behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.cloud import DEMO, Cloud
from tests.support.lxd import RunningLxd

DRIVERS = {name: f"jumpgate.{name}.drivers.lxd" for name in ("network", "block_storage")}
NETWORKS, SUBNETS, PORTS = (f"/network/v2.0/{name}" for name in ("networks", "subnets", "ports"))
VOLUMES = "/volume/v3/11111111111111111111111111111111/volumes"


@pytest.fixture
def cloud(lxd: RunningLxd, tmp_path: Path) -> Cloud:
    return Cloud(tmp_path, drivers=DRIVERS, extra=f"[lxd]\nendpoint = {lxd.socket}\n")


def test_a_network_with_a_port_over_http(cloud: Cloud) -> None:
    network = cloud.request("alice", "POST", NETWORKS, {"network": {"name": "n"}}).json["network"]
    body = {"subnet": {"network_id": network["id"], "ip_version": 4, "cidr": "10.74.0.0/24"}}
    subnet = cloud.request("alice", "POST", SUBNETS, body)
    port = cloud.request("alice", "POST", PORTS, {"port": {"network_id": network["id"]}})
    url = f"{PORTS}/{port.json['port']['id']}"

    assert (subnet.status_code, port.status_code) == (201, 201)
    assert port.json["port"]["fixed_ips"] == [
        {"subnet_id": subnet.json["subnet"]["id"], "ip_address": "10.74.0.2"},
    ]
    assert cloud.request("bob", "GET", url).status_code == 404
    in_use = cloud.request("alice", "DELETE", f"{NETWORKS}/{network['id']}")
    assert (in_use.status_code, in_use.json["NeutronError"]["type"]) == (409, "NetworkInUse")
    assert cloud.request("alice", "DELETE", url).status_code == 204
    assert cloud.request("alice", "DELETE", f"{NETWORKS}/{network['id']}").status_code == 204


def test_what_lxd_has_not_is_neither_advertised_nor_done(cloud: Cloud) -> None:
    listed = cloud.request("alice", "GET", "/network/v2.0/extensions").json["extensions"]
    aliases = {item["alias"] for item in listed}
    assert "security-group" in aliases
    assert "subnet_allocation" in aliases
    lacking = {"trunk", "address-scope", "metering", "agent", "extraroute", "dvr", "l3-ha"}
    assert aliases.isdisjoint(lacking)
    for path in ("/network/v2.0/trunks", "/network/v2.0/address-scopes"):
        assert (
            cloud.request(
                "alice", "POST", path, {path.rpartition("/")[2][:-1].replace("-", "_"): {"name": "x"}}
            ).status_code
            == 501
        )


def test_a_volume_over_http(cloud: Cloud) -> None:
    made = cloud.request("alice", "POST", VOLUMES, {"volume": {"size": 1, "name": "v"}})
    url = f"{VOLUMES}/{made.json['volume']['id']}"
    got = cloud.request("alice", "GET", url).json["volume"]

    assert made.status_code == 202
    assert (got["status"], got["size"], got["volume_type"]) == ("available", 1, "default")
    other = url.replace("1" * 32, "2" * 32)
    assert cloud.request("bob", "GET", other).status_code == 404
    assert cloud.request("alice", "DELETE", url).status_code == 202
    assert cloud.request("alice", "GET", url).status_code == 404


def test_no_lxd_is_unavailable_with_a_time_to_try_again(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, drivers=DRIVERS, extra=f"[lxd]\nendpoint = {tmp_path}/nobody\n")
    for path in (NETWORKS, VOLUMES):
        answer = cloud.request("alice", "GET", path)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")


def test_subnets_are_cut_from_pools_where_lxd_has_room(cloud: Cloud) -> None:
    def ask(caller: str, method: str, path: str, body: object = None) -> Any:
        return cloud.request(caller, method, f"/network/v2.0/{path}", body)

    body = {"subnetpool": {"name": "p", "prefixes": ["10.76.0.0/22"], "default_prefixlen": 24, "default_quota": 512}}
    pool = ask("alice", "POST", "subnetpools", body).json["subnetpool"]
    networks = [ask("alice", "POST", "networks", {"network": {"name": "n"}}).json["network"]["id"] for _ in range(3)]
    by_hand = {"network_id": networks[0], "ip_version": 4, "cidr": "10.76.0.0/24"}
    assert ask("alice", "POST", "subnets", {"subnet": by_hand}).status_code == 201
    answers = [
        ask("alice", "POST", "subnets", {"subnet": {"network_id": item, "ip_version": 4, "subnetpool_id": pool["id"]}})
        for item in networks[1:]
    ]
    cut = [answer.json["subnet"] for answer in answers]
    assert sorted(item["cidr"] for item in cut) == ["10.76.1.0/24", "10.76.2.0/24"]
    assert {item["subnetpool_id"] for item in cut} == {pool["id"]}
    fourth = ask("alice", "POST", "networks", {"network": {"name": "n"}}).json["network"]["id"]
    more = {"network_id": fourth, "ip_version": 4, "subnetpool_id": pool["id"]}
    assert ask("alice", "POST", "subnets", {"subnet": more}).json["NeutronError"]["type"] == "SubnetPoolQuotaExceeded"

    url = f"subnetpools/{pool['id']}"
    for method, given in (("GET", None), ("DELETE", None), ("PUT", {"subnetpool": {"name": "mine"}})):
        assert ask("bob", method, url, given).status_code == 404
    assert pool["id"] not in ask("bob", "GET", "subnetpools").text
    assert ask("bob", "POST", "subnets", {"subnet": more}).status_code == 404
    assert ask("alice", "DELETE", url).status_code == 400
    for item in (*networks, fourth):
        assert ask("alice", "DELETE", f"networks/{item}").status_code == 204
    assert ask("alice", "DELETE", url).status_code == 204


def test_a_project_has_no_more_than_its_quota(cloud: Cloud) -> None:
    """What other tests have left in the project is allowed for."""
    url = f"/network/v2.0/quotas/{DEMO}"
    assert cloud.get("alice", "/network/v2.0/security-groups").json["security_groups"]
    here = {
        kind: item["used"] for kind, item in cloud.request("admin", "GET", f"{url}/details.json").json["quota"].items()
    }
    kinds = ("network", "subnet", "port", "router", "security_group")
    limits = {kind: here[kind] + 1 for kind in kinds}
    assert cloud.request("alice", "PUT", url, {"quota": limits}).status_code == 403
    own = cloud.request("admin", "PUT", url, {"quota": limits})
    assert own.status_code == 200, own.text
    assert own.json["quota"]["network"] == limits["network"]
    made: list[str] = []

    def make(caller: str, kind: str, **values: object) -> Any:
        path = f"/network/v2.0/{kind.replace('_', '-')}s"
        answer = cloud.request(caller, "POST", path, {kind: values})
        if answer.status_code == 201:
            made.append(f"{path}/{answer.json[kind]['id']}")
        return answer

    try:
        network_id = make("alice", "network", name="n").json["network"]["id"]
        on_it = {"network_id": network_id}
        assert make("alice", "subnet", ip_version=4, cidr="10.77.8.0/24", **on_it).status_code == 201
        assert [make("alice", kind).status_code for kind in ("router", "security_group")] == [201, 201]
        assert make("alice", "port", **on_it).status_code == 201
        further = {"network": {}, "subnet": {"ip_version": 6, "cidr": "fd78::/64", **on_it}, "port": on_it}
        for kind in (*further, "router", "security_group"):
            refused = make("alice", kind, **further.get(kind, {}))
            assert (refused.status_code, refused.json["NeutronError"]["type"]) == (409, "OverQuota"), kind
        assert make("bob", "network").status_code == 201
        details = cloud.request("admin", "GET", f"{url}/details.json").json["quota"]
        assert all(details[kind]["used"] == details[kind]["limit"] == limits[kind] for kind in kinds), details
        availability = cloud.request("admin", "GET", f"/network/v2.0/network-ip-availabilities/{network_id}").json
        assert availability["network_ip_availability"]["used_ips"] == 1
    finally:
        gone = [cloud.request("admin", "DELETE", path).status_code for path in reversed(made)]
        reset = cloud.request("admin", "DELETE", url).status_code
    assert (set(gone), reset) == ({204}, 204)
    assert cloud.request("alice", "GET", url).json["quota"]["network"] == 100
