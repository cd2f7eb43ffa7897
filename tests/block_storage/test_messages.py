"""User messages: what a project is told of work that failed."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.block_storage.cinder import Cinder, refusal


@pytest.fixture
def failed(cinder: Cinder) -> Cinder:
    """Block storage in which alice's volume could not be made and bob's snapshot could not be taken."""
    source = cinder.make_volume()
    cinder.file(source).unlink()
    cinder.make_volume(source_volid=source)
    bobs = cinder.make_volume("bob")
    cinder.file(bobs).unlink()
    cinder.make_snapshot(bobs, "bob")
    return cinder


def test_a_message_says_what_failed(failed: Cinder) -> None:
    (message,) = failed.read("alice", "/messages", at="3.3")["messages"]
    (volume,) = failed.read("alice", "/volumes?status=error")["volumes"]

    assert message.pop("links")[0]["href"].endswith(f"/messages/{message['id']}")
    created, expires = (dt.datetime.fromisoformat(message.pop(key)) for key in ("created_at", "guaranteed_until"))
    assert expires - created == dt.timedelta(days=30)
    assert message.pop("request_id").startswith("req-")
    assert message == {
        "id": message["id"],
        "event_id": "VOLUME_VOLUME_008_012",
        "user_message": "create volume from backend storage:Driver failed to create the volume.",
        "message_level": "ERROR",
        "resource_type": "VOLUME",
        "resource_uuid": volume["id"],
    }
    assert failed.read("alice", f"/messages/{message['id']}", at="3.3")["message"]["id"] == message["id"]


def test_messages_are_there_since_3_3(failed: Cinder) -> None:
    assert failed.call("alice", "GET", "/messages", at="3.2").status_code == 404


def test_a_message_is_removed(failed: Cinder) -> None:
    (message,) = failed.read("alice", "/messages", at="3.3")["messages"]
    path = f"/messages/{message['id']}"

    assert failed.call("reader", "DELETE", path, at="3.3").status_code == 403
    assert failed.call("alice", "DELETE", path, at="3.3").status_code == 204
    missing = failed.call("alice", "GET", path, at="3.3")
    assert refusal(missing) == (404, f"Message {message['id']} could not be found.")


def test_messages_are_the_projects_own(failed: Cinder) -> None:
    (message,) = failed.read("alice", "/messages", at="3.3")["messages"]
    (bobs,) = failed.read("bob", "/messages", at="3.3")["messages"]
    path = f"/messages/{message['id']}"

    assert bobs["event_id"] == "VOLUME_VOLUME_SNAPSHOT_009_013"
    assert failed.call("bob", "GET", path, at="3.3").status_code == 404
    assert failed.call("bob", "DELETE", path, at="3.3").status_code == 404


def test_messages_are_filtered_and_cut(failed: Cinder) -> None:
    def count(query: str, at: str = "3.31") -> int:
        return len(failed.read("alice", f"/messages?{query}", at=at)["messages"])

    assert (count("resource_type=VOLUME"), count("resource_type=VOLUME_BACKUP")) == (1, 0)
    assert (count("message_level=ERROR&limit=5"), count("limit=0")) == (1, 0)
    assert count("resource_type~=VOL", "3.34") == 1
    assert failed.call("alice", "GET", "/messages?color=red", at="3.31").status_code == 400


def test_an_expired_message_is_gone(failed: Cinder) -> None:
    with failed.app.store.write() as connection:
        connection.exec_driver_sql("update volume_messages set expires_at = 1")

    assert failed.read("alice", "/messages", at="3.3")["messages"] == []
