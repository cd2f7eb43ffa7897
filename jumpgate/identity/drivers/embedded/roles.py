"""The roles of the embedded cloud, and which implies which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Forbidden, NotFound
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.identity.contract import Roles
from jumpgate.identity.drivers.embedded import removal, rows, users
from jumpgate.identity.models import Implication, Role, RoleSpec
from jumpgate.store.engine import Store
from jumpgate.store.tables import identity as tables

TABLE = tables.roles
COLUMNS = rows.columns(TABLE, "id", "name", "domain_id")
_implications = tables.implications

# Keystone's prohibited_implied_role: nobody becomes an administrator by implication.
NEVER_IMPLIED = ("admin",)


class EmbeddedRoles(Roles):
    """Roles as rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def revision(self, ctx: Context) -> int:
        return self._store.revision(rows.TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Role]:
        return rows.find(self._store, sa.select(TABLE), COLUMNS, query, rows.role)

    def get(self, ctx: Context, resource_id: str) -> Role:
        with self._store.read() as connection:
            return rows.role(get_row(connection, resource_id))

    def create(self, ctx: Context, spec: RoleSpec) -> Role:
        values: dict[str, Any] = {
            "id": rows.new_id(),
            "domain_id": spec.domain_id or "",
            "name": spec.name,
            "description": spec.description,
            "options": dict(spec.options),
            "extra": dict(spec.extra),
        }
        with self._store.write(rows.TOPIC) as connection:
            if spec.domain_id:
                users.demand_domain(connection, spec.domain_id)
            rows.insert(connection, TABLE, values, rows.duplicate("role", spec.name, spec.domain_id or ""))
            return rows.role(get_row(connection, values["id"]))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Role:
        with self._store.write(rows.TOPIC) as connection:
            row = get_row(connection, resource_id)
            if "domain_id" in changes and (changes["domain_id"] or "") != row.domain_id:
                raise BadRequest("Update of `domain_id` is not allowed.")
            rows.check_mutable("role", row, changes)
            values = {**rows.changed(row, changes), "domain_id": row.domain_id}
            conflict = rows.duplicate("role", values.get("name", row.name), row.domain_id)
            rows.update(connection, TABLE, resource_id, values, conflict)
            return rows.role(get_row(connection, resource_id))

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            rows.check_mutable("role", get_row(connection, resource_id))
            removal.role(connection, resource_id)

    def find_implications(self, ctx: Context) -> Iterable[Implication]:
        statement = sa.select(_implications).order_by(_implications.c.prior_id, _implications.c.implied_id)
        with self._store.read() as connection:
            return [
                Implication(prior_id=row.prior_id, implied_id=row.implied_id) for row in connection.execute(statement)
            ]

    def add_implication(self, ctx: Context, implication: Implication) -> None:
        with self._store.write(rows.TOPIC) as connection:
            prior = get_row(connection, implication.prior_id)
            implied = get_row(connection, implication.implied_id)
            if implied.name in NEVER_IMPLIED:
                raise Forbidden(f"{implied.id} cannot be an implied roles")
            if implied.domain_id and not prior.domain_id:
                raise Forbidden("Global role cannot imply a domain-specific role")
            rows.insert(
                connection,
                _implications,
                {"prior_id": implication.prior_id, "implied_id": implication.implied_id},
                rows.conflict("implied_role", "Duplicate entry"),
            )

    def remove_implication(self, ctx: Context, implication: Implication) -> None:
        with self._store.write(rows.TOPIC) as connection:
            if _find(connection, implication) is None:
                raise NotFound(f"{implication.prior_id} does not imply {implication.implied_id}.")
            connection.execute(
                _implications.delete().filter_by(prior_id=implication.prior_id, implied_id=implication.implied_id)
            )


def get_row(connection: sa.Connection, role_id: str) -> sa.Row[Any]:
    """Return a role's row; raise NotFound."""
    row = connection.execute(sa.select(TABLE).where(TABLE.c.id == role_id)).one_or_none()
    if row is None:
        raise NotFound(f"Could not find role: {role_id}.")
    return row


def _find(connection: sa.Connection, implication: Implication) -> sa.Row[Any] | None:
    statement = sa.select(_implications)
    return connection.execute(
        statement.filter_by(prior_id=implication.prior_id, implied_id=implication.implied_id)
    ).one_or_none()
