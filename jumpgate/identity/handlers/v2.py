"""Keystone's v2.0: tokens and tenants, for the clients that know nothing newer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound, Unauthorized
from jumpgate.common.faults import AUTHENTICATION_REQUIRED
from jumpgate.common.listing import Query, Sort, page
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import Identity
from jumpgate.identity.handlers.collections import target_of
from jumpgate.identity.handlers.tokens import SubjectTokens
from jumpgate.identity.models import DEFAULT_DOMAIN_ID, Project, Session, UserReference
from jumpgate.identity.schemas.auth import V2_LOGIN
from jumpgate.identity.tokens.login import Credentials, VoidToken, Wanted
from jumpgate.identity.tokens.service import IdentityHandler
from jumpgate.identity.views import tokens as view

Json = dict[str, Any]


class V2TokensHandler(IdentityHandler):
    """``/v2.0/tokens``."""

    @operation("authentication.verify_password", body=V2_LOGIN, public=True)
    def on_post(self, call: Call[Identity]) -> Json:
        """Log in."""
        auth = call.body["auth"]
        try:
            token, session = self.service.logins.login(_credentials(auth), _wanted(auth), call.req.env["REQUEST_ID"])
        except VoidToken:
            raise Unauthorized(AUTHENTICATION_REQUIRED) from None
        return _access(self, call, token, session)


class V2TokenHandler(SubjectTokens):
    """``/v2.0/tokens/{token_id}``."""

    @operation()
    def on_get(self, call: Call[Identity], token_id: str) -> Json:
        """Show what a token stands for, if it is for the project that ``belongsTo`` names."""
        session = self.session(call, token_id, "identity:validate_token")
        _check_owner(call, session)
        return _access(self, call, token_id, session)

    @operation()
    def on_head(self, call: Call[Identity], token_id: str) -> None:
        """Check a token."""
        _check_owner(call, self.session(call, token_id, "identity:check_token"))

    @operation("revocations.create", status=204)
    def on_delete(self, call: Call[Identity], token_id: str) -> None:
        """Give a token back."""
        self.revoke(call, token_id)


class V2TokenEndpointsHandler(SubjectTokens):
    """``/v2.0/tokens/{token_id}/endpoints``."""

    @operation()
    def on_get(self, call: Call[Identity], token_id: str) -> Json:
        """List the endpoints that a token can be used at."""
        session = self.session(call, token_id, "identity:validate_token")
        services = self.service.catalog.services(call.req.env, session.context)
        found = view.v2_endpoints(services) if session.project is not None else []
        return {"endpoints": found, "endpoints_links": []}


class V2TenantsHandler(IdentityHandler):
    """``/v2.0/tenants`` and ``/v2.0/tokens/tenants``: the projects of the caller."""

    @operation("projects.find_for_user")
    def on_get(self, call: Call[Identity]) -> Json:
        """List the caller's projects in the default domain, or show the one of a name."""
        found = call.cloud.projects.find_for_user(call.ctx, call.ctx.user_id)
        name = call.parameter("name")
        if name is not None:
            named = [project for project in _tenants(found) if project.name == name]
            if not named:
                raise NotFound(f"Could not find project: {name}.")
            return {"tenant": view.tenant(named[0])}
        query = Query(sort=(Sort("id"),), marker=call.parameter("marker"), limit=_limit(call))
        projects = page(_tenants(found), query)
        return {"tenants": [view.tenant(project) for project in projects], "tenants_links": []}

    on_head = on_get


class V2TenantHandler(IdentityHandler):
    """``/v2.0/tenants/{tenant_id}``."""

    @operation("projects.get")
    def on_get(self, call: Call[Identity]) -> Json:
        """Show a project."""
        tenant_id = (call.req.path or "").rpartition("/")[2]
        try:
            project = call.cloud.projects.get(call.ctx, tenant_id)
        except NotFound:
            call.require("identity:get_project", {})
            raise
        call.require("identity:get_project", target_of("project", project))
        return {"tenant": view.tenant(project)}

    on_head = on_get


class V2ExtensionsHandler(IdentityHandler):
    """``/v2.0/extensions``."""

    @operation(public=True)
    def on_get(self, call: Call[Identity]) -> Json:
        """List the extensions: there are none."""
        return {"extensions": {"values": []}}

    on_head = on_get


class V2ExtensionHandler(IdentityHandler):
    """``/v2.0/extensions/{alias}``."""

    @operation(public=True)
    def on_get(self, call: Call[Identity], alias: str) -> Json:
        """Show an extension."""
        raise NotFound(f"Could not find extension: {alias}.")

    on_head = on_get


def _access(handler: IdentityHandler, call: Call[Identity], token: str, session: Session) -> Json:
    call.resp.append_header("Vary", "X-Auth-Token")
    services = handler.service.catalog.services(call.req.env, session.context)
    return {"access": view.access(token, session, services)}


def _credentials(auth: Json) -> Credentials:
    if "token" in auth:
        return Credentials(methods=("token",), token=auth["token"]["id"])
    given = auth["passwordCredentials"]
    named = UserReference(id=given.get("userId"), name=given.get("username"), domain_id=DEFAULT_DOMAIN_ID)
    return Credentials(methods=("password",), user=named, password=given["password"])


def _wanted(auth: Json) -> Wanted:
    """Read the tenant, which clients leave out by null or an empty text as well; a name is the default domain's."""
    if auth.get("tenantId"):
        return Wanted(project_id=auth["tenantId"])
    if auth.get("tenantName"):
        return Wanted(project_name=auth["tenantName"], domain_id=DEFAULT_DOMAIN_ID)
    return Wanted()


def _check_owner(call: Call[Identity], session: Session) -> None:
    wanted = call.parameter("belongsTo")
    if wanted is not None and wanted != session.payload.scope.project_id:
        raise NotFound(f"Could not find the token for project {wanted}.")


def _tenants(projects: Iterable[Project]) -> list[Project]:
    """Return the projects that v2.0 knows: enabled ones of the default domain."""
    return [project for project in projects if project.enabled and project.domain_id == DEFAULT_DOMAIN_ID]


def _limit(call: Call[Identity]) -> int | None:
    text = call.parameter("limit")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise BadRequest(f"Invalid limit value: {text!r}")
    return int(text)
