"""Assigning roles: to users and groups, on projects, domains and the system, inherited or not."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import NotFound
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import Identity
from jumpgate.identity.handlers.collections import Target, target_of
from jumpgate.identity.handlers.resources import rendered
from jumpgate.identity.models import SYSTEM, Assignment, AssignmentQuery, Scope
from jumpgate.identity.tokens.service import IdentityHandler

# What the verbs are called on projects and domains, and on the system.
_RULES = {"list": "list_grants", "check": "check_grant", "create": "create_grant", "revoke": "revoke_grant"}
_SYSTEM_RULES = {
    "list": "list_system_grants",
    "check": "check_system_grant",
    "create": "create_system_grant",
    "revoke": "revoke_system_grant",
}


class _Grant:
    """The place of a role: who has it where, as a path says."""

    def __init__(
        self,
        call: Call[Identity],
        *,
        user_id: str | None,
        group_id: str | None,
        project_id: str | None,
        domain_id: str | None,
    ) -> None:
        self._call = call
        self.user_id = user_id
        self.group_id = group_id
        on_system = project_id is None and domain_id is None
        self.scope = SYSTEM if on_system else Scope(project_id=project_id, domain_id=domain_id)
        self.inherited = (call.req.uri_template or "").endswith("/inherited_to_projects")

    def require(self, verb: str, role_id: str | None = None) -> None:
        """Raise NotFound for a part that does not exist, and Forbidden."""
        target = self._target(role_id, strict=verb != "revoke")
        if self.scope.system:
            actor = "user" if self.group_id is None else "group"
            self._call.require(f"identity:{_SYSTEM_RULES[verb]}_for_{actor}", target)
        else:
            self._call.require(f"identity:{_RULES[verb]}", target)

    def _target(self, role_id: str | None, *, strict: bool) -> Target:
        call, ctx = self._call, self._call.ctx
        target = dict(self._actor(strict=strict))
        if role_id is not None:
            target.update(target_of("role", call.cloud.roles.get(ctx, role_id)))
        if self.scope.project_id is not None:
            target.update(target_of("project", call.cloud.projects.get(ctx, self.scope.project_id)))
        if self.scope.domain_id is not None:
            target.update(target_of("domain", call.cloud.domains.get(ctx, self.scope.domain_id)))
        return target

    def _actor(self, *, strict: bool) -> Target:
        """Return what is known of the user or group; a role may be taken from one who is gone."""
        call = self._call
        try:
            if self.user_id is not None:
                return target_of("user", call.cloud.users.get(call.ctx, self.user_id))
            if call.cloud.groups is None:
                raise NotFound(f"Could not find group: {self.group_id}.")
            return target_of("group", call.cloud.groups.get(call.ctx, self.group_id or ""))
        except NotFound:
            if strict:
                raise
            return {}

    def assignment(self, role_id: str) -> Assignment:
        """Return the assignment of a role in this place."""
        return Assignment(
            role_id=role_id,
            scope=self.scope,
            user_id=self.user_id,
            group_id=self.group_id,
            inherited=self.inherited,
        )

    def query(self, role_id: str | None = None) -> AssignmentQuery:
        """Return the query for the assignments in this place."""
        return AssignmentQuery(
            user_id=self.user_id,
            group_id=self.group_id,
            role_id=role_id,
            scope=self.scope,
            inherited=self.inherited,
        )


class GrantsHandler(IdentityHandler):
    """``.../{users or groups}/{id}/roles`` below a project, a domain or the system."""

    @operation("role_assignments.find")
    def on_get(
        self,
        call: Call[Identity],
        user_id: str | None = None,
        group_id: str | None = None,
        project_id: str | None = None,
        domain_id: str | None = None,
    ) -> dict[str, Any]:
        """List the roles."""
        grant = _Grant(call, user_id=user_id, group_id=group_id, project_id=project_id, domain_id=domain_id)
        grant.require("list")
        found = call.cloud.role_assignments.find(call.ctx, grant.query())
        roles = [call.cloud.roles.get(call.ctx, assignment.role_id) for assignment in found]
        return rendered(call, "role", roles)

    on_head = on_get


class GrantHandler(IdentityHandler):
    """``.../roles/{role_id}``."""

    @operation("role_assignments.find", status=204)
    def on_get(
        self,
        call: Call[Identity],
        role_id: str,
        user_id: str | None = None,
        group_id: str | None = None,
        project_id: str | None = None,
        domain_id: str | None = None,
    ) -> None:
        """Check that a role is assigned."""
        grant = _Grant(call, user_id=user_id, group_id=group_id, project_id=project_id, domain_id=domain_id)
        grant.require("check", role_id)
        if not list(call.cloud.role_assignments.find(call.ctx, grant.query(role_id))):
            raise NotFound(
                f"Could not find role assignment with role: {role_id}, user or group: {user_id or group_id}, "
                f"project, domain, or system: {project_id or domain_id or 'system'}."
            )

    on_head = on_get

    @operation("role_assignments.create", status=204)
    def on_put(
        self,
        call: Call[Identity],
        role_id: str,
        user_id: str | None = None,
        group_id: str | None = None,
        project_id: str | None = None,
        domain_id: str | None = None,
    ) -> None:
        """Assign a role."""
        grant = _Grant(call, user_id=user_id, group_id=group_id, project_id=project_id, domain_id=domain_id)
        grant.require("create", role_id)
        call.cloud.role_assignments.create(call.ctx, grant.assignment(role_id))

    @operation("role_assignments.delete", status=204)
    def on_delete(
        self,
        call: Call[Identity],
        role_id: str,
        user_id: str | None = None,
        group_id: str | None = None,
        project_id: str | None = None,
        domain_id: str | None = None,
    ) -> None:
        """Take a role away."""
        grant = _Grant(call, user_id=user_id, group_id=group_id, project_id=project_id, domain_id=domain_id)
        grant.require("revoke", role_id)
        call.cloud.role_assignments.delete(call.ctx, grant.assignment(role_id))
