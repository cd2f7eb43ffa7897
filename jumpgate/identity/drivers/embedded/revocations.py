"""The revoked tokens of the embedded cloud."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.format import utcnow
from jumpgate.identity.contract import Revocations
from jumpgate.identity.drivers.embedded import rows
from jumpgate.store.engine import Store
from jumpgate.store.tables.identity import revocations as table


class EmbeddedRevocations(Revocations):
    """Audit ids as rows, forgotten when the tokens have expired anyway."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, ctx: Context, audit_id: str, until: dt.datetime) -> None:
        with self._store.write(rows.TOPIC) as connection:
            connection.execute(table.delete().where(sa.or_(table.c.until <= utcnow(), table.c.audit_id == audit_id)))
            connection.execute(table.insert().values(audit_id=audit_id, until=until))

    def are_revoked(self, ctx: Context, audit_ids: Iterable[str]) -> bool:
        statement = sa.select(table.c.audit_id).where(table.c.audit_id.in_(list(audit_ids)))
        with self._store.read() as connection:
            return connection.execute(statement.limit(1)).first() is not None
