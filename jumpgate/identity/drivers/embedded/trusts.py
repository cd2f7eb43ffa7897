"""The trusts of the embedded cloud."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound, Unauthorized
from jumpgate.common.faults import AUTHENTICATION_REQUIRED
from jumpgate.identity.contract import Trusts
from jumpgate.identity.drivers.embedded import removal, rows, users
from jumpgate.identity.models import Trust, TrustSpec
from jumpgate.store.engine import Store
from jumpgate.store.tables.identity import trusts as table


class EmbeddedTrusts(Trusts):
    """Trusts as rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(
        self, ctx: Context, *, trustor_user_id: str | None = None, trustee_user_id: str | None = None
    ) -> Iterable[Trust]:
        wanted = {"trustor_user_id": trustor_user_id, "trustee_user_id": trustee_user_id}
        statement = sa.select(table).filter_by(**{name: value for name, value in wanted.items() if value is not None})
        with self._store.read() as connection:
            return [_trust(row) for row in connection.execute(statement.order_by(table.c.id))]

    def get(self, ctx: Context, trust_id: str) -> Trust:
        with self._store.read() as connection:
            return _trust(_get_row(connection, trust_id))

    def create(self, ctx: Context, spec: TrustSpec) -> Trust:
        values = {**dataclasses.asdict(spec), "id": rows.new_id(), "role_ids": list(spec.role_ids)}
        with self._store.write(rows.TOPIC) as connection:
            for user_id in (spec.trustor_user_id, spec.trustee_user_id):
                users.get_row(connection, user_id)
            if spec.redelegated_trust_id is not None:
                _get_row(connection, spec.redelegated_trust_id)
            connection.execute(table.insert().values(**values))
            return _trust(_get_row(connection, values["id"]))

    def delete(self, ctx: Context, trust_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            _get_row(connection, trust_id)
            removal.trusts(connection, table.c.id == trust_id)

    def consume(self, ctx: Context, trust_id: str) -> None:
        # A trust without a count is the common one: it costs no write.
        if self.get(ctx, trust_id).remaining_uses is None:
            return
        one_less = table.update().where(table.c.id == trust_id, table.c.remaining_uses > 0)
        with self._store.write(rows.TOPIC) as connection:
            if connection.execute(one_less.values(remaining_uses=table.c.remaining_uses - 1)).rowcount == 0:
                raise Unauthorized(AUTHENTICATION_REQUIRED)


def _get_row(connection: sa.Connection, trust_id: str) -> sa.Row[Any]:
    row = connection.execute(sa.select(table).where(table.c.id == trust_id)).one_or_none()
    if row is None:
        raise NotFound(f"Could not find trust: {trust_id}.")
    return row


def _trust(row: sa.Row[Any]) -> Trust:
    return Trust(**{**row._mapping, "role_ids": tuple(row.role_ids)})
