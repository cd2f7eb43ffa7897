"""Application credentials: logins that a user makes for programs, and the access rules that bound them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.identity.keystone import AUTH, V3, Keystone, message


class Owner:
    """A user with a project, who makes credentials."""

    def __init__(self, keystone: Keystone, role: str = "member") -> None:
        self.keystone = keystone
        self.user, self.project, self.token = keystone.member(role)
        self.path = f"{V3}/users/{self.user['id']}/application_credentials"

    def make(self, token: str | None = None, /, **attributes: Any) -> Any:
        body = {"application_credential": {"name": "robot", **attributes}}
        return self.keystone.post(token or self.token, self.path, body)

    def login(self, **credential: Any) -> Any:
        identity = {"methods": ["application_credential"], "application_credential": credential}
        return self.keystone.post(None, AUTH, {"auth": {"identity": identity}})

    def robot(self, **attributes: Any) -> tuple[Any, str]:
        """Make a credential and log in by it; return it and the token."""
        made = self.make(**attributes)
        assert made.status_code == 201, made.text
        credential = made.json["application_credential"]
        result = self.login(id=credential["id"], secret=credential["secret"])
        assert result.status_code == 201, result.text
        return credential, str(result.headers["X-Subject-Token"])


@pytest.fixture
def owner(keystone: Keystone) -> Owner:
    return Owner(keystone)


def test_a_credential_looks_like_keystones(owner: Owner) -> None:
    result = owner.make(description="for a test")
    assert result.status_code == 201
    credential = result.json["application_credential"]
    assert len(credential.pop("secret")) == 86
    assert [role["name"] for role in credential["roles"]] == ["member", "reader"]
    assert credential == {
        "id": credential["id"],
        "name": "robot",
        "description": "for a test",
        "user_id": owner.user["id"],
        "project_id": owner.project["id"],
        "system": None,
        "roles": credential["roles"],
        "expires_at": None,
        "unrestricted": False,
        "links": {"self": f"http://falconframework.org{owner.path}/{credential['id']}"},
    }
    path = f"{owner.path}/{credential['id']}"
    assert owner.keystone.get(owner.token, path).json == {"application_credential": credential}
    assert owner.keystone.get(owner.token, owner.path).json["application_credentials"] == [credential]
    assert owner.keystone.get(owner.token, f"{owner.path}?name=other").json["application_credentials"] == []


def test_a_login_by_id_or_by_name_and_user(owner: Owner) -> None:
    owner.make(secret="open sesame")
    user = {"name": owner.user["name"], "domain": {"id": "default"}}
    for who in (user, {"id": owner.user["id"]}):
        result = owner.login(name="robot", user=who, secret="open sesame")
        assert result.status_code == 201
    token = result.json["token"]
    assert token["methods"] == ["application_credential"]
    assert token["project"]["id"] == owner.project["id"]
    assert token["application_credential"]["restricted"] is True
    assert {role["name"] for role in token["roles"]} == {"member", "reader"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "wrong"},
        {"id": "nothing"},
        {"id": None, "name": "other"},
        {"id": None, "name": "robot", "user": {"id": "nobody"}},
    ],
)
def test_every_bad_login_gets_the_same_answer(owner: Owner, wrong: dict[str, Any]) -> None:
    made = owner.make().json["application_credential"]
    shown = {"id": made["id"], "secret": made["secret"], "user": {"id": owner.user["id"]}, **wrong}
    result = owner.login(**{name: value for name, value in shown.items() if value is not None})
    assert result.status_code == 401
    assert message(result) == "The request you have made requires authentication."


def test_a_credential_has_its_own_scope(owner: Owner) -> None:
    made = owner.make().json["application_credential"]
    shown = {"id": made["id"], "secret": made["secret"]}
    identity = {"methods": ["application_credential"], "application_credential": shown}
    scope = {"project": {"id": owner.project["id"]}}
    assert owner.keystone.post(None, AUTH, {"auth": {"identity": identity, "scope": scope}}).status_code == 401


def test_some_of_the_roles_and_what_they_imply(owner: Owner) -> None:
    _, token = owner.robot(roles=[{"name": "reader"}])
    assert [role["name"] for role in owner.keystone.show(token).json["token"]["roles"]] == ["reader"]
    member = owner.keystone.id_of("role", "member")
    both = owner.make(name="other", roles=[{"id": member}]).json["application_credential"]
    assert [role["name"] for role in both["roles"]] == ["member", "reader"]


def test_no_role_that_the_caller_does_not_hold(owner: Owner) -> None:
    for role in ({"name": "admin"}, {"id": "nothing"}, {"name": "nothing"}):
        assert owner.make(roles=[role]).status_code == 400


def test_a_role_that_is_taken_away_is_gone(owner: Owner) -> None:
    _, token = owner.robot()
    member = owner.keystone.id_of("role", "member")
    path = f"{V3}/projects/{owner.project['id']}/users/{owner.user['id']}/roles/{member}"
    owner.keystone.delete(owner.keystone.admin, path)
    assert not owner.keystone.works(token)


def test_a_name_is_taken_once(owner: Owner) -> None:
    owner.make()
    assert owner.make().status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"secret": 1},
        {"expires_at": "tomorrow"},
        {"expires_at": "2001-01-01T00:00:00Z"},
        {"roles": [{}]},
        {"access_rules": [{"path": "/x"}]},
        {"access_rules": [{"path": "x", "method": "GET", "service": "compute"}]},
        {"access_rules": [{"path": "/x", "method": "FETCH", "service": "compute"}]},
    ],
)
def test_a_credential_that_cannot_be_made(owner: Owner, body: Any) -> None:
    assert owner.make(**body).status_code == 400


def test_an_end_bounds_the_token_too(owner: Owner) -> None:
    end = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    credential, token = owner.robot(expires_at=end.strftime("%Y-%m-%dT%H:%M:%S.%f"))
    assert credential["expires_at"] == end.strftime("%Y-%m-%dT%H:%M:%S.%f")
    assert owner.keystone.show(token).json["token"]["expires_at"] == credential["expires_at"] + "Z"


def test_a_deleted_credential_ends_its_tokens(owner: Owner) -> None:
    credential, token = owner.robot()
    path = f"{owner.path}/{credential['id']}"
    assert owner.keystone.delete(owner.token, path).status_code == 204
    assert not owner.keystone.works(token)
    assert owner.keystone.get(owner.token, path).status_code == 404


def test_a_credential_makes_no_other_tokens(owner: Owner) -> None:
    _, token = owner.robot()
    assert owner.keystone.rescope(token, {"unscoped": {}}).status_code == 403


def test_only_an_unrestricted_credential_makes_credentials(owner: Owner) -> None:
    _, bound = owner.robot()
    assert owner.make(bound, name="second").status_code == 403
    _, free = owner.robot(name="free", unrestricted=True)
    second = owner.make(free, name="second")
    assert second.status_code == 201
    path = f"{owner.path}/{second.json['application_credential']['id']}"
    assert owner.keystone.delete(bound, path).status_code == 403
    assert owner.keystone.delete(free, path).status_code == 204


def test_it_takes_a_project_to_make_one(owner: Owner) -> None:
    unscoped = owner.keystone.token(owner.user["name"], scope={"unscoped": {}})
    assert owner.make(unscoped).status_code == 400


def test_nobody_touches_anothers_credentials(owner: Owner) -> None:
    keystone = owner.keystone
    credential = owner.make().json["application_credential"]
    stranger = Owner(keystone)
    path = f"{owner.path}/{credential['id']}"
    disguised = f"{stranger.path}/{credential['id']}"
    assert keystone.get(stranger.token, owner.path).status_code == 403
    assert keystone.post(stranger.token, owner.path, {"application_credential": {"name": "x"}}).status_code == 403
    assert keystone.post(keystone.admin, owner.path, {"application_credential": {"name": "x"}}).status_code == 403
    for method in ("GET", "DELETE"):
        assert keystone.request(stranger.token, method, path).status_code == 403
        assert keystone.request(stranger.token, method, disguised).status_code == 403
        assert keystone.request(stranger.token, method, f"{owner.path}/nothing").status_code == 403
    assert keystone.get(keystone.admin, path).status_code == 200
    assert keystone.delete(keystone.admin, path).status_code == 204


def test_access_rules_are_kept_once_and_listed(owner: Owner) -> None:
    rule = {"service": "identity", "method": "GET", "path": "/v3/users/*"}
    first = owner.make(name="a", access_rules=[rule]).json["application_credential"]
    second = owner.make(name="b", access_rules=[rule]).json["application_credential"]
    third = owner.make(name="c", access_rules=[{"id": first["access_rules"][0]["id"]}]).json["application_credential"]
    assert first["access_rules"] == second["access_rules"] == third["access_rules"]
    assert owner.make(name="d", access_rules=[{"id": "nothing"}]).status_code == 404

    keystone, path = owner.keystone, f"{V3}/users/{owner.user['id']}/access_rules"
    [listed] = keystone.get(owner.token, path).json["access_rules"]
    one = f"{path}/{listed['id']}"
    assert listed == {"id": listed["id"], **rule, "links": {"self": f"http://falconframework.org{one}"}}
    assert keystone.get(owner.token, f"{path}?method=POST").json["access_rules"] == []
    assert keystone.get(owner.token, one).json == {"access_rule": listed}
    assert keystone.get(owner.token, f"{path}/nothing").status_code == 404
    for stranger in (keystone.demo, keystone.admin):
        assert keystone.get(stranger, path).status_code == 403
        assert keystone.delete(stranger, one).status_code == 403
    assert keystone.get(keystone.system, path).status_code == 200

    assert keystone.delete(owner.token, one).status_code == 403
    for credential in (first, second, third):
        keystone.delete(owner.token, f"{owner.path}/{credential['id']}")
    assert keystone.delete(owner.token, one).status_code == 204
    assert keystone.delete(owner.token, one).status_code == 404


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ({"service": "identity", "method": "GET", "path": "/v3/users/{user_id}"}, True),
        ({"service": "identity", "method": "GET", "path": "/v3/users/*"}, True),
        ({"service": "identity", "method": "GET", "path": "/v3/**"}, True),
        ({"service": "identity", "method": "GET", "path": "/v3/*"}, False),
        ({"service": "identity", "method": "GET", "path": "/v3.users/*"}, False),
        ({"service": "identity", "method": "POST", "path": "/v3/users/*"}, False),
        ({"service": "compute", "method": "GET", "path": "/v3/users/*"}, False),
    ],
)
def test_access_rules_bound_what_a_token_can_be_used_for(owner: Owner, rule: Any, allowed: bool) -> None:
    _, token = owner.robot(access_rules=[rule])
    result = owner.keystone.get(token, f"{V3}/users/{owner.user['id']}")
    assert result.status_code == (200 if allowed else 401)
    anywhere = rule["path"] in ("/v3/*", "/v3/**")
    assert owner.keystone.get(token, f"{V3}/regions").status_code == (200 if anywhere else 401)
    shown = owner.keystone.show(owner.keystone.admin, token).json["token"]["application_credential"]
    assert [one["path"] for one in shown["access_rules"]] == [rule["path"]]


def test_no_access_rules_at_all_allow_nothing(owner: Owner) -> None:
    _, token = owner.robot(access_rules=[])
    assert owner.keystone.get(token, f"{V3}/regions").status_code == 401
