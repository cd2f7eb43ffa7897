"""Tokens of a real Keystone behind the passthrough, which typed and raw drivers of other services may rely on."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from falcon.testing import create_environ

from jumpgate.common.auth import authenticate
from jumpgate.common.backend import Backend
from jumpgate.common.errors import CloudError, CloudTimeout, CloudUnreachable, Unauthorized
from jumpgate.common.http import Request
from jumpgate.identity.drivers.openstack.tokens import KeystoneTokens
from tests.raw.passthrough import NOWHERE, passing
from tests.support.service import Exchange, Service, reply, running_service

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
LATER = NOW + dt.timedelta(hours=1)
DEFAULT = {"id": "default", "name": "Default"}
USER = {"id": "u1", "name": "alice", "domain": DEFAULT, "password_expires_at": None}
UNSCOPED: dict[str, Any] = {
    "methods": ["password"],
    "user": USER,
    "audit_ids": ["a1", "a2"],
    "issued_at": f"{NOW:%Y-%m-%dT%H:%M:%S}.000000Z",
    "expires_at": f"{LATER:%Y-%m-%dT%H:%M:%S}.000000Z",
}
ROLES = [{"id": "r1", "name": "member"}, {"id": "r2", "name": "reader"}]
PROJECT = {
    **UNSCOPED,
    "project": {"id": "p1", "name": "demo", "domain": {"id": "d1", "name": "Research"}},
    "is_domain": False,
    "roles": ROLES,
    "catalog": [],
}


class Clock:
    """A clock that a test turns."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Keystone:
    """Knows some tokens; a user may validate no token but the own one, a service any, also one that has expired."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.tokens: dict[str, Any] = {"gAAAA": PROJECT}
        self.expired: dict[str, Any] = {}
        service.script = self.answer

    def answer(self, exchange: Exchange) -> None:
        own, subject = exchange.headers["X-Auth-Token"], exchange.headers["X-Subject-Token"]
        path, _, query = exchange.path.partition("?")
        is_service = any(role["name"] == "service" for role in self.tokens.get(own, {}).get("roles", ()))
        known = {**self.tokens, **self.expired} if "allow_expired=1" in query else self.tokens
        if path != "/v3/auth/tokens" or own not in self.tokens or not (own == subject or is_service):
            reply(exchange, 401, b'{"error": {"code": 401}}')
        elif subject not in known or not self._tells(known[subject], exchange):
            reply(exchange, 404, b'{"error": {"code": 404}}')
        else:
            document = json.dumps({"token": known[subject]}).encode()
            reply(exchange, 200, document, ("Content-Type", "application/json"), ("X-Subject-Token", subject))

    def _tells(self, token: dict[str, Any], exchange: Exchange) -> bool:
        rules = token.get("application_credential", {}).get("access_rules")
        return rules is None or float(exchange.headers.get("OpenStack-Identity-Access-Rules", 0)) >= 1


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


@pytest.fixture
def keystone(service: Service) -> Keystone:
    return Keystone(service)


def tokens(service: Service, *, cache_s: float = 30, **options: Any) -> KeystoneTokens:
    return KeystoneTokens(Backend("identity", service.url, read_timeout_s=0.3), cache_s=cache_s, **options)


def test_a_projects_token_is_its_user_project_and_roles(service: Service, keystone: Keystone) -> None:
    context = tokens(service).authenticate("gAAAA")

    assert (context.user_id, context.user_name, context.user_domain_id) == ("u1", "alice", "default")
    assert (context.project_id, context.project_name, context.project_domain_id) == ("p1", "demo", "d1")
    assert (context.roles, context.role_ids) == (("member", "reader"), ("r1", "r2"))
    assert (context.methods, context.audit_ids) == (("password",), ("a1", "a2"))
    assert (context.issued_at, context.expires_at) == (NOW, LATER)
    assert (context.domain_id, context.system) == (None, False)


@pytest.mark.parametrize(
    ("scope", "attributes"),
    [
        ({}, {"project_id": None, "domain_id": None, "system": False, "roles": ()}),
        ({"domain": {"id": "d1", "name": "Research"}, "roles": ROLES}, {"domain_id": "d1", "domain_name": "Research"}),
        ({"system": {"all": True}, "roles": [{"id": "r", "name": "admin"}]}, {"system": True, "is_admin": True}),
    ],
    ids=["unscoped", "domain", "system"],
)
def test_a_token_of_another_scope_is_that(
    service: Service, keystone: Keystone, scope: dict[str, Any], attributes: dict[str, Any]
) -> None:
    keystone.tokens["gAAAA"] = {**UNSCOPED, **scope}

    context = tokens(service).authenticate("gAAAA")

    assert {name: getattr(context, name) for name in attributes} == attributes


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_token_that_keystone_does_not_vouch_for_is_unauthorized(service: Service, status: int) -> None:
    service.answers(status)

    with pytest.raises(Unauthorized):
        tokens(service).authenticate("gAAAA")


def test_a_token_is_asked_for_once_in_a_while(service: Service, keystone: Keystone) -> None:
    clock = Clock()
    validator = tokens(service, cache_s=30, clock=clock)
    for clock.now in (0, 10, 29.9):
        validator.authenticate("gAAAA")
    assert len(service.received) == 1

    clock.now = 30
    validator.authenticate("gAAAA")
    assert len(service.received) == 2


def test_a_revoked_token_is_refused_when_it_is_asked_for_again(service: Service, keystone: Keystone) -> None:
    clock = Clock()
    validator = tokens(service, cache_s=30, clock=clock)
    validator.authenticate("gAAAA")
    keystone.tokens.clear()

    clock.now = 31
    with pytest.raises(Unauthorized):
        validator.authenticate("gAAAA")


def test_an_expired_token_is_asked_for_however_fresh_the_answer_is(service: Service, keystone: Keystone) -> None:
    keystone.tokens["gAAAA"] = {**PROJECT, "expires_at": f"{NOW:%Y-%m-%dT%H:%M:%S}.000000Z"}
    validator = tokens(service)
    validator.authenticate("gAAAA")
    keystone.tokens.clear()

    with pytest.raises(Unauthorized):
        validator.authenticate("gAAAA")


SERVICE = {**PROJECT, "user": {**USER, "id": "nova"}, "roles": [{"id": "r3", "name": "service"}]}
EXPIRED = {**PROJECT, "expires_at": f"{NOW - dt.timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}.000000Z"}


def test_a_service_may_go_on_with_a_token_that_has_expired(service: Service, keystone: Keystone) -> None:
    keystone.tokens = {"service": SERVICE}
    keystone.expired = {"gAAAA": EXPIRED}
    validator = tokens(service)

    assert validator.authenticate_for_service("gAAAA", "service").user_id == "u1"
    with pytest.raises(Unauthorized):
        validator.authenticate("gAAAA")


def test_who_is_no_service_gains_nothing_by_a_second_token(service: Service, keystone: Keystone) -> None:
    keystone.tokens = {"member": PROJECT}
    keystone.expired = {"gAAAA": EXPIRED}

    assert tokens(service).authenticate_for_service("member", "member").user_id == "u1"
    with pytest.raises(Unauthorized):
        tokens(service).authenticate_for_service("gAAAA", "member")


def test_a_service_token_that_is_not_valid_is_refused(service: Service, keystone: Keystone) -> None:
    with pytest.raises(Unauthorized):
        tokens(service).authenticate_for_service("gAAAA", "gone")


def test_access_rules_bound_their_owner_and_not_the_service_that_asks_for_him(
    service: Service, keystone: Keystone
) -> None:
    rule = {"id": "1", "service": "compute", "method": "GET", "path": "/v2.1/servers"}
    keystone.tokens = {"gAAAA": {**PROJECT, "application_credential": {"access_rules": [rule]}}, "service": SERVICE}
    validator = tokens(service)

    assert validator.authenticate("gAAAA").access_rules == (("compute", "GET", "/v2.1/servers"),)
    assert validator.authenticate_for_service("gAAAA", "service").access_rules is None


def test_a_refusal_is_not_remembered(service: Service, keystone: Keystone) -> None:
    validator = tokens(service)
    with pytest.raises(Unauthorized):
        validator.authenticate("new")
    keystone.tokens["new"] = PROJECT

    assert validator.authenticate("new").user_id == "u1"


def test_one_token_is_not_taken_for_another(service: Service, keystone: Keystone) -> None:
    keystone.tokens["other"] = {**PROJECT, "user": {**USER, "id": "u2"}}
    validator = tokens(service)

    assert [validator.authenticate(token).user_id for token in ("gAAAA", "other", "gAAAA")] == ["u1", "u2", "u1"]


def test_the_cache_is_bounded(service: Service, keystone: Keystone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jumpgate.identity.drivers.openstack.tokens.MOST_CACHED", 2)
    keystone.tokens.update({"b": PROJECT, "c": PROJECT})
    validator = tokens(service)
    for token in ("gAAAA", "b", "c", "c", "b", "gAAAA"):
        validator.authenticate(token)

    assert len(service.received) == 4


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"token": {}}'), (200, b'{"token": {"user": 1}}')],
)
def test_an_answer_that_nobody_can_use_is_the_clouds_error(service: Service, status: int, body: bytes) -> None:
    service.answers(status, body)

    with pytest.raises(CloudError):
        tokens(service).authenticate("gAAAA")


def test_a_keystone_that_does_not_answer_is_no_refusal(service: Service) -> None:
    service.script = lambda exchange: exchange.rfile.read(1)

    with pytest.raises(CloudTimeout):
        tokens(service).authenticate("gAAAA")
    with pytest.raises(CloudUnreachable):
        KeystoneTokens(Backend("identity", NOWHERE), cache_s=30).authenticate("gAAAA")


def test_the_header_of_a_service_counts_in_a_request(service: Service, keystone: Keystone) -> None:
    app: Any = passing(identity=service.url).app
    keystone.tokens = {"service": SERVICE}
    keystone.expired = {"gAAAA": EXPIRED}
    headers = {"X-Auth-Token": "gAAAA", "X-Service-Token": "service"}

    assert authenticate(Request(create_environ("/", headers=headers)), app.authenticator).user_name == "alice"


def test_the_passthrough_to_keystone_authenticates_for_the_other_services(service: Service, keystone: Keystone) -> None:
    app: Any = passing(identity=service.url).app
    req = Request(create_environ("/", headers={"X-Auth-Token": "gAAAA"}))

    assert authenticate(req, app.authenticator).user_name == "alice"
    assert req.env["tenant_id"] == "p1"
