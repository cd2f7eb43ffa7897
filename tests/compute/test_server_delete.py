"""Deleting servers, in every state."""

from __future__ import annotations

import pytest

from tests.compute.conftest import ComputeCloud


def gone(cloud: ComputeCloud, server_id: str) -> bool:
    """Tell whether a server is gone, with all that it had."""
    assert cloud.network.ports_of(server_id) == []
    assert cloud.storage.attachments.of(server_id) == []
    listed = cloud.call("alice", "GET", "/servers").json["servers"]
    return cloud.call("alice", "GET", f"/servers/{server_id}").status_code == 404 and server_id not in [
        server["id"] for server in listed
    ]


def test_a_delete_is_a_promise_that_is_kept(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    answer = cloud.call("alice", "DELETE", f"/servers/{server_id}")

    assert (answer.status_code, answer.text) == (204, "")
    going = cloud.server(server_id)
    assert (going["status"], going["OS-EXT-STS:task_state"]) == ("ACTIVE", "deleting")
    cloud.settle()
    assert gone(cloud, server_id)


def test_a_second_delete_changes_nothing(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    statuses = [cloud.call("alice", "DELETE", f"/servers/{server_id}").status_code for _ in range(2)]
    cloud.settle()

    assert statuses == [204, 204]
    assert gone(cloud, server_id)
    actions = cloud.call("alice", "GET", f"/servers/{server_id}/os-instance-actions", at="2.21").json
    assert [action["action"] for action in actions["instanceActions"]] == ["delete", "create"]


def test_a_server_can_be_deleted_before_it_is_built(cloud: ComputeCloud) -> None:
    server_id = cloud.call("alice", "POST", "/servers", cloud.wanted()).json["server"]["id"]

    assert cloud.call("alice", "DELETE", f"/servers/{server_id}").status_code == 204
    cloud.settle()

    assert gone(cloud, server_id)


@pytest.mark.parametrize("action", ["os-stop", "pause", "suspend", "shelve", "rescue"])
def test_a_server_can_be_deleted_in_any_state(cloud: ComputeCloud, action: str) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, action)

    assert cloud.call("alice", "DELETE", f"/servers/{server_id}").status_code == 204
    cloud.settle()

    assert gone(cloud, server_id)


def test_a_server_in_error_can_be_deleted(cloud: ComputeCloud) -> None:
    cloud.network.ports.free[cloud.network.private.id].clear()
    server_id = cloud.boot()

    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    cloud.settle()

    assert gone(cloud, server_id)


def test_force_delete_deletes(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    assert cloud.act(server_id, "forceDelete").status_code == 202
    assert gone(cloud, server_id)


def test_a_borrowed_port_is_given_back(cloud: ComputeCloud) -> None:
    port = cloud.network.add_port()
    server_id = cloud.boot(networks=[{"port": port.id}])

    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    cloud.settle()

    kept = cloud.network.ports.shelf.things[port.id]
    assert (kept.device_id, kept.device_owner) == ("", "")


def test_volumes_are_given_back_and_those_that_go_with_the_server_deleted(cloud: ComputeCloud) -> None:
    kept, going = cloud.storage.volumes.add(), cloud.storage.volumes.add()
    server_id = cloud.boot()
    for volume, goes in ((kept, False), (going, True)):
        body = {"volumeAttachment": {"volumeId": volume.id, "delete_on_termination": goes}}
        cloud.call("alice", "POST", f"/servers/{server_id}/os-volume_attachments", body, at="2.79")

    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    cloud.settle()

    assert gone(cloud, server_id)
    assert list(cloud.storage.volumes.shelf.things) == [kept.id]
    assert cloud.storage.volumes.shelf.things[kept.id].status == "available"


def test_a_locked_server_stays(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "lock")

    answer = cloud.call("alice", "DELETE", f"/servers/{server_id}")

    assert answer.status_code == 409
    assert answer.json["conflictingRequest"]["message"] == f"Instance {server_id} is locked"
    assert cloud.call("admin", "DELETE", f"/servers/{server_id}").status_code == 204


def test_a_server_that_cannot_be_removed_ends_in_error_and_can_be_deleted_again(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    def fail() -> None:
        raise ZeroDivisionError

    cloud.network.ports.shelf.before["delete"] = fail
    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    for _ in range(5):
        cloud.settle()
        cloud.make_due("compute.delete")
    assert cloud.server(server_id)["status"] == "ERROR"

    del cloud.network.ports.shelf.before["delete"]
    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    cloud.settle()
    assert gone(cloud, server_id)


def test_a_deleted_server_takes_no_actions(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    cloud.settle()

    for action in ("os-start", "reboot", "rebuild"):
        body = {"reboot": {"type": "HARD"}, "rebuild": {"imageRef": cloud.imaging.cirros.id}}.get(action)
        assert cloud.act(server_id, action, body).status_code == 404
