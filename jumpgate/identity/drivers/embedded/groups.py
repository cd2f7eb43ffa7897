"""The groups of the embedded cloud."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.identity.contract import Groups
from jumpgate.identity.drivers.embedded import removal, rows, users
from jumpgate.identity.models import DEFAULT_DOMAIN_ID, Group, GroupSpec, User
from jumpgate.store.engine import Store
from jumpgate.store.tables import identity as tables

TABLE = tables.groups
COLUMNS = rows.columns(TABLE, "id", "name", "domain_id")
_members = tables.memberships


class EmbeddedGroups(Groups):
    """Groups as rows. A membership that ends voids the member's tokens only so far as roles came with it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def revision(self, ctx: Context) -> int:
        return self._store.revision(rows.TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Group]:
        return rows.find(self._store, sa.select(TABLE), COLUMNS, query, rows.group)

    def get(self, ctx: Context, resource_id: str) -> Group:
        with self._store.read() as connection:
            return rows.group(get_row(connection, resource_id))

    def create(self, ctx: Context, spec: GroupSpec) -> Group:
        domain_id = spec.domain_id or DEFAULT_DOMAIN_ID
        values: dict[str, Any] = {
            "id": rows.new_id(),
            "domain_id": domain_id,
            "name": spec.name,
            "description": spec.description or "",
            "extra": dict(spec.extra),
        }
        with self._store.write(rows.TOPIC) as connection:
            users.demand_domain(connection, domain_id)
            rows.insert(connection, TABLE, values, rows.duplicate("group", spec.name, domain_id))
            return rows.group(get_row(connection, values["id"]))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Group:
        with self._store.write(rows.TOPIC) as connection:
            row = get_row(connection, resource_id)
            conflict = rows.duplicate("group", changes.get("name", row.name), row.domain_id)
            rows.update(connection, TABLE, resource_id, rows.changed(row, changes), conflict)
            return rows.group(get_row(connection, resource_id))

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            get_row(connection, resource_id)
            removal.group(connection, resource_id)

    def find_users(self, ctx: Context, group_id: str) -> Iterable[User]:
        table = tables.users
        statement = sa.select(table).join(_members, _members.c.user_id == table.c.id)
        with self._store.read() as connection:
            get_row(connection, group_id)
            found = connection.execute(statement.where(_members.c.group_id == group_id).order_by(table.c.id))
            return [rows.user(row) for row in found]

    def find_for_user(self, ctx: Context, user_id: str) -> Iterable[Group]:
        statement = sa.select(TABLE).join(_members, _members.c.group_id == TABLE.c.id)
        with self._store.read() as connection:
            users.get_row(connection, user_id)
            found = connection.execute(statement.where(_members.c.user_id == user_id).order_by(TABLE.c.id))
            return [rows.group(row) for row in found]

    def add_user(self, ctx: Context, group_id: str, user_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            if not _is_member(connection, group_id, user_id):
                connection.execute(_members.insert().values(group_id=group_id, user_id=user_id))

    def remove_user(self, ctx: Context, group_id: str, user_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            if not _is_member(connection, group_id, user_id):
                raise NotFound(f"User '{user_id}' not found in group '{group_id}'.")
            connection.execute(_members.delete().filter_by(group_id=group_id, user_id=user_id))

    def has_user(self, ctx: Context, group_id: str, user_id: str) -> bool:
        with self._store.read() as connection:
            return _is_member(connection, group_id, user_id)


def get_row(connection: sa.Connection, group_id: str) -> sa.Row[Any]:
    """Return a group's row; raise NotFound."""
    row = connection.execute(sa.select(TABLE).where(TABLE.c.id == group_id)).one_or_none()
    if row is None:
        raise NotFound(f"Could not find group: {group_id}.")
    return row


def _is_member(connection: sa.Connection, group_id: str, user_id: str) -> bool:
    """Tell whether a user is in a group; raise NotFound where one of them is unknown."""
    get_row(connection, group_id)
    users.get_row(connection, user_id)
    statement = sa.select(_members).filter_by(group_id=group_id, user_id=user_id)
    return connection.execute(statement).first() is not None
