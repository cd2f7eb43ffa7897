"""The programs that the embedded cloud knows for OAuth 1.0a."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.identity.contract import Consumers
from jumpgate.identity.drivers.embedded import rows
from jumpgate.identity.drivers.embedded.plain import PlainRows
from jumpgate.identity.models import Consumer, ConsumerSpec
from jumpgate.identity.tokens.keys import KeyRepository
from jumpgate.store.engine import Store
from jumpgate.store.tables.identity import consumers

_SECRET_BYTES = 16


class EmbeddedConsumers(PlainRows[Consumer, ConsumerSpec], Consumers):
    """Consumers as rows. Requests are signed with the secret, so it is kept sealed instead of hashed."""

    table = consumers
    kind = "consumer"
    columns = rows.columns(consumers, "id")

    def __init__(self, store: Store, keys: KeyRepository) -> None:
        super().__init__(store)
        self._keys = keys

    def model(self, row: sa.Row[Any]) -> Consumer:
        return Consumer(id=row.id, description=row.description, extra=row.extra)

    def new(self, spec: ConsumerSpec) -> dict[str, Any]:
        sealed = self._keys.fernet().encrypt(secrets.token_hex(_SECRET_BYTES).encode()).decode()
        return {"description": spec.description, "secret": sealed, "extra": dict(spec.extra)}

    def create(self, ctx: Context, spec: ConsumerSpec) -> Consumer:
        made = super().create(ctx, spec)
        statement = sa.select(consumers.c.secret).where(consumers.c.id == made.id)
        with self._store.read() as connection:
            sealed = connection.execute(statement).scalar_one()
        return replace(made, secret=self._keys.fernet().decrypt(sealed).decode())
