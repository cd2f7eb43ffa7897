"""Keystone's v2.0, for clients from 2014."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.keystone import V2, V3, Keystone, message

TOKENS = f"{V2}/tokens"


def login(keystone: Keystone, user: str = "demo", password: str | None = None, **more: Any) -> Any:
    known = {"username": user, "password": password or keystone.known_password(user)}
    return keystone.post(None, TOKENS, {"auth": {"passwordCredentials": known, **more}})


def test_a_login_with_a_tenant_looks_like_keystones(keystone: Keystone) -> None:
    result = login(keystone, tenantName="demo")
    assert result.status_code == 200
    access = result.json["access"]
    assert set(access) == {"token", "serviceCatalog", "user", "metadata"}
    token = access["token"]
    assert set(token) == {"issued_at", "expires", "id", "audit_ids", "tenant"}
    assert token["expires"].endswith("Z")
    assert not token["issued_at"].endswith("Z")
    tenant_id = keystone.id_of("project", "demo")
    assert token["tenant"] == {"description": None, "enabled": True, "id": tenant_id, "name": "demo"}
    assert access["user"] == {
        "username": "demo",
        "name": "demo",
        "id": keystone.id_of("user", "demo"),
        "roles_links": [],
        "roles": [{"name": "member"}, {"name": "reader"}],
    }
    assert access["metadata"] == {
        "is_admin": 0,
        "roles": [keystone.id_of("role", "member"), keystone.id_of("role", "reader")],
    }
    [service] = access["serviceCatalog"]
    assert (service["type"], service["name"], service["endpoints_links"]) == ("identity", "keystone", [])
    url = "http://falconframework.org/identity/v2.0"
    assert service["endpoints"] == [
        {
            "adminURL": url,
            "internalURL": url,
            "publicURL": url,
            "region": "RegionOne",
            "id": service["endpoints"][0]["id"],
        }
    ]


def test_the_token_is_good_for_v3_too(keystone: Keystone) -> None:
    token = login(keystone, tenantName="demo").json["access"]["token"]["id"]
    assert keystone.show(token).json["token"]["project"]["name"] == "demo"
    assert keystone.get(keystone.admin, f"{TOKENS}/{keystone.demo}").json["access"]["token"]["tenant"]["name"] == "demo"


def test_a_tenant_by_id_and_a_user_by_id(keystone: Keystone) -> None:
    tenant_id, user_id = keystone.id_of("project", "demo"), keystone.id_of("user", "demo")
    assert login(keystone, tenantId=tenant_id).json["access"]["token"]["tenant"]["id"] == tenant_id
    known = {"userId": user_id, "password": keystone.known_password("demo")}
    assert keystone.post(None, TOKENS, {"auth": {"passwordCredentials": known}}).status_code == 200


def test_without_a_tenant_the_default_one_counts_if_there_is_one(keystone: Keystone) -> None:
    assert login(keystone).json["access"]["token"]["tenant"]["name"] == "demo"
    user = keystone.make("user")
    for nothing in ({}, {"tenantName": ""}, {"tenantId": None}):
        access = login(keystone, user["name"], "correct horse", **nothing).json["access"]
        assert "tenant" not in access["token"]
        assert access["serviceCatalog"] == []
        assert access["user"]["roles"] == []
        assert access["metadata"] == {"is_admin": 0, "roles": []}


def test_a_token_gets_another_tenant(keystone: Keystone) -> None:
    first = login(keystone).json["access"]["token"]
    second = keystone.post(None, TOKENS, {"auth": {"token": {"id": first["id"]}, "tenantName": "demo"}})
    assert second.status_code == 200
    assert second.json["access"]["token"]["expires"] == first["expires"]


@pytest.mark.parametrize(
    "auth",
    [
        {"passwordCredentials": {"username": "demo", "password": "wrong"}},
        {"passwordCredentials": {"username": "nobody", "password": "wrong"}},
        {"token": {"id": "rubbish"}},
    ],
)
def test_every_bad_login_gets_the_same_answer(keystone: Keystone, auth: Any) -> None:
    result = keystone.post(None, TOKENS, {"auth": auth})
    assert result.status_code == 401
    assert message(result) == "The request you have made requires authentication."


@pytest.mark.parametrize("tenant", [{"tenantName": "admin"}, {"tenantName": "nothing"}, {"tenantId": "nothing"}])
def test_a_tenant_out_of_reach_is_refused_likewise(keystone: Keystone, tenant: Any) -> None:
    assert login(keystone, **tenant).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"auth": {}},
        {"auth": {"passwordCredentials": {}}},
        {"auth": {"passwordCredentials": {"username": "demo"}}},
        {"auth": {"passwordCredentials": {"password": "x"}}},
        {"auth": {"token": {}}},
    ],
)
def test_a_login_that_cannot_be_read(keystone: Keystone, body: Any) -> None:
    assert keystone.post(None, TOKENS, body).status_code == 400


def test_validation_and_giving_back(keystone: Keystone) -> None:
    access = login(keystone, tenantName="demo").json["access"]
    token = access["token"]["id"]
    path = f"{TOKENS}/{token}"
    assert keystone.get(keystone.admin, path).json["access"] == access
    assert keystone.get(token, path).status_code == 200
    assert keystone.request(keystone.admin, "HEAD", path).status_code == 200
    tenant_id = access["token"]["tenant"]["id"]
    assert keystone.get(keystone.admin, f"{path}?belongsTo={tenant_id}").status_code == 200
    assert keystone.get(keystone.admin, f"{path}?belongsTo=other").status_code == 404
    assert keystone.get(keystone.demo, f"{TOKENS}/{keystone.admin}").status_code == 403
    assert keystone.get(None, path).status_code == 401
    assert keystone.delete(keystone.admin, path).status_code == 204
    assert keystone.get(keystone.admin, path).status_code == 404
    assert not keystone.works(token)
    assert keystone.get(keystone.admin, f"{TOKENS}/rubbish").status_code == 404


def test_the_endpoints_of_a_token(keystone: Keystone) -> None:
    result = keystone.get(keystone.admin, f"{TOKENS}/{keystone.demo}/endpoints")
    [endpoint] = result.json["endpoints"]
    assert result.json["endpoints_links"] == []
    assert (endpoint["type"], endpoint["name"], endpoint["region"]) == ("identity", "keystone", "RegionOne")
    assert endpoint["publicURL"] == "http://falconframework.org/identity/v2.0"
    unscoped = keystone.token("demo", keystone.known_password("demo"), scope={"unscoped": {}})
    assert keystone.get(unscoped, f"{TOKENS}/{unscoped}/endpoints").json["endpoints"] == []


@pytest.mark.parametrize("path", ["/tenants", "/tokens/tenants"])
def test_the_callers_tenants(keystone: Keystone, path: str) -> None:
    user, project, token = keystone.member()
    hidden = keystone.make("project", enabled=False)
    foreign = keystone.make("project", domain_id=keystone.make("domain")["id"])
    second = keystone.make("project", name="zzz", description="last")
    for other in (hidden, foreign, second):
        keystone.grant("member", user, f"projects/{other['id']}")
    result = keystone.get(token, V2 + path)
    assert result.json["tenants_links"] == []
    assert {tenant["id"] for tenant in result.json["tenants"]} == {project["id"], second["id"]}
    shown = {"id": second["id"], "name": "zzz", "description": "last", "enabled": True}
    assert shown in result.json["tenants"]
    assert keystone.get(token, f"{V2}{path}?name=zzz").json == {"tenant": shown}
    assert keystone.get(token, f"{V2}{path}?name=nothing").status_code == 404
    first, *_ = keystone.get(token, f"{V2}{path}?limit=1").json["tenants"]
    rest = keystone.get(token, f"{V2}{path}?limit=1&marker={first['id']}").json["tenants"]
    assert [tenant["id"] for tenant in rest] == [max(project["id"], second["id"])]
    assert keystone.get(token, f"{V2}{path}?limit=x").status_code == 400
    assert keystone.get(None, V2 + path).status_code == 401


def test_one_tenant(keystone: Keystone) -> None:
    _, project, token = keystone.member()
    path = f"{V2}/tenants/{project['id']}"
    assert keystone.get(token, path).json["tenant"]["name"] == project["name"]
    assert keystone.get(keystone.admin, path).status_code == 200
    assert keystone.get(keystone.demo, path).status_code == 403
    assert keystone.get(keystone.demo, f"{V2}/tenants/nothing").status_code == 403
    assert keystone.get(keystone.admin, f"{V2}/tenants/nothing").status_code == 404


def test_extensions(keystone: Keystone) -> None:
    assert keystone.get(None, f"{V2}/extensions").json == {"extensions": {"values": []}}
    assert keystone.get(None, f"{V2}/extensions/OS-KSADM").status_code == 404


def test_the_rest_of_v2_is_not_served(keystone: Keystone) -> None:
    assert keystone.get(keystone.admin, f"{V2}/users").status_code == 501


def test_the_versions(keystone: Keystone) -> None:
    result = keystone.get(None, "/identity/")
    assert result.status_code == 300
    assert result.headers["Location"] == "http://falconframework.org/identity/v3/"
    versions = {version["id"]: version for version in result.json["versions"]["values"]}
    assert set(versions) == {"v3.14", "v2.0"}
    assert keystone.get(None, V3).json == {"version": versions["v3.14"]}
    assert keystone.get(None, f"{V3}/").json == {"version": versions["v3.14"]}
    assert keystone.get(None, V2).json == {"version": versions["v2.0"]}
    assert versions["v3.14"] == {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": "http://falconframework.org/identity/v3/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }
    for path in ("/identity/", V3, V2):
        assert keystone.request(None, "HEAD", path).content == b""
