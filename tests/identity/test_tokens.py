"""Logging in, validating, rescoping and giving back tokens through v3."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.identity.keystone import AUTH, SYSTEM, V3, Keystone, message

REQUIRED = "The request you have made requires authentication."
IN_DEFAULT = {"domain": {"id": "default"}}


def seconds(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


def test_a_login_with_a_project_shows_all_that_keystone_shows(keystone: Keystone) -> None:
    result = keystone.login("demo", keystone.known_password("demo"), scope={"project": {"name": "demo", **IN_DEFAULT}})

    assert result.status_code == 201
    assert len(result.headers["X-Subject-Token"]) <= 255
    assert result.headers["Vary"] == "X-Auth-Token"
    token = result.json["token"]
    assert set(token) == {
        "methods",
        "user",
        "audit_ids",
        "expires_at",
        "issued_at",
        "project",
        "is_domain",
        "roles",
        "catalog",
    }
    assert token["methods"] == ["password"]
    assert token["user"] == {
        "id": keystone.id_of("user", "demo"),
        "name": "demo",
        "domain": {"id": "default", "name": "Default"},
        "password_expires_at": None,
    }
    assert token["project"] == {
        "id": keystone.id_of("project", "demo"),
        "name": "demo",
        "domain": {"id": "default", "name": "Default"},
    }
    assert token["is_domain"] is False
    assert [len(audit_id) for audit_id in token["audit_ids"]] == [22]
    assert seconds(token["expires_at"]) - seconds(token["issued_at"]) == dt.timedelta(hours=1)


def test_roles_are_expanded_by_implication(keystone: Keystone) -> None:
    def roles(token: str) -> list[str]:
        return sorted(role["name"] for role in keystone.show(token).json["token"]["roles"])

    assert roles(keystone.admin) == ["admin", "manager", "member", "reader"]
    assert roles(keystone.demo) == ["member", "reader"]


def test_a_project_is_named_by_id_or_by_name_and_domain(keystone: Keystone) -> None:
    password = keystone.known_password("demo")
    project_id = keystone.id_of("project", "demo")
    for project in (
        {"id": project_id},
        {"name": "demo", "domain": {"id": "default"}},
        {"name": "demo", "domain": {"name": "Default"}},
    ):
        assert keystone.login("demo", password, scope={"project": project}).json["token"]["project"]["id"] == project_id


def test_a_user_is_named_by_id_or_by_name_and_domain(keystone: Keystone) -> None:
    password, user_id = keystone.known_password("demo"), keystone.id_of("user", "demo")
    for user in (
        {"id": user_id},
        {"name": "demo", "domain": {"id": "default"}},
        {"name": "demo", "domain": {"name": "Default"}},
    ):
        identity = {"methods": ["password"], "password": {"user": {**user, "password": password}}}
        assert keystone.post(None, AUTH, {"auth": {"identity": identity}}).json["token"]["user"]["id"] == user_id


def test_a_login_with_a_domain(keystone: Keystone) -> None:
    for domain in ({"id": "default"}, {"name": "Default"}):
        token = keystone.login("admin", keystone.known_password("admin"), scope={"domain": domain}).json["token"]
        assert token["domain"] == {"id": "default", "name": "Default"}
        assert {"project", "is_domain", "system"}.isdisjoint(token)
        assert "admin" in [role["name"] for role in token["roles"]]


def test_a_login_with_the_system(keystone: Keystone) -> None:
    token = keystone.login("admin", keystone.known_password("admin"), scope=SYSTEM).json["token"]
    assert token["system"] == {"all": True}
    assert {"project", "is_domain", "domain"}.isdisjoint(token)


@pytest.mark.parametrize("scope", [{"unscoped": {}}, "unscoped"])
def test_a_login_without_scope_on_purpose(keystone: Keystone, scope: Any) -> None:
    token = keystone.login("demo", keystone.known_password("demo"), scope=scope).json["token"]
    assert {"project", "roles", "catalog", "is_domain", "domain"}.isdisjoint(token)


def test_without_a_wish_the_default_project_is_the_scope(keystone: Keystone) -> None:
    token = keystone.login("demo", keystone.known_password("demo")).json["token"]
    assert token["project"]["name"] == "demo"


def test_a_default_project_out_of_reach_is_no_scope(keystone: Keystone) -> None:
    project = keystone.make("project")
    user = keystone.make("user", default_project_id=project["id"])
    assert "project" not in keystone.login(user["name"]).json["token"]

    path = keystone.grant("member", user, f"projects/{project['id']}")
    assert keystone.login(user["name"]).json["token"]["project"]["id"] == project["id"]

    keystone.patch(keystone.admin, f"{V3}/projects/{project['id']}", {"project": {"enabled": False}})
    assert "project" not in keystone.login(user["name"]).json["token"]

    keystone.delete(keystone.admin, path)
    keystone.delete(keystone.admin, f"{V3}/projects/{project['id']}")
    assert "project" not in keystone.login(user["name"]).json["token"]


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ({"name": "demo", **IN_DEFAULT}, "wrong"),
        ({"name": "demo", **IN_DEFAULT}, ""),
        ({"name": "nobody", **IN_DEFAULT}, "wrong"),
        ({"id": "0" * 32}, "wrong"),
        ({"name": "demo", "domain": {"name": "Nowhere"}}, "wrong"),
        ({"name": "demo", **IN_DEFAULT}, "x" * 5000),
    ],
)
def test_every_bad_login_gets_the_same_answer(keystone: Keystone, user: dict[str, Any], password: str) -> None:
    identity = {"methods": ["password"], "password": {"user": {**user, "password": password}}}
    result = keystone.post(None, AUTH, {"auth": {"identity": identity}})
    assert result.status_code == 401
    assert result.json == {"error": {"code": 401, "message": REQUIRED, "title": "Unauthorized"}}
    assert result.headers["WWW-Authenticate"].startswith('Keystone uri="')
    assert "X-Subject-Token" not in result.headers


@pytest.mark.parametrize(
    "scope",
    [
        {"project": {"name": "admin", **IN_DEFAULT}},
        {"project": {"name": "nothing", **IN_DEFAULT}},
        {"project": {"id": "nothing"}},
        {"project": {"name": "demo", "domain": {"name": "Nowhere"}}},
        {"domain": {"id": "default"}},
        {"domain": {"name": "Nowhere"}},
        SYSTEM,
    ],
)
def test_a_scope_without_a_role_is_refused_like_a_bad_password(keystone: Keystone, scope: Any) -> None:
    result = keystone.login("demo", keystone.known_password("demo"), scope=scope)
    assert result.status_code == 401
    assert message(result) == REQUIRED


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"auth": {}},
        {"auth": {"identity": {}}},
        {"auth": {"identity": {"methods": []}}},
        {"auth": {"identity": {"methods": ["password"]}}},
        {"auth": {"identity": {"methods": ["password"], "password": {}}}},
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {"password": "x"}}}}},
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "demo", "password": "x"}}}}},
        {"auth": {"identity": {"methods": ["token"], "token": {}}}},
        {"auth": {"identity": {"methods": ["token"], "token": {"id": "x"}}, "scope": {"project": {"name": "demo"}}}},
        {"auth": {"identity": {"methods": ["token"], "token": {"id": "x"}}, "scope": {"galaxy": {}}}},
        {"auth": {"identity": {"methods": ["token"], "token": {"id": "x"}}, "scope": {"domain": {}}}},
        {
            "auth": {
                "identity": {"methods": ["token"], "token": {"id": "x"}},
                "scope": {"domain": {"id": "default"}, "system": {"all": True}},
            }
        },
    ],
)
def test_a_login_that_cannot_be_read_is_a_bad_request(keystone: Keystone, body: Any) -> None:
    result = keystone.post(None, AUTH, body)
    assert result.status_code == 400
    assert message(result)


def test_an_unknown_method_is_refused(keystone: Keystone) -> None:
    body = {"auth": {"identity": {"methods": ["magic"], "magic": {}}}}
    assert keystone.post(None, AUTH, body).status_code == 401


def test_no_request_without_a_token(keystone: Keystone) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        result = keystone.request(None, method, AUTH, headers={"X-Subject-Token": keystone.demo})
        assert result.status_code == 401


def test_validation_shows_what_the_login_showed(keystone: Keystone) -> None:
    login = keystone.login("demo", keystone.known_password("demo"))
    token = login.headers["X-Subject-Token"]
    shown = keystone.show(token)
    assert shown.status_code == 200
    assert shown.json == login.json
    assert shown.headers["X-Subject-Token"] == token


def test_head_answers_like_get_without_a_body(keystone: Keystone) -> None:
    result = keystone.request(keystone.demo, "HEAD", AUTH, headers={"X-Subject-Token": keystone.demo})
    assert result.status_code == 200
    assert result.headers["X-Subject-Token"] == keystone.demo
    assert result.content == b""


def test_nocatalog_leaves_the_catalog_out(keystone: Keystone) -> None:
    assert "catalog" not in keystone.show(keystone.demo, query="?nocatalog").json["token"]
    assert "catalog" not in keystone.login("demo", keystone.known_password("demo"), query="?nocatalog").json["token"]


@pytest.mark.parametrize("subject", ["rubbish", "gAAAAABrubbish", "\u00fc", "x" * 3000])
def test_a_subject_that_is_no_token_is_not_found(keystone: Keystone, subject: str) -> None:
    result = keystone.get(keystone.admin, AUTH, headers={"X-Subject-Token": subject})
    assert result.status_code == 404
    assert subject not in message(result)


def test_a_missing_subject_is_not_found(keystone: Keystone) -> None:
    assert keystone.get(keystone.admin, AUTH).status_code == 404


def test_a_tampered_token_is_void(keystone: Keystone) -> None:
    token = keystone.demo
    for place in (0, 40, len(token) // 2, len(token) - 20):
        other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert not keystone.works(other)
    assert not keystone.works(token[:-8])
    assert not keystone.works(token + "AAAA")


def test_nothing_of_a_token_can_be_read_without_the_key(keystone: Keystone) -> None:
    import base64

    token = keystone.demo
    content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert bytes.fromhex(keystone.id_of("user", "demo")) not in content


def test_another_installation_does_not_take_the_token(keystone: Keystone, tmp_path: Any) -> None:
    other = Keystone(tmp_path / "other")
    assert not other.works(keystone.demo)


def test_somebody_elses_token_is_not_for_a_member_to_see(keystone: Keystone) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        result = keystone.request(keystone.demo, method, AUTH, headers={"X-Subject-Token": keystone.admin})
        assert result.status_code == 403
    result = keystone.show(keystone.demo, keystone.admin)
    assert message(result) == "You are not authorized to perform the requested action: identity:validate_token."
    assert keystone.works(keystone.admin)


def test_admins_and_services_see_everybodys_tokens(keystone: Keystone) -> None:
    _, _, service = keystone.member("service")
    assert keystone.show(keystone.admin, keystone.demo).status_code == 200
    assert keystone.show(keystone.system, keystone.demo).status_code == 200
    assert keystone.show(service, keystone.demo).status_code == 200


def test_the_time_to_live_is_configured(tmp_path: Any) -> None:
    keystone = Keystone(tmp_path, "token_ttl = 60")
    token = keystone.show(keystone.demo).json["token"]
    assert seconds(token["expires_at"]) - seconds(token["issued_at"]) == dt.timedelta(seconds=60)


def test_the_older_path_of_tokens_works_too(keystone: Keystone) -> None:
    user = {"name": "demo", **IN_DEFAULT, "password": keystone.known_password("demo")}
    identity = {"methods": ["password"], "password": {"user": user}}
    login = keystone.post(None, f"{V3}/tokens", {"auth": {"identity": identity}})
    assert login.status_code == 201
    token = login.headers["X-Subject-Token"]
    path = f"{V3}/tokens/{token}"
    assert keystone.get(token, path).json == login.json
    assert keystone.request(token, "HEAD", path).status_code == 200
    rescoped = keystone.post(token, path, {"auth": {"scope": {"unscoped": {}}}})
    assert rescoped.status_code == 201
    assert "project" not in rescoped.json["token"]
    assert keystone.delete(token, path).status_code == 204
    assert keystone.get(keystone.admin, path).status_code == 404
    assert not keystone.works(token)


def test_scopes_that_the_caller_may_log_in_to(keystone: Keystone) -> None:
    user, project, token = keystone.member()
    disabled = keystone.make("project", enabled=False)
    keystone.grant("reader", user, f"projects/{disabled['id']}")
    unscoped = keystone.token(user["name"], scope={"unscoped": {}})
    for caller in (token, unscoped):
        found = keystone.get(caller, f"{V3}/auth/projects").json
        assert [item["id"] for item in found["projects"]] == [project["id"]]
        assert keystone.get(caller, f"{V3}/auth/domains").json["domains"] == []
        assert keystone.get(caller, f"{V3}/auth/system").json["system"] == []
    assert [item["id"] for item in keystone.get(keystone.admin, f"{V3}/auth/domains").json["domains"]] == ["default"]
    assert keystone.get(keystone.admin, f"{V3}/auth/system").json["system"] == [{"all": True}]
    for path in ("projects", "domains", "system"):
        assert keystone.request(token, "HEAD", f"{V3}/auth/{path}").status_code == 200
