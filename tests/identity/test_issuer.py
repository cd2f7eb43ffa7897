"""Tokens over time: expiry, what is remembered and for how long, secrets, and clouds that cannot tell of changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import CloudUnreachable, NotFound, Unauthorized
from jumpgate.common.listing import EVERYTHING, Query
from jumpgate.identity.contract import (
    Authentication,
    Domains,
    Identity,
    Projects,
    Revocations,
    RoleAssignments,
    Roles,
    Users,
)
from jumpgate.identity.models import (
    UNSCOPED,
    Assignment,
    AssignmentQuery,
    Domain,
    Implication,
    Project,
    Role,
    Scope,
    User,
    UserReference,
    Verified,
)
from jumpgate.identity.tokens.issuer import EXPIRED_WINDOW, UNCHECKED_S, Login, Tokens
from jumpgate.identity.tokens.keys import KeyRepository
from jumpgate.identity.tokens.login import Credentials, Logins, Wanted

START = dt.datetime(2025, 1, 31, 12, tzinfo=dt.UTC)
SECRET = "the-clouds-own-key"


class SmallCloud:
    """A foreign cloud with one account, which knows its caller by the secrets in the token."""

    def __init__(self) -> None:
        self.user = User(id="u-1", name="ann")
        self.role = "member"
        self.revision: Hashable | None = None
        self.looked_up = 0
        self.revoked: dict[str, dt.datetime] = {}
        self.down = False

    def composition(self) -> Identity:
        return Identity(
            authentication=SmallLogin(self),
            users=SmallUsers(self),
            projects=SmallProjects(),
            domains=SmallDomains(),
            roles=SmallRoles(),
            role_assignments=SmallRoleAssignments(),
            revocations=SmallRevocations(self),
        )


class SmallLogin(Authentication):
    def __init__(self, cloud: SmallCloud) -> None:
        self.cloud = cloud

    def revision(self, ctx: Context) -> Hashable | None:
        return self.cloud.revision

    def verify_password(self, ctx: Context, user: UserReference, password: str) -> Verified:
        if (user.name, password) != ("ann", "right"):
            raise Unauthorized("no")
        return Verified(user=self.cloud.user, secrets={"key": SECRET})

    def find_roles(self, ctx: Context, user_id: str, scope: Scope) -> Iterable[Role]:
        assert ctx.secrets == {"key": SECRET}
        return [Role(id="r-1", name=self.cloud.role)] if scope.project_id == "p-1" else []


class SmallUsers(Users):
    def __init__(self, cloud: SmallCloud) -> None:
        self.cloud = cloud

    def find(self, ctx: Context, query: Query) -> Iterable[User]:
        return [self.cloud.user]

    def get(self, ctx: Context, resource_id: str) -> User:
        if self.cloud.down:
            raise CloudUnreachable("The cloud does not answer.")
        if resource_id != "u-1":
            raise NotFound("no such user")
        self.cloud.looked_up += 1
        return self.cloud.user


class SmallProjects(Projects):
    def find(self, ctx: Context, query: Query) -> Iterable[Project]:
        return [Project(id="p-1", name="one")]

    def get(self, ctx: Context, resource_id: str) -> Project:
        return Project(id=resource_id, name="one")

    def find_for_user(self, ctx: Context, user_id: str) -> Iterable[Project]:
        return self.find(ctx, EVERYTHING)


class SmallDomains(Domains):
    def find(self, ctx: Context, query: Query) -> Iterable[Domain]:
        return [self.get(ctx, "default")]

    def get(self, ctx: Context, resource_id: str) -> Domain:
        return Domain(id=resource_id, name="Default")


class SmallRoles(Roles):
    def find(self, ctx: Context, query: Query) -> Iterable[Role]:
        return [self.get(ctx, "r-1")]

    def get(self, ctx: Context, resource_id: str) -> Role:
        return Role(id=resource_id, name="member")

    def find_implications(self, ctx: Context) -> Iterable[Implication]:
        return []


class SmallRoleAssignments(RoleAssignments):
    def find(self, ctx: Context, query: AssignmentQuery) -> Iterable[Assignment]:
        return []


class SmallRevocations(Revocations):
    def __init__(self, cloud: SmallCloud) -> None:
        self.cloud = cloud

    def create(self, ctx: Context, audit_id: str, until: dt.datetime) -> None:
        self.cloud.revoked[audit_id] = until

    def are_revoked(self, ctx: Context, audit_ids: Iterable[str]) -> bool:
        return not self.cloud.revoked.keys().isdisjoint(audit_ids)


class Clock:
    """A time that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


class World:
    """A small cloud, its tokens and a clock."""

    def __init__(self, folder: Path) -> None:
        self.cloud = SmallCloud()
        identity = self.cloud.composition()
        self.clock = Clock()
        self.tokens = Tokens(identity, KeyRepository(lambda: folder), ttl_s=600, now=self.clock)
        self.logins = Logins(identity, self.tokens)

    def login(self, password: str = "right", wanted: Wanted | None = None) -> str:
        shown = Credentials(methods=("password",), user=UserReference(name="ann"), password=password)
        return self.logins.login(shown, wanted or Wanted(project_id="p-1"), "req-1")[0]

    def is_valid(self, token: str) -> bool:
        try:
            self.tokens.open(token)
        except Unauthorized:
            return False
        return True


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "keys")


def test_a_token_ends_to_the_second(world: World) -> None:
    token = world.login()
    world.clock.forward(599.9)
    assert world.is_valid(token)
    world.clock.forward(0.1)
    assert not world.is_valid(token)


def test_a_token_that_is_remembered_ends_as_well(world: World) -> None:
    world.cloud.revision = 1
    token = world.login()
    assert world.is_valid(token)
    world.clock.forward(600)
    assert not world.is_valid(token)


def test_an_expired_token_counts_a_while_for_those_who_ask_for_it(world: World) -> None:
    token = world.login()
    world.clock.forward(600)
    assert world.tokens.open(token, expired=True).user.id == "u-1"
    assert not world.is_valid(token)
    world.clock.forward(EXPIRED_WINDOW.total_seconds())
    with pytest.raises(Unauthorized):
        world.tokens.open(token, expired=True)


def test_a_service_may_go_on_with_an_expired_token(world: World) -> None:
    token = world.login()
    world.clock.forward(600)
    fresh = world.login()
    with pytest.raises(Unauthorized):
        world.tokens.authenticate_for_service(token, fresh)

    world.cloud.role = "service"
    assert world.tokens.authenticate_for_service(token, world.login()).user_id == "u-1"
    with pytest.raises(Unauthorized):
        world.tokens.authenticate_for_service(world.login(), "no token")


def test_while_nothing_changes_the_cloud_is_not_asked_again(world: World) -> None:
    world.cloud.revision = 1
    token = world.login()
    world.is_valid(token)
    before = world.cloud.looked_up
    for _ in range(10):
        world.clock.forward(30)
        assert world.is_valid(token)
    assert world.cloud.looked_up == before


def test_a_change_is_noticed_at_once(world: World) -> None:
    world.cloud.revision = 1
    token = world.login()
    assert world.is_valid(token)
    world.cloud.user = replace(world.cloud.user, enabled=False)
    world.cloud.revision = 2
    assert not world.is_valid(token)


def test_a_cloud_that_cannot_tell_is_asked_every_few_seconds(world: World) -> None:
    token = world.login()
    world.is_valid(token)
    before = world.cloud.looked_up
    world.clock.forward(UNCHECKED_S - 1)
    assert world.is_valid(token)
    assert world.cloud.looked_up == before
    world.clock.forward(1)
    assert world.is_valid(token)
    assert world.cloud.looked_up == before + 1


def test_a_token_that_is_given_back_is_void_at_once_even_there(world: World) -> None:
    token = world.login()
    session = world.tokens.open(token)
    world.tokens.revoke(session)
    assert not world.is_valid(token)
    assert list(world.cloud.revoked.values()) == [session.payload.expires_at]


def test_tokens_from_before_a_change_of_password_are_void(world: World) -> None:
    old = world.login()
    world.clock.forward(0.001)
    world.cloud.user = replace(world.cloud.user, tokens_valid_from=world.clock.now)
    world.clock.forward(0.001)
    new = world.login()
    assert not world.is_valid(old)
    assert world.is_valid(new)


def test_secrets_come_back_sealed_and_unseen(world: World) -> None:
    token = world.login()
    session = world.tokens.open(token)
    assert session.context.secrets == {"key": SECRET}
    assert SECRET not in token
    assert SECRET not in repr(session)
    assert SECRET not in repr(Verified(user=world.cloud.user, secrets={"key": SECRET}))
    assert "right" not in repr(Credentials(methods=("password",), password="right"))


def test_secrets_survive_rescoping(world: World) -> None:
    first = world.login(wanted=Wanted(unscoped=True))
    second, _ = world.logins.login(Credentials(methods=("token",), token=first), Wanted(project_id="p-1"), "req-2")
    assert world.tokens.open(second).context.secrets == {"key": SECRET}


def test_rescoping_does_not_lengthen_a_life(world: World) -> None:
    token = world.login(wanted=Wanted(unscoped=True))
    world.clock.forward(500)
    again, session = world.logins.login(Credentials(methods=("token",), token=token), Wanted(unscoped=True), "req-2")
    assert session.payload.expires_at == START + dt.timedelta(seconds=600)
    world.clock.forward(100)
    assert not world.is_valid(again)


def test_a_wrong_password_says_nothing(world: World) -> None:
    with pytest.raises(Unauthorized):
        world.login("wrong")


def test_a_cloud_that_does_not_answer_is_not_taken_for_a_bad_token(world: World) -> None:
    token = world.login()
    world.cloud.down = True
    with pytest.raises(CloudUnreachable):
        world.tokens.open(token)


def test_the_context_tells_who_asks_and_for_what(world: World) -> None:
    ctx = world.tokens.authenticate(world.login())
    assert (ctx.user_id, ctx.user_name, ctx.user_domain_id, ctx.user_domain_name) == (
        "u-1",
        "ann",
        "default",
        "Default",
    )
    assert (ctx.project_id, ctx.project_name, ctx.project_domain_id) == ("p-1", "one", "default")
    assert (ctx.roles, ctx.role_ids, ctx.methods) == (("member",), ("r-1",), ("password",))
    assert (ctx.domain_id, ctx.domain_name, ctx.system, ctx.is_admin) == (None, None, False, False)
    assert ctx.issued_at == START


def test_a_login_for_nobody_in_particular_needs_a_user(world: World) -> None:
    with pytest.raises(Unauthorized):
        world.tokens.issue(Login(user_id="u-2", methods=("password",)), UNSCOPED)


def test_memory_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jumpgate.identity.tokens.issuer.MOST_REMEMBERED", 3)
    tokens = [world.login() for _ in range(5)]
    assert all(world.is_valid(token) for token in tokens * 2)
    assert len(world.tokens._remembered) <= 3
