"""Groups and their members."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.keystone import V3, Keystone, message

GROUPS = f"{V3}/groups"


def test_a_group_looks_like_keystones(keystone: Keystone) -> None:
    group = keystone.make("group", name="one", colour="red")
    assert group == {
        "id": group["id"],
        "name": "one",
        "domain_id": "default",
        "description": "",
        "colour": "red",
        "links": {"self": f"http://falconframework.org/identity/v3/groups/{group['id']}"},
    }
    path = f"{GROUPS}/{group['id']}"
    changed = keystone.patch(keystone.admin, path, {"group": {"name": "two", "description": "2"}})
    assert changed.json["group"] == {**group, "name": "two", "description": "2"}
    assert keystone.get(keystone.admin, path).json == changed.json
    assert keystone.delete(keystone.admin, path).status_code == 204
    assert keystone.get(keystone.admin, path).status_code == 404


def test_a_name_is_taken_once_in_a_domain(keystone: Keystone) -> None:
    keystone.make("group", name="one")
    result = keystone.post(keystone.admin, GROUPS, {"group": {"name": "one"}})
    assert result.status_code == 409
    assert message(result).endswith("Duplicate entry found with name one at domain ID default.")


@pytest.mark.parametrize("body", [{"group": {}}, {"group": {"name": ""}}, {"group": {"name": "x" * 256}}])
def test_a_group_that_cannot_be_made(keystone: Keystone, body: Any) -> None:
    assert keystone.post(keystone.admin, GROUPS, body).status_code == 400


def test_a_list_and_its_filters(keystone: Keystone) -> None:
    domain = keystone.make("domain")
    keystone.make("group", name="one")
    keystone.make("group", name="two", domain_id=domain["id"])
    for query, expected in {"": ["one", "two"], "name=one": ["one"], f"domain_id={domain['id']}": ["two"]}.items():
        groups = keystone.get(keystone.admin, f"{GROUPS}?{query}").json["groups"]
        assert sorted(group["name"] for group in groups) == expected


def test_membership(keystone: Keystone) -> None:
    group, user = keystone.make("group"), keystone.make("user")
    path = f"{GROUPS}/{group['id']}/users/{user['id']}"
    assert keystone.request(keystone.admin, "HEAD", path).status_code == 404
    assert keystone.put(keystone.admin, path).status_code == 204
    assert keystone.put(keystone.admin, path).status_code == 204
    assert keystone.request(keystone.admin, "HEAD", path).status_code == 204
    assert keystone.get(keystone.admin, path).status_code == 204
    members = keystone.get(keystone.admin, f"{GROUPS}/{group['id']}/users").json
    assert members["users"] == [user]
    assert keystone.get(keystone.admin, f"{GROUPS}/{group['id']}/users?enabled=false").json["users"] == []
    assert keystone.delete(keystone.admin, path).status_code == 204
    gone = keystone.delete(keystone.admin, path)
    assert gone.status_code == 404
    assert message(gone) == f"User '{user['id']}' not found in group '{group['id']}'."


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_unknown_parts_of_a_membership_are_not_found(keystone: Keystone, method: str) -> None:
    group, user = keystone.make("group"), keystone.make("user")
    for path in (f"{GROUPS}/{group['id']}/users/nobody", f"{GROUPS}/nothing/users/{user['id']}"):
        assert keystone.request(keystone.admin, method, path).status_code == 404
    assert keystone.get(keystone.admin, f"{GROUPS}/nothing/users").status_code == 404


def test_a_member_of_a_project_has_no_business_with_groups(keystone: Keystone) -> None:
    group, user = keystone.make("group"), keystone.make("user")
    path = f"{GROUPS}/{group['id']}"
    assert keystone.get(keystone.demo, GROUPS).status_code == 403
    assert keystone.post(keystone.demo, GROUPS, {"group": {"name": "x"}}).status_code == 403
    for method in ("GET", "PATCH", "DELETE"):
        assert keystone.request(keystone.demo, method, path, {"group": {"name": "x"}}).status_code == 403
    assert keystone.get(keystone.demo, f"{path}/users").status_code == 403
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert keystone.request(keystone.demo, method, f"{path}/users/{user['id']}").status_code == 403


def test_a_manager_of_a_domain_rules_there_alone(keystone: Keystone) -> None:
    domain, token = keystone.in_domain("manager")
    user = keystone.make("user", domain_id=domain["id"])
    group = keystone.post(token, GROUPS, {"group": {"name": "x"}}).json["group"]
    assert group["domain_id"] == domain["id"]
    path = f"{GROUPS}/{group['id']}"
    assert keystone.put(token, f"{path}/users/{user['id']}").status_code == 204
    assert keystone.put(token, f"{path}/users/{keystone.id_of('user', 'demo')}").status_code == 403
    assert [item["id"] for item in keystone.get(token, GROUPS).json["groups"]] == [group["id"]]
    assert keystone.delete(token, f"{path}/users/{user['id']}").status_code == 204
    assert keystone.delete(token, path).status_code == 204
    assert keystone.get(token, f"{GROUPS}/{keystone.make('group')['id']}").status_code == 403
