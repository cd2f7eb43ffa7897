"""Resizes as Nova's operators see them: moves of servers, in the embedded cloud from its host to its host."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Query
from jumpgate.compute.contract.operators import Migrations
from jumpgate.compute.drivers.embedded.region import HOST, Region
from jumpgate.compute.models.operations import Migration, number_of
from jumpgate.store import listing
from jumpgate.store.tables.compute import migrations

_COLUMNS = {column.name: column for column in migrations.columns}


def begin(connection: sa.Connection, ctx: Context, row: sa.Row[Any], new_flavor: Mapping[str, Any]) -> None:
    """Write that a resize begins."""
    values = {
        "id": str(uuid.uuid4()),
        "server_id": row.id,
        "project_id": row.project_id,
        "user_id": ctx.user_id,
        "type": "resize",
        "status": "migrating",
        "source": HOST,
        "destination": HOST,
        "old_flavor_number": number_of(row.flavor["id"]),
        "new_flavor_number": number_of(new_flavor["id"]),
        "created_at": utcnow(),
    }
    connection.execute(migrations.insert().values(values))


def move_on(connection: sa.Connection, server_id: str, status: str) -> None:
    """Write how far the latest resize of a server has come."""
    latest = sa.select(sa.func.max(migrations.c.number)).where(migrations.c.server_id == server_id).scalar_subquery()
    changed = migrations.update().where(migrations.c.number == latest)
    connection.execute(changed.values(status=status, updated_at=utcnow()))


class EmbeddedMigrations(Migrations):
    """Migrations in the store."""

    def __init__(self, region: Region) -> None:
        self._store = region.store

    def find(self, ctx: Context, query: Query) -> Iterable[Migration]:
        statement = sa.select(migrations)
        with self._store.read() as connection:
            if listing.supports(_COLUMNS, query):
                rows = listing.rows(connection, statement, _COLUMNS, query)
                return Applied([_to_migration(row) for row in rows])
            return [_to_migration(row) for row in connection.execute(statement.order_by(migrations.c.number))]


def _to_migration(row: sa.Row[Any]) -> Migration:
    return Migration(**row._mapping, destination_ip=None)
