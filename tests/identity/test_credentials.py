"""Credentials that users keep for other services, as such and as EC2 keys."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import Any

import pytest

from tests.identity.keystone import V3, Keystone, message

CREDENTIALS = f"{V3}/credentials"


def add(keystone: Keystone, token: str, **attributes: Any) -> Any:
    return keystone.post(token, CREDENTIALS, {"credential": {"type": "cert", "blob": "swordfish", **attributes}})


def keys(keystone: Keystone) -> tuple[Any, str, str, Any]:
    """Make a user with a pair of EC2 keys: the user, a token, the path of the user's keys, and the keys."""
    user, project, token = keystone.member()
    path = f"{V3}/users/{user['id']}/credentials/OS-EC2"
    made = keystone.post(token, path, {"tenant_id": project["id"]})
    assert made.status_code == 201, made.text
    return user, token, path, made.json["credential"]


def test_a_credential(keystone: Keystone) -> None:
    user, project, token = keystone.member()
    credential = add(keystone, token, user_id=user["id"]).json["credential"]
    path = f"{CREDENTIALS}/{credential['id']}"
    assert credential == {
        "id": credential["id"],
        "type": "cert",
        "blob": "swordfish",
        "user_id": user["id"],
        "project_id": None,
        "links": {"self": f"http://falconframework.org{path}"},
    }
    changes = {"blob": "trout", "type": "key", "project_id": project["id"]}
    changed = keystone.patch(token, path, {"credential": changes})
    assert changed.json["credential"] == {**credential, **changes}
    assert keystone.get(token, path).json == changed.json
    assert keystone.get(token, CREDENTIALS).json["credentials"] == [changed.json["credential"]]
    assert keystone.delete(token, path).status_code == 204
    gone = keystone.get(keystone.admin, path)
    assert (gone.status_code, message(gone)) == (404, f"Could not find credential: {credential['id']}.")


def test_it_is_sealed_on_disk(keystone: Keystone) -> None:
    user, _, token = keystone.member()
    add(keystone, token, user_id=user["id"])
    with sqlite3.connect(keystone.state / "jumpgate.sqlite") as connection:
        [(blob,)] = connection.execute("SELECT blob FROM identity_credentials").fetchall()
    assert "swordfish" not in blob
    assert (keystone.state / "credential-keys").stat().st_mode & 0o777 == 0o700
    assert Keystone(keystone.state).get(token, CREDENTIALS).json["credentials"][0]["blob"] == "swordfish"


def test_everybody_has_his_own(keystone: Keystone) -> None:
    user, _, token = keystone.member()
    mine = add(keystone, token, user_id=user["id"]).json["credential"]
    _, _, stranger = keystone.member()
    path = f"{CREDENTIALS}/{mine['id']}"
    assert keystone.get(stranger, CREDENTIALS).json["credentials"] == []
    assert keystone.get(stranger, f"{CREDENTIALS}?user_id={user['id']}").json["credentials"] == []
    for method in ("GET", "PATCH", "DELETE"):
        for one in (path, f"{CREDENTIALS}/nothing"):
            assert keystone.request(stranger, method, one, {"credential": {"blob": "x"}}).status_code == 403
    assert add(keystone, stranger, user_id=user["id"]).status_code == 403
    given = keystone.patch(token, path, {"credential": {"user_id": keystone.id_of("user", "demo")}})
    assert given.status_code == 403
    assert keystone.get(keystone.admin, path).json["credential"] == mine


def test_an_admin_and_a_reader_of_the_system_see_all(keystone: Keystone) -> None:
    for kind in ("cert", "key"):
        user, _, token = keystone.member()
        add(keystone, token, user_id=user["id"], type=kind)
    for caller in (keystone.admin, keystone.system):
        assert len(keystone.get(caller, CREDENTIALS).json["credentials"]) == 2
        assert len(keystone.get(caller, f"{CREDENTIALS}?type=key").json["credentials"]) == 1
        assert len(keystone.get(caller, f"{CREDENTIALS}?user_id={user['id']}").json["credentials"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"credential": {"type": "cert", "blob": "x"}},
        {"credential": {"type": "cert", "user_id": "x"}},
        {"credential": {"type": "ec2", "user_id": "x", "blob": "no json", "project_id": "p"}},
        {"credential": {"type": "ec2", "user_id": "x", "blob": "[]", "project_id": "p"}},
        {"credential": {"type": "ec2", "user_id": "x", "blob": '{"access": "a"}'}},
    ],
)
def test_a_credential_that_cannot_be_made(keystone: Keystone, body: Any) -> None:
    assert keystone.post(keystone.admin, CREDENTIALS, body).status_code == 400


def test_a_credential_of_nobody_cannot_be_made(keystone: Keystone) -> None:
    assert add(keystone, keystone.admin, user_id="nobody").status_code == 404


def test_ec2_keys(keystone: Keystone) -> None:
    user, token, path, made = keys(keystone)
    one = f"{path}/{made['access']}"
    assert made == {
        "user_id": user["id"],
        "tenant_id": made["tenant_id"],
        "access": made["access"],
        "secret": made["secret"],
        "trust_id": None,
        "links": {"self": f"http://falconframework.org{one}"},
    }
    assert keystone.get(token, one).json == {"credential": made}
    assert keystone.get(token, path).json["credentials"] == [made]
    as_credential = keystone.get(token, f"{CREDENTIALS}?type=ec2").json["credentials"][0]
    assert as_credential["id"] == hashlib.sha256(made["access"].encode()).hexdigest()
    assert json.loads(as_credential["blob"])["secret"] == made["secret"]
    assert keystone.delete(token, one).status_code == 204
    assert keystone.get(token, path).json["credentials"] == []


def test_an_access_key_is_taken_once(keystone: Keystone) -> None:
    user, project, token = keystone.member()
    blob = json.dumps({"access": "a", "secret": "b"})
    ec2 = {"user_id": user["id"], "type": "ec2", "blob": blob, "project_id": project["id"]}
    assert add(keystone, token, **ec2).status_code == 201
    assert add(keystone, token, **ec2).status_code == 409
    assert keystone.get(token, f"{V3}/users/{user['id']}/credentials/OS-EC2/a").json["credential"]["secret"] == "b"


def test_nobody_touches_anothers_ec2_keys(keystone: Keystone) -> None:
    _, _, path, made = keys(keystone)
    stranger, project, token = keystone.member()
    one = f"{path}/{made['access']}"
    disguised = f"{V3}/users/{stranger['id']}/credentials/OS-EC2/{made['access']}"
    assert keystone.get(token, path).status_code == 403
    assert keystone.post(token, path, {"tenant_id": project["id"]}).status_code == 403
    for method in ("GET", "DELETE"):
        for target in (one, disguised):
            assert keystone.request(token, method, target).status_code == 403
        assert keystone.request(token, method, f"{path}/nothing").status_code == 404
    assert keystone.get(keystone.admin, disguised).status_code == 404
    assert keystone.get(keystone.admin, f"{V3}/users/nobody/credentials/OS-EC2").status_code == 404
    assert keystone.delete(keystone.admin, one).status_code == 204


def test_ec2_keys_need_a_project(keystone: Keystone) -> None:
    user, _, token = keystone.member()
    path = f"{V3}/users/{user['id']}/credentials/OS-EC2"
    assert keystone.post(token, path, {}).status_code == 400
    assert keystone.post(token, path, {"tenant_id": "nothing"}).status_code == 404


def test_an_application_credential_reaches_no_other(keystone: Keystone) -> None:
    user, token, path, _ = keys(keystone)
    body = {"application_credential": {"name": "robot", "unrestricted": True}}
    made = keystone.post(token, f"{V3}/users/{user['id']}/application_credentials", body).json["application_credential"]
    shown = {"id": made["id"], "secret": made["secret"]}
    identity = {"methods": ["application_credential"], "application_credential": shown}
    login = keystone.post(None, f"{V3}/auth/tokens", {"auth": {"identity": identity}})
    robot = login.headers["X-Subject-Token"]
    for target in (CREDENTIALS, path):
        assert keystone.get(token, target).status_code == 200
        assert keystone.get(robot, target).status_code == 403
    assert add(keystone, robot, user_id=user["id"]).status_code == 403


def test_credentials_go_with_their_user_and_project(keystone: Keystone) -> None:
    user, project, token = keystone.member()
    add(keystone, token, user_id=user["id"], project_id=project["id"])
    keystone.delete(keystone.admin, f"{V3}/projects/{project['id']}")
    assert keystone.get(keystone.admin, CREDENTIALS).json["credentials"] == []
    other, _, second = keystone.member()
    add(keystone, second, user_id=other["id"])
    keystone.delete(keystone.admin, f"{V3}/users/{other['id']}")
    assert keystone.get(keystone.admin, CREDENTIALS).json["credentials"] == []
