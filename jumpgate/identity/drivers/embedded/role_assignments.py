"""Who holds which role where in the embedded cloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import Forbidden, NotFound
from jumpgate.identity.contract import RoleAssignments
from jumpgate.identity.drivers.embedded import groups, projects, roles, rows, users
from jumpgate.identity.drivers.embedded.grants import Grants, scope, target
from jumpgate.identity.models import Assignment, AssignmentQuery, Scope
from jumpgate.store.engine import Store
from jumpgate.store.tables import identity as tables

TABLE = tables.assignments


class EmbeddedRoleAssignments(RoleAssignments):
    """Assignments as rows; the effective ones are worked out when they are asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, ctx: Context, query: AssignmentQuery) -> Iterable[Assignment]:
        with self._store.read() as connection:
            if query.effective:
                return list(_effective(connection, query))
            statement = sa.select(TABLE).where(*_conditions(connection, query)).order_by(*TABLE.primary_key)
            return [_assignment(row) for row in connection.execute(statement)]

    def create(self, ctx: Context, assignment: Assignment) -> None:
        with self._store.write(rows.TOPIC) as connection:
            _demand_parts(connection, assignment)
            if not _exists(connection, assignment):
                connection.execute(TABLE.insert().values(**_key(assignment)))

    def delete(self, ctx: Context, assignment: Assignment) -> None:
        with self._store.write(rows.TOPIC) as connection:
            roles.get_row(connection, assignment.role_id)
            if not _exists(connection, assignment):
                actor = assignment.user_id or assignment.group_id
                _, target_id = target(assignment.scope)
                raise NotFound(
                    f"Could not find role assignment with role: {assignment.role_id}, "
                    f"user or group: {actor}, project, domain, or system: {target_id or 'system'}."
                )
            connection.execute(TABLE.delete().filter_by(**_key(assignment)))


def _key(assignment: Assignment) -> dict[str, Any]:
    """Return the row of an assignment, all of which is its key."""
    kind, target_id = target(assignment.scope)
    return {
        "actor_id": assignment.group_id or assignment.user_id,
        "actor_is_group": assignment.group_id is not None,
        "target": kind,
        "target_id": target_id,
        "role_id": assignment.role_id,
        "inherited": assignment.inherited,
    }


def _assignment(row: sa.Row[Any]) -> Assignment:
    return Assignment(
        role_id=row.role_id,
        scope=scope(row.target, row.target_id),
        user_id=None if row.actor_is_group else row.actor_id,
        group_id=row.actor_id if row.actor_is_group else None,
        inherited=row.inherited,
    )


def _exists(connection: sa.Connection, assignment: Assignment) -> bool:
    return connection.execute(sa.select(TABLE).filter_by(**_key(assignment))).first() is not None


def _demand_parts(connection: sa.Connection, assignment: Assignment) -> None:
    """Raise NotFound unless the role, the actor and the target exist, Forbidden for a role of another domain."""
    role = roles.get_row(connection, assignment.role_id)
    if assignment.user_id is not None:
        users.get_row(connection, assignment.user_id)
    if assignment.group_id is not None:
        groups.get_row(connection, assignment.group_id)
    if assignment.scope.project_id is not None:
        project = projects.get_row(connection, assignment.scope.project_id)
        if role.domain_id not in ("", project.domain_id):
            raise Forbidden(f"Project {project.id} must be in the same domain as the role {role.id} being assigned.")
    if assignment.scope.domain_id is not None:
        users.demand_domain(connection, assignment.scope.domain_id)


def _conditions(connection: sa.Connection, query: AssignmentQuery) -> Iterator[sa.ColumnElement[bool]]:
    if query.user_id is not None:
        yield sa.and_(TABLE.c.actor_id == query.user_id, TABLE.c.actor_is_group.is_(False))
    if query.group_id is not None:
        yield sa.and_(TABLE.c.actor_id == query.group_id, TABLE.c.actor_is_group)
    if query.role_id is not None:
        yield TABLE.c.role_id == query.role_id
    if query.inherited is not None:
        yield TABLE.c.inherited.is_(query.inherited)
    if query.scope is not None:
        kind, _ = target(query.scope)
        yield sa.and_(TABLE.c.target == kind, TABLE.c.target_id.in_(_targets(connection, query)))


def _targets(connection: sa.Connection, query: AssignmentQuery) -> set[str]:
    """Return the ids of the scopes that are wanted: the query's, and those of the projects below."""
    assert query.scope is not None
    _, target_id = target(query.scope)
    below = Grants(connection).below(query.scope) if query.subtree and query.scope.project_id else set()
    return {target_id, *below}


def _effective(connection: sa.Connection, query: AssignmentQuery) -> Iterator[Assignment]:
    """Yield what users hold in the end, each with how it came about."""
    grants = Grants(connection)
    wanted = None if query.scope is None else {(target(query.scope)[0], one) for one in _targets(connection, query)}
    members = _members(connection)
    global_roles = set(connection.execute(sa.select(tables.roles.c.id).filter_by(domain_id="")).scalars())
    every = connection.execute(sa.select(TABLE).order_by(*TABLE.primary_key)).all()
    for direct in map(_assignment, every):
        for placed in _inherited(grants, direct):
            if wanted is not None and target(placed.scope) not in wanted:
                continue
            for personal in _personal(placed, members):
                if query.user_id in (None, personal.user_id):
                    # A domain's own role counts only through the roles that it implies.
                    yield from (one for one in _implied(grants, personal, query.role_id) if one.role_id in global_roles)


def _members(connection: sa.Connection) -> dict[str, list[str]]:
    table = tables.memberships
    found: dict[str, list[str]] = {}
    for row in connection.execute(sa.select(table).order_by(table.c.user_id)):
        found.setdefault(row.group_id, []).append(row.user_id)
    return found


def _inherited(grants: Grants, assignment: Assignment) -> Iterator[Assignment]:
    """Yield an assignment where it counts: on its own scope, or on every project below."""
    if not assignment.inherited:
        yield assignment
        return
    for project_id in sorted(grants.below(assignment.scope)):
        yield replace(assignment, scope=Scope(project_id=project_id), origin=assignment.scope)


def _personal(assignment: Assignment, members: dict[str, list[str]]) -> Iterator[Assignment]:
    """Yield an assignment for each user who holds it."""
    if assignment.group_id is None:
        yield assignment
        return
    for user_id in members.get(assignment.group_id, ()):
        yield replace(assignment, user_id=user_id, group_id=None, through_group_id=assignment.group_id)


def _implied(grants: Grants, assignment: Assignment, wanted: str | None) -> Iterator[Assignment]:
    """Yield an assignment and those of the roles that its role implies."""
    if wanted in (None, assignment.role_id):
        yield assignment
    for role_id in sorted(grants.implied_by([assignment.role_id]) - {assignment.role_id}):
        if wanted in (None, role_id):
            yield replace(assignment, role_id=role_id, prior_role_id=assignment.role_id)
