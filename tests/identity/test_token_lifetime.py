"""What ends a token before its time, and what becomes of the tokens made from it."""

from __future__ import annotations

from tests.identity.keystone import AUTH, PASSWORD, SYSTEM, V3, Keystone, message

IN_DEFAULT = {"domain": {"id": "default"}}


def test_a_token_that_is_given_back_is_void(keystone: Keystone) -> None:
    token = keystone.token("demo", keystone.known_password("demo"))
    result = keystone.delete(token, AUTH, headers={"X-Subject-Token": token})
    assert result.status_code == 204
    assert not keystone.works(token)
    assert keystone.show(keystone.admin, token).status_code == 404
    assert keystone.works(keystone.demo)


def test_an_admin_revokes_anybodys_token(keystone: Keystone) -> None:
    assert keystone.delete(keystone.admin, AUTH, headers={"X-Subject-Token": keystone.demo}).status_code == 204
    assert not keystone.works(keystone.demo)


def test_a_revoked_token_takes_along_those_made_from_it(keystone: Keystone) -> None:
    first = keystone.token("demo", keystone.known_password("demo"), scope={"unscoped": {}})
    second = keystone.rescope(first, {"project": {"name": "demo", **IN_DEFAULT}}).headers["X-Subject-Token"]
    keystone.delete(first, AUTH, headers={"X-Subject-Token": first})
    assert not keystone.works(first)
    assert not keystone.works(second)


def test_a_token_made_from_another_can_be_revoked_alone(keystone: Keystone) -> None:
    first = keystone.token("demo", keystone.known_password("demo"), scope={"unscoped": {}})
    second = keystone.rescope(first, {"project": {"name": "demo", **IN_DEFAULT}}).headers["X-Subject-Token"]
    keystone.delete(second, AUTH, headers={"X-Subject-Token": second})
    assert keystone.works(first)
    assert not keystone.works(second)


def test_rescoping_keeps_the_end_and_the_chain(keystone: Keystone) -> None:
    first = keystone.token("demo", keystone.known_password("demo"), scope={"unscoped": {}})
    result = keystone.rescope(first, {"project": {"name": "demo", **IN_DEFAULT}})
    assert result.status_code == 201
    old, new = keystone.show(first).json["token"], result.json["token"]
    assert new["expires_at"] == old["expires_at"]
    assert new["audit_ids"][1:] == old["audit_ids"]
    assert new["audit_ids"][0] != old["audit_ids"][0]
    assert set(new["methods"]) == {"token", "password"}
    assert new["project"]["name"] == "demo"

    again = keystone.rescope(result.headers["X-Subject-Token"], {"unscoped": {}}).json["token"]
    assert again["audit_ids"][1:] == old["audit_ids"]


def test_rescoping_to_a_project_without_a_role_is_refused(keystone: Keystone) -> None:
    assert keystone.rescope(keystone.demo, {"project": {"name": "admin", **IN_DEFAULT}}).status_code == 401


def test_rescoping_with_rubbish_is_refused(keystone: Keystone) -> None:
    result = keystone.rescope("rubbish")
    assert (result.status_code, message(result)) == (404, "Failed to validate token")


def test_a_token_of_the_system_does_not_become_one_of_a_project(keystone: Keystone) -> None:
    for scope in ({"project": {"name": "admin", **IN_DEFAULT}}, {"domain": {"id": "default"}}):
        assert keystone.rescope(keystone.system, scope).status_code == 403
    assert keystone.rescope(keystone.system, SYSTEM).status_code == 201


def test_two_methods_must_prove_the_same_user(keystone: Keystone) -> None:
    def both(token: str) -> int:
        user = {"name": "demo", **IN_DEFAULT, "password": keystone.known_password("demo")}
        identity = {"methods": ["password", "token"], "password": {"user": user}, "token": {"id": token}}
        return int(keystone.post(None, AUTH, {"auth": {"identity": identity}}).status_code)

    assert both(keystone.demo) == 201
    assert both(keystone.admin) == 401


def test_a_disabled_user_is_out_and_stays_out_with_old_tokens(keystone: Keystone) -> None:
    user, _, token = keystone.member()
    path = f"{V3}/users/{user['id']}"
    keystone.patch(keystone.admin, path, {"user": {"enabled": False}})
    assert not keystone.works(token)
    assert keystone.login(user["name"]).status_code == 401

    keystone.patch(keystone.admin, path, {"user": {"enabled": True}})
    assert keystone.login(user["name"]).status_code == 201
    assert not keystone.works(token)


def test_a_deleted_user_is_out(keystone: Keystone) -> None:
    user, _, token = keystone.member()
    keystone.delete(keystone.admin, f"{V3}/users/{user['id']}")
    assert not keystone.works(token)
    assert keystone.login(user["name"]).status_code == 401


def test_a_disabled_or_deleted_project_ends_its_tokens(keystone: Keystone) -> None:
    user, project, token = keystone.member()
    path = f"{V3}/projects/{project['id']}"
    keystone.patch(keystone.admin, path, {"project": {"enabled": False}})
    assert not keystone.works(token)
    assert keystone.login(user["name"], scope={"project": {"id": project["id"]}}).status_code == 401
    keystone.patch(keystone.admin, path, {"project": {"enabled": True}})
    assert keystone.works(token)
    keystone.delete(keystone.admin, path)
    assert not keystone.works(token)


def test_a_disabled_domain_ends_the_tokens_of_its_users_and_projects(keystone: Keystone) -> None:
    domain, token = keystone.in_domain("admin")
    project = keystone.make("project", domain_id=domain["id"])
    guest = keystone.make("user")
    keystone.grant("member", guest, f"projects/{project['id']}")
    inside = keystone.token(guest["name"], scope={"project": {"id": project["id"]}})
    keystone.patch(keystone.admin, f"{V3}/domains/{domain['id']}", {"domain": {"enabled": False}})
    assert not keystone.works(token)
    assert not keystone.works(inside)


def test_a_role_that_is_taken_away_is_gone_at_once(keystone: Keystone) -> None:
    user, project, token = keystone.member()
    keystone.grant("reader", user, f"projects/{project['id']}")
    member = f"{V3}/projects/{project['id']}/users/{user['id']}/roles/{keystone.id_of('role', 'member')}"
    assert keystone.delete(keystone.admin, member).status_code == 204
    assert [role["name"] for role in keystone.show(token).json["token"]["roles"]] == ["reader"]

    reader = f"{V3}/projects/{project['id']}/users/{user['id']}/roles/{keystone.id_of('role', 'reader')}"
    keystone.delete(keystone.admin, reader)
    assert not keystone.works(token)


def test_a_group_brings_roles_as_long_as_it_lasts(keystone: Keystone) -> None:
    user, project, group = keystone.make("user"), keystone.make("project"), keystone.make("group")
    keystone.grant("member", group, f"projects/{project['id']}", actor="groups")
    scope = {"project": {"id": project["id"]}}
    assert keystone.login(user["name"], scope=scope).status_code == 401
    keystone.put(keystone.admin, f"{V3}/groups/{group['id']}/users/{user['id']}")
    token = keystone.token(user["name"], scope=scope)
    keystone.delete(keystone.admin, f"{V3}/groups/{group['id']}")
    assert not keystone.works(token)


def test_a_changed_password_ends_older_tokens(keystone: Keystone) -> None:
    user, _, token = keystone.member()
    body = {"user": {"original_password": PASSWORD, "password": "another one"}}
    assert keystone.post(token, f"{V3}/users/{user['id']}/password", body).status_code == 204
    assert not keystone.works(token)
    assert keystone.works(keystone.token(user["name"], "another one"))
