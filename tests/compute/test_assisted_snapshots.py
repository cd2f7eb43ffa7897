"""Snapshots of volumes that the server which has them open helps to take."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from falcon.testing import Result

from tests.compute.conftest import ComputeCloud
from tests.compute.test_volume_attachments import attach

PATH = "/os-assisted-volume-snapshots"
NOWHERE = "11111111-1111-1111-1111-111111111111"


def create(cloud: ComputeCloud, volume_id: str, caller: str = "service", **more: Any) -> Result:
    wanted = {"snapshot_id": "s1", "type": "qcow2", "new_file": "overlay", **more}
    return cloud.call(caller, "POST", PATH, {"snapshot": {"volume_id": volume_id, "create_info": wanted}})


def delete(cloud: ComputeCloud, caller: str = "service", **wanted: Any) -> Result:
    return cloud.call(caller, "DELETE", f"{PATH}/s1?delete_info={quote(json.dumps(wanted))}")


@pytest.fixture
def volume_id(cloud: ComputeCloud) -> str:
    volume = cloud.storage.volumes.add()
    assert attach(cloud, cloud.boot(), volume.id).status_code == 200
    identifier: str = volume.id
    return identifier


def test_the_block_storage_service_is_helped_with_a_snapshot(cloud: ComputeCloud, volume_id: str) -> None:
    made = create(cloud, volume_id, id="s1")

    assert (made.status_code, made.json) == (200, {"snapshot": {"id": "s1", "volumeId": volume_id}})
    assert create(cloud, volume_id).json == {"snapshot": {"id": None, "volumeId": volume_id}}
    gone = delete(cloud, volume_id=volume_id, file_to_merge="overlay", merge_target_file="base")
    assert (gone.status_code, gone.text) == (204, "")


@pytest.mark.parametrize("caller", ["alice", "reader", "bob", "admin"])
def test_only_services_ask_for_help(cloud: ComputeCloud, volume_id: str, caller: str) -> None:
    assert create(cloud, volume_id, caller).status_code == 403
    assert delete(cloud, caller, volume_id=volume_id).status_code == 403


@pytest.mark.parametrize("volume", [NOWHERE, "x"])
def test_a_volume_that_no_server_has(cloud: ComputeCloud, volume: str) -> None:
    for answer in (create(cloud, volume), delete(cloud, volume_id=volume)):
        assert answer.status_code == 400
        assert answer.json["badRequest"]["message"] == f"No volume Block Device Mapping with id {volume}."


def test_a_volume_of_several_servers(cloud: ComputeCloud) -> None:
    volume = cloud.storage.volumes.add(is_multiattach=True)
    for _ in range(2):
        assert attach(cloud, cloud.boot(), volume.id, at="2.60").status_code == 200

    answer = create(cloud, volume.id)

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"] == (
        f"Block Device Mapping {volume.id} is a multi-attach volume and is not valid for this operation."
    )


def test_a_busy_server_does_not_help(cloud: ComputeCloud) -> None:
    server_id, volume = cloud.boot(), cloud.storage.volumes.add()
    attach(cloud, server_id, volume.id)
    cloud.call("alice", "POST", f"/servers/{server_id}/action", {"os-stop": None})

    busy = create(cloud, volume.id)
    cloud.settle()

    assert busy.status_code == 400
    assert f"Instance {server_id} in task_state powering-off." in busy.text
    assert create(cloud, volume.id).status_code == 200
    assert delete(cloud, volume_id=volume.id).status_code == 204
    stopped = delete(cloud, volume_id=volume.id, merge_target_file="base")
    assert (stopped.status_code, "vm_state stopped" in stopped.text) == (400, True)


def test_a_server_without_a_host_does_not_help(cloud: ComputeCloud) -> None:
    server_id, volume = cloud.boot(), cloud.storage.volumes.add()
    attach(cloud, server_id, volume.id)
    cloud.act(server_id, "shelve")

    answer = create(cloud, volume.id)

    assert (answer.status_code, answer.json["badRequest"]["message"]) == (400, f"Instance {server_id} is not ready")


@pytest.mark.parametrize("change", [{"type": "raw"}, {"new_file": ""}, {"snapshot_id": None}, {"unknown": 1}])
def test_a_bad_body_is_refused(cloud: ComputeCloud, volume_id: str, change: dict[str, Any]) -> None:
    assert create(cloud, volume_id, **change).status_code == 400


@pytest.mark.parametrize("query", ["", "?delete_info=x", "?delete_info={}", "?delete_info=[]", "?unknown=1"])
def test_a_delete_must_say_the_volume(cloud: ComputeCloud, query: str) -> None:
    answer = cloud.call("service", "DELETE", f"{PATH}/s1{query}", at="2.74")

    assert answer.status_code == 400


def test_unknown_parameters_are_refused_since_2_75(cloud: ComputeCloud, volume_id: str) -> None:
    query = f"?delete_info={quote(json.dumps({'volume_id': volume_id}))}&unknown=1"

    assert cloud.call("service", "DELETE", f"{PATH}/s1{query}", at="2.74").status_code == 204
    assert cloud.call("service", "DELETE", f"{PATH}/s1{query}", at="2.75").status_code == 400
