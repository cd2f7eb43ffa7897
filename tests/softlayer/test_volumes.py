"""Volumes on SoftLayer: named, attached, and kept in snapshots."""

from __future__ import annotations

from tests.softlayer.cloud import ACCOUNT, SoftLayerCloud
from tests.softlayer.test_guide_block_storage import make_volume

ROOT = f"/volume/v3/{ACCOUNT}"


def available(cloud: SoftLayerCloud) -> str:
    """Return the id of a volume that has been made."""
    volume_id = make_volume(cloud)
    cloud.settle()
    return volume_id


def test_a_name_and_metadata_are_in_the_notes(cloud: SoftLayerCloud) -> None:
    path = f"{ROOT}/volumes/{available(cloud)}"

    cloud.put("alice", path, {"volume": {"name": "data", "description": "mine"}})
    cloud.post("alice", f"{path}/metadata", {"metadata": {"role": "db"}})

    volume = cloud.get("alice", path).json["volume"]
    assert (volume["name"], volume["description"], volume["metadata"]) == ("data", "mine", {"role": "db"})
    assert cloud.put("bob", path.replace(str(ACCOUNT), "300123"), {"volume": {"name": "x"}}).status_code == 404


def test_a_volume_is_attached_and_detached(cloud: SoftLayerCloud) -> None:
    server_id, volume_id = cloud.running(), available(cloud)
    path = f"/compute/v2.1/servers/{server_id}/os-volume_attachments"

    made = cloud.post("alice", path, {"volumeAttachment": {"volumeId": volume_id}})

    assert made.status_code == 200, made.text
    volume = cloud.get("alice", f"{ROOT}/volumes/{volume_id}").json["volume"]
    assert (volume["status"], [item["server_id"] for item in volume["attachments"]]) == ("in-use", [server_id])
    assert [item["id"] for item in cloud.server(server_id)["os-extended-volumes:volumes_attached"]] == [volume_id]
    assert cloud.delete("alice", f"{ROOT}/volumes/{volume_id}").status_code == 400
    assert cloud.delete("alice", f"{path}/{volume_id}").status_code == 202
    assert cloud.get("alice", f"{ROOT}/volumes/{volume_id}").json["volume"]["status"] == "available"


def test_a_snapshot_is_made_and_deleted(cloud: SoftLayerCloud) -> None:
    volume_id = available(cloud)

    made = cloud.post("alice", f"{ROOT}/snapshots", {"snapshot": {"volume_id": volume_id, "name": "before"}})

    path = f"{ROOT}/snapshots/{made.json['snapshot']['id']}"
    shown = cloud.get("alice", path).json["snapshot"]
    assert (shown["name"], shown["volume_id"], shown["status"]) == ("before", volume_id, "available")
    assert cloud.get("bob", path.replace(str(ACCOUNT), "300123")).status_code == 404
    assert cloud.delete("alice", f"{ROOT}/volumes/{volume_id}").status_code == 400
    assert cloud.delete("alice", path).status_code == 202
    assert cloud.get("alice", path).status_code == 404


def test_a_list_costs_one_call(cloud: SoftLayerCloud) -> None:
    for _ in range(3):
        make_volume(cloud)
    cloud.settle()

    assert cloud.calls_of("alice", f"{ROOT}/volumes/detail") == ["Account::getIscsiNetworkStorage"]
    assert cloud.calls_of("alice", f"{ROOT}/snapshots") == ["Account::getIscsiNetworkStorage"]


def test_what_softlayer_does_not_sell_is_refused(cloud: SoftLayerCloud) -> None:
    answer = cloud.post("alice", f"{ROOT}/volumes", {"volume": {"size": 1_000_000}})

    assert answer.status_code == 400, answer.text
    assert cloud.post("alice", f"{ROOT}/volumes", {"volume": {"size": 20, "volume_type": "gold"}}).status_code == 404
