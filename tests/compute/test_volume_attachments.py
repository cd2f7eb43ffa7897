"""Volumes at servers: attached, shown, changed and detached."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud

NOWHERE = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
def server_id(cloud: ComputeCloud) -> str:
    return cloud.boot()


def attach(cloud: ComputeCloud, server_id: str, volume_id: str, at: str | None = None, **more: Any) -> Any:
    body = {"volumeAttachment": {"volumeId": volume_id, **more}}
    return cloud.call("alice", "POST", f"/servers/{server_id}/os-volume_attachments", body, at=at)


def status(cloud: ComputeCloud, volume_id: str) -> str:
    found: str = cloud.storage.volumes.shelf.things[volume_id].status
    return found


def test_a_volume_is_attached_and_detached(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add()

    answer = attach(cloud, server_id, volume.id)

    assert answer.status_code == 200
    shown = {"id": volume.id, "volumeId": volume.id, "serverId": server_id, "device": "/dev/vdb"}
    assert answer.json == {"volumeAttachment": shown}
    assert status(cloud, volume.id) == "in-use"
    (attachment,) = cloud.storage.attachments.of(server_id)
    assert attachment.mountpoint == "/dev/vdb"
    path = f"/servers/{server_id}/os-volume_attachments"
    assert cloud.call("alice", "GET", path).json == {"volumeAttachments": [shown]}
    assert cloud.call("alice", "GET", f"{path}/{volume.id}").json == {"volumeAttachment": shown}
    assert cloud.server(server_id)["os-extended-volumes:volumes_attached"] == [{"id": volume.id}]

    gone = cloud.call("alice", "DELETE", f"{path}/{volume.id}")
    assert (gone.status_code, gone.text) == (202, "")
    cloud.settle()
    assert status(cloud, volume.id) == "available"
    assert cloud.call("alice", "GET", path).json == {"volumeAttachments": []}
    actions = cloud.call("alice", "GET", f"/servers/{server_id}/os-instance-actions").json["instanceActions"]
    assert [action["action"] for action in actions] == ["detach_volume", "attach_volume", "create"]


def test_attributes_grew_with_the_microversions(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add()
    attach(cloud, server_id, volume.id, at="2.79", tag="disk", delete_on_termination=True)
    path = f"/servers/{server_id}/os-volume_attachments/{volume.id}"

    def shown(at: str) -> dict[str, Any]:
        found: dict[str, Any] = cloud.call("alice", "GET", path, at=at).json["volumeAttachment"]
        return found

    assert "tag" not in shown("2.69")
    assert shown("2.70")["tag"] == "disk"
    assert shown("2.79")["delete_on_termination"] is True
    assert "id" in shown("2.88")
    (attachment,) = cloud.storage.attachments.of(server_id)
    latest = shown("2.89")
    assert "id" not in latest
    assert latest["attachment_id"] == attachment.id
    assert latest["bdm_uuid"]
    volumes = cloud.server(server_id, at="2.3")["os-extended-volumes:volumes_attached"]
    assert volumes == [{"id": volume.id, "delete_on_termination": True}]


def test_devices_are_given_in_order_or_as_asked_for(cloud: ComputeCloud, server_id: str) -> None:
    volumes = [cloud.storage.volumes.add() for _ in range(4)]
    wanted: list[dict[str, Any]] = [{}, {"device": "/dev/vdd"}, {"device": None}]
    devices = [
        attach(cloud, server_id, volume.id, **more).json["volumeAttachment"]["device"]
        for volume, more in zip(volumes[:3], wanted, strict=True)
    ]
    assert devices == ["/dev/vdb", "/dev/vdd", "/dev/vdc"]

    taken = attach(cloud, server_id, volumes[3].id, device="/dev/vdd")

    assert taken.status_code == 409
    assert taken.json["conflictingRequest"]["message"] == "The supplied device path (/dev/vdd) is in use."
    assert status(cloud, volumes[3].id) == "available"


def test_a_volume_that_is_not_there(cloud: ComputeCloud, server_id: str) -> None:
    answer = attach(cloud, server_id, NOWHERE)

    assert answer.status_code == 404
    assert answer.json["itemNotFound"]["message"] == f"Volume {NOWHERE} could not be found."


@pytest.mark.parametrize("state", ["in-use", "creating", "error", "reserved"])
def test_a_volume_that_is_not_available_is_refused(cloud: ComputeCloud, server_id: str, state: str) -> None:
    volume = cloud.storage.volumes.add(status=state)

    answer = attach(cloud, server_id, volume.id)

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"] == (
        f"Invalid input received: Invalid volume: Volume {volume.id} status must be available or downloading to "
        f"reserve, but the current status is {state}."
    )
    assert cloud.call("alice", "GET", f"/servers/{server_id}/os-volume_attachments").json["volumeAttachments"] == []


def test_a_foreign_volume_is_not_found(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add(project_id="2" * 32)

    assert attach(cloud, server_id, volume.id).status_code == 404


def test_a_volume_that_the_service_refuses_leaves_nothing(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add()

    def race() -> None:
        cloud.storage.volumes.shelf.change(volume.id, {"status": "reserved"})

    cloud.storage.attachments.shelf.before["create"] = race

    assert attach(cloud, server_id, volume.id).status_code == 400
    assert cloud.call("alice", "GET", f"/servers/{server_id}/os-volume_attachments").json["volumeAttachments"] == []


def test_a_volume_is_attached_to_a_server_once(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add(is_multiattach=True)
    attach(cloud, server_id, volume.id, at="2.60")

    again = attach(cloud, server_id, volume.id, at="2.60")

    assert again.status_code == 400
    assert again.json["badRequest"]["message"] == f"Invalid volume: volume {volume.id} already attached"


def test_a_volume_that_another_server_has_is_refused(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add()
    attach(cloud, server_id, volume.id)

    for other in (server_id, cloud.boot()):
        answer = attach(cloud, other, volume.id)
        assert answer.status_code == 400
        assert answer.json["badRequest"]["message"] == (
            f"Invalid volume: volume {volume.id} is already attached to instances: {server_id}"
        )


def test_a_shared_volume_needs_2_60(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add(is_multiattach=True)

    assert attach(cloud, server_id, volume.id, at="2.59").status_code == 400
    assert attach(cloud, server_id, volume.id, at="2.60").status_code == 200
    assert attach(cloud, cloud.boot(), volume.id, at="2.60").status_code == 200


@pytest.mark.parametrize("body", [{"volumeId": "x"}, {}, {"volumeId": NOWHERE, "device": "vdb"}, {"unknown": 1}])
def test_a_bad_body_is_refused(cloud: ComputeCloud, server_id: str, body: dict[str, Any]) -> None:
    path = f"/servers/{server_id}/os-volume_attachments"

    assert cloud.call("alice", "POST", path, {"volumeAttachment": body}).status_code == 400


def test_a_shelved_server_takes_volumes_since_2_20(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add()
    cloud.act(server_id, "shelve")

    assert attach(cloud, server_id, volume.id, at="2.19").status_code == 409
    assert attach(cloud, server_id, volume.id, at="2.20").status_code == 200
    path = f"/servers/{server_id}/os-volume_attachments/{volume.id}"
    assert cloud.call("alice", "DELETE", path, at="2.19").status_code == 409
    assert cloud.call("alice", "DELETE", path, at="2.20").status_code == 202


def test_a_suspended_or_locked_server_takes_no_volumes(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add()
    cloud.act(server_id, "suspend")
    refused = attach(cloud, server_id, volume.id)
    assert (refused.status_code, "Cannot 'attach_volume'" in refused.text) == (409, True)
    cloud.act(server_id, "resume")
    cloud.act(server_id, "lock")
    assert attach(cloud, server_id, volume.id).status_code == 409


def test_what_goes_with_the_server_can_change_since_2_85(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add()
    attach(cloud, server_id, volume.id)
    path = f"/servers/{server_id}/os-volume_attachments/{volume.id}"

    def put(at: str = "2.85", **more: Any) -> int:
        body = {"volumeAttachment": {"volumeId": volume.id, **more}}
        code: int = cloud.call("alice", "PUT", path, body, at=at).status_code
        return code

    assert put(delete_on_termination=True) == 202
    assert cloud.call("alice", "GET", path, at="2.85").json["volumeAttachment"]["delete_on_termination"] is True
    assert put(serverId=server_id, id=volume.id, device="/dev/vdb") == 202
    assert put(device="/dev/vdz") == 400
    assert put(serverId=NOWHERE) == 400
    assert put(tag="x") == 400
    assert put(at="2.84") == 403


def test_swapping_is_the_block_storage_service_s(cloud: ComputeCloud, server_id: str) -> None:
    volume, other = cloud.storage.volumes.add(), cloud.storage.volumes.add()
    attach(cloud, server_id, volume.id)
    path = f"/servers/{server_id}/os-volume_attachments"

    def swap(caller: str, volume_id: str, at: str, **more: Any) -> Any:
        body = {"volumeAttachment": {"volumeId": other.id, **more}}
        return cloud.call(caller, "PUT", f"{path}/{volume_id}", body, at=at)

    for at in ("2.1", "2.85"):
        answer = swap("admin", volume.id, at)
        assert answer.status_code == 409
        assert answer.json["conflictingRequest"]["message"] == (
            f"volume {volume.id} is not migrating; this API should only be called by Cinder"
        )
        assert swap("alice", volume.id, at).status_code == 403
        assert swap("admin", NOWHERE, at).status_code == 404
    # Since 2.85 what can change is changed first, and only then the volume.
    assert swap("admin", volume.id, "2.85", delete_on_termination=True).status_code == 409
    shown = cloud.call("alice", "GET", f"{path}/{volume.id}", at="2.85").json["volumeAttachment"]
    assert shown["delete_on_termination"] is True
    assert swap("admin", volume.id, "2.84", delete_on_termination=True).status_code == 400


def test_a_volume_that_moves_is_not_swapped_by_its_server(cloud: ComputeCloud, server_id: str) -> None:
    volume, other = cloud.storage.volumes.add(), cloud.storage.volumes.add()
    attach(cloud, server_id, volume.id)
    cloud.storage.volumes.shelf.change(volume.id, {"migration_status": "migrating"})
    body = {"volumeAttachment": {"volumeId": other.id}}

    answer = cloud.call("admin", "PUT", f"/servers/{server_id}/os-volume_attachments/{volume.id}", body)

    assert answer.status_code == 501


def test_lists_take_limit_and_offset(cloud: ComputeCloud, server_id: str) -> None:
    for _ in range(3):
        attach(cloud, server_id, cloud.storage.volumes.add().id)
    path = f"/servers/{server_id}/os-volume_attachments"

    def devices(query: str) -> list[str]:
        return [item["device"] for item in cloud.call("alice", "GET", path + query).json["volumeAttachments"]]

    assert devices("?limit=1") == ["/dev/vdb"]
    assert devices("?limit=1&offset=1") == ["/dev/vdc"]
    assert devices("?limit=0") == ["/dev/vdb", "/dev/vdc", "/dev/vdd"]
    assert cloud.call("alice", "GET", f"{path}?limit=-1").status_code == 400
    assert cloud.call("alice", "GET", f"{path}?unknown=1", at="2.75").status_code == 400


def test_a_volume_of_another_server_is_not_found(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add()
    attach(cloud, cloud.boot(), volume.id)
    path = f"/servers/{server_id}/os-volume_attachments/{volume.id}"

    for method in ("GET", "DELETE"):
        answer = cloud.call("alice", method, path)
        assert answer.status_code == 404
        message = f"Instance {server_id} is not attached to volume {volume.id}"
        assert answer.json["itemNotFound"]["message"] == message
    assert cloud.call("alice", "DELETE", path.replace(volume.id, NOWHERE)).status_code == 404


def test_nobody_else_touches_them(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add()
    attach(cloud, server_id, volume.id)
    path = f"/servers/{server_id}/os-volume_attachments"

    assert cloud.call("bob", "DELETE", f"{path}/{volume.id}").status_code == 404
    assert cloud.call("reader", "DELETE", f"{path}/{volume.id}").status_code == 403
    assert cloud.call("reader", "GET", path).status_code == 200


def test_a_volume_attached_to_a_server_that_is_going_is_given_back(cloud: ComputeCloud, server_id: str) -> None:
    volume = cloud.storage.volumes.add()

    def delete() -> None:
        del cloud.storage.attachments.shelf.before["create"]
        cloud.call("alice", "DELETE", f"/servers/{server_id}")

    cloud.storage.attachments.shelf.before["create"] = delete

    assert attach(cloud, server_id, volume.id).status_code == 409
    cloud.settle()
    assert status(cloud, volume.id) == "available"
