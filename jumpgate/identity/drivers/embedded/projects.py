"""The projects of the embedded cloud, and the domains, which are projects at the top of a tree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, Forbidden, NotFound
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.identity.contract import Projects
from jumpgate.identity.drivers.embedded import removal, rows
from jumpgate.identity.drivers.embedded.grants import Grants
from jumpgate.identity.models import DEFAULT_DOMAIN_ID, Project, ProjectSpec, Scope
from jumpgate.store.engine import Store
from jumpgate.store.tables import identity as tables

TABLE = tables.projects
COLUMNS = rows.columns(TABLE, "id", "name", "domain_id", "parent_id", "is_domain", "enabled")

# Keystone's limit: five projects below each other.
MOST_LEVELS = 5


class EmbeddedProjects(Projects):
    """Projects as rows, those that act as domains among them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def revision(self, ctx: Context) -> int:
        return self._store.revision(rows.TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Project]:
        return rows.find(self._store, sa.select(TABLE), COLUMNS, query, rows.project)

    def get(self, ctx: Context, resource_id: str) -> Project:
        with self._store.read() as connection:
            return rows.project(get_row(connection, resource_id))

    def find_for_user(self, ctx: Context, user_id: str) -> Iterable[Project]:
        with self._store.read() as connection:
            project_ids = Grants(connection).projects_of(user_id)
            statement = sa.select(TABLE).where(TABLE.c.id.in_(project_ids)).order_by(TABLE.c.id)
            return [rows.project(row) for row in connection.execute(statement)]

    def create(self, ctx: Context, spec: ProjectSpec) -> Project:
        with self._store.write(rows.TOPIC) as connection:
            domain_id, parent_id = ("", "") if spec.is_domain else _place(connection, spec)
            values = {
                "id": rows.new_id(),
                "domain_id": domain_id,
                "parent_id": parent_id,
                "is_domain": spec.is_domain,
                **described(spec),
            }
            rows.insert(connection, TABLE, values, conflict(spec.name, domain_id))
            return rows.project(get_row(connection, values["id"]))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Project:
        with self._store.write(rows.TOPIC) as connection:
            row = get_row(connection, resource_id)
            _check_fixed(row, changes)
            change(connection, row, changes)
            return rows.project(get_row(connection, resource_id))

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            row = get_row(connection, resource_id)
            rows.check_mutable("domain" if row.is_domain else "project", row)
            if row.is_domain:
                removal.domain(connection, resource_id, enabled=row.enabled)
                return
            if connection.execute(sa.select(TABLE.c.id).where(TABLE.c.parent_id == resource_id).limit(1)).first():
                raise Forbidden(
                    f"Cannot delete the project {resource_id} since it is not a leaf in the hierarchy. "
                    "Use the cascade option if you want to delete a whole subtree."
                )
            removal.project(connection, resource_id)


def described(spec: Any) -> dict[str, Any]:
    """Return the columns that projects and domains take from their specs alike."""
    return {
        "name": spec.name,
        "enabled": spec.enabled,
        "description": spec.description or "",
        "tags": list(spec.tags),
        "options": dict(spec.options),
        "extra": dict(spec.extra),
    }


def get_row(connection: sa.Connection, project_id: str) -> sa.Row[Any]:
    """Return a project's row; raise NotFound."""
    row = connection.execute(sa.select(TABLE).where(TABLE.c.id == project_id)).one_or_none()
    if row is None:
        raise NotFound(f"Could not find project: {project_id}.")
    return row


def change(connection: sa.Connection, row: sa.Row[Any], changes: Changes) -> None:
    """Update a project or domain; raise Forbidden, or Conflict for a name that is taken."""
    if changes.get("enabled") is True and not row.enabled:
        _check_parents_enabled(connection, row)
    if changes.get("enabled") is False and row.enabled and not row.is_domain:
        _check_children_disabled(connection, row.id)
    name = changes.get("name", row.name)
    rows.check_mutable("domain" if row.is_domain else "project", row, changes)
    rows.update(connection, TABLE, row.id, rows.changed(row, changes), conflict(name, row.domain_id))


def conflict(name: str, domain_id: str) -> Conflict:
    """Return the error for a name that is taken among the projects of a domain, or among the domains."""
    if domain_id:
        return rows.duplicate("project", name, domain_id)
    return rows.conflict(
        "project", f"it is not permitted to have two projects acting as domains with the same name: {name}"
    )


def _place(connection: sa.Connection, spec: ProjectSpec) -> tuple[str, str]:
    """Return the domain and the parent of a new project; raise BadRequest for what does not exist or fit."""
    parent_id = spec.parent_id or spec.domain_id or DEFAULT_DOMAIN_ID
    try:
        parent = get_row(connection, parent_id)
        own = get_row(connection, spec.domain_id) if spec.domain_id else None
    except NotFound as error:
        raise BadRequest(error.message) from None
    domain_id = parent.id if parent.is_domain else parent.domain_id
    if own is not None and own.id != domain_id:
        raise BadRequest(
            f"Cannot create project, since it specifies its domain_id {own.id}, "
            f"but specifies a parent in a different domain ({domain_id})."
        )
    above = [parent, *(get_row(connection, one) for one in Grants(connection).above(parent.id))]
    for row in above:
        if not row.enabled:
            raise BadRequest(f"cannot create a project in a branch containing a disabled project: {row.id}")
    if len(above) > MOST_LEVELS:
        raise Forbidden(f"Max hierarchy depth reached for {parent.id} branch.")
    return domain_id, parent.id


# What of a project stays as it was made, and the error that Keystone answers.
_FIXED = (
    ("is_domain", BadRequest),
    ("parent_id", Forbidden),
    ("domain_id", BadRequest),
)


def _check_fixed(row: sa.Row[Any], changes: Changes) -> None:
    for name, error in _FIXED:
        if name in changes and (changes[name] or "") != (getattr(row, name) or ""):
            raise error(f"Update of `{name}` is not allowed.")


def _check_parents_enabled(connection: sa.Connection, row: sa.Row[Any]) -> None:
    parents = list(Grants(connection).above(row.id))
    disabled = sa.select(TABLE.c.id).where(TABLE.c.id.in_(parents), TABLE.c.enabled.is_(False))
    if connection.execute(disabled.limit(1)).first():
        raise Forbidden(f"Cannot enable project {row.id} since it has disabled parents")


def _check_children_disabled(connection: sa.Connection, project_id: str) -> None:
    children = Grants(connection).below(Scope(project_id=project_id))
    enabled = sa.select(TABLE.c.id).where(TABLE.c.id.in_(children), TABLE.c.enabled)
    if connection.execute(enabled.limit(1)).first():
        raise Forbidden(f"Cannot disable project {project_id} since its subtree contains enabled projects.")
