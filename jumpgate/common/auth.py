"""How a request's token becomes a `Context`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol, runtime_checkable

from jumpgate.common.context import Context
from jumpgate.common.dispatcher import DISPATCHER, Dispatcher
from jumpgate.common.errors import Unauthorized
from jumpgate.common.faults import AUTHENTICATION_REQUIRED
from jumpgate.common.http import Request


class Authenticator(Protocol):
    """What the identity service offers to the others. A typed identity driver brings its own."""

    def authenticate(self, token: str) -> Context:
        """Return whom `token` stands for; raise Unauthorized for one that is expired, revoked or not ours."""
        ...


@runtime_checkable
class ServiceAuthenticator(Authenticator, Protocol):
    """An authenticator that knows services too, which ask on behalf of users in the middle of long work."""

    def authenticate_for_service(self, token: str, service_token: str) -> Context:
        """Return whom `token` stands for; it may have expired a while ago where `service_token` is a service's.

        A service has the role `SERVICE_ROLE`; the token of anybody else changes nothing. Raises Unauthorized, also
        where `service_token` is not valid.
        """
        ...


SERVICE_ROLE = "service"


class NoAuthenticator:
    """Stands in where the identity driver cannot validate tokens: every typed request is refused, and says why."""

    def authenticate(self, token: str) -> Context:
        raise Unauthorized("The identity driver of this configuration cannot validate tokens for other services.")


def authenticate(req: Request, authenticator: Authenticator) -> Context:
    """Return the caller of a request by its ``X-Auth-Token``; raise Unauthorized.

    One that may change something carries the request's id, under which drivers record what was done.
    """
    token = req.env.get("HTTP_X_AUTH_TOKEN")
    if not token:
        raise Unauthorized(AUTHENTICATION_REQUIRED)
    context = _caller(req, authenticator, token)
    if context.access_rules is not None and not _may_ask(req, context.access_rules):
        raise Unauthorized(AUTHENTICATION_REQUIRED)
    req.env["tenant_id"] = context.project_id or req.env.get("tenant_id")
    return context if req.method in ("GET", "HEAD") else context.with_request(req.env["REQUEST_ID"])


def _caller(req: Request, authenticator: Authenticator, token: str) -> Context:
    service_token = req.env.get("HTTP_X_SERVICE_TOKEN")
    if service_token and isinstance(authenticator, ServiceAuthenticator):
        return authenticator.authenticate_for_service(token, service_token)
    return authenticator.authenticate(token)


def on_behalf(context: Context) -> Context:
    """Return a caller for whom a service asks: access rules bound what he asks himself."""
    return replace(context, access_rules=None)


# A variable or a star stands for one segment of a path, two stars for any number of them.
_PLACES = re.compile(r"\{[^}]*\}|\*\*|\*")


def _may_ask(req: Request, rules: Iterable[tuple[str, str, str]]) -> bool:
    """Tell whether a request is one of those that a caller's access rules allow."""
    disp: Dispatcher = req.env[DISPATCHER]
    types = {entry.type for entry in disp.service.catalog}
    return any(
        service in types and method == req.method and _pattern(path).fullmatch(req.path) is not None
        for service, method, path in rules
    )


def _pattern(path: str) -> re.Pattern[str]:
    literals = [re.escape(part) for part in _PLACES.split(path)]
    places = [".*" if place == "**" else "[^/]+" for place in _PLACES.findall(path)]
    return re.compile("".join(part for pair in zip(literals, [*places, ""], strict=True) for part in pair))
