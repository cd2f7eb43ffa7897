"""Identity: the rows of the published compatibility table, each a test of its own, named after it."""

from __future__ import annotations

from tests.softlayer.cloud import ACCOUNT, KEYS, OTHER, SoftLayerCloud

V2 = "/identity/v2.0"
V3 = "/identity/v3"


def _v2_login(cloud: SoftLayerCloud, user: str = "alice", **more: str) -> str:
    credentials = {"username": user, "password": KEYS[user]}
    answer = cloud.post(None, f"{V2}/tokens", {"auth": {"passwordCredentials": credentials, **more}})
    assert answer.status_code == 200, answer.text
    token: str = answer.json["access"]["token"]["id"]
    return token


def test_post_v2_0_tokens(cloud: SoftLayerCloud) -> None:
    credentials = {"username": "alice", "password": KEYS["alice"]}

    answer = cloud.post(None, f"{V2}/tokens", {"auth": {"passwordCredentials": credentials}})

    assert answer.status_code == 200
    assert answer.json["access"]["token"]["tenant"]["id"] == str(ACCOUNT)
    assert answer.json["access"]["user"]["name"] == "alice"
    assert {entry["type"] for entry in answer.json["access"]["serviceCatalog"]} >= {"identity", "compute", "image"}


def test_get_v2_0_tokens_token_id(cloud: SoftLayerCloud) -> None:
    token = _v2_login(cloud)

    answer = cloud.get("alice", f"{V2}/tokens/{token}")

    assert answer.status_code == 200
    assert answer.json["access"]["token"]["tenant"]["id"] == str(ACCOUNT)


def test_delete_v2_0_tokens_token_id(cloud: SoftLayerCloud) -> None:
    token = _v2_login(cloud)
    assert cloud.get(None, f"{V2}/tenants", headers={"X-Auth-Token": token}).status_code == 200

    assert cloud.delete("alice", f"{V2}/tokens/{token}").status_code == 204

    assert cloud.get(None, f"{V2}/tenants", headers={"X-Auth-Token": token}).status_code == 401


def test_get_v2_0_tokens_tenants(cloud: SoftLayerCloud) -> None:
    answer = cloud.get("bob", f"{V2}/tokens/tenants")

    assert [tenant["id"] for tenant in answer.json["tenants"]] == [str(OTHER)]


def test_get_v2_0_tenants(cloud: SoftLayerCloud) -> None:
    answer = cloud.get("alice", f"{V2}/tenants")

    assert [(tenant["id"], tenant["name"]) for tenant in answer.json["tenants"]] == [(str(ACCOUNT), "Company 278444")]


def test_get_v3(cloud: SoftLayerCloud) -> None:
    answer = cloud.get(None, V3)

    assert answer.status_code == 200
    assert answer.json["version"]["id"].startswith("v3")


def test_post_v3_auth_tokens(cloud: SoftLayerCloud) -> None:
    answer = cloud.login("alice", scope={"project": {"id": str(ACCOUNT)}})

    assert answer.status_code == 201
    assert answer.json["token"]["project"]["id"] == str(ACCOUNT)
    assert answer.headers["X-Subject-Token"]


def test_get_v3_tokens_token_id(cloud: SoftLayerCloud) -> None:
    token = cloud.token("carol")

    published = cloud.get("carol", f"{V3}/tokens/{token}")
    todays = cloud.get("carol", f"{V3}/auth/tokens", headers={"X-Subject-Token": token})

    for answer in (published, todays):
        assert answer.status_code == 200
        assert answer.json["token"]["user"]["name"] == "carol"
        assert answer.json["token"]["project"]["id"] == str(ACCOUNT)


def test_post_v3_tokens_token_id(cloud: SoftLayerCloud) -> None:
    token = cloud.token("alice")
    again = {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}}}

    for path in (f"{V3}/tokens/{token}", f"{V3}/auth/tokens"):
        answer = cloud.post("alice", path, again)
        assert answer.status_code in (200, 201), answer.text
        assert answer.json["token"]["user"]["name"] == "alice"
        assert cloud.get(None, f"{V3}/auth/projects", headers={"X-Auth-Token": answer.headers["X-Subject-Token"]}).json


def test_delete_v3_tokens_token_id(cloud: SoftLayerCloud) -> None:
    def works(token: str) -> int:
        return cloud.get(None, f"{V3}/auth/projects", headers={"X-Auth-Token": token}).status_code

    first, second = (cloud.login("alice").headers["X-Subject-Token"] for _ in range(2))
    assert (works(first), works(second)) == (200, 200)

    assert cloud.delete("alice", f"{V3}/tokens/{first}").status_code == 204
    assert (works(first), works(second)) == (401, 200)
    subject = {"X-Subject-Token": second}
    assert cloud.delete("alice", f"{V3}/auth/tokens", headers=subject).status_code == 204
    assert works(second) == 401
