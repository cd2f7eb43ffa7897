"""The audit ids of tokens that were given back, for any identity driver: forgotten when they have expired anyway."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from jumpgate.common.format import utcnow
from jumpgate.store.tables.identity import revocations as table


def revoke(connection: sa.Connection, audit_id: str, until: dt.datetime) -> None:
    """Remember an audit id `until` its tokens have expired."""
    connection.execute(table.delete().where(sa.or_(table.c.until <= utcnow(), table.c.audit_id == audit_id)))
    connection.execute(table.insert().values(audit_id=audit_id, until=until))


def are_revoked(connection: sa.Connection, audit_ids: Iterable[str]) -> bool:
    """Tell whether any of the audit ids is void."""
    statement = sa.select(table.c.audit_id).where(table.c.audit_id.in_(list(audit_ids)))
    return connection.execute(statement.limit(1)).first() is not None
