"""Volumes on SoftLayer: attached, kept in snapshots, copied, enlarged and counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.softlayer import Clock, FakeServer
from tests.softlayer.cloud import ACCOUNT, DRIVERS, SoftLayerCloud
from tests.softlayer.test_guide_block_storage import make_volume

ROOT = f"/volume/v3/{ACCOUNT}"


def available(cloud: SoftLayerCloud, **more: Any) -> str:
    """Return the id of a volume that has been made."""
    volume_id = make_volume(cloud, **more)
    cloud.settle()
    return volume_id


def shown(cloud: SoftLayerCloud, volume_id: str) -> dict[str, Any]:
    volume: dict[str, Any] = cloud.get("alice", f"{ROOT}/volumes/{volume_id}").json["volume"]
    return volume


def snapshot(cloud: SoftLayerCloud, volume_id: str, name: str = "before") -> str:
    """Return the id of a new snapshot."""
    made = cloud.post("alice", f"{ROOT}/snapshots", {"snapshot": {"volume_id": volume_id, "name": name}})
    assert made.status_code == 202, made.text
    snapshot_id: str = made.json["snapshot"]["id"]
    return snapshot_id


def act(cloud: SoftLayerCloud, volume_id: str, body: Any, *, user: str = "alice", version: str = "3.71") -> Any:
    path = f"/volume/v3/volumes/{volume_id}/action"
    return cloud.post(user, path, body, version=f"volume {version}")


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


def test_an_attachment_tells_how_its_guest_reaches_the_volume(cloud: SoftLayerCloud) -> None:
    server_id, volume_id = cloud.running(), available(cloud)
    path = f"/compute/v2.1/servers/{server_id}/os-volume_attachments"
    cloud.post("alice", path, {"volumeAttachment": {"volumeId": volume_id}})
    known = cloud.get("alice", path, version="compute 2.89").json["volumeAttachments"][0]["attachment_id"]

    (found,) = cloud.get("alice", f"{ROOT}/attachments", version="volume 3.27").json["attachments"]

    assert (found["id"], found["instance"], found["volume_id"], found["status"]) == (
        known,
        server_id,
        volume_id,
        "attached",
    )
    one = cloud.get("alice", f"{ROOT}/attachments/{known}", version="volume 3.27")
    assert one.json["attachment"]["volume_id"] == volume_id
    assert "password" not in cloud.get("alice", f"{ROOT}/attachments/detail", version="volume 3.27").text
    (number,) = cloud.fake.world.table("guests").things
    assert one.json["attachment"]["connection_info"] == {
        "driver_volume_type": "iscsi",
        "target_portal": "10.1.2.3:3260",
        "target_lun": 2,
        "initiator": f"iqn.2005-05.com.softlayer:V{number}",
        "auth_method": "CHAP",
        "auth_username": f"V{number}",
        "auth_password": f"password of {number}",
    }
    for answer in (
        cloud.get("bob", f"/volume/v3/attachments/{known}", version="volume 3.27"),
        cloud.get("alice", f"{ROOT}/attachments/{volume_id}", version="volume 3.27"),
    ):
        assert answer.status_code == 404
    assert cloud.get("bob", "/volume/v3/attachments", version="volume 3.27").json["attachments"] == []


def test_a_snapshot_of_a_volume_in_use_takes_force(cloud: SoftLayerCloud) -> None:
    server_id, volume_id = cloud.running(), available(cloud)
    attachment = {"volumeAttachment": {"volumeId": volume_id}}
    cloud.post("alice", f"/compute/v2.1/servers/{server_id}/os-volume_attachments", attachment)

    for force, status in ((False, 400), (True, 202)):
        wanted = {"snapshot": {"volume_id": volume_id, "force": force}}
        assert cloud.post("alice", f"{ROOT}/snapshots", wanted).status_code == status


def test_a_volume_that_is_being_changed_stays(cloud: SoftLayerCloud) -> None:
    volume_id = available(cloud)
    act(cloud, volume_id, {"os-extend": {"new_size": 40}})

    assert cloud.delete("alice", f"{ROOT}/volumes/{volume_id}").status_code == 400
    cloud.settle()
    assert cloud.delete("alice", f"{ROOT}/volumes/{volume_id}").status_code == 202


def test_a_snapshot_is_made_and_deleted(cloud: SoftLayerCloud) -> None:
    volume_id = available(cloud)

    path = f"{ROOT}/snapshots/{snapshot(cloud, volume_id)}"

    seen = cloud.get("alice", path).json["snapshot"]
    assert (seen["name"], seen["volume_id"], seen["status"]) == ("before", volume_id, "available")
    assert cloud.get("bob", path.replace(str(ACCOUNT), "300123")).status_code == 404
    assert cloud.delete("alice", f"{ROOT}/volumes/{volume_id}").status_code == 400
    assert cloud.delete("alice", path).status_code == 202
    assert cloud.get("alice", path).status_code == 404


def test_a_snapshot_is_known_before_softlayer_lists_it(cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def promise(*_: Any) -> Any:
        return {"id": 4711}

    volume_id = available(cloud)
    methods: dict[Any, Any] = cloud.fake.world.methods
    monkeypatch.setitem(methods, ("Network_Storage", "createSnapshot"), promise)

    wanted = {"snapshot": {"volume_id": volume_id, "name": "before", "metadata": {"a": "1"}}}
    made = cloud.post("alice", f"{ROOT}/snapshots", wanted).json["snapshot"]

    assert (made["name"], made["metadata"], made["volume_id"]) == ("before", {"a": "1"}, volume_id)


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


@pytest.mark.parametrize("source", ["source_volid", "snapshot_id"])
def test_a_volume_is_copied_where_it_is(cloud: SoftLayerCloud, source: str) -> None:
    origin = available(cloud, volume_type="endurance-4", availability_zone="ams01", size=30)
    wanted = {source: origin if source == "source_volid" else snapshot(cloud, origin), "name": "copy"}

    copy = cloud.post("alice", f"{ROOT}/volumes", {"volume": wanted}).json["volume"]

    assert (copy["status"], copy["size"], copy["volume_type"], copy[source]) == (
        "creating",
        30,
        "endurance-4",
        wanted[source],
    )
    cloud.settle()
    made = shown(cloud, copy["id"])
    assert (made["status"], made["availability_zone"], made[source]) == ("available", "ams01", wanted[source])
    (order,) = [call.arguments[0] for call in cloud.fake.calls if "duplicateOriginVolumeId" in str(call.arguments)]
    assert ("duplicateOriginSnapshotId" in order) == (source == "snapshot_id")
    elsewhere = cloud.post("alice", f"{ROOT}/volumes", {"volume": {**wanted, "availability_zone": "dal09"}})
    assert (elsewhere.status_code, "ams01" in elsewhere.text) == (400, True)


def test_of_another_accounts_volume_there_is_no_copy(cloud: SoftLayerCloud) -> None:
    origin = available(cloud)

    for source in ({"source_volid": origin}, {"snapshot_id": snapshot(cloud, origin)}):
        assert cloud.post("bob", "/volume/v3/volumes", {"volume": source}).status_code == 404


def test_a_volume_grows(cloud: SoftLayerCloud) -> None:
    volume_id = available(cloud, name="data")

    assert act(cloud, volume_id, {"os-extend": {"new_size": 20}}).status_code == 400
    assert act(cloud, volume_id, {"os-extend": {"new_size": 40}}, user="bob").status_code == 404
    assert act(cloud, volume_id, {"os-extend": {"new_size": 40}}).status_code == 202

    seen = shown(cloud, volume_id)
    assert (seen["status"], seen["size"]) == ("extending", 20)
    assert act(cloud, volume_id, {"os-extend": {"new_size": 50}}).status_code == 400
    cloud.settle()
    seen = shown(cloud, volume_id)
    assert (seen["status"], seen["size"], seen["name"]) == ("available", 40, "data")


@pytest.mark.parametrize(
    "change",
    [{"os-extend": {"new_size": 40}}, {"os-retype": {"new_type": "endurance-4", "migration_policy": "never"}}],
    ids=["extend", "retype"],
)
def test_a_volume_keeps_its_id_when_an_upgrade_gives_it_another_billing_item(
    cloud: SoftLayerCloud, change: dict[str, Any]
) -> None:
    server_id, volume_id = cloud.running(), available(cloud, name="data")
    (thing,) = cloud.fake.world.table("volumes").things.values()
    before = thing.record["billingItem"]["orderItem"]["order"]["id"]
    assert act(cloud, volume_id, change).status_code == 202
    cloud.settle()

    assert [item["id"] for item in cloud.get("alice", f"{ROOT}/volumes").json["volumes"]] == [volume_id]
    assert thing.record["billingItem"]["orderItem"]["order"]["id"] != before
    assert (shown(cloud, volume_id)["status"], shown(cloud, volume_id)["name"]) == ("available", "data")
    snapshot_id = snapshot(cloud, volume_id)
    assert cloud.get("alice", f"{ROOT}/snapshots/{snapshot_id}").json["snapshot"]["volume_id"] == volume_id
    path = f"/compute/v2.1/servers/{server_id}/os-volume_attachments"
    assert cloud.post("alice", path, {"volumeAttachment": {"volumeId": volume_id}}).status_code == 200
    assert [item["id"] for item in cloud.server(server_id)["os-extended-volumes:volumes_attached"]] == [volume_id]
    assert cloud.delete("alice", f"{path}/{volume_id}").status_code == 202
    assert cloud.delete("alice", f"{ROOT}/snapshots/{snapshot_id}").status_code == 202
    assert cloud.delete("alice", f"{ROOT}/volumes/{volume_id}").status_code == 202
    assert cloud.get("alice", f"{ROOT}/volumes/{volume_id}").status_code == 404


def test_a_volume_that_was_ordered_elsewhere_keeps_its_id_too(cloud: SoftLayerCloud) -> None:
    volume_id = available(cloud)
    (thing,) = cloud.fake.world.table("volumes").things.values()
    thing.record["notes"] = "of the portal"
    act(cloud, volume_id, {"os-extend": {"new_size": 40}})
    cloud.settle()

    volume = shown(cloud, volume_id)
    assert (volume["size"], volume["description"]) == (40, "of the portal")


def test_notes_that_were_copied_from_another_volume_do_not_count(cloud: SoftLayerCloud) -> None:
    origin = available(cloud, name="data")
    shown(cloud, origin)
    copy = make_volume(cloud, name="copy")
    first, second = cloud.fake.world.table("volumes").things.values()
    second.record["notes"] = first.record["notes"]
    cloud.settle()

    listed = {item["id"]: item["name"] for item in cloud.get("alice", f"{ROOT}/volumes").json["volumes"]}
    assert listed == {origin: "data", copy: "copy"}
    assert shown(cloud, copy)["name"] == "copy"


def test_a_volume_in_use_grows_since_microversion_3_42(cloud: SoftLayerCloud) -> None:
    server_id, volume_id = cloud.running(), available(cloud)
    attachment = {"volumeAttachment": {"volumeId": volume_id}}
    cloud.post("alice", f"/compute/v2.1/servers/{server_id}/os-volume_attachments", attachment)

    assert act(cloud, volume_id, {"os-extend": {"new_size": 40}}, version="3.41").status_code == 400
    assert act(cloud, volume_id, {"os-extend": {"new_size": 40}}, version="3.42").status_code == 202
    cloud.settle()
    assert (shown(cloud, volume_id)["status"], shown(cloud, volume_id)["size"]) == ("in-use", 40)


def test_a_volume_gets_another_tier(cloud: SoftLayerCloud) -> None:
    volume_id = available(cloud)
    body = {"os-retype": {"new_type": "endurance-4", "migration_policy": "never"}}

    assert act(cloud, volume_id, body).status_code == 202

    assert shown(cloud, volume_id)["status"] == "retyping"
    cloud.settle()
    assert (shown(cloud, volume_id)["status"], shown(cloud, volume_id)["volume_type"]) == ("available", "endurance-4")
    assert act(cloud, volume_id, body).status_code == 400


def test_a_volume_is_reverted_to_its_newest_snapshot(cloud: SoftLayerCloud) -> None:
    volume_id = available(cloud)
    older, newer = snapshot(cloud, volume_id), snapshot(cloud, volume_id, "later")

    assert act(cloud, volume_id, {"revert": {"snapshot_id": older}}).status_code == 400
    assert act(cloud, volume_id, {"revert": {"snapshot_id": newer}}).status_code == 202

    assert shown(cloud, volume_id)["status"] == "reverting"
    cloud.settle()
    assert shown(cloud, volume_id)["status"] == "available"


def test_without_snapshot_space_there_are_no_snapshots_and_no_copies(
    tmp_path: Path, fake: FakeServer, clock: Clock
) -> None:
    cloud = SoftLayerCloud(tmp_path, fake, clock, drivers=DRIVERS)
    volume_id = available(cloud)

    for path, body in (
        ("snapshots", {"snapshot": {"volume_id": volume_id}}),
        ("volumes", {"volume": {"source_volid": volume_id}}),
    ):
        answer = cloud.post("alice", f"{ROOT}/{path}", body)
        assert (answer.status_code, "space" in answer.text) == (400, True)
    assert [volume["id"] for volume in cloud.get("alice", f"{ROOT}/volumes").json["volumes"]] == [volume_id]


def test_a_volume_is_made_of_no_image(cloud: SoftLayerCloud) -> None:
    wanted = {"volume": {"size": 20, "imageRef": cloud.image_id()}}

    assert cloud.post("alice", f"{ROOT}/volumes", wanted).status_code == 501


def test_limits_and_usage_are_the_accounts(cloud: SoftLayerCloud) -> None:
    snapshot(cloud, available(cloud))
    make_volume(cloud, size=30)

    absolute = cloud.get("alice", f"{ROOT}/limits").json["limits"]["absolute"]

    assert (absolute["maxTotalVolumes"], absolute["maxTotalVolumeGigabytes"]) == (700, -1)
    assert (absolute["totalVolumesUsed"], absolute["totalGigabytesUsed"], absolute["totalSnapshotsUsed"]) == (2, 50, 1)
    quota = cloud.get("bob", "/volume/v3/os-quota-sets/300123?usage=true").json["quota_set"]
    assert quota["volumes"] == {"limit": 700, "in_use": 0, "reserved": 0}


@pytest.mark.parametrize(
    ("partners", "said", "status"),
    [
        (0, "", "disabled"),
        (1, "Replicant Volume Provisioning has completed.", "enabled"),
        (1, "REPLICATION_PROVISIONING", "enabling"),
        (1, "FAILOVER_COMPLETED", "failed-over"),
        (1, "FAILBACK_COMPLETED", "enabled"),
    ],
)
def test_replicants_are_told_of(cloud: SoftLayerCloud, partners: int, said: str, status: str) -> None:
    volume_id = available(cloud)
    (thing,) = cloud.fake.world.table("volumes").things.values()
    thing.record.update(replicationPartnerCount=partners, replicationStatus=said)

    assert shown(cloud, volume_id)["replication_status"] == status


def test_a_volume_that_is_sold_by_operations_has_no_type(cloud: SoftLayerCloud) -> None:
    volume_id = available(cloud)
    (thing,) = cloud.fake.world.table("volumes").things.values()
    thing.record.update(storageTierLevel=None)

    assert shown(cloud, volume_id)["volume_type"] is None
    thing.record["storageType"] = {"keyName": "PERFORMANCE_BLOCK_STORAGE"}
    wanted = {"source_volid": volume_id, "volume_type": "endurance-2"}
    assert cloud.post("alice", f"{ROOT}/volumes", {"volume": wanted}).status_code == 400
