"""Trusts: what a trustee gets, for how long, and what nobody gets by them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from falcon.testing import Result

from jumpgate.common.format import iso_seconds_z, utcnow
from tests.identity.keystone import AUTH, PASSWORD, V3, Json, Keystone, message

TRUSTS = f"{V3}/OS-TRUST/trusts"


@dataclass
class Pair:
    """A trustor with the roles member and reader on a project, and a trustee without any."""

    keystone: Keystone
    trustor: Json
    project: Json
    token: str
    trustee: Json

    def ask(self, token: str | None = None, **changes: Any) -> Result:
        body = {
            "trustor_user_id": self.trustor["id"],
            "trustee_user_id": self.trustee["id"],
            "project_id": self.project["id"],
            "impersonation": True,
            "roles": [{"name": "member"}],
            **changes,
        }
        return self.keystone.post(token or self.token, TRUSTS, {"trust": body})

    def make(self, token: str | None = None, **changes: Any) -> Json:
        result = self.ask(token, **changes)
        assert result.status_code == 201, result.text
        made: Json = result.json["trust"]
        return made

    def use(self, trust: Json, user: Json | None = None) -> Result:
        return self.keystone.login(
            (user or self.trustee)["name"], PASSWORD, scope={"OS-TRUST:trust": {"id": trust["id"]}}
        )

    def token_for(self, trust: Json, user: Json | None = None) -> str:
        result = self.use(trust, user)
        assert result.status_code == 201, result.text
        return str(result.headers["X-Subject-Token"])


@pytest.fixture
def pair(keystone: Keystone) -> Pair:
    trustor, project, _ = keystone.member()
    keystone.grant("manager", trustor, f"projects/{project['id']}")
    token = keystone.token(trustor["name"], scope={"project": {"id": project["id"]}})
    return Pair(keystone, trustor, project, token, keystone.make("user"))


def test_a_trust_is_shown_listed_and_ended(pair: Pair) -> None:
    ends = utcnow().replace(microsecond=0) + dt.timedelta(minutes=5)
    trust = pair.make(expires_at=iso_seconds_z(ends), remaining_uses=4)
    path = f"{TRUSTS}/{trust['id']}"
    url = f"http://falconframework.org{path}"
    roles = trust.pop("roles")
    links = {"self": f"{url}/roles", "next": None, "previous": None}
    assert [role["name"] for role in roles] == ["member"]
    assert trust == {
        "id": trust["id"],
        "trustor_user_id": pair.trustor["id"],
        "trustee_user_id": pair.trustee["id"],
        "project_id": pair.project["id"],
        "impersonation": True,
        "expires_at": f"{ends:%Y-%m-%dT%H:%M:%S}.000000Z",
        "deleted_at": None,
        "remaining_uses": 4,
        "redelegated_trust_id": None,
        "redelegation_count": 0,
        "links": {"self": url},
        "roles_links": links,
    }
    trustee = pair.keystone.token(pair.trustee["name"])
    for token in (pair.token, trustee, pair.keystone.admin, pair.keystone.system):
        assert pair.keystone.get(token, path).json["trust"] == {**trust, "roles": roles}
    del trust["roles_links"]
    for token, query in (
        (pair.token, f"?trustor_user_id={pair.trustor['id']}"),
        (trustee, f"?trustee_user_id={pair.trustee['id']}"),
        (pair.keystone.admin, ""),
        (pair.keystone.admin, "/"),
    ):
        assert pair.keystone.get(token, f"{TRUSTS}{query}").json["trusts"] == [trust]
    assert pair.keystone.get(pair.keystone.admin, f"{TRUSTS}?trustor_user_id=nobody").json["trusts"] == []
    assert pair.keystone.delete(pair.token, path).status_code == 204
    gone = pair.keystone.get(pair.token, path)
    assert (gone.status_code, message(gone)) == (404, f"Could not find trust: {trust['id']}.")


def test_the_roles_of_a_trust(pair: Pair) -> None:
    trust = pair.make()
    path = f"{TRUSTS}/{trust['id']}/roles"
    [role] = pair.keystone.get(pair.token, path).json["roles"]
    assert role["name"] == "member"
    assert pair.keystone.get(pair.token, f"{path}/{role['id']}").json["role"] == role
    assert pair.keystone.request(pair.token, "HEAD", f"{path}/{role['id']}").status_code == 200
    other = pair.keystone.id_of("role", "manager")
    assert pair.keystone.get(pair.token, f"{path}/{other}").status_code == 404


def test_strangers_know_nothing_of_a_trust(pair: Pair) -> None:
    trust = pair.make()
    _, _, stranger = pair.keystone.member()
    path = f"{TRUSTS}/{trust['id']}"
    for place in ("", "/roles", f"/roles/{trust['roles'][0]['id']}"):
        assert pair.keystone.get(stranger, path + place).status_code == 403
    assert pair.keystone.get(stranger, TRUSTS).status_code == 403
    for name in ("trustor", "trustee"):
        whose = getattr(pair, name)["id"]
        assert pair.keystone.get(stranger, f"{TRUSTS}?{name}_user_id={whose}").status_code == 403
    for token in (stranger, pair.keystone.token(pair.trustee["name"])):
        assert pair.keystone.delete(token, path).status_code == 403
    assert pair.ask(stranger).status_code == 403
    assert pair.use(trust, pair.keystone.make("user")).status_code == 403


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"expires_at": "bad.123Z"}, 400),
        ({"expires_at": "2001-01-01T00:00:00Z"}, 400),
        ({"remaining_uses": 0}, 400),
        ({"impersonation": None}, 400),
        ({"trustee_user_id": "nobody"}, 404),
        ({"project_id": "nothing"}, 404),
        ({"roles": [{"name": "nothing"}]}, 404),
        ({"roles": [{"name": "admin"}]}, 404),
        ({"roles": []}, 403),
        ({"project_id": None}, 403),
        ({"allow_redelegation": True, "redelegation_count": 9}, 403),
        ({"allow_redelegation": True, "remaining_uses": 1}, 400),
    ],
)
def test_a_trust_that_cannot_be_made(pair: Pair, changes: Json, status: int) -> None:
    assert pair.ask(**changes).status_code == status


@pytest.mark.parametrize("impersonation", [True, False])
def test_a_trustee_works_with_the_delegated_roles_only(pair: Pair, impersonation: bool) -> None:
    trust = pair.make(impersonation=impersonation)
    result = pair.use(trust)
    token = result.json["token"]
    assert token["OS-TRUST:trust"] == {
        "id": trust["id"],
        "impersonation": impersonation,
        "trustor_user": {"id": pair.trustor["id"]},
        "trustee_user": {"id": pair.trustee["id"]},
    }
    assert token["user"]["id"] == (pair.trustor if impersonation else pair.trustee)["id"]
    assert token["project"]["id"] == pair.project["id"]
    assert sorted(role["name"] for role in token["roles"]) == ["member", "reader"]
    assert pair.keystone.show(result.headers["X-Subject-Token"]).json["token"] == token


def test_a_trust_token_begets_nothing(pair: Pair) -> None:
    token = pair.token_for(pair.make())
    for scope in (None, {"project": {"id": pair.project["id"]}}):
        assert pair.keystone.rescope(token, scope).status_code == 403
    own = f"{V3}/users/{pair.trustor['id']}"
    body = {"application_credential": {"name": "robot"}}
    assert pair.keystone.post(token, f"{own}/application_credentials", body).status_code == 403
    assert pair.keystone.get(token, f"{V3}/credentials").status_code == 403
    keys = pair.keystone.post(token, f"{own}/credentials/OS-EC2", {"tenant_id": pair.project["id"]})
    assert keys.status_code == 403


def test_a_token_ends_with_its_trust(pair: Pair) -> None:
    soon = (utcnow() + dt.timedelta(minutes=1)).replace(microsecond=0)
    ending = pair.use(pair.make(expires_at=iso_seconds_z(soon))).json["token"]
    assert ending["expires_at"] == f"{soon:%Y-%m-%dT%H:%M:%S}.000000Z"
    trust = pair.make()
    token = pair.token_for(trust)
    assert pair.keystone.works(token)
    pair.keystone.delete(pair.token, f"{TRUSTS}/{trust['id']}")
    assert not pair.keystone.works(token)
    assert pair.use(trust).status_code == 401


def test_a_trust_is_worth_what_the_trustor_still_has(pair: Pair) -> None:
    trust = pair.make()
    token = pair.token_for(trust)
    role_id = trust["roles"][0]["id"]
    pair.keystone.delete(
        pair.keystone.admin, f"{V3}/projects/{pair.project['id']}/users/{pair.trustor['id']}/roles/{role_id}"
    )
    # The manager's role implies the member's: the trustor has it all the same.
    assert pair.keystone.works(token)
    other = pair.keystone.id_of("role", "manager")
    pair.keystone.delete(
        pair.keystone.admin, f"{V3}/projects/{pair.project['id']}/users/{pair.trustor['id']}/roles/{other}"
    )
    assert not pair.keystone.works(token)
    assert pair.use(trust).status_code == 403


@pytest.mark.parametrize("who", ["trustor", "trustee"])
def test_a_trust_needs_both(pair: Pair, who: str) -> None:
    trust = pair.make()
    token = pair.token_for(trust)
    path = f"{V3}/users/{getattr(pair, who)['id']}"
    pair.keystone.patch(pair.keystone.admin, path, {"user": {"enabled": False}})
    assert not pair.keystone.works(token)
    pair.keystone.delete(pair.keystone.admin, path)
    assert pair.keystone.get(pair.keystone.admin, f"{TRUSTS}/{trust['id']}").status_code == 404


def test_a_trust_goes_with_its_project(pair: Pair) -> None:
    trust = pair.make()
    pair.keystone.delete(pair.keystone.admin, f"{V3}/projects/{pair.project['id']}")
    assert pair.keystone.get(pair.keystone.admin, f"{TRUSTS}/{trust['id']}").status_code == 404


def test_uses_are_counted(pair: Pair) -> None:
    trust = pair.make(remaining_uses=2)
    first = pair.token_for(trust)
    assert pair.keystone.get(pair.token, f"{TRUSTS}/{trust['id']}").json["trust"]["remaining_uses"] == 1
    pair.token_for(trust)
    assert pair.use(trust).status_code == 401
    assert pair.keystone.get(pair.token, f"{TRUSTS}/{trust['id']}").status_code == 404
    assert pair.keystone.works(first)


def test_a_trust_without_a_project_gives_nothing(pair: Pair) -> None:
    trust = pair.make(project_id=None, roles=[])
    token = pair.use(trust).json["token"]
    assert "roles" not in token
    assert "project" not in token


def test_an_unknown_trust(pair: Pair) -> None:
    assert pair.use({"id": "nothing"}).status_code == 401


def test_redelegation(pair: Pair) -> None:
    source = pair.make(allow_redelegation=True, redelegation_count=2)
    token, third = pair.token_for(source), pair.keystone.make("user")
    ends = iso_seconds_z(utcnow() + dt.timedelta(minutes=5))
    made = pair.make(token, trustee_user_id=third["id"], allow_redelegation=True, expires_at=ends)
    assert (made["redelegated_trust_id"], made["redelegation_count"]) == (source["id"], 1)
    assert pair.keystone.works(pair.token_for(made, third))
    assert pair.ask(token, trustee_user_id=third["id"], roles=[{"name": "manager"}]).status_code == 403
    assert pair.ask(token, trustee_user_id=third["id"], remaining_uses=1).status_code == 403
    deep = {"allow_redelegation": True, "redelegation_count": 2}
    assert pair.ask(token, trustee_user_id=third["id"], **deep).status_code == 403
    last = pair.make(pair.token_for(made, third), trustee_user_id=pair.trustee["id"])
    # It can last no longer than what it was made from, and nothing follows it.
    assert (last["expires_at"], last["redelegation_count"]) == (made["expires_at"], 0)
    assert pair.ask(pair.token_for(last), trustee_user_id=third["id"]).status_code == 403
    pair.keystone.delete(pair.token, f"{TRUSTS}/{source['id']}")
    for one in (made, last):
        assert pair.keystone.get(pair.keystone.admin, f"{TRUSTS}/{one['id']}").status_code == 404


def test_a_trust_that_may_not_be_redelegated_is_not(pair: Pair) -> None:
    third = pair.keystone.make("user")
    assert pair.ask(pair.token_for(pair.make()), trustee_user_id=third["id"]).status_code == 403


def test_impersonation_is_not_won_by_redelegation(pair: Pair) -> None:
    token, third = pair.token_for(pair.make(allow_redelegation=True, impersonation=False)), pair.keystone.make("user")
    own = {"trustor_user_id": pair.trustee["id"], "trustee_user_id": third["id"]}
    assert pair.ask(token, **own).status_code == 403
    assert pair.make(token, **own, impersonation=False)["redelegation_count"] == 0


def test_a_restricted_credential_hands_nothing_on(pair: Pair) -> None:
    path = f"{V3}/users/{pair.trustor['id']}/application_credentials"
    body = {"application_credential": {"name": "robot"}}
    made = pair.keystone.post(pair.token, path, body).json["application_credential"]
    shown = {"id": made["id"], "secret": made["secret"]}
    identity = {"methods": ["application_credential"], "application_credential": shown}
    robot = pair.keystone.post(None, AUTH, {"auth": {"identity": identity}}).headers["X-Subject-Token"]
    trust = pair.make()
    assert pair.ask(robot).status_code == 403
    assert pair.keystone.delete(robot, f"{TRUSTS}/{trust['id']}").status_code == 403
