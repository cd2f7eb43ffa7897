"""Users: what they look like, their names, passwords, lists, and who may see and change them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.keystone import PASSWORD, V3, Keystone, message

USERS = f"{V3}/users"


def names(result: Any) -> list[str]:
    return sorted(user["name"] for user in result.json["users"])


def test_a_user_looks_like_keystones(keystone: Keystone) -> None:
    user = keystone.make("user", name="alice", email="alice@example.org", description="a person")
    assert user == {
        "id": user["id"],
        "name": "alice",
        "domain_id": "default",
        "enabled": True,
        "email": "alice@example.org",
        "description": "a person",
        "password_expires_at": None,
        "options": {},
        "links": {"self": f"http://falconframework.org/identity/v3/users/{user['id']}"},
    }
    assert len(user["id"]) == 32
    assert keystone.get(keystone.admin, f"{USERS}/{user['id']}").json == {"user": user}


def test_a_password_is_never_shown(keystone: Keystone) -> None:
    user = keystone.make("user")
    for result in (
        keystone.get(keystone.admin, f"{USERS}/{user['id']}"),
        keystone.get(keystone.admin, USERS),
        keystone.patch(keystone.admin, f"{USERS}/{user['id']}", {"user": {"password": "another"}}),
    ):
        assert "password" not in str(result.json).replace("password_expires_at", "")
        assert "argon2" not in result.text


def test_a_default_project_is_shown_where_there_is_one(keystone: Keystone) -> None:
    project = keystone.make("project")
    user = keystone.make("user", default_project_id=project["id"])
    assert user["default_project_id"] == project["id"]
    path = f"{USERS}/{user['id']}"
    changed = keystone.patch(keystone.admin, path, {"user": {"default_project_id": None}}).json["user"]
    assert "default_project_id" not in changed


def test_a_domain_is_no_default_project(keystone: Keystone) -> None:
    body = {"user": {"name": "x", "default_project_id": "default"}}
    assert keystone.post(keystone.admin, USERS, body).status_code == 400


def test_a_name_is_taken_once_in_a_domain(keystone: Keystone) -> None:
    keystone.make("user", name="alice")
    result = keystone.post(keystone.admin, USERS, {"user": {"name": "alice"}})
    assert result.status_code == 409
    assert message(result) == (
        "Conflict occurred attempting to store user - Duplicate entry found with name alice at domain ID default."
    )
    other = keystone.make("user", name="bob")
    renamed = keystone.patch(keystone.admin, f"{USERS}/{other['id']}", {"user": {"name": "alice"}})
    assert renamed.status_code == 409
    assert keystone.make("user", name="alice", domain_id=keystone.make("domain")["id"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user": {}},
        {"user": {"name": ""}},
        {"user": {"name": "  "}},
        {"user": {"name": 1}},
        {"user": {"name": "x" * 256}},
        {"user": {"name": "x", "enabled": "maybe"}},
        {"user": {"name": "x", "password": 1}},
        {"user": {"name": "x", "options": "none"}},
        {"user": {"name": "x", "options": {"lock_password": "yes"}}},
        {"user": {"name": "x", "options": {"multi_factor_auth_enabled": True}}},
        {"user": {"name": "x"}, "more": 1},
    ],
)
def test_a_user_that_cannot_be_made(keystone: Keystone, body: Any) -> None:
    result = keystone.post(keystone.admin, USERS, body)
    assert result.status_code == 400
    assert message(result)


def test_a_user_of_an_unknown_domain_cannot_be_made(keystone: Keystone) -> None:
    result = keystone.post(keystone.admin, USERS, {"user": {"name": "x", "domain_id": "nowhere"}})
    assert result.status_code == 404
    assert message(result) == "Could not find domain: nowhere."


def test_words_count_as_booleans(keystone: Keystone) -> None:
    assert keystone.make("user", enabled="False")["enabled"] is False
    assert keystone.make("user", enabled="yes")["enabled"] is True


def test_an_update_keeps_what_it_does_not_name(keystone: Keystone) -> None:
    user = keystone.make("user", email="a@example.org", description="one", options={"lock_password": False})
    path = f"{USERS}/{user['id']}"
    body = {"user": {"name": "other", "phone": "1", "options": {"ignore_password_expiry": True}}}
    result = keystone.patch(keystone.admin, path, body)
    assert result.status_code == 200
    options = {"lock_password": False, "ignore_password_expiry": True}
    assert result.json["user"] == {**user, "name": "other", "phone": "1", "options": options}
    assert keystone.login("other").status_code == 201

    back = keystone.patch(keystone.admin, path, {"user": {"options": {"lock_password": None}}}).json["user"]
    assert back["options"] == {"ignore_password_expiry": True}


def test_what_was_shown_may_be_sent_back(keystone: Keystone) -> None:
    user = keystone.make("user")
    path = f"{USERS}/{user['id']}"
    assert keystone.patch(keystone.admin, path, {"user": user}).json["user"] == user


@pytest.mark.parametrize("change", [{"id": "other"}, {"domain_id": "other"}])
def test_neither_the_id_nor_the_domain_changes(keystone: Keystone, change: Any) -> None:
    user = keystone.make("user")
    assert keystone.patch(keystone.admin, f"{USERS}/{user['id']}", {"user": change}).status_code == 400


def test_an_unknown_user_is_not_found(keystone: Keystone) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        result = keystone.request(keystone.admin, method, f"{USERS}/nobody", {"user": {"name": "x"}})
        assert result.status_code == 404
        assert message(result) == "Could not find user: nobody."


def test_a_deleted_user_is_gone_with_its_roles(keystone: Keystone) -> None:
    user, project, _ = keystone.member()
    group = keystone.make("group")
    keystone.put(keystone.admin, f"{V3}/groups/{group['id']}/users/{user['id']}")
    assert keystone.delete(keystone.admin, f"{USERS}/{user['id']}").status_code == 204
    assert keystone.get(keystone.admin, f"{USERS}/{user['id']}").status_code == 404
    assert keystone.get(keystone.admin, f"{V3}/groups/{group['id']}/users").json["users"] == []
    found = keystone.get(keystone.admin, f"{V3}/role_assignments?scope.project.id={project['id']}")
    assert found.json["role_assignments"] == []


def test_a_list_and_its_filters(keystone: Keystone) -> None:
    domain = keystone.make("domain")
    keystone.make("user", name="alice", enabled=False)
    keystone.make("user", name="Alan")
    keystone.make("user", name="carol", domain_id=domain["id"])
    assert names(keystone.get(keystone.admin, USERS)) == ["Alan", "admin", "alice", "carol", "demo"]
    for query, expected in {
        "name=alice": ["alice"],
        "name=nobody": [],
        "enabled=false": ["alice"],
        "enabled=1&name=alice": [],
        f"domain_id={domain['id']}": ["carol"],
        "name__contains=al": ["alice"],
        "name__icontains=al": ["Alan", "alice"],
        "name__startswith=a": ["admin", "alice"],
        "name__istartswith=A": ["Alan", "admin", "alice"],
        "name__endswith=n": ["Alan", "admin"],
        "name__iendswith=N": ["Alan", "admin"],
        "name__contains=.": [],
        "unknown=1&name=demo": ["demo"],
        "password_expires_at=lt:2040-01-01T00:00:00Z": [],
        "password_expires_at=neq:2040-01-01T00:00:00Z&name=demo": ["demo"],
        "idp_id=x": [],
    }.items():
        assert names(keystone.get(keystone.admin, f"{USERS}?{query}")) == expected, query
    for query in ("enabled=perhaps", "password_expires_at=at:2040-01-01T00:00:00Z", "password_expires_at=lt:soon"):
        assert keystone.get(keystone.admin, f"{USERS}?{query}").status_code == 400, query


def test_a_list_in_pages(keystone: Keystone) -> None:
    for number in range(5):
        keystone.make("user", name=f"u{number}")
    every = [user["id"] for user in keystone.get(keystone.admin, USERS).json["users"]]
    url = f"{USERS}?limit=3&sort_key=name"
    seen: list[str] = []
    while url:
        result = keystone.get(keystone.admin, url)
        assert len(result.json["users"]) <= 3
        assert result.json["links"]["self"].endswith(url)
        seen += [user["name"] for user in result.json["users"]]
        following = result.json["links"]["next"]
        url = following.partition("falconframework.org")[2] if following else ""
    assert seen == ["admin", "demo", "u0", "u1", "u2", "u3", "u4"]
    assert len(every) == len(seen)
    assert every == sorted(every)
    assert keystone.get(keystone.admin, USERS).json["links"] == {
        "next": None,
        "previous": None,
        "self": "http://falconframework.org/identity/v3/users",
    }
    for query in ("limit=x", "limit=-1", "sort_key=colour", "sort_key=name&sort_dir=up", "marker=nobody"):
        assert keystone.get(keystone.admin, f"{USERS}?{query}").status_code == 400, query
    backwards = keystone.get(keystone.admin, f"{USERS}?sort_key=name&sort_dir=desc&limit=1")
    assert names(backwards) == ["u4"]


def test_head_is_answered_like_get(keystone: Keystone) -> None:
    user = keystone.make("user")
    for path in (USERS, f"{USERS}/{user['id']}"):
        result = keystone.request(keystone.admin, "HEAD", path)
        assert (result.status_code, result.content) == (200, b"")


def test_a_member_sees_only_himself(keystone: Keystone) -> None:
    user, _, token = keystone.member()
    other = keystone.make("user")
    assert keystone.get(token, f"{USERS}/{user['id']}").json["user"]["name"] == user["name"]
    result = keystone.get(token, USERS)
    assert result.status_code == 403
    assert result.json["error"] == {
        "code": 403,
        "message": "You are not authorized to perform the requested action: identity:list_users.",
        "title": "Forbidden",
    }
    for method in ("GET", "PATCH", "DELETE"):
        for user_id in (other["id"], "nobody"):
            result = keystone.request(token, method, f"{USERS}/{user_id}", {"user": {"name": "x"}})
            assert result.status_code == 403, (method, user_id)
    assert keystone.post(token, USERS, {"user": {"name": "x"}}).status_code == 403
    assert keystone.patch(token, f"{USERS}/{user['id']}", {"user": {"enabled": False}}).status_code == 403
    assert keystone.delete(token, f"{USERS}/{user['id']}").status_code == 403
    assert keystone.get(keystone.admin, f"{USERS}/{other['id']}").json["user"] == other


def test_a_reader_of_the_system_sees_all_and_changes_nothing(keystone: Keystone) -> None:
    user = keystone.make("user")
    keystone.grant("reader", user, "system")
    token = keystone.token(user["name"], scope={"system": {"all": True}})
    assert len(keystone.get(token, USERS).json["users"]) == 3
    assert keystone.get(token, f"{USERS}/{keystone.id_of('user', 'demo')}").status_code == 200
    assert keystone.post(token, USERS, {"user": {"name": "x"}}).status_code == 403


def test_a_manager_of_a_domain_rules_there_alone(keystone: Keystone) -> None:
    domain, token = keystone.in_domain("manager")
    stranger = keystone.make("user")
    made = keystone.post(token, USERS, {"user": {"name": "x"}})
    assert made.status_code == 201
    assert made.json["user"]["domain_id"] == domain["id"]
    path = f"{USERS}/{made.json['user']['id']}"
    assert keystone.patch(token, path, {"user": {"name": "y"}}).status_code == 200
    assert {user["domain_id"] for user in keystone.get(token, USERS).json["users"]} == {domain["id"]}
    assert keystone.get(token, f"{USERS}?domain_id=default").json["users"] == []
    assert keystone.delete(token, path).status_code == 204

    assert keystone.post(token, USERS, {"user": {"name": "x", "domain_id": "default"}}).status_code == 403
    for method in ("GET", "PATCH", "DELETE"):
        result = keystone.request(token, method, f"{USERS}/{stranger['id']}", {"user": {"name": "z"}})
        assert result.status_code == 403


def test_a_reader_of_a_domain_sees_its_users(keystone: Keystone) -> None:
    domain, token = keystone.in_domain("reader")
    assert {user["domain_id"] for user in keystone.get(token, USERS).json["users"]} == {domain["id"]}
    assert keystone.post(token, USERS, {"user": {"name": "x"}}).status_code == 403


def test_an_unscoped_token_has_no_power(keystone: Keystone) -> None:
    token = keystone.token("admin", keystone.known_password("admin"), scope={"unscoped": {}})
    assert keystone.get(token, USERS).status_code == 403
    assert keystone.get(token, f"{USERS}/{keystone.id_of('user', 'admin')}").status_code == 200


def test_a_password_is_changed_with_the_old_one_and_no_token(keystone: Keystone) -> None:
    user = keystone.make("user")
    path = f"{USERS}/{user['id']}/password"
    wrong = keystone.post(None, path, {"user": {"original_password": "no", "password": "new one"}})
    assert wrong.status_code == 401
    right = keystone.post(None, path, {"user": {"original_password": PASSWORD, "password": "new one"}})
    assert right.status_code == 204
    assert keystone.login(user["name"]).status_code == 401
    assert keystone.login(user["name"], "new one").status_code == 201


@pytest.mark.parametrize(
    "body", [{}, {"user": {}}, {"user": {"password": "x"}}, {"user": {"original_password": "x", "password": 1}}]
)
def test_a_change_of_password_that_cannot_be_read(keystone: Keystone, body: Any) -> None:
    user = keystone.make("user")
    assert keystone.post(None, f"{USERS}/{user['id']}/password", body).status_code == 400


def test_a_new_password_differs_from_the_old(keystone: Keystone) -> None:
    user = keystone.make("user")
    body = {"user": {"original_password": PASSWORD, "password": PASSWORD}}
    assert keystone.post(None, f"{USERS}/{user['id']}/password", body).status_code == 400


def test_a_locked_password_is_not_changed_by_its_owner(keystone: Keystone) -> None:
    user = keystone.make("user", options={"lock_password": True})
    body = {"user": {"original_password": PASSWORD, "password": "new one"}}
    assert keystone.post(None, f"{USERS}/{user['id']}/password", body).status_code == 400
    assert keystone.patch(keystone.admin, f"{USERS}/{user['id']}", {"user": {"password": "new one"}}).status_code == 200


def test_an_endless_password_is_refused(keystone: Keystone) -> None:
    assert keystone.post(keystone.admin, USERS, {"user": {"name": "x", "password": "x" * 5000}}).status_code == 403


def test_a_user_without_a_password_cannot_log_in(keystone: Keystone) -> None:
    user = keystone.make("user", password=None)
    assert keystone.login(user["name"], "").status_code == 401
    assert keystone.login(user["name"], "None").status_code == 401


def test_the_projects_of_a_user(keystone: Keystone) -> None:
    user, project, token = keystone.member()
    group, other = keystone.make("group"), keystone.make("project", name="zzz")
    keystone.put(keystone.admin, f"{V3}/groups/{group['id']}/users/{user['id']}")
    keystone.grant("reader", group, f"projects/{other['id']}", actor="groups")
    path = f"{USERS}/{user['id']}/projects"
    for caller in (token, keystone.admin):
        found = keystone.get(caller, path).json
        assert {item["id"] for item in found["projects"]} == {project["id"], other["id"]}
        assert found["links"]["self"].endswith(path)
    assert [item["name"] for item in keystone.get(token, f"{path}?name=zzz").json["projects"]] == ["zzz"]
    assert keystone.get(keystone.demo, path).status_code == 403
    assert keystone.get(keystone.admin, f"{USERS}/nobody/projects").status_code == 404


def test_the_groups_of_a_user(keystone: Keystone) -> None:
    user, _, token = keystone.member()
    group = keystone.make("group")
    keystone.make("group")
    keystone.put(keystone.admin, f"{V3}/groups/{group['id']}/users/{user['id']}")
    path = f"{USERS}/{user['id']}/groups"
    for caller in (token, keystone.admin):
        assert keystone.get(caller, path).json["groups"] == [group]
    assert keystone.get(token, f"{path}?name=other").json["groups"] == []
    assert keystone.get(keystone.demo, path).status_code == 403
    assert keystone.get(keystone.admin, f"{USERS}/nobody/groups").status_code == 404
