"""``/v3/role_assignments``: who holds which role where, searched and with names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from jumpgate.common.errors import BadRequest
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import Identity
from jumpgate.identity.handlers.collections import Target, is_set, links, target_of
from jumpgate.identity.models import SYSTEM, Assignment, AssignmentQuery, Scope
from jumpgate.identity.tokens.service import IdentityHandler
from jumpgate.identity.views.role_assignments import Names, render

INHERITED_TO = "scope.OS-INHERIT:inherited_to"

# Pairs of filters that exclude each other, and what Keystone says.
_EXCLUSIVE = (
    (("scope.project.id", "scope.domain.id"), "Specify a domain or project, not both"),
    (("scope.domain.id", "scope.system"), "Specify system or domain, not both"),
    (("scope.project.id", "scope.system"), "Specify system or project, not both"),
    (("user.id", "group.id"), "Specify a user or group, not both"),
    (
        ("effective", "group.id"),
        "Combining effective and group filter will always result in an empty list.",
    ),
    (
        ("effective", "scope.domain.id", INHERITED_TO),
        "Combining effective, domain and inherited filters will always result in an empty list.",
    ),
)


class RoleAssignmentsHandler(IdentityHandler):
    """The list of assignments."""

    @operation("role_assignments.find")
    def on_get(self, call: Call[Identity]) -> dict[str, Any]:
        """List assignments."""
        query = _query(call)
        call.require(*_rule(call, query))
        found: Iterable[Assignment] = call.cloud.role_assignments.find(call.ctx, query)
        if call.ctx.domain_id is not None:
            found = _inside(call, call.ctx.domain_id, found)
        names = Names(call.cloud, call.ctx) if is_set(call, "include_names") else None
        return {
            "role_assignments": [render(assignment, call, names) for assignment in found],
            "links": links(call),
        }

    on_head = on_get


def _query(call: Call[Identity]) -> AssignmentQuery:
    """Read the filters; raise BadRequest for those that exclude each other."""
    given = {name for name in call.parameters if name not in ("effective",) or is_set(call, name)}
    for names, message in _EXCLUSIVE:
        if given.issuperset(names):
            raise BadRequest(message)
    if is_set(call, "include_subtree") and "scope.project.id" not in given:
        raise BadRequest("scope.project.id must be specified if include_subtree is also specified")
    inherited = call.parameter(INHERITED_TO) == "projects" if INHERITED_TO in given else None
    return AssignmentQuery(
        user_id=call.parameter("user.id"),
        group_id=call.parameter("group.id"),
        role_id=call.parameter("role.id"),
        scope=_scope(call),
        inherited=inherited,
        effective=is_set(call, "effective"),
        subtree=is_set(call, "include_subtree"),
    )


def _scope(call: Call[Identity]) -> Scope | None:
    if call.parameter("scope.system") is not None:
        return SYSTEM
    scope = Scope(project_id=call.parameter("scope.project.id"), domain_id=call.parameter("scope.domain.id"))
    return scope or None


def _rule(call: Call[Identity], query: AssignmentQuery) -> tuple[str, Target]:
    if not query.subtree or query.scope is None or query.scope.project_id is None:
        own: Target = {} if call.ctx.domain_id is None else {"target.domain_id": call.ctx.domain_id}
        return "identity:list_role_assignments", own
    project = call.cloud.projects.get(call.ctx, query.scope.project_id)
    domain = {} if project.domain_id is None else {"target.domain_id": project.domain_id}
    return "identity:list_role_assignments_for_tree", {**domain, **target_of("project", project)}


def _inside(call: Call[Identity], domain_id: str, found: Iterable[Assignment]) -> Iterator[Assignment]:
    """Yield the assignments on a domain and its projects."""
    for assignment in found:
        scope = assignment.scope
        if scope.project_id is not None:
            if call.cloud.projects.get(call.ctx, scope.project_id).domain_id == domain_id:
                yield assignment
        elif scope.domain_id == domain_id:
            yield assignment
