"""Roles, and who holds which where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role. One with a `domain_id` is that domain's own and counts only through the roles that it implies."""

    id: str
    name: str
    domain_id: str | None = None
    description: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSpec:
    """What a client gives to make a role."""

    name: str
    domain_id: str | None = None
    description: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Implication:
    """Whoever holds the role `prior_id` holds the role `implied_id` too."""

    prior_id: str
    implied_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a role is held on: a project, a domain, or the system. None of them: no scope."""

    project_id: str | None = None
    domain_id: str | None = None
    system: bool = False

    def __bool__(self) -> bool:
        return self.system or self.project_id is not None or self.domain_id is not None


UNSCOPED = Scope()
SYSTEM = Scope(system=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A role that a user or a group holds on a scope.

    An `inherited` one counts on the projects below its scope instead of on the scope itself. In a list of effective
    assignments each says how it came about: `through_group_id` by membership, `prior_role_id` by implication,
    `origin` the scope of the inherited assignment.
    """

    role_id: str
    scope: Scope
    user_id: str | None = None
    group_id: str | None = None
    inherited: bool = False
    through_group_id: str | None = None
    prior_role_id: str | None = None
    origin: Scope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentQuery:
    """Which assignments are wanted; None leaves a question open.

    `effective` asks for what users hold in the end: groups, implications and inheritance resolved. `subtree` includes
    the projects below `scope`'s.
    """

    user_id: str | None = None
    group_id: str | None = None
    role_id: str | None = None
    scope: Scope | None = None
    inherited: bool | None = None
    effective: bool = False
    subtree: bool = False
