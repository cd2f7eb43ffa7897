"""Policies that services keep."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.keystone import V3, Keystone, message

POLICIES = f"{V3}/policies"


def add(keystone: Keystone, token: str, **changes: Any) -> Any:
    return keystone.post(token, POLICIES, {"policy": {"type": "application/json", "blob": "{}", **changes}})


def test_a_policy_from_beginning_to_end(keystone: Keystone) -> None:
    made = add(keystone, keystone.admin, mood="grim")
    policy = made.json["policy"]
    path = f"{POLICIES}/{policy['id']}"
    assert made.status_code == 201
    assert policy == {
        "id": policy["id"],
        "type": "application/json",
        "blob": "{}",
        "mood": "grim",
        "links": {"self": f"http://falconframework.org{path}"},
    }
    changed = keystone.patch(keystone.admin, path, {"policy": {"type": "text/plain", "mood": "gay"}})
    assert changed.json["policy"] == {**policy, "type": "text/plain", "mood": "gay"}
    assert keystone.get(keystone.admin, path).json == changed.json
    assert keystone.request(keystone.admin, "HEAD", path).status_code == 200
    assert keystone.delete(keystone.admin, path).status_code == 204
    gone = keystone.get(keystone.admin, path)
    assert (gone.status_code, message(gone)) == (404, f"Could not find policy: {policy['id']}.")


def test_policies_are_found_by_type(keystone: Keystone) -> None:
    for kind in ("a", "b"):
        add(keystone, keystone.admin, type=kind)
    found = keystone.get(keystone.system, f"{POLICIES}?type=b").json["policies"]
    assert [one["type"] for one in found] == ["b"]
    assert len(keystone.get(keystone.system, POLICIES).json["policies"]) == 2


@pytest.mark.parametrize("body", [{}, {"policy": {"type": "x"}}, {"policy": {"blob": "x"}}, {"policy": {"type": 1}}])
def test_a_policy_that_cannot_be_made(keystone: Keystone, body: Any) -> None:
    assert keystone.post(keystone.admin, POLICIES, body).status_code == 400


def test_members_have_no_business_with_policies(keystone: Keystone) -> None:
    policy = add(keystone, keystone.admin).json["policy"]
    path = f"{POLICIES}/{policy['id']}"
    assert add(keystone, keystone.demo).status_code == 403
    assert keystone.get(keystone.demo, POLICIES).status_code == 403
    for method in ("GET", "PATCH", "DELETE"):
        for one in (path, f"{POLICIES}/nothing"):
            assert keystone.request(keystone.demo, method, one, {"policy": {"blob": "x"}}).status_code == 403
    assert keystone.get(keystone.admin, path).json["policy"] == policy
