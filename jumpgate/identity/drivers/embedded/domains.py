"""The domains of the embedded cloud: the rows of projects that act as domains."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.identity.contract import Domains
from jumpgate.identity.drivers.embedded import projects, removal, rows
from jumpgate.identity.drivers.embedded.grants import Grants
from jumpgate.identity.models import Domain, DomainSpec
from jumpgate.store.engine import Store
from jumpgate.store.tables import identity as tables

TABLE = tables.projects
COLUMNS = rows.columns(TABLE, "id", "name", "enabled")
_ALL = sa.select(TABLE).where(TABLE.c.is_domain)


class EmbeddedDomains(Domains):
    """Domains as rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def revision(self, ctx: Context) -> int:
        return self._store.revision(rows.TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Domain]:
        return rows.find(self._store, _ALL, COLUMNS, query, rows.domain)

    def get(self, ctx: Context, resource_id: str) -> Domain:
        with self._store.read() as connection:
            return rows.domain(_get_row(connection, resource_id))

    def find_for_user(self, ctx: Context, user_id: str) -> Iterable[Domain]:
        with self._store.read() as connection:
            domain_ids = Grants(connection).domains_of(user_id)
            statement = _ALL.where(TABLE.c.id.in_(domain_ids)).order_by(TABLE.c.id)
            return [rows.domain(row) for row in connection.execute(statement)]

    def create(self, ctx: Context, spec: DomainSpec) -> Domain:
        values = {
            "id": spec.id or rows.new_id(),
            "domain_id": "",
            "parent_id": "",
            "is_domain": True,
            **projects.described(spec),
        }
        with self._store.write(rows.TOPIC) as connection:
            rows.insert(connection, TABLE, values, projects.conflict(spec.name, ""))
            return rows.domain(_get_row(connection, values["id"]))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Domain:
        with self._store.write(rows.TOPIC) as connection:
            projects.change(connection, _get_row(connection, resource_id), changes)
            return rows.domain(_get_row(connection, resource_id))

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            row = _get_row(connection, resource_id)
            rows.check_mutable("domain", row)
            removal.domain(connection, resource_id, enabled=row.enabled)


def _get_row(connection: sa.Connection, domain_id: str) -> sa.Row[Any]:
    row = connection.execute(_ALL.where(TABLE.c.id == domain_id)).one_or_none()
    if row is None:
        raise NotFound(f"Could not find domain: {domain_id}.")
    return row
