"""How a request's token becomes a `Context`."""

from __future__ import annotations

from typing import Protocol

from jumpgate.common.context import Context
from jumpgate.common.errors import Unauthorized
from jumpgate.common.faults import AUTHENTICATION_REQUIRED
from jumpgate.common.http import Request


class Authenticator(Protocol):
    """What the identity service offers to the others. A typed identity driver brings its own."""

    def authenticate(self, token: str) -> Context:
        """Return whom `token` stands for; raise Unauthorized for one that is expired, revoked or not ours."""
        ...


class NoAuthenticator:
    """Stands in where the identity driver cannot validate tokens: every typed request is refused, and says why."""

    def authenticate(self, token: str) -> Context:
        raise Unauthorized("The identity driver of this configuration cannot validate tokens for other services.")


def authenticate(req: Request, authenticator: Authenticator) -> Context:
    """Return the caller of a request by its ``X-Auth-Token``; raise Unauthorized."""
    token = req.env.get("HTTP_X_AUTH_TOKEN")
    if not token:
        raise Unauthorized(AUTHENTICATION_REQUIRED)
    context = authenticator.authenticate(token)
    req.env["tenant_id"] = context.project_id or req.env.get("tenant_id")
    return context
