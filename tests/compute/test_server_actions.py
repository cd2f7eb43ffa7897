"""Server actions: what they lead to, in which states they are taken, and what is recorded of them."""

from __future__ import annotations

from typing import Any

import pytest

from jumpgate.compute.handlers.actions import ACTIONS
from tests.compute.conftest import ComputeCloud

PLAIN = [
    # action, states afterwards, and where it must be first
    ("os-stop", ("SHUTOFF", "stopped", 4), ()),
    ("os-start", ("ACTIVE", "active", 1), ("os-stop",)),
    ("pause", ("PAUSED", "paused", 3), ()),
    ("unpause", ("ACTIVE", "active", 1), ("pause",)),
    ("suspend", ("SUSPENDED", "suspended", 4), ()),
    ("resume", ("ACTIVE", "active", 1), ("suspend",)),
    ("unrescue", ("ACTIVE", "active", 1), ("rescue",)),
    ("shelve", ("SHELVED_OFFLOADED", "shelved_offloaded", 4), ()),
    ("unshelve", ("ACTIVE", "active", 1), ("shelve",)),
]


@pytest.mark.parametrize(("action", "states", "first"), PLAIN)
def test_an_action_leads_to_a_state(
    cloud: ComputeCloud, action: str, states: tuple[str, str, int], first: tuple[str, ...]
) -> None:
    server_id = cloud.boot()
    for earlier in first:
        cloud.act(server_id, earlier)

    answer = cloud.act(server_id, action)

    assert (answer.status_code, answer.text) == (202, "")
    server = cloud.server(server_id)
    shown = (server["status"], server["OS-EXT-STS:vm_state"], server["OS-EXT-STS:power_state"])
    assert shown == states
    assert server["OS-EXT-STS:task_state"] is None


@pytest.mark.parametrize(
    ("action", "body", "status", "task_state"),
    [
        ("reboot", {"type": "SOFT"}, "REBOOT", "rebooting"),
        ("reboot", {"type": "hard"}, "HARD_REBOOT", "rebooting_hard"),
        ("changePassword", {"adminPass": "x"}, "PASSWORD", "updating_password"),
        ("rebuild", "image", "REBUILD", "rebuilding"),
        ("resize", {"flavorRef": "84"}, "RESIZE", "resize_prep"),
        ("os-stop", None, "ACTIVE", "powering-off"),
    ],
)
def test_an_action_under_way_shows(cloud: ComputeCloud, action: str, body: Any, status: str, task_state: str) -> None:
    server_id = cloud.boot()
    body = {"imageRef": cloud.imaging.cirros.id} if body == "image" else body
    answer = cloud.call("alice", "POST", f"/servers/{server_id}/action", {action: body})
    assert answer.status_code == 202

    server = cloud.server(server_id)

    assert (server["status"], server["OS-EXT-STS:task_state"]) == (status, task_state)
    cloud.settle()
    assert cloud.server(server_id)["status"] in ("ACTIVE", "SHUTOFF", "VERIFY_RESIZE")


@pytest.mark.parametrize(
    ("action", "word", "first", "state"),
    [
        ("os-stop", "stop", ("os-stop",), "vm_state stopped"),
        ("os-start", "start", (), "vm_state active"),
        ("pause", "pause", ("os-stop",), "vm_state stopped"),
        ("unpause", "unpause", (), "vm_state active"),
        ("suspend", "suspend", ("pause",), "vm_state paused"),
        ("resume", "resume", (), "vm_state active"),
        ("unrescue", "unrescue", (), "vm_state active"),
        ("rescue", "rescue", ("pause",), "vm_state paused"),
        ("unshelve", "unshelve", (), "vm_state active"),
        ("shelve", "shelve", ("shelve",), "vm_state shelved_offloaded"),
        ("confirmResize", "confirmResize", (), "vm_state active"),
        ("revertResize", "revertResize", (), "vm_state active"),
    ],
)
def test_an_action_in_the_wrong_state_is_a_conflict(
    cloud: ComputeCloud, action: str, word: str, first: tuple[str, ...], state: str
) -> None:
    server_id = cloud.boot()
    for earlier in first:
        cloud.act(server_id, earlier)

    answer = cloud.act(server_id, action)

    assert answer.status_code == 409
    message = f"Cannot '{word}' instance {server_id} while it is in {state}"
    assert answer.json["conflictingRequest"]["message"] == message


def test_a_soft_reboot_needs_a_running_server_and_a_hard_one_does_not(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "os-stop")

    assert cloud.act(server_id, "reboot", {"type": "SOFT"}).status_code == 409
    assert cloud.act(server_id, "reboot", {"type": "HARD"}).status_code == 202
    assert cloud.server(server_id)["status"] == "ACTIVE"


def test_one_action_at_a_time(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.call("alice", "POST", f"/servers/{server_id}/action", {"os-stop": None})

    answer = cloud.call("alice", "POST", f"/servers/{server_id}/action", {"pause": None})

    assert answer.status_code == 409
    assert "while it is in task_state powering-off" in answer.json["conflictingRequest"]["message"]


def test_a_building_server_takes_no_actions(cloud: ComputeCloud) -> None:
    server_id = cloud.call("alice", "POST", "/servers", cloud.wanted()).json["server"]["id"]

    answer = cloud.call("alice", "POST", f"/servers/{server_id}/action", {"os-stop": None})

    assert "while it is in vm_state building" in answer.json["conflictingRequest"]["message"]


def test_a_server_that_never_ran_is_in_no_state_to_be_stopped(cloud: ComputeCloud) -> None:
    cloud.network.ports.free[cloud.network.private.id].clear()
    server_id = cloud.boot()

    answer = cloud.act(server_id, "os-stop")

    assert answer.status_code == 409
    message = f"Instance {server_id} is in an invalid state for 'stop'"
    assert answer.json["conflictingRequest"]["message"] == message


@pytest.mark.parametrize("action", ["os-stop", "pause", "suspend", "shelve", "rescue"])
def test_a_lock_keeps_others_out(cloud: ComputeCloud, action: str) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "lock")

    answer = cloud.act(server_id, action)

    assert answer.status_code == 409
    assert answer.json["conflictingRequest"]["message"] == f"Instance {server_id} is locked"
    assert cloud.act(server_id, action, caller="admin").status_code in (200, 202)


def test_a_lock_tells_its_reason_since_2_73(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    assert cloud.act(server_id, "lock", {"locked_reason": "hands off"}, at="2.73").status_code == 202
    server = cloud.server(server_id, at="2.73")
    assert (server["locked"], server["locked_reason"]) == (True, "hands off")
    assert cloud.act(server_id, "unlock").status_code == 202
    server = cloud.server(server_id, at="2.73")
    assert (server["locked"], server["locked_reason"]) == (False, None)
    assert cloud.act(server_id, "lock", {"other": 1}, at="2.73").status_code == 400


def test_an_administrator_s_lock_is_the_administrator_s_to_open(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "lock", caller="admin")

    answer = cloud.act(server_id, "unlock")

    assert answer.status_code == 403
    assert "unlock_override" in answer.json["forbidden"]["message"]
    assert cloud.act(server_id, "unlock", caller="admin").status_code == 202


def test_a_rescue_answers_with_a_password(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    answer = cloud.act(server_id, "rescue", {"adminPass": "x", "rescue_image_ref": cloud.imaging.cirros.id})

    assert (answer.status_code, answer.json) == (200, {"adminPass": "x"})
    assert cloud.server(server_id)["status"] == "RESCUE"


def test_a_rescue_needs_an_image_that_is_there(cloud: ComputeCloud) -> None:
    wanted = {"rescue_image_ref": "11111111-1111-1111-1111-111111111111"}

    answer = cloud.act(cloud.boot(), "rescue", wanted)

    assert answer.status_code == 400
    assert "is not supported" in answer.json["badRequest"]["message"]


def test_shelving_keeps_an_image_until_the_server_is_back(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "shelve")

    (kept,) = [image for image in cloud.imaging.images.shelf.things.values() if image.name == "web-shelved"]
    assert (kept.status, cloud.imaging.images.data[kept.id]) == ("active", b"bootable bytes")
    shelved = cloud.server(server_id, "admin")
    assert (shelved["OS-EXT-SRV-ATTR:host"], shelved["OS-EXT-AZ:availability_zone"]) == (None, "")

    cloud.act(server_id, "unshelve")

    assert kept.id not in cloud.imaging.images.shelf.things
    assert cloud.server(server_id, "admin")["OS-EXT-SRV-ATTR:host"] == "embedded"


def test_a_deleted_shelved_server_takes_its_image_along(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "shelve")

    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    cloud.settle()

    assert list(cloud.imaging.images.shelf.things) == [cloud.imaging.cirros.id]


def test_an_unshelve_may_choose_the_zone_and_give_it_up(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "shelve")
    assert cloud.act(server_id, "unshelve", {"availability_zone": "mars"}, at="2.77").status_code == 400
    assert cloud.act(server_id, "unshelve", {"availability_zone": "nova"}, at="2.77").status_code == 202
    assert cloud.server(server_id, at="2.96")["pinned_availability_zone"] == "nova"
    cloud.act(server_id, "shelve")

    assert cloud.act(server_id, "unshelve", {"host": "embedded"}, at="2.91").status_code == 403
    assert cloud.act(server_id, "unshelve", {"availability_zone": None}, at="2.91").status_code == 202
    assert cloud.server(server_id, at="2.96")["pinned_availability_zone"] is None


def test_only_administrators_offload(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    assert cloud.act(server_id, "shelveOffload").status_code == 403
    assert cloud.act(server_id, "shelveOffload", caller="admin").status_code == 409


def test_an_operator_sets_the_state(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    assert cloud.act(server_id, "os-resetState", {"state": "error"}).status_code == 403
    assert cloud.act(server_id, "os-resetState", {"state": "error"}, "admin").status_code == 202
    assert cloud.server(server_id)["status"] == "ERROR"
    assert cloud.act(server_id, "os-stop").status_code == 202
    assert cloud.server(server_id)["status"] == "SHUTOFF"


def test_the_console_tells_what_happened(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "reboot", {"type": "SOFT"})

    def output(length: Any) -> list[str]:
        answer = cloud.act(server_id, "os-getConsoleOutput", {"length": length})
        assert answer.status_code == 200
        text: str = answer.json["output"]
        # As many lines as were asked for, without an empty one after them.
        return text.split("\n") if text else []

    said = [line.partition("] ")[2] for line in output(None)]
    assert said == [
        f"Server {server_id} on host embedded in zone nova.",
        "1 CPUs, 128 MiB of memory, 1 GiB of disk.",
        f"Root disk from image {cloud.imaging.cirros.id}.",
        "Power on; first boot.",
        "Reboot.",
    ]
    assert output(-1) == output("10") == output(5)
    assert output(1) == output(None)[-1:]
    assert output(0) == []
    assert cloud.act(server_id, "os-getConsoleOutput", {"length": "x"}).status_code == 400


def test_security_groups_come_and_go(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.network.security_groups.add("web")

    assert cloud.act(server_id, "addSecurityGroup", {"name": "web"}).status_code == 202
    names = [group["name"] for group in cloud.server(server_id)["security_groups"]]
    assert names == ["default", "web"]
    assert cloud.act(server_id, "removeSecurityGroup", {"name": "web"}).status_code == 202
    assert cloud.server(server_id)["security_groups"] == [{"name": "default"}]
    assert cloud.act(server_id, "removeSecurityGroup", {"name": "web"}).status_code == 404
    assert cloud.act(server_id, "addSecurityGroup", {"name": "nope"}).status_code == 404
    assert cloud.act(server_id, "addSecurityGroup", {}).status_code == 400


def test_floating_addresses_are_joined_until_2_43(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    floating = cloud.network.floating_ips.add("172.24.4.9")

    assert cloud.act(server_id, "addFloatingIp", {"address": "172.24.4.9"}).status_code == 202
    assert cloud.network.floating_ips.shelf.things[floating.id].port_id == cloud.network.ports_of(server_id)[0].id
    assert cloud.act(server_id, "removeFloatingIp", {"address": "172.24.4.9"}).status_code == 202
    assert cloud.network.floating_ips.shelf.things[floating.id].port_id is None
    assert cloud.act(server_id, "removeFloatingIp", {"address": "172.24.4.9"}).status_code == 409
    assert cloud.act(server_id, "addFloatingIp", {"address": "1.1.1.1"}).status_code == 404
    assert cloud.act(server_id, "addFloatingIp", {"address": "172.24.4.9"}, at="2.44").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"fly": None}, 400, "There is no such action: fly"),
        ({}, 400, "Malformed request body"),
        ({"os-start": None, "os-stop": None}, 400, "Malformed request body"),
        ([], 400, "Malformed request body"),
        ({"trigger_crash_dump": None}, 501, "This cloud does not support the action trigger_crash_dump."),
        ({"resetNetwork": None}, 410, "This resource is no longer available. No forwarding address is given."),
    ],
)
def test_what_is_no_action_is_refused(cloud: ComputeCloud, body: Any, status: int, message: str) -> None:
    answer = cloud.call("alice", "POST", f"/servers/{cloud.boot()}/action", body)

    assert answer.status_code == status
    (fault,) = answer.json.values()
    assert fault["message"] == message


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("reboot", {}),
        ("reboot", {"type": "LUKEWARM"}),
        ("reboot", None),
        ("changePassword", {}),
        ("changePassword", {"adminPass": 1}),
        ("resize", {"flavorRef": None}),
        ("resize", {}),
        ("createImage", {}),
        ("rebuild", {}),
        ("os-resetState", {"state": "new"}),
        ("createBackup", {"name": "x"}),
    ],
)
def test_an_action_with_a_bad_body_is_refused(cloud: ComputeCloud, action: str, body: Any) -> None:
    assert cloud.act(cloud.boot(), action, body, "admin").status_code == 400


# Consoles, which the embedded cloud has not, have tests of their own.
OFFERED = sorted(name for name, action in ACTIONS.items() if action.capability != "servers.serial_console")


@pytest.mark.parametrize("action", OFFERED)
def test_every_action_asks_its_policy(cloud: ComputeCloud, action: str) -> None:
    server_id = cloud.boot()
    bodies = {
        "reboot": {"type": "SOFT"},
        "rebuild": {"imageRef": cloud.imaging.cirros.id},
        "resize": {"flavorRef": "84"},
        "changePassword": {"adminPass": "x"},
        "createImage": {"name": "x"},
        "createBackup": {"name": "x", "backup_type": "daily", "rotation": 1},
        "os-getConsoleOutput": {},
        "os-resetState": {"state": "error"},
        "addSecurityGroup": {"name": "default"},
        "removeSecurityGroup": {"name": "default"},
        "addFloatingIp": {"address": "1.1.1.1"},
        "removeFloatingIp": {"address": "1.1.1.1"},
        "addFixedIp": {"networkId": "x"},
        "removeFixedIp": {"address": "1.1.1.1"},
        "os-migrateLive": {"host": None, "block_migration": False, "disk_over_commit": False},
        "evacuate": {"onSharedStorage": False},
    }

    answer = cloud.act(server_id, action, bodies.get(action), "reader")

    assert answer.status_code == 403
    assert ACTIONS[action].policy in answer.json["forbidden"]["message"]


def test_actions_are_recorded(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    answer = cloud.act(server_id, "os-stop")
    request_id = answer.headers["x-openstack-request-id"]

    listed = cloud.call("alice", "GET", f"/servers/{server_id}/os-instance-actions").json["instanceActions"]
    assert [action["action"] for action in listed] == ["stop", "create"]
    assert set(listed[0]) == {
        "action",
        "instance_uuid",
        "request_id",
        "user_id",
        "project_id",
        "start_time",
        "message",
    }
    assert listed[0]["request_id"] == request_id

    shown = cloud.call("alice", "GET", f"/servers/{server_id}/os-instance-actions/{request_id}", at="2.62")
    (event,) = shown.json["instanceAction"]["events"]
    assert (event["event"], event["result"]) == ("compute_stop_instance", "Success")
    assert event["hostId"] == cloud.server(server_id)["hostId"]
    assert "traceback" not in event
    assert "host" not in event


def test_events_are_the_administrators_before_2_51(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    (action,) = cloud.call("alice", "GET", f"/servers/{server_id}/os-instance-actions").json["instanceActions"]
    path = f"/servers/{server_id}/os-instance-actions/{action['request_id']}"

    assert "events" not in cloud.call("alice", "GET", path, at="2.50").json["instanceAction"]
    assert "events" in cloud.call("alice", "GET", path, at="2.51").json["instanceAction"]
    (event,) = cloud.call("admin", "GET", path, at="2.84").json["instanceAction"]["events"]
    assert (event["host"], event["traceback"], event["details"]) == ("embedded", None, None)


def test_actions_have_pages_and_times_since_2_58(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    for action in ("os-stop", "os-start"):
        cloud.act(server_id, action)
    path = f"/servers/{server_id}/os-instance-actions"

    first = cloud.call("alice", "GET", f"{path}?limit=2", at="2.58").json
    assert [action["action"] for action in first["instanceActions"]] == ["start", "stop"]
    assert "updated_at" in first["instanceActions"][0]
    following = first["links"][0]["href"].split("/compute/v2.1")[1]
    rest = cloud.call("alice", "GET", following, at="2.58").json
    assert [action["action"] for action in rest["instanceActions"]] == ["create"]
    assert cloud.call("alice", "GET", f"{path}?marker=nope", at="2.58").status_code == 400
    assert cloud.call("alice", "GET", f"{path}?unknown=1", at="2.58").status_code == 400
    later = "changes-since=2099-01-01T00:00:00Z"
    assert cloud.call("alice", "GET", f"{path}?{later}", at="2.58").json["instanceActions"] == []
    wrong = f"{later}&changes-before=2098-01-01T00:00:00Z"
    assert cloud.call("alice", "GET", f"{path}?{wrong}", at="2.66").status_code == 400


def test_a_deleted_server_s_actions_stay_since_2_21(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    cloud.settle()
    path = f"/servers/{server_id}/os-instance-actions"

    assert cloud.call("alice", "GET", path, at="2.20").status_code == 404
    shown = cloud.call("alice", "GET", path, at="2.21").json["instanceActions"]
    assert [action["action"] for action in shown] == ["delete", "create"]
    assert cloud.call("bob", "GET", path, at="2.21").status_code == 404


@pytest.mark.parametrize("at", [None, "2.96"])
def test_an_action_that_was_not_done(cloud: ComputeCloud, at: str | None) -> None:
    answer = cloud.call("alice", "GET", f"/servers/{cloud.boot()}/os-instance-actions/req-none", at=at)

    assert answer.status_code == 404
    assert answer.json["itemNotFound"]["message"] == "Action req-none not found"


def test_a_failed_build_is_recorded_as_an_error(cloud: ComputeCloud) -> None:
    cloud.network.ports.free[cloud.network.private.id].clear()
    server_id = cloud.boot()
    (action,) = cloud.call("alice", "GET", f"/servers/{server_id}/os-instance-actions").json["instanceActions"]

    assert action["message"] == "Error"
    path = f"/servers/{server_id}/os-instance-actions/{action['request_id']}"
    (event,) = cloud.call("admin", "GET", path, at="2.84").json["instanceAction"]["events"]
    assert (event["event"], event["result"]) == ("compute__do_build_and_run_instance", "Error")
    assert "No more IP addresses" in event["details"]
