"""Guests that are not all there, and SoftLayer that does not answer as it should: states and errors of OpenStack's."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from jumpgate.compute.drivers.softlayer import guests
from jumpgate.compute.models.states import status
from tests.softlayer.cloud import SoftLayerCloud
from tests.softlayer.test_guide_block_storage import make_volume

SERVERS = "/compute/v2.1/servers"
MADE = {
    "id": 7,
    "globalIdentifier": "8d1f7c55-1f6e-4d25-9a3e-2e4f3c1b9a70",
    "hostname": "web",
    "createDate": "2026-01-01T12:00:00+00:00",
    "provisionDate": "2026-01-01T12:02:00+00:00",
    "status": {"keyName": "ACTIVE"},
    "powerState": {"keyName": "RUNNING"},
    "primaryBackendIpAddress": "10.1.0.7",
}


def under_way(name: str) -> dict[str, Any]:
    return {"activeTransaction": {"id": 1, "transactionStatus": {"name": name}}}


@pytest.mark.parametrize(
    ("differing", "shown"),
    [
        ({}, ("ACTIVE", None)),
        ({"provisionDate": ""}, ("ACTIVE", None)),
        ({"provisionDate": "", "primaryBackendIpAddress": ""}, ("BUILD", "spawning")),
        ({"provisionDate": None, "powerState": None}, ("BUILD", "spawning")),
        ({"provisionDate": "", **under_way("CLOUD_PROVISION_SETUP")}, ("BUILD", "spawning")),
        ({"provisionDate": "", "activeTransaction": {"id": 1}}, ("BUILD", "spawning")),
        ({"powerState": {"keyName": "HALTED"}}, ("SHUTOFF", None)),
        ({"powerState": {"keyName": "PAUSED"}}, ("PAUSED", None)),
        ({"powerState": None}, ("SHUTOFF", None)),
        (under_way("CLOUD_INSTANCE_UPGRADE"), ("RESIZE", "resize_migrating")),
        (under_way("CLOUD_MIGRATE"), ("RESIZE", "resize_migrating")),
        (under_way("CLOUD_RELOAD_OS"), ("REBUILD", "rebuild_spawning")),
        (under_way("CLOUD_CAPTURE_IMAGE"), ("ACTIVE", "image_pending_upload")),
        (under_way("RECLAIM_WAIT"), ("ACTIVE", "deleting")),
        ({"provisionDate": "", **under_way("RECLAIM_WAIT")}, ("ACTIVE", "deleting")),
        (under_way("SOMETHING_NEW"), ("ACTIVE", None)),
        ({"status": {"keyName": "PROVISIONING_FAILED"}}, ("ERROR", None)),
    ],
)
def test_a_guest_in_any_condition_has_a_state(differing: dict[str, Any], shown: tuple[str, str | None]) -> None:
    server = guests.server({**MADE, **differing}, "1", "example.com")

    assert (status(server.vm_state, server.task_state), server.task_state) == shown


def test_a_guest_of_which_nothing_is_known_is_being_made() -> None:
    server = guests.server({"id": 7, "globalIdentifier": "8d1f7c55"}, "1", "example.com")

    assert (server.vm_state, server.launched_at, server.addresses) == ("building", None, ())


@pytest.mark.parametrize("share", [0.0, 0.45, 0.75])
def test_a_guest_that_is_being_made_is_shown_as_far_as_it_is(cloud: SoftLayerCloud, share: float) -> None:
    server_id = cloud.boot()
    cloud.clock.advance(cloud.fake.world.provisioning_s * share)

    server = cloud.server(server_id)

    assert (server["status"], server["OS-SRV-USG:launched_at"]) == ("BUILD", None)
    assert [item["id"] for item in cloud.get("alice", SERVERS).json["servers"]] == [server_id]
    assert cloud.get("alice", f"/network/v2.0/ports?device_id={server_id}").status_code == 200


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("os-start", None),
        ("reboot", {"type": "HARD"}),
        ("suspend", None),
        ("resize", {"flavorRef": "B1_4X16X100"}),
        ("rescue", {}),
        ("createImage", {"name": "early"}),
        ("rebuild", None),
    ],
)
def test_a_guest_that_is_being_made_takes_no_action(cloud: SoftLayerCloud, action: str, body: Any) -> None:
    body = {"imageRef": cloud.image_id()} if action == "rebuild" else body
    answer = cloud.act(cloud.boot(), action, body)

    assert answer.status_code == 409
    assert "conflictingRequest" in answer.json


@pytest.mark.parametrize("action", ["os-stop", "pause", "suspend", "rescue"])
def test_a_guest_that_something_is_done_to_takes_no_action(cloud: SoftLayerCloud, action: str) -> None:
    server_id = cloud.running()
    cloud.act(server_id, "createImage", {"name": "busy"})

    assert cloud.act(server_id, action, {} if action == "rescue" else None).status_code == 409


def test_a_guest_that_is_being_made_can_be_deleted(cloud: SoftLayerCloud) -> None:
    server_id = cloud.boot()

    assert cloud.delete("alice", f"{SERVERS}/{server_id}").status_code == 204
    cloud.settle()
    assert cloud.get("alice", f"{SERVERS}/{server_id}").status_code == 404


def test_a_guest_that_is_being_made_is_named_and_shows_what_it_has(cloud: SoftLayerCloud) -> None:
    server_id = cloud.boot()
    path = f"{SERVERS}/{server_id}"

    assert cloud.put("alice", path, {"server": {"name": "later"}}).json["server"]["name"] == "later"
    assert cloud.get("alice", f"{path}/ips").json == {"addresses": {}}
    assert cloud.get("alice", f"{path}/os-server-password").json == {"password": ""}
    assert [item["action"] for item in actions(cloud, path)] == ["create"]
    cloud.clock.advance(cloud.fake.world.provisioning_s)
    assert cloud.server(server_id)["name"] == "later"


def actions(cloud: SoftLayerCloud, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.get("alice", f"{path}/os-instance-actions").json["instanceActions"]
    return found


def test_no_volume_comes_to_a_guest_that_is_being_made(cloud: SoftLayerCloud) -> None:
    volume_id = make_volume(cloud)
    cloud.settle()
    path = f"{SERVERS}/{cloud.boot()}/os-volume_attachments"

    answer = cloud.post("alice", path, {"volumeAttachment": {"volumeId": volume_id}})

    assert answer.status_code == 409, answer.text
    assert cloud.get("alice", f"/volume/v3/volumes/{volume_id}").json["volume"]["status"] == "available"


def test_a_guest_without_interfaces_is_in_no_group_yet(cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    group = {"security_group": {"name": "web"}}
    assert cloud.post("alice", "/network/v2.0/security-groups", group).status_code == 201
    server_id = cloud.boot()
    methods: dict[Any, Any] = cloud.fake.world.methods
    get = methods["Virtual_Guest", "getObject"]
    without = dict.fromkeys(("primaryNetworkComponent", "primaryBackendNetworkComponent"))
    monkeypatch.setitem(methods, ("Virtual_Guest", "getObject"), lambda *call: get(*call) | without)

    answer = cloud.act(server_id, "addSecurityGroup", {"name": "web"})

    assert (answer.status_code, "interfaces" in answer.text) == (409, True)
    monkeypatch.undo()
    assert cloud.act(server_id, "addSecurityGroup", {"name": "web"}).status_code == 202
    assert cloud.server(server_id)["security_groups"] == [{"name": "web"}]


def test_a_guest_that_could_not_be_described_for_a_rate_limit_is_cancelled(cloud: SoftLayerCloud) -> None:
    wanted = {"name": "Web 1", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id()}
    create = cloud.fake.world.methods[("Virtual_Guest", "createObjects")]

    def then_limited(world: Any, user: Any, call: Any) -> Any:
        made = create(world, user, call)
        cloud.fake.rate_limited = 1
        return made

    cloud.fake.world.methods[("Virtual_Guest", "createObjects")] = then_limited
    answer = cloud.post("alice", SERVERS, {"server": wanted})

    assert answer.status_code == 429
    cloud.settle()
    assert cloud.get("alice", SERVERS).json["servers"] == []


class Failing(http.server.BaseHTTPRequestHandler):
    """What stands before SoftLayer's API answers in its place, or nothing does."""

    status = 503
    waiting = threading.Event()

    def do_POST(self) -> None:
        if self.status == 0:
            self.waiting.wait(5)
            return
        self.send_response(self.status)
        self.send_header("Retry-After", "17")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Be silent."""


@pytest.fixture
def failing() -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Failing)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    Failing.waiting.clear()
    thread.start()
    yield server
    Failing.waiting.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("before", "after"), [(0, 504), (429, 429), (502, 503), (503, 503), (418, 502)])
def test_what_stands_before_softlayer_fails(
    cloud: SoftLayerCloud,
    failing: http.server.ThreadingHTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    before: int,
    after: int,
) -> None:
    monkeypatch.setattr(Failing, "status", before)
    assert cloud.get("alice", SERVERS).status_code == 200
    redirect(cloud, f"http://127.0.0.1:{failing.server_port}", timeout_s=0.5)

    answer = cloud.get("alice", SERVERS)

    assert answer.status_code == after, answer.text
    if before == 429:
        assert answer.headers["Retry-After"] == "17"


def redirect(cloud: SoftLayerCloud, url: str, *, timeout_s: float) -> None:
    """Let the compute driver ask somebody else from now on."""
    transport = cloud.app.siblings("RegionOne")["compute"].servers._session._transport.transport
    transport.endpoint_url, transport.timeout = url, timeout_s
