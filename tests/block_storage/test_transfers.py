"""Transfers of volumes from one project to another."""

from __future__ import annotations

from typing import Any

import pytest

from tests.block_storage.cinder import DEMO, NOWHERE, OTHER, Cinder, names, refusal

OLD, NEW = "/os-volume-transfer", "/volume-transfers"


def offer(cinder: Cinder, volume_id: str, **more: object) -> dict[str, Any]:
    """Offer a volume and return the transfer."""
    result = cinder.call("alice", "POST", NEW, {"transfer": {"volume_id": volume_id, **more}}, at="3.57")
    assert result.status_code == 202, result.text
    transfer: dict[str, Any] = result.json["transfer"]
    return transfer


def accept(cinder: Cinder, transfer: dict[str, Any], caller: str = "bob") -> Any:
    body = {"accept": {"auth_key": transfer["auth_key"]}}
    return cinder.call(caller, "POST", f"{NEW}/{transfer['id']}/accept", body, at="3.55")


def test_a_volume_goes_to_whoever_has_the_key(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(name="gift")
    snapshot_id = cinder.make_snapshot(volume_id)
    transfer = offer(cinder, volume_id, name=" t ")

    assert cinder.status(volume_id) == "awaiting-transfer"
    accepted = accept(cinder, transfer)

    assert accepted.status_code == 202
    shown = accepted.json["transfer"]
    assert shown.pop("links")[0]["rel"] == "self"
    assert shown == {"id": transfer["id"], "volume_id": volume_id, "name": "t"}
    assert cinder.call("alice", "GET", f"/volumes/{volume_id}").status_code == 404
    view = cinder.show(volume_id, "bob")
    assert (view["status"], view["os-vol-tenant-attr:tenant_id"], view["user_id"]) == ("available", OTHER, "bobby" * 4)
    assert cinder.read("bob", f"/snapshots/{snapshot_id}")["snapshot"]["volume_id"] == volume_id
    assert cinder.call("alice", "GET", f"/snapshots/{snapshot_id}").status_code == 404
    assert accept(cinder, transfer).status_code == 404


def test_what_a_client_sees_of_a_transfer(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    transfer = offer(cinder, volume_id)
    shown = cinder.read("alice", f"{NEW}/{transfer['id']}", at="3.57")["transfer"]

    assert len(transfer.pop("auth_key")) == 16
    assert shown == transfer
    assert shown.pop("links")
    assert shown.pop("created_at")
    assert shown == {
        "id": transfer["id"],
        "name": None,
        "volume_id": volume_id,
        "no_snapshots": False,
        "destination_project_id": None,
        "source_project_id": DEMO,
        "accepted": False,
    }
    assert "no_snapshots" not in cinder.read("alice", f"{OLD}/{transfer['id']}", at="3.54")["transfer"]
    assert "accepted" not in cinder.read("alice", f"{NEW}/{transfer['id']}", at="3.56")["transfer"]


def test_snapshots_may_stay_behind(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    snapshot_id = cinder.make_snapshot(volume_id)
    accept(cinder, offer(cinder, volume_id, no_snapshots=True))

    assert cinder.read("alice", f"/snapshots/{snapshot_id}")["snapshot"]["volume_id"] == volume_id
    # What belongs to somebody else does not go with the volume.
    assert cinder.call("bob", "DELETE", f"/volumes/{volume_id}?cascade=true").status_code == 400


def test_an_offer_is_taken_back(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    transfer = offer(cinder, volume_id)

    assert cinder.call("alice", "DELETE", f"{NEW}/{transfer['id']}", at="3.55").status_code == 202
    assert cinder.status(volume_id) == "available"
    assert refusal(accept(cinder, transfer)) == (404, f"Transfer {transfer['id']} could not be found.")


def test_a_wrong_key_opens_nothing(cinder: Cinder) -> None:
    transfer = offer(cinder, cinder.make_volume())

    message = f"Invalid auth key: Attempt to transfer {transfer['id']} with invalid auth key."
    assert refusal(accept(cinder, {**transfer, "auth_key": "guess"})) == (400, message)
    assert refusal(accept(cinder, {**transfer, "auth_key": 1234})) == (400, message)
    assert cinder.read("bob", "/volumes")["volumes"] == []
    assert accept(cinder, {**transfer, "id": NOWHERE}).status_code == 404


def test_a_gift_counts_in_the_quota_of_who_takes_it(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(size=3)
    cinder.make_snapshot(volume_id)
    transfer = offer(cinder, volume_id)
    cinder.set_quota(OTHER, gigabytes=5)

    assert refusal(accept(cinder, transfer))[1].startswith(
        "Requested volume or snapshot exceeds allowed gigabytes quota."
    )
    assert cinder.status(volume_id) == "awaiting-transfer"
    cinder.set_quota(OTHER, gigabytes=6)
    assert accept(cinder, transfer).status_code == 202
    assert cinder.read("alice", "/limits")["limits"]["absolute"]["totalGigabytesUsed"] == 0
    assert cinder.read("bob", "/limits")["limits"]["absolute"]["totalGigabytesUsed"] == 6


@pytest.mark.parametrize(
    "body", [{}, {"volume_id": "x"}, {"volume_id": NOWHERE, "name": ""}, {"volume_id": NOWHERE, "color": "red"}]
)
def test_an_offer_that_says_too_little_is_refused(cinder: Cinder, body: object) -> None:
    assert cinder.call("alice", "POST", OLD, {"transfer": body}).status_code == 400


def test_only_an_available_volume_with_settled_snapshots_is_offered(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    snapshot_id = cinder.make_snapshot(volume_id)
    reset = {"os-reset_status": {"status": "creating"}}
    cinder.call("admin", "POST", f"/snapshots/{snapshot_id}/action", reset)
    body = {"transfer": {"volume_id": volume_id}}

    refused = cinder.call("alice", "POST", OLD, body)
    assert refusal(refused) == (400, f"Invalid snapshot: snapshot: {snapshot_id} status must be available")
    cinder.set_status(volume_id, "error")
    refused = cinder.call("alice", "POST", OLD, body)
    assert refusal(refused) == (400, "Invalid volume: status must be available")
    assert cinder.call("alice", "POST", OLD, {"transfer": {"volume_id": NOWHERE}}).status_code == 404


def test_transfers_are_listed_oldest_first(cinder: Cinder) -> None:
    for name in ("b", "a", "c"):
        offer(cinder, cinder.make_volume(), name=name)

    for path in (OLD, f"{OLD}/detail", NEW, f"{NEW}/detail"):
        assert names(cinder.read("alice", path), "transfers") == ["b", "a", "c"]
        assert cinder.read("bob", path)["transfers"] == []
        assert names(cinder.read("admin", f"{path}?all_tenants=1"), "transfers") == ["b", "a", "c"]
    assert names(cinder.read("alice", f"{NEW}?name=a"), "transfers") == ["a"]
    assert names(cinder.read("alice", f"{NEW}?sort=name:asc&limit=2", at="3.59"), "transfers") == ["a", "b"]


def test_nobody_of_another_project_can_touch_an_offer(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    transfer = offer(cinder, volume_id)
    path = f"{NEW}/{transfer['id']}"

    assert cinder.call("bob", "GET", path).status_code == 404
    assert cinder.call("bob", "DELETE", path).status_code == 404
    assert cinder.call("bob", "POST", OLD, {"transfer": {"volume_id": volume_id}}).status_code == 404
    assert cinder.call("reader", "DELETE", path).status_code == 403
    assert accept(cinder, transfer, "reader").status_code == 403
    assert cinder.read("reader", path)["transfer"]["id"] == transfer["id"]
