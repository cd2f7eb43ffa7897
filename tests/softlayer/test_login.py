"""A SoftLayer user name and API key as OpenStack's user name and password."""

from __future__ import annotations

import base64
import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from jumpgate.clouds.softlayer.session import KEY, USER
from jumpgate.common.context import Context
from jumpgate.identity.models import User, Verified
from tests.fakes.softlayer import FakeServer
from tests.softlayer.cloud import ACCOUNT, DRIVERS, KEYS, OTHER, SoftLayerCloud


def test_a_wrong_key_and_an_unknown_user_are_told_the_same(cloud: SoftLayerCloud) -> None:
    wrong, unknown = cloud.login("alice", "x" * 64), cloud.login("nobody", "x" * 64)

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.json == unknown.json


def test_a_disabled_user_is_refused(cloud: SoftLayerCloud) -> None:
    cloud.fake.world.add_user("dave", "d" * 64, ACCOUNT, is_active=False)

    assert cloud.login("dave", "d" * 64).status_code == 401


def test_a_token_does_not_show_the_key(cloud: SoftLayerCloud) -> None:
    token = cloud.token("alice")

    sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert KEYS["alice"] not in token
    assert KEYS["alice"].encode() not in sealed
    assert "alice" not in token


def test_no_log_line_shows_the_key(cloud: SoftLayerCloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    cloud.running()
    cloud.login("alice", KEYS["alice"][:-1] + "z")
    cloud.fake.rate_limited = 1
    cloud.get("alice", "/compute/v2.1/servers")

    assert caplog.records
    assert KEYS["alice"][:20] not in caplog.text


def test_no_answer_shows_the_key(cloud: SoftLayerCloud) -> None:
    token = cloud.login("alice")
    shown = [token.text, str(token.headers), cloud.get("alice", "/identity/v3/users").text]
    scopes: tuple[dict[str, Any], ...] = ({"project": {"id": "1"}}, {"project": 7}, {"domain": {}})
    for scope in scopes:
        shown.append(cloud.login("alice", scope=scope).text)
    cloud.fake.is_broken = True
    shown += [cloud.login("alice").text, cloud.get("alice", "/compute/v2.1/servers").text]

    assert not [text for text in shown if KEYS["alice"][:20] in text]


def test_nothing_that_is_kept_or_printed_shows_the_key(cloud: SoftLayerCloud) -> None:
    cloud.running()
    cloud.delete("alice", f"/identity/v3/tokens/{cloud.token('alice')}")

    context = Context(user_id="alice", secrets={USER: "alice", KEY: KEYS["alice"]})
    kept = [file.read_bytes() for file in cloud.app.config.state().rglob("*") if file.is_file()]
    assert kept
    assert not [data for data in kept if KEYS["alice"][:20].encode() in data]
    assert KEYS["alice"] not in repr(context) + repr(
        Verified(user=User(id="a", name="a"), secrets={KEY: KEYS["alice"]})
    )


def test_too_many_calls_at_login_are_429_and_no_refusal(cloud: SoftLayerCloud) -> None:
    cloud.fake.rate_limited = 1

    limited = cloud.login("alice")

    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "1")
    assert cloud.login("alice").status_code == 201


def test_a_softlayer_that_fails_at_login_is_502_and_no_refusal(cloud: SoftLayerCloud) -> None:
    cloud.fake.is_broken = True

    assert cloud.login("alice").status_code == 502


@pytest.mark.parametrize(("is_silent", "status"), [(False, 503), (True, 504)], ids=["nobody", "silence"])
def test_a_softlayer_that_does_not_answer_at_login_is_no_refusal(
    tmp_path: Path, fake: FakeServer, is_silent: bool, status: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        if not is_silent:
            listener.close()
        cloud = SoftLayerCloud(tmp_path, fake, drivers=DRIVERS, url=address, timeout_s=1)

        answer = cloud.login("alice")

    assert answer.status_code == status, answer.text
    assert KEYS["alice"][:20] not in answer.text


def test_the_master_user_administers_the_account_and_the_others_are_members(cloud: SoftLayerCloud) -> None:
    roles = {user: {role["name"] for role in cloud.login(user).json["token"]["roles"]} for user in ("alice", "carol")}

    assert roles == {"alice": {"admin", "manager", "member", "reader"}, "carol": {"member", "reader"}}


@pytest.mark.parametrize(
    "project", [{"id": str(ACCOUNT)}, {"name": "Company 278444", "domain": {"id": "default"}}], ids=["id", "name"]
)
def test_the_account_is_named_by_its_number_or_the_companys_name(
    cloud: SoftLayerCloud, project: dict[str, object]
) -> None:
    assert cloud.login("alice", scope={"project": project}).json["token"]["project"]["id"] == str(ACCOUNT)


def test_the_accounts_number_is_taken_for_its_name(cloud: SoftLayerCloud) -> None:
    scope = {"project": {"name": str(ACCOUNT), "domain": {"id": "default"}}}

    assert cloud.login("alice", scope=scope).status_code == 201


def test_nobody_logs_in_to_another_account(cloud: SoftLayerCloud) -> None:
    assert cloud.login("alice", scope={"project": {"id": str(OTHER)}}).status_code == 401


def test_an_account_sees_its_own_users_only(cloud: SoftLayerCloud) -> None:
    answer = cloud.get("alice", "/identity/v3/users")

    assert {user["name"] for user in answer.json["users"]} == {"alice", "carol"}
    assert cloud.get("alice", "/identity/v3/users/bob").status_code == 404
    assert cloud.get("alice", f"/identity/v3/projects/{OTHER}").status_code == 404


def test_a_key_that_softlayer_ended_ends_the_token(cloud: SoftLayerCloud) -> None:
    token = cloud.token("carol")
    del cloud.fake.world.users["carol"]

    answer = cloud.get(None, "/compute/v2.1/servers", headers={"X-Auth-Token": token})

    assert answer.status_code == 401


def test_a_login_costs_two_calls_and_the_token_none_for_a_while(cloud: SoftLayerCloud) -> None:
    token = cloud.token("alice")
    assert cloud.fake.names() == ["Account::getCurrentUser"] * 2

    cloud.fake.calls.clear()
    for _ in range(5):
        cloud.get(None, "/identity/v3/auth/projects", headers={"X-Auth-Token": token})

    assert cloud.fake.names() == []


def test_what_nobody_can_change_is_not_served(cloud: SoftLayerCloud) -> None:
    assert cloud.post("alice", "/identity/v3/users", {"user": {"name": "eve"}}).status_code == 501
    assert cloud.post("alice", "/identity/v3/projects", {"project": {"name": "new"}}).status_code == 501
