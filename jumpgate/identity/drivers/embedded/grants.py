"""What assignments amount to: groups, inheritance down the tree of projects, and implications resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from jumpgate.identity.models import Scope
from jumpgate.store.tables import identity as tables

PROJECT, DOMAIN, SYSTEM = "project", "domain", "system"

_assignments, _projects, _roles = tables.assignments, tables.projects, tables.roles


def target(scope: Scope) -> tuple[str, str]:
    """Return a scope as the assignments table has it."""
    if scope.project_id is not None:
        return PROJECT, scope.project_id
    return (DOMAIN, scope.domain_id) if scope.domain_id is not None else (SYSTEM, "")


def scope(kind: str, target_id: str) -> Scope:
    """Return the scope of a row of the assignments table."""
    if kind == PROJECT:
        return Scope(project_id=target_id)
    return Scope(domain_id=target_id) if kind == DOMAIN else Scope(system=True)


class Grants:
    """The assignments as one transaction sees them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def roles_on(self, user_id: str, wanted: Scope) -> list[sa.Row[Any]]:
        """Return the rows of the roles that a user holds on a scope in the end, by name."""
        held = sa.select(_assignments.c.role_id).where(_held_by(user_id), self._counts_on(wanted))
        role_ids = self.implied_by(self._connection.execute(held).scalars())
        # A domain's own role counts only through the roles that it implies.
        statement = sa.select(_roles).where(_roles.c.id.in_(role_ids), _roles.c.domain_id == "")
        return list(self._connection.execute(statement.order_by(_roles.c.name)))

    def projects_of(self, user_id: str) -> set[str]:
        """Return the ids of the projects on which a user holds any role."""
        rows = self._connection.execute(sa.select(_assignments).where(_held_by(user_id))).all()
        found = {row.target_id for row in rows if row.target == PROJECT and not row.inherited}
        for row in rows:
            if row.inherited and row.target in (PROJECT, DOMAIN):
                found |= self.below(scope(row.target, row.target_id))
        return found

    def domains_of(self, user_id: str) -> set[str]:
        """Return the ids of the domains on which a user holds any role."""
        statement = sa.select(_assignments.c.target_id).where(
            _held_by(user_id), _assignments.c.target == DOMAIN, _assignments.c.inherited.is_(False)
        )
        return set(self._connection.execute(statement).scalars())

    def below(self, wanted: Scope) -> set[str]:
        """Return the ids of the projects below a project or in a domain."""
        if wanted.domain_id is not None:
            inside = sa.select(_projects.c.id).where(_projects.c.domain_id == wanted.domain_id)
            return set(self._connection.execute(inside).scalars())
        found: set[str] = set()
        level = {wanted.project_id or ""}
        while level:
            children = sa.select(_projects.c.id).where(_projects.c.parent_id.in_(level))
            level = set(self._connection.execute(children).scalars()) - found
            found |= level
        return found

    def above(self, project_id: str) -> Iterator[str]:
        """Yield the ids of a project's parents, its domain last."""
        statement = sa.select(_projects.c.parent_id).where(_projects.c.id == sa.bindparam("id"))
        parent_id = self._connection.execute(statement, {"id": project_id}).scalar()
        while parent_id:
            yield parent_id
            parent_id = self._connection.execute(statement, {"id": parent_id}).scalar()

    def implied_by(self, role_ids: Iterable[str]) -> set[str]:
        """Return roles and all that they imply."""
        found: set[str] = set()
        waiting = list(role_ids)
        while waiting:
            role_id = waiting.pop()
            if role_id not in found:
                found.add(role_id)
                waiting.extend(self.implications.get(role_id, ()))
        return found

    @cached_property
    def implications(self) -> Mapping[str, list[str]]:
        """The roles that each role implies directly."""
        table = tables.implications
        found: dict[str, list[str]] = {}
        for row in self._connection.execute(sa.select(table).order_by(table.c.implied_id)):
            found.setdefault(row.prior_id, []).append(row.implied_id)
        return found

    def _counts_on(self, wanted: Scope) -> sa.ColumnElement[bool]:
        """Say which assignments count on a scope: its own, and those inherited from above a project."""
        kind, target_id = target(wanted)
        own = sa.and_(_at(kind, [target_id]), _assignments.c.inherited.is_(False))
        if kind != PROJECT:
            return own
        parents = list(self.above(target_id))
        inherited = sa.or_(_at(PROJECT, parents), _at(DOMAIN, parents[-1:]))
        return sa.or_(own, sa.and_(inherited, _assignments.c.inherited))


def _held_by(user_id: str) -> sa.ColumnElement[bool]:
    members = tables.memberships
    groups = sa.select(members.c.group_id).where(members.c.user_id == user_id)
    return sa.or_(
        sa.and_(_assignments.c.actor_id == user_id, _assignments.c.actor_is_group.is_(False)),
        sa.and_(_assignments.c.actor_id.in_(groups), _assignments.c.actor_is_group),
    )


def _at(kind: str, target_ids: list[str]) -> sa.ColumnElement[bool]:
    return sa.and_(_assignments.c.target == kind, _assignments.c.target_id.in_(target_ids))
