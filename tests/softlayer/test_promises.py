"""What a client says of a new volume is there at once, and stays until it stands in the volume's notes."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from jumpgate.block_storage.drivers.softlayer.promises import Promise, Promises
from jumpgate.common.context import Context
from jumpgate.store.engine import Store
from tests.fakes.softlayer import FakeServer
from tests.fakes.softlayer.faults import Refusal, invalid
from tests.softlayer.cloud import ACCOUNT, DRIVERS, OTHER, SoftLayerCloud
from tests.softlayer.test_guide_block_storage import make_volume

ROOT = f"/volume/v3/{ACCOUNT}"
SAID: dict[str, Any] = {
    "name": "data",
    "description": "of the shop",
    "metadata": {"role": "db"},
    "volume_type": "endurance-4",
}


def shown(cloud: SoftLayerCloud, volume_id: str) -> dict[str, Any]:
    volume: dict[str, Any] = cloud.get("alice", f"{ROOT}/volumes/{volume_id}").json["volume"]
    return volume


def listed(cloud: SoftLayerCloud, user: str = "alice") -> list[dict[str, Any]]:
    volumes: list[dict[str, Any]] = cloud.get(user, "/volume/v3/volumes/detail").json["volumes"]
    return volumes


def said(volume: dict[str, Any]) -> dict[str, Any]:
    return {name: volume[name] for name in SAID}


def methods(fake: FakeServer) -> dict[Any, Any]:
    """Return the methods of the API, some of which shall fail."""
    return fake.world.methods


def test_a_new_volume_has_its_name_from_the_first_answer_on(cloud: SoftLayerCloud) -> None:
    made = cloud.post("alice", f"{ROOT}/volumes", {"volume": {"size": 20, **SAID}}).json["volume"]

    for volume in (made, shown(cloud, made["id"]), *listed(cloud)):
        assert said(volume) == SAID
        assert (volume["id"], volume["status"], volume["size"]) == (made["id"], "creating", 20)
    assert listed(cloud, "bob") == []
    assert cloud.get("bob", f"/volume/v3/volumes/{made['id']}").status_code == 404


def test_a_volume_that_was_made_keeps_its_id_and_what_was_said(cloud: SoftLayerCloud) -> None:
    volume_id = make_volume(cloud, **SAID)
    cloud.settle()

    for volume in (*listed(cloud), shown(cloud, volume_id), *listed(cloud)):
        assert said(volume) == SAID
        assert (volume["id"], volume["status"]) == (volume_id, "available")
    (thing,) = cloud.fake.world.table("volumes").things.values()
    assert '"name":"data"' in thing.record["notes"]
    cloud.fake.calls.clear()
    assert said(shown(cloud, volume_id)) == SAID
    assert cloud.fake.names() == ["Account::getIscsiNetworkStorage"]


def test_a_new_process_knows_what_was_said(cloud: SoftLayerCloud, tmp_path: Path) -> None:
    volume_id = make_volume(cloud, **SAID)

    again = SoftLayerCloud(tmp_path, cloud.fake, cloud.clock, drivers=DRIVERS)

    assert said(shown(again, volume_id)) == SAID
    again.settle()
    assert (said(shown(again, volume_id)), shown(again, volume_id)["status"]) == (SAID, "available")


def test_a_volume_is_renamed_while_it_is_made(cloud: SoftLayerCloud) -> None:
    volume_id = make_volume(cloud, **SAID)
    path = f"{ROOT}/volumes/{volume_id}"

    assert cloud.put("alice", path, {"volume": {"name": "better"}}).status_code == 200
    assert cloud.post("alice", f"{path}/metadata", {"metadata": {"tier": "gold"}}).status_code == 200
    assert cloud.delete("alice", f"{path}/metadata/role").status_code == 200
    assert cloud.delete("alice", f"{path}/metadata/role").status_code == 404
    assert cloud.put("bob", path.replace(str(ACCOUNT), str(OTHER)), {"volume": {"name": "x"}}).status_code == 404

    for _ in range(2):
        volume = shown(cloud, volume_id)
        assert (volume["name"], volume["metadata"]) == ("better", {"tier": "gold"})
        cloud.settle()


def test_a_volume_that_is_still_made_is_not_attached(cloud: SoftLayerCloud) -> None:
    server_id, volume_id = cloud.running(), make_volume(cloud)
    path = f"/compute/v2.1/servers/{server_id}/os-volume_attachments"

    answer = cloud.post("alice", path, {"volumeAttachment": {"volumeId": volume_id}})

    assert (answer.status_code, "creating" in answer.text) == (400, True)
    foreign = cloud.post("bob", "/volume/v3/volumes", {"volume": {"size": 20}}).json["volume"]["id"]
    assert cloud.post("alice", path, {"volumeAttachment": {"volumeId": foreign}}).status_code == 404


def test_a_list_costs_one_call_and_one_for_all_that_is_still_made(cloud: SoftLayerCloud) -> None:
    for name in ("a", "b", "c"):
        make_volume(cloud, name=name)
    calls = ["Account::getIscsiNetworkStorage", "Billing_Order::getAllObjects"]

    assert cloud.calls_of("alice", f"{ROOT}/volumes/detail") == calls
    assert len(listed(cloud)) == 3
    cloud.settle()
    assert cloud.calls_of("alice", f"{ROOT}/volumes/detail") == calls[:1]
    assert {volume["name"] for volume in listed(cloud)} == {"a", "b", "c"}


def test_a_refused_order_leaves_nothing(cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise invalid("The order cannot be placed.")

    monkeypatch.setitem(methods(cloud.fake), ("Product_Order", "placeOrder"), refuse)

    assert cloud.post("alice", f"{ROOT}/volumes", {"volume": {"size": 20, **SAID}}).status_code == 400
    assert promises(cloud).find(ALICE) == []


def test_an_order_that_is_called_off_is_no_volume(cloud: SoftLayerCloud) -> None:
    volume_id = make_volume(cloud, **SAID)
    (order,) = cloud.fake.world.table("orders").things.values()
    order.record["status"] = "CANCELLED"

    assert listed(cloud) == []
    assert cloud.get("alice", f"{ROOT}/volumes/{volume_id}").status_code == 404
    assert promises(cloud).find(ALICE) == []


def test_a_volume_that_is_cancelled_elsewhere_is_not_waited_for(cloud: SoftLayerCloud) -> None:
    volume_id = make_volume(cloud, **SAID)
    cloud.settle()
    (thing,) = list(cloud.fake.world.table("volumes").things.values())
    (order,) = cloud.fake.world.table("orders").things.values()
    del cloud.fake.world.table("volumes").things[thing.number]
    order.record["items"][0]["billingItem"] = {"id": 1, "cancellationDate": "2026-01-01T12:00:00-06:00"}

    assert listed(cloud) == []
    assert cloud.get("alice", f"{ROOT}/volumes/{volume_id}").status_code == 404


def test_whoever_may_not_look_at_orders_sees_his_volume_being_made(
    cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(*_: Any) -> Any:
        raise Refusal("SoftLayer_Exception_PermissionDenied", "You do not have permission to view orders.")

    monkeypatch.setitem(methods(cloud.fake), ("Billing_Order", "getAllObjects"), forbid)
    volume_id = make_volume(cloud, **SAID)

    assert [volume["id"] for volume in listed(cloud)] == [volume_id]
    assert said(shown(cloud, volume_id)) == SAID


def test_whoever_may_not_write_notes_sees_what_was_said(cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: Any) -> Any:
        raise Refusal("SoftLayer_Exception_PermissionDenied", "You do not have permission to edit storage.")

    volume_id = make_volume(cloud, **SAID)
    cloud.settle()
    with monkeypatch.context() as patched:
        patched.setitem(methods(cloud.fake), ("Network_Storage", "editObject"), forbid)
        for volume in (shown(cloud, volume_id), *listed(cloud), shown(cloud, volume_id)):
            assert said(volume) == SAID
        answer = cloud.put("alice", f"{ROOT}/volumes/{volume_id}", {"volume": {"name": "better"}})
        assert answer.status_code == 403

    assert said(shown(cloud, volume_id)) == SAID
    assert promises(cloud).find(ALICE) == []


def test_a_rename_ends_the_promise(cloud: SoftLayerCloud) -> None:
    volume_id = make_volume(cloud, **SAID)
    cloud.settle()

    cloud.put("alice", f"{ROOT}/volumes/{volume_id}", {"volume": {"name": "better"}})

    assert promises(cloud).find(ALICE) == []
    for volume in (shown(cloud, volume_id), *listed(cloud)):
        assert (volume["name"], volume["metadata"]) == ("better", SAID["metadata"])


def test_notes_that_somebody_wrote_meanwhile_stay(cloud: SoftLayerCloud) -> None:
    volume_id = make_volume(cloud, name="data")
    cloud.settle()
    (thing,) = cloud.fake.world.table("volumes").things.values()
    thing.record["notes"] = "written in the portal"

    for volume in (*listed(cloud), shown(cloud, volume_id), shown(cloud, volume_id)):
        assert (volume["name"], volume["description"]) == ("data", "written in the portal")


# A promise whose order's number was never learnt.

ALICE = Context(user_id="alice", project_id=str(ACCOUNT))
NOW = dt.datetime.now(dt.UTC)
ASKED: dict[str, Any] = {"size_gib": 20, "tier": "READHEAVY_TIER", "zone": "dal10", "note": {"name": "data"}}
LOST = Promise(id="1", order=None, created_at=NOW, **ASKED)


def ordered(later: dt.timedelta) -> dict[str, Any]:
    """Return the billing item of a volume that was ordered some time after the promise."""
    return {"orderItem": {"order": {"id": 9, "createDate": (NOW + later).isoformat()}}}


RECORD = {
    "id": 7,
    "capacityGb": 20,
    "storageTierLevel": "READHEAVY_TIER",
    "serviceResource": {"datacenter": {"name": "dal10"}},
    "billingItem": ordered(dt.timedelta(seconds=1)),
    "notes": "",
}


def promises(cloud: SoftLayerCloud, *, timeout_s: float = 0) -> Promises:
    return Promises(cloud.app.store, "RegionOne", timeout_s=timeout_s)


def kept(*records: dict[str, Any], lost: tuple[Promise, ...] = (LOST,)) -> dict[str, str]:
    store = mock.create_autospec(Store, instance=True)
    found = Promises(store, "RegionOne", timeout_s=-60).kept(lost, records)
    return {number: promise.id for number, promise in found.items()}


def test_a_lost_promise_is_kept_by_the_volume_that_looks_like_it() -> None:
    assert kept(RECORD) == {"7": "1"}
    assert kept({**RECORD, "id": 8}, RECORD) == {"8": "1"}
    second = dataclasses.replace(LOST, id="2")
    assert kept(RECORD, {**RECORD, "id": 8}, lost=(LOST, second)) == {"7": "1", "8": "2"}


@pytest.mark.parametrize(
    "more",
    [
        {"capacityGb": 30},
        {"storageTierLevel": "WRITEHEAVY_TIER"},
        {"serviceResource": {"datacenter": {"name": "ams01"}}},
        {"billingItem": ordered(-dt.timedelta(hours=1))},
        {"billingItem": ordered(dt.timedelta(hours=1))},
        {"notes": '{"openstack":{"name":"mine"}}'},
    ],
    ids=["size", "tier", "place", "earlier", "later", "notes"],
)
def test_a_lost_promise_is_kept_by_no_other_volume(more: dict[str, Any]) -> None:
    assert kept({**RECORD, **more}) == {}


def test_a_promise_whose_order_is_still_being_placed_is_not_lost(cloud: SoftLayerCloud) -> None:
    waiting = promises(cloud, timeout_s=60)
    waiting.make(ALICE, **ASKED)

    assert waiting.kept(waiting.find(ALICE), [RECORD]) == {}
    assert listed(cloud) == []


def test_when_softlayers_answer_is_lost_the_name_is_not(
    cloud: SoftLayerCloud, fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = fake.world.methods["Product_Order", "placeOrder"]

    def fail(*arguments: Any) -> Any:
        order(*arguments)
        raise Refusal("Server", "An internal error has occurred.")

    monkeypatch.setitem(methods(fake), ("Product_Order", "placeOrder"), fail)
    assert cloud.post("alice", f"{ROOT}/volumes", {"volume": {"size": 20, **SAID}}).status_code == 502

    (promise,) = promises(cloud).find(ALICE)
    assert (promise.order, promise.note["name"], promise.tier) == (None, "data", "WRITEHEAVY_TIER")
    assert promises(cloud).find(Context(user_id="bob", project_id=str(OTHER))) == []
