"""What was done to servers is found by the ids of the requests that asked for it, and otherwise by SoftLayer's."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from jumpgate.common.context import Context
from jumpgate.compute.drivers.softlayer.action_requests import LIFETIME, MOST, ActionRequests, Request, behind
from jumpgate.compute.models import InstanceAction
from jumpgate.store.engine import Store
from jumpgate.store.migrations import migrate
from jumpgate.store.tables.compute import action_requests
from tests.fakes.softlayer import events
from tests.softlayer.cloud import SoftLayerCloud
from tests.store.conftest import url

__all__ = ["url"]
NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
ROOT = "/compute/v2.1/servers"
REQUEST_ID = "X-Openstack-Request-Id"
# What is asked for, one after the other, with what Nova calls it and what SoftLayer logs.
ASKED: tuple[tuple[str, Any, str, str], ...] = (
    ("os-stop", None, "stop", "Soft Power Off"),
    ("os-start", None, "start", "Power On"),
    ("reboot", {"type": "SOFT"}, "reboot", "Soft Reboot"),
    ("reboot", {"type": "HARD"}, "reboot", "Hard Reboot"),
    ("pause", None, "pause", "Pause"),
    ("unpause", None, "unpause", "Resume"),
    ("suspend", None, "suspend", "Pause"),
    ("resume", None, "resume", "Resume"),
    ("rescue", None, "rescue", "Rescue"),
    ("unrescue", None, "unrescue", "Hard Reboot"),
    ("createImage", {"name": "mine"}, "createImage", "Create Image Template"),
    ("resize", {"flavorRef": "B1_4X16X100"}, "resize", "Upgrade"),
    ("revertResize", None, "revertResize", "Upgrade"),
)


def done(cloud: SoftLayerCloud, server_id: str, action: str, body: Any = None, user: str = "alice") -> str:
    """Do something and return the id of its request."""
    answer = cloud.act(server_id, action, body, user=user)
    assert answer.status_code in (200, 202), answer.text
    cloud.settle()
    return answer.headers[REQUEST_ID]


def listed(cloud: SoftLayerCloud, server_id: str, user: str = "alice") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.get(user, f"{ROOT}/{server_id}/os-instance-actions").json["instanceActions"]
    return found


def shown(cloud: SoftLayerCloud, server_id: str, request_id: str, user: str = "alice") -> Any:
    return cloud.get(user, f"{ROOT}/{server_id}/os-instance-actions/{request_id}", version="compute 2.96")


def test_each_action_is_known_by_the_id_of_its_request(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    cloud.settle()
    ids = [done(cloud, server_id, action, body) for action, body, _, _ in ASKED]
    rebuilt = cloud.act(server_id, "rebuild", {"imageRef": cloud.image_id()})
    cloud.settle()
    gone = cloud.delete("alice", f"{ROOT}/{server_id}")
    ids += [rebuilt.headers[REQUEST_ID], gone.headers[REQUEST_ID]]

    names = [name for _, _, name, _ in ASKED] + ["rebuild", "delete"]
    *later, created = listed(cloud, server_id)
    assert [(item["action"], item["request_id"]) for item in reversed(later)] == list(zip(names, ids, strict=True))
    assert created["action"] == "create"
    for request_id, (_, _, name, event) in zip(ids, ASKED, strict=False):
        action = shown(cloud, server_id, request_id).json["instanceAction"]
        assert (action["action"], action["user_id"], action["instance_uuid"]) == (name, "alice", server_id)
        assert [(item["event"], item["result"]) for item in action["events"]] == [(event, "Success")]


def test_all_servers_of_one_request_know_it(cloud: SoftLayerCloud) -> None:
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id(), "min_count": 2}
    answer = cloud.post("alice", ROOT, {"server": wanted})

    servers = cloud.get("alice", ROOT).json["servers"]
    assert len(servers) == 2
    for server in servers:
        assert [item["request_id"] for item in listed(cloud, server["id"])] == [answer.headers[REQUEST_ID]]


def test_what_is_done_elsewhere_keeps_softlayers_id(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    ours = done(cloud, server_id, "os-stop")
    done(cloud, server_id, "os-start")
    in_portal("carol", cloud, server_id, "Soft Power Off")

    (latest, _, stopped, _) = listed(cloud, server_id)
    trace = cloud.fake.world.table("events").things
    assert latest["request_id"] == list(trace.values())[-1].record["traceId"]
    assert (latest["action"], latest["user_id"]) == ("stop", "carol")
    assert shown(cloud, server_id, latest["request_id"]).json["instanceAction"]["user_id"] == "carol"
    assert (stopped["request_id"], stopped["user_id"]) == (ours, "alice")


def in_portal(user: str, cloud: SoftLayerCloud, server_id: str, event: str, kind: str = "CCI") -> None:
    """Log what somebody did to a guest without Jumpgate."""
    world = cloud.fake.world
    number = next(thing.number for thing in world.table("guests").things.values() if thing.uuid == server_id)
    events.add(world, world.users[user], event, number, "web")
    (*_, last) = world.table("events").things.values()
    last.record["objectName"] = kind


def test_events_of_one_trace_are_one_action(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    request_id = done(cloud, server_id, "os-stop")
    (*_, stopped) = cloud.fake.world.table("events").things.values()
    in_portal("alice", cloud, server_id, "Disable Port")
    (*_, disabled) = cloud.fake.world.table("events").things.values()
    disabled.record["traceId"] = stopped.record["traceId"]

    assert len(listed(cloud, server_id)) == 2
    action = shown(cloud, server_id, request_id).json["instanceAction"]
    assert [event["event"] for event in action["events"]] == ["Soft Power Off", "Disable Port"]


def test_another_thing_of_the_same_number_is_another_thing(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    in_portal("alice", cloud, server_id, "Share Image", kind="Image")

    assert [item["action"] for item in listed(cloud, server_id)] == ["create"]


def test_what_is_not_logged_yet_is_there_without_events(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    request_id = done(cloud, server_id, "os-stop")
    logged = cloud.fake.world.table("events").things
    waiting = logged.popitem()

    action = shown(cloud, server_id, request_id).json["instanceAction"]
    assert (action["action"], action["user_id"], action["events"]) == ("stop", "alice", [])
    logged.update([waiting])
    assert len(listed(cloud, server_id)) == 2
    assert len(shown(cloud, server_id, request_id).json["instanceAction"]["events"]) == 1


def test_without_the_database_only_the_ids_are_lost(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    request_id = done(cloud, server_id, "os-stop")
    before = [(item["action"], item["user_id"], item["start_time"]) for item in listed(cloud, server_id)]
    with cloud.app.store.write("compute") as connection:
        connection.execute(sa.delete(action_requests))

    after = listed(cloud, server_id)
    assert [(item["action"], item["user_id"], item["start_time"]) for item in after] == before
    assert shown(cloud, server_id, request_id).status_code == 404
    assert shown(cloud, server_id, after[0]["request_id"]).json["instanceAction"]["action"] == "stop"


def test_a_database_that_is_full_stops_nobody(cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    server_id = cloud.running()

    def fail(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(ActionRequests, "_add", fail)
    done(cloud, server_id, "os-stop")

    assert cloud.server(server_id)["status"] == "SHUTOFF"
    assert [item["action"] for item in listed(cloud, server_id)] == ["stop", "create"]


def test_what_softlayer_did_not_take_was_not_done(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    refused = cloud.act(server_id, "os-start")

    assert refused.status_code == 409
    assert shown(cloud, server_id, refused.headers[REQUEST_ID]).status_code == 404
    assert [item["action"] for item in listed(cloud, server_id)] == ["create"]


def test_an_account_sees_its_own_only(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    request_id = done(cloud, server_id, "os-stop")

    assert shown(cloud, server_id, request_id, user="carol").json["instanceAction"]["user_id"] == "alice"
    assert shown(cloud, server_id, request_id, user="bob").status_code == 404
    assert cloud.get("bob", f"{ROOT}/{server_id}/os-instance-actions").status_code == 404
    his = cloud.running("bob")
    assert shown(cloud, his, request_id, user="bob").status_code == 404
    assert [item["action"] for item in listed(cloud, his, "bob")] == ["create"]


def test_it_costs_two_calls(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    request_id = done(cloud, server_id, "os-stop")
    calls = ["Virtual_Guest::getObject", "Event_Log::getAllObjects"]

    path = f"{ROOT}/{server_id}/os-instance-actions"
    assert cloud.calls_of("alice", path, version="compute 2.96") == calls
    assert cloud.calls_of("alice", f"{path}/{request_id}", version="compute 2.96") == calls


# The table, on either database.

ALICE = Context(user_id="alice", project_id="1", request_id="req-1")
BOB = Context(user_id="bob", project_id="2", request_id="req-2")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url)
    migrate(made)
    yield made
    made.close()


def test_a_request_is_of_one_server_of_an_account_in_a_region(store: Store) -> None:
    here, there = ActionRequests(store, "RegionOne"), ActionRequests(store, "RegionTwo")
    here.add(ALICE, ["web"], "stop", NOON)

    assert here.find(ALICE, "web") == [Request(id="req-1", name="stop", user_id="alice", asked_at=NOON)]
    assert here.find(ALICE, "db") == here.find(BOB, "web") == there.find(ALICE, "web") == []


def test_the_latest_hundred_of_a_server_are_remembered(store: Store) -> None:
    requests = ActionRequests(store, "RegionOne")
    requests.add(ALICE, ["db"], "stop", NOON)
    for minute in range(MOST + 3):
        requests.add(ALICE, ["web"], "stop", NOON + dt.timedelta(minutes=minute))

    times = [request.asked_at for request in requests.find(ALICE, "web")]
    assert (len(times), times[0]) == (MOST, NOON + dt.timedelta(minutes=3))
    assert len(requests.find(ALICE, "db")) == 1


def test_old_requests_are_forgotten_whosever_they_are(store: Store) -> None:
    requests = ActionRequests(store, "RegionOne")
    requests.add(BOB, ["gone"], "delete", NOON)
    requests.add(BOB, ["young"], "stop", NOON + dt.timedelta(hours=1))
    requests.add(ALICE, ["web"], "stop", NOON + LIFETIME + dt.timedelta(minutes=1))

    assert requests.find(BOB, "gone") == []
    assert len(requests.find(BOB, "young")) == len(requests.find(ALICE, "web")) == 1


# Which requests belong to which entries of the log.


def request(number: int, minutes: float, name: str = "stop", user: str = "alice") -> Request:
    return Request(id=f"req-{number}", name=name, user_id=user, asked_at=NOON + dt.timedelta(minutes=minutes))


def action(number: int, minutes: float, name: str = "stop", user: str = "alice") -> InstanceAction:
    at = NOON + dt.timedelta(minutes=minutes)
    return InstanceAction(
        request_id=f"trace-{number}",
        server_id="web",
        name=name,
        user_id=user,
        project_id="1",
        started_at=at,
        updated_at=at,
    )


@pytest.mark.parametrize(
    ("logged", "is_ours"),
    [
        (action(1, 0), True),
        (action(1, -1), True),
        (action(1, 45), True),
        (action(1, 0, user="Alice"), True),
        (action(1, 0, user="SYSTEM"), True),
        (action(1, -3), False),
        (action(1, 61), False),
        (action(1, 0, "start"), False),
        (action(1, 0, user="carol"), False),
    ],
)
def test_a_request_is_behind_what_was_done_just_then(logged: InstanceAction, is_ours: bool) -> None:
    assert behind([request(1, 0)], [logged]) == ({"trace-1": request(1, 0)} if is_ours else {})


def test_the_nearest_belong_together() -> None:
    requests = [request(1, 0), request(2, 1), request(3, 10)]
    logged = [action(0, -1.5), action(1, 0.1), action(2, 1.1), action(3, 10.1), action(4, 20)]

    for order in itertools.permutations(logged):
        found = behind(requests, order)
        assert {trace: item.id for trace, item in found.items()} == {
            "trace-1": "req-1",
            "trace-2": "req-2",
            "trace-3": "req-3",
        }
