"""Attaching by the actions of the volume, and by attachments of their own."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from falcon.testing import Result

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.models import AttachmentSpec
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.listing import Filter, Query
from tests.block_storage.cinder import CALLERS, NOWHERE, Cinder, refusal

SERVER = str(uuid.UUID(int=1))
OTHER_SERVER = str(uuid.UUID(int=2))
ATTACH = {"instance_uuid": SERVER, "mountpoint": "/dev/vdb"}
CONNECTOR = {"host": "h1", "mountpoint": "/dev/vdc", "initiator": "iqn"}


def make_attachment(cinder: Cinder, volume_id: str, caller: str = "alice", /, **attributes: Any) -> Result:
    body = {"attachment": {"volume_uuid": volume_id, **attributes}}
    return cinder.call(caller, "POST", "/attachments", body, at="3.54")


def attached(cinder: Cinder, volume_id: str, **attributes: Any) -> dict[str, Any]:
    """Return an attachment that was made."""
    result = make_attachment(cinder, volume_id, **attributes)
    assert result.status_code == 200, result.text
    view: dict[str, Any] = result.json["attachment"]
    return view


def test_a_volume_is_attached_and_detached(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()

    cinder.do(volume_id, "os-attach", ATTACH)

    view = cinder.show(volume_id)
    (attachment,) = view["attachments"]
    assert view["status"] == "in-use"
    assert view["metadata"] == {"readonly": "False", "attached_mode": "rw"}
    assert attachment.pop("attached_at")
    assert attachment == {
        "id": volume_id,
        "attachment_id": attachment["attachment_id"],
        "volume_id": volume_id,
        "server_id": SERVER,
        "host_name": None,
        "device": "/dev/vdb",
    }
    cinder.do(volume_id, "os-detach", {"attachment_id": attachment["attachment_id"]})
    view = cinder.show(volume_id)
    assert (view["status"], view["attachments"]) == ("available", [])
    assert view["metadata"] == {"readonly": "False"}


def test_only_an_administrator_sees_the_host(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.do(volume_id, "os-attach", {"host_name": "h1", "mountpoint": "/dev/vdb"})

    assert cinder.show(volume_id, "alice")["attachments"][0]["host_name"] is None
    assert cinder.show(volume_id, "admin")["attachments"][0]["host_name"] == "h1"


@pytest.mark.parametrize(
    "body",
    [
        {"mountpoint": "/dev/vdb"},
        {"instance_uuid": SERVER},
        {"instance_uuid": "x", "mountpoint": "/dev/vdb"},
        {**ATTACH, "mode": "wo"},
        {**ATTACH, "mountpoint": ""},
        {**ATTACH, "color": "red"},
    ],
)
def test_an_attachment_says_by_whom_where_and_how(cinder: Cinder, body: object) -> None:
    assert cinder.act(cinder.make_volume(), "os-attach", body).status_code == 400


def test_a_volume_has_one_user_unless_its_type_allows_more(cinder: Cinder) -> None:
    single, shared = cinder.make_volume(), cinder.make_volume(volume_type="multiattach")
    other = {**ATTACH, "instance_uuid": OTHER_SERVER}
    for volume_id in (single, shared):
        cinder.do(volume_id, "os-attach", ATTACH)

    refused = cinder.act(single, "os-attach", other)
    message = (
        "Error attaching volume - InvalidVolume: Invalid volume: volume is already attached and multiple attachments "
        "are not enabled"
    )
    assert refusal(refused) == (400, message)
    cinder.do(shared, "os-attach", other)
    first, second = cinder.show(shared)["attachments"]
    ambiguous = cinder.act(shared, "os-detach", {})
    assert "More than one attachment, but no attachment_id provided." in refusal(ambiguous)[1]
    cinder.do(shared, "os-detach", {"attachment_id": first["attachment_id"]})
    assert cinder.status(shared) == "in-use"
    cinder.do(shared, "os-detach", {"attachment_id": second["attachment_id"]})
    assert cinder.status(shared) == "available"


def test_the_same_server_attaches_once(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    for _ in range(2):
        cinder.do(volume_id, "os-attach", ATTACH)

    assert len(cinder.show(volume_id)["attachments"]) == 1


def test_a_read_only_volume_is_attached_for_reading(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.do(volume_id, "os-update_readonly_flag", {"readonly": True})

    refused = cinder.act(volume_id, "os-attach", ATTACH)
    assert refusal(refused) == (400, f"Invalid attaching mode 'rw' for volume {volume_id}.")
    cinder.do(volume_id, "os-attach", {**ATTACH, "mode": "ro"})
    assert cinder.show(volume_id)["metadata"] == {"readonly": "True", "attached_mode": "ro"}


@pytest.mark.parametrize("status", ["creating", "error", "deleting", "uploading", "awaiting-transfer"])
def test_a_volume_in_another_state_is_not_attached(cinder: Cinder, status: str) -> None:
    volume_id = cinder.make_volume()
    with cinder.app.store.write("block_storage") as connection:
        connection.exec_driver_sql(f"update volumes set status = '{status}'")

    assert cinder.act(volume_id, "os-attach", ATTACH).status_code == 400
    assert make_attachment(cinder, volume_id).status_code == 400
    assert cinder.act(volume_id, "os-reserve").status_code == 400
    assert cinder.status(volume_id) == status


def test_a_volume_is_reserved_and_given_up(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()

    cinder.do(volume_id, "os-reserve")
    assert cinder.status(volume_id) == "attaching"
    refused = cinder.act(volume_id, "os-reserve")
    message = "Invalid volume: Volume status must be available to reserve, but the status is attaching."
    assert refusal(refused) == (400, message)
    cinder.do(volume_id, "os-unreserve")
    assert cinder.status(volume_id) == "available"
    # Giving up what nobody has reserved is no mistake.
    cinder.do(volume_id, "os-unreserve")
    assert cinder.status(volume_id) == "available"


def test_a_detachment_is_announced_and_taken_back(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    message = (
        "Invalid volume: Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' "
        "to detach."
    )

    assert refusal(cinder.act(volume_id, "os-begin_detaching")) == (400, message)
    cinder.do(volume_id, "os-attach", ATTACH)
    cinder.do(volume_id, "os-begin_detaching")
    assert cinder.status(volume_id) == "detaching"
    cinder.do(volume_id, "os-roll_detaching")
    assert cinder.status(volume_id) == "in-use"
    cinder.do(volume_id, "os-begin_detaching")
    cinder.do(volume_id, "os-detach")
    assert cinder.status(volume_id) == "available"


def test_a_connection_tells_where_the_bytes_are(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()

    result = cinder.act(volume_id, "os-initialize_connection", {"connector": {"host": "h"}})

    assert result.status_code == 200
    info = result.json["connection_info"]
    assert (info["driver_volume_type"], info["enforce_multipath"]) == ("local", False)
    assert info["data"]["device_path"] == str(cinder.file(volume_id))
    assert (info["data"]["access_mode"], info["data"]["encrypted"]) == ("rw", False)
    cinder.do(volume_id, "os-reserve")
    cinder.do(volume_id, "os-terminate_connection", {"connector": {"host": "h"}})
    assert cinder.status(volume_id) == "available"
    assert cinder.act(volume_id, "os-initialize_connection", {"connector": "h"}).status_code == 400
    assert cinder.act(volume_id, "os-initialize_connection", {}).status_code == 400
    cinder.set_status(volume_id, "error")
    assert cinder.act(volume_id, "os-initialize_connection", {"connector": {}}).status_code == 400


def test_an_administrator_ends_an_attachment_by_force(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.do(volume_id, "os-attach", ATTACH)
    attachment_id = cinder.show(volume_id)["attachments"][0]["attachment_id"]
    body = {"attachment_id": attachment_id, "connector": None}

    assert cinder.act(volume_id, "os-force_detach", body).status_code == 403
    cinder.do(volume_id, "os-force_detach", body, "admin")
    assert cinder.status(volume_id) == "available"


def test_an_attachment_of_another_volume_is_not_ended(cinder: Cinder) -> None:
    one, two = cinder.make_volume(), cinder.make_volume()
    cinder.do(one, "os-attach", ATTACH)
    attachment_id = cinder.show(one)["attachments"][0]["attachment_id"]

    refused = cinder.act(two, "os-detach", {"attachment_id": attachment_id})
    assert refusal(refused) == (400, "Invalid input received: Mismatched volume and attachment")
    assert cinder.status(one) == "in-use"


def test_an_attachment_is_reserved_connected_completed_and_ended(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()

    made = attached(cinder, volume_id, instance_uuid=SERVER)
    assert made == {
        "id": made["id"],
        "status": "reserved",
        "instance": SERVER,
        "volume_id": volume_id,
        "attached_at": "",
        "detached_at": "",
        "attach_mode": "null",
        "connection_info": {},
    }
    assert cinder.status(volume_id) == "reserved"
    path = f"/attachments/{made['id']}"
    connected = cinder.call("alice", "PUT", path, {"attachment": {"connector": CONNECTOR}}, at="3.27")
    assert connected.status_code == 200
    view = connected.json["attachment"]
    assert (view["status"], view["attach_mode"], cinder.status(volume_id)) == ("attaching", "rw", "attaching")
    assert view["connection_info"]["device_path"] == str(cinder.file(volume_id))
    assert view["connection_info"]["attachment_id"] == made["id"]
    assert cinder.call("alice", "POST", f"{path}/action", {"os-complete": None}, at="3.43").status_code == 400
    assert cinder.call("alice", "POST", f"{path}/action", {"os-complete": None}, at="3.44").status_code == 204
    assert cinder.status(volume_id) == "in-use"
    (shown,) = cinder.show(volume_id)["attachments"]
    assert (shown["attachment_id"], shown["device"]) == (made["id"], "/dev/vdc")
    ended = cinder.call("alice", "DELETE", path, at="3.27")
    assert (ended.status_code, ended.json) == (200, {"attachments": []})
    assert cinder.status(volume_id) == "available"
    missing = f"Volume attachment could not be found with filter: attachment_id = {made['id']}."
    assert refusal(cinder.call("alice", "GET", path, at="3.27")) == (404, missing)


def test_an_attachment_is_connected_at_once_where_the_host_is_known(cinder: Cinder) -> None:
    made = attached(cinder, cinder.make_volume(), instance_uuid=SERVER, connector=CONNECTOR, mode="ro")

    assert (made["status"], made["attach_mode"]) == ("attaching", "ro")
    assert made["connection_info"]["access_mode"] == "ro"


def test_a_second_attachment_needs_a_type_that_allows_it_or_the_same_server(cinder: Cinder) -> None:
    single, shared = cinder.make_volume(), cinder.make_volume(volume_type="multiattach")
    for volume_id in (single, shared):
        made = attached(cinder, volume_id, instance_uuid=SERVER, connector=CONNECTOR)
        cinder.call("alice", "POST", f"/attachments/{made['id']}/action", {"os-complete": {}}, at="3.44")

    refused = make_attachment(cinder, single, instance_uuid=OTHER_SERVER)
    message = (
        f"Invalid volume: Volume {single} status must be available or downloading to reserve, "
        "but the current status is in-use."
    )
    assert refusal(refused) == (400, message)
    assert make_attachment(cinder, single, instance_uuid=SERVER).status_code == 200
    assert make_attachment(cinder, shared, instance_uuid=OTHER_SERVER).status_code == 200


def test_two_hosts_cannot_connect_to_one_volume(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    made = attached(cinder, volume_id, instance_uuid=SERVER, connector=CONNECTOR)
    cinder.call("alice", "POST", f"/attachments/{made['id']}/action", {"os-complete": {}}, at="3.44")
    again = attached(cinder, volume_id, instance_uuid=SERVER)

    body = {"attachment": {"connector": CONNECTOR}}
    refused = cinder.call("alice", "PUT", f"/attachments/{again['id']}", body, at="3.27")
    message = f"Resource conflict: duplicate connectors detected on volume {volume_id}"
    assert refusal(refused) == (409, message)
    cinder.set_status(volume_id, "error")
    assert cinder.call("alice", "PUT", f"/attachments/{again['id']}", body, at="3.27").status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"volume_uuid": "x"},
        {"volume_uuid": NOWHERE, "instance_uuid": "x"},
        {"volume_uuid": NOWHERE, "mode": "wo"},
        {"volume_uuid": NOWHERE, "connector": "h"},
    ],
)
def test_an_attachment_that_says_too_little_is_refused(cinder: Cinder, body: object) -> None:
    assert cinder.call("alice", "POST", "/attachments", {"attachment": body}, at="3.54").status_code == 400


def test_attachments_are_listed_and_filtered(cinder: Cinder) -> None:
    one, two = cinder.make_volume(), cinder.make_volume()
    first = attached(cinder, one, instance_uuid=SERVER)["id"]
    second = attached(cinder, two, instance_uuid=OTHER_SERVER, connector=CONNECTOR)["id"]

    def listed(query: str = "", caller: str = "alice") -> list[str]:
        short = cinder.read(caller, f"/attachments?{query}", at="3.27")["attachments"]
        full = cinder.read(caller, f"/attachments/detail?{query}", at="3.27")["attachments"]
        assert [item["id"] for item in short] == [item["id"] for item in full]
        return [item["id"] for item in short]

    assert cinder.call("alice", "GET", "/attachments", at="3.26").status_code == 404
    assert listed() == [second, first]
    assert listed("sort=created_at:asc") == [first, second]
    assert listed(f"volume_id={one}") == [first]
    assert listed(f"instance_id={OTHER_SERVER}") == [second]
    assert listed("status=reserved") == [first]
    assert listed("attach_status=attaching") == [second]
    assert listed("limit=1") == [second]
    assert listed(f"marker={second}") == [first]
    assert (listed("", "bob"), listed("all_tenants=1", "bob")) == ([], [])
    assert listed("all_tenants=1", "admin") == [second, first]


def test_nobody_of_another_project_can_touch_an_attachment(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    made = attached(cinder, volume_id, instance_uuid=SERVER)
    path = f"/attachments/{made['id']}"

    assert make_attachment(cinder, volume_id, "bob").status_code == 404
    for method, where, body in (
        ("GET", path, None),
        ("PUT", path, {"attachment": {"connector": CONNECTOR}}),
        ("DELETE", path, None),
        ("POST", f"{path}/action", {"os-complete": None}),
    ):
        assert cinder.call("bob", method, where, body, at="3.44").status_code == 404
        if method != "GET":
            assert cinder.call("reader", method, where, body, at="3.44").status_code == 403
    assert cinder.status(volume_id) == "reserved"


class Servers:
    """A compute service that knows some servers."""

    def __init__(self, *server_ids: str) -> None:
        self.servers = self
        self._ids = server_ids

    def get(self, ctx: Context, server_id: str) -> str:
        if server_id not in self._ids:
            raise NotFound(f"Instance {server_id} could not be found.")
        return server_id


def test_what_a_server_uses_only_its_compute_service_takes_away(cinder: Cinder) -> None:
    cinder.app.siblings("RegionOne").add("compute", Servers(SERVER))
    volume_id = cinder.make_volume()
    made = attached(cinder, volume_id, instance_uuid=SERVER, connector=CONNECTOR)
    cinder.call("alice", "POST", f"/attachments/{made['id']}/action", {"os-complete": {}}, at="3.44")

    refused = (409, f"Detach volume from instance {SERVER} using the Compute API")
    assert refusal(cinder.call("alice", "DELETE", f"/attachments/{made['id']}", at="3.27")) == refused
    assert refusal(cinder.act(volume_id, "os-detach", {})) == refused
    assert refusal(cinder.act(volume_id, "os-detach", {"attachment_id": made["id"]})) == refused
    assert refusal(cinder.act(volume_id, "os-terminate_connection", {"connector": {}})) == refused
    assert refusal(cinder.act(volume_id, "os-force_detach", {}, "admin")) == refused
    assert cinder.status(volume_id) == "in-use"


def test_what_a_server_that_is_gone_used_is_free_to_be_taken(cinder: Cinder) -> None:
    cinder.app.siblings("RegionOne").add("compute", Servers())
    volume_id = cinder.make_volume()
    made = attached(cinder, volume_id, instance_uuid=SERVER, connector=CONNECTOR)

    assert cinder.call("alice", "DELETE", f"/attachments/{made['id']}", at="3.27").status_code == 200
    assert cinder.status(volume_id) == "available"


def test_a_mere_note_of_an_attachment_holds_nothing(cinder: Cinder) -> None:
    cinder.app.siblings("RegionOne").add("compute", Servers(SERVER))
    volume_id = cinder.make_volume()
    cinder.do(volume_id, "os-attach", ATTACH)

    cinder.do(volume_id, "os-detach", {})
    assert cinder.status(volume_id) == "available"


class TestForCompute:
    """What a compute service does in the same process, through the contract."""

    @pytest.fixture
    def storage(self, cinder: Cinder) -> BlockStorage:
        storage: BlockStorage = cinder.app.siblings("RegionOne")["block_storage"]
        return storage

    def test_a_server_takes_a_volume_and_gives_it_back(self, cinder: Cinder, storage: BlockStorage) -> None:
        assert storage.attachments is not None
        ctx, volume_id = CALLERS["alice"], cinder.make_volume()
        spec = AttachmentSpec(volume_id=volume_id, server_id=SERVER, mountpoint="/dev/vdb", mode="rw", complete=True)

        made = storage.attachments.create(ctx, spec)

        assert (made.status, made.server_id, made.mountpoint, made.volume_id) == (
            "attached",
            SERVER,
            "/dev/vdb",
            volume_id,
        )
        assert made.attached_at is not None
        assert made.connection["device_path"] == str(cinder.file(volume_id))
        volume = storage.volumes.get(ctx, volume_id)
        assert (volume.status, volume.size_gib, volume.attachments) == ("in-use", 1, (made,))
        of_server = Query(filters=(Filter("server_id", (SERVER,)),))
        assert list(storage.attachments.find(ctx, of_server)) == [made]
        with pytest.raises(BadRequest):
            storage.attachments.create(ctx, AttachmentSpec(volume_id=volume_id, server_id=OTHER_SERVER, complete=True))
        storage.attachments.delete(ctx, made.id)
        assert storage.volumes.get(ctx, volume_id).status == "available"

    def test_a_reserved_volume_is_completed_later(self, cinder: Cinder, storage: BlockStorage) -> None:
        assert storage.attachments is not None
        ctx, volume_id = CALLERS["alice"], cinder.make_volume()
        made = storage.attachments.create(ctx, AttachmentSpec(volume_id=volume_id, server_id=SERVER))

        assert storage.volumes.get(ctx, volume_id).status == "reserved"
        storage.attachments.complete(ctx, made.id)
        assert storage.volumes.get(ctx, volume_id).status == "in-use"
