"""Taking things away with all that depends on them, in the transaction at hand."""

from __future__ import annotations

import sqlalchemy as sa

from jumpgate.common.errors import Forbidden
from jumpgate.store.tables import identity as tables

_assignments = tables.assignments


def user(connection: sa.Connection, user_id: str) -> None:
    """Delete a user, its assignments, memberships, credentials and trusts."""
    trusts(connection, sa.or_(tables.trusts.c.trustor_user_id == user_id, tables.trusts.c.trustee_user_id == user_id))
    _end_assignments(connection, sa.and_(_assignments.c.actor_id == user_id, _assignments.c.actor_is_group.is_(False)))
    for table in (
        tables.memberships,
        tables.application_credentials,
        tables.access_rules,
        tables.credentials,
        tables.passwords,
        tables.login_failures,
    ):
        connection.execute(table.delete().where(table.c.user_id == user_id))
    _row(connection, tables.users, user_id)


def group(connection: sa.Connection, group_id: str) -> None:
    """Delete a group, its memberships and its assignments."""
    _end_assignments(connection, sa.and_(_assignments.c.actor_id == group_id, _assignments.c.actor_is_group))
    connection.execute(tables.memberships.delete().where(tables.memberships.c.group_id == group_id))
    _row(connection, tables.groups, group_id)


def role(connection: sa.Connection, role_id: str) -> None:
    """Delete a role, its assignments and its implications."""
    implications = tables.implications
    _end_assignments(connection, _assignments.c.role_id == role_id)
    touching = sa.or_(implications.c.prior_id == role_id, implications.c.implied_id == role_id)
    connection.execute(implications.delete().where(touching))
    _row(connection, tables.roles, role_id)


def project(connection: sa.Connection, project_id: str) -> None:
    """Delete a project, the assignments on it and the credentials for it; it is nobody's default any more."""
    users = tables.users
    trusts(connection, tables.trusts.c.project_id == project_id)
    _end_assignments(connection, sa.and_(_assignments.c.target == "project", _assignments.c.target_id == project_id))
    for table in (tables.application_credentials, tables.credentials, tables.catalog_links):
        connection.execute(table.delete().where(table.c.project_id == project_id))
    default = users.c.default_project_id == project_id
    connection.execute(users.update().where(default).values(default_project_id=None))
    _row(connection, tables.projects, project_id)


def domain(connection: sa.Connection, domain_id: str, *, enabled: bool) -> None:
    """Delete a domain and all that is in it; raise Forbidden for one that is enabled."""
    if enabled:
        raise Forbidden("Cannot delete a domain that is enabled, please disable it first.")
    for table, remove in (
        (tables.users, user),
        (tables.groups, group),
        (tables.roles, role),
        (tables.projects, project),
    ):
        inside = sa.select(table.c.id).where(table.c.domain_id == domain_id)
        for key in connection.execute(inside).scalars().all():
            remove(connection, key)
    _end_assignments(connection, sa.and_(_assignments.c.target == "domain", _assignments.c.target_id == domain_id))
    configs = tables.domain_configs
    connection.execute(configs.delete().where(configs.c.domain_id == domain_id))
    project(connection, domain_id)


def trusts(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> None:
    """Delete trusts, and those that were made from them."""
    table = tables.trusts
    found = set(connection.execute(sa.select(table.c.id).where(condition)).scalars())
    level = found
    while level:
        made = sa.select(table.c.id).where(table.c.redelegated_trust_id.in_(level))
        level = set(connection.execute(made).scalars()) - found
        found |= level
    connection.execute(table.delete().where(table.c.id.in_(found)))


def endpoints(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> None:
    """Delete endpoints, and take them out of the catalogs that were confined to them."""
    links, gone = tables.catalog_links, sa.select(tables.endpoints.c.id).where(condition)
    connection.execute(links.delete().where(links.c.endpoint_id.in_(gone)))
    connection.execute(tables.endpoints.delete().where(condition))


def _end_assignments(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> None:
    connection.execute(_assignments.delete().where(condition))


def _row(connection: sa.Connection, table: sa.Table, key: str) -> None:
    connection.execute(table.delete().where(table.c.id == key))
