"""What the caller may log in to, and the catalog: ``/v3/auth/projects``, ``domains``, ``system`` and ``catalog``."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import Forbidden
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import Identity
from jumpgate.identity.handlers.resources import rendered
from jumpgate.identity.models import SYSTEM
from jumpgate.identity.tokens.service import IdentityHandler
from jumpgate.identity.views import tokens as view

Json = dict[str, Any]


class AuthProjectsHandler(IdentityHandler):
    """``/v3/auth/projects``."""

    @operation("projects.find_for_user", policy="identity:get_auth_projects")
    def on_get(self, call: Call[Identity]) -> Json:
        """List the projects on which the caller has a role."""
        found = call.cloud.projects.find_for_user(call.ctx, call.ctx.user_id)
        return rendered(call, "project", (project for project in found if project.enabled))

    on_head = on_get


class AuthDomainsHandler(IdentityHandler):
    """``/v3/auth/domains``."""

    @operation(policy="identity:get_auth_domains")
    def on_get(self, call: Call[Identity]) -> Json:
        """List the domains on which the caller has a role."""
        found = call.cloud.domains.find_for_user(call.ctx, call.ctx.user_id)
        return rendered(call, "domain", (domain for domain in found if domain.enabled))

    on_head = on_get


class AuthSystemHandler(IdentityHandler):
    """``/v3/auth/system``."""

    @operation("authentication.find_roles", policy="identity:get_auth_system")
    def on_get(self, call: Call[Identity]) -> Json:
        """Tell whether the caller has a role on the system."""
        roles = list(call.cloud.authentication.find_roles(call.ctx, call.ctx.user_id, SYSTEM))
        return {"system": [{"all": True}] if roles else [], "links": {"self": call.here()}}

    on_head = on_get


class AuthCatalogHandler(IdentityHandler):
    """``/v3/auth/catalog``."""

    @operation(policy="identity:get_auth_catalog")
    def on_get(self, call: Call[Identity]) -> Json:
        """Show the catalog of the caller's project."""
        if call.ctx.project_id is None:
            raise Forbidden("You are not authorized to perform the requested action.")
        services = self.service.catalog.services(call.req.env, call.ctx)
        return {"catalog": view.catalog(services), "links": {"self": call.here()}}

    on_head = on_get
