"""Networks, floating IPs, volumes and snapshots by way of compute, and what is gone altogether."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud
from tests.compute.whole import NETWORK, VOLUME, WholeCloud

NOWHERE = "11111111-1111-1111-1111-111111111111"


def test_networks_are_listed_by_their_names(whole: WholeCloud) -> None:
    listed = whole.call("GET", "/os-networks", at="2.1").json["networks"]

    assert {network["label"] for network in listed} == {"private", "public"}
    shown = whole.call("GET", f"/os-networks/{whole.network_id}", at="2.35").json["network"]
    assert (shown["id"], shown["label"], shown["cidr"]) == (whole.network_id, "private", None)
    assert "vlan" not in shown
    assert "vlan" in whole.call("GET", f"/os-networks/{whole.network_id}", at="2.1", caller="admin").json["network"]
    assert whole.call("GET", "/os-networks", at="2.36").status_code == 404


def test_networks_of_a_project_are_listed(whole: WholeCloud) -> None:
    listed = whole.call("GET", "/os-tenant-networks", at="2.1").json["networks"]

    assert {"id": whole.network_id, "label": "private", "cidr": "None"} in listed
    shown = whole.call("GET", f"/os-tenant-networks/{whole.network_id}", at="2.1").json["network"]
    assert shown["label"] == "private"


@pytest.mark.parametrize("path", ["/os-networks", "/os-tenant-networks"])
def test_foreign_and_missing_networks_are_not_found(whole: WholeCloud, path: str) -> None:
    for network_id in (whole.network_id, NOWHERE, "nonsense"):
        answer = whole.call("GET", f"{path}/{network_id}", at="2.1", caller="bob")
        assert answer.status_code == 404
        assert answer.json["itemNotFound"]["message"] == "Network not found"
    labels = [network["label"] for network in whole.call("GET", path, at="2.1", caller="bob").json["networks"]]
    assert labels == ["public"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/os-networks"),
        ("DELETE", "/os-networks/x"),
        ("POST", "/os-networks/add"),
        ("POST", "/os-networks/x/action"),
        ("POST", "/os-tenant-networks"),
        ("DELETE", "/os-tenant-networks/x"),
        ("GET", "/os-agents"),
        ("PUT", "/os-agents/1"),
        ("GET", "/os-cells"),
        ("GET", "/os-cells/x/capacities"),
        ("POST", "/os-certificates"),
        ("GET", "/os-cloudpipe"),
        ("GET", "/os-fixed-ips/10.0.0.1"),
        ("GET", "/os-floating-ip-dns"),
        ("DELETE", "/os-floating-ip-dns/d/entries/e"),
        ("GET", "/os-floating-ips-bulk"),
        ("GET", "/os-fping"),
        ("GET", "/os-security-group-default-rules"),
        ("GET", f"/servers/{NOWHERE}/os-virtual-interfaces"),
        ("GET", f"/servers/{NOWHERE}/consoles"),
        ("DELETE", f"/servers/{NOWHERE}/consoles/1"),
    ],
)
def test_what_nova_has_no_more_is_gone(cloud: ComputeCloud, method: str, path: str) -> None:
    answer = cloud.call("alice", method, path)

    assert answer.status_code == 410
    assert answer.json["computeFault"]["code"] == 410
    assert cloud.request(None, method, "/compute/v2.1" + path).status_code == 401


def routed(whole: WholeCloud) -> None:
    """Give the private network a way out."""
    public = whole.get("alice", f"{NETWORK}/networks?name=public").json["networks"][0]["id"]
    router = whole.post("alice", f"{NETWORK}/routers", {"router": {"external_gateway_info": {"network_id": public}}})
    subnet = whole.get("alice", f"{NETWORK}/subnets?network_id={whole.network_id}").json["subnets"][0]["id"]
    path = f"{NETWORK}/routers/{router.json['router']['id']}/add_router_interface"
    assert whole.put("alice", path, {"subnet_id": subnet}).status_code == 200


def allocate(whole: WholeCloud, body: Any = None) -> dict[str, Any]:
    answer = whole.call("POST", "/os-floating-ips", body, at="2.1")
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json["floating_ip"]
    return made


@pytest.mark.parametrize("body", [None, {}, {"pool": "public"}, {"pool": None}])
def test_floating_ips_are_allocated_and_given_back(whole: WholeCloud, body: Any) -> None:
    made = allocate(whole, body)

    assert made == {"id": made["id"], "ip": made["ip"], "fixed_ip": None, "instance_id": None, "pool": "public"}
    assert whole.call("GET", "/os-floating-ips", at="2.1").json == {"floating_ips": [made]}
    path = f"/os-floating-ips/{made['id']}"
    assert whole.call("GET", path, at="2.35").json == {"floating_ip": made}
    assert whole.call("DELETE", path, at="2.1").status_code == 202
    for method in ("GET", "DELETE"):
        missing = whole.call(method, path, at="2.1")
        assert missing.status_code == 404
        assert missing.json["itemNotFound"]["message"] == f"Floating IP not found for ID {made['id']}"


def test_what_is_no_floating_ip(whole: WholeCloud) -> None:
    assert whole.call("GET", "/os-floating-ips/nonsense", at="2.1").status_code == 404
    assert whole.call("POST", "/os-floating-ips", {"pool": "nowhere"}, at="2.1").status_code == 404
    assert whole.call("POST", "/os-floating-ips", {"pool": 7}, at="2.1").status_code == 400
    assert whole.call("GET", "/os-floating-ips", at="2.36").status_code == 404


def test_pools_are_external_networks(whole: WholeCloud) -> None:
    assert whole.call("GET", "/os-floating-ip-pools", at="2.1").json == {"floating_ip_pools": [{"name": "public"}]}


def test_floating_ips_are_their_project_s(whole: WholeCloud) -> None:
    made = allocate(whole)

    assert whole.call("GET", "/os-floating-ips", at="2.1", caller="bob").json == {"floating_ips": []}
    assert whole.call("GET", "/os-floating-ips", at="2.1", caller="admin").json == {"floating_ips": []}
    for method in ("GET", "DELETE"):
        assert whole.call(method, f"/os-floating-ips/{made['id']}", at="2.1", caller="bob").status_code == 404
    assert whole.call("POST", "/os-floating-ips", at="2.1", caller="reader").status_code == 403


def test_a_floating_ip_is_given_to_a_server_and_taken_back(whole: WholeCloud) -> None:
    routed(whole)
    server_id, floating = whole.boot(), allocate(whole)

    def act(name: str, **more: Any) -> Any:
        body = {name: {"address": floating["ip"], **more}}
        return whole.call("POST", f"/servers/{server_id}/action", body, at="2.43")

    assert act("addFloatingIp").status_code == 202
    addresses = whole.server(server_id)["addresses"]["private"]
    assert {(item["OS-EXT-IPS:type"], item["addr"]) for item in addresses} >= {("floating", floating["ip"])}
    shown = whole.call("GET", f"/os-floating-ips/{floating['id']}", at="2.1").json["floating_ip"]
    assert shown["instance_id"] == server_id
    assert shown["fixed_ip"] in {item["addr"] for item in addresses}
    assert act("removeFloatingIp").status_code == 202
    assert act("removeFloatingIp").status_code == 409
    assert whole.call("GET", f"/os-floating-ips/{floating['id']}", at="2.1").json["floating_ip"] == floating
    assert act("addFloatingIp", fixed_address="10.9.9.9").status_code == 400
    assert act("addFloatingIp").status_code == 202
    second = {"addFloatingIp": {"address": allocate(whole)["ip"]}}
    taken = whole.call("POST", f"/servers/{server_id}/action", second, at="2.1")
    assert taken.status_code == 400
    assert "Unable to associate floating IP" in taken.json["badRequest"]["message"]
    late = {"addFloatingIp": {"address": floating["ip"]}}
    assert whole.call("POST", f"/servers/{server_id}/action", late, at="2.44").status_code == 404


def test_an_unknown_floating_ip_and_a_server_without_addresses(whole: WholeCloud) -> None:
    server_id, floating = whole.boot(networks="none"), allocate(whole)

    def add(address: str) -> Any:
        body = {"addFloatingIp": {"address": address}}
        return whole.call("POST", f"/servers/{server_id}/action", body, at="2.1")

    assert add(floating["ip"]).status_code == 400
    whole.call("POST", f"/servers/{server_id}/os-interface", {"interfaceAttachment": {"net_id": whole.network_id}})
    assert add("203.0.113.99").status_code == 404


def test_volumes_are_made_and_deleted(whole: WholeCloud) -> None:
    wanted = {"size": 1, "display_name": "data", "display_description": "d", "metadata": {"a": "b"}}

    answer = whole.call("POST", "/os-volumes", {"volume": wanted}, at="2.1")

    assert answer.status_code == 200
    volume = answer.json["volume"]
    assert answer.headers["location"].endswith(f"/os-volumes/{volume['id']}")
    whole.finish()
    shown = whole.call("GET", f"/os-volumes/{volume['id']}", at="2.35").json["volume"]
    assert shown == {
        "id": volume["id"],
        "status": "available",
        "size": 1,
        "availabilityZone": "nova",
        "createdAt": volume["createdAt"],
        "attachments": [{}],
        "displayName": "data",
        "displayDescription": "d",
        "volumeType": "standard",
        "snapshotId": None,
        "metadata": {"a": "b"},
    }
    assert whole.call("GET", "/os-volumes/detail", at="2.1").json == {"volumes": [shown]}
    assert whole.call("DELETE", f"/os-volumes/{volume['id']}", at="2.1").status_code == 202
    whole.finish()
    assert whole.call("GET", "/os-volumes", at="2.1").json == {"volumes": []}


def test_volumes_are_listed_in_pages(whole: WholeCloud) -> None:
    ids = {whole.add_volume() for _ in range(3)}

    def listed(query: str) -> list[str]:
        return [volume["id"] for volume in whole.call("GET", f"/os-volumes{query}", at="2.1").json["volumes"]]

    assert set(listed("")) == ids
    assert listed("?limit=2") + listed("?offset=2&limit=2") == listed("")
    assert whole.call("GET", "/os-volumes?limit=-1", at="2.1").status_code == 400
    assert whole.call("GET", "/os-volumes", at="2.36").status_code == 404


def test_an_attached_volume_names_its_server(whole: WholeCloud) -> None:
    server_id, volume_id = whole.boot(), whole.add_volume()
    whole.call("POST", f"/servers/{server_id}/os-volume_attachments", {"volumeAttachment": {"volumeId": volume_id}})

    (attachment,) = whole.call("GET", f"/os-volumes/{volume_id}", at="2.1").json["volume"]["attachments"]

    assert attachment == {"id": volume_id, "volumeId": volume_id, "serverId": server_id, "device": "/dev/vdb"}


@pytest.mark.parametrize("wanted", [{}, {"size": 0}, {"size": "x"}, {"size": ""}, {"size": 1, "unknown": 1}])
def test_what_is_no_volume_is_refused(whole: WholeCloud, wanted: dict[str, Any]) -> None:
    assert whole.call("POST", "/os-volumes", {"volume": wanted}, at="2.1").status_code == 400


def test_snapshots_are_made_and_deleted(whole: WholeCloud) -> None:
    volume_id = whole.add_volume()
    wanted = {"volume_id": volume_id, "display_name": "s", "display_description": "d"}

    answer = whole.call("POST", "/os-snapshots", {"snapshot": wanted}, at="2.1")

    assert answer.status_code == 200
    snapshot = answer.json["snapshot"]
    whole.finish()
    shown = whole.call("GET", f"/os-snapshots/{snapshot['id']}", at="2.35").json["snapshot"]
    assert shown == {
        "id": snapshot["id"],
        "volumeId": volume_id,
        "status": "available",
        "size": 1,
        "createdAt": snapshot["createdAt"],
        "displayName": "s",
        "displayDescription": "d",
    }
    assert whole.call("GET", "/os-snapshots/detail", at="2.1").json == {"snapshots": [shown]}
    copy = whole.call("POST", "/os-volumes", {"volume": {"size": 1, "snapshot_id": snapshot["id"]}}, at="2.1")
    assert copy.json["volume"]["snapshotId"] == snapshot["id"]
    assert whole.call("DELETE", f"/os-snapshots/{snapshot['id']}", at="2.1").status_code == 202
    whole.finish()
    assert whole.call("GET", "/os-snapshots", at="2.1").json == {"snapshots": []}


def test_a_volume_in_use_is_snapshotted_by_force(whole: WholeCloud) -> None:
    server_id, volume_id = whole.boot(), whole.add_volume()
    whole.call("POST", f"/servers/{server_id}/os-volume_attachments", {"volumeAttachment": {"volumeId": volume_id}})

    def snapshot(**more: Any) -> int:
        wanted = {"snapshot": {"volume_id": volume_id, **more}}
        status: int = whole.call("POST", "/os-snapshots", wanted, at="2.1").status_code
        return status

    assert snapshot() == 400
    assert snapshot(force="True") == 200


@pytest.mark.parametrize("path", ["/os-volumes", "/os-snapshots"])
def test_foreign_and_missing_storage_is_not_found(whole: WholeCloud, path: str) -> None:
    volume_id = whole.add_volume()
    answer = whole.post("alice", f"{VOLUME}/snapshots", {"snapshot": {"volume_id": volume_id}})
    mine = {"/os-volumes": volume_id, "/os-snapshots": answer.json["snapshot"]["id"]}[path]

    for identifier in (mine, NOWHERE, "nonsense"):
        for method in ("GET", "DELETE"):
            assert whole.call(method, f"{path}/{identifier}", at="2.1", caller="bob").status_code == 404
    (listed,) = whole.call("GET", path, at="2.1", caller="bob").json.values()
    assert listed == []
    missing = {"snapshot": {"volume_id": NOWHERE}}
    assert whole.call("POST", "/os-snapshots", missing, at="2.1").status_code == 404
    unknown = {"volume": {"size": 1, "snapshot_id": NOWHERE}}
    assert whole.call("POST", "/os-volumes", unknown, at="2.1").status_code == 404


def test_servers_that_boot_from_volumes_are_servers(whole: WholeCloud) -> None:
    server_id = whole.boot()

    assert whole.call("GET", f"/os-volumes_boot/{server_id}", at="2.1").json["server"]["id"] == server_id
    assert [server["id"] for server in whole.call("GET", "/os-volumes_boot", at="2.1").json["servers"]] == [server_id]
    assert whole.call("POST", f"/os-volumes_boot/{server_id}/action", {"os-stop": None}, at="2.1").status_code == 202
    assert whole.call("DELETE", f"/os-volumes_boot/{server_id}", at="2.1").status_code == 204
