"""What a token stands for now: its user, scope and roles as the cloud knows them at this moment."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound, Unauthorized
from jumpgate.common.faults import AUTHENTICATION_REQUIRED
from jumpgate.common.listing import Filter, Query, page
from jumpgate.identity.contract import Identity
from jumpgate.identity.models import ApplicationCredential, Domain, Payload, Project, Role, Scope, Session, Trust, User
from jumpgate.identity.tokens.trusts import delegated_roles, first, trusts_of

T = TypeVar("T")


class Sessions:
    """Looks tokens up in the cloud."""

    def __init__(self, cloud: Identity) -> None:
        self._cloud = cloud

    def open(self, payload: Payload) -> Session:
        """Return what a payload stands for; raise Unauthorized where it stands for nothing any more."""
        scope = payload.scope
        ctx = Context(
            user_id=payload.user_id,
            project_id=scope.project_id,
            domain_id=scope.domain_id,
            system=scope.system,
            secrets=payload.secrets,
        )
        try:
            return self._open(ctx, payload)
        except NotFound:
            raise Unauthorized(AUTHENTICATION_REQUIRED) from None

    def _open(self, ctx: Context, payload: Payload) -> Session:
        user, user_domain = self._user(ctx, payload, payload.user_id)
        _demand(not self._cloud.revocations.are_revoked(ctx, payload.audit_ids))
        trust = self._trust(ctx, payload)
        if trust is not None:
            trustor, trustor_domain = self._user(ctx, payload, trust.trustor_user_id)
            if trust.impersonation:
                user, user_domain = trustor, trustor_domain
                ctx = replace(ctx, user_id=trustor.id)
        project, domain = self._scope(ctx, payload.scope)
        credential = self._credential(ctx, payload)
        roles = self._roles(ctx, payload, credential) if trust is None else self._delegated(ctx, trust)
        return Session(
            payload=payload,
            user=user,
            user_domain=user_domain,
            context=_context(_bounded(ctx, credential), payload, (user, user_domain), (project, domain), roles),
            project=project,
            domain=domain,
            roles=roles,
            application_credential=credential,
            trust=trust,
        )

    def _user(self, ctx: Context, payload: Payload, user_id: str) -> tuple[User, Domain]:
        """Return a user, who must be enabled and have changed nothing since the token was issued, and the domain."""
        user = self._cloud.users.get(ctx, user_id)
        domain = self._cloud.domains.get(ctx, user.domain_id)
        _demand(user.enabled and domain.enabled)
        _demand(user.tokens_valid_from is None or payload.issued_at >= user.tokens_valid_from)
        return user, domain

    def _trust(self, ctx: Context, payload: Payload) -> Trust | None:
        if payload.trust_id is None:
            return None
        trust = trusts_of(self._cloud).get(ctx, payload.trust_id)
        self._user(ctx, payload, first(self._cloud, ctx, trust).trustor_user_id)
        return trust

    def _delegated(self, ctx: Context, trust: Trust) -> tuple[Role, ...]:
        if trust.project_id is None:
            return ()
        roles = delegated_roles(self._cloud, ctx, trust)
        _demand(bool(roles))
        return roles

    def _scope(self, ctx: Context, scope: Scope) -> tuple[Project | None, Domain | None]:
        """Return the project and the domain of a scope, which must be enabled."""
        project = None if scope.project_id is None else self._cloud.projects.get(ctx, scope.project_id)
        domain_id = scope.domain_id if project is None else project.domain_id or project.id
        domain = None if domain_id is None else self._cloud.domains.get(ctx, domain_id)
        _demand((project is None or project.enabled) and (domain is None or domain.enabled))
        return project, domain

    def _credential(self, ctx: Context, payload: Payload) -> ApplicationCredential | None:
        if payload.application_credential_id is None:
            return None
        if self._cloud.application_credentials is None:
            raise NotFound("This cloud has no application credentials.")
        return self._cloud.application_credentials.get(ctx, payload.application_credential_id)

    def _roles(self, ctx: Context, payload: Payload, credential: ApplicationCredential | None) -> tuple[Role, ...]:
        if not payload.scope:
            return ()
        held = self._cloud.authentication.find_roles(ctx, payload.user_id, payload.scope)
        roles = tuple(role for role in held if credential is None or role.id in credential.role_ids)
        _demand(bool(roles))
        return roles

    def project_named(self, ctx: Context, name: str, domain_id: str) -> Project:
        """Return the project of a name in a domain; raise NotFound."""
        query = Query(filters=(Filter("name", (name,)), Filter("domain_id", (domain_id,))))
        return _only(page(self._cloud.projects.find(ctx, query), query), name)

    def domain_named(self, ctx: Context, name: str) -> Domain:
        """Return the domain of a name; raise NotFound."""
        query = Query(filters=(Filter("name", (name,)),))
        return _only(page(self._cloud.domains.find(ctx, query), query), name)


def _bounded(ctx: Context, credential: ApplicationCredential | None) -> Context:
    """Return the context of a login, bounded by the access rules of the credential that was used for it."""
    if credential is None or credential.access_rules is None:
        return ctx
    return replace(ctx, access_rules=tuple((rule.service, rule.method, rule.path) for rule in credential.access_rules))


def _context(
    ctx: Context,
    payload: Payload,
    who: tuple[User, Domain],
    where: tuple[Project | None, Domain | None],
    roles: tuple[Role, ...],
) -> Context:
    """Return the context in which the holder of a token works."""
    user, user_domain = who
    project, domain = where
    project_domain, own_domain = (domain, None) if project else (None, domain)
    return replace(
        ctx,
        user_name=user.name,
        user_domain_id=user_domain.id,
        user_domain_name=user_domain.name,
        project_name=project.name if project else None,
        project_domain_id=project_domain.id if project_domain else None,
        project_domain_name=project_domain.name if project_domain else None,
        is_domain_project=project.is_domain if project else False,
        domain_name=own_domain.name if own_domain else None,
        roles=tuple(role.name for role in roles),
        role_ids=tuple(role.id for role in roles),
        methods=payload.methods,
        audit_ids=payload.audit_ids,
        issued_at=payload.issued_at,
        expires_at=payload.expires_at,
    )


def _only(found: list[T], name: str) -> T:
    if len(found) != 1:
        raise NotFound(f"Could not find {name}.")
    return found[0]


def _demand(condition: bool) -> None:
    if not condition:
        raise Unauthorized(AUTHENTICATION_REQUIRED)
