"""``/v3/auth/tokens`` and the older ``/v3/tokens``: logging in, validating and giving back tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.common.errors import NotFound, Unauthorized
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import Identity
from jumpgate.identity.handlers.collections import is_set
from jumpgate.identity.models import Session, UserReference
from jumpgate.identity.schemas.auth import LOGIN, RESCOPE
from jumpgate.identity.tokens.login import Credentials, Wanted
from jumpgate.identity.tokens.service import IdentityHandler
from jumpgate.identity.views import tokens as view

SUBJECT_TOKEN = "X-Subject-Token"
INVALID = "Failed to validate token"

Json = Mapping[str, Any]


class SubjectTokens(IdentityHandler):
    """What every endpoint does that deals with somebody's token."""

    def issue(self, call: Call[Identity], shown: Credentials) -> Json:
        """Answer a login with a new token."""
        auth = call.body["auth"]
        if "application_credential" in shown.methods and "scope" in auth:
            raise Unauthorized("Application credentials cannot request a scope.")
        token, session = self.service.logins.login(shown, wanted(auth.get("scope")), call.req.env["REQUEST_ID"])
        return self._answer(call, token, session)

    def show(self, call: Call[Identity], token: str) -> Json:
        """Answer with a token that is still valid."""
        return self._answer(call, token, self.session(call, token, "identity:validate_token"))

    def check(self, call: Call[Identity], token: str) -> None:
        """Answer that a token is still valid."""
        self.session(call, token, "identity:check_token")
        call.resp.set_header(SUBJECT_TOKEN, token)

    def revoke(self, call: Call[Identity], token: str) -> None:
        """Make a token void."""
        self.service.tokens.revoke(self.session(call, token, "identity:revoke_token"))

    def session(self, call: Call[Identity], token: str, rule: str) -> Session:
        """Return what a token stands for; raise NotFound for one that is not valid, and Forbidden."""
        try:
            session = self.service.tokens.open(token, expired=is_set(call, "allow_expired"))
        except Unauthorized:
            raise NotFound(INVALID) from None
        call.require(rule, {"target.token.user_id": session.user.id})
        return session

    def _answer(self, call: Call[Identity], token: str, session: Session) -> Json:
        services = None
        if "nocatalog" not in call.parameters:
            services = self.service.catalog.services(call.req.env, session.context)
        call.resp.set_header(SUBJECT_TOKEN, token)
        call.resp.append_header("Vary", "X-Auth-Token")
        return {"token": view.token(session, services)}


class AuthTokensHandler(SubjectTokens):
    """Tokens, the one in question in the header ``X-Subject-Token``."""

    @operation("authentication.verify_password", body=LOGIN, status=201, public=True)
    def on_post(self, call: Call[Identity]) -> Json:
        """Log in."""
        return self.issue(call, credentials(call.body["auth"]["identity"]))

    @operation()
    def on_get(self, call: Call[Identity]) -> Json:
        """Show what a token stands for."""
        return self.show(call, _subject(call))

    @operation()
    def on_head(self, call: Call[Identity]) -> None:
        """Check a token."""
        self.check(call, _subject(call))

    @operation("revocations.create", status=204)
    def on_delete(self, call: Call[Identity]) -> None:
        """Give a token back."""
        self.revoke(call, _subject(call))


class TokenHandler(SubjectTokens):
    """``/v3/tokens/{token_id}``: the token in question is in the path."""

    @operation("authentication.find_roles", body=RESCOPE, status=201, public=True)
    def on_post(self, call: Call[Identity], token_id: str) -> Json:
        """Make a token for another scope from this one."""
        return self.issue(call, Credentials(methods=("token",), token=token_id))

    @operation()
    def on_get(self, call: Call[Identity], token_id: str) -> Json:
        """Show what a token stands for."""
        return self.show(call, token_id)

    @operation()
    def on_head(self, call: Call[Identity], token_id: str) -> None:
        """Check a token."""
        self.check(call, token_id)

    @operation("revocations.create", status=204)
    def on_delete(self, call: Call[Identity], token_id: str) -> None:
        """Give a token back."""
        self.revoke(call, token_id)


def _subject(call: Call[Identity]) -> str:
    token: str | None = call.req.get_header(SUBJECT_TOKEN)
    if not token:
        raise NotFound("No token in the request")
    return token


def credentials(identity: Json) -> Credentials:
    """Read what a client shows to prove who it is."""
    password = identity.get("password", {}).get("user", {})
    credential = identity.get("application_credential", {})
    return Credentials(
        methods=tuple(identity["methods"]),
        user=user_reference(password or credential.get("user", {})),
        password=password.get("password", ""),
        token=identity.get("token", {}).get("id", ""),
        credential_id=credential.get("id"),
        credential_name=credential.get("name"),
        credential_secret=credential.get("secret", ""),
    )


def user_reference(user: Json) -> UserReference:
    """Read how a client names a user."""
    domain = user.get("domain", {})
    return UserReference(
        id=user.get("id"), name=user.get("name"), domain_id=domain.get("id"), domain_name=domain.get("name")
    )


def wanted(scope: Json | str | None) -> Wanted:
    """Read the scope that a client asks for."""
    if scope is None:
        return Wanted()
    if isinstance(scope, str) or "unscoped" in scope:
        return Wanted(unscoped=True)
    if "OS-TRUST:trust" in scope:
        return Wanted(trust_id=scope["OS-TRUST:trust"]["id"])
    if "system" in scope:
        return Wanted(system=True)
    project = scope.get("project", {})
    domain = project.get("domain", {}) if project else scope["domain"]
    return Wanted(
        project_id=project.get("id"),
        project_name=project.get("name"),
        domain_id=domain.get("id"),
        domain_name=domain.get("name"),
    )
