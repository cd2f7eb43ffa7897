"""Logging in: from what a client says of itself and of the scope it wants to a token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from jumpgate.common.context import Context
from jumpgate.common.errors import Forbidden, NotFound, NotSupported, Unauthorized
from jumpgate.common.faults import AUTHENTICATION_REQUIRED
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Filter, Query, page
from jumpgate.identity.contract import ApplicationCredentials, Identity
from jumpgate.identity.models import SYSTEM, UNSCOPED, ApplicationCredential, Scope, Session, User, UserReference
from jumpgate.identity.tokens.issuer import Login, Tokens
from jumpgate.identity.tokens.trusts import delegated_roles, trusts_of

NOT_ALLOWED = "You are not authorized to perform the requested action: {}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a client shows to prove who it is; what its `methods` need is there."""

    methods: tuple[str, ...]
    user: UserReference = field(default_factory=UserReference)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    credential_id: str | None = None
    credential_name: str | None = None
    credential_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The scope a client asks for. Nothing at all: the user's default project, if the user has one.

    A project is named by id, or by name and the domain's id or name; a domain by id or name. A trust has its own scope.
    """

    project_id: str | None = None
    project_name: str | None = None
    domain_id: str | None = None
    domain_name: str | None = None
    system: bool = False
    unscoped: bool = False
    trust_id: str | None = None


class VoidToken(NotFound):
    """A token that a login shows is not, or no longer, valid: with Keystone this alone is a 404."""


class Logins:
    """Verifies credentials and issues tokens. Whatever is wrong with them, the answer is the same `Unauthorized`."""

    def __init__(self, cloud: Identity, tokens: Tokens) -> None:
        self._cloud = cloud
        self._tokens = tokens
        self._methods: Mapping[str, Callable[[Context, Credentials], Login]] = {
            "password": self._by_password,
            "token": self._by_token,
            "application_credential": self._by_application_credential,
        }

    def login(self, credentials: Credentials, wanted: Wanted, request_id: str) -> tuple[str, Session]:
        """Return a token and what it stands for; raise Unauthorized, VoidToken, or Forbidden for what nobody may."""
        ctx = Context(user_id="", request_id=request_id)
        try:
            login = self._verify(ctx, credentials)
            own = replace(ctx, user_id=login.user_id, secrets=login.secrets)
            if wanted.trust_id is not None:
                return self._use_trust(own, login, credentials, wanted.trust_id)
            scope = self._scope(own, login, credentials, wanted)
            return self._tokens.issue(login, scope)
        except VoidToken:
            raise
        except NotFound:
            raise Unauthorized(AUTHENTICATION_REQUIRED) from None

    def _verify(self, ctx: Context, credentials: Credentials) -> Login:
        """Return who passes all the methods, which must be one and the same user."""
        logins = [self._method(name)(ctx, credentials) for name in dict.fromkeys(credentials.methods)]
        if len({login.user_id for login in logins}) != 1:
            raise Unauthorized(AUTHENTICATION_REQUIRED)
        merged = logins[0]
        for login in logins[1:]:
            merged = _both(merged, login)
        return merged

    def _method(self, name: str) -> Callable[[Context, Credentials], Login]:
        if name not in self._methods:
            raise Unauthorized(AUTHENTICATION_REQUIRED)
        return self._methods[name]

    def _by_password(self, ctx: Context, credentials: Credentials) -> Login:
        verified = self._cloud.authentication.verify_password(ctx, credentials.user, credentials.password)
        return Login(user_id=verified.user.id, methods=("password",), secrets=verified.secrets)

    def _by_token(self, ctx: Context, credentials: Credentials) -> Login:
        try:
            payload = self._tokens.open(credentials.token).payload
        except Unauthorized:
            raise VoidToken("Failed to validate token") from None
        if payload.trust_id is not None:
            raise Forbidden(
                NOT_ALLOWED.format(
                    "Using trust-scoped token to create another token. Create a new trust-scoped token instead"
                )
            )
        if payload.application_credential_id is not None:
            raise Forbidden(NOT_ALLOWED.format("Using a delegated token to create another token is not allowed"))
        return Login(
            user_id=payload.user_id,
            methods=("token", *(method for method in payload.methods if method != "token")),
            expires_at=payload.expires_at,
            chain_id=payload.audit_ids[-1],
            secrets=payload.secrets,
        )

    def _by_application_credential(self, ctx: Context, credentials: Credentials) -> Login:
        resource = self._cloud.application_credentials
        if resource is None:
            raise NotSupported("This cloud has no application credentials.")
        credential_id = credentials.credential_id or self._credential_id(ctx, resource, credentials)
        found = resource.verify(ctx, credential_id, credentials.credential_secret)
        return Login(
            user_id=found.user_id,
            methods=("application_credential",),
            expires_at=found.expires_at,
            application_credential_id=found.id,
        )

    def _credential_id(self, ctx: Context, resource: ApplicationCredentials, credentials: Credentials) -> str:
        user = self._user(ctx, credentials.user)
        query = Query(filters=(Filter("name", (credentials.credential_name,)),))
        found: list[ApplicationCredential] = page(resource.find(ctx, user.id, query), query)
        return found[0].id if found else ""

    def _user(self, ctx: Context, reference: UserReference) -> User:
        if reference.id is not None:
            return self._cloud.users.get(ctx, reference.id)
        domain_id = self._domain_id(ctx, reference.domain_id, reference.domain_name)
        query = Query(filters=(Filter("name", (reference.name,)), Filter("domain_id", (domain_id,))))
        found = page(self._cloud.users.find(ctx, query), query)
        if not found:
            raise NotFound("Could not find the user.")
        return found[0]

    def _scope(self, ctx: Context, login: Login, credentials: Credentials, wanted: Wanted) -> Scope:
        if login.application_credential_id is not None:
            return self._credential_scope(ctx, login.application_credential_id)
        scope = self._wanted_scope(ctx, wanted)
        if "token" in credentials.methods and scope and not scope.system:
            self._stay_out_of_projects(credentials.token)
        if scope or wanted.unscoped:
            return scope
        return self._default_scope(ctx, login)

    def _use_trust(self, ctx: Context, login: Login, credentials: Credentials, trust_id: str) -> tuple[str, Session]:
        """Return a token by which a trustee works with the roles of the trustor."""
        if "token" in credentials.methods:
            self._stay_out_of_projects(credentials.token)
        trust = trusts_of(self._cloud).get(ctx, trust_id)
        if trust.trustee_user_id != login.user_id:
            raise Forbidden("User is not a trustee.")
        if not trust.is_usable(utcnow()):
            raise Unauthorized(AUTHENTICATION_REQUIRED)
        if trust.project_id is not None and not delegated_roles(self._cloud, ctx, trust):
            raise Forbidden("Trustee has no delegated roles.")
        ends = [moment for moment in (login.expires_at, trust.expires_at) if moment is not None]
        by_trust = replace(login, trust_id=trust.id, expires_at=min(ends, default=None))
        token = self._tokens.issue(by_trust, Scope(project_id=trust.project_id))
        trusts_of(self._cloud).consume(ctx, trust.id)
        return token

    def _stay_out_of_projects(self, token: str) -> None:
        """Raise Forbidden where a token of the system is to become one of a project or domain."""
        if self._tokens.open(token).payload.scope.system:
            raise Forbidden(
                NOT_ALLOWED.format(
                    "Using a system-scoped token to create a project-scoped or domain-scoped token is not allowed"
                )
            )

    def _credential_scope(self, ctx: Context, credential_id: str) -> Scope:
        assert self._cloud.application_credentials is not None
        return Scope(project_id=self._cloud.application_credentials.get(ctx, credential_id).project_id)

    def _wanted_scope(self, ctx: Context, wanted: Wanted) -> Scope:
        if wanted.system:
            return SYSTEM
        if wanted.project_id is not None:
            return Scope(project_id=wanted.project_id)
        if wanted.project_name is not None:
            domain_id = self._domain_id(ctx, wanted.domain_id, wanted.domain_name)
            return Scope(project_id=self._tokens.sessions.project_named(ctx, wanted.project_name, domain_id).id)
        if wanted.domain_id is not None or wanted.domain_name is not None:
            return Scope(domain_id=self._domain_id(ctx, wanted.domain_id, wanted.domain_name))
        return UNSCOPED

    def _domain_id(self, ctx: Context, domain_id: str | None, name: str | None) -> str:
        if name is None:
            return domain_id or ""
        return self._tokens.sessions.domain_named(ctx, name).id

    def _default_scope(self, ctx: Context, login: Login) -> Scope:
        """Return the user's default project where the user may work in it, else no scope."""
        project_id = self._cloud.users.get(ctx, login.user_id).default_project_id
        if project_id is None:
            return UNSCOPED
        scope = Scope(project_id=project_id)
        try:
            project = self._cloud.projects.get(ctx, project_id)
            domain = self._cloud.domains.get(ctx, project.domain_id or project.id)
        except NotFound:
            return UNSCOPED
        roles = any(True for _ in self._cloud.authentication.find_roles(ctx, login.user_id, scope))
        return scope if project.enabled and domain.enabled and roles else UNSCOPED


def _both(one: Login, other: Login) -> Login:
    """Return a login that has been proved in two ways: the sooner end, and what either knows."""
    ends = [login.expires_at for login in (one, other) if login.expires_at is not None]
    return replace(
        one,
        methods=tuple(dict.fromkeys((*one.methods, *other.methods))),
        expires_at=min(ends, default=None),
        chain_id=one.chain_id or other.chain_id,
        application_credential_id=one.application_credential_id or other.application_credential_id,
        secrets={**one.secrets, **other.secrets},
    )
