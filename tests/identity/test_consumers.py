"""The programs that are known for OAuth 1.0a."""

from __future__ import annotations

import sqlite3

from tests.identity.keystone import V3, Keystone, message

CONSUMERS = f"{V3}/OS-OAUTH1/consumers"


def test_a_consumer_from_beginning_to_end(keystone: Keystone) -> None:
    made = keystone.post(keystone.admin, CONSUMERS, {"consumer": {"description": "a robot", "colour": "red"}})
    consumer = made.json["consumer"]
    secret = consumer.pop("secret")
    path = f"{CONSUMERS}/{consumer['id']}"
    assert (made.status_code, len(secret)) == (201, 32)
    assert consumer == {
        "id": consumer["id"],
        "description": "a robot",
        "colour": "red",
        "links": {"self": f"http://falconframework.org{path}"},
    }
    assert keystone.get(keystone.admin, path).json["consumer"] == consumer
    assert keystone.get(keystone.system, CONSUMERS).json["consumers"] == [consumer]
    changed = keystone.patch(keystone.admin, path, {"consumer": {"description": "two"}}).json["consumer"]
    assert changed == {**consumer, "description": "two"}
    assert keystone.delete(keystone.admin, path).status_code == 204
    gone = keystone.get(keystone.admin, path)
    assert (gone.status_code, message(gone)) == (404, f"Could not find consumer: {consumer['id']}.")


def test_a_consumer_needs_no_description(keystone: Keystone) -> None:
    made = keystone.post(keystone.admin, CONSUMERS, {"consumer": {}})
    assert made.status_code == 201
    assert made.json["consumer"]["description"] is None
    assert keystone.post(keystone.admin, CONSUMERS, {"consumer": {"description": 1}}).status_code == 400


def test_a_secret_is_generated_kept_sealed_and_never_changed(keystone: Keystone) -> None:
    given = {"consumer": {"secret": "mine"}}
    made = keystone.post(keystone.admin, CONSUMERS, given).json["consumer"]
    assert made["secret"] != "mine"
    refused = keystone.patch(keystone.admin, f"{CONSUMERS}/{made['id']}", given)
    assert (refused.status_code, message(refused)) == (400, "Cannot change consumer secret")
    with sqlite3.connect(keystone.state / "jumpgate.sqlite") as connection:
        [(sealed,)] = connection.execute("SELECT secret FROM identity_consumers").fetchall()
    assert made["secret"] not in sealed


def test_members_have_no_business_with_consumers(keystone: Keystone) -> None:
    made = keystone.post(keystone.admin, CONSUMERS, {"consumer": {}}).json["consumer"]
    assert keystone.post(keystone.demo, CONSUMERS, {"consumer": {}}).status_code == 403
    assert keystone.get(keystone.demo, CONSUMERS).status_code == 403
    for method in ("GET", "PATCH", "DELETE"):
        for key in (made["id"], "nothing"):
            result = keystone.request(keystone.demo, method, f"{CONSUMERS}/{key}", {"consumer": {"secret": "x"}})
            assert result.status_code == 403
    assert keystone.get(keystone.admin, f"{CONSUMERS}/{made['id']}").status_code == 200
