"""Roles, and which implies which."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.keystone import V3, Keystone, message

ROLES = f"{V3}/roles"


def implies(keystone: Keystone, prior: Any, implied: Any) -> str:
    return f"{ROLES}/{prior['id']}/implies/{implied['id']}"


def test_a_role_looks_like_keystones(keystone: Keystone) -> None:
    role = keystone.make("role", name="cook")
    assert role == {
        "id": role["id"],
        "name": "cook",
        "domain_id": None,
        "description": None,
        "options": {},
        "links": {"self": f"http://falconframework.org/identity/v3/roles/{role['id']}"},
    }
    path = f"{ROLES}/{role['id']}"
    changed = keystone.patch(keystone.admin, path, {"role": {"name": "baker", "description": "bread"}})
    assert changed.json["role"] == {**role, "name": "baker", "description": "bread"}
    assert keystone.delete(keystone.admin, path).status_code == 204
    missing = keystone.get(keystone.admin, path)
    assert missing.status_code == 404
    assert message(missing) == f"Could not find role: {role['id']}."


def test_a_name_is_taken_once(keystone: Keystone) -> None:
    result = keystone.post(keystone.admin, ROLES, {"role": {"name": "member"}})
    assert result.status_code == 409
    assert message(result) == ("Conflict occurred attempting to store role - Duplicate entry found with name member.")
    assert keystone.make("role", name="member", domain_id=keystone.make("domain")["id"])


@pytest.mark.parametrize("body", [{"role": {}}, {"role": {"name": ""}}, {"role": {"name": "x" * 256}}])
def test_a_role_that_cannot_be_made(keystone: Keystone, body: Any) -> None:
    assert keystone.post(keystone.admin, ROLES, body).status_code == 400


def test_a_role_of_an_unknown_domain_cannot_be_made(keystone: Keystone) -> None:
    assert keystone.post(keystone.admin, ROLES, {"role": {"name": "x", "domain_id": "nowhere"}}).status_code == 404


def test_the_default_roles_are_immutable(keystone: Keystone) -> None:
    path = f"{ROLES}/{keystone.id_of('role', 'admin')}"
    assert keystone.patch(keystone.admin, path, {"role": {"name": "root"}}).status_code == 403
    assert keystone.delete(keystone.admin, path).status_code == 403


def test_a_list_shows_the_roles_of_one_domain_or_of_none(keystone: Keystone) -> None:
    domain = keystone.make("domain")
    keystone.make("role", name="local", domain_id=domain["id"])

    def names(query: str) -> list[str]:
        return sorted(role["name"] for role in keystone.get(keystone.admin, ROLES + query).json["roles"])

    assert names("") == ["admin", "manager", "member", "reader", "service"]
    assert names(f"?domain_id={domain['id']}") == ["local"]
    assert names("?name=admin") == ["admin"]


def test_implications(keystone: Keystone) -> None:
    prior, implied = keystone.make("role"), keystone.make("role")
    path = implies(keystone, prior, implied)

    def short(role: Any) -> Any:
        return {key: role[key] for key in ("id", "name", "links")}

    assert keystone.get(keystone.admin, path).status_code == 404
    made = keystone.put(keystone.admin, path)
    assert made.status_code == 201
    assert made.json["role_inference"] == {"prior_role": short(prior), "implies": short(implied)}
    assert keystone.put(keystone.admin, path).status_code == 409
    assert keystone.get(keystone.admin, path).json == made.json
    assert keystone.request(keystone.admin, "HEAD", path).status_code == 204
    several = keystone.get(keystone.admin, f"{ROLES}/{prior['id']}/implies").json["role_inference"]
    assert several == {"prior_role": short(prior), "implies": [short(implied)]}
    every = keystone.get(keystone.admin, f"{V3}/role_inferences").json["role_inferences"]
    assert several in every
    assert len(every) == 4
    assert keystone.delete(keystone.admin, path).status_code == 204
    assert keystone.delete(keystone.admin, path).status_code == 404
    assert keystone.get(keystone.admin, f"{ROLES}/{prior['id']}/implies").json["role_inference"]["implies"] == []


def test_what_may_not_be_implied(keystone: Keystone) -> None:
    domain, role = keystone.make("domain"), keystone.make("role")
    local = keystone.make("role", domain_id=domain["id"])
    admin = {"id": keystone.id_of("role", "admin")}
    assert keystone.put(keystone.admin, implies(keystone, role, admin)).status_code == 403
    assert keystone.put(keystone.admin, implies(keystone, role, local)).status_code == 403
    assert keystone.put(keystone.admin, implies(keystone, local, role)).status_code == 201
    assert keystone.put(keystone.admin, implies(keystone, {"id": "nothing"}, role)).status_code == 404
    assert keystone.put(keystone.admin, implies(keystone, role, {"id": "nothing"})).status_code == 404


def test_an_implied_role_counts_at_once(keystone: Keystone) -> None:
    _user, _project, token = keystone.member("reader")
    extra = keystone.make("role", name="extra")
    keystone.put(keystone.admin, implies(keystone, {"id": keystone.id_of("role", "reader")}, extra))
    assert [role["name"] for role in keystone.show(token).json["token"]["roles"]] == ["extra", "reader"]
    keystone.delete(keystone.admin, f"{ROLES}/{extra['id']}")
    assert [role["name"] for role in keystone.show(token).json["token"]["roles"]] == ["reader"]


def test_a_role_of_a_domain_counts_by_what_it_implies(keystone: Keystone) -> None:
    user, project = keystone.make("user"), keystone.make("project")
    local = keystone.make("role", domain_id="default")
    assert (
        keystone.put(
            keystone.admin, f"{V3}/projects/{project['id']}/users/{user['id']}/roles/{local['id']}"
        ).status_code
        == 204
    )
    scope = {"project": {"id": project["id"]}}
    assert keystone.login(user["name"], scope=scope).status_code == 401
    keystone.put(keystone.admin, implies(keystone, local, {"id": keystone.id_of("role", "reader")}))
    roles = keystone.login(user["name"], scope=scope).json["token"]["roles"]
    assert [role["name"] for role in roles] == ["reader"]


def test_a_member_has_no_business_with_roles(keystone: Keystone) -> None:
    member = {"id": keystone.id_of("role", "member")}
    path = f"{ROLES}/{member['id']}"
    assert keystone.get(keystone.demo, ROLES).status_code == 403
    assert keystone.post(keystone.demo, ROLES, {"role": {"name": "x"}}).status_code == 403
    for method in ("GET", "PATCH", "DELETE"):
        assert keystone.request(keystone.demo, method, path, {"role": {"name": "x"}}).status_code == 403
        assert keystone.request(keystone.demo, method, f"{ROLES}/x", {"role": {"name": "x"}}).status_code == 403
    assert keystone.get(keystone.demo, f"{path}/implies").status_code == 403
    assert keystone.get(keystone.demo, f"{V3}/role_inferences").status_code == 403
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert keystone.request(keystone.demo, method, implies(keystone, member, member)).status_code == 403


def test_a_manager_of_a_domain_sees_the_roles_it_may_assign(keystone: Keystone) -> None:
    _, token = keystone.in_domain("manager")
    assert len(keystone.get(token, ROLES).json["roles"]) == 5
    assert keystone.get(token, f"{ROLES}/{keystone.id_of('role', 'member')}").status_code == 200
    assert keystone.get(token, f"{ROLES}/{keystone.id_of('role', 'admin')}").status_code == 403


def test_the_roles_of_a_domain_have_rules_of_their_own(keystone: Keystone) -> None:
    domain, token = keystone.in_domain("manager")
    local = keystone.make("role", domain_id=domain["id"])
    result = keystone.get(token, f"{ROLES}/{local['id']}")
    assert result.status_code == 403
    assert "identity:get_domain_role" in message(result)
    assert "identity:list_domain_roles" in message(keystone.get(token, f"{ROLES}?domain_id={domain['id']}"))
    body = {"role": {"name": "x", "domain_id": domain["id"]}}
    assert "identity:create_domain_role" in message(keystone.post(token, ROLES, body))
